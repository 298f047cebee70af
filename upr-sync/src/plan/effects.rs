//! Who gains and who loses: what a plan does to the roles that are there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use upr_core::{Catalog, Key, RoleKey, Timestamp};

use super::compute::owner;
use super::{Plan, RoleChange};
use crate::engine::{EngineError, Session, Value};
use crate::facts;
use crate::member::Member;
use crate::state::{StoreState, StoredRole};

/// A role that was there and that a plan concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Effect {
    /// Which.
    pub role: RoleKey,
    /// How many subjects have it, in whatever scope, by allows that have not ended.
    pub subjects: u64,
    /// To how many subjects it is denied: these are denied what it gains too (rule 3), and may
    /// gain what it loses.
    pub denied: u64,
    /// What it holds from now on and did not, sorted.
    pub gains: Vec<Member>,
    /// What it held and holds no longer, sorted.
    pub loses: Vec<Member>,
}

/// Every role that was there and changes, or holds more or less. Subjects are counted later, for
/// these roles alone.
pub(super) fn effects(plan: &Plan, catalog: &Catalog, state: &StoreState) -> Vec<Effect> {
    if plan.changes == 0 {
        return Vec::new();
    }
    let changes = Changes::of(plan, catalog);
    let effect = |(key, role): (&RoleKey, &StoredRole)| {
        let named = changes.roles.get(key).copied();
        let (gains, loses) = (
            changes.gains(key, role, named),
            changes.loses(key, role, named),
        );
        let is_concerned = named.is_some() || !gains.is_empty() || !loses.is_empty();
        is_concerned.then(|| Effect {
            role: key.clone(),
            subjects: 0,
            denied: 0,
            gains: gains.into_iter().collect(),
            loses: loses.into_iter().collect(),
        })
    };
    state.roles.iter().filter_map(effect).collect()
}

/// A plan's changes, by what roles are concerned through.
struct Changes<'p> {
    plan: &'p Plan,
    catalog: &'p Catalog,
    roles: BTreeMap<&'p RoleKey, &'p RoleChange>,
    created: BTreeMap<&'p str, Vec<&'p Key>>,
    /// Retired without another key in their place, by module.
    gone: BTreeMap<&'p str, Vec<&'p Key>>,
    renamed: BTreeMap<&'p Key, &'p Key>,
    /// What roles name of the keys that are moved, and what comes instead.
    moved: BTreeMap<&'p RoleKey, Vec<&'p Key>>,
    /// What roles name of the keys that are revoked.
    revoked: BTreeMap<&'p RoleKey, Vec<&'p Key>>,
}

impl<'p> Changes<'p> {
    fn of(plan: &'p Plan, catalog: &'p Catalog) -> Self {
        let renamed: BTreeMap<&Key, &Key> =
            plan.renames.iter().map(|(from, to)| (from, to)).collect();
        let gone = plan.delete.iter().filter(|key| !renamed.contains_key(key));
        let mut moved: BTreeMap<&RoleKey, Vec<&Key>> = BTreeMap::new();
        for step in &plan.moves {
            let roles = step.held_by.iter();
            roles.for_each(|role| moved.entry(role).or_default().push(&step.to));
        }
        let mut revoked: BTreeMap<&RoleKey, Vec<&Key>> = BTreeMap::new();
        for step in &plan.revoke {
            let roles = step.held_by.iter();
            roles.for_each(|role| revoked.entry(role).or_default().push(&step.key));
        }
        Self {
            plan,
            catalog,
            roles: plan.roles.iter().map(|role| (&role.key, role)).collect(),
            created: by_module(plan.create.iter()),
            gone: by_module(gone),
            renamed,
            moved,
            revoked,
        }
    }

    fn gains(
        &self,
        key: &RoleKey,
        role: &StoredRole,
        named: Option<&RoleChange>,
    ) -> BTreeSet<Member> {
        let mut gains = self.through_wildcards(role, &self.created);
        let added = named.map_or(&[][..], |change| change.add.as_slice());
        let moved = self.moved.get(key).into_iter().flatten();
        let moved = moved.map(|key| Member::Permission((*key).clone()));
        let new = added.iter().cloned().chain(moved);
        gains.extend(new.filter(|member| !covered(&role.members, member)));
        gains
    }

    fn loses(
        &self,
        key: &RoleKey,
        role: &StoredRole,
        named: Option<&RoleChange>,
    ) -> BTreeSet<Member> {
        let mut loses = self.through_wildcards(role, &self.gone);
        let revoked = self.revoked.get(key).into_iter().flatten();
        loses.extend(revoked.map(|key| Member::Permission((*key).clone())));
        let Some(change) = named else {
            return loses;
        };
        let mut left: BTreeSet<Member> = role.members.clone();
        change.remove.iter().for_each(|member| {
            left.remove(member);
        });
        left.extend(change.add.iter().cloned());
        let stays = |member: &Member| match member {
            // What another key answers for is held as long as that one is.
            Member::Permission(key) => match self.renamed.get(key) {
                Some(to) => covered(&left, &Member::Permission((*to).clone())),
                None => covered(&left, member),
            },
            _ => covered(&left, member),
        };
        let lost = change.remove.iter().filter(|member| !stays(member));
        loses.extend(lost.cloned());
        loses
    }

    /// Those of `keys` that the role holds through a whole module or as everything (rule 2).
    fn through_wildcards(
        &self,
        role: &StoredRole,
        keys: &BTreeMap<&'p str, Vec<&'p Key>>,
    ) -> BTreeSet<Member> {
        let is_everyones = role.application.is_empty();
        if !is_everyones && role.application != self.plan.application {
            return BTreeSet::new();
        }
        let reaches = |key: &&&Key| {
            is_everyones || owner(self.catalog, key.module()) == self.plan.application
        };
        let in_module = |module: &str| keys.get(module).into_iter().flatten();
        let held: Vec<&Key> = match role.members.first() {
            Some(Member::All) => keys.values().flatten().filter(reaches).copied().collect(),
            _ => role
                .members
                .iter()
                .filter_map(|member| match member {
                    Member::Module(module) => Some(in_module(module.as_str())),
                    _ => None,
                })
                .flatten()
                .filter(reaches)
                .copied()
                .collect(),
        };
        held.into_iter()
            .map(|key| Member::Permission(key.clone()))
            // What it names as well, it holds as long as it names it.
            .filter(|member| !role.members.contains(member))
            .collect()
    }
}

fn covered(held: &BTreeSet<Member>, member: &Member) -> bool {
    // INVARIANT: wildcards sort before permissions.
    let mut wide = held
        .iter()
        .take_while(|held| !matches!(held, Member::Permission(_)));
    held.contains(member) || wide.any(|wide| wide.covers(member))
}

fn by_module<'k>(keys: impl Iterator<Item = &'k Key>) -> BTreeMap<&'k str, Vec<&'k Key>> {
    let mut modules: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
    for key in keys {
        modules.entry(key.module()).or_default().push(key);
    }
    modules
}

impl Plan {
    /// Counts who has the roles that are concerned, and no others: a million grants of untouched
    /// roles cost nothing.
    pub(crate) fn count_subjects(
        &mut self,
        session: &mut dyn Session,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        /// Parameters in one statement.
        const CHUNK: usize = 500;
        let mut counts: BTreeMap<RoleKey, [u64; 2]> = BTreeMap::new();
        for effects in self.effects.chunks(CHUNK) {
            let marks: Vec<String> = (1..=effects.len()).map(|n| format!("?{n}")).collect();
            let sql = format!(
                "SELECT role, effect, COUNT(DISTINCT subject) FROM upr_grant WHERE role IN ({}) \
                 AND (expires_at IS NULL OR expires_at > ?{}) GROUP BY role, effect",
                marks.join(", "),
                effects.len() + 1
            );
            let roles = effects
                .iter()
                .map(|effect| Value::Text(effect.role.as_str()));
            let values: Vec<Value<'_>> = roles.chain([Value::Time(now)]).collect();
            session.query(&sql, &values, &mut |row| {
                let [subjects, denied] = counts.entry(facts::role_key(row.text(0)?)?).or_default();
                let count = u64::try_from(row.int(2)?).unwrap_or(0);
                match row.text(1)? {
                    "allow" => *subjects = count,
                    _ => *denied = count,
                }
                Ok(())
            })?;
        }
        for effect in &mut self.effects {
            if let Some(counts) = counts.get(&effect.role) {
                [effect.subjects, effect.denied] = *counts;
            }
        }
        Ok(())
    }
}
