//! `upr backup`: taking, listing, verifying and pruning.

use crate::project::Project;

/// A project with a store in which 42 is an agent.
fn working(environment: &str) -> Project {
    let project = Project::helpdesk();
    for line in ["migrate", "sync", "user create 42 --role agent"] {
        project.upr(&format!("{line} --env {environment}")).exits(0);
    }
    project
}

fn take(project: &Project) -> String {
    let taken = project.upr("backup create --json").exits(0).json();
    taken.get("file").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_backup_is_taken_listed_and_verified() {
    let project = working("development");
    let taken = project.upr("backup create --json").exits(0).json();
    let file = taken["file"].as_str().unwrap();
    let bytes = std::fs::read(project.path(file)).unwrap();
    assert_eq!(taken["bytes"], bytes.len());
    let listed = project.upr("backup list --json").exits(0).json();
    for field in ["file", "sha256", "bytes"] {
        assert_eq!(listed["backups"][0][field], taken[field], "{field}");
    }
    assert_eq!(listed["backups"][0]["reason"], "manual");
    let verified = project
        .upr(&format!("backup verify {file} --json"))
        .exits(0)
        .json();
    assert_eq!(verified["sha256"], taken["sha256"]);
    project
        .upr(&format!("backup verify {file}"))
        .exits(0)
        .prints("revision 3 of helpdesk (development)");
    project.upr("backup list").exits(0).prints("\t3\tmanual\t");
    project
        .upr("backup create")
        .exits(0)
        .prints("Wrote backups/upr-");
}

#[test]
fn a_dry_run_writes_no_backup() {
    let project = working("development");
    project
        .upr("backup create --dry-run")
        .exits(0)
        .prints("Would write a backup of ");
    assert!(!project.path("backups").exists());
    project
        .upr("backup list")
        .exits(0)
        .says("No backups in backups yet.");
    project
        .upr("backup prune")
        .exits(0)
        .prints("Nothing to remove");
}

#[test]
fn what_is_no_whole_backup_says_where_it_breaks() {
    let project = working("development");
    let file = take(&project);
    let whole = std::fs::read(project.path(&file)).unwrap();
    project.write("backups/half.uprbak", &whole[..whole.len() / 2]);
    project.write("backups/empty.uprbak", "");
    for name in ["half", "empty"] {
        let line = format!("backup verify backups/{name}.uprbak");
        project.upr(&line).exits(1);
    }
    project
        .upr("backup verify backups/half.uprbak")
        .exits(1)
        .says("is damaged: line ");
    let failure = project
        .upr("backup verify backups/none.uprbak --json")
        .exits(3)
        .json();
    assert_eq!(failure["error"]["code"], "backup-unreadable");
    let listed = project.upr("backup list").exits(0);
    assert!(
        listed.stderr.contains("half.uprbak is not whole"),
        "{listed:?}"
    );
}

#[test]
fn pruning_keeps_as_many_as_the_settings_say() {
    let project = working("development");
    let files: Vec<String> = (0..4).map(|_| take(&project)).collect();
    let keep = [("UPR_BACKUP__KEEP", "2")];
    project
        .upr_with(&keep, "backup prune --dry-run")
        .exits(0)
        .prints("Would remove 2 backups, and keep 2 backups");
    let pruned = project
        .upr_with(&keep, "backup prune --json")
        .exits(0)
        .json();
    assert_eq!(pruned["changes"], 2);
    assert_eq!(pruned["kept"][0], files[3].as_str());
    let listed = project.upr("backup list --json").json();
    assert_eq!(listed["backups"].as_array().unwrap().len(), 2);
}

#[test]
fn a_sync_that_changes_something_says_where_the_backup_is() {
    let project = working("development");
    let catalog = project.read("upr-catalog.json");
    let less = catalog.replace(
        "\"permissions\": [\"tickets.view\", \"users.view\"]",
        "\"permissions\": [\"tickets.view\"]",
    );
    project.write("upr-catalog.json", less);
    let dry = project
        .upr("sync --expect-loss 1 --dry-run --json")
        .exits(0)
        .json();
    assert!(dry["backup"].is_null() && !project.path("backups").exists());
    let plan = project.upr("sync --expect-loss 1 --json").exits(0).json();
    let file = plan["backup"].as_str().unwrap();
    project
        .upr(&format!("backup verify {file}"))
        .exits(0)
        .prints("(before-sync)");
}
