//! The command line inside of an application: its own registry, no catalog file.

use std::ffi::OsString;
use std::process::ExitCode;

use upr_cli::{Program, Source};
use upr_core::Catalog;

use crate::binary::{built, tickets};
use crate::project::Project;

/// Parcels on their way.
#[upr::module(crud(view), actions(track))]
pub(crate) struct Parcels;

/// Runs the command line of this very program, which declares [`Parcels`].
fn upr(project: &Project, line: &str) -> ExitCode {
    let arguments = ["tests", "upr"].into_iter().chain(line.split_whitespace());
    Program::new(Source::Registry)
        .directory(project.path(""))
        .arguments(arguments.map(OsString::from))
        .run()
}

#[test]
fn the_registry_is_read_from_the_program() {
    let project = Project::empty();
    let file = project.path("catalog.json");
    let exit = upr(&project, &format!("catalog -q --out {}", file.display()));
    assert_eq!(exit, ExitCode::SUCCESS);
    let catalog = Catalog::from_json(&project.read("catalog.json")).unwrap();
    let keys: Vec<&str> = catalog
        .permissions()
        .map(|permission| permission.key.as_str())
        .collect();
    assert_eq!(keys, ["parcels.track", "parcels.view"]);
    assert_eq!(Parcels::TRACK.key(), "parcels.track");
}

#[test]
fn another_program_can_be_read_in_place_of_this_one() {
    let project = Project::empty();
    project.write("app", built(&[tickets()]));
    let line = format!(
        "catalog -q --binary {} --out {}",
        project.path("app").display(),
        project.path("catalog.json").display()
    );
    assert_eq!(upr(&project, &line), ExitCode::SUCCESS);
    let text = project.read("catalog.json");
    assert!(
        text.contains("tickets.view") && !text.contains("parcels"),
        "{text}"
    );
}

#[test]
fn a_store_follows_the_program() {
    let project = Project::empty();
    assert_eq!(upr(&project, "sync -q"), ExitCode::from(1), "no schema yet");
    assert_eq!(upr(&project, "migrate -q"), ExitCode::SUCCESS);
    assert_eq!(upr(&project, "sync --check -q"), ExitCode::from(1));
    assert_eq!(upr(&project, "sync -q"), ExitCode::SUCCESS);
    assert_eq!(upr(&project, "sync --check -q"), ExitCode::SUCCESS);
    assert_eq!(upr(&project, "validate -q"), ExitCode::SUCCESS);
}
