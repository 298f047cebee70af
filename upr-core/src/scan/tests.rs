//! Tables of small crates, each scanned from files of its own.

mod conditions;
mod crates;
mod errors;
mod files;
mod names;
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use semver::Version;

use super::{Cfg, Crate, Edition, Extern, ScanErrors, Scanned, scan};
use crate::fragment::{Fragment, assemble};

/// A crate `app` in a folder of its own, with `upr` in sight.
pub(super) struct Sources {
    folder: tempfile::TempDir,
    pub(super) krates: Vec<Crate>,
}

impl Sources {
    /// `files` is a text of files, each below a line `//- src/name.rs`; without such a line it is `src/lib.rs`.
    pub(super) fn new(files: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = Self {
            folder,
            krates: Vec::new(),
        };
        sources.write(files);
        let app = sources.krate("app", "src/lib.rs");
        sources.krates.push(app);
        sources
    }

    pub(super) fn write(&self, files: &str) {
        let files = if files.trim_start().starts_with("//- ") {
            files.to_owned()
        } else {
            format!("//- src/lib.rs\n{files}")
        };
        for file in files.split("//- ").skip(1) {
            let (name, text) = file.split_once('\n').unwrap();
            let path = self.folder.path().join(name.trim());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    pub(super) fn krate(&self, name: &str, root: &str) -> Crate {
        Crate {
            package: name.replace('_', "-"),
            version: Version::new(1, 0, 0),
            name: name.to_owned(),
            root: self.folder.path().join(root),
            folder: self.folder.path().to_owned(),
            edition: Edition::E2018,
            cfg: Cfg::of_rustc("unix\ntarget_os=\"linux\"\n").with_feature("on"),
            externs: BTreeMap::from([("upr".to_owned(), Extern::Upr)]),
            out_dir: None,
            lock: None,
        }
    }

    pub(super) fn app(&mut self) -> &mut Crate {
        &mut self.krates[0]
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn scan(&self) -> Result<Scanned, ScanErrors> {
        scan(&self.krates, self.folder.path())
    }

    /// The keys that are declared, sorted.
    pub(super) fn keys(&self) -> Vec<String> {
        let scanned = self.scan().unwrap();
        keys(&scanned)
    }

    /// The errors, each as `file:line:column: message; remedy`.
    pub(super) fn errors(&self) -> Vec<String> {
        match self.scan() {
            Ok(scanned) => panic!("no error, and the keys {:?}", keys(&scanned)),
            Err(errors) => errors
                .errors()
                .iter()
                .map(|error| format!("{error}; {}", error.remedy()))
                .collect(),
        }
    }
}

pub(super) fn keys(scanned: &Scanned) -> Vec<String> {
    let assembled = assemble(scanned.fragments.clone(), None).unwrap();
    let keys = assembled
        .declared
        .iter()
        .map(|declared| declared.key.to_string());
    let mut keys: Vec<String> = keys.collect();
    let roles = scanned
        .fragments
        .iter()
        .filter_map(|fragment| match fragment {
            Fragment::Role(role) => Some(format!("role {}", role.key)),
            _ => None,
        });
    keys.extend(roles);
    keys
}

/// The keys that one text of files declares.
pub(super) fn declared(files: &str) -> Vec<String> {
    Sources::new(files).keys()
}

pub(super) fn refused(files: &str) -> Vec<String> {
    Sources::new(files).errors()
}
