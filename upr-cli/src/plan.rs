//! A plan as a person reads it: what happens, grouped, long groups cut, the refusals last.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use anstyle::Style;
use upr_core::{Key, RoleKey};
use upr_sync::Member;
use upr_sync::plan::{Assigned, Effect, Fields, Plan, RoleChange, RoleFate};

use crate::failure::to_sentence;
use crate::output::{BOLD, CYAN, DIM, Detail, GREEN, RED, YELLOW};
use crate::shorten::{counted, many, number, rest, shown, thousands};
use crate::wrap::wrapped;

/// The whole plan, group by group.
pub(crate) fn text(plan: &Plan, detail: Detail) -> String {
    let effects = plan.effects.iter();
    let mut view = View {
        text: String::new(),
        effects: effects.map(|effect| (&effect.role, effect)).collect(),
        detail,
    };
    view.created(&plan.create);
    view.gained(&gains(plan));
    view.updated(plan);
    view.deprecated(&plan.deprecate);
    view.restored(&plan.restore);
    view.orphaned(&plan.orphan);
    view.moved(plan);
    view.revoked(&plan.revoke);
    view.retired(plan);
    view.lost(&losses(plan));
    view.roles(&plan.roles);
    view.modules(plan);
    view.kept(&plan.kept);
    view.breaking(plan);
    view.text
}

/// Whether a plan is told before or after it is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tense {
    Future,
    Past,
}

/// `3 changes: 2 permissions created, 1 role changed`.
pub(crate) fn summary(plan: &Plan, tense: Tense) -> String {
    let fate = |fate| plan.roles.iter().filter(|role| role.change == fate).count();
    let parts = [
        (plan.create.len(), "permission", "create", "created"),
        (plan.update.len(), "permission", "update", "updated"),
        (
            plan.deprecate.len(),
            "permission",
            "deprecate",
            "deprecated",
        ),
        (plan.restore.len(), "permission", "restore", "restored"),
        (
            plan.orphan.len(),
            "permission",
            "mark as orphaned",
            "marked as orphaned",
        ),
        (plan.moves.len(), "permission", "move", "moved"),
        (plan.revoke.len(), "permission", "revoke", "revoked"),
        (plan.delete.len(), "permission", "retire", "retired"),
        (fate(RoleFate::Create), "role", "create", "created"),
        (fate(RoleFate::Update), "role", "change", "changed"),
        (fate(RoleFate::Restore), "role", "restore", "restored"),
        (
            fate(RoleFate::Orphan),
            "role",
            "mark as orphaned",
            "marked as orphaned",
        ),
        (plan.modules.len(), "module", "change", "changed"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, future, past)| match tense {
            Tense::Future => format!("{} to {future}", counted(count, noun)),
            Tense::Past => format!("{} {past}", counted(count, noun)),
        })
        .collect();
    match parts.as_slice() {
        [] => "0 changes".to_owned(),
        _ => format!("{}: {}", many(plan.changes, "change"), parts.join(", ")),
    }
}

/// Why the plan is not applied, with the way out: once for all that share it.
pub(crate) fn refusals(plan: &Plan, detail: Detail) -> String {
    let mut text = String::new();
    for alike in plan.refused.chunk_by(|a, b| a.remedy() == b.remedy()) {
        let shown = shown(alike.len(), detail);
        for refused in alike.iter().take(shown) {
            let line = format!("{RED}refused{RED:#} ({}): {}", refused.rule, refused.detail);
            text.push_str(&wrapped(&line, "", "    "));
        }
        if shown < alike.len() {
            text.push_str(&rest(alike.len() - shown));
        }
        if let Some(refused) = alike.first() {
            let remedy = to_sentence(refused.remedy());
            text.push_str(&wrapped(&remedy, "  ", "  "));
        }
    }
    text
}

/// The roles that hold, through a wildcard, what the plan creates.
fn gains(plan: &Plan) -> Vec<(&Effect, Vec<&Member>)> {
    let is_created = |member: &Member| match member {
        Member::Permission(key) => plan.create.binary_search(key).is_ok(),
        _ => false,
    };
    beside_changes(plan, |change| &change.add, |effect| &effect.gains)
        .map(|(effect, mut gains)| {
            gains.retain(|member| is_created(member));
            (effect, gains)
        })
        .filter(|(_, gains)| !gains.is_empty())
        .collect()
}

/// The roles that lose what nobody takes from them by name: keys that are retired or revoked.
fn losses(plan: &Plan) -> Vec<(&Effect, Vec<&Member>)> {
    beside_changes(plan, |change| &change.remove, |effect| &effect.loses)
        .filter(|(_, loses)| !loses.is_empty())
        .collect()
}

/// Each effect with those of its members that the change of the role does not name.
fn beside_changes(
    plan: &Plan,
    named: fn(&RoleChange) -> &Vec<Member>,
    members: fn(&Effect) -> &Vec<Member>,
) -> impl Iterator<Item = (&Effect, Vec<&Member>)> {
    plan.effects.iter().map(move |effect| {
        let change = plan
            .roles
            .binary_search_by(|change| change.key.cmp(&effect.role));
        let change = change.ok().and_then(|index| plan.roles.get(index));
        let named = change.map_or(&[][..], |change| named(change).as_slice());
        let members = members(effect).iter();
        let members = members.filter(|member| named.binary_search(member).is_err());
        (effect, members.collect())
    })
}

struct View<'a> {
    text: String,
    effects: BTreeMap<&'a RoleKey, &'a Effect>,
    detail: Detail,
}

impl View<'_> {
    /// Keys that are new, a line a module: a first sync has thousands.
    fn created(&mut self, keys: &[Key]) {
        if keys.is_empty() {
            return;
        }
        self.heading("Create", keys.len(), "permission", "");
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for key in keys {
            modules.entry(key.module()).or_default().push(key.action());
        }
        let total = modules.len();
        let lines = shown(total, self.detail);
        for (module, actions) in modules.iter().take(lines) {
            let actions = actions.join(", ");
            self.item('+', GREEN, &format!("{module}: {actions}"));
        }
        if lines < total {
            let hidden: usize = modules.values().skip(lines).map(Vec::len).sum();
            self.text.push_str(&format!(
                "  {DIM}… and {} in {} (-v shows all){DIM:#}\n",
                counted(hidden, "more permission"),
                counted(total - lines, "more module"),
            ));
        }
    }

    /// What roles hold from now on because they hold a whole module, or everything.
    fn gained(&mut self, gains: &[(&Effect, Vec<&Member>)]) {
        let note = match gains.len() {
            1 => " that holds a whole module",
            _ => " that hold whole modules",
        };
        self.group("Widen", "role", note, gains, |view, (effect, keys)| {
            let (who, keys) = (who(effect), view.named(keys));
            view.item('+', GREEN, &format!("{} ({who}): {keys}", effect.role));
        });
    }

    /// What roles hold no longer because it is retired or revoked.
    fn lost(&mut self, losses: &[(&Effect, Vec<&Member>)]) {
        let note = match losses.len() {
            1 => " that loses what is retired",
            _ => " that lose what is retired",
        };
        self.group("Narrow", "role", note, losses, |view, (effect, keys)| {
            let (who, keys) = (who(effect), view.named(keys));
            view.item('-', RED, &format!("{} ({who}): {keys}", effect.role));
        });
    }

    fn updated(&mut self, plan: &Plan) {
        self.group("Update", "permission", "", &plan.update, |view, update| {
            view.fields('~', update.key.as_str(), &update.fields);
        });
    }

    fn deprecated(&mut self, keys: &[Assigned]) {
        self.group("Deprecate", "permission", "", keys, |view, key| {
            view.item('!', YELLOW, &with_assignments(key));
        });
    }

    fn restored(&mut self, keys: &[Key]) {
        self.group("Restore", "permission", "", keys, |view, key| {
            view.item('+', GREEN, key.as_str());
        });
    }

    fn orphaned(&mut self, keys: &[Assigned]) {
        let note = " as orphaned: no longer declared, kept with what is assigned";
        self.group("Mark", "permission", note, keys, |view, key| {
            view.item('?', YELLOW, &with_assignments(key));
        });
    }

    fn moved(&mut self, plan: &Plan) {
        let note = match plan.moves.len() {
            1 => " to its replacement",
            _ => " to their replacements",
        };
        self.group(
            "Move the assignments of",
            "permission",
            note,
            &plan.moves,
            |view, step| {
                let line = format!(
                    "{} -> {} ({})",
                    step.from,
                    step.to,
                    assignments(step.assignments, &step.held_by)
                );
                view.item('>', CYAN, &line);
            },
        );
    }

    fn revoked(&mut self, keys: &[Assigned]) {
        let note = " that nothing replaces";
        self.group(
            "Revoke the assignments of",
            "permission",
            note,
            keys,
            |view, key| {
                view.item('-', RED, &with_assignments(key));
            },
        );
    }

    fn retired(&mut self, plan: &Plan) {
        self.group("Retire", "permission", "", &plan.delete, |view, key| {
            view.item('-', RED, key.as_str());
        });
    }

    fn roles(&mut self, roles: &[RoleChange]) {
        for (verb, note, fate, mark, style) in [
            ("Create", "", RoleFate::Create, '+', GREEN),
            ("Change", "", RoleFate::Update, '~', CYAN),
            ("Restore", "", RoleFate::Restore, '+', GREEN),
            (
                "Mark",
                " as orphaned: no longer declared, kept with the grants",
                RoleFate::Orphan,
                '?',
                YELLOW,
            ),
        ] {
            let roles: Vec<&RoleChange> = roles.iter().filter(|role| role.change == fate).collect();
            self.group(verb, "role", note, &roles, |view, role| {
                view.role(mark, style, role);
            });
        }
    }

    fn role(&mut self, mark: char, style: Style, role: &RoleChange) {
        if role.change == RoleFate::Create {
            let members = self.named(&role.add);
            let line = match members.is_empty() {
                true => format!("{}: nothing yet", role.key),
                false => format!("{}: {members}", role.key),
            };
            self.item(mark, style, &line);
            return;
        }
        let subjects = self.subjects_of(&role.key);
        let name = format!("{} ({subjects})", role.key);
        self.fields_of(mark, style, &name, &role.fields);
        for (verb, style, members) in [("gains", GREEN, &role.add), ("loses", RED, &role.remove)] {
            if !members.is_empty() {
                let line = format!("{style}{verb}{style:#} {}", self.named(members));
                self.text
                    .push_str(&wrapped(&line, "      ", "            "));
            }
        }
    }

    /// How many have a role.
    fn subjects_of(&self, role: &RoleKey) -> String {
        let effect = self.effects.get(role);
        effect.map_or_else(|| "nobody has it".to_owned(), |effect| who(effect))
    }

    /// Items in one line, cut when they are many.
    fn named<T: Display>(&self, members: &[T]) -> String {
        let lines = shown(members.len(), self.detail);
        let names: Vec<String> = members.iter().take(lines).map(T::to_string).collect();
        let mut list = names.join(", ");
        if lines < members.len() {
            list.push_str(&format!(", … and {} more", number(members.len() - lines)));
        }
        list
    }

    fn modules(&mut self, plan: &Plan) {
        self.group("Update", "module", "", &plan.modules, |view, module| {
            view.fields('~', module.key.as_str(), &module.fields);
        });
    }

    fn kept(&mut self, keys: &[Key]) {
        let note = ", orphaned and still assigned";
        self.group("Keep", "permission", note, keys, |view, key| {
            view.item('=', DIM, key.as_str());
        });
    }

    fn breaking(&mut self, plan: &Plan) {
        self.group(
            "Break programs that use",
            "permission",
            "",
            &plan.breaking,
            |view, broken| {
                view.item('!', RED, &format!("{}: {}", broken.key, broken.reason));
            },
        );
    }

    /// A heading and its lines, cut when they are many; nothing where there is nothing.
    fn group<T>(
        &mut self,
        verb: &str,
        noun: &str,
        note: &str,
        items: &[T],
        mut line: impl FnMut(&mut Self, &T),
    ) {
        if items.is_empty() {
            return;
        }
        self.heading(verb, items.len(), noun, note);
        let lines = shown(items.len(), self.detail);
        for item in items.iter().take(lines) {
            line(self, item);
        }
        if lines < items.len() {
            self.text.push_str(&rest(items.len() - lines));
        }
    }

    fn heading(&mut self, verb: &str, count: usize, noun: &str, note: &str) {
        self.text.push_str(&format!(
            "{BOLD}{verb} {}{BOLD:#}{note}\n",
            counted(count, noun)
        ));
    }

    fn item(&mut self, mark: char, style: Style, line: &str) {
        let line = format!("{style}{mark}{style:#} {line}");
        self.text.push_str(&wrapped(&line, "  ", "      "));
    }

    fn fields(&mut self, mark: char, key: &str, fields: &Fields) {
        self.fields_of(mark, CYAN, key, fields);
    }

    /// What changes from what to what: behind the key when it is one field, else below it.
    fn fields_of(&mut self, mark: char, style: Style, key: &str, fields: &Fields) {
        let changes: Vec<String> = fields
            .iter()
            .map(|(name, [old, new])| format!("{name} {} -> {}", value(old), value(new)))
            .collect();
        match changes.as_slice() {
            [] => self.item(mark, style, key),
            [one] => self.item(mark, style, &format!("{key}: {one}")),
            many => {
                self.item(mark, style, key);
                for change in many {
                    self.text.push_str(&wrapped(change, "      ", "          "));
                }
            }
        }
    }
}

/// Who has a role, and who is denied it: these are denied more where it gains.
fn who(effect: &Effect) -> String {
    let subjects = match effect.subjects {
        0 => "nobody has it".to_owned(),
        count => many(count, "subject"),
    };
    match (effect.denied, effect.gains.is_empty()) {
        (0, _) => subjects,
        (denied, true) => format!("{subjects}; denied to {}", thousands(denied)),
        (denied, false) => format!("{subjects}; {} denied more", thousands(denied)),
    }
}

fn with_assignments(key: &Assigned) -> String {
    match key.assignments {
        0 => format!("{} (not assigned)", key.key),
        count => format!("{} ({})", key.key, assignments(count, &key.held_by)),
    }
}

/// `3 assignments`, and which roles are among them.
fn assignments(count: u64, roles: &BTreeSet<RoleKey>) -> String {
    /// More than these make a line unreadable; `--json` names all.
    const NAMED: usize = 3;
    let count = many(count, "assignment");
    let names: Vec<&str> = roles.iter().take(NAMED).map(RoleKey::as_str).collect();
    match roles.len() {
        0 => count,
        1 => format!("{count}: role {}", names.join("")),
        total if total > NAMED => format!(
            "{count}: roles {} and {} more",
            names.join(", "),
            number(total - NAMED)
        ),
        _ => format!("{count}: roles {}", names.join(", ")),
    }
}

/// A value of the catalog, cut where it is a long text.
fn value(value: &serde_json::Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        serde_json::Value::Null => "none".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}…\"")
}
