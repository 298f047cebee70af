//! What stands in an attribute, and what it stands on: any tokens.

use std::str::FromStr;

use proc_macro2::TokenStream;
use quote::ToTokens;
use semver::Version;
use upr_core::declare::{
    CompactModule, Conditions, Ctxt, Expression, Function, Guard, HandlerArgs, Module, ModuleItem,
    Owner, Package, PublicArgs, Role, Surroundings, check_guarded, check_owner,
};

use crate::{halves, says_something, text};

/// Reads arguments and, behind a NUL, the item as every macro of upr would.
pub fn macros(data: &[u8]) {
    let (arguments, item) = halves(data);
    let (Some(arguments), Some(item)) = (text(arguments), text(item)) else {
        return;
    };
    surroundings(item);
    let (Ok(arguments), Ok(item)) = (
        TokenStream::from_str(arguments),
        TokenStream::from_str(item),
    ) else {
        return;
    };
    module(&arguments, &item);
    for guard in [Guard::Action, Guard::Requires, Guard::Public] {
        function(&arguments, &item, guard);
    }
    let (expression, problems) = checked(|ctxt| Expression::parse(arguments.clone(), ctxt));
    assert!(
        expression.is_some() || problems > 0,
        "what is refused is reported"
    );
    let (role, problems) = checked(|ctxt| Role::parse(arguments.clone(), ctxt));
    assert!(
        role.is_some() || problems > 0,
        "what is refused is reported"
    );
    if let Some(role) = role.filter(|_| problems == 0) {
        assert!(
            role.all == role.members.is_empty(),
            "a role holds something"
        );
    }
}

fn module(arguments: &TokenStream, item: &TokenStream) {
    let (parsed, problems) = checked(|ctxt| ModuleItem::parse(item, ctxt));
    let Some(parsed) = parsed else {
        assert!(problems > 0, "what is refused is reported");
        return;
    };
    let (module, problems) =
        checked(|ctxt| Module::parse(arguments.clone(), &parsed, &package(), ctxt));
    assert!(module.has_key || problems > 0, "a stand-in is reported");
    for action in &module.actions {
        assert!(
            module.key.action(&action.name.text).is_ok(),
            "{}",
            action.name.text
        );
    }
    match parsed {
        ModuleItem::Mod { content, .. } => {
            checked(|ctxt| CompactModule::parse(content, &module, &package(), ctxt));
        }
        ModuleItem::Struct { item: kept, .. } | ModuleItem::Misshapen { item: kept, .. } => {
            assert!(kept.to_string().len() <= item.to_string().len());
        }
    }
}

fn function(arguments: &TokenStream, item: &TokenStream, guard: Guard) {
    let (function, problems) = checked(|ctxt| Function::parse(item, guard, ctxt));
    let Some(mut function) = function else {
        assert!(problems > 0, "what is refused is reported");
        return;
    };
    // The author's tokens survive.
    let again = function.to_token_stream().to_string();
    let reparsed = TokenStream::from_str(&again).ok();
    let reparsed =
        reparsed.and_then(|again| checked(|ctxt| Function::parse(&again, guard, ctxt)).0);
    assert!(
        reparsed.is_some_and(|other| other.to_token_stream().to_string() == again),
        "a function is written as it was read: {again}"
    );
    checked(|ctxt| {
        check_guarded(&function, guard, ctxt);
        check_owner(&function, guard, Owner::TraitOfType, ctxt)
    });
    let (parsed, problems) = checked(|ctxt| match guard {
        Guard::Public => {
            PublicArgs::parse(arguments.clone(), &function, ctxt);
            true
        }
        _ => HandlerArgs::parse(arguments.clone(), &function, &package(), ctxt)
            .module
            .is_some(),
    });
    assert!(
        parsed || problems > 0,
        "a module that is missing is reported"
    );
    function.strip_guards();
}

/// What looks at source text takes any text and any place.
fn surroundings(source: &str) {
    let lines: Vec<&str> = source.lines().collect();
    let surroundings = Surroundings::of(source);
    let conditions = Conditions::of(source);
    let mut found = conditions
        .of_mod("users", |_| true)
        .map_or(0, <[String]>::len);
    for (number, line) in lines.iter().enumerate().take(8) {
        let column = line.chars().count() / 2 + 1;
        if surroundings.owner_at(number + 1, column).is_some() {
            assert!(
                source.contains("impl") || source.contains("trait"),
                "an owner is written"
            );
        }
        found += conditions.at(number + 1, column).len();
    }
    assert!(
        found == 0 || source.contains("cfg"),
        "a condition is written"
    );
}

/// What was understood, and how many mistakes were reported, each with what to write instead.
fn checked<T>(parse: impl FnOnce(&Ctxt) -> T) -> (T, usize) {
    let ctxt = Ctxt::new();
    let parsed = parse(&ctxt);
    let problems = ctxt.finish();
    for problem in &problems {
        says_something(&problem.message().replace('\n', " "));
        assert!(!problem.remedy().trim().is_empty(), "{}", problem.message());
        assert!(!problem.to_compile_error().is_empty());
    }
    (parsed, problems.len())
}

fn package() -> Package {
    Package {
        name: "desk".to_owned(),
        version: Some(Version::new(1, 2, 0)),
        krate: "desk".to_owned(),
    }
}
