//! Two processes: one writes, the other follows, and what was acknowledged is in force there.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use upr::access::{Effect, GrantFact, Target};
use upr_core::{Catalog, Scope, SubjectId};
use upr_sync::settings::Settings;
use upr_sync::{
    Actor, Database, Failure, Follow, Follower, Migrate, Mode, NewUser, Revoke, Store, SyncOptions,
};

const FILE: &str = "UPR_TEST_FILE";
const JOB: &str = "UPR_TEST_JOB";
const PATIENCE: Duration = Duration::from_secs(30);

fn catalog() -> Catalog {
    let json = r#"{"version": "1.0", "format": "upr.catalog/1",
        "application": {"name": "papers", "version": "1.0.0"},
        "modules": [{"key": "papers", "permissions": [
            {"key": "papers.view"}, {"key": "papers.own", "critical": true}]}]}"#;
    Catalog::from_json(json).unwrap()
}

fn store(file: &Path, subjects: u32) -> Store {
    let store = Store::open(&Database::sqlite(file), Mode::Create).unwrap();
    store.migrate(&Migrate::new("test")).unwrap();
    let actor = Actor::new("test");
    store
        .sync(&catalog(), &SyncOptions::default(), &actor)
        .unwrap();
    for number in 0..subjects {
        store
            .user_create(&NewUser::new(subject(number)), &actor)
            .unwrap();
    }
    store
}

fn subject(number: u32) -> SubjectId {
    format!("subject-{number}").parse().unwrap()
}

fn given(number: u32, key: &str) -> GrantFact {
    GrantFact {
        subject: subject(number),
        target: Target::Permission(key.parse().unwrap()),
        scope: Scope::everywhere(),
        effect: Effect::Allow,
        expires_at: None,
    }
}

fn revoked(number: u32, key: &str) -> Revoke {
    Revoke {
        subject: subject(number),
        target: Target::Permission(key.parse().unwrap()),
        scope: Some(Scope::everywhere()),
        effect: Effect::Allow,
    }
}

/// What a process of its own does; the tests below start it.
#[test]
#[ignore = "started by other tests, in a process of its own"]
fn worker() {
    let database = Database::sqlite(std::env::var(FILE).unwrap());
    match std::env::var(JOB).unwrap().as_str() {
        // Asked for a revision and a subject, it says what that subject may do then.
        "follow" => {
            let follow = Follow::new(&Settings::strict("test"));
            let follower = Follower::start(&database, "test", follow).unwrap();
            let access = follower.access();
            println!("ready");
            for line in std::io::stdin().lines() {
                let line = line.unwrap();
                let (revision, subject) = line.split_once(' ').unwrap();
                access
                    .at_least(revision.parse().unwrap(), PATIENCE)
                    .unwrap();
                let decision = access.check_key(subject, "papers.view", "").unwrap();
                println!("answer={decision} loads={}", follower.loads().whole);
            }
        }
        // Takes what is critical from the other one when it is told to.
        "revoke 0" | "revoke 1" => {
            let job = std::env::var(JOB).unwrap();
            let whom = job.trim_start_matches("revoke ").parse().unwrap();
            let store = Store::open(&database, Mode::Write).unwrap();
            println!("ready");
            std::io::stdin().lines().next().unwrap().unwrap();
            match store.revoke(&revoked(whom, "papers.own"), &Actor::new("worker")) {
                Ok(revoked) => println!("answer={}", revoked.outcome.changes),
                Err(error) => println!("answer={}", error.code()),
            }
        }
        other => panic!("{other}"),
    }
}

struct Worker {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    fn start(job: &str, file: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "processes::worker", "--nocapture"])
            .env(JOB, job)
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut worker = Self {
            process,
            input,
            output,
        };
        worker.hear("ready");
        worker
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// The rest of the next line that says `word`.
    fn hear(&mut self, word: &str) -> String {
        for line in self.output.by_ref().lines() {
            let line = line.unwrap();
            if let Some((_, rest)) = line.split_once(word) {
                return rest.to_owned();
            }
        }
        panic!("the worker ended without saying `{word}`")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Rule 27: whoever was told that it is done can wait for it anywhere.
#[test]
fn after_an_acknowledged_revoke_no_other_process_allows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("upr.db");
    let store = store(&file, 3);
    let mut follower = Worker::start("follow", &file);
    let actor = Actor::new("test");
    for round in 0..60 {
        let number = round % 3;
        let granted = store.grant(&given(number, "papers.view"), &actor).unwrap();
        follower.tell(&format!("{} {}", granted.outcome.revision, subject(number)));
        assert_eq!(follower.hear("answer="), "allowed loads=1", "round {round}");
        let revoked = store
            .revoke(&revoked(number, "papers.view"), &actor)
            .unwrap();
        follower.tell(&format!("{} {}", revoked.outcome.revision, subject(number)));
        assert_eq!(follower.hear("answer="), "denied loads=1", "round {round}");
    }
}

/// Rule 26: without the check under the lock both would succeed.
#[test]
fn of_two_processes_that_revoke_each_other_at_once_exactly_one_succeeds() {
    for round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("upr.db");
        let store = store(&file, 2);
        for number in 0..2 {
            store
                .grant(&given(number, "papers.own"), &Actor::new("test"))
                .unwrap();
        }
        let mut workers = ["revoke 1", "revoke 0"].map(|job| Worker::start(job, &file));
        workers.iter_mut().for_each(|worker| worker.tell("go"));
        let mut answers = workers.each_mut().map(|worker| worker.hear("answer="));
        answers.sort();
        assert_eq!(answers, ["1", "critical"], "round {round}");
    }
}
