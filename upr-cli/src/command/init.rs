//! `upr init`: the files that a project needs, where they are not there yet.

use std::path::Path;

use serde_json::json;
use upr_core::Lock;
use upr_core::lock;
use upr_sync::settings;

use crate::context::Context;
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
    let directory = context.directory();
    // Read before anything is written, so that what cannot be read leaves nothing half done.
    let attributes = Attributes::read(directory)?;
    let mut done = Done::default();
    let written = write(directory, &attributes, args, &mut done);
    if let Err(failure) = written {
        for name in done.created {
            // Made a moment ago by this very command.
            let _ = std::fs::remove_file(directory.join(name));
        }
        return Err(failure);
    }
    if !args.dry_run {
        context.note_change(done.changes() > 0);
        if done.created.contains(&lock::FILE_NAME) {
            LockFile::locate(Some(&directory.join(lock::FILE_NAME)), context).rebuild(context);
        }
    }
    report(&done, args, context)
}

fn write(
    directory: &Path,
    attributes: &Attributes,
    args: &Args,
    done: &mut Done,
) -> Result<(), Failure> {
    let files = [
        (settings::FILE_NAME, settings_text(directory)),
        (lock::FILE_NAME, Lock::default().to_text()),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        let is_new = if args.dry_run {
            !path.exists()
        } else {
            file::create(&path, &text)?
        };
        done.list(is_new).push(name);
    }
    let Some(text) = &attributes.wanted else {
        done.kept.push(GIT_ATTRIBUTES);
        return Ok(());
    };
    if !args.dry_run {
        file::write(&directory.join(GIT_ATTRIBUTES), text)?;
    }
    let list = if attributes.are_there {
        &mut done.extended
    } else {
        &mut done.created
    };
    list.push(GIT_ATTRIBUTES);
    Ok(())
}

#[derive(Default)]
struct Done {
    created: Vec<&'static str>,
    extended: Vec<&'static str>,
    kept: Vec<&'static str>,
}

impl Done {
    fn list(&mut self, is_new: bool) -> &mut Vec<&'static str> {
        if is_new {
            &mut self.created
        } else {
            &mut self.kept
        }
    }

    fn changes(&self) -> usize {
        self.created.len() + self.extended.len()
    }
}

/// `.gitattributes` as it is wanted: the merge rule on a line of its own behind what stands there.
struct Attributes {
    are_there: bool,
    /// Nothing where the rule stands there already.
    wanted: Option<String>,
}

impl Attributes {
    fn read(directory: &Path) -> Result<Self, Failure> {
        let present = file::read_if_there(&directory.join(GIT_ATTRIBUTES))?;
        let text = present.as_deref().unwrap_or_default();
        let has_rule = text.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(lock::FILE_NAME) && words.any(|word| word.contains("merge"))
        });
        let is_whole = text.is_empty() || text.ends_with('\n');
        let line_end = if is_whole { "" } else { "\n" };
        Ok(Self {
            are_there: present.is_some(),
            wanted: (!has_rule).then(|| format!("{text}{line_end}{MERGE_RULE}\n")),
        })
    }
}

fn report(done: &Done, args: &Args, context: &Context) -> Result<Exit, Failure> {
    let changes = done.changes();
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
