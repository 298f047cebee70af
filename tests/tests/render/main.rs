//! The catalog for people and other programs: what is written, whether it is what it says it is, and
//! how long it takes at full size.

#![cfg(test)]

mod gcp;
mod golden;
mod openapi;
mod pages;
mod schemas;
mod texts;
mod typescript;

use std::error::Error;
use std::path::{Path, PathBuf};

use upr_core::Catalog;
use upr_tests::command::Upr;

type Outcome = Result<(), Box<dyn Error>>;

/// Where the catalog with every feature is, and what it is rendered as.
fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/render")
        .join(file)
}

/// A catalog with every feature, and with texts that would break each format.
fn catalog() -> Result<Catalog, Box<dyn Error>> {
    Ok(Catalog::from_json(&std::fs::read_to_string(data(
        "catalog.json",
    ))?)?)
}

/// The command, in the folder of the catalog.
fn upr() -> Upr {
    Upr::new(env!("CARGO_BIN_EXE_upr-under-test"), data(""))
}
