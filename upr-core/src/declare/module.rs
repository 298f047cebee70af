//! The arguments of `#[upr::module]`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::LitStr;

use super::action::ActionArgs;
use super::attr::{self, Arg, Once, Shape};
use super::ctxt::{Ctxt, unraw};
use super::item::ModuleItem;
use super::model::{Action, Kind, Module, Name, Package};
use super::show::show;
use super::text::{self, Text};
use super::validate;
use crate::key::ModuleKey;
use crate::name;

const ACCEPTED: &[&str] = &[
    "label",
    "description",
    "crud",
    "actions",
    "allow_case_variants",
];
/// What actions take and modules do not.
const BELONGS_ON_ACTION: &[&str] = &[
    "deprecated",
    "since",
    "remove_in",
    "replaced_by",
    "critical",
    "unguarded",
    "const",
];
const CRUD: [&str; 4] = ["view", "create", "update", "delete"];
const EXAMPLE: &str = "write, for example, `#[upr::module(\"users\", crud, actions(export))]`";
/// How the compact form hands its key to the mods in it. Not for people.
pub(crate) const PARENT: &str = "__upr_parent";

impl Module {
    /// Reads the arguments for `item` and checks the whole.
    pub fn parse(
        arguments: TokenStream,
        item: &ModuleItem,
        package: &Package,
        ctxt: &Ctxt,
    ) -> Self {
        let mut args = ModuleArgs::default();
        for argument in attr::arguments(arguments, EXAMPLE, ctxt).list {
            args.take(argument, ctxt);
        }
        let module = args.resolve(item, ctxt);
        validate::module(module, package, ctxt)
    }
}

#[derive(Default)]
struct ModuleArgs {
    key: Once<LitStr>,
    parent: Once<LitStr>,
    label: Once<Text>,
    description: Once<Text>,
    crud: Once<()>,
    listed: Once<()>,
    allow_case_variants: Once<()>,
    actions: Vec<Action>,
}

impl ModuleArgs {
    fn take(&mut self, argument: Arg, ctxt: &Ctxt) {
        match argument {
            Arg::Text(key) => self.key.set(key.clone(), "key", &key, ctxt),
            Arg::Assign { name, value } => self.assign(&name, value, ctxt),
            Arg::List { name, inner } => self.list(&name, inner, ctxt),
            Arg::Path(path) if Arg::word(&path).is_some() => {
                if let Some(word) = Arg::word(&path) {
                    self.flag(word, ctxt);
                }
            }
            other => ctxt.error(
                &other,
                format!("`{}` is not expected here", show(&other)),
                EXAMPLE,
            ),
        }
    }

    fn assign(&mut self, name: &Ident, value: TokenStream, ctxt: &Ctxt) {
        match unraw(name).as_str() {
            "label" => {
                if let Some(text) = text::text(name, &value, ctxt) {
                    self.label.set(text, "label", name, ctxt);
                }
            }
            "description" => {
                if let Some(text) = text::text(name, &value, ctxt) {
                    self.description.set(text, "description", name, ctxt);
                }
            }
            "key" => self.assigned_key(name, value, ctxt),
            "allow_case_variants" => ctxt.error(
                name,
                "`allow_case_variants` takes no value",
                "write `allow_case_variants`, or leave it out",
            ),
            PARENT => {
                if let Ok(parent) = syn::parse2::<LitStr>(value) {
                    self.parent.set(parent, PARENT, name, ctxt);
                }
            }
            known if ACCEPTED.contains(&known) => {
                attr::misshapen(name, Shape::Assigned, example(known), ctxt);
            }
            known if BELONGS_ON_ACTION.contains(&known) => {
                report_on_action(name, &format!("{known} = …"), ctxt);
            }
            _ => attr::unknown(name, "`#[upr::module]`", ACCEPTED, ctxt),
        }
    }

    /// `key = "users"` says what it means.
    fn assigned_key(&mut self, name: &Ident, value: TokenStream, ctxt: &Ctxt) {
        ctxt.error(
            name,
            "the key stands alone",
            format!("write `#[upr::module({})]`", show(&value)),
        );
        if let Ok(key) = syn::parse2::<LitStr>(value) {
            self.key.set(key, "key", name, ctxt);
        }
    }

    fn flag(&mut self, word: &Ident, ctxt: &Ctxt) {
        match unraw(word).as_str() {
            "crud" if self.crud.is_set() => self.crud.set((), "crud", word, ctxt),
            "crud" => {
                self.crud.set((), "crud", word, ctxt);
                let names = CRUD.map(|text| Name { text: text.to_owned(), span: word.span() });
                for name in names {
                    let action = ActionArgs::default().resolve(name, None, Kind::Crud, ctxt);
                    self.actions.push(action);
                }
            }
            "allow_case_variants" => {
                self.allow_case_variants.set((), "allow_case_variants", word, ctxt);
            }
            known if ACCEPTED.contains(&known) => {
                attr::misshapen(word, Shape::Bare, example(known), ctxt);
            }
            known if BELONGS_ON_ACTION.contains(&known) => report_on_action(word, known, ctxt),
            known if CRUD.contains(&known) => ctxt.error(
                word,
                format!("`{known}` is not expected here"),
                format!("it is part of `crud`: write `crud({known})`"),
            ),
            known if name::nearest(known, ACCEPTED.iter().copied()).is_none() => ctxt.error(
                word,
                format!("`{known}` is no argument of `#[upr::module]`"),
                if known.starts_with(char::is_uppercase) {
                    format!("the key stands in quotes: `\"{}\"`", name::snake_case(known))
                } else {
                    format!(
                        "as an action it stands in a list, `actions({known})`, and as the key in quotes, `\"{known}\"`; \
                         accepted are {}",
                        super::ctxt::list(ACCEPTED)
                    )
                },
            ),
            _ => attr::unknown(word, "`#[upr::module]`", ACCEPTED, ctxt),
        }
    }

    fn list(&mut self, name: &Ident, inner: TokenStream, ctxt: &Ctxt) {
        let is_repeated;
        let kind = match unraw(name).as_str() {
            "crud" => {
                is_repeated = self.crud.is_set();
                self.crud.set((), "crud", name, ctxt);
                Kind::Crud
            }
            "actions" => {
                is_repeated = self.listed.is_set();
                self.listed.set((), "actions", name, ctxt);
                Kind::Action
            }
            known if ACCEPTED.contains(&known) => {
                return attr::misshapen(name, Shape::Listed, example(known), ctxt);
            }
            _ => return attr::unknown(name, "`#[upr::module]`", ACCEPTED, ctxt),
        };
        if inner.is_empty() {
            ctxt.error(
                name,
                format!("`{name}` lists nothing"),
                format!("write `{}`", example(&unraw(name))),
            );
        }
        let entries = attr::arguments(
            inner,
            "write names: `actions(export, \"createTagBinding\")`",
            ctxt,
        );
        for entry in entries.list {
            let action = entry_action(entry, kind, ctxt);
            // What a list says that was reported as the second one is not reported once more.
            let is_known = |action: &Action| {
                is_repeated
                    && self
                        .actions
                        .iter()
                        .any(|known| known.name.text == action.name.text)
            };
            let action = action.filter(|action| !is_known(action));
            self.actions.extend(action);
        }
    }

    fn resolve(self, item: &ModuleItem, ctxt: &Ctxt) -> Module {
        let ident = item.ident().clone();
        let (written, key_span) = module_key(self.key.get(), self.parent.get(), &ident, ctxt);
        let has_key = written.is_some();
        let key = written.unwrap_or_else(stand_in);
        let docs = if self.description.is_set() {
            None
        } else {
            Text::from_docs(item.attrs(), ctxt)
        };
        let description = self
            .description
            .take()
            .or(docs)
            .unwrap_or_else(|| Text::known("", key_span));
        let label = self
            .label
            .take()
            .unwrap_or_else(|| Text::known(name::module_label(key.as_str()), key_span));
        Module {
            ident,
            key,
            key_span,
            has_key,
            label,
            description,
            allow_case_variants: self.allow_case_variants.is_set(),
            actions: self.actions,
        }
    }
}

/// One entry of `crud(…)` or `actions(…)`.
fn entry_action(entry: Arg, kind: Kind, ctxt: &Ctxt) -> Option<Action> {
    let (name, inner) = match entry {
        Arg::Text(text) => (
            Name {
                text: text.value(),
                span: text.span(),
            },
            TokenStream::new(),
        ),
        Arg::Entry { name, inner } => (
            Name {
                text: name.value(),
                span: name.span(),
            },
            inner,
        ),
        Arg::List { name, inner } => (
            Name {
                text: unraw(&name),
                span: name.span(),
            },
            inner,
        ),
        Arg::Path(path) if Arg::word(&path).is_some() => {
            let word = Arg::word(&path)?;
            (
                Name {
                    text: unraw(word),
                    span: word.span(),
                },
                TokenStream::new(),
            )
        }
        Arg::Assign { name, value } => {
            ctxt.error(
                &name,
                format!("`{name}` takes its arguments in brackets, and this is `=`"),
                format!("write, for example, `{name}(label = {})`", show(&value)),
            );
            (
                Name {
                    text: unraw(&name),
                    span: name.span(),
                },
                TokenStream::new(),
            )
        }
        other => {
            ctxt.error(
                &other,
                format!("`{}` is no name of an action", show(&other)),
                "write names, each with its own arguments: `actions(export, purge(label = \"…\"))`",
            );
            return None;
        }
    };
    if kind == Kind::Crud && !CRUD.contains(&name.text.as_str()) {
        ctxt.error_at(
            name.span,
            format!("`{}` is not part of `crud`", name.text),
            format!(
                "`crud` knows {}; put `{}` into `actions(…)`",
                super::ctxt::list(&CRUD),
                name.text
            ),
        );
        return None;
    }
    let args = ActionArgs::parse_entry(inner, ctxt);
    Some(args.resolve(name, None, kind, ctxt))
}

/// The key that was written, else the name in snake case; below its parent in the compact form.
fn module_key(
    key: Option<&LitStr>,
    parent: Option<&LitStr>,
    ident: &Ident,
    ctxt: &Ctxt,
) -> (Option<ModuleKey>, Span) {
    let (own, span) = match key {
        Some(key) => (key.value(), key.span()),
        None => (name::snake_case(&unraw(ident)), ident.span()),
    };
    let text = match parent {
        Some(parent) => format!("{}.{own}", parent.value()),
        None => own,
    };
    match ModuleKey::parse(&text) {
        Ok(key) => (Some(key), span),
        Err(error) => {
            let remedy = if key.is_some() {
                "write segments of ASCII letters, digits, `_` and `-`, joined by dots: `\"compute.instances\"`"
            } else {
                "write the key: `#[upr::module(\"users\")]`"
            };
            ctxt.error_at(span, error.to_string(), remedy);
            (None, span)
        }
    }
}

/// A key to go on with beside a reported one.
#[expect(clippy::expect_used, reason = "the text is ours and a test parses it")]
fn stand_in() -> ModuleKey {
    ModuleKey::parse("unnamed").expect("a valid key")
}

fn report_on_action(word: &Ident, written: &str, ctxt: &Ctxt) {
    ctxt.error(
        word,
        format!("`{}` is not expected here", unraw(word)),
        format!(
            "it belongs on an action: `#[upr::action(Users, {written})]` or `actions(export({written}))`"
        ),
    );
}

fn example(name: &str) -> &'static str {
    match name {
        "label" => "label = \"User accounts\"",
        "description" => "description = \"…\"",
        "crud" => "crud(view, create, update, delete)",
        "actions" => "actions(export, purge(label = \"…\"))",
        _ => "allow_case_variants",
    }
}
