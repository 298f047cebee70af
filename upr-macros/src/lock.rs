//! What the lock says about the package that is being compiled.
//!
//! The file is read once per compilation and kept by path, size and time, since editors keep the macro server
//! alive. Which lock: the package's directory, else its workspace root, never further; and of it only the lines of this
//! package and crate, so that a vendored dependency is not held to the application's lock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use upr_core::declare::{Ctxt, Package};
use upr_core::lock::{Entry, FILE_NAME, Lock};

use crate::place::{Stamp, at};

/// The lock as one crate sees it.
pub(crate) struct Locked {
    path: PathBuf,
    lock: Result<Lock, Unreadable>,
    /// The entries of this package and crate, by module.
    modules: BTreeMap<String, Vec<Entry>>,
    /// The tombstones of this package and crate, by action: every handler asks for those of its own.
    retired: HashMap<String, Vec<Entry>>,
}

/// Why a lock that is there is of no use.
struct Unreadable {
    problem: String,
    remedy: &'static str,
}

impl Locked {
    /// The lock of `package`; `None` when there is none.
    pub(crate) fn find(package: &Package) -> Option<Arc<Self>> {
        let path = locate()?;
        let stamp = Stamp::of(&path)?;
        let key = (path.clone(), package.name.clone(), package.krate.clone());
        let mut cache = guard(&CACHE);
        let cache = cache.get_or_insert_default();
        match cache.get(&key) {
            Some((known, locked)) if *known == stamp => Some(Arc::clone(locked)),
            _ => {
                let locked = Arc::new(Self::read(path, package));
                cache.insert(key, (stamp, Arc::clone(&locked)));
                Some(locked)
            }
        }
    }

    fn read(path: PathBuf, package: &Package) -> Self {
        let lock = match fs::read_to_string(&path) {
            Ok(text) => Lock::parse(&text).map_err(|error| Unreadable {
                problem: error.to_string(),
                remedy: error.remedy(),
            }),
            Err(error) => Err(Unreadable {
                problem: error.to_string(),
                remedy: "make it readable, or restore it from version control",
            }),
        };
        let mut modules: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let mut retired: HashMap<String, Vec<Entry>> = HashMap::new();
        for entry in lock.iter().flat_map(Lock::entries) {
            if (&entry.package, &entry.krate) == (&package.name, &package.krate) {
                if entry.is_retired() {
                    let action = entry.key.action().to_owned();
                    retired.entry(action).or_default().push(entry.clone());
                }
                let module = entry.key.module().to_owned();
                modules.entry(module).or_default().push(entry.clone());
            }
        }
        Self {
            path,
            lock,
            modules,
            retired,
        }
    }

    /// The lock itself; one that cannot be read is reported at `span`.
    pub(crate) fn lock(&self, span: Span, ctxt: &Ctxt) -> Option<&Lock> {
        match &self.lock {
            Ok(lock) => Some(lock),
            Err(Unreadable { problem, remedy }) => {
                ctxt.error_at(
                    span,
                    format!("`{FILE_NAME}` cannot be read: {problem}"),
                    *remedy,
                );
                None
            }
        }
    }

    /// The entries of a module of this package and crate.
    pub(crate) fn module(&self, key: &str) -> &[Entry] {
        self.modules.get(key).map_or(&[], Vec::as_slice)
    }

    /// The tombstones of this package and crate with this action.
    pub(crate) fn retired(&self, action: &str) -> &[Entry] {
        self.retired.get(action).map_or(&[], Vec::as_slice)
    }

    /// Makes Cargo rebuild the crate when the lock changes: once in a crate, from inside a function, where it
    /// leaves no metadata.
    pub(crate) fn track(&self, package: &Package, span: Span) -> Option<TokenStream> {
        let key = (
            self.path.clone(),
            package.name.clone(),
            package.krate.clone(),
        );
        let is_first = guard(&TRACKED).get_or_insert_default().insert(key);
        let path = self.path.to_str().filter(|_| is_first)?;
        Some(quote_spanned! {at(span)=>
            const _: () = {
                fn lock() {
                    let _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
                }
            };
        })
    }
}

type Key = (PathBuf, String, String);
type Cache = HashMap<Key, (Stamp, Arc<Locked>)>;

static CACHE: Mutex<Option<Cache>> = Mutex::new(None);
static TRACKED: Mutex<Option<HashSet<Key>>> = Mutex::new(None);
static ROOTS: Mutex<Option<HashMap<PathBuf, Option<PathBuf>>>> = Mutex::new(None);

/// Where the lock of the package that is being compiled stands.
fn locate() -> Option<PathBuf> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let own = package.join(FILE_NAME);
    if own.is_file() {
        return Some(own);
    }
    let shared = workspace_root(package)?.join(FILE_NAME);
    shared.is_file().then_some(shared)
}

/// The root of the workspace that `package` is in; asked of the disk once.
fn workspace_root(package: PathBuf) -> Option<PathBuf> {
    let mut roots = guard(&ROOTS);
    let root = roots
        .get_or_insert_default()
        .entry(package)
        .or_insert_with_key(|package| {
            package
                .ancestors()
                .find(|folder| is_workspace(folder))
                .map(Path::to_owned)
        });
    root.clone()
}

fn is_workspace(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest
        .lines()
        .any(|line| line.trim_start().starts_with("[workspace]"))
}

/// What is cached stays right when a panic elsewhere has poisoned the mutex.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
