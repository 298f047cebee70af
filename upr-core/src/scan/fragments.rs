//! From declarations to fragments: paths become ids.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use proc_macro2::Span;
use syn::Path;
use syn::spanned::Spanned;

use super::LeftOut;
use super::collect::{
    Collected, Constants, DeclaredAction, DeclaredModule, DeclaredProgram, DeclaredRole, show,
    whole,
};
use super::error::{ScanError, place};
use super::krate::Crate;
use super::resolve::{Resolver, Target};
use super::scope::{CrateId, ModuleId, Names, ScopeId, Space};
use super::walk::{Context, Walked};
use crate::catalog::{Application, Retired};
use crate::declare::{Action, RoleMember};
use crate::fragment::{
    ActionBody, ActionFragment, DeprecationFragment, Fragment, LockedCrate, ModuleFragment, Origin,
    ProgramFragment, RoleFragment,
};
use crate::lock::Lock;

/// Makes fragments of all declarations.
pub(super) struct Resolve<'a> {
    pub(super) krates: &'a [Crate],
    pub(super) walked: &'a mut Walked,
    pub(super) collected: &'a Collected,
    pub(super) linked: &'a BTreeSet<usize>,
    pub(super) files: Vec<PathBuf>,
    constants: Constants,
}

/// Where a path leads that was to name a permission or module.
enum Led {
    To(u64),
    /// To a crate that is not scanned.
    Out(String),
}

impl<'a> Resolve<'a> {
    pub(super) fn new(
        krates: &'a [Crate],
        walked: &'a mut Walked,
        collected: &'a Collected,
        linked: &'a BTreeSet<usize>,
    ) -> Self {
        Self {
            krates,
            walked,
            collected,
            linked,
            files: Vec::new(),
            constants: Constants::new(),
        }
    }

    pub(super) fn run(mut self) -> (Vec<Fragment>, Vec<PathBuf>) {
        let collected = self.collected;
        let of_attribute = |declared: &DeclaredModule| {
            let names = declared.module.actions.iter().map(constant);
            names.collect::<BTreeMap<_, _>>()
        };
        self.constants = collected.modules.iter().map(of_attribute).collect();
        let owners: Vec<Option<ModuleId>> = collected
            .actions
            .iter()
            .map(|action| self.owner(action))
            .collect();
        for (action, owner) in collected.actions.iter().zip(&owners) {
            if let Some(constants) = owner.and_then(|owner| self.constants.get_mut(owner.0)) {
                constants.extend([constant(&action.action)]);
            }
        }
        let mut fragments = Vec::new();
        // The positions of modules are their ids, so those of crates that are not linked are passed over only here.
        for module in &collected.modules {
            if self.linked.contains(&module.krate.0) {
                fragments.push(self.module(module));
            }
        }
        for (action, owner) in collected.actions.iter().zip(owners) {
            fragments.extend(owner.and_then(|owner| self.action(action, owner)));
        }
        for role in &collected.roles {
            fragments.push(self.role(role));
        }
        for program in &collected.programs {
            fragments.extend(self.program(program));
        }
        (fragments, self.files)
    }

    /// The module that a handler names.
    fn owner(&mut self, action: &DeclaredAction) -> Option<ModuleId> {
        let DeclaredAction {
            scope,
            context,
            module,
            ..
        } = action;
        let found = self
            .resolver()
            .resolve(*scope, &Names::of(module), Space::Type);
        let written = show(module);
        match found {
            Ok(Target::Module(id)) => {
                let declared = self.collected.modules.get(id.0)?;
                if declared.krate == self.walked.scopes[*scope].krate {
                    return Some(id);
                }
                let message = format!(
                    "the module `{written}` is declared in another crate, `{}`",
                    self.krate(declared.scope).name
                );
                self.error(
                    context,
                    module.span(),
                    message,
                    "declare the action in the crate of its module, or a module of your own",
                );
            }
            Ok(Target::Foreign(foreign)) => {
                let message = format!(
                    "`{written}` leads to the crate `{}`, which is not scanned",
                    foreign.krate
                );
                self.error(
                    context,
                    module.span(),
                    message,
                    "name a module of this crate",
                );
            }
            Ok(_) => {
                let message =
                    format!("`{written}` is no module of permissions that the scanner can see");
                self.error(context, module.span(), message, "write `#[upr::module]` above the struct that it names, or the path to such a struct: `crate::users::Users`");
            }
            Err(word) => self.lost(context, module, &word),
        }
        None
    }

    fn lost(&mut self, context: &Context, path: &Path, word: &str) {
        let message = format!(
            "the scanner cannot follow `{}`: it finds no `{word}`",
            show(path)
        );
        let remedy = "write a path through `mod`s and `use`s that stand in the sources, such as `crate::users::Users`; names that a macro makes cannot be seen";
        self.error(context, path.span(), message, remedy);
    }

    fn module(&mut self, declared: &DeclaredModule) -> Fragment {
        let DeclaredModule {
            scope,
            context,
            module,
            ..
        } = declared;
        let bodies = module.actions.iter().map(|action| {
            let mut body = self.body(*scope, context, action);
            // What the attribute stands under is the module's.
            body.cfg.clear();
            body
        });
        let actions = bodies.collect();
        Fragment::Module(ModuleFragment {
            key: module.key.clone(),
            label: self.text(&module.label, context),
            description: self.text(&module.description, context),
            allow_case_variants: module.allow_case_variants,
            cfg: context.conditions.to_vec(),
            origin: self.origin(*scope, context, module.ident.span()),
            actions,
        })
    }

    fn action(&mut self, declared: &DeclaredAction, owner: ModuleId) -> Option<Fragment> {
        let DeclaredAction {
            scope,
            context,
            action,
            ..
        } = declared;
        let module = self.collected.modules.get(owner.0)?.module.key.id();
        let body = self.body(*scope, context, action);
        Some(Fragment::Action(ActionFragment { module, body }))
    }

    fn body(&mut self, scope: ScopeId, context: &Context, action: &Action) -> ActionBody {
        let deprecation = action
            .deprecation
            .as_ref()
            .map(|deprecation| DeprecationFragment {
                message: deprecation.message.clone(),
                since: deprecation.since.clone(),
                remove_in: deprecation.remove_in.clone(),
                replaced_by: deprecation.replaced_by.as_ref().and_then(|path| {
                    let led = self.permission(scope, context, path)?;
                    self.kept(led, context, path, "the replacement")
                }),
            });
        let (line, _) = place(action.name.span);
        ActionBody {
            name: action.name.text.clone(),
            label: self.text(&action.label, context),
            description: self.text(&action.description, context),
            kind: action.kind,
            critical: action.critical,
            deprecation,
            cfg: context.conditions.to_vec(),
            file: context.source.shown.clone(),
            line,
        }
    }

    fn role(&mut self, declared: &DeclaredRole) -> Fragment {
        let DeclaredRole {
            scope,
            context,
            role,
            ..
        } = declared;
        let mut permissions = Vec::new();
        let mut modules = Vec::new();
        for member in &role.members {
            let (path, led, ids) = match member {
                RoleMember::Permission(path) => (
                    path,
                    self.permission(*scope, context, path),
                    &mut permissions,
                ),
                RoleMember::Module(path) => {
                    (path, self.whole_module(*scope, context, path), &mut modules)
                }
            };
            let what = format!("a member of the role `{}`", role.key);
            ids.extend(led.and_then(|led| self.kept(led, context, path, &what)));
        }
        Fragment::Role(RoleFragment {
            key: role.key.clone(),
            label: self.text(&role.label, context),
            mode: role.mode,
            all: role.all,
            permissions,
            modules,
            origin: self.origin(*scope, context, role.ident.span()),
        })
    }

    fn permission(&mut self, scope: ScopeId, context: &Context, path: &Path) -> Option<Led> {
        let found = self
            .resolver()
            .resolve(scope, &Names::of(path), Space::Value);
        match found {
            Ok(Target::Constant(module, constant)) => {
                let action = self.constants.get(module.0)?.get(&constant)?;
                let module = &self.collected.modules.get(module.0)?.module.key;
                // A key that is too long is refused where it is declared.
                return module.action(action).ok().map(|key| Led::To(key.id()));
            }
            Ok(Target::Foreign(foreign)) => return Some(Led::Out(foreign.krate)),
            Ok(_) => {
                let message = format!("`{}` is no permission that the scanner can see", show(path));
                self.error(
                    context,
                    path.span(),
                    message,
                    "name a constant of a module: `Users::VIEW`",
                );
            }
            Err(word) => self.lost(context, path, &word),
        }
        None
    }

    fn whole_module(&mut self, scope: ScopeId, context: &Context, path: &Path) -> Option<Led> {
        let found = self
            .resolver()
            .resolve(scope, &Names::of(path), Space::Type);
        match found {
            Ok(Target::Module(module)) => {
                let module = &self.collected.modules.get(module.0)?.module;
                return Some(Led::To(module.key.id()));
            }
            Ok(Target::Foreign(foreign)) => return Some(Led::Out(foreign.krate)),
            Ok(_) => {
                let message = format!(
                    "`{}` is no module of permissions that the scanner can see",
                    show(path)
                );
                self.error(context, path.span(), message, "name the module's struct, `Users::*`; of a compact module `users::Permissions::*`");
            }
            Err(word) => self.lost(context, path, &word),
        }
        None
    }

    /// The id, unless it belongs to what is left out: that is noted.
    fn kept(&mut self, led: Led, context: &Context, path: &Path, what: &str) -> Option<u64> {
        match led {
            Led::To(id) => Some(id),
            Led::Out(krate) => {
                let (line, _) = place(path.span());
                let left_out = LeftOut::new(
                    format!("{}:{line}", context.source.shown),
                    format!(
                        "`{}`, {what}, leads to the crate `{krate}`, which is not scanned",
                        show(path)
                    ),
                );
                self.walked.left_out.push((context.source.krate, left_out));
                None
            }
        }
    }

    fn program(&mut self, declared: &DeclaredProgram) -> Option<Fragment> {
        let krate = self.krate_of(declared.krate)?;
        let lock = if declared.has_lock {
            self.lock(declared, krate)?
        } else {
            Lock::default()
        };
        let mut locked: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for entry in lock
            .entries()
            .filter(|entry| !entry.is_retired() && entry.cfg.is_none())
        {
            let keys = locked.entry((&entry.package, &entry.krate)).or_default();
            keys.push(entry.key.to_string());
        }
        let retired = lock.retired().filter_map(|entry| {
            Some(Retired {
                key: entry.key.clone(),
                retired: entry.retired.clone()?,
                replaced_by: entry.replaced_by.clone(),
            })
        });
        Some(Fragment::Program(ProgramFragment {
            application: Application {
                name: krate.package.clone(),
                version: krate.version.clone(),
            },
            locked: locked
                .into_iter()
                .map(|((package, krate), keys)| LockedCrate {
                    package: package.to_owned(),
                    krate: krate.to_owned(),
                    keys,
                })
                .collect(),
            retired: retired.collect(),
            origin: Origin {
                package: krate.package.clone(),
                version: krate.version.clone(),
                krate: krate.name.clone(),
                file: declared.context.source.shown.clone(),
                line: declared.line,
            },
        }))
    }

    fn lock(&mut self, declared: &DeclaredProgram, krate: &Crate) -> Option<Lock> {
        let shown = declared.context.source.shown.clone();
        let mut refuse = |message: String, remedy: &str| {
            let error = ScanError::of(shown.clone(), message, remedy);
            self.walked.errors.push((declared.krate, error));
        };
        let Some(path) = &krate.lock else {
            refuse(
                "`upr::lock!()` finds no `upr.lock` in the package's directory or at its workspace root".to_owned(),
                "create it with `upr init` and commit it; `upr lock` records keys in it",
            );
            return None;
        };
        self.files.push(path.clone());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                refuse(
                    format!("`{}` cannot be read: {error}", path.display()),
                    "make it readable, or restore it from version control",
                );
                return None;
            }
        };
        match Lock::parse(&text) {
            Ok(lock) => Some(lock),
            Err(error) => {
                refuse(
                    format!("`{}` cannot be read: {error}", path.display()),
                    error.remedy(),
                );
                None
            }
        }
    }

    fn text(&mut self, text: &crate::declare::Text, context: &Context) -> String {
        whole(text, context, &mut self.files).unwrap_or_else(|error| {
            self.walked.errors.push((context.source.krate, error));
            String::new()
        })
    }

    fn origin(&self, scope: ScopeId, context: &Context, span: Span) -> Origin {
        let krate = self.krate(scope);
        let (line, _) = place(span);
        Origin {
            package: krate.package.clone(),
            version: krate.version.clone(),
            krate: krate.name.clone(),
            file: context.source.shown.clone(),
            line,
        }
    }

    fn resolver(&self) -> Resolver<'_> {
        Resolver {
            scopes: &self.walked.scopes,
            krates: self.krates,
            roots: &self.walked.roots,
            constants: &self.constants,
        }
    }

    fn krate_of(&self, id: CrateId) -> Option<&'a Crate> {
        self.krates.get(id.0)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "INVARIANT: scopes are made for crates of the list"
    )]
    fn krate(&self, scope: ScopeId) -> &'a Crate {
        &self.krates[self.walked.scopes[scope].krate.0]
    }

    fn error(
        &mut self,
        context: &Context,
        span: Span,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let error = ScanError::at(&context.source.shown, span, message, remedy);
        self.walked.errors.push((context.source.krate, error));
    }
}

fn constant(action: &Action) -> (String, String) {
    (action.constant.to_string(), action.name.text.clone())
}
