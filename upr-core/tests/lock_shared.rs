//! A lock that several packages share: whose lines a run speaks for, and keys that move.

#![cfg(test)]

use std::collections::BTreeSet;

use upr_core::lock::{Declared, Share};
use upr_core::{Key, Lock};

fn declared(text: &str, package: &str) -> Declared {
    Declared {
        key: Key::parse(text).unwrap(),
        deprecation: None,
        cfg: None,
        package: package.to_owned(),
        krate: package.to_owned(),
        version: "1.2.0".parse().unwrap(),
    }
}

fn without(package: &str) -> Share {
    Share::Without(BTreeSet::from([package.to_owned()]))
}

fn messages(lock: &Lock, code: &[Declared], share: &Share) -> Vec<String> {
    let findings = lock.check_share(code, share).findings;
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.id, finding.message))
        .collect()
}

/// The billing service and the help desk, with users in common.
fn workspace() -> Lock {
    let mut lock = Lock::default();
    lock.record(&[
        declared("users.view", "users"),
        declared("tickets.view", "helpdesk"),
        declared("invoices.view", "billing"),
    ]);
    lock
}

#[test]
fn lines_of_packages_that_a_program_does_not_use_are_somebody_elses() {
    let mut lock = workspace();
    let helpdesk = [
        declared("users.view", "users"),
        declared("tickets.view", "helpdesk"),
    ];
    assert!(messages(&lock, &helpdesk, &without("billing")).is_empty());
    assert_eq!(
        messages(&lock, &helpdesk, &Share::Whole),
        [
            "UPR008 `invoices.view` is published by crate `billing` of package `billing`, which is not linked"
        ]
    );
    let before = lock.clone();
    assert_eq!(
        lock.record_share(&helpdesk, &without("billing")),
        Default::default()
    );
    assert_eq!(lock, before);
    // What is part of the program is missed as ever.
    assert_eq!(
        messages(&lock, &helpdesk[1..], &without("billing")),
        [
            "UPR008 `users.view` is published by crate `users` of package `users`, which is not linked"
        ]
    );
}

#[test]
fn a_key_that_moved_is_recorded_anew_and_keeps_its_life() {
    let mut lock = workspace();
    let code = [
        declared("users.view", "accounts"),
        declared("tickets.view", "helpdesk"),
        declared("invoices.view", "billing"),
    ];
    let found = messages(&lock, &code, &Share::Whole);
    assert_eq!(
        found,
        [
            "UPR003 `users.view` is recorded for crate `users` of package `users`, and declared by crate `accounts` of package `accounts`"
        ]
    );
    let recorded = lock.record_share(&code, &Share::Whole);
    assert_eq!(recorded.changed, [Key::parse("users.view").unwrap()]);
    assert!(recorded.new.is_empty() && recorded.kept.is_empty());
    assert!(messages(&lock, &code, &Share::Whole).is_empty());
    let entry = lock.get("users.view").unwrap();
    assert_eq!(
        (entry.package.as_str(), entry.krate.as_str()),
        ("accounts", "accounts")
    );
    assert_eq!(entry.published.to_string(), "1.2.0");
}

/// Two programs that both declare `users.view` would take it from each other for ever.
#[test]
fn a_run_takes_no_key_from_a_package_that_is_not_part_of_it() {
    let mut lock = workspace();
    let billing = [
        declared("users.view", "billing"),
        declared("invoices.view", "billing"),
    ];
    let share = without("users");
    let share = match share {
        Share::Without(mut others) => {
            others.insert("helpdesk".to_owned());
            Share::Without(others)
        }
        Share::Whole => Share::Whole,
    };
    let before = lock.clone();
    let recorded = lock.record_share(&billing, &share);
    assert_eq!(recorded.kept, [Key::parse("users.view").unwrap()]);
    assert_eq!(lock, before);
    let findings = lock.check_share(&billing, &share).findings;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].is_error());
    assert!(
        findings[0]
            .remedy
            .contains("give each program an `upr.lock` of its own"),
        "{}",
        findings[0].remedy
    );
}

/// A catalog tells keys, not packages; the lock knows them.
#[test]
fn what_a_catalog_does_not_tell_the_lock_knows() {
    let mut lock = workspace();
    let mut code: Vec<Declared> = ["invoices.view", "tickets.view", "users.view", "users.edit"]
        .map(|key| declared(key, "app"))
        .to_vec();
    lock.complete(&mut code);
    let recorded = lock.record_share(&code, &Share::Whole);
    assert_eq!(recorded.new, [Key::parse("users.edit").unwrap()]);
    assert!(recorded.changed.is_empty());
    assert_eq!(lock.get("users.edit").unwrap().package, "app");
    assert_eq!(lock.get("users.view").unwrap().package, "users");
}

#[test]
fn each_key_has_its_line() {
    let lock = workspace();
    let (read, lines) = Lock::parse_lines(&lock.to_text()).unwrap();
    assert_eq!(read, lock);
    let numbers =
        ["invoices.view", "tickets.view", "users.view", "users.none"].map(|key| lines.of(key));
    assert_eq!(numbers, [Some(2), Some(3), Some(4), None]);
}

/// Ten thousand keys that vanish while ten thousand others appear: guessing renames has an end.
#[test]
fn a_lock_without_anything_in_common_with_the_code_is_checked_at_once() {
    let code = |name: &str| -> Vec<Declared> {
        (0..10_000)
            .map(|number| declared(&format!("{name}{}.{name}{number}", number % 7), "app"))
            .collect()
    };
    let mut lock = Lock::default();
    lock.record(&code("old"));
    let start = std::time::Instant::now();
    assert_eq!(lock.check(&code("new")).findings.len(), 20_000);
    // Without the bound this takes minutes.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
