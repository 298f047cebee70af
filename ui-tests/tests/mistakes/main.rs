//! What any compiler says about mistakes, and what the pinned one shows.
//!
//! - `cases/` are single files, with the message that a person sees in `.stderr` (trybuild's form). They are compared whole
//!   on the compiler of the workspace's `rust-version`, by `cases.rs`. Here, on any compiler, they are compared by what
//!   is upr's: how many errors there are, where, and with which sentence.
//! - `fixtures/` are packages, for what one file cannot show: locks, several files and crates, and the mistakes that rustc
//!   words. `expected.txt` holds what is upr's; of a message in rustc's words its code and lines, so that a newer
//!   compiler breaks nothing. `shown.txt` holds what a person sees, compared on the pinned compiler only.
//!
//! After a change, read the difference, then accept it with `UPR_UI=overwrite`.
//!
//! A fixture is a folder with `lib.rs`, further files of the crate, perhaps an `upr.lock` (in which `@` is the
//! fixture's own name), and perhaps a crate that it depends on as `other`: `other.crate.rs`, or `macros.crate.rs` for
//! attribute macros.

#![cfg(test)]

mod golden;
mod message;
mod workspace;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::message::Message;
use crate::workspace::{Mistake, Workspace};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn mistakes() {
    let workspace = Workspace::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes"));
    let mut seen = workspace.check();
    let mut differing = Vec::new();
    for (name, mistake) in &workspace.mistakes {
        let messages = seen.remove(name).unwrap_or_default();
        match mistake {
            Mistake::Case(file) => differing.extend(golden::compare(file, &messages)),
            Mistake::Fixture(folder) => {
                differing.extend(same(&folder.join("expected.txt"), &summaries(&messages)));
                if is_pinned() {
                    differing.extend(same(&folder.join("shown.txt"), &shown(&messages)));
                }
            }
        }
    }
    differing.extend(docs());
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// How `docs/diagnostics.md` differs from what it should show: behind each `<!-- name -->` the fixture's `shown.txt`.
fn docs() -> Option<String> {
    let file = Path::new(HERE).join("../docs/diagnostics.md");
    let docs = fs::read_to_string(&file).unwrap();
    let mut parts = docs.split("<!-- ");
    let mut right = parts.next().unwrap().to_owned();
    let mut count = 0;
    for part in parts {
        let (name, rest) = part.split_once(" -->\n").unwrap();
        let shown = Path::new(HERE)
            .join("fixtures/common")
            .join(name)
            .join("shown.txt");
        let shown = fs::read_to_string(shown).unwrap();
        let rest = match rest.strip_prefix("\n```text\n") {
            Some(block) => block.split_once("```\n").unwrap().1,
            None => rest,
        };
        right += &format!("<!-- {name} -->\n\n```text\n{shown}```\n{rest}");
        count += 1;
    }
    assert_eq!(count, 10, "the commonest mistakes");
    same(&file, &right)
}

/// Whether this is the compiler whose own words `shown.txt` holds.
fn is_pinned() -> bool {
    let output = Command::new("rustc").arg("--version").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    let pinned = env!("CARGO_PKG_RUST_VERSION");
    let is_pinned = version.starts_with(&format!("rustc {pinned}."));
    if !is_pinned {
        println!("skipped what rustc {pinned} shows: this is {version}");
    }
    is_pinned
}

fn summaries(messages: &[Message]) -> String {
    if messages.is_empty() {
        return "compiles\n".to_owned();
    }
    messages.iter().map(Message::summary).collect()
}

fn shown(messages: &[Message]) -> String {
    let shown: Vec<&str> = messages
        .iter()
        .map(|message| message.shown.as_str())
        .collect();
    shown.join("\n")
}

/// How a file differs from what is seen; `UPR_UI=overwrite` accepts it.
fn same(file: &Path, seen: &str) -> Option<String> {
    if env::var_os("UPR_UI").is_some_and(|mode| mode == "overwrite") {
        fs::write(file, seen).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    (expected != seen).then(|| {
        format!(
            "--- {}\nexpected:\n{expected}\nseen:\n{seen}",
            file.display()
        )
    })
}

/// Messages by the name of their package.
type Seen = BTreeMap<String, Vec<Message>>;
