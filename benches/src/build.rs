//! Building generated packages.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use upr_tests::gcp::{Form, Package, PackageLock};
use upr_tests::host::{self, Host};

use crate::measure;

/// What of Cargo's work is measured; always of the library alone, with its dependencies built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// `cargo check`, all of it anew.
    Check,
    /// `cargo build` in the profile `dev`, all of it anew.
    Build,
    /// `cargo check` after one line of one module was changed, with what the compiler kept from the time before.
    Incremental,
}

impl Work {
    const fn command(self) -> &'static str {
        match self {
            Self::Check | Self::Incremental => "check",
            Self::Build => "build",
        }
    }

    const fn incremental(self) -> &'static str {
        match self {
            Self::Check | Self::Build => "0",
            Self::Incremental => "1",
        }
    }
}

/// A package on the disk, with its dependencies built.
#[derive(Debug)]
pub struct Built {
    krate: String,
    host: Host,
}

impl Built {
    /// Writes a package of the first `actions` permissions, with the versions of the benches' own `Cargo.lock`.
    ///
    /// # Errors
    ///
    /// When there are not so many, or the files cannot be written.
    pub fn new(form: Form, lock: PackageLock, actions: usize) -> Result<Self, Box<dyn Error>> {
        let permissions = upr_tests::gcp::permissions()?;
        let permissions = permissions.get(..actions).ok_or("so many there are not")?;
        let name = format!("{form:?}-{lock:?}-{actions}").to_lowercase();
        let package = Package {
            name: &name,
            form,
            lock,
            permissions,
            workspace: host::workspace(),
        };
        let directory = target().join("packages").join(&name);
        package.write(&directory)?;
        let versions = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        Ok(Self {
            krate: name.replace('-', "_"),
            host: Host::with_versions(&versions, directory, &target().join("packages"))?,
        })
    }

    /// Does the work once, so that the dependencies are built and what is kept for the next time is there.
    ///
    /// # Errors
    ///
    /// When it does not compile; the message is Cargo's.
    pub fn prepare(&self, work: Work) -> Result<(), Box<dyn Error>> {
        if work == Work::Incremental {
            self.touch()?;
        }
        self.run(&[work.command(), "--lib"], work.incremental())
    }

    /// The processor time of the work. `round` differs from that of the time before.
    ///
    /// # Errors
    ///
    /// When it does not compile; the message is Cargo's.
    pub fn measure(&self, work: Work, round: usize) -> Result<Duration, Box<dyn Error>> {
        match work {
            Work::Check | Work::Build => self.touch()?,
            Work::Incremental => self.change_line(round)?,
        }
        let before = measure::children()?;
        self.run(&[work.command(), "--lib"], work.incremental())?;
        Ok(measure::children()?.saturating_sub(before))
    }

    /// Makes Cargo take the library for changed.
    fn touch(&self) -> io::Result<()> {
        fs::File::options()
            .write(true)
            .open(self.host.directory().join("src/lib.rs"))?
            .set_modified(SystemTime::now())
    }

    /// Writes another description for the first module of the file in the middle.
    fn change_line(&self, round: usize) -> Result<(), Box<dyn Error>> {
        let source = self.host.directory().join("src");
        let root = fs::read_to_string(source.join("lib.rs"))?;
        let files: Vec<&str> = root
            .lines()
            .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
            .collect();
        let file = files.get(files.len() / 2).ok_or("no file")?;
        let file = source.join(format!("{}.rs", file.trim_start_matches("r#")));
        let text = fs::read_to_string(&file)?;
        let declared = text.find("pub struct ").ok_or("no module")?;
        let (before, after) = text.split_at(declared);
        let (before, described) = before.rsplit_once("/// ").ok_or("no description")?;
        let (_, between) = described.split_once('\n').ok_or("no line")?;
        let changed = format!("{before}/// Described for the {round}. time.\n{between}{after}");
        Ok(fs::write(file, changed)?)
    }

    /// The name of its library.
    #[must_use]
    pub fn krate(&self) -> &str {
        &self.krate
    }

    /// Writes one more file into the package.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> io::Result<()> {
        host::write_if_changed(&self.host.directory().join(path), text)
    }

    /// A program of the package that was built in the profile `release`.
    #[must_use]
    pub fn release(&self, name: &str) -> PathBuf {
        target().join("release").join(name)
    }

    /// Runs Cargo in the package, and expects that it succeeds.
    ///
    /// # Errors
    ///
    /// When it does not; the message is Cargo's.
    pub fn cargo(&self, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
        // Every run compiles the whole.
        self.run(arguments, "0")
    }

    fn run(&self, arguments: &[&str], incremental: &str) -> Result<(), Box<dyn Error>> {
        let mut command = self.host.cargo_command(arguments);
        command.env("CARGO_INCREMENTAL", incremental);
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}

/// Where the benches build.
fn target() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"))
}
