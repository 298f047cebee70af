//! The audit trail (rule 32).

use upr_sync::{Mode, NewUser, Store};

use crate::fresh::{Fresh, ada, catalog, module, subject, sync};

fn with_history() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    let role =
        r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view"]}]"#;
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view", "edit"]), role),
    );
    let mut user = NewUser::new(subject("42"));
    user.roles.push(crate::fresh::role("support"));
    store.user_create(&user, &ada()).unwrap();
    store.user_deactivate(&subject("42"), &ada()).unwrap();
    (fresh, store)
}

#[test]
fn each_write_is_one_change_set_with_who_and_why() {
    let (fresh, store) = with_history();
    let trail = store.trail().unwrap();
    assert_eq!((trail.changes, trail.broken), (4, None));
    assert_eq!(
        fresh.ask("SELECT group_concat(action, ', ') FROM upr_change"),
        "migrate, sync, user create, user deactivate"
    );
    assert_eq!(
        fresh.ask("SELECT by || ': ' || reason FROM upr_change WHERE number = 4"),
        "ada: a test"
    );
    assert_eq!(
        fresh.ask("SELECT subject || role FROM upr_change WHERE number = 3"),
        "42"
    );
    assert_eq!(
        fresh.ask("SELECT after FROM upr_change WHERE number = 3"),
        r#"{"grant":1,"subject":1}"#
    );
    assert_eq!(
        fresh.ask("SELECT before FROM upr_change WHERE number = 4"),
        r#"{"active":true,"deactivated_by":"","email":"","origin":"hand","subject":"42","username":""}"#
    );
    assert_eq!(
        fresh.ask("SELECT COUNT(DISTINCT run_id) FROM upr_change"),
        "4"
    );
    assert_eq!(
        fresh.ask("SELECT before = '' FROM upr_change_item WHERE number = 3 AND kind = 'grant'"),
        "1"
    );
}

#[test]
fn rule_32_every_edit_of_the_trail_shows() {
    let cases = [
        (
            "UPDATE upr_change SET by = 'eve' WHERE number = 3",
            3,
            "columns",
        ),
        (
            "UPDATE upr_change SET reason = '' WHERE number = 2",
            2,
            "columns",
        ),
        (
            "UPDATE upr_change SET at = '2001-01-01T00:00:00.000000Z' WHERE number = 1",
            1,
            "columns",
        ),
        (
            "UPDATE upr_change SET hash = 'sha256:0' WHERE number = 4",
            4,
            "columns",
        ),
        (
            "UPDATE upr_change SET previous_hash = '' WHERE number = 3",
            3,
            "follow",
        ),
        (
            "UPDATE upr_change_item SET subject = '43' WHERE number = 3",
            3,
            "facts",
        ),
        ("DELETE FROM upr_change_item WHERE number = 4", 4, "facts"),
        (
            "INSERT INTO upr_change_item SELECT number, 9, kind, subject, role, permission, before, after FROM upr_change_item WHERE number = 4",
            4,
            "facts",
        ),
        (
            "DELETE FROM upr_change_item WHERE number = 4; DELETE FROM upr_change WHERE number = 4",
            4,
            "missing",
        ),
        (
            "DELETE FROM upr_change_item WHERE number = 3; DELETE FROM upr_change WHERE number = 3",
            3,
            "missing",
        ),
    ];
    for (sql, number, problem) in cases {
        let (fresh, store) = with_history();
        fresh.sql(sql);
        let broken = store
            .trail()
            .unwrap()
            .broken
            .unwrap_or_else(|| panic!("{sql}"));
        assert_eq!(broken.number, number, "{sql}: {broken:?}");
        assert!(broken.problem.contains(problem), "{sql}: {broken:?}");
    }
}

#[test]
fn rule_32_with_a_key_only_its_owner_can_write_the_trail() {
    let fresh = Fresh::empty();
    let open = |key: &[u8]| fresh.open(Mode::Create).with_audit_key(key);
    open(b"one")
        .migrate(&upr_sync::Migrate::new("test"))
        .unwrap();
    assert_eq!(open(b"one").trail().unwrap().broken, None);
    assert_eq!(
        open(b"two")
            .trail()
            .unwrap()
            .broken
            .map(|broken| broken.number),
        Some(1)
    );
    assert_eq!(
        fresh
            .open(Mode::Read)
            .trail()
            .unwrap()
            .broken
            .map(|broken| broken.number),
        Some(1)
    );
}

#[test]
fn a_long_trail_is_followed_page_by_page() {
    let (fresh, store) = Fresh::store();
    for number in 0..520 {
        store
            .user_create(&NewUser::new(subject(&number.to_string())), &ada())
            .unwrap();
    }
    assert_eq!(
        (
            store.trail().unwrap().changes,
            store.trail().unwrap().broken
        ),
        (521, None)
    );
    fresh.sql("UPDATE upr_change SET by = 'eve' WHERE number = 510");
    assert_eq!(
        store.trail().unwrap().broken.map(|broken| broken.number),
        Some(510)
    );
}

#[test]
fn rule_4_a_clock_set_back_does_not_go_behind_what_was_written() {
    let (fresh, store) = Fresh::store();
    let early = fresh
        .open(Mode::Write)
        .with_clock(|| upr_core::Timestamp::EPOCH);
    early
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    assert_eq!(fresh.ask("SELECT (SELECT at FROM upr_change WHERE number = 2) = (SELECT at FROM upr_change WHERE number = 1)"), "1");
    drop(store);
}
