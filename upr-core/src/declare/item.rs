//! The items that attributes stand on.

use std::fmt;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Meta, Path, Signature, Token, Type, Visibility};

use super::ctxt::Ctxt;

/// A function as far as upr must understand it: its body stays tokens.
#[derive(Clone)]
pub struct Function {
    /// Attributes that stand below upr's, doc comments among them.
    pub attrs: Vec<Attribute>,
    /// Who may name it.
    pub vis: Visibility,
    /// Everything up to the body.
    pub sig: Signature,
    /// The body with its braces.
    pub body: TokenStream,
}

/// Which attribute asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// `#[upr::action]`
    Action,
    /// `#[upr::requires]`
    Requires,
    /// `#[upr::public]`
    Public,
}

/// What `#[upr::module]` stands on.
#[derive(Clone)]
pub enum ModuleItem {
    /// A unit struct.
    Struct {
        /// Its attributes.
        attrs: Vec<Attribute>,
        /// Its name.
        ident: Ident,
    },
    /// An inline mod: the compact form.
    Mod {
        /// Its attributes.
        attrs: Vec<Attribute>,
        /// Who may name it.
        vis: Visibility,
        /// The keyword.
        mod_token: Token![mod],
        /// Its name.
        ident: Ident,
        /// What stands between the braces.
        content: TokenStream,
    },
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Action => "#[upr::action]",
            Self::Requires => "#[upr::requires]",
            Self::Public => "#[upr::public]",
        })
    }
}

impl Guard {
    /// The guard that an attribute's path means.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let is_ours = path.segments.len() == 1
            || path
                .segments
                .first()
                .is_some_and(|first| first.ident == "upr");
        let last = path.segments.last().filter(|_| is_ours)?;
        Self::named(&last.ident)
    }

    /// The guard that a path's last segment names.
    pub(super) fn named(ident: &Ident) -> Option<Self> {
        [
            ("action", Self::Action),
            ("requires", Self::Requires),
            ("public", Self::Public),
        ]
        .into_iter()
        .find_map(|(name, guard)| (ident == name).then_some(guard))
    }
}

impl Function {
    /// The function that `guard` stands on; anything else is reported.
    pub fn parse(item: &TokenStream, guard: Guard, ctxt: &Ctxt) -> Option<Self> {
        match syn::parse2::<Self>(item.clone()) {
            Ok(function) => Some(function),
            Err(_) => {
                report_misplaced(item, &guard.to_string(), "a free function", ctxt);
                None
            }
        }
    }

    /// The name, without `r#`.
    #[must_use]
    pub fn name(&self) -> String {
        super::ctxt::unraw(&self.sig.ident)
    }

    /// Whether it can be seen to belong to a type: it takes `self` or names `Self`.
    #[must_use]
    pub fn is_associated(&self) -> bool {
        self.sig.receiver().is_some() || find_self(self.sig.to_token_stream()).is_some()
    }

    /// Whether a parameter can be added.
    #[must_use]
    pub fn can_be_guarded(&self) -> bool {
        self.unguardable().is_none() && self.sig.receiver().is_none()
    }

    /// Whether the author wrote `upr::Public` as the first parameter.
    #[must_use]
    pub fn has_own_public(&self) -> bool {
        let Some(FnArg::Typed(first)) = self.sig.inputs.first() else {
            return false;
        };
        matches!(&*first.ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Public"))
    }

    /// Leaves out upr's other attributes, which were reported: one mistake gives one message.
    pub fn strip_guards(&mut self) {
        self.attrs
            .retain(|attribute| Guard::of(attribute.path()).is_none());
    }

    /// Why no parameter can be added, in words; `None` when one can.
    pub(super) fn unguardable(&self) -> Option<(&'static str, Span)> {
        let sig = &self.sig;
        if let Some(token) = &sig.constness {
            return Some(("a `const` function", token.span));
        }
        if let Some(abi) = &sig.abi {
            return Some(("an `extern` function", abi.extern_token.span));
        }
        (sig.ident == "main").then(|| ("`main`", sig.ident.span()))
    }

    /// The position of the first parameter that is a proof, with its type.
    ///
    /// One that stands under a condition is none: where it is compiled out, nothing would be checked.
    #[must_use]
    pub fn own_proof(&self) -> Option<(usize, &Type)> {
        self.sig
            .inputs
            .iter()
            .enumerate()
            .find_map(|(position, input)| match input {
                FnArg::Typed(input) if is_proof(&input.ty) && !is_conditional(&input.attrs) => {
                    Some((position, &*input.ty))
                }
                _ => None,
            })
    }
}

/// The first `Self` in a signature.
pub(super) fn find_self(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => Some(ident),
        TokenTree::Group(group) => find_self(group.stream()),
        _ => None,
    })
}

/// Whether what the attributes stand on may be compiled out.
fn is_conditional(attrs: &[Attribute]) -> bool {
    attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr"))
}

/// Whether a type is written `granted!(…)` or `Granted<…>`.
fn is_proof(ty: &Type) -> bool {
    let path = match ty {
        Type::Macro(invocation) => &invocation.mac.path,
        Type::Path(path) => &path.path,
        _ => return false,
    };
    let name = if matches!(ty, Type::Macro(_)) {
        "granted"
    } else {
        "Granted"
    };
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

/// Whether a group is a block, perhaps as `macro_rules!` hands on what it took for `$body:block`.
fn is_body(group: &Group) -> bool {
    let mut inside = group.stream().into_iter();
    match group.delimiter() {
        Delimiter::Brace => true,
        Delimiter::None => matches!(
            (inside.next(), inside.next()),
            (Some(TokenTree::Group(inner)), None) if is_body(&inner)
        ),
        Delimiter::Parenthesis | Delimiter::Bracket => false,
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let body = input.step(|cursor| match cursor.token_tree() {
            Some((TokenTree::Group(group), rest)) if is_body(&group) => {
                Ok((TokenTree::Group(group).into(), rest))
            }
            _ => Err(cursor.error("expected a body")),
        })?;
        Ok(Self {
            attrs,
            vis,
            sig,
            body,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            body,
        } = self;
        tokens.append_all(attrs);
        vis.to_tokens(tokens);
        sig.to_tokens(tokens);
        body.to_tokens(tokens);
    }
}

impl ModuleItem {
    /// The struct or mod that `#[upr::module]` stands on; anything else is reported.
    pub fn parse(item: &TokenStream, ctxt: &Ctxt) -> Option<Self> {
        match syn::parse2::<Self>(item.clone()) {
            Ok(item) => Some(item),
            Err(_) => {
                report_misplaced_module(item, ctxt);
                None
            }
        }
    }

    /// The name of the struct or mod.
    #[must_use]
    pub fn ident(&self) -> &Ident {
        match self {
            Self::Struct { ident, .. } | Self::Mod { ident, .. } => ident,
        }
    }

    pub(super) fn attrs(&self) -> &[Attribute] {
        match self {
            Self::Struct { attrs, .. } | Self::Mod { attrs, .. } => attrs,
        }
    }
}

impl Parse for ModuleItem {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![struct]) {
            input.parse::<Token![struct]>()?;
            let ident = input.parse()?;
            input.parse::<Token![;]>()?;
            return Ok(Self::Struct { attrs, ident });
        }
        let mod_token = input.parse()?;
        let ident = input.parse()?;
        let group: Group = input.parse()?;
        Ok(Self::Mod {
            attrs,
            vis,
            mod_token,
            ident,
            content: group.stream(),
        })
    }
}

/// What an item is, from its first keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Noun {
    Fn,
    Struct,
    Mod,
    Impl,
    Other(&'static str),
}

impl Noun {
    /// The keyword that decides, skipping attributes, visibility and qualifiers.
    fn of(item: &TokenStream) -> Option<(Self, Span)> {
        item.clone().into_iter().find_map(|token| {
            let TokenTree::Ident(ident) = token else {
                return None;
            };
            let noun = match ident.to_string().as_str() {
                "fn" => Self::Fn,
                "struct" => Self::Struct,
                "mod" => Self::Mod,
                "impl" => Self::Impl,
                "enum" => Self::Other("an enum"),
                "union" => Self::Other("a union"),
                "trait" => Self::Other("a trait"),
                "static" => Self::Other("a static"),
                "type" => Self::Other("a type alias"),
                "use" => Self::Other("an import"),
                "macro_rules" => Self::Other("a macro"),
                _ => return None,
            };
            Some((noun, ident.span()))
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Fn => "a function without a body",
            Self::Struct => "a struct",
            Self::Mod => "a mod",
            Self::Impl => "an impl block",
            Self::Other(words) => words,
        }
    }
}

fn report_misplaced(item: &TokenStream, attribute: &str, wanted: &str, ctxt: &Ctxt) {
    let (words, span) = match Noun::of(item) {
        Some((noun, span)) => (noun.words(), span),
        None => ("something else", Span::call_site()),
    };
    let remedy = match Noun::of(item) {
        Some((Noun::Struct | Noun::Mod, _)) => {
            "a module is declared with `#[upr::module]`; its actions stand on functions".to_owned()
        }
        Some((Noun::Impl, _)) => {
            "put it on free functions; inside a method ask with `access.require(…)`".to_owned()
        }
        _ => format!("put it on {wanted}"),
    };
    ctxt.error_at(
        span,
        format!("`{attribute}` stands on {wanted}, and this is {words}"),
        remedy,
    );
}

fn report_misplaced_module(item: &TokenStream, ctxt: &Ctxt) {
    let (words, span, remedy) = match Noun::of(item) {
        Some((Noun::Struct, span)) => (
            "a struct with fields or generics",
            span,
            "write a unit struct, `pub struct Users;`; it only names the module",
        ),
        Some((Noun::Mod, span)) => (
            "a mod in a file of its own",
            span,
            "write a unit struct in that file, `#[upr::module] pub struct Users;`, or the mod with its body here",
        ),
        Some((Noun::Fn, span)) => (
            "a function",
            span,
            "a function declares an action: `#[upr::action(Users)]`",
        ),
        other => (
            other.map_or("something else", |(noun, _)| noun.words()),
            other.map_or_else(Span::call_site, |(_, span)| span),
            "write a unit struct, `pub struct Users;`, or the compact form, `pub mod users { … }`",
        ),
    };
    ctxt.error_at(
        span,
        format!("`#[upr::module]` stands on a unit struct or an inline mod, and this is {words}"),
        remedy,
    );
}

/// The attribute's meta and, inside `cfg_attr`, those it stands for.
pub(crate) fn metas(attribute: &Attribute) -> Vec<Meta> {
    if !attribute.path().is_ident("cfg_attr") {
        return vec![attribute.meta.clone()];
    }
    let Meta::List(list) = &attribute.meta else {
        return Vec::new();
    };
    let pieces = super::attr::split(list.tokens.clone());
    pieces
        .into_iter()
        .skip(1)
        .filter_map(|piece| syn::parse2(piece).ok())
        .collect()
}
