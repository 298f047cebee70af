//! Source text, scanned as a crate of one file.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::thread;

use proc_macro2::TokenStream;
use semver::Version;
use upr_core::fragment::{Fragment, assemble};
use upr_core::scan::{self as scanner, Cfg, Crate, Edition, Extern};

use crate::{says_something, text};

/// Scans a text as the root of a crate that depends on upr.
///
/// # Panics
/// When the file for the input cannot be written, too: nothing would have been tried.
pub fn scan(data: &[u8]) {
    let Some(source) = text(data) else {
        return;
    };
    let folder = folder();
    assert!(
        fs::create_dir_all(&folder).is_ok(),
        "{} cannot be made",
        folder.display()
    );
    let root = folder.join("lib.rs");
    assert!(
        fs::write(&root, source).is_ok(),
        "{} cannot be written",
        root.display()
    );
    match scanner::scan(&[krate(&folder, root)], &folder) {
        Ok(scanned) => {
            for fragment in &scanned.fragments {
                placed(fragment, source);
            }
            if let Err(error) = assemble(scanned.fragments, None) {
                says_something(&error.to_string());
            }
        }
        Err(errors) => {
            assert!(!errors.errors().is_empty(), "an error says what is wrong");
            for error in errors.errors() {
                says_something(&error.to_string());
                assert!(
                    error.line() as usize <= lines(source),
                    "line {}",
                    error.line()
                );
            }
        }
    }
    drop(fs::remove_dir_all(&folder));
}

/// What was found stands in the file.
fn placed(fragment: &Fragment, source: &str) {
    let origin = match fragment {
        Fragment::Module(module) => (&module.origin.file, module.origin.line),
        Fragment::Action(action) => (&action.body.file, action.body.line),
        Fragment::Role(role) => (&role.origin.file, role.origin.line),
        Fragment::Program(program) => (&program.origin.file, program.origin.line),
    };
    let (file, line) = origin;
    assert_eq!(file, "lib.rs");
    assert!(
        (first_line()..=lines(source)).contains(&(line as usize)),
        "line {line}"
    );
}

/// 1; under a fuzzer 0, since proc-macro2 keeps no places there.
fn first_line() -> usize {
    let token = "first".parse::<TokenStream>().ok();
    let token = token.and_then(|token| token.into_iter().next());
    token.map_or(0, |token| token.span().start().line.min(1))
}

fn lines(source: &str) -> usize {
    source.lines().count().max(1)
}

fn krate(folder: &Path, root: PathBuf) -> Crate {
    Crate {
        package: "desk".to_owned(),
        version: Version::new(1, 2, 0),
        name: "desk".to_owned(),
        root,
        folder: folder.to_owned(),
        edition: Edition::E2018,
        cfg: Cfg::of_rustc("unix\ntarget_os=\"linux\"\n").with_feature("extra"),
        externs: BTreeMap::from([
            ("upr".to_owned(), Extern::Upr),
            ("other".to_owned(), Extern::Foreign { may_declare: true }),
            ("std".to_owned(), Extern::Foreign { may_declare: false }),
        ]),
        out_dir: None,
        lock: None,
    }
}

/// A folder of this thread alone.
fn folder() -> PathBuf {
    let thread: String = format!("{:?}", thread::current().id())
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    env::temp_dir().join(format!("upr-fuzz-{}-{thread}", process::id()))
}
