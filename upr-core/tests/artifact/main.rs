#![cfg(test)]
//! Files of every format that holds a section, made here; those of a real compiler are in `upr-tests`.

mod files;
mod formats;
mod hostile;

use std::path::PathBuf;

use tempfile::TempDir;
use upr_core::artifact::{self, ArtifactError};
use upr_core::catalog::Kind;
use upr_core::fragment::{ActionBody, Fragment, ModuleFragment, Origin};
use upr_core::{ModuleKey, Version};

/// Reads `bytes` as the file `name`.
fn read(name: &str, bytes: &[u8]) -> Result<Vec<Fragment>, ArtifactError> {
    let (_directory, path) = file(name, bytes);
    artifact::read(&path)
}

fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (directory, path)
}

/// What is wrong with `bytes`, without the directory of the file.
fn refused(name: &str, bytes: &[u8]) -> (String, Vec<&'static str>) {
    let error = read(name, bytes).unwrap_err();
    let directory = error.path().parent().unwrap().display().to_string();
    let message = error.to_string().replace(&format!("{directory}/"), "");
    (message, error.remedies())
}

fn module(key: &str) -> Fragment {
    let origin = Origin {
        package: "helpdesk".to_owned(),
        version: Version::new(1, 4, 0),
        krate: "helpdesk".to_owned(),
        file: "src/users.rs".to_owned(),
        line: 3,
    };
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
        description: "Who may sign in.".to_owned(),
        allow_case_variants: false,
        cfg: Vec::new(),
        origin,
        actions: vec![view],
    })
}
