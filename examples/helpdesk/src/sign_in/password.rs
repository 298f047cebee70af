//! Passwords, kept as Argon2id hashes.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::web::Failure;

/// The hash of a password with a salt of its own.
pub fn hash(password: &str) -> Result<String, Failure> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|error| Failure::Internal(error.to_string()))
}

/// Whether `password` belongs to `hash`. Without a hash it belongs to nobody, which is found out
/// just as slowly.
pub(super) fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let known = hash.unwrap_or_else(|| {
        NOBODY.get_or_init(|| self::hash("nobody has this password").unwrap_or_default())
    });
    let matches = Argon2::default()
        .verify_password(password.as_bytes(), known)
        .is_ok();
    matches && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_is_right() {
        let hash = hash("open sesame").unwrap();
        assert!(hash.starts_with("$argon2id$") && !hash.contains("sesame"));
        assert!(verify("open sesame", Some(&hash)));
        assert!(!verify("open sesamE", Some(&hash)));
        assert!(!verify("", Some(&hash)));
        assert!(!verify("open sesame", Some("")));
        assert!(!verify("nobody has this password", None));
    }

    #[test]
    fn equal_passwords_have_different_hashes() {
        assert_ne!(hash("a").unwrap(), hash("a").unwrap());
    }
}
