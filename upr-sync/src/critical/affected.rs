//! The critical permissions that may have lost a holder.

use std::collections::BTreeSet;

use upr::access::{Effect, GrantFact};
use upr_core::Key;

use crate::change::{Item, ItemKind};
use crate::engine::{EngineError, Session, Value};
use crate::facts;
use crate::member::Member;
use crate::recorded;

/// Every critical permission that rests on something that `items` take away.
pub(super) fn keys(
    session: &mut dyn Session,
    items: &[Item],
) -> Result<BTreeSet<Key>, EngineError> {
    let mut asked = Asked::default();
    for item in items {
        asked.add(item)?;
    }
    asked.answer(session)
}

/// What was taken away, each once.
#[derive(Default)]
struct Asked {
    permissions: BTreeSet<String>,
    members: BTreeSet<Member>,
    roles: BTreeSet<String>,
    subjects: BTreeSet<String>,
    /// Permissions that the change set itself makes critical.
    critical: BTreeSet<Key>,
}

impl Asked {
    fn add(&mut self, item: &Item) -> Result<(), EngineError> {
        match item.kind {
            ItemKind::Permission => {
                self.permissions.insert(item.permission.clone());
                let after = recorded::permission(&item.after)?;
                if after.is_some_and(|line| line.critical == Some(true)) {
                    self.critical.insert(facts::key(&item.permission)?);
                }
            }
            ItemKind::Role => {
                let (before, after) = (recorded::role(&item.before)?, recorded::role(&item.after)?);
                let owner = |line: &recorded::RoleLine| line.application.clone();
                let is_new = before.is_none();
                let stays = before.as_ref().and_then(owner) == after.as_ref().and_then(owner);
                if !is_new && (after.is_none() || !stays) {
                    self.roles.insert(item.role.clone());
                }
            }
            // A role that holds more may be denied to somebody.
            ItemKind::Member => {
                self.members.extend(recorded::member(&item.before)?);
                self.members.extend(recorded::member(&item.after)?);
            }
            ItemKind::Subject => {
                let is_active =
                    |line: Option<recorded::SubjectLine>| line.is_some_and(|l| l.active);
                let before = is_active(recorded::subject(&item.before)?);
                if before && !is_active(recorded::subject(&item.after)?) {
                    self.subjects.insert(item.subject.clone());
                }
            }
            ItemKind::Grant => {
                let (before, after) = (
                    recorded::grant(&item.before)?,
                    recorded::grant(&item.after)?,
                );
                if takes(before.as_ref(), after.as_ref()) {
                    self.roles.insert(item.role.clone());
                    self.permissions.insert(item.permission.clone());
                }
            }
        }
        Ok(())
    }

    fn answer(self, session: &mut dyn Session) -> Result<BTreeSet<Key>, EngineError> {
        let mut found = Found {
            session,
            keys: self.critical,
        };
        let (mut roles, mut permissions) = (self.roles, self.permissions);
        for subject in &self.subjects {
            found.targets(subject, &mut roles, &mut permissions)?;
        }
        for permission in permissions.iter().filter(|key| !key.is_empty()) {
            found.permission(permission)?;
        }
        for member in &self.members {
            found.member(member)?;
        }
        for role in roles.iter().filter(|role| !role.is_empty()) {
            found.role(role)?;
        }
        Ok(found.keys)
    }
}

/// Whether a holder may be one no longer: by an allow that goes or gets an end, or by a deny.
fn takes(before: Option<&GrantFact>, after: Option<&GrantFact>) -> bool {
    let holds = |grant: &&GrantFact| {
        let is_allow = grant.effect == Effect::Allow && grant.scope.is_everywhere();
        is_allow && grant.expires_at.is_none()
    };
    let denies = |grant: &GrantFact| grant.effect == Effect::Deny && grant.scope.is_everywhere();
    let loses = before.filter(holds).is_some() && after.filter(holds).is_none();
    loses || after.is_some_and(denies)
}

struct Found<'s> {
    session: &'s mut dyn Session,
    keys: BTreeSet<Key>,
}

impl Found<'_> {
    fn ask(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), EngineError> {
        let keys = &mut self.keys;
        self.session.query(sql, values, &mut |row| {
            keys.insert(facts::key(row.text(0)?)?);
            Ok(())
        })
    }

    fn permission(&mut self, key: &str) -> Result<(), EngineError> {
        let sql = "SELECT key FROM upr_permission WHERE key = ?1";
        self.ask(
            &format!("{sql} AND critical = ?2"),
            &[Value::Text(key), Value::Bool(true)],
        )
    }

    fn member(&mut self, member: &Member) -> Result<(), EngineError> {
        match member {
            Member::Permission(key) => self.permission(key.as_str()),
            // A module's keys stand between `module.` and `module/`, those of its submodules too.
            Member::Module(module) => {
                let sql = "SELECT key FROM upr_permission \
                           WHERE key > ?1 AND key < ?2 AND module = ?3 AND critical = ?4";
                let (first, last) = (format!("{module}."), format!("{module}/"));
                let values = [first.as_str(), last.as_str(), module.as_str()].map(Value::Text);
                let critical = Value::Bool(true);
                self.ask(sql, &[values.as_slice(), &[critical]].concat())
            }
            Member::All => {
                let sql = "SELECT key FROM upr_permission WHERE critical = ?1";
                self.ask(sql, &[Value::Bool(true)])
            }
        }
    }

    fn role(&mut self, role: &str) -> Result<(), EngineError> {
        let sql = "SELECT p.key FROM upr_role_permission m \
                   JOIN upr_permission p ON p.key = m.member \
                   WHERE m.role = ?1 AND m.kind = 'permission' AND p.critical = ?2";
        self.ask(sql, &[Value::Text(role), Value::Bool(true)])?;
        let mut wide = Vec::new();
        let sql = "SELECT kind, member FROM upr_role_permission \
                   WHERE role = ?1 AND kind <> 'permission'";
        self.session.query(sql, &[Value::Text(role)], &mut |row| {
            wide.push(facts::member(row.text(0)?, row.text(1)?)?);
            Ok(())
        })?;
        wide.iter().try_for_each(|member| self.member(member))
    }

    /// What a subject has everywhere and without an end.
    fn targets(
        &mut self,
        subject: &str,
        roles: &mut BTreeSet<String>,
        permissions: &mut BTreeSet<String>,
    ) -> Result<(), EngineError> {
        let sql = "SELECT role, permission FROM upr_grant WHERE subject = ?1 \
                   AND effect = 'allow' AND scope = '' AND expires_at IS NULL";
        self.session
            .query(sql, &[Value::Text(subject)], &mut |row| {
                roles.insert(row.text(0)?.to_owned());
                permissions.insert(row.text(1)?.to_owned());
                Ok(())
            })
    }
}
