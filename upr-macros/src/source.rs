//! Where the source of an item is found, for the conditions that rustc has taken off it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proc_macro2::Span;
use upr_core::declare::{Owner, Surroundings, conditions_around, conditions_at, conditions_of_mod};

use crate::place::Stamp;

/// The predicates that the item named at `name` stands under, by its own attributes and those of the mods in files of
/// their own around it, from the outermost inwards; none when there is no file.
pub(crate) fn conditions(name: Span) -> Vec<String> {
    find(name).unwrap_or_default()
}

fn find(name: Span) -> Option<Vec<String>> {
    let span = name.unwrap();
    let path = span.local_file()?;
    let stamp = Stamp::of(&path)?;
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let files = files.get_or_insert_default();
    if files.get(&path).is_none_or(|file| file.stamp != stamp) {
        files.insert(path.clone(), File::read(&path, stamp)?);
    }
    let file = files.get(&path)?;
    Some(file.conditions(span.line(), span.column()))
}

/// What the function named at `name` belongs to; `None` for a free one, and where there is no file.
pub(crate) fn owner(name: Span) -> Option<Owner> {
    let span = name.unwrap();
    let path = span.local_file()?;
    let stamp = Stamp::of(&path)?;
    let mut files = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    let files = files.get_or_insert_default();
    if files.get(&path).is_none_or(|(known, _)| *known != stamp) {
        let surroundings = Surroundings::of(&read(&path)?);
        files.insert(path.clone(), (stamp, surroundings));
    }
    let (_, surroundings) = files.get(&path)?;
    surroundings.owner_at(span.line(), span.column())
}

static OWNERS: Mutex<Option<HashMap<PathBuf, (Stamp, Surroundings)>>> = Mutex::new(None);

static FILES: Mutex<Option<HashMap<PathBuf, File>>> = Mutex::new(None);

/// A source file, read once in a compilation.
struct File {
    stamp: Stamp,
    /// Kept only where there is a condition to be found.
    text: String,
    /// The byte at which each line of the text starts.
    lines: Vec<usize>,
    /// The conditions of the mod that the file is, from the outermost inwards.
    around: Vec<String>,
}

impl File {
    fn read(path: &Path, stamp: Stamp) -> Option<Self> {
        let text = read(path)?;
        let text = if text.contains("cfg") {
            text
        } else {
            String::new()
        };
        let starts = text.match_indices('\n').map(|(end, _)| end + 1);
        Some(Self {
            stamp,
            lines: std::iter::once(0).chain(starts).collect(),
            text,
            around: around(path),
        })
    }

    fn conditions(&self, line: usize, column: usize) -> Vec<String> {
        let mut conditions = self.around.clone();
        conditions.extend(self.at(line, column));
        conditions
    }

    /// Looks at the lines above a place: at all of them where it stands in an inline mod, else at as many as attributes
    /// and doc comments seldom are.
    fn at(&self, line: usize, column: usize) -> Vec<String> {
        const MOST: usize = 200;
        let is_nested = column > 1 && self.text_of(line - 1, line).starts_with([' ', '\t']);
        let first = if is_nested {
            0
        } else {
            line.saturating_sub(MOST)
        };
        let lines: Vec<&str> = self.text_of(first, line).lines().collect();
        let mut conditions = conditions_around(&lines, line - first);
        conditions.extend(conditions_at(&lines, line - first, column));
        conditions
    }

    /// The text behind line `first` to the end of line `last`, both counted from 1.
    fn text_of(&self, first: usize, last: usize) -> &str {
        let start = self.lines.get(first).copied().unwrap_or(self.text.len());
        let end = self.lines.get(last).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }
}

/// The conditions of the mod that a file is.
fn around(path: &Path) -> Vec<String> {
    let Some((name, parents)) = parents(path) else {
        return Vec::new();
    };
    // The first that exists is the parent: rustc refuses two.
    let found = parents.into_iter().find_map(|parent| {
        let text = read(&parent)?;
        Some((parent, text))
    });
    let Some((parent, text)) = found else {
        return Vec::new();
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut conditions = around(&parent);
    conditions.extend(conditions_of_mod(&lines, &name));
    conditions
}

/// The name of the mod that a file is, and the files that may declare it; `None` for the root of a crate.
fn parents(path: &Path) -> Option<(String, Vec<PathBuf>)> {
    let stem = path.file_stem()?.to_str()?;
    let folder = path.parent()?;
    let (name, folder) = match stem {
        "lib" | "main" => return None,
        "mod" => (folder.file_name()?.to_str()?, folder.parent()?),
        name => (name, folder),
    };
    let mut parents = vec![folder.join("mod.rs"), folder.with_extension("rs")];
    parents.extend(["lib.rs", "main.rs"].map(|root| folder.join(root)));
    Some((name.to_owned(), parents))
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}
