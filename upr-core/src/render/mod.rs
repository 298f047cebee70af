//! The catalog for people and for other languages, as text to publish or to compile against.
//!
//! Pure functions: equal catalogs give equal bytes, so that a file that was written once can be
//! checked against the code for ever (`upr catalog --check`). What the catalog says of its
//! application's version is left out where nothing needs it: a release that changes no permission
//! changes no file. JSON is written by the [catalog](crate::Catalog) itself.
//!
//! | function | gives |
//! | --- | --- |
//! | [`markdown`] | a page that a team would publish |
//! | [`typescript`] | types, constants, labels and a `can()` for frontends |
//! | [`openapi`] | components and paths for the application's own OpenAPI document |
//! | [`schema`] | JSON Schemas of the files that upr reads and writes |

mod markdown;
mod openapi;
pub mod schema;
mod text;
mod typescript;

pub use self::markdown::markdown;
pub use self::openapi::openapi;
pub use self::typescript::typescript;
