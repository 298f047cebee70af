//! Decisions equal those of a naive model, on random facts with everything switched on.
//!
//! The model is written from the rules alone and walks over the raw facts; it shares no code with
//! the engine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use upr::access::{
    Access, Effect, Facts, GrantFact, PermissionFact, Reason, RoleFact, Snapshot, State, StepKind,
    SubjectFact, Target,
};
use upr::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

/// Modules that nest, and actions of one name in several modules.
const MODULES: [&str; 4] = ["m", "m.n", "k", "M"];
const ACTIONS: [&str; 3] = ["a", "b", "n"];
const APPLICATIONS: [&str; 2] = ["one", "two"];
const ROLES: [&str; 5] = ["r0", "r1", "r2", "r3", "r4"];
const SUBJECTS: [&str; 4] = ["s0", "s1", "s2", "s3"];
const SCOPES: [&str; 4] = ["", "acme", "acme.eu", "b"];

/// What is asked besides what can be stored.
const UNKNOWN_KEYS: [&str; 4] = ["m.zzz", "z.a", "m", "not a key"];
const UNKNOWN_SUBJECTS: [&str; 2] = ["nobody", ""];
const UNKNOWN_SCOPES: [&str; 1] = ["elsewhere"];

fn keys() -> Vec<String> {
    MODULES
        .iter()
        .flat_map(|m| ACTIONS.iter().map(move |a| format!("{m}.{a}")))
        .collect()
}

// ---- The model -------------------------------------------------------------------------------

fn model(facts: &Facts, subject: &str, key: &str, scope: &str, clock: Timestamp) -> Reason {
    let permission = match answering(facts, key) {
        Ok(permission) => permission,
        Err(reason) => return reason,
    };
    let Some(known) = facts
        .subjects
        .iter()
        .find(|fact| fact.id.as_str() == subject)
    else {
        return Reason::UnknownSubject;
    };
    if !known.active {
        return Reason::InactiveSubject;
    }
    let now = if clock > facts.newest_time {
        clock
    } else {
        facts.newest_time
    };
    let applying: Vec<&GrantFact> = facts
        .grants
        .iter()
        .filter(|grant| grant.subject.as_str() == subject)
        .filter(|grant| grant.scope.as_str().is_empty() || grant.scope.as_str() == scope)
        .filter(|grant| match grant.expires_at {
            Some(end) => now < end,
            None => true,
        })
        .filter(|grant| covers(facts, &grant.target, permission))
        .collect();
    if applying.iter().any(|grant| grant.effect == Effect::Deny) {
        Reason::Denied
    } else if applying.iter().any(|grant| grant.effect == Effect::Allow) {
        Reason::Allowed
    } else {
        Reason::NoGrant
    }
}

fn answering<'a>(facts: &'a Facts, key: &str) -> Result<&'a PermissionFact, Reason> {
    let find = |key: &str| {
        facts
            .permissions
            .iter()
            .find(|fact| fact.key.as_str() == key)
    };
    let mut fact = find(key).ok_or(Reason::UnknownPermission)?;
    let mut seen = BTreeSet::new();
    while fact.state == State::Retired {
        if !seen.insert(fact.key.clone()) {
            return Err(Reason::RetiredPermission);
        }
        let next = fact.alias_of.as_ref().and_then(|key| find(key.as_str()));
        fact = next.ok_or(Reason::RetiredPermission)?;
    }
    Ok(fact)
}

fn covers(facts: &Facts, target: &Target, permission: &PermissionFact) -> bool {
    match target {
        Target::Permission(key) => *key == permission.key,
        Target::Role(key) => facts
            .roles
            .iter()
            .filter(|role| role.key == *key)
            .any(|role| {
                let wildcards =
                    role.application.is_empty() || role.application == permission.application;
                let module = permission.key.module();
                role.permissions.contains(&permission.key)
                    || (wildcards && role.all)
                    || (wildcards && role.modules.iter().any(|m| m.as_str() == module))
            }),
    }
}

// ---- Random facts ----------------------------------------------------------------------------

fn permission(key: String) -> impl Strategy<Value = Option<PermissionFact>> {
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

fn role(key: &'static str) -> impl Strategy<Value = Option<RoleFact>> {
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

fn subject(id: &'static str) -> impl Strategy<Value = Option<SubjectFact>> {
    let fact = prop::bool::weighted(0.85).prop_map(move |active| SubjectFact {
        id: SubjectId::parse(id).unwrap(),
        active,
    });
    prop::option::weighted(0.9, fact)
}

fn grant() -> impl Strategy<Value = GrantFact> {
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
fn time() -> impl Strategy<Value = Timestamp> {
    (-2..=6_i64).prop_map(Timestamp::from_micros)
}

prop_compose! {
    fn facts()(
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

// ---- The properties --------------------------------------------------------------------------

/// Every question that can be asked about random facts, the absurd ones included.
fn questions() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let subjects = || SUBJECTS.into_iter().chain(UNKNOWN_SUBJECTS);
    let scopes = || SCOPES.into_iter().chain(UNKNOWN_SCOPES);
    let keys = || keys().into_iter().chain(UNKNOWN_KEYS.map(str::to_owned));
    subjects().flat_map(move |subject| {
        keys().flat_map(move |key| scopes().map(move |scope| (subject, key.clone(), scope)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn decisions_equal_the_model(facts in facts(), clock in time()) {
        let snapshot = Snapshot::compile(facts.clone());
        prop_assert_eq!(snapshot.revision(), facts.revision);
        for (subject, key, scope) in questions() {
            let expected = model(&facts, subject, &key, scope, clock);
            let decision = snapshot.check_key_at(subject, &key, scope, clock);
            prop_assert_eq!(decision.reason(), expected, "{} {} {:?}", subject, key, scope);
            prop_assert_eq!(decision.is_allowed(), expected == Reason::Allowed);
        }
    }

    #[test]
    fn the_running_clock_the_id_and_the_handle_answer_alike(facts in facts()) {
        // Ends lie a few microseconds after 1970: by this machine's clock they are all over.
        let now = Timestamp::now();
        let snapshot = Snapshot::compile(facts.clone());
        let access = Access::new(Snapshot::compile(facts.clone()));
        for (subject, key, scope) in questions() {
            let expected = model(&facts, subject, &key, scope, now);
            let id = upr_core::id::fnv1a(key.as_bytes());
            prop_assert_eq!(snapshot.check_key(subject, &key, scope).reason(), expected);
            prop_assert_eq!(snapshot.check_id(subject, id, scope).reason(), expected);
            prop_assert_eq!(access.check_key(subject, &key, scope).unwrap().reason(), expected);
            prop_assert_eq!(access.check_id(subject, id, scope).unwrap().reason(), expected);
        }
    }

    #[test]
    fn an_explanation_tells_the_decision_and_its_grant(facts in facts(), clock in time()) {
        let snapshot = Snapshot::compile(facts.clone());
        for (subject, key, scope) in questions() {
            let explained = snapshot.explain_at(subject, &key, scope, clock);
            let expected = model(&facts, subject, &key, scope, clock);
            prop_assert_eq!(explained.decision().reason(), expected);
            let answered_by = answering(&facts, &key).ok().map(|fact| &fact.key);
            prop_assert_eq!(explained.answered_by(), answered_by);

            let first = explained.path().first();
            let decided = matches!(expected, Reason::Allowed | Reason::Denied);
            prop_assert_eq!(first.is_some(), decided);
            let Some(step) = first else { continue };
            prop_assert_eq!(step.kind == StepKind::Deny, expected == Reason::Denied);
            prop_assert!(step.scope.is_empty() || step.scope == scope);
            // The grant it names is there, and it alone decides the same.
            let named: Vec<_> = facts.grants.iter().filter(|grant| {
                let target = match &grant.target {
                    Target::Role(key) => key.as_str(),
                    Target::Permission(key) => key.as_str(),
                };
                grant.subject.as_str() == subject
                    && target == step.key
                    && grant.scope.as_str() == step.scope
                    && grant.expires_at == step.expires_at
                    && (grant.effect == Effect::Deny) == (step.kind == StepKind::Deny)
            }).cloned().collect();
            prop_assert!(!named.is_empty(), "{:?}", step);
            let alone = Facts { grants: named, ..facts.clone() };
            prop_assert_eq!(model(&alone, subject, &key, scope, clock), expected);
        }
    }

    #[test]
    fn audits_list_exactly_what_checks_allow(facts in facts(), clock in time()) {
        let snapshot = Snapshot::compile(facts.clone());
        for scope in SCOPES.into_iter().chain(UNKNOWN_SCOPES) {
            for subject in SUBJECTS.into_iter().chain(UNKNOWN_SUBJECTS) {
                let mut expected: Vec<&Key> = facts.permissions.iter()
                    .filter(|fact| fact.state != State::Retired)
                    .map(|fact| &fact.key)
                    .filter(|key| {
                        model(&facts, subject, key.as_str(), scope, clock) == Reason::Allowed
                    })
                    .collect();
                expected.sort_unstable();
                let listed = snapshot.permissions_of_at(subject, scope, clock);
                prop_assert_eq!(listed.iter().collect::<Vec<_>>(), expected);
            }
            for key in keys().into_iter().chain(UNKNOWN_KEYS.map(str::to_owned)) {
                let mut expected: Vec<&SubjectId> = facts.subjects.iter()
                    .map(|fact| &fact.id)
                    .filter(|id| model(&facts, id.as_str(), &key, scope, clock) == Reason::Allowed)
                    .collect();
                expected.sort_unstable();
                let listed = snapshot.subjects_with_at(&key, scope, clock);
                prop_assert_eq!(listed.iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
