//! Executables, libraries and object files.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::thread;

use upr_core::artifact as reader;

use crate::says_something;

/// Reads bytes as the file that a linker wrote.
///
/// # Panics
/// When the file for the input cannot be written, too: nothing would have been tried.
pub fn artifact(data: &[u8]) {
    let path = file();
    assert!(
        fs::write(&path, data).is_ok(),
        "{} cannot be written",
        path.display()
    );
    let read = reader::read(&path);
    match &read {
        Ok(fragments) => assert!(!fragments.is_empty(), "nothing is an error"),
        Err(error) => {
            says_something(&error.to_string());
            assert!(error.to_string().contains(&*path.to_string_lossy()));
            for remedy in error.remedies() {
                says_something(remedy);
            }
        }
    }
    drop(fs::remove_file(&path));
}

/// A file of this thread alone.
fn file() -> PathBuf {
    let thread: String = format!("{:?}", thread::current().id())
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    env::temp_dir().join(format!("upr-fuzz-{}-{thread}.o", process::id()))
}
