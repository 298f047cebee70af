//! The compact form: a mod whose functions are the actions.
//!
//! The mod's attribute rewrites those inside it: actions learn the module's struct, nested modules the key
//! that they extend. Everything else stays as it was written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Meta, MetaList, Path, Token, Visibility};

use super::action::HandlerArgs;
use super::attr::split;
use super::ctxt::Ctxt;
use super::item::{Function, Guard};
use super::model::{Action, Kind, Module, Package};
use super::module::PARENT;

/// The struct that the compact form adds to the mod.
const STRUCT: &str = "Permissions";

/// What the attribute of a compact module must know of the mod's content.
pub struct CompactModule {
    /// `#![…]` inside the braces.
    pub inner: Vec<Attribute>,
    /// Everything in the mod, with the attributes of upr rewritten.
    pub items: TokenStream,
    /// The actions that functions directly in the mod declare.
    pub members: Vec<Member>,
    /// The struct that is added to the mod.
    pub permissions: Ident,
}

/// An action of a function in a compact module.
pub struct Member {
    /// What is declared.
    pub action: Action,
    /// The conditions it stands under: `#[cfg(…)]`.
    pub conditions: Vec<TokenStream>,
}

impl CompactModule {
    /// Reads and rewrites what stands between the braces of `module`.
    pub fn parse(content: TokenStream, module: &Module, package: &Package, ctxt: &Ctxt) -> Self {
        let items = match syn::parse2::<Items>(content.clone()) {
            Ok(items) => items,
            Err(error) => {
                ctxt.syntax(&error, "the compact form reads the items of its mod; use the spread form where it cannot");
                return Self::unread(content);
            }
        };
        let mut compact = Self {
            permissions: permissions(&items.items, ctxt),
            inner: items.inner,
            items: TokenStream::new(),
            members: Vec::new(),
        };
        for item in items.items {
            match item {
                Item::Function(function) => compact.function(*function, module, package, ctxt),
                Item::Mod { attrs, rest } => compact.nested(attrs, &rest, module),
                Item::Other { rest, .. } => compact.items.extend(rest),
            }
        }
        compact
    }

    /// What cannot be read stays as it is, without the attributes that would each complain about it.
    fn unread(content: TokenStream) -> Self {
        let (items, _) = super::item::without(content, &super::item::is_ours);
        Self {
            inner: Vec::new(),
            items,
            members: Vec::new(),
            permissions: Ident::new(STRUCT, Span::call_site()),
        }
    }

    fn function(
        &mut self,
        mut function: Function,
        module: &Module,
        package: &Package,
        ctxt: &Ctxt,
    ) {
        let guards: Vec<(Guard, Use)> = function.attrs.iter().flat_map(uses).collect();
        covered(&function, &guards, ctxt);
        topmost(&function, ctxt);
        let mut declared = None;
        for (guard, used) in &guards {
            if *guard == Guard::Action {
                declared = Some(self.member(&function, used, module, package, ctxt));
            }
        }
        let permissions = &self.permissions;
        let members = std::mem::take(&mut function.attrs);
        function.attrs = members
            .into_iter()
            .map(|attribute| match declared {
                // A duplicate is reported here, and its function stays guarded by what it duplicates.
                Some(Err(ref constant)) => rewrite(attribute, "action", &|_| {
                    (quote!(requires), quote!(#permissions::#constant))
                }),
                _ => rewrite(attribute, "action", &|arguments| {
                    (quote!(action), quote!(#permissions, #arguments))
                }),
            })
            .collect();
        function.to_tokens(&mut self.items);
    }

    /// Notes the action of a function; gives the constant that it duplicates when it does.
    fn member(
        &mut self,
        function: &Function,
        used: &Use,
        module: &Module,
        package: &Package,
        ctxt: &Ctxt,
    ) -> Result<(), Ident> {
        let permissions = &self.permissions;
        let arguments = &used.arguments;
        // What is wrong with the arguments is reported where the function's own attribute expands.
        let scratch = Ctxt::new();
        let HandlerArgs { action, .. } = HandlerArgs::parse(
            quote!(#permissions, #arguments),
            function,
            package,
            &scratch,
        );
        drop(scratch.finish());
        let conditions = conditions(&function.attrs, used);
        if conditions.is_empty() {
            let clash = self.clash(&action, module);
            if let Some((constant, message, remedy)) = clash {
                ctxt.error_at(action.name.span, message, remedy);
                return Err(constant);
            }
        }
        self.members.push(Member { action, conditions });
        Ok(())
    }

    /// What an action without conditions duplicates, with message and remedy.
    fn clash(&self, action: &Action, module: &Module) -> Option<(Ident, String, String)> {
        let unconditional = self
            .members
            .iter()
            .filter(|member| member.conditions.is_empty());
        let others = || {
            module
                .actions
                .iter()
                .chain(unconditional.clone().map(|member| &member.action))
        };
        let name = &action.name.text;
        if let Some(other) = others().find(|other| other.name.text == *name) {
            let constant = &other.constant;
            let (message, remedy) = if other.kind == Kind::Crud {
                (
                    format!("`{name}` is declared by `crud` already"),
                    format!(
                        "guard the function with what is declared: `#[upr::requires({constant})]`"
                    ),
                )
            } else {
                (
                    format!("`{name}` is declared twice"),
                    format!(
                        "keep one, and guard the other function with `#[upr::requires({constant})]`"
                    ),
                )
            };
            return Some((constant.clone(), message, remedy));
        }
        if !module.allow_case_variants
            && let Some(other) = others().find(|other| other.name.text.eq_ignore_ascii_case(name))
        {
            return Some((
                other.constant.clone(),
                format!("`{name}` and `{}` differ only in case", other.name.text),
                "rename one of them, or write `allow_case_variants` on the module".to_owned(),
            ));
        }
        let other = others().find(|other| other.constant == action.constant)?;
        Some((
            other.constant.clone(),
            format!(
                "`{}` and `{name}` both have the constant `{}`",
                other.name.text, other.constant
            ),
            "name one of the constants: `#[upr::action(const = OTHER)]`".to_owned(),
        ))
    }

    fn nested(&mut self, attrs: Vec<Attribute>, rest: &TokenStream, module: &Module) {
        let key = module.key.as_str();
        let parent = Ident::new(PARENT, Span::call_site());
        for attribute in attrs {
            let attribute = rewrite(attribute, "module", &|arguments| {
                (quote!(module), quote!(#parent = #key, #arguments))
            });
            attribute.to_tokens(&mut self.items);
        }
        self.items.append_all(rest.clone());
    }
}

/// A use of one of upr's attributes on a function.
struct Use {
    arguments: TokenStream,
    /// The predicate of the `cfg_attr` it stands in.
    predicate: Option<TokenStream>,
}

/// Nothing public slips through: a `pub` function written directly in the mod says what it is.
fn covered(function: &Function, guards: &[(Guard, Use)], ctxt: &Ctxt) {
    if matches!(function.vis, Visibility::Public(_)) && guards.is_empty() {
        let name = function.name();
        ctxt.error(
            &function.sig.ident,
            format!("`{name}` is `pub` in a module of permissions and says nothing about who may call it"),
            "write `#[upr::action]`, `#[upr::requires(…)]` or `#[upr::public]` above it, or make it `pub(crate)`",
        );
    }
}

/// Attribute macros above upr's copy or nest the function before upr sees it.
fn topmost(function: &Function, ctxt: &Ctxt) {
    let mut above = Vec::new();
    for attribute in &function.attrs {
        if !uses(attribute).is_empty() {
            for macro_attribute in &above {
                ctxt.error(
                    macro_attribute,
                    "this attribute stands above upr's, and would copy or nest the function before it is guarded",
                    "put upr's attribute above all others",
                );
            }
            return;
        }
        if !is_inert(attribute.path()) {
            above.push(attribute.path().clone());
        }
    }
}

/// Attributes of the language and of tools, which leave the function where it is.
fn is_inert(path: &Path) -> bool {
    const INERT: &[&str] = &[
        "allow",
        "cfg",
        "cfg_attr",
        "clippy",
        "cold",
        "deny",
        "deprecated",
        "diagnostic",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "inline",
        "link_section",
        "must_use",
        "no_mangle",
        "rust_analyzer",
        "rustc_legacy_const_generics",
        "rustfmt",
        "target_feature",
        "track_caller",
        "unsafe",
        "warn",
    ];
    path.segments
        .first()
        .is_some_and(|first| INERT.contains(&first.ident.to_string().as_str()))
}

/// The uses of upr's function attributes in an attribute, also inside `cfg_attr`.
fn uses(attribute: &Attribute) -> Vec<(Guard, Use)> {
    let predicate = predicate(attribute);
    super::item::metas(attribute)
        .into_iter()
        .filter_map(|meta| {
            let guard = Guard::of(&meta)?;
            Some((
                guard,
                Use {
                    arguments: super::item::arguments(&meta),
                    predicate: predicate.clone(),
                },
            ))
        })
        .collect()
}

fn predicate(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            split(list.tokens.clone()).into_iter().next()
        }
        _ => None,
    }
}

/// The conditions that an item stands under, as attributes to be repeated on what is generated for it.
fn conditions(attrs: &[Attribute], used: &Use) -> Vec<TokenStream> {
    let own = attrs.iter().filter(|attribute| {
        attribute.path().is_ident("cfg")
            || attribute.path().is_ident("cfg_attr")
                && super::item::metas(attribute)
                    .iter()
                    .any(|meta| meta.path().is_ident("cfg"))
    });
    let own = own.map(|attribute| {
        if attribute.path().is_ident("cfg") {
            return attribute.to_token_stream();
        }
        let predicate = predicate(attribute);
        let metas = super::item::metas(attribute);
        let cfgs = metas.iter().filter(|meta| meta.path().is_ident("cfg"));
        quote!(#[cfg_attr(#predicate, #(#cfgs),*)])
    });
    let outer = used
        .predicate
        .iter()
        .map(|predicate| quote!(#[cfg(#predicate)]));
    own.chain(outer).collect()
}

/// Rewrites the uses of `name` in an attribute: path's last segment and arguments.
fn rewrite(
    mut attribute: Attribute,
    name: &str,
    change: &dyn Fn(&TokenStream) -> (TokenStream, TokenStream),
) -> Attribute {
    if attribute.path().is_ident("cfg_attr") {
        if let Meta::List(list) = &mut attribute.meta {
            let pieces =
                split(list.tokens.clone())
                    .into_iter()
                    .enumerate()
                    .map(
                        |(position, piece)| match syn::parse2::<Meta>(piece.clone()) {
                            Ok(meta) if position > 0 => {
                                rewrite_meta(meta, name, change).to_token_stream()
                            }
                            _ => piece,
                        },
                    );
            list.tokens = quote!(#(#pieces),*);
        }
        return attribute;
    }
    attribute.meta = rewrite_meta(attribute.meta, name, change);
    attribute
}

fn rewrite_meta(
    meta: Meta,
    name: &str,
    change: &dyn Fn(&TokenStream) -> (TokenStream, TokenStream),
) -> Meta {
    // What another crate calls `action` stays its own.
    let is_used = meta
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == name)
        && (name == "module" || Guard::of(&meta).is_some());
    let (path, arguments, delimiter) = match meta {
        Meta::Path(path) if is_used => (
            path,
            TokenStream::new(),
            syn::MacroDelimiter::Paren(syn::token::Paren::default()),
        ),
        Meta::List(list) if is_used => (list.path, list.tokens, list.delimiter),
        other => return other,
    };
    let (last, tokens) = change(&arguments);
    let mut path = path;
    if let (Some(segment), Ok(new)) = (path.segments.last_mut(), syn::parse2::<Ident>(last))
        && segment.ident != new
    {
        segment.ident = Ident::new(&new.to_string(), segment.ident.span());
    }
    Meta::List(MetaList {
        path,
        delimiter,
        tokens,
    })
}

/// The name of the added struct; where the author has taken it, that is reported and another one serves.
fn permissions(items: &[Item], ctxt: &Ctxt) -> Ident {
    let taken = items.iter().find_map(|item| match item {
        Item::Other {
            ident: Some(ident), ..
        } if ident == STRUCT => Some(ident),
        _ => None,
    });
    let Some(taken) = taken else {
        return Ident::new(STRUCT, Span::call_site());
    };
    ctxt.error(
        taken,
        format!("the compact form adds a struct `{STRUCT}` to the mod, and this has its name"),
        "rename it, or write the module as a unit struct: `#[upr::module] pub struct Users;`",
    );
    Ident::new("__UprPermissions", Span::call_site())
}

/// The items of a mod, as far as they must be told apart.
struct Items {
    inner: Vec<Attribute>,
    items: Vec<Item>,
}

enum Item {
    Function(Box<Function>),
    Mod {
        attrs: Vec<Attribute>,
        rest: TokenStream,
    },
    Other {
        ident: Option<Ident>,
        rest: TokenStream,
    },
}

impl Parse for Items {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let inner = input.call(Attribute::parse_inner)?;
        let mut items = Vec::new();
        while !input.is_empty() {
            items.push(input.parse()?);
        }
        Ok(Self { inner, items })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        if let Ok(function) = ahead.parse::<Function>() {
            syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            return Ok(Self::Function(Box::new(function)));
        }
        let ahead = input.fork();
        let attrs = ahead.call(Attribute::parse_outer)?;
        let vis: Visibility = ahead.parse()?;
        if ahead.peek(Token![mod]) {
            let rest: syn::ItemMod = ahead.parse()?;
            syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            return Ok(Self::Mod {
                attrs,
                rest: quote!(#vis #rest),
            });
        }
        let item: syn::Item = input.parse()?;
        let ident = match &item {
            syn::Item::Struct(item) => Some(item.ident.clone()),
            syn::Item::Enum(item) => Some(item.ident.clone()),
            syn::Item::Type(item) => Some(item.ident.clone()),
            _ => None,
        };
        Ok(Self::Other {
            ident,
            rest: item.into_token_stream(),
        })
    }
}
