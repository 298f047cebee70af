//! The audit trail's hashes: each change set covers the one before it.
//!
//! A hash is taken over canonical JSON: one object, names in byte order, no spaces, times in
//! microseconds of UTC as they are stored. With a key it is an HMAC; without one it shows only the
//! edits of those who cannot compute it anew.

use std::collections::BTreeMap;

use serde_json::Value;

/// An object whose names are in byte order.
pub(crate) type Object = BTreeMap<&'static str, Value>;

/// Canonical JSON of an object.
pub(crate) fn canonical(object: &Object) -> String {
    // INVARIANT: texts, whole numbers, truth values and objects of them always serialise.
    serde_json::to_string(object).unwrap_or_default()
}

/// Sums over texts, one a line.
pub(crate) struct Lines(hmac_sha256::Hash);

impl Lines {
    pub(crate) fn new() -> Self {
        Self(hmac_sha256::Hash::new())
    }

    pub(crate) fn add(&mut self, line: &str) {
        self.0.update(line.as_bytes());
        self.0.update(b"\n");
    }

    pub(crate) fn finish(self) -> String {
        format!("sha256:{}", hex(&self.0.finalize()))
    }
}

/// The hash of a change set: of its columns in canonical JSON, the previous hash among them.
pub(crate) fn seal(columns: &Object, key: Option<&[u8]>) -> String {
    let text = canonical(columns);
    match key {
        Some(key) => {
            format!(
                "hmac-sha256:{}",
                hex(&hmac_sha256::HMAC::mac(text.as_bytes(), key))
            )
        }
        None => digest(text.as_bytes()),
    }
}

/// `sha256:` and the digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&hmac_sha256::Hash::hash(bytes)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_json_has_one_form() {
        let object: Object = [("b", json!("ü\n")), ("a", json!(1)), ("c", json!(null))].into();
        assert_eq!(canonical(&object), r#"{"a":1,"b":"ü\n","c":null}"#);
    }

    #[test]
    fn a_key_makes_another_hash() {
        let object: Object = [("a", json!(1))].into();
        let plain = seal(&object, None);
        assert_eq!(plain, digest(br#"{"a":1}"#));
        assert!(seal(&object, Some(b"k")).starts_with("hmac-sha256:"));
        assert_ne!(seal(&object, Some(b"k")), seal(&object, Some(b"l")));
    }

    #[test]
    fn lines_cannot_run_into_each_other() {
        let sum = |lines: &[&str]| {
            let mut sum = Lines::new();
            lines.iter().for_each(|line| sum.add(line));
            sum.finish()
        };
        assert_ne!(sum(&["ab", "c"]), sum(&["a", "bc"]));
    }
}
