//! Packages whose build scripts read their sources, built as their authors would.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use upr_tests::command::Ran;
use upr_tests::host::{Host, workspace, write_if_changed};

mod equal;
mod refused;
mod rerun;

type Outcome = Result<(), Box<dyn Error>>;

/// A package in a workspace of its own; the packages of all tests share a target directory.
struct Project {
    host: Host,
}

/// What the package that is built is called.
const MANIFEST: &str = "//- Cargo.toml
[package]
name = \"NAME\"
version = \"1.0.0\"
edition = \"2024\"
[dependencies]
upr = { path = \"UPR\" }
[build-dependencies]
upr = { path = \"UPR\", features = [\"build\"] }
[workspace]
[profile.dev]
debug = \"line-tables-only\"
[profile.dev.package.\"*\"]
debug = false
";

impl Project {
    /// A package of this name, from a text of files, each below a line `//- name`; `NAME` and `UPR` stand for
    /// its name and for the folder of the crate `upr`.
    fn new(name: &str, files: &str) -> Result<Self, Box<dyn Error>> {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = temporary.join("build-scripts").join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        let upr = workspace().join("upr");
        let upr = upr.to_str().ok_or("the workspace's path is text")?;
        let files = files.replace("NAME", name).replace("UPR", upr);
        let project = Self {
            host: Host::new(directory, temporary)?,
        };
        project.write(&files)?;
        Ok(project)
    }

    fn write(&self, files: &str) -> Outcome {
        for file in files.split("//- ").skip(1) {
            let (name, text) = file.split_once('\n').ok_or("a file has a name")?;
            write_if_changed(&self.path(name.trim()), text)?;
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Outcome {
        Ok(fs::remove_file(self.path(name))?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.host.directory().join(name)
    }

    fn check(&self) -> Result<Ran, Box<dyn Error>> {
        Ok(self.host.cargo(&["check", "--verbose"])?)
    }

    /// The lines that Cargo shows of what the build script refuses, without the package's name.
    fn refused(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let ran = self.check()?.expect_code(101)?;
        assert!(
            ran.stderr.contains("error: build script logged errors"),
            "{}",
            ran.stderr
        );
        let lines = ran.stderr.lines();
        let lines = lines.filter_map(|line| line.strip_prefix("error: "));
        let said = lines.filter_map(|line| line.split_once("@1.0.0: "));
        Ok(said.map(|(_, said)| said.to_owned()).collect())
    }
}
