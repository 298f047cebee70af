//! `upr backup`: the store as one file, taken, looked at and put back.

mod restore;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use upr_sync::Mode;
use upr_sync::backup::{self, Found, Reason, Verified};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::GREEN;
use crate::progress;
use crate::table;
use crate::writing::operator;

/// Take, list, verify, restore and prune backups
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A backup is one file with every table of upr and nothing else. It is written under another name, \
read back, and named after its time and revision; `backup.dir` in the settings says where.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take a backup of the store as it is now
    Create {
        /// Write nothing; say how long it would be
        #[arg(long)]
        dry_run: bool,
    },
    /// List the backups, the newest first
    List,
    /// Read a backup whole and compare it with what it says about itself; exit 1 when it is damaged
    Verify {
        /// The backup
        file: PathBuf,
    },
    Restore(restore::Args),
    /// Remove all but the newest backups (`backup.keep` in the settings)
    Prune {
        /// Remove nothing; say what would go
        #[arg(long)]
        dry_run: bool,
    },
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.command {
        Command::Create { dry_run } => create(*dry_run, context),
        Command::List => list(context),
        Command::Verify { file } => verify(file, context),
        Command::Restore(args) => restore::run(args, context),
        Command::Prune { dry_run } => prune(*dry_run, context),
    }
}

fn create(dry_run: bool, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let store = context.store(&settings, Mode::Read)?;
    let actor = operator();
    if dry_run {
        let bytes = store.backup_size(Reason::Manual, &actor)?;
        let folder = settings.backup.dir.display();
        context
            .out
            .json(&json!({"applied": false, "file": null, "sha256": null, "bytes": bytes}))?;
        context.out.done(&format!(
            "Would write a backup of {} to {folder}.\n",
            size(bytes)
        ))?;
        return Ok(Exit::Yes);
    }
    let taken = progress::during(context, "Writing the backup", || {
        store.backup(&settings.backup.dir, Reason::Manual, &actor)
    })?;
    context.note_change(true);
    context.out.json(&json!({
        "applied": true,
        "file": taken.file,
        "sha256": taken.sha256,
        "bytes": taken.bytes,
        "revision": taken.revision,
        "rows": taken.rows,
    }))?;
    context.out.done(&format!(
        "{GREEN}Wrote{GREEN:#} {}: revision {}, {} rows, {}, read back.\n",
        taken.file.display(),
        taken.revision,
        taken.rows,
        size(taken.bytes)
    ))?;
    Ok(Exit::Yes)
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let folder = &settings.backup.dir;
    let found = progress::during(context, "Reading the backups", || backup::list(folder))?;
    context.out.json(&json!({"backups": found}))?;
    if found.is_empty() {
        context.out.note(&format!(
            "No backups in {} yet. 'upr backup create' takes one.",
            folder.display()
        ));
        return Ok(Exit::Yes);
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let header = ["TAKEN", "REVISION", "REASON", "SIZE", "FILE"];
    context.out.text(&table::render(&header, &rows))?;
    for broken in &found {
        if let Some(problem) = &broken.problem {
            let file = broken.file.display();
            context.out.warn(&format!("{file} is not whole: {problem}"));
        }
    }
    Ok(Exit::Yes)
}

fn row(found: &Found) -> Vec<String> {
    let (at, revision, reason) = match &found.whole {
        Some(whole) => (
            whole.at.clone(),
            whole.revision.to_string(),
            whole.reason.clone(),
        ),
        None => (String::new(), String::new(), "damaged".to_owned()),
    };
    let file = found.file.display().to_string();
    vec![at, revision, reason, size(found.bytes), file]
}

fn verify(file: &Path, context: &Context) -> Result<Exit, Failure> {
    let verified = progress::during(context, "Reading the backup", || backup::verify(file));
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => {
            // That it is damaged is the answer; that it cannot be read is none.
            let is_answer = error.is_damaged();
            let mut failure = Failure::from(error);
            if is_answer {
                failure.exit = Exit::No;
            }
            return Err(failure);
        }
    };
    context.out.json(&verified)?;
    context.out.done(&described(&verified))?;
    Ok(Exit::Yes)
}

/// What a backup is, in a few lines.
pub(super) fn described(verified: &Verified) -> String {
    let manifest = &verified.manifest;
    let applications = match manifest.applications.as_slice() {
        [] => "no application".to_owned(),
        names => names.join(", "),
    };
    format!(
        "{GREEN}Whole{GREEN:#}: {}\n  revision {} of {applications} ({}), taken {} by {} ({})\n  \
         {} rows, {}, sha256 {}\n",
        verified.file.display(),
        manifest.revision,
        manifest.environment,
        manifest.taken(),
        manifest.by,
        manifest.reason,
        manifest.rows(),
        size(verified.bytes),
        verified.sha256
    )
}

fn prune(dry_run: bool, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let store_id = context
        .store(&settings, Mode::Read)?
        .schema()?
        .store_id
        .clone();
    let keep = usize::try_from(settings.backup.keep).unwrap_or(usize::MAX);
    let folder = &settings.backup.dir;
    let pruned = |removes| {
        progress::during(context, "Reading the backups", || {
            backup::prune(folder, &store_id, keep, removes)
        })
    };
    if !dry_run && confirm::asks(context) {
        let tried = pruned(false)?.removed.len();
        if tried > 0 {
            confirm::go_on(context, &format!("Remove {}?", files(tried)))?;
        }
    }
    let pruned = pruned(!dry_run)?;
    let removed = pruned.removed.len();
    context.note_change(!dry_run && removed > 0);
    context.out.json(&json!({
        "applied": !dry_run && removed > 0,
        "changes": removed,
        "kept": pruned.kept,
        "removed": pruned.removed,
    }))?;
    let names: String = pruned
        .removed
        .iter()
        .map(|file| format!("  {}\n", file.display()))
        .collect();
    let kept = files(pruned.kept.len());
    context.out.done(&match (removed, dry_run) {
        (0, _) => format!("Nothing to remove: {kept} of this store.\n"),
        (_, true) => format!("Would remove {}, and keep {kept}:\n{names}", files(removed)),
        (_, false) => format!("Removed {}, and kept {kept}:\n{names}", files(removed)),
    })?;
    Ok(Exit::Yes)
}

fn files(count: usize) -> String {
    match count {
        1 => "1 backup".to_owned(),
        _ => format!("{count} backups"),
    }
}

/// `512 bytes`, `1.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    let steps = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    for (step, unit) in steps {
        if bytes >= step {
            let tenths = bytes * 10 / step;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} bytes")
}
