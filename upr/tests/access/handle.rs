//! The handle: what is in force is in force for everybody, and an outage is an outage for everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use upr::access::{
    Access, Change, Effect, Facts, GrantFact, Look, PermissionFact, Reason, Snapshot, State,
    SubjectFact, Target,
};
use upr::{Key, Scope, SubjectId};

/// What is asked about here.
#[upr::module(actions(a, b))]
struct Gates;

const LONG: Duration = Duration::from_secs(3600);

fn ada() -> SubjectId {
    SubjectId::parse("ada").unwrap()
}

/// Both keys, and Ada who may do the first when `may`.
fn facts(revision: u64, may: bool) -> Facts {
    let permission = |key| PermissionFact {
        key: Key::parse(key).unwrap(),
        application: "desk".into(),
        state: State::Active,
        alias_of: None,
        critical: false,
    };
    Facts {
        permissions: vec![permission("gates.a"), permission("gates.b")],
        subjects: vec![SubjectFact {
            id: ada(),
            active: true,
        }],
        grants: grants(may),
        revision,
        ..Facts::default()
    }
}

fn grants(may: bool) -> Vec<GrantFact> {
    let grant = GrantFact {
        subject: ada(),
        target: Target::Permission(Key::parse("gates.a").unwrap()),
        scope: Scope::everywhere(),
        effect: Effect::Allow,
        expires_at: None,
    };
    if may { vec![grant] } else { vec![] }
}

fn access() -> Access {
    Access::new(Snapshot::compile(facts(1, true)))
}

fn change(after: u64, may: bool) -> Change {
    Change {
        after,
        subjects: vec![ada()],
        now: Facts {
            permissions: vec![],
            ..facts(after + 1, may)
        },
        ..Change::default()
    }
}

#[test]
fn a_subject_that_was_looked_up_answers_as_the_handle_does() {
    let access = access();
    let held = access.subject("ada").unwrap();
    assert_eq!(held.id(), "ada");
    let both = [Gates::A, Gates::B];
    for may in [true, false, true] {
        let revision = access.snapshot().unwrap().revision();
        access.apply(change(revision, may)).unwrap();
        for subject in [held.clone(), access.subject("ada").unwrap()] {
            let expected = if may {
                Reason::Allowed
            } else {
                Reason::NoGrant
            };
            let first = [
                subject.check(Gates::A, ""),
                subject.check_key("gates.a", ""),
                subject.check_id(Gates::A.id(), ""),
                subject.check_any(&both, "acme"),
                access.check("ada", Gates::A, "elsewhere"),
            ];
            for decision in first {
                assert_eq!(decision.unwrap().reason(), expected);
            }
            assert_eq!(subject.permissions("").unwrap().len(), usize::from(may));
            assert!(subject.check_all(&both, "").unwrap().is_denied());
            let proof = subject.require::<upr::P<{ Gates::A.id() }>>("");
            assert_eq!(proof.is_ok(), may);
        }
    }
    assert!(held.check_all(&[Gates::A], "").unwrap().is_allowed());
    assert!(held.check_any(&[Gates::B], "").unwrap().is_denied());
    // Deny unless allowed, also where nothing is asked.
    assert!(held.check_all(&[], "").unwrap().is_denied());
    assert!(held.check_any(&[], "").unwrap().is_denied());
    let nobody = access.subject("nobody").unwrap();
    let reason = nobody.check(Gates::A, "").unwrap().reason();
    assert_eq!(reason, Reason::UnknownSubject);
}

#[test]
fn a_subject_that_was_looked_up_notices_an_outage_and_its_end() {
    let access = access();
    let ada = access.subject("ada").unwrap();
    access.mark_unavailable("gone");
    assert_eq!(ada.check(Gates::A, "").unwrap_err().cause(), "gone");
    assert_eq!(access.subject("ada").unwrap_err().cause(), "gone");
    access.mark_available();
    assert!(ada.check(Gates::A, "").unwrap().is_allowed());
}

#[test]
fn rule_5_who_asks_notices_that_nobody_looks_any_more() {
    let access = access();
    let held = access.subject("ada").unwrap();
    access.limit_staleness(Some(Duration::from_millis(20)));
    access.confirm(Look::begin());
    thread::sleep(Duration::from_millis(30));
    // One who asks finds out, without any thread that watches, and then everybody knows.
    let outage = access.check("ada", Gates::A, "").unwrap_err();
    assert!(outage.cause().contains("max_staleness"), "{outage}");
    assert!(held.check(Gates::A, "").is_err());
    assert!(access.subject("ada").is_err());
    assert!(access.snapshot().is_err());
    assert!(access.staleness() >= Duration::from_millis(30));

    // A snapshot that was read before is no look at the store.
    access.replace(Snapshot::compile(facts(2, true)));
    assert!(access.check("ada", Gates::A, "").is_err());
    access.limit_staleness(Some(LONG));
    access.confirm(Look::begin());
    assert!(held.check(Gates::A, "").unwrap().is_allowed());
    assert!(access.check("ada", Gates::A, "").unwrap().is_allowed());
}

#[test]
fn rule_5_what_is_stale_may_be_served() {
    let access = access();
    access.limit_staleness(Some(Duration::ZERO));
    thread::sleep(Duration::from_millis(1));
    assert!(access.check("ada", Gates::A, "").is_err());
    access.limit_staleness(None);
    assert!(access.check("ada", Gates::A, "").unwrap().is_allowed());
}

#[test]
fn rule_27_waiting_for_a_revision_ends_when_it_is_in_force() {
    let access = access();
    access.at_least(1, Duration::ZERO).unwrap();
    let late = access.at_least(2, Duration::from_millis(10)).unwrap_err();
    assert_eq!(late.cause(), "revision 2 is not in force yet");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            access.at_least(3, LONG).unwrap();
            access.check("ada", Gates::A, "").unwrap()
        });
        access.apply(change(1, true)).unwrap();
        thread::sleep(Duration::from_millis(5));
        assert!(!waiting.is_finished());
        access.apply(change(2, false)).unwrap();
        assert!(waiting.join().unwrap().is_denied());
    });
    assert!(access.at_least(2, Duration::ZERO).is_ok());
}

#[test]
fn rule_27_waiting_for_a_revision_ends_in_an_outage() {
    let access = access();
    let moment = Duration::from_millis(10);
    access.mark_unavailable("gone");
    assert_eq!(access.at_least(1, moment).unwrap_err().cause(), "gone");
    access.mark_available();

    access.limit_staleness(Some(Duration::ZERO));
    thread::sleep(Duration::from_millis(1));
    let stale = access.at_least(1, moment).unwrap_err();
    assert!(stale.cause().contains("max_staleness"), "{stale}");
    // A look ends the waiting as well.
    thread::scope(|scope| {
        let waiting = scope.spawn(|| access.at_least(1, LONG));
        thread::sleep(moment);
        access.limit_staleness(Some(LONG));
        while !waiting.is_finished() {
            access.confirm(Look::begin());
            thread::sleep(Duration::from_millis(1));
        }
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn what_is_in_force_is_in_force_in_every_thread() {
    const CHANGES: u64 = 2_000;
    let access = access();
    let (in_force, done) = (AtomicU64::new(1), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let held = access.subject("ada").unwrap();
                while !done.load(Ordering::Acquire) {
                    let promised = in_force.load(Ordering::Acquire);
                    let snapshot = access.snapshot().unwrap();
                    assert!(snapshot.revision() >= promised);
                    // Even revisions deny. What is asked later may be newer, never older.
                    let may = access.check("ada", Gates::A, "").unwrap().is_allowed();
                    let held = held.check(Gates::A, "").unwrap().is_allowed();
                    if access.snapshot().unwrap().revision() == promised {
                        assert_eq!((may, held), (promised % 2 == 1, promised % 2 == 1));
                    }
                }
            });
        }
        for after in 1..=CHANGES {
            access.apply(change(after, after % 2 == 0)).unwrap();
            in_force.store(after + 1, Ordering::Release);
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn changes_that_meet_are_applied_once_each() {
    let access = access();
    let applied: usize = thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    (1..=500)
                        .filter(|after| access.apply(change(*after, true)).is_ok())
                        .count()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    let revision = access.snapshot().unwrap().revision();
    assert_eq!(u64::try_from(applied).unwrap() + 1, revision);
}

#[test]
fn a_thread_with_many_handles_mixes_nothing_up_and_keeps_little() {
    let handles: Vec<Access> = (0..20)
        .map(|number| Access::new(Snapshot::compile(facts(number, number % 2 == 0))))
        .collect();
    for _ in 0..3 {
        for (number, access) in handles.iter().enumerate() {
            let may = access.check("ada", Gates::A, "").unwrap().is_allowed();
            assert_eq!(may, number % 2 == 0);
        }
    }
    let kept: Vec<_> = handles
        .iter()
        .map(|access| Arc::downgrade(&access.snapshot().unwrap()))
        .collect();
    drop(handles);
    // Another handle that is asked takes the place of those that are gone.
    let other = access();
    assert!(other.check("ada", Gates::A, "").unwrap().is_allowed());
    assert!(kept.iter().all(|snapshot| snapshot.upgrade().is_none()));
}

#[test]
fn a_thread_that_ends_can_still_ask() {
    thread_local! {
        static LAST: LastQuestion = const { LastQuestion(std::cell::OnceCell::new()) };
    }
    struct LastQuestion(std::cell::OnceCell<(Access, std::sync::mpsc::Sender<bool>)>);
    impl Drop for LastQuestion {
        fn drop(&mut self) {
            let (access, answer) = self.0.take().unwrap();
            let may = access.check("ada", Gates::A, "").unwrap().is_allowed();
            answer.send(may).unwrap();
        }
    }
    let access = access();
    let (answer, answered) = std::sync::mpsc::channel();
    thread::spawn(move || {
        // Set up first, so that it may go after the cache of the thread.
        LAST.with(|last| last.0.set((access.clone(), answer)).unwrap());
        access.check("ada", Gates::A, "").unwrap().is_allowed()
    })
    .join()
    .unwrap();
    let patience = Instant::now();
    assert!(answered.recv().unwrap(), "{:?}", patience.elapsed());
}
