//! The `.upr` section: what a program declares, in its object files.
//!
//! The macros write one record for each declaration into a section of its own: `.upr` on ELF, COFF and WebAssembly,
//! `__DATA,__upr` on Mach-O. The record is also what the program itself reads at run time, so that the text stands in a
//! binary once. [`read`] turns the bytes of a section into [fragments](crate::fragment), and
//! [`assemble`](crate::fragment::assemble) those into a catalog.
//!
//! A section is records in any order, with zeros between them where a linker has padded. Numbers are little endian.
//!
//! | bytes of a record | hold |
//! | --- | --- |
//! | 0 to 3 | `7f 55 50 52`: a byte that is no text, and `UPR` |
//! | 4 | the version of the format: 1 |
//! | 5 | the kind: 1 module, 2 action on a handler, 3 role, 4 program |
//! | 6, 7 | 0 |
//! | 8 to 11 | the length of the record, these bytes included |
//! | 12 to 15 | where its ids begin |
//! | 16 to 19 | the number of its ids |
//! | from 20 | the fields: all that the macros know as a literal |
//! | then | the ids, 8 bytes each: what refers to other declarations, which only the compiler can resolve |
//! | then | late texts, each a length of 4 bytes and so many bytes: what `include_str!` brought |
//!
//! The magic and the version stay where they are in every later format. Fields stand one behind the other:
//!
//! - a *number* has seven bits a byte, the lowest first; the highest bit says that another byte follows;
//! - a *text* is a number and so many bytes of UTF-8; a *name* is one byte and so many bytes of UTF-8;
//! - a *label* and a *description* are a number and a text: twice its length, and so many bytes; or twice its position
//!   among the late texts, plus one. Blanks at their ends are not part of them;
//! - a *list* is a number and so many items.
//!
//! | kind | fields | ids |
//! | --- | --- | --- |
//! | module | flags (1: `allow_case_variants`), key (a name), label, description; texts: package, version, crate, file; line; list of `cfg` predicates (texts); list of actions, each a number of bytes and an *action* whose name is the whole key | of `replaced_by`, as the actions refer to them |
//! | action on a handler | an *action* | its own, from which its module's follows: FNV-1a can be undone; then of `replaced_by` |
//! | role | flags (1: seeded, 2: all); key (a text), label; texts: package, version, crate, file; line; how many of the ids are permissions | permissions, then modules |
//! | program | texts: package, version, crate, file; line; list of tombstones (texts: key, version, replacement); list of locked crates (texts: package, crate, keys parted by line feeds) | none |
//!
//! An *action* is flags in one byte (1: `crud`, 2: critical, 4: deprecated, 8: conditional), its name (a name), label,
//! description, line (a number), and file (a text; empty: the module's). Where flags say so there follow: message, `since`, `remove_in`
//! (texts, empty when not said) and a number that is 0 or the position of an id plus one; and the list of predicates.
//! The version of a package is empty where the build tool said none.

mod error;
mod read;
#[cfg(test)]
mod tests;
mod view;
mod write;

pub use self::error::{SectionError, SectionProblem};
pub use self::read::{on_handler, read};
pub use self::view::{
    ActionView, DeprecationView, ModuleView, ProgramView, Record, RoleView, Texts,
};
pub use self::write::{
    ActionFields, DeprecationFields, Literal, ModuleFields, OriginFields, ProgramFields,
    RoleFields, TextField, action, encode, module, program, record, role,
};

/// The section's name on ELF, COFF and WebAssembly.
pub const NAME: &str = ".upr";

/// The section's segment and name on Mach-O.
pub const MACH_O_NAME: (&str, &str) = ("__DATA", "__upr");

/// The version of the format that this crate reads and writes.
pub const FORMAT: u8 = 1;

const MAGIC: [u8; 4] = *b"\x7fUPR";

/// The bytes before the fields.
const HEAD: usize = 20;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A module with the actions of its attribute.
    Module = 1,
    /// An action on a handler.
    Action = 2,
    /// A role.
    Role = 3,
    /// What a program says of itself.
    Program = 4,
}

mod flag {
    pub(super) const ALLOW_CASE_VARIANTS: u8 = 1;
    pub(super) const CRUD: u8 = 1;
    pub(super) const CRITICAL: u8 = 2;
    pub(super) const DEPRECATED: u8 = 4;
    pub(super) const CONDITIONAL: u8 = 8;
    pub(super) const SEEDED: u8 = 1;
    pub(super) const ALL: u8 = 2;
}
