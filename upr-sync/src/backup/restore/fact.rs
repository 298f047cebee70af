use serde::Serialize;
use serde_json::Value as Json;

use super::super::table::{Cell, Table};
use crate::chain::Object;
use crate::change::{Item, ItemKind};
use crate::member::Member;

/// One fact that a restore changes, as histories have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Fact {
    /// `permission`, `role`, `member`, `subject` or `grant`.
    pub kind: &'static str,
    /// Whom it is about; `""` when it is about nobody.
    pub subject: String,
    /// The role it is about, or `""`.
    pub role: String,
    /// The permission it is about, or `""`.
    pub permission: String,
    /// What was so; `None` when nothing was.
    pub before: Option<std::collections::BTreeMap<&'static str, Json>>,
    /// What is so then; `None` when nothing is.
    pub after: Option<std::collections::BTreeMap<&'static str, Json>>,
}

impl Fact {
    /// The fact that a row is, before and after; `None` for rows that decide nothing, and when
    /// people would read the same twice.
    pub(super) fn of(
        table: &Table,
        before: Option<&[Cell]>,
        after: Option<&[Cell]>,
    ) -> Option<Self> {
        let kind = kind(table)?;
        let row = after.or(before)?;
        let cell = |name: &str| cell(table, row, name).map_or("", Cell::text).to_owned();
        let (subject, role, permission) = match kind {
            ItemKind::Permission => (String::new(), String::new(), cell("key")),
            ItemKind::Role => (String::new(), cell("key"), String::new()),
            ItemKind::Member => {
                let is_permission = cell("kind") == "permission";
                let permission = if is_permission {
                    cell("member")
                } else {
                    String::new()
                };
                (String::new(), cell("role"), permission)
            }
            ItemKind::Subject => (cell("id"), String::new(), String::new()),
            ItemKind::Grant => (cell("subject"), cell("role"), cell("permission")),
        };
        let object = |row: Option<&[Cell]>| row.map(|row| object(table, kind, row));
        let (before, after) = (object(before), object(after));
        (before != after).then(|| Self {
            kind: kind.as_str(),
            subject,
            role,
            permission,
            before,
            after,
        })
    }

    /// The fact as a change set holds it.
    pub(super) fn item(&self, table: &Table) -> Option<Item> {
        let item = Item::new(kind(table)?, self.before.as_ref(), self.after.as_ref());
        Some(
            item.of_subject(&self.subject)
                .of_role(&self.role)
                .of_permission(&self.permission),
        )
    }
}

fn kind(table: &Table) -> Option<ItemKind> {
    Some(match table.name {
        "upr_permission" => ItemKind::Permission,
        "upr_role" => ItemKind::Role,
        "upr_role_permission" => ItemKind::Member,
        "upr_subject" => ItemKind::Subject,
        "upr_grant" => ItemKind::Grant,
        _ => return None,
    })
}

fn cell<'c>(table: &Table, row: &'c [Cell], name: &str) -> Option<&'c Cell> {
    let place = table
        .columns
        .iter()
        .position(|(column, _)| *column == name)?;
    row.get(place)
}

fn object(table: &Table, kind: ItemKind, row: &[Cell]) -> Object {
    let json = |name: &str| cell(table, row, name).map_or(Json::Null, Cell::json);
    let named = |names: &[(&'static str, &str)]| -> Object {
        let pairs = names.iter();
        pairs.map(|(name, column)| (*name, json(column))).collect()
    };
    match kind {
        ItemKind::Permission => named(&[
            ("permission", "key"),
            ("application", "application"),
            ("state", "state"),
            ("alias_of", "alias_of"),
            ("critical", "critical"),
        ]),
        ItemKind::Role => named(&[
            ("role", "key"),
            ("application", "application"),
            ("label", "label"),
            ("mode", "mode"),
            ("state", "state"),
        ]),
        ItemKind::Member => {
            let (kind, member) = (json("kind"), json("member"));
            let (kind, member) = (kind.as_str().unwrap_or(""), member.as_str().unwrap_or(""));
            // A member that no program of ours wrote is shown as it stands.
            let shown = Member::from_columns(kind, member)
                .map_or_else(|_| member.to_owned(), |member| member.to_string());
            [("role", json("role")), ("member", shown.into())].into()
        }
        ItemKind::Subject => named(&[
            ("subject", "id"),
            ("username", "username"),
            ("email", "email"),
            ("active", "active"),
            ("origin", "origin"),
            ("deactivated_by", "deactivated_by"),
        ]),
        ItemKind::Grant => {
            let role = json("role");
            let target = if role == "" { "permission" } else { "role" };
            let mut object = named(&[
                ("subject", "subject"),
                ("scope", "scope"),
                ("effect", "effect"),
                ("expires_at", "expires_at"),
            ]);
            object.insert(target, json(target));
            object
        }
    }
}
