//! What the store is to hold: the backup's rows in tables of the transaction's own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::read::Verified;
use super::super::table::{Cell, TABLES, Table};
use super::Extent;
use super::adopt::for_each_batch;
use crate::engine::{EngineError, Session, Value};
use crate::error::StoreError;
use crate::meta::{self, Meta};
use crate::state::RESERVED;
use crate::time;

/// The tables that are restored, in an order in which rows refer only to rows before them.
pub(super) const RESTORED: [&str; 7] = [
    "upr_module",
    "upr_permission",
    "upr_role",
    "upr_role_permission",
    "upr_role_offer",
    "upr_subject",
    "upr_grant",
];

/// The backup's rows, and whose of them count.
pub(super) struct Wanted {
    pub(super) extent: Extent,
    facts: BTreeMap<String, String>,
}

/// The table with the wanted rows of a table.
pub(super) fn wanted(table: &str) -> String {
    format!("{table}_wanted")
}

pub(super) fn restored() -> impl DoubleEndedIterator<Item = &'static Table> {
    TABLES.iter().filter(|table| RESTORED.contains(&table.name))
}

/// `a.x = b.x AND a.y = b.y` over the key of a table.
pub(super) fn same_key(table: &Table, a: &str, b: &str) -> String {
    let columns = table.columns.iter().take(table.key);
    let parts: Vec<String> = columns
        .map(|(name, _)| format!("{a}.{name} = {b}.{name}"))
        .collect();
    parts.join(" AND ")
}

/// No row of `other` has the key of the row `a`.
pub(super) fn is_missing(table: &Table, a: &str, other: &str) -> String {
    let same = same_key(table, a, "o");
    format!("NOT EXISTS (SELECT 1 FROM {other} o WHERE {same})")
}

impl Wanted {
    pub(super) fn load(
        session: &mut dyn Session,
        verified: &Verified,
        extent: &Extent,
        fail: impl Fn(&EngineError) -> StoreError,
    ) -> Result<Self, StoreError> {
        for table in restored() {
            create(session, table).map_err(|error| fail(&error))?;
        }
        let mut facts = BTreeMap::new();
        for_each_batch(verified, |table, cells| {
            if table.name == "upr_meta" {
                for line in cells.chunks(2) {
                    if let [name, value] = line {
                        facts.insert(name.text().to_owned(), value.text().to_owned());
                    }
                }
            }
            if !RESTORED.contains(&table.name) {
                return Ok(());
            }
            let values: Vec<Value<'_>> = cells.iter().map(Cell::value).collect();
            session
                .insert_many(&wanted(table.name), &table.column_names(), &values)
                .map_err(|error| fail(&error))
        })?;
        for table in restored() {
            let name = wanted(table.name);
            let sql = format!(
                "CREATE UNIQUE INDEX {name}_key ON {name} ({})",
                table.key_list()
            );
            session.execute(&sql, &[]).map_err(|error| fail(&error))?;
        }
        let wanted = Self {
            extent: extent.clone(),
            facts,
        };
        wanted.limit(session).map_err(|error| fail(&error))?;
        Ok(wanted)
    }

    /// What a row named `row` must be for the restore to touch it: the rows of the application
    /// that is restored, or everybody's.
    pub(super) fn owns(&self, table: &Table, row: &str) -> String {
        let is_own = |kind: &str, column: &str| {
            format!(
                "EXISTS (SELECT 1 FROM upr_own_wanted k WHERE k.kind = '{kind}' \
                 AND k.key = {row}.{column})"
            )
        };
        let is_everything = self.extent == Extent::Everything;
        match table.name {
            // What upr itself declares is its own to bring up to date (rule 15).
            "upr_module" | "upr_permission" if is_everything => {
                format!("{row}.application <> '{RESERVED}'")
            }
            _ if is_everything => "1 = 1".to_owned(),
            "upr_module" => is_own("application", "application"),
            "upr_permission" => is_own("permission", "key"),
            "upr_role" => is_own("role", "key"),
            "upr_role_permission" | "upr_role_offer" => is_own("role", "role"),
            // Applications share subjects (rule 16): only those that are missing are added.
            "upr_subject" => "1 = 0".to_owned(),
            _ => format!(
                "({} OR {})",
                is_own("role", "role"),
                is_own("permission", "permission")
            ),
        }
    }

    /// Leaves only rows of the application that is restored.
    fn limit(&self, session: &mut dyn Session) -> Result<(), EngineError> {
        let Extent::Application(name) = &self.extent else {
            // What is there of upr itself stays.
            for table in restored().take(2) {
                let w = wanted(table.name);
                let missing = is_missing(table, "w", table.name);
                let sql = format!(
                    "DELETE FROM {w} AS w WHERE w.application = '{RESERVED}' AND NOT ({missing})"
                );
                session.execute(&sql, &[])?;
            }
            return Ok(());
        };
        let own = "CREATE TEMPORARY TABLE upr_own_wanted AS SELECT key AS kind, key FROM upr_role WHERE 1 = 0";
        session.execute(own, &[])?;
        let application = [Value::Text(name)];
        let sql = "INSERT INTO upr_own_wanted (kind, key) VALUES ('application', ?1)";
        session.execute(sql, &application)?;
        for (kind, table) in [("permission", "upr_permission"), ("role", "upr_role")] {
            let w = wanted(table);
            // A key that another application has by now, or had then, is left alone.
            let sql = format!(
                "INSERT INTO upr_own_wanted (kind, key) \
                 SELECT '{kind}', c.key FROM {table} c WHERE c.application = ?1 AND NOT EXISTS \
                 (SELECT 1 FROM {w} w WHERE w.key = c.key AND w.application <> ?1) UNION \
                 SELECT '{kind}', w.key FROM {w} w WHERE w.application = ?1 AND NOT EXISTS \
                 (SELECT 1 FROM {table} c WHERE c.key = w.key AND c.application <> ?1)"
            );
            session.execute(&sql, &application)?;
        }
        let index = "CREATE UNIQUE INDEX upr_own_wanted_key ON upr_own_wanted (kind, key)";
        session.execute(index, &[])?;
        for table in restored().filter(|table| table.name != "upr_subject") {
            let (w, owns) = (wanted(table.name), self.owns(table, "w"));
            session.execute(&format!("DELETE FROM {w} AS w WHERE NOT ({owns})"), &[])?;
        }
        // Somebody who is there is as they are; somebody who is not comes with what they held.
        let sql = "DELETE FROM upr_subject_wanted AS w \
                   WHERE EXISTS (SELECT 1 FROM upr_subject c WHERE c.id = w.id) \
                   OR NOT EXISTS (SELECT 1 FROM upr_grant_wanted g WHERE g.subject = w.id)";
        session.execute(sql, &[]).map(|_| ())
    }

    /// Adds the rows that no restore takes away.
    pub(super) fn keep_what_stays(
        &self,
        session: &mut dyn Session,
        exact: bool,
    ) -> Result<(), EngineError> {
        // Backwards: whether a role was there is asked before roles are kept.
        for table in restored().rev() {
            let owns = self.owns(table, "c");
            let keeps = match (table.name, exact) {
                // A retired key is never used again (rule 8).
                ("upr_permission", _) => "c.state = 'retired'",
                // A role that is denied to somebody must be there to be denied.
                ("upr_role", false) => {
                    "EXISTS (SELECT 1 FROM upr_grant_wanted g WHERE g.role = c.key)"
                }
                ("upr_role_permission", false) => {
                    "EXISTS (SELECT 1 FROM upr_grant_wanted g WHERE g.role = c.role) \
                     AND NOT EXISTS (SELECT 1 FROM upr_role_wanted r WHERE r.key = c.role)"
                }
                // What was offered and a person removed stays removed (rule 20); what this
                // restore removes is offered again by the next sync.
                ("upr_role_offer", false) => {
                    "NOT EXISTS (SELECT 1 FROM upr_role_permission m WHERE m.role = c.role \
                     AND m.kind = c.kind AND m.member = c.member)"
                }
                // Who came since then stays, and holds nothing.
                ("upr_subject", false) => "1 = 1",
                _ => continue,
            };
            let (w, columns) = (wanted(table.name), table.column_list());
            let missing = is_missing(table, "c", &w);
            let sql = format!(
                "INSERT INTO {w} ({columns}) SELECT {columns} FROM {} c \
                 WHERE {owns} AND {keeps} AND {missing}",
                table.name
            );
            session.execute(&sql, &[])?;
        }
        Ok(())
    }

    /// The facts about the store that go back with the rows: which catalog they are of.
    pub(super) fn put_meta(
        &self,
        session: &mut dyn Session,
        present: &Meta,
    ) -> Result<(), EngineError> {
        for application in self.applications(session)? {
            for fact in ["fingerprint", "version"] {
                let name = format!("{fact}:{application}");
                match self.facts.get(&name) {
                    Some(value) => meta::put(session, &name, value)?,
                    None => remove(session, &name)?,
                }
            }
            // The next sync looks at everything.
            remove(session, &format!("synced:{application}"))?;
        }
        let fact = |name: &str| self.facts.get(name).map(String::as_str).unwrap_or_default();
        if present.get("users_source").is_none_or(str::is_empty) {
            meta::put(session, "users_source", fact("users_source"))?;
        }
        let newest = present.newest_time()?;
        if let Some(seen) = time::parse(fact("newest_time"))
            .ok()
            .filter(|seen| *seen > newest)
        {
            meta::put(session, "newest_time", &time::stored(seen))?;
        }
        Ok(())
    }

    fn applications(&self, session: &mut dyn Session) -> Result<BTreeSet<String>, EngineError> {
        if let Extent::Application(name) = &self.extent {
            return Ok([name.clone()].into());
        }
        let now = super::super::manifest::applications(session)?;
        let then = self.facts.keys().filter_map(|name| {
            let name = name.strip_prefix("fingerprint:")?;
            (name != RESERVED).then(|| name.to_owned())
        });
        Ok(now.into_iter().chain(then).collect())
    }

    pub(super) fn drop_tables(&self, session: &mut dyn Session) -> Result<(), EngineError> {
        for table in restored() {
            session.execute(&format!("DROP TABLE {}", wanted(table.name)), &[])?;
        }
        if self.extent != Extent::Everything {
            session.execute("DROP TABLE upr_own_wanted", &[])?;
        }
        Ok(())
    }
}

/// An empty table of the transaction's own, with the columns that the database gives them.
fn create(session: &mut dyn Session, table: &Table) -> Result<(), EngineError> {
    let sql = format!(
        "CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WHERE 1 = 0",
        wanted(table.name),
        table.column_list(),
        table.name
    );
    session.execute(&sql, &[]).map(|_| ())
}

fn remove(session: &mut dyn Session, name: &str) -> Result<(), EngineError> {
    let sql = "DELETE FROM upr_meta WHERE name = ?1";
    session.execute(sql, &[Value::Text(name)]).map(|_| ())
}
