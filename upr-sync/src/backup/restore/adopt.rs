//! Restoring into a store that holds nothing yet: every row as it was, the history too.

use super::super::manifest::Manifest;
use super::super::read::{Reader, Verified};
use super::super::table::{Cell, Table};
use super::count;
use super::difference::Difference;
use crate::engine::{EngineError, Session, Value};
use crate::error::StoreError;
use crate::meta;

/// What a store keeps of its own.
const OWN_FACTS: [&str; 7] = [
    "epoch",
    "store_id",
    "environment",
    "protected",
    "schema_version",
    "oldest_reader",
    "newest_time",
];

/// Whether nothing was ever done here but to make the schema.
pub(super) fn is_fresh(session: &mut dyn Session) -> Result<bool, EngineError> {
    let tables = [
        "upr_permission",
        "upr_module",
        "upr_role",
        "upr_role_offer",
        "upr_subject",
        "upr_sync_run",
        "upr_pending",
    ];
    for table in tables {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        if count(session, &sql, &[])? > 0 {
            return Ok(false);
        }
    }
    let sql = "SELECT COUNT(*) FROM upr_change WHERE action <> ?1";
    Ok(count(session, sql, &[Value::Text("migrate")])? == 0)
}

/// What comes with a backup that is taken as it is.
pub(super) struct Adopted {
    pub(super) difference: Difference,
}

impl Adopted {
    pub(super) fn of(manifest: &Manifest) -> Self {
        Self {
            difference: Difference::adding(manifest),
        }
    }
}

/// Puts every row where it belongs; the fresh store's own beginning makes room for the history that
/// comes, which the restore's change set continues.
pub(super) fn load(
    session: &mut dyn Session,
    verified: &Verified,
    fail: impl Fn(&EngineError) -> StoreError,
) -> Result<(), StoreError> {
    for table in ["upr_change_item", "upr_change"] {
        let sql = format!("DELETE FROM {table}");
        session.execute(&sql, &[]).map_err(|error| fail(&error))?;
    }
    let newest = meta::Meta::load(session)
        .and_then(|meta| meta.newest_time())
        .map_err(|error| fail(&error))?;
    for_each_batch(verified, |table, cells| {
        match table.name {
            "upr_schema_history" => return Ok(()),
            "upr_meta" => {
                for line in cells.chunks(table.columns.len()) {
                    if let [name, value] = line {
                        put(session, name.text(), value.text(), newest)
                            .map_err(|error| fail(&error))?;
                    }
                }
                return Ok(());
            }
            _ => {}
        }
        let values: Vec<Value<'_>> = cells.iter().map(Cell::value).collect();
        session
            .insert_many(table.name, &table.column_names(), &values)
            .map_err(|error| fail(&error))
    })
}

fn put(
    session: &mut dyn Session,
    name: &str,
    value: &str,
    newest: upr_core::Timestamp,
) -> Result<(), EngineError> {
    // Clocks set back do not go behind what either store has seen (rule 4).
    let is_newer = crate::time::parse(value).is_ok_and(|time| time > newest);
    if !OWN_FACTS.contains(&name) || (name == "newest_time" && is_newer) {
        meta::put(session, name, value)?;
    }
    Ok(())
}

/// Hands the rows of a backup on, some hundred of one table at a time.
pub(super) fn for_each_batch(
    verified: &Verified,
    mut each: impl FnMut(&'static Table, &[Cell]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    const ROWS: usize = 500;
    let mut reader = Reader::open(&verified.file)?;
    let mut current: Option<&'static Table> = None;
    let mut cells: Vec<Cell> = Vec::new();
    while let Some((table, row)) = reader.next()? {
        let is_same = current.is_some_and(|current| std::ptr::eq(current, table));
        if !is_same || cells.len() >= ROWS * table.columns.len() {
            if let Some(current) = current {
                each(current, &cells)?;
            }
            cells.clear();
            current = Some(table);
        }
        cells.extend(row);
    }
    match current {
        Some(current) => each(current, &cells),
        None => Ok(()),
    }
}
