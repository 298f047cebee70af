//! From a path to what it names.

use std::collections::BTreeMap;

use super::krate::{Crate, Edition, Extern};
use super::scope::{Binding, Import, ModuleId, Names, ScopeId, Scopes, Space};

/// The words of `upr` that declare something, or stand where such a word could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Module,
    Action,
    Role,
    Lock,
    Application,
    /// `requires`, `public`, `granted!`: they declare nothing.
    Other,
}

impl Word {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "module" => Self::Module,
            "action" => Self::Action,
            "role" => Self::Role,
            "lock" => Self::Lock,
            "application" => Self::Application,
            "requires" | "public" | "granted" => Self::Other,
            _ => return None,
        })
    }
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Scope(ScopeId),
    Module(ModuleId),
    /// A permission, by the name of its constant.
    Constant(ModuleId, String),
    /// The crate `upr`.
    Upr,
    Word(Word),
    /// Something of a crate that is not scanned.
    Foreign(Foreign),
    /// Something of a scanned crate that permissions have nothing to do with.
    Other,
}

/// A crate that is not scanned, or a name that may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) krate: String,
    /// Whether it depends on `upr`, so that what it exports may declare permissions.
    pub(super) may_declare: bool,
}

/// What is known before a path is followed.
pub(super) struct Resolver<'a> {
    pub(super) scopes: &'a Scopes,
    pub(super) krates: &'a [Crate],
    pub(super) roots: &'a [ScopeId],
    /// The names of the constants of each declared module.
    pub(super) constants: &'a [BTreeMap<String, String>],
}

/// The names that are being followed, so that imports in a circle end.
type Trail = Vec<(ScopeId, String, Space)>;

impl Resolver<'_> {
    /// What a path names in `space`, seen from `scope`; the word that leads nowhere when none does.
    pub(super) fn resolve(
        &self,
        scope: ScopeId,
        path: &Names,
        space: Space,
    ) -> Result<Target, String> {
        self.follow(scope, path, space, false, &mut Trail::new())
    }

    /// Whether a path that starts with `name` enters the crate of that name.
    pub(super) fn enters(&self, scope: ScopeId, name: &str, leading: bool) -> bool {
        let krate = self.krate(scope);
        if !krate.externs.contains_key(name) {
            return false;
        }
        leading
            || self
                .local(scope, name, Space::Type, &mut Trail::new())
                .is_none()
    }

    fn follow(
        &self,
        scope: ScopeId,
        path: &Names,
        space: Space,
        is_use: bool,
        trail: &mut Trail,
    ) -> Result<Target, String> {
        let mut names = path.names.iter().map(String::as_str);
        let first = names.next().unwrap_or_default();
        let mut rest = names.peekable();
        let space_of = |is_last: bool| if is_last { space } else { Space::Type };
        let first_space = space_of(rest.peek().is_none());
        let module = self.scopes.module_of(scope);
        let is_old = self.krate(scope).edition == Edition::E2015;
        let mut target = match first {
            _ if path.leading && !is_old => self.extern_crate(scope, first),
            "crate" | "$crate" => Target::Scope(self.scopes.root_of(scope)),
            "self" => Target::Scope(module),
            "super" => self.parent(module).ok_or_else(|| first.to_owned())?,
            _ if is_old && (is_use || path.leading) => self
                .member(self.scopes.root_of(scope), first, first_space, trail)
                .unwrap_or_else(|| self.extern_crate(scope, first)),
            _ => match self.local(scope, first, first_space, trail) {
                Some(target) => target,
                None if rest.peek().is_some() || is_use => self.extern_crate(scope, first),
                None => return Err(first.to_owned()),
            },
        };
        while let Some(name) = rest.next() {
            let space = space_of(rest.peek().is_none());
            target = match target {
                Target::Scope(scope) if name == "super" => {
                    self.parent(scope).ok_or_else(|| name.to_owned())?
                }
                Target::Scope(scope) if name == "self" => Target::Scope(scope),
                Target::Scope(scope) => self
                    .member(scope, name, space, trail)
                    .ok_or_else(|| name.to_owned())?,
                Target::Module(module) if space == Space::Value => {
                    self.constant(module, name).ok_or_else(|| name.to_owned())?
                }
                Target::Upr => self.of_upr(name, space, trail),
                Target::Foreign(foreign) => Target::Foreign(foreign),
                _ => return Err(name.to_owned()),
            };
        }
        Ok(target)
    }

    /// A name as it is seen from a scope, without the crates that Cargo brings into sight.
    fn local(&self, scope: ScopeId, name: &str, space: Space, trail: &mut Trail) -> Option<Target> {
        let mut around = scope;
        loop {
            if let Some(target) = self.member(around, name, space, trail) {
                return Some(target);
            }
            if !self.scopes[around].is_block {
                break;
            }
            around = self.scopes[around].parent?;
        }
        let root = self.scopes.root_of(scope);
        let krate = self.scopes[root]
            .extern_crate(name)
            .filter(|_| space == Space::Type);
        krate.map(|krate| self.extern_crate(scope, krate))
    }

    /// A name in a module or block: what stands there, then what globs bring.
    fn member(
        &self,
        scope: ScopeId,
        name: &str,
        space: Space,
        trail: &mut Trail,
    ) -> Option<Target> {
        let step = (scope, name.to_owned(), space);
        if trail.contains(&step) {
            return None;
        }
        trail.push(step);
        let found = self
            .explicit(scope, name, space, trail)
            .or_else(|| self.repeated(scope, name, space))
            .or_else(|| self.by_globs(scope, name, space, trail));
        trail.pop();
        found
    }

    fn explicit(
        &self,
        scope: ScopeId,
        name: &str,
        space: Space,
        trail: &mut Trail,
    ) -> Option<Target> {
        let mut bindings = self.scopes[scope].bindings(name, space).into_iter();
        bindings.find_map(|binding| self.bound(scope, &binding, space, trail))
    }

    fn bound(
        &self,
        scope: ScopeId,
        binding: &Binding,
        space: Space,
        trail: &mut Trail,
    ) -> Option<Target> {
        match binding {
            Binding::Scope(scope) => Some(Target::Scope(*scope)),
            Binding::Module(module) => Some(Target::Module(*module)),
            Binding::Import(Import { path, only }) => {
                if only.is_some_and(|only| only != space) {
                    return None;
                }
                self.follow(scope, path, space, true, trail).ok()
            }
            Binding::Alias(path) | Binding::Constant(path) => self
                .follow(scope, &Names::of(path), space, false, trail)
                .ok()
                .or(Some(Target::Other)),
            Binding::Crate(name) => Some(self.extern_crate(scope, name)),
            Binding::Other => Some(Target::Other),
        }
    }

    /// A compact module repeats its constants in the mod.
    fn repeated(&self, scope: ScopeId, name: &str, space: Space) -> Option<Target> {
        let module = self.scopes[scope]
            .compact
            .filter(|_| space == Space::Value)?;
        self.constant(module, name)
    }

    /// What is scanned is certain; a foreign crate's glob only may bring the name.
    fn by_globs(
        &self,
        scope: ScopeId,
        name: &str,
        space: Space,
        trail: &mut Trail,
    ) -> Option<Target> {
        let mut foreign = None;
        for glob in &self.scopes[scope].globs {
            let found = match self.follow(scope, &glob.path, Space::Type, true, trail) {
                Ok(Target::Scope(other)) => self.member(other, name, space, trail),
                Ok(Target::Upr) => match self.of_upr(name, space, trail) {
                    Target::Foreign(_) => None,
                    target => Some(target),
                },
                Ok(Target::Foreign(krate)) => {
                    // It hardly brings what Cargo brings already.
                    let is_extern =
                        space == Space::Type && self.krate(scope).externs.contains_key(name);
                    if krate.may_declare && !is_extern {
                        foreign = Some(Target::Foreign(krate));
                    }
                    None
                }
                _ => None,
            };
            match found {
                Some(Target::Foreign(krate)) => foreign = Some(Target::Foreign(krate)),
                Some(target) => return Some(target),
                None => {}
            }
        }
        foreign
    }

    fn constant(&self, module: ModuleId, name: &str) -> Option<Target> {
        let constants = self.constants.get(module.0)?;
        constants
            .contains_key(name)
            .then(|| Target::Constant(module, name.to_owned()))
    }

    fn of_upr(&self, name: &str, space: Space, trail: &mut Trail) -> Target {
        if space == Space::Macro
            && let Some(word) = Word::of(name)
        {
            return Target::Word(word);
        }
        let ours = self
            .krates
            .iter()
            .zip(self.roots)
            .find(|(krate, _)| krate.is_upr());
        ours.and_then(|(_, root)| self.member(*root, name, space, trail))
            .unwrap_or_else(|| {
                Target::Foreign(Foreign {
                    krate: "upr".to_owned(),
                    may_declare: false,
                })
            })
    }

    fn extern_crate(&self, scope: ScopeId, name: &str) -> Target {
        let krate = self.krate(scope);
        let foreign = |may_declare| {
            Target::Foreign(Foreign {
                krate: name.to_owned(),
                may_declare,
            })
        };
        match krate.externs.get(name) {
            Some(Extern::Upr) => Target::Upr,
            Some(Extern::Scanned(index)) => self
                .roots
                .get(*index)
                .map_or_else(|| foreign(true), |root| Target::Scope(*root)),
            Some(Extern::Foreign { may_declare }) => foreign(*may_declare),
            None if name == "self" => Target::Scope(self.scopes.root_of(scope)),
            // The library of a package may have another name than the package.
            None if matches!(name, "std" | "core" | "alloc") => foreign(false),
            None => foreign(
                krate
                    .externs
                    .values()
                    .any(|other| *other == Extern::Foreign { may_declare: true }),
            ),
        }
    }

    fn parent(&self, scope: ScopeId) -> Option<Target> {
        self.scopes[scope]
            .parent
            .map(|parent| Target::Scope(self.scopes.module_of(parent)))
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "INVARIANT: scopes are made for crates of the list"
    )]
    fn krate(&self, scope: ScopeId) -> &Crate {
        &self.krates[self.scopes[scope].krate.0]
    }
}
