//! Names in TypeScript: of modules, of their constants, of roles.
//!
//! Where two would be one, neither gets it: both are written out in full. So a name never comes to
//! mean another permission because a key was added; the compiler says that it is gone.

use std::collections::HashMap;

use super::text::literal;
use crate::Catalog;
use crate::catalog::Role;
use crate::name::constant_name;

/// The names of modules and permissions, by key.
pub(super) struct Names<'a> {
    modules: HashMap<&'a str, String>,
    constants: HashMap<&'a str, String>,
}

impl<'a> Names<'a> {
    pub(super) fn of(catalog: &'a Catalog) -> Self {
        let keys: Vec<&str> = catalog.modules().iter().map(|m| m.key.as_str()).collect();
        let exports = unique(&keys, camel_case, written_out);
        let mut constants = HashMap::with_capacity(catalog.len());
        for module in catalog.modules() {
            let keys = module.permissions.iter().map(|p| &p.key);
            let actions: Vec<&str> = keys.clone().map(|key| key.action()).collect();
            let names = unique(&actions, constant_name, literal);
            constants.extend(keys.map(|key| key.as_str()).zip(names));
        }
        Self {
            modules: keys.into_iter().zip(exports).collect(),
            constants,
        }
    }

    /// The export that holds a module's permissions.
    pub(super) fn module(&self, key: &str) -> &str {
        self.modules.get(key).map_or("", String::as_str)
    }

    /// The name of a permission's property in its module: an identifier, or a string.
    pub(super) fn constant(&self, key: &str) -> &str {
        self.constants.get(key).map_or("", String::as_str)
    }

    /// How other code names a permission, such as `Users.UPDATE`; nothing where it is not declared.
    pub(super) fn path(&self, key: &str) -> Option<String> {
        let (module, _) = key.rsplit_once('.')?;
        let (module, constant) = (self.modules.get(module)?, self.constants.get(key)?);
        Some(if constant.starts_with('"') {
            format!("{module}[{constant}]")
        } else {
            format!("{module}.{constant}")
        })
    }
}

/// The names of roles, in their order.
pub(super) fn roles(roles: &[Role]) -> Vec<String> {
    let keys: Vec<&str> = roles.iter().map(|role| role.key.as_str()).collect();
    let constant = |key: &str| {
        let segments: Vec<String> = key.split('.').map(constant_name).collect();
        segments.join("_")
    };
    unique(&keys, constant, literal)
}

/// A name for each key: the short one where no other key wants it, else the full one, which is
/// another for each key.
fn unique(
    keys: &[&str],
    short: impl Fn(&str) -> String,
    full: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut names: Vec<String> = keys.iter().map(|key| short(key)).collect();
    loop {
        let mut wanted: HashMap<&str, usize> = HashMap::with_capacity(names.len());
        for name in &names {
            *wanted.entry(bare(name)).or_default() += 1;
        }
        let clashes: Vec<bool> = names
            .iter()
            .map(|name| wanted.get(bare(name)).is_some_and(|number| *number > 1))
            .collect();
        if !clashes.contains(&true) {
            return names;
        }
        // A full name may be the short one of a third, which then gives way too.
        for ((name, key), clashes) in names.iter_mut().zip(keys).zip(clashes) {
            if clashes {
                *name = full(key);
            }
        }
    }
}

/// `"A"` and `A` are one property.
fn bare(name: &str) -> &str {
    name.trim_matches('"')
}

/// `compute.http_filters` is `ComputeHttpFilters`: never a reserved word, never a name of ours, all of
/// which start with a small letter or are types.
fn camel_case(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for word in key.split(['.', '-', '_']) {
        let mut characters = word.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(characters.as_str());
    }
    name
}

/// `a.b-c` is `$a$b$$c`: no segment starts with `-`, so that it can be told from `a..b`, and names
/// differ where keys do.
fn written_out(key: &str) -> String {
    format!("${}", key.replace('-', "$$").replace('.', "$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_as_in_rust() {
        let keys = [
            "users",
            "compute.instances",
            "audit_log",
            "a.b",
            "a-b",
            "aB",
            "set",
        ];
        let names = [
            "Users",
            "ComputeInstances",
            "AuditLog",
            "$a$b",
            "$a$$b",
            "$aB",
            "Set",
        ];
        assert_eq!(unique(&keys, camel_case, written_out), names);
    }

    #[test]
    fn constants_that_clash_are_written_out() {
        let names = |actions: &[&str]| unique(actions, constant_name, literal);
        assert_eq!(
            names(&["view", "resetPassword"]),
            ["VIEW", "RESET_PASSWORD"]
        );
        assert_eq!(
            names(&["getX", "get_x", "view"]),
            ["\"getX\"", "\"get_x\"", "VIEW"]
        );
        // The full name of the first is the short one of the third.
        assert_eq!(
            names(&["A1B", "a1_b", "a1b"]),
            ["\"A1B\"", "\"a1_b\"", "\"a1b\""]
        );
    }

    #[test]
    fn full_names_differ_where_keys_do() {
        let keys = ["a-.b", "a--b", "a.b", "a-b", "a_b", "ab", "A.b"];
        let mut names: Vec<String> = keys.iter().map(|key| written_out(key)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), keys.len());
    }
}
