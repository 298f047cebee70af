//! The first walk: every file of a crate, what stands in it, and what may declare something.
//!
//! Whether an attribute is one of upr's is only known once all names are (a `use` may stand below it), so what can be one is
//! kept with the place it stands at.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Item, ItemMacro, ItemMod, ItemUse, Type, UseTree};

use super::LeftOut;
use super::attributes::{can_be_ours, evaluate, path_of};
use super::bodies::Bodies;
use super::cfg::Answer;
use super::error::ScanError;
use super::folder::{Folder, NoFile};
use super::hidden::{is_include, is_quoting};
use super::include::Included;
use super::krate::Crate;
use super::scope::{Binding, CrateId, Import, Names, Scope, ScopeId, Scopes, Space};
use crate::declare::{predicates_of, unraw};

/// A source file.
pub(super) struct Source {
    pub(super) krate: CrateId,
    /// As the compiler shows it.
    pub(super) shown: String,
    pub(super) path: PathBuf,
}

/// The place of an item, as far as its file and the conditions around it go.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) source: Rc<Source>,
    pub(super) folder: Folder,
    /// The predicates that everything here stands under, outermost first.
    pub(super) conditions: Rc<[String]>,
    /// Why it cannot be told whether this is compiled.
    pub(super) doubt: Option<Doubt>,
}

/// What only the compiler knows.
#[derive(Clone)]
pub(super) enum Doubt {
    /// Whether a build script sets this condition.
    Condition(String),
    /// What becomes of the tokens of a macro.
    Macro,
}

/// What may declare something.
pub(super) struct Pending {
    pub(super) scope: ScopeId,
    pub(super) context: Context,
    pub(super) what: Candidate,
}

pub(super) enum Candidate {
    /// An item with attributes, already evaluated.
    Item {
        attrs: Vec<Attribute>,
        item: TokenStream,
        /// The name in `scope`, of a struct.
        name: Option<String>,
        /// What an inline mod brings.
        inner: Option<ScopeId>,
        /// Whether a compact module around it rewrites its attributes.
        is_direct: Direct,
    },
    /// `path!(…)` in item or statement position.
    Macro {
        path: syn::Path,
        tokens: TokenStream,
    },
    /// A path among the tokens of a macro, which may write it into an attribute, an invocation or a `use`.
    HiddenWord { path: syn::Path },
    /// An attribute among the tokens of a macro, or in a place that nothing is declared in.
    HiddenAttribute { path: syn::Path },
    /// A macro among the tokens of another.
    HiddenMacro { path: syn::Path },
}

/// What stands directly in a mod and is rewritten when the mod is a compact module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direct {
    Function,
    Mod,
    No,
}

/// A word that may be the name of a crate, with the place that it is seen from.
pub(super) type Mention = (ScopeId, String, bool);

/// Everything that the walk finds.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) scopes: Scopes,
    pub(super) roots: Vec<ScopeId>,
    pub(super) pending: Vec<Pending>,
    pub(super) mentions: Vec<Mention>,
    pub(super) files: Vec<(CrateId, PathBuf)>,
    pub(super) left_out: Vec<(CrateId, LeftOut)>,
    pub(super) errors: Vec<(CrateId, ScanError)>,
}

/// Walks one crate.
pub(super) struct Walk<'a> {
    pub(super) krate: &'a Crate,
    pub(super) id: CrateId,
    /// Files are shown as seen from here.
    pub(super) base: &'a Path,
    pub(super) walked: &'a mut Walked,
    /// The files that are being read, so that a file that includes itself ends.
    pub(super) open: Vec<PathBuf>,
}

impl<'a> Walk<'a> {
    /// Reads the crate from its root.
    pub(super) fn run(krate: &'a Crate, id: CrateId, base: &'a Path, walked: &'a mut Walked) {
        let root = walked.scopes.add(Scope::new(id, None, false));
        walked.roots.push(root);
        let mut walk = Self {
            krate,
            id,
            base,
            walked,
            open: Vec::new(),
        };
        let context = Context {
            source: walk.source(&krate.root),
            folder: Folder::of_owner(&krate.root),
            conditions: Rc::from([]),
            doubt: None,
        };
        walk.file(root, &context);
    }

    pub(super) fn source(&self, path: &Path) -> Rc<Source> {
        let shown = path.strip_prefix(self.base).unwrap_or(path);
        Rc::new(Source {
            krate: self.id,
            shown: shown.display().to_string(),
            path: path.to_owned(),
        })
    }

    /// Reads the file of `context` into `scope`.
    fn file(&mut self, scope: ScopeId, context: &Context) {
        let path = context.source.path.clone();
        if self.open.contains(&path) {
            let message = "this file contains itself";
            self.error(
                context,
                Span::call_site(),
                message,
                "break the circle of `#[path]` and `include!`",
            );
            return;
        }
        let Some(file) = self.parse(context) else {
            return;
        };
        let Some(context) = self
            .within(&file.attrs, context)
            .map(|(context, _)| context)
        else {
            return;
        };
        self.open.push(path);
        self.items(scope, &context, file.items);
        self.open.pop();
    }

    fn parse(&mut self, context: &Context) -> Option<syn::File> {
        let path = &context.source.path;
        self.walked.files.push((self.id, path.clone()));
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let error =
                    ScanError::of(&context.source.shown, error.to_string(), "make it readable");
                self.walked.errors.push((self.id, error));
                return None;
            }
        };
        // The compiler reads lines so, too.
        match syn::parse_file(&text.replace("\r\n", "\n")) {
            Ok(file) => Some(file),
            Err(error) => {
                let remedy = "correct it; `cargo check` says more";
                self.error(context, error.span(), &error.to_string(), remedy);
                None
            }
        }
    }

    /// The items of a module, block or included file.
    pub(super) fn items(&mut self, scope: ScopeId, context: &Context, items: Vec<Item>) {
        for item in items {
            self.item(scope, context, item);
        }
    }

    pub(super) fn item(&mut self, scope: ScopeId, context: &Context, mut item: Item) {
        let Some(written) = attrs_of(&mut item) else {
            self.hidden(scope, context, quote::ToTokens::into_token_stream(item));
            return;
        };
        let Some((context, attrs)) = self.within(written, context) else {
            return;
        };
        *written = attrs.clone();
        match item {
            Item::Mod(item) => self.module(scope, &context, item, &attrs),
            Item::Use(item) => self.import(scope, &item),
            Item::ExternCrate(item) => {
                let name = unraw(&item.ident);
                let alias = item
                    .rename
                    .as_ref()
                    .map_or(name.clone(), |(_, alias)| unraw(alias));
                let binding = Binding::Crate(name.clone());
                self.bind(scope, &alias, Some(Space::Type), binding);
                self.walked.mentions.push((scope, name.clone(), true));
                if attrs
                    .iter()
                    .any(|attribute| attribute.path().is_ident("macro_use"))
                {
                    let path = Names {
                        leading: true,
                        names: vec![name],
                    };
                    let root = self.walked.scopes.root_of(scope);
                    self.glob(root, path);
                }
            }
            Item::Macro(item) => self.macro_item(scope, &context, item),
            item => {
                self.name(scope, &item);
                self.candidate(scope, &context, &attrs, &item);
                Bodies::new(self, scope, &context).item(&item);
            }
        }
    }

    /// The place inside of what stands under `attrs`, with what is left of them; `None` when it is compiled out.
    pub(super) fn within(
        &mut self,
        attrs: &[Attribute],
        context: &Context,
    ) -> Option<(Context, Vec<Attribute>)> {
        let evaluated = match evaluate(attrs, &self.krate.cfg) {
            Ok(evaluated) => evaluated,
            Err(no) => {
                self.error(
                    context,
                    no.span,
                    &no.problem,
                    "write `feature = \"…\"`, `unix`, `all(…)`, `any(…)` or `not(…)`",
                );
                return None;
            }
        };
        let mut context = context.clone();
        match evaluated.answer {
            Answer::No => return None,
            Answer::Unknown(name) => context.doubt = Some(Doubt::Condition(name)),
            Answer::Yes => {}
        }
        let own = predicates_of(attrs);
        if !own.is_empty() {
            context.conditions = context.conditions.iter().cloned().chain(own).collect();
        }
        Some((context, evaluated.attrs))
    }

    fn module(&mut self, scope: ScopeId, context: &Context, item: ItemMod, attrs: &[Attribute]) {
        let name = unraw(&item.ident);
        let path = path_of(attrs);
        let inner = self
            .walked
            .scopes
            .add(Scope::new(self.id, Some(scope), false));
        self.bind(scope, &name, Some(Space::Type), Binding::Scope(inner));
        self.keep(scope, context, attrs, || Candidate::Item {
            attrs: attrs.to_vec(),
            item: without_attrs(Item::Mod(item.clone())),
            name: None,
            inner: Some(inner),
            is_direct: Direct::Mod,
        });
        if let Some((_, items)) = item.content {
            let context = Context {
                folder: context.folder.inline(&name, path.as_deref()),
                ..context.clone()
            };
            self.items(inner, &context, items);
            return;
        }
        match context.folder.find(&name, path.as_deref()) {
            Ok(found) => {
                let context = Context {
                    source: self.source(&found.file),
                    folder: found.folder,
                    ..context.clone()
                };
                self.file(inner, &context);
            }
            Err(_) if context.doubt.is_some() => {}
            Err(no) => self.no_file(context, &item.ident, &no),
        }
    }

    fn no_file(&mut self, context: &Context, ident: &syn::Ident, no: &NoFile) {
        let show = |path: &Path| {
            path.strip_prefix(self.base)
                .unwrap_or(path)
                .display()
                .to_string()
        };
        let (message, remedy) = match no {
            NoFile::Missing(files) => {
                let files: Vec<String> = files
                    .iter()
                    .map(|file| format!("`{}`", show(file)))
                    .collect();
                (
                    format!("mod `{ident}` has no file"),
                    format!("add {}, or take the mod out", files.join(" or ")),
                )
            }
            NoFile::Both([one, other]) => (
                format!(
                    "mod `{ident}` has two files, `{}` and `{}`",
                    show(one),
                    show(other)
                ),
                "keep one of them".to_owned(),
            ),
            NoFile::InBlock => (
                format!("mod `{ident}` stands in a block and has no file"),
                "write its body here, or give it a `#[path]`".to_owned(),
            ),
        };
        self.error(context, ident.span(), &message, &remedy);
    }

    fn macro_item(&mut self, scope: ScopeId, context: &Context, item: ItemMacro) {
        self.mention(scope, &Names::of(&item.mac.path));
        Bodies::new(self, scope, context).names(item.mac.tokens.clone());
        if item.mac.path.is_ident("macro_rules") {
            self.hidden(scope, context, item.mac.tokens);
            if let Some(ident) = &item.ident {
                self.bind(scope, &unraw(ident), Some(Space::Macro), Binding::Other);
            }
        } else {
            self.invocation(scope, context, item.mac);
        }
    }

    /// `path!(…)` where items or statements stand.
    pub(super) fn invocation(&mut self, scope: ScopeId, context: &Context, mac: syn::Macro) {
        if is_include(&mac.path) {
            self.include(scope, context, &mac);
            return;
        }
        if !is_quoting(&mac.path) {
            self.hidden(scope, context, mac.tokens.clone());
        }
        self.push(
            scope,
            context,
            Candidate::Macro {
                path: mac.path,
                tokens: mac.tokens,
            },
        );
    }

    fn include(&mut self, scope: ScopeId, context: &Context, mac: &syn::Macro) {
        match Included::of(mac.tokens.clone(), &context.source.path, self.krate) {
            Included::File(path) if path.is_file() => {
                let context = Context {
                    source: self.source(&path),
                    folder: Folder::of_owner(&path),
                    ..context.clone()
                };
                self.file(scope, &context);
            }
            Included::File(_) if context.doubt.is_some() => {}
            Included::File(path) => {
                let message = format!("the included file `{}` is not there", path.display());
                self.error(
                    context,
                    mac.path.span(),
                    &message,
                    "generate it before the sources are scanned, or take it out",
                );
            }
            Included::Elsewhere(variable) => {
                let (line, _) = super::error::place(mac.path.span());
                let left_out = LeftOut::new(
                    format!("{}:{line}", context.source.shown),
                    format!(
                        "it includes a file below `{variable}`, which only the package's own build script knows"
                    ),
                );
                self.walked.left_out.push((self.id, left_out));
            }
            Included::Nothing => self.error(
                context,
                mac.path.span(),
                "the scanner cannot tell which file this includes",
                "write a literal, or `concat!` of literals and `env!(\"OUT_DIR\")`",
            ),
        }
    }

    fn import(&mut self, scope: ScopeId, item: &ItemUse) {
        let path = Names {
            leading: item.leading_colon.is_some(),
            names: Vec::new(),
        };
        self.use_tree(scope, path, &item.tree);
    }

    fn use_tree(&mut self, scope: ScopeId, mut path: Names, tree: &UseTree) {
        let (name, alias) = match tree {
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(scope, path.clone(), tree);
                }
                return;
            }
            UseTree::Glob(_) => {
                self.mention(scope, &path);
                return self.glob(scope, path);
            }
            UseTree::Path(step) => {
                path.names.push(unraw(&step.ident));
                return self.use_tree(scope, path, &step.tree);
            }
            UseTree::Name(name) => (unraw(&name.ident), None),
            UseTree::Rename(rename) => (unraw(&rename.ident), Some(unraw(&rename.rename))),
        };
        let is_self = name == "self" && !path.names.is_empty();
        if !is_self {
            path.names.push(name);
        }
        self.mention(scope, &path);
        let alias = alias.unwrap_or_else(|| path.last().to_owned());
        if alias == "_" {
            return;
        }
        let only = is_self.then_some(Space::Type);
        self.bind(scope, &alias, None, Binding::Import(Import { path, only }));
    }

    fn glob(&mut self, scope: ScopeId, path: Names) {
        let scope = &mut self.walked.scopes[scope];
        scope.globs.push(Import { path, only: None });
    }

    /// Notes a path that may start with the name of a crate.
    pub(super) fn mention(&mut self, scope: ScopeId, path: &Names) {
        if let Some(first) = path.names.first()
            && self.krate.externs.contains_key(first)
        {
            let mention = (scope, first.clone(), path.leading);
            if self.walked.mentions.last() != Some(&mention) {
                self.walked.mentions.push(mention);
            }
        }
    }

    /// Brings an item's name into sight.
    fn name(&mut self, scope: ScopeId, item: &Item) {
        let (ident, space, binding) = match item {
            Item::Struct(item) => (&item.ident, Space::Type, Binding::Other),
            Item::Enum(item) => (&item.ident, Space::Type, Binding::Other),
            Item::Union(item) => (&item.ident, Space::Type, Binding::Other),
            Item::Trait(item) => (&item.ident, Space::Type, Binding::Other),
            Item::TraitAlias(item) => (&item.ident, Space::Type, Binding::Other),
            Item::Fn(item) => (&item.sig.ident, Space::Value, Binding::Other),
            Item::Static(item) => (&item.ident, Space::Value, Binding::Other),
            Item::Type(item) => {
                let binding = match &*item.ty {
                    Type::Path(ty) if ty.qself.is_none() => Binding::Alias(ty.path.clone()),
                    _ => Binding::Other,
                };
                (&item.ident, Space::Type, binding)
            }
            Item::Const(item) => {
                let binding = match item.expr.as_ref() {
                    Expr::Path(value) if value.qself.is_none() => {
                        Binding::Constant(value.path.clone())
                    }
                    _ => Binding::Other,
                };
                (&item.ident, Space::Value, binding)
            }
            _ => return,
        };
        self.bind(scope, &unraw(ident), Some(space), binding);
    }

    fn bind(&mut self, scope: ScopeId, name: &str, space: Option<Space>, binding: Binding) {
        self.walked.scopes[scope].bind(name, space, binding);
    }

    fn candidate(&mut self, scope: ScopeId, context: &Context, attrs: &[Attribute], item: &Item) {
        self.keep(scope, context, attrs, || Candidate::Item {
            attrs: attrs.to_vec(),
            item: without_attrs(item.clone()),
            name: match item {
                Item::Struct(item) => Some(unraw(&item.ident)),
                _ => None,
            },
            inner: None,
            is_direct: match item {
                Item::Fn(_) => Direct::Function,
                _ => Direct::No,
            },
        });
    }

    /// Keeps an item if one of its attributes can be upr's.
    pub(super) fn keep(
        &mut self,
        scope: ScopeId,
        context: &Context,
        attrs: &[Attribute],
        what: impl FnOnce() -> Candidate,
    ) {
        if attrs.iter().any(|attribute| can_be_ours(attribute.path())) {
            self.push(scope, context, what());
        }
    }

    pub(super) fn push(&mut self, scope: ScopeId, context: &Context, what: Candidate) {
        self.walked.pending.push(Pending {
            scope,
            context: context.clone(),
            what,
        });
    }

    pub(super) fn error(&mut self, context: &Context, span: Span, message: &str, remedy: &str) {
        let error = ScanError::at(&context.source.shown, span, message, remedy);
        self.walked.errors.push((self.id, error));
    }
}

/// The attributes of an item; `None` of one that syn does not know.
fn attrs_of(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::ExternCrate(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::ForeignMod(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Macro(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Static(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::TraitAlias(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return None,
    })
}

/// The item's tokens without any attribute of its own.
fn without_attrs(mut item: Item) -> TokenStream {
    if let Some(attrs) = attrs_of(&mut item) {
        // What stands inside the braces belongs to the content.
        attrs.retain(|attribute| matches!(attribute.style, syn::AttrStyle::Inner(_)));
    }
    quote::ToTokens::into_token_stream(item)
}
