//! Decisions equal those of a naive model, on random facts with everything switched on.
//!
//! The model is written from the rules alone and walks over the raw facts; it shares no code with
//! the engine.

use std::collections::BTreeSet;

use proptest::prelude::*;
use upr::access::{
    Access, Effect, Facts, GrantFact, PermissionFact, Reason, Snapshot, State, StepKind, Target,
};
use upr::{Key, SubjectId, Timestamp};

use crate::world::{
    SCOPES, SUBJECTS, UNKNOWN_KEYS, UNKNOWN_SCOPES, UNKNOWN_SUBJECTS, facts, keys, questions, time,
};

pub(crate) fn model(
    facts: &Facts,
    subject: &str,
    key: &str,
    scope: &str,
    clock: Timestamp,
) -> Reason {
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
