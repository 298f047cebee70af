//! From the store to decisions: everything at first, and then what changes.
//!
//! `follow [ROUNDS]`: the median of so many, 11 if not said. Release build.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use upr::access::{Effect, GrantFact, Target};
use upr_benches::Outcome;
use upr_benches::measure::{median, ratio, time};
use upr_benches::table::{Table, within};
use upr_core::{Catalog, Scope};
use upr_sync::settings::Settings;
use upr_sync::{
    Actor, Database, Follow, Follower, Member, Migrate, Mode, Revoke, Store, SyncOptions,
};

const ROLES: usize = 1000;
const PERMISSIONS: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if let (Some("--child"), Some(file)) = (first.as_deref(), arguments.next()) {
        return child(Path::new(&file));
    }
    let rounds = first.map_or(Ok(11), |rounds| rounds.parse())?;
    let directory = tempfile::tempdir()?;
    let mut loads = Table::new(&["subjects", "grants", "raw rows", "loaded", "ratio"]);
    let mut changes = Table::new(&[
        "subjects",
        "commit",
        "commit, in force in the process",
        "until a look has it in force",
        "told to another process, in force there",
        "said back and forth only",
    ]);
    let mut critical = Table::new(&["subjects", "plain revoke", "revoke of what is critical"]);
    for subjects in [1_000, 1_000_000] {
        let file = directory.path().join(format!("{subjects}.db"));
        fill(&file, subjects)?;
        loads.row(load(&file, subjects, rounds)?);
        changes.row(change(&file, subjects, rounds)?);
        critical.row(revoke(&file, subjects, rounds)?);
    }
    println!("\nEverything, from the store to a snapshot, median of {rounds}\n\n{loads}");
    println!(
        "One grant to one subject, median of {}\n\n{changes}",
        rounds * 10
    );
    println!("Rule 26, median of {}\n\n{critical}", rounds * 10);
    Ok(())
}

fn fill(file: &Path, subjects: usize) -> Outcome {
    let store = Store::open(&Database::sqlite(file), Mode::Create)?;
    store.migrate(&Migrate::new("development"))?;
    let modules: Vec<String> = (0..PERMISSIONS / 20)
        .map(|module| {
            let actions: Vec<String> = (0..20)
                .map(|action| {
                    let critical = module == 0 && action == 0;
                    format!(r#"{{"key": "m{module}.do_{action}", "critical": {critical}}}"#)
                })
                .collect();
            format!(
                r#"{{"key": "m{module}", "permissions": [{}]}}"#,
                actions.join(",")
            )
        })
        .collect();
    let json = format!(
        r#"{{"version": "1.0", "format": "upr.catalog/1",
            "application": {{"name": "bench", "version": "1.0.0"}}, "modules": [{}]}}"#,
        modules.join(",")
    );
    let actor = Actor::new("bench");
    store.sync(&Catalog::from_json(&json)?, &SyncOptions::default(), &actor)?;
    let connection = Connection::open(file)?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = OFF; BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ROLES} - 1)
         INSERT INTO upr_role (key, application, label, mode, state, created, changed)
         SELECT 'role-' || i, '', '', 'store', 'active', 2, 2 FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ROLES} * 30 - 1)
         INSERT OR IGNORE INTO upr_role_permission (role, kind, member)
         SELECT 'role-' || (i % {ROLES}), 'permission',
           'm' || ((i * 7919) % 500) || '.do_' || (1 + (i * 104729) % 19) FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {subjects} - 1)
         INSERT INTO upr_subject (id, active, origin, created, changed)
         SELECT 'user-' || i, 1, 'hand', 2, 2 FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {subjects} * 3 - 1)
         INSERT OR IGNORE INTO upr_grant (subject, role, permission, scope, effect, actor, at, revision)
         SELECT 'user-' || (i / 3), 'role-' || ((i * 7919) % {ROLES}), '', '', 'allow', 'bench',
           '2026-01-01T00:00:00.000000Z', 2 FROM n;
         COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
    ))?;
    Ok(())
}

/// Everything, beside the same columns of the same rows.
fn load(file: &Path, subjects: usize, rounds: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let store = Store::open(&Database::sqlite(file), Mode::Read)?;
    let connection = Connection::open(file)?;
    let (mut raw, mut loaded, mut grants) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let (elapsed, rows) = time(|| read(&connection));
        grants = rows?;
        raw.push(elapsed);
        let (elapsed, snapshot) = time(|| store.snapshot());
        if snapshot?.subjects() != subjects {
            return Err("not everybody was loaded".into());
        }
        loaded.push(elapsed);
    }
    let (raw, loaded) = (median(raw), median(loaded));
    Ok(vec![
        subjects.to_string(),
        grants.to_string(),
        millis(raw),
        millis(loaded),
        within(ratio(loaded, raw), 1.5),
    ])
}

/// Looks at each column of each row that a snapshot rests on; gives the number of grants.
fn read(connection: &Connection) -> Result<usize, rusqlite::Error> {
    let mut counts = Vec::new();
    for sql in [
        "SELECT key, application, state, alias_of, critical FROM upr_permission ORDER BY key",
        "SELECT key, application FROM upr_role ORDER BY key",
        "SELECT role, kind, member FROM upr_role_permission ORDER BY role, kind, member",
        "SELECT id, active FROM upr_subject ORDER BY id",
        "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant",
    ] {
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let (mut count, mut bytes) = (0, 0);
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                bytes += match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Text(text) => text.len(),
                    _ => 1,
                };
            }
            count += 1;
        }
        counts.push((count, bytes));
    }
    Ok(counts.last().map_or(0, |(count, _)| *count))
}

fn follow(file: &Path) -> Result<Follower, Box<dyn Error>> {
    let mut follow = Follow::new(&Settings::strict("development"));
    follow.interval = Duration::from_secs(3600);
    follow.max_staleness = Duration::from_secs(3600);
    let database = Database::sqlite(file);
    Ok(Follower::start(&database, "development", follow)?)
}

fn grant(store: &Store, number: usize) -> Result<u64, Box<dyn Error>> {
    let grant = GrantFact {
        subject: format!("user-{number}").parse()?,
        target: Target::Permission("m1.do_1".parse()?),
        scope: Scope::everywhere(),
        effect: Effect::Allow,
        expires_at: None,
    };
    let granted = store.grant(&grant, &Actor::new("bench"))?;
    Ok(granted.outcome.revision)
}

/// One change: how long until it is in force here, and elsewhere.
fn change(file: &Path, subjects: usize, rounds: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let follower = follow(file)?;
    let plain = Store::open(&Database::sqlite(file), Mode::Write)?;
    let telling = follower.open(Mode::Write)?;
    let mut other = Other::start(file)?;
    let [mut commit, mut told, mut look, mut there, mut back] = [const { Vec::new() }; 5];
    for round in 0..rounds * 10 {
        let number = round * 2;
        let (elapsed, revision) = time(|| grant(&plain, number));
        let revision = revision?;
        commit.push(elapsed);
        let (elapsed, reached) = time(|| follower.refresh());
        reached?;
        look.push(elapsed);
        let (elapsed, said) = time(|| other.reach(revision));
        said?;
        there.push(elapsed);
        let (elapsed, said) = time(|| other.reach(revision));
        said?;
        back.push(elapsed);
        let (elapsed, revision) = time(|| grant(&telling, number + 1));
        told.push(elapsed);
        follower.access().at_least(revision?, Duration::ZERO)?;
    }
    if follower.loads().whole != 1 {
        return Err("everything was read again".into());
    }
    Ok(vec![
        subjects.to_string(),
        micros(median(commit)),
        micros(median(told)),
        micros(median(look)),
        micros(median(there)),
        micros(median(back)),
    ])
}

/// What a revocation costs where nobody minds, and where somebody else must be found who holds it.
fn revoke(file: &Path, subjects: usize, rounds: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let store = Store::open(&Database::sqlite(file), Mode::Write)?;
    let actor = Actor::new("bench");
    let mut cells = vec![subjects.to_string()];
    for (role, key) in [("plain", "m0.do_1"), ("owners", "m0.do_0")] {
        let members = [Member::Permission(key.parse()?)];
        store.role_create(&role.parse()?, None, &members, &actor)?;
        // Half of everybody has it.
        Connection::open(file)?.execute_batch(&format!(
            "PRAGMA synchronous = OFF; INSERT INTO upr_grant \
             (subject, role, permission, scope, effect, actor, at, revision) \
             SELECT id, '{role}', '', '', 'allow', 'bench', '2026-01-01T00:00:00.000000Z', 2 \
             FROM upr_subject WHERE substr(id, -1) IN ('0', '2', '4', '6', '8')"
        ))?;
        let mut times = Vec::new();
        for round in 0..rounds * 10 {
            let subject = format!("user-{}", round * 2).parse()?;
            let revoke = Revoke {
                subject,
                target: Target::Role(role.parse()?),
                scope: None,
                effect: Effect::Allow,
            };
            let (elapsed, done) = time(|| store.revoke(&revoke, &actor));
            if !done?.outcome.applied {
                return Err("nothing was revoked".into());
            }
            times.push(elapsed);
        }
        cells.push(micros(median(times)));
    }
    Ok(cells)
}

/// Another process that follows, and says when it is somewhere.
struct Other {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Other {
    fn start(file: &Path) -> Result<Self, Box<dyn Error>> {
        let program: PathBuf = std::env::current_exe()?;
        let mut process = Command::new(program)
            .arg("--child")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut other = Self {
            process,
            input,
            output,
        };
        other.hear()?;
        Ok(other)
    }

    fn reach(&mut self, revision: u64) -> Outcome {
        writeln!(self.input, "{revision}")?;
        self.hear()
    }

    fn hear(&mut self) -> Outcome {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.trim() == "here" {
            Ok(())
        } else {
            Err("the other process does not answer".into())
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It ends with the benchmark in any case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn child(file: &Path) -> Outcome {
    let follower = follow(file)?;
    println!("here");
    for line in std::io::stdin().lines() {
        follower.at_least(line?.trim().parse()?, PATIENCE)?;
        println!("here");
    }
    Ok(())
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn micros(duration: Duration) -> String {
    format!("{:.0} µs", duration.as_secs_f64() * 1e6)
}
