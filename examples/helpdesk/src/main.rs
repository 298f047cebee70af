//! A small help desk.

fn main() {}
