//! Building generated packages.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use upr_tests::gcp::{Form, Package, PackageLock};
use upr_tests::host::{self, Host};

use crate::measure;

/// A package on the disk, with its dependencies built.
#[derive(Debug)]
pub struct Built {
    krate: String,
    host: Host,
}

impl Built {
    /// Writes a package of the first `actions` permissions and checks it once.
    ///
    /// # Errors
    ///
    /// When it does not compile; the message is Cargo's.
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
        let built = Self {
            krate: name.replace('-', "_"),
            host: Host::new(directory, &target().join("packages"))?,
        };
        built.cargo(&["check", "--lib"])?;
        Ok(built)
    }

    /// The processor time of `cargo check` of the library alone, all of it anew.
    ///
    /// # Errors
    ///
    /// When it does not compile; the message is Cargo's.
    pub fn check(&self) -> Result<Duration, Box<dyn Error>> {
        let root = self.host.directory().join("src/lib.rs");
        fs::File::options()
            .write(true)
            .open(root)?
            .set_modified(SystemTime::now())?;
        let before = measure::children()?;
        self.cargo(&["check", "--lib"])?;
        Ok(measure::children()?.saturating_sub(before))
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
        let mut command = self.host.cargo_command(arguments);
        // Every run compiles the whole.
        command.env("CARGO_INCREMENTAL", "0");
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
