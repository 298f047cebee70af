//! `upr catalog`: the registry as data, for people and for other programs.

mod difference;
mod number;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;
use upr_core::Catalog;
use upr_core::render::{self, schema::Schema};

use self::difference::Difference;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::shorten::counted;

/// Print the registry as data, or write it to a file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Files that are committed are held to the code in CI: 'upr catalog --format typescript --out FILE \
--check' exits 1 when FILE is not what would be written, and says where.")]
pub(crate) struct Args {
    /// The form
    #[arg(long, value_enum, default_value = "json")]
    format: Format,

    /// Print the JSON Schema of a kind of file in place of the registry
    #[arg(long, value_name = "KIND", conflicts_with = "format", value_parser = schemas())]
    schema: Option<Schema>,

    /// Write to FILE in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write nothing; exit 1 when FILE differs, and say where
    #[arg(long, requires = "out")]
    check: bool,

    /// Write nothing; say what would be written
    #[arg(long, requires = "out", conflicts_with = "check")]
    dry_run: bool,

    /// Name the permission that a compiler message shows as `P<N>`; decimal or 0x…
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "format", "schema"])]
    id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Catalog v1: permissions in their modules
    Json,
    /// Catalog v2: permissions in one list
    Json2,
    /// A page of Markdown to publish
    #[value(alias = "md")]
    Markdown,
    /// Types, constants and `can()` for a frontend
    #[value(alias = "ts")]
    Typescript,
    /// Components and paths of OpenAPI 3.1
    Openapi,
}

impl Format {
    fn render(self, catalog: &Catalog) -> String {
        match self {
            Self::Json => catalog.to_json(),
            Self::Json2 => catalog.to_json_v2(),
            Self::Markdown => render::markdown(catalog),
            Self::Typescript => render::typescript(catalog),
            Self::Openapi => render::openapi(catalog),
        }
    }

    fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Json2 | Self::Openapi)
    }

    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

fn schemas() -> impl TypedValueParser<Value = Schema> {
    PossibleValuesParser::new(Schema::ALL.map(Schema::name))
        .try_map(|name| Schema::find(&name).ok_or("no such schema"))
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    if let Some(schema) = args.schema {
        // It is the same for every registry, and so needs none.
        let rendering = Rendering {
            text: schema.text().to_owned(),
            is_json: true,
            options: format!(" --schema {}", schema.name()),
            what: "the schema".to_owned(),
            fingerprint: None,
        };
        return rendering.put(args, context);
    }
    let settings = context.settings()?;
    let catalog = context.catalog(&settings)?;
    if let Some(number) = &args.id {
        return number::name(number, &catalog, context);
    }
    let rendering = Rendering {
        text: args.format.render(&catalog),
        is_json: args.format.is_json(),
        options: match args.format {
            Format::Json => String::new(),
            other => format!(" --format {}", other.name()),
        },
        what: counted(catalog.len(), "permission"),
        fingerprint: Some(catalog.fingerprint().to_string()),
    };
    rendering.put(args, context)
}

/// A text that was asked for, and how.
struct Rendering {
    text: String,
    is_json: bool,
    /// The options that ask for it, each behind a space.
    options: String,
    /// What it holds, for people.
    what: String,
    fingerprint: Option<String>,
}

impl Rendering {
    fn put(&self, args: &Args, context: &Context) -> Result<Exit, Failure> {
        match &args.out {
            None => self.print(context),
            Some(path) if args.check => self.check(path, context),
            Some(path) => self.write(path, args.dry_run, context),
        }
    }

    /// With `--json` it is one JSON document, whatever its form.
    fn print(&self, context: &Context) -> Result<Exit, Failure> {
        if context.out.json && !self.is_json {
            context.out.json(&json!({"text": self.text}))?;
        } else {
            context.out.data(&self.text)?;
        }
        Ok(Exit::Yes)
    }

    fn check(&self, path: &Path, context: &Context) -> Result<Exit, Failure> {
        let shown = path.display();
        let command = format!("upr catalog{} --out {shown}", self.options);
        let Some(present) = file::read_if_there(path)? else {
            let failure = Failure::no("catalog-missing", format!("{shown} does not exist"));
            return Err(failure.remedy(format!("Run '{command}' and commit it.")));
        };
        let difference = Difference::between(&present, &self.text);
        let mut report = self.report(path, false, difference.is_some());
        if let (Some(difference), Some(members)) = (&difference, report.as_object_mut()) {
            members.insert("first_difference".to_owned(), difference.to_json());
        }
        context.out.json(&report)?;
        match &difference {
            None => context.out.note(&format!("{shown} is up to date.")),
            Some(difference) => {
                context.out.text(&format!("{shown}:{difference}"))?;
                context.out.note(&format!(
                    "{shown} differs from what would be written. Run '{command}' and commit it."
                ));
            }
        }
        Ok(Exit::answer(difference.is_none()))
    }

    fn write(&self, path: &Path, dry_run: bool, context: &Context) -> Result<Exit, Failure> {
        let present = file::read_if_there(path)?;
        let differs = present.is_none_or(|present| {
            let difference = Difference::between(&present, &self.text);
            difference.is_some()
        });
        let applied = differs && !dry_run;
        if applied {
            file::write(path, &self.text)?;
            context.note_change(true);
        }
        context.out.json(&self.report(path, applied, differs))?;
        let (what, shown) = (&self.what, path.display());
        context.out.note(&match (differs, applied) {
            (false, _) => format!("{shown} is up to date."),
            (true, true) => format!("Wrote {what} to {shown}."),
            (true, false) => format!("Would write {what} to {shown}."),
        });
        Ok(Exit::Yes)
    }

    fn report(&self, path: &Path, applied: bool, differs: bool) -> serde_json::Value {
        json!({
            "applied": applied,
            "changes": u8::from(differs),
            "revision": null,
            "file": path.display().to_string(),
            "fingerprint": self.fingerprint,
        })
    }
}
