//! From fragments to a catalog, and to what the lock wants to know.

use std::collections::{BTreeMap, HashMap};

use semver::Version;

use super::{
    ActionBody, AssembleError, DeprecationFragment, Fragment, LockedCrate, ModuleFragment, Origin,
    Problem, ProgramFragment, RoleFragment,
};
use crate::catalog::{Application, Catalog, Deprecation, Module, Permission, Role};
use crate::key::{Key, ModuleKey};
use crate::lock::{Declared, DeclaredDeprecation};

/// The name of an application that neither says what it is nor has one package for all its modules.
pub const UNNAMED: &str = "application";

/// Declarations put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// The registry as data.
    pub catalog: Catalog,
    /// Every key as the lock records it, sorted by key.
    pub declared: Vec<Declared>,
}

/// Puts fragments together.
///
/// Equal fragments are one declaration, read twice: a crate can be linked twice, and an archive may hold a member twice. Whose
/// catalog it is says the program itself ([`ProgramFragment`]); else `application`; else the only package that declares modules;
/// else it is `application` 0.0.0.
///
/// # Errors
///
/// [`AssembleError`] with everything that is wrong: a key that stands twice, an id that nothing has, replacements that run
/// in a circle, published keys that the program's own lock demands and that are not there, and whatever a
/// [`Catalog`] refuses.
pub fn assemble(
    fragments: Vec<Fragment>,
    application: Option<Application>,
) -> Result<Assembled, AssembleError> {
    let mut problems = Vec::new();
    let parts = Parts::sort(fragments, &mut problems);
    let actions = parts.actions(&mut problems);
    let names = Names::new(&parts.modules, &actions);
    let declared: Vec<Declared> = actions
        .iter()
        .map(|action| action.declared(&names))
        .collect();
    let modules = module_data(&parts.modules, &actions, &names, &mut problems);
    let roles = parts
        .roles
        .iter()
        .map(|role| role_data(role, &names, &mut problems))
        .collect();
    check_cycles(&actions, &names, &mut problems);
    let program = parts.program.as_ref();
    if let Some(program) = program {
        check_linked(&program.locked, &parts.modules, &declared, &mut problems);
    }
    let application = program
        .map(|program| program.application.clone())
        .or(application)
        .unwrap_or_else(|| only_package(&parts.modules));
    let retired = program
        .map(|program| program.retired.clone())
        .unwrap_or_default();
    match Catalog::new(application, modules, roles, retired) {
        Ok(catalog) if problems.is_empty() => Ok(Assembled { catalog, declared }),
        Ok(_) => Err(AssembleError::new(problems)),
        // What is wrong with the parts is often why the whole is.
        Err(_) if !problems.is_empty() => Err(AssembleError::new(problems)),
        Err(error) => Err(AssembleError::new(vec![Problem::Catalog(error)])),
    }
}

/// The condition of an action, as one `cfg` would say it: what its module stands under and what it does itself.
#[must_use]
pub fn condition<'a>(
    module: impl IntoIterator<Item = &'a str>,
    own: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let mut predicates: Vec<&str> = Vec::new();
    for predicate in module.into_iter().chain(own) {
        if !predicates.contains(&predicate) {
            predicates.push(predicate);
        }
    }
    match predicates.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => Some(format!("all({})", several.join(", "))),
    }
}

/// Fragments by kind, each once.
struct Parts {
    /// Sorted by key.
    modules: Vec<ModuleFragment>,
    handlers: Vec<(u64, ActionBody)>,
    /// Sorted by key.
    roles: Vec<RoleFragment>,
    program: Option<ProgramFragment>,
}

impl Parts {
    fn sort(fragments: Vec<Fragment>, problems: &mut Vec<Problem>) -> Self {
        let mut modules = Vec::new();
        let mut handlers = Vec::new();
        let mut roles = Vec::new();
        let mut programs = Vec::new();
        for fragment in fragments {
            match fragment {
                Fragment::Module(module) => modules.push(module),
                Fragment::Action(action) => handlers.push((action.module, action.body)),
                Fragment::Role(role) => roles.push(role),
                Fragment::Program(program) => programs.push(program),
            }
        }
        modules.sort_by(|a, b| a.key.cmp(&b.key));
        let modules = unique(
            modules,
            |a, b| {
                (a.key == b.key).then(|| Problem::DuplicateModule {
                    key: a.key.to_string(),
                    origins: Box::new([a.origin.clone(), b.origin.clone()]),
                })
            },
            problems,
        );
        roles.sort_by(|a, b| a.key.cmp(&b.key));
        let roles = unique(
            roles,
            |a, b| {
                (a.key == b.key).then(|| Problem::DuplicateRole {
                    key: a.key.to_string(),
                    origins: Box::new([a.origin.clone(), b.origin.clone()]),
                })
            },
            problems,
        );
        let programs = unique(
            programs,
            |a, b| {
                Some(Problem::TwoPrograms {
                    origins: Box::new([a.origin.clone(), b.origin.clone()]),
                })
            },
            problems,
        );
        Self {
            modules,
            handlers,
            roles,
            program: programs.into_iter().next(),
        }
    }

    /// Every action with its key, sorted.
    fn actions(&self, problems: &mut Vec<Problem>) -> Vec<Action<'_>> {
        let by_id: HashMap<u64, &ModuleFragment> = self
            .modules
            .iter()
            .map(|module| (module.key.id(), module))
            .collect();
        let in_attributes = self
            .modules
            .iter()
            .flat_map(|module| module.actions.iter().map(move |body| (Some(module), body)));
        let on_handlers = self
            .handlers
            .iter()
            .map(|(module, body)| (by_id.get(module).copied(), body));
        let mut actions: Vec<Action<'_>> = in_attributes
            .chain(on_handlers)
            .filter_map(|(module, body)| {
                Action::new(module, body)
                    .map_err(|problem| problems.push(*problem))
                    .ok()
            })
            .collect();
        actions.sort_by(|a, b| a.key.cmp(&b.key));
        unique(
            actions,
            |a, b| {
                (a.key == b.key).then(|| Problem::DuplicatePermission {
                    key: a.key.to_string(),
                    origins: Box::new([a.origin(), b.origin()]),
                })
            },
            problems,
        )
    }
}

/// An action with its key.
#[derive(PartialEq)]
struct Action<'a> {
    key: Key,
    module: &'a ModuleFragment,
    body: &'a ActionBody,
}

impl<'a> Action<'a> {
    fn new(module: Option<&'a ModuleFragment>, body: &'a ActionBody) -> Result<Self, Box<Problem>> {
        let Some(module) = module else {
            return Err(Box::new(Problem::ModuleMissing {
                action: body.name.clone(),
                file: body.file.clone(),
                line: body.line,
            }));
        };
        match module.key.action(&body.name) {
            Ok(key) => Ok(Self { key, module, body }),
            Err(reason) => Err(Box::new(Problem::InvalidKey {
                key: format!("{}.{}", module.key, body.name),
                reason,
                origin: Box::new(origin(module, body)),
            })),
        }
    }

    fn origin(&self) -> Origin {
        origin(self.module, self.body)
    }

    fn replacement(&self) -> Option<u64> {
        self.body.deprecation.as_ref()?.replaced_by
    }

    fn declared(&self, names: &Names<'_>) -> Declared {
        let Origin {
            package,
            version,
            krate,
            ..
        } = &self.module.origin;
        let cfg = |predicates: &'a [String]| predicates.iter().map(String::as_str);
        Declared {
            key: self.key.clone(),
            deprecation: self
                .body
                .deprecation
                .as_ref()
                .map(|deprecation| DeclaredDeprecation {
                    since: deprecation.since.clone(),
                    remove_in: deprecation.remove_in.clone(),
                    replaced_by: deprecation.replaced_by.and_then(|id| names.key(id)),
                }),
            cfg: condition(cfg(&self.module.cfg), cfg(&self.body.cfg)),
            package: package.clone(),
            krate: krate.clone(),
            version: version.clone(),
        }
    }

    fn permission(&self, names: &Names<'_>, problems: &mut Vec<Problem>) -> Permission {
        let ActionBody {
            label,
            description,
            kind,
            critical,
            deprecation,
            ..
        } = self.body;
        let deprecation = deprecation.as_ref().map(|deprecation| {
            let DeprecationFragment {
                message,
                since,
                remove_in,
                replaced_by,
            } = deprecation;
            Deprecation {
                message: message.clone(),
                since: since.clone(),
                remove_in: remove_in.clone(),
                replaced_by: replaced_by.and_then(|id| {
                    let found = names.key(id);
                    if found.is_none() {
                        problems.push(unresolved(self.key.as_str(), id, self.origin()));
                    }
                    found
                }),
            }
        });
        Permission {
            key: self.key.clone(),
            label: label.clone(),
            description: description.clone(),
            kind: *kind,
            critical: *critical,
            deprecation,
        }
    }
}

/// What ids stand for.
struct Names<'a> {
    keys: HashMap<u64, &'a Action<'a>>,
    modules: HashMap<u64, &'a ModuleKey>,
}

impl<'a> Names<'a> {
    fn new(modules: &'a [ModuleFragment], actions: &'a [Action<'a>]) -> Self {
        Self {
            keys: actions
                .iter()
                .map(|action| (action.key.id(), action))
                .collect(),
            modules: modules
                .iter()
                .map(|module| (module.key.id(), &module.key))
                .collect(),
        }
    }

    fn key(&self, id: u64) -> Option<Key> {
        self.keys.get(&id).map(|action| action.key.clone())
    }

    fn module(&self, id: u64) -> Option<ModuleKey> {
        self.modules.get(&id).map(|key| (*key).clone())
    }
}

fn module_data(
    modules: &[ModuleFragment],
    actions: &[Action<'_>],
    names: &Names<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Module> {
    let mut data: BTreeMap<&ModuleKey, Module> = modules
        .iter()
        .map(|module| {
            let data = Module {
                key: module.key.clone(),
                label: module.label.clone(),
                description: module.description.clone(),
                allow_case_variants: module.allow_case_variants,
                permissions: Vec::new(),
            };
            (&module.key, data)
        })
        .collect();
    for action in actions {
        let permission = action.permission(names, problems);
        if let Some(module) = data.get_mut(&action.module.key) {
            module.permissions.push(permission);
        }
    }
    data.into_values().collect()
}

fn role_data(role: &RoleFragment, names: &Names<'_>, problems: &mut Vec<Problem>) -> Role {
    let mut resolved = |id: &u64, is_known: bool| {
        if !is_known {
            problems.push(unresolved(role.key.as_str(), *id, role.origin.clone()));
        }
    };
    let mut permissions = Vec::with_capacity(role.permissions.len());
    for id in &role.permissions {
        let key = names.key(*id);
        resolved(id, key.is_some());
        permissions.extend(key);
    }
    let mut modules = Vec::with_capacity(role.modules.len());
    for id in &role.modules {
        let key = names.module(*id);
        resolved(id, key.is_some());
        modules.extend(key);
    }
    Role {
        key: role.key.clone(),
        label: role.label.clone(),
        mode: role.mode,
        all: role.all,
        permissions,
        modules,
    }
}

fn check_cycles(actions: &[Action<'_>], names: &Names<'_>, problems: &mut Vec<Problem>) {
    for action in actions {
        let mut next = action.replacement();
        // A circle that this action only leads into is reported for those that stand on it.
        for _ in 0..=actions.len() {
            let Some(replacement) = next.and_then(|id| names.keys.get(&id)) else {
                break;
            };
            if replacement.key == action.key {
                problems.push(Problem::ReplacementCycle {
                    key: action.key.to_string(),
                    origin: Box::new(action.origin()),
                });
                break;
            }
            next = replacement.replacement();
        }
    }
}

/// What the program's own lock demands is there.
fn check_linked(
    locked: &[LockedCrate],
    modules: &[ModuleFragment],
    declared: &[Declared],
    problems: &mut Vec<Problem>,
) {
    let is_declared = |key: &String| {
        declared
            .binary_search_by(|declared| declared.key.as_str().cmp(key))
            .is_ok()
    };
    for LockedCrate {
        package,
        krate,
        keys,
    } in locked
    {
        let missing: Vec<String> = keys
            .iter()
            .filter(|key| !is_declared(key))
            .cloned()
            .collect();
        if missing.is_empty() {
            continue;
        }
        let is_linked = modules
            .iter()
            .any(|module| (&module.origin.package, &module.origin.krate) == (package, krate));
        problems.push(Problem::NotLinked {
            package: package.clone(),
            krate: krate.clone(),
            keys: missing,
            is_linked,
        });
    }
}

fn only_package(modules: &[ModuleFragment]) -> Application {
    let mut packages = modules
        .iter()
        .map(|module| (&module.origin.package, &module.origin.version));
    let first = packages.next();
    let only = first.filter(|first| packages.all(|package| package == *first));
    match only.filter(|(name, _)| !name.is_empty()) {
        Some((name, version)) => Application {
            name: name.clone(),
            version: version.clone(),
        },
        None => Application {
            name: UNNAMED.to_owned(),
            version: Version::new(0, 0, 0),
        },
    }
}

fn origin(module: &ModuleFragment, body: &ActionBody) -> Origin {
    Origin {
        file: body.file.clone(),
        line: body.line,
        ..module.origin.clone()
    }
}

fn unresolved(key: &str, id: u64, origin: Origin) -> Problem {
    Problem::Unresolved {
        key: key.to_owned(),
        id,
        origin: Box::new(origin),
    }
}

/// Leaves out what equals its neighbour; a neighbour that differs and `clash`es is a problem, and left out too.
fn unique<T: PartialEq>(
    sorted: Vec<T>,
    clash: impl Fn(&T, &T) -> Option<Problem>,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut unique: Vec<T> = Vec::with_capacity(sorted.len());
    for next in sorted {
        let Some(last) = unique.last() else {
            unique.push(next);
            continue;
        };
        if *last == next {
            continue;
        }
        match clash(last, &next) {
            Some(problem) => problems.push(problem),
            None => unique.push(next),
        }
    }
    unique
}
