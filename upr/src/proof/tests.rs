//! Evaluating, splitting, widening.
#![expect(
    unsafe_code,
    reason = "the sections of generated registrations, which lints take for foreign everywhere but here"
)]

use super::*;

#[upr::module("proofs", actions(a, b, c))]
struct Proofs;

type A = P<{ Proofs::A.id() }>;
type B = P<{ Proofs::B.id() }>;
type C = P<{ Proofs::C.id() }>;

const ALL: [Permission; 3] = [Proofs::A, Proofs::B, Proofs::C];

/// What comes of `E` when `held` is held, and which ids were asked for.
fn evaluate<E: Expression>(held: &[Permission]) -> (Verdict<E>, Vec<u64>) {
    let mut asked = Vec::new();
    let verdict = E::evaluate(&mut |id| {
        asked.push(id);
        Ok::<_, ()>(
            held.iter()
                .copied()
                .find(|permission| permission.id() == id),
        )
    });
    (verdict.unwrap(), asked)
}

fn passes<E: Expression>(held: &[Permission]) -> bool {
    matches!(evaluate::<E>(held).0, Verdict::Passed(_))
}

/// Every subset of what can be held.
fn subsets() -> impl Iterator<Item = ([bool; 3], Vec<Permission>)> {
    (0..8_u8).map(|bits| {
        let holds = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
        let held = ALL.into_iter().zip(holds).filter(|(_, holds)| *holds);
        (holds, held.map(|(permission, _)| permission).collect())
    })
}

#[test]
fn nesting_has_the_truth_table_that_is_written() {
    for ([a, b, c], held) in subsets() {
        assert_eq!(passes::<A>(&held), a);
        assert_eq!(passes::<Any<(A, B)>>(&held), a || b);
        assert_eq!(passes::<All<(A, B)>>(&held), a && b);
        assert_eq!(passes::<All<(Any<(A, B)>, C)>>(&held), (a || b) && c);
        assert_eq!(passes::<Any<(All<(A, B)>, C)>>(&held), (a && b) || c);
        assert_eq!(passes::<Any<(A, All<(B, C)>)>>(&held), a || (b && c));
        assert_eq!(passes::<All<(A, Any<(B, C)>)>>(&held), a && (b || c));
    }
}

#[test]
fn no_more_is_asked_than_decides() {
    let [a, b, c] = ALL.map(Permission::id);
    assert_eq!(evaluate::<Any<(A, B, C)>>(&ALL).1, [a]);
    assert_eq!(evaluate::<Any<(A, B, C)>>(&[]).1, [a, b, c]);
    assert_eq!(evaluate::<All<(A, B, C)>>(&[Proofs::A]).1, [a, b]);
    let (verdict, _) = evaluate::<All<(A, B, C)>>(&[Proofs::A]);
    assert!(matches!(verdict, Verdict::Lacking(id) if id == b));
    let (verdict, _) = evaluate::<Any<(B, A)>>(&[]);
    assert!(matches!(verdict, Verdict::Lacking(id) if id == b));
    let mut named = Vec::new();
    <Any<(All<(A, B)>, C)>>::collect_ids(&mut named);
    assert_eq!(named, [a, b, c]);
}

#[test]
fn a_failure_is_never_an_answer() {
    let failed = <Any<(A, B)>>::evaluate(&mut |_| Err::<Option<Permission>, _>("down"));
    assert!(matches!(failed, Err("down")));
    let late = <All<(A, B)>>::evaluate(&mut |id| {
        if id == Proofs::A.id() {
            Ok(Some(Proofs::A))
        } else {
            Err("down")
        }
    });
    assert!(matches!(late, Err("down")));
}

fn proof<E: Expression>(held: &[Permission]) -> Granted<E> {
    match evaluate::<E>(held).0 {
        Verdict::Passed(passed) => Granted::new("ada".into(), "acme".into(), passed),
        Verdict::Lacking(id) => panic!("{id} is not held"),
    }
}

#[test]
fn a_proof_of_all_splits_and_a_part_widens() {
    let all = proof::<All<(Any<(A, B)>, C)>>(&[Proofs::B, Proofs::C]);
    assert_eq!(all.permission(), Proofs::B);
    let (first, second) = all.split();
    assert_eq!(
        (first.permission(), second.permission()),
        (Proofs::B, Proofs::C)
    );
    assert_eq!((second.subject(), second.scope()), ("ada", "acme"));
    let wide: Granted<Any<(A, C)>> = second.widen();
    assert_eq!((wide.permission(), wide.scope()), (Proofs::C, "acme"));
}

#[test]
fn signatures_tell_expressions_apart() {
    let signatures = [
        A::SIGNATURE,
        B::SIGNATURE,
        <Any<(A,)>>::SIGNATURE,
        <All<(A,)>>::SIGNATURE,
        <Any<(A, B)>>::SIGNATURE,
        <Any<(B, A)>>::SIGNATURE,
        <All<(A, B)>>::SIGNATURE,
        <All<(Any<(A, B)>, C)>>::SIGNATURE,
        <Any<(All<(A, B)>, C)>>::SIGNATURE,
    ];
    let distinct: std::collections::HashSet<u64> = signatures.into_iter().collect();
    assert_eq!(distinct.len(), signatures.len());
}
