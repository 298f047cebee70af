//! `upr lock`: every key that was ever published, kept in `upr.lock`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use upr_core::finding::{Finding, FindingId, Severity};
use upr_core::lock::{Checked, Declared, LockError, Retirement};
use upr_core::{Key, Lock, Version};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lock_file::LockFile;
use crate::output::{BOLD, DIM, Output, RED, YELLOW};
use crate::shorten::{counted, listed};

/// Record new keys and deprecations in upr.lock, or check it
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// Write nothing; list findings, exit 1 when one is an error
    #[arg(long)]
    check: bool,

    /// How --check lists its findings
    #[arg(long, value_enum, requires = "check", default_value = "text")]
    format: Format,

    /// Write nothing; say what would be recorded
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,

    /// The lock, in place of the one beside Cargo.toml
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Retire(Retire),
}

/// Make a key a tombstone: it is never used again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The key must be deprecated, and its package's version must have reached its `remove_in`. Without \
--replaced-by the replacement is the one that the deprecation named.")]
struct Retire {
    /// The key
    key: String,

    /// The key that takes its place
    #[arg(long, value_name = "KEY")]
    replaced_by: Option<String>,

    /// Retire it although nobody was warned, or too early
    #[arg(long)]
    force: bool,

    /// Write nothing; say whether it would go through
    #[arg(long)]
    dry_run: bool,

    /// The lock, in place of the one beside Cargo.toml
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.command {
        Some(Command::Retire(retire)) => retire.run(context),
        None if args.check => check(args, context),
        None => record(args, context),
    }
}

fn record(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let declared = context.declared(&settings)?;
    let file = LockFile::locate(args.file.as_deref(), context);
    let present = file.read()?;
    let is_new = present.is_none();
    let mut lock = present.unwrap_or_default();
    let before = lock.clone();
    let recorded = lock.record(&declared);
    let applied = (is_new || !recorded.is_empty()) && !args.dry_run;
    if applied {
        file.write(&lock, context)?;
    }
    context.out.json(&json!({
        "applied": applied,
        "changes": recorded.len(),
        "revision": null,
        "file": file.shown(),
        "recorded": recorded,
        "keys": lock.len(),
    }))?;
    let (new, changed): (Vec<&Key>, Vec<&Key>) = recorded
        .iter()
        .partition(|key| before.get(key.as_str()).is_none());
    let shown = file.shown();
    let verb = if args.dry_run {
        "Would record"
    } else {
        "Recorded"
    };
    for (keys, what) in [(new, "new"), (changed, "changed")] {
        if !keys.is_empty() {
            let lines = listed(keys.iter(), context.out.detail);
            context.out.done(&format!(
                "{verb} {} in {shown}:\n{lines}",
                counted(keys.len(), &format!("{what} key"))
            ))?;
        }
    }
    if recorded.is_empty() {
        context.out.note(&format!(
            "{shown} is up to date: {}.",
            counted(lock.len(), "key")
        ));
    } else if applied {
        context.out.note(&format!("Commit {shown}."));
    }
    warn_of_conditions(&lock, &declared, context);
    warn_of_errors(&lock.check(&declared), context);
    Ok(Exit::Yes)
}

/// A condition that the code does not show may stand where a program cannot see it, and may be gone: then the key
/// is guarded less than its author thinks.
fn warn_of_conditions(lock: &Lock, declared: &[Declared], context: &Context) {
    let kept = |declared: &&Declared| {
        let entry = lock.get(declared.key.as_str());
        declared.cfg.is_none() && entry.is_some_and(|entry| entry.cfg.is_some())
    };
    let keys: Vec<&Key> = declared.iter().filter(kept).map(|one| &one.key).collect();
    if !keys.is_empty() {
        context.out.warn(&format!(
            "the lock has a `cfg` for {}, and the code shows none; remove what no longer holds:\n{}",
            counted(keys.len(), "key"),
            listed(keys.iter(), context.out.detail).trim_end()
        ));
    }
}

/// What recording cannot mend is said at once, not first in CI.
fn warn_of_errors(checked: &Checked, context: &Context) {
    let errors = errors(checked);
    if errors > 0 {
        context.out.warn(&format!(
            "the lock and the code disagree in {}; 'upr lock --check' names them",
            counted(errors, "place")
        ));
    }
}

fn errors(checked: &Checked) -> usize {
    let is_error = |finding: &&Finding| finding.is_error();
    checked.findings.iter().filter(is_error).count()
}

fn check(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let declared = context.declared(&settings)?;
    let file = LockFile::locate(args.file.as_deref(), context);
    let lock = match file.parse()? {
        Some(Err(error)) => return contradiction(&error, &file, args.format, context),
        Some(Ok(lock)) => Some(lock),
        None => None,
    };
    let Some(lock) = lock else {
        let message = format!(
            "{} does not exist, so nothing guards {}",
            file.shown(),
            counted(declared.len(), "key")
        );
        return Err(Failure::no("lock-missing", message).remedy("run 'upr lock' and commit it"));
    };
    let checked = lock.check(&declared);
    print(&checked, args.format, context)?;
    let errors = errors(&checked);
    let warnings = checked.findings.len() - errors;
    let warned = match warnings {
        0 => String::new(),
        _ => format!(", {}", counted(warnings, "warning")),
    };
    context.out.note(&match errors {
        0 => format!(
            "{} agrees with the code: {}{warned}.",
            file.shown(),
            counted(lock.len(), "key")
        ),
        _ => format!("{}{warned}.", counted(errors, "error")),
    });
    Ok(Exit::answer(!checked.has_errors()))
}

/// Two lines of one key that differ are a finding of their own; nothing else can be checked then.
fn contradiction(
    error: &LockError,
    file: &LockFile,
    format: Format,
    context: &Context,
) -> Result<Exit, Failure> {
    let Some(key) = error.contradicted() else {
        return Err(file.invalid(error));
    };
    let place = format!("{}:{}", file.shown(), error.line());
    let finding = Finding::new(
        FindingId::LockContradiction,
        key,
        format!("{place}: {}", error.problem()),
        error.remedy().to_owned(),
    );
    let checked = Checked {
        findings: vec![finding],
        ..Checked::default()
    };
    print(&checked, format, context)?;
    Ok(Exit::No)
}

fn print(checked: &Checked, format: Format, context: &Context) -> Result<(), Failure> {
    let document = json!({"findings": checked.findings, "bump": checked.bump().as_str()});
    if format == Format::Json && !context.out.json {
        let as_json = Output {
            json: true,
            ..context.out
        };
        return as_json.json(&document);
    }
    context.out.json(&document)?;
    context.out.text(&findings_text(checked))
}

fn findings_text(checked: &Checked) -> String {
    let mut text = String::new();
    for finding in &checked.findings {
        let style = match finding.level {
            Severity::Error => RED,
            Severity::Warning => YELLOW,
        };
        text.push_str(&format!(
            "{style}{}{style:#} {DIM}{}{DIM:#} {BOLD}{}{BOLD:#}: {}\n       {}\n",
            finding.id.code(),
            finding.id.name(),
            finding.key(),
            finding.message,
            finding.remedy
        ));
    }
    text
}

impl Retire {
    fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let key = key(&self.key)?;
        let replaced_by = self.replaced_by.as_deref().map(self::key).transpose()?;
        let file = LockFile::locate(self.file.as_deref(), context);
        let mut lock = file.read()?.ok_or_else(|| {
            Failure::no("lock-missing", format!("{} does not exist", file.shown()))
                .remedy("run 'upr lock' first: only a recorded key can be retired")
        })?;
        let retirement = Retirement {
            version: self.version(&lock, &file, context)?,
            replaced_by,
            force: self.force,
        };
        let changed = lock.retire(key.as_str(), &retirement).map_err(|error| {
            Failure::no("not-retired", error.to_string()).remedy(error.remedy())
        })?;
        let applied = changed && !self.dry_run;
        if applied {
            file.write(&lock, context)?;
        }
        self.report(&key, &lock, changed, applied, context)
    }

    fn report(
        &self,
        key: &Key,
        lock: &Lock,
        changed: bool,
        applied: bool,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let entry = lock.get(key.as_str());
        let retired = entry.and_then(|entry| entry.retired.as_ref());
        let successor = entry.and_then(|entry| entry.replaced_by.as_ref());
        context.out.json(&json!({
            "applied": applied,
            "changes": u8::from(changed),
            "revision": null,
            "key": key,
            "retired": retired.map(Version::to_string),
            "replaced_by": successor,
        }))?;
        let version = retired.map(Version::to_string).unwrap_or_default();
        let by = successor
            .map(|successor| format!(", replaced by {successor}"))
            .unwrap_or_default();
        context.out.done(&match (changed, applied) {
            (true, true) => format!("Retired {key} in {version}{by}.\n"),
            (true, false) => format!("Would retire {key} in {version}{by}.\n"),
            (false, _) => format!("{key} has been retired since {version}{by}.\n"),
        })?;
        if applied {
            context
                .out
                .note("Remove its declaration now if it still stands in the code.");
        }
        Ok(Exit::Yes)
    }

    /// The version that goes without the key: the one its package's manifest says today, since a
    /// program that was built before the key went may be older; else the program's own.
    fn version(&self, lock: &Lock, file: &LockFile, context: &Context) -> Result<Version, Failure> {
        let Some(entry) = lock.get(&self.key) else {
            // The lock itself says that it does not know the key.
            return Ok(Version::new(0, 0, 0));
        };
        let manifest = file
            .workspace
            .as_ref()
            .and_then(|workspace| workspace.version_of(&entry.package))
            .and_then(|version| Version::parse(version).ok());
        if let Some(version) = manifest {
            return Ok(version);
        }
        let declared = context.declared(&context.settings()?)?;
        let same = declared
            .iter()
            .find(|declared| declared.package == entry.package);
        same.map(|declared| declared.version.clone())
            .ok_or_else(|| {
                Failure::could_not(
                    "version-unknown",
                    format!(
                        "the version of package `{}` cannot be found out",
                        entry.package
                    ),
                )
                .remedy("run the command in the package's directory, or name its --catalog")
            })
    }
}

fn key(text: &str) -> Result<Key, Failure> {
    Key::parse(text).map_err(|error| Failure::usage("key-invalid", error.to_string()))
}
