//! A production store, the people in it, and the steps that a story is told in.

use std::collections::BTreeMap;

use serde_json::Value;
use tempfile::TempDir;
use upr::access::{Effect, Facts, GrantFact, State, Target};
use upr_core::{Catalog, Key, RoleKey, Scope, SubjectId};
use upr_sync::plan::Rule;
use upr_sync::{
    Actor, Database, Member, Mode, NewUser, Revoke, Store, SyncOptions, ValidateOptions,
};
use upr_tests::command::{Ran, Upr};

use crate::decisions::{Decisions, SCOPES, decided, foretold, published};

const SETTINGS: &str =
    "[default]\ndatabase = \"sqlite:upr.db\"\n\n[env.production]\nprotected = true\n";

/// Each step looks at every decision before and after; what a step does not say must not happen.
pub(crate) struct World {
    folder: TempDir,
    store: Store,
    dice: Dice,
    now: Decisions,
}

/// What a step changed for the people who have a name. Whoever is in the crowd is called `u…`, and
/// only the plan foretells what becomes of them.
#[must_use = "a step says what it changes"]
pub(crate) struct Changed(Vec<String>);

impl Changed {
    /// `+ bob tickets.view` is gained everywhere, `- bob tickets.view @acme` lost in one scope.
    #[track_caller]
    pub(crate) fn is(&self, lines: &[&str]) {
        assert_eq!(self.0, lines);
    }

    #[track_caller]
    pub(crate) fn is_nothing(&self) {
        self.is(&[]);
    }
}

impl World {
    pub(crate) fn begins(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("upr.toml"), SETTINGS).unwrap();
        let upr = Upr::new(env!("CARGO_BIN_EXE_upr-under-test"), folder.path());
        let ran = upr.run(&["migrate", "--env", "production"]).unwrap();
        ran.expect_code(0).unwrap();
        let database = Database::sqlite(folder.path().join("upr.db"));
        let store = Store::open(&database, Mode::Write).unwrap();
        Self {
            store: store
                .in_environment("production")
                .with_backups(&folder.path().join("backups")),
            folder,
            dice: Dice(seed),
            now: Decisions::new(),
        }
    }

    // Releases.

    /// Syncs, as the strictest settings allow, and finds nothing to do the second time.
    #[track_caller]
    pub(crate) fn syncs(&mut self, release: &Catalog) -> Changed {
        self.syncs_with(release, |_| {})
    }

    #[track_caller]
    pub(crate) fn syncs_with(
        &mut self,
        release: &Catalog,
        allow: impl FnOnce(&mut SyncOptions),
    ) -> Changed {
        let mut options = SyncOptions::default();
        allow(&mut options);
        let before = self.store.facts().unwrap();
        let plan = self.store.sync(release, &options, &deployer()).unwrap();
        assert_eq!(plan.refused, [], "{}", plan.to_json());
        let changed = self.as_foretold(before, &serde_json::to_value(&plan).unwrap(), release);
        let strict = SyncOptions::default();
        let again = self.store.sync(release, &strict, &deployer()).unwrap();
        assert_eq!((again.changes, again.refused), (0, vec![]));
        changed
    }

    /// As [`World::syncs`], by the command, with its options.
    #[track_caller]
    pub(crate) fn runs_sync(&mut self, release: &Catalog, options: &str) -> Changed {
        let before = self.store.facts().unwrap();
        let plan = self.run(release, &format!("sync --json --no-input {options}"));
        let plan = plan.expect_code(0).unwrap().json().unwrap();
        assert_eq!(plan["refused"], serde_json::json!([]));
        self.as_foretold(before, &plan, release)
    }

    /// The command refuses, with exit code 1, and nothing changes.
    #[track_caller]
    pub(crate) fn command_refuses(&mut self, release: &Catalog, options: &str, says: &str) {
        let before = self.store.facts().unwrap();
        let ran = self.run(release, &format!("sync --no-input {options}"));
        let ran = ran.expect_code(1).unwrap();
        assert!(ran.text().contains(says), "{}", ran.text());
        assert_eq!(self.store.facts().unwrap(), before);
    }

    /// A sync that these rules forbid changes nothing at all.
    #[track_caller]
    pub(crate) fn refuses(&mut self, release: &Catalog, rules: &[Rule]) {
        self.refuses_with(release, rules, |_| {});
    }

    #[track_caller]
    pub(crate) fn refuses_with(
        &mut self,
        release: &Catalog,
        rules: &[Rule],
        allow: impl FnOnce(&mut SyncOptions),
    ) {
        let mut options = SyncOptions::default();
        allow(&mut options);
        let before = self.store.facts().unwrap();
        let plan = self.store.sync(release, &options, &deployer()).unwrap();
        let found: Vec<Rule> = plan.refused.iter().map(|refused| refused.rule).collect();
        assert_eq!(
            (found.as_slice(), plan.applied),
            (rules, false),
            "{plan:#?}"
        );
        assert_eq!(self.store.facts().unwrap(), before);
    }

    /// Nodes of both releases start in any order, and each syncs when it does: the new one is
    /// applied once, the old one changes nothing, and goes on serving whom it served.
    #[track_caller]
    pub(crate) fn rolls_out(&mut self, old: &Catalog, new: &Catalog) -> Changed {
        let began = self.now.clone();
        let mut is_new = false;
        for node in 0..12 {
            // Somebody has to be the first of the new ones, and the last.
            if node == 11 || self.dice.throw(2) == 0 {
                let changed = self.syncs(new);
                assert!(!is_new || changed.0.is_empty());
                is_new = true;
            } else if is_new {
                self.refuses(old, &[Rule::Older]);
            } else {
                self.syncs(old).is_nothing();
            }
            self.serves(old, &began);
        }
        self.since(&began)
    }

    /// Whoever a release served it serves still: its keys are there, and answered as they were.
    #[track_caller]
    fn serves(&self, release: &Catalog, before: &Decisions) {
        let options = ValidateOptions::default();
        let validation = self.store.validate(release, &options).unwrap();
        assert_eq!(
            (validation.valid, validation.missing.len()),
            (true, 0),
            "{validation:?}"
        );
        let lost: Vec<_> = before
            .difference(&self.now)
            .filter(|(_, key, _)| release.find(key).is_some())
            .collect();
        assert_eq!(lost, Vec::<&(String, String, &str)>::new());
    }

    // People.

    pub(crate) fn hires(&mut self, name: &str) {
        let user = NewUser::new(SubjectId::parse(name).unwrap());
        self.store.user_create(&user, &ada()).unwrap();
    }

    /// Grants a role, or a key, which has a dot in it.
    pub(crate) fn gives(&mut self, who: &str, what: &str, at: &str) -> Changed {
        self.grants(who, what, at, Effect::Allow)
    }

    pub(crate) fn denies(&mut self, who: &str, what: &str, at: &str) -> Changed {
        self.grants(who, what, at, Effect::Deny)
    }

    pub(crate) fn takes(&mut self, who: &str, what: &str, at: &str) -> Changed {
        let revoke = Revoke {
            subject: SubjectId::parse(who).unwrap(),
            target: target(what),
            scope: Some(Scope::parse(at).unwrap()),
            effect: Effect::Allow,
        };
        assert_eq!(
            self.store.revoke(&revoke, &ada()).unwrap().outcome.changes,
            1
        );
        self.looked()
    }

    /// Makes a role in the store.
    pub(crate) fn makes_role(&mut self, key: &str, members: &[Member]) {
        let key = RoleKey::parse(key).unwrap();
        self.store.role_create(&key, None, members, &ada()).unwrap();
    }

    /// Takes a permission out of a role.
    pub(crate) fn trims(&mut self, role: &str, member: &str) -> Changed {
        let (role, member) = (RoleKey::parse(role).unwrap(), Key::parse(member).unwrap());
        let member = [Member::Permission(member)];
        self.store.role_disallow(&role, &member, &ada()).unwrap();
        self.looked()
    }

    /// A crowd of subjects is given and denied things at random, so that every release meets
    /// holders that nobody thought of.
    pub(crate) fn lives_on(&mut self) {
        let facts = self.store.facts().unwrap();
        let keys: Vec<String> = facts
            .permissions
            .iter()
            .filter(|fact| fact.state != State::Retired)
            .map(|fact| fact.key.to_string())
            .collect();
        let roles: Vec<String> = facts
            .roles
            .iter()
            .map(|role| role.key.to_string())
            .collect();
        for _ in 0..8 {
            let who = format!("u{}", self.dice.throw(12));
            let from = if self.dice.throw(3) == 0 {
                &roles
            } else {
                &keys
            };
            let what = from[self.dice.throw(from.len())].clone();
            let at = SCOPES[self.dice.throw(SCOPES.len())];
            self.hires(&who);
            let effect = if self.dice.throw(4) == 0 {
                Effect::Deny
            } else {
                Effect::Allow
            };
            self.grants(&who, &what, at, effect).is_nothing();
        }
    }

    /// Somebody leaves the crowd's grants of a key behind no more.
    pub(crate) fn sweeps(&mut self, key: &str) {
        let grants = self.store.facts().unwrap().grants;
        for grant in grants
            .into_iter()
            .filter(|grant| grant.target == target(key))
        {
            let revoke = Revoke {
                subject: grant.subject,
                target: grant.target,
                scope: Some(grant.scope),
                effect: grant.effect,
            };
            self.store.revoke(&revoke, &ada()).unwrap();
        }
        self.now = self.look();
    }

    // Hands.

    /// Somebody with a shell edits rows; the next sync of the same release mends them.
    #[track_caller]
    pub(crate) fn is_edited_and_mended(&mut self, release: &Catalog, sql: &str) {
        let before = self.now.clone();
        self.is_edited(sql);
        let validation = self.store.validate(release, &ValidateOptions::default());
        assert!(!validation.unwrap().valid, "{sql}");
        let _ = self.syncs(release);
        assert_eq!(self.now, before, "{sql}");
    }

    pub(crate) fn is_edited(&mut self, sql: &str) {
        let connection = rusqlite::Connection::open(self.folder.path().join("upr.db")).unwrap();
        connection.execute_batch(sql).unwrap();
        self.now = self.look();
    }

    /// What `upr validate` warns of or calls an error.
    pub(crate) fn findings(&self, release: &Catalog) -> Vec<String> {
        let validation = self
            .store
            .validate(release, &ValidateOptions::default())
            .unwrap();
        [validation.errors, validation.warnings].concat()
    }

    /// The trail of all of it is whole.
    pub(crate) fn ends(self) {
        assert_eq!(self.store.trail().unwrap().broken, None);
        let connection = rusqlite::Connection::open(self.folder.path().join("upr.db")).unwrap();
        let integrity = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        assert_eq!(integrity, Ok("ok".to_owned()));
    }

    // What all steps rest on.

    fn grants(&mut self, who: &str, what: &str, at: &str, effect: Effect) -> Changed {
        let grant = GrantFact {
            subject: subject(who),
            target: target(what),
            scope: Scope::parse(at).unwrap(),
            effect,
            expires_at: None,
        };
        self.store.grant(&grant, &ada()).unwrap();
        self.looked()
    }

    fn run(&self, release: &Catalog, line: &str) -> Ran {
        let catalog = self.folder.path().join("upr-catalog.json");
        std::fs::write(catalog, release.to_json()).unwrap();
        let upr = Upr::new(env!("CARGO_BIN_EXE_upr-under-test"), self.folder.path());
        let upr = upr.with(&["--env", "production", "--catalog", "upr-catalog.json"]);
        let words: Vec<&str> = line.split_whitespace().collect();
        upr.run(&words).unwrap()
    }

    /// The heart of it: what is decided now is what was decided before, and what the plan said.
    #[track_caller]
    fn as_foretold(&mut self, before: Facts, plan: &Value, release: &Catalog) -> Changed {
        let foretold = foretold(before, plan, release);
        let unforeseen = lines(&foretold, &self.look());
        assert_eq!(unforeseen, Vec::<String>::new(), "{plan:#}");
        self.looked()
    }

    fn looked(&mut self) -> Changed {
        let before = std::mem::take(&mut self.now);
        self.now = self.look();
        self.since(&before)
    }

    fn since(&self, before: &Decisions) -> Changed {
        let mut lines = lines(before, &self.now);
        lines.retain(|line| !line[2..].starts_with('u'));
        Changed(lines)
    }

    fn look(&self) -> Decisions {
        let decided = decided(self.store.facts().unwrap());
        let published = published(&self.folder.path().join("upr.db"));
        assert_eq!(lines(&decided, &published), Vec::<String>::new());
        decided
    }
}

/// The difference for people: `+ who key` when it is so in every scope, else with the scope.
fn lines(before: &Decisions, after: &Decisions) -> Vec<String> {
    let mut lines = Vec::new();
    for (sign, more, less) in [('+', after, before), ('-', before, after)] {
        let mut pairs: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (subject, key, scope) in more.difference(less) {
            pairs.entry((subject, key)).or_default().push(scope);
        }
        for ((subject, key), scopes) in pairs {
            let line = format!("{sign} {subject} {key}");
            if scopes.len() == SCOPES.len() {
                lines.push(line);
            } else {
                lines.extend(scopes.iter().map(|scope| format!("{line} @{scope}")));
            }
        }
    }
    lines
}

fn target(what: &str) -> Target {
    match Key::parse(what) {
        Ok(key) => Target::Permission(key),
        Err(_) => Target::Role(RoleKey::parse(what).unwrap()),
    }
}

fn subject(id: &str) -> SubjectId {
    SubjectId::parse(id).unwrap()
}

fn ada() -> Actor {
    Actor::new("ada")
}

fn deployer() -> Actor {
    Actor::new("deploy")
}

/// Numbers that look random and are the same in every run (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}
