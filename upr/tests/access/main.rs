//! Deciding: single rules by table, random policies beside a naive model, changes beside a fresh
//! start, the handle that everybody shares, and proofs.

#![cfg(test)]

mod cases;
mod changes;
mod handle;
mod model;
mod require;
mod world;
