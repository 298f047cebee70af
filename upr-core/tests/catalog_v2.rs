//! Catalog v2: the bytes it is written as, and what is refused where.

use upr_core::Catalog;

const HELPDESK: &str = r#"{
  "version": "2.0",
  "format": "upr.catalog/2",
  "application": {
    "name": "helpdesk",
    "version": "1.4.0"
  },
  "fingerprint": "sha256:b7ba0d5162d3e371d655224387ba12ccb3a5ac50a33b312358d94bef9068a8da",
  "modules": [
    {
      "key": "users",
      "label": "Users",
      "description": "User accounts."
    }
  ],
  "permissions": [
    {
      "key": "users.edit",
      "module": "users",
      "action": "edit",
      "label": "Edit",
      "description": "",
      "kind": "action",
      "critical": false,
      "lifecycle": {
        "state": "deprecated",
        "message": "use `update` instead",
        "since": "1.1.0",
        "removal": "2.0.0",
        "replaced_by": "users.update"
      }
    },
    {
      "key": "users.update",
      "module": "users",
      "action": "update",
      "label": "Update",
      "description": "",
      "kind": "crud",
      "critical": true,
      "lifecycle": {
        "state": "active",
        "message": "",
        "since": null,
        "removal": null,
        "replaced_by": null
      }
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

/// The same by hand, in another order, with nothing that may be left out.
const BY_HAND: &str = r#"{
  "permissions": [
    {"key": "users.update", "kind": "crud", "critical": true, "lifecycle": {"state": "active"}},
    {"key": "users.edit", "lifecycle": {"state": "deprecated", "message": "use `update` instead",
     "since": "1.1.0", "removal": "2.0.0", "replaced_by": "users.update"}, "added_by_a_newer_upr": 1}],
  "modules": [{"key": "users", "description": "User accounts."}],
  "roles": [{"key": "support", "mode": "seeded", "modules": ["users"], "permissions": ["users.edit"]}],
  "retired": [{"key": "users.old", "retired": "2.0.0", "replaced_by": "users.update"}],
  "application": {"name": "helpdesk", "version": "1.4.0"}, "format": "upr.catalog/2"
}"#;

#[test]
fn is_written_as_the_contract_says() {
    let catalog = Catalog::from_json(BY_HAND).unwrap();
    assert_eq!(catalog.to_json_v2(), HELPDESK);
    assert_eq!(Catalog::from_json(HELPDESK).unwrap(), catalog);
}

#[test]
fn both_versions_are_the_same_catalog() {
    let flat = Catalog::from_json(HELPDESK).unwrap();
    let nested = Catalog::from_json(&flat.to_json()).unwrap();
    assert_eq!(nested, flat);
    assert_eq!(nested.fingerprint(), flat.fingerprint());
    assert_eq!(nested.to_json_v2(), HELPDESK);
}

#[test]
fn what_is_refused_names_its_place() {
    let with = |modules: &str, permissions: &str| {
        format!(
            r#"{{"format":"upr.catalog/2","application":{{"name":"a"}},"modules":[{modules}],"permissions":[{permissions}]}}"#
        )
    };
    let users = r#"{"key":"users"}"#;
    let lifecycle = |text: &str| with(users, &format!(r#"{{"key":"users.a","lifecycle":{text}}}"#));
    let cases = [
        (
            with(r#"{"key":"users","permissions":[{"key":"users.a"}]}"#, ""),
            "modules[0].permissions: in `upr.catalog/2` permissions stand in a list of their own, beside `modules`",
        ),
        (
            with(users, r#"{"key":"users.a"},{"key":"user.a"}"#),
            "permissions[1]: module `user` is not among `modules`",
        ),
        (
            with(users, r#"{"key":"users.a","module":"user"}"#),
            "permissions[0].module: `user` is not the module of `users.a`",
        ),
        (
            with(users, r#"{"key":"users.a","action":"b"}"#),
            "permissions[0].action: `b` is not the last segment of `users.a`",
        ),
        (
            with(users, r#"{"key":"users"}"#),
            "permissions[0].key: `users` is no permission key: it has 1 segment, and needs 2 to 8 (`module.action`)",
        ),
        (
            with(users, r#"{"key":"users.a"},{"key":"users.a"}"#),
            "permission `users.a` is declared twice",
        ),
        (
            with(r#"{"key":"users"},{"key":"users"}"#, ""),
            "module `users` is declared twice",
        ),
        (
            lifecycle("1"),
            "permissions[0].lifecycle: expected an object, found a number",
        ),
        (
            lifecycle(r#"{"state":"gone"}"#),
            "permissions[0].lifecycle.state: `gone` is no state; write `active` or `deprecated`",
        ),
        (
            lifecycle(r#"{"state":"deprecated"}"#),
            "permissions[0].lifecycle: `state` needs a `message`",
        ),
        (
            lifecycle(r#"{"removal":"2.0.0"}"#),
            "permissions[0].lifecycle: it is not deprecated (`state`), but says why or when",
        ),
        (
            lifecycle(r#"{"state":"deprecated","message":"m","since":"2"}"#),
            "permissions[0].lifecycle.since: `2` is no SemVer version such as 1.2.0: unexpected end of input while parsing major version number",
        ),
    ];
    for (text, message) in cases {
        match Catalog::from_json(&text) {
            Ok(_) => panic!("{text} was accepted"),
            Err(error) => assert_eq!(error.to_string(), message, "{text}"),
        }
    }
}
