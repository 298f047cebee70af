//! From what may declare something to what is declared.

use std::collections::BTreeMap;
use std::fs;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Path};

use super::error::{ScanError, place};
use super::krate::Crate;
use super::resolve::{Resolver, Target, Word};
use super::scope::{Binding, CrateId, ModuleId, Names, ScopeId, Space};
use super::walk::{Candidate, Context, Direct, Doubt, Pending, Walked};
use crate::declare::{
    Action, CompactModule, Ctxt, Function, Guard, HandlerArgs, Module, ModuleItem, PARENT, Package,
    Role, Text,
};

/// What a program declares, with paths still as they were written.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) modules: Vec<DeclaredModule>,
    pub(super) actions: Vec<DeclaredAction>,
    pub(super) roles: Vec<DeclaredRole>,
    pub(super) programs: Vec<DeclaredProgram>,
}

pub(super) struct DeclaredModule {
    pub(super) krate: CrateId,
    pub(super) scope: ScopeId,
    pub(super) context: Context,
    pub(super) module: Module,
}

pub(super) struct DeclaredAction {
    pub(super) scope: ScopeId,
    pub(super) context: Context,
    pub(super) module: Path,
    pub(super) action: Action,
}

pub(super) struct DeclaredRole {
    pub(super) krate: CrateId,
    pub(super) scope: ScopeId,
    pub(super) context: Context,
    pub(super) role: Role,
}

pub(super) struct DeclaredProgram {
    pub(super) krate: CrateId,
    pub(super) context: Context,
    pub(super) has_lock: bool,
    pub(super) line: u32,
}

/// Understands everything that the walk has kept.
pub(super) struct Collect<'a> {
    pub(super) krates: &'a [Crate],
    pub(super) walked: &'a mut Walked,
    pub(super) collected: Collected,
}

impl Collect<'_> {
    pub(super) fn run(mut self) -> Collected {
        for pending in std::mem::take(&mut self.walked.pending) {
            let Pending {
                scope,
                context,
                what,
            } = pending;
            match what {
                Candidate::Item {
                    attrs,
                    item,
                    name,
                    inner,
                    is_direct,
                } => {
                    let compact = self.walked.scopes[scope]
                        .compact
                        .filter(|_| is_direct != Direct::No);
                    let place = Place {
                        scope,
                        context,
                        name,
                        inner,
                        compact,
                        is_direct,
                    };
                    self.item(&place, &attrs, &item);
                }
                Candidate::Macro { path, tokens } => {
                    self.invocation(scope, &context, &path, tokens);
                }
                Candidate::HiddenWord { path } => {
                    let word = self.word(scope, &path);
                    if word.is_some_and(|word| word != Word::Other) {
                        self.hidden(&context, &path, &format!("`{}`", show(&path)));
                    }
                }
                Candidate::HiddenAttribute { path } => {
                    let word = self.word(scope, &path);
                    if matches!(word, Some(Word::Module | Word::Action)) {
                        self.hidden(&context, &path, &format!("`#[{}]`", show(&path)));
                    }
                }
                Candidate::HiddenMacro { path } => {
                    let word = self.word(scope, &path);
                    if matches!(word, Some(Word::Role | Word::Lock | Word::Application)) {
                        self.hidden(&context, &path, &format!("`{}!`", show(&path)));
                    }
                }
            }
        }
        self.collected
    }

    fn item(&mut self, place: &Place, attrs: &[Attribute], item: &TokenStream) {
        for (position, attribute) in attrs.iter().enumerate() {
            let path = attribute.path();
            if !super::attributes::can_be_ours(path) {
                continue;
            }
            let word = self.word(place.scope, path);
            let word = match word {
                Some(Word::Module | Word::Action) => word,
                Some(_) => return,
                None => {
                    self.foreign(place, path);
                    continue;
                }
            };
            let others = attrs
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != position);
            // What stands inside the braces is in `item` still.
            let others = others
                .map(|(_, other)| other)
                .filter(|other| matches!(other.style, syn::AttrStyle::Outer));
            let tokens = quote!(#(#others)* #item);
            match word {
                Some(Word::Module) => self.module(place, arguments(attribute), &tokens),
                _ => self.action(place, arguments(attribute), &tokens),
            }
            return;
        }
    }

    fn module(&mut self, place: &Place, mut arguments: TokenStream, item: &TokenStream) {
        let ctxt = Ctxt::new();
        let Some(parsed) = ModuleItem::parse(item, &ctxt) else {
            return self.report(&place.context, ctxt);
        };
        if let Some(parent) = place.compact.filter(|_| place.is_direct == Direct::Mod)
            && let Some(parent) = self.collected.modules.get(parent.0)
        {
            let key = parent.module.key.as_str();
            let word = Ident::new(PARENT, Span::call_site());
            arguments = quote!(#word = #key, #arguments);
        }
        let package = self.package(place.scope);
        let module = Module::parse(arguments, &parsed, &package, &ctxt);
        let id = ModuleId(self.collected.modules.len());
        match (&parsed, place.inner) {
            (ModuleItem::Mod { content, .. }, Some(inner)) => {
                let compact = CompactModule::parse(content.clone(), &module, &package, &ctxt);
                let inner = &mut self.walked.scopes[inner];
                let name = compact.permissions.to_string();
                inner.bind(&name, Some(Space::Type), Binding::Module(id));
                inner.compact = Some(id);
            }
            _ => {
                if let Some(name) = &place.name {
                    self.walked.scopes[place.scope].rebind(name, id);
                }
            }
        }
        self.report(&place.context, ctxt);
        self.doubt(&place.context, module.ident.span());
        self.collected.modules.push(DeclaredModule {
            krate: self.walked.scopes[place.scope].krate,
            scope: place.scope,
            context: place.context.clone(),
            module,
        });
    }

    fn action(&mut self, place: &Place, mut arguments: TokenStream, item: &TokenStream) {
        let ctxt = Ctxt::new();
        let Some(function) = Function::parse(item, Guard::Action, &ctxt) else {
            return self.report(&place.context, ctxt);
        };
        if place.compact.is_some() && place.is_direct == Direct::Function {
            let name = Ident::new("Permissions", Span::call_site());
            arguments = quote!(#name, #arguments);
        }
        let package = self.package(place.scope);
        let parsed = HandlerArgs::parse(arguments, &function, &package, &ctxt);
        self.report(&place.context, ctxt);
        self.doubt(&place.context, function.sig.ident.span());
        if let Some(module) = parsed.module.filter(|_| !function.is_associated()) {
            self.collected.actions.push(DeclaredAction {
                scope: place.scope,
                context: place.context.clone(),
                module,
                action: parsed.action,
            });
        }
    }

    fn invocation(&mut self, scope: ScopeId, context: &Context, path: &Path, tokens: TokenStream) {
        let krate = self.walked.scopes[scope].krate;
        match self.word(scope, path) {
            Some(Word::Role) => {
                let ctxt = Ctxt::new();
                let role = Role::parse(tokens, &ctxt);
                self.report(context, ctxt);
                if let Some(role) = role {
                    self.role(krate, scope, context, role);
                }
            }
            Some(word @ (Word::Lock | Word::Application)) => {
                self.doubt(context, path.span());
                let (line, _) = place(path.span());
                self.collected.programs.push(DeclaredProgram {
                    krate,
                    context: context.clone(),
                    has_lock: word == Word::Lock,
                    line,
                });
            }
            _ => {}
        }
    }

    fn role(&mut self, krate: CrateId, scope: ScopeId, context: &Context, role: Role) {
        let cfg = &self.krate(scope).cfg;
        match super::attributes::evaluate(&role.attrs, cfg) {
            Ok(evaluated) => {
                let mut context = context.clone();
                match evaluated.answer {
                    super::Answer::No => return,
                    super::Answer::Unknown(name) => {
                        context.doubt = Some(Doubt::Condition(name));
                    }
                    super::Answer::Yes => {}
                }
                self.doubt(&context, role.ident.span());
                self.collected.roles.push(DeclaredRole {
                    krate,
                    scope,
                    context,
                    role,
                });
            }
            Err(no) => self.error(
                context,
                no.span,
                no.problem,
                "write a condition as in `#[cfg(…)]`",
            ),
        }
    }

    /// The word of upr's that a path names.
    fn word(&self, scope: ScopeId, path: &Path) -> Option<Word> {
        match self
            .resolver()
            .resolve(scope, &Names::of(path), Space::Macro)
        {
            Ok(Target::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// An attribute that may be upr's by a way that is not seen.
    fn foreign(&mut self, place: &Place, path: &Path) {
        let names = Names::of(path);
        if !matches!(names.last(), "module" | "action") {
            return;
        }
        let target = self.resolver().resolve(place.scope, &names, Space::Macro);
        if let Ok(Target::Foreign(foreign)) = target
            && foreign.may_declare
        {
            let message = format!(
                "`#[{}]` comes from the crate `{}`, which depends on upr and is not scanned",
                show(path),
                foreign.krate
            );
            self.error(
                &place.context,
                path.span(),
                message,
                format!("name upr's own attribute: `#[upr::{}]`", names.last()),
            );
        }
    }

    fn hidden(&mut self, context: &Context, path: &Path, what: &str) {
        let message =
            format!("{what} stands inside a macro, and only the compiler knows what becomes of it");
        self.error(context, path.span(), message, "write the declaration out, outside of macros; or list the actions in `actions(…)` of the module");
    }

    /// Of what only the compiler knows whether it is compiled it cannot be said whether it is declared.
    fn doubt(&mut self, context: &Context, span: Span) {
        let (message, remedy) = match &context.doubt {
            None => return,
            Some(Doubt::Condition(condition)) => (
                format!(
                    "whether this is compiled depends on `cfg({condition})`, which a build script may set"
                ),
                format!(
                    "say what it is where the scan is started: `.cfg({condition:?}, true)`, or `false`"
                ),
            ),
            Some(Doubt::Macro) => (
                "this file is brought in inside a macro, and only the compiler knows what becomes of it".to_owned(),
                "write its `mod` or `include!` out, outside of macros, under `#[cfg(…)]` if it has a condition".to_owned(),
            ),
        };
        self.error(context, span, message, remedy);
    }

    fn report(&mut self, context: &Context, ctxt: Ctxt) {
        for diagnostic in ctxt.finish() {
            self.error(
                context,
                diagnostic.span(),
                diagnostic.message(),
                diagnostic.remedy(),
            );
        }
    }

    fn error(
        &mut self,
        context: &Context,
        span: Span,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let error = ScanError::at(&context.source.shown, span, message, remedy);
        self.walked.errors.push((context.source.krate, error));
    }

    fn resolver(&self) -> Resolver<'_> {
        Resolver {
            scopes: &self.walked.scopes,
            krates: self.krates,
            roots: &self.walked.roots,
            constants: &[],
        }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "INVARIANT: scopes are made for crates of the list"
    )]
    fn krate(&self, scope: ScopeId) -> &Crate {
        &self.krates[self.walked.scopes[scope].krate.0]
    }

    fn package(&self, scope: ScopeId) -> Package {
        let krate = self.krate(scope);
        Package {
            name: krate.package.clone(),
            version: Some(krate.version.clone()),
            krate: krate.name.clone(),
        }
    }
}

/// Where an item stands.
struct Place {
    scope: ScopeId,
    context: Context,
    name: Option<String>,
    inner: Option<ScopeId>,
    /// The compact module around it, when it rewrites its attributes.
    compact: Option<ModuleId>,
    is_direct: Direct,
}

/// The names of each module's constants, with the actions they stand for.
pub(super) type Constants = Vec<BTreeMap<String, String>>;

/// What stands between the parentheses of an attribute.
fn arguments(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// A path as it was written.
pub(super) fn show(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

/// The whole of a text, trimmed; the file that it names and that cannot be read otherwise.
pub(super) fn whole(
    text: &Text,
    context: &Context,
    files: &mut Vec<std::path::PathBuf>,
) -> Result<String, ScanError> {
    let mut problem = None;
    let folder = context
        .source
        .path
        .parent()
        .map(std::path::Path::to_owned)
        .unwrap_or_default();
    let whole = text.whole(|name| {
        let path = folder.join(name.value());
        let read = fs::read_to_string(&path);
        files.push(path);
        read.map_err(|error| {
            let message = format!("`{}` cannot be read: {error}", name.value());
            let error = ScanError::at(
                &context.source.shown,
                name.span(),
                message,
                "name a file that is there, from the folder of this source file",
            );
            problem = Some(error);
        })
        .ok()
    });
    match (whole, problem) {
        // As every reader does: a file ends with a line break, and a literal may be padded.
        (Some(whole), _) => Ok(whole.trim().to_owned()),
        (None, Some(problem)) => Err(problem),
        (None, None) => Ok(String::new()),
    }
}
