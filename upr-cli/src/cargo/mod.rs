//! What Cargo knows of packages: where they are, their versions, their crates; and what it builds of them.
//!
//! | file | holds |
//! | --- | --- |
//! | `mod.rs` | the workspace around a lock |
//! | `options.rs` | what `cargo upr` takes beside the options of `upr` |
//! | `project.rs` | which packages it is about, and where their files stand |
//! | `message.rs` | running `cargo build`, and what that reports |
//! | `build.rs` | from what was built to declarations |
//! | `graph.rs` | what a library is linked with |
//! | `share.rs` | whose lines of a shared lock a program speaks for |

mod build;
mod graph;
mod message;
mod options;
mod project;
mod share;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use serde::Deserialize;
use upr_core::lock::FILE_NAME;

pub(crate) use self::build::Build;
pub(crate) use self::options::BuildOptions;
pub(crate) use self::project::Project;
use crate::context::or_here;
use crate::failure::Failure;

/// The Cargo workspace that a directory is in; a package alone is one too.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    packages: Vec<Package>,
    /// Ids.
    #[serde(rename = "workspace_members")]
    members: Vec<String>,
    /// The ids of those that `cargo build` would build here.
    #[serde(rename = "workspace_default_members")]
    default_members: Vec<String>,
}

/// A package as `cargo metadata` describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    id: String,
    name: String,
    version: String,
    manifest_path: PathBuf,
    default_run: Option<String>,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`; nothing for what the crates themselves use.
    kind: Option<String>,
    optional: bool,
}

#[derive(Debug, Deserialize)]
struct Target {
    src_path: PathBuf,
}

impl Workspace {
    /// Asks Cargo. Nothing where there is no Cargo, or no package.
    pub(crate) fn around(directory: &Path) -> Option<Self> {
        Self::ask(directory, Vec::new()).ok()
    }

    /// Asks Cargo, offline.
    fn ask(directory: &Path, more: Vec<OsString>) -> Result<Self, Failure> {
        let mut command = cargo(directory);
        command.args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version=1",
            "--color=never",
        ]);
        let output = run(command.args(more))?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            Failure::could_not(
                "cargo",
                format!("what `cargo metadata` says cannot be read: {error}"),
            )
        })
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
    fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }

    fn uses_upr(&self) -> bool {
        self.dependencies
            .iter()
            .any(|dependency| dependency.name == "upr")
    }

    /// The lock that the macros read for this package: its own, else its workspace root's.
    fn lock(&self, root: &Path) -> Option<PathBuf> {
        let own = self.directory().join(FILE_NAME);
        let lock = if own.exists() {
            own
        } else {
            root.join(FILE_NAME)
        };
        absolute(&lock)
    }
}

/// The Cargo that called, or that is there.
fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(or_here(directory)).stdin(Stdio::null());
    command
}

/// Runs Cargo for its answer; what it complains of becomes the failure.
fn run(command: &mut Command) -> Result<Output, Failure> {
    let output = command.output().map_err(|error| missing(&error))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    let message = said.lines().next().unwrap_or("cargo failed");
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let failure = Failure::could_not("cargo", message);
    // The reasons stand below.
    let reasons = said.lines().skip(1).map(str::trim);
    let mut reasons = reasons
        .filter(|line| !line.is_empty() && *line != "Caused by:")
        .peekable();
    if reasons.peek().is_none() {
        return Err(
            failure.remedy("run it in the folder of a package, or name one with --manifest-path")
        );
    }
    Err(reasons.fold(failure, Failure::remedy))
}

fn missing(error: &std::io::Error) -> Failure {
    Failure::could_not("cargo-missing", format!("cannot start cargo: {error}"))
        .remedy("install Rust, or say in CARGO where it is")
}

fn absolute(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}
