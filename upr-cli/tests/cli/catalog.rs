//! `catalog`: printed, written and checked, in each form.

use upr_core::Catalog;

use crate::project::{CATALOG, Project};

#[test]
fn a_catalog_is_printed_written_and_checked() {
    let project = Project::helpdesk();
    let printed = project.upr("catalog").exits(0);
    let catalog = printed.json();
    assert_eq!(catalog["format"], "upr.catalog/1");
    assert_eq!(catalog["application"]["name"], "helpdesk");
    assert_eq!(
        catalog["modules"][0]["permissions"][0]["key"],
        "tickets.close"
    );

    project
        .upr("catalog --out web/catalog.json")
        .exits(3)
        .says("cannot write web/catalog.json");
    let dry = project
        .upr("catalog --out catalog.json --dry-run --json")
        .exits(0)
        .json();
    assert_eq!(
        (dry["applied"].as_bool(), dry["changes"].as_u64()),
        (Some(false), Some(1))
    );
    assert!(!project.path("catalog.json").exists());

    project
        .upr("catalog --out catalog.json")
        .exits(0)
        .says("Wrote 6 permissions");
    assert_eq!(project.read("catalog.json"), printed.stdout);
    project.upr("catalog --out catalog.json --check").exits(0);
    let again = project
        .upr("catalog --out catalog.json --json")
        .exits(0)
        .json();
    assert_eq!(again["changes"], 0);
    assert_eq!(again["fingerprint"], catalog["fingerprint"]);
}

#[test]
fn each_form_is_printed_and_written_alike() {
    let project = Project::helpdesk();
    for (format, start) in [
        ("json", "{\n  \"version\": \"1.0\","),
        ("json2", "{\n  \"version\": \"2.0\","),
        ("markdown", "# Permissions of helpdesk\n"),
        ("md", "# Permissions of helpdesk\n"),
        ("typescript", "/* eslint-disable */\n"),
        ("ts", "/* eslint-disable */\n"),
        ("openapi", "{\n  \"openapi\": \"3.1.0\","),
    ] {
        let command = format!("catalog --format {format}");
        let printed = project.upr(&command).exits(0);
        assert!(printed.stdout.starts_with(start), "{printed:?}");
        assert!(printed.stdout.ends_with('\n') && !printed.stdout.ends_with("\n\n"));
        project
            .upr(&format!("{command} --out out.{format}"))
            .exits(0);
        assert_eq!(project.read(&format!("out.{format}")), printed.stdout);
        // One JSON document, whatever the form.
        let json = project.upr(&format!("{command} --json")).exits(0).json();
        match json.get("text") {
            Some(text) => assert_eq!(*text, printed.stdout),
            None => assert_eq!(json, printed.json()),
        }
    }
    project
        .upr("catalog --format yaml")
        .exits(2)
        .says("json, json2, markdown, typescript, openapi");
}

#[test]
fn every_command_reads_v2_as_it_reads_v1() {
    let project = Project::helpdesk();
    let v1 = project.upr("catalog").exits(0).stdout;
    project.upr("catalog --format json2 --out v2.json").exits(0);
    let again = project.upr("catalog --catalog v2.json").exits(0);
    assert_eq!(again.stdout, v1);
    project.upr("lock --catalog v2.json").exits(0);
    assert!(project.read("upr.lock").contains("tickets.close"));
}

#[test]
fn a_check_says_where_a_file_differs_and_how_to_mend_it() {
    let project = Project::helpdesk();
    project
        .upr("catalog --format typescript --out permissions.ts")
        .exits(0);
    let written = project.read("permissions.ts");
    let stale = CATALOG.replace("tickets.close", "tickets.shut");
    project.write("stale.json", stale);
    insta::assert_snapshot!(project.transcript(&[
        "catalog --format typescript --out permissions.ts --check",
        "catalog --catalog stale.json --format typescript --out permissions.ts --check",
        "catalog --format markdown --out permissions.md --check",
    ]), @r#"
    $ upr catalog --format typescript --out permissions.ts --check
    permissions.ts is up to date.
    $ upr catalog --catalog stale.json --format typescript --out permissions.ts --check
    permissions.ts:10
      is:          | "tickets.close"
      should be:   | "tickets.create"
    permissions.ts differs from what would be written. Run 'upr catalog --format typescript --out permissions.ts' and commit it.
    [exit 1]
    $ upr catalog --format markdown --out permissions.md --check
    error: permissions.md does not exist
      Run 'upr catalog --format markdown --out permissions.md' and commit it.
    [exit 1]
    "#);
    assert_eq!(
        project.read("permissions.ts"),
        written,
        "a check writes nothing"
    );

    let command = "catalog --catalog stale.json --out v1.json --check --json";
    project.upr("catalog --out v1.json").exits(0);
    let report = project.upr(command).exits(1).json();
    assert_eq!(
        (&report["applied"], &report["changes"]),
        (&false.into(), &1.into())
    );
    let first = &report["first_difference"];
    assert!(
        first["line"].as_u64() > Some(8),
        "not the fingerprint: {first}"
    );
    assert_eq!(first["wanted"], "          \"key\": \"tickets.create\",");
    let missing = project
        .upr("catalog --out none.json --check --json")
        .exits(1);
    assert_eq!(missing.json()["error"]["code"], "catalog-missing");
    // A checkout on Windows ends lines in its own way.
    project.write("permissions.ts", written.replace('\n', "\r\n"));
    project
        .upr("catalog --format typescript --out permissions.ts --check")
        .exits(0);
    project.write("permissions.ts", b"\xff");
    project
        .upr("catalog --format typescript --out permissions.ts --check")
        .exits(3)
        .says("cannot read permissions.ts");
}

#[test]
fn a_schema_needs_no_registry() {
    let project = Project::empty();
    for name in ["catalog-v1", "catalog-v2", "lock", "access"] {
        let schema = project.upr(&format!("catalog --schema {name}")).exits(0);
        let id = schema.json()["$id"].clone();
        assert!(
            id.as_str()
                .unwrap()
                .ends_with(&format!("/{name}.schema.json"))
        );
        let out = format!("catalog --schema {name} --out {name}.json");
        project.upr(&out).exits(0).says("Wrote the schema");
        project.upr(&format!("{out} --check")).exits(0);
        assert_eq!(project.read(&format!("{name}.json")), schema.stdout);
    }
    project
        .upr("catalog --schema v1")
        .exits(2)
        .says("catalog-v1, catalog-v2, lock, access");
    project.upr("catalog --schema lock --format json").exits(2);
}

#[test]
fn a_number_of_a_type_names_its_permission() {
    let project = Project::helpdesk();
    let number = upr_core::Key::parse("users.edit").unwrap().id();
    for text in [
        format!("{number}"),
        format!("{number}_u64"),
        format!("{number:#x}"),
        format!("P<{number}>"),
    ] {
        let named = project.upr(&format!("catalog --id {text}")).exits(0);
        assert_eq!(named.stdout, "users.edit\n");
    }
    let named = project
        .upr(&format!("catalog --id {number} --json"))
        .exits(0)
        .json();
    assert_eq!(named["key"], "users.edit");
    project
        .upr("catalog --id 1")
        .exits(1)
        .says("no permission of helpdesk has the number 1");
    project
        .upr("catalog --id x")
        .exits(2)
        .says("no permission's number");
}

/// Types of code that was not compiled anew name keys that are gone.
#[test]
fn a_number_of_a_retired_key_names_it() {
    let project = Project::helpdesk();
    let retired = r#""retired": [{"key": "users.old", "retired": "1.2.0"}], "roles""#;
    project.write("upr-catalog.json", CATALOG.replace("\"roles\"", retired));
    let number = upr_core::Key::parse("users.old").unwrap().id();
    let named = project
        .upr(&format!("catalog --id {number}"))
        .exits(0)
        .says("retired in 1.2.0");
    assert_eq!(named.stdout, "users.old\n");
}

#[test]
fn what_is_printed_is_a_catalog_again() {
    let project = Project::helpdesk();
    let [v1, v2] = ["json", "json2"].map(|format| {
        let printed = project.upr(&format!("catalog --format {format}")).exits(0);
        Catalog::from_json(&printed.stdout).unwrap()
    });
    assert_eq!(v1, v2);
}

#[test]
fn an_application_may_be_given_another_name() {
    let project = Project::helpdesk();
    let own = project.upr("catalog").exits(0).json();
    let named = project
        .upr_with(&[("UPR_APPLICATION", "support")], "catalog")
        .exits(0)
        .json();
    assert_eq!(named["application"]["name"], "support");
    assert_ne!(named["fingerprint"], own["fingerprint"]);
}
