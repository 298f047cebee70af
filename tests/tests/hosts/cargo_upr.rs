//! `cargo upr` over packages that use the macros: what the compiler, the linker and the lock have to say.

use std::error::Error;
use std::fs;
use std::path::Path;

use upr_tests::command::Ran;
use upr_tests::host::{Host, write_if_changed};

use super::Outcome;

const PEOPLE: &str = "\
/// Who works here.
#[upr::module(crud(view))]
pub struct People;
";

const DESK: &str = "\
use people as _;

/// Where they work.
#[upr::module]
pub struct Desks;

#[upr::action(Desks)]
pub fn book() {}

#[cfg(unix)]
#[upr::action(Desks)]
pub fn print() {}

upr::lock!();

fn main() {}
";

/// A workspace of a program and a library that it uses.
fn office() -> Result<Host, Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("an office");
    for gone in ["desk/upr.lock", "desk/upr.toml", "desk/.gitattributes"] {
        let _ = fs::remove_file(directory.join(gone));
    }
    let upr = upr_tests::host::workspace().join("upr");
    let manifest = |name: &str, version: &str, more: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n\
             [dependencies]\nupr.workspace = true\n{more}"
        )
    };
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"desk\", \"people\"]\n\
         [workspace.dependencies]\nupr = {{ path = {upr:?} }}\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n[profile.dev.package.\"*\"]\ndebug = false\n"
    );
    let files = [
        ("Cargo.toml", workspace),
        ("people/Cargo.toml", manifest("people", "0.3.0", "")),
        ("people/src/lib.rs", PEOPLE.to_owned()),
        (
            "desk/Cargo.toml",
            manifest("desk", "1.4.0", "people = { path = \"../people\" }\n"),
        ),
        ("desk/src/main.rs", DESK.to_owned()),
    ];
    for (path, text) in files {
        write_if_changed(&directory.join(path), &text)?;
    }
    Ok(Host::new(
        directory,
        Path::new(env!("CARGO_TARGET_TMPDIR")),
    )?)
}

fn cargo_upr(host: &Host, arguments: &[&str]) -> Result<Ran, Box<dyn Error>> {
    let mut command = host.command(Path::new(env!("CARGO_BIN_EXE_cargo-upr-under-test")));
    command
        .arg("upr")
        .args(arguments)
        .current_dir(host.directory().join("desk"));
    Ok(Ran::of(command)?)
}

fn rewrite(host: &Host, from: &str, to: &str) -> std::io::Result<()> {
    let main = host.directory().join("desk/src/main.rs");
    fs::write(main, DESK.replace(from, to))
}

#[test]
fn a_program_from_its_first_lock_to_a_key_that_goes() -> Outcome {
    let host = office()?;
    // Without a lock `upr::lock!()` does not compile, and `init` needs no build.
    let refused = cargo_upr(&host, &["lock", "--json"])?.expect_code(1)?;
    assert_eq!(refused.json()?["error"]["code"], "build-failed");
    assert!(
        refused.stderr.contains("there is no `upr.lock`"),
        "{}",
        refused.stderr
    );
    cargo_upr(&host, &["init"])?.expect_code(0)?;

    cargo_upr(&host, &["lock"])?.expect_code(0)?;
    let lock = fs::read_to_string(host.directory().join("desk/upr.lock"))?;
    assert_eq!(
        lock,
        "{\"format\":\"upr.lock/1\"}\n\
         {\"key\":\"desks.book\",\"published\":\"1.4.0\",\"package\":\"desk\",\"crate\":\"desk\"}\n\
         {\"key\":\"desks.print\",\"published\":\"1.4.0\",\"cfg\":\"unix\",\"package\":\"desk\",\"crate\":\"desk\"}\n\
         {\"key\":\"people.view\",\"published\":\"0.3.0\",\"package\":\"people\",\"crate\":\"people\"}\n"
    );
    cargo_upr(&host, &["lock", "--check"])?.expect_code(0)?;
    let catalog = cargo_upr(&host, &["catalog"])?.expect_code(0)?.json()?;
    assert_eq!(catalog["application"]["name"], "desk");

    // A crate that nobody refers to is not linked: what is published of it would be lost.
    rewrite(&host, "use people as _;", "")?;
    let lost = cargo_upr(&host, &["catalog"])?.expect_code(1)?;
    assert!(lost.stderr.contains("use people as _;"), "{}", lost.stderr);
    let found = cargo_upr(&host, &["lock", "--check", "--json"])?
        .expect_code(1)?
        .json()?;
    assert_eq!(found["findings"][0]["id"], "UPR008", "{found}");
    assert_eq!(found["findings"][0]["key"], "people.view", "{found}");

    // A rename: the compiler says no, and so does `cargo upr`.
    rewrite(&host, "pub fn book", "pub fn reserve")?;
    let renamed = cargo_upr(&host, &["lock", "--check", "--json"])?.expect_code(1)?;
    assert_eq!(renamed.json()?["error"]["code"], "build-failed");
    assert!(renamed.stderr.contains("desks.book"), "{}", renamed.stderr);
    // The way on needs no code that compiles.
    cargo_upr(&host, &["lock", "retire", "desks.book", "--force"])?.expect_code(0)?;
    cargo_upr(&host, &["lock"])?.expect_code(0)?;
    cargo_upr(&host, &["lock", "--check"])?.expect_code(0)?;
    Ok(())
}
