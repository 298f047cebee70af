//! Permissions declared once, on the handler: typed constants, a static registry, checks in nanoseconds.

// The generated code names `::upr`, also where upr declares something itself.
extern crate self as upr;

pub mod access;
#[cfg(feature = "axum")]
pub mod axum;
pub mod proof;

mod lock;
mod module;
mod permission;
mod problem;
mod registry;
mod role;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
use __private as private;

pub use module::{Module, ModuleInfo};
pub use permission::{Deprecation, Kind, Permission};
pub use problem::ProblemDetails;
pub use proof::{All, Any, Granted, P, Public};
pub use registry::{Origin, Problem, Registry, RegistryError};
pub use role::Role;

pub use upr_macros::{action, granted, lock, module, public, requires, role};

pub use upr_core::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

/// The guides, so that their code compiles.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/declaring.md")]
    mod declaring {}
    #[doc = include_str!("../../README.md")]
    mod readme {}
}
