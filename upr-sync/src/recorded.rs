//! Facts as change sets hold them, read again.
//!
//! What was written by an older release of upr says less; whatever is missing is `None`.

use serde_json::Value as Json;
use upr::access::{Effect, GrantFact, Target};
use upr_core::{Key, RoleKey, Scope, SubjectId};

use crate::engine::EngineError;
use crate::facts;
use crate::member::Member;
use crate::store::misplaced;
use crate::time;

/// A permission's line, as far as a change set tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PermissionLine {
    /// Only where the line itself came or went.
    pub(crate) application: Option<String>,
    /// `active`, `deprecated`, `orphan`, `retired`, or `declared` for either of the first two.
    pub(crate) state: Option<String>,
    /// `""` when nothing answers for it.
    pub(crate) alias_of: Option<String>,
    pub(crate) critical: Option<bool>,
}

/// A role's line, as far as a change set tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleLine {
    /// `""` when it was made in the store.
    pub(crate) application: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) mode: Option<String>,
    /// What it held when a sync made it; other members are facts of their own.
    pub(crate) members: Vec<Member>,
}

/// A subject's line, as far as a change set tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SubjectLine {
    pub(crate) active: bool,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) origin: String,
    pub(crate) deactivated_by: String,
}

pub(crate) fn permission(text: &str) -> Result<Option<PermissionLine>, EngineError> {
    Ok(object(text)?.map(|object| PermissionLine {
        application: maybe(&object, "application"),
        state: maybe(&object, "state"),
        alias_of: maybe(&object, "alias_of"),
        critical: object.get("critical").and_then(Json::as_bool),
    }))
}

pub(crate) fn role(text: &str) -> Result<Option<RoleLine>, EngineError> {
    let Some(object) = object(text)? else {
        return Ok(None);
    };
    let listed = object.get("members").and_then(Json::as_array);
    let members = listed.into_iter().flatten();
    let members = members.map(|shown| shown_member(shown.as_str().unwrap_or_default()));
    Ok(Some(RoleLine {
        application: maybe(&object, "application"),
        label: maybe(&object, "label"),
        mode: maybe(&object, "mode"),
        members: members.collect::<Result<_, _>>()?,
    }))
}

pub(crate) fn member(text: &str) -> Result<Option<Member>, EngineError> {
    object(text)?
        .map(|object| shown_member(&word(&object, "member")))
        .transpose()
}

pub(crate) fn subject(text: &str) -> Result<Option<SubjectLine>, EngineError> {
    Ok(object(text)?.map(|object| SubjectLine {
        active: object.get("active").and_then(Json::as_bool) == Some(true),
        username: word(&object, "username"),
        email: word(&object, "email"),
        origin: word(&object, "origin"),
        deactivated_by: word(&object, "deactivated_by"),
    }))
}

pub(crate) fn grant(text: &str) -> Result<Option<GrantFact>, EngineError> {
    let Some(object) = object(text)? else {
        return Ok(None);
    };
    let wrong = |error: &dyn std::fmt::Display| misplaced(format!("a change set: {error}"));
    let subject = SubjectId::parse(&word(&object, "subject")).map_err(|error| wrong(&error))?;
    let target = match maybe(&object, "role").filter(|role| !role.is_empty()) {
        Some(role) => Target::Role(RoleKey::parse(&role).map_err(|error| wrong(&error))?),
        None => {
            let key = Key::parse(&word(&object, "permission")).map_err(|error| wrong(&error))?;
            Target::Permission(key)
        }
    };
    let expires_at = match object.get("expires_at").and_then(Json::as_str) {
        Some(end) => Some(time::parse(end).map_err(|error| wrong(&error))?),
        None => None,
    };
    Ok(Some(GrantFact {
        subject,
        target,
        scope: Scope::parse(&word(&object, "scope")).map_err(|error| wrong(&error))?,
        effect: match word(&object, "effect").as_str() {
            "deny" => Effect::Deny,
            _ => Effect::Allow,
        },
        expires_at,
    }))
}

/// A member as people read it: `users.view`, `users.*` or `all`.
fn shown_member(shown: &str) -> Result<Member, EngineError> {
    match (shown, shown.strip_suffix(".*")) {
        ("all", _) => Ok(Member::All),
        (_, Some(module)) => facts::module_key(module).map(Member::Module),
        (key, None) => facts::key(key).map(Member::Permission),
    }
}

fn object(text: &str) -> Result<Option<Json>, EngineError> {
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| misplaced(format!("a change set holds no JSON: {error}")))
}

fn maybe(object: &Json, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

fn word(object: &Json, name: &str) -> String {
    maybe(object, name).unwrap_or_default()
}
