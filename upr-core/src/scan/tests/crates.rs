//! Programs of several crates.

use super::super::{Crate, Extern};
use super::{Sources, keys};
use crate::fragment::{Fragment, assemble};

/// A program and the crates `billing` and `base`; the program knows both, `billing` knows `base`.
fn program(files: &str) -> Sources {
    let mut sources = Sources::new(files);
    let mut billing = sources.krate("billing", "billing/lib.rs");
    let base = sources.krate("base", "base/lib.rs");
    billing
        .externs
        .insert("base".to_owned(), Extern::Scanned(2));
    let externs = &mut sources.app().externs;
    externs.insert("billing".to_owned(), Extern::Scanned(1));
    externs.insert("base".to_owned(), Extern::Scanned(2));
    sources.krates.extend([billing, base]);
    sources
}

const CRATES: &str = "//- billing/lib.rs\npub use base::Users as People;\n#[upr::module(crud(view))] pub struct Bills;\n//- base/lib.rs\n#[upr::module(crud(view))] pub struct Users;\n";

#[test]
fn a_crate_is_linked_when_it_is_named() {
    for (text, expected) in [
        ("", vec![]),
        ("use billing as _;", vec!["bills.view", "users.view"]),
        ("extern crate billing;", vec!["bills.view", "users.view"]),
        ("use base::Users;", vec!["users.view"]),
        ("fn f() { let _ = base::Users; }", vec!["users.view"]),
        ("fn f() -> ::base::Users { todo!() }", vec!["users.view"]),
        (
            "fn f() { println!(\"{}\", base::NAME); }",
            vec!["users.view"],
        ),
        (
            "fn f() { println!(\"{}\", <X as base::T>::NAME); }",
            vec!["users.view"],
        ),
        (
            "#[upr::requires(base::Users::VIEW)] fn f() {}",
            vec!["users.view"],
        ),
        (
            "#[cfg_attr(windows, upr::requires(base::Users::VIEW))] fn f() {}",
            vec![],
        ),
        (
            "thread_local! { static S: base::Users = base::Users; }",
            vec!["users.view"],
        ),
        (
            "upr::role!(R = \"r\", seeded, base::Users::VIEW);",
            vec!["users.view", "role r"],
        ),
        ("#[cfg(windows)] use base as _;", vec![]),
        (
            "mod base { pub struct Users; } fn f(_: base::Users) {}",
            vec![],
        ),
        (
            "mod base { pub struct Users; } fn f(_: ::base::Users) {}",
            vec!["users.view"],
        ),
        ("fn f() { x::base::g(); let base = 1; }", vec![]),
    ] {
        let sources = program(&format!("//- src/lib.rs\n{text}\n{CRATES}"));
        assert_eq!(sources.keys(), expected, "{text}");
    }
}

#[test]
fn names_are_followed_into_other_crates() {
    let text = "//- src/lib.rs\nuse billing::People;\nupr::role!(R = \"r\", seeded, People::VIEW, billing::Bills::*);\n\
        #[upr::module(actions(old(deprecated = \"x\", replaced_by = base::Users::VIEW)))] struct Own;\n";
    let sources = program(&format!("{text}{CRATES}"));
    let scanned = sources.scan().unwrap();
    assert_eq!(
        keys(&scanned),
        ["bills.view", "own.old", "users.view", "role r"]
    );
    let assembled = assemble(scanned.fragments, None).unwrap();
    let role = &assembled.catalog.roles()[0];
    assert_eq!(role.permissions[0].as_str(), "users.view");
    assert_eq!(role.modules[0].as_str(), "bills");
    let packages: Vec<&str> = assembled
        .declared
        .iter()
        .map(|declared| declared.package.as_str())
        .collect();
    assert_eq!(packages, ["billing", "app", "base"]);
}

#[test]
fn a_handler_of_another_crates_module_is_refused() {
    let sources = program(&format!(
        "//- src/lib.rs\n#[upr::action(base::Users)] fn f() {{}}\n{CRATES}"
    ));
    assert_eq!(
        sources.errors(),
        [
            "src/lib.rs:1:15: the module `base::Users` is declared in another crate, `base`; declare the action in the crate of its module, or a module of your own"
        ]
    );
}

#[test]
fn what_is_wrong_with_a_crate_that_is_not_linked_is_left_alone() {
    let sources = program(
        "//- src/lib.rs\n#[upr::module(crud(view))] struct Own;\n//- billing/lib.rs\nmod absent;\n//- base/lib.rs\nupr::lock!();\n",
    );
    assert_eq!(sources.keys(), ["own.view"]);
    assert!(
        sources
            .scan()
            .unwrap()
            .files
            .iter()
            .all(|file| file.ends_with("src/lib.rs"))
    );
}

#[test]
fn what_leads_out_of_the_scan_is_left_out_and_told() {
    let text = "#[upr::module(actions(old(deprecated = \"x\", replaced_by = kit::Users::VIEW)))] struct Own;\nupr::role!(R = \"r\", seeded, kit::Users::VIEW, Own::OLD, kit::Users::*);";
    let mut sources = Sources::new(text);
    sources
        .app()
        .externs
        .insert("kit".to_owned(), Extern::Foreign { may_declare: true });
    let scanned = sources.scan().unwrap();
    let left_out: Vec<String> = scanned
        .left_out
        .iter()
        .map(|left| format!("{}: {}", left.what(), left.reason()))
        .collect();
    assert_eq!(
        left_out,
        [
            "src/lib.rs:1: `kit::Users::VIEW`, the replacement, leads to the crate `kit`, which is not scanned",
            "src/lib.rs:2: `kit::Users::VIEW`, a member of the role `r`, leads to the crate `kit`, which is not scanned",
            "src/lib.rs:2: `kit::Users`, a member of the role `r`, leads to the crate `kit`, which is not scanned",
        ]
    );
    assert_eq!(keys(&scanned), ["own.old", "role r"]);
}

#[test]
fn a_program_says_its_name_and_its_lock() {
    let mut sources = Sources::new(
        "use upr::lock; lock!();\n#[upr::module(crud(view))] struct Users;\n//- upr.lock\n{\"format\":\"upr.lock/1\"}\n\
        {\"key\":\"users.old\",\"published\":\"0.1.0\",\"retired\":\"0.2.0\",\"package\":\"app\",\"crate\":\"app\"}\n\
        {\"key\":\"users.view\",\"published\":\"0.1.0\",\"package\":\"app\",\"crate\":\"app\"}\n",
    );
    sources.app().lock = Some(sources.path().join("upr.lock"));
    let scanned = sources.scan().unwrap();
    assert!(scanned.files.iter().any(|file| file.ends_with("upr.lock")));
    let program = scanned
        .fragments
        .iter()
        .find_map(|fragment| match fragment {
            Fragment::Program(program) => Some(program.clone()),
            _ => None,
        });
    let program = program.unwrap();
    assert_eq!(
        (program.application.name.as_str(), program.origin.line),
        ("app", 1)
    );
    assert_eq!(program.locked[0].keys, ["users.view"]);
    assert_eq!(program.retired[0].key.as_str(), "users.old");

    sources.write("//- upr.lock\nnonsense\n");
    assert!(sources.errors()[0].contains("cannot be read"));
}

#[test]
fn a_package_with_another_name_in_sight_is_uprs_still() {
    let mut sources =
        Sources::new("#[perm::module(crud(view))] struct Users;\n#[upr::module] struct Others;");
    let app: &mut Crate = sources.app();
    app.externs = [("perm".to_owned(), Extern::Upr)].into();
    assert_eq!(sources.keys(), ["users.view"]);
}
