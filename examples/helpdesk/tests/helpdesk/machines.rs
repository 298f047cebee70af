//! What machines ask for: health, the catalog, and the embedded command line.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::Desk;

#[test]
fn health_has_the_contracts_fields() {
    let desk = Desk::running();
    let answer = desk.get("", "/health");
    assert_eq!(answer.status, 200);
    // Monitors look for this text.
    assert!(
        answer.body.contains("\"status\": \"healthy\""),
        "{}",
        answer.body
    );
    let health = answer.json();
    let fields = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let set = |names: &[&str]| {
        names
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        fields(&health),
        set(&[
            "status",
            "error",
            "timestamp",
            "database",
            "permissions",
            "user_sync",
            "services",
            "revision",
            "staleness_ms",
        ])
    );
    assert_eq!(
        fields(&health["permissions"]),
        set(&["total", "missing", "orphaned_count", "deprecated_in_use"])
    );
    assert_eq!(
        health["services"],
        json!({ "database": "connected", "auth": "operational", "triggers": "off" })
    );
    desk.upr(&["grant", "4", "--permission", "tickets.edit"]);
    assert_eq!(
        desk.get("", "/health").json()["permissions"]["deprecated_in_use"],
        1
    );
}

#[test]
fn the_catalog_is_the_one_that_upr_prints() {
    let desk = Desk::running();
    let path = "/api/v1/permissions/catalog/";
    let answer = desk.get("", path);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, desk.upr(&["catalog"]));
    let tag = answer.header("etag").unwrap().to_owned();
    let again = desk.send("GET", path, &[("If-None-Match", tag.clone())], None);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(again.header("etag"), Some(tag.as_str()));

    let catalog = answer.json();
    let modules = catalog["modules"].as_array().unwrap();
    let permissions: Vec<&Value> = modules
        .iter()
        .flat_map(|module| module["permissions"].as_array().unwrap())
        .collect();
    assert!(modules.len() >= 5 && permissions.len() >= 30);
    let deprecated: Vec<_> = permissions
        .iter()
        .filter(|p| p["is_deprecated"] == true)
        .map(|p| &p["replaced_by"])
        .collect();
    assert_eq!(
        deprecated,
        [&json!("articles.unpublish"), &json!("tickets.update")]
    );
    assert_eq!(catalog["retired"][0]["key"], "tickets.archive");
    assert_eq!(catalog["roles"].as_array().unwrap().len(), 6);
}

#[test]
fn sources_artifact_and_program_give_one_catalog() {
    let from_sources = include_str!(concat!(env!("OUT_DIR"), "/upr-catalog.json"));
    let desk = Desk::new();
    assert_eq!(desk.upr(&["catalog"]), from_sources);
    let binary = env!("CARGO_BIN_EXE_helpdesk");
    assert_eq!(desk.upr(&["--binary", binary, "catalog"]), from_sources);
    let has_purge = from_sources.contains("tickets.purge");
    assert_eq!(has_purge, cfg!(feature = "purge"));
}

#[test]
fn the_command_line_is_built_in() {
    let desk = Desk::running();
    let status: Value = serde_json::from_str(&desk.upr(&["status", "--json"])).unwrap();
    assert_eq!(
        (&status["total_permissions"], &status["subjects"]),
        (&json!(35 + i32::from(cfg!(feature = "purge"))), &json!(5))
    );
    let validation: Value = serde_json::from_str(&desk.upr(&["validate", "--json"])).unwrap();
    assert_eq!(validation["valid"], true);
    let check = |subject: &str| {
        desk.run(&["upr", "check", subject, "users.view"])
            .status
            .code()
    };
    assert_eq!((check("1"), check("2")), (Some(0), Some(1)));
    let at_desk = ["upr", "check", "3", "tickets.view", "--scope", "berlin"];
    assert_eq!(desk.run(&at_desk).status.code(), Some(0));
}

#[test]
fn the_lock_agrees_with_the_code() {
    let desk = Desk::new();
    // The lock stands beside the manifest, and the command looks where it runs.
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/upr.lock");
    std::fs::copy(here, desk.path("upr.lock")).unwrap();
    let output = desk.run(&["upr", "lock", "--check"]);
    assert!(output.status.success(), "{output:?}");
}
