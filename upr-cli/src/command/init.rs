//! `upr init`: the files that a project needs, where they are not there yet.

use std::path::Path;

use serde_json::json;
use upr_core::Lock;
use upr_core::lock;
use upr_sync::settings;

use crate::context::{Context, or_here};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::lock_file::LockFile;

/// Write upr.toml, upr.lock and .gitattributes, touching nothing that exists
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; say what would be written
    #[arg(long)]
    dry_run: bool,
}

const GIT_ATTRIBUTES: &str = ".gitattributes";
const MERGE_RULE: &str = "upr.lock merge=union";

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let directory = or_here(context.directory());
    let mut done = Done::default();
    let files = [
        (settings::FILE_NAME, settings_text(&directory)),
        (lock::FILE_NAME, Lock::default().to_text()),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        let is_new = if args.dry_run {
            !path.exists()
        } else {
            file::create(&path, &text)?
        };
        let list = if is_new {
            &mut done.created
        } else {
            &mut done.kept
        };
        list.push(name);
    }
    attributes(&directory.join(GIT_ATTRIBUTES), args, &mut done)?;
    if done.created.contains(&lock::FILE_NAME) && !args.dry_run {
        LockFile::locate(Some(&directory.join(lock::FILE_NAME)), context).rebuild(context);
    }
    report(&done, args, context)
}

#[derive(Default)]
struct Done {
    created: Vec<&'static str>,
    extended: Vec<&'static str>,
    kept: Vec<&'static str>,
}

/// The merge rule gets a line of its own behind what stands there.
fn attributes(path: &Path, args: &Args, done: &mut Done) -> Result<(), Failure> {
    let present = file::read_if_there(path)?;
    let text = present.as_deref().unwrap_or_default();
    let has_rule = text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(lock::FILE_NAME) && words.any(|word| word.contains("merge"))
    });
    if has_rule {
        done.kept.push(GIT_ATTRIBUTES);
        return Ok(());
    }
    let list = match present {
        Some(_) => &mut done.extended,
        None => &mut done.created,
    };
    list.push(GIT_ATTRIBUTES);
    if args.dry_run {
        return Ok(());
    }
    let is_whole = text.is_empty() || text.ends_with('\n');
    let line_end = if is_whole { "" } else { "\n" };
    file::write(path, &format!("{text}{line_end}{MERGE_RULE}\n"))
}

fn report(done: &Done, args: &Args, context: &Context) -> Result<Exit, Failure> {
    let changes = done.created.len() + done.extended.len();
    context.out.json(&json!({
        "applied": changes > 0 && !args.dry_run,
        "changes": changes,
        "revision": null,
        "created": done.created,
        "extended": done.extended,
        "kept": done.kept,
    }))?;
    let lines = [
        ("created", &done.created),
        ("extended", &done.extended),
        ("kept", &done.kept),
    ];
    for (verb, names) in lines {
        for name in names {
            context.out.done(&format!("{verb:<9} {name}\n"))?;
        }
    }
    if args.dry_run {
        context.out.note("Nothing was written: this was a dry run.");
    } else if !done.created.is_empty() {
        context
            .out
            .note("Next: declare permissions, then 'upr lock', 'upr migrate' and 'upr sync'.");
    }
    Ok(Exit::Yes)
}

/// A first `upr.toml`, naming the package if there is one.
fn settings_text(directory: &Path) -> String {
    let application = match package_name(directory) {
        Some(name) => format!("application = \"{name}\"\n"),
        None => {
            "# application = \"helpdesk\"      # default: the name that the catalog gives\n".into()
        }
    };
    TEMPLATE.replace("{application}", &application)
}

fn package_name(directory: &Path) -> Option<String> {
    let text = std::fs::read_to_string(directory.join("Cargo.toml")).ok()?;
    let manifest: toml::Table = text.parse().ok()?;
    let name = manifest.get("package")?.get("name")?.as_str()?;
    Some(name.to_owned())
}

const TEMPLATE: &str = r#"# Settings of upr. Paths start at this file. Each key can be overridden by a variable, such as
# UPR_DATABASE or UPR_BACKUP__DIR. The environment is --env, else UPR_ENV, else development.

[default]
database = "sqlite:upr.db"
{application}# catalog = "upr-catalog.json"  # where `upr` reads the registry when none is built in
# strict_mode = true            # the warnings of `upr validate` count as errors
# orphan_action = "error"       # ignore | warn | error

[env.development]
strict_mode = false
orphan_action = "warn"

[env.staging]
orphan_action = "warn"

[env.production]
protected = true                # destructive commands want --confirm production
"#;
