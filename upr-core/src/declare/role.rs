//! `upr::role!`: a role defined in code.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitStr, Path, Token, Visibility};

use super::attr::{self, Arg, Once, Shape};
use super::ctxt::{Ctxt, list, unraw};
use super::show::show;
use super::text::{self, Text};
use super::validate;
use crate::catalog::RoleMode;
use crate::key::RoleKey;
use crate::name::{label, nearest};

const WORDS: &[&str] = &["label", "seeded", "managed", "all"];
const EXAMPLE: &str =
    "write, for example, `upr::role!(pub SUPPORT = \"support\", seeded, Users::VIEW, Tickets::*)`";

/// A role defined in code.
#[derive(Clone)]
pub struct Role {
    /// Attributes of the constant, doc comments among them.
    pub attrs: Vec<Attribute>,
    /// Who may name the constant.
    pub vis: Visibility,
    /// The constant.
    pub ident: Ident,
    /// The key, checked.
    pub key: RoleKey,
    /// The short text for people.
    pub label: Text,
    /// Who decides what it holds.
    pub mode: RoleMode,
    /// Whether it holds everything.
    pub all: bool,
    /// What it holds.
    pub members: Vec<Member>,
}

/// What a role holds.
#[derive(Clone)]
pub enum Member {
    /// A permission's constant.
    Permission(Path),
    /// A whole module, by its struct.
    Module(Path),
}

struct Head {
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    key: LitStr,
    rest: TokenStream,
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let missing = |what: &str| input.error(what);
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![const]) {
            return Err(missing("`const` is not written in front of a role"));
        }
        let ident = input
            .parse()
            .map_err(|_| missing("the constant of the role is missing"))?;
        input
            .parse::<Token![=]>()
            .map_err(|_| missing("`=` and the key of the role are missing"))?;
        let key = input
            .parse()
            .map_err(|_| missing("the key of a role is a text in quotes"))?;
        if !input.is_empty() {
            input
                .parse::<Token![,]>()
                .map_err(|_| missing("a comma is missing behind the key"))?;
        }
        let rest = input.parse()?;
        Ok(Self {
            attrs,
            vis,
            ident,
            key,
            rest,
        })
    }
}

impl Role {
    /// Reads the input of `upr::role!`.
    pub fn parse(tokens: TokenStream, ctxt: &Ctxt) -> Option<Self> {
        let head = match syn::parse2::<Head>(tokens) {
            Ok(head) => head,
            Err(error) => {
                // At the end of the input syn puts a sentence of its own in front.
                let text = error.to_string();
                let text = text
                    .rsplit("unexpected end of input, ")
                    .next()
                    .unwrap_or_default();
                ctxt.error_at(error.span(), text, EXAMPLE);
                return None;
            }
        };
        let mut body = Body::default();
        let arguments = attr::arguments(head.rest, EXAMPLE, ctxt);
        body.is_unclear = !arguments.is_whole;
        for argument in arguments.list {
            body.take(argument, ctxt);
        }
        body.finish(head.attrs, head.vis, head.ident, &head.key, ctxt)
    }
}

#[derive(Default)]
struct Body {
    label: Once<Text>,
    mode: Once<RoleMode>,
    all: Once<Span>,
    members: Vec<Member>,
    /// Whether something was reported that may have been meant as a mode or a member: then neither is missing.
    is_unclear: bool,
}

impl Body {
    fn take(&mut self, argument: Arg, ctxt: &Ctxt) {
        match argument {
            Arg::Assign { name, value } if name == "label" => {
                if let Some(text) = text::text(&name, &value, ctxt) {
                    self.label.set(text, "label", &name, ctxt);
                }
            }
            Arg::Assign { name, value } => self.assigned(&name, &value, ctxt),
            Arg::List { name, inner } => self.listed(&name, &inner, ctxt),
            Arg::Glob(path, _) => self.members.push(Member::Module(path)),
            Arg::Path(path) => match Arg::word(&path).cloned() {
                Some(word) => self.word(path, &word, ctxt),
                None => self.permission(path, ctxt),
            },
            other => {
                self.is_unclear = true;
                ctxt.error(
                    &other,
                    "a role holds constants, not keys",
                    "name the constant, `Users::VIEW`, or the whole module, `Users::*`",
                );
            }
        }
    }

    fn word(&mut self, path: Path, word: &Ident, ctxt: &Ctxt) {
        match unraw(word).as_str() {
            "seeded" => self.mode(RoleMode::Seeded, word, ctxt),
            "managed" => self.mode(RoleMode::Managed, word, ctxt),
            "all" => self.all.set(word.span(), "all", word, ctxt),
            "label" => attr::misshapen(word, Shape::Bare, "label = \"Support\"", ctxt),
            text if text.starts_with(|first: char| first.is_lowercase()) => {
                self.is_unclear = true;
                unknown(word, ctxt);
            }
            _ => self.permission(path, ctxt),
        }
    }

    /// A permission's constant; a module's name alone holds nothing.
    fn permission(&mut self, path: Path, ctxt: &Ctxt) {
        let name = path.segments.last().map(|segment| unraw(&segment.ident));
        let is_module = |name: &String| {
            name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
        };
        if name.as_ref().is_some_and(is_module) {
            let module = show(&path);
            ctxt.error(
                &path,
                format!("`{module}` names a module and not what the role holds of it"),
                format!("write `{module}::*` for all of it, or single permissions, such as `{module}::VIEW`"),
            );
            self.members.push(Member::Module(path));
        } else if validate::permission(&path, ctxt) {
            self.members.push(Member::Permission(path));
        } else {
            self.is_unclear = true;
        }
    }

    /// `mode = "seeded"`, `permissions = […]` and the like.
    fn assigned(&mut self, name: &Ident, value: &TokenStream, ctxt: &Ctxt) {
        self.is_unclear = true;
        let text = unraw(name);
        match text.as_str() {
            "seeded" | "managed" | "all" => ctxt.error(
                name,
                format!("`{text}` takes no value"),
                format!("write `{text}`"),
            ),
            "mode" => ctxt.error(name, "the mode stands alone", "write `seeded` or `managed`"),
            "permissions" | "modules" | "members" => ctxt.error(
                name,
                "what a role holds stands alone",
                "write the constants one after the other: `Users::VIEW, Tickets::*`",
            ),
            _ => unknown(name, ctxt),
        }
        if value.is_empty() {
            return;
        }
        let mode = value.to_string();
        match mode.trim_matches('"') {
            "seeded" => self.mode(RoleMode::Seeded, name, ctxt),
            "managed" => self.mode(RoleMode::Managed, name, ctxt),
            _ => {}
        }
    }

    /// `any(…)`: a role adds up.
    fn listed(&mut self, name: &Ident, inner: &TokenStream, ctxt: &Ctxt) {
        self.is_unclear = true;
        if name != "any" && name != "all" {
            return unknown(name, ctxt);
        }
        ctxt.error(
            name,
            format!("`{name}(…)` is no member: a role holds each of its permissions"),
            format!("write `{}`", show(inner)),
        );
    }

    fn mode(&mut self, mode: RoleMode, word: &Ident, ctxt: &Ctxt) {
        if self.mode.get().is_some_and(|other| *other != mode) {
            ctxt.error(
                word,
                "a role is `seeded` or `managed`, not both",
                "`managed`: the code decides what it holds; `seeded`: people may change it in the store",
            );
        } else {
            self.mode.set(mode, mode.as_str(), word, ctxt);
        }
    }

    fn finish(
        self,
        attrs: Vec<Attribute>,
        vis: Visibility,
        ident: Ident,
        key: &LitStr,
        ctxt: &Ctxt,
    ) -> Option<Role> {
        if !self.mode.is_set() && !self.is_unclear {
            ctxt.error(
                &ident,
                format!("`{ident}` does not say who decides what it holds"),
                "add `managed` (the code does) or `seeded` (the code proposes, people may change it in the store)",
            );
        }
        match (self.all.get(), self.members.is_empty()) {
            (Some(span), false) => ctxt.error_at(
                *span,
                "`all` stands beside single permissions",
                "keep `all`, which holds everything, or the list",
            ),
            (None, true) if ctxt.is_clean() && !self.is_unclear => ctxt.error(
                &ident,
                format!("`{ident}` holds nothing"),
                "add constants (`Users::VIEW`), whole modules (`Users::*`), or `all`",
            ),
            _ => {}
        }
        let parsed = match RoleKey::parse(&key.value()) {
            Ok(key) => key,
            Err(error) => {
                ctxt.error(key, error.to_string(), "write a key such as `\"support\"`");
                return None;
            }
        };
        let own = parsed.as_str().rsplit('.').next().unwrap_or_default();
        let label = self
            .label
            .take()
            .unwrap_or_else(|| Text::known(label(own), key.span()));
        Some(Role {
            attrs,
            vis,
            ident,
            label,
            mode: self.mode.take().unwrap_or(RoleMode::Seeded),
            all: self.all.is_set(),
            members: self.members,
            key: parsed,
        })
    }
}

fn unknown(word: &Ident, ctxt: &Ctxt) {
    let text = unraw(word);
    let remedy = match nearest(&text, WORDS.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("beside permissions, a role takes {}", list(WORDS)),
    };
    ctxt.error(word, format!("`{text}` is no argument of a role"), remedy);
}
