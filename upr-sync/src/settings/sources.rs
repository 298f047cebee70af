//! What settings are made from, handed in by the program that knows it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use upr_core::name::nearest;

use super::error::SettingsError;
use super::file::File;
use super::keys::{self, KEYS};
use super::location::{self, Origin};
use super::value::Value;
use super::{DEFAULT_ENVIRONMENT, Settings};

pub(super) const ENVIRONMENT_NAME: &str = "1 to 64 letters, digits, `-` or `_`";

/// What settings are made from.
///
/// ```
/// use upr_sync::settings::Sources;
///
/// let directory = std::env::temp_dir().join("no-project-here");
/// let settings = Sources::new(&directory)
///     .variables([("UPR_STRICT_MODE".into(), "false".into())])
///     .load()?;
/// assert_eq!(settings.environment, "development");
/// assert!(!settings.strict_mode);
/// # Ok::<(), upr_sync::settings::SettingsError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sources {
    directory: PathBuf,
    config: Option<PathBuf>,
    environment: Option<String>,
    database: Option<String>,
    catalog: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

impl Sources {
    /// Nothing but a directory to look for `upr.toml` in: there, or above it as far as the root of
    /// its Git repository. An empty path is the current directory.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            ..Self::default()
        }
    }

    /// The file to read in place of the one that would be found (`--config`).
    #[must_use]
    pub fn config(mut self, file: Option<PathBuf>) -> Self {
        self.config = file;
        self
    }

    /// The environment (`--env`), over `UPR_ENV`.
    #[must_use]
    pub fn environment(mut self, name: Option<String>) -> Self {
        self.environment = name;
        self
    }

    /// The store's URL (`--database`).
    #[must_use]
    pub fn database(mut self, url: Option<String>) -> Self {
        self.database = url;
        self
    }

    /// The catalog file (`--catalog`).
    #[must_use]
    pub fn catalog(mut self, file: Option<PathBuf>) -> Self {
        self.catalog = file;
        self
    }

    /// The variables of the process, usually `std::env::vars_os()`. Those that no key has are
    /// ignored.
    #[must_use]
    pub fn variables(mut self, all: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        self.variables = all.into_iter().collect();
        self
    }

    /// Merges and checks everything.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Unreadable`] when a named file is missing, or the found one cannot be read;
    /// the other variants name the line or the variable that has to change.
    pub fn load(&self) -> Result<Settings, SettingsError> {
        let (environment, named) = self.environment_name()?;
        let mut settings = Settings::strict(&environment);
        let path = match &self.config {
            Some(path) => Some(path.clone()),
            None => location::find(&self.directory),
        };
        match path {
            Some(path) => self.apply_file(&path, named, &mut settings)?,
            None => self.start_defaults_at(&self.directory, &mut settings)?,
        }
        self.apply_variables(&mut settings)?;
        self.apply_options(&mut settings)?;
        self.finish(&mut settings)?;
        Ok(settings)
    }

    /// The environment, and whether somebody named it.
    fn environment_name(&self) -> Result<(String, bool), SettingsError> {
        let (origin, name) = match (&self.environment, self.variable("UPR_ENV")?) {
            (Some(name), _) => ("--env", name.clone()),
            (None, Some(name)) => ("UPR_ENV", name.to_owned()),
            (None, None) => return Ok((DEFAULT_ENVIRONMENT.to_owned(), false)),
        };
        if is_environment_name(&name) {
            return Ok((name, true));
        }
        Err(SettingsError::BadVariable {
            variable: origin.to_owned(),
            value: Value::Untyped(&name).to_string(),
            expected: ENVIRONMENT_NAME.to_owned(),
        })
    }

    fn apply_file(
        &self,
        path: &Path,
        environment_was_named: bool,
        settings: &mut Settings,
    ) -> Result<(), SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let file = File::parse(path, &text)?;
        self.start_defaults_at(path.parent().unwrap_or(Path::new("")), settings)?;
        file.apply(settings)?;
        settings.file = Some(path.to_owned());

        let known = file.environments();
        if environment_was_named && !known.is_empty() && !known.contains(&&*settings.environment) {
            let mut warning = format!(
                "{} has no [env.{}]: [default] applies",
                path.display(),
                settings.environment
            );
            if let Some(near) = nearest(&settings.environment, known) {
                warning.push_str(&format!(" (did you mean `{near}`?)"));
            }
            settings.warnings.push(warning);
        }
        Ok(())
    }

    /// The defaults that are paths start where those of a file would.
    fn start_defaults_at(&self, root: &Path, settings: &mut Settings) -> Result<(), SettingsError> {
        let paths = [
            ("database", String::from(&*settings.database)),
            ("catalog", settings.catalog.display().to_string()),
            ("backup.dir", settings.backup.dir.display().to_string()),
        ];
        settings.root = root.to_owned();
        for (name, default) in paths {
            if let Some(key) = keys::find(name) {
                set(settings, key, &default, root, "the default")?;
            }
        }
        Ok(())
    }

    fn apply_variables(&self, settings: &mut Settings) -> Result<(), SettingsError> {
        for key in KEYS {
            let mut name = key.variable();
            let mut value = self.variable(&name)?;
            if key.name == "database" && value.is_none() {
                name = "DATABASE_URL".to_owned();
                value = self.variable(&name)?;
            }
            if let Some(value) = value {
                set(settings, key, value, Path::new(""), &name)?;
                settings.origins.insert(key.name, Origin::Variable(name));
            }
        }
        Ok(())
    }

    fn apply_options(&self, settings: &mut Settings) -> Result<(), SettingsError> {
        let here = Path::new("");
        if let (Some(url), Some(key)) = (&self.database, keys::find("database")) {
            set(settings, key, url, here, "--database")?;
            settings
                .origins
                .insert(key.name, Origin::Option("--database"));
        }
        if let (Some(file), Some(key)) = (&self.catalog, keys::find("catalog")) {
            settings.catalog.clone_from(file);
            settings
                .origins
                .insert(key.name, Origin::Option("--catalog"));
        }
        Ok(())
    }

    /// The rules that need the whole: what `protected` and `DISABLE_BOOTSTRAP` take away, and
    /// whether `users` is complete.
    fn finish(&self, settings: &mut Settings) -> Result<(), SettingsError> {
        if settings.protected && settings.origin("bootstrap") == Origin::Default {
            settings.bootstrap = false;
        }
        if let Some(value) = self.variable("DISABLE_BOOTSTRAP")? {
            let disabled = Value::Untyped(value);
            if disabled
                .flag()
                .map_err(|expected| bad_variable("DISABLE_BOOTSTRAP", &disabled, expected))?
            {
                settings.bootstrap = false;
            }
        }
        let incomplete = settings
            .users
            .as_ref()
            .is_some_and(|users| users.table.is_empty());
        if incomplete {
            let origin = settings
                .origins
                .iter()
                .find(|(key, _)| key.starts_with("users."))
                .map_or(Origin::Default, |(_, origin)| origin.clone());
            return Err(SettingsError::UsersWithoutTable { origin });
        }
        Ok(())
    }

    /// The text of the variable called `name`, if it is set.
    fn variable(&self, name: &str) -> Result<Option<&str>, SettingsError> {
        let set = self
            .variables
            .iter()
            .find(|(variable, _)| variable == OsStr::new(name));
        match set {
            None => Ok(None),
            Some((_, value)) => value.to_str().map(Some).ok_or_else(|| {
                bad_variable(name, &Value::Other("no UTF-8"), "text in UTF-8".to_owned())
            }),
        }
    }
}

/// Whether `name` can be the name of an environment.
pub(super) fn is_environment_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn set(
    settings: &mut Settings,
    key: &keys::Key,
    value: &str,
    base: &Path,
    variable: &str,
) -> Result<(), SettingsError> {
    let written = Value::Untyped(value);
    (key.set)(settings, &written, base).map_err(|expected| {
        let shown = if key.is_secret() && !value.trim().is_empty() {
            Value::Other("not usable")
        } else {
            written
        };
        bad_variable(variable, &shown, expected)
    })
}

fn bad_variable(name: &str, value: &Value<'_>, expected: String) -> SettingsError {
    SettingsError::BadVariable {
        variable: name.to_owned(),
        value: value.to_string(),
        expected,
    }
}
