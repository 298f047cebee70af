//! OpenAPI, as a validator of the specification takes it.

use std::path::Path;

use serde_json::Value;
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

/// What the handlers answer is what the document says they do.
#[test]
fn catalogs_are_the_responses_that_it_describes() -> Outcome {
    let catalog = catalog()?;
    let document: Value = serde_json::from_str(&render::openapi(&catalog))?;
    for (component, text) in [
        ("PermissionCatalogV1", catalog.to_json()),
        ("PermissionCatalogV2", catalog.to_json_v2()),
    ] {
        let mut schema = document.clone();
        schema["$ref"] = format!("#/components/schemas/{component}").into();
        let validator = jsonschema::draft202012::new(&schema)?;
        let mut answer: Value = serde_json::from_str(&text)?;
        if let Err(error) = validator.validate(&answer) {
            return Err(format!("{component}: {}: {error}", error.instance_path()).into());
        }
        answer["roles"][0]["mode"] = "fixed".into();
        assert!(!validator.is_valid(&answer), "{component}");
    }
    Ok(())
}

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
