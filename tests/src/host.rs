//! Building packages that use upr, as their authors would: with Cargo, in a workspace of their own.
//!
//! They are built in the target directory of upr's own workspace, without the network and with the
//! versions of its `Cargo.lock`, so that what both need is built once.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::command::Ran;

/// The root of upr's workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

/// Writes `text` unless it stands there already: Cargo rebuilds what has a newer time.
///
/// # Errors
///
/// When the file or its directory cannot be written.
pub fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    // Another process may be copying the same: the file is there whole, or not yet.
    let part = path.with_extension(format!("part-{}", std::process::id()));
    fs::write(&part, text)?;
    fs::rename(part, path)
}

/// A workspace of packages that use upr.
#[derive(Clone, Debug)]
pub struct Host {
    directory: PathBuf,
    target: PathBuf,
}

impl Host {
    /// The workspace in `directory`, which is given the versions of upr's `Cargo.lock`.
    ///
    /// `temporary` is `CARGO_TARGET_TMPDIR` of the test, which stands in the target directory.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub fn new(directory: PathBuf, temporary: &Path) -> io::Result<Self> {
        Self::with_versions(&workspace().join("Cargo.lock"), directory, temporary)
    }

    /// As [`new`](Self::new), with the versions of the `Cargo.lock` at `versions`.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub fn with_versions(
        versions: &Path,
        directory: PathBuf,
        temporary: &Path,
    ) -> io::Result<Self> {
        lock_versions(&fs::read_to_string(versions)?, &directory)?;
        Ok(Self::within(directory, temporary))
    }

    /// The workspace in `directory` as it stands, such as upr's own.
    #[must_use]
    pub fn within(directory: PathBuf, temporary: &Path) -> Self {
        let target = temporary.parent().unwrap_or(temporary).to_owned();
        Self { directory, target }
    }

    /// A copy of the packages in `tests/NAME`, so that tests may change them.
    ///
    /// Files of an earlier copy that are as they should be are left alone; others go.
    ///
    /// # Errors
    ///
    /// When the files cannot be copied.
    pub fn copy_of(name: &str, temporary: &Path) -> Result<Self, Box<dyn Error>> {
        let source = workspace().join("tests").join(name);
        let directory = temporary.join(name);
        copy(&source, &directory)?;
        Ok(Self::new(directory, temporary)?)
    }

    /// Where the workspace stands.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A program of the workspace that was built in the profile `dev`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        self.target.join("debug").join(file)
    }

    /// A page that `cargo doc` wrote.
    #[must_use]
    pub fn documentation(&self, page: &str) -> PathBuf {
        self.target.join("doc").join(page)
    }

    /// Runs `cargo` to its end.
    ///
    /// # Errors
    ///
    /// When Cargo cannot be started.
    pub fn cargo(&self, arguments: &[&str]) -> io::Result<Ran> {
        Ran::of(self.cargo_command(arguments))
    }

    /// The process that [`cargo`](Self::cargo) would start.
    #[must_use]
    pub fn cargo_command(&self, arguments: &[&str]) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo.as_ref());
        // What stands behind `--` is not for Cargo.
        command.arg("--offline").args(arguments);
        command
    }

    /// A process in the workspace, with the surroundings in which its packages are built.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.directory)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            // They are compiled once: what would be kept for the next time is more than what is compiled.
            .env("CARGO_INCREMENTAL", "0");
        // What Cargo told the test about itself is not true of the host.
        for (name, _) in env::vars_os() {
            let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("UPR_");
            if name.to_str().is_some_and(told) || name == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Cargo adds the host's packages to `Cargo.lock` and drops what it does not need; it starts anew
/// when upr's own has changed.
fn lock_versions(versions: &str, directory: &Path) -> io::Result<()> {
    let origin = directory.join("Cargo.lock.origin");
    let is_current = fs::read_to_string(&origin).is_ok_and(|present| present == versions);
    if !is_current || !directory.join("Cargo.lock").exists() {
        fs::write(directory.join("Cargo.lock"), versions)?;
        fs::write(origin, versions)?;
    }
    Ok(())
}

fn copy(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let (from, to) = (entry.path(), target.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            write_if_changed(&to, &rooted(&from)?)?;
        }
    }
    remove_others(source, target)
}

/// The text of a file, in which a manifest names upr's workspace by its whole path.
fn rooted(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    let is_manifest = path.file_name().is_some_and(|name| name == "Cargo.toml");
    let root = format!("path = {:?}", workspace());
    let root = root.trim_end_matches('"');
    Ok(if is_manifest {
        text.replace("path = \"../..", root)
    } else {
        text
    })
}

/// What an earlier state of the source, or a test, left in the copy.
fn remove_others(source: &Path, target: &Path) -> io::Result<()> {
    for entry in fs::read_dir(target)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_versions = name
            .to_str()
            .is_some_and(|name| name.starts_with("Cargo.lock"));
        if is_versions || source.join(&name).exists() {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
