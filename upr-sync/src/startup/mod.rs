//! From settings and registry to a program that may serve, or to the reason why it may not.
//!
//! Start-up looks before it serves. By itself it changes nothing; where the settings allow it, it
//! brings the schema up to date (`auto_migrate`), applies what only adds (`auto_sync`), and makes
//! first subjects (`bootstrap`). Everything else is left to a deployment and its `upr sync`.

mod additive;
mod code;
mod error;

use std::error::Error;
use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tracing::{info, warn};
use upr::access::{Access, GrantFact};
use upr::proof::CAN_ASSUME;
use upr_core::Catalog;

pub use self::code::Code;
pub use self::error::{StartupError, Step};

use crate::actor::Actor;
use crate::database::Database;
use crate::error::StoreError;
use crate::follow::{Follow, Follower};
use crate::migrate::{Migrate, Migrated, Schema};
use crate::options::{SyncOptions, ValidateOptions};
use crate::outcome::Outcome;
use crate::plan::{Plan, Rule};
use crate::settings::Settings;
use crate::status::Status;
use crate::store::{Mode, Store};
use crate::user::NewUser;
use crate::wish::WishError;

/// Brings a program from its settings and declarations to where it may serve.
///
/// In this order, all within `startup_timeout`: the store must be of this environment and of a
/// schema that this program can use (`auto_migrate` brings it there); `auto_sync` applies a plan
/// that only adds; `validate_on_startup` compares code and store; a store without subjects gets its
/// first ones (`bootstrap`); roles and grants are read, and followed from then on. A store that is
/// marked protected takes back what the settings relax.
///
/// ```
/// use upr_sync::settings::Settings;
/// use upr_sync::{Startup, startup};
/// # let folder = tempfile::tempdir()?;
/// # let catalog = upr_core::Catalog::from_json(
/// #     r#"{"version": "1.0", "format": "upr.catalog/1", "application": {"name": "app", "version": "1.0.0"},
/// #     "modules": [{"key": "users", "permissions": [{"key": "users.view"}]}]}"#)?;
/// let mut settings = Settings::strict("production");
/// settings.database = format!("sqlite:{}", folder.path().join("upr.db").display()).into();
///
/// // Nobody has prepared this store: the reason, and the command that mends it.
/// let error = startup(&settings, &catalog, Startup::new()).unwrap_err();
/// assert!(error.to_string().ends_with("has no schema yet"));
/// assert!(error.report().ends_with("run `upr migrate`"));
///
/// // In a program, `upr::Registry::try_global()` stands in place of `&catalog`.
/// (settings.auto_migrate, settings.auto_sync) = (true, true);
/// let started = startup(&settings, &catalog, Startup::new())?;
/// assert_eq!(started.status.total_permissions, 1);
/// let access = started.access();
/// # drop(access);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`StartupError`]: why the program must not serve, and what mends it. What was completed before,
/// a migration say, stays; what was being done is rolled back.
pub fn startup<'a>(
    settings: &Settings,
    code: impl Into<Code<'a>>,
    wishes: Startup<'_>,
) -> Result<Started, StartupError> {
    let since = Instant::now();
    let limit = settings.startup_timeout;
    if wishes.audit_key.as_ref().is_some_and(Vec::is_empty) {
        return Err(StartupError::AuditKey);
    }
    let run = Run {
        catalog: code.into().catalog(settings)?,
        database: Database::parse(&settings.database)?,
        // A limit that no clock can count to is none.
        deadline: since.checked_add(limit).unwrap_or_else(|| since + A_YEAR),
        limit,
        settings: settings.clone(),
        actor: wishes.actor,
        audit_key: wishes.audit_key,
        warnings: settings.warnings().to_vec(),
        left: None,
    };
    run.carry_out(wishes.bootstrap)
}

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What an application wants of its start-up beside what the settings say.
pub struct Startup<'a> {
    bootstrap: Option<Prepare<'a>>,
    audit_key: Option<Vec<u8>>,
    actor: Actor,
}

type Prepare<'a> = Box<dyn FnOnce() -> Result<Bootstrap, Box<dyn Error + Send + Sync>> + 'a>;

impl<'a> Startup<'a> {
    /// Nothing in particular: no first subjects, no audit key.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bootstrap: None,
            audit_key: None,
            actor: Actor::new("upr").because("start-up"),
        }
    }

    /// Who the first subjects are. It is called only where they may be made: `bootstrap = true`, a
    /// store that is not protected, and no subject in it (rule 37). What the application makes
    /// meanwhile in tables of its own should be found again by a second call: a start that is cut
    /// off behind it has made nobody.
    #[must_use]
    pub fn bootstrap<E: Into<Box<dyn Error + Send + Sync>>>(
        mut self,
        prepare: impl FnOnce() -> Result<Bootstrap, E> + 'a,
    ) -> Self {
        self.bootstrap = Some(Box::new(|| prepare().map_err(Into::into)));
        self
    }

    /// The key that seals the audit trail (`UPR_AUDIT_KEY`), also of what the application writes
    /// later through [`Follower::open`].
    #[must_use]
    pub fn audit_key(mut self, key: &[u8]) -> Self {
        self.audit_key = Some(key.to_owned());
        self
    }

    /// Who starts it, for the history.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }
}

impl Default for Startup<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Without the key.
impl fmt::Debug for Startup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Startup")
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

/// The first subjects of a store, and what they may do. They are made in one change set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bootstrap {
    /// First administrators, demo users.
    pub users: Vec<NewUser>,
    /// What they are granted beside the roles that they have everywhere.
    pub grants: Vec<GrantFact>,
}

/// What a program that may serve works with.
#[derive(Debug)]
#[non_exhaustive]
pub struct Started {
    /// Keeps decisions up to date with the store; they end with it, so it lives as long as the
    /// program serves.
    pub follower: Follower,
    /// What the program declares, under the application's name.
    pub catalog: Catalog,
    /// The settings as they hold in this store.
    pub settings: Settings,
    /// The store's schema and environment.
    pub schema: Schema,
    /// The store in numbers.
    pub status: Status,
    /// What `auto_migrate` did.
    pub migrated: Option<Migrated>,
    /// The plan that `auto_sync` applied.
    pub synced: Option<Plan>,
    /// What `bootstrap` made.
    pub bootstrapped: Option<Outcome>,
    /// What should be looked at, one sentence each. The log has them too.
    pub warnings: Vec<String>,
}

impl Started {
    /// The handle that decides.
    #[must_use]
    pub fn access(&self) -> Access {
        self.follower.access()
    }
}

/// One start, with everything that it needs at hand.
struct Run {
    settings: Settings,
    catalog: Catalog,
    database: Database,
    deadline: Instant,
    limit: Duration,
    actor: Actor,
    audit_key: Option<Vec<u8>>,
    warnings: Vec<String>,
    /// What `auto_sync` left to `upr sync`.
    left: Option<String>,
}

impl Run {
    fn carry_out(mut self, prepare: Option<Prepare<'_>>) -> Result<Started, StartupError> {
        let store = self.patiently(Step::Opening, || self.open(Mode::Read))?;
        let mut schema = self.patiently(Step::Opening, || store.schema())?;
        self.settle(&schema)?;
        let migrated = self.migrate(&schema)?;
        if migrated.is_some() {
            schema = self.patiently(Step::Opening, || store.schema())?;
            info!(target: "upr", "Migration verification passed");
        }
        // A schema that cannot be used, and a store of another environment, are refused here, whether
        // there is more to do or not. Migrating refuses them too.
        self.patiently(Step::Opening, || store.position())?;
        let synced = self.sync(&store)?;
        self.validate(&store)?;
        let bootstrapped = self.bootstrap(&store, &schema, prepare)?;
        let application = Some(self.catalog.application().name.as_str());
        let status = self.patiently(Step::Reading, || store.status(application))?;
        let follower = self.patiently(Step::Reading, || self.follow(&store))?;
        for warning in &self.warnings {
            warn!(target: "upr", "{warning}");
        }
        Ok(Started {
            follower,
            catalog: self.catalog,
            settings: self.settings,
            schema,
            status,
            migrated,
            synced,
            bootstrapped,
            warnings: self.warnings,
        })
    }

    /// A protected store is disarmed by nobody (rule 43), nor served by a program whose proofs can be
    /// made up.
    fn settle(&mut self, schema: &Schema) -> Result<(), StartupError> {
        if schema.protected && !self.settings.protected {
            self.settings = self.settings.clone().in_store(true);
            self.warnings.push(format!(
                "The database `{}` is protected: what the settings relax does not apply.",
                self.place()
            ));
        }
        if CAN_ASSUME && self.settings.protected {
            let environment = self.settings.environment.clone();
            return Err(StartupError::Assumes { environment });
        }
        Ok(())
    }

    fn migrate(&self, schema: &Schema) -> Result<Option<Migrated>, StartupError> {
        let is_behind = schema.version.is_none_or(|version| version < schema.known);
        if !is_behind || !self.settings.auto_migrate {
            return Ok(None);
        }
        let migrate = Migrate::new(&self.settings.environment)
            .protected(self.settings.protected)
            .by(self.actor.clone());
        self.patiently(Step::Migrating, || {
            self.open(Mode::Create)?.migrate(&migrate)
        })
        .map(Some)
    }

    /// Applies a plan that only adds. An older registry changes nothing (rules 9 and 12).
    fn sync(&mut self, store: &Store) -> Result<Option<Plan>, StartupError> {
        if !self.settings.auto_sync {
            return Ok(None);
        }
        let options = SyncOptions {
            fail_on_breaking_changes: self.settings.fail_on_breaking_changes,
            mass_loss: self.settings.mass_loss,
            // Two versions that start side by side must not undo each other, in development either.
            strict_mode: true,
            ..SyncOptions::default()
        };
        let catalog = &self.catalog;
        let fingerprint = catalog.fingerprint();
        let unchanged = || store.unchanged(catalog, fingerprint.as_str(), &options);
        if self.patiently(Step::Syncing, unchanged)?.is_some() {
            return Ok(None);
        }
        let mut plan = self.patiently(Step::Syncing, || store.plan(catalog, &options))?;
        if !plan.is_refused() && additive::beyond(&plan, catalog).is_none() {
            plan = self.patiently(Step::Syncing, || {
                let admits = |plan: &Plan| additive::beyond(plan, catalog).is_none();
                self.open(Mode::Write)?
                    .sync_if(catalog, &options, &self.actor, admits)
            })?;
        }
        if plan
            .refused
            .iter()
            .any(|refused| refused.rule == Rule::Older)
        {
            info!(target: "upr", "A newer version of this program was synced: nothing is changed");
        } else if let Some(beyond) = additive::beyond(&plan, catalog) {
            let text = format!(
                "`auto_sync` applies only what adds, and this plan would {beyond}: it is left for 'upr sync'."
            );
            self.warnings.push(text.clone());
            self.left = Some(text);
        }
        Ok(plan.applied.then_some(plan))
    }

    fn validate(&mut self, store: &Store) -> Result<(), StartupError> {
        if !self.settings.validate_on_startup {
            return Ok(());
        }
        let options = ValidateOptions {
            orphan_action: self.settings.orphan_action,
            strict_mode: self.settings.strict_mode,
        };
        let validation =
            self.patiently(Step::Validating, || store.validate(&self.catalog, &options))?;
        if !validation.valid {
            let remedies = validation.remedies().map(str::to_owned);
            return Err(StartupError::Invalid {
                place: self.place(),
                remedies: remedies.chain(self.left.take()).collect(),
                errors: validation.errors,
            });
        }
        self.warnings.extend(validation.warnings);
        info!(target: "upr", "Pre-startup tests passed");
        Ok(())
    }

    /// First subjects, where there are none and nobody forbids it (rule 37).
    fn bootstrap(
        &mut self,
        store: &Store,
        schema: &Schema,
        prepare: Option<Prepare<'_>>,
    ) -> Result<Option<Outcome>, StartupError> {
        let Some(prepare) = prepare.filter(|_| self.settings.bootstrap) else {
            return Ok(None);
        };
        if schema.protected || self.settings.protected {
            self.warnings
                .push("`bootstrap` makes nobody in a protected environment.".to_owned());
            return Ok(None);
        }
        let status = self.patiently(Step::Bootstrapping, || store.status(None))?;
        if status.subjects > 0 {
            return Ok(None);
        }
        // Outside of a transaction: the application may write to its own tables in the same database.
        let first = prepare().map_err(StartupError::Bootstrap)?;
        let mut refused = None;
        let made = self.patiently(Step::Bootstrapping, || {
            let store = self.open(Mode::Write)?;
            match store.bootstrap_with(&first.users, &first.grants, &self.actor) {
                Ok(outcome) => Ok(Some(outcome)),
                Err(WishError::Store(error)) => Err(error),
                Err(error) => {
                    refused = Some(error);
                    Ok(None)
                }
            }
        })?;
        match refused {
            Some(error) => Err(StartupError::FirstSubjects(error)),
            None => Ok(made),
        }
    }

    fn follow(&self, first: &Store) -> Result<Follower, StoreError> {
        Follower::start_with(
            &self.database,
            &self.settings.environment,
            Follow::new(&self.settings),
            self.audit_key.clone(),
            first,
        )
    }

    fn open(&self, mode: Mode) -> Result<Store, StoreError> {
        let rest = self.deadline.saturating_duration_since(Instant::now());
        let store = Store::open_patiently(&self.database, mode, rest)?
            .in_environment(&self.settings.environment)
            .until(self.deadline);
        Ok(match &self.audit_key {
            Some(key) => store.with_audit_key(key),
            None => store,
        })
    }

    /// Does `work`, which is one transaction, again while the database is locked, until the time is
    /// over.
    fn patiently<T>(
        &self,
        step: Step,
        mut work: impl FnMut() -> Result<T, StoreError>,
    ) -> Result<T, StartupError> {
        /// Some locks are refused at once, however patient one is.
        const PAUSE: Duration = Duration::from_millis(10);
        let mut waited = false;
        loop {
            match work() {
                Err(StoreError::Locked { .. }) => {
                    waited = true;
                    if Instant::now() >= self.deadline {
                        return Err(self.timed_out(step, waited));
                    }
                    sleep(PAUSE);
                }
                Err(StoreError::Late { .. }) => return Err(self.timed_out(step, waited)),
                Ok(value) => return Ok(value),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn timed_out(&self, step: Step, waited: bool) -> StartupError {
        StartupError::TimedOut {
            limit: self.limit,
            step,
            waited,
            place: self.place(),
        }
    }

    fn place(&self) -> String {
        self.database.path().map_or_else(
            || self.database.to_string(),
            |path| path.display().to_string(),
        )
    }
}
