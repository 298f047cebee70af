//! The keys of `upr.toml`: one list, read by the file and by the variables alike.

use std::path::{Path, PathBuf};

use super::location::resolve_database;
use super::value::{Expected, Value};
use super::{OnStale, OrphanAction, Settings, Users};

/// One key: its name with dots, and how its value gets into the settings. The path is what
/// relative paths in the value start at.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) set: fn(&mut Settings, &Value<'_>, &Path) -> Result<(), Expected>,
}

impl Key {
    /// The variable that overrides this key: `backup.dir` is `UPR_BACKUP__DIR`.
    pub(super) fn variable(&self) -> String {
        format!("UPR_{}", self.name.replace('.', "__").to_ascii_uppercase())
    }

    /// Whether the value may hold a password and is not to be repeated in messages.
    pub(super) fn is_secret(&self) -> bool {
        self.name == "database"
    }
}

/// The key called `name`.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether `name` is a table of keys, such as `backup`.
pub(super) fn is_group(name: &str) -> bool {
    KEYS.iter().any(|key| {
        key.name
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

macro_rules! keys {
    ($($name:literal => |$settings:ident, $value:ident, $base:pat_param| $set:expr;)*) => {
        /// Every key, in the order of the documentation.
        pub(super) const KEYS: &[Key] = &[$(Key {
            name: $name,
            set: |$settings, $value, $base| {
                $set;
                Ok(())
            },
        }),*];
    };
}

keys! {
    "database" => |s, v, base| s.database = resolve_database(v.text()?, base).into();
    "catalog" => |s, v, base| s.catalog = path(v, base)?;
    "application" => |s, v, _| s.application = Some(v.text()?.to_owned());
    "validate_on_startup" => |s, v, _| s.validate_on_startup = v.flag()?;
    "strict_mode" => |s, v, _| s.strict_mode = v.flag()?;
    "auto_sync" => |s, v, _| s.auto_sync = v.flag()?;
    "orphan_action" => |s, v, _| s.orphan_action = v.one_of(&OrphanAction::NAMES)?;
    "fail_on_breaking_changes" => |s, v, _| s.fail_on_breaking_changes = v.flag()?;
    "startup_timeout" => |s, v, _| s.startup_timeout = v.duration()?;
    "max_staleness" => |s, v, _| s.max_staleness = v.duration()?;
    "on_stale" => |s, v, _| s.on_stale = v.one_of(&OnStale::NAMES)?;
    "auto_migrate" => |s, v, _| s.auto_migrate = v.flag()?;
    "bootstrap" => |s, v, _| s.bootstrap = v.flag()?;
    "protected" => |s, v, _| s.protected = v.flag()?;
    "mass_loss.keys" => |s, v, _| s.mass_loss.keys = v.number(0, u32::MAX)?;
    "mass_loss.percent" => |s, v, _| s.mass_loss.percent = v.number(0, 100)?;
    "schema" => |s, v, _| s.schema = Some(v.sql_name()?.to_owned());
    "backup.dir" => |s, v, base| s.backup.dir = path(v, base)?;
    "backup.keep" => |s, v, _| s.backup.keep = v.number(1, u32::MAX)?;
    "users.table" => |s, v, _| users(s).table = v.sql_name()?.to_owned();
    "users.id" => |s, v, _| users(s).id = v.sql_name()?.to_owned();
    "users.username" => |s, v, _| users(s).username = v.sql_name()?.to_owned();
    "users.email" => |s, v, _| users(s).email = v.sql_name()?.to_owned();
    "users.active" => |s, v, _| users(s).active = Some(v.sql_name()?.to_owned());
    "users.default_role" => |s, v, _| users(s).default_role = Some(v.text()?.to_owned());
}

fn path(value: &Value<'_>, base: &Path) -> Result<PathBuf, Expected> {
    Ok(base.join(value.text()?))
}

fn users(settings: &mut Settings) -> &mut Users {
    settings.users.get_or_insert_default()
}
