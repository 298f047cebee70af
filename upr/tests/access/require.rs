//! Proofs come from passed checks only: truth tables of `any` and `all`, nested, and what a refusal
//! tells.

use upr::access::{
    Access, Effect, Facts, GrantFact, PermissionFact, Reason, Refusal, Snapshot, State,
    SubjectFact, Target,
};
use upr::{Key, Permission, ProblemDetails, Scope, SubjectId};

/// Three doors.
#[upr::module(actions(a, b, c))]
struct Doors;

type Single = upr::granted!(Doors::A);
type AllOfAnyAndOne = upr::granted!(all(any(Doors::A, Doors::B), Doors::C));
type AnyOfOneAndAll = upr::granted!(any(Doors::A, all(Doors::B, Doors::C)));

const ALL: [Permission; 3] = [Doors::A, Doors::B, Doors::C];

/// Ada holds, in the scope `here`, what the bits of `held` say.
fn access(held: usize) -> Access {
    let ada = SubjectId::parse("ada").unwrap();
    let holds = |number: &usize| held & (1 << number) != 0;
    let key = |permission: Permission| Key::parse(permission.key()).unwrap();
    let facts = Facts {
        permissions: ALL
            .map(|permission| PermissionFact {
                key: key(permission),
                application: "test".into(),
                state: State::Active,
                alias_of: None,
                critical: false,
            })
            .into(),
        subjects: vec![SubjectFact {
            id: ada.clone(),
            active: true,
        }],
        grants: (0..3)
            .filter(holds)
            .zip(std::iter::repeat(ada))
            .map(|(number, subject)| GrantFact {
                subject,
                target: Target::Permission(key(*ALL.get(number).unwrap())),
                scope: Scope::parse("here").unwrap(),
                effect: Effect::Allow,
                expires_at: None,
            })
            .collect(),
        ..Facts::default()
    };
    Access::new(Snapshot::compile(facts))
}

/// What was missing, `None` when nothing was.
fn lacking<T>(result: Result<T, Refusal>) -> Option<Permission> {
    let refusal = result.err()?;
    assert!(matches!(refusal, Refusal::Denied(_)), "{refusal}");
    let Refusal::Denied(denial) = refusal else {
        return None;
    };
    assert_eq!(denial.reason(), Reason::NoGrant);
    Some(denial.permission())
}

#[test]
fn all_with_an_any_inside() {
    for held in 0..8 {
        let [a, b, c] = [1, 2, 4].map(|bit| held & bit != 0);
        let result: Result<AllOfAnyAndOne, _> = access(held).require("ada", "here");
        let expected = match ((a || b), c) {
            (true, true) => None,
            (false, _) => Some(Doors::A),
            (true, false) => Some(Doors::C),
        };
        assert_eq!(lacking(result), expected, "{held:03b}");
    }
}

#[test]
fn any_with_an_all_inside() {
    for held in 0..8 {
        let [a, b, c] = [1, 2, 4].map(|bit| held & bit != 0);
        let result: Result<AnyOfOneAndAll, _> = access(held).require("ada", "here");
        let expected = if a || (b && c) { None } else { Some(Doors::A) };
        assert_eq!(lacking(result), expected, "{held:03b}");
    }
}

#[test]
fn a_proof_knows_who_where_and_what() {
    let granted: Single = access(1).require("ada", "here").unwrap();
    assert_eq!(
        (granted.subject(), granted.scope(), granted.permission()),
        ("ada", "here", Doors::A)
    );
    let either: AllOfAnyAndOne = access(0b110).require("ada", "here").unwrap();
    let (any, single) = either.split();
    assert_eq!(
        (any.permission(), single.permission()),
        (Doors::B, Doors::C)
    );
    assert_eq!((any.scope(), single.subject()), ("here", "ada"));
}

#[test]
fn a_denial_says_what_the_problem_does_not() {
    let access = access(1);
    for (subject, scope, reason) in [
        ("ada", "", Reason::NoGrant),
        ("ada", "elsewhere", Reason::NoGrant),
        ("bob", "here", Reason::UnknownSubject),
    ] {
        let refusal = access
            .require::<upr::P<{ Doors::A.id() }>>(subject, scope)
            .unwrap_err();
        let Refusal::Denied(denial) = &refusal else {
            unreachable!("{refusal}")
        };
        assert_eq!((denial.subject(), denial.scope()), (subject, scope));
        assert_eq!((denial.permission(), denial.reason()), (Doors::A, reason));
        let message = refusal.to_string();
        assert!(
            message.contains(reason.as_str()) && message.contains(subject),
            "{message}"
        );

        let problem = ProblemDetails::from(&refusal);
        assert_eq!(problem.status(), 403);
        let json = problem.to_json();
        assert!(
            json.contains(denial.decision_id()) && json.contains("doors.a"),
            "{json}"
        );
        assert!(
            !json.contains(reason.as_str()) && !json.contains("bob"),
            "{json}"
        );
    }
}

#[test]
fn an_outage_is_no_denial() {
    let access = access(7);
    access.mark_unavailable("gone");
    let refusal = access
        .require::<upr::P<{ Doors::A.id() }>>("ada", "here")
        .unwrap_err();
    assert!(matches!(&refusal, Refusal::Unavailable(outage) if outage.cause() == "gone"));
    assert_eq!(ProblemDetails::from(&refusal).status(), 503);
    assert!(!ProblemDetails::from(&refusal).to_json().contains("gone"));
}
