//! Packages that do not compile, for what one file cannot show: locks, several files and crates, and the mistakes
//! that rustc words.
//!
//! Of a message in upr's own words the whole text is compared; of one in rustc's only its code and the lines that it
//! points at, so that a newer compiler breaks nothing here. `UPR_UI=overwrite` accepts what is seen.
//!
//! A fixture is a folder with `lib.rs`, further files of the crate, perhaps an `upr.lock` (in which `@` is the
//! fixture's own name), and perhaps a crate that it depends on as `other`: `other.crate.rs`, or `macros.crate.rs` for
//! attribute macros.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn fixtures() {
    let folders = folders();
    assert!(!folders.is_empty(), "there are fixtures");
    let workspace = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    write_workspace(&workspace, &folders);
    let seen = check(&workspace);
    let mut differing = String::new();
    for (name, folder) in &folders {
        let seen = seen.get(name).map_or("compiles\n", String::as_str);
        let file = folder.join("expected.txt");
        if env::var_os("UPR_UI").is_some_and(|mode| mode == "overwrite") {
            fs::write(&file, seen).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if seen != expected {
            writeln!(
                differing,
                "--- {}\nexpected:\n{expected}\nseen:\n{seen}",
                folder.display()
            )
            .unwrap();
        }
    }
    assert!(differing.is_empty(), "{differing}");
}

/// The fixtures by the name of their package.
fn folders() -> BTreeMap<String, PathBuf> {
    let subfolders = |folder: PathBuf| {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir())
    };
    let cases = subfolders(Path::new(HERE).join("fixtures")).flat_map(subfolders);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    cases
        .map(|folder| {
            (
                format!("{}-{}", name(folder.parent().unwrap()), name(&folder)),
                folder,
            )
        })
        .collect()
}

/// One workspace with a package a fixture, on the dependencies that this workspace has locked.
fn write_workspace(workspace: &Path, folders: &BTreeMap<String, PathBuf>) {
    if workspace.exists() {
        fs::remove_dir_all(workspace).unwrap();
    }
    let root = Path::new(HERE).parent().unwrap();
    let members: Vec<&str> = folders.keys().map(String::as_str).collect();
    write(
        &workspace.join("Cargo.toml"),
        &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
    );
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();
    for (name, folder) in folders {
        write_package(workspace, name, folder, &root.join("upr"));
    }
}

fn write_package(workspace: &Path, name: &str, folder: &Path, upr: &Path) {
    let package = workspace.join(name);
    let mut dependencies = format!("upr = {{ path = {upr:?} }}\n");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        match file {
            "expected.txt" => {}
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

/// What the compiler says about each package, in short.
fn check(workspace: &Path) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--workspace",
            "--offline",
            "--keep-going",
            "--message-format=json",
            "--quiet",
        ])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", workspace.with_extension("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut packages: BTreeMap<String, String> = BTreeMap::new();
    let messages = stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let messages: Vec<Value> = messages.collect();
    assert!(
        !messages.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for message in messages
        .iter()
        .filter(|message| message["reason"] == "compiler-message")
    {
        if let Some(line) = summary(&message["message"]) {
            let manifest = Path::new(message["manifest_path"].as_str().unwrap());
            let name = manifest
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap();
            let lines = packages.entry(name.to_owned()).or_default();
            // rustc prints equal messages once.
            if !lines.contains(&line) {
                *lines += &line;
            }
        }
    }
    packages
}

/// `E0592 lib.rs:5 lib.rs:9`, or the message in upr's words; `None` for what only counts messages.
fn summary(message: &Value) -> Option<String> {
    let text = message["message"].as_str().unwrap();
    let spans = message["spans"].as_array().unwrap();
    if spans.is_empty() {
        return None;
    }
    let level = message["level"].as_str().unwrap();
    let code = message["code"]["code"].as_str();
    let mut places: Vec<(bool, String)> = spans
        .iter()
        .filter_map(|span| {
            let is_secondary = span["is_primary"] == false;
            let span = outermost(span);
            let path = Path::new(span["file_name"].as_str().unwrap());
            // Where upr or the standard library is pointed at is not the author's mistake.
            let file = path
                .file_name()
                .filter(|_| path.is_relative())?
                .to_str()
                .unwrap();
            Some((is_secondary, format!("{file}:{}", span["line_start"])))
        })
        .collect();
    places.sort();
    let mut places: Vec<String> = places.into_iter().map(|(_, place)| place).collect();
    places.dedup();
    let ours = match code {
        None => Some(text),
        // Before what upr says, compilers put words of their own.
        Some("E0080" | "deprecated") => Some(text.split_once(": ").map_or(text, |(_, ours)| ours)),
        // What `#[diagnostic::on_unimplemented]` says.
        Some("E0277") if text.contains("upr") => Some(text),
        Some(_) => None,
    };
    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
    let ours = ours
        .map(|ours| format!("\n    {}", ours.replace('\n', "\n    ")))
        .unwrap_or_default();
    Some(format!("{level}{code} at {}{ours}\n", places.join(" ")))
}

/// Where the author wrote what was expanded to this.
fn outermost(mut span: &Value) -> &Value {
    while let Some(outer) = span["expansion"].get("span").filter(|_| {
        let file = span["file_name"].as_str().unwrap_or_default();
        Path::new(file).is_absolute()
    }) {
        span = outer;
    }
    span
}
