//! One workspace with a package a mistake, on the dependencies that this workspace has locked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::message::Message;
use crate::{HERE, Seen};

pub(crate) struct Workspace {
    folder: PathBuf,
    /// By the name of the package.
    pub(crate) mistakes: BTreeMap<String, Mistake>,
}

pub(crate) enum Mistake {
    /// A file in `cases/`.
    Case(PathBuf),
    /// A folder in `fixtures/`.
    Fixture(PathBuf),
}

impl Workspace {
    /// Writes a package for each mistake there is.
    pub(crate) fn write(folder: PathBuf) -> Self {
        let mistakes = mistakes();
        assert!(mistakes.len() > 2, "there are mistakes");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        let root = Path::new(HERE).parent().unwrap();
        let members: Vec<&str> = mistakes.keys().map(String::as_str).collect();
        write(
            &folder.join("Cargo.toml"),
            &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
        );
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        for (name, mistake) in &mistakes {
            let package = folder.join(name);
            match mistake {
                Mistake::Case(file) => write_case(&package, name, file, &root.join("upr")),
                Mistake::Fixture(fixture) => {
                    write_fixture(&package, name, fixture, &root.join("upr"));
                }
            }
        }
        Self { folder, mistakes }
    }

    /// What the compiler says about each package.
    pub(crate) fn check(&self) -> Seen {
        let output = Command::new(env!("CARGO"))
            .args([
                "check",
                "--workspace",
                "--offline",
                "--keep-going",
                "--quiet",
            ])
            .arg("--message-format=json")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.with_extension("target"))
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        assert!(
            !lines.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut seen = Seen::new();
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["reason"] != "compiler-message" {
                continue;
            }
            let manifest = Path::new(line["manifest_path"].as_str().unwrap());
            let package = manifest.parent().unwrap().file_name().unwrap();
            let messages = seen
                .entry(package.to_str().unwrap().to_owned())
                .or_default();
            // rustc prints equal messages once.
            let is_new =
                |message: &Message| messages.iter().all(|other| other.shown != message.shown);
            let message = Message::read(&line["message"]).filter(is_new);
            messages.extend(message);
        }
        seen
    }
}

/// All there are, by the name of the package.
fn mistakes() -> BTreeMap<String, Mistake> {
    let entries = |folder: &Path| {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries.collect::<Vec<PathBuf>>()
    };
    let inside = |kind: &str| {
        let folders = entries(&Path::new(HERE).join(kind));
        folders
            .into_iter()
            .flat_map(|folder| entries(&folder))
            .collect::<Vec<PathBuf>>()
    };
    let name = |path: &Path| {
        let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        format!("{}-{}", stem(path.parent().unwrap()), stem(path))
    };
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let cases = inside("cases").into_iter().filter(is_source);
    let cases = cases.map(|file| (format!("case-{}", name(&file)), Mistake::Case(file)));
    let fixtures = inside("fixtures").into_iter().filter(|path| path.is_dir());
    let fixtures = fixtures.map(|folder| (name(&folder), Mistake::Fixture(folder)));
    cases.chain(fixtures).collect()
}

fn write_case(package: &Path, name: &str, file: &Path, upr: &Path) {
    write(
        &package.join("src/main.rs"),
        &fs::read_to_string(file).unwrap(),
    );
    write(
        &package.join("Cargo.toml"),
        &format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\nupr = {{ path = {upr:?} }}\n"
        ),
    );
}

fn write_fixture(package: &Path, name: &str, fixture: &Path, upr: &Path) {
    let mut dependencies = format!("upr = {{ path = {upr:?} }}\n");
    for entry in fs::read_dir(fixture).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        match file {
            "expected.txt" | "shown.txt" => {}
            "upr.lock" => {
                let krate = name.replace('-', "_");
                let text = text
                    .replace("\"package\":\"@\"", &format!("\"package\":\"{name}\""))
                    .replace("\"crate\":\"@\"", &format!("\"crate\":\"{krate}\""));
                write(&package.join("upr.lock"), &text);
            }
            "other.crate.rs" | "macros.crate.rs" => {
                let is_macro = file == "macros.crate.rs";
                let manifest = format!(
                    "[package]\nname = \"{name}-other\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n\
                     [lib]\nproc-macro = {is_macro}\n\n[dependencies]\nupr = {{ path = {upr:?} }}\n"
                );
                write(&package.join("other/Cargo.toml"), &manifest);
                write(&package.join("other/src/lib.rs"), &text);
                dependencies +=
                    &format!("other = {{ path = \"other\", package = \"{name}-other\" }}\n");
            }
            source => write(&package.join("src").join(source), &text),
        }
    }
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.2.0\"\nedition = \"2021\"\n\n\
         [features]\nextra = []\n\n[dependencies]\n{dependencies}"
    );
    write(&package.join("Cargo.toml"), &manifest);
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
