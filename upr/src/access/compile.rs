//! From facts to a snapshot.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use upr_core::{ModuleKey, RoleKey, Scope, SubjectId};

use super::bits::{BitTable, BitTableBuilder};
use super::facts::{Effect, Facts, GrantFact, RoleFact, SubjectFact, Target};
use super::permissions::Permissions;
use super::snapshot::{Grant, Held, Rank, Role, ScopeIndex, Snapshot, Subject};

impl Snapshot {
    /// Turns the facts of one revision into a snapshot.
    ///
    /// Facts that name what is not listed grant nothing: a grant of an unknown role, a role's
    /// member that is unknown, a grant to an unknown subject. A grant or a membership that names a
    /// retired key counts for nothing either: the sync that retired the key has moved it.
    #[must_use]
    pub fn compile(facts: Facts) -> Self {
        let whole = facts.clone();
        let permissions = Permissions::new(facts.permissions);
        let (roles, sets) = compile_roles(facts.roles, &permissions);
        let scopes = number_scopes(&facts.grants);
        let (subjects, mut rows) = number_subjects(facts.subjects);

        let role_index: HashMap<&RoleKey, u32> =
            roles.iter().map(|role| &role.key).zip(0..).collect();
        let mut grants: Vec<(usize, Grant)> = facts
            .grants
            .iter()
            .filter_map(|fact| {
                let held = match &fact.target {
                    Target::Role(key) => Held::Role(*role_index.get(key)?),
                    Target::Permission(key) => Held::Permission(permissions.grantable(key)?),
                };
                let scope = if fact.scope.is_everywhere() {
                    ScopeIndex::EVERYWHERE
                } else {
                    *scopes.get(&fact.scope)?
                };
                let effect = match fact.effect {
                    Effect::Deny => Rank::Deny,
                    Effect::Allow => Rank::Allow,
                };
                let grant = Grant {
                    effect,
                    scope,
                    held,
                    expires_at: fact.expires_at,
                };
                Some((*subjects.get(&fact.subject)?, grant))
            })
            .collect();
        grants.sort_unstable();
        lay_out(&grants, &mut rows);

        Self {
            revision: facts.revision,
            newest_time: facts.newest_time,
            permissions,
            roles,
            sets,
            scopes,
            subjects,
            rows: rows.into(),
            grants: grants.into_iter().map(|(_, grant)| grant).collect(),
            facts: whole,
        }
    }
}

fn compile_roles(facts: Vec<RoleFact>, permissions: &Permissions) -> (Box<[Role]>, BitTable) {
    let facts: BTreeMap<RoleKey, RoleFact> = facts
        .into_iter()
        .map(|fact| (fact.key.clone(), fact))
        .collect();
    let modules = Modules::new(permissions);
    let mut sets = BitTableBuilder::new(permissions.len());
    let roles = facts
        .into_values()
        .map(|fact| {
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
            let members = everything.chain(whole).filter(reaches).chain(single);
            let holds = sets.insert(members);
            Role {
                holds,
                all: fact.all,
                modules: fact.modules.into(),
                application: fact.application.into(),
                key: fact.key,
            }
        })
        .collect();
    (roles, sets.finish())
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

fn number_scopes(grants: &[GrantFact]) -> HashMap<Scope, ScopeIndex> {
    let named: BTreeSet<&Scope> = grants.iter().map(|grant| &grant.scope).collect();
    let narrow = named.into_iter().filter(|scope| !scope.is_everywhere());
    narrow.cloned().zip((1..).map(ScopeIndex)).collect()
}

fn number_subjects(facts: Vec<SubjectFact>) -> (HashMap<SubjectId, usize>, Vec<Subject>) {
    let mut numbers = HashMap::with_capacity(facts.len());
    let mut rows: Vec<Subject> = Vec::with_capacity(facts.len());
    for SubjectFact { id, active } in facts {
        let number = *numbers.entry(id).or_insert(rows.len());
        let subject = Subject {
            active,
            first_grant: 0,
            grants: 0,
        };
        match rows.get_mut(number) {
            Some(row) => *row = subject,
            None => rows.push(subject),
        }
    }
    (numbers, rows)
}

/// Tells each subject where its grants stand in the sorted list.
fn lay_out(grants: &[(usize, Grant)], rows: &mut [Subject]) {
    let mut first_grant = 0;
    for run in grants.chunk_by(|(left, _), (right, _)| left == right) {
        if let Some(row) = run.first().and_then(|(number, _)| rows.get_mut(*number)) {
            row.first_grant = first_grant;
            row.grants = run.len();
        }
        first_grant += run.len();
    }
}
