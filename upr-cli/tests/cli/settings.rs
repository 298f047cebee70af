//! Settings as the command meets them: where they come from, and what is wrong with them.

use crate::project::{CATALOG, Project};

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let project = Project::helpdesk();
    project.write("upr.toml", "[default]\ndatabse = \"sqlite:upr.db\"\n");
    insta::assert_snapshot!(project.transcript(&["catalog"]), @r"
    $ upr catalog
    error: upr.toml:2: unknown key `databse`
      Did you mean `database`?
    [exit 2]
    ");
    let error = project.upr("catalog --json").exits(2).json();
    assert_eq!(error["error"]["code"], "settings-unknown-key");
    assert_eq!(error["error"]["remedy"], "Did you mean `database`?");
}

#[test]
fn a_variable_with_a_bad_value_is_named_and_an_unknown_one_ignored() {
    let project = Project::helpdesk();
    project
        .upr_with(&[("UPR_STRICT_MODE", "perhaps")], "catalog")
        .exits(2)
        .says("UPR_STRICT_MODE is `perhaps`, expected `true` or `false`");
    project
        .upr_with(&[("UPR_STRIKT_MODE", "perhaps")], "catalog")
        .exits(0);
    project
        .upr_with(&[("UPR_ENV", "a b")], "catalog")
        .exits(2)
        .says("UPR_ENV is `a b`");
}

#[test]
fn a_named_file_that_is_not_there_could_not_be_read() {
    let project = Project::helpdesk();
    project
        .upr("catalog --config other.toml")
        .exits(3)
        .says("cannot read other.toml");
}

#[test]
fn the_file_above_is_found_within_the_repository() {
    let project = Project::helpdesk();
    std::fs::create_dir(project.path(".git")).unwrap();
    std::fs::create_dir(project.path("src")).unwrap();
    let output = project
        .command(["catalog"])
        .current_dir(project.path("src"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let outside = Project::empty();
    std::fs::create_dir(outside.path("src")).unwrap();
    outside.write("upr-catalog.json", CATALOG);
    let output = outside
        .command(["catalog"])
        .current_dir(outside.path("src"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn an_environment_that_the_file_does_not_know_is_pointed_out() {
    let project = Project::helpdesk();
    project
        .upr("catalog --env produciton")
        .exits(0)
        .says("warning: upr.toml has no [env.produciton]")
        .says("did you mean `production`?");
}
