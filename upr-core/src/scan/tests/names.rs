//! How names are followed.

use super::super::Edition;
use super::{Sources, declared};

/// Each declares `users.view` and the action `users.f`, by other names.
#[test]
fn every_way_to_name_upr_and_a_module_is_followed() {
    const MODULE: &str = "#[upr::module(crud(view))] pub struct Users;";
    for text in [
        "M #[upr::action(Users)] fn f() {}",
        "M #[::upr::action(Users)] fn f() {}",
        "M use upr::action; #[action(Users)] fn f() {}",
        "#[action(Users)] fn f() {} use upr::{self, action as action}; M",
        "M use upr::action as declare; #[declare(Users)] fn f() {}",
        "M use upr as permissions; #[permissions::action(Users)] fn f() {}",
        "M extern crate upr as p; #[p::action(Users)] fn f() {}",
        "M extern crate upr as p; mod a { #[p::action(super::Users)] fn f() {} }",
        "M use ::upr::{action as a, module as m}; #[a(Users)] fn f() {}",
        "M use upr::*; #[action(Users)] fn f() {}",
        "M #[macro_use] extern crate upr; mod a { #[crate::upr::action(crate::Users)] fn f() {} }",
        "M mod prelude { pub use upr::{action, module}; } use prelude::*; #[action(Users)] fn f() {}",
        "M mod prelude { pub use upr::action; } mod other { pub use crate::prelude::*; } #[other::action(Users)] fn f() {}",
        "mod a { M } #[upr::action(a::Users)] fn f() {}",
        "mod a { M } #[upr::action(crate::a::Users)] fn f() {}",
        "mod a { M } #[upr::action(self::a::Users)] fn f() {}",
        "mod a { M } use a::Users; #[upr::action(Users)] fn f() {}",
        "mod a { M } use a::Users as People; #[upr::action(People)] fn f() {}",
        "mod a { M } use a::*; #[upr::action(Users)] fn f() {}",
        "mod a { M } mod b { use super::a; #[upr::action(a::Users)] fn f() {} }",
        "mod a { M } mod b { #[upr::action(super::a::Users)] fn f() {} }",
        "mod a { pub mod b { #[upr::action(super::super::c::Users)] fn f() {} } } mod c { M }",
        "mod a { M } mod b { pub use super::a::*; } mod c { pub use super::b::Users as U; } #[upr::action(c::U)] fn f() {}",
        "mod a { M pub use self::Users as Again; } #[upr::action(a::Again)] fn f() {}",
        "mod a { M } type People = a::Users; #[upr::action(People)] fn f() {}",
        "mod a { M pub type Other = Users; } use a::Other; #[upr::action(Other)] fn f() {}",
        "mod a { M } use self::a::{self as b, Users as _}; #[upr::action(b::Users)] fn f() {}",
        "mod a { M } use {a::Users}; #[upr::action(Users)] fn f() {}",
        "mod r#mod { M } #[upr::action(r#mod::Users)] fn f() {}",
        // Globs in a circle.
        "mod a { pub use super::b::*; M } mod b { pub use super::a::*; } #[upr::action(b::Users)] fn f() {}",
        // What stands in a module wins over what a glob brings.
        "mod a { #[upr::module(\"others\")] pub struct Users; } use a::*; M #[upr::action(Users)] fn f() {}",
        // A function of the same name is another thing.
        "mod a { M #[allow(non_snake_case)] pub fn Users2() {} } use a::Users; fn users() {} #[upr::action(Users)] fn f() {}",
        // Blocks.
        "M fn outer() { #[upr::action(Users)] fn f() {} }",
        "mod a { M } fn outer() { use a::Users; if true { #[upr::action(Users)] fn f() {} } }",
        "fn outer() { M { #[upr::action(Users)] fn f() {} } }",
        "M struct S; impl S { fn method(&self) { let _ = || { #[upr::action(Users)] fn f() {} }; } }",
        "M trait T { fn method() { #[upr::action(Users)] fn f() {} } }",
        "M const _: () = { #[upr::action(Users)] fn f() {} };",
        "M fn outer() { match 1 { _ => { #[upr::action(Users)] fn f() {} } } }",
        // Other attributes beside.
        "M #[doc = \"x\"] #[upr::action(Users)] #[inline] #[tokio::main] async fn f() {}",
        "M #[upr::action(Users)] #[some::other] pub async unsafe fn f<T: Copy>(_: T) where T: Sized { }",
    ] {
        let text = text.replace('M', MODULE);
        assert_eq!(declared(&text), ["users.f", "users.view"], "{text}");
    }
}

#[test]
fn what_is_not_uprs_is_left_alone() {
    for text in [
        "#[other::module] struct Users;",
        "mod mine { pub use other::action; } #[mine::action(Users)] fn f() {}",
        "use other::{action, module}; #[module] struct Users; #[action(Users)] fn f() {}",
        "#[derive(Thing)] #[module(x)] struct Users;",
        "#[upr::requires(Users::VIEW)] fn f() {}",
        "#[upr::public] fn f() {}",
        "fn f() { println!(\"#[upr::module] struct X;\"); }",
        "const TEXT: &str = stringify!(#[upr::module] struct X;);",
        "fn f() -> T { quote! { #[upr::module] struct X; } }",
        "macro_rules! lock { () => {} } lock!();",
        "// #[upr::module] struct X;\n/* #[upr::module] */",
    ] {
        assert!(declared(text).is_empty(), "{text}");
    }
}

#[test]
fn paths_of_the_edition_2015_start_at_the_root() {
    let text = "extern crate upr; mod a { #[upr_action(Users)] fn f() {} use b::Users; use upr::action as upr_action; } mod b { #[::upr::module] pub struct Users; }";
    let mut sources = Sources::new(text);
    sources.app().edition = Edition::E2015;
    assert_eq!(sources.keys(), ["users.f"]);
}

#[test]
fn constants_are_followed_to_their_permissions() {
    let text = "
        mod a {
            #[upr::module(crud, actions(\"listAll\"(const = EVERYTHING)))] pub struct Users;
            #[upr::action(Users)] pub fn export() {}
        }
        #[upr::module(crud(view))] pub mod notes {
            #[upr::action] pub fn pin() {}
            #[upr::module] pub mod drafts { #[upr::action] pub fn share() {} }
        }
        use a::Users as U;
        pub const VIEW_ALL: upr::Permission = U::EVERYTHING;
        mod names { pub use crate::VIEW_ALL as ALL; pub use crate::notes::PIN; }
        upr::role!(pub R = \"r\", seeded, U::VIEW, a::Users::EXPORT, VIEW_ALL, names::ALL, names::PIN, notes::VIEW,
            notes::Permissions::VIEW, notes::drafts::SHARE, notes::drafts::Permissions::*, U::*);
    ";
    let sources = Sources::new(text);
    let scanned = sources.scan().unwrap();
    let assembled = crate::fragment::assemble(scanned.fragments, None).unwrap();
    let [role] = assembled.catalog.roles() else {
        panic!()
    };
    let members: Vec<&str> = role.permissions.iter().map(crate::Key::as_str).collect();
    assert_eq!(
        members,
        [
            "notes.drafts.share",
            "notes.pin",
            "notes.view",
            "users.export",
            "users.listAll",
            "users.view"
        ]
    );
    let modules: Vec<&str> = role.modules.iter().map(crate::ModuleKey::as_str).collect();
    assert_eq!(modules, ["notes.drafts", "users"]);
}

#[test]
fn a_replacement_is_followed_across_modules() {
    let text = "
        #[upr::module(crud, actions(edit(deprecated = \"gone\", since = \"0.5.0\", remove_in = \"2.0.0\", replaced_by = Users::UPDATE)))]
        struct Users;
        mod b { #[upr::module] pub mod notes { #[upr::action(deprecated = \"gone\", replaced_by = VIEW)] fn look() {} #[upr::action] fn view() {} } }
        #[upr::action(Users, deprecated = \"gone\", replaced_by = b::notes::VIEW)] fn old() {}
    ";
    let scanned = Sources::new(text).scan().unwrap();
    let assembled = crate::fragment::assemble(scanned.fragments, None).unwrap();
    let replaced = |key: &str| {
        let permission = assembled.catalog.find(key).unwrap();
        permission
            .deprecation
            .clone()
            .unwrap()
            .replaced_by
            .unwrap()
            .to_string()
    };
    assert_eq!(replaced("users.edit"), "users.update");
    assert_eq!(replaced("users.old"), "notes.view");
    assert_eq!(replaced("notes.look"), "notes.view");
}

#[test]
fn both_forms_say_what_the_macros_register() {
    let text = "
/// User accounts.
///
///  * indented
#[upr::module(crud(view, update(label = \"Change\")), allow_case_variants)]
pub struct UserAccounts;

/** Sends a
 * link. */
#[upr::action(UserAccounts, \"resetPassword\", critical)]
pub fn reset(a: u8) {}

/// Notes.
#[upr::module(\"kb.notes\", label = concat!(\"The \", \"notes\"))]
pub mod notes {
    #![allow(dead_code)]
    /// Drafts.
    #[upr::module]
    pub mod drafts {
        #[upr::action(description = \"Shares it.\")]
        pub(crate) fn r#type() {}
    }
}
";
    let scanned = Sources::new(text).scan().unwrap();
    let assembled = crate::fragment::assemble(scanned.fragments, None).unwrap();
    let shown: Vec<String> = assembled
        .catalog
        .modules()
        .iter()
        .flat_map(|module| {
            let head = format!(
                "{} | {} | {} | {}",
                module.key, module.label, module.description, module.allow_case_variants
            );
            let permissions = module.permissions.iter().map(|p| {
                format!(
                    "  {} | {} | {} | {} | {}",
                    p.key,
                    p.label,
                    p.description,
                    p.kind.as_str(),
                    p.critical
                )
            });
            std::iter::once(head).chain(permissions).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        shown,
        [
            "kb.notes | The notes | Notes. | false",
            "kb.notes.drafts | Drafts | Drafts. | false",
            "  kb.notes.drafts.type | Type | Shares it. | action | false",
            "user_accounts | User accounts | User accounts.\n\n * indented | true",
            "  user_accounts.resetPassword | Reset password | Sends a\nlink. | action | true",
            "  user_accounts.update | Change |  | crud | false",
            "  user_accounts.view | View |  | crud | false",
        ]
    );
}
