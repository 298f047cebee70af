//! Files, written whole and only when they change.

use std::path::Path;
use std::{fs, io, process};

/// Writes `text` to `path`, unless it stands there already: what is newer is built again.
///
/// Whoever reads at the same time reads the old text or the new one.
pub(super) fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = path.with_extension(format!("part-{}", process::id()));
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What is wrong is told; that the rest of it cannot be taken away either adds nothing.
        let _ = fs::remove_file(&part);
    }
    written
}
