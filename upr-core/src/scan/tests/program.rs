//! Whole programs, with Cargo's own word on what belongs to them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::{Cfg, Features, Program, ProgramError, Root, ScannedProgram};
use super::Sources;
use crate::lock::Lock;

/// A workspace of the packages `app` and `billing`; `//- app/src/main.rs` and so on.
fn workspace(files: &str) -> Sources {
    let sources = Sources::new("");
    sources.write(&format!("//- Cargo.toml\n[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"src\"]\n//- Cargo.lock\nversion = 4\n{files}"));
    sources
}

fn program(sources: &Sources) -> Program {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let cfg = Cfg::of_rustc("unix\ntarget_os=\"linux\"\n");
    Program::new(sources.path().join("app"), cfg, "x86_64-unknown-linux-gnu").with_cargo(cargo)
}

fn keys(scanned: &ScannedProgram) -> Vec<String> {
    let assembled = scanned.assemble().unwrap();
    assembled
        .declared
        .iter()
        .map(|declared| declared.key.to_string())
        .collect()
}

fn chosen(features: &[&str]) -> Features {
    Features::Chosen {
        features: features
            .iter()
            .map(|feature| (*feature).to_owned())
            .collect(),
        all: false,
        default: true,
    }
}

const UPR: &str = "upr = \"0.1\"";

#[test]
fn features_are_switched_on_as_cargo_does() {
    let sources = workspace(&format!(
        "//- app/Cargo.toml
[package]
name = \"app\"
version = \"1.0.0\"
edition = \"2024\"
[features]
default = [\"plain\"]
plain = []
full = [\"billing/refunds\", \"extra\"]
weak = [\"extra?/more\"]
extra = [\"dep:extra\"]
[dependencies]
{UPR}
billing = {{ path = \"../billing\", default-features = false, features = [\"asked\"] }}
extra = {{ path = \"../extra\", optional = true }}
[target.'cfg(windows)'.dependencies]
wide = {{ path = \"../wide\" }}
[dev-dependencies]
tests = {{ path = \"../tests\" }}
//- app/src/main.rs
use billing as _;
#[cfg(feature = \"extra\")] use extra as _;
#[cfg(windows)] use wide as _;
fn main() {{}}
#[cfg(feature = \"plain\")] #[upr::module(crud(view))] struct Plain;
//- billing/Cargo.toml
[package]
name = \"billing\"
version = \"2.0.0\"
edition = \"2024\"
[features]
default = [\"never\"]
never = []
asked = []
refunds = []
[dependencies]
{UPR}
//- billing/src/lib.rs
#[upr::module] pub struct Bills;
#[cfg(feature = \"asked\")] #[upr::action(Bills)] fn asked() {{}}
#[cfg(feature = \"never\")] #[upr::action(Bills)] fn never() {{}}
#[cfg(feature = \"refunds\")] #[upr::action(Bills)] fn refund() {{}}
//- extra/Cargo.toml
[package]
name = \"extra\"
version = \"2.0.0\"
edition = \"2024\"
[features]
default = []
more = []
[dependencies]
{UPR}
//- extra/src/lib.rs
#[upr::module(crud(view))] pub struct Extra;
#[cfg(feature = \"more\")] #[upr::action(Extra)] fn more() {{}}
//- wide/Cargo.toml
[package]
name = \"wide\"
version = \"2.0.0\"
edition = \"2024\"
[dependencies]
{UPR}
//- wide/src/lib.rs
#[upr::module(crud(view))] pub struct Wide;
//- tests/Cargo.toml
[package]
name = \"tests\"
version = \"2.0.0\"
edition = \"2024\"
//- tests/src/lib.rs
"
    ));
    for (features, expected) in [
        (chosen(&[]), vec!["bills.asked", "plain.view"]),
        (
            chosen(&["full"]),
            vec!["bills.asked", "bills.refund", "extra.view", "plain.view"],
        ),
        (chosen(&["weak"]), vec!["bills.asked", "plain.view"]),
        (
            chosen(&["weak", "extra"]),
            vec!["bills.asked", "extra.more", "extra.view", "plain.view"],
        ),
        (Features::Exactly(BTreeSet::new()), vec!["bills.asked"]),
        (
            Features::Chosen {
                features: BTreeSet::new(),
                all: true,
                default: false,
            },
            vec![
                "bills.asked",
                "bills.refund",
                "extra.more",
                "extra.view",
                "plain.view",
            ],
        ),
    ] {
        let scanned = program(&sources)
            .with_features(features.clone())
            .scan()
            .unwrap();
        assert_eq!(keys(&scanned), expected, "{features:?}");
        assert!(!scanned.is_partial());
    }
    let windows = Program::new(
        sources.path().join("app"),
        Cfg::of_rustc("windows"),
        "x86_64-pc-windows-msvc",
    );
    assert_eq!(
        keys(&windows.scan().unwrap()),
        ["bills.asked", "plain.view", "wide.view"]
    );
}

const PACKAGE: &str = "//- app/Cargo.toml\n[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dependencies]\nupr = \"0.1\"\n";

fn module(name: &str) -> String {
    format!("#[upr::module({name:?}, crud(view))] pub struct S;\n")
}

#[test]
fn the_program_of_a_package_is_found_or_asked_for() {
    let lib = format!("//- app/src/lib.rs\n{}", module("of_lib"));
    let main = format!(
        "//- app/src/main.rs\nfn main() {{ let _ = app::S; }}\n{}",
        module("of_main")
    );
    let other = format!(
        "//- app/src/bin/other.rs\nfn main() {{}}\n{}",
        module("of_other")
    );
    for (files, root, expected) in [
        (lib.clone(), Root::Only, Ok(vec!["of_lib.view"])),
        (
            format!("{lib}{main}"),
            Root::Only,
            Ok(vec!["of_lib.view", "of_main.view"]),
        ),
        (format!("{lib}{main}"), Root::Lib, Ok(vec!["of_lib.view"])),
        (
            format!("{lib}{other}"),
            Root::Only,
            Ok(vec!["of_other.view"]),
        ),
        (
            format!("{lib}{main}{other}"),
            Root::Bin("other".to_owned()),
            Ok(vec!["of_other.view"]),
        ),
        (
            format!("{lib}{main}{other}"),
            Root::Only,
            Err(
                "package `app` has several programs, `app`, `other`; say which is meant (`.bin(\"…\")`, or `.lib()`), or set `default-run` in Cargo.toml",
            ),
        ),
        (main.clone(), Root::Lib, Err("package `app` has no library")),
        (
            main.clone(),
            Root::Bin("none".to_owned()),
            Err("package `app` has no program `none`"),
        ),
    ] {
        let sources = workspace(&format!("{PACKAGE}{files}"));
        let scanned = program(&sources).with_root(root).scan();
        match expected {
            Ok(expected) => assert_eq!(keys(&scanned.unwrap()), expected, "{files}"),
            Err(expected) => assert_eq!(
                scanned.unwrap_err(),
                ProgramError::Root(expected.to_owned()),
                "{files}"
            ),
        }
    }
    let default = PACKAGE.replace("edition", "default-run = \"other\"\nedition");
    let sources = workspace(&format!("{default}{lib}{main}{other}"));
    assert_eq!(keys(&program(&sources).scan().unwrap()), ["of_other.view"]);
}

#[test]
fn what_comes_from_a_registry_is_left_out_and_told() {
    let sources = workspace(&format!(
        "[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\n \"kit\",\n \"serde\",\n \"upr\",\n]\n
[[package]]\nname = \"kit\"\nversion = \"1.0.0\"\nsource = \"registry\"\ndependencies = [\n \"upr\",\n]\n
{PACKAGE}kit = \"1\"\nserde = \"1\"\n//- app/src/main.rs\nupr::lock!();\nuse kit as _;\nfn main() {{}}\n{}
//- upr.lock\n{{\"format\":\"upr.lock/1\"}}\n{{\"key\":\"kits.view\",\"published\":\"1.0.0\",\"package\":\"kit\",\"crate\":\"kit\"}}\n",
        module("own"),
    ));
    let scanned = program(&sources).scan().unwrap();
    let left_out: Vec<&str> = scanned
        .scanned
        .left_out
        .iter()
        .map(|left| left.what())
        .collect();
    assert_eq!(left_out, ["package `kit`"]);
    assert!(scanned.is_partial());
    // What kit has published is not demanded of what was read without it.
    let catalog = scanned.assemble().unwrap().catalog;
    assert!(catalog.is_partial() && catalog.to_json().contains("\"partial\": true"));
    assert_eq!(catalog.application().name, "app");
    let read: Vec<bool> = ["Cargo.lock", "Cargo.toml", "app/Cargo.toml", "upr.lock"]
        .iter()
        .map(|name| {
            scanned
                .scanned
                .files
                .iter()
                .any(|file| file.ends_with(name))
        })
        .collect();
    assert_eq!(read, [true; 4], "{:?}", scanned.scanned.files);
}

#[test]
fn a_module_that_vanished_is_missed_with_its_likely_new_name() {
    let sources = workspace(&format!(
        "{PACKAGE}billing = {{ path = \"../billing\" }}\n//- app/src/main.rs\nuse billing as _;\nfn main() {{}}\n{}
//- billing/Cargo.toml\n[package]\nname = \"billing\"\nversion = \"3.0.0\"\nedition = \"2024\"\n[dependencies]\nupr = \"0.1\"\n//- billing/src/lib.rs\n",
        module("accounts"),
    ));
    let lock = Lock::parse(
        "{\"format\":\"upr.lock/1\"}
{\"key\":\"account.view\",\"published\":\"0.5.0\",\"package\":\"app\",\"crate\":\"app\"}
{\"key\":\"bills.old\",\"published\":\"0.5.0\",\"deprecated\":\"0.6.0\",\"remove_in\":\"4.0.0\",\"package\":\"billing\",\"crate\":\"billing\"}
{\"key\":\"off.view\",\"published\":\"0.5.0\",\"cfg\":\"windows\",\"package\":\"app\",\"crate\":\"app\"}
{\"key\":\"on.view\",\"published\":\"0.5.0\",\"cfg\":\"not(windows)\",\"package\":\"app\",\"crate\":\"app\"}
{\"key\":\"others.view\",\"published\":\"0.5.0\",\"package\":\"others\",\"crate\":\"others\"}
{\"key\":\"tools.view\",\"published\":\"0.5.0\",\"package\":\"app\",\"crate\":\"tools\"}
",
    )
    .unwrap();
    let scanned = program(&sources).scan().unwrap();
    let declared = scanned.assemble().unwrap().declared;
    let findings = scanned.check(&lock, &declared);
    let shown: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {}; {}", finding.id, finding.message, finding.remedy))
        .collect();
    assert_eq!(
        shown,
        [
            "UPR001 `account.view` was published in 0.5.0 and is no longer declared; declare it again, deprecate it with `replaced_by`, or retire it: `upr lock retire account.view --force` (renamed to `accounts.view`?)",
            "UPR003 `accounts.view` is declared and not recorded; run `upr lock` and commit `upr.lock`",
            "UPR005 `bills.old` is gone in 3.0.0, and was promised until 4.0.0; declare it again, or retire it: `upr lock retire bills.old`",
            "UPR001 `on.view` was published in 0.5.0 and is no longer declared; declare it again, deprecate it with `replaced_by`, or retire it: `upr lock retire on.view --force`",
        ]
    );
}

#[test]
fn a_folder_without_a_package_is_said() {
    let sources = workspace("");
    let error = program(&sources).scan().unwrap_err();
    assert!(
        matches!(&error, ProgramError::Metadata(problem) if problem.contains("app/Cargo.toml")),
        "{error}"
    );
}
