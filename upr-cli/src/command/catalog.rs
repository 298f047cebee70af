//! `upr catalog`: the registry as data.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use upr_core::Catalog;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

/// Print the registry as data, or write it to a file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The form
    #[arg(long, value_enum, default_value = "json")]
    format: Format,

    /// Write to FILE in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write nothing; exit 1 when FILE differs
    #[arg(long, requires = "out")]
    check: bool,

    /// Write nothing; say what would be written
    #[arg(long, requires = "out", conflicts_with = "check")]
    dry_run: bool,

    /// Name the permission that a compiler message shows as `P<N>`
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "format"])]
    id: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Catalog v1
    Json,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalog = context.catalog(&settings)?;
    if let Some(id) = &args.id {
        return name(id, &catalog, context);
    }
    let text = match args.format {
        Format::Json => catalog.to_json(),
    };
    match &args.out {
        None => {
            context.out.raw(&text)?;
            Ok(Exit::Yes)
        }
        Some(path) => to_file(path, &text, &catalog, args, context),
    }
}

fn to_file(
    path: &Path,
    text: &str,
    catalog: &Catalog,
    args: &Args,
    context: &Context,
) -> Result<Exit, Failure> {
    let differs = file::read_if_there(path)?.as_deref() != Some(text);
    let applied = differs && !args.check && !args.dry_run;
    if applied {
        file::write(path, text)?;
        context.note_change(true);
    }
    context.out.json(&json!({
        "applied": applied,
        "changes": u8::from(differs),
        "revision": null,
        "file": path.display().to_string(),
        "fingerprint": catalog.fingerprint(),
    }))?;
    let shown = path.display();
    context.out.note(&match (differs, applied) {
        (false, _) => format!("{shown} is up to date."),
        (true, true) => format!("Wrote {} permissions to {shown}.", catalog.len()),
        (true, false) if args.check => format!(
            "{shown} differs from the registry. Run 'upr catalog --out {shown}' and commit it."
        ),
        (true, false) => format!("Would write {} permissions to {shown}.", catalog.len()),
    });
    Ok(Exit::answer(!(args.check && differs)))
}

/// Types carry permissions as numbers, and so do the compiler's messages about them.
fn name(id: &str, catalog: &Catalog, context: &Context) -> Result<Exit, Failure> {
    let digits = id.strip_suffix("_u64").unwrap_or(id);
    let number: u64 = digits.parse().map_err(|_| {
        Failure::usage("usage", format!("`{id}` is no permission's number"))
            .remedy("copy it from between the angle brackets of `P<…>`")
    })?;
    let found = catalog
        .permissions()
        .find(|permission| permission.key.id() == number)
        .ok_or_else(|| {
            Failure::no(
                "unknown-id",
                format!("no permission has the number {number}"),
            )
        })?;
    context
        .out
        .json(&json!({"id": number, "key": found.key, "label": found.label}))?;
    context.out.text(&format!("{}\n", found.key))?;
    Ok(Exit::Yes)
}
