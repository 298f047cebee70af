//! Which tables a backup holds, and what their columns hold, in words that every database knows.

use serde_json::Value as Json;

use crate::engine::{EngineError, Row, Value};
use crate::time;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text that is there.
    Text,
    /// A whole number.
    Int,
    /// True or false.
    Bool,
    /// A moment; `null` only where the column says so.
    Time,
    /// A moment, or none.
    MaybeTime,
}

/// A table as a backup has it: rows in the order of its key.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// How many of the columns, from the first, identify a row.
    pub(crate) key: usize,
    pub(crate) columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// The names of the columns, separated by commas.
    pub(crate) fn column_list(&self) -> String {
        list(self.columns.iter())
    }

    /// The names of the columns of the key, separated by commas.
    pub(crate) fn key_list(&self) -> String {
        list(self.columns.iter().take(self.key))
    }

    pub(crate) fn column_names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(name, _)| *name).collect()
    }
}

fn list<'a>(columns: impl Iterator<Item = &'a (&'static str, Kind)>) -> String {
    let names: Vec<&str> = columns.map(|(name, _)| *name).collect();
    names.join(", ")
}

/// The table of this name.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// One cell of a row, at home in no database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Text(String),
    Int(i64),
    Bool(bool),
    Time(upr_core::Timestamp),
}

impl Cell {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(text),
            Self::Int(number) => Value::Int(*number),
            Self::Bool(value) => Value::Bool(*value),
            Self::Time(time) => Value::Time(*time),
        }
    }

    /// The text, or none for what is no text.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => text.as_str().into(),
            Self::Int(number) => (*number).into(),
            Self::Bool(value) => (*value).into(),
            Self::Time(moment) => time::shown(*moment).into(),
        }
    }

    /// What stands in a column of a row.
    pub(crate) fn of(row: &dyn Row, column: usize, kind: Kind) -> Result<Self, EngineError> {
        Ok(match kind {
            Text => Self::Text(row.text(column)?.to_owned()),
            Int => Self::Int(row.int(column)?),
            Bool => Self::Bool(row.bool(column)?),
            Time | MaybeTime => row.time(column)?.map_or(Self::Null, Self::Time),
        })
    }
}

use Kind::{Bool, Int, MaybeTime, Text, Time};

/// Every table of the schema, in an order in which rows only refer to rows before them. The
/// names are in the order of the columns' own declaration.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "upr_schema_history",
        key: 1,
        columns: &[
            ("version", Int),
            ("name", Text),
            ("checksum", Text),
            ("applied_at", Time),
            ("applied_by", Text),
        ],
    },
    Table {
        name: "upr_meta",
        key: 1,
        columns: &[("name", Text), ("value", Text)],
    },
    Table {
        name: "upr_module",
        key: 2,
        columns: &[
            ("key", Text),
            ("application", Text),
            ("label", Text),
            ("description", Text),
        ],
    },
    Table {
        name: "upr_permission",
        key: 1,
        columns: &[
            ("key", Text),
            ("application", Text),
            ("module", Text),
            ("label", Text),
            ("description", Text),
            ("kind", Text),
            ("critical", Bool),
            ("state", Text),
            ("deprecated", Bool),
            ("deprecation_message", Text),
            ("deprecated_since", Text),
            ("removal_version", Text),
            ("replaced_by", Text),
            ("retired_in", Text),
            ("alias_of", Text),
            ("created", Int),
            ("changed", Int),
        ],
    },
    Table {
        name: "upr_role",
        key: 1,
        columns: &[
            ("key", Text),
            ("application", Text),
            ("label", Text),
            ("description", Text),
            ("mode", Text),
            ("state", Text),
            ("created", Int),
            ("changed", Int),
        ],
    },
    Table {
        name: "upr_role_permission",
        key: 3,
        columns: &[("role", Text), ("kind", Text), ("member", Text)],
    },
    Table {
        name: "upr_role_offer",
        key: 3,
        columns: &[("role", Text), ("kind", Text), ("member", Text)],
    },
    Table {
        name: "upr_subject",
        key: 1,
        columns: &[
            ("id", Text),
            ("username", Text),
            ("email", Text),
            ("active", Bool),
            ("origin", Text),
            ("deactivated_by", Text),
            ("kept", Bool),
            ("created", Int),
            ("changed", Int),
        ],
    },
    Table {
        name: "upr_grant",
        key: 5,
        columns: &[
            ("subject", Text),
            ("role", Text),
            ("permission", Text),
            ("scope", Text),
            ("effect", Text),
            ("expires_at", MaybeTime),
            ("reason", Text),
            ("actor", Text),
            ("at", Time),
            ("revision", Int),
        ],
    },
    Table {
        name: "upr_change",
        key: 1,
        columns: &[
            ("number", Int),
            ("at", Time),
            ("by", Text),
            ("reason", Text),
            ("action", Text),
            ("application", Text),
            ("subject", Text),
            ("role", Text),
            ("before", Text),
            ("after", Text),
            ("items", Int),
            ("items_hash", Text),
            ("run_id", Text),
            ("previous_hash", Text),
            ("hash", Text),
        ],
    },
    Table {
        name: "upr_change_item",
        key: 2,
        columns: &[
            ("number", Int),
            ("item", Int),
            ("kind", Text),
            ("subject", Text),
            ("role", Text),
            ("permission", Text),
            ("before", Text),
            ("after", Text),
        ],
    },
    Table {
        name: "upr_sync_run",
        key: 1,
        columns: &[
            ("run_id", Text),
            ("number", Int),
            ("at", Time),
            ("by", Text),
            ("application", Text),
            ("version", Text),
            ("fingerprint", Text),
            ("from_version", Text),
            ("from_fingerprint", Text),
            ("program", Text),
            ("changes", Int),
            ("plan", Text),
        ],
    },
    Table {
        name: "upr_pending",
        key: 1,
        columns: &[
            ("id", Int),
            ("subject", Text),
            ("event", Text),
            ("username", Text),
            ("email", Text),
            ("active", Bool),
            // Written by triggers, in whatever form their database has.
            ("at", Text),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A table or column that the schema gains and a backup forgets would be lost without a word.
    #[test]
    fn every_table_and_column_of_the_schema_is_backed_up() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let schema = include_str!("../../migrations/sqlite/V1__initial.sql");
        connection.execute_batch(schema).unwrap();
        let ask = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let mut known: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        known.sort_unstable();
        let there = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        assert_eq!(ask(there), known);
        for table in TABLES {
            let columns = format!("SELECT name FROM pragma_table_info('{}')", table.name);
            assert_eq!(ask(&columns), table.column_names(), "{}", table.name);
            let key = format!(
                "SELECT name FROM pragma_table_info('{}') WHERE pk > 0 ORDER BY pk",
                table.name
            );
            assert_eq!(ask(&key).join(", "), table.key_list(), "{}", table.name);
        }
    }
}
