//! The settings of one environment: `upr.toml`, `UPR_*` variables and options, merged and checked.
//!
//! Nothing here reads the process's environment: [`Sources`] is handed what counts. The strict
//! values are the defaults; a file relaxes them, usually in `[env.development]`.
//!
//! | what | wins over |
//! | --- | --- |
//! | an option (`--database`, `--catalog`) | everything |
//! | a variable (`UPR_DATABASE`, `UPR_BACKUP__DIR`) | the file |
//! | `DATABASE_URL`, where `UPR_DATABASE` is unset | the file |
//! | `[env.NAME]` | `[default]` |
//! | `[default]` | the strict defaults |
//!
//! Relative paths in the file, the one in `database = "sqlite:upr.db"` too, start at the file's own
//! directory; those in variables and options start at the current directory. Without a file the
//! defaults start there too.

mod error;
mod file;
mod ignore;
mod keys;
mod location;
mod sources;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use upr_core::finding::Ignore;

pub use error::SettingsError;
pub use location::{Address, FILE_NAME, Origin};
pub use sources::Sources;

/// The environment that applies when neither an option nor `UPR_ENV` names one.
pub const DEFAULT_ENVIRONMENT: &str = "development";

/// What applies in one environment.
///
/// Field names and defaults are those of `upr.toml`.
///
/// ```
/// use upr_sync::settings::{OrphanAction, Settings};
///
/// let settings = Settings::strict("staging");
/// assert!(settings.strict_mode);
/// assert_eq!(settings.orphan_action, OrphanAction::Error);
/// assert_eq!(settings.database, "sqlite:upr.db");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The environment's name: 1 to 64 letters, digits, `-` or `_`.
    pub environment: String,
    /// The store's address, with a relative SQLite path already resolved.
    pub database: Address,
    /// The catalog file that stands for the registry unless one is built in.
    pub catalog: PathBuf,
    /// The application's name; without it, the one that the catalog gives.
    pub application: Option<String>,
    /// Whether a program compares its registry with the store before it serves.
    pub validate_on_startup: bool,
    /// Whether the warnings of `validate` count as errors.
    pub strict_mode: bool,
    /// Whether a program applies additive plans when it starts.
    pub auto_sync: bool,
    /// What validation makes of orphans.
    pub orphan_action: OrphanAction,
    /// Whether `sync` refuses a registry that lost published keys without notice.
    pub fail_on_breaking_changes: bool,
    /// The longest that start-up may take.
    pub startup_timeout: Duration,
    /// How long a node may serve without having reached the store.
    pub max_staleness: Duration,
    /// What a node does past [`Settings::max_staleness`].
    pub on_stale: OnStale,
    /// Whether a program brings the schema up to date when it starts.
    pub auto_migrate: bool,
    /// Whether first administrators and demo data may be made in a store without subjects. By
    /// default only in an unprotected `development`; `DISABLE_BOOTSTRAP=true` wins.
    pub bootstrap: bool,
    /// Whether destructive commands want the environment's name typed. The default is `true` for
    /// an environment named `production`, `false` elsewhere.
    pub protected: bool,
    /// How much one sync may take away before the number has to be confirmed.
    pub mass_loss: MassLoss,
    /// The schema that holds the tables (PostgreSQL only).
    pub schema: Option<String>,
    /// Where backups go, and how many stay.
    pub backup: Backup,
    /// The application's own table of users, if it was named.
    pub users: Option<Users>,
    /// What is ignored of the findings about code and lock; the same in every environment.
    pub ignores: Vec<Ignore>,
    root: PathBuf,
    file: Option<PathBuf>,
    warnings: Vec<String>,
    origins: BTreeMap<&'static str, Origin>,
}

impl Settings {
    /// The strict defaults of `environment`, as they are without a file and without variables.
    #[must_use]
    pub fn strict(environment: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            database: Address::from("sqlite:upr.db"),
            catalog: PathBuf::from("upr-catalog.json"),
            application: None,
            validate_on_startup: true,
            strict_mode: true,
            auto_sync: false,
            orphan_action: OrphanAction::Error,
            fail_on_breaking_changes: true,
            startup_timeout: Duration::from_secs(30),
            max_staleness: Duration::from_secs(30),
            on_stale: OnStale::Refuse,
            auto_migrate: false,
            bootstrap: environment == DEFAULT_ENVIRONMENT,
            protected: environment == "production",
            mass_loss: MassLoss {
                keys: 10,
                percent: 5,
            },
            schema: None,
            backup: Backup {
                dir: PathBuf::from("backups"),
                keep: 10,
            },
            users: None,
            ignores: Vec::new(),
            root: PathBuf::new(),
            file: None,
            warnings: Vec::new(),
            origins: BTreeMap::new(),
        }
    }

    /// These settings as they hold in a store: in one that is marked protected, what an
    /// unprotected environment relaxed is strict again, so that a forgotten `UPR_ENV` disarms
    /// nothing (SEMANTICS rule 43).
    ///
    /// ```
    /// use upr_sync::settings::Settings;
    ///
    /// let mut settings = Settings::strict("development");
    /// settings.strict_mode = false;
    /// let settings = settings.in_store(true);
    /// assert!(settings.strict_mode && settings.protected && !settings.bootstrap);
    /// ```
    #[must_use]
    pub fn in_store(mut self, store_is_protected: bool) -> Self {
        if store_is_protected && !self.protected {
            let strict = Self::strict("production");
            self.validate_on_startup = strict.validate_on_startup;
            self.strict_mode = strict.strict_mode;
            self.auto_sync = strict.auto_sync;
            self.orphan_action = strict.orphan_action;
            self.fail_on_breaking_changes = strict.fail_on_breaking_changes;
            self.on_stale = strict.on_stale;
            self.auto_migrate = strict.auto_migrate;
            self.bootstrap = strict.bootstrap;
            self.protected = strict.protected;
            self.mass_loss = strict.mass_loss;
        }
        self
    }

    /// The directory that relative paths of the file start at: the file's own, else the current
    /// one. Empty for the current directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `upr.toml` that was read, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What deserves a word but stops nothing, as sentences.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where the value of `key` (such as `database` or `backup.dir`) comes from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }
}

/// What validation, verification and start-up make of orphans. `sync` itself always marks them
/// and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanAction {
    /// Says nothing.
    Ignore,
    /// Warns.
    Warn,
    /// Stops for orphans that were neither deprecated nor retired.
    Error,
}

impl OrphanAction {
    pub(crate) const NAMES: [(&'static str, Self); 3] = [
        ("ignore", Self::Ignore),
        ("warn", Self::Warn),
        ("error", Self::Error),
    ];
}

impl fmt::Display for OrphanAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ignore => "ignore",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// What a node does when it has not reached the store for longer than
/// [`Settings::max_staleness`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStale {
    /// Answers that it cannot tell (503).
    Refuse,
    /// Goes on with what it last knew.
    Serve,
}

impl OnStale {
    pub(crate) const NAMES: [(&'static str, Self); 2] =
        [("refuse", Self::Refuse), ("serve", Self::Serve)];
}

/// When one run takes away so much that it has to be confirmed: more than `keys` and more than
/// `percent` of the application's, or half of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MassLoss {
    /// Keys lost.
    pub keys: u32,
    /// Per cent of the application's keys, 0 to 100.
    pub percent: u32,
}

/// Where backups go, and how many stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The directory, created when the first backup is taken.
    pub dir: PathBuf,
    /// How many backups pruning leaves, at least 1.
    pub keep: u32,
}

/// The application's own table of users, in the same database. Only names: upr never writes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Users {
    /// The table, on PostgreSQL perhaps with its schema (`auth.users`).
    pub table: String,
    /// The column that identifies a user.
    pub id: String,
    /// The column with the user's name.
    pub username: String,
    /// The column with the e-mail address.
    pub email: String,
    /// The column that tells who is active; without it everyone is.
    pub active: Option<String>,
    /// The role that a new profile is given.
    pub default_role: Option<String>,
}

impl Default for Users {
    fn default() -> Self {
        Self {
            table: String::new(),
            id: "id".to_owned(),
            username: "username".to_owned(),
            email: "email".to_owned(),
            active: None,
            default_role: None,
        }
    }
}
