//! What is declared of modules and actions, in the shape that costs the compiler least.
//!
//! Texts stand together in one literal a module (one a handler): records parted by [`RECORD`], fields by `FIELD`.
//! A struct literal an action costs the type checker four times as much. What cannot stand in a literal, and what few
//! actions say, stands in [`Facts`].

use std::fmt;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use upr_core::id::fnv1a_continue;

use crate::permission::Kind;

/// Parts the records of a module.
const RECORD: char = '\u{1e}';
/// Parts the fields of a record: key (of a handler: action), label, description, kind, line, file.
const FIELD: char = '\u{1f}';

/// The index of a permission that the global registry has not seen.
pub(crate) const NO_INDEX: u32 = u32::MAX;

/// Of actions of which nothing special is said.
pub const NO_FACTS: &[Facts] = &[];

/// What `#[upr::module]` declares.
pub struct ModuleDecl {
    pub id: u64,
    pub key: &'static str,
    pub label: &'static str,
    pub description: &'static str,
    pub allow_case_variants: bool,
    /// Package, version, crate, file and line, parted by `FIELD`.
    pub origin: &'static str,
    /// `module_path!()`, so that one crate linked twice can be told from two.
    pub path: &'static str,
    /// The `cfg` predicates the module stands under, parted by `FIELD`.
    pub cfg: Option<&'static str>,
    /// One record for each of `decls`.
    pub records: &'static str,
    /// What only some of them say.
    pub facts: &'static [Facts],
    /// The actions of the attribute.
    pub decls: &'static [Decl],
}

/// One action: what a permission's constant refers to.
///
/// What is written at run time (index, joined key) stands here too, and not in a static of its own, which would cost each
/// handler one more. No `const fn` may read a declaration for that; the id is in the permission itself.
pub struct Decl {
    module: &'static ModuleDecl,
    /// A handler's own record; empty for an action of an attribute, whose record is its module's.
    record: &'static str,
    /// A handler's own facts.
    facts: &'static [Facts],
    index: AtomicU32,
    key: OnceLock<&'static str>,
}

/// What only some actions say.
#[derive(Debug)]
pub struct Facts {
    /// The position of the action among its module's.
    pub ordinal: usize,
    /// A label that no literal holds.
    pub label: Option<&'static str>,
    /// A description that no literal holds.
    pub description: Option<&'static str>,
    pub critical: bool,
    pub deprecated: Option<&'static str>,
    pub since: Option<&'static str>,
    pub remove_in: Option<&'static str>,
    /// A function, because an evaluated constant may lead back to this.
    pub replaced_by: Option<fn() -> u64>,
    /// The `cfg` predicates the action stands under, parted by `FIELD`.
    pub cfg: Option<&'static str>,
}

impl ModuleDecl {
    pub(crate) fn package(&self) -> &'static str {
        field(self.origin, 0)
    }

    pub(crate) fn version(&self) -> &'static str {
        field(self.origin, 1)
    }

    pub(crate) fn krate(&self) -> &'static str {
        field(self.origin, 2)
    }

    pub(crate) fn file(&self) -> &'static str {
        field(self.origin, 3)
    }

    pub(crate) fn line(&self) -> u32 {
        number(field(self.origin, 4))
    }

    /// Reads all keys in one walk over the records.
    pub(crate) fn read_keys(&'static self) {
        let mut rest = self.records;
        for decl in self.decls {
            let (key, others) = cut(rest, FIELD);
            decl.set_key(key);
            (_, rest) = cut(others, RECORD);
        }
    }
}

impl Decl {
    /// An action of the attribute of `module`; which one shows its place in `module.decls`.
    #[must_use]
    pub const fn in_attribute(module: &'static ModuleDecl) -> Self {
        Self::on_handler(module, "", NO_FACTS)
    }

    /// An action on a handler.
    #[must_use]
    pub const fn on_handler(
        module: &'static ModuleDecl,
        record: &'static str,
        facts: &'static [Facts],
    ) -> Self {
        Self {
            module,
            record,
            facts,
            index: AtomicU32::new(NO_INDEX),
            key: OnceLock::new(),
        }
    }

    pub(crate) fn module(&self) -> &'static ModuleDecl {
        self.module
    }

    /// The id of `key`, which is this declaration's: what its module has in common is not hashed again.
    pub(crate) fn id_of(&self, key: &str) -> u64 {
        let action = key.get(self.module.key.len()..).unwrap_or_default();
        fnv1a_continue(self.module.id, action.as_bytes())
    }

    /// Joined once and kept for as long as the program runs, as the declaration itself is.
    pub(crate) fn key(&'static self) -> &'static str {
        self.key.get_or_init(|| {
            let name = field(self.record(), 0);
            if self.record.is_empty() {
                return name;
            }
            Box::leak(format!("{}.{name}", self.module.key).into_boxed_str())
        })
    }

    pub(crate) fn action(&'static self) -> &'static str {
        let key = self.key();
        key.get(self.module.key.len() + 1..).unwrap_or(key)
    }

    /// A handler's action, before its key is joined.
    pub(crate) fn own_action(&self) -> &'static str {
        field(self.record, 0)
    }

    /// Unless it was asked for, and so joined, before.
    pub(crate) fn set_key(&self, key: &'static str) {
        self.key.get_or_init(|| key);
    }

    pub(crate) fn label(&'static self) -> &'static str {
        let special = self.facts().and_then(|facts| facts.label);
        special.unwrap_or_else(|| field(self.record(), 1))
    }

    pub(crate) fn description(&'static self) -> &'static str {
        let special = self.facts().and_then(|facts| facts.description);
        special.unwrap_or_else(|| field(self.record(), 2))
    }

    pub(crate) fn kind(&'static self) -> Kind {
        match field(self.record(), 3) {
            "crud" => Kind::Crud,
            _ => Kind::Action,
        }
    }

    pub(crate) fn line(&'static self) -> u32 {
        number(field(self.record(), 4))
    }

    pub(crate) fn file(&'static self) -> &'static str {
        match field(self.record(), 5) {
            "" => self.module.file(),
            file => file,
        }
    }

    /// What is said of this action and not of most.
    pub(crate) fn facts(&'static self) -> Option<&'static Facts> {
        if !self.record.is_empty() {
            return self.facts.first();
        }
        // Most modules have none, so the place is not looked for.
        if self.module.facts.is_empty() {
            return None;
        }
        let ordinal = self.ordinal()?;
        self.module
            .facts
            .iter()
            .find(|facts| facts.ordinal == ordinal)
    }

    pub(crate) fn index(&self) -> u32 {
        self.index.load(Ordering::Relaxed)
    }

    pub(crate) fn set_index(&self, index: u32) {
        self.index.store(index, Ordering::Relaxed);
    }

    fn record(&'static self) -> &'static str {
        if !self.record.is_empty() {
            return self.record;
        }
        let records = self.module.records;
        // INVARIANT: a key that was read here is a slice of the records, at the start of its own. So a walk over all
        // of them is needed once a module at most, not once a question.
        let known = self.key.get().and_then(|key| {
            let start = key.as_ptr().addr().checked_sub(records.as_ptr().addr())?;
            records.get(start..)
        });
        let record = match known {
            Some(rest) => rest.split(RECORD).next(),
            None => self
                .ordinal()
                .and_then(|ordinal| records.split(RECORD).nth(ordinal)),
        };
        record.unwrap_or_default()
    }

    /// The place in the module's list, by its address.
    fn ordinal(&self) -> Option<usize> {
        let decls = self.module.decls;
        let offset = ptr::from_ref(self)
            .addr()
            .checked_sub(decls.as_ptr().addr())?;
        let ordinal = offset / size_of::<Self>();
        (ordinal < decls.len()).then_some(ordinal)
    }
}

impl fmt::Debug for ModuleDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ModuleDecl").field(&self.key).finish()
    }
}

impl fmt::Debug for Decl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, record, .. } = self;
        f.debug_struct("Decl")
            .field("module", module)
            .field("record", record)
            .finish_non_exhaustive()
    }
}

/// What stands before and behind a mark. Texts are short here, and a plain loop ends sooner than a search that is
/// made for long ones.
fn cut(text: &'static str, mark: char) -> (&'static str, &'static str) {
    let at = text.bytes().position(|byte| char::from(byte) == mark);
    let parts = at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
    parts.unwrap_or((text, ""))
}

fn field(record: &'static str, position: usize) -> &'static str {
    record.split(FIELD).nth(position).unwrap_or_default()
}

/// Lines are written by the macros; one that is none reads as 0.
fn number(text: &str) -> u32 {
    text.parse().unwrap_or(0)
}
