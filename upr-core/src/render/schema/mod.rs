//! JSON Schemas (2020-12) of the files that upr reads and writes, for editors and for other programs.
//!
//! They accept every document that upr writes, and refuse what its readers refuse as far as a schema
//! can say it: that a key stands twice, or that a role names what is not declared, it cannot. The same
//! texts are published under `docs/schemas/`.

/// One of the schemas.
///
/// ```
/// use upr_core::render::schema::Schema;
/// let lock = Schema::find("lock").unwrap();
/// assert!(lock.text().contains("https://json-schema.org/draft/2020-12/schema"));
/// assert_eq!(Schema::ALL.map(Schema::name), ["catalog-v1", "catalog-v2", "lock", "access"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// A catalog whose permissions stand in their modules.
    CatalogV1,
    /// A catalog whose permissions stand in a list of their own.
    CatalogV2,
    /// One line of `upr.lock`.
    Lock,
    /// Roles and grants, exported from a store.
    Access,
}

impl Schema {
    /// Every schema.
    pub const ALL: [Self; 4] = [Self::CatalogV1, Self::CatalogV2, Self::Lock, Self::Access];

    /// Such as `catalog-v1`; its file is named after it, with `.schema.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CatalogV1 => "catalog-v1",
            Self::CatalogV2 => "catalog-v2",
            Self::Lock => "lock",
            Self::Access => "access",
        }
    }

    /// The schema with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|schema| schema.name() == name)
    }

    /// The schema itself: JSON with a final line break.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::CatalogV1 => include_str!("catalog-v1.schema.json"),
            Self::CatalogV2 => include_str!("catalog-v2.schema.json"),
            Self::Lock => include_str!("lock.schema.json"),
            Self::Access => include_str!("access.schema.json"),
        }
    }
}
