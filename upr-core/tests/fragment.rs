#![cfg(test)]
//! Fragments put together: what refers is resolved, what is read twice is one, what is wrong is named.

use upr_core::catalog::{Application, Kind, Retired, RoleMode};
use upr_core::fragment::{
    ActionBody, ActionFragment, Assembled, DeprecationFragment, Fragment, LockedCrate,
    ModuleFragment, Origin, Problem, ProgramFragment, RoleFragment, assemble, condition,
};
use upr_core::{Key, ModuleKey, RoleKey, Version};

fn origin(package: &str, line: u32) -> Origin {
    Origin {
        package: package.to_owned(),
        version: Version::new(1, 4, 0),
        krate: package.replace('-', "_"),
        file: "src/users.rs".to_owned(),
        line,
    }
}

fn body(name: &str, line: u32) -> ActionBody {
    ActionBody {
        name: name.to_owned(),
        label: name.to_owned(),
        description: String::new(),
        kind: Kind::Action,
        critical: false,
        deprecation: None,
        cfg: Vec::new(),
        file: "src/users.rs".to_owned(),
        line,
    }
}

fn replaced(name: &str, line: u32, by: &str) -> ActionBody {
    ActionBody {
        deprecation: Some(DeprecationFragment {
            message: "old".to_owned(),
            since: None,
            remove_in: None,
            replaced_by: Some(id(by)),
        }),
        ..body(name, line)
    }
}

fn module(key: &str, actions: Vec<ActionBody>) -> ModuleFragment {
    ModuleFragment {
        key: ModuleKey::parse(key).unwrap(),
        label: key.to_owned(),
        description: String::new(),
        allow_case_variants: false,
        cfg: Vec::new(),
        origin: origin("help-desk", 1),
        actions,
    }
}

fn handler(module: &str, body: ActionBody) -> Fragment {
    Fragment::Action(ActionFragment {
        module: ModuleKey::parse(module).unwrap().id(),
        body,
    })
}

fn role(permissions: &[&str], modules: &[&str]) -> Fragment {
    let module = |key: &&str| ModuleKey::parse(key).unwrap().id();
    Fragment::Role(RoleFragment {
        key: RoleKey::parse("support").unwrap(),
        label: "Support".to_owned(),
        mode: RoleMode::Seeded,
        all: false,
        permissions: permissions.iter().map(|key| id(key)).collect(),
        modules: modules.iter().map(module).collect(),
        origin: origin("help-desk", 7),
    })
}

fn program(locked: Vec<LockedCrate>) -> ProgramFragment {
    ProgramFragment {
        application: Application {
            name: "desk".to_owned(),
            version: Version::new(2, 0, 0),
        },
        locked,
        retired: vec![Retired {
            key: Key::parse("users.old").unwrap(),
            retired: Version::new(2, 0, 0),
            replaced_by: None,
        }],
        origin: origin("desk", 3),
    }
}

fn id(key: &str) -> u64 {
    Key::parse(key).unwrap().id()
}

fn together(fragments: Vec<Fragment>) -> Assembled {
    assemble(fragments, None).unwrap()
}

fn problems(fragments: Vec<Fragment>) -> Vec<Problem> {
    assemble(fragments, None).unwrap_err().problems().to_vec()
}

#[test]
fn ids_become_keys() {
    let assembled = together(vec![
        role(&["users.view"], &["users"]),
        handler("users", replaced("edit", 9, "users.view")),
        Fragment::Module(module("users", vec![body("view", 2)])),
    ]);
    let catalog = &assembled.catalog;
    let edit = catalog.find("users.edit").unwrap();
    let replaced_by = edit.deprecation.as_ref().unwrap().replaced_by.as_ref();
    assert_eq!(replaced_by.unwrap().as_str(), "users.view");
    assert_eq!(catalog.roles()[0].permissions[0].as_str(), "users.view");
    assert_eq!(catalog.roles()[0].modules[0].as_str(), "users");
    let keys: Vec<&str> = assembled
        .declared
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    assert_eq!(keys, ["users.edit", "users.view"]);
    assert_eq!(assembled.declared[0].krate, "help_desk");
}

#[test]
fn what_is_read_twice_is_one_declaration() {
    let fragments = vec![
        Fragment::Module(module("users", vec![body("view", 2)])),
        handler("users", body("edit", 9)),
        role(&["users.view"], &[]),
        Fragment::Program(program(Vec::new())),
    ];
    let twice = [fragments.clone(), fragments.clone()].concat();
    assert_eq!(together(twice), together(fragments));
}

#[test]
fn one_key_at_two_places_names_both() {
    let found = problems(vec![
        Fragment::Module(module("users", vec![body("view", 2)])),
        handler("users", body("view", 9)),
    ]);
    let [problem] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        problem.to_string(),
        "permission `users.view` is declared twice: at src/users.rs:2 (package `help-desk` 1.4.0) \
         and at src/users.rs:9 (package `help-desk` 1.4.0)"
    );
    let mut other = module("users", Vec::new());
    other.origin.line = 5;
    let found = problems(vec![
        Fragment::Module(module("users", Vec::new())),
        Fragment::Module(other),
    ]);
    assert!(matches!(
        found.as_slice(),
        [Problem::DuplicateModule { .. }]
    ));
}

#[test]
fn what_nothing_declares_is_refused_at_its_place() {
    let missing = problems(vec![handler("users", body("view", 9))]);
    assert_eq!(
        missing[0].to_string(),
        "the module of the action `view` at src/users.rs:9 is not declared"
    );
    let users = || Fragment::Module(module("users", vec![replaced("edit", 2, "users.update")]));
    assert!(matches!(
        problems(vec![users()]).as_slice(),
        [Problem::Unresolved { key, id: wanted, .. }] if key == "users.edit" && *wanted == id("users.update")
    ));
    let plain = || Fragment::Module(module("users", vec![body("view", 2)]));
    for role in [role(&["users.edit"], &[]), role(&[], &["tickets"])] {
        let found = problems(vec![plain(), role]);
        assert!(matches!(found.as_slice(), [Problem::Unresolved { key, .. }] if key == "support"));
    }
}

#[test]
fn replacements_in_a_circle_are_named_once_each() {
    let found = problems(vec![Fragment::Module(module(
        "users",
        vec![
            replaced("a", 2, "users.b"),
            replaced("b", 3, "users.a"),
            replaced("leads_in", 4, "users.a"),
        ],
    ))]);
    let keys: Vec<String> = found
        .iter()
        .map(|problem| match problem {
            Problem::ReplacementCycle { key, .. } => key.clone(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(keys, ["users.a", "users.b"]);
}

#[test]
fn a_joined_key_is_checked() {
    let long = "a".repeat(64);
    let deep = [long.as_str(); 3].join(".");
    let found = problems(vec![
        Fragment::Module(module(&deep[..190], Vec::new())),
        handler(&deep[..190], body("view", 9)),
    ]);
    assert!(matches!(found.as_slice(), [Problem::InvalidKey { .. }]));
}

#[test]
fn a_program_says_whose_catalog_it_is() {
    let users = || Fragment::Module(module("users", vec![body("view", 2)]));
    let name = |fragments, application| {
        let catalog = assemble(fragments, application).unwrap().catalog;
        let application = catalog.application();
        format!("{} {}", application.name, application.version)
    };
    let chosen = || {
        Some(Application {
            name: "chosen".to_owned(),
            version: Version::new(9, 0, 0),
        })
    };
    let said = || Fragment::Program(program(Vec::new()));
    assert_eq!(name(vec![users(), said()], chosen()), "desk 2.0.0");
    assert_eq!(name(vec![users()], chosen()), "chosen 9.0.0");
    assert_eq!(name(vec![users()], None), "help-desk 1.4.0");
    let mut other = module("tickets", Vec::new());
    other.origin.package = "tickets".to_owned();
    let two = vec![users(), Fragment::Module(other)];
    assert_eq!(name(two, None), "application 0.0.0");
    assert_eq!(name(Vec::new(), None), "application 0.0.0");
    let catalog = together(vec![users(), said()]).catalog;
    assert_eq!(catalog.retired()[0].key.as_str(), "users.old");
    let mut second = program(Vec::new());
    second.origin.line = 4;
    let found = problems(vec![said(), Fragment::Program(second)]);
    assert!(matches!(found.as_slice(), [Problem::TwoPrograms { .. }]));
}

#[test]
fn what_the_lock_demands_must_be_there() {
    let locked = |krate: &str, key: &str| {
        vec![LockedCrate {
            package: krate.replace('_', "-"),
            krate: krate.to_owned(),
            keys: vec!["users.view".to_owned(), key.to_owned()],
        }]
    };
    let with = |locked| {
        vec![
            Fragment::Module(module("users", vec![body("view", 2)])),
            Fragment::Program(program(locked)),
        ]
    };
    together(with(locked("help_desk", "users.view")));
    let gone = problems(with(locked("help_desk", "users.gone")));
    assert!(matches!(
        gone.as_slice(),
        [Problem::NotLinked { keys, is_linked: true, .. }] if keys == &["users.gone"]
    ));
    let unlinked = problems(with(locked("tickets", "tickets.view")));
    assert!(matches!(
        unlinked.as_slice(),
        [Problem::NotLinked { keys, is_linked: false, .. }] if keys == &["tickets.view"]
    ));
    assert!(unlinked[0].remedy().contains("use tickets as _;"));
}

#[test]
fn what_a_catalog_refuses_is_refused() {
    let revived = problems(vec![
        Fragment::Module(module("users", vec![body("old", 2)])),
        Fragment::Program(program(Vec::new())),
    ]);
    let [problem] = revived.as_slice() else {
        panic!("{revived:?}");
    };
    assert!(problem.to_string().contains("`users.old` is declared"));
    assert!(problem.remedy().contains("another name"));
}

#[test]
fn a_condition_names_each_predicate_once() {
    assert_eq!(condition([], []), None);
    assert_eq!(condition(["unix"], []).as_deref(), Some("unix"));
    assert_eq!(condition(["unix"], ["unix"]).as_deref(), Some("unix"));
    let several = condition(["unix", "a = \"b\""], ["unix", "not(test)"]);
    assert_eq!(several.as_deref(), Some("all(unix, a = \"b\", not(test))"));
}
