//! `upr.lock`: the file, its growth, and what a check of the code against it finds.

#![cfg(test)]

use upr_core::finding::Bump;
use upr_core::lock::{Declared, DeclaredDeprecation, Retirement};
use upr_core::{FindingId, Key, Lock};

const HEADER: &str = r#"{"format":"upr.lock/1"}"#;
const EDIT: &str = r#"{"key":"users.edit","published":"1.0.0","deprecated":"1.1.0","remove_in":"2.0.0","replaced_by":"users.update","cfg":"feature = \"extra\"","package":"helpdesk","crate":"helpdesk"}"#;
const OLD: &str = r#"{"key":"users.old","published":"1.0.0","retired":"2.0.0","replaced_by":"users.update","package":"helpdesk","crate":"helpdesk"}"#;
const UPDATE: &str =
    r#"{"key":"users.update","published":"1.0.0","package":"helpdesk","crate":"helpdesk"}"#;

fn lock(lines: &[&str]) -> Lock {
    Lock::parse(&file(lines)).unwrap()
}

fn file(lines: &[&str]) -> String {
    let mut text = format!("{HEADER}\n");
    for line in lines {
        text += line;
        text += "\n";
    }
    text
}

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn declared(text: &str) -> Declared {
    Declared {
        key: key(text),
        deprecation: None,
        cfg: None,
        package: "helpdesk".to_owned(),
        krate: "helpdesk".to_owned(),
        version: "1.2.0".parse().unwrap(),
    }
}

fn deprecated(text: &str, remove_in: Option<&str>, replaced_by: Option<&str>) -> Declared {
    let deprecation = DeclaredDeprecation {
        since: None,
        remove_in: remove_in.map(|version| version.parse().unwrap()),
        replaced_by: replaced_by.map(key),
    };
    Declared {
        deprecation: Some(deprecation),
        ..declared(text)
    }
}

fn ids(lock: &Lock, code: &[Declared]) -> Vec<(&'static str, String)> {
    let findings = lock.check(code).findings;
    findings
        .iter()
        .map(|finding| (finding.id.code(), finding.key().to_owned()))
        .collect()
}

#[test]
fn the_file_of_the_contract_survives_to_the_byte() {
    let text = file(&[EDIT, OLD, UPDATE]);
    assert_eq!(Lock::parse(&text).unwrap().to_text(), text);
}

#[test]
fn an_older_program_takes_no_notice_back() {
    let noticed = || {
        let mut lock = Lock::default();
        lock.record(&[deprecated("users.edit", Some("2.0.0"), None)]);
        lock
    };
    let of = |version: &str| Declared {
        version: version.parse().unwrap(),
        ..declared("users.edit")
    };
    let mut lock = noticed();
    assert!(lock.record(&[of("1.1.0")]).is_empty());
    assert_eq!(lock, noticed());
    assert!(ids(&lock, &[of("1.1.0")]).is_empty());
    // The release that noticed it, and later ones, may think better of it.
    assert_eq!(lock.record(&[of("1.2.0")]), [key("users.edit")]);
    assert_eq!(lock.get("users.edit").unwrap().deprecated, None);
}

#[test]
fn a_union_merge_is_the_same_lock() {
    let merged = file(&[UPDATE, EDIT, HEADER, UPDATE, "", OLD]);
    assert_eq!(Lock::parse(&merged).unwrap(), lock(&[EDIT, OLD, UPDATE]));
    let windows = file(&[EDIT, OLD, UPDATE]).replace('\n', "\r\n");
    assert_eq!(Lock::parse(&windows).unwrap(), lock(&[EDIT, OLD, UPDATE]));
}

#[test]
fn what_is_no_lock_names_the_line() {
    let contradiction = UPDATE.replace("1.0.0", "1.1.0");
    let cases = [
        (
            String::new(),
            "line 1: expected `{\"format\":\"upr.lock/1\"}`, found ``",
        ),
        (
            "{}\n".to_owned(),
            "line 1: expected `{\"format\":\"upr.lock/1\"}`",
        ),
        (
            "{\"format\":\"upr.lock/2\"}\n".to_owned(),
            "line 1: `upr.lock/2` is no format that this program reads; it reads `upr.lock/1`",
        ),
        (
            file(&[UPDATE, "nonsense"]),
            "line 3: line 1, column 2: expected ident",
        ),
        (
            file(&[&OLD.replace(r#""retired""#, r#""deprecated":"1.1.0","retired""#)]),
            "line 2: `users.old` is retired, and its line says more than `replaced_by` about it",
        ),
        (
            file(&[&EDIT.replace(r#""deprecated":"1.1.0","#, "")]),
            "line 2: `users.edit` has a `remove_in`, and is not deprecated",
        ),
        (
            file(&[&UPDATE.replace(r#""package""#, r#""replaced_by":"users.view","package""#)]),
            "line 2: `users.update` has a `replaced_by`, and is neither deprecated nor retired",
        ),
        (
            file(&[&OLD.replace("users.update", "users.old")]),
            "line 2: `users.old` is replaced by itself",
        ),
        (
            file(&[&UPDATE.replace(r#""crate":"helpdesk""#, r#""crate":"""#)]),
            "line 2: `users.update` has no package, or no crate",
        ),
        (
            file(&["<<<<<<< HEAD", UPDATE]),
            "line 2: an unresolved merge conflict",
        ),
        (
            file(&[UPDATE, OLD, &contradiction]),
            "line 4: `users.update` contradicts line 2",
        ),
        (file(&["{}"]), "line 2: `key` is missing"),
        (
            file(&[&UPDATE.replace("published", "publishd")]),
            "line 2: unknown member `publishd`; did you mean `published`?",
        ),
        (
            file(&[&UPDATE.replace("users.update", "users")]),
            "line 2: key: `users` is no permission key: it has 1 segment, and needs 2 to 8 (`module.action`)",
        ),
        (
            file(&[&UPDATE.replace("1.0.0", "1.0")]),
            "line 2: published: `1.0` is no SemVer version such as 1.2.0: unexpected end of input while parsing minor version number",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(
            Lock::parse(&text).unwrap_err().to_string(),
            message,
            "{text}"
        );
    }
}

#[test]
fn recording_twice_changes_nothing_the_second_time() {
    let mut lock = Lock::default();
    let code = [
        declared("users.view"),
        deprecated("users.edit", Some("2.0.0"), Some("users.view")),
    ];
    assert_eq!(lock.record(&code), [key("users.edit"), key("users.view")]);
    assert!(lock.record(&code).is_empty());
    let edit = lock.get("users.edit").unwrap();
    assert_eq!(edit.deprecated.as_ref().unwrap().to_string(), "1.2.0");
    assert!(ids(&lock, &code).is_empty());
}

#[test]
fn what_was_recorded_first_stays() {
    let mut lock = lock(&[EDIT, UPDATE]);
    let later = Declared {
        version: "1.9.0".parse().unwrap(),
        ..declared("users.update")
    };
    assert!(lock.record(std::slice::from_ref(&later)).is_empty());
    // The version of the deprecation, too, unless the code says another.
    let edit = Declared {
        cfg: Some("feature = \"extra\"".to_owned()),
        version: "1.9.0".parse().unwrap(),
        ..deprecated("users.edit", Some("2.0.0"), Some("users.update"))
    };
    assert!(lock.record(&[edit]).is_empty());
    assert_eq!(
        lock.get("users.update").unwrap().published.to_string(),
        "1.0.0"
    );
}

#[test]
fn a_condition_stays_recorded_where_the_program_does_not_tell() {
    let conditional = UPDATE.replace(r#""package""#, r#""cfg":"unix","package""#);
    let mut lock = lock(&[&conditional]);
    let code = [declared("users.update")];
    assert!(lock.record(&code).is_empty());
    assert_eq!(
        lock.get("users.update").unwrap().cfg.as_deref(),
        Some("unix")
    );
    // It may have gone with what it stood on: that is pointed out, and fails nothing.
    assert_eq!(ids(&lock, &code), [("UPR015", "users.update".to_owned())]);
    assert!(!lock.check(&code).has_errors());
    let elsewhere = lock.check(&[]);
    assert!(elsewhere.findings.is_empty());
    assert_eq!(elsewhere.conditional, [key("users.update")]);
}

#[test]
fn recording_revives_no_tombstone() {
    let mut lock = lock(&[OLD, UPDATE]);
    assert!(lock.record(&[declared("users.old")]).is_empty());
    assert!(lock.get("users.old").unwrap().is_retired());
}

#[test]
fn retiring_asks_for_notice_or_force() {
    let mut lock = lock(&[EDIT, UPDATE]);
    let at = |version: &str, force| Retirement {
        version: version.parse().unwrap(),
        replaced_by: None,
        force,
    };
    let mut refused = |key: &str, retirement: &Retirement, message: &str| {
        let before = lock.clone();
        let error = lock.retire(key, retirement).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(!error.remedy().is_empty());
        assert_eq!(lock, before);
    };
    refused(
        "users.none",
        &at("2.0.0", true),
        "`users.none` is not in the lock",
    );
    refused(
        "users.update",
        &at("2.0.0", false),
        "`users.update` is not deprecated",
    );
    refused(
        "users.edit",
        &at("1.9.0", false),
        "`users.edit` is promised until version 2.0.0, and this is 1.9.0",
    );
    let to_nowhere = Retirement {
        replaced_by: Some(key("users.nowhere")),
        ..at("2.0.0", false)
    };
    refused(
        "users.edit",
        &to_nowhere,
        "the replacement `users.nowhere` is not in the lock",
    );
    let to_itself = Retirement {
        replaced_by: Some(key("users.edit")),
        ..at("2.0.0", false)
    };
    refused(
        "users.edit",
        &to_itself,
        "`users.edit` is in the end replaced by `users.edit` itself",
    );

    assert_eq!(lock.retire("users.edit", &at("2.0.0", false)), Ok(true));
    assert_eq!(lock.retire("users.edit", &at("2.1.0", false)), Ok(false));
    let tombstone = lock.get("users.edit").unwrap();
    assert_eq!(tombstone.retired.as_ref().unwrap().to_string(), "2.0.0");
    assert_eq!(tombstone.replaced_by, Some(key("users.update")));
    // What is retired answers for nothing.
    let mut other = lock.clone();
    let view = declared("users.view");
    other.record(std::slice::from_ref(&view));
    assert_eq!(other.retire("users.update", &at("2.0.0", true)), Ok(true));
    for (target, message) in [
        (
            "users.update",
            "the replacement `users.update` is retired itself",
        ),
        (
            "users.edit",
            "the replacement `users.edit` is in the end replaced by `users.update`, which is retired itself",
        ),
    ] {
        let to_a_tombstone = Retirement {
            replaced_by: Some(key(target)),
            ..at("2.0.0", true)
        };
        let error = other.retire("users.view", &to_a_tombstone).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    // The way back from the replacement would be a circle.
    let back = Retirement {
        replaced_by: Some(key("users.edit")),
        ..at("3.0.0", true)
    };
    assert!(lock.retire("users.update", &back).is_err());
    assert_eq!(lock.retire("users.update", &at("3.0.0", true)), Ok(true));
}

#[test]
fn replacements_are_followed_to_the_last_and_circles_end() {
    let a = r#"{"key":"m.a","published":"1.0.0","retired":"2.0.0","replaced_by":"m.b","package":"p","crate":"p"}"#;
    let b = r#"{"key":"m.b","published":"1.0.0","retired":"3.0.0","replaced_by":"m.c","package":"p","crate":"p"}"#;
    let c = r#"{"key":"m.c","published":"1.0.0","package":"p","crate":"p"}"#;
    let chain = lock(&[a, b, c]);
    assert_eq!(chain.resolve(&key("m.a")).unwrap(), &key("m.c"));
    let circle = lock(&[a, &b.replace("m.c", "m.a")]);
    assert_eq!(circle.resolve(&key("m.a")).unwrap_err().key(), &key("m.a"));
    assert_eq!(
        ids(&circle, &[]),
        [("UPR007", "m.a".to_owned()), ("UPR007", "m.b".to_owned())]
    );
}

#[test]
fn each_finding_has_its_case() {
    let published = lock(&[EDIT, OLD, UPDATE]);
    let update = || declared("users.update");
    let other = |text: &str| Declared {
        krate: "other".to_owned(),
        ..declared(text)
    };
    let key_of = |code, text: &str| (code, text.to_owned());

    // UPR001: the crate is linked, the key is gone. A key under a condition is not gone.
    let found = published.check(&[declared("users.modify")]);
    let removed = found
        .findings
        .iter()
        .find(|f| f.id == FindingId::KeyRemoved)
        .unwrap();
    assert_eq!(
        removed.message,
        "`users.update` was published in 1.0.0 and is no longer declared"
    );
    assert_eq!(found.bump(), Bump::Major);
    assert!(found.has_errors());
    // UPR002
    assert!(
        ids(&published, &[update(), declared("users.old")])
            .contains(&key_of("UPR002", "users.old"))
    );
    // UPR003
    let new = published.check(&[update(), declared("users.new")]);
    assert_eq!(
        (new.findings[0].id, new.bump()),
        (FindingId::NotRecorded, Bump::Minor)
    );
    // UPR004
    let overdue = Declared {
        version: "2.0.0".parse().unwrap(),
        cfg: Some("feature = \"extra\"".to_owned()),
        ..deprecated("users.edit", Some("2.0.0"), Some("users.update"))
    };
    assert_eq!(
        ids(&published, &[overdue, update()]),
        [key_of("UPR004", "users.edit")]
    );
    // UPR005
    let early = lock(&[&EDIT.replace(r#""cfg":"feature = \"extra\"","#, ""), UPDATE]);
    assert_eq!(ids(&early, &[update()]), [key_of("UPR005", "users.edit")]);
    // UPR006
    let nowhere = deprecated("users.update", None, Some("users.nowhere"));
    assert!(ids(&published, &[nowhere]).contains(&key_of("UPR006", "users.update")));
    // UPR008
    assert_eq!(
        ids(&lock(&[UPDATE]), &[other("tickets.view")]),
        [
            key_of("UPR003", "tickets.view"),
            key_of("UPR008", "users.update")
        ]
    );
    // UPR009 is a warning.
    let mut recorded = Lock::default();
    let variants = [declared("a.Get.x"), declared("a.get.x")];
    recorded.record(&variants);
    let found = recorded.check(&variants);
    assert_eq!(found.findings.len(), 1);
    assert!(!found.has_errors());
}

#[test]
fn a_rename_is_guessed_in_the_remedy() {
    let found = lock(&[UPDATE]).check(&[declared("users.updates")]);
    let removed = found
        .findings
        .iter()
        .find(|f| f.id == FindingId::KeyRemoved)
        .unwrap();
    assert!(
        removed.remedy.ends_with("(renamed to `users.updates`?)"),
        "{}",
        removed.remedy
    );
}

#[test]
fn a_lock_cut_anywhere_is_an_error_or_a_shorter_lock() {
    let text = file(&[EDIT, OLD, UPDATE]);
    for end in 0..text.len() {
        // Must not panic; a cut at a line's end is a lock with fewer keys.
        if let Ok(lock) = Lock::parse(&text[..end]) {
            assert!(lock.len() <= 3);
        }
    }
}
