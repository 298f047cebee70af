//! Workspaces of Cargo's whose crates hold a section, as the macros would have left it, and nothing else: they are built in
//! no time. Those that use the macros are in `upr-tests`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use upr_core::catalog::{Application, Kind};
use upr_core::fragment::{
    ActionBody, Fragment, LockedCrate, ModuleFragment, Origin, ProgramFragment,
};
use upr_core::{ModuleKey, Version, section};

use crate::project::Ran;

/// A workspace in a directory of its own, whose name has a space.
pub(crate) struct Host {
    root: tempfile::TempDir,
}

impl Host {
    /// With the members that [`Host::package`] adds.
    pub(crate) fn workspace() -> Self {
        let host = Self::empty();
        host.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"target\", \".cargo\", \".git\", \"src\", \"away\", \"built here\"]\n",
        );
        host
    }

    pub(crate) fn empty() -> Self {
        let root = tempfile::Builder::new()
            .prefix("help desk ")
            .tempdir()
            .unwrap();
        Self { root }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A package in the directory `at`, with more lines for its manifest.
    pub(crate) fn package(&self, at: &str, name: &str, more: &str) {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.4.0\"\nedition = \"2024\"\n{more}"
        );
        self.write(&inside(at, "Cargo.toml"), manifest);
    }

    /// A source file that holds `fragments`, followed by `code`.
    pub(crate) fn source(&self, path: &str, fragments: &[Fragment], code: &str) {
        let bytes: Vec<u8> = fragments.iter().flat_map(section::encode).collect();
        let text = format!(
            "#[used]\n#[cfg_attr(target_vendor = \"apple\", unsafe(link_section = \"__DATA,__upr\"))]\n\
             #[cfg_attr(not(target_vendor = \"apple\"), unsafe(link_section = \".upr\"))]\n\
             static DECLARED: [u8; {}] = {bytes:?};\n{code}\n",
            bytes.len()
        );
        self.write(path, text);
    }

    /// Runs `cargo upr` with the words of `line`, in a directory of the workspace.
    pub(crate) fn cargo_upr(&self, at: &str, line: &str) -> Ran {
        self.run(env!("CARGO_BIN_EXE_cargo-upr"), at, &format!("upr {line}"))
    }

    /// Runs `upr` with the words of `line`, in a directory of the workspace.
    pub(crate) fn upr(&self, at: &str, line: &str) -> Ran {
        self.run(env!("CARGO_BIN_EXE_upr"), at, line)
    }

    fn run(&self, program: &str, at: &str, line: &str) -> Ran {
        let mut command = Command::new(program);
        command
            .args(line.split_whitespace())
            .current_dir(self.path(at))
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .stdin(Stdio::null());
        // What Cargo tells this test of itself is not true of the host.
        for (name, _) in std::env::vars_os() {
            let is_told = |name: &str| {
                name.starts_with("UPR_") || name.starts_with("CARGO_PKG_") || name == "DATABASE_URL"
            };
            if name.to_str().is_some_and(is_told)
                || name == "CARGO_TARGET_DIR"
                || name == "CARGO_MANIFEST_DIR"
            {
                command.env_remove(name);
            }
        }
        Ran::new(&command.output().unwrap(), self.root.path())
    }
}

/// The keys of a catalog.
pub(crate) fn keys(catalog: &Value) -> Vec<&str> {
    list(catalog, "modules")
        .flat_map(|module| list(module, "permissions"))
        .map(|permission| permission.get("key").and_then(Value::as_str).unwrap())
        .collect()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).unwrap().iter()
}

fn inside(directory: &str, file: &str) -> String {
    if directory.is_empty() {
        return file.to_owned();
    }
    format!("{directory}/{file}")
}

/// A module `key` with the action `view`, of `package`.
pub(crate) fn module(package: &str, key: &str) -> Fragment {
    let origin = origin(package);
    let view = ActionBody {
        name: "view".to_owned(),
        label: "View".to_owned(),
        description: String::new(),
        kind: Kind::Crud,
        critical: false,
        deprecation: None,
        cfg: Vec::new(),
        file: origin.file.clone(),
        line: 3,
    };
    Fragment::Module(ModuleFragment {
        key: ModuleKey::parse(key).unwrap(),
        label: key.to_owned(),
        description: String::new(),
        allow_case_variants: false,
        cfg: Vec::new(),
        origin,
        actions: vec![view],
    })
}

/// What `upr::lock!()` says, with a lock that demands `keys` of `package` itself.
pub(crate) fn program(package: &str, keys: &[&str]) -> Fragment {
    let origin = origin(package);
    let locked = LockedCrate {
        package: package.to_owned(),
        krate: origin.krate.clone(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    Fragment::Program(ProgramFragment {
        application: Application {
            name: package.to_owned(),
            version: origin.version.clone(),
        },
        locked: vec![locked],
        retired: Vec::new(),
        origin,
    })
}

fn origin(package: &str) -> Origin {
    Origin {
        package: package.to_owned(),
        version: Version::new(1, 4, 0),
        krate: package.replace('-', "_"),
        file: "src/lib.rs".to_owned(),
        line: 3,
    }
}
