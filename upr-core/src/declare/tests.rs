//! From arguments to the model, and that no input makes the parser panic.

use std::str::FromStr;

use proc_macro2::TokenStream;
use proptest::prelude::*;
use quote::ToTokens;

use super::*;
use crate::Version;

fn tokens(text: &str) -> TokenStream {
    TokenStream::from_str(text).unwrap()
}

fn package() -> Package {
    Package {
        name: "desk".to_owned(),
        version: Some(Version::new(1, 2, 0)),
        krate: "desk".to_owned(),
    }
}

/// What was understood, and each diagnostic as `message | remedy`.
fn with<T>(parse: impl FnOnce(&Ctxt) -> T) -> (T, Vec<String>) {
    let ctxt = Ctxt::new();
    let parsed = parse(&ctxt);
    let lines = ctxt.finish();
    let lines = lines
        .iter()
        .map(|line| format!("{} | {}", line.message(), line.remedy()));
    (parsed, lines.collect())
}

fn module(arguments: &str, item: &str) -> (Module, Vec<String>) {
    let (item, _) = with(|ctxt| ModuleItem::parse(&tokens(item), ctxt));
    let item = item.unwrap();
    with(|ctxt| Module::parse(tokens(arguments), &item, &package(), ctxt))
}

fn handler(arguments: &str, function: &str) -> (HandlerArgs, Vec<String>) {
    let (function, _) = with(|ctxt| Function::parse(&tokens(function), Guard::Action, ctxt));
    let function = function.unwrap();
    with(|ctxt| HandlerArgs::parse(tokens(arguments), &function, &package(), ctxt))
}

fn names(module: &Module) -> Vec<&str> {
    module
        .actions
        .iter()
        .map(|action| action.name.text.as_str())
        .collect()
}

#[test]
fn a_bare_module_takes_everything_from_its_struct() {
    let (module, problems) = module(
        "",
        "/// Audit trails.\n///\n///   Indented.\npub struct AuditLog;",
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(module.key, "audit_log");
    assert_eq!(module.label.as_known().unwrap(), "Audit log");
    assert_eq!(
        module.description.as_known().unwrap(),
        "Audit trails.\n\n  Indented."
    );
    assert!(module.actions.is_empty() && module.has_key && !module.allow_case_variants);
}

#[test]
fn a_module_says_everything() {
    let arguments = r#""compute.instances", label = concat!("Ma", "chines"), description = include_str!("m.md"),
        crud(view, delete(critical)), actions(export, "createTagBinding"(const = TAG), r#type), allow_case_variants,"#;
    let (module, problems) = module(arguments, "#[derive(Debug)] struct Instances;");
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        names(&module),
        ["view", "delete", "export", "createTagBinding", "type"]
    );
    assert_eq!(module.label.as_known().unwrap(), "Machines");
    assert_eq!(module.description.as_known(), None);
    assert_eq!(module.description.files().count(), 1);
    let constants: Vec<String> = module
        .actions
        .iter()
        .map(|action| action.constant.to_string())
        .collect();
    assert_eq!(constants, ["VIEW", "DELETE", "EXPORT", "TAG", "TYPE"]);
    assert!(module.actions[1].critical && module.actions[1].kind == Kind::Crud);
    assert_eq!(module.actions[2].kind, Kind::Action);
}

#[test]
fn a_handler_says_everything() {
    let arguments = r#"users::Users, "edit", label = "Edit one", deprecated = "use `update`", since = "1.1.0",
        remove_in = "2.0.0", replaced_by = Users::UPDATE, critical, unguarded"#;
    let (HandlerArgs { module, action }, problems) = handler(
        arguments,
        "/// Edits.\nasync fn change<T>() where T: Copy {}",
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        module.unwrap().to_token_stream().to_string(),
        "users :: Users"
    );
    assert_eq!(
        (
            action.name.text.as_str(),
            action.constant.to_string().as_str()
        ),
        ("edit", "EDIT")
    );
    assert_eq!(action.description.as_known().unwrap(), "Edits.");
    assert!(action.critical && action.unguarded);
    let deprecation = action.deprecation.unwrap();
    assert_eq!(
        (deprecation.since, deprecation.remove_in),
        (Some(Version::new(1, 1, 0)), Some(Version::new(2, 0, 0)))
    );
    assert!(deprecation.replaced_by.is_some());
}

#[test]
fn raw_names_lose_their_prefix() {
    let (HandlerArgs { action, .. }, problems) = handler("Users", "fn r#type() {}");
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        (
            action.name.text.as_str(),
            action.constant.to_string().as_str()
        ),
        ("type", "TYPE")
    );
    let (module, _) = module("", "mod r#gen {}");
    assert_eq!(module.key, "gen");
}

#[test]
fn a_permission_is_no_module() {
    for module in [
        "Users",
        "a::Users",
        "crate::api::DNS",
        "Admin::Users",
        "A::Users",
        "self::A",
    ] {
        assert!(handler(module, "fn f() {}").1.is_empty(), "{module}");
    }
    for constant in ["Users::VIEW", "crate::users::Users::VIEW", "A::B"] {
        let (HandlerArgs { module, .. }, problems) = handler(constant, "fn f() {}");
        assert!(module.is_none(), "{constant}");
        let sentence =
            format!("`{constant}` is a permission, and `#[upr::action]` declares a new one |");
        assert!(
            problems.len() == 1 && problems[0].starts_with(&sentence),
            "{problems:?}"
        );
    }
}

#[test]
fn a_proof_under_a_condition_is_none() {
    let proof = |function: &str| {
        let function = syn::parse_str::<Function>(function).unwrap();
        function.own_proof().map(|(position, _)| position)
    };
    assert_eq!(proof("fn f(g: upr::granted!(A)) {}"), Some(0));
    assert_eq!(
        proof("fn f(a: u8, #[allow(unused)] g: Granted<P<1>>) {}"),
        Some(1)
    );
    assert_eq!(proof("fn f(#[cfg(unix)] g: upr::granted!(A)) {}"), None);
    assert_eq!(
        proof("fn f(#[cfg_attr(unix, cfg(test))] g: Granted<P<1>>) {}"),
        None
    );
}

#[test]
fn what_is_wrong_is_left_out_and_the_rest_stays() {
    let (module, problems) = module(
        "crud(view, export), actions(view, 1, a b, send), lable = 1",
        "struct Users;",
    );
    // A comma that is missing parts what it would have parted.
    assert_eq!(names(&module), ["view", "a", "b", "send"]);
    assert_eq!(problems.len(), 5, "{problems:?}");
}

#[test]
fn one_argument_spoils_no_other() {
    let (HandlerArgs { action, .. }, problems) = handler(
        "Users, label = = , critical, const = 1, since = \"x\"",
        "fn f() {}",
    );
    assert!(action.critical);
    assert_eq!(action.constant, "F");
    assert_eq!(problems.len(), 4, "{problems:?}");
}

#[test]
fn doc_comments_that_are_no_texts_are_refused_unless_the_argument_says_it() {
    let item = "#[doc = stringify!(a b)] struct Users;";
    let (_, problems) = module("", item);
    assert!(
        problems[0].starts_with("a permission's description cannot be read"),
        "{problems:?}"
    );
    let (_, problems) = module("description = \"Accounts.\"", item);
    assert_eq!(problems, [""; 0]);
}

#[test]
fn block_comments_lose_their_stars() {
    let of = |item: &str| module("", item).0.description.as_known().unwrap();
    assert_eq!(of("/** Accounts. */ struct Users;"), "Accounts.");
    assert_eq!(
        of("/**\n * Accounts.\n *\n *   Indented.\n */ struct Users;"),
        "Accounts.\n\n  Indented."
    );
    assert_eq!(
        of("/** A list:\n * one\n two */ struct Users;"),
        "A list:\n* one\ntwo"
    );
}

#[test]
fn included_doc_comments_keep_their_place_among_others() {
    let (module, problems) = module(
        "",
        "/// First.\n#[doc = include_str!(\"users.md\")]\n/// Last.\nstruct Users;",
    );
    assert_eq!(problems, [""; 0]);
    let text = module
        .description
        .to_token_stream()
        .to_string()
        .replace(' ', "");
    assert_eq!(
        text,
        r#"::core::concat!("First.\n",::core::include_str!("users.md"),"\nLast.")"#
    );
}

#[test]
fn keys_are_checked_whole() {
    let (module, problems) = module("\"upr.pages\", crud", "struct Users;");
    assert!(
        problems[0].starts_with("module `upr` is reserved"),
        "{problems:?}"
    );
    assert_eq!(module.actions.len(), 4);
    let long = format!("\"{0}.{0}\", actions(\"{0}\")", "s".repeat(64));
    let (module, problems) = self::module(&long, "struct Users;");
    assert!(problems[0].contains("194 bytes"), "{problems:?}");
    assert!(module.actions.is_empty());
}

#[test]
fn a_removal_is_due_in_its_version() {
    let arguments =
        |version| format!("actions(old(deprecated = \"gone\", remove_in = \"{version}\"))");
    assert!(module(&arguments("1.2.1"), "struct Users;").1.is_empty());
    for due in ["1.2.0", "1.1.9", "1.2.0-rc.1"] {
        let (_, problems) = module(&arguments(due), "struct Users;");
        assert!(
            problems[0].starts_with("`old` was to be removed in"),
            "{problems:?}"
        );
    }
}

/// The truth table of nesting: an expression evaluates as it is written.
#[test]
fn expressions_nest_as_they_are_written() {
    fn holds(expression: &Expression, held: &[&str]) -> bool {
        match expression {
            Expression::Constant(path) => {
                held.contains(&path.segments.last().unwrap().ident.to_string().as_str())
            }
            Expression::Any(parts) => parts.iter().any(|part| holds(part, held)),
            Expression::All(parts) => parts.iter().all(|part| holds(part, held)),
        }
    }
    let (expression, problems) =
        with(|ctxt| Expression::parse(tokens("all(any(U::A, U::B), U::C)"), ctxt));
    let expression = expression.unwrap();
    assert_eq!(problems, [""; 0]);
    let table = [
        (&[][..], false),
        (&["A"], false),
        (&["B"], false),
        (&["C"], false),
        (&["A", "B"], false),
        (&["A", "C"], true),
        (&["B", "C"], true),
        (&["A", "B", "C"], true),
    ];
    for (held, expected) in table {
        assert_eq!(holds(&expression, held), expected, "{held:?}");
    }
}

#[test]
fn at_most_twelve_parts_stand_side_by_side() {
    let parts = |count| format!("any({})", vec!["U::A"; count].join(", "));
    assert!(
        with(|ctxt| Expression::parse(tokens(&parts(12)), ctxt))
            .1
            .is_empty()
    );
    let (_, problems) = with(|ctxt| Expression::parse(tokens(&parts(13)), ctxt));
    assert!(
        problems[0].starts_with("`any` has 13 parts"),
        "{problems:?}"
    );
}

#[test]
fn roles_hold_constants_modules_or_everything() {
    let (role, problems) = with(|ctxt| {
        Role::parse(
            tokens(
                "/// Answers.\n pub(crate) SUPPORT = \"desk.support\", seeded, VIEW, users::Users::EDIT, Tickets::*",
            ),
            ctxt,
        )
    });
    let role = role.unwrap();
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        (role.key.as_str(), role.label.as_known().unwrap().as_str()),
        ("desk.support", "Support")
    );
    let kinds: Vec<bool> = role
        .members
        .iter()
        .map(|member| matches!(member, RoleMember::Permission(_)))
        .collect();
    assert_eq!(kinds, [true, true, false]);
}

fn compact(content: &str) -> (CompactModule, Vec<String>) {
    let (module, _) = module("crud(view)", "mod users {}");
    let (compact, problems) =
        with(|ctxt| CompactModule::parse(tokens(content), &module, &package(), ctxt));
    (compact, problems)
}

#[test]
fn the_compact_form_rewrites_its_attributes_and_nothing_else() {
    let content = "#![allow(dead_code)]
        use std::fmt;
        #[upr::action] pub fn a() { loop {} }
        #[cfg_attr(unix, upr::action(label = \"B\"), inline)] #[cfg(test)] pub fn b() {}
        #[upr::requires(VIEW)] pub fn c() {}
        #[upr::module] pub mod inner { pub fn d() {} }
        fn e() {} impl X<{ 1 }> for Y { fn f(&self) {} } const G: u8 = { 1 };";
    let (compact, problems) = compact(content);
    assert_eq!(problems, [""; 0]);
    assert_eq!(compact.inner.len(), 1);
    let items = compact.items.to_string().replace([' ', '\n'], "");
    let expected = "usestd::fmt;#[upr::action(Permissions,)]pubfna(){loop{}}\
        #[cfg_attr(unix,upr::action(Permissions,label=\"B\"),inline)]#[cfg(test)]pubfnb(){}\
        #[upr::requires(VIEW)]pubfnc(){}\
        #[upr::module(__upr_parent=\"users\",)]pubmodinner{pubfnd(){}}\
        fne(){}implX<{1}>forY{fnf(&self){}}constG:u8={1};";
    assert_eq!(items, expected);
    let members: Vec<(&str, usize)> = compact
        .members
        .iter()
        .map(|member| (member.action.name.text.as_str(), member.conditions.len()))
        .collect();
    assert_eq!(members, [("a", 0), ("b", 2)]);
}

#[test]
fn the_compact_form_sees_what_stands_above() {
    let (_, problems) = compact("#[tokio::main] #[inline] #[upr::action] pub fn a() {}");
    assert!(
        problems[0].starts_with("this attribute stands above upr's"),
        "{problems:?}"
    );
    let (_, problems) = compact(
        "/// Doc.\n#[cfg(unix)] #[must_use] #[clippy::x] #[upr::action] #[tokio::main] pub fn a() {}",
    );
    assert_eq!(problems, [""; 0]);
}

#[test]
fn one_name_under_two_conditions_is_no_duplicate() {
    let (compact, problems) =
        compact("#[cfg(unix)] #[action] fn a() {} #[cfg(windows)] #[action] fn a() {}");
    assert_eq!(problems, [""; 0]);
    assert_eq!(compact.members.len(), 2);
}

/// Words that upr knows, and words that it does not, in any order and nesting.
fn any_tokens() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "crud",
        "actions",
        "label",
        "description",
        "deprecated",
        "since",
        "remove_in",
        "replaced_by",
        "critical",
        "unguarded",
        "const",
        "any",
        "all",
        "not",
        "seeded",
        "managed",
        "Users",
        "VIEW",
        "fn",
        "struct",
        "mod",
        "pub",
        "self",
        "Self",
        "async",
        "extern",
        "main",
        "r#type",
        "where",
        "concat!",
        "include_str!",
        "upr::action",
        "upr::module",
        "cfg",
        "cfg_attr",
        "=",
        ",",
        ";",
        "::",
        "*",
        "&",
        "#",
        "!",
        "->",
        "<",
        ">",
        "'a",
        "\"\"",
        "\"1.0.0\"",
        "\"a.b\"",
        "\"\\u{0}\"",
        "b\"x\"",
        "'c'",
        "1",
        "-1.5",
        "true",
        "é",
    ]);
    let leaf = word.prop_map(str::to_owned);
    let nested = leaf.prop_recursive(4, 64, 8, |inner| {
        let list = prop::collection::vec(inner, 0..8).prop_map(|words| words.join(" "));
        (
            list,
            prop::sample::select(vec![("(", ")"), ("[", "]"), ("{", "}")]),
        )
            .prop_map(|(list, (open, close))| format!("{open}{list}{close}"))
    });
    prop::collection::vec(nested, 0..12).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_input_makes_the_parser_panic(arguments in any_tokens(), item in any_tokens()) {
        let (Ok(arguments), Ok(item)) = (TokenStream::from_str(&arguments), TokenStream::from_str(&item)) else {
            return Ok(());
        };
        let function = tokens("/// Doc.\n#[upr::requires(x)] pub async fn r#type(a: upr::granted!(U::A), self_: u8) {}");
        let mods = [tokens("pub mod users {}"), tokens("struct Users;"), item.clone()];
        for item in mods {
            with(|ctxt| {
                let item = ModuleItem::parse(&item, ctxt)?;
                let module = Module::parse(arguments.clone(), &item, &package(), ctxt);
                Some(CompactModule::parse(arguments.clone(), &module, &package(), ctxt))
            });
        }
        for function in [function, item.clone()] {
            with(|ctxt| {
                let function = Function::parse(&function, Guard::Action, ctxt)?;
                PublicArgs::parse(arguments.clone(), &function, ctxt);
                check_guarded(&function, Guard::Requires, ctxt);
                Some(HandlerArgs::parse(arguments.clone(), &function, &package(), ctxt))
            });
        }
        with(|ctxt| Expression::parse(arguments.clone(), ctxt));
        with(|ctxt| Role::parse(arguments.clone(), ctxt));
    }

    #[test]
    fn no_text_makes_the_search_for_conditions_panic(text in ".{0,200}", line in 0_usize..9, column in 0_usize..99) {
        let conditions = Conditions::of(&text);
        let found = conditions.at(line, column).len() + conditions.of_mod("users", |_| true).map_or(0, <[String]>::len);
        prop_assert!(found <= 9 * text.matches("cfg").count());
    }
}
