//! A snapshot that is updated equals one that is made afresh.

use std::collections::BTreeMap;

use proptest::prelude::*;
use upr::access::{
    Access, Change, Effect, Facts, GrantFact, PermissionFact, RoleFact, Snapshot, State,
    SubjectFact, Target,
};
use upr::{Key, RoleKey, Scope, SubjectId, Timestamp};

use crate::model::model;
use crate::world;

// ---- A store in memory -----------------------------------------------------------------------

/// What a store holds, by what names it.
#[derive(Clone, Debug, Default)]
struct Store {
    permissions: BTreeMap<Key, PermissionFact>,
    roles: BTreeMap<RoleKey, RoleFact>,
    subjects: BTreeMap<SubjectId, (bool, Vec<GrantFact>)>,
    revision: u64,
    newest_time: Timestamp,
}

/// One thing written, or removed.
#[derive(Clone, Debug)]
enum Step {
    Permission(Key, Option<PermissionFact>),
    Role(RoleKey, Option<RoleFact>),
    Subject(SubjectId, Option<(bool, Vec<GrantFact>)>),
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

impl Store {
    fn new(facts: Facts) -> Self {
        let mut grants = facts.grants;
        let subjects = facts.subjects.into_iter().map(|fact| {
            let (mine, others) = std::mem::take(&mut grants)
                .into_iter()
                .partition(|grant| grant.subject == fact.id);
            grants = others;
            (fact.id, (fact.active, mine))
        });
        Self {
            subjects: subjects.collect(),
            permissions: by(facts.permissions, |fact| fact.key.clone()),
            roles: by(facts.roles, |fact| fact.key.clone()),
            revision: 1,
            newest_time: facts.newest_time,
        }
    }

    fn facts(&self) -> Facts {
        let subject = |(id, (active, _)): (&SubjectId, &(bool, _))| SubjectFact {
            id: id.clone(),
            active: *active,
        };
        Facts {
            permissions: self.permissions.values().cloned().collect(),
            roles: self.roles.values().cloned().collect(),
            subjects: self.subjects.iter().map(subject).collect(),
            grants: self
                .subjects
                .values()
                .flat_map(|(_, grants)| grants)
                .cloned()
                .collect(),
            revision: self.revision,
            newest_time: self.newest_time,
        }
    }

    /// Carries the steps out, and says what changed.
    fn change(&mut self, steps: Vec<Step>, newest_time: Timestamp) -> Change {
        let mut change = Change {
            after: self.revision,
            ..Change::default()
        };
        for step in steps {
            match step {
                Step::Permission(key, fact) => {
                    change.permissions.push(key.clone());
                    put(&mut self.permissions, key, fact);
                }
                Step::Role(key, fact) => {
                    change.roles.push(key.clone());
                    put(&mut self.roles, key, fact);
                }
                Step::Subject(id, fact) => {
                    change.subjects.push(id.clone());
                    put(&mut self.subjects, id, fact);
                }
            }
        }
        self.revision += 1;
        self.newest_time = self.newest_time.max(newest_time);
        let mut now = self.facts();
        now.permissions
            .retain(|fact| change.permissions.contains(&fact.key));
        now.roles.retain(|fact| change.roles.contains(&fact.key));
        now.subjects
            .retain(|fact| change.subjects.contains(&fact.id));
        now.grants
            .retain(|fact| change.subjects.contains(&fact.subject));
        Change { now, ..change }
    }
}

fn by<K: Ord, V>(facts: Vec<V>, key: impl Fn(&V) -> K) -> BTreeMap<K, V> {
    facts.into_iter().map(|fact| (key(&fact), fact)).collect()
}

fn step() -> impl Strategy<Value = Step> {
    let permission = prop::sample::select(world::keys()).prop_flat_map(|key| {
        let fact = world::permission(key.clone());
        fact.prop_map(move |fact| Step::Permission(Key::parse(&key).unwrap(), fact))
    });
    let role = prop::sample::select(&world::ROLES[..]).prop_flat_map(|key| {
        world::role(key).prop_map(move |fact| Step::Role(RoleKey::parse(key).unwrap(), fact))
    });
    let subject = prop::sample::select(&world::SUBJECTS[..]).prop_flat_map(|id| {
        let grants = prop::collection::vec(world::grant(), 0..6);
        (world::subject(id), grants).prop_map(move |(fact, grants)| {
            let id = SubjectId::parse(id).unwrap();
            let mine = |mut grant: GrantFact| {
                grant.subject = id.clone();
                grant
            };
            let grants = grants.into_iter().map(mine).collect();
            Step::Subject(id.clone(), fact.map(|fact| (fact.active, grants)))
        })
    });
    prop_oneof![1 => permission, 1 => role, 2 => subject]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn an_updated_snapshot_equals_a_fresh_one_and_the_model(
        facts in world::facts(),
        changes in prop::collection::vec((prop::collection::vec(step(), 0..4), world::time()), 1..12),
        clock in world::time(),
    ) {
        let mut store = Store::new(facts);
        let mut updated = Snapshot::compile(store.facts());
        for (steps, newest_time) in changes {
            let before = updated.clone();
            updated = updated.apply(store.change(steps, newest_time)).unwrap();
            let facts = store.facts();
            let fresh = Snapshot::compile(facts.clone());
            prop_assert_eq!(updated.revision(), fresh.revision());
            prop_assert_eq!(updated.newest_time(), fresh.newest_time());
            prop_assert_eq!(updated.subjects(), fresh.subjects());
            for (subject, key, scope) in world::questions() {
                let explained = updated.explain_at(subject, &key, scope, clock);
                let expected = fresh.explain_at(subject, &key, scope, clock);
                let decision = updated.check_key_at(subject, &key, scope, clock);
                prop_assert_eq!(decision, expected.decision(), "{} {} {:?}", subject, key, scope);
                prop_assert_eq!(decision.reason(), model(&facts, subject, &key, scope, clock));
                prop_assert_eq!(explained, expected);
            }
            for scope in world::SCOPES {
                for subject in world::SUBJECTS {
                    prop_assert_eq!(
                        updated.permissions_of_at(subject, scope, clock),
                        fresh.permissions_of_at(subject, scope, clock)
                    );
                }
                for key in world::keys() {
                    prop_assert_eq!(
                        updated.subjects_with_at(&key, scope, clock),
                        fresh.subjects_with_at(&key, scope, clock)
                    );
                }
            }
            // Whoever still asks the one before is answered as before.
            prop_assert_eq!(before.revision() + 1, updated.revision());
        }
    }
}

// ---- Many changes to many subjects -----------------------------------------------------------

/// A sequence of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const CROWD: u64 = 3_000;

fn member(dice: &mut Dice) -> (SubjectId, Option<(bool, Vec<GrantFact>)>) {
    let number = dice.roll(CROWD);
    let id = match number % 3 {
        0 => format!("user-{number}"),
        1 => number.to_string(),
        _ => format!("{number}@example.com"),
    };
    let id = SubjectId::parse(&id).unwrap();
    if dice.roll(10) == 0 {
        return (id, None);
    }
    let grants = (0..dice.roll(5)).map(|_| GrantFact {
        subject: id.clone(),
        target: match dice.roll(3) {
            0 => Target::Permission(
                Key::parse(&world::keys()[usize::try_from(dice.roll(12)).unwrap()]).unwrap(),
            ),
            _ => Target::Role(RoleKey::parse(&format!("r{}", dice.roll(5))).unwrap()),
        },
        scope: Scope::parse(&match dice.roll(3) {
            0 => String::new(),
            _ => format!("tenant-{}", dice.roll(50)),
        })
        .unwrap(),
        effect: if dice.roll(5) == 0 {
            Effect::Deny
        } else {
            Effect::Allow
        },
        expires_at: (dice.roll(4) == 0)
            .then(|| Timestamp::from_micros(i64::try_from(dice.roll(8)).unwrap())),
    });
    let grants = grants.collect();
    let active = dice.roll(8) != 0;
    (id, Some((active, grants)))
}

/// What all subjects may do, in a scope that many grants name and in the empty one.
fn everything(snapshot: &Snapshot, store: &Store) -> Vec<Vec<String>> {
    let clock = Timestamp::from_micros(4);
    let ids = store.subjects.keys();
    ids.flat_map(|id| ["", "tenant-7", "elsewhere"].map(|scope| (id, scope)))
        .map(|(id, scope)| {
            let held = snapshot.permissions_of_at(id, scope, clock);
            held.iter().map(ToString::to_string).collect()
        })
        .collect()
}

#[test]
fn thousands_of_changes_to_thousands_of_subjects_leave_what_a_fresh_start_finds() {
    let mut dice = Dice(42);
    let mut store = Store::default();
    for key in world::keys() {
        let fact = PermissionFact {
            key: Key::parse(&key).unwrap(),
            application: "one".into(),
            state: State::Active,
            alias_of: None,
            critical: false,
        };
        store.permissions.insert(fact.key.clone(), fact);
    }
    let mut updated = Snapshot::compile(store.facts());
    for round in 1..=5_000 {
        let (id, now) = member(&mut dice);
        let mut steps = vec![Step::Subject(id, now)];
        if dice.roll(50) == 0 {
            let key = RoleKey::parse(&format!("r{}", dice.roll(5))).unwrap();
            let keys = world::keys();
            let held = (0..dice.roll(4)).map(|_| &keys[usize::try_from(dice.roll(12)).unwrap()]);
            let fact = RoleFact {
                key: key.clone(),
                application: String::new(),
                all: false,
                modules: vec![],
                permissions: held.map(|key| Key::parse(key).unwrap()).collect(),
            };
            steps.push(Step::Role(key, (dice.roll(4) != 0).then_some(fact)));
        }
        let change = store.small_change(steps);
        updated = updated.apply(change).unwrap();
        if round % 1_000 == 0 {
            let fresh = Snapshot::compile(store.facts());
            assert_eq!(updated.subjects(), fresh.subjects());
            assert!(updated.subjects() > 500, "{}", updated.subjects());
            assert!(
                everything(&updated, &store) == everything(&fresh, &store),
                "round {round}"
            );
        }
    }
}

impl Store {
    /// As [`change`](Self::change), without going through everything.
    fn small_change(&mut self, steps: Vec<Step>) -> Change {
        let mut whole = std::mem::take(self);
        let mut small = Self {
            revision: whole.revision,
            ..Self::default()
        };
        let change = small.change(steps.clone(), whole.newest_time);
        for step in steps {
            match step {
                Step::Permission(key, fact) => put(&mut whole.permissions, key, fact),
                Step::Role(key, fact) => put(&mut whole.roles, key, fact),
                Step::Subject(id, fact) => put(&mut whole.subjects, id, fact),
            }
        }
        whole.revision += 1;
        *self = whole;
        change
    }
}

// ---- Single rules ----------------------------------------------------------------------------

fn ada() -> SubjectId {
    SubjectId::parse("ada").unwrap()
}

fn grant_in(scope: &str) -> GrantFact {
    GrantFact {
        subject: ada(),
        target: Target::Permission(Key::parse("m.a").unwrap()),
        scope: Scope::parse(scope).unwrap(),
        effect: Effect::Allow,
        expires_at: None,
    }
}

/// The key `m.a`, and Ada who may do it.
fn facts(revision: u64) -> Facts {
    Facts {
        permissions: vec![PermissionFact {
            key: Key::parse("m.a").unwrap(),
            application: "desk".into(),
            state: State::Active,
            alias_of: None,
            critical: false,
        }],
        subjects: vec![SubjectFact {
            id: ada(),
            active: true,
        }],
        grants: vec![grant_in("")],
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
        let gap = access.apply(change.clone()).unwrap_err();
        assert_eq!(
            gap.to_string(),
            format!("a change of revision {after} does not follow on revision 7")
        );
        assert!(access.check_key("ada", "m.a", "").unwrap().is_allowed());
        let unread = Access::unavailable("no store").apply(change).unwrap_err();
        assert!(
            unread.to_string().ends_with("does not follow on nothing"),
            "{unread}"
        );
    }
}

#[test]
fn a_snapshot_in_which_scopes_come_and_go_is_made_anew_before_it_fills_the_memory() {
    let mut snapshot = Snapshot::compile(facts(0));
    let worn = (0..10_000).find_map(|number| {
        let change = Change {
            after: number,
            subjects: vec![ada()],
            now: Facts {
                permissions: vec![],
                grants: vec![grant_in(&format!("tenant-{number}"))],
                ..facts(number + 1)
            },
            ..Change::default()
        };
        match snapshot.apply(change) {
            Ok(next) => {
                snapshot = next;
                None
            }
            Err(gap) => Some((number, gap)),
        }
    });
    let (changes, gap) = worn.unwrap();
    assert_eq!(changes, 4_096);
    assert!(gap.to_string().contains("made anew"), "{gap}");
}
