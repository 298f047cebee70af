//! A catalog that lost 1,652 of its 13,652 keys: a crate that was not linked is no decision
//! (rules 11 and 21).

use std::error::Error;
use std::fs;

use serde_json::{Value, json};
use upr_core::Catalog;
use upr_core::catalog::Application;
use upr_tests::command::Upr;
use upr_tests::gcp::{self, Roles};

type Outcome = Result<(), Box<dyn Error>>;

const LOST: usize = 1_652;

/// The next version, without the last keys of the first.
fn cut(catalog: &Catalog) -> Result<Catalog, Box<dyn Error>> {
    let mut left = catalog.len() - LOST;
    let mut modules = Vec::new();
    for module in catalog.modules() {
        let mut module = module.clone();
        module.permissions.truncate(left);
        left -= module.permissions.len();
        if !module.permissions.is_empty() {
            modules.push(module);
        }
    }
    let application = Application {
        name: catalog.application().name.clone(),
        version: "2.0.0".parse()?,
    };
    Ok(Catalog::new(application, modules, Vec::new(), Vec::new())?)
}

#[test]
fn rule_21_a_catalog_that_lost_1652_keys_is_believed_only_with_the_exact_number() -> Outcome {
    let directory = tempfile::tempdir()?;
    let catalog = gcp::catalog(Roles::Left)?;
    let file = directory.path().join("gcp.json");
    fs::write(&file, catalog.to_json())?;
    let options = [
        "--catalog",
        "gcp.json",
        "--database",
        "sqlite:upr.db",
        "--no-input",
    ];
    let upr = Upr::new(env!("CARGO_BIN_EXE_upr-under-test"), directory.path()).with(&options);
    upr.run(&["migrate"])?.expect_code(0)?;
    upr.run(&["sync"])?.expect_code(0)?;
    upr.run(&["user", "create", "ada"])?.expect_code(0)?;
    let last = catalog.permissions().last().ok_or("none")?.key.to_string();
    upr.run(&["grant", "ada", "--permission", &last])?
        .expect_code(0)?;
    fs::write(&file, cut(&catalog)?.to_json())?;
    let status = || -> Result<Value, Box<dyn Error>> {
        upr.run(&["status", "--json"])?.expect_code(0)?.json()
    };
    let before = status()?;

    for (line, rules) in [
        // The loss is a mass loss too, and breaking is enough to refuse it.
        (vec!["sync"], vec!["breaking", "mass-loss"]),
        (vec!["sync", "--expect-loss", "1652"], vec!["breaking"]),
        (vec!["sync", "--allow-breaking"], vec!["mass-loss"]),
        (
            vec!["sync", "--allow-breaking", "--expect-loss", "1651"],
            vec!["mass-loss"],
        ),
        (
            vec!["sync", "--allow-breaking", "--expect-loss", "1653"],
            vec!["mass-loss"],
        ),
    ] {
        let plan = upr
            .run(&[line.as_slice(), &["--json"]].concat())?
            .expect_code(1)?
            .json()?;
        let found: Vec<&str> = plan["refused"]
            .as_array()
            .ok_or("no list")?
            .iter()
            .filter_map(|refused| refused["rule"].as_str())
            .collect();
        assert_eq!(found, rules, "{line:?}");
        assert_eq!(plan["applied"], false);
    }
    assert_eq!(status()?, before, "nothing was changed");

    let said = upr.run(&["sync", "--allow-breaking"])?.expect_code(1)?;
    assert!(
        said.stdout.contains("--expect-loss 1652") && said.stdout.contains("1652 of 13652"),
        "the exact number is named: {}",
        said.text()
    );
    assert!(
        said.stdout.lines().count() < 60,
        "a person reads it: {}",
        said.stdout
    );

    let line = [
        "sync",
        "--allow-breaking",
        "--expect-loss",
        "1652",
        "--json",
    ];
    let plan = upr.run(&line)?.expect_code(0)?.json()?;
    assert_eq!(plan["orphan"].as_array().map(Vec::len), Some(LOST));
    assert_eq!(plan["applied"], true);
    let after = status()?;
    assert_eq!(after["active_permissions"], json!(gcp::PERMISSIONS - LOST));
    assert_eq!(after["orphaned_permissions"], json!(LOST));
    // An orphan is denied nothing until it is cleaned.
    upr.run(&["check", "ada", &last])?.expect_code(0)?;
    Ok(())
}
