//! What `cargo upr` takes beside the options of `upr`: what to build, and how.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Options that Cargo itself has, with its names and meanings.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What to build")]
pub(crate) struct BuildOptions {
    /// The package to build and read; may be given several times
    #[arg(short, long, global = true, value_name = "SPEC")]
    pub(crate) package: Vec<String>,

    /// All packages of the workspace
    #[arg(long, global = true, conflicts_with = "package")]
    pub(crate) workspace: bool,

    /// All but this one
    #[arg(long, global = true, value_name = "SPEC", requires = "workspace")]
    pub(crate) exclude: Vec<String>,

    /// The library of the package
    #[arg(long, global = true, conflicts_with = "bin")]
    pub(crate) lib: bool,

    /// The program of this name
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) bin: Option<String>,

    /// Features to activate, parted by commas or spaces
    #[arg(short = 'F', long, global = true, value_name = "FEATURES")]
    features: Vec<String>,

    /// Activate all features
    #[arg(long, global = true)]
    all_features: bool,

    /// Leave the default features out
    #[arg(long, global = true)]
    no_default_features: bool,

    /// Build with optimisations, as it is shipped
    #[arg(short, long, global = true, conflicts_with = "profile")]
    release: bool,

    /// Build with this profile
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,

    /// Build for this target
    #[arg(long, global = true, value_name = "TRIPLE")]
    target: Option<String>,

    /// Where Cargo puts what it builds
    #[arg(long, global = true, value_name = "DIRECTORY")]
    target_dir: Option<PathBuf>,

    /// The package's Cargo.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Build without the network
    #[arg(long, global = true)]
    offline: bool,

    /// Refuse to change Cargo.lock
    #[arg(long, global = true)]
    locked: bool,

    /// Both --offline and --locked
    #[arg(long, global = true)]
    frozen: bool,
}

impl BuildOptions {
    /// The arguments of `cargo build`.
    pub(crate) fn of_build(&self) -> Vec<OsString> {
        let mut line = Line(self.of_tree());
        line.0.extend(self.of_packages());
        line.flag("--lib", self.lib);
        line.one("--bin", self.bin.as_ref());
        line.flag("--release", self.release);
        line.one("--profile", self.profile.as_ref());
        line.one("--target-dir", self.target_dir.as_ref());
        line.0
    }

    /// Those of them that say which packages are meant.
    pub(crate) fn of_packages(&self) -> Vec<OsString> {
        let mut line = Line(Vec::new());
        line.many("--package", &self.package);
        line.flag("--workspace", self.workspace);
        line.many("--exclude", &self.exclude);
        line.0
    }

    /// Those of them that also `cargo tree` has, but for the packages.
    pub(crate) fn of_tree(&self) -> Vec<OsString> {
        let mut line = Line(self.of_metadata());
        line.many("--features", &self.features);
        line.flag("--all-features", self.all_features);
        line.flag("--no-default-features", self.no_default_features);
        line.one("--target", self.target.as_ref());
        line.flag("--offline", self.offline);
        line.flag("--locked", self.locked);
        line.flag("--frozen", self.frozen);
        line.0
    }

    /// The one that says where the workspace is.
    pub(crate) fn of_metadata(&self) -> Vec<OsString> {
        let mut line = Line(Vec::new());
        line.one("--manifest-path", self.manifest_path.as_ref());
        line.0
    }
}

/// A command line in the making. Values stand behind `=`, so that none is taken for an option.
struct Line(Vec<OsString>);

impl Line {
    fn flag(&mut self, name: &str, is_given: bool) {
        if is_given {
            self.0.push(name.into());
        }
    }

    fn one(&mut self, name: &str, value: Option<impl Into<OsString> + Clone>) {
        if let Some(value) = value {
            let mut argument = OsString::from(format!("{name}="));
            argument.push(value.into());
            self.0.push(argument);
        }
    }

    fn many(&mut self, name: &str, values: &[String]) {
        for value in values {
            self.one(name, Some(value));
        }
    }
}
