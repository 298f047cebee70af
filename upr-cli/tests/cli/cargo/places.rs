//! Where the files of a workspace are found: `upr.lock`, `upr.toml`, and what `init` writes.

use upr_core::fragment::Fragment;

use super::host::{Host, module};

/// Two members with programs, `sales` and `stock`.
fn shop() -> Host {
    let host = Host::workspace();
    for name in ["sales", "stock"] {
        host.package(name, name, "");
        host.source(
            &format!("{name}/src/main.rs"),
            &[module(name, name)],
            "fn main() {}",
        );
    }
    host
}

fn keys(lock: &str) -> Vec<&str> {
    let lines = lock.lines().skip(1);
    lines.map(|line| line.split('"').nth(3).unwrap()).collect()
}

#[test]
fn the_lock_at_the_root_is_for_all_members() {
    let host = shop();
    host.cargo_upr("", "lock").exits(0);
    assert_eq!(keys(&host.read("upr.lock")), ["sales.view", "stock.view"]);
    host.cargo_upr("", "lock --check").exits(0);
    host.cargo_upr("stock", "lock --check --workspace").exits(0);
    assert!(!host.path("sales/upr.lock").exists());
}

#[test]
fn one_member_is_recorded_in_the_shared_lock_or_in_its_own() {
    let host = shop();
    host.write("upr.lock", "{\"format\":\"upr.lock/1\"}\n");
    host.cargo_upr("sales/src", "lock").exits(0);
    assert_eq!(keys(&host.read("upr.lock")), ["sales.view"]);
    host.cargo_upr("", "lock -p stock").exits(0);
    assert_eq!(keys(&host.read("upr.lock")), ["sales.view", "stock.view"]);

    host.write("stock/upr.lock", "{\"format\":\"upr.lock/1\"}\n");
    host.cargo_upr("", "lock -p stock").exits(0);
    assert_eq!(keys(&host.read("stock/upr.lock")), ["stock.view"]);
    host.cargo_upr("", "lock")
        .exits(2)
        .says("several packages here have a upr.lock of their own")
        .says("-p stock");
    host.cargo_upr("", "lock --workspace --exclude stock")
        .exits(0);
}

#[test]
fn two_members_that_share_a_lock_declare_a_key_once() {
    let host = shop();
    host.source(
        "stock/src/main.rs",
        &[module("stock", "sales")],
        "fn main() {}",
    );
    host.cargo_upr("", "lock")
        .exits(1)
        .says("`sales.view` is declared by package `sales` and by package `stock`");
    host.cargo_upr("", "catalog")
        .exits(2)
        .says("-p sales --bin sales, or -p stock --bin stock");
}

/// A file that two programs of a package have as a `mod` is two declarations.
#[test]
fn two_crates_of_a_package_declare_a_key_once() {
    let host = shop();
    let Fragment::Module(mut twice) = module("sales", "sales") else {
        panic!("a module");
    };
    twice.origin.krate = "till".to_owned();
    let twice = [Fragment::Module(twice)];
    host.source("sales/src/bin/till.rs", &twice, "fn main() {}");
    host.cargo_upr("", "lock -p sales")
        .exits(1)
        .says("`sales.view` is declared by the crates `sales` and `till` of package `sales`")
        .says("in the package's library, which both use");
}

#[test]
fn settings_are_the_members_own_else_the_workspaces() {
    let host = shop();
    host.write(
        "upr.toml",
        "[default]\ndatabase = \"sqlite:shop.db\"\napplication = \"shop\"\n",
    );
    host.cargo_upr("sales/src", "catalog")
        .exits(0)
        .prints("\"name\": \"shop\"");
    host.cargo_upr("", "-p sales migrate").exits(0);
    assert!(host.path("shop.db").is_file());
    host.write("sales/upr.toml", "[default]\napplication = \"counter\"\n");
    host.cargo_upr("", "catalog -p sales")
        .exits(0)
        .prints("\"name\": \"counter\"");
    host.cargo_upr("", "catalog -p stock")
        .exits(0)
        .prints("\"name\": \"shop\"");
    host.cargo_upr("", "catalog -p sales --config upr.toml")
        .exits(0)
        .prints("\"name\": \"shop\"");
}

#[test]
fn a_manifest_and_a_target_directory_may_be_anywhere() {
    let host = shop();
    host.write(
        ".cargo/config.toml",
        "[build]\ntarget-dir = \"built here\"\n",
    );
    std::fs::create_dir(host.path("away")).unwrap();
    host.write("upr.toml", "[default]\ndatabase = \"sqlite:upr.db\"\n");
    let config = host.path("sales/Cargo.toml");
    let manifest = format!(
        "../{}",
        config.strip_prefix(host.path("")).unwrap().display()
    );
    host.cargo_upr("away", &format!("catalog --manifest-path {manifest}"))
        .exits(0)
        .prints("sales.view");
    host.cargo_upr("", "catalog -p sales")
        .exits(0)
        .prints("sales.view");
    assert!(host.path("built here/debug").is_dir());
}

#[test]
fn init_writes_where_the_macros_and_the_commands_look() {
    let host = shop();
    host.cargo_upr("sales/src", "init").exits(0);
    for name in ["upr.toml", "upr.lock", ".gitattributes"] {
        assert!(host.path(&format!("sales/{name}")).is_file(), "{name}");
    }
    assert!(
        host.read("sales/upr.toml")
            .contains("application = \"sales\"")
    );
    host.cargo_upr("", "init").exits(0);
    assert!(host.path("upr.toml").is_file() && host.path("upr.lock").is_file());
    // What is there is touched by nobody.
    let again = host.cargo_upr("stock", "init --json").exits(0).json();
    assert_eq!(again["changes"], 0);
    assert!(!host.path("stock/upr.toml").exists());
    assert!(!host.path("target").exists(), "nothing is built for it");
}
