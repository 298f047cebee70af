//! The arguments of an action: on a handler, and in `crud(…)` and `actions(…)`.

use proc_macro2::{Ident, Span, TokenStream};
use semver::Version;
use syn::{LitStr, Path};

use super::attr::{self, Arg, Arguments, Once, Shape};
use super::ctxt::{Ctxt, unraw};
use super::item::{Function, Guard};
use super::model::{Action, Deprecation, Kind, Name, Package};
use super::show::show;
use super::text::{self, Text};
use super::validate;
use crate::name;

/// What an action may say, wherever it is declared.
const ACCEPTED: &[&str] = &[
    "label",
    "description",
    "deprecated",
    "since",
    "remove_in",
    "replaced_by",
    "critical",
    "unguarded",
    "const",
];

const HANDLER_EXAMPLE: &str =
    "write `#[upr::action(Users)]`, or with more: `#[upr::action(Users, label = \"…\")]`";

/// The arguments of `#[upr::action]` on a function.
pub struct HandlerArgs {
    /// The module's struct; missing only where a reported mistake leaves nothing to declare.
    pub module: Option<Path>,
    /// What is declared.
    pub action: Action,
}

/// The arguments of `#[upr::public]`.
pub struct PublicArgs {
    /// Why nobody is asked.
    pub reason: Option<LitStr>,
}

impl HandlerArgs {
    /// Reads the arguments for `function` and checks both.
    pub fn parse(
        arguments: TokenStream,
        function: &Function,
        package: &Package,
        ctxt: &Ctxt,
    ) -> Self {
        let mut args = ActionArgs::default();
        let mut module = Once::default();
        let mut own_name = Once::default();
        let Arguments { list, is_whole } = attr::arguments(arguments, HANDLER_EXAMPLE, ctxt);
        // After a mistake in its place, the module is not called missing.
        let mut is_misnamed = !is_whole;
        for argument in list {
            match argument {
                Arg::Text(text) => own_name.set(text.clone(), "name", &text, ctxt),
                Arg::Glob(path, star) if !module.is_set() => {
                    report_glob(&path, &star, ctxt);
                    module.set(path.clone(), "module", &path, ctxt);
                }
                Arg::Assign { name, value } if name == "module" && !module.is_set() => {
                    report_assigned_module(&name, &value, ctxt);
                    is_misnamed = true;
                    if let Ok(path) = syn::parse2::<Path>(value) {
                        module.set(path, "module", &name, ctxt);
                    }
                }
                Arg::Path(path) => match Arg::word(&path).filter(|word| is_argument(word)).cloned() {
                    Some(word) if !module.is_set() && !is_misnamed && !is_near(&word) => {
                        is_misnamed = true;
                        report_no_module(&word, ctxt);
                    }
                    Some(word) => args.flag(&word, Some(&word), ctxt),
                    None if is_constant(&path) => {
                        is_misnamed = true;
                        report_constant(&path, ctxt);
                    }
                    None if module.is_set() => ctxt.error(
                        &path,
                        format!("`{}` is not expected here: the module is named already", show(&path)),
                        "name one module; in the compact form it is the mod that the function stands in",
                    ),
                    None => module.set(path.clone(), "module", &path, ctxt),
                },
                other => args.other(other, "`#[upr::action]`", ctxt),
            }
        }
        if !module.is_set() && !is_misnamed {
            ctxt.error_at(
                Span::call_site(),
                format!("the module of `{}` is missing", function.name()),
                HANDLER_EXAMPLE,
            );
        }
        let name = match own_name.take() {
            Some(text) => Name {
                text: text.value(),
                span: text.span(),
            },
            None => Name {
                text: function.name(),
                span: function.sig.ident.span(),
            },
        };
        let docs = if args.description.is_set() {
            None
        } else {
            Text::from_docs(&function.attrs, ctxt)
        };
        let action = args.resolve(name, docs, Kind::Action, ctxt);
        let is_named = validate::action_name(&action.name, ctxt);
        validate::not_overdue(&action, package, ctxt);
        validate::guarded(function, Guard::Action, action.unguarded, ctxt);
        Self {
            module: module.take().filter(|_| is_named),
            action,
        }
    }
}

impl HandlerArgs {
    /// Whether arguments of an attribute that may be another crate's are an action's: each is one that actions take.
    pub(super) fn are_ours(arguments: TokenStream, scratch: &Ctxt) -> bool {
        let Arguments { list, is_whole } = attr::arguments(arguments, HANDLER_EXAMPLE, scratch);
        is_whole
            && list.iter().all(|argument| match argument {
                Arg::Text(text) => validate::action_name(
                    &Name {
                        text: text.value(),
                        span: text.span(),
                    },
                    scratch,
                ),
                Arg::Path(path) => match Arg::word(path) {
                    Some(word) => ACCEPTED.contains(&unraw(word).as_str()) || !is_argument(word),
                    None => !is_constant(path),
                },
                Arg::Assign { name, .. } => ACCEPTED.contains(&unraw(name).as_str()),
                _ => false,
            })
    }
}

impl PublicArgs {
    /// Reads the arguments.
    pub fn parse(arguments: TokenStream, function: &Function, ctxt: &Ctxt) -> Self {
        const EXAMPLE: &str = "write `#[upr::public]` or `#[upr::public(\"reason\")]`";
        let mut reason = Once::default();
        for argument in attr::arguments(arguments, EXAMPLE, ctxt).list {
            match argument {
                Arg::Text(text) if text.value().trim().is_empty() => {
                    ctxt.error(
                        &text,
                        "the reason is empty",
                        "write a reason, or leave it out",
                    );
                }
                Arg::Text(text) => reason.set(text.clone(), "reason", &text, ctxt),
                Arg::Assign { name, value }
                    if name == "reason" && syn::parse2::<LitStr>(value.clone()).is_ok() =>
                {
                    ctxt.error(
                        &name,
                        "the reason stands alone",
                        format!("write `#[upr::public({})]`", show(&value)),
                    );
                }
                other => ctxt.error(
                    &other,
                    "`#[upr::public]` takes a reason in quotes and nothing else",
                    EXAMPLE,
                ),
            }
        }
        validate::guarded(function, Guard::Public, false, ctxt);
        Self {
            reason: reason.take(),
        }
    }
}

/// Arguments as written, before they are brought together.
#[derive(Default)]
pub(super) struct ActionArgs {
    label: Once<Text>,
    description: Once<Text>,
    deprecated: Once<(Ident, Text)>,
    /// Whether `deprecated` was said in any shape: then the other parts do not stand without it.
    says_deprecated: bool,
    since: Once<(Ident, Option<Version>)>,
    remove_in: Once<(Ident, Option<Version>)>,
    replaced_by: Once<(Ident, Option<Path>)>,
    critical: Once<()>,
    unguarded: Once<()>,
    constant: Once<Ident>,
}

impl ActionArgs {
    /// The arguments of one entry of `crud(…)` or `actions(…)`.
    pub(super) fn parse_entry(inner: TokenStream, ctxt: &Ctxt) -> Self {
        let mut args = Self::default();
        let arguments = attr::arguments(inner, "write, for example, `export(label = \"…\")`", ctxt);
        for argument in arguments.list {
            match argument {
                Arg::Path(path) => match Arg::word(&path).cloned() {
                    Some(word) => args.flag(&word, None, ctxt),
                    None => ctxt.error(
                        &path,
                        format!("`{}` is not expected here", show(&path)),
                        "an entry belongs to the module that its attribute stands on",
                    ),
                },
                other => args.other(other, "an action", ctxt),
            }
        }
        args
    }

    /// A lone word; `name` where it may be meant as the action's name.
    fn flag(&mut self, word: &Ident, name: Option<&Ident>, ctxt: &Ctxt) {
        self.says_deprecated |= word == "deprecated";
        match unraw(word).as_str() {
            "critical" => self.critical.set((), "critical", word, ctxt),
            "unguarded" => self.unguarded.set((), "unguarded", word, ctxt),
            known if ACCEPTED.contains(&known) => {
                attr::misshapen(word, Shape::Bare, example(known), ctxt);
            }
            known if belongs_on_module(known) => report_on_module(word, ctxt),
            unknown => match name.filter(|_| !is_near(word)) {
                Some(name) => ctxt.error(
                    name,
                    format!("`{unknown}` is no argument of an action"),
                    format!(
                        "a name of its own is a text, `\"{unknown}\"`; accepted are {}",
                        super::ctxt::list(ACCEPTED)
                    ),
                ),
                None => attr::unknown(word, "an action", ACCEPTED, ctxt),
            },
        }
    }

    /// Anything but a lone word or a path.
    fn other(&mut self, argument: Arg, what: &str, ctxt: &Ctxt) {
        match argument {
            Arg::Assign { name, value } => self.assign(&name, &value, what, ctxt),
            Arg::List { name, .. } => {
                let known = unraw(&name);
                self.says_deprecated |= known == "deprecated";
                if belongs_on_module(&known) {
                    report_on_module(&name, ctxt);
                } else if ACCEPTED.contains(&known.as_str()) {
                    attr::misshapen(&name, Shape::Listed, example(&known), ctxt);
                } else {
                    attr::unknown(&name, what, ACCEPTED, ctxt);
                }
            }
            other => ctxt.error(
                &other,
                format!("`{}` is not expected here", show(&other)),
                format!("accepted are {}", super::ctxt::list(ACCEPTED)),
            ),
        }
    }

    fn assign(&mut self, name: &Ident, value: &TokenStream, what: &str, ctxt: &Ctxt) {
        match unraw(name).as_str() {
            "label" => {
                if let Some(text) = text::text(name, value, ctxt) {
                    self.label.set(text, "label", name, ctxt);
                }
            }
            "description" => {
                if let Some(text) = text::text(name, value, ctxt) {
                    self.description.set(text, "description", name, ctxt);
                }
            }
            "deprecated" => {
                self.says_deprecated = true;
                if let Some(text) = text::text(name, value, ctxt) {
                    self.deprecated
                        .set((name.clone(), text), "deprecated", name, ctxt);
                }
            }
            "since" => self.since.set(
                (name.clone(), version(name, value, ctxt)),
                "since",
                name,
                ctxt,
            ),
            "remove_in" => {
                self.remove_in.set(
                    (name.clone(), version(name, value, ctxt)),
                    "remove_in",
                    name,
                    ctxt,
                );
            }
            "replaced_by" => {
                let path = attr::value(name, value, "the constant of a permission", example("replaced_by"), ctxt)
                    .filter(|path| validate::permission(path, ctxt));
                self.replaced_by
                    .set((name.clone(), path), "replaced_by", name, ctxt);
            }
            "const" => {
                if let Some(constant) = attr::value(name, value, "a name", example("const"), ctxt) {
                    self.constant.set(constant, "const", name, ctxt);
                }
            }
            "critical" | "unguarded" => {
                let word = unraw(name);
                ctxt.error(
                    name,
                    format!("`{word}` takes no value"),
                    format!("write `{word}`, or leave it out"),
                );
            }
            known if belongs_on_module(known) => report_on_module(name, ctxt),
            "name" | "key" => ctxt.error(
                name,
                "the name stands alone",
                "write it as a text: `#[upr::action(Users, \"reset_password\")]`, `actions(\"reset_password\")`",
            ),
            _ => attr::unknown(name, what, ACCEPTED, ctxt),
        }
    }

    /// Brings the arguments together. `docs` is the description for want of an argument.
    pub(super) fn resolve(self, name: Name, docs: Option<Text>, kind: Kind, ctxt: &Ctxt) -> Action {
        let deprecation = self.deprecation(ctxt);
        let own = self.constant.take();
        if let Some(constant) = &own {
            validate::constant(constant, ctxt);
        }
        let has_own_constant = own.is_some();
        let constant = own.unwrap_or_else(|| Ident::new(&constant_text(&name.text), name.span));
        let label = self
            .label
            .take()
            .unwrap_or_else(|| Text::known(name::label(&name.text), name.span));
        let description = self
            .description
            .take()
            .or(docs)
            .unwrap_or_else(|| Text::known("", name.span));
        Action {
            constant,
            has_own_constant,
            label,
            description,
            kind,
            critical: self.critical.is_set(),
            unguarded: self.unguarded.is_set(),
            deprecation,
            name,
        }
    }

    /// What was said about the end; parts that hang in the air are reported.
    fn deprecation(&self, ctxt: &Ctxt) -> Option<Deprecation> {
        let since = self.since.get().and_then(|(_, version)| version.clone());
        let remove_in = self.remove_in.get();
        if let (Some(since), Some((word, Some(remove_in)))) = (&since, remove_in) {
            validate::removal_follows(since, remove_in, word, ctxt);
        }
        let Some((word, text)) = self.deprecated.get() else {
            if self.says_deprecated {
                return None;
            }
            for word in [
                self.since.get().map(|(word, _)| word),
                self.remove_in.get().map(|(word, _)| word),
                self.replaced_by.get().map(|(word, _)| word),
            ]
            .into_iter()
            .flatten()
            {
                ctxt.error(
                    word,
                    format!("`{word}` stands without `deprecated`"),
                    "add the reason: `deprecated = \"use `update` instead\"`",
                );
            }
            return None;
        };
        let message = text.as_known().unwrap_or_else(|| {
            ctxt.error(
                word,
                "the reason of a deprecation cannot stand in a file",
                "write it as a literal: rustc shows it at every use",
            );
            String::new()
        });
        Some(Deprecation {
            message,
            since,
            remove_in: remove_in.and_then(|(_, version)| version.clone()),
            replaced_by: self.replaced_by.get().and_then(|(_, path)| path.clone()),
        })
    }
}

/// A lone word that is an argument rather than a module: structs start with a capital.
fn is_argument(word: &Ident) -> bool {
    let text = unraw(word);
    ACCEPTED.contains(&text.as_str()) || text.starts_with(|first: char| first.is_lowercase())
}

/// Whether a word can be taken for an argument, perhaps a misspelt one, or for one of the module's.
fn is_near(word: &Ident) -> bool {
    let text = unraw(word);
    belongs_on_module(&text) || name::nearest(&text, ACCEPTED.iter().copied()).is_some()
}

/// A path through a type to a name in capitals, `Users::VIEW`: no module stands there, and constants do.
fn is_constant(path: &Path) -> bool {
    let mut names = path
        .segments
        .iter()
        .rev()
        .map(|segment| unraw(&segment.ident));
    let is_upper = names
        .next()
        .is_some_and(|name| !name.contains(char::is_lowercase));
    let owner = names.next();
    is_upper && owner.is_some_and(|owner| owner.starts_with(char::is_uppercase))
}

fn report_constant(path: &Path, ctxt: &Ctxt) {
    let constant = show(path);
    let module = constant
        .rsplit_once("::")
        .map_or("Users", |(module, _)| module);
    ctxt.error(
        path,
        format!("`{constant}` is a permission, and `#[upr::action]` declares a new one"),
        format!(
            "guard with it: `#[upr::requires({constant})]`; or declare one: `#[upr::action({module})]`"
        ),
    );
}

/// `Users::*`: what `requires` and roles take, or a slip.
fn report_glob(path: &Path, star: &impl quote::ToTokens, ctxt: &Ctxt) {
    let module = show(path);
    ctxt.error(
        star,
        "an action is declared in a module, and this names all that the module has",
        format!("name the module alone: `#[upr::action({module})]`"),
    );
}

fn report_assigned_module(name: &Ident, value: &TokenStream, ctxt: &Ctxt) {
    ctxt.error(
        name,
        "the module stands alone",
        format!("write `#[upr::action({})]`", show(value)),
    );
}

fn report_no_module(word: &Ident, ctxt: &Ctxt) {
    ctxt.error(
        word,
        format!("`{word}` is neither a module nor an argument of `#[upr::action]`"),
        format!("name the module's struct: `Users`, or `{word}::Permissions` where `{word}` is a compact module"),
    );
}

fn belongs_on_module(word: &str) -> bool {
    matches!(word, "crud" | "actions" | "allow_case_variants")
}

fn report_on_module(word: &Ident, ctxt: &Ctxt) {
    ctxt.error(
        word,
        format!("`{word}` is not expected here"),
        format!("`{word}` belongs on the module: `#[upr::module({word}…)]`"),
    );
}

fn example(name: &str) -> &'static str {
    match name {
        "label" => "label = \"Reset password\"",
        "description" => "description = \"…\"",
        "deprecated" => "deprecated = \"use `update` instead\", since = \"1.1.0\"",
        "since" => "since = \"1.1.0\"",
        "remove_in" => "remove_in = \"2.0.0\"",
        "replaced_by" => "replaced_by = Users::UPDATE",
        "const" => "const = NAME",
        "critical" => "critical",
        _ => "unguarded",
    }
}

fn version(name: &Ident, value: &TokenStream, ctxt: &Ctxt) -> Option<Version> {
    let word = unraw(name);
    let literal: LitStr = attr::value(name, value, "a version in quotes", example(&word), ctxt)?;
    let text = literal.value();
    match Version::parse(&text) {
        Ok(version) => Some(version),
        Err(_) => {
            ctxt.error(
                &literal,
                format!("`{text}` is no version"),
                "write a SemVer version of three numbers, such as `\"1.1.0\"`",
            );
            None
        }
    }
}

/// The constant for a name; one that is no identifier was or will be reported and gets a stand-in.
fn constant_text(name: &str) -> String {
    let constant = name::constant_name(name);
    let is_identifier = constant.starts_with(|first: char| first.is_ascii_alphabetic())
        && constant
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_identifier {
        constant
    } else {
        "UNNAMED".to_owned()
    }
}
