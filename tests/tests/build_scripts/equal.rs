//! Sources, artifact and program give one catalog.

use std::process::Command;

use upr_core::catalog::Catalog;
use upr_core::fragment::assemble;
use upr_core::scan::{Cfg, Features, Program};
use upr_tests::command::Ran;

use super::{MANIFEST, Outcome, Project};

/// Compares what the build script wrote with what the program holds, and prints it.
const MAIN: &str = "
fn main() {
    let emitted = include_str!(concat!(env!(\"OUT_DIR\"), \"/upr-catalog.json\"));
    assert_eq!(emitted, upr::Registry::global().catalog().to_json());
    print!(\"{emitted}\");
}
";

fn keys(text: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let catalog = Catalog::from_json(text)?;
    assert!(!catalog.is_partial());
    let permissions = catalog
        .permissions()
        .map(|permission| permission.key.to_string());
    let roles = catalog
        .roles()
        .iter()
        .map(|role| format!("role {}", role.key));
    Ok(permissions.chain(roles).collect())
}

impl Project {
    /// Builds the program with features; gives the catalog on which all three agree.
    fn agreed(&self, name: &str, features: &str) -> Result<String, Box<dyn std::error::Error>> {
        self.host
            .cargo(&["build", "-p", name, "--features", features])?
            .expect_code(0)?;
        let program = self.host.program(name);
        let printed = Ran::of(Command::new(&program))?.expect_code(0)?.stdout;
        let fragments = upr_core::artifact::read(&program)?;
        let read = assemble(fragments, None)?;
        assert_eq!(read.catalog.to_json(), printed, "the artifact");
        if name != "scan-registry" {
            // What the lock records, conditions among it: macros find them in the text, the scanner in the tree.
            let cfg = Cfg::ask("rustc".as_ref(), None)?;
            let sources = Program::new(self.host.directory(), cfg, "unknown");
            let sources = sources.with_features(Features::Chosen {
                features: features.split(',').map(str::to_owned).collect(),
                all: false,
                default: true,
            });
            assert_eq!(read.declared, sources.scan()?.assemble()?.declared);
        }
        Ok(printed)
    }
}

#[test]
fn a_workspace_of_several_crates_with_and_without_features() -> Outcome {
    let manifest = MANIFEST.replace("[workspace]", "[workspace]\nmembers = [\"billing\", \"base\", \"unused\"]")
        .replace("[dependencies]", "[features]\nfull = [\"invoices/refunds\", \"people\"]\npeople = []\nnever = []\n[dependencies]\ninvoices = { package = \"scan-billing\", path = \"billing\" }\nscan-unused = { path = \"unused\" }");
    let member = |name: &str, more: &str| {
        format!(
            "//- {name}/Cargo.toml\n[package]\nname = \"scan-{name}\"\nversion = \"2.0.0\"\nedition = \"2024\"\n{more}[dependencies]\nupr = {{ path = \"UPR\" }}\n"
        )
    };
    let files = [
        manifest,
        "//- build.rs\nfn main() { upr::build::emit_catalog(); }\n".to_owned(),
        "//- src/main.rs\nuse upr as permissions;\nuse invoices::prelude::*;\nmod users;\nupr::lock!();\n".to_owned() + MAIN,
        "upr::role! {
    /// Both.
    pub CLERK = \"clerk\", label = \"Clerk\", seeded, users::Users::VIEW, invoices::bills::VIEW, Bills::*, users::mail::Permissions::*
}
const _: upr::Permission = users::OUT;
#[cfg(any())] mod nowhere;
//- src/users/mod.rs
/// People.
///  And `machines`.
#[permissions_alias::module(crud, label = concat!(\"User \", \"accounts\"))]
pub struct Users;
use crate::permissions as permissions_alias;
#[cfg(unix)]
#[path = \"elsewhere.rs\"]
mod handlers;
mod inner;
pub const OUT: upr::Permission = Users::SIGN_OUT;
#[upr::module(\"users.mail\", description = include_str!(\"mail.md\"))]
pub mod mail {
    /** Reads
     * it. */
    #[upr::action(critical)]
    pub fn read() {}
    #[upr::module(crud(view))]
    pub mod drafts {}
}
fn hidden() {
    #[upr::action(Users, unguarded)]
    fn in_a_block() {}
    let _ = (hidden as fn(), in_a_block as fn());
}
//- src/users/mail.md
Mail,\nas *Markdown*.
//- src/users/elsewhere.rs
use super::Users as People;
use upr::action as declares;
#[declares(People, \"signOut\", const = SIGN_OUT, deprecated = \"gone\", since = \"0.2.0\", remove_in = \"3.0.0\", replaced_by = super::mail::READ)]
#[allow(dead_code)]
fn sign_out() {}
#[cfg_attr(feature = \"people\", upr::action(People))]
#[allow(dead_code)]
fn r#move() {}
#[cfg(all(not(feature = \"people\"), debug_assertions))]
#[upr::action(People)]
#[allow(dead_code)]
fn guess() {}
#[cfg(unix)] #[upr::action(People)] #[allow(dead_code)] fn one() {} #[upr::action(People)] #[allow(dead_code)] fn two() {}
#[cfg_attr(all(), cfg(not(windows)))] #[allow(dead_code)] mod block { fn outer() { #[cfg(target_pointer_width = \"64\")] #[upr::action(super::People, unguarded)] fn three() {} let _ = (three as fn(), outer as fn()); } }
//- src/users/inner.rs
#![cfg(not(feature = \"never\"))]
#[cfg_attr(not(feature = \"never\"), upr::action(crate::users::Users))]
#[allow(dead_code)]
fn four() {}
"
        .to_owned(),
        member("billing", "[features]\nrefunds = []\n") + "scan-base = { path = \"../base\" }\n",
        "//- billing/src/lib.rs
pub mod prelude { pub use super::bills::Permissions as Bills; pub use scan_base::*; }
/// Bills.
#[upr::module(crud(view))]
pub mod bills {
    #[cfg(feature = \"refunds\")]
    #[upr::action]
    pub fn refund() {}
}
"
        .to_owned(),
        member("base", ""),
        "//- base/src/lib.rs\n#[upr::module(\"base\", crud(view), actions(\"createTag\"(label = \"Tag\")))]\npub struct Base;\n".to_owned(),
        member("unused", ""),
        "//- unused/src/lib.rs\n#[upr::module(crud)]\npub struct Unused;\n".to_owned(),
        "//- upr.lock\n{\"format\":\"upr.lock/1\"}\n{\"key\":\"users.gone\",\"published\":\"0.1.0\",\"retired\":\"0.2.0\",\"replaced_by\":\"users.view\",\"package\":\"NAME\",\"crate\":\"scan_equal\"}\n".to_owned(),
    ];
    let project = Project::new("scan-equal", &files.concat())?;
    let expected = |own: &[&str]| {
        let mut keys: Vec<String> = ["base.createTag", "base.view", "bills.view"]
            .iter()
            .chain(own)
            .map(|key| (*key).to_owned())
            .collect();
        keys.sort_by_key(|key| {
            key.rsplit_once('.')
                .map(|(module, action)| (module.to_owned(), action.to_owned()))
        });
        keys.push("role clerk".to_owned());
        keys
    };
    let users = [
        "users.create",
        "users.delete",
        "users.four",
        "users.in_a_block",
        "users.mail.drafts.view",
        "users.mail.read",
        "users.one",
        "users.signOut",
        "users.three",
        "users.two",
        "users.update",
        "users.view",
    ];
    let plain = project.agreed("scan-equal", "")?;
    assert_eq!(
        keys(&plain)?,
        expected(&[&users[..], &["users.guess"]].concat())
    );
    let full = project.agreed("scan-equal", "full")?;
    assert_eq!(
        keys(&full)?,
        expected(&[&users[..], &["bills.refund", "users.move"]].concat())
    );
    Ok(())
}

#[test]
fn permissions_in_a_crate_of_their_own_come_from_its_registry() -> Outcome {
    let manifest = MANIFEST
        .replace("[workspace]", "scan-permissions = { path = \"permissions\" }\n[workspace]\nmembers = [\"permissions\"]")
        .replace("[dependencies]", "[dependencies]\nscan-permissions = { path = \"permissions\" }");
    let files = manifest
        + "//- build.rs\nuse scan_permissions as _;\nfn main() { upr::build::emit_registry(); }\n"
        + "//- src/main.rs\nuse scan_permissions as _;\n"
        + MAIN
        + "//- permissions/Cargo.toml\n[package]\nname = \"scan-permissions\"\nversion = \"2.0.0\"\nedition = \"2024\"\n[dependencies]\nupr = { path = \"UPR\" }\n"
        + "//- permissions/src/lib.rs\nmacro_rules! module { ($name:ident) => { #[upr::module(crud)] pub struct $name; } }\nmodule!(Users);\n";
    let project = Project::new("scan-registry", &files)?;
    let agreed = project.agreed("scan-registry", "")?;
    assert_eq!(
        keys(&agreed)?,
        ["users.create", "users.delete", "users.update", "users.view"]
    );

    project.write("//- build.rs\nfn main() { upr::build::emit_registry(); }\n")?;
    assert_eq!(
        project.refused()?,
        [
            "no crate with permissions is linked into the build script; add it to `[build-dependencies]` and name it in build.rs: `use permissions as _;`"
        ]
    );
    Ok(())
}
