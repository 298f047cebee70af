//! OpenAPI, as a validator of the specification takes it.

use std::error::Error;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;
use upr::ProblemDetails;
use upr_core::{Catalog, render};
use upr_tests::node::Node;

use crate::{Outcome, catalog};

#[test]
fn it_is_a_document_of_openapi_3_1() -> Outcome {
    let Some(node) = Node::prepare(Path::new(env!("CARGO_TARGET_TMPDIR")))? else {
        return Ok(());
    };
    let folder = node.folder("openapi", &[])?;
    let empty = r#"{"format":"upr.catalog/1","application":{"name":"a"}}"#;
    let mut arguments = vec![Path::new("openapi.mjs").to_owned()];
    for (file, catalog) in [
        ("full.json", catalog()?),
        ("empty.json", Catalog::from_json(empty)?),
    ] {
        let path = folder.join(file);
        std::fs::write(&path, render::openapi(&catalog))?;
        arguments.push(path);
    }
    node.run(arguments)?.expect_code(0)?;
    Ok(())
}

/// One schema of the document.
fn component(document: &Value, name: &str) -> Result<Validator, Box<dyn Error>> {
    let mut schema = document.clone();
    schema["$ref"] = format!("#/components/schemas/{name}").into();
    Ok(jsonschema::draft202012::new(&schema)?)
}

/// What the handlers answer is what the document says they do.
#[test]
fn the_responses_are_those_that_it_describes() -> Outcome {
    let catalog = catalog()?;
    let document: Value = serde_json::from_str(&render::openapi(&catalog))?;
    let part = catalog.clone().with_partial(true);
    for (name, text, spoilt) in [
        ("PermissionCatalogV1", catalog.to_json(), "/roles/0/mode"),
        (
            "PermissionCatalogV1",
            part.to_json(),
            "/modules/1/permissions",
        ),
        (
            "PermissionCatalogV2",
            catalog.to_json_v2(),
            "/permissions/0/lifecycle/state",
        ),
        ("PermissionCatalogV2", part.to_json_v2(), "/partial"),
        (
            "PermissionProblem",
            ProblemDetails::anonymous().to_json(),
            "/status",
        ),
        ("PermissionHealth", HEALTH.to_owned(), "/services/triggers"),
    ] {
        let validator = component(&document, name)?;
        let mut answer: Value = serde_json::from_str(&text)?;
        if let Err(error) = validator.validate(&answer) {
            return Err(format!("{name}: {}: {error}", error.instance_path()).into());
        }
        *answer.pointer_mut(spoilt).ok_or(spoilt)? = "spoilt".into();
        assert!(!validator.is_valid(&answer), "{name}: {spoilt}");
    }
    Ok(())
}

/// As `upr_sync::Health` writes it, whose own test has the same text.
const HEALTH: &str = r#"{
  "status": "healthy",
  "error": null,
  "timestamp": "2026-11-20T10:00:00Z",
  "database": "connected",
  "permissions": {"total": 3, "missing": 0, "orphaned_count": 0, "deprecated_in_use": 0},
  "user_sync": null,
  "services": {"database": "connected", "auth": "operational", "triggers": "off"},
  "revision": 7,
  "staleness_ms": 1500
}"#;

#[test]
fn the_enumeration_is_every_key_with_a_name_of_its_own() -> Outcome {
    let catalog = catalog()?;
    let document: Value = serde_json::from_str(&render::openapi(&catalog))?;
    let schema = &document["components"]["schemas"]["Permission"];
    let list = |name: &str| schema[name].as_array().cloned().unwrap_or_default();
    let keys: Vec<Value> = catalog
        .permissions()
        .map(|p| p.key.as_str().into())
        .collect();
    assert_eq!(list("enum"), keys);
    assert_eq!(list("x-enum-descriptions").len(), keys.len());
    let mut names: Vec<String> = list("x-enum-varnames")
        .iter()
        .map(ToString::to_string)
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), keys.len(), "{names:?}");
    Ok(())
}

/// An enumeration of nothing is refused by some tools, and taken for "anything" by others.
#[test]
fn of_nothing_there_is_no_value() -> Outcome {
    let empty = r#"{"format":"upr.catalog/1","application":{"name":"a"}}"#;
    let document = render::openapi(&Catalog::from_json(empty)?);
    let document: Value = serde_json::from_str(&document)?;
    for name in ["Permission", "PermissionModule", "PermissionRole"] {
        assert!(!component(&document, name)?.is_valid(&"users.view".into()));
        let schema = &document["components"]["schemas"][name];
        assert!(schema.get("enum").is_none(), "{schema}");
    }
    Ok(())
}
