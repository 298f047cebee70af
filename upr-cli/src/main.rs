//! The `upr` command.

fn main() {}
