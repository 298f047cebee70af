//! `init` and `catalog`: files that are written, and files that are left alone.

use crate::project::Project;

#[test]
fn init_writes_what_is_missing_and_touches_nothing_else() {
    let project = Project::empty();
    insta::assert_snapshot!(project.transcript(&["init", "init"]), @r"
    $ upr init
    created   upr.toml
    created   upr.lock
    created   .gitattributes
    Next: declare permissions, then 'upr lock', 'upr migrate' and 'upr sync'.
    $ upr init
    kept      upr.toml
    kept      upr.lock
    kept      .gitattributes
    ");
    assert_eq!(project.files(), [".gitattributes", "upr.lock", "upr.toml"]);
    assert_eq!(project.read("upr.lock"), "{\"format\":\"upr.lock/1\"}\n");
    assert_eq!(project.read(".gitattributes"), "upr.lock merge=union\n");

    let before = project.bytes();
    let again = project.upr("init --json").exits(0).json();
    assert_eq!(again["applied"], false);
    assert_eq!(again["changes"], 0);
    assert_eq!(project.bytes(), before);
}

#[test]
fn init_keeps_what_a_person_wrote() {
    let project = Project::empty();
    project.write("upr.toml", "# mine\n");
    project.write(".gitattributes", "*.png binary");
    let done = project.upr("init --json").exits(0).json();
    assert_eq!(done["created"], serde_json::json!(["upr.lock"]));
    assert_eq!(done["extended"], serde_json::json!([".gitattributes"]));
    assert_eq!(project.read("upr.toml"), "# mine\n");
    assert_eq!(
        project.read(".gitattributes"),
        "*.png binary\nupr.lock merge=union\n"
    );
}

#[test]
fn init_that_cannot_be_finished_leaves_nothing() {
    let project = Project::empty();
    std::fs::create_dir(project.path(".gitattributes")).unwrap();
    project
        .upr("init")
        .exits(3)
        .says("cannot read .gitattributes");
    assert!(project.files().is_empty());
}

#[test]
fn init_can_be_tried_first() {
    let project = Project::empty();
    let done = project.upr("init --dry-run --json").exits(0).json();
    assert_eq!(done["applied"], false);
    assert_eq!(done["changes"], 3);
    assert!(project.files().is_empty());
}

#[test]
fn the_settings_that_init_writes_are_read_in_every_environment() {
    let project = Project::empty();
    project.write(
        "Cargo.toml",
        "[package]\nname = \"help-desk\"\nversion = \"1.0.0\"\n",
    );
    project.upr("init").exits(0);
    assert!(
        project
            .read("upr.toml")
            .contains("application = \"help-desk\"")
    );
    project.write("upr-catalog.json", crate::project::CATALOG);
    for environment in ["development", "staging", "production"] {
        let catalog = project
            .upr(&format!("catalog --env {environment}"))
            .exits(0);
        assert_eq!(catalog.stderr, "", "every environment has its table");
        assert_eq!(catalog.json()["application"]["name"], "help-desk");
    }
}

/// A lock that appears was not tracked: the crates that it is for are compiled anew.
#[test]
fn a_lock_that_appears_touches_the_crates_that_use_upr() {
    let project = Project::empty();
    let manifest = "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
                    [dependencies]\nupr = \"0.1\"\n";
    project.write("Cargo.toml", manifest);
    std::fs::create_dir(project.path("src")).unwrap();
    project.write("src/main.rs", "fn main() {}\n");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let root = std::fs::File::options()
        .append(true)
        .open(project.path("src/main.rs"))
        .unwrap();
    root.set_modified(old).unwrap();

    project.upr("init --dry-run").exits(0);
    assert_eq!(root.metadata().unwrap().modified().unwrap(), old);
    project.upr("init").exits(0);
    assert!(root.metadata().unwrap().modified().unwrap() > old);
    assert_eq!(project.read("src/main.rs"), "fn main() {}\n");

    root.set_modified(old).unwrap();
    project.upr("init").exits(0);
    assert_eq!(
        root.metadata().unwrap().modified().unwrap(),
        old,
        "nothing appeared"
    );
}

#[test]
fn a_catalog_is_printed_written_and_checked() {
    let project = Project::helpdesk();
    let printed = project.upr("catalog").exits(0);
    let catalog = printed.json();
    assert_eq!(catalog["format"], "upr.catalog/1");
    assert_eq!(catalog["application"]["name"], "helpdesk");
    assert_eq!(
        catalog["modules"][0]["permissions"][0]["key"],
        "tickets.close"
    );

    project
        .upr("catalog --out web/catalog.json")
        .exits(3)
        .says("cannot write web/catalog.json");
    let dry = project
        .upr("catalog --out catalog.json --dry-run --json")
        .exits(0)
        .json();
    assert_eq!(
        (dry["applied"].as_bool(), dry["changes"].as_u64()),
        (Some(false), Some(1))
    );
    project
        .upr("catalog --out catalog.json --check")
        .exits(1)
        .says("differs from the registry");
    assert!(!project.path("catalog.json").exists());

    project
        .upr("catalog --out catalog.json")
        .exits(0)
        .says("Wrote 6 permissions");
    assert_eq!(project.read("catalog.json"), printed.stdout);
    project.upr("catalog --out catalog.json --check").exits(0);
    let again = project
        .upr("catalog --out catalog.json --json")
        .exits(0)
        .json();
    assert_eq!(again["changes"], 0);
    assert_eq!(again["fingerprint"], catalog["fingerprint"]);
    project.write("catalog.json", "{}");
    project.upr("catalog --check --out catalog.json").exits(1);
    assert_eq!(project.read("catalog.json"), "{}");
}

#[test]
fn a_number_of_a_type_names_its_permission() {
    let project = Project::helpdesk();
    let number = upr_core::Key::parse("users.edit").unwrap().id();
    let named = project.upr(&format!("catalog --id {number}")).exits(0);
    assert_eq!(named.stdout, "users.edit\n");
    project
        .upr(&format!("catalog --id {number}_u64 --json"))
        .exits(0)
        .prints("\"users.edit\"");
    project
        .upr("catalog --id 1")
        .exits(1)
        .says("no permission has the number 1");
    project
        .upr("catalog --id x")
        .exits(2)
        .says("no permission's number");
}

#[test]
fn an_application_may_be_given_another_name() {
    let project = Project::helpdesk();
    let own = project.upr("catalog").exits(0).json();
    let named = project
        .upr_with(&[("UPR_APPLICATION", "support")], "catalog")
        .exits(0)
        .json();
    assert_eq!(named["application"]["name"], "support");
    assert_ne!(named["fingerprint"], own["fingerprint"]);
}
