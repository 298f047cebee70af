//! An attribute while it is typed: editors expand it at every letter, and show what comes out.

use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::*;
use crate::Version;

fn package() -> Package {
    Package {
        name: "desk".to_owned(),
        version: Some(Version::new(1, 2, 0)),
        krate: "desk".to_owned(),
    }
}

/// The tokens before each place where typing may stop, brackets closed as editors close them.
fn prefixes(text: &str) -> Vec<TokenStream> {
    fn of(tokens: TokenStream) -> Vec<TokenStream> {
        let mut prefixes = vec![TokenStream::new()];
        let mut before = TokenStream::new();
        for token in tokens {
            if let TokenTree::Group(group) = &token {
                prefixes.extend(of(group.stream()).into_iter().map(|inner| {
                    let group = proc_macro2::Group::new(group.delimiter(), inner);
                    before.clone().into_iter().chain([group.into()]).collect()
                }));
            }
            before.extend([token]);
            prefixes.push(before.clone());
        }
        prefixes
    }
    of(TokenStream::from_str(text).unwrap())
}

fn messages<T>(parse: impl FnOnce(&Ctxt) -> T) -> (T, Vec<String>) {
    let ctxt = Ctxt::new();
    let parsed = parse(&ctxt);
    let messages = ctxt.finish();
    let lines = messages.iter().map(|line| line.message().to_owned());
    (parsed, lines.collect())
}

#[test]
fn half_an_action_is_one_message_at_most_and_keeps_its_module() {
    let function = "/// Resets.\npub async fn reset(id: u32) -> Option<u32> { None }";
    let function = syn::parse_str::<Function>(function).unwrap();
    let text = r#"desk::Users, "reset", label = "Reset", deprecated = "use `update`", since = "1.1.0",
        remove_in = "2.0.0", replaced_by = desk::Users::UPDATE, critical, const = RESET_ALL"#;
    for prefix in prefixes(text) {
        let (HandlerArgs { module, action }, lines) =
            messages(|ctxt| HandlerArgs::parse(prefix.clone(), &function, &package(), ctxt));
        assert!(lines.len() <= 1, "{prefix}: {lines:?}");
        assert!(
            prefix.to_string().len() < 14 || module.is_some(),
            "{prefix}"
        );
        assert_eq!(action.name.text, "reset");
    }
}

#[test]
fn half_a_module_is_one_message_at_most_and_keeps_what_it_says() {
    let item = TokenStream::from_str("pub struct Users;").unwrap();
    let text = r#""desk.users", label = "Users", crud(view, create(label = "New")), actions(export, "createTag"(critical))"#;
    for prefix in prefixes(text) {
        let (module, lines) = messages(|ctxt| {
            let item = ModuleItem::parse(&item, ctxt).unwrap();
            Module::parse(prefix.clone(), &item, &package(), ctxt)
        });
        assert!(lines.len() <= 1, "{prefix}: {lines:?}");
        assert_eq!(
            module.key,
            if prefix.is_empty() {
                "users"
            } else {
                "desk.users"
            },
            "{prefix}"
        );
        let names = module
            .actions
            .iter()
            .map(|action| action.name.text.as_str());
        let names = names.collect::<Vec<_>>();
        // The word `crud` alone says all four.
        let crud = ["view", "create", "update", "delete"];
        let listed = ["view", "create", "export", "createTag"];
        assert!(
            names == crud || listed.starts_with(&names),
            "{prefix}: {names:?}"
        );
    }
}

#[test]
fn half_an_expression_is_one_message() {
    for prefix in prefixes("all(any(Users::VIEW, desk::Support::VIEW), Tickets::CLOSE)") {
        let (expression, lines) = messages(|ctxt| Expression::parse(prefix.clone(), ctxt));
        assert!(lines.len() <= 1, "{prefix}: {lines:?}");
        assert!(expression.is_some() || lines.len() == 1, "{prefix}");
    }
}

#[test]
fn half_a_role_is_one_message_at_most() {
    for prefix in prefixes(
        r#"/// Answers.
        pub SUPPORT = "support", label = "Support", seeded, Users::VIEW, desk::Tickets::*"#,
    ) {
        let (_, lines) = messages(|ctxt| Role::parse(prefix.clone(), ctxt));
        assert!(lines.len() <= 2, "{prefix}: {lines:?}");
    }
}

#[test]
fn a_function_keeps_every_token_whatever_is_wrong_with_its_attributes() {
    let text = "/// Doc.\n#[inline] #[upr::requires(Users::)] #[requires(amount > 0)] pub async unsafe extern \"C\" fn r#type<'a, T: Copy>(self: &'a Self, amount: u32) -> impl Fn(T) where T: Send { let half = ; }";
    let tokens = TokenStream::from_str(text).unwrap();
    let (function, lines) = messages(|ctxt| {
        let mut function = Function::parse(&tokens, Guard::Action, ctxt).unwrap();
        HandlerArgs::parse(
            TokenStream::from_str("Users::").unwrap(),
            &function,
            &package(),
            ctxt,
        );
        function.strip_guards();
        function
    });
    let kept = text.replace("#[upr::requires(Users::)] ", "");
    let squeezed = |text: String| text.replace(' ', "");
    let kept = TokenStream::from_str(&kept).unwrap();
    assert_eq!(
        squeezed(function.into_token_stream().to_string()),
        squeezed(kept.to_string())
    );
    assert!(lines.len() >= 3, "{lines:?}");
}

#[test]
fn what_is_no_attribute_of_upr_stays() {
    let ours = |text: &str| {
        let function = syn::parse_str::<Function>(&format!("{text} fn f() {{}}")).unwrap();
        messages(|ctxt| check_guarded(&function, Guard::Requires, ctxt))
            .1
            .len()
    };
    for text in [
        "#[upr::requires(Users::)]",
        "#[upr::action]",
        "#[requires(any(Users::VIEW, Users::UPDATE))]",
        "#[desk::action(Users, label = \"x\")]",
        "#[public]",
        "#[public(\"why\")]",
        "#[cfg_attr(unix, upr::public)]",
    ] {
        assert_eq!(ours(text), 1, "{text}");
    }
    for text in [
        "#[requires(amount > 0)]",
        "#[requires(ready)]",
        "#[contracts::requires(x.is_some(), \"why\")]",
        "#[action(slot = 3)]",
        "#[actix::action(get(\"/\"))]",
        "#[public(crate)]",
        "#[action(Users::VIEW)]",
    ] {
        assert_eq!(ours(text), 0, "{text}");
    }
}

#[test]
fn a_compact_form_that_cannot_be_read_keeps_its_items() {
    let tokens =
        TokenStream::from_str("#[upr::action] pub fn a() {} fn = ; #[inline] fn b() {}").unwrap();
    let item = TokenStream::from_str("mod users {}").unwrap();
    let (compact, lines) = messages(|ctxt| {
        let item = ModuleItem::parse(&item, ctxt).unwrap();
        let module = Module::parse(TokenStream::new(), &item, &package(), ctxt);
        CompactModule::parse(tokens, &module, &package(), ctxt)
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(
        compact.items.to_string(),
        "pub fn a () { } fn = ; # [inline] fn b () { }"
    );
}
