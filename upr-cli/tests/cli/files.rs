//! `init`: files that are written, and files that are left alone.

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
