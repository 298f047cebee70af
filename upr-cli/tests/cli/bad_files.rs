//! Files that are not what they should be: each named with its place and a way out, none changed.

use crate::project::Project;

/// What a scan left out is not gone.
#[test]
fn a_part_of_a_catalog_is_shown_and_neither_synced_nor_locked() {
    let project = Project::empty();
    project.write(
        "upr-catalog.json",
        "{\"format\": \"upr.catalog/1\", \"application\": {\"name\": \"a\"}, \"partial\": true, \"modules\": []}",
    );
    let shown = project.upr("catalog").exits(0);
    assert!(shown.stdout.contains("\"partial\": true"), "{shown:?}");
    project.upr("migrate").exits(0);
    let before = project.bytes();
    for command in ["lock", "lock --check", "sync --dry-run", "validate"] {
        project
            .upr(command)
            .exits(1)
            .says("the catalog is only a part")
            .says("upr --binary FILE");
    }
    assert_eq!(project.bytes(), before);
}

/// A comparison with a part would hide what is lost, or make it up.
#[test]
fn a_part_of_a_catalog_is_not_compared() {
    let project = Project::helpdesk();
    project.write(
        "part.json",
        "{\"format\": \"upr.catalog/1\", \"application\": {\"name\": \"helpdesk\"}, \"partial\": true}",
    );
    for sides in [
        "part.json upr-catalog.json",
        "upr-catalog.json part.json",
        "upr-catalog.json --catalog part.json",
    ] {
        let ran = project.upr(&format!("diff {sides}")).exits(1);
        assert!(ran.says("the catalog is only a part").stdout.is_empty());
        let error = project.upr(&format!("diff {sides} --json")).exits(1).json();
        assert_eq!(error["error"]["code"], "catalog-partial", "{sides}");
    }
}

#[test]
fn catalogs() {
    let project = Project::empty();
    project
        .upr("catalog")
        .exits(3)
        .says("cannot read the catalog upr-catalog.json");
    for (text, place) in [
        ("", "line 1"),
        ("{\"format\": \"upr.catalog/1\",", "line 1"),
        ("[]", "upr-catalog.json: "),
        ("{\"format\": \"upr.catalog/9\"}", "upr.catalog/9"),
        (
            "{\"format\": \"upr.catalog/1\", \"application\": {\"name\": \"a\"}, \"modules\": \
             [{\"key\": \"users\", \"permissions\": [{\"key\": \"users.vi ew\"}]}]}",
            "modules[0].permissions[0].key",
        ),
        (
            "{\"format\": \"upr.catalog/1\", \"application\": {\"name\": \"a\"}, \"modules\": \
             [{\"key\": \"users\", \"permissions\": [{\"key\": \"users.a\"}, {\"key\": \
             \"users.a\"}]}]}",
            "`users.a`",
        ),
    ] {
        project.write("upr-catalog.json", text);
        let before = project.bytes();
        for command in ["catalog", "lock", "lock --check", "catalog --out x.json"] {
            let ran = project
                .upr(command)
                .exits(3)
                .says("upr-catalog.json: ")
                .says(place);
            assert_eq!(ran.stdout, "", "{command}");
        }
        let error = project.upr("catalog --json").exits(3).json();
        assert_eq!(error["error"]["code"], "catalog-invalid", "{text}");
        assert!(!error["error"]["remedy"].as_str().unwrap().is_empty());
        assert_eq!(project.bytes(), before);
    }
    project.write("upr-catalog.json", [0xff, 0xfe]);
    project.upr("catalog").exits(3).says("upr-catalog.json");
}

#[test]
fn locks() {
    let project = Project::helpdesk();
    let good = "{\"format\":\"upr.lock/1\"}\n";
    let entry =
        "{\"key\":\"users.view\",\"published\":\"1.0.0\",\"package\":\"p\",\"crate\":\"p\"}\n";
    for (text, message) in [
        (String::new(), "upr.lock:1: "),
        ("garbage\n".to_owned(), "upr.lock:1: "),
        (format!("{good}{entry}not json\n"), "upr.lock:3: "),
        (
            format!("{good}<<<<<<< HEAD\n{entry}"),
            "upr.lock:2: an unresolved merge conflict",
        ),
        (
            "{\"format\":\"upr.lock/9\"}\n".to_owned(),
            "upr.lock:1: `upr.lock/9`",
        ),
    ] {
        project.write("upr.lock", &text);
        let before = project.bytes();
        for command in ["lock", "lock --check", "lock retire users.view --force"] {
            project.upr(command).exits(3).says(message).says("\n  ");
        }
        assert_eq!(
            project.upr("lock --json").exits(3).json()["error"]["code"],
            "lock-invalid"
        );
        assert_eq!(project.bytes(), before);
    }
}

/// Two branches that were merged by hand, or a line that was changed by hand.
#[test]
fn a_lock_that_contradicts_itself_is_a_finding() {
    let project = Project::helpdesk();
    let line = |version: &str| {
        format!(
            "{{\"key\":\"users.view\",\"published\":\"{version}\",\"package\":\"p\",\
             \"crate\":\"p\"}}\n"
        )
    };
    let text = format!(
        "{{\"format\":\"upr.lock/1\"}}\n{}{}",
        line("1.0.0"),
        line("2.0.0")
    );
    project.write("upr.lock", &text);
    let found = project.upr("lock --check --json").exits(1).json();
    assert_eq!(found["findings"][0]["id"], "UPR007");
    assert_eq!(found["findings"][0]["key"], "users.view");
    project.upr("lock --check").exits(1).prints(
        "UPR007 lock-contradiction users.view: upr.lock:3: `users.view` contradicts line 2",
    );
    project
        .upr("lock")
        .exits(3)
        .says("upr.lock:3: `users.view` contradicts line 2");
    assert_eq!(project.read("upr.lock"), text);
}

#[test]
fn directories_in_place_of_files() {
    let project = Project::empty();
    std::fs::create_dir(project.path("upr-catalog.json")).unwrap();
    project
        .upr("catalog")
        .exits(3)
        .says("cannot read the catalog upr-catalog.json");
    let project = Project::helpdesk();
    std::fs::create_dir(project.path("upr.lock")).unwrap();
    project.upr("lock").exits(3).says("cannot read upr.lock");
}
