//! Permissions declared once, on the handler: typed constants, a static registry, checks in nanoseconds.

pub mod access;

pub use upr_core::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};
