//! The file: JSON Lines in, the same lines out.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::error::Error;
use std::fmt;

use semver::Version;
use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};
use serde_json::Value;

use super::{Entry, FORMAT, Lock};
use crate::json::{JsonError, Node, parse_version};
use crate::key::Key;
use crate::name::nearest;
use crate::text::one_line;

/// The members of a line, in the order in which they are written.
const MEMBERS: [&str; 9] = [
    "key",
    "published",
    "deprecated",
    "remove_in",
    "retired",
    "replaced_by",
    "cfg",
    "package",
    "crate",
];

/// Why a text is no lock; names the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    line: usize,
    problem: String,
    remedy: &'static str,
    contradicted: Option<Key>,
}

impl LockError {
    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong with the line, without its number.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// The key that two lines tell differently, when that is what is wrong.
    #[must_use]
    pub fn contradicted(&self) -> Option<&Key> {
        self.contradicted.as_ref()
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl Error for LockError {}

/// Where the keys of a lock stand in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<Key, usize>);

impl Lines {
    /// The line of a key, from 1.
    #[must_use]
    pub fn of(&self, key: &str) -> Option<usize> {
        self.0.get(key).copied()
    }
}

impl Lock {
    /// Reads `upr.lock`.
    ///
    /// Lines may stand in any order, and identical ones may be repeated, as a union merge leaves
    /// them. A file without a line is refused: deleting its content must turn nothing off.
    ///
    /// # Errors
    ///
    /// [`LockError`], which names the line; for contradicting lines, both.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        Self::parse_lines(text).map(|(lock, _)| lock)
    }

    /// As [`parse`](Self::parse), with the line of each key.
    ///
    /// # Errors
    ///
    /// [`LockError`], which names the line; for contradicting lines, both.
    pub fn parse_lines(text: &str) -> Result<(Self, Lines), LockError> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()));
        let header = lines.next().map_or("", |(_, line)| line);
        check_header(header)?;
        let mut entries: BTreeMap<Key, (usize, Entry)> = BTreeMap::new();
        for (number, line) in lines {
            // A union merge of two new locks repeats the header.
            if line.is_empty() || line == header {
                continue;
            }
            let entry = parse_line(line, number)?;
            match entries.entry(entry.key.clone()) {
                Slot::Vacant(slot) => {
                    slot.insert((number, entry));
                }
                Slot::Occupied(slot) => check_same(slot.get(), number, &entry)?,
            }
        }
        let mut lines = BTreeMap::new();
        let mut lock = Self::default();
        for (key, (line, entry)) in entries {
            lines.insert(key.clone(), line);
            lock.entries.insert(key, entry);
        }
        Ok((lock, Lines(lines)))
    }

    /// The file's text: sorted by key, `\n` behind every line.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a line that is lost must not pass for a written one"
    )]
    pub fn to_text(&self) -> String {
        let mut text = format!("{{\"format\":\"{FORMAT}\"}}\n");
        for entry in self.entries() {
            // INVARIANT: memory takes every byte, and every map key is a string.
            text += &serde_json::to_string(entry).expect("an entry is written into memory");
            text.push('\n');
        }
        text
    }
}

fn check_header(line: &str) -> Result<(), LockError> {
    let fail = |problem: String, remedy| {
        Err(LockError {
            line: 1,
            problem: one_line(&problem),
            remedy,
            contradicted: None,
        })
    };
    let missing = "write a new lock with `upr lock`, or restore it from version control";
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        let problem = format!(
            "expected `{{\"format\":\"{FORMAT}\"}}`, found `{}`",
            shorten(line)
        );
        return fail(problem, missing);
    };
    match value.get("format").and_then(Value::as_str) {
        Some(FORMAT) => Ok(()),
        Some(other) => fail(
            format!("`{other}` is no format that this program reads; it reads `{FORMAT}`"),
            "use the version of upr that wrote it, or a newer one",
        ),
        None => fail(format!("expected `{{\"format\":\"{FORMAT}\"}}`"), missing),
    }
}

fn parse_line(line: &str, number: usize) -> Result<Entry, LockError> {
    let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    if markers.iter().any(|marker| line.starts_with(marker)) {
        return Err(LockError {
            line: number,
            problem: "an unresolved merge conflict".to_owned(),
            remedy: "keep the lines of both sides; `upr.lock merge=union` in `.gitattributes` does so by itself",
            contradicted: None,
        });
    }
    let read = || {
        let value: Value = serde_json::from_str(line).map_err(|error| JsonError::syntax(&error))?;
        read_entry(&Node::root(&value))
    };
    let remedy = "correct the line, or restore the file from version control";
    let entry = read().map_err(|error: JsonError| LockError {
        line: number,
        problem: error.to_string(),
        remedy,
        contradicted: None,
    })?;
    match contradiction(&entry) {
        None => Ok(entry),
        Some(problem) => Err(LockError {
            line: number,
            problem: format!("`{}` {problem}", entry.key),
            remedy,
            contradicted: Some(entry.key),
        }),
    }
}

/// What no life of a key can be; only hands write it.
fn contradiction(entry: &Entry) -> Option<&'static str> {
    let is_deprecated = entry.deprecated.is_some();
    if entry.is_retired() && (is_deprecated || entry.remove_in.is_some() || entry.cfg.is_some()) {
        return Some("is retired, and its line says more than `replaced_by` about it");
    }
    if !is_deprecated && entry.remove_in.is_some() {
        return Some("has a `remove_in`, and is not deprecated");
    }
    if !is_deprecated && !entry.is_retired() && entry.replaced_by.is_some() {
        return Some("has a `replaced_by`, and is neither deprecated nor retired");
    }
    if entry.replaced_by.as_ref() == Some(&entry.key) {
        return Some("is replaced by itself");
    }
    if entry.package.is_empty() || entry.krate.is_empty() {
        return Some("has no package, or no crate");
    }
    None
}

fn read_entry(node: &Node<'_>) -> Result<Entry, JsonError> {
    // Not passed over: writing the lock again would lose what a newer upr has noted there.
    if let Some(unknown) = node
        .object()?
        .keys()
        .find(|name| !MEMBERS.contains(&name.as_str()))
    {
        let hint = nearest(unknown, MEMBERS).map(|known| format!("; did you mean `{known}`?"));
        let hint = hint.unwrap_or_default();
        return Err(node.error(format_args!("unknown member `{unknown}`{hint}")));
    }
    let version = |name| -> Result<Option<Version>, JsonError> {
        node.get(name)?
            .map(|node| node.parse(parse_version))
            .transpose()
    };
    let replaced_by = node
        .get("replaced_by")?
        .map(|node| node.parse(Key::parse))
        .transpose()?;
    let cfg = node
        .get("cfg")?
        .map(|node| node.text().map(str::to_owned))
        .transpose()?;
    Ok(Entry {
        key: node.require("key")?.parse(Key::parse)?,
        published: node.require("published")?.parse(parse_version)?,
        deprecated: version("deprecated")?,
        remove_in: version("remove_in")?,
        retired: version("retired")?,
        replaced_by,
        cfg,
        package: node.require("package")?.text()?.to_owned(),
        krate: node.require("crate")?.text()?.to_owned(),
    })
}

fn check_same(
    (first, known): &(usize, Entry),
    line: usize,
    entry: &Entry,
) -> Result<(), LockError> {
    if known == entry {
        return Ok(());
    }
    Err(LockError {
        line,
        problem: format!("`{}` contradicts line {first}", entry.key),
        remedy: "keep one of the two lines: a retired key stays retired, an earlier `published` wins",
        contradicted: Some(entry.key.clone()),
    })
}

fn shorten(line: &str) -> String {
    line.chars().take(60).flat_map(char::escape_debug).collect()
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let versions = |version: &Option<Version>| version.as_ref().map(Version::to_string);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("published", &self.published.to_string())?;
        let optional = [
            ("deprecated", versions(&self.deprecated)),
            ("remove_in", versions(&self.remove_in)),
            ("retired", versions(&self.retired)),
            ("replaced_by", self.replaced_by.as_ref().map(Key::to_string)),
            ("cfg", self.cfg.clone()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                map.serialize_entry(name, &value)?;
            }
        }
        map.serialize_entry("package", &self.package)?;
        map.serialize_entry("crate", &self.krate)?;
        map.end()
    }
}
