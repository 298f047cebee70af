//! The first line of a backup: what it is of, and what follows.

use serde::{Deserialize, Serialize};

use super::table::TABLES;
use crate::actor::Actor;
use crate::engine::{EngineError, Session, Value};
use crate::meta::Meta;
use crate::state::RESERVED;
use crate::time;

/// The format of a backup.
pub const FORMAT: &str = "upr.backup/1";

/// What a backup says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The version of the schema that its rows have.
    pub schema: i64,
    /// The id of the store it was taken of.
    pub store: String,
    /// The epoch of that store.
    pub epoch: String,
    /// The environment of that store; never restored.
    pub environment: String,
    /// The revision that it holds.
    pub revision: u64,
    /// The applications whose keys and roles it holds, sorted; upr's own do not count.
    pub applications: Vec<String>,
    /// Why it was taken, such as `manual` or `before-sync`.
    pub reason: String,
    /// When, in UTC, as stored times are.
    pub at: String,
    /// Who took it.
    pub by: String,
    /// The version of the program that wrote it.
    pub program: String,
    /// The hash of the last change set; `""` when there is none.
    pub head: String,
    /// The tables that follow, each with its columns and the number of its rows.
    pub tables: Vec<Rows>,
}

/// How many rows of a table follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The table.
    pub table: String,
    /// Its columns, in the order in which each row has them.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: u64,
}

impl Manifest {
    /// Whether it was taken to undo a restore with, and not to go back to.
    #[must_use]
    pub fn is_safety(&self) -> bool {
        Reason::SAFETY
            .iter()
            .any(|reason| reason.as_str() == self.reason)
    }

    /// When it was taken, as people read it.
    #[must_use]
    pub fn taken(&self) -> String {
        time::parse(&self.at).map_or_else(|_| self.at.clone(), time::shown)
    }

    /// How many rows follow in all.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// What a backup of the store as `session` sees it begins with.
    pub(super) fn of(
        session: &mut dyn Session,
        meta: &Meta,
        clock: upr_core::Timestamp,
        reason: Reason,
        actor: &Actor,
    ) -> Result<Self, EngineError> {
        let tables = TABLES
            .iter()
            .map(|table| {
                let sql = format!("SELECT COUNT(*) FROM {}", table.name);
                let mut rows = 0;
                session.query(&sql, &[], &mut |row| {
                    rows = u64::try_from(row.int(0)?).unwrap_or(0);
                    Ok(())
                })?;
                Ok(Rows {
                    table: table.name.to_owned(),
                    columns: table
                        .column_names()
                        .into_iter()
                        .map(str::to_owned)
                        .collect(),
                    rows,
                })
            })
            .collect::<Result<_, EngineError>>()?;
        Ok(Self {
            format: FORMAT.to_owned(),
            schema: meta.schema_version()?,
            store: meta.store_id().to_owned(),
            epoch: meta.epoch().to_owned(),
            environment: meta.environment().to_owned(),
            revision: meta.revision()?,
            applications: applications(session)?,
            reason: reason.as_str().to_owned(),
            at: time::stored(clock.max(meta.newest_time()?)),
            by: actor.name().to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            head: head(session)?,
            tables,
        })
    }
}

/// Why a backup is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Somebody asked for it.
    Manual,
    /// A sync is about to change or remove what is there.
    BeforeSync,
    /// A restore is about to.
    BeforeRestore,
    /// A rollback is about to.
    BeforeRollback,
    /// A deployment begins.
    Deploy,
}

impl Reason {
    /// Taken of a present that somebody is leaving: going back to one would undo going back.
    const SAFETY: [Self; 2] = [Self::BeforeRestore, Self::BeforeRollback];

    /// Such as `before-sync`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::BeforeSync => "before-sync",
            Self::BeforeRestore => "before-restore",
            Self::BeforeRollback => "before-rollback",
            Self::Deploy => "deploy",
        }
    }
}

/// The applications that own something, sorted; upr itself does not count.
pub(super) fn applications(session: &mut dyn Session) -> Result<Vec<String>, EngineError> {
    let mut names = Vec::new();
    let sql = "SELECT application FROM upr_permission UNION SELECT application FROM upr_role \
               UNION SELECT application FROM upr_sync_run ORDER BY 1";
    session.query(sql, &[], &mut |row| {
        names.push(row.text(0)?.to_owned());
        Ok(())
    })?;
    names.retain(|name| !name.is_empty() && name != RESERVED);
    Ok(names)
}

fn head(session: &mut dyn Session) -> Result<String, EngineError> {
    let mut head = String::new();
    let sql = "SELECT hash FROM upr_change ORDER BY number DESC LIMIT ?1";
    session.query(sql, &[Value::Int(1)], &mut |row| {
        row.text(0)?.clone_into(&mut head);
        Ok(())
    })?;
    Ok(head)
}
