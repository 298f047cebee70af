//! Whose lines of a shared lock a run speaks for: those of the packages that its program uses.
//!
//! What a program uses are the packages that declare something in it, and the workspace's members that those depend on. Optional
//! dependencies count when they are linked: what a build was made with, the manifests do not tell.

use std::collections::BTreeSet;
use std::path::Path;

use upr_core::lock::{FILE_NAME, Share};

use super::{Package, Workspace, absolute};

impl Workspace {
    /// The share of a lock for a program in which `parts` declare something.
    ///
    /// A lock that stands elsewhere than at the root of several members belongs to one program, whole.
    pub(crate) fn share(&self, lock: &Path, parts: BTreeSet<String>) -> Share {
        let shared = absolute(&self.root.join(FILE_NAME));
        let is_shared = shared.is_some() && shared == absolute(lock);
        if !is_shared || self.packages.len() < 2 || parts.is_empty() {
            return Share::Whole;
        }
        let used = self.used_by(parts);
        let others = self
            .packages
            .iter()
            .filter(|package| !used.contains(&package.name));
        // What only others use from outside of the workspace is theirs as well.
        let theirs = others.flat_map(|package| {
            let outside = package.uses().filter(|name| !used.contains(*name));
            outside.chain([package.name.as_str()])
        });
        Share::Without(theirs.map(str::to_owned).collect())
    }

    /// The packages and everything that members among them depend on.
    fn used_by(&self, parts: BTreeSet<String>) -> BTreeSet<String> {
        let mut waiting: Vec<String> = parts.into_iter().collect();
        let mut used = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if !used.insert(name.clone()) {
                continue;
            }
            let members = self.packages.iter().filter(|package| package.name == name);
            waiting.extend(members.flat_map(Package::uses).map(str::to_owned));
        }
        used
    }
}

impl Package {
    /// The names of the packages that its crates are always linked with.
    fn uses(&self) -> impl Iterator<Item = &str> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none() && !dependency.optional)
            .map(|dependency| dependency.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, dependencies: &[Value]) -> Value {
        json!({
            "id": name, "name": name, "version": "1.0.0", "default_run": null, "targets": [],
            "manifest_path": format!("{name}/Cargo.toml"), "dependencies": dependencies,
        })
    }

    fn on(name: &str, kind: Option<&str>, optional: bool) -> Value {
        json!({"name": name, "kind": kind, "optional": optional})
    }

    /// `billing` and `helpdesk` are programs with `users` in common; `reports` is optional to `helpdesk`.
    fn workspace(root: &Path) -> Workspace {
        let packages = [
            package(
                "billing",
                &[on("users", None, false), on("invoicing", None, false)],
            ),
            package(
                "helpdesk",
                &[
                    on("users", None, false),
                    on("reports", None, true),
                    on("billing", Some("dev"), false),
                ],
            ),
            package("reports", &[]),
            package("users", &[on("kit", None, false)]),
        ];
        let workspace = json!({
            "workspace_root": root, "packages": packages,
            "workspace_members": [], "workspace_default_members": [],
        });
        serde_json::from_value(workspace).unwrap()
    }

    fn parts(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_program_speaks_for_what_it_uses() {
        let directory = tempfile::tempdir().unwrap();
        let lock = directory.path().join(FILE_NAME);
        std::fs::write(&lock, "").unwrap();
        let workspace = workspace(directory.path());
        let share = |names: &[&str]| workspace.share(&lock, parts(names));
        assert_eq!(
            share(&["helpdesk"]),
            Share::Without(parts(&["billing", "invoicing", "reports"]))
        );
        assert_eq!(
            share(&["helpdesk", "reports"]),
            Share::Without(parts(&["billing", "invoicing"]))
        );
        assert_eq!(
            share(&["users"]),
            Share::Without(parts(&["billing", "helpdesk", "invoicing", "reports"]))
        );
        // A package that is in nobody's list of dependencies is missed by everybody.
        assert!(share(&["helpdesk"]).covers("dropped"));
        assert!(share(&["helpdesk"]).covers("kit"));
        assert_eq!(share(&[]), Share::Whole);
    }

    #[test]
    fn a_lock_of_its_own_is_a_programs_whole_affair() {
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("helpdesk");
        std::fs::create_dir(&own).unwrap();
        let lock = own.join(FILE_NAME);
        std::fs::write(&lock, "").unwrap();
        let workspace = workspace(directory.path());
        assert_eq!(workspace.share(&lock, parts(&["helpdesk"])), Share::Whole);
    }
}
