//! The difference between the store and what it is to hold: counted, shown, recorded, carried out.
//! The database does the work; a few rows at a time come to memory.

use serde::Serialize;

use super::super::manifest::Manifest;
use super::super::table::{self, Cell, Kind};
use super::count;
use super::fact::Fact;
use super::wanted::{RESTORED, Wanted, is_missing, restored, same_key, wanted};
use crate::change::Change;
use crate::engine::{EngineError, Session, Value};

/// More facts than these are not kept to be shown.
const SHOWN: usize = 1000;

/// Columns that say which change set wrote a row, which is another by nature.
const NUMBERS: [&str; 3] = ["created", "changed", "revision"];

/// How many rows of one table come, go and change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The table.
    pub table: &'static str,
    /// How many.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How many rows come, go and change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that are not there.
    pub added: u64,
    /// Rows that go.
    pub removed: u64,
    /// Rows that are another.
    pub changed: u64,
}

impl Counts {
    fn of(&mut self, way: Way) -> &mut u64 {
        match way {
            Way::Comes => &mut self.added,
            Way::Goes => &mut self.removed,
            Way::Changes => &mut self.changed,
        }
    }
}

/// The difference in numbers, and its first facts.
pub(super) struct Difference {
    tables: Vec<Table>,
    pub(super) facts: Vec<Fact>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Goes,
    Comes,
    Changes,
}

const WAYS: [Way; 3] = [Way::Goes, Way::Comes, Way::Changes];

impl Difference {
    pub(super) fn of(session: &mut dyn Session, wanted: &Wanted) -> Result<Self, EngineError> {
        let mut difference = Self {
            tables: Vec::new(),
            facts: Vec::new(),
        };
        // What people hold is looked at first.
        for table in restored().rev() {
            let mut counts = Counts::default();
            for way in WAYS {
                let sql = format!("SELECT COUNT(*) {}", rows(table, wanted, way));
                let number = u64::try_from(count(session, &sql, &[])?).unwrap_or(0);
                *counts.of(way) = number;
                let room = SHOWN.saturating_sub(difference.facts.len());
                if number > 0 && room > 0 {
                    let page = page(session, table, wanted, way, None, room)?;
                    difference
                        .facts
                        .extend(page.iter().filter_map(|both| both.fact(table)));
                }
            }
            difference.tables.insert(
                0,
                Table {
                    table: table.name,
                    counts,
                },
            );
        }
        Ok(difference)
    }

    /// What comes with a backup into a store that holds nothing.
    pub(super) fn adding(manifest: &Manifest) -> Self {
        let tables = RESTORED.iter().map(|name| {
            let rows = manifest.tables.iter().find(|rows| rows.table == *name);
            let added = rows.map_or(0, |rows| rows.rows);
            Table {
                table: name,
                counts: Counts {
                    added,
                    ..Counts::default()
                },
            }
        });
        Self {
            tables: tables.collect(),
            facts: Vec::new(),
        }
    }

    pub(super) fn rows(&self) -> u64 {
        let counts = self.tables.iter().map(|table| table.counts);
        counts
            .map(|counts| counts.added + counts.removed + counts.changed)
            .sum()
    }

    pub(super) fn tables(&self) -> Vec<Table> {
        self.tables.clone()
    }
}

/// Writes every fact of the difference into the change set.
pub(super) fn record(change: &mut Change<'_>, wanted: &Wanted) -> Result<(), EngineError> {
    const ROWS: usize = 1000;
    for table in restored() {
        for way in WAYS {
            let mut last: Option<Vec<Cell>> = None;
            loop {
                let page = page(change.session, table, wanted, way, last.as_deref(), ROWS)?;
                for both in &page {
                    if let Some(item) = both.fact(table).and_then(|fact| fact.item(table)) {
                        change.stream(item)?;
                    }
                }
                match page.last() {
                    Some(both) if page.len() == ROWS => {
                        last = both.key().map(<[Cell]>::to_vec);
                    }
                    _ => break,
                }
            }
        }
    }
    Ok(())
}

/// Makes the store hold what is wanted, and nothing else of whose rows these are.
pub(super) fn apply(
    change: &mut Change<'_>,
    wanted: &Wanted,
    is_own: bool,
) -> Result<(), EngineError> {
    for table in restored().rev() {
        let sql = format!("DELETE {}", rows(table, wanted, Way::Goes));
        change.session.execute(&sql, &[])?;
    }
    let number = [Value::Int(change.revision())];
    for table in restored() {
        let sql = upsert(table, is_own);
        let values: &[Value<'_>] = if sql.contains("?1") { &number } else { &[] };
        change.session.execute(&sql, values)?;
    }
    Ok(())
}

fn upsert(table: &table::Table, is_own: bool) -> String {
    let selected: Vec<String> = table
        .column_names()
        .into_iter()
        .map(|name| match name {
            "created" if is_own => "w.created".to_owned(),
            _ if NUMBERS.contains(&name) => "?1".to_owned(),
            _ => format!("w.{name}"),
        })
        .collect();
    let rest = table.columns.iter().skip(table.key);
    let set: Vec<String> = rest
        .filter(|(name, _)| *name != "created")
        .map(|(name, _)| format!("{name} = excluded.{name}"))
        .collect();
    let conflict = if set.is_empty() {
        "NOTHING".to_owned()
    } else {
        format!("UPDATE SET {}", set.join(", "))
    };
    let missing = is_missing(table, "w", table.name);
    let differs = differs(table).map_or_else(String::new, |differs| {
        let same = same_key(table, "c", "w");
        format!(
            " OR EXISTS (SELECT 1 FROM {} c WHERE {same} AND ({differs}))",
            table.name
        )
    });
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {} w WHERE {missing}{differs} \
         ON CONFLICT ({}) DO {conflict}",
        table.name,
        table.column_list(),
        selected.join(", "),
        wanted(table.name),
        table.key_list()
    )
}

/// `FROM …` and the rest of a statement about the rows that go one way; `w` is a wanted row, `c`
/// one that is there.
fn rows(table: &table::Table, wanted: &Wanted, way: Way) -> String {
    let (name, w) = (table.name, self::wanted(table.name));
    match way {
        Way::Goes => {
            let (owns, missing) = (wanted.owns(table, "c"), is_missing(table, "c", &w));
            format!("FROM {name} AS c WHERE {owns} AND {missing}")
        }
        Way::Comes => format!("FROM {w} AS w WHERE {}", is_missing(table, "w", name)),
        Way::Changes => {
            let same = same_key(table, "c", "w");
            let differs = differs(table).unwrap_or_else(|| "1 = 0".to_owned());
            format!("FROM {w} AS w JOIN {name} AS c ON {same} WHERE ({differs})")
        }
    }
}

fn differs(table: &table::Table) -> Option<String> {
    let columns = table.columns.iter().skip(table.key);
    let parts: Vec<String> = columns
        .filter(|(name, _)| !NUMBERS.contains(name))
        .map(|(name, _)| format!("c.{name} IS DISTINCT FROM w.{name}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" OR "))
}

/// A row before and after.
struct Both {
    before: Option<Vec<Cell>>,
    after: Option<Vec<Cell>>,
}

impl Both {
    fn fact(&self, table: &table::Table) -> Option<Fact> {
        Fact::of(table, self.before.as_deref(), self.after.as_deref())
    }

    fn key(&self) -> Option<&[Cell]> {
        self.after.as_deref().or(self.before.as_deref())
    }
}

/// The next rows that go one way, in the order of their keys.
fn page(
    session: &mut dyn Session,
    table: &table::Table,
    wanted: &Wanted,
    way: Way,
    last: Option<&[Cell]>,
    most: usize,
) -> Result<Vec<Both>, EngineError> {
    if way == Way::Changes && differs(table).is_none() {
        return Ok(Vec::new());
    }
    let main = if way == Way::Goes { "c" } else { "w" };
    let columns = |row: &str| {
        let names: Vec<String> = table
            .column_names()
            .into_iter()
            .map(|name| format!("{row}.{name}"))
            .collect();
        names.join(", ")
    };
    let key: Vec<String> = table
        .column_names()
        .into_iter()
        .take(table.key)
        .map(|name| format!("{main}.{name}"))
        .collect();
    let key = key.join(", ");
    let mut selected = columns(main);
    if way == Way::Changes {
        selected = format!("{selected}, {}", columns("c"));
    }
    let last = last.unwrap_or_default();
    let values: Vec<Value<'_>> = last.iter().take(table.key).map(Cell::value).collect();
    let marks: Vec<String> = (1..=values.len()).map(|n| format!("?{n}")).collect();
    let behind = if marks.is_empty() {
        String::new()
    } else {
        format!(" AND ({key}) > ({})", marks.join(", "))
    };
    let rows = rows(table, wanted, way);
    let sql = format!("SELECT {selected} {rows}{behind} ORDER BY {key} LIMIT {most}");
    let mut page = Vec::new();
    session.query(&sql, &values, &mut |row| {
        let read = |from: usize| -> Result<Vec<Cell>, EngineError> {
            let kinds = table.columns.iter().map(|(_, kind)| *kind);
            let cells = kinds.enumerate();
            cells
                .map(|(index, kind): (usize, Kind)| Cell::of(row, from + index, kind))
                .collect()
        };
        let (mut before, mut after) = (None, None);
        match way {
            Way::Goes => before = Some(read(0)?),
            Way::Comes => after = Some(read(0)?),
            Way::Changes => {
                after = Some(read(0)?);
                before = Some(read(table.columns.len())?);
            }
        }
        page.push(Both { before, after });
        Ok(())
    })?;
    Ok(page)
}
