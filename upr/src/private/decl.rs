//! What is declared of modules, actions, roles and the program, in the shape that costs the compiler least.
//!
//! Everything that is said stands in one literal, the declaration's record in the section `.upr`
//! ([`upr_core::section`]), and is read from there. A struct literal an action costs the type checker four times as much.

use std::fmt;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use upr_core::id::fnv1a_continue;
use upr_core::section::{ActionView, ModuleView, ProgramView, Record, RoleView};

/// The index of a permission that the global registry has not seen.
pub(crate) const NO_INDEX: u32 = u32::MAX;

/// What `#[upr::module]` declares.
pub struct ModuleDecl {
    pub id: u64,
    pub(crate) key: &'static str,
    record: &'static [u8],
    /// `module_path!()`, so that one crate linked twice can be told from two.
    pub(crate) path: &'static str,
    /// The actions of the attribute, in the order of the record.
    pub(crate) decls: &'static [Decl],
}

/// One action: what a permission's constant refers to.
///
/// What is written at run time (index, joined key) stands here too, and not in a static of its own, which would cost each
/// handler one more. No `const fn` may read a declaration for that; the id is in the permission itself.
pub struct Decl {
    module: &'static ModuleDecl,
    /// A handler's own record; empty for an action of an attribute, which stands in its module's.
    record: &'static [u8],
    index: AtomicU32,
    key: OnceLock<&'static str>,
}

/// A role defined in code.
pub struct RoleDecl {
    record: &'static [u8],
    pub(crate) path: &'static str,
}

/// What `upr::lock!()` and `upr::application!()` say of the program.
pub struct ProgramDecl {
    record: &'static [u8],
    /// The ids of the keys of each locked crate of the record, in their order, which is sorted: 8 bytes each, little
    /// endian, and so one literal a crate, however many keys there are.
    pub(crate) ids: &'static [&'static [u8]],
}

/// A handler's record whose only id is its own: a literal, and what the compiler makes of the module's id.
///
/// Packed, so that all of it is bytes and no linker puts anything between two of them.
#[derive(Debug)]
#[repr(C, packed)]
pub struct HandlerRecord<const N: usize> {
    pub literal: [u8; N],
    /// In little endian.
    pub id: u64,
}

impl ModuleDecl {
    #[must_use]
    pub const fn new(
        id: u64,
        key: &'static str,
        record: &'static [u8],
        path: &'static str,
        decls: &'static [Decl],
    ) -> Self {
        Self {
            id,
            key,
            record,
            path,
            decls,
        }
    }

    pub(crate) fn record(&self) -> Option<Record<'static>> {
        Record::open(self.record).ok()
    }

    /// What was declared. The macros write records that can be read.
    pub(crate) fn view(&self) -> Option<ModuleView<'static>> {
        self.record()?.module().ok()
    }

    /// The bytes of its record, which two copies of one declaration have in common.
    pub(crate) fn bytes(&self) -> &'static [u8] {
        self.record
    }

    pub(crate) fn allows_case_variants(&self) -> bool {
        self.record()
            .is_some_and(|record| record.allows_case_variants())
    }

    /// Reads all keys in one walk over the record.
    pub(crate) fn read_keys(&'static self) {
        if self.decls.is_empty() {
            return;
        }
        let keys = self.record().and_then(|record| record.keys().ok());
        for (decl, key) in self.decls.iter().zip(keys.into_iter().flatten()) {
            decl.set_key(key);
        }
    }
}

impl Decl {
    /// An action of the attribute of `module`; which one shows its place in `module.decls`.
    #[must_use]
    pub const fn in_attribute(module: &'static ModuleDecl) -> Self {
        Self::on_handler(module, &[])
    }

    /// An action on a handler.
    #[must_use]
    pub const fn on_handler(module: &'static ModuleDecl, record: &'static [u8]) -> Self {
        Self {
            module,
            record,
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
            if self.record.is_empty() {
                let keys = self.module.record().and_then(|record| record.keys().ok());
                let key = self.ordinal().and_then(|ordinal| keys?.nth(ordinal));
                return key.unwrap_or_default();
            }
            Box::leak(format!("{}.{}", self.module.key, self.own_action()).into_boxed_str())
        })
    }

    pub(crate) fn action(&'static self) -> &'static str {
        let key = self.key();
        key.get(self.module.key.len() + 1..).unwrap_or(key)
    }

    /// A handler's action, before its key is joined.
    pub(crate) fn own_action(&self) -> &'static str {
        let record = Record::open(self.record).ok();
        record
            .and_then(|record| record.action_name().ok())
            .unwrap_or_default()
    }

    /// Unless it was asked for, and so joined, before.
    pub(crate) fn set_key(&self, key: &'static str) {
        self.key.get_or_init(|| key);
    }

    /// What was declared. The macros write records that can be read.
    pub(crate) fn view(&'static self) -> Option<ActionView<'static>> {
        if self.record.is_empty() {
            return self.module.record()?.action_with(self.key()).ok();
        }
        Record::open(self.record).ok()?.action().ok()
    }

    /// What a handler declared; `None` for an action of an attribute.
    pub(crate) fn handler_view(&'static self) -> Option<ActionView<'static>> {
        self.view().filter(|_| !self.record.is_empty())
    }

    /// Whether anything that its record says refers to another declaration: of most nothing does.
    pub(crate) fn refers(&self) -> bool {
        if self.record.is_empty() {
            return self.module.record().is_some_and(|record| record.refers(0));
        }
        // The first is a handler's own.
        Record::open(self.record).is_ok_and(|record| record.refers(1))
    }

    pub(crate) fn file(&'static self) -> &'static str {
        let own = self.view().map_or("", |view| view.file);
        if own.is_empty() {
            self.module.view().map_or("", |view| view.file)
        } else {
            own
        }
    }

    pub(crate) fn line(&'static self) -> u32 {
        self.view().map_or(0, |view| view.line)
    }

    pub(crate) fn index(&self) -> u32 {
        self.index.load(Ordering::Relaxed)
    }

    pub(crate) fn set_index(&self, index: u32) {
        self.index.store(index, Ordering::Relaxed);
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

impl RoleDecl {
    #[must_use]
    pub const fn new(record: &'static [u8], path: &'static str) -> Self {
        Self { record, path }
    }

    /// What was declared. The macros write records that can be read.
    pub(crate) fn view(&self) -> Option<RoleView<'static>> {
        Record::open(self.record).ok()?.role().ok()
    }

    /// The bytes of its record, which two copies of one declaration have in common.
    pub(crate) fn bytes(&self) -> &'static [u8] {
        self.record
    }
}

impl ProgramDecl {
    #[must_use]
    pub const fn new(record: &'static [u8], ids: &'static [&'static [u8]]) -> Self {
        Self { record, ids }
    }

    /// What was said. The macros write records that can be read.
    pub(crate) fn view(&self) -> Option<ProgramView<'static>> {
        Record::open(self.record).ok()?.program().ok()
    }

    /// The bytes of its record, which two copies of one declaration have in common.
    pub(crate) fn bytes(&self) -> &'static [u8] {
        self.record
    }
}

impl fmt::Debug for ModuleDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ModuleDecl").field(&self.key).finish()
    }
}

impl fmt::Debug for Decl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.get().copied().unwrap_or_else(|| self.own_action());
        f.debug_struct("Decl")
            .field("module", self.module)
            .field("key", &key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RoleDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.view().map(|view| view.key);
        f.debug_tuple("RoleDecl").field(&key).finish()
    }
}

impl fmt::Debug for ProgramDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.view().map(|view| view.package);
        f.debug_tuple("ProgramDecl").field(&package).finish()
    }
}
