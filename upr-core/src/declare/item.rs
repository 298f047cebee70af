//! The items that attributes stand on.

use std::fmt;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, LitStr, Meta, Signature, Token, Type, Visibility};

use super::action::HandlerArgs;
use super::ctxt::Ctxt;
use super::expression::Expression;
use super::misplaced;

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
        /// All of it, as it was written.
        item: TokenStream,
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
    /// A type that is no unit struct, which was reported: what names it is not wrong for that.
    Misshapen {
        /// Its attributes.
        attrs: Vec<Attribute>,
        /// Its name.
        ident: Ident,
        /// All of it, as it was written.
        item: TokenStream,
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
    /// The guard that an attribute means; `None` where it may well be another crate's.
    ///
    /// With `upr` in front it is ours. A name alone, or behind another path, may be imported or renamed, so there it is ours
    /// when its arguments are: `#[requires(Users::VIEW)]`, and not `#[requires(amount > 0)]`.
    pub(super) fn of(meta: &Meta) -> Option<Self> {
        let path = meta.path();
        let guard = Self::named(&path.segments.last()?.ident)?;
        let is_plain = path.segments.first()?.ident == "upr" && path.segments.len() > 1;
        (is_plain || guard.takes(&arguments(meta))).then_some(guard)
    }

    /// The guard that a name is.
    fn named(ident: &Ident) -> Option<Self> {
        [
            ("action", Self::Action),
            ("requires", Self::Requires),
            ("public", Self::Public),
        ]
        .into_iter()
        .find_map(|(name, guard)| (ident == name).then_some(guard))
    }

    /// Whether the arguments can be meant for this guard, mistakes among them.
    fn takes(self, arguments: &TokenStream) -> bool {
        let scratch = Ctxt::new();
        let is_taken = match self {
            Self::Requires => {
                Expression::parse(arguments.clone(), &scratch).is_some() && scratch.is_clean()
            }
            Self::Public => {
                arguments.is_empty() || syn::parse2::<LitStr>(arguments.clone()).is_ok()
            }
            Self::Action => HandlerArgs::are_ours(arguments.clone(), &scratch),
        };
        drop(scratch.finish());
        is_taken
    }
}

/// What stands in an attribute's brackets.
pub(super) fn arguments(meta: &Meta) -> TokenStream {
    match meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

impl Function {
    /// The function that `guard` stands on; anything else is reported.
    pub fn parse(item: &TokenStream, guard: Guard, ctxt: &Ctxt) -> Option<Self> {
        match syn::parse2::<Self>(item.clone()) {
            Ok(function) => Some(function),
            Err(_) => {
                misplaced::guard(item, guard, ctxt);
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
        self.own_public().is_some()
    }

    /// `upr::Public` as the first parameter.
    pub(super) fn own_public(&self) -> Option<&Type> {
        let Some(FnArg::Typed(first)) = self.sig.inputs.first() else {
            return None;
        };
        let is_public = |path: &syn::TypePath| {
            path.path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Public")
        };
        matches!(&*first.ty, Type::Path(path) if is_public(path)).then_some(&*first.ty)
    }

    /// Leaves out upr's other attributes, which were reported: one mistake gives one message.
    pub fn strip_guards(&mut self) {
        self.attrs
            .retain(|attribute| Guard::of(&attribute.meta).is_none());
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

/// Tokens without the attributes in front of their items that are meant, and those attributes.
pub(super) fn without(
    tokens: TokenStream,
    is_meant: &dyn Fn(&Attribute) -> bool,
) -> (TokenStream, Vec<Attribute>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut kept, mut found) = (TokenStream::new(), Vec::new());
    let mut rest = tokens.as_slice();
    while let Some((first, others)) = rest.split_first() {
        match meant(first, others, is_meant) {
            Some(attributes) => {
                found.extend(attributes);
                rest = others.get(1..).unwrap_or_default();
            }
            None => {
                kept.extend([first.clone()]);
                rest = others;
            }
        }
    }
    (kept, found)
}

/// The attribute that two tokens are, if it is meant.
fn meant(
    first: &TokenTree,
    others: &[TokenTree],
    is_meant: &dyn Fn(&Attribute) -> bool,
) -> Option<Vec<Attribute>> {
    if !matches!(first, TokenTree::Punct(punct) if punct.as_char() == '#') {
        return None;
    }
    let tokens = TokenStream::from_iter([first.clone(), others.first()?.clone()]);
    let attributes = Attribute::parse_outer.parse2(tokens).ok()?;
    (!attributes.is_empty() && attributes.iter().all(is_meant)).then_some(attributes)
}

/// Whether an attribute is one of upr's, by its path.
pub(super) fn is_ours(attribute: &Attribute) -> bool {
    let segments = &attribute.path().segments;
    segments.len() > 1 && segments.first().is_some_and(|first| first.ident == "upr")
}

/// Whether an attribute is `#[upr::module]`.
fn is_module(attribute: &Attribute) -> bool {
    let mut names = attribute
        .path()
        .segments
        .iter()
        .map(|segment| &segment.ident);
    matches!((names.next(), names.next(), names.next()), (Some(upr), Some(module), None) if upr == "upr" && module == "module")
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
        let (item, seconds) = without(item.clone(), &is_module);
        for second in seconds {
            ctxt.error(
                second.path(),
                "`#[upr::module]` stands twice on one item",
                "keep one, with the arguments of both",
            );
        }
        match syn::parse2::<Self>(item.clone()) {
            Ok(item) => Some(item),
            Err(_) => {
                let (attrs, ident) = misplaced::module(&item, ctxt)?;
                Some(Self::Misshapen { attrs, ident, item })
            }
        }
    }

    /// The name of the struct or mod.
    #[must_use]
    pub fn ident(&self) -> &Ident {
        match self {
            Self::Struct { ident, .. }
            | Self::Mod { ident, .. }
            | Self::Misshapen { ident, .. } => ident,
        }
    }

    pub(super) fn attrs(&self) -> &[Attribute] {
        match self {
            Self::Struct { attrs, .. }
            | Self::Mod { attrs, .. }
            | Self::Misshapen { attrs, .. } => attrs,
        }
    }
}

impl Parse for ModuleItem {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let item = input.fork().parse()?;
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![struct]) {
            input.parse::<Token![struct]>()?;
            let ident = input.parse()?;
            input.parse::<Token![;]>()?;
            return Ok(Self::Struct { attrs, ident, item });
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
