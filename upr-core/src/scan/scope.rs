//! Where names stand: modules and blocks, and what they bring into sight.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use syn::Path;

/// A kind of name: a type and a constant of one name are two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Space {
    Type,
    Value,
    Macro,
}

/// A module or block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ScopeId(usize);

/// A declared module of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ModuleId(pub(super) usize);

/// A crate that is scanned, by its place in the list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CrateId(pub(super) usize);

/// What stands in a module or block.
pub(super) struct Scope {
    pub(super) krate: CrateId,
    /// The module around a module, the scope around a block; none around a crate's root.
    pub(super) parent: Option<ScopeId>,
    pub(super) is_block: bool,
    names: HashMap<String, Vec<(Option<Space>, Binding)>>,
    pub(super) globs: Vec<Import>,
    /// The permissions that a compact module stands for.
    pub(super) compact: Option<ModuleId>,
}

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Binding {
    /// A `mod`.
    Scope(ScopeId),
    /// The struct of a module of permissions.
    Module(ModuleId),
    /// `use`
    Import(Import),
    /// `type Alias = path;`
    Alias(Path),
    /// `const NAME: … = path;`
    Constant(Path),
    /// `extern crate`
    Crate(String),
    /// Anything else.
    Other,
}

/// The path of a `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) path: Names,
    /// `{self}` imports a module and no function of its name.
    pub(super) only: Option<Space>,
}

/// The words of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// Whether it starts with `::`.
    pub(super) leading: bool,
    /// Without `r#`.
    pub(super) names: Vec<String>,
}

impl Names {
    pub(super) fn of(path: &Path) -> Self {
        let name = |segment: &syn::PathSegment| crate::declare::unraw(&segment.ident);
        Self {
            leading: path.leading_colon.is_some(),
            names: path.segments.iter().map(name).collect(),
        }
    }

    pub(super) fn last(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

impl Scope {
    pub(super) fn new(krate: CrateId, parent: Option<ScopeId>, is_block: bool) -> Self {
        Self {
            krate,
            parent,
            is_block,
            names: HashMap::new(),
            globs: Vec::new(),
            compact: None,
        }
    }

    pub(super) fn bind(&mut self, name: &str, space: Option<Space>, binding: Binding) {
        let bindings = self.names.entry(name.to_owned()).or_default();
        bindings.push((space, binding));
    }

    /// A struct turns out to be a module of permissions.
    pub(super) fn rebind(&mut self, name: &str, module: ModuleId) {
        let bindings = self.names.entry(name.to_owned()).or_default();
        bindings.retain(|(space, binding)| {
            !(matches!(binding, Binding::Other) && *space == Some(Space::Type))
        });
        bindings.push((Some(Space::Type), Binding::Module(module)));
    }

    /// What a name can stand for in a space, items before imports.
    pub(super) fn bindings(&self, name: &str, space: Space) -> Vec<Binding> {
        let all = self.names.get(name).map_or(&[][..], Vec::as_slice);
        let fits = |wanted: &Option<Space>| wanted.is_none_or(|wanted| wanted == space);
        let is_import = |binding: &Binding| matches!(binding, Binding::Import(_));
        let (imports, items): (Vec<_>, Vec<_>) = all
            .iter()
            .filter(|(wanted, _)| fits(wanted))
            .map(|(_, binding)| binding.clone())
            .partition(is_import);
        items.into_iter().chain(imports).collect()
    }

    /// The crate that `extern crate … as name` names.
    pub(super) fn extern_crate(&self, name: &str) -> Option<&str> {
        let bindings = self.names.get(name)?;
        bindings.iter().find_map(|(_, binding)| match binding {
            Binding::Crate(krate) => Some(krate.as_str()),
            _ => None,
        })
    }
}

/// Every scope of every crate.
#[derive(Default)]
pub(super) struct Scopes {
    scopes: Vec<Scope>,
}

impl Scopes {
    pub(super) fn add(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        ScopeId(self.scopes.len() - 1)
    }

    /// The module that a block stands in; a module itself.
    pub(super) fn module_of(&self, mut scope: ScopeId) -> ScopeId {
        while self[scope].is_block {
            match self[scope].parent {
                Some(parent) => scope = parent,
                None => break,
            }
        }
        scope
    }

    pub(super) fn root_of(&self, mut scope: ScopeId) -> ScopeId {
        while let Some(parent) = self[scope].parent {
            scope = parent;
        }
        scope
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: `add` alone makes ids, and nothing is ever taken out"
)]
impl Index<ScopeId> for Scopes {
    type Output = Scope;

    fn index(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0]
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: `add` alone makes ids, and nothing is ever taken out"
)]
impl IndexMut<ScopeId> for Scopes {
    fn index_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0]
    }
}
