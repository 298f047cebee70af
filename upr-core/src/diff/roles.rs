//! Roles that are defined in code.
//!
//! What a managed role no longer holds is taken from those who have it at the next sync. A seeded role only offers: what
//! stores were once offered stays, and what people added to it stays too, until it becomes managed.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Class, Field, What};
use super::view::{View, Way};
use crate::catalog::{Catalog, Role, RoleMode};
use crate::finding::{Bump, Finding, FindingId};
use crate::key::{Key, RoleKey};

/// More than these make a message unreadable; the whole list stands beside it.
const SHOWN: usize = 5;

pub(super) fn roles(old: &Catalog, new: &Catalog, view: &View<'_>, changes: &mut Vec<Change>) {
    let index = |catalog: &Catalog| -> BTreeMap<RoleKey, Role> {
        let roles = catalog.roles().iter();
        roles.map(|role| (role.key.clone(), role.clone())).collect()
    };
    let (before, after) = (index(old), index(new));
    let keys = |catalog: &'_ Catalog| -> Vec<Key> {
        catalog
            .permissions()
            .map(|permission| permission.key.clone())
            .collect()
    };
    let members = Members {
        old,
        new,
        view,
        has_other_keys: keys(old) != keys(new),
    };
    for (key, role) in &after {
        match before.get(key) {
            None => changes.push(added(role, new)),
            Some(known) => compare(known, role, &members, changes),
        }
    }
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    changes.extend(gone.map(|key| {
        let finding = Finding::new(
            FindingId::RoleRemoved,
            key,
            format!(
                "role `{key}` is gone; stores keep it as it is, and nothing keeps it up to date"
            ),
            "define it again, or tell those who have it and ignore this with the reason".to_owned(),
        );
        Change::of_finding(What::Removed, Class::Breaking, finding.asking(Bump::Major))
    }));
}

fn added(role: &Role, new: &Catalog) -> Change {
    let key = &role.key;
    let mode = role.mode.as_str();
    let message = format!("role `{key}` is new ({mode})");
    let mut change = Change::new(Class::Additive, What::Added, key, message, Bump::Minor);
    change.gained = held(role, new).into_iter().cloned().collect();
    change
}

/// Where what a role holds is looked up.
struct Members<'a> {
    old: &'a Catalog,
    new: &'a Catalog,
    view: &'a View<'a>,
    /// Whether a whole module, or everything, may be more or less than it was.
    has_other_keys: bool,
}

impl Members<'_> {
    /// What those who have the role would lose: of what it held, what is still there and it no longer holds. What is retired is
    /// lost when its replacement is not held either; what is gone altogether is told of by itself.
    fn lost(&self, old: &Role, new: &Role) -> Vec<Key> {
        let held_now = held(new, self.new);
        let is_kept = |key: &Key| match self.view.tombstones.get(key) {
            _ if self.view.keys.contains_key(key) => held_now.contains(key),
            Some(tombstone) => match self.view.way(*tombstone) {
                Way::To(target) => held_now.contains(target),
                _ => true,
            },
            None => true,
        };
        let held = held(old, self.old);
        held.into_iter()
            .filter(|key| !is_kept(key))
            .cloned()
            .collect()
    }

    /// What those who have the role gain.
    fn gained(&self, old: &Role, new: &Role) -> Vec<Key> {
        let held_before = held(old, self.old);
        let held = held(new, self.new);
        held.into_iter()
            .filter(|key| !held_before.contains(key))
            .cloned()
            .collect()
    }
}

/// Everything that a role holds, through modules and `all` too.
fn held<'a>(role: &'a Role, catalog: &'a Catalog) -> BTreeSet<&'a Key> {
    if role.all {
        return catalog
            .permissions()
            .map(|permission| &permission.key)
            .collect();
    }
    let modules = role
        .modules
        .iter()
        .filter_map(|module| catalog.find_module(module.as_str()));
    let whole = modules
        .flat_map(|module| &module.permissions)
        .map(|permission| &permission.key);
    role.permissions.iter().chain(whole).collect()
}

fn compare(old: &Role, new: &Role, members: &Members<'_>, changes: &mut Vec<Change>) {
    let is_open = new.all || !new.modules.is_empty();
    if old == new && !(is_open && members.has_other_keys) {
        return;
    }
    let gained = members.gained(old, new);
    let lost = members.lost(old, new);
    let fields = fields(old, new);
    changes.extend(mode(old, new));
    // What is gained and lost says more than how it is written.
    let is_told = |field: &Field| {
        let is_member = ["all", "permissions", "modules"].contains(&field.name);
        field.name == "mode" || (is_member && !(gained.is_empty() && lost.is_empty()))
    };
    let fields: Vec<Field> = fields.into_iter().filter(|field| !is_told(field)).collect();
    if !gained.is_empty() {
        changes.push(widened(new, &gained));
    }
    if !lost.is_empty() {
        changes.push(narrowed(new, lost));
    }
    if !fields.is_empty() {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let message = format!("role `{}` has another {}", new.key, names.join(" and "));
        let change = Change::new(
            Class::Metadata,
            What::Changed,
            &new.key,
            message,
            Bump::Patch,
        );
        changes.push(change.with_fields(fields));
    }
}

fn mode(old: &Role, new: &Role) -> Option<Change> {
    let key = &new.key;
    match (old.mode, new.mode) {
        (RoleMode::Managed, RoleMode::Seeded) => Some(Change::new(
            Class::Metadata,
            What::ModeChanged,
            key,
            format!("role `{key}` is seeded now: what stores make of it stays"),
            Bump::Minor,
        )),
        (RoleMode::Seeded, RoleMode::Managed) => {
            let finding = Finding::new(
                FindingId::RoleNarrowed,
                key,
                format!(
                    "role `{key}` is managed now: what people added to it in stores is taken away"
                ),
                "leave it seeded, or look what stores added to it and ignore this with the reason"
                    .to_owned(),
            );
            Some(Change::of_finding(
                What::ModeChanged,
                Class::Breaking,
                finding.asking(Bump::Major),
            ))
        }
        _ => None,
    }
}

fn widened(role: &Role, gained: &[Key]) -> Change {
    let key = &role.key;
    let message = format!("role `{key}` gains {}", listed(gained));
    let mut change = Change::new(Class::Additive, What::Widened, key, message, Bump::Minor);
    change.gained = gained.to_vec();
    change
}

fn narrowed(role: &Role, lost: Vec<Key>) -> Change {
    let key = &role.key;
    let mut change = match role.mode {
        RoleMode::Managed => {
            let finding = Finding::new(
                FindingId::RoleNarrowed,
                key,
                format!("role `{key}` loses {}", listed(&lost)),
                "give it back, or tell those who have the role and ignore this with the reason"
                    .to_owned(),
            );
            Change::of_finding(What::Narrowed, Class::Breaking, finding.asking(Bump::Major))
        }
        RoleMode::Seeded => Change::new(
            Class::Metadata,
            What::Narrowed,
            key,
            format!(
                "role `{key}` no longer offers {}; where it was offered it stays",
                listed(&lost)
            ),
            Bump::Minor,
        ),
    };
    change.lost = lost;
    change
}

fn fields(old: &Role, new: &Role) -> Vec<Field> {
    let joined = |keys: Vec<&str>| Some(keys.join(", "));
    let permissions = |role: &Role| joined(role.permissions.iter().map(Key::as_str).collect());
    let modules = |role: &Role| joined(role.modules.iter().map(|key| key.as_str()).collect());
    [
        Field::of("label", Some(&old.label), Some(&new.label)),
        Field::of("mode", Some(old.mode.as_str()), Some(new.mode.as_str())),
        Field::of("all", Some(old.all), Some(new.all)),
        Field::of("permissions", permissions(old), permissions(new)),
        Field::of("modules", modules(old), modules(new)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn listed(keys: &[Key]) -> String {
    let shown: Vec<String> = keys
        .iter()
        .take(SHOWN)
        .map(|key| format!("`{key}`"))
        .collect();
    match keys.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
