//! A package without a program: its library, and those below it.

use super::host::{Host, keys, module};

fn declared(host: &Host, at: &str, line: &str) -> Vec<String> {
    let catalog = host.cargo_upr(at, line).exits(0).json();
    keys(&catalog).into_iter().map(str::to_owned).collect()
}

/// `tickets`, which is linked with `people` and built by a script that uses `scaffold`; all of them declare.
fn tickets() -> Host {
    let host = Host::workspace();
    for name in ["people", "scaffold"] {
        host.package(name, name, "");
        host.source(&format!("{name}/src/lib.rs"), &[module(name, name)], "");
    }
    host.package(
        "tickets",
        "tickets",
        "[dependencies]\npeople = { path = \"../people\" }\n\
         [build-dependencies]\nscaffold = { path = \"../scaffold\" }\n",
    );
    host.source("tickets/src/lib.rs", &[module("tickets", "tickets")], "");
    host.write("tickets/build.rs", "fn main() {}");
    host
}

#[test]
fn a_library_is_read_with_those_that_it_is_linked_with() {
    let host = tickets();
    let catalog = host.cargo_upr("tickets", "catalog").exits(0).json();
    assert_eq!(catalog["application"]["name"], "tickets");
    assert_eq!(catalog["application"]["version"], "1.4.0");
    assert_eq!(
        declared(&host, "tickets", "catalog"),
        ["people.view", "tickets.view"]
    );
    assert_eq!(declared(&host, "", "catalog -p people"), ["people.view"]);
    host.cargo_upr("", "catalog")
        .exits(2)
        .says("-p people --lib, or -p scaffold --lib, or -p tickets --lib");
}

/// What a build script uses may be the same crate with other features.
#[test]
fn a_crate_that_was_built_twice_is_read_as_it_is_linked() {
    let host = tickets();
    host.package("people", "people", "[features]\nmore = []\n");
    host.source("people/src/more.rs", &[module("people", "more")], "");
    let library = host.read("people/src/lib.rs");
    host.write(
        "people/src/lib.rs",
        format!("#[cfg(feature = \"more\")]\nmod more;\n{library}"),
    );
    let manifest = host.read("tickets/Cargo.toml").replace(
        "[build-dependencies]\n",
        "[build-dependencies]\npeople = { path = \"../people\", features = [\"more\"] }\n",
    );
    host.write("tickets/Cargo.toml", manifest);
    assert_eq!(
        declared(&host, "tickets", "catalog"),
        ["people.view", "tickets.view"]
    );
}

/// Built together, `one` and `two` share a `kit` with the features of both, which neither has alone.
#[test]
fn a_crate_that_packages_share_has_the_features_of_all() {
    let host = Host::workspace();
    host.package("away/kit", "kit", "[features]\none = []\ntwo = []\n");
    host.source("away/kit/src/lib.rs", &[module("kit", "kit")], "");
    for name in ["one", "two"] {
        let kit = format!(
            "[dependencies]\nkit = {{ path = \"../away/kit\", features = [\"{name}\"] }}\n"
        );
        host.package(name, name, &kit);
        host.source(&format!("{name}/src/lib.rs"), &[module(name, name)], "");
    }
    for (line, keys) in [
        (
            "lock --dry-run --json",
            &["kit.view", "one.view", "two.view"][..],
        ),
        (
            "lock --dry-run --json -p one -p two",
            &["kit.view", "one.view", "two.view"],
        ),
        (
            "lock --dry-run --json --workspace --exclude one",
            &["kit.view", "two.view"],
        ),
    ] {
        let recorded = host.cargo_upr("", line).exits(0).json();
        assert_eq!(recorded["recorded"], serde_json::json!(keys), "{line}");
    }
}

#[test]
fn a_library_that_others_load_or_link_is_read_itself() {
    let host = tickets();
    for kind in ["cdylib", "staticlib", "dylib"] {
        let manifest = host.read("tickets/Cargo.toml");
        host.write(
            "tickets/Cargo.toml",
            format!("{manifest}[lib]\ncrate-type = [\"{kind}\"]\n"),
        );
        let found = declared(&host, "tickets", "catalog");
        assert!(
            found.contains(&"tickets.view".to_owned()),
            "{kind}: {found:?}"
        );
        assert!(
            !found.contains(&"scaffold.view".to_owned()),
            "{kind}: {found:?}"
        );
        host.write("tickets/Cargo.toml", manifest);
    }
}

#[test]
fn a_lock_has_what_programs_link_and_what_the_packages_themselves_declare() {
    let host = tickets();
    host.source(
        "tickets/src/main.rs",
        &[module("tickets", "desk")],
        "fn main() {}",
    );
    host.cargo_upr("tickets", "lock").exits(0);
    let lock = host.read("tickets/upr.lock");
    assert!(
        lock.contains("\"desk.view\"") && lock.contains("\"tickets.view\""),
        "{lock}"
    );
    // The program is not linked with it, and would not start if its lock demanded it.
    assert!(!lock.contains("people.view"), "{lock}");
}

#[test]
fn a_package_that_declares_nothing_says_so() {
    let host = Host::workspace();
    host.package("empty", "empty", "");
    host.write("empty/src/lib.rs", "");
    host.write("empty/src/main.rs", "fn main() {}");
    let error = host.cargo_upr("", "catalog --json").exits(3).json();
    assert_eq!(error["error"]["code"], "no-permissions");
    host.cargo_upr("", "lock")
        .exits(3)
        .says("package `empty` declares no permissions");
}
