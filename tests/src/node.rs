//! Node with what `tests/node/package-lock.json` pins: the TypeScript compiler, for one.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::command::Ran;
use crate::require::skip;

/// A folder with `node_modules`, to run things in.
#[derive(Clone, Debug)]
pub struct Node {
    directory: PathBuf,
}

impl Node {
    /// A copy of `tests/node` below `temporary`, with its packages installed. Nothing, with a word on
    /// standard error, where there is no node or the packages cannot be had.
    ///
    /// # Errors
    ///
    /// When files cannot be copied, or when `UPR_REQUIRE` names `node` and it is not there.
    pub fn prepare(temporary: &Path) -> Result<Option<Self>, Box<dyn Error>> {
        /// Tests of one program prepare one folder.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
        let directory = temporary.join("node");
        fs::create_dir_all(&directory)?;
        let node = Self { directory };
        if let Err(error) = Ran::of(node.command("node", ["--version"])) {
            skip("node", &error.to_string())?;
            return Ok(None);
        }
        let stamp = node.directory.join("installed.json");
        let lock = fs::read(source.join("package-lock.json"))?;
        for entry in fs::read_dir(&source)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), node.directory.join(entry.file_name()))?;
            }
        }
        if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
            return Ok(Some(node));
        }
        let options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let installed = match Ran::of(node.command("npm", options)) {
            Ok(ran) if ran.code == Some(0) => Ok(()),
            Ok(ran) => Err(ran.text()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = installed {
            skip("node", &format!("npm ci: {why}"))?;
            return Ok(None);
        }
        fs::write(stamp, lock)?;
        Ok(Some(node))
    }

    /// A new folder in it, with the `tsconfig.json` and the named files of `tests/node`.
    ///
    /// # Errors
    ///
    /// When files cannot be copied.
    pub fn folder(&self, name: &str, files: &[&str]) -> Result<PathBuf, Box<dyn Error>> {
        let folder = self.directory.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir(&folder)?;
        for file in ["tsconfig.json"].iter().chain(files) {
            fs::copy(self.directory.join(file), folder.join(file))?;
        }
        Ok(folder)
    }

    /// Runs the compiler of a package, `typescript` or `typescript-5`, over the project in `folder`.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn tsc(&self, package: &str, folder: &Path) -> Result<Ran, Box<dyn Error>> {
        let program = format!("node_modules/{package}/bin/tsc");
        let mut command = self.command("node", [program]);
        command.args(["--pretty", "false", "--project"]).arg(folder);
        Ok(Ran::of(command)?)
    }

    /// Runs a script.
    ///
    /// # Errors
    ///
    /// When node cannot be started.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Ran, Box<dyn Error>> {
        Ok(Ran::of(self.command("node", arguments))?)
    }

    fn command<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory);
        command
    }
}
