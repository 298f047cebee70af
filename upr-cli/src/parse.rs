//! Words of the command line that name a fact, read and checked once.

use upr_core::{Key, RoleKey, Scope, SubjectId};

pub(crate) fn key(text: &str) -> Result<Key, String> {
    Key::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn role(text: &str) -> Result<RoleKey, String> {
    RoleKey::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn subject(text: &str) -> Result<SubjectId, String> {
    SubjectId::parse(text).map_err(|error| error.to_string())
}

/// The empty text is everywhere.
pub(crate) fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).map_err(|error| error.to_string())
}

/// ` in acme`, or ` everywhere`.
pub(crate) fn in_scope(scope: &Scope) -> String {
    if scope.is_everywhere() {
        " everywhere".to_owned()
    } else {
        format!(" in {scope}")
    }
}
