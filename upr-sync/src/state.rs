//! What a plan needs to know of a store.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use upr::access::{GrantFact, State};
use upr_core::{Catalog, Key, ModuleKey, RoleKey, Timestamp, Version};

use crate::engine::{EngineError, Session, Value};
use crate::error::List;
use crate::facts;
use crate::lookup;
use crate::member::Member;
use crate::meta::Meta;
use crate::plan::gone;
use crate::role::RoleMode;

/// The application that owns upr's own permissions (rule 15).
pub(crate) const RESERVED: &str = "upr";

/// A store as one application's plan sees it: plain data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreState {
    /// The store's environment.
    pub environment: String,
    /// The store's id.
    pub store: String,
    /// The store's revision.
    pub revision: u64,
    /// The fingerprint that this application applied last.
    pub fingerprint: Option<String>,
    /// The version of this application that was applied last.
    pub version: Option<Version>,
    /// The revision at which the catalog in question was first applied, under its version if it
    /// ever was under that; `None` when it never was.
    pub applied_at: Option<u64>,
    /// The version of upr whose own permissions are in the store.
    pub reserved_version: Option<Version>,
    /// Modules of this application and of upr itself.
    pub modules: BTreeMap<ModuleKey, StoredModule>,
    /// Permissions of every application.
    pub permissions: BTreeMap<Key, StoredPermission>,
    /// Roles of every application.
    pub roles: BTreeMap<RoleKey, StoredRole>,
    /// What was ever offered to seeded roles that the catalog declares.
    pub offers: BTreeMap<RoleKey, BTreeSet<Member>>,
    /// Who has the keys that the catalog deprecates or no longer declares.
    pub holders: BTreeMap<Key, Holders>,
    /// The grants, in force, of roles that hold a whole module which a retired key leaves for a
    /// replacement elsewhere.
    pub role_grants: BTreeMap<RoleKey, Vec<GrantFact>>,
    /// How many grants and roles name a permission, whichever; counted only for catalogs that
    /// retire a key in use without a replacement.
    pub assignments: u64,
}

/// A module's texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredModule {
    /// One line for people.
    pub label: String,
    /// Markdown; may be empty.
    pub description: String,
}

/// A permission's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredPermission {
    /// Who owns it.
    pub application: String,
    /// The module as the row has it.
    pub module: String,
    /// One line for people.
    pub label: String,
    /// Markdown; may be empty.
    pub description: String,
    /// `crud` or `action`.
    pub kind: String,
    /// Whether somebody must always hold it.
    pub critical: bool,
    /// What the last sync found it to be.
    pub state: State,
    /// Whether the code announced its end.
    pub deprecated: bool,
    /// What the code said about its end.
    pub deprecation_message: String,
    /// Since which version; `""` when it was not said.
    pub deprecated_since: String,
    /// Until which version; `""` when it was not said.
    pub removal_version: String,
    /// What comes instead; `""` when it was not said.
    pub replaced_by: String,
    /// For a retired key, the one that answers for it; `""` when none does.
    pub alias_of: String,
    /// The change set that made it.
    pub created: u64,
}

/// A role's row and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRole {
    /// Who owns it; `""` when it was made in the store.
    pub application: String,
    /// One line for people.
    pub label: String,
    /// Who decides what it holds.
    pub mode: RoleMode,
    /// Whether the code that declared it no longer does.
    pub orphan: bool,
    /// What it holds; read for roles of this application and for those made in the store.
    pub members: BTreeSet<Member>,
}

/// Who has a key by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holders {
    /// Grants that have not ended, of inactive subjects too.
    pub grants: u64,
    /// Roles that name it.
    pub roles: BTreeSet<RoleKey>,
}

impl Holders {
    /// How many grants and roles name it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.grants + self.roles.len() as u64
    }
}

/// As a message goes on: `assigned by 2 grants and held by the roles …`.
impl fmt::Display for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles: Vec<&RoleKey> = self.roles.iter().collect();
        match self.grants {
            0 => {}
            1 => f.write_str("assigned by 1 grant")?,
            grants => write!(f, "assigned by {grants} grants")?,
        }
        if self.grants > 0 && !roles.is_empty() {
            f.write_str(" and ")?;
        }
        match roles.as_slice() {
            [] => Ok(()),
            [role] => write!(f, "held by the role `{role}`"),
            roles => write!(f, "held by the roles {}", List(roles)),
        }
    }
}

impl StoreState {
    /// Reads what a plan for `catalog` needs, in a fixed number of statements for what changes
    /// nothing.
    pub(crate) fn load(
        session: &mut dyn Session,
        meta: &Meta,
        catalog: &Catalog,
        fingerprint: &str,
        clock: Timestamp,
    ) -> Result<Self, EngineError> {
        let application = &catalog.application().name;
        let now = clock.max(meta.newest_time()?);
        let mut state = Self {
            environment: meta.environment().to_owned(),
            store: meta.store_id().to_owned(),
            revision: meta.revision()?,
            fingerprint: meta.fingerprint(application).map(str::to_owned),
            version: meta.version(application),
            reserved_version: meta.version(RESERVED),
            applied_at: applied_at(session, catalog, fingerprint)?,
            modules: modules(session, application)?,
            permissions: permissions(session)?,
            roles: roles(session)?,
            ..Self::default()
        };
        state.load_members(session, application)?;
        state.load_offers(session, catalog)?;
        state.load_holders(session, catalog, now)?;
        state.load_role_grants(session, catalog, now)?;
        Ok(state)
    }

    fn load_members(
        &mut self,
        session: &mut dyn Session,
        application: &str,
    ) -> Result<(), EngineError> {
        let sql = "SELECT m.role, m.kind, m.member FROM upr_role_permission m \
                   JOIN upr_role r ON r.key = m.role WHERE r.application IN (?1, '')";
        session.query(sql, &[Value::Text(application)], &mut |row| {
            if let Some(role) = self.roles.get_mut(row.text(0)?) {
                role.members
                    .insert(facts::member(row.text(1)?, row.text(2)?)?);
            }
            Ok(())
        })
    }

    fn load_offers(
        &mut self,
        session: &mut dyn Session,
        catalog: &Catalog,
    ) -> Result<(), EngineError> {
        if catalog.roles().is_empty() {
            return Ok(());
        }
        let sql = "SELECT role, kind, member FROM upr_role_offer";
        session.query(sql, &[], &mut |row| {
            let member = facts::member(row.text(1)?, row.text(2)?)?;
            self.offers
                .entry(facts::role_key(row.text(0)?)?)
                .or_default()
                .insert(member);
            Ok(())
        })
    }

    /// Counts assignments of the keys that a plan asks about, and of no others: a million grants
    /// of untouched keys cost nothing.
    fn load_holders(
        &mut self,
        session: &mut dyn Session,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        /// Parameters in one statement.
        const CHUNK: usize = 500;
        let application = catalog.application().name.as_str();
        let asked: Vec<Key> = self
            .permissions
            .iter()
            .filter(|(key, stored)| {
                let declared = catalog.find(key.as_str());
                stored.application == application
                    && declared.is_none_or(|declared| {
                        declared.deprecation.is_some() && stored.state != State::Deprecated
                    })
            })
            .map(|(key, _)| key.clone())
            .collect();
        for keys in asked.chunks(CHUNK) {
            let marks: Vec<String> = (1..=keys.len()).map(|n| format!("?{n}")).collect();
            let (marks, last) = (marks.join(", "), keys.len() + 1);
            let mut values: Vec<Value<'_>> =
                keys.iter().map(|key| Value::Text(key.as_str())).collect();
            let sql = format!(
                "SELECT member, role FROM upr_role_permission \
                 WHERE kind = 'permission' AND member IN ({marks})"
            );
            session.query(&sql, &values, &mut |row| {
                let holders = self.holders.entry(facts::key(row.text(0)?)?).or_default();
                holders.roles.insert(facts::role_key(row.text(1)?)?);
                Ok(())
            })?;
            let sql = format!(
                "SELECT permission, COUNT(*) FROM upr_grant WHERE permission IN ({marks}) \
                 AND (expires_at IS NULL OR expires_at > ?{last}) GROUP BY permission"
            );
            values.push(Value::Time(now));
            session.query(&sql, &values, &mut |row| {
                let holders = self.holders.entry(facts::key(row.text(0)?)?).or_default();
                holders.grants = u64::try_from(row.int(1)?).unwrap_or(0);
                Ok(())
            })?;
        }
        // What may have to be revoked is measured against all that is assigned.
        let is_retired = |key: &Key| {
            let stored = self.permissions.get(key);
            let tombstone = catalog.find_retired(key.as_str());
            stored.is_some_and(|stored| stored.state == State::Retired)
                || tombstone.is_some_and(|tombstone| tombstone.replaced_by.is_none())
        };
        if self.holders.keys().any(is_retired) {
            self.assignments = assignments(session, now)?;
        }
        Ok(())
    }
}

impl StoreState {
    fn load_role_grants(
        &mut self,
        session: &mut dyn Session,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let left = gone::left(catalog);
        let is_left = |member: &Member| matches!(member, Member::Module(module) if left.contains(module.as_str()));
        let is_asked = |role: &StoredRole| role.members.iter().any(is_left);
        let asked = self
            .roles
            .iter()
            .filter(|(_, role)| is_asked(role))
            .map(|(key, _)| key);
        let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
                   WHERE role = ?1 AND (expires_at IS NULL OR expires_at > ?2) \
                   ORDER BY subject, scope, effect";
        for role in asked.cloned().collect::<Vec<_>>() {
            let mut grants = Vec::new();
            let values = [Value::Text(role.as_str()), Value::Time(now)];
            session.query(sql, &values, &mut |row| {
                grants.push(facts::grant_fact(row)?);
                Ok(())
            })?;
            self.role_grants.insert(role, grants);
        }
        Ok(())
    }
}

fn assignments(session: &mut dyn Session, now: Timestamp) -> Result<u64, EngineError> {
    let mut total = 0;
    let grants = "SELECT COUNT(*) FROM upr_grant WHERE permission <> '' \
                  AND (expires_at IS NULL OR expires_at > ?1)";
    let members = "SELECT COUNT(*) FROM upr_role_permission WHERE kind = 'permission'";
    for (sql, values) in [(grants, vec![Value::Time(now)]), (members, vec![])] {
        session.query(sql, &values, &mut |row| {
            total += u64::try_from(row.int(0)?).unwrap_or(0);
            Ok(())
        })?;
    }
    Ok(total)
}

/// The first run of this very version; of a version that never ran, the first of its fingerprint.
fn applied_at(
    session: &mut dyn Session,
    catalog: &Catalog,
    fingerprint: &str,
) -> Result<Option<u64>, EngineError> {
    let mut number = None;
    let application = catalog.application();
    let version = application.version.to_string();
    let sql = "SELECT number FROM upr_sync_run WHERE application = ?1 AND fingerprint = ?2 \
               ORDER BY (version = ?3) DESC, number LIMIT 1";
    let values = [&application.name, fingerprint, &version].map(Value::Text);
    session.query(sql, &values, &mut |row| {
        number = u64::try_from(row.int(0)?).ok();
        Ok(())
    })?;
    Ok(number)
}

fn modules(
    session: &mut dyn Session,
    application: &str,
) -> Result<BTreeMap<ModuleKey, StoredModule>, EngineError> {
    let mut modules = BTreeMap::new();
    let sql = "SELECT key, label, description FROM upr_module \
               WHERE application IN (?1, ?2) ORDER BY key";
    session.query(
        sql,
        &[Value::Text(application), Value::Text(RESERVED)],
        &mut |row| {
            let module = StoredModule {
                label: row.text(1)?.to_owned(),
                description: row.text(2)?.to_owned(),
            };
            modules.insert(facts::module_key(row.text(0)?)?, module);
            Ok(())
        },
    )?;
    Ok(modules)
}

fn permissions(session: &mut dyn Session) -> Result<BTreeMap<Key, StoredPermission>, EngineError> {
    // A map is built faster of what is sorted already than key by key.
    let mut permissions = Vec::new();
    let sql = "SELECT key, application, module, label, description, kind, critical, state, \
               deprecated, deprecation_message, deprecated_since, removal_version, replaced_by, \
               alias_of, created FROM upr_permission ORDER BY key";
    session.query(sql, &[], &mut |row| {
        let stored = StoredPermission {
            application: row.text(1)?.to_owned(),
            module: row.text(2)?.to_owned(),
            label: row.text(3)?.to_owned(),
            description: row.text(4)?.to_owned(),
            kind: row.text(5)?.to_owned(),
            critical: row.bool(6)?,
            state: facts::state(row.text(7)?)?,
            deprecated: row.bool(8)?,
            deprecation_message: row.text(9)?.to_owned(),
            deprecated_since: row.text(10)?.to_owned(),
            removal_version: row.text(11)?.to_owned(),
            replaced_by: row.text(12)?.to_owned(),
            alias_of: row.text(13)?.to_owned(),
            created: u64::try_from(row.int(14)?).unwrap_or(0),
        };
        permissions.push((facts::key(row.text(0)?)?, stored));
        Ok(())
    })?;
    Ok(permissions.into_iter().collect())
}

fn roles(session: &mut dyn Session) -> Result<BTreeMap<RoleKey, StoredRole>, EngineError> {
    let mut roles = BTreeMap::new();
    let sql = "SELECT key, application, label, mode, state FROM upr_role ORDER BY key";
    session.query(sql, &[], &mut |row| {
        let role = StoredRole {
            application: row.text(1)?.to_owned(),
            label: row.text(2)?.to_owned(),
            mode: lookup::mode(row.text(3)?)?,
            orphan: row.text(4)? == "orphan",
            members: BTreeSet::new(),
        };
        roles.insert(facts::role_key(row.text(0)?)?, role);
        Ok(())
    })?;
    Ok(roles)
}
