//! The catalog: JSON, both versions.

use upr_core::Catalog;
use upr_core::render;

use crate::{says_something, text};

/// Reads a text as a catalog, and writes it in every form.
pub fn catalog(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    match Catalog::from_json(text) {
        Ok(catalog) => written(&catalog),
        Err(error) => says_something(&error.to_string()),
    }
}

fn written(catalog: &Catalog) {
    let json = catalog.to_json();
    assert_eq!(
        read(&json).as_ref(),
        Some(catalog),
        "version 1 holds all of it"
    );
    assert_eq!(read(&json).map(|catalog| catalog.to_json()), Some(json));
    let flat = catalog.to_json_v2();
    assert_eq!(
        read(&flat).as_ref(),
        Some(catalog),
        "version 2 holds all of it"
    );
    assert_eq!(
        read(&flat).map(|catalog| catalog.fingerprint()),
        Some(catalog.fingerprint())
    );
    assert_eq!(catalog.permissions().count(), catalog.len());
    for permission in catalog.permissions() {
        assert_eq!(catalog.find(permission.key.as_str()), Some(permission));
    }
    for (one, other) in catalog.case_variants() {
        assert!(one.as_str().eq_ignore_ascii_case(other.as_str()) && one != other);
    }
    for page in [
        render::markdown(catalog),
        render::typescript(catalog),
        render::openapi(catalog),
    ] {
        assert!(page.ends_with('\n'), "a file ends with a line break");
    }
}

fn read(text: &str) -> Option<Catalog> {
    Catalog::from_json(text).ok()
}
