//! Where a command reads what the code declares: one place for the catalog, and for what the lock wants to know.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use upr::Registry;
use upr_core::Catalog;
use upr_core::finding::Place;
use upr_core::lock::{Declared, DeclaredDeprecation};
use upr_sync::Code;
use upr_sync::settings::{Origin, Settings};

use crate::args::Global;
use crate::binary::Binary;
use crate::cargo::Build;
use crate::failure::Failure;
use crate::program::Source;

/// Where the declarations of a command are read.
#[derive(Debug)]
pub(crate) enum Declarations {
    /// In this program, which links them.
    Linked,
    /// In the catalog file that `--catalog` or `upr.toml` names.
    File,
    /// In the file that `--binary` names.
    Binary(Box<Binary>),
    /// In what Cargo builds of the packages here.
    Build(Box<Build>),
}

impl Declarations {
    /// The place that the options name, else that of the program.
    pub(crate) fn of(source: Source, global: &Global) -> Self {
        match (source, &global.binary, &global.catalog) {
            (_, Some(path), _) => Self::Binary(Box::new(Binary::new(path))),
            (Source::Registry, None, None) => Self::Linked,
            _ => Self::File,
        }
    }

    /// The registry as data, under the application's configured name.
    pub(crate) fn catalog(&self, settings: &Settings) -> Result<Catalog, Failure> {
        let catalog = match self {
            Self::Linked => registry()?.catalog(),
            Self::File => read_catalog(settings)?,
            Self::Binary(binary) => binary.catalog()?,
            Self::Build(build) => build.catalog()?,
        };
        Ok(Code::Catalog(&catalog).catalog(settings)?)
    }

    /// What the code declares, as the lock wants to know it: with package, crate, version and condition of each key.
    pub(crate) fn declared(&self, settings: &Settings) -> Result<Vec<Declared>, Failure> {
        match self {
            Self::Linked => Ok(registry()?.declared()),
            Self::File => Ok(declared_by(&whole(read_catalog(settings)?)?)),
            Self::Binary(binary) => binary.declared(),
            Self::Build(build) => build.declared(),
        }
    }

    /// Whether the program embeds its lock, and so needs everything that stands there.
    pub(crate) fn embeds_lock(&self) -> Result<bool, Failure> {
        match self {
            Self::Linked => Ok(registry()?.embeds_lock()),
            Self::File => Ok(false),
            Self::Binary(binary) => binary.embeds_lock(),
            Self::Build(build) => build.embeds_lock(),
        }
    }

    /// Where permissions are declared, by key, as far as it is told.
    pub(crate) fn places(&self) -> Result<BTreeMap<String, Place>, Failure> {
        match self {
            Self::Linked => Ok(registry()?.iter().map(place).collect()),
            // A catalog tells nothing of sources.
            Self::File => Ok(BTreeMap::new()),
            Self::Binary(binary) => binary.places(),
            Self::Build(build) => build.places(),
        }
    }
}

/// A catalog from which nothing is missing: what a part lacks would pass for removed.
pub(crate) fn whole(catalog: Catalog) -> Result<Catalog, Failure> {
    if !catalog.is_partial() {
        return Ok(catalog);
    }
    let failure = Failure::no(
        "catalog-partial",
        "the catalog is only a part: its sources were scanned without everything that the program links",
    );
    Err(failure.remedy("read what was built, `upr --binary FILE`, or run the program's own `upr`"))
}

fn place(permission: upr::Permission) -> (String, Place) {
    let origin = permission.origin();
    let place = Place {
        file: origin.file().to_owned(),
        line: origin.line(),
    };
    (permission.key().to_owned(), place)
}

/// The registry that is linked into this program.
fn registry() -> Result<&'static Registry, Failure> {
    Registry::try_global().map_err(|error| {
        let problems = error.problems();
        contradictions(
            problems.iter().map(ToString::to_string),
            problems.iter().map(upr::Problem::remedy),
        )
    })
}

/// What is wrong with declarations that contradict each other, or the lock of their program.
pub(crate) fn contradictions(
    problems: impl ExactSizeIterator<Item = String>,
    remedies: impl Iterator<Item = String>,
) -> Failure {
    /// More than these make a message unreadable; mending the first often mends the rest.
    const SHOWN: usize = 5;
    let hidden = problems.len().saturating_sub(SHOWN);
    let shown: Vec<String> = problems.take(SHOWN).collect();
    let mut message = shown.join("; ");
    if hidden > 0 {
        message.push_str(&format!("; and {hidden} more"));
    }
    let mut told: Vec<String> = Vec::new();
    for remedy in remedies.take(SHOWN) {
        if !told.contains(&remedy) {
            told.push(remedy);
        }
    }
    let failure = Failure::no("registry", message);
    told.iter().fold(failure, Failure::remedy)
}

/// The catalog file that the settings name.
fn read_catalog(settings: &Settings) -> Result<Catalog, Failure> {
    let named = match settings.origin("catalog") {
        Origin::Default => String::new(),
        origin => format!(" (named by {origin})"),
    };
    catalog_file(&settings.catalog, &named)
}

/// A catalog that is no file, or a file that is no catalog, names the place and the way out.
fn catalog_file(path: &Path, named: &str) -> Result<Catalog, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read the catalog {}{named}: {error}", path.display());
        let failure = Failure::could_not("catalog-unreadable", message);
        if error.kind() == ErrorKind::InvalidData {
            return failure.remedy("name an executable or a library with --binary FILE");
        }
        failure.remedy(
            "Write one with your application's own 'upr catalog --out FILE', and name it with \
             --catalog FILE or `catalog` in upr.toml; or let `cargo upr` build the package, or read \
             an executable with --binary FILE.",
        )
    })?;
    Catalog::from_json(&text).map_err(|error| {
        Failure::could_not("catalog-invalid", format!("{}: {error}", path.display()))
            .remedy("Correct the file, or write it again with 'upr catalog --out FILE'.")
    })
}

/// A catalog file knows one package: the application itself.
fn declared_by(catalog: &Catalog) -> Vec<Declared> {
    let application = catalog.application();
    let declared = catalog.permissions().map(|permission| Declared {
        key: permission.key.clone(),
        deprecation: permission
            .deprecation
            .as_ref()
            .map(|deprecation| DeclaredDeprecation {
                since: deprecation.since.clone(),
                remove_in: deprecation.remove_in.clone(),
                replaced_by: deprecation.replaced_by.clone(),
            }),
        cfg: None,
        package: application.name.clone(),
        krate: application.name.replace('-', "_"),
        version: application.version.clone(),
    });
    declared.collect()
}
