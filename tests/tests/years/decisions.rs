//! Who may do what, where: asked of the facts, of the published view, and of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use upr::access::{Effect, Facts, GrantFact, PermissionFact, RoleFact, Snapshot, State, Target};
use upr_core::{Catalog, Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

/// Every scope that anything is granted in, the empty one first.
pub(crate) const SCOPES: [&str; 3] = ["", "acme", "globex"];

/// Subject, permission, scope: what is allowed.
pub(crate) type Decisions = BTreeSet<(String, String, &'static str)>;

/// What the engine decides from these facts.
pub(crate) fn decided(facts: Facts) -> Decisions {
    let subjects: Vec<SubjectId> = facts.subjects.iter().map(|fact| fact.id.clone()).collect();
    let keys: Vec<Key> = facts
        .permissions
        .iter()
        .map(|fact| fact.key.clone())
        .collect();
    let snapshot = Snapshot::compile(facts);
    let mut allowed = Decisions::new();
    for (subject, key) in subjects
        .iter()
        .flat_map(|subject| keys.iter().map(move |key| (subject, key)))
    {
        for scope in SCOPES {
            if snapshot
                .check_key(subject.as_str(), key.as_str(), scope)
                .is_allowed()
            {
                allowed.insert((subject.to_string(), key.to_string(), scope));
            }
        }
    }
    allowed
}

/// What people and other languages read in the view `upr_subject_permission`.
pub(crate) fn published(file: &Path) -> Decisions {
    let connection = rusqlite::Connection::open(file).unwrap();
    let sql = "SELECT subject, permission, scope, effect FROM upr_subject_permission";
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut allows: BTreeMap<(String, String), Vec<(String, bool)>> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let effect: String = row.get(3).unwrap();
        let line = (row.get(2).unwrap(), effect == "allow");
        let pair = (row.get(0).unwrap(), row.get(1).unwrap());
        allows.entry(pair).or_default().push(line);
    }
    let mut allowed = Decisions::new();
    for ((subject, permission), lines) in allows {
        for scope in SCOPES {
            let applies = |line: &&(String, bool)| line.0.is_empty() || line.0 == scope;
            let mut applying = lines.iter().filter(applies).peekable();
            if applying.peek().is_some() && applying.all(|line| line.1) {
                allowed.insert((subject.clone(), permission.clone(), scope));
            }
        }
    }
    allowed
}

/// What a plan says will be decided: the facts as they were, and on them what stands in the plan's
/// JSON, line by line, and nothing else.
pub(crate) fn foretold(mut facts: Facts, plan: &Value, release: &Catalog) -> Decisions {
    let application = plan["application"].as_str().unwrap();
    for key in keys(&plan["create"]) {
        facts.permissions.push(PermissionFact {
            key,
            application: application.to_owned(),
            state: State::Active,
            alias_of: None,
            critical: false,
        });
    }
    set(&mut facts, &keys(&plan["restore"]), State::Active);
    set(&mut facts, &keys(&plan["orphan"]), State::Orphan);
    for moved in list(&plan["move"]) {
        let (from, to) = (key(&moved["from"]), key(&moved["to"]));
        rename(&mut facts, &from, &to);
        for grant in moved["carried"].as_array().into_iter().flatten() {
            facts.grants.push(carried(grant, &to));
        }
    }
    for revoked in keys(&plan["revoke"]) {
        let target = Target::Permission(revoked.clone());
        facts.grants.retain(|grant| grant.target != target);
        for role in &mut facts.roles {
            role.permissions.retain(|held| *held != revoked);
        }
    }
    let gone = keys(&plan["delete"]);
    for key in &gone {
        let target = last(release, key);
        for fact in &mut facts.permissions {
            // Who was answered by a key that goes is answered by what comes instead.
            if fact.key == *key || fact.alias_of.as_ref() == Some(key) {
                fact.alias_of.clone_from(&target);
            }
        }
    }
    set(&mut facts, &gone, State::Retired);
    for change in list(&plan["roles"]) {
        role(&mut facts, change, application);
    }
    decided(facts)
}

fn set(facts: &mut Facts, keys: &[Key], state: State) {
    for fact in &mut facts.permissions {
        if keys.contains(&fact.key) {
            fact.state = state;
        }
    }
}

fn rename(facts: &mut Facts, from: &Key, to: &Key) {
    for grant in &mut facts.grants {
        if grant.target == Target::Permission(from.clone()) {
            grant.target = Target::Permission(to.clone());
        }
    }
    for held in facts
        .roles
        .iter_mut()
        .flat_map(|role| &mut role.permissions)
    {
        if held == from {
            held.clone_from(to);
        }
    }
}

/// A grant of a role, as a plan shows it, becomes one of the permission.
fn carried(grant: &Value, to: &Key) -> GrantFact {
    let text = |name: &str| grant[name].as_str().unwrap();
    assert_eq!(grant["expires_at"], Value::Null);
    GrantFact {
        subject: SubjectId::parse(text("subject")).unwrap(),
        target: Target::Permission(to.clone()),
        scope: Scope::parse(text("scope")).unwrap(),
        effect: if text("effect") == "allow" {
            Effect::Allow
        } else {
            Effect::Deny
        },
        expires_at: None::<Timestamp>,
    }
}

fn role(facts: &mut Facts, change: &Value, application: &str) {
    let key = RoleKey::parse(change["key"].as_str().unwrap()).unwrap();
    if change["change"] == "create" {
        facts.roles.push(RoleFact {
            key: key.clone(),
            application: application.to_owned(),
            all: false,
            modules: Vec::new(),
            permissions: Vec::new(),
        });
    }
    let role = facts.roles.iter_mut().find(|role| role.key == key).unwrap();
    for member in list(&change["remove"]) {
        let member = member.as_str().unwrap();
        role.all &= member != "all";
        role.modules.retain(|held| format!("{held}.*") != member);
        role.permissions.retain(|held| held.as_str() != member);
    }
    for member in list(&change["add"]) {
        match member.as_str().unwrap() {
            "all" => role.all = true,
            member => match member.strip_suffix(".*") {
                Some(module) => role.modules.push(ModuleKey::parse(module).unwrap()),
                None => role.permissions.push(Key::parse(member).unwrap()),
            },
        }
    }
}

/// The last replacement of a retired key, as its tombstones say.
fn last(release: &Catalog, key: &Key) -> Option<Key> {
    let tombstone = release.find_retired(key.as_str())?;
    let next = tombstone.replaced_by.clone()?;
    if release.find(next.as_str()).is_some() {
        Some(next)
    } else {
        last(release, &next)
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The keys of a list whose lines are keys or objects that name one.
fn keys(value: &Value) -> Vec<Key> {
    let named = |line: &Value| {
        if line.is_string() {
            key(line)
        } else {
            key(&line["key"])
        }
    };
    list(value).iter().map(named).collect()
}

fn key(value: &Value) -> Key {
    Key::parse(value.as_str().unwrap()).unwrap()
}
