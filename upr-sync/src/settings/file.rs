//! `upr.toml`: its tables, each key with its line.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use upr_core::name::nearest;

use super::error::SettingsError;
use super::ignore;
use super::keys::{self, KEYS};
use super::location::Origin;
use super::value::{Value, printable};
use super::{Settings, sources};

/// A parsed file. Its keys are all known and its values all of the right kind, in every
/// environment, so that a mistake in `[env.production]` is found in development.
pub(super) struct File<'a> {
    path: &'a Path,
    text: &'a str,
    root: DeTable<'a>,
}

impl<'a> File<'a> {
    pub(super) fn parse(path: &'a Path, text: &'a str) -> Result<Self, SettingsError> {
        let root = DeTable::parse(text).map_err(|error| SettingsError::Syntax {
            path: path.to_owned(),
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().replace('\n', "; "),
        })?;
        let file = Self {
            path,
            text,
            root: root.into_inner(),
        };
        file.check()?;
        Ok(file)
    }

    /// The environments that have a table of their own.
    pub(super) fn environments(&self) -> Vec<&str> {
        self.table(&self.root, "env")
            .map(|tables| tables.keys().map(|name| name.get_ref().as_ref()).collect())
            .unwrap_or_default()
    }

    /// Sets what `[default]` and then `[env.NAME]` say, and what is ignored in every environment.
    pub(super) fn apply(&self, settings: &mut Settings) -> Result<(), SettingsError> {
        if let Some((name, value)) = self.root.get_key_value("ignore") {
            settings.ignores = ignore::read(self, name, value)?;
        }
        if let Some(table) = self.table(&self.root, "default") {
            self.set_all(table, "", settings)?;
        }
        let environment = settings.environment.clone();
        match self
            .table(&self.root, "env")
            .and_then(|tables| self.table(tables, &environment))
        {
            Some(table) => self.set_all(table, "", settings),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), SettingsError> {
        for (name, value) in &self.root {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("default", DeValue::Table(_)) => {}
                ("env", DeValue::Table(tables)) => {
                    for (name, value) in tables {
                        self.check_environment(name, value)?;
                    }
                }
                ("default" | "env", _) => {
                    return Err(self.bad_value(name, name.get_ref(), value, "a table"));
                }
                ("ignore", _) => drop(ignore::read(self, name, value)?),
                (key, _) => return Err(self.unknown(name, key, outside(key))),
            }
        }
        // Every table goes through the setters once: their values are thrown away.
        let mut settings = Settings::strict("");
        self.apply(&mut settings)?;
        for name in self.environments() {
            settings.environment = name.to_owned();
            self.apply(&mut settings)?;
        }
        Ok(())
    }

    fn check_environment(
        &self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), SettingsError> {
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            return Err(self.bad_value(name, &format!("env.{}", name.get_ref()), value, "a table"));
        }
        if !sources::is_environment_name(name.get_ref()) {
            return Err(SettingsError::BadValue {
                origin: self.origin(name),
                key: "env".to_owned(),
                value: format!("`{}`", printable(name.get_ref())),
                expected: sources::ENVIRONMENT_NAME.to_owned(),
            });
        }
        Ok(())
    }

    fn set_all(
        &self,
        table: &DeTable<'_>,
        prefix: &str,
        settings: &mut Settings,
    ) -> Result<(), SettingsError> {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            if let Some(known) = keys::find(&key) {
                let written = Value::of(value.get_ref());
                (known.set)(settings, &written, self.directory())
                    .map_err(|expected| self.bad_value(name, &key, value, &expected))?;
                settings.origins.insert(known.name, self.origin(name));
            } else if keys::is_group(&key) {
                let DeValue::Table(inner) = value.get_ref() else {
                    return Err(self.bad_value(name, &key, value, "a table"));
                };
                self.set_all(inner, &format!("{key}."), settings)?;
            } else {
                return Err(self.unknown(name, &key, instead_of(&key)));
            }
        }
        Ok(())
    }

    fn table<'t>(&self, table: &'t DeTable<'a>, name: &str) -> Option<&'t DeTable<'a>> {
        match table.get(name)?.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        }
    }

    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    pub(super) fn path(&self) -> &Path {
        self.path
    }

    /// The line of something, from 1.
    pub(super) fn line<T>(&self, at: &Spanned<T>) -> usize {
        line_of(self.text, at.span().start)
    }

    pub(super) fn origin<T>(&self, at: &Spanned<T>) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: line_of(self.text, at.span().start),
        }
    }

    pub(super) fn unknown<T>(&self, at: &Spanned<T>, key: &str, hint: String) -> SettingsError {
        SettingsError::UnknownKey {
            path: self.path.to_owned(),
            line: line_of(self.text, at.span().start),
            key: printable(key),
            hint,
        }
    }

    pub(super) fn bad_value<T>(
        &self,
        at: &Spanned<T>,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
    ) -> SettingsError {
        SettingsError::BadValue {
            origin: self.origin(at),
            key: printable(key),
            value: Value::of(value.get_ref()).to_string(),
            expected: expected.to_owned(),
        }
    }
}

/// What to write in place of an unknown `key` of a table.
fn instead_of(key: &str) -> String {
    match nearest(key, KEYS.iter().map(|key| key.name)) {
        Some(known) => format!("Did you mean `{known}`?"),
        None => {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            format!("The known keys are {}.", known.join(", "))
        }
    }
}

/// What to write in place of a `key` that stands outside the tables.
fn outside(key: &str) -> String {
    if keys::find(key).is_some() || keys::is_group(key) {
        return format!("Write `{key}` under [default] or [env.NAME].");
    }
    match nearest(key, ["default", "env", "ignore"]) {
        Some("ignore") => "Did you mean `[[ignore]]`?".to_owned(),
        Some(known) => format!("Did you mean `{known}`?"),
        None => format!(
            "The tables are [default] and [env.NAME], here perhaps [env.{}].",
            printable(key)
        ),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
