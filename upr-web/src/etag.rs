//! Entity tags: the hash of a body, and whether a client has that body already (RFC 9110, 8.8.3
//! and 13.1.2).

use std::fmt::Write;

use hmac_sha256::Hash;

/// The tag of `body`: its SHA-256 in quotes.
pub(crate) fn of(body: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in Hash::hash(body) {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether one line of `If-None-Match` names `tag`. Weak tags compare like strong ones there.
pub(crate) fn is_named(tag: &str, if_none_match: &str) -> bool {
    if_none_match.split(',').map(str::trim).any(|named| {
        // A tag of ours holds no comma, so that splitting at commas cannot cut one in two.
        named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_hash_in_quotes() {
        let empty = "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"";
        assert_eq!(of(b""), empty);
        assert_ne!(of(b"a"), of(b"b"));
    }

    #[test]
    fn a_tag_is_found_in_any_list() {
        for line in [
            "\"a\"",
            "W/\"a\"",
            "*",
            "\"b\", \"a\"",
            "\"b\",W/\"a\" ",
            " \"x,y\" , \"a\"",
        ] {
            assert!(is_named("\"a\"", line), "{line}");
        }
        for line in ["", "a", "\"A\"", "\"ab\"", "w/\"a\"", "\"b\""] {
            assert!(!is_named("\"a\"", line), "{line}");
        }
    }
}
