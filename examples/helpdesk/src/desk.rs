//! The scope of a request: the desk that its path names.
//!
//! `/desks/berlin/tickets/7` is checked in the scope `berlin`, everything else in the empty one. The
//! scope comes from what is asked for, not from a header that callers choose: a deny in `berlin`
//! must hold for everything in berlin, and a check in the empty scope would not see it.

use axum::http::request::Parts;
use upr::Scope;

/// The function that `upr_web::axum::IdentifyLayer` calls for each request. An error is the
/// request's fault: the guard answers 400.
pub fn of(parts: &Parts) -> Result<Scope, String> {
    match parts
        .uri
        .path()
        .strip_prefix("/desks/")
        .and_then(|rest| rest.split('/').next())
    {
        None => Ok(Scope::everywhere()),
        // The path is still encoded here. A name that has to be is none.
        Some(name) if is_name(name) => Scope::parse(name).map_err(|error| error.to_string()),
        Some(_) => Err("A desk's name is 1 to 64 lower case letters, digits and hyphens.".into()),
    }
}

/// Never empty: the empty scope is everywhere, and no desk is everywhere.
fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn scope(path: &str) -> Result<String, String> {
        let (parts, ()) = Request::get(path).body(()).unwrap().into_parts();
        of(&parts).map(|scope| scope.to_string())
    }

    #[test]
    fn the_path_names_the_desk() {
        for (path, expected) in [
            ("/users", ""),
            ("/desks", ""),
            ("/desks/berlin", "berlin"),
            ("/desks/berlin/tickets/7", "berlin"),
            ("/desks/berlin?x=/desks/paris", "berlin"),
            ("/x/desks/berlin", ""),
        ] {
            assert_eq!(scope(path).unwrap(), expected, "{path}");
        }
        for path in [
            "/desks/",
            "/desks//tickets",
            "/desks/Berlin/x",
            "/desks/ber%6Cin/x",
            "/desks/a.b",
        ] {
            assert!(scope(path).is_err(), "{path}");
        }
        assert!(scope(&format!("/desks/{}/x", "x".repeat(65))).is_err());
    }
}
