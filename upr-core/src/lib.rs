//! Keys, catalog, lock and rules of upr: pure functions over plain data.
//!
//! This crate is the ground floor. The macros, the registry, the stores and the commands all call
//! the rules that stand here, so that each rule has one place. It reads no environment, no
//! clock but [`Timestamp::now`], and no file but behind the features `artifact` and `scan`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`key`] | the grammar of permission, module and role keys |
//! | [`subject`] | who is granted something, and where: subject ids and scopes |
//! | [`id`] | the 64-bit ids that stand for keys in types and tables |
//! | [`name`] | constants, labels and symbols that are made from keys |
//! | [`catalog`] | the registry as data, and its JSON |
//! | [`fragment`] | what one declaration says, wherever it was read, and how declarations become a catalog |
//! | [`lock`] | `upr.lock`: every key that was ever published |
//! | [`section`] | the same as bytes: the records of object files, and their reader |
//! | `artifact` | the same read from executables and libraries; behind the feature `artifact` |
//! | `render` | the catalog as Markdown, TypeScript and OpenAPI, and the JSON Schemas; behind the feature `render` |
//! | `scan` | the same read from sources; behind the feature `scan` |
//! | [`finding`] | what a check found, with stable ids; what is ignored of it; SARIF |
//! | [`diff`] | a release compared with the one before |
//!
//! Application authors use the crate `upr`, which re-exports what they need.

#[cfg(feature = "artifact")]
pub mod artifact;
pub mod catalog;
#[cfg(feature = "declare")]
pub mod declare;
pub mod diff;
pub mod finding;
pub mod fragment;
pub mod id;
pub mod key;
pub mod lock;
pub mod name;
#[cfg(feature = "render")]
pub mod render;
#[cfg(feature = "scan")]
pub mod scan;
pub mod section;
pub mod subject;
pub mod timestamp;

mod json;
mod rename;
mod text;

pub use catalog::Catalog;
pub use finding::{Finding, FindingId};
pub use key::{Key, KeyError, ModuleKey, RoleKey};
pub use lock::Lock;
pub use semver::Version;
pub use subject::{Scope, SubjectId};
pub use timestamp::Timestamp;
