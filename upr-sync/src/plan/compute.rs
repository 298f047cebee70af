use std::collections::BTreeSet;

use upr::access::State;
use upr_core::{Catalog, Key, Version};

use super::{FORMAT, ModuleChange, Plan, Refused, Rule};
use super::{effects, gone, guard, keys, roles};
use crate::options::SyncOptions;
use crate::state::{RESERVED, StoreState};

/// Compares a catalog with a store. Touches nothing, and gives the same for the same.
///
/// A plan that a rule forbids still lists what it would do, so that people see what they would
/// have to allow; an older registry's plan lists nothing, since it changes nothing (rule 9).
#[must_use]
pub fn plan(catalog: &Catalog, state: &StoreState, options: &SyncOptions) -> Plan {
    let fingerprint = catalog.fingerprint();
    let mut plan = Plan::empty(catalog, fingerprint.as_str(), state, options);
    if let Some(refused) = guard::older(catalog, state, &plan.to, options) {
        plan.refused.push(refused);
        return plan;
    }
    if plan.application == RESERVED {
        let detail = "an application cannot be called `upr`, which owns upr's own permissions";
        plan.refuse(Rule::Conflict, detail.to_owned());
    }
    keys::declared(&mut plan, catalog, state);
    gone::absent(&mut plan, catalog, state);
    modules(&mut plan, catalog, state);
    roles::compare(&mut plan, catalog, state);
    guard::breaking(&mut plan);
    guard::mass_loss(&mut plan, catalog, state);
    plan.refused
        .sort_by(|a, b| a.rule.cmp(&b.rule).then_with(|| a.detail.cmp(&b.detail)));
    plan.changes = plan.count();
    plan.effects = effects::effects(&plan, catalog, state);
    plan
}

impl Plan {
    /// A plan that changes nothing.
    pub(crate) fn empty(
        catalog: &Catalog,
        fingerprint: &str,
        state: &StoreState,
        options: &SyncOptions,
    ) -> Self {
        Self {
            format: FORMAT,
            application: catalog.application().name.clone(),
            from: state.fingerprint.clone(),
            to: fingerprint.to_owned(),
            create: Vec::new(),
            update: Vec::new(),
            deprecate: Vec::new(),
            restore: Vec::new(),
            orphan: Vec::new(),
            moves: Vec::new(),
            revoke: Vec::new(),
            delete: Vec::new(),
            roles: Vec::new(),
            modules: Vec::new(),
            effects: Vec::new(),
            kept: Vec::new(),
            breaking: Vec::new(),
            refused: Vec::new(),
            environment: state.environment.clone(),
            store: state.store.clone(),
            options: options.clone(),
            changes: 0,
            applied: false,
            backup: None,
            revision: state.revision,
            offers: Vec::new(),
            renames: Vec::new(),
            vanished: 0,
        }
    }

    pub(crate) fn refuse(&mut self, rule: Rule, detail: String) {
        self.refused.push(Refused { rule, detail });
    }
}

/// Who owns a key of this catalog: its application, or upr for the reserved module.
pub(crate) fn owner<'c>(catalog: &'c Catalog, module: &str) -> &'c str {
    let is_reserved = module == RESERVED || module.starts_with("upr.");
    if is_reserved {
        RESERVED
    } else {
        &catalog.application().name
    }
}

/// Whether the store has upr's own permissions from a newer upr, which this one leaves alone.
pub(crate) fn is_outdated(catalog: &Catalog, state: &StoreState, module: &str) -> bool {
    owner(catalog, module) == RESERVED
        && this_version().is_some_and(|this| state.reserved_version.as_ref() > Some(&this))
}

/// The version of upr that this program is built with.
pub(crate) fn this_version() -> Option<Version> {
    env!("CARGO_PKG_VERSION").parse().ok()
}

/// A module that comes with its first permission is part of that permission's creation.
fn modules(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    let created: BTreeSet<&str> = plan.create.iter().map(Key::module).collect();
    let mut changes = Vec::new();
    for module in catalog.modules() {
        let stored = state.modules.get(&module.key);
        let mut fields = super::Fields::new();
        if let Some(stored) = stored {
            keys::differ(&mut fields, "label", &stored.label, &module.label);
            keys::differ(
                &mut fields,
                "description",
                &stored.description,
                &module.description,
            );
        }
        if is_outdated(catalog, state, module.key.as_str()) {
            continue;
        }
        let is_new = stored.is_none() && !created.contains(module.key.as_str());
        if is_new || !fields.is_empty() {
            changes.push(ModuleChange {
                key: module.key.clone(),
                fields,
            });
        }
    }
    plan.modules = changes;
}

/// The keys of this application that live in the store: what a loss is measured against.
pub(super) fn living(catalog: &Catalog, state: &StoreState) -> u64 {
    let application = &catalog.application().name;
    let lives = |state: State| matches!(state, State::Active | State::Deprecated);
    let keys = state.permissions.values();
    keys.filter(|stored| stored.application == *application && lives(stored.state))
        .count() as u64
}
