//! Restoring: what a backup holds becomes the present, as one more change set (rule 40).
//!
//! The file is read whole and compared with its own sum before anything is locked. Its rows then
//! go into tables of the transaction's own (`wanted`), where what was decided since is applied to
//! them again (`since`); the difference to the store is computed and carried out by the database
//! (`difference`), so that memory does not grow with the store. A store that holds nothing yet
//! takes the rows as they are, history included (`adopt`): that is how one moves.

mod adopt;
mod difference;
mod fact;
mod since;
mod wanted;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

pub use self::fact::Fact;

use self::adopt::Adopted;
use self::difference::Difference;
pub use self::difference::{Counts, Table};
pub use self::since::Again;
use self::wanted::Wanted;
use super::error::BackupError;
use super::manifest::{self, Reason};
use super::read::{Verified, verify};
use crate::actor::Actor;
use crate::chain::Object;
use crate::change::{Change, random_id};
use crate::engine::{Begin, EngineError, Session, Value};
use crate::error::StoreError;
use crate::meta::{self, Meta};
use crate::outcome::Outcome;
use crate::store::{Dry, Mode, Store, Verdict};

/// What of a backup is to be restored, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Whose rows are meant; may be left out where only one application is there.
    pub application: Option<String>,
    /// Whether the rows of every application are meant (rule 17).
    pub all_applications: bool,
    /// Whether what was taken away since the backup is given back (rule 40).
    pub exact: bool,
}

/// What a restore did, or would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Restored {
    /// What every command that writes says; a change is a row that differs.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The backup.
    pub file: PathBuf,
    /// The revision that it holds.
    pub from_revision: u64,
    /// The environment it was taken in.
    pub from_environment: String,
    /// When it was taken.
    pub from_at: String,
    /// Whether it is of the past of this very store.
    pub own: bool,
    /// Whose rows are restored; `None` for everybody's.
    pub application: Option<String>,
    /// Whether what was taken away since is given back.
    pub exact: bool,
    /// Whether the store held nothing and takes everything, its history too.
    pub adopted: bool,
    /// How many rows of each table come, go and change.
    pub difference: Vec<Table>,
    /// The first of the facts behind these numbers.
    pub facts: Vec<Fact>,
    /// What was decided since the backup and stays so.
    pub again: Again,
    /// The backup of the present that was taken before.
    pub backup: Option<PathBuf>,
}

/// Whose rows are restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Everything,
    Application(String),
}

impl Store {
    /// Makes what `file` holds the present again.
    ///
    /// The trail and the revision go on: a restore is one more change set, with a new epoch. What
    /// people took away, denied or deactivated since the backup stays so unless
    /// [`exact`](RestoreOptions::exact) is set. Environment and store id are never restored. A
    /// backup of the present is taken first, where [`with_backups`](Self::with_backups) says.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backup`] when the file is not a whole backup of this schema, or holds nothing
    /// of the application, or the present cannot be backed up; and what the store says. Nothing
    /// was changed then.
    pub fn restore(
        &self,
        file: &Path,
        options: &RestoreOptions,
        actor: &Actor,
    ) -> Result<Restored, StoreError> {
        let verified = verify(file)?;
        let restore = Restore {
            store: self,
            verified: &verified,
            options,
            actor,
        };
        if self.mode() == Mode::DryRun {
            return self.read(Begin::Read, |session| restore.run(session, false));
        }
        self.write(|session| {
            let restored = restore.run(session, true)?;
            let verdict = if restored.outcome.applied {
                Verdict::Keep
            } else {
                Verdict::Discard
            };
            Ok((verdict, restored))
        })
    }
}

struct Restore<'r> {
    store: &'r Store,
    verified: &'r Verified,
    options: &'r RestoreOptions,
    actor: &'r Actor,
}

impl Restore<'_> {
    fn run(&self, session: &mut dyn Session, applies: bool) -> Result<Restored, StoreError> {
        let meta = self.store.meta(session)?;
        let extent = self.extent(session)?;
        let is_everything = extent == Extent::Everything;
        let is_fresh = adopt::is_fresh(session).map_err(|error| self.fail(&error))?;
        if is_fresh && is_everything {
            return self.adopt(session, &meta, applies);
        }
        self.merge(session, &meta, &extent, applies)
    }

    fn extent(&self, session: &mut dyn Session) -> Result<Extent, StoreError> {
        let held = &self.verified.manifest.applications;
        let mut names = manifest::applications(session).map_err(|error| self.fail(&error))?;
        names.extend(held.iter().cloned());
        names.sort();
        names.dedup();
        let file = &self.verified.file;
        match &self.options.application {
            _ if self.options.all_applications => Ok(Extent::Everything),
            None if names.len() <= 1 => Ok(Extent::Everything),
            None => Err(BackupError::unnamed(file, names).into()),
            Some(application) if names.iter().all(|name| name == application) => {
                Ok(Extent::Everything)
            }
            Some(application) if held.contains(application) => {
                Ok(Extent::Application(application.clone()))
            }
            Some(application) => Err(BackupError::absent(file, application, held).into()),
        }
    }

    fn adopt(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        applies: bool,
    ) -> Result<Restored, StoreError> {
        let adopted = Adopted::of(&self.verified.manifest);
        let revision = meta.revision().map_err(|error| self.fail(&error))?;
        let mut restored = self.restored(meta, &Extent::Everything)?;
        restored.adopted = true;
        restored.outcome.changes = adopted.difference.rows();
        restored.difference = adopted.difference.tables();
        restored.outcome.revision = revision;
        if !applies || restored.outcome.changes == 0 {
            return Ok(restored);
        }
        adopt::load(session, self.verified, |error| self.fail(error))?;
        self.seal(session, meta, &mut restored, None)?;
        Ok(restored)
    }

    fn merge(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        extent: &Extent,
        applies: bool,
    ) -> Result<Restored, StoreError> {
        let mut restored = self.restored(meta, extent)?;
        let manifest = &self.verified.manifest;
        let (wanted, again) = {
            let fail = |error: EngineError| self.fail(&error);
            let since = since::first_change(session, manifest).map_err(fail)?;
            restored.own = since.is_own;
            let wanted = Wanted::load(session, self.verified, extent, |error| self.fail(error))?;
            let again = if self.options.exact {
                Again::default()
            } else {
                since::apply(session, &wanted, since.number).map_err(fail)?
            };
            wanted
                .keep_what_stays(session, self.options.exact)
                .map_err(fail)?;
            (wanted, again)
        };
        restored.again = again;
        let fail = |error: EngineError| self.fail(&error);
        let difference = Difference::of(session, &wanted).map_err(fail)?;
        restored.outcome.changes = difference.rows();
        restored.difference = difference.tables();
        restored.facts.clone_from(&difference.facts);
        if restored.outcome.changes > 0 {
            self.try_out(session, meta, &wanted)?;
        }
        if applies && restored.outcome.changes > 0 {
            restored.backup = self.back_up(session, meta)?;
            self.seal(session, meta, &mut restored, Some(&wanted))?;
        }
        wanted.drop_tables(session).map_err(fail)?;
        Ok(restored)
    }

    /// Refuses what would take a critical permission from the last who hold it (rule 26), before
    /// anything is backed up or written.
    fn try_out(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        wanted: &Wanted,
    ) -> Result<(), StoreError> {
        let fail = |error: EngineError| self.fail(&error);
        let critical = |table: &str| format!("SELECT COUNT(*) FROM {table} WHERE critical = ?1");
        let is_critical = [Value::Bool(true)];
        let tables = [
            "upr_permission".to_owned(),
            wanted::wanted("upr_permission"),
        ];
        let counts = tables.map(|table| count(session, &critical(&table), &is_critical));
        if counts
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(fail)?
            == [0, 0]
        {
            return Ok(());
        }
        let mut dry = Dry(session);
        let clock = self.store.clock();
        let mut change = Change::begin(&mut dry, meta, clock, self.actor, "restore")
            .map_err(fail)?
            .tried_out();
        difference::record(&mut change, wanted).map_err(fail)?;
        change
            .seal(None)
            .map_err(|unsealed| self.store.unsealed(unsealed))
    }

    /// The present, before it goes (rule 41).
    fn back_up(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
    ) -> Result<Option<PathBuf>, StoreError> {
        match self.store.backups() {
            Some(folder) => {
                let reason = Reason::BeforeRestore;
                let drafted = self
                    .store
                    .draft_backup(session, meta, folder, reason, self.actor)?;
                Ok(Some(drafted.publish()?.file))
            }
            None if meta.is_protected() => Err(BackupError::nowhere().into()),
            None => Ok(None),
        }
    }

    /// Writes the change set, and in front of it the rows of `wanted`.
    fn seal(
        &self,
        session: &mut dyn Session,
        before: &Meta,
        restored: &mut Restored,
        wanted: Option<&Wanted>,
    ) -> Result<(), StoreError> {
        let fail = |error: EngineError| self.fail(&error);
        if let Some(wanted) = wanted {
            wanted.put_meta(session, before).map_err(fail)?;
        }
        meta::put(session, "epoch", &random_id().map_err(fail)?).map_err(fail)?;
        let meta = Meta::load(session).map_err(fail)?;
        let mut change = Change::begin(session, &meta, self.store.clock(), self.actor, "restore")
            .map_err(fail)?;
        if let Extent::Application(name) = restored.extent() {
            change.application = name;
        }
        if let Some(wanted) = wanted {
            difference::record(&mut change, wanted).map_err(fail)?;
            difference::apply(&mut change, wanted, restored.own).map_err(fail)?;
        }
        change.summarise(&self.left(before).map_err(fail)?, &self.reached(restored));
        let number = change.number;
        change
            .seal(self.store.audit_key())
            .map_err(|unsealed| self.store.unsealed(unsealed))?;
        restored.outcome.applied = true;
        restored.outcome.revision = number;
        Ok(())
    }

    fn left(&self, meta: &Meta) -> Result<Object, EngineError> {
        Ok([
            ("revision", json!(meta.revision()?)),
            ("epoch", json!(meta.epoch())),
            ("store", json!(meta.store_id())),
        ]
        .into())
    }

    fn reached(&self, restored: &Restored) -> Object {
        let manifest = &self.verified.manifest;
        [
            ("backup", json!(self.verified.sha256)),
            ("revision", json!(manifest.revision)),
            ("head", json!(manifest.head)),
            ("store", json!(manifest.store)),
            ("environment", json!(manifest.environment)),
            ("at", json!(manifest.at)),
            ("application", json!(restored.application)),
            ("exact", json!(restored.exact)),
            ("changes", json!(restored.outcome.changes)),
        ]
        .into()
    }

    fn restored(&self, meta: &Meta, extent: &Extent) -> Result<Restored, StoreError> {
        let manifest = &self.verified.manifest;
        Ok(Restored {
            outcome: Outcome {
                applied: false,
                changes: 0,
                revision: meta.revision().map_err(|error| self.fail(&error))?,
            },
            file: self.verified.file.clone(),
            from_revision: manifest.revision,
            from_environment: manifest.environment.clone(),
            from_at: manifest.taken(),
            own: false,
            application: match extent {
                Extent::Everything => None,
                Extent::Application(name) => Some(name.clone()),
            },
            exact: self.options.exact,
            adopted: false,
            difference: Vec::new(),
            facts: Vec::new(),
            again: Again::default(),
            backup: None,
        })
    }

    fn fail(&self, error: &EngineError) -> StoreError {
        self.store.failure(error)
    }
}

impl Restored {
    fn extent(&self) -> Extent {
        self.application
            .clone()
            .map_or(Extent::Everything, Extent::Application)
    }
}

/// One number that a query answers with.
fn count(session: &mut dyn Session, sql: &str, values: &[Value<'_>]) -> Result<i64, EngineError> {
    let mut number = 0;
    session.query(sql, values, &mut |row| {
        number = row.int(0)?;
        Ok(())
    })?;
    Ok(number)
}
