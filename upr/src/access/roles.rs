//! The roles of a snapshot by dense index, and what each holds.

use std::collections::{BTreeMap, HashMap};

use upr_core::{ModuleKey, RoleKey};

use super::bits::{BitTable, BitTableBuilder, SetIndex};
use super::facts::RoleFact;
use super::permissions::Permissions;
use super::subject_ref::Name;
use super::table::Table;

/// Roles by an index that they keep as long as snapshots follow on one another.
///
/// A role that a grant names and no row has keeps a place, and holds nothing until the row comes.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    rows: Vec<Row>,
    /// The index of each key.
    index: Table,
    sets: BitTable,
    /// What each role holds; short of roles that hold nothing.
    holds: Box<[SetIndex]>,
}

#[derive(Clone, Debug)]
struct Row {
    key: RoleKey,
    fact: Option<RoleFact>,
}

impl Roles {
    pub(super) fn new(facts: Vec<RoleFact>, permissions: &Permissions) -> Self {
        Self::default().with(&[], facts, permissions)
    }

    /// The same with some roles removed and others written, over these permissions.
    pub(super) fn with(
        &self,
        removed: &[RoleKey],
        written: Vec<RoleFact>,
        permissions: &Permissions,
    ) -> Self {
        let mut next = Self {
            rows: self.rows.clone(),
            index: self.index.clone(),
            ..Self::default()
        };
        for key in removed {
            let index = next.find(key.as_str());
            if let Some(row) = index.and_then(|index| next.rows.get_mut(index as usize)) {
                row.fact = None;
            }
        }
        // In the order of keys; the last mention of one wins.
        let written: BTreeMap<RoleKey, RoleFact> = written
            .into_iter()
            .map(|fact| (fact.key.clone(), fact))
            .collect();
        for (key, fact) in written {
            let index = next.intern(&key) as usize;
            if let Some(row) = next.rows.get_mut(index) {
                row.fact = Some(fact);
            }
        }
        next.settle(permissions);
        next
    }

    /// The index of `key`, which from now on has one.
    pub(super) fn intern(&mut self, key: &RoleKey) -> u32 {
        if let Some(index) = self.find(key.as_str()) {
            return index;
        }
        let index = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let name = Name::Text(key.as_str());
        self.index.set(name, false, &[u64::from(index)]);
        let key = key.clone();
        self.rows.push(Row { key, fact: None });
        index
    }

    /// The index of `key` if it has one.
    pub(super) fn find(&self, key: &str) -> Option<u32> {
        self.index.number(Name::Text(key))
    }

    /// How many indices there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the role at `index` holds `permission`.
    #[inline]
    pub(super) fn holds(&self, index: u32, permission: u32) -> bool {
        self.holds
            .get(index as usize)
            .is_some_and(|set| self.sets.contains(*set, permission))
    }

    pub(super) fn key(&self, index: u32) -> &str {
        let row = self.rows.get(index as usize);
        row.map_or("", |row| row.key.as_str())
    }

    pub(super) fn fact(&self, index: u32) -> Option<&RoleFact> {
        self.rows.get(index as usize)?.fact.as_ref()
    }

    /// Finds out what each role holds.
    fn settle(&mut self, permissions: &Permissions) {
        let modules = Modules::new(permissions);
        let mut sets = BitTableBuilder::new(permissions.len());
        let holds = self.rows.iter().map(|row| match &row.fact {
            Some(fact) => sets.insert(members(fact, permissions, &modules)),
            None => sets.insert(std::iter::empty()),
        });
        self.holds = holds.collect();
        self.sets = sets.finish();
    }
}

fn members<'a>(
    fact: &'a RoleFact,
    permissions: &'a Permissions,
    modules: &'a Modules<'_>,
) -> impl Iterator<Item = u32> {
    let reaches = |index: &u32| {
        fact.application.is_empty() || fact.application == permissions.application(*index)
    };
    let everything = permissions
        .live()
        .map(|(index, _)| index)
        .filter(|_| fact.all);
    let whole = fact
        .modules
        .iter()
        .flat_map(|module| modules.actions(module));
    let single = fact
        .permissions
        .iter()
        .filter_map(|key| permissions.grantable(key));
    everything.chain(whole).filter(reaches).chain(single)
}

/// The actions of each module, for wildcards.
struct Modules<'a>(HashMap<&'a str, Vec<u32>>);

impl<'a> Modules<'a> {
    fn new(permissions: &'a Permissions) -> Self {
        let mut modules: HashMap<&str, Vec<u32>> = HashMap::new();
        for (index, key) in permissions.live() {
            modules.entry(key.module()).or_default().push(index);
        }
        Self(modules)
    }

    fn actions(&self, module: &ModuleKey) -> impl Iterator<Item = u32> {
        self.0.get(module.as_str()).into_iter().flatten().copied()
    }
}
