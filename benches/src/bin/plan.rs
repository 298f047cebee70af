//! Plans over Google's catalog, beside reading the rows that they rest on.
//!
//! `plan [ROUNDS]`: the median of so many, 11 if not said. Release build.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use upr_benches::Outcome;
use upr_benches::measure::{median, ratio, time};
use upr_benches::table::Table;
use upr_core::Catalog;
use upr_core::catalog::Application;
use upr_sync::{Actor, Database, Migrate, Mode, Store, SyncOptions};
use upr_tests::gcp::{self, Roles};

/// What a plan of everything may take.
const BUDGET: Duration = Duration::from_millis(50);

fn main() -> Outcome {
    let rounds = match std::env::args().nth(1) {
        Some(rounds) => rounds.parse()?,
        None => 11,
    };
    let directory = tempfile::tempdir()?;
    let mut table = Table::new(&["plan", "changes", "time", "raw rows", "ratio", "budget"]);
    for (roles, what) in [(Roles::Left, ""), (Roles::Managed, ", 164,407 members")] {
        let catalog = gcp::catalog(roles)?;
        let empty = store(&directory.path().join(format!("empty{roles:?}.db")), None)?;
        let full = store(
            &directory.path().join(format!("full{roles:?}.db")),
            Some(&catalog),
        )?;
        let one = changed(&catalog, 1)?;
        let all = changed(&catalog, gcp::PERMISSIONS)?;
        for (name, (path, store), catalog) in [
            ("all to create", &empty, &catalog),
            ("all to update", &full, &all),
            ("one to update", &full, &one),
        ] {
            let (mut plans, mut reads, mut changes) = (Vec::new(), Vec::new(), 0);
            let connection = Connection::open(path)?;
            for _ in 0..rounds {
                // As a command does, which reads a catalog once and plans once.
                let catalog = catalog.clone();
                let _ = catalog.fingerprint();
                let (elapsed, plan) = time(|| store.plan(&catalog, &SyncOptions::default()));
                changes = plan?.changes;
                plans.push(elapsed);
                let (elapsed, rows) = time(|| read(&connection));
                rows?;
                reads.push(elapsed);
            }
            let (plan, read) = (median(plans), median(reads));
            table.row([
                format!("{name}{what}"),
                changes.to_string(),
                millis(plan),
                millis(read),
                format!("{:.1}", ratio(plan, read)),
                if plan <= BUDGET { "kept" } else { "missed" }.to_owned(),
            ]);
        }
    }
    println!(
        "\nPlans, median of {rounds}; at most {}\n\n{table}",
        millis(BUDGET)
    );
    Ok(())
}

type Opened = (std::path::PathBuf, Store);

/// A store in a file of its own, synced if there is a catalog.
fn store(path: &Path, catalog: Option<&Catalog>) -> Result<Opened, Box<dyn Error>> {
    let store = Store::open(&Database::sqlite(path), Mode::Create)?;
    store.migrate(&Migrate::new("development"))?;
    if let Some(catalog) = catalog {
        store.sync(catalog, &SyncOptions::default(), &Actor::new("bench"))?;
    }
    Ok((path.to_owned(), store))
}

/// The next version, in which the first `count` permissions have another description.
fn changed(catalog: &Catalog, count: usize) -> Result<Catalog, Box<dyn Error>> {
    let mut modules = catalog.modules().to_vec();
    let permissions = modules
        .iter_mut()
        .flat_map(|module| &mut module.permissions);
    for permission in permissions.take(count) {
        permission.description.push_str(" Changed.");
    }
    let application = Application {
        name: catalog.application().name.clone(),
        version: "99.0.0".parse()?,
    };
    Ok(Catalog::new(
        application,
        modules,
        catalog.roles().to_vec(),
        catalog.retired().to_vec(),
    )?)
}

/// Every column of the permissions, and what roles hold, as texts.
fn read(connection: &Connection) -> rusqlite::Result<usize> {
    let mut bytes = 0;
    for table in ["upr_permission", "upr_role_permission"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let rusqlite::types::ValueRef::Text(text) = row.get_ref(column)? {
                    bytes += String::from_utf8_lossy(text).into_owned().len();
                }
            }
        }
    }
    Ok(bytes)
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
