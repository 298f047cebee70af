//! What Cargo knows of the packages around a lock: where they are, their versions, their crates.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde::Deserialize;
use upr_core::lock::FILE_NAME;

/// The Cargo workspace that a directory is in; a package alone is one too.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Target {
    src_path: PathBuf,
}

impl Workspace {
    /// Asks Cargo, offline. Nothing where there is no Cargo, or no package.
    pub(crate) fn around(directory: &Path) -> Option<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args([
                "metadata",
                "--no-deps",
                "--offline",
                "--format-version",
                "1",
            ])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        if !output.status.success() {
            return None;
        }
        serde_json::from_slice(&output.stdout).ok()
    }

    /// The version that the manifest of `package` says today.
    pub(crate) fn version_of(&self, package: &str) -> Option<&str> {
        let package = self.packages.iter().find(|known| known.name == package)?;
        Some(&package.version)
    }

    /// Makes Cargo compile the crates anew that `lock` is for. A lock that appears cannot be noticed
    /// otherwise: nothing was tracked before.
    pub(crate) fn touch_crate_roots(&self, lock: &Path) -> std::io::Result<()> {
        let now = SystemTime::now();
        let concerned = self.packages.iter().filter(|package| {
            package.uses_upr() && package.lock(&self.root).as_deref() == absolute(lock).as_deref()
        });
        for target in concerned.flat_map(|package| &package.targets) {
            File::options()
                .append(true)
                .open(&target.src_path)?
                .set_modified(now)?;
        }
        Ok(())
    }
}

impl Package {
    fn uses_upr(&self) -> bool {
        self.dependencies
            .iter()
            .any(|dependency| dependency.name == "upr")
    }

    /// The lock that the macros read for this package: its own, else its workspace root's.
    fn lock(&self, root: &Path) -> Option<PathBuf> {
        let own = self.manifest_path.parent()?.join(FILE_NAME);
        let lock = if own.exists() {
            own
        } else {
            root.join(FILE_NAME)
        };
        absolute(&lock)
    }
}

fn absolute(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}
