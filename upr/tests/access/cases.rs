//! The rules of deciding, one table row each: a grant that ends this instant, a clock set back, a
//! deny in the empty scope, a role that is gone, and what else has a sharp edge.

use upr::access::{
    Access, Effect, Facts, GrantFact, MissReason, PermissionFact, Reason, RoleFact, Snapshot,
    State, StepKind, SubjectFact, Target,
};
use upr::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

const NOON: i64 = 1_000_000;

/// Facts written down in a line each.
#[derive(Clone, Default)]
struct World(Facts);

impl World {
    /// Active keys of the application `desk`, and the active subject `ada`.
    fn new(keys: &[&str]) -> Self {
        let mut world = Self::default().subject("ada", true);
        for key in keys {
            world = world.permission(key, "desk", State::Active, None);
        }
        world
    }

    fn permission(
        mut self,
        key: &str,
        application: &str,
        state: State,
        alias_of: Option<&str>,
    ) -> Self {
        self.0.permissions.push(PermissionFact {
            key: Key::parse(key).unwrap(),
            application: application.into(),
            state,
            alias_of: alias_of.map(|key| Key::parse(key).unwrap()),
            critical: false,
        });
        self
    }

    fn subject(mut self, id: &str, active: bool) -> Self {
        self.0.subjects.push(SubjectFact {
            id: SubjectId::parse(id).unwrap(),
            active,
        });
        self
    }

    /// A member that ends in `.*` is a module, `*` is everything.
    fn role(mut self, key: &str, application: &str, members: &[&str]) -> Self {
        let modules = members
            .iter()
            .filter_map(|member| member.strip_suffix(".*"));
        let single = members.iter().filter(|member| !member.ends_with('*'));
        self.0.roles.push(RoleFact {
            key: RoleKey::parse(key).unwrap(),
            application: application.into(),
            all: members.contains(&"*"),
            modules: modules.map(|key| ModuleKey::parse(key).unwrap()).collect(),
            permissions: single.map(|key| Key::parse(key).unwrap()).collect(),
        });
        self
    }

    fn grant(mut self, target: Target, scope: &str, effect: Effect, end: Option<i64>) -> Self {
        self.0.grants.push(GrantFact {
            subject: SubjectId::parse("ada").unwrap(),
            target,
            scope: Scope::parse(scope).unwrap(),
            effect,
            expires_at: end.map(Timestamp::from_micros),
        });
        self
    }

    fn allow(self, key: &str, scope: &str) -> Self {
        self.grant(permission(key), scope, Effect::Allow, None)
    }

    fn deny(self, key: &str, scope: &str) -> Self {
        self.grant(permission(key), scope, Effect::Deny, None)
    }

    fn allow_role(self, key: &str, scope: &str) -> Self {
        self.grant(role(key), scope, Effect::Allow, None)
    }

    fn deny_role(self, key: &str, scope: &str) -> Self {
        self.grant(role(key), scope, Effect::Deny, None)
    }

    fn newest(mut self, micros: i64) -> Self {
        self.0.newest_time = Timestamp::from_micros(micros);
        self
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::compile(self.0.clone())
    }

    fn ask(&self, key: &str, scope: &str, clock: i64) -> Reason {
        let clock = Timestamp::from_micros(clock);
        self.snapshot()
            .check_key_at("ada", key, scope, clock)
            .reason()
    }
}

fn permission(key: &str) -> Target {
    Target::Permission(Key::parse(key).unwrap())
}

fn role(key: &str) -> Target {
    Target::Role(RoleKey::parse(key).unwrap())
}

#[test]
fn rule_1_scopes_are_equal_or_empty_and_deny_wins() {
    use Reason::{Allowed, Denied, NoGrant};
    let world = || World::new(&["users.view"]);
    let key = "users.view";
    // Asked in the empty scope, in `acme`, and in `other`.
    let table = [
        (world(), [NoGrant, NoGrant, NoGrant]),
        (world().allow(key, ""), [Allowed, Allowed, Allowed]),
        (world().allow(key, "acme"), [NoGrant, Allowed, NoGrant]),
        (
            world().allow(key, "").deny(key, "acme"),
            [Allowed, Denied, Allowed],
        ),
        (
            world().allow(key, "acme").deny(key, ""),
            [Denied, Denied, Denied],
        ),
        (
            world().allow(key, "").allow(key, "acme").deny(key, ""),
            [Denied, Denied, Denied],
        ),
        (world().deny(key, "acme"), [NoGrant, Denied, NoGrant]),
        (
            world().allow(key, "").deny(key, "acme.eu"),
            [Allowed, Allowed, Allowed],
        ),
        (world().allow(key, "ACME"), [NoGrant, NoGrant, NoGrant]),
        (world().allow(key, "acm"), [NoGrant, NoGrant, NoGrant]),
    ];
    for (row, (world, expected)) in table.into_iter().enumerate() {
        let got = ["", "acme", "other"].map(|scope| world.ask(key, scope, NOON));
        assert_eq!(got, expected, "row {row}");
    }
}

#[test]
fn rule_2_a_wildcard_is_exactly_its_module() {
    let keys = [
        "users.view",
        "users.roles.view",
        "users.roles.edit",
        "usersx.view",
        "Users.view",
    ];
    let world = World::new(&keys)
        .role("support", "desk", &["users.*"])
        .allow_role("support", "");
    let held: Vec<_> = keys
        .iter()
        .filter(|key| world.ask(key, "", NOON) == Reason::Allowed)
        .collect();
    assert_eq!(held, [&"users.view"]);
    let nested = World::new(&keys)
        .role("r", "desk", &["users.roles.*"])
        .allow_role("r", "");
    let held = nested
        .snapshot()
        .permissions_of_at("ada", "", Timestamp::from_micros(NOON));
    assert_eq!(
        held.iter().map(Key::as_str).collect::<Vec<_>>(),
        keys[1..3].iter().rev().copied().collect::<Vec<_>>()
    );
}

#[test]
fn rule_2_wildcards_stop_at_their_application() {
    let world = |application: &str, member: &str| {
        World::new(&["m.own"])
            .permission("m.other", "shop", State::Active, None)
            .role("r", application, &[member])
            .allow_role("r", "")
    };
    use Reason::{Allowed, NoGrant};
    let table = [
        // A role of `desk`, of `shop`, of neither, and one made in the store.
        ("desk", "*", [Allowed, NoGrant]),
        ("desk", "m.*", [Allowed, NoGrant]),
        ("shop", "*", [NoGrant, Allowed]),
        ("shop", "m.*", [NoGrant, Allowed]),
        ("bank", "*", [NoGrant, NoGrant]),
        ("", "*", [Allowed, Allowed]),
        ("", "m.*", [Allowed, Allowed]),
        // By name a role may hold any application's key.
        ("desk", "m.other", [NoGrant, Allowed]),
    ];
    for (application, member, expected) in table {
        let world = world(application, member);
        let got = ["m.own", "m.other"].map(|key| world.ask(key, "", NOON));
        assert_eq!(got, expected, "{application:?} {member}");
    }
}

#[test]
fn rule_3_a_denied_role_denies_what_it_holds_now() {
    let world = World::new(&["m.a", "m.b", "k.c"])
        .role("everything", "desk", &["*"])
        .role("interns", "desk", &["m.*"])
        .allow_role("everything", "")
        .deny_role("interns", "");
    assert_eq!(world.ask("m.a", "", NOON), Reason::Denied);
    assert_eq!(world.ask("k.c", "", NOON), Reason::Allowed);
    // What the module gains later is denied as well.
    let grown = world.permission("m.later", "desk", State::Active, None);
    assert_eq!(grown.ask("m.later", "", NOON), Reason::Denied);
}

#[test]
fn rule_4_an_end_is_the_first_moment_that_no_longer_counts() {
    use Reason::{Allowed, Denied, NoGrant};
    let ends = |effect| {
        World::new(&["m.a"])
            .allow("m.a", "other")
            .grant(permission("m.a"), "", effect, Some(NOON))
    };
    let allow = ends(Effect::Allow);
    let moments = [i64::MIN, NOON - 1, NOON, NOON + 1, i64::MAX];
    assert_eq!(
        moments.map(|clock| allow.ask("m.a", "", clock)),
        [Allowed, Allowed, NoGrant, NoGrant, NoGrant],
    );
    // A deny that has ended lets the allow through again.
    let deny = ends(Effect::Deny);
    assert_eq!(
        moments.map(|clock| deny.ask("m.a", "other", clock)),
        [Denied, Denied, Allowed, Allowed, Allowed],
    );
}

#[test]
fn rule_4_a_clock_set_back_revives_nothing() {
    let world = World::new(&["m.a"]).grant(permission("m.a"), "", Effect::Allow, Some(NOON));
    // The store has seen the end: whatever the clock shows, the grant is over.
    for newest in [NOON, NOON + 5] {
        assert_eq!(
            world.clone().newest(newest).ask("m.a", "", 0),
            Reason::NoGrant
        );
    }
    // It has not: the later of the two counts.
    let before = world.newest(NOON - 1);
    assert_eq!(before.ask("m.a", "", 0), Reason::Allowed);
    assert_eq!(before.ask("m.a", "", NOON), Reason::NoGrant);
}

#[test]
fn rule_6_grants_that_differ_only_in_effect_or_scope_stand_side_by_side() {
    let world = World::new(&["m.a"])
        .role("r", "desk", &["m.a"])
        .allow_role("r", "")
        .grant(role("r"), "", Effect::Deny, Some(NOON))
        .allow("m.a", "acme");
    assert_eq!(world.ask("m.a", "", NOON - 1), Reason::Denied);
    assert_eq!(world.ask("m.a", "", NOON), Reason::Allowed);
}

#[test]
fn rule_8_a_retired_key_is_answered_by_its_replacement() {
    let world = World::new(&["users.update"])
        .permission("users.edit", "desk", State::Retired, Some("users.change"))
        .permission("users.change", "desk", State::Retired, Some("users.update"))
        .permission("users.gone", "desk", State::Retired, None)
        .permission("users.circle", "desk", State::Retired, Some("users.circle"))
        .role("r", "desk", &["users.*"]);
    let allowed = world.clone().allow("users.update", "acme");
    assert_eq!(allowed.ask("users.edit", "acme", NOON), Reason::Allowed);
    assert_eq!(allowed.ask("users.edit", "", NOON), Reason::NoGrant);
    let denied = allowed.clone().deny("users.update", "");
    assert_eq!(denied.ask("users.edit", "acme", NOON), Reason::Denied);
    // A wildcard holds no retired key, and it holds the replacement.
    let wildcard = world.clone().allow_role("r", "");
    assert_eq!(wildcard.ask("users.edit", "", NOON), Reason::Allowed);
    for key in ["users.gone", "users.circle"] {
        assert_eq!(
            wildcard.ask(key, "", NOON),
            Reason::RetiredPermission,
            "{key}"
        );
    }
    // Rows that still name a retired key count for nothing, neither way.
    assert_eq!(
        world
            .clone()
            .allow("users.edit", "")
            .ask("users.edit", "", NOON),
        Reason::NoGrant
    );
    assert_eq!(
        world
            .clone()
            .allow("users.gone", "")
            .ask("users.gone", "", NOON),
        Reason::RetiredPermission
    );
    assert_eq!(
        world
            .allow("users.update", "")
            .deny("users.edit", "")
            .ask("users.edit", "", NOON),
        Reason::Allowed,
    );
}

#[test]
fn every_state_but_retired_decides_alike() {
    let world = World::default()
        .subject("ada", true)
        .permission("m.active", "desk", State::Active, None)
        .permission("m.deprecated", "desk", State::Deprecated, None)
        .permission("m.orphan", "desk", State::Orphan, None)
        // An alias is followed from retired keys only.
        .permission("m.revived", "desk", State::Active, Some("m.orphan"))
        .deny("m.orphan", "narrow")
        .role("r", "desk", &["m.*"])
        .allow_role("r", "");
    for key in ["m.active", "m.deprecated", "m.orphan", "m.revived"] {
        assert_eq!(world.ask(key, "", NOON), Reason::Allowed, "{key}");
    }
    assert_eq!(world.ask("m.revived", "narrow", NOON), Reason::Allowed);
    assert_eq!(world.ask("m.orphan", "narrow", NOON), Reason::Denied);
}

#[test]
fn whatever_is_not_there_is_a_denial() {
    let world = World::new(&["m.a"])
        .subject("gone", false)
        .role("r", "desk", &["m.a", "m.unknown"])
        .allow_role("r", "")
        .allow_role("deleted", "")
        .deny_role("deleted", "")
        .allow("m.unknown", "")
        .deny("m.unknown", "");
    let snapshot = world.snapshot();
    let at = Timestamp::from_micros(NOON);
    let table = [
        ("ada", "m.a", Reason::Allowed),
        ("ada", "m.unknown", Reason::UnknownPermission),
        ("ada", "", Reason::UnknownPermission),
        ("ada", "m.a\0", Reason::UnknownPermission),
        ("ada", "M.a", Reason::UnknownPermission),
        ("Ada", "m.a", Reason::UnknownSubject),
        ("", "m.a", Reason::UnknownSubject),
        ("gone", "m.a", Reason::InactiveSubject),
        ("gone", "m.unknown", Reason::UnknownPermission),
    ];
    for (subject, key, expected) in table {
        let decision = snapshot.check_key_at(subject, key, "", at);
        assert_eq!(decision.reason(), expected, "{subject:?} {key:?}");
        assert_eq!(decision.is_denied(), expected != Reason::Allowed);
    }
}

#[test]
fn an_inactive_subject_with_a_direct_grant_is_denied() {
    let inactive = World::new(&["m.a"]).allow("m.a", "").subject("ada", false);
    assert_eq!(inactive.ask("m.a", "", NOON), Reason::InactiveSubject);
    assert_eq!(inactive.snapshot().subjects(), 1);
    let back = inactive.subject("ada", true);
    assert_eq!(back.ask("m.a", "", NOON), Reason::Allowed);
}

#[test]
fn what_is_listed_twice_is_taken_at_its_last_mention() {
    let world = World::new(&["m.a"])
        .role("r", "desk", &["*"])
        .role("r", "desk", &[])
        .allow_role("r", "");
    assert_eq!(world.ask("m.a", "", NOON), Reason::NoGrant);
    let world =
        World::new(&["m.a"])
            .allow("m.a", "")
            .permission("m.a", "desk", State::Retired, None);
    assert_eq!(world.ask("m.a", "", NOON), Reason::RetiredPermission);
}

#[test]
fn no_facts_deny_everything() {
    let snapshot = Snapshot::compile(Facts::default());
    let at = Timestamp::from_micros(NOON);
    let decision = snapshot.check_key_at("ada", "m.a", "", at);
    assert_eq!(decision.reason(), Reason::UnknownPermission);
    assert!(snapshot.permissions_of_at("ada", "", at).is_empty());
    assert!(snapshot.subjects_with_at("m.a", "", at).is_empty());
}

#[test]
fn an_explanation_names_the_way_and_what_misses() {
    let world = World::new(&["tickets.close", "tickets.view"])
        .permission(
            "tickets.shut",
            "desk",
            State::Retired,
            Some("tickets.close"),
        )
        .role("support", "desk", &["tickets.*"])
        .role("boss", "desk", &["*"])
        .role("closer", "desk", &["tickets.close"])
        .allow_role("support", "acme")
        .grant(role("boss"), "", Effect::Allow, Some(NOON))
        .deny_role("closer", "secret");
    let at = Timestamp::from_micros(NOON);
    let snapshot = world.snapshot();

    let explained = snapshot.explain_at("ada", "tickets.shut", "acme", at);
    assert!(explained.decision().is_allowed());
    assert_eq!(explained.answered_by().unwrap().as_str(), "tickets.close");
    let path: Vec<_> = explained
        .path()
        .iter()
        .map(|s| (s.kind, s.key.as_str()))
        .collect();
    assert_eq!(
        path,
        [(StepKind::Role, "support"), (StepKind::Module, "tickets")]
    );
    assert_eq!(explained.path()[0].scope, "acme");
    let misses: Vec<_> = explained
        .misses()
        .iter()
        .map(|m| (m.path[0].key.as_str(), m.reason))
        .collect();
    assert_eq!(
        misses,
        [
            ("closer", MissReason::OtherScope),
            ("boss", MissReason::Ended)
        ]
    );
    assert_eq!(explained.misses()[1].path[1].kind, StepKind::All);
    assert_eq!(explained.misses()[1].path[0].expires_at, Some(at));

    let denied = snapshot.explain_at("ada", "tickets.close", "secret", at);
    assert_eq!(denied.decision().reason(), Reason::Denied);
    let path: Vec<_> = denied
        .path()
        .iter()
        .map(|s| (s.kind, s.key.as_str()))
        .collect();
    assert_eq!(
        path,
        [
            (StepKind::Deny, "closer"),
            (StepKind::Grant, "tickets.close")
        ]
    );

    let missing = snapshot.explain_at("ada", "tickets.close", "", at);
    assert_eq!(missing.decision().reason(), Reason::NoGrant);
    assert!(missing.path().is_empty());
    assert_eq!(missing.misses().len(), 3);
}

#[test]
fn an_outage_is_neither_a_denial_nor_a_grant() {
    let world = World::new(&["m.a"]).allow("m.a", "");
    let access = Access::unavailable("the store has not been read yet");
    access.mark_available();
    assert!(
        access.check_key("ada", "m.a", "").is_err(),
        "nothing was ever read"
    );

    access.replace(world.snapshot());
    let other = access.clone();
    assert!(other.check_key("ada", "m.a", "").unwrap().is_allowed());

    access.mark_unavailable("disk on fire");
    let outage = other.check_key("ada", "m.a", "").unwrap_err();
    assert_eq!(outage.cause(), "disk on fire");
    assert_eq!(
        outage.to_string(),
        "permissions cannot be decided at the moment: disk on fire",
    );
    assert!(other.explain("ada", "m.a", "").is_err());
    assert!(other.permissions_of("ada", "").is_err());
    assert!(other.subjects_with("m.a", "").is_err());
    assert!(other.snapshot().is_err());

    access.mark_available();
    assert!(other.check_key("ada", "m.a", "").unwrap().is_allowed());
    assert_eq!(other.subjects_with("m.a", "").unwrap()[0].as_str(), "ada");
    assert_eq!(other.permissions_of("ada", "").unwrap()[0].as_str(), "m.a");

    access.replace(world.deny("m.a", "").snapshot());
    assert!(other.check_key("ada", "m.a", "").unwrap().is_denied());
}

#[test]
fn what_is_logged_of_an_access_names_nobody() {
    let world = World::new(&["m.a"])
        .subject("ada", true)
        .allow("m.a", "acme");
    let shown = format!("{:?}", Access::new(world.snapshot()));
    for secret in ["ada", "m.a", "acme"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("subjects: 1"), "{shown}");
}
