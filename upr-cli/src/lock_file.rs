//! `upr.lock` on the disk: where it is, reading it, writing it, and making Cargo notice.

use std::path::{Path, PathBuf};

use upr_core::Lock;
use upr_core::lock::{FILE_NAME, LockError};

use crate::cargo::Workspace;
use crate::context::Context;
use crate::failure::Failure;
use crate::file;

/// The lock that belongs to a directory, which may not be there yet.
#[derive(Debug)]
pub(crate) struct LockFile {
    pub(crate) path: PathBuf,
    pub(crate) workspace: Option<Workspace>,
}

impl LockFile {
    /// The file that `named` names, else the one that the macros read for the package here: beside
    /// its `Cargo.toml`, else at its workspace's root.
    pub(crate) fn locate(named: Option<&Path>, context: &Context) -> Self {
        let directory = context.package_directory();
        let workspace = Workspace::around(&directory);
        let path = match named {
            Some(path) => path.to_owned(),
            None => default_path(&directory, workspace.as_ref()),
        };
        Self {
            path: shown(&path),
            workspace,
        }
    }

    /// What it holds; nothing where there is no file.
    pub(crate) fn read(&self) -> Result<Option<Lock>, Failure> {
        let text = self.text()?;
        let parsed = text.as_deref().map(Lock::parse).transpose();
        parsed.map_err(|error| self.invalid(&error))
    }

    /// As [`LockFile::read`], as it stands there.
    pub(crate) fn text(&self) -> Result<Option<String>, Failure> {
        file::read_if_there(&self.path)
    }

    /// What to say about a file that is no lock.
    pub(crate) fn invalid(&self, error: &LockError) -> Failure {
        let message = format!("{}:{}: {}", self.shown(), error.line(), error.problem());
        Failure::could_not("lock-invalid", message).remedy(error.remedy())
    }

    /// Writes it, and has the crates compiled anew that it is for when it was not there before.
    pub(crate) fn write(&self, lock: &Lock, context: &Context) -> Result<(), Failure> {
        let is_new = !self.path.exists();
        file::write(&self.path, &lock.to_text())?;
        context.note_change(true);
        if is_new {
            self.rebuild(context);
        }
        Ok(())
    }

    /// Makes Cargo notice a lock that appeared.
    pub(crate) fn rebuild(&self, context: &Context) {
        let Some(workspace) = &self.workspace else {
            return;
        };
        if let Err(error) = workspace.touch_crate_roots(&self.path) {
            context.out.warn(&format!(
                "cannot mark the crates for compilation ({error}); run `cargo clean` once, so that \
                 the new {FILE_NAME} is read"
            ));
        }
    }

    /// A source file as people here write it, given as the compiler was: from the workspace's root. Nothing where it is not
    /// there, since the program was built elsewhere.
    pub(crate) fn source(&self, name: &str) -> Option<String> {
        let path = match &self.workspace {
            Some(workspace) => workspace.root.join(name),
            None => PathBuf::from(name),
        };
        path.is_file().then(|| shown(&path).display().to_string())
    }

    /// The path for messages.
    pub(crate) fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

/// As people write it: relative where it is below the current directory.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

fn default_path(directory: &Path, workspace: Option<&Workspace>) -> PathBuf {
    let start = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let package = start
        .ancestors()
        .find(|above| above.join("Cargo.toml").is_file());
    let own = package.unwrap_or(&start).join(FILE_NAME);
    let shared = workspace.map(|workspace| workspace.root.join(FILE_NAME));
    match shared {
        Some(shared) if !own.exists() && shared.exists() => shared,
        _ => own,
    }
}
