//! What of change sets of any length matters here, so that memory does not grow with them.

use std::collections::BTreeSet;

use crate::change::{Item, ItemKind};
use crate::engine::{EngineError, Session, Value};
use crate::recorded;

/// The facts of a long change set on which critical permissions may rest.
pub(crate) struct Bulk {
    roles: BTreeSet<String>,
    permissions: BTreeSet<String>,
    kept: Vec<Item>,
}

impl Bulk {
    /// Knows the critical permissions of the store, and the roles that hold any of them.
    pub(crate) fn of(session: &mut dyn Session) -> Result<Self, EngineError> {
        let (mut roles, mut permissions) = (BTreeSet::new(), BTreeSet::new());
        let critical = [Value::Bool(true)];
        let sql = "SELECT key FROM upr_permission WHERE critical = ?1";
        session.query(sql, &critical, &mut |row| {
            permissions.insert(row.text(0)?.to_owned());
            Ok(())
        })?;
        let sql = "SELECT m.role FROM upr_role_permission m JOIN upr_permission p \
                   ON p.key = m.member WHERE m.kind = 'permission' AND p.critical = ?1 \
                   UNION SELECT m.role FROM upr_role_permission m JOIN upr_permission p \
                   ON p.module = m.member WHERE m.kind = 'module' AND p.critical = ?1 \
                   UNION SELECT role FROM upr_role_permission WHERE kind = 'all'";
        session.query(sql, &critical, &mut |row| {
            roles.insert(row.text(0)?.to_owned());
            Ok(())
        })?;
        Ok(Self {
            roles,
            permissions,
            kept: Vec::new(),
        })
    }

    /// Keeps a fact if it matters. Facts of permissions and roles come before those of who has them.
    pub(crate) fn keep(&mut self, item: Item) -> Result<(), EngineError> {
        let matters = match item.kind {
            ItemKind::Permission => {
                self.permissions.insert(item.permission.clone());
                true
            }
            ItemKind::Role | ItemKind::Member => {
                self.roles.insert(item.role.clone());
                true
            }
            ItemKind::Subject => {
                let active =
                    |fact: &str| recorded::subject(fact).map(|line| line.map(|line| line.active));
                active(&item.before)? != active(&item.after)?
            }
            ItemKind::Grant => {
                self.roles.contains(&item.role) || self.permissions.contains(&item.permission)
            }
        };
        if matters {
            self.kept.push(item);
        }
        Ok(())
    }

    pub(crate) fn items(self) -> Vec<Item> {
        self.kept
    }

    /// Reads again what matters of a change set that was written.
    pub(crate) fn read(session: &mut dyn Session, number: i64) -> Result<Vec<Item>, EngineError> {
        let mut bulk = Self::of(session)?;
        let sql = "SELECT kind, subject, role, permission, before, after FROM upr_change_item \
                   WHERE number = ?1 ORDER BY item";
        session.query(sql, &[Value::Int(number)], &mut |row| {
            bulk.keep(Item {
                kind: ItemKind::from_column(row.text(0)?)?,
                subject: row.text(1)?.to_owned(),
                role: row.text(2)?.to_owned(),
                permission: row.text(3)?.to_owned(),
                before: row.text(4)?.to_owned(),
                after: row.text(5)?.to_owned(),
            })
        })?;
        Ok(bulk.items())
    }
}
