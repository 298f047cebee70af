//! The code of one service, as its releases declare it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use upr_core::{Catalog, Key};

/// What the sources say; each method is what a team does to them between two releases.
#[derive(Clone)]
pub(crate) struct Code {
    name: &'static str,
    keys: BTreeMap<String, Value>,
    roles: BTreeMap<String, Value>,
    retired: BTreeMap<String, Value>,
}

impl Code {
    pub(crate) fn of(name: &'static str) -> Self {
        Self {
            name,
            keys: BTreeMap::new(),
            roles: BTreeMap::new(),
            retired: BTreeMap::new(),
        }
    }

    /// Declares new actions of a module.
    pub(crate) fn adds(&mut self, module: &str, actions: &[&str]) {
        for action in actions {
            let key = format!("{module}.{action}");
            self.keys.insert(key.clone(), json!({"key": key}));
        }
    }

    pub(crate) fn labels(&mut self, key: &str, label: &str) {
        self.keys.get_mut(key).unwrap()["label"] = json!(label);
    }

    /// Announces the end of a key.
    pub(crate) fn deprecates(&mut self, key: &str, remove_in: &str, replaced_by: Option<&str>) {
        let permission = self.keys.get_mut(key).unwrap();
        permission["is_deprecated"] = json!(true);
        permission["deprecation_message"] = json!("it goes");
        permission["removal_version"] = json!(remove_in);
        permission["replaced_by"] = json!(replaced_by);
    }

    /// Removes a key and writes its tombstone, as `upr lock retire` does.
    pub(crate) fn retires(&mut self, key: &str, version: &str, replaced_by: Option<&str>) {
        self.keys.remove(key).unwrap();
        let tombstone = json!({"key": key, "retired": version, "replaced_by": replaced_by});
        self.retired.insert(key.to_owned(), tombstone);
    }

    /// Removes a key and says nothing.
    pub(crate) fn forgets(&mut self, key: &str) {
        self.keys.remove(key).unwrap();
    }

    /// Declares a role, or declares it otherwise. Members are `all`, `users.*` or `users.view`.
    pub(crate) fn role(&mut self, key: &str, mode: &str, members: &[&str]) {
        let whole = members
            .iter()
            .filter_map(|member| member.strip_suffix(".*"));
        let whole: Vec<&str> = whole.collect();
        let is_single = |member: &&&str| **member != "all" && !member.ends_with(".*");
        let single: Vec<&&str> = members.iter().filter(is_single).collect();
        let role = json!({
            "key": key, "mode": mode, "all": members.contains(&"all"),
            "permissions": single, "modules": whole,
        });
        self.roles.insert(key.to_owned(), role);
    }

    /// Removes a role, and hands out what it was.
    pub(crate) fn drops_role(&mut self, key: &str) -> Value {
        self.roles.remove(key).unwrap()
    }

    pub(crate) fn declares_role(&mut self, key: &str, role: Value) {
        self.roles.insert(key.to_owned(), role);
    }

    /// The catalog of a build of these sources.
    pub(crate) fn release(&self, version: &str) -> Catalog {
        self.built(version, |_| true)
    }

    /// The catalog of a build in which the crate of `module` was not linked.
    pub(crate) fn without(&self, module: &str, version: &str) -> Catalog {
        self.built(version, |key| key.module() != module)
    }

    fn built(&self, version: &str, is_linked: impl Fn(&Key) -> bool) -> Catalog {
        let mut modules: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for (key, permission) in &self.keys {
            let key = Key::parse(key).unwrap();
            if is_linked(&key) {
                let module = key.module().to_owned();
                modules.entry(module).or_default().push(permission);
            }
        }
        let modules: Vec<Value> = modules
            .iter()
            .map(|(key, permissions)| json!({"key": key, "permissions": permissions}))
            .collect();
        let is_whole = |role: &&Value| {
            let members = role["permissions"].as_array().unwrap().iter();
            let mut keys = members.map(|member| Key::parse(member.as_str().unwrap()).unwrap());
            keys.all(|key| is_linked(&key))
        };
        let catalog = json!({
            "version": "1.0", "format": "upr.catalog/1",
            "application": {"name": self.name, "version": version},
            "modules": modules,
            "roles": self.roles.values().filter(is_whole).collect::<Vec<_>>(),
            "retired": self.retired.values().collect::<Vec<_>>(),
        });
        Catalog::from_json(&catalog.to_string()).unwrap()
    }
}
