//! A directory to run `upr` in, and what a run left behind.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A directory with nothing in it but what a test put there.
pub(crate) struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    pub(crate) fn empty() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// With a catalog of two modules and two roles, named by `upr.toml`.
    pub(crate) fn helpdesk() -> Self {
        let project = Self::empty();
        project.write("upr-catalog.json", CATALOG);
        project.write("upr.toml", SETTINGS);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of the files here, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        self.bytes().into_keys().collect()
    }

    /// Every file here with its length and a hash of its content: equal before and after means that
    /// nothing was changed.
    pub(crate) fn bytes(&self) -> BTreeMap<String, (usize, u64)> {
        std::fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                let content = std::fs::read(entry.path()).unwrap();
                (name, (content.len(), upr_core::id::fnv1a(&content)))
            })
            .collect()
    }

    /// Runs `upr` with the words of `line`; words that hold spaces stand in single quotes.
    pub(crate) fn upr(&self, line: &str) -> Ran {
        self.run(words(line), &[])
    }

    /// As [`Project::upr`], with variables.
    pub(crate) fn upr_with(&self, variables: &[(&str, &str)], line: &str) -> Ran {
        self.run(words(line), variables)
    }

    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Ran {
        let output = self
            .command(arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Ran::new(&output, self.directory.path())
    }

    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upr"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null());
        command
    }

    /// The lines as a terminal shows them: each command, what it said, and its exit code unless 0.
    pub(crate) fn transcript(&self, lines: &[&str]) -> String {
        let mut text = String::new();
        for line in lines {
            let ran = self.upr(line);
            text.push_str(&format!("$ upr {line}\n{}{}", ran.stdout, ran.stderr));
            if ran.code != 0 {
                text.push_str(&format!("[exit {}]\n", ran.code));
            }
        }
        without_time(&text)
    }
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn new(output: &Output, directory: &Path) -> Self {
        // The directory's name is another in each run.
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.replace(&format!("{}/", directory.display()), "")
        };
        let ran = Self {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// Asserts the exit code, showing everything when it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that a sentence stands on standard error.
    #[track_caller]
    pub(crate) fn says(self, sentence: &str) -> Self {
        assert!(self.stderr.contains(sentence), "{sentence:?} in {self:?}");
        self
    }

    /// Asserts that a text stands on standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} in {self:?}");
        self
    }
}

/// Backups are named after the time, which is another in each run.
fn without_time(text: &str) -> String {
    let mut parts = text.split("/upr-");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once("Z-r").map_or(part, |(_, rest)| rest);
        shown.push_str(&format!("/upr-TIME-r{rest}"));
    }
    shown
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

const SETTINGS: &str = "\
[default]
database = \"sqlite:upr.db\"

[env.development]
strict_mode = false
orphan_action = \"warn\"

[env.production]
protected = true
";

pub(crate) const CATALOG: &str = r#"{
  "version": "1.0", "format": "upr.catalog/1",
  "application": {"name": "helpdesk", "version": "1.4.0"},
  "modules": [
    {"key": "tickets", "permissions": [
      {"key": "tickets.view"}, {"key": "tickets.create"}, {"key": "tickets.close"}]},
    {"key": "users", "permissions": [
      {"key": "users.view"}, {"key": "users.update"},
      {"key": "users.edit", "is_deprecated": true, "deprecation_message": "use `update` instead",
       "deprecated_since": "1.1.0", "removal_version": "2.0.0", "replaced_by": "users.update"}]}
  ],
  "roles": [
    {"key": "agent", "label": "Agent", "mode": "seeded", "modules": ["tickets"]},
    {"key": "auditor", "label": "Auditor", "mode": "managed",
     "permissions": ["tickets.view", "users.view"]}
  ]
}
"#;
