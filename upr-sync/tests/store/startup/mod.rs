//! From settings and registry to a program that may serve, or to the reason why it may not.

mod additive;
mod bootstrap;
mod fits;
mod store;
mod time;

use upr_core::Catalog;
use upr_sync::settings::Settings;
use upr_sync::{Started, Startup, StartupError, startup};

use crate::fresh::{Fresh, catalog, module};

/// The strict settings of the environment `test`, for this store.
fn settings(fresh: &Fresh) -> Settings {
    let mut settings = Settings::strict("test");
    settings.database = format!("sqlite:{}", fresh.path().display()).into();
    settings
}

fn start(settings: &Settings, catalog: &Catalog) -> Result<Started, StartupError> {
    startup(settings, catalog, Startup::new())
}

/// The application in this version, with these actions of the module `users`.
fn users(version: &str, actions: &[&str]) -> Catalog {
    catalog(version, &module("users", actions), "")
}

/// What the store says about everything but its reading.
fn revision(fresh: &Fresh) -> String {
    fresh.ask("SELECT value FROM upr_meta WHERE name = 'revision'")
}
