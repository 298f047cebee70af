//! Sync into a new store beside raw inserts of the same rows, and the no-op beside reading one row.
//!
//! `sync [ROUNDS]`: the median of so many, 11 if not said. Release build.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Value;
use upr_benches::Outcome;
use upr_benches::measure::{median, ratio, time};
use upr_benches::table::{Table, within};
use upr_core::Catalog;
use upr_sync::{Actor, Database, Migrate, Mode, Store, SyncOptions};
use upr_tests::gcp::{self, Roles};

fn main() -> Outcome {
    let rounds = match std::env::args().nth(1) {
        Some(rounds) => rounds.parse()?,
        None => 11,
    };
    let directory = tempfile::tempdir()?;
    let bench = Bench {
        directory: directory.path(),
        rounds,
    };
    bench.filling()?;
    bench.nothing_to_do()
}

struct Bench<'a> {
    directory: &'a Path,
    rounds: usize,
}

impl Bench<'_> {
    /// A new store, synced; and the rows that this made, inserted raw into another new store.
    fn filling(&self) -> Outcome {
        let mut table = Table::new(&["catalog", "rows", "sync", "raw inserts", "ratio"]);
        for (name, roles) in [
            ("13,652 permissions", Roles::Left),
            ("and 2,461 roles of 164,407 members", Roles::Managed),
        ] {
            let catalog = gcp::catalog(roles)?;
            let rows = self.rows(&catalog)?;
            let mut syncs = Vec::new();
            let mut inserts = Vec::new();
            for _ in 0..self.rounds {
                syncs.push(self.sync_anew(&catalog)?);
                inserts.push(self.insert_anew(&rows)?);
            }
            let (sync, insert) = (median(syncs), median(inserts));
            let count: usize = rows.iter().map(|table| table.rows.len()).sum();
            table.row([
                name.to_owned(),
                count.to_string(),
                millis(sync),
                millis(insert),
                within(ratio(sync, insert), 2.0),
            ]);
        }
        println!(
            "\nInto a new store, one transaction, median of {}\n\n{table}",
            self.rounds
        );
        Ok(())
    }

    /// A migrated store in a file of its own.
    fn new_store(&self, name: &str) -> Result<PathBuf, Box<dyn Error>> {
        let path = self.directory.join(name);
        for suffix in ["", "-wal", "-shm"] {
            let file = self.directory.join(format!("{name}{suffix}"));
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        let store = Store::open(&Database::sqlite(&path), Mode::Create)?;
        store.migrate(&Migrate::new("development"))?;
        Ok(path)
    }

    fn sync_anew(&self, catalog: &Catalog) -> Result<Duration, Box<dyn Error>> {
        let path = self.new_store("sync.db")?;
        let store = Store::open(&Database::sqlite(&path), Mode::Write)?;
        let (elapsed, plan) =
            time(|| store.sync(catalog, &SyncOptions::default(), &Actor::new("bench")));
        let plan = plan?;
        if plan.create.len() != catalog.len() {
            return Err("the sync did not create everything".into());
        }
        Ok(elapsed)
    }

    /// What a sync writes, table by table.
    fn rows(&self, catalog: &Catalog) -> Result<Vec<Rows>, Box<dyn Error>> {
        self.sync_anew(catalog)?;
        let connection = Connection::open(self.directory.join("sync.db"))?;
        let empty = Connection::open(self.new_store("empty.db")?)?;
        let mut tables = Vec::new();
        for name in table_names(&connection)? {
            // A handful of facts about the store, which migrating wrote.
            if name == "upr_meta" {
                continue;
            }
            let mut rows = Rows::read(&connection, &name)?;
            let migrated = Rows::read(&empty, &name)?.rows;
            // Rows of migrating have other times here; their first column tells them.
            rows.rows
                .retain(|row| migrated.iter().all(|other| other.first() != row.first()));
            tables.push(rows);
        }
        Ok(tables)
    }

    fn insert_anew(&self, tables: &[Rows]) -> Result<Duration, Box<dyn Error>> {
        let mut connection = Connection::open(self.new_store("raw.db")?)?;
        // As upr opens its stores.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )?;
        let (elapsed, done) = time(|| insert(&mut connection, tables));
        done?;
        Ok(elapsed)
    }

    /// The same catalog once more, beside one row through a prepared statement.
    fn nothing_to_do(&self) -> Outcome {
        let mut table = Table::new(&[
            "permissions",
            "no-op sync",
            "statements",
            "reading one row",
            "ratio",
        ]);
        for size in [100, 1_000, 10_000, 100_000] {
            let catalog = synthetic(size)?;
            let path = self.new_store("noop.db")?;
            let store = Store::open(&Database::sqlite(&path), Mode::Write)?;
            let sync = || store.sync(&catalog, &SyncOptions::default(), &Actor::new("bench"));
            sync()?;
            let connection = Connection::open(&path)?;
            let read = || -> rusqlite::Result<String> {
                let mut statement = connection
                    .prepare_cached("SELECT value FROM upr_meta WHERE name = 'revision'")?;
                statement.query_row([], |row| row.get(0))
            };
            let (mut syncs, mut reads) = (Vec::new(), Vec::new());
            let before = store.statements();
            for _ in 0..self.rounds {
                let (elapsed, plan) = time(sync);
                if plan?.changes != 0 {
                    return Err("there was something to do".into());
                }
                syncs.push(elapsed);
                let (elapsed, row) = time(read);
                row?;
                reads.push(elapsed);
            }
            let statements = store.statements() - before;
            let (sync, read) = (median(syncs), median(reads));
            table.row([
                size.to_string(),
                micros(sync),
                (statements / u64::try_from(self.rounds)?).to_string(),
                micros(read),
                format!("{:.1}", ratio(sync, read)),
            ]);
        }
        println!("Nothing to do, median of {}\n\n{table}", self.rounds);
        Ok(())
    }
}

/// A table's rows, and the statement that inserts one.
struct Rows {
    insert: String,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    fn read(connection: &Connection, table: &str) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        let rows = statement.query_map([], read)?.collect::<Result<_, _>>()?;
        let places = vec!["?"; columns].join(", ");
        Ok(Self {
            insert: format!("INSERT INTO {table} VALUES ({places})"),
            rows,
        })
    }
}

fn table_names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'upr_*'";
    let mut statement = connection.prepare(query)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn insert(connection: &mut Connection, tables: &[Rows]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    // The order of the tables is none of this bench's business.
    transaction.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    for table in tables {
        let mut statement = transaction.prepare(&table.insert)?;
        for row in &table.rows {
            statement.execute(rusqlite::params_from_iter(row))?;
        }
    }
    transaction.commit()
}

/// A catalog of any size, five actions a module.
fn synthetic(permissions: usize) -> Result<Catalog, Box<dyn Error>> {
    let modules: Vec<String> = (0..permissions / 5)
        .map(|module| {
            let permissions: Vec<String> = ["create", "delete", "list", "update", "view"]
                .iter()
                .map(|action| format!(r#"{{"key":"m{module}.{action}"}}"#))
                .collect();
            format!(
                r#"{{"key":"m{module}","permissions":[{}]}}"#,
                permissions.join(",")
            )
        })
        .collect();
    let text = format!(
        r#"{{"version":"1.0","format":"upr.catalog/1","application":{{"name":"bench"}},"modules":[{}]}}"#,
        modules.join(",")
    );
    Ok(Catalog::from_json(&text)?)
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}
