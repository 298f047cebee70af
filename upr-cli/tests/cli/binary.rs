//! `--binary`: the registry of a file that was built, in place of a catalog.

use upr_core::catalog::{Application, Kind, Retired};
use upr_core::fragment::{
    ActionBody, DeprecationFragment, Fragment, LockedCrate, ModuleFragment, Origin, ProgramFragment,
};
use upr_core::{Key, ModuleKey, Version, section};

use crate::project::Project;

/// A file with a section, as small as one can be: a module of WebAssembly.
pub(crate) fn built(fragments: &[Fragment]) -> Vec<u8> {
    let mut custom = vec![4];
    custom.extend(b".upr");
    custom.extend(fragments.iter().flat_map(section::encode));
    let mut bytes = b"\0asm\x01\0\0\0\0".to_vec();
    // Its length, as WebAssembly writes numbers: three bytes of seven bits.
    let length = custom.len();
    for (shift, more) in [(0, 0x80), (7, 0x80), (14, 0)] {
        bytes.push(u8::try_from(length >> shift & 0x7f).unwrap() | more);
    }
    bytes.extend(custom);
    bytes
}

/// `tickets.view`, which is old, and `tickets.read` under a condition, of a crate beside the program's.
pub(crate) fn tickets() -> Fragment {
    let origin = Origin {
        package: "help-desk-tickets".to_owned(),
        version: Version::new(0, 3, 0),
        krate: "help_desk_tickets".to_owned(),
        file: "tickets/src/lib.rs".to_owned(),
        line: 4,
    };
    let read = ActionBody {
        name: "read".to_owned(),
        label: "Read".to_owned(),
        description: String::new(),
        kind: Kind::Action,
        critical: false,
        deprecation: None,
        cfg: vec!["unix".to_owned()],
        file: origin.file.clone(),
        line: 5,
    };
    let view = ActionBody {
        name: "view".to_owned(),
        cfg: Vec::new(),
        deprecation: Some(DeprecationFragment {
            message: "say `read`".to_owned(),
            since: None,
            remove_in: None,
            replaced_by: Some(Key::parse("tickets.read").unwrap().id()),
        }),
        ..read.clone()
    };
    Fragment::Module(ModuleFragment {
        key: ModuleKey::parse("tickets").unwrap(),
        label: "Tickets".to_owned(),
        description: String::new(),
        allow_case_variants: false,
        cfg: Vec::new(),
        origin,
        actions: vec![read, view],
    })
}

/// A program whose lock demands `keys` of the crate of [`tickets`].
fn program(keys: &[&str]) -> Fragment {
    let Fragment::Module(ModuleFragment { origin, .. }) = tickets() else {
        unreachable!()
    };
    Fragment::Program(ProgramFragment {
        application: Application {
            name: "help-desk".to_owned(),
            version: Version::new(1, 4, 0),
        },
        locked: vec![LockedCrate {
            package: origin.package.clone(),
            krate: origin.krate.clone(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        }],
        retired: vec![Retired {
            key: Key::parse("tickets.old").unwrap(),
            retired: Version::new(1, 2, 0),
            replaced_by: None,
        }],
        origin: Origin {
            package: "help-desk".to_owned(),
            version: Version::new(1, 4, 0),
            krate: "help_desk".to_owned(),
            file: "src/main.rs".to_owned(),
            line: 1,
        },
    })
}

fn project() -> Project {
    let project = Project::empty();
    project.write("app", built(&[tickets(), program(&["tickets.view"])]));
    project
}

#[test]
fn every_command_reads_a_binary_in_place_of_a_catalog() {
    let project = project();
    let catalog = project.upr("--binary app catalog").exits(0).json();
    assert_eq!(catalog["application"]["name"], "help-desk");
    assert_eq!(catalog["application"]["version"], "1.4.0");
    assert_eq!(catalog["retired"][0]["key"], "tickets.old");
    for line in [
        "migrate",
        "sync",
        "validate",
        "sync --check",
        "status --json",
    ] {
        project.upr(&format!("{line} --binary app")).exits(0);
    }
    let held = project.upr("sync --check --json --binary app").exits(0);
    assert_eq!(held.json()["application"], "help-desk");
    project
        .upr_with(&[("UPR_APPLICATION", "desk")], "catalog --binary app")
        .exits(0)
        .prints("\"name\": \"desk\"");
}

#[test]
fn a_lock_is_recorded_as_precisely_as_by_the_program() {
    let project = project();
    project.upr("lock --binary app").exits(0);
    assert_eq!(
        project.read("upr.lock"),
        "{\"format\":\"upr.lock/1\"}\n\
         {\"key\":\"tickets.read\",\"published\":\"0.3.0\",\"cfg\":\"unix\",\
         \"package\":\"help-desk-tickets\",\"crate\":\"help_desk_tickets\"}\n\
         {\"key\":\"tickets.view\",\"published\":\"0.3.0\",\"deprecated\":\"0.3.0\",\
         \"replaced_by\":\"tickets.read\",\
         \"package\":\"help-desk-tickets\",\"crate\":\"help_desk_tickets\"}\n"
    );
    project.upr("lock --check --binary app").exits(0);
}

#[test]
fn a_binary_without_what_its_own_lock_demands_is_refused() {
    let project = project();
    project.write("app", built(&[tickets(), program(&["tickets.close"])]));
    let refused = project.upr("--binary app sync --json").exits(1).json();
    assert_eq!(refused["error"]["code"], "registry");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("`tickets.close`"), "{message}");
    project.write("app", built(&[program(&["tickets.view"])]));
    project
        .upr("--binary app validate")
        .exits(1)
        .says("crate `help_desk_tickets` of package `help-desk-tickets` is not linked")
        .says("use help_desk_tickets as _;");
}

#[test]
fn a_file_that_is_none_says_what_to_name() {
    let project = Project::helpdesk();
    project
        .upr("--binary nothing catalog")
        .exits(3)
        .says("`nothing` cannot be read")
        .says("Build it first");
    project
        .upr("--binary upr-catalog.json catalog")
        .exits(3)
        .says("neither a program nor a library")
        .says("Name a catalog with --catalog FILE.");
    project.write("app", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\xff\xff");
    project
        .upr("--catalog app catalog")
        .exits(3)
        .says("--binary FILE");
    let damaged = project.upr("--binary app catalog --json").exits(3).json();
    assert_eq!(damaged["error"]["code"], "binary-invalid");
    project.write("app", built(&[]));
    let empty = project.upr("--binary app catalog --json").exits(3).json();
    assert_eq!(empty["error"]["code"], "binary-without-permissions");
    project.write("app", b"\0asm\x01\0\0\0\0\x02\x01xxxxxxxxxx");
    let error = project.upr("--binary app validate --json").exits(3).json();
    assert_eq!(error["error"]["code"], "binary-invalid");
}

#[test]
fn what_was_asked_for_is_read_even_where_no_catalog_is_needed() {
    let project = project();
    project.upr("migrate").exits(0);
    project.upr("status --catalog none").exits(0);
    project.upr("status --binary none").exits(3);
    project.upr("status --binary app").exits(0);
}

#[test]
fn one_place_is_named() {
    let project = project();
    project
        .upr("--binary app --catalog upr-catalog.json catalog")
        .exits(2)
        .says("cannot be used with");
    let error = project
        .upr("catalog --catalog a --json --binary b")
        .exits(2);
    assert_eq!(error.json()["error"]["code"], "usage");
}
