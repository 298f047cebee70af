//! What Cargo tells build scripts.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;

use upr_core::scan::{Cfg, Features, Program};

use super::BuildError;

/// The variables that people set, which change what is read; Cargo watches its own.
pub(super) const VARIABLES: [&str; 2] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];

/// The package that is being built, and what for.
pub(super) struct Environment {
    /// The package's folder.
    pub(super) folder: PathBuf,
    pub(super) out_dir: PathBuf,
    cargo: PathBuf,
    triple: String,
    features: BTreeSet<String>,
    cfg: Cfg,
}

impl Environment {
    /// Of the process, which must be a build script.
    pub(super) fn of_process() -> Result<Self, BuildError> {
        let text = |name: &'static str| env::var(name).map_err(|_| BuildError::NoBuildScript(name));
        let features = env::var("CARGO_CFG_FEATURE").unwrap_or_default();
        let features = features.split(',').filter(|feature| !feature.is_empty());
        let variables = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Ok(Self {
            folder: PathBuf::from(text("CARGO_MANIFEST_DIR")?),
            out_dir: PathBuf::from(text("OUT_DIR")?),
            cargo: PathBuf::from(text("CARGO")?),
            triple: text("TARGET")?,
            features: features.map(str::to_owned).collect(),
            cfg: Cfg::of_build_script(variables),
        })
    }

    /// The package's program, compiled as this build compiles it.
    pub(super) fn program(&self) -> Program {
        Program::new(&self.folder, self.cfg.clone(), &self.triple)
            .with_cargo(&self.cargo)
            .with_features(Features::Exactly(self.features.clone()))
            .with_out_dir(&self.out_dir)
    }
}
