//! Roles of somebody else that the code declares: a conflict, until they are adopted (rule 14).

use upr::access::{Effect, GrantFact, Target};
use upr_core::{Catalog, ModuleKey};
use upr_sync::plan::Rule;
use upr_sync::{Class, Failure, Member, Mode, NewUser, RoleMode, Store, SyncOptions};

use crate::fresh::{Fresh, ada, catalog_of, key, module, role, scope, subject, sync};

/// An application with a role `support`.
fn app(name: &str, actions: &[&str], mode: &str, holds: &str) -> Catalog {
    let roles = format!(r#", "roles": [{{"key": "support", "mode": "{mode}", {holds}}}]"#);
    catalog_of(name, "1.0.0", &module(name, actions), &roles)
}

fn desk(mode: &str) -> Catalog {
    app(
        "desk",
        &["view", "edit"],
        mode,
        r#""permissions": ["desk.view"]"#,
    )
}

fn shop() -> Catalog {
    app("shop", &["sell"], "managed", r#""modules": ["shop"]"#)
}

fn has(store: &Store, id: &str, permission: &str) -> bool {
    store
        .check(&subject(id), &key(permission), &scope(""))
        .unwrap()
        .is_allowed()
}

fn give(store: &Store, id: &str, effect: Effect) {
    store
        .user_create(&NewUser::new(subject(id)), &ada())
        .unwrap();
    let grant = GrantFact {
        subject: subject(id),
        target: Target::Role(role("support")),
        scope: scope(""),
        effect,
        expires_at: None,
    };
    store.grant(&grant, &ada()).unwrap();
}

#[test]
fn rule_14_a_role_of_another_application_is_a_conflict_until_it_is_adopted() {
    let (fresh, store) = Fresh::store();
    sync(&store, &shop());
    give(&store, "1", Effect::Allow);
    give(&store, "2", Effect::Deny);
    let plan = store
        .sync(&desk("managed"), &SyncOptions::default(), &ada())
        .unwrap();
    assert_eq!(
        (plan.refused.len(), plan.refused[0].rule),
        (1, Rule::Conflict)
    );
    assert!(
        plan.refused[0]
            .detail
            .contains("belongs to application `shop`")
    );
    assert!(plan.refused[0].remedy().contains("upr role adopt"));
    assert!(has(&store, "1", "shop.sell"));

    // A dry run says the same and writes nothing.
    let before = store.status(None).unwrap().revision;
    let adopt = |store: &Store| {
        store
            .role_adopt(&desk("managed"), &role("support"), &ada())
            .unwrap()
    };
    let dry = adopt(&fresh.open(Mode::DryRun));
    assert_eq!((dry.outcome.applied, dry.outcome.changes), (false, 1));
    assert_eq!(store.status(None).unwrap().revision, before);
    let adopted = adopt(&store);
    assert_eq!(
        (adopted.outcome.applied, adopted.outcome.changes),
        (true, 1)
    );
    assert_eq!(
        (adopted.from.as_str(), adopted.to.as_str(), adopted.mode),
        ("shop", "desk", RoleMode::Managed)
    );
    assert_eq!((adopted.subjects, adopted.denied), (1, 1));
    // `shop.*` means the new owner's keys, of which there are none in that module.
    assert_eq!(
        (adopted.gains.len(), &adopted.loses),
        (0, &vec![key("shop.sell")])
    );
    let all_of_shop = Member::Module(ModuleKey::parse("shop").unwrap());
    assert_eq!(adopted.sync_adds, [Member::Permission(key("desk.view"))]);
    assert_eq!(adopted.sync_removes, [all_of_shop]);
    assert_eq!(dry.loses, adopted.loses);
    assert!(!has(&store, "1", "shop.sell"), "it was said who loses");

    // Who has the role keeps it; the next sync sets what it holds, guarded as any.
    let options = SyncOptions {
        expect_loss: Some(1),
        ..SyncOptions::default()
    };
    let plan = store.sync(&desk("managed"), &options, &ada()).unwrap();
    assert_eq!(plan.refused, []);
    assert_eq!(plan.roles[0].add, adopted.sync_adds);
    assert_eq!(plan.roles[0].remove, adopted.sync_removes);
    assert!(has(&store, "1", "desk.view") && !has(&store, "2", "desk.view"));
    assert_eq!(
        adopt(&store).outcome.changes,
        0,
        "a wish that is already so"
    );

    // Now it is the other application that has a conflict.
    let plan = store
        .sync(&shop(), &SyncOptions::default(), &ada())
        .unwrap();
    assert_eq!(plan.refused[0].rule, Rule::Conflict, "{plan:#?}");
}

#[test]
fn rule_14_a_role_made_in_the_store_is_adopted_and_keeps_what_a_seeded_one_may() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog_of("shop", "1.0.0", &module("shop", &["sell"]), ""),
    );
    sync(
        &store,
        &catalog_of("desk", "0.9.0", &module("desk", &["view", "edit"]), ""),
    );
    let members = [Member::All, Member::Permission(key("shop.sell"))];
    store
        .role_create(&role("support"), Some("Helpers"), &members, &ada())
        .unwrap();
    give(&store, "1", Effect::Allow);
    let adopted = store
        .role_adopt(&desk("seeded"), &role("support"), &ada())
        .unwrap();
    assert_eq!(
        (adopted.from.as_str(), adopted.mode),
        ("", RoleMode::Seeded)
    );
    // Everything is everything of one application now; what is named is kept.
    assert_eq!((adopted.gains.len(), adopted.loses.len()), (0, 0));
    assert_eq!(adopted.sync_adds, [Member::Permission(key("desk.view"))]);
    assert_eq!(adopted.sync_removes, []);
    sync(&store, &desk("seeded"));
    assert!(has(&store, "1", "shop.sell") && has(&store, "1", "desk.edit"));
    let role = store.role_show(&role("support")).unwrap();
    assert_eq!(
        (role.application.as_str(), role.label.as_str()),
        ("desk", "Support")
    );
    assert_eq!(role.members.len(), 3);
    // It can be told from the history who owned it.
    assert_eq!(store.trail().unwrap().broken, None);
}

#[test]
fn rule_14_what_is_not_declared_or_not_there_is_not_adopted() {
    let (_fresh, store) = Fresh::store();
    let catalog = desk("managed");
    let adopt = |name: &str| store.role_adopt(&catalog, &role(name), &ada()).unwrap_err();
    let error = adopt("support");
    assert_eq!((error.code(), error.class()), ("not-in-store", Class::No));
    assert_eq!(error.hints(), ["`upr sync` makes it"]);
    store.role_create(&role("lead"), None, &[], &ada()).unwrap();
    let error = adopt("lead");
    assert_eq!((error.code(), error.class()), ("undeclared", Class::No));
    assert!(
        error
            .to_string()
            .contains("the code of `desk` declares no role `lead`")
    );
}

/// Keys have no adoption: whose they are is said by the code.
#[test]
fn rule_14_a_key_of_another_application_is_a_conflict() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog_of("shop", "1.0.0", &module("desk", &["view"]), ""),
    );
    let plan = store
        .sync(&desk("managed"), &SyncOptions::default(), &ada())
        .unwrap();
    let [refused] = plan.refused.as_slice() else {
        panic!("{plan:#?}");
    };
    assert_eq!(
        (refused.rule, refused.detail.as_str()),
        (
            Rule::Conflict,
            "permission `desk.view` belongs to application `shop`"
        )
    );
    assert!(!plan.applied);
}
