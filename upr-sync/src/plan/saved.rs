//! A plan as a file: saved, reviewed, and applied later if nothing moved (rule 23).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use thiserror::Error;
use upr_core::Catalog;

use super::approved::Approved;
use super::{FORMAT, Plan};
use crate::chain::{self, Lines};
use crate::error::{Class, Failure};
use crate::facts;
use crate::options::SyncOptions;
use crate::state::{StoreState, StoredRole};

/// A plan that was saved: the document of [`Plan`], what the store's rows were when it was made,
/// and a seal over both.
///
/// The seal tells a file that suffered from one that did not; it keeps nobody out, and need not:
/// only what is computed anew under the store's lock is ever applied.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedPlan {
    text: String,
    approved: Approved,
    options: SyncOptions,
}

/// The plan and what is added to it, in the order in which people read it.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    store_fingerprint: &'a str,
    seal: &'a str,
}

impl SavedPlan {
    pub(crate) fn new(plan: &Plan, catalog: &Catalog, state: &StoreState) -> Self {
        let rows = rows(catalog, state);
        let approved = Approved::shown(plan).with("store_fingerprint", &rows);
        let document = Document {
            plan,
            store_fingerprint: &rows,
            seal: &seal(approved.document()),
        };
        // INVARIANT: as for `Plan::to_json`.
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        Self {
            text,
            options: plan.options.clone(),
            approved,
        }
    }

    /// Reads a file that [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// [`SavedPlanError`] when it is no plan, only a part of one, or was changed by hand.
    pub fn parse(text: &str) -> Result<Self, SavedPlanError> {
        let mut document = object(text)?;
        match document.get("format").and_then(Json::as_str) {
            Some(FORMAT) => {}
            Some(other) => {
                let found = other.to_owned();
                return Err(SavedPlanError::Format { found });
            }
            None => return Err(not_a_plan("it has no `format`")),
        }
        let Some(Json::String(found)) = document.remove("seal") else {
            return Err(not_a_plan("it has no `seal`; `--plan-out` writes one"));
        };
        if found != seal(&document) {
            return Err(SavedPlanError::Edited);
        }
        let options = document.get("options").cloned().unwrap_or_default();
        let options =
            SyncOptions::deserialize(options).map_err(|error| not_a_plan(&error.to_string()))?;
        Ok(Self {
            text: text.to_owned(),
            approved: Approved::from_document(document),
            options,
        })
    }

    /// The file: one JSON document with a final line break.
    #[must_use]
    pub fn to_json(&self) -> &str {
        &self.text
    }

    /// What it was computed with.
    #[must_use]
    pub fn options(&self) -> &SyncOptions {
        &self.options
    }

    /// The environment of the store that it is for.
    #[must_use]
    pub fn environment(&self) -> &str {
        self.word("environment")
    }

    /// Whose permissions it changes.
    #[must_use]
    pub fn application(&self) -> &str {
        self.word("application")
    }

    fn word(&self, name: &str) -> &str {
        let word = self.approved.document().get(name);
        word.and_then(Json::as_str).unwrap_or_default()
    }

    /// Refuses `plan`, which was computed from `state`, where it is not what was saved.
    pub(crate) fn hold_against(&self, plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
        let mut moved = self.approved.moved(plan);
        // Rows of another store, or beside another registry, differ in ways that say nothing.
        let is_comparable = ["store", "application", "to"]
            .iter()
            .all(|name| self.word(name) == plan.word(name));
        if is_comparable && self.word("store_fingerprint") != rows(catalog, state) {
            let revision = self.approved.document().get("revision");
            let revision = revision.and_then(Json::as_u64).unwrap_or(0);
            moved.insert(
                0,
                format!("permissions or roles in the store were changed after revision {revision}"),
            );
        }
        if !moved.is_empty() {
            plan.refuse_moved(&moved);
        }
    }
}

impl Plan {
    fn word(&self, name: &str) -> &str {
        match name {
            "store" => &self.store,
            "application" => &self.application,
            _ => &self.to,
        }
    }
}

/// Why a file is no saved plan that can be applied.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SavedPlanError {
    /// It is no JSON, or ends early.
    #[error("it is no JSON document: {detail}")]
    NotJson {
        /// What and where.
        detail: String,
    },
    /// It is JSON, and no plan.
    #[error("it is no saved plan: {detail}")]
    NotAPlan {
        /// What is missing or wrong.
        detail: String,
    },
    /// Another version of upr wrote it.
    #[error("its format is `{found}`, and this program knows `{FORMAT}`")]
    Format {
        /// The format that it names.
        found: String,
    },
    /// What it says is not what was sealed.
    #[error("it was changed after it was written")]
    Edited,
}

impl Failure for SavedPlanError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotJson { .. } | Self::NotAPlan { .. } => "plan-invalid",
            Self::Format { .. } => "plan-format",
            Self::Edited => "plan-edited",
        }
    }

    fn class(&self) -> Class {
        Class::CouldNot
    }

    fn hints(&self) -> Vec<String> {
        vec!["make the plan anew with `upr sync --plan-out FILE`; nothing was changed".to_owned()]
    }
}

fn not_a_plan(detail: &str) -> SavedPlanError {
    SavedPlanError::NotAPlan {
        detail: detail.to_owned(),
    }
}

fn object(text: &str) -> Result<Map<String, Json>, SavedPlanError> {
    match serde_json::from_str(text) {
        Ok(Json::Object(document)) => Ok(document),
        Ok(_) => Err(not_a_plan("it is no JSON object")),
        Err(error) => Err(SavedPlanError::NotJson {
            detail: error.to_string(),
        }),
    }
}

/// Spaces and line breaks may change, nothing else.
fn seal(document: &Map<String, Json>) -> String {
    chain::digest(Json::Object(document.clone()).to_string().as_bytes())
}

/// The fingerprint of this application's permissions, roles and what these hold. Grants are not in
/// it: they change at any time, and the plan names those that matter.
fn rows(catalog: &Catalog, state: &StoreState) -> String {
    let application = catalog.application().name.as_str();
    let mut lines = Lines::new();
    for (key, stored) in &state.permissions {
        if stored.application == application {
            let row = (
                key,
                &stored.module,
                &stored.label,
                &stored.description,
                &stored.kind,
                stored.critical,
                facts::state_name(stored.state),
                stored.deprecated,
                &stored.deprecation_message,
                &stored.deprecated_since,
                &stored.removal_version,
                &stored.replaced_by,
                &stored.alias_of,
            );
            lines.add(&json!(row).to_string());
        }
    }
    for (key, stored) in &state.roles {
        if stored.application == application {
            let StoredRole {
                label,
                mode,
                orphan,
                members,
                ..
            } = stored;
            lines.add(&json!((key, label, mode, orphan, members)).to_string());
        }
    }
    lines.finish()
}
