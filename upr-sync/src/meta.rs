//! The facts about a store: one table, read with one query.

use std::collections::BTreeMap;

use upr_core::{Timestamp, Version};

use crate::engine::{EngineError, Session, Value};
use crate::error::StoreError;
use crate::store::{Store, misplaced};
use crate::time;

/// The rows of `upr_meta`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meta(BTreeMap<String, String>);

impl Meta {
    pub(crate) fn load(session: &mut dyn Session) -> Result<Self, EngineError> {
        let mut rows = BTreeMap::new();
        session.query("SELECT name, value FROM upr_meta", &[], &mut |row| {
            rows.insert(row.text(0)?.to_owned(), row.text(1)?.to_owned());
            Ok(())
        })?;
        Ok(Self(rows))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn require(&self, name: &str) -> Result<&str, EngineError> {
        self.get(name)
            .ok_or_else(|| misplaced(format!("`upr_meta` has no line `{name}`")))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, EngineError> {
        let text = self.require(name)?;
        text.parse()
            .map_err(|_| misplaced(format!("`{name}` in `upr_meta` is no number: `{text}`")))
    }

    pub(crate) fn revision(&self) -> Result<u64, EngineError> {
        self.number("revision")
    }

    pub(crate) fn schema_version(&self) -> Result<i64, EngineError> {
        self.number("schema_version")
    }

    pub(crate) fn oldest_reader(&self) -> Result<i64, EngineError> {
        self.number("oldest_reader")
    }

    pub(crate) fn environment(&self) -> &str {
        self.get("environment").unwrap_or_default()
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.get("protected") == Some("true")
    }

    pub(crate) fn store_id(&self) -> &str {
        self.get("store_id").unwrap_or_default()
    }

    pub(crate) fn epoch(&self) -> &str {
        self.get("epoch").unwrap_or_default()
    }

    pub(crate) fn newest_time(&self) -> Result<Timestamp, EngineError> {
        let text = self.require("newest_time")?;
        time::parse(text)
            .map_err(|error| misplaced(format!("`newest_time` in `upr_meta`: {error}")))
    }

    pub(crate) fn fingerprint(&self, application: &str) -> Option<&str> {
        self.get(&format!("fingerprint:{application}"))
    }

    pub(crate) fn version(&self, application: &str) -> Option<Version> {
        self.get(&format!("version:{application}"))?.parse().ok()
    }

    pub(crate) fn is_synced(&self, application: &str) -> bool {
        self.get(&format!("synced:{application}")).is_some()
    }

    /// The only application that was ever synced, if it is one.
    pub(crate) fn only_application(&self) -> Option<&str> {
        let mut names = self
            .0
            .keys()
            .filter_map(|name| name.strip_prefix("fingerprint:"));
        let first = names.next();
        if names.next().is_some() { None } else { first }
    }
}

impl Store {
    /// Reads the facts and refuses a store that this program or environment must not touch.
    pub(crate) fn meta(&self, session: &mut dyn Session) -> Result<Meta, StoreError> {
        let meta = Meta::load(session).map_err(|error| self.failure(&error))?;
        self.admit(&meta)?;
        Ok(meta)
    }

    fn admit(&self, meta: &Meta) -> Result<(), StoreError> {
        self.admit_schema(meta)?;
        match self.environment() {
            Some(asked) if asked != meta.environment() => Err(StoreError::Environment {
                place: self.place().to_owned(),
                stored: meta.environment().to_owned(),
                asked: asked.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Newer schemas are additive within a major version, so only `oldest_reader` counts (rule 13).
    pub(crate) fn admit_schema(&self, meta: &Meta) -> Result<(), StoreError> {
        let found = meta
            .schema_version()
            .map_err(|error| self.failure(&error))?;
        let oldest_reader = meta.oldest_reader().map_err(|error| self.failure(&error))?;
        let known = self.known;
        let place = || self.place().to_owned();
        if oldest_reader > known {
            return Err(StoreError::NewSchema {
                place: place(),
                oldest_reader,
                known,
            });
        }
        if found < known {
            return Err(StoreError::OldSchema {
                place: place(),
                found,
                needed: known,
            });
        }
        Ok(())
    }
}

/// Writes one line of `upr_meta`, whether it is there or not.
pub(crate) fn put(session: &mut dyn Session, name: &str, value: &str) -> Result<(), EngineError> {
    let sql = "INSERT INTO upr_meta (name, value) VALUES (?1, ?2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    session
        .execute(sql, &[Value::Text(name), Value::Text(value)])
        .map(|_| ())
}
