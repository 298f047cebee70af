//! From raw registrations to a registry: sort, drop what is linked twice, check.

use std::ptr;

use super::handlers::{self, Handler};
use super::{Origin, Problem, Registry, RegistryError};
use crate::lock;
use crate::module::ModuleInfo;
use crate::private::{Decl, ModuleDecl, ProgramDecl, Registration, RoleDecl};
use crate::{Permission, Role};

/// Builds a registry and gives every permission its dense index.
pub(super) fn build(
    registrations: impl Iterator<Item = Registration>,
) -> Result<Registry, RegistryError> {
    let raw = Raw::collect(registrations);
    let mut problems = Vec::new();
    let modules = unique_modules(&raw.modules, &mut problems);
    let mut decls = raw.decls();
    let twins = unique_decls(&mut decls, &mut problems);
    let roles = unique_roles(&raw.roles, &mut problems);
    let program = lock::only(&raw.programs, &mut problems);
    let permissions: Vec<Permission> = decls
        .iter()
        .map(|(key, decl)| Permission::from_decl(decl.id_of(key), decl))
        .collect();
    let registry = Registry {
        ids: ids(&permissions),
        permissions,
        modules: modules
            .iter()
            .map(|decl| ModuleInfo::from_decl(decl))
            .collect(),
        roles: roles.iter().map(|decl| Role::from_decl(decl)).collect(),
        program,
    };
    check_ids(&registry, &mut problems);
    handlers::check(&raw.handlers, &raw.modules, &mut problems);
    check_replacements(&registry, &mut problems);
    check_roles(&registry, &mut problems);
    if let Some(program) = program {
        lock::check(program, &registry, &mut problems);
    }
    if !problems.is_empty() {
        return Err(RegistryError::new(problems));
    }
    number(&registry, &twins);
    Ok(registry)
}

/// A key stands far from its declaration; here it is fetched once.
type Keyed = (&'static str, &'static Decl);

#[derive(Default)]
struct Raw {
    modules: Vec<&'static ModuleDecl>,
    handlers: Vec<Handler>,
    roles: Vec<&'static RoleDecl>,
    programs: Vec<&'static ProgramDecl>,
}

impl Raw {
    fn collect(registrations: impl Iterator<Item = Registration>) -> Self {
        let mut raw = Self::default();
        for registration in registrations {
            match registration {
                Registration::Module(module) => raw.modules.push(module),
                Registration::Action(decl) => raw.handlers.push(Handler::new(decl)),
                Registration::Role(role) => raw.roles.push(role),
                Registration::Program(program) => raw.programs.push(program),
            }
        }
        raw.modules.sort_by_key(|module| module.key);
        for module in &raw.modules {
            module.read_keys();
        }
        handlers::sort(&mut raw.handlers);
        handlers::join_keys(&raw.handlers);
        raw
    }

    /// Every action. Modules and handlers stand in order already, so sorting these by key finds long runs.
    fn decls(&self) -> Vec<Keyed> {
        let attributes = self.modules.iter().flat_map(|module| module.decls);
        let handlers = self.handlers.iter().map(|handler| handler.decl);
        let keyed = attributes.chain(handlers).map(|decl| (decl.key(), decl));
        let mut decls: Vec<Keyed> = keyed.collect();
        decls.sort_by_key(|(key, _)| *key);
        decls
    }
}

/// One package can be linked twice (a dev-dependency cycle does it): the same declaration is taken for one.
fn unique_modules(
    sorted: &[&'static ModuleDecl],
    problems: &mut Vec<Problem>,
) -> Vec<&'static ModuleDecl> {
    let mut unique: Vec<&'static ModuleDecl> = Vec::with_capacity(sorted.len());
    for module in sorted {
        match unique.last() {
            Some(last) if last.key == module.key => {
                if !is_twin(last, module) {
                    problems.push(Problem::DuplicateModule {
                        key: module.key,
                        origins: [module_origin(last), module_origin(module)],
                    });
                }
            }
            _ => unique.push(module),
        }
    }
    unique
}

/// Leaves one declaration a key in place; gives those that are the same one, linked twice.
fn unique_decls(sorted: &mut Vec<Keyed>, problems: &mut Vec<Problem>) -> Vec<&'static Decl> {
    let mut twins = Vec::new();
    sorted.dedup_by(|(key, decl), (last_key, last)| {
        if key != last_key {
            return false;
        }
        if is_twin(last.module(), decl.module())
            && (last.line(), last.file()) == (decl.line(), decl.file())
        {
            twins.push(*decl);
        } else if last.module().key == decl.module().key && !is_twin(last.module(), decl.module()) {
            // The modules were reported already.
        } else {
            problems.push(Problem::DuplicatePermission {
                key,
                origins: [origin(last), origin(decl)],
            });
        }
        true
    });
    twins
}

fn unique_roles(
    roles: &[&'static RoleDecl],
    problems: &mut Vec<Problem>,
) -> Vec<&'static RoleDecl> {
    let keyed = roles
        .iter()
        .map(|role| (Role::from_decl(role).key(), *role));
    let mut keyed: Vec<(&str, &RoleDecl)> = keyed.collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.dedup_by(|(key, role), (last_key, last)| {
        if key != last_key {
            return false;
        }
        if (last.bytes(), last.path) != (role.bytes(), role.path) {
            problems.push(Problem::DuplicateRole {
                key,
                origins: [role_origin(last), role_origin(role)],
            });
        }
        true
    });
    keyed.into_iter().map(|(_, role)| role).collect()
}

/// Whether two declarations are one, linked twice: same package, version, place and content.
fn is_twin(a: &'static ModuleDecl, b: &'static ModuleDecl) -> bool {
    ptr::eq(a, b) || (a.key, a.path, a.bytes()) == (b.key, b.path, b.bytes())
}

fn ids(permissions: &[Permission]) -> Vec<(u64, u32)> {
    let mut ids: Vec<(u64, u32)> = permissions
        .iter()
        .map(|permission| permission.id())
        .zip(0..)
        .collect();
    ids.sort_unstable();
    ids
}

fn check_ids(registry: &Registry, problems: &mut Vec<Problem>) {
    let key = |index: u32| registry.get(index).map_or("", Permission::key);
    for pair in registry.ids.windows(2) {
        if let [(a, first), (b, second)] = pair
            && a == b
        {
            problems.push(Problem::Collision {
                keys: [key(*first), key(*second)],
            });
        }
    }
    let mut modules: Vec<ModuleInfo> = registry.modules().collect();
    modules.sort_by_key(|module| module.id());
    for pair in modules.windows(2) {
        if let [first, second] = pair
            && first.id() == second.id()
        {
            problems.push(Problem::Collision {
                keys: [first.key(), second.key()],
            });
        }
    }
    if let Some((0, index)) = registry.ids.first() {
        problems.push(Problem::Collision {
            keys: [key(*index); 2],
        });
    }
}

fn check_replacements(registry: &Registry, problems: &mut Vec<Problem>) {
    for permission in registry {
        if !permission.decl().refers() {
            continue;
        }
        let mut next = permission.deprecation().and_then(|d| d.replaced_by());
        let mut steps = 0;
        while let Some(id) = next {
            steps += 1;
            let Some(replacement) = registry.find_id(id) else {
                problems.push(Problem::Unresolved {
                    key: permission.key(),
                    origin: origin(permission.decl()),
                });
                break;
            };
            if replacement == permission {
                problems.push(Problem::ReplacementCycle {
                    key: permission.key(),
                    origin: origin(permission.decl()),
                });
                break;
            }
            // A circle that this permission only leads into is reported for those that stand on it.
            if steps > registry.len() {
                break;
            }
            next = replacement.deprecation().and_then(|d| d.replaced_by());
        }
    }
}

fn check_roles(registry: &Registry, problems: &mut Vec<Problem>) {
    for role in registry.roles() {
        let decl = role.decl();
        let Some(view) = decl.view() else {
            continue;
        };
        let permissions = view.permissions().all(|id| registry.find_id(id).is_some());
        let modules = view.modules().all(|id| registry.module_by_id(id).is_some());
        if !(permissions && modules) {
            problems.push(Problem::Unresolved {
                key: role.key(),
                origin: role_origin(decl),
            });
        }
    }
}

fn number(registry: &Registry, twins: &[&'static Decl]) {
    for (permission, index) in registry.iter().zip(0..) {
        permission.decl().set_index(index);
    }
    for twin in twins {
        if let Some(index) = registry.find(twin.key()).and_then(Permission::index) {
            twin.set_index(index);
        }
    }
}

pub(crate) fn origin(decl: &'static Decl) -> Origin {
    let module = decl.module().view();
    Origin::new(
        module.map_or("", |module| module.package),
        module.map_or("", |module| module.version),
        decl.file(),
        decl.line(),
    )
}

fn module_origin(module: &ModuleDecl) -> Origin {
    module.view().map_or_else(nowhere, |view| {
        Origin::new(view.package, view.version, view.file, view.line)
    })
}

fn role_origin(role: &RoleDecl) -> Origin {
    role.view().map_or_else(nowhere, |view| {
        Origin::new(view.package, view.version, view.file, view.line)
    })
}

pub(crate) fn program_origin(program: &ProgramDecl) -> Origin {
    program.view().map_or_else(nowhere, |view| {
        Origin::new(view.package, view.version, view.file, view.line)
    })
}

/// Of a record that cannot be read; the macros write none.
fn nowhere() -> Origin {
    Origin::new("", "", "", 0)
}
