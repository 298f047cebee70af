//! What one declaration says, wherever it was read, and how declarations become a catalog.
//!
//! There are three readers of one truth: the scanner reads sources, the artifact's reader a shipped binary, the registry
//! the running program. Each gives fragments; [`assemble`] puts them together, so that the three agree to the byte.
//!
//! What refers to another declaration refers to its id, since neither a source file nor an object file knows what
//! else will be linked. An id that nothing has is refused when fragments are put together.

mod assemble;
mod error;

use std::collections::{BTreeMap, HashMap};

use semver::Version;

pub use self::assemble::{Assembled, UNNAMED, assemble, condition};
pub use self::error::{AssembleError, Problem};
use crate::catalog::{Application, Kind, Retired, RoleMode};
use crate::finding::Place;
use crate::key::{ModuleKey, RoleKey};

/// Where each permission is declared, by key; what belongs to no module that is there is left out.
#[must_use]
pub fn places(fragments: &[Fragment]) -> BTreeMap<String, Place> {
    let mut modules: HashMap<u64, &ModuleKey> = HashMap::new();
    for fragment in fragments {
        if let Fragment::Module(module) = fragment {
            modules.insert(module.key.id(), &module.key);
        }
    }
    let bodies = fragments.iter().flat_map(|fragment| match fragment {
        Fragment::Module(module) => module
            .actions
            .iter()
            .map(|body| (module.key.id(), body))
            .collect(),
        Fragment::Action(action) => vec![(action.module, &action.body)],
        Fragment::Role(_) | Fragment::Program(_) => Vec::new(),
    });
    bodies
        .filter_map(|(module, body)| {
            let key = format!("{}.{}", modules.get(&module)?, body.name);
            let place = Place {
                file: body.file.clone(),
                line: body.line,
            };
            Some((key, place))
        })
        .collect()
}

/// One declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// A module, with the actions of its attribute.
    Module(ModuleFragment),
    /// An action on a handler.
    Action(ActionFragment),
    /// A role that is defined in code.
    Role(RoleFragment),
    /// What a program says of itself.
    Program(ProgramFragment),
}

/// Where a declaration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The package, as its Cargo.toml names it.
    pub package: String,
    /// The package's version.
    pub version: Version,
    /// The crate target, with underscores.
    pub krate: String,
    /// The source file, as the compiler was given it.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u32,
}

/// A module, with the actions of its attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleFragment {
    /// Such as `users`.
    pub key: ModuleKey,
    /// One line for people.
    pub label: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Whether actions may differ in nothing but the case of their letters.
    pub allow_case_variants: bool,
    /// The predicates of `cfg` that it stands under, outermost first.
    pub cfg: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
    /// In written order.
    pub actions: Vec<ActionBody>,
}

/// What is said of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionBody {
    /// The last segment of the key.
    pub name: String,
    /// One line for people.
    pub label: String,
    /// Markdown; may be empty.
    pub description: String,
    /// How it was declared.
    pub kind: Kind,
    /// Whether at least one active subject must always hold it.
    pub critical: bool,
    /// Set when it is on its way out.
    pub deprecation: Option<DeprecationFragment>,
    /// The predicates of `cfg` that it stands under itself, without its module's.
    pub cfg: Vec<String>,
    /// The source file, as the compiler was given it.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u32,
}

/// What was said about the end of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeprecationFragment {
    /// For people; not empty.
    pub message: String,
    /// The first version that says so.
    pub since: Option<Version>,
    /// The first version that may be without it.
    pub remove_in: Option<Version>,
    /// The id of what to use instead.
    pub replaced_by: Option<u64>,
}

/// An action on a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionFragment {
    /// The id of its module.
    pub module: u64,
    /// What is said of it.
    pub body: ActionBody,
}

/// A role that is defined in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFragment {
    /// Such as `support`.
    pub key: RoleKey,
    /// One line for people.
    pub label: String,
    /// Who decides what it holds.
    pub mode: RoleMode,
    /// Whether it holds every permission of the application.
    pub all: bool,
    /// Ids of permissions.
    pub permissions: Vec<u64>,
    /// Ids of modules.
    pub modules: Vec<u64>,
    /// Where it stands.
    pub origin: Origin,
}

/// What a program says of itself: its name, and what its lock demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFragment {
    /// The application; its package's name and version.
    pub application: Application,
    /// The published keys that must be linked; empty without a lock.
    pub locked: Vec<LockedCrate>,
    /// The tombstones of the lock.
    pub retired: Vec<Retired>,
    /// Where it stands.
    pub origin: Origin,
}

/// The published keys of one crate that are declared under no condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedCrate {
    /// The package, as its Cargo.toml names it.
    pub package: String,
    /// The crate target, with underscores.
    pub krate: String,
    /// Its keys.
    pub keys: Vec<String>,
}

/// The fragments without what the program's own lock demands: a lock of today is checked against all that is declared,
/// and names each key that is missing.
#[must_use]
pub fn without_lock(mut fragments: Vec<Fragment>) -> Vec<Fragment> {
    for fragment in &mut fragments {
        if let Fragment::Program(program) = fragment {
            program.locked.clear();
            program.retired.clear();
        }
    }
    fragments
}
