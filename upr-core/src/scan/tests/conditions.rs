//! What is compiled out is not declared, and what is compiled in says under which condition.

use super::super::Cfg;
use super::{Sources, declared, refused};

const USERS: &str = "#[upr::module(crud(view))] pub struct Users;\n";

#[test]
fn what_is_off_is_not_there() {
    for text in [
        "#[cfg(windows)] #[upr::action(Users)] fn f() {}",
        "#[upr::action(Users)] #[cfg(windows)] fn f() {}",
        "#[cfg_attr(windows, upr::action(Users))] fn f() {}",
        "#[cfg_attr(unix, cfg(windows))] #[upr::action(Users)] fn f() {}",
        "#[cfg_attr(unix, cfg_attr(windows, upr::action(Users)))] fn f() {}",
        "#[cfg(test)] mod tests { #[upr::action(super::Users)] fn f() {} }",
        "mod tests { #![cfg(test)] #[upr::action(super::Users)] fn f() {} }",
        "mod a;\n//- src/a.rs\n#![cfg(not(unix))]\n#[upr::action(super::Users)] fn f() {}",
        "#[cfg(false)] mod absent;",
        "fn g() { #[cfg(feature = \"off\")] { #[upr::action(Users)] fn f() {} } }",
        "fn g() { #[cfg(feature = \"off\")] #[upr::action(Users)] fn f() {} }",
        "fn g() { #[cfg(feature = \"off\")] let _ = { #[upr::action(Users)] fn f() {} }; }",
        "fn g() { match 1 { #[cfg(windows)] _ => { #[upr::action(Users)] fn f() {} } _ => {} } }",
        "#[cfg(windows)] impl S { fn g() { #[upr::action(Users)] fn f() {} } }",
        "impl S { #[cfg(windows)] fn g() { #[upr::action(Users)] fn f() {} } }",
        "upr::role! { #[cfg(windows)] R = \"r\", managed, all }",
        "#[cfg(windows)] upr::role! { R = \"r\", managed, all }",
        "#[cfg(windows)] macro_rules! m { () => { #[upr::module] struct X; } }",
        "#[cfg(windows)] include!(\"absent.rs\");",
    ] {
        assert_eq!(
            declared(&format!("{USERS}{text}")),
            ["users.view"],
            "{text}"
        );
    }
}

#[test]
fn what_is_on_is_there_with_its_conditions() {
    for (text, condition) in [
        ("#[cfg(unix)] #[upr::action(Users)] fn f() {}", "unix"),
        (
            "#[upr::action(Users)] #[cfg(all(unix, feature = \"on\"))] fn f() {}",
            "all(unix, feature = \"on\")",
        ),
        ("#[cfg_attr(unix, upr::action(Users))] fn f() {}", "unix"),
        (
            "#[cfg_attr(all(), cfg(unix), upr::action(Users))] fn f() {}",
            "unix",
        ),
        (
            "#[cfg(unix)] mod a { #[upr::action(super::Users)] #[cfg(not(test))] fn f() {} }",
            "all(unix, not(test))",
        ),
        (
            "#[cfg(unix)] mod a;\n//- src/a.rs\n#![cfg(feature = \"on\")]\n#[upr::action(super::Users)] fn f() {}",
            "all(unix, feature = \"on\")",
        ),
        (
            "#[cfg(unix)] #[path = \"z.rs\"] mod a;\n//- src/z.rs\n#[upr::action(super::Users)] fn f() {}",
            "unix",
        ),
        (
            "#[cfg(windows)] fn other() {} #[cfg(unix)] #[upr::action(Users)] fn f() {}",
            "unix",
        ),
        (
            "#[cfg(any(unix, windows,))] #[upr::action(Users)] fn f() {}",
            "any(unix, windows, )",
        ),
    ] {
        let scanned = Sources::new(&format!("{USERS}{text}")).scan().unwrap();
        let assembled = crate::fragment::assemble(scanned.fragments, None).unwrap();
        let action = assembled
            .declared
            .iter()
            .find(|declared| declared.key.as_str() == "users.f")
            .unwrap();
        assert_eq!(action.cfg.as_deref(), Some(condition), "{text}");
    }
}

#[test]
fn a_compact_module_and_its_functions_stand_under_theirs() {
    let text = "
#[cfg(unix)]
#[upr::module(crud(view))]
pub mod notes {
    #[cfg(feature = \"on\")]
    #[upr::action]
    pub fn pin() {}
    #[cfg_attr(feature = \"off\", upr::action)]
    fn hide() {}
}";
    let scanned = Sources::new(text).scan().unwrap();
    let assembled = crate::fragment::assemble(scanned.fragments, None).unwrap();
    let shown: Vec<(String, Option<String>)> = assembled
        .declared
        .iter()
        .map(|declared| (declared.key.to_string(), declared.cfg.clone()))
        .collect();
    assert_eq!(
        shown,
        [
            (
                "notes.pin".to_owned(),
                Some("all(unix, feature = \"on\")".to_owned())
            ),
            ("notes.view".to_owned(), Some("unix".to_owned())),
        ]
    );
}

#[test]
fn what_only_a_build_script_knows_is_asked() {
    let text = format!(
        "{USERS}#[cfg(loom)] mod a {{ #[upr::action(super::Users)] fn f() {{}} }}\n#[cfg(loom)] mod absent;\n#[cfg(loom)] fn free() {{}}"
    );
    let mut sources = Sources::new(&text);
    assert_eq!(sources.keys(), ["users.view"]);
    let open = Cfg::of_rustc("unix").open(true);
    sources.app().cfg = open.clone();
    assert_eq!(
        sources.errors(),
        [
            "src/lib.rs:2:54: whether this is compiled depends on `cfg(loom)`, which a build script may set; say what it is where the scan is started: `.cfg(\"loom\", true)`, or `false`"
        ]
    );
    sources.app().cfg = open.clone().with("loom", false);
    assert_eq!(sources.keys(), ["users.view"]);
    sources.app().cfg = open.with("loom", true);
    sources.write("//- src/absent.rs\n");
    assert_eq!(sources.keys(), ["users.f", "users.view"]);
}

#[test]
fn a_condition_that_is_none_is_an_error() {
    assert_eq!(
        refused("#[cfg(sometimes(unix))] fn f() {}"),
        [
            "src/lib.rs:1:3: `sometimes` is no operator of conditions; they are `all`, `any` and `not`; write `feature = \"…\"`, `unix`, `all(…)`, `any(…)` or `not(…)`"
        ]
    );
}
