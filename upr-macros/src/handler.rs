//! `#[upr::action]`, `#[upr::requires]` and `#[upr::public]`: the handler with its proof, and what it declares.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Path, Type, parse_quote};
use upr_core::declare::{
    Action, Ctxt, Expression, Function, Guard, HandlerArgs, Package, PublicArgs,
};

use crate::constant::{constant_attributes, constant_ident, probe_alias};
use crate::granted::proof;
use crate::place::{at, line, package};
use crate::record::{self, Record};
use crate::{fallback, probe, source};

/// One parameter more than this and clippy would blame the author for ours.
const CLIPPY_ARGUMENTS: usize = 7;

pub(crate) fn action(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let Some(mut function) = Function::parse(&item, Guard::Action, &ctxt) else {
        return fallback::with_errors(item, ctxt);
    };
    let package = package();
    let HandlerArgs { module, action } = HandlerArgs::parse(arguments, &function, &package, &ctxt);
    function.strip_guards();
    let can_stand = can_stand(&function, Guard::Action, &ctxt) && !function.is_associated();
    let Some(module) = module.filter(|_| can_stand) else {
        if can_stand && !action.unguarded {
            stand_in(&mut function);
        }
        return fallback::with_errors(function.into_token_stream(), ctxt);
    };
    let name = function.sig.ident.span();
    let id = id_ident(&function, &action);
    let proof = quote_spanned!(at(action.name.span)=> ::upr::Granted<::upr::P<{ #id.id }>>);
    let mut assertion = None;
    if !action.unguarded && function.can_be_guarded() {
        assertion = assert_own_proof(&function, &proof, &own_proof_sentence(&module, &action));
        // As rustc has it inside of what is deprecated itself: the handler may name its own proof.
        if action.deprecation.is_some() && function.own_proof().is_some() {
            function.attrs.push(parse_quote!(#[allow(deprecated)]));
            assertion = assertion.map(|assertion| quote!(#[allow(deprecated)] #assertion));
        }
        guard(&mut function, proof);
    }
    let declaration = declaration(name, &module, &action, &id, &package);
    fallback::with_errors(quote!(#function #declaration #assertion), ctxt)
}

pub(crate) fn requires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let Some(mut function) = Function::parse(&item, Guard::Requires, &ctxt) else {
        return fallback::with_errors(item, ctxt);
    };
    let expression = Expression::parse(arguments, &ctxt);
    upr_core::declare::check_guarded(&function, Guard::Requires, &ctxt);
    function.strip_guards();
    let can_stand = can_stand(&function, Guard::Requires, &ctxt) && function.can_be_guarded();
    let Some(expression) = expression.filter(|_| can_stand) else {
        if can_stand {
            stand_in(&mut function);
        }
        return fallback::with_errors(function.into_token_stream(), ctxt);
    };
    let proof = proof(&expression);
    let sentence =
        "the proof that this function takes is not the one that `#[upr::requires(…)]` asks for";
    let assertion = assert_own_proof(&function, &proof, sentence);
    guard(&mut function, proof);
    let beside = assertion.and_then(|assertion| hold(&mut function, assertion));
    fallback::with_errors(quote!(#function #beside), ctxt)
}

pub(crate) fn public(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let Some(mut function) = Function::parse(&item, Guard::Public, &ctxt) else {
        return fallback::with_errors(item, ctxt);
    };
    PublicArgs::parse(arguments, &function, &ctxt);
    function.strip_guards();
    let can_stand = can_stand(&function, Guard::Public, &ctxt) && function.can_be_guarded();
    if can_stand && !function.has_own_public() {
        let span = at(function.sig.ident.span());
        insert(&mut function, quote_spanned!(span=> ::upr::Public));
    }
    fallback::with_errors(function.into_token_stream(), ctxt)
}

/// Whether the function is one that the guard can be expanded on; what is around it shows only in the source.
fn can_stand(function: &Function, guard: Guard, ctxt: &Ctxt) -> bool {
    source::owner(function.sig.ident.span())
        .is_none_or(|owner| upr_core::declare::check_owner(function, guard, owner, ctxt))
}

/// Beside a reported mistake, a proof of nothing: routers that take only guarded handlers do not complain as well.
fn stand_in(function: &mut Function) {
    if function.can_be_guarded() {
        guard(function, quote!(::upr::Granted<::upr::P<0>>));
    }
}

/// Adds the proof as the first parameter, unless the author wrote one.
fn guard(function: &mut Function, proof: TokenStream) {
    if function.own_proof().is_none() {
        insert(function, proof);
    }
}

/// Adds a first parameter without a name.
fn insert(function: &mut Function, ty: TokenStream) {
    if function.sig.inputs.len() >= CLIPPY_ARGUMENTS {
        let allowed: Attribute = parse_quote!(#[allow(clippy::too_many_arguments)]);
        function.attrs.push(allowed);
    }
    let span = at(function.sig.ident.span());
    let parameter = FnArg::Typed(syn::PatType {
        attrs: Vec::new(),
        pat: Box::new(syn::Pat::Wild(syn::PatWild {
            attrs: Vec::new(),
            underscore_token: syn::Token![_](span),
        })),
        colon_token: syn::Token![:](span),
        ty: Box::new(Type::Verbatim(ty)),
    });
    function.sig.inputs.insert(0, parameter);
}

/// The name of the constant with the id: both the proof and the declaration name it. The place keeps functions of one name
/// apart, so that rustc's error about them stays the only one.
///
/// It is computed from the module's id and the literal name, never from the permission's constant, so that a duplicate is
/// one error and a deprecated handler does not warn about itself.
fn id_ident(function: &Function, action: &Action) -> Ident {
    let line = line(function.sig.ident.span());
    Ident::new(
        &format!("__UPR_ID_{}_{line}", function.name()),
        at(action.name.span),
    )
}

/// Refuses an author's own proof of something else.
fn assert_own_proof(
    function: &Function,
    expected: &TokenStream,
    sentence: &str,
) -> Option<TokenStream> {
    let (_, written) = function
        .own_proof()
        .filter(|(position, _)| *position == 0)?;
    let span: Span = at(written.span());
    Some(quote_spanned! {span=>
        const _: () = ::core::assert!(
            <#written as ::upr::__private::Proof>::SIGNATURE == <#expected as ::upr::__private::Proof>::SIGNATURE,
            #sentence
        );
    })
}

/// Puts the assertion around the body, since an associated function has no place for a nameless constant beside it.
///
/// The body keeps a block of its own inside: what it declares must not shadow what the assertion names. A body with
/// inner attributes stays as it is, and the assertion comes back to stand beside the function.
fn hold(function: &mut Function, assertion: TokenStream) -> Option<TokenStream> {
    let body = &function.body;
    if has_inner_attributes(body) {
        return Some(assertion);
    }
    function.body = quote!({ #assertion #body });
    None
}

fn has_inner_attributes(body: &TokenStream) -> bool {
    let Some(TokenTree::Group(block)) = body.clone().into_iter().next() else {
        return false;
    };
    let mut start = block.stream().into_iter();
    let is = |token: Option<TokenTree>, character| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character);
    is(start.next(), '#') && is(start.next(), '!')
}

fn own_proof_sentence(module: &Path, action: &Action) -> String {
    let module = module.to_token_stream().to_string().replace(' ', "");
    let Action { name, constant, .. } = action;
    format!(
        "the handler of `{}` takes the proof of another permission; write `upr::granted!({module}::{constant})`",
        name.text
    )
}

/// The constant, the record and the registration.
fn declaration(
    name: Span,
    module: &Path,
    action: &Action,
    id: &Ident,
    package: &Package,
) -> TokenStream {
    let span = at(action.name.span);
    let constant = constant_ident(action);
    let text = &action.name.text;
    let attributes = constant_attributes(action, text);
    let file = action.name.span.unwrap().file();
    let (name, record) = match record::action(action, id, &file, &source::conditions(name)) {
        Record::Literal { length, bytes } => ("handler", quote!(#length, #bytes)),
        Record::Joined { length, bytes } => ("handler_joined", quote!([#length, #bytes])),
    };
    let name = Ident::new(name, span);
    let revived = probe::handler(action, id, package);
    let alias = action
        .has_own_constant
        .then(|| own_constant_alias(action, &constant));
    quote_spanned! {span=>
        ::upr::__private::#name! {
            #module, #id, #text, #constant, #record, { #attributes } { #alias }
        }
        #revived
    }
}

/// Where the author chose the constant's name, the lock's probe finds the action under this one.
fn own_constant_alias(action: &Action, constant: &Ident) -> TokenStream {
    let alias = probe_alias(&action.name);
    quote! {
        #[doc(hidden)]
        #[allow(deprecated)]
        pub const #alias: ::upr::Permission = Self::#constant;
    }
}
