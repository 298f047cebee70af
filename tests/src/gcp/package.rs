//! Google's permissions as a Rust package, laid out as a team would: one file a service.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use upr_core::key::Key;
use upr_core::name::constant_name;

use super::VERSION;
use super::catalog::{crate_name, lock, module_description};
use super::names::{action_argument, function_name, mod_name, service, static_name, type_name};
use crate::host::write_if_changed;

/// How a package declares its permissions, or what it does instead (for the benches).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `#[upr::module("compute.instances", actions(get, "createTagBinding"))]`.
    Attribute,
    /// A handler with `#[upr::action(Instances)]` for each permission.
    Handlers,
    /// Nothing of upr: a struct a module, a constant of text a permission.
    Constants,
    /// As [`Constants`](Self::Constants), and one `inventory::submit!` a permission.
    Submissions,
    /// As [`Constants`](Self::Constants), and one element of a distributed slice of `linkme` a permission.
    Elements,
    /// As [`Constants`](Self::Constants), and an empty function a permission.
    Functions,
}

/// What stands in the package's `upr.lock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageLock {
    /// There is none, nor a program: `upr::lock!()` does not compile without one.
    Absent,
    /// What `upr init` writes.
    Empty,
    /// Every key.
    Recorded,
    /// Every key, beside no program: what that depends on is Cargo's work, and would be measured too.
    Alone,
}

/// A package to be written.
#[derive(Clone, Debug)]
pub struct Package<'a> {
    /// Its name; packages of one name replace each other in a target directory.
    pub name: &'a str,
    /// How it declares.
    pub form: Form,
    /// What its lock holds.
    pub lock: PackageLock,
    /// What it declares: all of [`permissions`](super::permissions), or the head of them.
    pub permissions: &'a [Key],
    /// The directory in which `upr/` and `upr-cli/` stand.
    pub workspace: &'a Path,
}

impl Package<'_> {
    /// Writes the package into `directory`; files that are as they should be are left alone.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, directory: &Path) -> Result<(), Box<dyn Error>> {
        for (path, text) in self.files()? {
            write_if_changed(&directory.join(path), &text)?;
        }
        Ok(())
    }

    fn files(&self) -> Result<BTreeMap<PathBuf, String>, Box<dyn Error>> {
        let mut files = BTreeMap::from([("Cargo.toml".into(), self.manifest())]);
        let mut root = self.root();
        for keys in self.permissions.chunk_by(same_service) {
            let Some(service) = keys.first().map(|key| service(key.module())) else {
                continue;
            };
            let file = mod_name(service);
            writeln!(root, "pub mod {file};")?;
            let path = PathBuf::from(format!("src/{file}.rs"));
            files.insert(path, self.service(service, keys));
        }
        files.insert("src/lib.rs".into(), root);
        let lock = match self.lock {
            PackageLock::Absent => return Ok(files),
            PackageLock::Empty => lock(&[], self.name)?,
            PackageLock::Recorded | PackageLock::Alone => lock(self.permissions, self.name)?,
        };
        files.insert("upr.lock".into(), lock.to_text());
        if self.has_program() {
            let program = PROGRAM.replace("CRATE", &crate_name(self.name));
            files.insert("src/main.rs".into(), program);
        }
        Ok(files)
    }

    fn has_program(&self) -> bool {
        matches!(self.lock, PackageLock::Empty | PackageLock::Recorded)
    }

    fn manifest(&self) -> String {
        let path = |name: &str| format!("{{ path = {:?} }}", self.workspace.join(name));
        let mut dependencies = Vec::new();
        match self.form {
            Form::Attribute | Form::Handlers => dependencies.push(format!("upr = {}", path("upr"))),
            Form::Submissions => dependencies.push("inventory = \"0.3\"".to_owned()),
            Form::Elements => dependencies.push("linkme = \"0.3\"".to_owned()),
            Form::Constants | Form::Functions => {}
        }
        if self.has_program() {
            dependencies.push(format!("upr-cli = {}", path("upr-cli")));
        }
        format!(
            "[package]\nname = {:?}\nversion = \"{VERSION}\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\n{}\n\n\
             # A workspace of its own, wherever it is written.\n[workspace]\n\n\
             # As the workspace of upr, so that what both need is built once.\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\ndebug = false\n",
            self.name,
            dependencies.join("\n")
        )
    }

    fn root(&self) -> String {
        let mut root = format!(
            "//! {} permissions of Google Cloud. Generated.\n\n",
            self.permissions.len()
        );
        root += match self.form {
            Form::Submissions => {
                "/// What is submitted.\npub struct Submitted(pub &'static str);\ninventory::collect!(Submitted);\n\n"
            }
            Form::Elements => {
                "/// What the elements make up.\n#[linkme::distributed_slice]\npub static SLICE: [&'static str];\n\n"
            }
            _ => "",
        };
        root
    }

    fn service(&self, service: &str, keys: &[Key]) -> String {
        let mut text = format!("//! The permissions of `{service}`.\n");
        for keys in keys.chunk_by(|a, b| a.module() == b.module()) {
            if let Some(module) = keys.first().map(Key::module) {
                text.push('\n');
                text += &self.module(module, keys);
            }
        }
        text
    }

    fn module(&self, module: &str, keys: &[Key]) -> String {
        match self.form {
            Form::Attribute => attribute(module, keys),
            Form::Handlers => handlers(module, keys),
            Form::Constants => constants(module, keys),
            Form::Submissions => constants(module, keys) + &submissions(module, keys),
            Form::Elements => constants(module, keys) + &elements(module, keys),
            Form::Functions => functions(module, keys),
        }
    }
}

const PROGRAM: &str = "//! The commands of upr over Google Cloud's permissions. Generated.

use CRATE as _;

upr::lock!();

fn main() -> std::process::ExitCode {
    upr_cli::main()
}
";

fn same_service(a: &Key, b: &Key) -> bool {
    service(a.module()) == service(b.module())
}

fn attribute(module: &str, keys: &[Key]) -> String {
    let actions: Vec<String> = keys
        .iter()
        .map(|key| action_argument(key.action()))
        .collect();
    format!(
        "/// {}\n#[upr::module(\"{module}\", actions({}))]\npub struct {};\n",
        module_description(module),
        actions.join(", "),
        type_name(module)
    )
}

fn handlers(module: &str, keys: &[Key]) -> String {
    let name = type_name(module);
    let mut body = format!(
        "    /// {}\n    #[upr::module(\"{module}\")]\n    pub struct {name};\n",
        module_description(module)
    );
    for key in keys {
        let function = function_name(key.action());
        let argument = if function == key.action() {
            name.clone()
        } else {
            format!("{name}, \"{}\"", key.action())
        };
        body += &format!("\n    #[upr::action({argument})]\n    pub fn {function}() {{}}\n");
    }
    in_mod(module, &body)
}

fn constants(module: &str, keys: &[Key]) -> String {
    let name = type_name(module);
    let mut text = format!(
        "/// {}\npub struct {name};\n\nimpl {name} {{\n",
        module_description(module)
    );
    for key in keys {
        let constant = constant_name(key.action());
        text += &format!("    /// `{key}`.\n    pub const {constant}: &str = \"{key}\";\n");
    }
    text + "}\n"
}

fn submissions(module: &str, keys: &[Key]) -> String {
    let name = type_name(module);
    keys.iter()
        .map(|key| {
            let constant = constant_name(key.action());
            format!("inventory::submit! {{ crate::Submitted({name}::{constant}) }}\n")
        })
        .collect()
}

fn elements(module: &str, keys: &[Key]) -> String {
    let (name, prefix) = (type_name(module), static_name(module));
    keys.iter()
        .map(|key| {
            let constant = constant_name(key.action());
            format!(
                "#[linkme::distributed_slice(crate::SLICE)]\n\
                 static {prefix}_{constant}: &'static str = {name}::{constant};\n"
            )
        })
        .collect()
}

fn functions(module: &str, keys: &[Key]) -> String {
    let functions: String = keys
        .iter()
        .map(|key| format!("\npub fn {}() {{}}\n", function_name(key.action())))
        .collect();
    in_mod(module, &(constants(module, keys) + &functions))
}

/// Functions of one name stand in many modules of a service.
fn in_mod(module: &str, body: &str) -> String {
    format!(
        "/// `{module}`.\npub mod {} {{\n{body}}}\n",
        mod_name(module)
    )
}
