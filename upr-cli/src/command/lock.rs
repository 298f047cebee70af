//! `upr lock`: every key that was ever published, kept in `upr.lock`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use upr_core::finding::{Bump, Check, Finding, FindingId, Place, Sifted};
use upr_core::lock::{Checked, Lines, LockError, Recorded, Retirement};
use upr_core::{Key, Lock, Version};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lock_file::LockFile;
use crate::report;
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
    Sarif,
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
    let mut declared = context.declared(&settings)?;
    let file = LockFile::locate(args.file.as_deref(), context);
    let present = file.text()?;
    let before = present
        .as_deref()
        .map(|text| Lock::parse(text).map_err(|error| file.invalid(&error)))
        .transpose()?
        .unwrap_or_default();
    context.complete(&before, &mut declared);
    let mut lock = before.clone();
    let share = context.share(&file, &declared)?;
    let recorded = lock.record_share(&declared, &share);
    // Lines that a union merge left twice, or in another order, are put in order too.
    let is_wanted = present.as_deref() != Some(&*lock.to_text());
    let applied = is_wanted && !args.dry_run;
    if applied {
        file.write(&lock, context)?;
    }
    let changes = recorded.new.len() + recorded.changed.len();
    let mut keys: Vec<&Key> = recorded.new.iter().chain(&recorded.changed).collect();
    keys.sort();
    context.out.json(&json!({
        "applied": applied,
        "changes": changes,
        "revision": null,
        "file": file.shown(),
        "recorded": keys,
        "kept": recorded.kept,
        "keys": lock.len(),
    }))?;
    report_recorded(&recorded, &lock, &file, args.dry_run, context)?;
    if changes == 0 && is_wanted && present.is_some() {
        let verb = if applied { "Put" } else { "Would put" };
        let shown = file.shown();
        context
            .out
            .done(&format!("{verb} the lines of {shown} in order.\n"))?;
    }
    if applied {
        context.out.note(&format!("Commit {}.", file.shown()));
    }
    warn_of_errors(&lock.check_share(&declared, &share), context);
    Ok(Exit::Yes)
}

fn report_recorded(
    recorded: &Recorded,
    lock: &Lock,
    file: &LockFile,
    is_dry: bool,
    context: &Context,
) -> Result<(), Failure> {
    let shown = file.shown();
    let verb = if is_dry { "Would record" } else { "Recorded" };
    for (keys, what) in [(&recorded.new, "new"), (&recorded.changed, "changed")] {
        if !keys.is_empty() {
            let lines = listed(keys.iter(), context.out.detail);
            context.out.done(&format!(
                "{verb} {} in {shown}:\n{lines}",
                counted(keys.len(), &format!("{what} key"))
            ))?;
        }
    }
    if !recorded.kept.is_empty() {
        context.out.warn(&format!(
            "{} of other packages stay as they are recorded; 'upr lock --check' says what to do:\n{}",
            counted(recorded.kept.len(), "line"),
            listed(recorded.kept.iter(), context.out.detail).trim_end()
        ));
    }
    if recorded.new.is_empty() && recorded.changed.is_empty() {
        context.out.note(&format!(
            "{shown} is up to date: {}.",
            counted(lock.len(), "key")
        ));
    }
    Ok(())
}

/// What recording cannot mend is said at once, not first in CI.
fn warn_of_errors(checked: &Checked, context: &Context) {
    let findings = &checked.findings;
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    if errors > 0 {
        context.out.warn(&format!(
            "the lock and the code disagree in {}; 'upr lock --check' names them",
            counted(errors, "place")
        ));
    }
    let conditions: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.id == FindingId::ConditionUnseen)
        .map(Finding::key)
        .collect();
    if !conditions.is_empty() {
        context.out.warn(&format!(
            "the lock has a `cfg` for {}, and the code shows none; remove what no longer holds:\n{}",
            counted(conditions.len(), "key"),
            listed(conditions.iter(), context.out.detail).trim_end()
        ));
    }
}

fn check(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let mut declared = context.declared(&settings)?;
    let file = LockFile::locate(args.file.as_deref(), context);
    let Some(text) = file.text()? else {
        let message = format!(
            "{} does not exist, so nothing guards {}",
            file.shown(),
            counted(declared.len(), "key")
        );
        return Err(Failure::no("lock-missing", message).remedy("run 'upr lock' and commit it"));
    };
    let (lock, lines) = match Lock::parse_lines(&text) {
        Ok(parsed) => parsed,
        Err(error) => return contradiction(&error, &file, args, context),
    };
    context.complete(&lock, &mut declared);
    let share = context.share(&file, &declared)?;
    let mut checked = lock.check_share(&declared, &share);
    // Nobody sees places in a text, and without findings there are none.
    let is_text = args.format == Format::Text && !context.out.json;
    if !is_text && !checked.findings.is_empty() {
        let places = context.places()?;
        for finding in &mut checked.findings {
            finding.place = place(finding, &places, &lines, &file);
        }
    }
    let bump = checked.bump();
    let sifted = report::sift(checked.findings, &settings, Check::Lock)?;
    let answer = Answer {
        bump,
        conditional: &checked.conditional,
        sifted: &sifted,
        file: &file,
    };
    answer.print(args.format, context)?;
    let summary = report::summary(&sifted);
    context.out.note(&if sifted.has_errors() {
        format!("{summary}.")
    } else {
        let rest = if summary.is_empty() {
            String::new()
        } else {
            format!(", {summary}")
        };
        format!(
            "{} agrees with the code: {}{rest}.",
            file.shown(),
            counted(lock.len(), "key")
        )
    });
    if !checked.conditional.is_empty() {
        context.out.note(&report::waiting(&checked.conditional));
    }
    Ok(Exit::answer(!sifted.has_errors()))
}

/// What the code says wrong is shown in the code, where it is known where; what the lock says, in the lock.
fn place(
    finding: &Finding,
    places: &BTreeMap<String, Place>,
    lines: &Lines,
    file: &LockFile,
) -> Option<Place> {
    let in_lock = || {
        let line = u32::try_from(lines.of(finding.key())?).ok()?;
        Some(Place {
            file: file.shown(),
            line,
        })
    };
    let in_code = || {
        let Place { file: name, line } = places.get(finding.key())?;
        Some(Place {
            file: file.source(name)?,
            line: *line,
        })
    };
    match finding.id {
        FindingId::ConditionUnseen => in_lock(),
        _ => in_code().or_else(in_lock),
    }
}

/// Two lines of one key that differ are a finding of their own; nothing else can be checked then.
fn contradiction(
    error: &LockError,
    file: &LockFile,
    args: &Args,
    context: &Context,
) -> Result<Exit, Failure> {
    let Some(key) = error.contradicted() else {
        return Err(file.invalid(error));
    };
    let place = Place {
        file: file.shown(),
        line: u32::try_from(error.line()).unwrap_or(u32::MAX),
    };
    let message = format!("{place}: {}", error.problem());
    let remedy = error.remedy().to_owned();
    let mut finding = Finding::new(FindingId::LockContradiction, key, message, remedy);
    finding.place = Some(place);
    let sifted = Sifted {
        findings: vec![finding],
        ignored: Vec::new(),
    };
    let answer = Answer {
        bump: Bump::None,
        conditional: &[],
        sifted: &sifted,
        file,
    };
    answer.print(args.format, context)?;
    Ok(Exit::No)
}

/// What a check found, ready to be printed.
struct Answer<'a> {
    bump: Bump,
    conditional: &'a [Key],
    sifted: &'a Sifted,
    file: &'a LockFile,
}

impl Answer<'_> {
    fn print(&self, format: Format, context: &Context) -> Result<(), Failure> {
        let Self {
            bump,
            conditional,
            sifted,
            file,
        } = self;
        match format {
            Format::Text if !context.out.json => {
                context.out.raw(&report::text(sifted, context.out.detail))
            }
            Format::Sarif => report::sarif(sifted, context.directory(), &file.path, context.out),
            Format::Text | Format::Json => report::document(
                &json!({
                    "findings": sifted.findings,
                    "bump": bump.as_str(),
                    "ignored": sifted.ignored,
                    "conditional": conditional,
                }),
                context.out,
            ),
        }
    }
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
