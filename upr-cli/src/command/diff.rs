//! `upr diff`: a release compared with the one before.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Map, Value, json};
use upr_core::diff::{Class, Difference, Markdown, diff, markdown};
use upr_core::finding::{Check, Place, Sifted};
use upr_core::{Lock, Version};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lock_file::LockFile;
use crate::output::{BOLD, Output};
use crate::report;
use crate::shorten::{listed, number};
use crate::side::{Content, Named, Reader, Side};

/// Compare two releases; exit 1 when somebody loses something
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each side is a catalog, a lock, a built program, or git:REV: the catalog or the lock at that \
revision, or the file that git:REV:PATH names. Without NEW it is what the code declares.

  upr diff git:main
  upr diff upr-1.4.0.json upr-1.5.0.json
  upr diff git:v1.4.0 target/release/helpdesk --format markdown")]
pub(crate) struct Args {
    /// The release before
    old: String,

    /// The release after [default: the code]
    new: Option<String>,

    /// How to show it
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// The lock to compare with at a revision, in place of the catalog
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
    Sarif,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let format = format(args.format, context)?;
    let settings = context.settings()?;
    let reader = Reader {
        context,
        settings: &settings,
        lock: args.lock.as_deref(),
    };
    let named = [Some(&args.old), args.new.as_ref()]
        .map(|text| text.map_or(Named::Code, |text| Named::parse(text)));
    let [old_named, new_named] = &named;
    let mut old = reader.read(old_named, new_named)?;
    reader.share(&mut old, new_named)?;
    let new = reader.read(new_named, old_named)?;
    let difference = diff(old.content.as_side(), new.content.as_side());
    let sifted = report::sift(difference.findings(), &settings, Check::Diff)?;
    let mut compared = Compared {
        old,
        new,
        difference,
        sifted,
    };
    match format {
        Format::Text => context.out.raw(&compared.text(context.out))?,
        Format::Json => report::document(&compared.json(), context.out)?,
        Format::Markdown => context.out.raw(&compared.markdown())?,
        Format::Sarif => {
            let lock = LockFile::locate(args.lock.as_deref(), context);
            compared.point_into(&lock)?;
            report::sarif(
                &compared.sifted,
                context.directory(),
                &lock.path,
                context.out,
            )?;
        }
    }
    if !compared.difference.conditional.is_empty() {
        context
            .out
            .note(&report::waiting(&compared.difference.conditional));
    }
    Ok(Exit::answer(!compared.sifted.has_errors()))
}

/// `--json` asks for JSON; a comment for people is none.
fn format(asked: Option<Format>, context: &Context) -> Result<Format, Failure> {
    match (asked, context.out.json) {
        (Some(Format::Markdown | Format::Text), true) => Err(Failure::usage(
            "usage",
            "--json and a --format for people exclude each other",
        )
        .remedy("leave one of them out")),
        (None, true) => Ok(Format::Json),
        (asked, _) => Ok(asked.unwrap_or(Format::Text)),
    }
}

struct Compared {
    old: Side,
    new: Side,
    difference: Difference,
    sifted: Sifted,
}

impl Compared {
    /// Shows each finding at the line of the lock where the decision about its key is written down.
    fn point_into(&mut self, lock: &LockFile) -> Result<(), Failure> {
        let Some(Ok((_, lines))) = lock.text()?.as_deref().map(Lock::parse_lines) else {
            // Without a lock that can be read there is no line to point at.
            return Ok(());
        };
        let Sifted { findings, ignored } = &mut self.sifted;
        let ignored = ignored.iter_mut().map(|ignored| &mut ignored.finding);
        for finding in findings.iter_mut().chain(ignored) {
            let line = lines
                .of(finding.key())
                .and_then(|line| u32::try_from(line).ok());
            if let (None, Some(line)) = (&finding.place, line) {
                finding.place = Some(Place {
                    file: lock.shown(),
                    line,
                });
            }
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let Self {
            difference, sifted, ..
        } = self;
        let counts: Map<String, Value> = Class::ALL
            .into_iter()
            .map(|class| (class.as_str().to_owned(), json!(difference.count(class))))
            .collect();
        let step = difference.step().map(|step| {
            json!({
                "old": step.old.to_string(),
                "new": step.new.to_string(),
                "least": step.least.to_string(),
                "suffices": step.suffices,
            })
        });
        json!({
            "old": side(&self.old),
            "new": side(&self.new),
            "findings": sifted.findings,
            "ignored": sifted.ignored,
            "conditional": difference.conditional,
            "bump": difference.bump().as_str(),
            "breaking": sifted.has_errors(),
            "version": step,
            "counts": counts,
            "changes": difference.changes,
        })
    }

    fn markdown(&self) -> String {
        markdown(&Markdown {
            difference: &self.difference,
            old: &self.old.name,
            new: &self.new.name,
            findings: &self.sifted.findings,
            ignored: &self.sifted.ignored,
        })
    }

    /// The summary first; then what is found, with what to do; then the rest by class.
    fn text(&self, out: Output) -> String {
        let Self {
            old,
            new,
            difference,
            sifted,
        } = self;
        let mut text = format!(
            "{BOLD}{} -> {}{BOLD:#}: {}\n",
            called(old),
            called(new),
            difference.summary()
        );
        let findings = report::text(sifted, out.detail);
        if !findings.is_empty() {
            text.push_str(&format!("\n{findings}"));
        }
        // Each of the breaking ones is among the findings.
        for class in Class::ALL
            .into_iter()
            .filter(|class| *class != Class::Breaking)
        {
            let lines = difference.lines(class);
            if !lines.is_empty() {
                let title = format!("{} {}", number(difference.count(class)), class.as_str());
                text.push_str(&format!(
                    "\n{BOLD}{title}{BOLD:#}\n{}",
                    listed(lines.iter(), out.detail)
                ));
            }
        }
        if !difference.changes.is_empty() {
            text.push_str(&format!("\n{}\n", bump(difference)));
        }
        text
    }
}

fn side(side: &Side) -> Value {
    let application = match &side.content {
        Content::Catalog(catalog) => {
            let application = catalog.application();
            json!({"name": application.name, "version": application.version.to_string()})
        }
        Content::Lock(_) => Value::Null,
    };
    json!({"name": side.name, "application": application})
}

/// `helpdesk 1.4.0 (git:main:upr-catalog.json)`; without a version where nobody gave one.
fn called(side: &Side) -> String {
    match &side.content {
        Content::Catalog(catalog) if catalog.application().version == Version::new(0, 0, 0) => {
            format!("{} ({})", catalog.application().name, side.name)
        }
        Content::Catalog(catalog) => {
            let application = catalog.application();
            format!(
                "{} {} ({})",
                application.name, application.version, side.name
            )
        }
        Content::Lock(_) => side.name.clone(),
    }
}

fn bump(difference: &Difference) -> String {
    let bump = difference.bump();
    match difference.step() {
        None => format!("The changes ask for a bump: {bump}."),
        Some(step) if step.suffices => format!(
            "The changes ask for a bump: {bump}. {} -> {} is enough.",
            step.old, step.new
        ),
        Some(step) => format!(
            "The changes ask for a bump: {bump}. {} -> {} is not enough; {} is.",
            step.old, step.new, step.least
        ),
    }
}
