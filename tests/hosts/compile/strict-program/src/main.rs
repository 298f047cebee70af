//! A program whose author allows nothing, and publishes nothing: no library, no `pub`.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]

mod reports;
mod routes;

use reports::Reports;

upr::lock!();

/// Prints what it declares.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = upr::Registry::try_global()?;
    for permission in registry.iter() {
        println!("{permission}");
    }
    route(routes::print);
    route(routes::send::<String>);
    assert!(registry.find(Reports::PRINT.key()).is_some());
    Ok(())
}

/// Where a router would take a handler.
fn route<H>(_: H) {}
