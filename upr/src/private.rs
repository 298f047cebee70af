//! Not public API. Used by generated code.
//!
//! What the macros write: plain data in statics, one registration a module and one a handler. Everything here
//! may change in any release; the macros are pinned to the crate by `=`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use ::inventory;
pub use upr_core::id::{fnv1a, fnv1a_continue};

use crate::permission::Kind;
use crate::proof::Expression;
use crate::{Granted, Permission};

/// The index of a permission that the global registry has not seen.
pub(crate) const NO_INDEX: u32 = u32::MAX;

/// One declaration on its way to the registry.
#[derive(Debug, Clone, Copy)]
pub enum Registration {
    /// A module with the actions of its attribute.
    Module(&'static ModuleDecl, &'static [Decl]),
    /// An action declared on a handler.
    Action(&'static Decl),
    /// A role defined in code.
    Role(&'static RoleDecl),
    /// The lock that a program embeds.
    Lock(&'static LockDecl),
}

inventory::collect!(Registration);

/// What `#[upr::module]` declares, but for its actions: the compiler walks through everything that a constant refers
/// to, so each constant reaches its own declaration and this, and not its neighbours.
#[derive(Debug)]
pub struct ModuleDecl {
    pub id: u64,
    pub key: &'static str,
    pub label: &'static str,
    pub description: &'static str,
    pub allow_case_variants: bool,
    pub package: &'static str,
    pub version: &'static str,
    pub krate: &'static str,
    /// `module_path!()`, so that one crate linked twice can be told from two.
    pub path: &'static str,
    pub file: &'static str,
    pub line: u32,
    /// The `cfg` predicate the module stands under.
    pub cfg: Option<&'static str>,
}

/// What is declared of one action.
#[derive(Debug)]
pub struct Decl {
    pub id: u64,
    pub module: &'static ModuleDecl,
    pub action: &'static str,
    /// The whole key, or empty where the macro could not know the module's: then it is joined on first use.
    pub key: &'static str,
    pub label: &'static str,
    pub description: &'static str,
    pub kind: Kind,
    pub facts: &'static Facts,
    pub file: &'static str,
    pub line: u32,
    pub slot: &'static Slot,
}

/// What only some actions say; most share [`PLAIN`].
#[derive(Debug)]
pub struct Facts {
    pub critical: bool,
    pub deprecated: Option<&'static str>,
    pub since: Option<&'static str>,
    pub remove_in: Option<&'static str>,
    /// A function, because an evaluated constant may lead back to this.
    pub replaced_by: Option<fn() -> u64>,
    /// The `cfg` predicate the action stands under, as its author wrote it.
    pub cfg: Option<&'static str>,
}

/// What the lock's probe finds where nothing is declared; its id is the reserved one.
pub const ABSENT: Permission = permission(0, &ABSENT_DECL);

static ABSENT_SLOT: Slot = Slot::new();
static ABSENT_DECL: Decl = Decl {
    id: 0,
    module: &ABSENT_MODULE,
    action: "",
    key: "",
    label: "",
    description: "",
    kind: Kind::Action,
    facts: &PLAIN,
    file: "",
    line: 0,
    slot: &ABSENT_SLOT,
};
static ABSENT_MODULE: ModuleDecl = ModuleDecl {
    id: 0,
    key: "",
    label: "",
    description: "",
    allow_case_variants: false,
    package: "",
    version: "",
    krate: "",
    path: "",
    file: "",
    line: 0,
    cfg: None,
};

/// An action of which nothing special was said.
pub static PLAIN: Facts = Facts::NONE;

impl Facts {
    pub const NONE: Self = Self {
        critical: false,
        deprecated: None,
        since: None,
        remove_in: None,
        replaced_by: None,
        cfg: None,
    };
}

/// What is written at run time. It has a static of its own: inside [`Decl`] its atomics would keep every
/// `const fn` from reading the declaration.
#[derive(Debug)]
pub struct Slot {
    index: AtomicU32,
    key: OnceLock<&'static str>,
}

impl Slot {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            index: AtomicU32::new(NO_INDEX),
            key: OnceLock::new(),
        }
    }

    pub(crate) fn index(&self) -> u32 {
        self.index.load(Ordering::Relaxed)
    }

    pub(crate) fn set_index(&self, index: u32) {
        self.index.store(index, Ordering::Relaxed);
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self::new()
    }
}

impl Decl {
    /// Joined once and kept for as long as the program runs, as the declaration itself is.
    pub(crate) fn key(&'static self) -> &'static str {
        if !self.key.is_empty() {
            return self.key;
        }
        self.slot.key.get_or_init(|| {
            let key = format!("{}.{}", self.module.key, self.action);
            Box::leak(key.into_boxed_str())
        })
    }
}

/// A role defined in code.
#[derive(Debug)]
pub struct RoleDecl {
    pub key: &'static str,
    pub label: &'static str,
    pub seeded: bool,
    pub all: bool,
    /// Ids of permissions.
    pub permissions: &'static [u64],
    /// Ids of modules.
    pub modules: &'static [u64],
    pub package: &'static str,
    pub version: &'static str,
    pub path: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// What `upr::lock!()` embeds: of the lock, what a start-up asks.
#[derive(Debug)]
pub struct LockDecl {
    pub crates: &'static [LockedCrate],
    pub retired: &'static [RetiredDecl],
    pub package: &'static str,
    pub version: &'static str,
    pub krate: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// The published keys of one crate that are declared under no condition.
#[derive(Debug)]
pub struct LockedCrate {
    pub package: &'static str,
    pub krate: &'static str,
    /// Sorted ids, 8 bytes each, little endian: one literal, however many keys there are.
    pub ids: &'static [u8],
    /// The keys of the ids, in their order, one a line.
    pub keys: &'static str,
}

/// A tombstone.
#[derive(Debug)]
pub struct RetiredDecl {
    pub id: u64,
    pub key: &'static str,
    pub retired: &'static str,
    pub replaced_by: Option<&'static str>,
}

/// The constructor of generated constants.
#[must_use]
pub const fn permission(id: u64, decl: &'static Decl) -> Permission {
    Permission::from_decl(id, decl)
}

/// The id of a permission, wherever a path must be one.
#[must_use]
pub const fn id_of(permission: Permission) -> u64 {
    permission.id()
}

/// The constructor of generated role constants.
#[must_use]
pub const fn role(decl: &'static RoleDecl) -> crate::Role {
    crate::Role::from_decl(decl)
}

/// The id of `action` in the module with the id `module`.
#[must_use]
pub const fn action_id(module: u64, action: &str) -> u64 {
    fnv1a_continue(fnv1a_continue(module, b"."), action.as_bytes())
}

/// What a proof proves, as a number that two proofs share exactly when they have the same expression.
pub trait Proof {
    const SIGNATURE: u64;
}

impl<E: Expression> Proof for Granted<E> {
    const SIGNATURE: u64 = E::SIGNATURE;
}
