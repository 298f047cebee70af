//! JSON Schemas beside the readers that they describe.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};
use upr_core::render::schema::Schema;
use upr_core::{Catalog, Lock};
use upr_tests::gcp::{self, Roles};

use crate::{Outcome, catalog};

fn validator(schema: Schema) -> Result<Validator, Box<dyn std::error::Error>> {
    let text: Value = serde_json::from_str(schema.text())?;
    jsonschema::meta::validate(&text).map_err(|error| format!("{}: {error}", schema.name()))?;
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    Ok(options.build(&text)?)
}

fn accepts(validator: &Validator, text: &str) -> Outcome {
    let document: Value = serde_json::from_str(text)?;
    match validator.validate(&document) {
        Ok(()) => Ok(()),
        Err(error) => Err(format!("{}: {error}", error.instance_path()).into()),
    }
}

#[test]
fn what_is_published_is_what_is_embedded() -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let mut published: Vec<String> = std::fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()?;
    published.sort();
    let mut embedded: Vec<String> = Schema::ALL
        .map(|schema| format!("{}.schema.json", schema.name()))
        .to_vec();
    embedded.sort();
    assert_eq!(published, embedded);
    for schema in Schema::ALL {
        let file = format!("{}.schema.json", schema.name());
        let text = std::fs::read_to_string(folder.join(&file))?;
        assert_eq!(
            text,
            schema.text(),
            "copy upr-core/src/render/schema/{file} to docs/schemas"
        );
    }
    Ok(())
}

#[test]
fn everything_that_is_written_is_accepted() -> Outcome {
    let [v1, v2, line, _] = Schema::ALL.map(validator);
    let (v1, v2, line) = (v1?, v2?, line?);
    let by_hand = std::fs::read_to_string(crate::data("catalog.json"))?;
    accepts(&v1, &by_hand)?;
    for catalog in [catalog()?, gcp::catalog(Roles::Managed)?] {
        accepts(&v1, &catalog.to_json())?;
        accepts(&v2, &catalog.to_json_v2())?;
        assert!(
            accepts(&v2, &catalog.to_json()).is_err()
                && accepts(&v1, &catalog.to_json_v2()).is_err()
        );
    }
    let lock = gcp::lock(&gcp::permissions()?, gcp::APPLICATION)?.to_text();
    let helpdesk = include_str!("../../../examples/helpdesk/upr.lock");
    for text in lock.lines().take(500).chain(helpdesk.lines()) {
        accepts(&line, text)?;
    }
    Ok(())
}

/// What a schema accepts of these, its reader accepts; what its reader refuses of these, it refuses.
#[test]
fn schema_and_reader_agree_on_catalogs() -> Outcome {
    let [v1, v2, _, _] = Schema::ALL.map(validator);
    let (v1, v2) = (v1?, v2?);
    let head = |format: &str, rest: Value| {
        let mut document = json!({"format": format, "application": {"name": "a"}});
        if let (Some(document), Some(rest)) = (document.as_object_mut(), rest.as_object()) {
            document.extend(rest.clone());
        }
        document
    };
    let nested = |permission: Value| {
        head(
            "upr.catalog/1",
            json!({"modules": [{"key": "m", "permissions": [permission]}]}),
        )
    };
    let flat = |permission: Value| {
        head(
            "upr.catalog/2",
            json!({"modules": [{"key": "m"}], "permissions": [permission]}),
        )
    };
    let role = |role: Value| head("upr.catalog/1", json!({"roles": [role]}));
    let long = "x".repeat(65);
    let v1_cases = [
        json!({}),
        json!([]),
        json!({"format": "upr.catalog/9", "application": {"name": "a"}}),
        json!({"format": "upr.catalog/1"}),
        json!({"format": "upr.catalog/1", "application": {}}),
        json!({"format": "upr.catalog/1", "application": {"name": ""}}),
        json!({"format": "upr.catalog/1", "application": {"name": "a\nb"}}),
        json!({"format": "upr.catalog/1", "application": {"name": "a", "version": "one"}}),
        json!({"format": "upr.catalog/1", "application": {"name": "a", "version": ""}}),
        json!({"format": "upr.catalog/1", "application": {"name": "a", "version": "1.0.0-rc.1+x"}}),
        json!({"format": "upr.catalog/1", "application": {"name": "a", "version": "01.0.0"}}),
        head("upr.catalog/1", json!({})),
        head(
            "upr.catalog/1",
            json!({"modules": null, "roles": null, "retired": null, "new": 1}),
        ),
        head("upr.catalog/1", json!({"modules": {}})),
        head("upr.catalog/1", json!({"modules": [1]})),
        head("upr.catalog/1", json!({"permissions": []})),
        nested(json!({"key": "m.a"})),
        nested(json!({"key": "m.a", "label": null, "kind": "", "critical": null})),
        nested(json!({"key": "m"})),
        nested(json!({"key": "m..a"})),
        nested(json!({"key": "m.1a"})),
        nested(json!({"key": format!("m.{long}")})),
        nested(json!({"key": 1})),
        nested(json!({"key": "m.a", "kind": "both"})),
        nested(json!({"key": "m.a", "critical": "yes"})),
        nested(json!({"key": "m.a", "label": 1})),
        nested(json!({"key": "m.a", "is_deprecated": true})),
        nested(json!({"key": "m.a", "is_deprecated": true, "deprecation_message": ""})),
        nested(json!({"key": "m.a", "is_deprecated": true, "deprecation_message": "why"})),
        nested(json!({"key": "m.a", "deprecation_message": "why"})),
        nested(json!({"key": "m.a", "is_deprecated": false, "removal_version": "1.0.0"})),
        nested(json!({"key": "m.a", "is_deprecated": null, "removal_version": ""})),
        nested(
            json!({"key": "m.a", "is_deprecated": true, "deprecation_message": "w", "deprecated_since": "1"}),
        ),
        nested(
            json!({"key": "m.a", "is_deprecated": true, "deprecation_message": "w", "replaced_by": "m"}),
        ),
        role(json!({"key": "r", "mode": "seeded"})),
        role(json!({"key": "r"})),
        role(json!({"key": "r", "mode": "fixed"})),
        role(json!({"key": "", "mode": "seeded"})),
        role(json!({"key": "r", "mode": "seeded", "permissions": ["x"]})),
        role(json!({"key": "r", "mode": "seeded", "modules": "m"})),
        head("upr.catalog/1", json!({"retired": [{"key": "m.a"}]})),
        head(
            "upr.catalog/1",
            json!({"retired": [{"key": "m.a", "retired": "1.0.0"}]}),
        ),
        head(
            "upr.catalog/1",
            json!({"retired": [{"key": "m.a", "retired": ""}]}),
        ),
    ];
    let v2_cases = [
        head("upr.catalog/2", json!({})),
        head(
            "upr.catalog/2",
            json!({"modules": [{"key": "m", "permissions": []}]}),
        ),
        flat(json!({"key": "m.a"})),
        flat(json!({"key": "m.a", "module": "m", "action": "a", "lifecycle": null})),
        flat(json!({"key": "m.a", "module": "1"})),
        flat(json!({"key": "m.a", "lifecycle": {}})),
        flat(json!({"key": "m.a", "lifecycle": 1})),
        flat(json!({"key": "m.a", "lifecycle": {"state": "active"}})),
        flat(json!({"key": "m.a", "lifecycle": {"state": "gone"}})),
        flat(json!({"key": "m.a", "lifecycle": {"state": "deprecated"}})),
        flat(json!({"key": "m.a", "lifecycle": {"state": "deprecated", "message": "why"}})),
        flat(json!({"key": "m.a", "lifecycle": {"state": "active", "message": "why"}})),
        flat(json!({"key": "m.a", "lifecycle": {"removal": "1.0.0"}})),
    ];
    let cases = v1_cases.iter().map(|case| (&v1, case));
    for (validator, case) in cases.chain(v2_cases.iter().map(|case| (&v2, case))) {
        let read = Catalog::from_json(&case.to_string());
        assert_eq!(validator.is_valid(case), read.is_ok(), "{case} {read:?}");
    }
    Ok(())
}

#[test]
fn schema_and_reader_agree_on_lines_of_a_lock() -> Outcome {
    let line = validator(Schema::Lock)?;
    let good = json!({"key": "m.a", "published": "1.0.0", "package": "p", "crate": "p"});
    let with = |name: &str, value: Value| {
        let mut line = good.clone();
        line[name] = value;
        line
    };
    let all = |members: &[(&str, &str)]| {
        let mut line = good.clone();
        for (name, value) in members {
            line[name] = (*value).into();
        }
        line
    };
    let without = |name: &str| {
        let mut line = good.clone();
        line.as_object_mut().map(|line| line.remove(name));
        line
    };
    for case in [
        good.clone(),
        with("deprecated", "1.1.0".into()),
        with("deprecated", "1.1".into()),
        with("remove_in", "1.1.0".into()),
        all(&[
            ("deprecated", "1.1.0"),
            ("remove_in", "2.0.0"),
            ("cfg", "unix"),
            ("replaced_by", "m.b"),
        ]),
        all(&[("retired", "2.0.0"), ("replaced_by", "m.b")]),
        all(&[("retired", "2.0.0"), ("deprecated", "1.1.0")]),
        all(&[("retired", "2.0.0"), ("cfg", "unix")]),
        with("package", "".into()),
        with("crate", "".into()),
        with("retired", "2.0.0".into()),
        with("retired", "soon".into()),
        with("replaced_by", "m.b".into()),
        with("replaced_by", "m".into()),
        with("cfg", "unix".into()),
        with("cfg", 1.into()),
        with("key", "m".into()),
        with("publishd", "1.0.0".into()),
        without("key"),
        without("published"),
        without("package"),
        without("crate"),
        json!([]),
        json!("text"),
    ] {
        let read = Lock::parse(&format!("{{\"format\":\"upr.lock/1\"}}\n{case}\n"));
        assert_eq!(line.is_valid(&case), read.is_ok(), "{case} {read:?}");
    }
    for header in [
        json!({"format": "upr.lock/1"}),
        json!({"format": "upr.lock/2"}),
        json!({"format": 1}),
        json!({}),
    ] {
        let read = Lock::parse(&format!("{header}\n"));
        assert_eq!(line.is_valid(&header), read.is_ok(), "{header} {read:?}");
    }
    Ok(())
}

/// The example of the contract, and what it must not hold.
#[test]
fn access_files_have_a_shape() -> Outcome {
    let access = validator(Schema::Access)?;
    let good = json!({"format": "upr.access/1", "environment": "local", "fingerprint": format!("sha256:{}", "0".repeat(64)),
    "roles": [{"key": "support", "label": "Support", "permissions": ["users.view"], "modules": ["tickets"], "all": false}],
    "grants": [
        {"subject": {"id": "42", "username": "ada", "email": "ada@example.com"}, "role": "support", "scope": "", "effect": "allow", "expires_at": null},
        {"subject": {"id": "7", "username": null, "email": null}, "permission": "users.delete", "scope": "acme", "effect": "deny", "expires_at": "2026-12-31T00:00:00Z"}
    ]});
    accepts(&access, &good.to_string())?;
    for (pointer, value) in [
        ("/format", json!("upr.access/2")),
        ("/roles/0/key", json!("1")),
        ("/roles/0/permissions/0", json!("users")),
        ("/grants/0/subject/id", json!("")),
        ("/grants/0/permission", json!("users.view")),
        ("/grants/1/permission", json!("users")),
        ("/grants/1/effect", json!("maybe")),
        ("/grants/1/expires_at", json!("tomorrow")),
        ("/grants/1/scope", json!("a\u{7}")),
    ] {
        let mut bad = good.clone();
        let (parent, name) = pointer.rsplit_once('/').ok_or("no parent")?;
        match bad.pointer_mut(parent).ok_or("no such place")? {
            Value::Array(list) => list[name.parse::<usize>()?] = value,
            object => object[name] = value,
        }
        assert!(!access.is_valid(&bad), "{pointer}");
    }
    Ok(())
}
