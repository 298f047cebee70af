//! A snapshot that is updated equals one that is made afresh.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use upr::access::{
    Access, Change, Effect, Facts, GrantFact, PermissionFact, Snapshot, State, SubjectFact, Target,
};
use upr::{Key, Scope, SubjectId};

fn ada() -> SubjectId {
    SubjectId::parse("ada").unwrap()
}

/// The key `m.a`, and Ada who may do it.
fn facts(revision: u64) -> Facts {
    let key = Key::parse("m.a").unwrap();
    Facts {
        permissions: vec![PermissionFact {
            key: key.clone(),
            application: "desk".into(),
            state: State::Active,
            alias_of: None,
            critical: false,
        }],
        subjects: vec![SubjectFact {
            id: ada(),
            active: true,
        }],
        grants: vec![GrantFact {
            subject: ada(),
            target: Target::Permission(key),
            scope: Scope::everywhere(),
            effect: Effect::Allow,
            expires_at: None,
        }],
        revision,
        ..Facts::default()
    }
}

#[test]
fn what_was_touched_and_is_not_there_is_gone() {
    let access = Access::new(Snapshot::compile(facts(7)));
    assert!(access.check_key("ada", "m.a", "").unwrap().is_allowed());
    let change = Change {
        after: 7,
        subjects: vec![ada()],
        now: Facts {
            subjects: facts(8).subjects,
            revision: 8,
            ..Facts::default()
        },
        ..Change::default()
    };
    access.apply(change).unwrap();
    assert!(access.check_key("ada", "m.a", "").unwrap().is_denied());
    assert_eq!(access.snapshot().unwrap().revision(), 8);
}

#[test]
fn rule_27_a_gap_is_refused_and_changes_nothing() {
    let access = Access::new(Snapshot::compile(facts(7)));
    for after in [6, 8] {
        let change = Change {
            after,
            subjects: vec![ada()],
            now: Facts {
                revision: 9,
                ..Facts::default()
            },
            ..Change::default()
        };
        let gap = access.apply(change).unwrap_err();
        assert_eq!(
            gap.to_string(),
            format!("a change of revision {after} does not follow on revision 7")
        );
        assert!(access.check_key("ada", "m.a", "").unwrap().is_allowed());
    }
}
