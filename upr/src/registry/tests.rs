//! Registries of declarations that contradict each other, which no compiler lets a test write.

use upr_core::Version;
use upr_core::catalog::{Application, Kind, Retired, RoleMode};
use upr_core::fragment::{
    self, ActionBody, ActionFragment, DeprecationFragment, Fragment, LockedCrate, ModuleFragment,
    ProgramFragment, RoleFragment,
};
use upr_core::section::encode;

use super::build::build;
use super::{Problem, Registry, RegistryError};
use crate::private::{Decl, ModuleDecl, ProgramDecl, Registration, RoleDecl, fnv1a};

fn origin(package: &str, file: &str, line: u32) -> fragment::Origin {
    fragment::Origin {
        package: package.to_owned(),
        version: Version::new(1, 0, 0),
        krate: package.to_owned(),
        file: file.to_owned(),
        line,
    }
}

/// The record of a fragment, as the macros would have written it.
fn record(fragment: &Fragment) -> &'static [u8] {
    encode(fragment).leak()
}

/// A module of the package `package`, 1.0.0.
fn module(package: &str, key: &'static str) -> &'static ModuleDecl {
    module_with(package, key, false)
}

fn module_with(package: &str, key: &'static str, allow_case_variants: bool) -> &'static ModuleDecl {
    let record = record(&Fragment::Module(ModuleFragment {
        key: key.parse().unwrap(),
        label: String::new(),
        description: String::new(),
        allow_case_variants,
        cfg: Vec::new(),
        origin: origin(package, &format!("src/{key}.rs"), 3),
        actions: Vec::new(),
    }));
    let id = fnv1a(key.as_bytes());
    Box::leak(Box::new(ModuleDecl::new(id, key, record, "", &[])))
}

fn action(module: &'static ModuleDecl, action: &str, line: u32) -> &'static Decl {
    action_with(module, action, line, None)
}

fn action_with(
    module: &'static ModuleDecl,
    action: &str,
    line: u32,
    replaced_by: Option<u64>,
) -> &'static Decl {
    let deprecation = replaced_by.map(|id| DeprecationFragment {
        message: "gone".to_owned(),
        since: None,
        remove_in: None,
        replaced_by: Some(id),
    });
    let record = record(&Fragment::Action(ActionFragment {
        module: module.id,
        body: ActionBody {
            name: action.to_owned(),
            label: "Label".to_owned(),
            description: String::new(),
            kind: Kind::Action,
            critical: false,
            deprecation,
            cfg: Vec::new(),
            file: "src/handlers.rs".to_owned(),
            line,
        },
    }));
    Box::leak(Box::new(Decl::on_handler(module, record)))
}

fn role(package: &str, key: &str, permissions: &[u64]) -> Registration {
    let record = record(&Fragment::Role(RoleFragment {
        key: key.parse().unwrap(),
        label: String::new(),
        mode: RoleMode::Seeded,
        all: false,
        permissions: permissions.to_vec(),
        modules: Vec::new(),
        origin: origin(package, "src/roles.rs", 1),
    }));
    Registration::Role(Box::leak(Box::new(RoleDecl::new(record, ""))))
}

fn lock(package: &str, locked: Vec<LockedCrate>, retired: Vec<Retired>) -> Registration {
    let ids = locked.iter().map(|locked| {
        let ids = locked.keys.iter().map(|key| fnv1a(key.as_bytes()));
        let bytes: Vec<u8> = ids.flat_map(u64::to_le_bytes).collect();
        &*bytes.leak()
    });
    let ids: Vec<&'static [u8]> = ids.collect();
    let record = record(&Fragment::Program(ProgramFragment {
        application: Application {
            name: package.to_owned(),
            version: Version::new(1, 0, 0),
        },
        locked,
        retired,
        origin: origin(package, "src/main.rs", 1),
    }));
    Registration::Program(Box::leak(Box::new(ProgramDecl::new(record, ids.leak()))))
}

/// The keys that one crate published, in the order of their ids.
fn locked(package: &str, keys: &[&str]) -> LockedCrate {
    let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    keys.sort_by_key(|key| fnv1a(key.as_bytes()));
    LockedCrate {
        package: package.to_owned(),
        krate: package.to_owned(),
        keys,
    }
}

fn retired(key: &str, replaced_by: Option<&str>) -> Retired {
    Retired {
        key: key.parse().unwrap(),
        retired: Version::new(1, 0, 0),
        replaced_by: replaced_by.map(|key| key.parse().unwrap()),
    }
}

fn of(registrations: Vec<Registration>) -> Result<Registry, RegistryError> {
    build(registrations.into_iter())
}

/// The problems, each as its message.
fn problems(registrations: Vec<Registration>) -> Vec<String> {
    let error = of(registrations).unwrap_err();
    assert!(
        error
            .problems()
            .iter()
            .all(|problem| !problem.remedy().is_empty())
    );
    assert!(!error.to_string().contains('\n'));
    error.problems().iter().map(Problem::to_string).collect()
}

#[test]
fn nothing_is_a_registry() {
    let registry = of(Vec::new()).unwrap();
    assert!(registry.is_empty());
    assert_eq!(registry.application().name, "application");
    assert!(registry.catalog().is_empty());
}

#[test]
fn a_module_of_two_packages_names_both_places() {
    let found = problems(vec![
        Registration::Module(module("one", "users")),
        Registration::Module(module("two", "users")),
    ]);
    let expected = "module `users` is declared twice: at src/users.rs:3 (package `one` 1.0.0) and at src/users.rs:3 (package `two` 1.0.0)";
    assert_eq!(found, [expected]);
}

#[test]
fn one_package_linked_twice_is_one() {
    let (first, second) = (module("one", "users"), module("one", "users"));
    let (view, again) = (action(first, "view", 9), action(second, "view", 9));
    let registry = of(vec![
        Registration::Module(first),
        Registration::Module(second),
        Registration::Action(view),
        Registration::Action(again),
        role("one", "support", &[]),
        role("one", "support", &[]),
    ])
    .unwrap();
    assert_eq!(
        (
            registry.len(),
            registry.modules().len(),
            registry.roles().len()
        ),
        (1, 1, 1)
    );
    assert_eq!((view.index(), again.index()), (0, 0));
}

#[test]
fn a_permission_twice_names_both_places() {
    let users = module("one", "users");
    let found = problems(vec![
        Registration::Module(users),
        Registration::Action(action(users, "view", 9)),
        Registration::Action(action(users, "view", 12)),
    ]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("handlers.rs:9") && found[0].contains("handlers.rs:12"),
        "{found:?}"
    );
}

#[test]
fn keys_that_differ_only_in_case_are_refused_in_one_module() {
    let strict = module("one", "users");
    let found = problems(vec![
        Registration::Module(strict),
        Registration::Action(action(strict, "view", 9)),
        Registration::Action(action(strict, "View", 12)),
    ]);
    assert_eq!(
        found,
        [
            "`users.View` and `users.view` at src/handlers.rs:9 (package `one` 1.0.0) differ only in case"
        ]
    );
    let lenient = module_with("one", "users", true);
    let other = module("one", "Users");
    let registry = of(vec![
        Registration::Module(lenient),
        Registration::Module(other),
        Registration::Action(action(lenient, "view", 9)),
        Registration::Action(action(lenient, "View", 12)),
        Registration::Action(action(other, "view", 15)),
    ]);
    assert_eq!(registry.unwrap().len(), 3);
}

#[test]
fn a_joined_key_is_not_too_long() {
    let segment = "s".repeat(64);
    let key: &'static str = Box::leak(format!("{segment}.{segment}").into_boxed_str());
    let deep = module("one", key);
    let found = problems(vec![
        Registration::Module(deep),
        Registration::Action(action(deep, &segment, 9)),
    ]);
    assert!(found[0].contains("194 bytes"), "{found:?}");
}

#[test]
fn replacements_lead_somewhere_and_not_back() {
    let users = module("one", "users");
    let with = |replaced_by: &[u8]| {
        let old = action_with(users, "old", 9, Some(fnv1a(replaced_by)));
        vec![Registration::Module(users), Registration::Action(old)]
    };
    let unlinked = problems(with(b"elsewhere.view"));
    assert!(
        unlinked[0].contains("refers to a declaration that is not linked"),
        "{unlinked:?}"
    );
    let circle = problems(with(b"users.old"));
    assert!(circle[0].contains("leads back to itself"), "{circle:?}");
}

#[test]
fn roles_are_unique_and_hold_what_is_linked() {
    let found = problems(vec![
        role("one", "support", &[]),
        role("two", "support", &[]),
    ]);
    assert!(
        found[0].starts_with("role `support` is declared twice"),
        "{found:?}"
    );
    let found = problems(vec![role("one", "support", &[7])]);
    assert!(
        found[0].contains("`support`") && found[0].contains("not linked"),
        "{found:?}"
    );
}

#[test]
fn a_crate_that_is_not_linked_is_named() {
    let users = module("one", "users");
    let all = vec![
        Registration::Module(users),
        Registration::Action(action(users, "view", 9)),
        lock(
            "one",
            vec![
                locked("one", &["users.view", "users.gone"]),
                locked("billing", &["bills.a", "bills.b", "bills.c", "bills.d"]),
            ],
            Vec::new(),
        ),
    ];
    let found = problems(all);
    let gone = "crate `one` of package `one` no longer declares everything: `users.gone` was published by it";
    assert_eq!(found[0], gone);
    assert!(
        found[1].starts_with("crate `billing` of package `billing` is not linked, and `bills."),
        "{found:?}"
    );
    assert!(
        found[1].ends_with("and 1 more were published by it"),
        "{found:?}"
    );
}

#[test]
fn a_lock_that_is_kept_starts_and_names_the_application() {
    let users = module("one", "users");
    let registry = of(vec![
        Registration::Module(users),
        Registration::Action(action(users, "view", 9)),
        lock(
            "desk",
            vec![locked("one", &["users.view"])],
            vec![retired("users.old", Some("users.view"))],
        ),
    ])
    .unwrap();
    assert_eq!(registry.application().name, "desk");
    let catalog = registry.catalog();
    assert_eq!(catalog.retired()[0].key, "users.old");
}

#[test]
fn a_tombstone_is_not_declared_again_and_one_lock_is_enough() {
    let users = module("one", "users");
    let found = problems(vec![
        Registration::Module(users),
        Registration::Action(action(users, "view", 9)),
        lock("one", Vec::new(), vec![retired("users.view", None)]),
        lock("two", Vec::new(), Vec::new()),
    ]);
    assert!(
        found
            .iter()
            .any(|problem| problem.starts_with("two places say what the program is")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|problem| problem.starts_with("`users.view` was retired in 1.0.0")),
        "{found:?}"
    );
}

#[test]
fn a_report_has_a_line_and_a_remedy_for_each_problem() {
    let error = of(vec![
        role("one", "support", &[7]),
        role("one", "admin", &[8]),
    ])
    .unwrap_err();
    assert_eq!(error.problems().len(), 2);
    assert_eq!(error.report().lines().count(), 5);
}
