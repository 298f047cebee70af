//! The difference between a registry and a store, as data that can be shown, saved and applied.
//!
//! [`plan`] computes it from two values and touches nothing; [`Store::sync`](crate::Store::sync)
//! computes it again under the store's lock and applies it.

mod approved;
pub(crate) mod compute;
mod effects;
pub(crate) mod gone;
pub(crate) mod guard;
pub(crate) mod keys;
pub(crate) mod roles;
mod saved;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};
use serde_json::Value;
use upr::access::GrantFact;
use upr_core::{Key, ModuleKey, RoleKey};

pub use self::approved::Approved;
pub use self::compute::plan;
pub use self::effects::Effect;
pub use self::saved::{SavedPlan, SavedPlanError};
use crate::grant;
use crate::member::Member;
use crate::options::SyncOptions;

/// The format of a plan as JSON.
pub const FORMAT: &str = "upr.plan/1";

/// What would be, or was, changed in a store. Every list is sorted by key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Whose permissions.
    pub application: String,
    /// The fingerprint of the catalog that was applied last.
    pub from: Option<String>,
    /// The fingerprint of the catalog that is applied now.
    pub to: String,
    /// Declared, and not in the store.
    pub create: Vec<Key>,
    /// In the store with other texts or facts.
    pub update: Vec<Update>,
    /// Deprecated from now on.
    pub deprecate: Vec<Assigned>,
    /// Orphans that are declared again.
    pub restore: Vec<Key>,
    /// No longer declared; they stay as they are, marked.
    pub orphan: Vec<Assigned>,
    /// Retired keys whose assignments go to another.
    #[serde(rename = "move")]
    pub moves: Vec<Move>,
    /// Retired keys whose assignments are taken away.
    pub revoke: Vec<Assigned>,
    /// Keys that become retired.
    pub delete: Vec<Key>,
    /// Roles of the code that change.
    pub roles: Vec<RoleChange>,
    /// Modules that change; those that come with their first permission do not count apart.
    pub modules: Vec<ModuleChange>,
    /// Who gains and who loses: the roles that were there and that change, or hold more or less.
    pub effects: Vec<Effect>,
    /// Orphans that would be retired if nothing were assigned.
    pub kept: Vec<Key>,
    /// What programs that use these keys would stumble over.
    pub breaking: Vec<Breaking>,
    /// Why nothing is applied; empty when the plan goes through.
    pub refused: Vec<Refused>,
    /// The store's environment.
    pub environment: String,
    /// The store's id.
    pub store: String,
    /// What it was computed with.
    pub options: SyncOptions,
    /// How many lines change something.
    pub changes: u64,
    /// Whether it was applied, and something was written.
    pub applied: bool,
    /// The backup that was taken before it was applied, if one was.
    pub backup: Option<PathBuf>,
    /// The store's revision: after applying when applied, else the one it was computed at.
    pub revision: u64,
    /// What seeded roles are offered for the first time, whether they hold it already or not.
    #[serde(skip)]
    pub(crate) offers: Vec<(RoleKey, Member)>,
    /// Every key that is retired for another, assigned or not.
    #[serde(skip)]
    pub(crate) renames: Vec<(Key, Key)>,
    /// How many keys are declared no longer without a tombstone, whatever becomes of them.
    #[serde(skip)]
    pub(crate) vanished: u64,
}

impl Plan {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes == 0
    }

    /// Whether a rule forbids to apply it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Whether it retires a key, takes members from a role or revokes what is assigned of retired
    /// keys: what asks for a backup and, in a protected environment, for its name.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        !self.delete.is_empty()
            || !self.moves.is_empty()
            || !self.revoke.is_empty()
            || self.roles.iter().any(|role| !role.remove.is_empty())
    }

    /// Whether it only adds to what is there; before any other plan a backup is taken. A role that came with the plan is an addition, and so is a module.
    #[must_use]
    pub fn only_adds(&self) -> bool {
        let roles = self.roles.iter();
        let modules = self.modules.iter();
        let added = self.create.len()
            + roles.filter(|role| role.change == RoleFate::Create).count()
            + modules.filter(|module| module.fields.is_empty()).count();
        self.changes == added as u64
    }

    /// One JSON document with a final line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        // INVARIANT: a plan holds nothing that JSON cannot; were it otherwise, an empty document
        // is refused by whatever reads it.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// How many permissions that stay change.
    pub(crate) fn updated(&self) -> usize {
        let updated = self.update.iter().map(|update| &update.key);
        let deprecated = self.deprecate.iter().map(|deprecated| &deprecated.key);
        let keys: BTreeSet<&Key> = updated.chain(deprecated).chain(&self.restore).collect();
        keys.len()
    }

    fn count(&self) -> u64 {
        let lines = self.create.len()
            + self.update.len()
            + self.deprecate.len()
            + self.restore.len()
            + self.orphan.len()
            + self.moves.len()
            + self.revoke.len()
            + self.delete.len()
            + self.roles.len()
            + self.modules.len();
        lines as u64
    }
}

/// Fields that differ, each with its old and its new value, named as in the catalog.
pub type Fields = BTreeMap<&'static str, [Value; 2]>;

/// A permission whose texts or facts change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Update {
    /// Which.
    pub key: Key,
    /// What, from and to.
    pub fields: Fields,
}

/// A permission and how much of it is assigned: grants that name it and have not ended, and roles
/// that name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assigned {
    /// Which.
    pub key: Key,
    /// How many grants and roles name it.
    pub assignments: u64,
    /// The roles among them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub held_by: BTreeSet<RoleKey>,
}

/// Assignments that go from a retired key to its replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The retired key.
    pub from: Key,
    /// The last of its replacements.
    pub to: Key,
    /// How many grants and roles name the retired key, and how many grants are made for those
    /// who have it by its whole module.
    pub assignments: u64,
    /// The roles that name the retired key.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub held_by: BTreeSet<RoleKey>,
    /// Grants of roles that hold the retired key by its whole module and would not hold its
    /// replacement: each subject gets, or is denied, the replacement by a grant of its own.
    #[serde(serialize_with = "carried", skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<GrantFact>,
}

fn carried<S: Serializer>(grants: &[GrantFact], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(grants.iter().map(grant::object))
}

/// A role of the code that changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleChange {
    /// Which.
    pub key: RoleKey,
    /// What happens to the role itself.
    pub change: RoleFate,
    /// What it holds from now on, sorted.
    pub add: Vec<Member>,
    /// What it holds no longer, sorted.
    pub remove: Vec<Member>,
    /// What else differs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: Fields,
}

/// What happens to a role itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleFate {
    /// It was not there.
    Create,
    /// It stays, and changes.
    Update,
    /// It is declared again.
    Restore,
    /// It is no longer declared; it stays with its grants, marked.
    Orphan,
}

/// A module that changes without a permission of its own being created.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModuleChange {
    /// Which.
    pub key: ModuleKey,
    /// What, from and to; empty when the module is new.
    pub fields: Fields,
}

/// A change that programs of other versions stumble over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breaking {
    /// Which key.
    pub key: Key,
    /// Why it is breaking.
    pub reason: String,
}

/// Why a plan is not applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Which rule forbids it.
    pub rule: Rule,
    /// The keys and numbers, in one sentence.
    pub detail: String,
}

/// The rules that forbid a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A newer version of the application was applied already.
    Older,
    /// A key or role belongs to somebody else.
    Conflict,
    /// Keys vanish that nobody announced, or a retired one comes back.
    Breaking,
    /// Much would be lost at once.
    MassLoss,
    /// Something is assigned to a key that is to be retired.
    Assigned,
    /// Nobody would be left who may do what somebody must be able to do.
    Critical,
    /// It is not the plan that was approved: the registry, the store or a setting moved since.
    Moved,
}

impl Rule {
    /// Such as `mass-loss`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Older => "older",
            Self::Conflict => "conflict",
            Self::Breaking => "breaking",
            Self::MassLoss => "mass-loss",
            Self::Assigned => "assigned",
            Self::Critical => "critical",
            Self::Moved => "moved",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What lets a refused plan pass, as a command says it.
impl Refused {
    /// One sentence.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self.rule {
            Rule::Older => "deploy the newer version, or go back for good with `--allow-older`",
            Rule::Conflict => {
                "give the key or role another name, take a role over with `upr role adopt KEY`, or set `application` to the one that owns it"
            }
            Rule::Breaking if self.detail.ends_with(keys::NEVER) => {
                "give the permission another key, which nothing had before"
            }
            Rule::Breaking => {
                "declare the keys again, deprecate them first or retire them with `upr lock retire`; `--allow-breaking` lets this pass once"
            }
            Rule::MassLoss => {
                "check that every crate is linked; if the loss is meant, confirm it with `--expect-loss` and the exact number"
            }
            Rule::Assigned => "move or revoke what is assigned",
            Rule::Critical => "give the permission to another active subject first",
            Rule::Moved => "make the plan anew, read it, and approve that one",
        }
    }
}
