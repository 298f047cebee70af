//! A package with a program, or with several.

use super::host::{Host, keys, module, program};

/// A package with a library that declares `users`, and a program that uses it.
fn helpdesk(more: &str) -> Host {
    let host = Host::empty();
    host.package("", "help-desk", more);
    host.source(
        "src/lib.rs",
        &[module("help-desk", "users")],
        "pub fn users() {}",
    );
    let own = [program("help-desk", &["users.view"])];
    host.source("src/main.rs", &own, "fn main() { help_desk::users() }");
    host
}

#[test]
fn a_program_is_built_and_read_and_not_run() {
    let host = helpdesk("");
    host.source(
        "src/main.rs",
        &[program("help-desk", &["users.view"])],
        "fn main() { help_desk::users(); panic!(\"it was run\") }",
    );
    let ran = host
        .cargo_upr("", "catalog")
        .exits(0)
        .says("Compiling help-desk");
    let catalog = ran.json();
    assert_eq!(catalog["application"]["name"], "help-desk");
    assert_eq!(keys(&catalog), ["users.view"]);

    // Cargo knows that nothing changed, and says no more than that.
    let fresh = host.cargo_upr("", "catalog").exits(0);
    assert!(!fresh.stderr.contains("Compiling"), "{}", fresh.stderr);
    assert_eq!(fresh.json(), catalog);
    let quiet = host.cargo_upr("", "-q catalog --json").exits(0);
    assert_eq!((quiet.json(), &*quiet.stderr), (catalog, ""));
}

#[test]
fn a_lock_is_recorded_beside_the_manifest_from_wherever_one_stands() {
    let host = helpdesk("");
    let recorded = host.cargo_upr("src", "lock --json").exits(0).json();
    assert_eq!(recorded["recorded"][0], "users.view");
    assert_eq!(
        host.read("upr.lock"),
        "{\"format\":\"upr.lock/1\"}\n{\"key\":\"users.view\",\"published\":\"1.4.0\",\
         \"package\":\"help-desk\",\"crate\":\"help_desk\"}\n"
    );
    host.cargo_upr("", "lock --check").exits(0);
    host.source(
        "src/lib.rs",
        &[module("help-desk", "users"), module("help-desk", "tickets")],
        "pub fn users() {}",
    );
    let found = host.cargo_upr("", "lock --check --json").exits(1).json();
    assert_eq!(found["findings"][0]["id"], "UPR003");
    assert_eq!(found["findings"][0]["key"], "tickets.view");
}

#[test]
fn what_the_own_lock_demands_is_asked_of_a_program_and_listed_by_its_check() {
    let host = helpdesk("");
    host.cargo_upr("", "lock").exits(0);
    host.source(
        "src/lib.rs",
        &[module("help-desk", "tickets")],
        "pub fn users() {}",
    );
    let refused = host.cargo_upr("", "catalog --json").exits(1).json();
    assert_eq!(refused["error"]["code"], "registry");
    let found = host.cargo_upr("", "lock --check --json").exits(1).json();
    let findings = found["findings"].as_array().unwrap().iter();
    let found: Vec<&str> = findings.map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(found, ["tickets.view", "users.view"]);
}

#[test]
fn one_of_several_programs_is_named() {
    let host = helpdesk("");
    host.source(
        "src/bin/worker.rs",
        &[module("help-desk", "jobs")],
        "fn main() {}",
    );
    host.write("src/bin/tool.rs", "fn main() {}");
    host.cargo_upr("", "catalog")
        .exits(2)
        .says("several programs here declare permissions, and not the same ones")
        .says("-p help-desk --bin help-desk, or -p help-desk --bin worker");
    let worker = host.cargo_upr("", "--bin worker catalog").exits(0).json();
    assert_eq!(keys(&worker), ["jobs.view"]);
    let library = host.cargo_upr("", "catalog --lib").exits(0).json();
    assert_eq!(keys(&library), ["users.view"]);

    // A lock is for all of them.
    let recorded = host.cargo_upr("", "lock --json").exits(0).json();
    assert_eq!(recorded["keys"], 2);

    // What `cargo run` would run is meant.
    host.package("", "help-desk", "default-run = \"help-desk\"\n");
    assert_eq!(
        keys(&host.cargo_upr("", "catalog").exits(0).json()),
        ["users.view"]
    );
}

#[test]
fn programs_that_declare_the_same_are_one() {
    let host = helpdesk("");
    host.source(
        "src/bin/worker.rs",
        &[program("help-desk", &["users.view"])],
        "fn main() { help_desk::users() }",
    );
    assert_eq!(
        keys(&host.cargo_upr("", "catalog").exits(0).json()),
        ["users.view"]
    );
}

#[test]
fn options_of_the_build_are_cargos() {
    let host = helpdesk("[features]\nextra = []\n");
    host.source("src/extra.rs", &[module("help-desk", "reports")], "");
    let library = host.read("src/lib.rs");
    host.write(
        "src/lib.rs",
        format!("#[cfg(feature = \"extra\")]\nmod extra;\n{library}"),
    );
    for (line, expected) in [
        ("catalog", &["users.view"][..]),
        ("catalog --features extra", &["reports.view", "users.view"]),
        ("-F extra catalog", &["reports.view", "users.view"]),
        (
            "catalog --all-features --release",
            &["reports.view", "users.view"],
        ),
    ] {
        assert_eq!(
            keys(&host.cargo_upr("", line).exits(0).json()),
            expected,
            "{line}"
        );
    }
    assert!(host.path("target/release").is_dir());
    host.cargo_upr(
        "",
        "catalog --profile release --target-dir elsewhere --offline",
    )
    .exits(0);
    assert!(host.path("elsewhere/release").is_dir());
    // Cargo.lock is as it should be, so this has nothing to refuse.
    host.cargo_upr("", "catalog --locked").exits(0);
    host.cargo_upr("", "catalog --frozen").exits(0);
    host.package(
        "",
        "help-desk",
        "[features]\n[dependencies]\nnone = { path = \"none\" }\n",
    );
    host.package("none", "none", "");
    host.write("none/src/lib.rs", "");
    host.cargo_upr("", "catalog --locked")
        .exits(3)
        .says("--locked");
}

/// Its libraries are compiled when the program is linked, and not before.
#[test]
fn a_release_with_link_time_optimisation_is_read_by_its_program() {
    let host = helpdesk("[profile.release]\nlto = \"fat\"\n");
    host.cargo_upr("", "lock").exits(0);
    host.cargo_upr("", "lock --check --release")
        .exits(0)
        .says("Only programs were read");
    host.cargo_upr("", "catalog --release").exits(0);
    let library = host
        .cargo_upr("", "catalog --release --lib --json")
        .exits(3);
    assert_eq!(library.json()["error"]["code"], "binary-bitcode");
}

#[test]
fn a_store_follows_the_program() {
    let host = helpdesk("");
    for line in ["migrate", "sync --no-input", "validate", "sync --check"] {
        host.cargo_upr("", line).exits(0);
    }
    assert!(host.path("upr.db").is_file());
}

#[test]
fn what_needs_no_registry_builds_nothing() {
    let host = helpdesk("");
    host.cargo_upr("", "migrate").exits(0);
    host.cargo_upr("", "completions bash")
        .exits(0)
        .prints("cargo-upr");
    assert!(!host.path("target").exists());
}

#[test]
fn code_that_does_not_compile_is_a_no() {
    let host = helpdesk("");
    host.write(
        "src/lib.rs",
        "compile_error!(\"`users.view` was published\");",
    );
    let ran = host
        .cargo_upr("", "lock --check --json")
        .exits(1)
        .says("`users.view` was published");
    assert_eq!(ran.json()["error"]["code"], "build-failed");
}

#[test]
fn what_cargo_cannot_begin_could_not_be_found_out() {
    let host = helpdesk("");
    host.cargo_upr("", "catalog --bin nothing")
        .exits(3)
        .says("no bin target");
    host.cargo_upr("", "catalog -p help-dsk")
        .exits(2)
        .says("the workspace has no package `help-dsk`")
        .says("Did you mean `help-desk`?");
    host.write("Cargo.toml", "[package]\nname = 3\n");
    let error = host.cargo_upr("", "catalog --json").exits(3).json();
    assert_eq!(error["error"]["code"], "cargo");
    std::fs::remove_file(host.path("Cargo.toml")).unwrap();
    host.cargo_upr("", "catalog")
        .exits(3)
        .says("could not find `Cargo.toml`");
}

#[test]
fn what_is_built_is_what_is_read() {
    let host = helpdesk("");
    for option in ["--catalog", "--binary"] {
        host.cargo_upr("", &format!("catalog {option} file"))
            .exits(2)
            .says(&format!("`upr {option} FILE`"));
    }
    let help = host
        .cargo_upr("", "lock --help")
        .exits(0)
        .prints("What to build");
    let help = help
        .prints("Usage: cargo upr lock")
        .prints("--no-default-features");
    assert!(!help.stdout.contains("--catalog"), "{}", help.stdout);
}
