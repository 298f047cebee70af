//! A store of one's own, and a few words for what tests do with it.

use std::path::PathBuf;

use tempfile::TempDir;
use upr_core::{Catalog, Key, RoleKey, Scope, SubjectId};
use upr_sync::{Actor, Database, Migrate, Mode, Plan, Store, SyncOptions};

/// A database that is gone with the test.
pub(crate) struct Fresh {
    folder: TempDir,
}

impl Fresh {
    /// A place where nothing is yet.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A store of the environment `test`.
    pub(crate) fn store() -> (Self, Store) {
        let fresh = Self::empty();
        let store = fresh.open(Mode::Create);
        store.migrate(&Migrate::new("test")).unwrap();
        (fresh, store)
    }

    pub(crate) fn database(&self) -> Database {
        Database::sqlite(self.path())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("upr.db")
    }

    pub(crate) fn open(&self, mode: Mode) -> Store {
        Store::open(&self.database(), mode).unwrap()
    }

    /// Runs SQL as a person with a shell would.
    pub(crate) fn sql(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// Asks SQL for one text.
    pub(crate) fn ask(&self, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection
            .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
            .map_or_else(
                |error| error.to_string(),
                |value| match value {
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    other => format!("{other:?}"),
                },
            )
    }

    /// The names in the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// A catalog of the application `app`: its version, its modules as JSON, and whatever else.
pub(crate) fn catalog(version: &str, modules: &str, rest: &str) -> Catalog {
    catalog_of("app", version, modules, rest)
}

pub(crate) fn catalog_of(name: &str, version: &str, modules: &str, rest: &str) -> Catalog {
    let text = format!(
        r#"{{"version": "1.0", "format": "upr.catalog/1",
            "application": {{"name": "{name}", "version": "{version}"}}, "modules": [{modules}] {rest}}}"#
    );
    Catalog::from_json(&text).unwrap()
}

/// A module with plain actions: `module("users", &["view", "edit"])`.
pub(crate) fn module(key: &str, actions: &[&str]) -> String {
    let actions: Vec<String> = actions
        .iter()
        .map(|action| format!(r#"{{"key": "{key}.{action}"}}"#))
        .collect();
    format!(
        r#"{{"key": "{key}", "permissions": [{}]}}"#,
        actions.join(", ")
    )
}

pub(crate) fn sync(store: &Store, catalog: &Catalog) -> Plan {
    let plan = store
        .sync(catalog, &SyncOptions::default(), &ada())
        .unwrap();
    assert_eq!(plan.refused, [], "{plan:#?}");
    plan
}

pub(crate) fn ada() -> Actor {
    Actor::new("ada").because("a test")
}

pub(crate) fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

pub(crate) fn role(text: &str) -> RoleKey {
    RoleKey::parse(text).unwrap()
}

pub(crate) fn subject(text: &str) -> SubjectId {
    SubjectId::parse(text).unwrap()
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}
