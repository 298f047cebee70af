//! Where the source of an item is found, for the conditions that rustc has taken off it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use proc_macro2::Span;
use upr_core::declare::{Conditions, Owner, Surroundings};

use crate::place::Stamp;

/// The predicates that the item named at `name` stands under, by its own attributes and those of the mods in files of
/// their own around it, from the outermost inwards; none when there is no file.
pub(crate) fn conditions(name: Span) -> Vec<String> {
    find(name).unwrap_or_default()
}

fn find(name: Span) -> Option<Vec<String>> {
    let span = name.unwrap();
    let path = span.local_file()?;
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let file = File::of(&path, files.get_or_insert_default())?;
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

static FILES: Mutex<Option<Files>> = Mutex::new(None);

type Files = HashMap<PathBuf, Arc<File>>;

/// A source file, read once in a compilation.
struct File {
    stamp: Stamp,
    inside: Conditions,
    /// The conditions of the mod that the file is, from the outermost inwards.
    around: Vec<String>,
}

impl File {
    fn of(path: &Path, files: &mut Files) -> Option<Arc<Self>> {
        let stamp = Stamp::of(path)?;
        if let Some(known) = files.get(path).filter(|file| file.stamp == stamp) {
            return Some(Arc::clone(known));
        }
        let file = Arc::new(Self {
            stamp,
            inside: Conditions::of(&read(path)?),
            around: around(path, files),
        });
        files.insert(path.to_owned(), Arc::clone(&file));
        Some(file)
    }

    fn conditions(&self, line: usize, column: usize) -> Vec<String> {
        let inside = self.inside.at(line, column);
        self.around.iter().chain(inside).cloned().collect()
    }
}

/// The conditions of the mod that a file is.
fn around(path: &Path, files: &mut Files) -> Vec<String> {
    let Some((name, parents)) = parents(path) else {
        return Vec::new();
    };
    let parents: Vec<(PathBuf, Arc<File>)> = parents
        .into_iter()
        .filter(|parent| parent != path)
        .filter_map(|parent| File::of(&parent, files).map(|file| (parent, file)))
        .collect();
    let declares = |(parent, file): &(PathBuf, Arc<File>)| {
        let folder = parent.parent()?;
        let declared = file
            .inside
            .of_mod(&name, |written| folder.join(written) == path)?;
        Some(file.around.iter().chain(declared).cloned().collect())
    };
    // Who has no condition to tell of does not say whom it declares: the first that is there, since rustc refuses two.
    let by_name = || parents.first().map(|(_, file)| file.around.clone());
    parents
        .iter()
        .find_map(declares)
        .or_else(by_name)
        .unwrap_or_default()
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
