//! What cannot be followed is said, with its place.

use super::super::Extern;
use super::{Sources, refused};

#[test]
fn what_cannot_be_followed_is_said() {
    for (text, expected) in [
        (
            "#[upr::action(Users)] fn f() {}",
            "src/lib.rs:1:15: the scanner cannot follow `Users`: it finds no `Users`",
        ),
        (
            "mod a {}\n#[upr::action(a::b::Users)] fn f() {}",
            "src/lib.rs:2:15: the scanner cannot follow `a::b::Users`: it finds no `b`",
        ),
        (
            "struct Users;\n#[upr::action(Users)] fn f() {}",
            "src/lib.rs:2:15: `Users` is no module of permissions that the scanner can see",
        ),
        (
            "make_module!(Users);\n#[upr::action(Users)] fn f() {}",
            "src/lib.rs:2:15: the scanner cannot follow `Users`: it finds no `Users`",
        ),
        (
            "use self::b::Users; mod b { pub use super::Users; }\n#[upr::action(Users)] fn f() {}",
            "src/lib.rs:2:15: the scanner cannot follow `Users`: it finds no `Users`",
        ),
        (
            "macro_rules! m { ($n:ident) => { #[upr::module] struct $n; } }",
            "src/lib.rs:1:36: `#[upr::module]` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "#[upr::module] struct Users;\ncfg_if! { if #[cfg(unix)] { #[upr::action(Users)] fn f() {} } }",
            "src/lib.rs:2:31: `#[upr::action]` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "use upr::action as declare;\nfn g() { vec![{ #[cfg_attr(unix, declare(Users))] fn f() {} }]; }",
            "src/lib.rs:2:34: `#[declare]` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "macro_rules! roles { () => { upr::role!(R = \"r\", managed, all); } }",
            "src/lib.rs:1:30: `upr::role!` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        // A macro may put what it is given wherever it likes.
        (
            "#[upr::module] struct Users;\nwith!(upr::action(Users), fn f() {});",
            "src/lib.rs:2:7: `upr::action` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "macro_rules! m { () => { use upr::module as declare; } }",
            "src/lib.rs:1:30: `upr::module` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "cfg_if! { if #[cfg(unix)] { pub mod users; } }\n//- src/users.rs\nmod inner;\n//- src/users/inner.rs\nuse upr::module;\n#[module] struct Users;",
            "src/users/inner.rs:2:18: this file is brought in inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "fn f() { vec![include!(\"data.rs\")]; }\n//- src/data.rs\n{ #[upr::module] struct Users; 1 }",
            "src/data.rs:1:25: this file is brought in inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "thing! { ::upr::lock!(); }",
            "src/lib.rs:1:10: `::upr::lock!` stands inside a macro, and only the compiler knows what becomes of it",
        ),
        (
            "#[upr::module] struct Users;\nupr::role!(R = \"r\", managed, Users::VIEW);",
            "src/lib.rs:2:30: the scanner cannot follow `Users::VIEW`: it finds no `VIEW`",
        ),
        (
            "#[upr::module] mod users {}\nupr::role!(R = \"r\", managed, users::*);",
            "src/lib.rs:2:30: `users` is no module of permissions that the scanner can see",
        ),
        (
            "#[upr::module(actions(old(deprecated = \"x\", replaced_by = Users::NEW)))] struct Users;",
            "src/lib.rs:1:59: the scanner cannot follow `Users::NEW`: it finds no `NEW`",
        ),
        (
            "#[upr::module(crudd)] struct Users;",
            "src/lib.rs:1:15: `crudd` is no argument of `#[upr::module]`",
        ),
        (
            "#[upr::module] mod users;\n//- src/users.rs\n",
            "src/lib.rs:1:16: `#[upr::module]` stands on a unit struct or an inline mod, and this is a mod in a file of its own",
        ),
        (
            "struct S; #[upr::module] struct Users;\nimpl S { #[upr::action(Users)] fn f(&self) {} }",
            "src/lib.rs:2:37: `#[upr::action]` stands on a free function, and this is a method",
        ),
        (
            "#[upr::module]\npub mod users { pub fn open() {} }",
            "src/lib.rs:2:24: `open` is `pub` in a module of permissions and says nothing about who may call it",
        ),
        (
            "upr::lock!();",
            "src/lib.rs: `upr::lock!()` finds no `upr.lock` in the package's directory or at its workspace root",
        ),
    ] {
        let errors = refused(text);
        let found = errors.iter().any(|error| error.starts_with(expected));
        assert!(found, "{text}\nexpected {expected}\nfound {errors:#?}");
    }
}

#[test]
fn a_crate_that_is_not_scanned_is_named() {
    let text = "use kit::prelude::*;\n#[action(Users)] fn f() {}\n#[upr::action(kit::Users)] fn g() {}\n#[kit::module] struct Other;";
    let mut sources = Sources::new(text);
    let kit = Extern::Foreign { may_declare: true };
    sources.app().externs.insert("kit".to_owned(), kit);
    let errors = sources.errors();
    let starts: Vec<&str> = errors
        .iter()
        .map(|error| error.split(';').next().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "src/lib.rs:2:3: `#[action]` comes from the crate `kit`, which depends on upr and is not scanned",
            "src/lib.rs:3:15: `kit::Users` leads to the crate `kit`, which is not scanned",
            "src/lib.rs:4:3: `#[kit::module]` comes from the crate `kit`, which depends on upr and is not scanned",
        ]
    );
}

#[test]
fn all_errors_are_told_at_once_sorted_by_place() {
    let errors = refused(
        "mod b;\nmod a;\n#[upr::action(X)] fn f() {}\n//- src/a.rs\n#[upr::action(Y)] fn f() {}\n",
    );
    let places: Vec<&str> = errors
        .iter()
        .filter_map(|error| error.split(": ").next())
        .collect();
    assert_eq!(
        places,
        ["src/a.rs:1:15", "src/lib.rs:1:5", "src/lib.rs:3:15"]
    );
}
