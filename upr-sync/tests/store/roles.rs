//! Roles: of the code, and made in the store.

use upr_core::ModuleKey;
use upr_sync::plan::Rule;
use upr_sync::{
    Class, Failure, Member, NewUser, RoleMode, SyncOptions, ValidateOptions, WishError,
};

use crate::fresh::{Fresh, ada, catalog, catalog_of, key, module, role, subject, sync};

fn permission(text: &str) -> Member {
    Member::Permission(key(text))
}

fn all_of(module: &str) -> Member {
    Member::Module(ModuleKey::parse(module).unwrap())
}

fn roles(text: &str) -> String {
    format!(r#", "roles": [{text}]"#)
}

fn managed(permissions: &str) -> String {
    roles(&format!(
        r#"{{"key": "support", "mode": "managed", "permissions": [{permissions}]}}"#
    ))
}

fn seeded(permissions: &str) -> String {
    roles(&format!(
        r#"{{"key": "support", "mode": "seeded", "permissions": [{permissions}]}}"#
    ))
}

const USERS: [&str; 4] = ["view", "edit", "delete", "export"];

#[test]
fn rule_20_a_managed_role_is_set_to_what_the_code_says() {
    let (_fresh, store) = Fresh::store();
    let modules = module("users", &USERS);
    let first = managed(r#""users.view", "users.edit", "users.delete""#);
    sync(&store, &catalog("1.0.0", &modules, &first));
    let second = managed(r#""users.view", "users.edit", "users.export""#);
    let plan = sync(&store, &catalog("1.1.0", &modules, &second));
    let change = &plan.roles[0];
    assert_eq!(
        (change.add.as_slice(), change.remove.as_slice()),
        (
            [permission("users.export")].as_slice(),
            [permission("users.delete")].as_slice()
        )
    );
    let members = store.role_show(&role("support")).unwrap().members;
    assert_eq!(
        members,
        [
            permission("users.edit"),
            permission("users.export"),
            permission("users.view")
        ]
    );
}

#[test]
fn a_managed_role_is_changed_in_the_code_only() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog(
            "1.0.0",
            &module("users", &USERS),
            &managed(r#""users.view""#),
        ),
    );
    for error in [
        store
            .role_allow(&role("support"), &[permission("users.edit")], &ada())
            .unwrap_err(),
        store
            .role_disallow(&role("support"), &[permission("users.view")], &ada())
            .unwrap_err(),
    ] {
        assert_eq!((error.code(), error.class()), ("managed", Class::No));
        assert!(
            error.hints()[0].contains("upr role copy support"),
            "{:?}",
            error.hints()
        );
    }
    let error = store.role_delete(&role("support"), &ada()).unwrap_err();
    assert!(matches!(error, WishError::Declared { .. }), "{error:?}");
}

#[test]
fn rule_20_what_a_person_removed_from_a_seeded_role_stays_removed() {
    let (_fresh, store) = Fresh::store();
    let modules = module("users", &USERS);
    let first = catalog("1.0.0", &modules, &seeded(r#""users.view", "users.edit""#));
    sync(&store, &first);
    store
        .role_disallow(&role("support"), &[permission("users.edit")], &ada())
        .unwrap();
    store
        .role_allow(&role("support"), &[permission("users.delete")], &ada())
        .unwrap();
    assert_eq!(sync(&store, &first).changes, 0);
    let second = catalog(
        "1.1.0",
        &modules,
        &seeded(r#""users.view", "users.edit", "users.export""#),
    );
    assert_eq!(
        sync(&store, &second).roles[0].add,
        [permission("users.export")]
    );
    let members = store.role_show(&role("support")).unwrap().members;
    assert_eq!(
        members,
        ["users.delete", "users.export", "users.view"].map(permission)
    );
}

#[test]
fn rule_20_what_a_person_added_first_counts_as_offered() {
    let (_fresh, store) = Fresh::store();
    let modules = module("users", &USERS);
    sync(&store, &catalog("1.0.0", &modules, &seeded("")));
    store
        .role_allow(&role("support"), &[permission("users.view")], &ada())
        .unwrap();
    let second = catalog("1.1.0", &modules, &seeded(r#""users.view""#));
    assert_eq!(sync(&store, &second).changes, 0);
    store
        .role_disallow(&role("support"), &[permission("users.view")], &ada())
        .unwrap();
    assert_eq!(sync(&store, &second).changes, 0);
    assert_eq!(store.role_show(&role("support")).unwrap().members, []);
}

#[test]
fn rule_20_a_role_that_left_the_code_is_an_orphan_with_its_grants() {
    let (_fresh, store) = Fresh::store();
    let modules = module("users", &USERS);
    sync(
        &store,
        &catalog("1.0.0", &modules, &managed(r#""users.view""#)),
    );
    let mut user = NewUser::new(subject("42"));
    user.roles.push(role("support"));
    store.user_create(&user, &ada()).unwrap();
    let plan = sync(&store, &catalog("1.1.0", &modules, ""));
    assert_eq!((plan.changes, plan.roles.len()), (1, 1));
    let info = store.role_show(&role("support")).unwrap();
    assert_eq!(
        (info.orphan, info.subjects, info.mode),
        (true, 1, RoleMode::Managed)
    );
    assert_eq!(
        sync(
            &store,
            &catalog("1.2.0", &modules, &managed(r#""users.view""#))
        )
        .changes,
        1
    );
    sync(&store, &catalog("1.3.0", &modules, ""));
    let deleted = store.role_delete(&role("support"), &ada()).unwrap();
    assert_eq!(
        (deleted.grants, deleted.denies, deleted.outcome.applied),
        (1, 0, true)
    );
    assert!(store.role_list().unwrap().is_empty());
}

#[test]
fn rule_14_roles_and_keys_of_others_are_conflicts() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog_of(
            "first",
            "1.0.0",
            &module("users", &USERS),
            &managed(r#""users.view""#),
        ),
    );
    store
        .role_create(&role("auditor"), None, &[], &ada())
        .unwrap();
    let text =
        roles(r#"{"key": "support", "mode": "managed"}, {"key": "auditor", "mode": "seeded"}"#);
    let second = catalog_of(
        "second",
        "1.0.0",
        &module("users", &["view", "other"]),
        &text,
    );
    let plan = store
        .sync(&second, &SyncOptions::default(), &ada())
        .unwrap();
    assert!(
        !plan.applied
            && plan
                .refused
                .iter()
                .all(|refused| refused.rule == Rule::Conflict)
    );
    let details: Vec<&str> = plan
        .refused
        .iter()
        .map(|refused| refused.detail.as_str())
        .collect();
    assert_eq!(
        details,
        [
            "permission `users.view` belongs to application `first`",
            "role `auditor` was made in the store",
            "role `support` belongs to application `first`",
        ]
    );
    assert_eq!(store.status(None).unwrap().total_permissions, 4);
}

/// One binary of an application syncs; another declares less, and only has to find that.
#[test]
fn rule_14_a_subset_is_enough_to_validate() {
    let (fresh, store) = Fresh::store();
    let all = format!(
        "{}, {}",
        module("users", &USERS),
        module("tickets", &["view"])
    );
    let support = managed(r#""users.view", "users.edit""#);
    let server = catalog("1.0.0", &all, &support);
    sync(&store, &server);
    let worker = catalog("1.0.0", &module("tickets", &["view"]), "");
    let strict = ValidateOptions::default();
    let validation = store.validate(&worker, &strict).unwrap();
    assert!(validation.valid, "{validation:?}");
    // A role that somebody made under the application's name is reported to the one that syncs.
    fresh.sql("INSERT INTO upr_role (key, application, label, mode, state, created, changed) VALUES ('made', 'app', 'Made', 'seeded', 'active', 1, 1)");
    assert!(store.validate(&worker, &strict).unwrap().valid);
    assert_eq!(
        store.validate(&server, &strict).unwrap().errors,
        ["Role 'made' is in the database but no longer defined in code."]
    );
}

#[test]
fn two_applications_do_not_see_each_others_keys_as_orphans() {
    let (_fresh, store) = Fresh::store();
    let first = catalog_of("first", "1.0.0", &module("users", &USERS), "");
    let second = catalog_of("second", "1.0.0", &module("tickets", &USERS), "");
    sync(&store, &first);
    assert_eq!(sync(&store, &second).changes, 4);
    assert_eq!(
        (sync(&store, &first).changes, sync(&store, &second).changes),
        (0, 0)
    );
    // They may even share a module.
    let shared = format!(
        "{}, {}",
        module("tickets", &USERS),
        module("users", &["archive"])
    );
    assert_eq!(
        sync(&store, &catalog_of("second", "1.1.0", &shared, "")).create,
        [key("users.archive")]
    );
    assert_eq!(store.status(None).unwrap().total_permissions, 9);
}

#[test]
fn roles_made_in_the_store_are_made_once() {
    let (_fresh, store) = Fresh::store();
    sync(&store, &catalog("1.0.0", &module("users", &USERS), ""));
    let members = [permission("users.view"), all_of("users")];
    let first = store
        .role_create(&role("auditor"), Some("Auditor"), &members, &ada())
        .unwrap();
    assert_eq!((first.applied, first.changes), (true, 3));
    assert_eq!(
        store
            .role_create(&role("auditor"), None, &members, &ada())
            .unwrap()
            .changes,
        0
    );
    assert_eq!(
        store
            .role_create(&role("auditor"), None, &[], &ada())
            .unwrap()
            .changes,
        0
    );
    for (label, members) in [(Some("Other"), members.to_vec()), (None, vec![Member::All])] {
        let error = store
            .role_create(&role("auditor"), label, &members, &ada())
            .unwrap_err();
        assert!(matches!(error, WishError::Exists { .. }), "{error:?}");
    }
    let error = store
        .role_create(&role("other"), None, &[permission("users.veiw")], &ada())
        .unwrap_err();
    assert_eq!(
        error.hints(),
        ["did you mean `users.view` or `users.edit`?"]
    );
    let error = store
        .role_create(&role("other"), None, &[all_of("user")], &ada())
        .unwrap_err();
    assert_eq!(
        (error.code(), error.hints()),
        ("unknown-module", vec!["did you mean `users`?".to_owned()])
    );
    assert_eq!(store.role_list().unwrap().len(), 1);
}

#[test]
fn taking_one_permission_from_a_role_tells_what_still_gives_it() {
    let (_fresh, store) = Fresh::store();
    sync(&store, &catalog("1.0.0", &module("users", &USERS), ""));
    let members = [permission("users.view"), all_of("users")];
    store
        .role_create(&role("auditor"), None, &members, &ada())
        .unwrap();
    let taken = store
        .role_disallow(&role("auditor"), &[permission("users.view")], &ada())
        .unwrap();
    assert_eq!(
        (taken.outcome.changes, taken.still_through),
        (1, vec![all_of("users")])
    );
    let again = store
        .role_disallow(&role("auditor"), &[permission("users.view")], &ada())
        .unwrap();
    assert_eq!(
        (again.outcome.changes, again.still_through),
        (0, vec![all_of("users")])
    );
    let error = store
        .role_disallow(&role("auditor"), &[permission("users.nothing")], &ada())
        .unwrap_err();
    assert_eq!(error.code(), "unknown-permission");
}

#[test]
fn rule_2_a_copy_never_holds_more_than_the_role_it_is_of() {
    let (_fresh, store) = Fresh::store();
    let text = roles(r#"{"key": "admin", "mode": "managed", "all": true, "modules": ["users"]}"#);
    sync(
        &store,
        &catalog_of("first", "1.0.0", &module("users", &["view", "edit"]), &text),
    );
    store
        .role_copy(&role("admin"), &role("alone"), None, &ada())
        .unwrap();
    assert_eq!(
        store.role_show(&role("alone")).unwrap().members,
        [Member::All, all_of("users")]
    );
    sync(
        &store,
        &catalog_of("second", "1.0.0", &module("tickets", &["view"]), ""),
    );
    store
        .role_copy(&role("admin"), &role("copy"), None, &ada())
        .unwrap();
    let members = store.role_show(&role("copy")).unwrap().members;
    assert_eq!(
        members,
        [
            all_of("users"),
            permission("users.edit"),
            permission("users.view")
        ]
    );
    assert_eq!(
        store
            .role_copy(&role("admin"), &role("copy"), None, &ada())
            .unwrap()
            .changes,
        0
    );
    let error = store
        .role_copy(&role("admn"), &role("copy2"), None, &ada())
        .unwrap_err();
    assert_eq!(error.hints(), ["did you mean `admin`?"]);
}

#[test]
fn a_role_that_is_not_there_is_named_with_what_is_near() {
    let (_fresh, store) = Fresh::store();
    store
        .role_create(&role("auditor"), None, &[], &ada())
        .unwrap();
    let error = store.role_show(&role("auditer")).unwrap_err();
    assert_eq!(
        (error.code(), error.hints()),
        ("unknown-role", vec!["did you mean `auditor`?".to_owned()])
    );
    let error = store.role_show(&role("zebra")).unwrap_err();
    assert_eq!(
        (error.class(), error.hints()),
        (Class::No, vec!["run `upr role create zebra`".to_owned()])
    );
}

#[test]
fn deleting_a_role_that_is_not_there_is_a_wish_that_is_already_so() {
    let (_fresh, store) = Fresh::store();
    store
        .role_create(&role("auditor"), None, &[], &ada())
        .unwrap();
    for (name, nearest) in [("auditer", vec!["auditor"]), ("zebra", vec![])] {
        let deleted = store.role_delete(&role(name), &ada()).unwrap();
        assert_eq!(
            (deleted.outcome.applied, deleted.outcome.changes),
            (false, 0)
        );
        assert_eq!(deleted.nearest, nearest);
    }
    assert_eq!(store.role_list().unwrap().len(), 1);
}
