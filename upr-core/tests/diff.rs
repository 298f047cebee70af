//! What a change between two releases is called, what it asks of the version number, and whom it can hurt.

#![cfg(test)]

use serde_json::{Value, json};
use upr_core::diff::{Change, Class, Difference, Markdown, diff, markdown};
use upr_core::finding::{Bump, Check, Day, Ignore, sift};
use upr_core::{Catalog, Finding, FindingId, Lock};

/// A help desk with two modules, two roles and a tombstone.
fn release() -> Value {
    json!({
        "version": "1.0", "format": "upr.catalog/1",
        "application": {"name": "helpdesk", "version": "1.4.0"},
        "modules": [
            {"key": "tickets", "permissions": [
                {"key": "tickets.close"}, {"key": "tickets.view"},
            ]},
            {"key": "users", "permissions": [
                {"key": "users.edit", "is_deprecated": true, "deprecation_message": "use `update`",
                 "deprecated_since": "1.1.0", "removal_version": "2.0.0", "replaced_by": "users.update"},
                {"key": "users.update"},
                {"key": "users.view"},
            ]},
        ],
        "roles": [
            {"key": "agent", "mode": "managed", "permissions": ["users.view"], "modules": ["tickets"]},
            {"key": "editor", "mode": "seeded", "permissions": ["users.edit", "users.update"]},
        ],
        "retired": [
            {"key": "users.drop", "retired": "1.2.0"},
            {"key": "users.old", "retired": "1.3.0", "replaced_by": "users.update"},
        ],
    })
}

fn catalog(value: &Value) -> Catalog {
    Catalog::from_json(&value.to_string()).unwrap()
}

/// What `edit` makes of the release, as the next one.
fn after(edit: impl FnOnce(&mut Value)) -> Difference {
    let mut next = release();
    edit(&mut next);
    diff(&catalog(&release()), &catalog(&next))
}

fn permissions(value: &mut Value, module: usize) -> &mut Vec<Value> {
    value["modules"][module]["permissions"]
        .as_array_mut()
        .unwrap()
}

/// Class, change and key, what it asks for, and the rule that it breaks.
fn shown(difference: &Difference) -> Vec<String> {
    let show = |change: &Change| {
        let id = change
            .finding
            .as_ref()
            .map_or("", |finding| finding.id.code());
        let (class, what) = (change.class.as_str(), change.what.as_str());
        format!("{class} {what} {} {} {id}", change.about, change.bump)
            .trim_end()
            .to_owned()
    };
    difference.changes.iter().map(show).collect()
}

#[track_caller]
fn gives(edit: impl FnOnce(&mut Value), changes: &[&str]) {
    assert_eq!(shown(&after(edit)), changes);
}

#[test]
fn nothing_changed() {
    let same = after(|_| {});
    assert_eq!((same.bump(), same.is_breaking()), (Bump::None, false));
    assert!(same.changes.is_empty() && same.findings().is_empty());
    assert_eq!(same.summary(), "nothing changed");
}

#[test]
fn what_is_added() {
    gives(
        |next| permissions(next, 0).push(json!({"key": "tickets.merge"})),
        // Whoever has the whole module gains it.
        &[
            "additive added tickets.merge minor",
            "additive widened agent minor",
        ],
    );
    gives(
        |next| {
            let module = json!({"key": "calls", "permissions": [{"key": "calls.view"}]});
            next["modules"].as_array_mut().unwrap().push(module);
        },
        &[
            "additive added calls minor",
            "additive added calls.view minor",
        ],
    );
    gives(
        |next| {
            let role = json!({"key": "boss", "mode": "managed", "all": true});
            next["roles"].as_array_mut().unwrap().push(role);
        },
        &["additive added boss minor"],
    );
    let wider =
        after(|next| next["roles"][0]["permissions"] = json!(["users.update", "users.view"]));
    assert_eq!(shown(&wider), ["additive widened agent minor"]);
    assert_eq!(wider.changes[0].gained[0].as_str(), "users.update");
}

#[test]
fn what_people_read() {
    gives(
        |next| next["modules"][0]["label"] = json!("Requests"),
        &["metadata changed tickets patch"],
    );
    gives(
        |next| permissions(next, 0)[0]["description"] = json!("Ends it."),
        &["metadata changed tickets.close patch"],
    );
    gives(
        |next| permissions(next, 0)[0]["kind"] = json!("crud"),
        &["metadata changed tickets.close patch"],
    );
    gives(
        |next| permissions(next, 1)[0]["deprecation_message"] = json!("say `update`"),
        &["metadata changed users.edit patch"],
    );
    gives(
        |next| next["roles"][1]["label"] = json!("Writer"),
        &["metadata changed editor patch"],
    );
    let label = after(|next| permissions(next, 0)[0]["label"] = json!("Finish"));
    let as_json = serde_json::to_value(&label.changes[0]).unwrap();
    assert_eq!(as_json["fields"], json!({"label": ["Close", "Finish"]}));
}

#[test]
fn what_is_announced() {
    let deprecate = |next: &mut Value| {
        let close = &mut permissions(next, 0)[0];
        close["is_deprecated"] = json!(true);
        close["deprecation_message"] = json!("it goes");
    };
    gives(deprecate, &["deprecating deprecated tickets.close minor"]);
    gives(
        |next| permissions(next, 1)[0] = json!({"key": "users.edit"}),
        &["deprecating undeprecated users.edit minor"],
    );
    for (field, value) in [
        ("removal_version", "3.0.0"),
        ("removal_version", "1.5.0"),
        ("deprecated_since", "1.2.0"),
        ("replaced_by", "users.view"),
    ] {
        gives(
            |next| permissions(next, 1)[0][field] = json!(value),
            &["deprecating deprecation-changed users.edit minor"],
        );
    }
    let sooner = after(|next| permissions(next, 1)[0]["removal_version"] = json!("1.5.0"));
    assert!(
        sooner.changes[0]
            .message
            .contains("sooner than promised (2.0.0)")
    );
    gives(
        |next| permissions(next, 1)[0]["replaced_by"] = json!("users.nowhere"),
        &["deprecating deprecation-changed users.edit minor UPR006"],
    );
    gives(
        |next| permissions(next, 0)[0]["critical"] = json!(true),
        &["critical critical-set tickets.close minor"],
    );
    let mut critical = release();
    permissions(&mut critical, 0)[0]["critical"] = json!(true);
    let unset = diff(&catalog(&critical), &catalog(&release()));
    assert_eq!(
        shown(&unset),
        ["critical critical-unset tickets.close minor"]
    );
}

/// Takes a key out of a module, and out of the roles that name it.
fn without(next: &mut Value, module: usize, key: &str) {
    permissions(next, module).retain(|permission| permission["key"] != key);
    for role in next["roles"].as_array_mut().unwrap() {
        if let Some(members) = role["permissions"].as_array_mut() {
            members.retain(|member| member != key);
        }
    }
}

#[test]
fn a_key_that_vanishes_breaks_unless_its_end_has_come() {
    gives(
        |next| without(next, 0, "tickets.close"),
        &["breaking removed tickets.close major UPR001"],
    );
    gives(
        |next| without(next, 1, "users.edit"),
        &[
            "breaking removed users.edit major UPR005",
            "metadata changed editor patch",
        ],
    );
    gives(
        |next| {
            without(next, 1, "users.edit");
            next["application"]["version"] = json!("2.0.0");
        },
        &[
            "retired removed users.edit major UPR001",
            "metadata changed editor patch",
        ],
    );
    let announced = after(|next| {
        without(next, 1, "users.edit");
        next["application"]["version"] = json!("2.0.0");
    });
    assert!(!announced.is_breaking());
    let findings = announced.findings();
    assert!(
        !findings[0].is_error(),
        "a tombstone is wanted, and nobody is surprised"
    );
}

#[test]
fn a_tombstone_is_notice_enough() {
    let retire = |replaced_by: Value| {
        move |next: &mut Value| {
            without(next, 0, "tickets.close");
            let tombstone =
                json!({"key": "tickets.close", "retired": "1.5.0", "replaced_by": replaced_by});
            next["retired"].as_array_mut().unwrap().push(tombstone);
        }
    };
    gives(
        retire(json!("tickets.view")),
        &["retired retired tickets.close minor"],
    );
    gives(
        retire(Value::Null),
        &["retired retired tickets.close major"],
    );
    // Over another tombstone, which leads on.
    gives(
        retire(json!("users.old")),
        &[
            "breaking narrowed agent major UPR012",
            "retired retired tickets.close minor",
        ],
    );
    gives(
        retire(json!("users.drop")),
        &["retired retired tickets.close major"],
    );
    gives(
        retire(json!("users.nowhere")),
        &["breaking retired tickets.close major UPR006"],
    );
    gives(
        retire(json!("tickets.close")),
        &["breaking retired tickets.close major UPR007"],
    );
}

#[test]
fn tombstones_stay_what_they_were() {
    gives(
        |next| permissions(next, 1).push(json!({"key": "users.zap"})),
        &["additive added users.zap minor"],
    );
    gives(
        |next| {
            next["retired"].as_array_mut().unwrap().remove(1);
            permissions(next, 1).push(json!({"key": "users.old"}));
        },
        &["breaking revived users.old major UPR002"],
    );
    gives(
        |next| drop(next["retired"].as_array_mut().unwrap().remove(1)),
        &["breaking tombstone-changed users.old major UPR010"],
    );
    gives(
        |next| next["retired"][1]["replaced_by"] = json!("users.view"),
        &["breaking tombstone-changed users.old major UPR010"],
    );
    gives(
        |next| next["retired"][1]["replaced_by"] = Value::Null,
        &["breaking tombstone-changed users.old major UPR010"],
    );
    // What nothing answered for may be answered for; nobody has less than before.
    gives(
        |next| next["retired"][0]["replaced_by"] = json!("users.update"),
        &["metadata tombstone-changed users.drop patch"],
    );
    gives(
        |next| next["retired"][0]["retired"] = json!("1.2.1"),
        &["metadata tombstone-changed users.drop patch"],
    );
    gives(
        |next| {
            let tombstone = json!({"key": "users.never", "retired": "1.0.0"});
            next["retired"].as_array_mut().unwrap().push(tombstone);
        },
        &["retired retired users.never patch"],
    );
}

#[test]
fn a_rename_names_the_likely_new_key() {
    let renamed = after(|next| permissions(next, 0)[0] = json!({"key": "tickets.closed"}));
    assert_eq!(
        shown(&renamed),
        [
            "breaking renamed tickets.close major UPR001",
            "additive added tickets.closed minor",
            "additive widened agent minor",
        ]
    );
    let finding = &renamed.findings()[0];
    assert!(
        finding.remedy.ends_with("(renamed to `tickets.closed`?)"),
        "{}",
        finding.remedy
    );
    // Of letters that only changed their case, too.
    gives(
        |next| permissions(next, 0)[0] = json!({"key": "tickets.Close"}),
        &[
            "breaking renamed tickets.close major UPR001",
            "additive added tickets.Close minor",
            "additive widened agent minor",
        ],
    );
    gives(
        |next| {
            let module = json!({"key": "Users", "permissions": [{"key": "Users.view"}]});
            next["modules"].as_array_mut().unwrap().push(module);
        },
        &[
            "additive added Users minor",
            "additive added Users.view minor",
            "metadata case-variant users.view none UPR009",
        ],
    );
}

#[test]
fn a_managed_role_takes_and_a_seeded_one_does_not() {
    gives(
        |next| next["roles"][0]["permissions"] = json!([]),
        &["breaking narrowed agent major UPR012"],
    );
    gives(
        |next| next["roles"][1]["permissions"] = json!(["users.update"]),
        &["metadata narrowed editor minor"],
    );
    gives(
        |next| drop(next["roles"].as_array_mut().unwrap().remove(1)),
        &["breaking removed editor major UPR011"],
    );
    gives(
        |next| next["roles"][1]["mode"] = json!("managed"),
        &["breaking mode-changed editor major UPR012"],
    );
    gives(
        |next| next["roles"][0]["mode"] = json!("seeded"),
        &["metadata mode-changed agent minor"],
    );
    // The same members, written out: it will not grow with its module any more.
    gives(
        |next| {
            next["roles"][0]["modules"] = json!([]);
            next["roles"][0]["permissions"] =
                json!(["tickets.close", "tickets.view", "users.view"]);
        },
        &["metadata changed agent patch"],
    );
    let narrower = after(|next| {
        next["roles"][0]["modules"] = json!([]);
        next["roles"][0]["label"] = json!("Agents");
    });
    assert_eq!(
        shown(&narrower),
        [
            "breaking narrowed agent major UPR012",
            "metadata changed agent patch"
        ]
    );
    assert_eq!(narrower.changes[0].lost.len(), 2);
}

/// A managed role that held a key has to hold what answers for it.
#[test]
fn a_role_follows_the_replacements_of_what_it_held() {
    let retired = |members: Value| {
        move |next: &mut Value| {
            without(next, 1, "users.view");
            let tombstone =
                json!({"key": "users.view", "retired": "1.5.0", "replaced_by": "users.update"});
            next["retired"].as_array_mut().unwrap().push(tombstone);
            next["roles"][0]["permissions"] = members;
        }
    };
    gives(
        retired(json!(["users.update"])),
        &[
            "retired retired users.view minor",
            "additive widened agent minor",
        ],
    );
    gives(
        retired(json!([])),
        &[
            "breaking narrowed agent major UPR012",
            "retired retired users.view minor",
        ],
    );
}

#[test]
fn an_application_owns_its_keys_under_its_name() {
    let renamed = after(|next| next["application"]["name"] = json!("support-desk"));
    assert_eq!(
        shown(&renamed),
        ["breaking renamed support-desk major UPR013"]
    );
    assert!(
        renamed.findings()[0]
            .remedy
            .contains("application = \"helpdesk\"")
    );
}

#[test]
fn a_version_has_to_say_what_changed() {
    let step = |old: &str, new: &str, edit: fn(&mut Value)| {
        let mut releases = [release(), release()];
        releases[0]["application"]["version"] = json!(old);
        releases[1]["application"]["version"] = json!(new);
        edit(&mut releases[1]);
        diff(&catalog(&releases[0]), &catalog(&releases[1]))
    };
    let add: fn(&mut Value) = |next| permissions(next, 0).push(json!({"key": "tickets.merge"}));
    let low = step("1.4.0", "1.4.1", add);
    let found = low.findings();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id, found[0].is_error()),
        (FindingId::VersionTooLow, false)
    );
    assert_eq!(found[0].remedy, "release it as 1.5.0 or higher");
    assert!(step("1.4.0", "1.5.0", add).findings().is_empty());
    assert!(
        step("0.4.0", "0.4.1", add).findings().is_empty(),
        "as Cargo reads versions"
    );
    let back = step("1.5.0", "1.4.0", |_| {});
    assert_eq!(
        back.findings()[0].message,
        "version 1.4.0 is older than 1.5.0"
    );
    assert!(
        step("0.0.0", "1.0.0", add).step().is_none(),
        "made by hand, without a version"
    );
}

#[test]
fn a_lock_stands_in_for_a_catalog_as_far_as_it_knows() {
    let line = |rest: &str| format!("{{{rest},\"package\":\"helpdesk\",\"crate\":\"helpdesk\"}}\n");
    let head = "{\"format\":\"upr.lock/1\"}\n";
    let known = [
        r#""key":"tickets.close","published":"1.0.0""#,
        r#""key":"tickets.view","published":"1.0.0""#,
        r#""key":"users.drop","published":"1.0.0","retired":"1.2.0""#,
        r#""key":"users.edit","published":"1.0.0","deprecated":"1.1.0","remove_in":"2.0.0","replaced_by":"users.update""#,
        r#""key":"users.export","published":"1.0.0","cfg":"feature = \"export\"""#,
        r#""key":"users.old","published":"1.0.0","retired":"1.3.0","replaced_by":"users.update""#,
        r#""key":"users.update","published":"1.0.0""#,
        r#""key":"users.view","published":"1.0.0""#,
    ];
    let text = |lines: &[&str]| -> String {
        let lines: String = lines.iter().map(|rest| line(rest)).collect();
        format!("{head}{lines}")
    };
    let lock = Lock::parse(&text(&known)).unwrap();
    let now = catalog(&release());
    assert!(
        diff(&lock, &now).changes.is_empty(),
        "{:?}",
        diff(&lock, &now).changes
    );
    // A key under a condition that is off is not gone; a line is.
    let cut = Lock::parse(&text(&known[..4])).unwrap();
    assert_eq!(
        shown(&diff(&lock, &cut)),
        [
            "breaking removed users.export major UPR001",
            "breaking tombstone-changed users.old major UPR010",
            "breaking removed users.update major UPR001",
            "breaking removed users.view major UPR001",
        ]
    );
    let mut next = release();
    without(&mut next, 0, "tickets.close");
    let gone = diff(&lock, &catalog(&next));
    assert_eq!(
        shown(&gone),
        ["breaking removed tickets.close major UPR001"]
    );
    assert_eq!(gone.step(), None);
    assert_eq!(
        shown(&diff(&now, &lock)),
        ["additive added users.export minor"]
    );
}

#[test]
fn a_comment_says_what_matters_first_and_ends_somewhere() {
    let difference = after(|next| {
        without(next, 0, "tickets.close");
        next["roles"][0]["permissions"] = json!([]);
        for number in 0..400 {
            let key = format!("m{number}");
            let permissions = [json!({"key": format!("{key}.view")})];
            let module = json!({"key": key, "permissions": permissions});
            next["modules"].as_array_mut().unwrap().push(module);
        }
    });
    let ignore = Ignore::new(
        "UPR012",
        "agent",
        "as <agreed> with @ops",
        Day::parse("2027-01-31").unwrap(),
    );
    let today = Day::parse("2026-11-20").unwrap();
    let sifted = sift(
        difference.findings(),
        &[ignore.unwrap()],
        today,
        Check::Diff,
    );
    let text = markdown(&Markdown {
        difference: &difference,
        old: "git:main",
        new: "this `program`",
        findings: &sifted.findings,
        ignored: &sifted.ignored,
    });
    assert!(
        text.starts_with("## Permissions: 1 finding breaks somebody\n"),
        "{text}"
    );
    assert!(text.contains("`git:main` → `this  program `"));
    assert!(
        text.contains(
            "- **UPR001** key-removed: `tickets.close` is gone, and was never deprecated."
        )
    );
    assert!(text.contains(
        "UPR012 role `agent` loses `users.view` until 2027-01-31: as &lt;agreed> with &#64;ops"
    ));
    assert!(text.contains("<details><summary>800 additive</summary>"));
    assert!(text.contains("- … and 700 more"));
    assert!(text.len() < 65_536);
}

#[test]
fn an_accepted_change_is_in_nobodys_way() {
    let narrower = after(|next| next["roles"][0]["permissions"] = json!([]));
    let today = Day::parse("2026-11-20").unwrap();
    let ignore = |key: &str| {
        Ignore::new("UPR012", key, "agreed", Day::parse("2026-11-30").unwrap()).unwrap()
    };
    let errors = |ignores: &[Ignore]| {
        let sifted = sift(narrower.findings(), ignores, today, Check::Diff);
        sifted
            .findings
            .iter()
            .filter(|finding: &&Finding| finding.is_error())
            .count()
    };
    assert_eq!(errors(&[]), 1);
    assert_eq!(errors(&[ignore("agent")]), 0);
    assert_eq!(errors(&[ignore("editor")]), 1);
    assert_eq!(narrower.count(Class::Breaking), 1, "it is still told");
}
