//! Random facts with everything switched on, and every question about them.

use proptest::prelude::*;
use upr::access::{Effect, Facts, GrantFact, PermissionFact, RoleFact, State, SubjectFact, Target};
use upr::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

/// Modules that nest, and actions of one name in several modules.
pub(crate) const MODULES: [&str; 4] = ["m", "m.n", "k", "M"];
pub(crate) const ACTIONS: [&str; 3] = ["a", "b", "n"];
pub(crate) const APPLICATIONS: [&str; 2] = ["one", "two"];
pub(crate) const ROLES: [&str; 5] = ["r0", "r1", "r2", "r3", "r4"];
pub(crate) const SUBJECTS: [&str; 4] = ["s0", "s1", "s2", "s3"];
pub(crate) const SCOPES: [&str; 4] = ["", "acme", "acme.eu", "b"];

/// What is asked besides what can be stored.
pub(crate) const UNKNOWN_KEYS: [&str; 4] = ["m.zzz", "z.a", "m", "not a key"];
pub(crate) const UNKNOWN_SUBJECTS: [&str; 2] = ["nobody", ""];
pub(crate) const UNKNOWN_SCOPES: [&str; 1] = ["elsewhere"];

pub(crate) fn keys() -> Vec<String> {
    MODULES
        .iter()
        .flat_map(|m| ACTIONS.iter().map(move |a| format!("{m}.{a}")))
        .collect()
}

pub(crate) fn permission(key: String) -> impl Strategy<Value = Option<PermissionFact>> {
    let state = prop_oneof![
        4 => Just(State::Active),
        1 => Just(State::Deprecated),
        1 => Just(State::Orphan),
        3 => Just(State::Retired),
    ];
    let alias = prop::option::weighted(
        0.8,
        prop_oneof![9 => prop::sample::select(keys()), 1 => Just("m.zzz".to_owned())],
    );
    let fact = (
        state,
        prop::sample::select(&APPLICATIONS[..]),
        alias,
        any::<bool>(),
    )
        .prop_map(
            move |(state, application, alias_of, critical)| PermissionFact {
                key: Key::parse(&key).unwrap(),
                application: application.into(),
                state,
                alias_of: alias_of.map(|key| Key::parse(&key).unwrap()),
                critical,
            },
        );
    prop::option::weighted(0.9, fact)
}

pub(crate) fn role(key: &'static str) -> impl Strategy<Value = Option<RoleFact>> {
    let application = prop::sample::select(vec!["", "one", "two"]);
    let modules = prop::sample::subsequence(MODULES.to_vec(), 0..=2);
    let permissions = prop::sample::subsequence(keys(), 0..=4);
    let fact = (
        application,
        prop::bool::weighted(0.15),
        modules,
        permissions,
    )
        .prop_map(move |(application, all, modules, permissions)| RoleFact {
            key: RoleKey::parse(key).unwrap(),
            application: application.into(),
            all,
            modules: modules
                .into_iter()
                .map(|key| ModuleKey::parse(key).unwrap())
                .collect(),
            permissions: permissions
                .iter()
                .map(|key| Key::parse(key).unwrap())
                .collect(),
        });
    prop::option::weighted(0.9, fact)
}

pub(crate) fn subject(id: &'static str) -> impl Strategy<Value = Option<SubjectFact>> {
    let fact = prop::bool::weighted(0.85).prop_map(move |active| SubjectFact {
        id: SubjectId::parse(id).unwrap(),
        active,
    });
    prop::option::weighted(0.9, fact)
}

pub(crate) fn grant() -> impl Strategy<Value = GrantFact> {
    let target = prop_oneof![
        2 => prop::sample::select(&ROLES[..])
            .prop_map(|key| Target::Role(RoleKey::parse(key).unwrap())),
        1 => prop::sample::select(keys())
            .prop_map(|key| Target::Permission(Key::parse(&key).unwrap())),
    ];
    let effect = prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)];
    let end = prop::option::weighted(0.4, time());
    let subject = prop::sample::select(&SUBJECTS[..]);
    let scope = prop::sample::select(&SCOPES[..]);
    (subject, target, scope, effect, end).prop_map(
        |(subject, target, scope, effect, expires_at)| GrantFact {
            subject: SubjectId::parse(subject).unwrap(),
            target,
            scope: Scope::parse(scope).unwrap(),
            effect,
            expires_at,
        },
    )
}

/// Few moments, so that clocks, ends and newest times meet exactly.
pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    (-2..=6_i64).prop_map(Timestamp::from_micros)
}

prop_compose! {
    pub(crate) fn facts()(
        permissions in keys().into_iter().map(permission).collect::<Vec<_>>(),
        roles in ROLES.into_iter().map(role).collect::<Vec<_>>(),
        subjects in SUBJECTS.into_iter().map(subject).collect::<Vec<_>>(),
        grants in prop::collection::vec(grant(), 0..24),
        newest_time in time(),
        revision in any::<u64>(),
    )(
        permissions in Just(permissions.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle(),
        roles in Just(roles.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle(),
        subjects in Just(subjects.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle(),
        grants in Just(grants),
        newest_time in Just(newest_time),
        revision in Just(revision),
    ) -> Facts {
        Facts { permissions, roles, subjects, grants, revision, newest_time }
    }
}

/// Every question that can be asked about random facts, the absurd ones included.
pub(crate) fn questions() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let subjects = || SUBJECTS.into_iter().chain(UNKNOWN_SUBJECTS);
    let scopes = || SCOPES.into_iter().chain(UNKNOWN_SCOPES);
    let keys = || keys().into_iter().chain(UNKNOWN_KEYS.map(str::to_owned));
    subjects().flat_map(move |subject| {
        keys().flat_map(move |key| scopes().map(move |scope| (subject, key.clone(), scope)))
    })
}
