//! What this very program carries in its section says what its registry says.
#![cfg(target_os = "linux")]
#![expect(dead_code, reason = "what is declared here is read, not used")]

use upr::Registry;
use upr_core::fragment::{Fragment, assemble};

/// Of every kind. Separators of other formats (\u{1e}, \u{1f}) and quotes ("…") are text like any other.
#[upr::module(
    "every.kind-of.Thing",
    crud(view(label = "See\u{1f}it"), delete(critical)),
    actions("HTTPServer", r#type, old(deprecated = "gone", replaced_by = Other::SHOW)),
    allow_case_variants
)]
struct Things;

#[upr::module(description = include_str!("section.rs"), actions(show, "Show"(const = SHOW_BIG, label = "Big")), allow_case_variants)]
struct Other;

/// Nothing in the attribute.
#[upr::module]
struct Bare;

#[upr::action(Bare)]
fn plain() {}

#[cfg(not(target_os = "none"))]
#[upr::action(Bare, "own-name", const = CHOSEN, critical)]
fn conditional() {}

#[upr::action(
    Bare,
    deprecated = "use `show`",
    since = "1.1.0",
    remove_in = "9.0.0",
    replaced_by = Other::SHOW,
    label = include_str!("section.rs"),
    description = concat!("a", 1)
)]
fn former() {}

/// Replaced by what stands on a handler, which is replaced by what stands in an attribute.
#[upr::action(Bare, deprecated = "use `former`", replaced_by = Bare::FORMER)]
fn oldest() {}

/// Desk.
#[upr::module(crud(view))]
mod desk {
    /// Closes.
    #[upr::action]
    fn r#move() {}

    #[upr::module]
    mod notes {
        #[upr::action(deprecated = "use the desk", replaced_by = super::VIEW)]
        fn pin() {}
    }
}

upr::role!(SUPPORT = "support", label = "Süpport", seeded, Bare::PLAIN, desk::Permissions::*);
upr::role!(ADMIN = "desk.admin", managed, all);
upr::application!();

#[test]
fn the_section_and_the_registry_say_the_same() {
    let program = std::env::current_exe().unwrap();
    let fragments = upr_core::artifact::read(&program).unwrap();
    let named = |fragment: &&Fragment| matches!(fragment, Fragment::Program(_));
    assert_eq!(fragments.iter().filter(named).count(), 1);
    let read = assemble(fragments, None).unwrap();
    let registry = Registry::global();
    assert_eq!(read.catalog.to_json(), registry.catalog().to_json());
    assert_eq!(read.declared, registry.declared());

    let former = read.catalog.find("bare.former").unwrap();
    assert!(former.label.ends_with("// The end."), "late texts are read");
    let deprecation = former.deprecation.as_ref().unwrap();
    assert_eq!(deprecation.replaced_by.as_ref().unwrap(), "other.show");
    let things = read.catalog.find("every.kind-of.Thing.view").unwrap();
    assert_eq!(things.label, "See\u{1f}it");
    assert_eq!(registry.application().name, env!("CARGO_PKG_NAME"));
    assert_eq!(
        read.catalog.find_module("other").unwrap().description,
        include_str!("section.rs").trim()
    );
}

// The end.
