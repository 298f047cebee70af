//! What the macros declare, as a program sees it.

use upr::access::{Access, Refusal};
use upr::{Kind, Module as _, Permission, Registry};

/// User accounts.
///
/// Of people and of machines.
#[upr::module(crud, actions("createTagBinding"(label = "Bind a tag", critical), r#type))]
#[derive(Debug)]
pub struct Users;

/// Send a reset link
/// and end all sessions.
#[upr::action(Users, label = "Reset the password")]
async fn reset_password(name: &str) -> usize {
    name.len()
}

#[upr::action(
    Users,
    deprecated = "use `update` instead",
    since = "1.1.0",
    remove_in = "2.0.0",
    replaced_by = Users::UPDATE
)]
fn edit<'a, T>(value: &'a T, _unrelated: &str) -> &'a T
where
    T: ?Sized,
{
    value
}

#[cfg(not(target_os = "none"))]
#[upr::action(Users, "own-name", const = CHOSEN, description = concat!("a", 1, 'b'))]
fn chosen(granted: upr::granted!(Users::CHOSEN)) -> upr::granted!(Users::CHOSEN) {
    granted
}

#[upr::action(Users, unguarded, description = include_str!("declared.rs"))]
const fn limit() -> usize {
    7
}

#[upr::requires(any(Users::VIEW, all(Users::UPDATE, tickets::CLOSE)))]
fn list(page: u32) -> u32 {
    page
}

#[upr::public("everybody may try")]
fn sign_in() {}

/// Tickets.
#[upr::module("desk.tickets", crud(view), label = "All tickets")]
pub mod tickets {
    /// Close one.
    #[upr::action]
    pub fn close() -> bool {
        true
    }

    /// Reads `VIEW` as any other code in the mod would.
    #[upr::requires(VIEW)]
    pub fn show() {}

    /// Make one of two.
    #[cfg_attr(not(target_os = "none"), upr::action(label = "Merge two"))]
    pub fn merge() {}

    /// Notes on a ticket.
    #[upr::module]
    pub mod notes {
        /// Keep on top.
        #[upr::action]
        pub fn pin() {}
    }
}

upr::role!(
    /// Answers tickets.
    pub SUPPORT = "support", label = "Support", seeded, Users::VIEW, tickets::Permissions::*
);
upr::role!(pub ADMIN = "admin", managed, all);

fn keys(permissions: impl IntoIterator<Item = Permission>) -> Vec<&'static str> {
    permissions.into_iter().map(Permission::key).collect()
}

#[test]
fn the_registry_is_sorted_and_dense() {
    let registry = Registry::global();
    let expected = [
        "desk.tickets.close",
        "desk.tickets.merge",
        "desk.tickets.notes.pin",
        "desk.tickets.view",
        "users.create",
        "users.createTagBinding",
        "users.delete",
        "users.edit",
        "users.limit",
        "users.own-name",
        "users.reset_password",
        "users.type",
        "users.update",
        "users.view",
    ];
    assert_eq!(keys(registry), expected);
    assert_eq!(registry.len(), expected.len());
    for (permission, index) in registry.iter().zip(0..) {
        assert_eq!(permission.index(), Some(index));
        assert_eq!(registry.get(index), Some(permission));
        assert_eq!(registry.find(permission.key()), Some(permission));
        assert_eq!(registry.find_id(permission.id()), Some(permission));
        assert_eq!(
            permission.id(),
            upr::Key::parse(permission.key()).unwrap().id()
        );
    }
    let modules: Vec<&str> = registry.modules().map(upr::ModuleInfo::key).collect();
    assert_eq!(modules, ["desk.tickets", "desk.tickets.notes", "users"]);
    assert_eq!(
        registry.find_module("users").unwrap().label(),
        Users::label()
    );
    assert!(registry.find_module("user").is_none());
}

#[test]
fn a_permission_knows_what_was_said_of_it() {
    assert_eq!(Users::VIEW.kind(), Kind::Crud);
    assert_eq!(Users::TYPE.key(), "users.type");
    assert_eq!(Users::TYPE.kind(), Kind::Action);
    assert_eq!(
        (Users::CREATE.label(), Users::CREATE.description()),
        ("Create", "")
    );
    assert_eq!(Users::CREATE_TAG_BINDING.label(), "Bind a tag");
    assert!(Users::CREATE_TAG_BINDING.is_critical() && !Users::VIEW.is_critical());
    let reset = Users::RESET_PASSWORD;
    assert_eq!(
        (reset.module(), reset.action()),
        ("users", "reset_password")
    );
    assert_eq!(reset.label(), "Reset the password");
    assert_eq!(
        reset.description(),
        "Send a reset link\nand end all sessions."
    );
    assert_eq!(Users::CHOSEN.key(), "users.own-name");
    assert_eq!(Users::CHOSEN.description(), "a1b");
    assert!(
        Users::LIMIT
            .description()
            .starts_with("//! What the macros declare")
    );
    assert_eq!(
        Users::description(),
        "User accounts.\n\nOf people and of machines."
    );
    assert_eq!(tickets::MERGE.label(), "Merge two");
    assert_eq!(tickets::Permissions::label(), "All tickets");
    assert_eq!(tickets::CLOSE, tickets::Permissions::CLOSE);
}

#[test]
#[expect(
    deprecated,
    reason = "the deprecated permission is what is asked about"
)]
fn a_deprecation_names_its_replacement() {
    let deprecation = Users::EDIT.deprecation().unwrap();
    assert_eq!(deprecation.message(), "use `update` instead");
    assert_eq!(
        (deprecation.since(), deprecation.remove_in()),
        (Some("1.1.0"), Some("2.0.0"))
    );
    assert_eq!(deprecation.replaced_by(), Some(Users::UPDATE.id()));
    assert_eq!(Users::UPDATE.deprecation(), None);
}

#[test]
fn permissions_compare_by_key_and_display_as_it() {
    assert!(Users::CREATE < Users::VIEW && tickets::VIEW < Users::CREATE);
    assert_eq!(format!("{:>12}", Users::VIEW), "  users.view");
    assert_eq!(format!("{:?}", Users::VIEW), "Permission(\"users.view\")");
    const ID: u64 = Users::VIEW.id();
    assert_eq!(ID, Users::VIEW.id());
    assert_eq!(
        serde_json::to_string(&Users::VIEW).unwrap(),
        "\"users.view\""
    );
}

#[test]
fn conditions_are_recorded_also_those_that_rustc_hides() {
    let declared = Registry::global().declared();
    let of = |key: &str| {
        declared
            .iter()
            .find(|declared| declared.key == *key)
            .unwrap()
    };
    let condition = Some("not(target_os = \"none\")");
    assert_eq!(of("users.own-name").cfg.as_deref(), condition);
    assert_eq!(of("desk.tickets.merge").cfg.as_deref(), condition);
    assert_eq!(of("users.view").cfg, None);
    assert_eq!(
        (
            of("users.view").package.as_str(),
            of("users.view").krate.as_str()
        ),
        ("upr", "declared")
    );
    assert_eq!(
        of("users.view").version.to_string(),
        env!("CARGO_PKG_VERSION")
    );
    let edit = of("users.edit").deprecation.clone().unwrap();
    assert_eq!(edit.replaced_by.unwrap(), "users.update");
}

#[test]
fn the_catalog_says_the_same() {
    let catalog = Registry::global().catalog();
    assert_eq!(catalog.application().name, "upr");
    assert_eq!(catalog.len(), Registry::global().len());
    let support = &catalog.roles()[1];
    assert_eq!(
        (support.key.as_str(), support.label.as_str(), support.all),
        ("support", "Support", false)
    );
    assert_eq!(
        support.permissions,
        [upr::Key::parse("users.view").unwrap()]
    );
    assert_eq!(
        support.modules,
        [upr::ModuleKey::parse("desk.tickets").unwrap()]
    );
    assert!(catalog.roles()[0].all);
    assert_eq!(
        (SUPPORT.key(), SUPPORT.is_seeded(), ADMIN.holds_all()),
        ("support", true, true)
    );
    let again = upr_core::Catalog::from_json(&catalog.to_json()).unwrap();
    assert_eq!(again.fingerprint(), catalog.fingerprint());
    let other = upr_core::catalog::Application {
        name: "other".into(),
        version: catalog.application().version.clone(),
    };
    assert_eq!(
        Registry::global()
            .catalog_for(other)
            .unwrap()
            .application()
            .name,
        "other"
    );
}

type ListProof = upr::granted!(any(Users::VIEW, all(Users::UPDATE, tickets::CLOSE)));

/// Handlers keep everything of their signature but for the proof in front.
#[test]
fn guarded_functions_want_their_proof() {
    let access = Access::unavailable("no store");
    let refused: Result<upr::granted!(Users::VIEW), Refusal> = access.require("ada", "");
    assert!(matches!(refused, Err(Refusal::Unavailable(_))));
    let by_reset: fn(upr::granted!(Users::RESET_PASSWORD), &'static str) -> _ = reset_password;
    let by_edit: fn(_, &'static str, &str) -> &'static str = edit::<str>;
    let by_list: fn(ListProof, u32) -> u32 = list;
    let by_close: fn(upr::granted!(tickets::CLOSE)) -> bool = tickets::close;
    let by_show: fn(upr::granted!(tickets::VIEW)) = tickets::show;
    let by_merge: fn(upr::granted!(tickets::MERGE)) = tickets::merge;
    let by_pin: fn(upr::granted!(tickets::notes::PIN)) = tickets::notes::pin;
    let by_chosen: fn(upr::granted!(Users::CHOSEN)) -> _ = chosen;
    let _ = (
        by_reset, by_edit, by_list, by_close, by_show, by_merge, by_pin, by_chosen,
    );
    sign_in(upr::Public::new());
    assert_eq!(limit(), 7);
}

/// With `cargo test -p upr --features test`.
#[cfg(all(feature = "test", debug_assertions))]
#[test]
fn tests_may_assume_a_proof() {
    const { assert!(upr::proof::CAN_ASSUME) };
    let granted: ListProof = upr::Granted::assume("ada");
    assert_eq!(
        (granted.subject(), granted.scope(), granted.permission()),
        ("ada", "", Users::VIEW)
    );
    assert_eq!(list(granted, 3), 3);
}
