//! Bringing a store's schema up to date.
//!
//! Every step that is missing is applied in one transaction under the writers' lock, so that of
//! several programs that migrate at once one does it and the others find it done.

use serde::Serialize;
use serde_json::json;

use crate::actor::Actor;
use crate::chain::{self, Object};
use crate::change::{Change, Unsealed, random_id};
use crate::engine::{Begin, EngineError, Migration, Session, Value};
use crate::error::StoreError;
use crate::meta::{self, Meta};
use crate::store::{Mode, Store, Verdict};
use crate::time;

/// What a migration is to make of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrate {
    environment: String,
    protected: bool,
    adopt_environment: bool,
    actor: Actor,
}

impl Migrate {
    /// A store of this environment, not protected.
    #[must_use]
    pub fn new(environment: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            protected: false,
            adopt_environment: false,
            actor: Actor::new("upr"),
        }
    }

    /// Whether destructive commands want the environment's name. Once set, only
    /// [`adopt_environment`](Self::adopt_environment) takes it back.
    #[must_use]
    pub fn protected(mut self, protected: bool) -> Self {
        self.protected = protected;
        self
    }

    /// Whether a store of another environment becomes one of this.
    #[must_use]
    pub fn adopt_environment(mut self, adopt: bool) -> Self {
        self.adopt_environment = adopt;
        self
    }

    /// Who does it.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }
}

/// What a migration did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Migrated {
    /// Whether something was written.
    pub applied: bool,
    /// How many steps of the schema were missing, and one if the environment changes.
    pub changes: u64,
    /// The store's revision afterwards.
    pub revision: u64,
    /// The schema version found; 0 when there was none.
    pub from: i64,
    /// The schema version now.
    pub to: i64,
    /// The store's environment now.
    pub environment: String,
    /// Whether the store is protected now.
    pub protected: bool,
}

/// The state of a store's schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Schema {
    /// The version found; `None` when there is no schema yet.
    pub version: Option<i64>,
    /// The version that this program knows.
    pub known: i64,
    /// The store's environment; `""` when there is no schema yet.
    pub environment: String,
    /// Whether the store is protected.
    pub protected: bool,
    /// The store's id; `""` when there is no schema yet.
    pub store_id: String,
}

impl Store {
    /// Finds out which schema is there. A store without one is an answer, not an error.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn schema(&self) -> Result<Schema, StoreError> {
        let known = self.known;
        self.read(Begin::Read, |session| {
            let fail = |error: EngineError| self.failure(&error);
            if !session.has_schema().map_err(fail)? {
                let (environment, store_id) = (String::new(), String::new());
                return Ok(Schema {
                    version: None,
                    known,
                    environment,
                    protected: false,
                    store_id,
                });
            }
            let meta = Meta::load(session).map_err(fail)?;
            Ok(Schema {
                version: Some(meta.schema_version().map_err(fail)?),
                known,
                environment: meta.environment().to_owned(),
                protected: meta.is_protected(),
                store_id: meta.store_id().to_owned(),
            })
        })
    }

    /// Applies what is missing of the schema, and writes the environment into a new store.
    ///
    /// # Errors
    ///
    /// [`StoreError::Environment`] when the store belongs to another one and is not to be adopted;
    /// [`StoreError::ChangedMigration`] when an applied step has other statements now;
    /// [`StoreError::NewSchema`] when only newer programs can read the store; and what the
    /// database says.
    pub fn migrate(&self, migrate: &Migrate) -> Result<Migrated, StoreError> {
        let applies = self.mode() != Mode::DryRun;
        self.write(|session| {
            let fail = |error: EngineError| self.failure(&error);
            let known = self.migrations();
            let applied = self.applied(session)?;
            let from = applied.last().map_or(0, |step| step.version);
            let missing: Vec<&Migration> =
                known.iter().filter(|step| step.version > from).collect();
            let stored = if from == 0 {
                None
            } else {
                Some(Meta::load(session).map_err(fail)?)
            };
            let environment = self.settle(stored.as_ref(), migrate)?;
            let changes = missing.len() as u64 + u64::from(environment.changes);
            let revision = match &stored {
                Some(meta) => meta.revision().map_err(fail)?,
                None => 0,
            };
            let mut migrated = Migrated {
                applied: applies && changes > 0,
                changes,
                revision,
                from,
                to: known.last().map_or(from, |step| step.version.max(from)),
                environment: migrate.environment.clone(),
                protected: environment.protected,
            };
            if !migrated.applied {
                return Ok((Verdict::Discard, migrated));
            }
            migrated.revision = self
                .apply(session, migrate, &missing, &migrated)
                .map_err(|unsealed| self.unsealed(unsealed))?;
            Ok((Verdict::Keep, migrated))
        })
    }

    /// The steps that were applied, each compared with what this program knows.
    fn applied(&self, session: &mut dyn Session) -> Result<Vec<Applied>, StoreError> {
        let fail = |error: EngineError| self.failure(&error);
        let mut applied = Vec::new();
        if !session.has_schema().map_err(fail)? {
            return Ok(applied);
        }
        let sql = "SELECT version, checksum FROM upr_schema_history ORDER BY version";
        session
            .query(sql, &[], &mut |row| {
                applied.push(Applied {
                    version: row.int(0)?,
                    checksum: row.text(1)?.to_owned(),
                });
                Ok(())
            })
            .map_err(fail)?;
        for step in self.migrations() {
            let changed = |found: &&Applied| {
                found.version == step.version
                    && found.checksum != chain::digest(step.sql.as_bytes())
            };
            if let Some(found) = applied.iter().find(changed) {
                let place = self.place().to_owned();
                return Err(StoreError::ChangedMigration {
                    place,
                    version: found.version,
                });
            }
        }
        Ok(applied)
    }

    fn settle(&self, stored: Option<&Meta>, migrate: &Migrate) -> Result<Settled, StoreError> {
        let Some(meta) = stored else {
            return Ok(Settled {
                protected: migrate.protected,
                changes: false,
            });
        };
        let oldest_reader = meta.oldest_reader().map_err(|error| self.failure(&error))?;
        if oldest_reader > self.known {
            let (place, known) = (self.place().to_owned(), self.known);
            return Err(StoreError::NewSchema {
                place,
                oldest_reader,
                known,
            });
        }
        let is_other = meta.environment() != migrate.environment;
        if is_other && !migrate.adopt_environment {
            return Err(StoreError::Environment {
                place: self.place().to_owned(),
                stored: meta.environment().to_owned(),
                asked: migrate.environment.clone(),
            });
        }
        // Settings that were forgotten must not disarm a store: it only ever becomes stricter here.
        let protected = migrate.protected || (meta.is_protected() && !migrate.adopt_environment);
        Ok(Settled {
            protected,
            changes: is_other || protected != meta.is_protected(),
        })
    }

    fn apply(
        &self,
        session: &mut dyn Session,
        migrate: &Migrate,
        missing: &[&Migration],
        migrated: &Migrated,
    ) -> Result<u64, Unsealed> {
        let now = time::stored(self.clock());
        for step in missing {
            session.script(step.sql)?;
            record(session, step, &now, migrate)?;
        }
        if migrated.from == 0 {
            let [store_id, epoch] = [random_id()?, random_id()?];
            for (name, value) in [
                ("revision", "0"),
                ("epoch", &epoch),
                ("store_id", &store_id),
                ("users_source", ""),
                ("newest_time", &now),
            ] {
                meta::put(session, name, value)?;
            }
        }
        meta::put(session, "environment", &migrated.environment)?;
        meta::put(
            session,
            "protected",
            if migrated.protected { "true" } else { "false" },
        )?;
        if let Some(last) = missing.last() {
            meta::put(session, "schema_version", &last.version.to_string())?;
            meta::put(session, "oldest_reader", &last.oldest_reader.to_string())?;
        }
        let meta = Meta::load(session)?;
        let store = meta.store_id().to_owned();
        let mut change = Change::begin(session, &meta, self.clock(), &migrate.actor, "migrate")?;
        let before: Object = [("schema", json!(migrated.from))].into();
        let after: Object = [
            ("schema", json!(migrated.to)),
            ("environment", json!(migrated.environment)),
            ("protected", json!(migrated.protected)),
            ("store", json!(store)),
        ]
        .into();
        change.summarise(&before, &after);
        let revision = change.number;
        change.seal(self.audit_key())?;
        Ok(revision)
    }
}

struct Applied {
    version: i64,
    checksum: String,
}

struct Settled {
    protected: bool,
    changes: bool,
}

fn record(
    session: &mut dyn Session,
    step: &Migration,
    now: &str,
    migrate: &Migrate,
) -> Result<(), EngineError> {
    let checksum = chain::digest(step.sql.as_bytes());
    session.insert_many(
        "upr_schema_history",
        &["version", "name", "checksum", "applied_at", "applied_by"],
        &[
            Value::Int(step.version),
            Value::Text(step.name),
            Value::Text(&checksum),
            Value::Text(now),
            Value::Text(migrate.actor.name()),
        ],
    )
}
