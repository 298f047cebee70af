//! Following a store that others change.

use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use upr::access::{Access, Effect, GrantFact, Target};
use upr_core::{Catalog, Scope, SubjectId};
use upr_sync::settings::{OnStale, Settings};
use upr_sync::{
    Actor, Auth, Connection, Database, Follow, Follower, Health, HealthStatus, Migrate, Mode,
    NewUser, Revoke, Store, SyncOptions,
};

/// Long enough for a slow machine, and never waited for in full.
const PATIENCE: Duration = Duration::from_secs(20);

fn catalog() -> Catalog {
    let json = r#"{"version": "1.0", "format": "upr.catalog/1",
        "application": {"name": "papers", "version": "1.0.0"},
        "modules": [{"key": "papers", "permissions": [
            {"key": "papers.view", "action": "view", "kind": "crud"},
            {"key": "papers.read", "action": "read", "kind": "action", "is_deprecated": true,
             "deprecation_message": "use `view`"}]}]}"#;
    Catalog::from_json(json).unwrap()
}

fn ada() -> SubjectId {
    SubjectId::parse("ada").unwrap()
}

fn actor() -> Actor {
    Actor::new("test")
}

fn target(key: &str) -> Target {
    Target::Permission(key.parse().unwrap())
}

fn grant(store: &Store, key: &str) {
    let grant = GrantFact {
        subject: ada(),
        target: target(key),
        scope: Scope::everywhere(),
        effect: Effect::Allow,
        expires_at: None,
    };
    assert!(store.grant(&grant, &actor()).unwrap().outcome.applied);
}

fn revoke(store: &Store, key: &str) {
    let revoke = Revoke {
        subject: ada(),
        target: target(key),
        scope: Some(Scope::everywhere()),
        effect: Effect::Allow,
    };
    assert!(store.revoke(&revoke, &actor()).unwrap().outcome.applied);
}

/// A store that is in step with the catalog, and knows ada, who holds nothing.
fn store(file: &Path) -> Store {
    let store = Store::open(&Database::sqlite(file), Mode::Create).unwrap();
    store.migrate(&Migrate::new("test")).unwrap();
    let store = store.in_environment("test");
    assert!(
        store
            .sync(&catalog(), &SyncOptions::default(), &actor())
            .unwrap()
            .applied
    );
    store.user_create(&NewUser::new(ada()), &actor()).unwrap();
    store
}

fn follow() -> Follow {
    let mut follow = Follow::new(&Settings::strict("test"));
    follow.interval = Duration::from_millis(10);
    follow.max_staleness = Duration::from_millis(100);
    follow
}

fn start(file: &Path, follow: Follow) -> Follower {
    Follower::start(&Database::sqlite(file), "test", follow).unwrap()
}

fn may_view(access: &Access) -> bool {
    access
        .check_key("ada", "papers.view", "")
        .unwrap()
        .is_allowed()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_another_handle_writes_comes_into_force() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    let store = store(&file);
    let follower = start(&file, follow());
    let access = follower.access();
    assert!(!may_view(&access));
    grant(&store, "papers.view");
    wait_until("the grant is in force", || may_view(&access));
    revoke(&store, "papers.view");
    wait_until("the revocation is in force", || !may_view(&access));
}

#[test]
fn what_is_refreshed_is_in_force_at_once() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    let store = store(&file);
    let follower = start(&file, lazy());
    let access = follower.access();
    grant(&store, "papers.view");
    assert!(!may_view(&access), "nobody has looked yet");
    follower.refresh().unwrap();
    assert!(may_view(&access));
    assert!(follower.staleness() < PATIENCE);

    revoke(&store, "papers.view");
    let revision = store.status(None).unwrap().revision;
    follower.at_least(revision, Duration::ZERO).unwrap();
    assert!(!may_view(&access));
    let error = follower.at_least(revision + 1, Duration::from_millis(10));
    assert!(error.unwrap_err().to_string().contains("not in force yet"));
}

/// A connection is told nothing of its own commits, so writers in the process say so themselves
/// (rule 28).
#[test]
fn what_is_written_in_the_process_is_in_force_when_the_call_returns() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    drop(store(&file));
    let follower = start(&file, lazy());
    let access = follower.access();
    let store = follower.open(Mode::Write).unwrap();
    for _ in 0..3 {
        grant(&store, "papers.view");
        assert!(may_view(&access));
        revoke(&store, "papers.view");
        assert!(!may_view(&access));
    }
    let loads = follower.loads();
    assert_eq!((loads.whole, loads.changes), (1, 6));
}

/// Nobody looks but those who are told to.
fn lazy() -> Follow {
    let mut follow = follow();
    follow.interval = Duration::from_secs(3600);
    follow.max_staleness = Duration::from_secs(3600);
    follow
}

#[test]
fn an_unreachable_store_is_an_outage_until_it_is_back() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    grant(&store(&file), "papers.view");
    let follower = start(&file, follow());
    let access = follower.access();
    assert!(may_view(&access));

    let away = folder.path().join("away.db");
    std::fs::rename(&file, &away).unwrap();
    std::fs::write(&file, "this is no database").unwrap();
    wait_until("it is noticed", || {
        access.check_key("ada", "papers.view", "").is_err()
    });
    assert!(follower.staleness() > Duration::from_millis(100));
    let health = Health::observe(&follower, &catalog(), Auth::Operational);
    assert_eq!(
        (health.status, health.database),
        (HealthStatus::Error, Connection::Unreachable)
    );
    assert_eq!(health.error, Some("the database cannot be reached"));

    std::fs::rename(&away, &file).unwrap();
    wait_until("it is back", || {
        access.check_key("ada", "papers.view", "").is_ok()
    });
    assert!(may_view(&access));
}

#[test]
fn a_stale_access_may_be_told_to_go_on() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    grant(&store(&file), "papers.view");
    let mut follow = follow();
    follow.on_stale = OnStale::Serve;
    let follower = start(&file, follow);
    std::fs::remove_file(&file).unwrap();
    wait_until("it is stale", || {
        follower.staleness() > Duration::from_millis(300)
    });
    assert!(may_view(&follower.access()));
}

#[test]
fn a_file_in_the_place_of_another_is_noticed_at_the_same_revision() {
    let folder = folder();
    let (file, other) = (folder.path().join("upr.db"), folder.path().join("other.db"));
    grant(&store(&file), "papers.view");
    // As many changes, so that the revisions are equal.
    grant(&store(&other), "papers.read");
    let revision = |file: &Path| {
        let store = Store::open(&Database::sqlite(file), Mode::Read).unwrap();
        store.status(None).unwrap().revision
    };
    assert_eq!(revision(&file), revision(&other));

    let follower = start(&file, follow());
    assert!(may_view(&follower.access()));
    for suffix in ["", "-wal", "-shm"] {
        let from = folder.path().join(format!("other.db{suffix}"));
        let to = folder.path().join(format!("upr.db{suffix}"));
        // A store that was closed has no log beside it.
        if std::fs::rename(&from, &to).is_err() {
            drop(std::fs::remove_file(&to));
        }
    }
    wait_until("the other store is in force", || {
        follower
            .access()
            .check_key("ada", "papers.view", "")
            .is_ok_and(|d| d.is_denied())
    });
}

#[test]
fn a_store_that_cannot_be_read_is_not_followed() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    let error = Follower::start(&Database::sqlite(&file), "test", follow()).unwrap_err();
    assert!(error.to_string().contains("no schema yet"), "{error}");
    assert!(!file.exists());
    drop(store(&file));
    let error = Follower::start(&Database::sqlite(&file), "production", follow()).unwrap_err();
    assert!(error.to_string().contains("environment"), "{error}");
}

#[test]
fn health_counts_what_the_store_holds() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    let store = store(&file);
    let follower = start(&file, follow());
    let health = || Health::observe(&follower, &catalog(), Auth::Operational);
    assert_eq!(health().status, HealthStatus::Healthy);
    assert_eq!(health().permissions.total, 2);
    assert_eq!(health().permissions.deprecated_in_use, 0);
    assert_eq!(health().revision, store.status(None).unwrap().revision);

    grant(&store, "papers.read");
    assert_eq!(health().permissions.deprecated_in_use, 1);
    assert!(health().to_json().contains("\"status\": \"healthy\""));

    let more = r#"{"version": "1.0", "format": "upr.catalog/1",
        "application": {"name": "papers", "version": "1.1.0"},
        "modules": [{"key": "papers", "permissions": [
            {"key": "papers.sign", "action": "sign", "kind": "action"}]}]}"#;
    let newer = Catalog::from_json(more).unwrap();
    let health = Health::observe(&follower, &newer, Auth::Operational);
    assert_eq!(
        (health.status, health.permissions.missing),
        (HealthStatus::Warning, 1)
    );
    assert_eq!(
        Health::observe(&follower, &catalog(), Auth::Unavailable).status,
        HealthStatus::Error,
    );
}

/// `Follower::start(…)?.access()` would be an access that no revocation ever reaches.
#[test]
fn a_dropped_follower_decides_nothing_more_unless_stale_answers_are_wanted() {
    let folder = folder();
    let file = folder.path().join("upr.db");
    let store = store(&file);
    grant(&store, "papers.view");
    for (on_stale, is_served) in [(OnStale::Refuse, false), (OnStale::Serve, true)] {
        let mut follow = follow();
        follow.on_stale = on_stale;
        let follower = start(&file, follow);
        let access = follower.access();
        assert!(may_view(&access));
        drop(follower);
        let answer = access.check_key("ada", "papers.view", "");
        assert_eq!(answer.is_ok(), is_served, "{answer:?}");
    }
}
