//! What a program's sources declare, read without compiling them.
//!
//! The scanner reads each crate from its root as rustc does: along `mod`, `#[path]` and `include!`, with `cfg` evaluated, names
//! followed through `use`, aliases and re-exports, and every declaration understood by the parser of the macros. It gives the
//! same fragments as the compiled program. What it cannot follow is an error with its place, never a gap.
//!
//! | file | holds |
//! | --- | --- |
//! | `cfg.rs`, `attributes.rs` | conditions, evaluated |
//! | `folder.rs`, `include.rs` | which file a `mod` or an `include!` means |
//! | `walk.rs`, `bodies.rs`, `hidden.rs` | the first walk: names, and what may declare something; what macros hide |
//! | `scope.rs`, `resolve.rs` | from a path to what it names |
//! | `collect.rs`, `fragments.rs` | from what may declare to what is declared |
//! | `metadata.rs`, `features.rs`, `program.rs` | the crates of a whole program, from Cargo |
//! | `check.rs` | sources against the lock |

mod attributes;
mod bodies;
mod cfg;
mod check;
mod collect;
mod error;
mod features;
mod folder;
mod fragments;
mod hidden;
mod include;
mod krate;
mod metadata;
mod program;
mod resolve;
mod scope;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use self::cfg::{Answer, Cfg};
pub use self::error::{ScanError, ScanErrors};
pub use self::krate::{Crate, Edition, Extern};
pub use self::program::{Features, Program, ProgramError, Root, ScannedProgram};
use crate::fragment::Fragment;

/// What the sources of a program declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Everything that the linked crates declare.
    pub fragments: Vec<Fragment>,
    /// Every file that was read.
    pub files: BTreeSet<PathBuf>,
    /// The crates of the list that the first one names, by their positions: what is not named is not linked.
    pub linked: BTreeSet<usize>,
    /// What could not be read.
    pub left_out: Vec<LeftOut>,
}

/// Something of the program that was not scanned, so that its catalog is only a part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    what: String,
    reason: String,
}

impl LeftOut {
    pub(crate) fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            reason: reason.into(),
        }
    }

    /// A package, or a place in a source file.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Why it was left out.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Scans a program: the first of `krates`, and of the others those that it names, directly or through others.
///
/// Files are shown as seen from `base`, where the compiler is started: the root of the workspace.
///
/// # Errors
///
/// [`ScanErrors`] with everything that cannot be read or followed.
pub fn scan(krates: &[Crate], base: &Path) -> Result<Scanned, ScanErrors> {
    let mut walked = walk::Walked::default();
    for (position, krate) in krates.iter().enumerate() {
        walk::Walk::run(krate, scope::CrateId(position), base, &mut walked);
    }
    let linked = linked(krates, &walked);
    let is_linked = |krate: scope::CrateId| linked.contains(&krate.0);
    let mut collected = collect::Collect {
        krates,
        walked: &mut walked,
        collected: collect::Collected::default(),
    }
    .run();
    collected
        .actions
        .retain(|declared| is_linked(walked.scopes[declared.scope].krate));
    collected.roles.retain(|declared| is_linked(declared.krate));
    collected
        .programs
        .retain(|declared| is_linked(declared.krate));
    let (fragments, files) =
        fragments::Resolve::new(krates, &mut walked, &collected, &linked).run();
    // What is wrong with a crate that is not linked is nobody's affair here.
    let errors = of_linked(walked.errors, &linked);
    if !errors.is_empty() {
        return Err(ScanErrors::new(errors));
    }
    let files = of_linked(walked.files, &linked).into_iter().chain(files);
    let left_out: BTreeSet<LeftOut> = of_linked(walked.left_out, &linked).into_iter().collect();
    Ok(Scanned {
        fragments,
        files: files.collect(),
        left_out: left_out.into_iter().collect(),
        linked,
    })
}

fn of_linked<T>(found: Vec<(scope::CrateId, T)>, linked: &BTreeSet<usize>) -> Vec<T> {
    let of_linked = found
        .into_iter()
        .filter(|(krate, _)| linked.contains(&krate.0));
    of_linked.map(|(_, found)| found).collect()
}

/// The crates that the first one names, directly or through others.
fn linked(krates: &[Crate], walked: &walk::Walked) -> BTreeSet<usize> {
    let resolver = resolve::Resolver {
        scopes: &walked.scopes,
        krates,
        roots: &walked.roots,
        constants: &[],
    };
    let mut named: Vec<(usize, usize)> = Vec::new();
    for (scope, name, leading) in &walked.mentions {
        let from = walked.scopes[*scope].krate.0;
        if let Some(Extern::Scanned(to)) =
            krates.get(from).and_then(|krate| krate.externs.get(name))
            && resolver.enters(*scope, name, *leading)
        {
            named.push((from, *to));
        }
    }
    let mut linked = BTreeSet::new();
    let mut waiting = vec![0];
    while let Some(position) = waiting.pop() {
        if position < krates.len() && linked.insert(position) {
            let next = named.iter().filter(|(from, _)| *from == position);
            waiting.extend(next.map(|(_, to)| *to));
        }
    }
    linked
}
