//! The application and its modules.

use std::collections::BTreeMap;

use super::change::{Change, Class, Field, What};
use crate::catalog::{Catalog, Module};
use crate::finding::{About, Bump, Finding, FindingId};
use crate::key::ModuleKey;

/// Rows in a store belong to the application's name.
pub(super) fn application(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let (before, after) = (&old.application().name, &new.application().name);
    if before == after {
        return;
    }
    let finding = Finding::new(
        FindingId::ApplicationRenamed,
        About::Application(after.clone()),
        format!("application `{before}` is called `{after}` now"),
        format!("set `application = \"{before}\"` in upr.toml, or call the package as before"),
    );
    let change = Change::of_finding(What::Renamed, Class::Breaking, finding.asking(Bump::Major));
    changes.push(change);
}

pub(super) fn modules(old: &Catalog, new: &Catalog, changes: &mut Vec<Change>) {
    let index = |catalog: &'_ Catalog| -> BTreeMap<ModuleKey, Module> {
        let empty = |module: &Module| Module {
            permissions: Vec::new(),
            ..module.clone()
        };
        let modules = catalog.modules().iter();
        modules
            .map(|module| (module.key.clone(), empty(module)))
            .collect()
    };
    let (before, after) = (index(old), index(new));
    for (key, module) in &after {
        match before.get(key) {
            None => changes.push(Change::new(
                Class::Additive,
                What::Added,
                key,
                format!("module `{key}` is new"),
                Bump::Minor,
            )),
            Some(known) => changes.extend(changed(known, module)),
        }
    }
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    changes.extend(gone.map(|key| {
        // What was in it is told key by key.
        Change::new(
            Class::Metadata,
            What::Removed,
            key,
            format!("module `{key}` is gone"),
            Bump::Patch,
        )
    }));
}

fn changed(old: &Module, new: &Module) -> Option<Change> {
    let fields: Vec<Field> = [
        Field::of("label", Some(&old.label), Some(&new.label)),
        Field::of(
            "description",
            Some(&old.description),
            Some(&new.description),
        ),
        Field::of(
            "allow_case_variants",
            Some(old.allow_case_variants),
            Some(new.allow_case_variants),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!fields.is_empty()).then(|| {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let message = format!("module `{}` has another {}", new.key, names.join(" and "));
        Change::new(
            Class::Metadata,
            What::Changed,
            &new.key,
            message,
            Bump::Patch,
        )
        .with_fields(fields)
    })
}
