//! A program whose lock was deleted.

/// Its own.
#[upr::module(crud(view))]
pub struct Clouds;

upr::lock!();

fn main() {}
