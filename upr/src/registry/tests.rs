//! Registries of declarations that contradict each other, which no compiler lets a test write.

use super::build::build;
use super::{Problem, Registry, RegistryError};
use crate::private::{
    Decl, Facts, LockDecl, LockedCrate, ModuleDecl, NO_FACTS, Registration, RetiredDecl, RoleDecl,
    fnv1a,
};

/// A module of the package `package`, 1.0.0.
fn module(package: &str, key: &'static str) -> &'static ModuleDecl {
    module_with(package, key, false)
}

fn module_with(package: &str, key: &'static str, allow_case_variants: bool) -> &'static ModuleDecl {
    let origin = format!("{package}\u{1f}1.0.0\u{1f}{package}\u{1f}src/{key}.rs\u{1f}3");
    Box::leak(Box::new(ModuleDecl {
        id: fnv1a(key.as_bytes()),
        key,
        label: "",
        description: "",
        allow_case_variants,
        origin: Box::leak(origin.into_boxed_str()),
        path: "",
        cfg: None,
        records: "",
        facts: NO_FACTS,
        decls: &[],
    }))
}

fn action(module: &'static ModuleDecl, action: &str, line: u32) -> &'static Decl {
    action_with(module, action, line, NO_FACTS)
}

fn action_with(
    module: &'static ModuleDecl,
    action: &str,
    line: u32,
    facts: &'static [Facts],
) -> &'static Decl {
    let record = format!("{action}\u{1f}Label\u{1f}\u{1f}action\u{1f}{line}\u{1f}src/handlers.rs");
    Box::leak(Box::new(Decl::on_handler(
        module,
        Box::leak(record.into_boxed_str()),
        facts,
    )))
}

fn replaced_by(replaced_by: fn() -> u64) -> &'static [Facts] {
    Box::leak(Box::new([Facts {
        ordinal: 0,
        label: None,
        description: None,
        critical: false,
        deprecated: Some("gone"),
        since: None,
        remove_in: None,
        replaced_by: Some(replaced_by),
        cfg: None,
    }]))
}

fn role(package: &'static str, key: &'static str, permissions: &'static [u64]) -> Registration {
    Registration::Role(Box::leak(Box::new(RoleDecl {
        key,
        label: "",
        seeded: true,
        all: false,
        permissions,
        modules: &[],
        package,
        version: "1.0.0",
        path: "",
        file: "src/roles.rs",
        line: 1,
    })))
}

fn lock(
    package: &'static str,
    crates: Vec<LockedCrate>,
    retired: Vec<RetiredDecl>,
) -> Registration {
    Registration::Lock(Box::leak(Box::new(LockDecl {
        crates: crates.leak(),
        retired: retired.leak(),
        package,
        version: "1.0.0",
        krate: package,
        file: "src/main.rs",
        line: 1,
    })))
}

fn locked(package: &'static str, keys: &[&str]) -> LockedCrate {
    let mut keys: Vec<(u64, &str)> = keys
        .iter()
        .map(|key| (fnv1a(key.as_bytes()), *key))
        .collect();
    keys.sort_unstable();
    let ids: Vec<u8> = keys.iter().flat_map(|(id, _)| id.to_le_bytes()).collect();
    let lines: Vec<&str> = keys.iter().map(|(_, key)| *key).collect();
    LockedCrate {
        package,
        krate: package,
        ids: ids.leak(),
        keys: Box::leak(lines.join("\n").into_boxed_str()),
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
    let with = |facts| {
        vec![
            Registration::Module(users),
            Registration::Action(action_with(users, "old", 9, facts)),
        ]
    };
    let unlinked = problems(with(replaced_by(|| fnv1a(b"elsewhere.view"))));
    assert!(
        unlinked[0].contains("refers to a declaration that is not linked"),
        "{unlinked:?}"
    );
    let circle = problems(with(replaced_by(|| fnv1a(b"users.old"))));
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
            vec![RetiredDecl {
                id: fnv1a(b"users.old"),
                key: "users.old",
                retired: "1.0.0",
                replaced_by: Some("users.view"),
            }],
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
    let retired = RetiredDecl {
        id: fnv1a(b"users.view"),
        key: "users.view",
        retired: "1.0.0",
        replaced_by: None,
    };
    let found = problems(vec![
        Registration::Module(users),
        Registration::Action(action(users, "view", 9)),
        lock("one", Vec::new(), vec![retired]),
        lock("two", Vec::new(), Vec::new()),
    ]);
    assert!(
        found
            .iter()
            .any(|problem| problem.starts_with("two locks are embedded")),
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
