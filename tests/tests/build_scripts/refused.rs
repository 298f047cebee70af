//! What no macro can see, refused, as Cargo shows it.

use super::{MANIFEST, Outcome, Project};

const LOCK: &str = "//- upr.lock
{\"format\":\"upr.lock/1\"}
{\"key\":\"bills.view\",\"published\":\"0.1.0\",\"package\":\"NAME\",\"crate\":\"CRATE\"}
{\"key\":\"users.export\",\"published\":\"0.1.0\",\"package\":\"NAME\",\"crate\":\"CRATE\"}
{\"key\":\"users.view\",\"published\":\"0.1.0\",\"package\":\"NAME\",\"crate\":\"CRATE\"}
";
const MAIN: &str = "//- src/main.rs
mod bills;
mod handlers;
#[upr::module(crud(view))]
pub struct Users;
fn main() {}
";
const BILLS: &str = "//- src/bills.rs\n#[upr::module(crud(view))]\npub struct Bills;\n";
const HANDLERS: &str =
    "//- src/handlers.rs\n#[upr::action(super::Users)]\n#[expect(dead_code)]\nfn export() {}\n";
const BUILD: &str = "//- build.rs\nfn main() { upr::build::Build::new().check().run(); }\n";
const STRICT: &str = "//- build.rs\nfn main() { upr::build::Build::new().strict().run(); }\n";

fn gone(key: &str, renamed: &str) -> String {
    format!(
        "`{key}` was published in 0.1.0 and is no longer declared; declare it again, deprecate it with `replaced_by`, or retire it: `upr lock retire {key} --force`{renamed} (UPR001)"
    )
}

#[test]
fn what_vanished_is_missed() -> Outcome {
    // What a program embeds demands the keys too, and does not come first: the check says more.
    let main = MAIN.replace("fn main", "upr::lock!();\nfn main");
    let lock = LOCK.replace("CRATE", "scan_refused");
    let files = [MANIFEST, BUILD, &lock, &main, BILLS, HANDLERS].concat();
    let project = Project::new("scan-refused", &files)?;
    project.check()?.expect_code(0)?;

    // A key is renamed, and the module that it is in.
    project.write(&HANDLERS.replace("fn export", "fn exports"))?;
    project.write(&BILLS.replace("module(", "module(\"bill\", "))?;
    assert_eq!(
        project.refused()?,
        [
            gone("bills.view", " (renamed to `bill.view`?)"),
            gone("users.export", " (renamed to `users.exports`?)")
        ]
    );
    project.write(BILLS)?;

    // The file of an action is deleted, and then its `mod`.
    project.remove("src/handlers.rs")?;
    assert_eq!(
        project.refused()?,
        [
            "src/main.rs:2:5: mod `handlers` has no file; add `src/handlers.rs` or `src/handlers/mod.rs`, or take the mod out"
        ]
    );
    project.write(&main.replace("mod handlers;\n", ""))?;
    assert_eq!(project.refused()?, [gone("users.export", "")]);

    // A whole module is gone, which no macro expands for.
    project.write(HANDLERS)?;
    project.write(&main.replace("mod bills;\n", ""))?;
    assert_eq!(project.refused()?, [gone("bills.view", "")]);

    // And all of it.
    project.write("//- src/main.rs\nfn main() {}\n")?;
    let refused = project.refused()?;
    assert_eq!(
        refused,
        [
            gone("bills.view", ""),
            gone("users.export", ""),
            gone("users.view", "")
        ]
    );

    // Retired as it should be, it is no longer missed.
    project.write(&main)?;
    let tombstone = lock.replace(
        "\"key\":\"bills.view\",\"published\":\"0.1.0\"",
        "\"key\":\"bills.view\",\"published\":\"0.1.0\",\"retired\":\"1.0.0\"",
    );
    project.write(&tombstone.replace("NAME", "scan-refused"))?;
    project.write(&main.replace("mod bills;\n", ""))?;
    project.check()?.expect_code(0)?;
    project.write(&main)?;
    assert_eq!(
        project.refused()?,
        [
            "`bills.view` was retired in 1.0.0 and is declared again; give it another name: a retired key is never used again (UPR002)"
        ]
    );
    Ok(())
}

#[test]
fn new_keys_are_fine_unless_the_build_is_strict() -> Outcome {
    let lock = LOCK.replace("CRATE", "scan_strict");
    let project = Project::new(
        "scan-strict",
        &[MANIFEST, BUILD, &lock, MAIN, BILLS, HANDLERS].concat(),
    )?;
    project.write(&BILLS.replace("crud(view)", "crud(view, update)"))?;
    project.check()?.expect_code(0)?;
    project.write(STRICT)?;
    assert_eq!(
        project.refused()?,
        [
            "`bills.update` is declared and not recorded; run `upr lock` and commit `upr.lock` (UPR003)"
        ]
    );
    project.remove("upr.lock")?;
    assert_eq!(
        project.refused()?,
        [
            "there is no `upr.lock` in the package's directory or at its workspace root; create it with `upr init`, record keys with `upr lock`, and commit it"
        ]
    );
    Ok(())
}

#[test]
fn what_cannot_be_followed_is_shown_with_its_place() -> Outcome {
    let main = "//- src/main.rs
#[upr::module(crud(view))]
pub struct Users;
macro_rules! handler { ($name:ident) => { #[upr::action(Users)] fn $name() {} } }
handler!(export);
#[upr::action(Userz)]
fn import() {}
fn main() { export(upr::Granted::assume(\"x\")); }
";
    let project = Project::new("scan-followed", &[MANIFEST, BUILD, main].concat())?;
    assert_eq!(
        project.refused()?,
        [
            "src/main.rs:3:45: `#[upr::action]` stands inside a macro, and only the compiler knows what becomes of it; write the declaration out, outside of macros; or list the actions in `actions(…)` of the module",
            "src/main.rs:5:15: the scanner cannot follow `Userz`: it finds no `Userz`; write a path through `mod`s and `use`s that stand in the sources, such as `crate::users::Users`; names that a macro makes cannot be seen",
        ]
    );
    Ok(())
}
