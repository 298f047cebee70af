//! `[[ignore]]`: findings of `upr lock --check` and `upr diff` that somebody answers for, until a day.
//!
//! They stand outside of the environments: code and lock are the same everywhere.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use upr_core::finding::{Day, Ignore, IgnoreError, Place};
use upr_core::name::nearest;

use super::error::SettingsError;
use super::file::File;
use super::value::Value;

/// What an entry has to say, all of it.
const KEYS: [&str; 4] = ["id", "key", "reason", "until"];

type Name<'a> = Spanned<Cow<'a, str>>;
type Written<'a> = Spanned<DeValue<'a>>;

/// The entries, in the order of the file.
pub(super) fn read(
    file: &File<'_>,
    name: &Name<'_>,
    value: &Written<'_>,
) -> Result<Vec<Ignore>, SettingsError> {
    let shape = "a list of tables, each under `[[ignore]]`";
    let DeValue::Array(entries) = value.get_ref() else {
        return Err(file.bad_value(name, "ignore", value, shape));
    };
    let read = entries.iter().map(|entry| match entry.get_ref() {
        DeValue::Table(table) => read_entry(file, entry, table),
        _ => Err(file.bad_value(entry, "ignore", entry, shape)),
    });
    read.collect()
}

fn read_entry(
    file: &File<'_>,
    entry: &Written<'_>,
    table: &DeTable<'_>,
) -> Result<Ignore, SettingsError> {
    if let Some((name, _)) = table
        .iter()
        .find(|(name, _)| !KEYS.contains(&name.get_ref().as_ref()))
    {
        let hint = match nearest(name.get_ref(), KEYS) {
            Some(known) => format!("Did you mean `{known}`?"),
            None => format!("The keys of [[ignore]] are {}.", KEYS.join(", ")),
        };
        return Err(file.unknown(name, &format!("ignore.{}", name.get_ref()), hint));
    }
    let (id_at, id) = text(file, entry, table, "id")?;
    let (key_at, key) = text(file, entry, table, "key")?;
    let (reason_at, reason) = text(file, entry, table, "reason")?;
    let until = until(file, entry, table)?;
    let ignore = Ignore::new(&id, &key, &reason, until).map_err(|error| match &error {
        IgnoreError::UnknownId(_) => bad(file, "id", id_at, "the id of a rule, such as \"UPR004\""),
        IgnoreError::NoKey => bad(file, "key", key_at, "the key of a finding, or \"module.*\""),
        IgnoreError::NoReason => bad(file, "reason", reason_at, "a reason for those who read it"),
        error => bad(file, "id", id_at, &format!("another rule: {error}")),
    })?;
    let line = u32::try_from(file.line(entry)).unwrap_or(u32::MAX);
    Ok(ignore.at(Place {
        file: file.path().display().to_string(),
        line,
    }))
}

fn until(file: &File<'_>, entry: &Written<'_>, table: &DeTable<'_>) -> Result<Day, SettingsError> {
    let at = member(file, entry, table, "until")?;
    // A date may stand with or without quotes.
    let day = match at.get_ref() {
        DeValue::String(text) => Day::parse(text),
        DeValue::Datetime(date) => Day::parse(&date.to_string()),
        _ => None,
    };
    day.ok_or_else(|| bad(file, "until", at, "a day such as \"2027-01-31\""))
}

fn text<'t, 'a>(
    file: &File<'_>,
    entry: &Written<'_>,
    table: &'t DeTable<'a>,
    key: &'static str,
) -> Result<(&'t Written<'a>, String), SettingsError> {
    let at = member(file, entry, table, key)?;
    match Value::of(at.get_ref()).text() {
        Ok(text) => Ok((at, text.to_owned())),
        Err(expected) => Err(bad(file, key, at, &expected)),
    }
}

fn member<'t, 'a>(
    file: &File<'_>,
    entry: &Written<'_>,
    table: &'t DeTable<'a>,
    key: &'static str,
) -> Result<&'t Written<'a>, SettingsError> {
    table.get(key).ok_or_else(|| SettingsError::IgnoreWithout {
        origin: file.origin(entry),
        key,
    })
}

fn bad(file: &File<'_>, key: &str, at: &Written<'_>, expected: &str) -> SettingsError {
    file.bad_value(at, &format!("ignore.{key}"), at, expected)
}
