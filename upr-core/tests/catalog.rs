//! Catalog v1: the bytes it is written as, and what is refused where.

use upr_core::Catalog;
use upr_core::catalog::CatalogError;

const HELPDESK: &str = r#"{
  "version": "1.0",
  "format": "upr.catalog/1",
  "application": {
    "name": "helpdesk",
    "version": "1.4.0"
  },
  "fingerprint": "sha256:b7ba0d5162d3e371d655224387ba12ccb3a5ac50a33b312358d94bef9068a8da",
  "modules": [
    {
      "key": "users",
      "label": "Users",
      "description": "User accounts.",
      "permissions": [
        {
          "key": "users.edit",
          "action": "edit",
          "label": "Edit",
          "description": "",
          "kind": "action",
          "critical": false,
          "is_deprecated": true,
          "deprecation_message": "use `update` instead",
          "deprecated_since": "1.1.0",
          "removal_version": "2.0.0",
          "replaced_by": "users.update"
        },
        {
          "key": "users.update",
          "action": "update",
          "label": "Update",
          "description": "",
          "kind": "crud",
          "critical": true,
          "is_deprecated": false,
          "deprecation_message": "",
          "deprecated_since": null,
          "removal_version": null,
          "replaced_by": null
        }
      ]
    }
  ],
  "roles": [
    {
      "key": "support",
      "label": "Support",
      "mode": "seeded",
      "all": false,
      "permissions": [
        "users.edit"
      ],
      "modules": [
        "users"
      ]
    }
  ],
  "retired": [
    {
      "key": "users.old",
      "retired": "2.0.0",
      "replaced_by": "users.update"
    }
  ]
}
"#;

/// The same catalog by hand: nothing that may be left out, everything in another order.
const BY_HAND: &str = r#"{
  "retired": [{"replaced_by": "users.update", "key": "users.old", "retired": "2.0.0"}],
  "roles": [{"key": "support", "mode": "seeded", "modules": ["users"], "permissions": ["users.edit"]}],
  "modules": [{"key": "users", "description": "User accounts.", "permissions": [
    {"key": "users.update", "kind": "crud", "critical": true},
    {"key": "users.edit", "is_deprecated": true, "deprecation_message": "use `update` instead",
     "deprecated_since": "1.1.0", "removal_version": "2.0.0", "replaced_by": "users.update"}]}],
  "application": {"name": "helpdesk", "version": "1.4.0"},
  "format": "upr.catalog/1", "version": "1.0", "added_by_a_newer_upr": [1]
}"#;

#[test]
fn is_written_as_the_contract_says() {
    let catalog = Catalog::from_json(BY_HAND).unwrap();
    assert_eq!(catalog.to_json(), HELPDESK);
    assert_eq!(Catalog::from_json(HELPDESK).unwrap(), catalog);
}

#[test]
fn the_fingerprint_covers_everything_but_the_version() {
    let fingerprint = |text: &str| Catalog::from_json(text).unwrap().fingerprint();
    let original = fingerprint(HELPDESK);
    assert_eq!(fingerprint(&HELPDESK.replace("1.4.0", "1.5.0")), original);
    for (from, to) in [
        ("User accounts.", "Accounts."),
        ("\"helpdesk\"", "\"other\""),
        ("\"critical\": true", "\"critical\": false"),
        ("\"seeded\"", "\"managed\""),
        ("\"retired\": \"2.0.0\"", "\"retired\": \"2.0.1\""),
        ("use `update` instead", "use update instead"),
    ] {
        let changed = HELPDESK.replace(from, to);
        assert_ne!(changed, HELPDESK, "{from}");
        assert_ne!(fingerprint(&changed), original, "{from}");
    }
}

#[test]
fn what_is_refused_names_its_place() {
    let with = |modules: &str, rest: &str| {
        format!(
            r#"{{"format":"upr.catalog/1","application":{{"name":"a"}},"modules":[{modules}]{rest}}}"#
        )
    };
    let users = r#"{"key":"users","permissions":[{"key":"users.view"}]}"#;
    let cases = [
        (String::new(), "line 1, column 0: EOF while parsing a value"),
        (
            "{\n  \"format\": }".to_owned(),
            "line 2, column 13: expected value",
        ),
        ("[]".to_owned(), "expected an object, found a list"),
        ("{}".to_owned(), "`format` is missing"),
        (
            r#"{"format":"upr.catalog/9"}"#.to_owned(),
            "format: `upr.catalog/9` is no format that this program reads; it reads `upr.catalog/1` and `upr.catalog/2`",
        ),
        (
            r#"{"format":"upr.catalog/1","application":{"name":""}}"#.to_owned(),
            "the application's name is empty",
        ),
        (
            r#"{"format":"upr.catalog/1","application":{"name":"a","version":"one"}}"#.to_owned(),
            "application.version: `one` is no SemVer version such as 1.2.0: unexpected character 'o' while parsing major version number",
        ),
        (
            with(users, r#","permissions":[]"#),
            "permissions: in `upr.catalog/1` permissions stand in their modules",
        ),
        (
            with("1", ""),
            "modules[0]: expected an object, found a number",
        ),
        (
            with(r#"{"key":7}"#, ""),
            "modules[0].key: expected a text, found a number",
        ),
        (
            with(r#"{"key":"users","permissions":{}}"#, ""),
            "modules[0].permissions: expected a list, found an object",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.b"},{"key":"a/b.c"}]}"#,
                "",
            ),
            "modules[0].permissions[1].key: `a/b.c` is no permission key: segment `a/b` holds `/`, and only ASCII letters, digits, `_` and `-` are allowed",
        ),
        (
            with(r#"{"key":"a","permissions":[{"key":"b.c"}]}"#, ""),
            "permission `b.c` stands in module `a`, and its key names `b`",
        ),
        (
            with(&format!("{users},{users}"), ""),
            "module `users` is declared twice",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.b"},{"key":"a.b"}]}"#,
                "",
            ),
            "permission `a.b` is declared twice",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.Get"},{"key":"a.get"}]}"#,
                "",
            ),
            "`a.Get` and `a.get` differ only in case; rename one, or let the module say `allow_case_variants`",
        ),
        (
            with(
                users,
                r#","retired":[{"key":"users.view","retired":"1.0.0"}]"#,
            ),
            "permission `users.view` is declared, and its tombstone says that it is never used again",
        ),
        (
            with(
                users,
                r#","roles":[{"key":"r","mode":"seeded","permissions":["users.edit"]}]"#,
            ),
            "role `r` holds permission `users.edit`, which is not declared",
        ),
        (
            with(
                users,
                r#","roles":[{"key":"r","mode":"seeded","modules":["user"]}]"#,
            ),
            "role `r` holds module `user`, which is not declared",
        ),
        (
            with(users, r#","roles":[{"key":"r","mode":"fixed"}]"#),
            "roles[0].mode: `fixed` is no mode; write `managed` or `seeded`",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.b","critical":"yes"}]}"#,
                "",
            ),
            "modules[0].permissions[0].critical: expected true or false, found a text",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.b","is_deprecated":true}]}"#,
                "",
            ),
            "modules[0].permissions[0]: `is_deprecated` needs a `deprecation_message`",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.b","removal_version":"2.0.0"}]}"#,
                "",
            ),
            "modules[0].permissions[0]: it is not deprecated (`is_deprecated`), but says why or when",
        ),
        (
            with(
                r#"{"key":"a","permissions":[{"key":"a.b","action":"c"}]}"#,
                "",
            ),
            "modules[0].permissions[0].action: `c` is not the last segment of `a.b`",
        ),
    ];
    for (text, message) in cases {
        match Catalog::from_json(&text) {
            Ok(_) => panic!("{text} was accepted"),
            Err(error) => assert_eq!(error.to_string(), message, "{text}"),
        }
    }
}

#[test]
fn a_module_may_allow_case_variants_and_keeps_saying_so() {
    let text = r#"{"format":"upr.catalog/1","application":{"name":"a"},"modules":[
        {"key":"a","allow_case_variants":true,"permissions":[{"key":"a.Get"},{"key":"a.get"}]}]}"#;
    let catalog = Catalog::from_json(text).unwrap();
    assert_eq!(catalog.case_variants().len(), 1);
    assert_eq!(Catalog::from_json(&catalog.to_json()).unwrap(), catalog);
}

#[test]
fn keys_are_found_whatever_stands_around_them() {
    let text = r#"{"format":"upr.catalog/1","application":{"name":"a"},"modules":[
        {"key":"a","permissions":[{"key":"a.z"}]},
        {"key":"a.b","permissions":[{"key":"a.b.c"}]},
        {"key":"a-b","permissions":[{"key":"a-b.c"}]}]}"#;
    let catalog = Catalog::from_json(text).unwrap();
    for key in ["a.z", "a.b.c", "a-b.c"] {
        assert_eq!(catalog.find(key).unwrap().key, *key);
    }
    for key in ["a.b", "a", "", ".", "a.b.z"] {
        assert!(catalog.find(key).is_none(), "{key}");
    }
}

#[test]
fn deep_and_broken_documents_are_errors() {
    let deep = "[".repeat(100_000);
    assert!(Catalog::from_json(&deep).is_err());
    for end in 0..BY_HAND.len() {
        if BY_HAND.is_char_boundary(end) {
            assert!(Catalog::from_json(&BY_HAND[..end]).is_err(), "cut at {end}");
        }
    }
}

#[test]
fn a_fingerprint_that_was_asked_for_makes_no_difference_and_follows_the_name() {
    let text = r#"{"version": "1.0", "format": "upr.catalog/1", "application": {"name": "a"}}"#;
    let [asked, unasked] = [(); 2].map(|()| Catalog::from_json(text).unwrap());
    let fingerprint = asked.fingerprint();
    assert_eq!(asked, unasked);
    let mut application = asked.application().clone();
    application.name = "b".to_owned();
    let renamed = asked.with_application(application.clone()).unwrap();
    assert_ne!(renamed.fingerprint(), fingerprint);
    assert_ne!(renamed, unasked);

    application.name = "no\nname".to_owned();
    assert!(matches!(
        renamed.with_application(application),
        Err(CatalogError::ApplicationName(_))
    ));
}
