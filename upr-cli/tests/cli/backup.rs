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

#[test]
fn a_restore_shows_the_difference_and_is_one_more_change() {
    let project = working("development");
    let file = take(&project);
    for line in [
        "user create 43 --role agent",
        "grant 42 --permission users.view",
        "grant 42 --permission tickets.close --deny",
        "revoke 42 --role agent",
    ] {
        project.upr(line).exits(0);
    }
    let shown = project.transcript(&[
        &format!("backup restore {file} --dry-run"),
        &format!("backup restore {file}"),
        &format!("backup restore {file}"),
        &format!("backup restore {file} --exact"),
        "backup list",
    ]);
    let shown = without_moments(&shown);
    insta::assert_snapshot!(shown, @r"
    $ upr backup restore backups/upr-TIME-r3.uprbak --dry-run
    Restore revision 3 (development, taken TIME)

    Grants: 2 removed
      - grant 42: users.view everywhere
      - grant 43: agent everywhere
    Decided since, and stays so without --exact: 1 revocation, 1 denial

    Would restore 2 rows. Nothing was written.
    $ upr backup restore backups/upr-TIME-r3.uprbak
    Restore revision 3 (development, taken TIME)

    Grants: 2 removed
      - grant 42: users.view everywhere
      - grant 43: agent everywhere
    Decided since, and stays so without --exact: 1 revocation, 1 denial

    Restored 2 rows (revision 8).
    Backup of what was before: backups/upr-TIME-r7.uprbak
    $ upr backup restore backups/upr-TIME-r3.uprbak
    Decided since, and stays so without --exact: 1 revocation, 1 denial
    Nothing to restore: the rest is as the backup has it (changes: 0, revision 8).
    $ upr backup restore backups/upr-TIME-r3.uprbak --exact
    Restore revision 3 (development, taken TIME)

    Subjects: 1 removed
    Grants: 1 added, 1 removed
      - grant 42: deny tickets.close everywhere
      + grant 42: agent everywhere
      - subject 43 (active)

    Restored 3 rows (revision 9).
    Backup of what was before: backups/upr-TIME-r8.uprbak
    $ upr backup list
    TIME	8	before-restore	SIZE	backups/upr-TIME-r8.uprbak
    TIME	7	before-restore	SIZE	backups/upr-TIME-r7.uprbak
    TIME	3	manual	SIZE	backups/upr-TIME-r3.uprbak
    ");
    project.upr("check 42 tickets.close").exits(0);
    project.upr("check 43 tickets.view").exits(1);
}

/// Times and lengths are others in each run.
fn without_moments(text: &str) -> String {
    let word = |word: &str| {
        let is_time = word.trim_end_matches(')').ends_with('Z') && word.contains(':');
        if is_time && word.ends_with(')') {
            "TIME)".to_owned()
        } else if is_time {
            "TIME".to_owned()
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| {
        let words: Vec<String> = line.split(' ').map(word).collect();
        let line = words.join(" ");
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [_, revision, reason, _, file] => format!("TIME\t{revision}\t{reason}\tSIZE\t{file}"),
            _ => line,
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_protected_environment_is_restored_only_by_name() {
    let project = working("production");
    let env = "--env production";
    let taken = project
        .upr(&format!("backup create --json {env}"))
        .exits(0)
        .json();
    let file = taken["file"].as_str().unwrap();
    project.upr(&format!("user deactivate 42 {env}")).exits(0);
    let restore = format!("backup restore {file} --exact {env}");
    project
        .upr(&format!("{restore} --dry-run"))
        .exits(1)
        .says("--confirm would be wanted");
    project
        .upr(&restore)
        .exits(1)
        .says("say --confirm production");
    project
        .upr(&format!("{restore} --confirm staging"))
        .exits(1);
    project
        .upr(&format!("check 42 tickets.view {env}"))
        .exits(1);
    let restored = project
        .upr(&format!("{restore} --confirm production --json"))
        .exits(0)
        .json();
    assert_eq!(
        (&restored["applied"], &restored["changes"]),
        (&true.into(), &1.into())
    );
    assert!(project.path(restored["backup"].as_str().unwrap()).is_file());
    project
        .upr(&format!("check 42 tickets.view {env}"))
        .exits(0);
}

#[test]
fn what_cannot_be_restored_says_why_and_changes_nothing() {
    let project = working("development");
    let file = take(&project);
    let whole = project.read(&file);
    project.upr("user deactivate 42").exits(0);
    let before = project.bytes();
    project.write("half.uprbak", &whole[..whole.len() / 2]);
    project.write("empty.uprbak", "");
    project.write(
        "newer.uprbak",
        whole.replacen("\"schema\":1", "\"schema\":2", 1),
    );
    for (name, exit, says) in [
        ("half", 3, "is damaged: line "),
        ("empty", 3, "it is empty"),
        ("newer", 1, "schema version 2"),
        ("none", 3, "cannot read the backup"),
    ] {
        project
            .upr(&format!("backup restore {name}.uprbak --exact"))
            .exits(exit)
            .says(says);
    }
    project
        .upr("backup restore upr.db")
        .exits(3)
        .says("is not a backup of upr");
    for name in ["half", "empty", "newer"] {
        std::fs::remove_file(project.path(&format!("{name}.uprbak"))).unwrap();
    }
    assert_eq!(project.bytes(), before);
}

/// The way to another database: migrate an empty one, and restore.
#[test]
fn an_empty_store_takes_everything() {
    let project = working("development");
    let file = take(&project);
    let other = "--database sqlite:other.db";
    project
        .upr(&format!("backup restore {file} {other}"))
        .exits(1)
        .says("has no schema yet");
    project.upr(&format!("migrate {other}")).exits(0);
    project
        .upr(&format!("backup restore {file} {other}"))
        .exits(0)
        .prints("it takes everything, the history too");
    project
        .upr(&format!("check 42 tickets.view {other}"))
        .exits(0);
    project
        .upr(&format!("sync {other}"))
        .exits(0)
        .prints("changes: 0");
}
