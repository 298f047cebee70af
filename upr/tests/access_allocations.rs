//! A check allocates nothing, whatever it answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use upr::access::{
    Access, Effect, Facts, GrantFact, PermissionFact, RoleFact, Snapshot, State, SubjectFact,
    Target,
};
use upr::{Key, RoleKey, Scope, SubjectId, Timestamp};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[expect(
    unsafe_code,
    reason = "allocations can only be counted in an allocator"
)]
// SAFETY: everything is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as promised by our caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by our caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn access() -> Access {
    let key = Key::parse("m.a").unwrap();
    let role = RoleKey::parse("r").unwrap();
    let ada = SubjectId::parse("ada").unwrap();
    let grant = |scope: &str, effect, expires_at| GrantFact {
        subject: ada.clone(),
        target: Target::Role(role.clone()),
        scope: Scope::parse(scope).unwrap(),
        effect,
        expires_at,
    };
    let facts = Facts {
        permissions: vec![PermissionFact {
            key: key.clone(),
            application: "desk".into(),
            state: State::Active,
            alias_of: None,
            critical: false,
        }],
        roles: vec![RoleFact {
            key: role.clone(),
            application: String::new(),
            all: true,
            modules: vec![],
            permissions: vec![key],
        }],
        subjects: vec![SubjectFact {
            id: ada.clone(),
            active: true,
        }],
        grants: vec![
            grant(
                "acme",
                Effect::Allow,
                Some(Timestamp::from_micros(i64::MAX)),
            ),
            grant("beta", Effect::Deny, None),
        ],
        ..Facts::default()
    };
    Access::new(Snapshot::compile(facts))
}

#[test]
fn no_check_allocates() {
    let access = access();
    let outage = Access::unavailable("no store");
    let cases = [
        ("ada", "m.a", "acme"),
        ("ada", "m.a", "beta"),
        ("ada", "m.a", ""),
        ("ada", "m.a", "elsewhere"),
        ("ada", "m.unknown", "acme"),
        ("nobody", "m.a", "acme"),
    ];
    let held: Vec<_> = cases
        .map(|(subject, ..)| access.subject(subject).unwrap())
        .into();
    let before = ALLOCATIONS.with(Cell::get);
    for (subject, (_, key, scope)) in held.iter().zip(cases) {
        let _ = black_box(subject.check_key(key, scope));
        let _ = black_box(subject.check_id(upr_core::id::fnv1a(key.as_bytes()), scope));
    }
    let _ = black_box(access.check_key(42_u64, "m.a", ""));
    for (subject, key, scope) in cases {
        let _ = black_box(access.check_key(subject, key, scope));
        let _ = black_box(access.check_id(subject, upr_core::id::fnv1a(key.as_bytes()), scope));
        let _ = black_box(outage.check_key(subject, key, scope));
    }
    assert_eq!(ALLOCATIONS.with(Cell::get), before);

    // The counter counts.
    drop(black_box(Box::new(before)));
    assert_eq!(ALLOCATIONS.with(Cell::get), before + 1);
}
