//! The conditions that an item stands under, from its source text.
//!
//! rustc evaluates `#[cfg(…)]` before it calls an attribute macro and takes it off the item, so the macro must look at
//! the text around it to know what the lock has to record. Only text is read here; which file it comes from is the
//! caller's matter.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Meta};

/// The predicates of the attributes in front of a place in a file's lines: `#[cfg(…)]`, and `#[cfg_attr(…)]` that holds one of upr's.
///
/// `line` counts from 1; `column` counts characters from 1, as rustc does.
#[must_use]
pub fn conditions_at(lines: &[&str], line: usize, column: usize) -> Vec<String> {
    let Some((last, above)) = lines.get(..line).and_then(<[&str]>::split_last) else {
        return Vec::new();
    };
    let head: String = last.chars().take(column.saturating_sub(1)).collect();
    let start = above
        .iter()
        .rposition(|line| ends_item(line))
        .map_or(0, |end| end + 1);
    let block = above.get(start..).unwrap_or_default();
    if !block
        .iter()
        .chain([&head.as_str()])
        .any(|line| line.contains("cfg"))
    {
        return Vec::new();
    }
    // What stands in front of the attributes is skipped line by line until the rest can be read.
    (0..=block.len())
        .filter_map(|skipped| {
            let lines = block.get(skipped..)?.iter().copied().chain([head.as_str()]);
            let text = lines.collect::<Vec<_>>().join("\n");
            syn::parse_str::<Attributes>(&text).ok()
        })
        .next()
        .map(|Attributes(attributes)| predicates_of(&attributes))
        .unwrap_or_default()
}

/// The predicates in front of `mod name;`, where the lines declare it.
#[must_use]
pub fn conditions_of_mod(lines: &[&str], name: &str) -> Vec<String> {
    let declared = lines.iter().zip(1..).find_map(|(line, number)| {
        let code = line.split("//").next().unwrap_or_default();
        let (head, tail) = code.split_once("mod ")?;
        let rest = tail.trim().strip_prefix(name)?.trim_start();
        let starts_word = head.is_empty() || head.ends_with([' ', '\t']);
        (rest.starts_with(';') && starts_word).then(|| (number, head.chars().count() + 1))
    });
    declared.map_or_else(Vec::new, |(line, column)| {
        conditions_at(lines, line, column)
    })
}

/// The predicates in front of the inline mods around a line, from the outermost inwards.
///
/// A mod is around what is indented further, as rustfmt writes it: the text is not parsed.
#[must_use]
pub fn conditions_around(lines: &[&str], line: usize) -> Vec<String> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let Some((last, above)) = lines.get(..line).and_then(<[&str]>::split_last) else {
        return Vec::new();
    };
    let mut inner = indentation(last);
    let mut mods = Vec::new();
    for (index, line) in above.iter().enumerate().rev() {
        if inner == 0 {
            break;
        }
        if line.trim().is_empty() || indentation(line) >= inner {
            continue;
        }
        inner = indentation(line);
        if let Some(column) = opens_mod(line) {
            mods.push(conditions_at(lines, index + 1, column));
        }
    }
    mods.into_iter().rev().flatten().collect()
}

/// The column of the keyword in `pub mod name {`.
fn opens_mod(line: &str) -> Option<usize> {
    let (head, _) = line.trim_end().strip_suffix('{')?.split_once("mod ")?;
    let visibility = head.trim_start();
    let is_mod =
        visibility.is_empty() || visibility.starts_with("pub") || visibility.starts_with("#[");
    is_mod.then(|| head.chars().count() + 1)
}

/// Whether nothing below a line belongs to what ends there.
fn ends_item(line: &str) -> bool {
    let line = line.trim();
    let is_comment = line.starts_with("//");
    line.is_empty() || !is_comment && line.ends_with(['}', ';', '{'])
}

/// Attributes, and whatever follows them.
struct Attributes(Vec<Attribute>);

impl Parse for Attributes {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<TokenStream>()?;
        Ok(Self(attributes))
    }
}

/// The predicates that attributes put an item under, as the lock records them: of `#[cfg(…)]`, of `#[cfg_attr(…)]` that holds
/// one of those, and of `#[cfg_attr(…)]` that holds the declaration itself.
pub(crate) fn predicates_of(attributes: &[Attribute]) -> Vec<String> {
    let mut predicates = Vec::new();
    for attribute in attributes {
        add_predicates(&attribute.meta, None, &mut predicates);
    }
    predicates
}

fn add_predicates(meta: &Meta, outer: Option<&str>, predicates: &mut Vec<String>) {
    let is_ours = meta
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "action" || last.ident == "module");
    match (meta, outer) {
        (Meta::List(list), _) if list.path.is_ident("cfg") => {
            let own = written(first(list.tokens.clone()));
            predicates.push(match outer {
                Some(outer) => format!("any(not({outer}), {own})"),
                None => own,
            });
        }
        (Meta::List(list), _) if list.path.is_ident("cfg_attr") => {
            let mut pieces = super::attr::split(list.tokens.clone()).into_iter();
            let own = written(pieces.next().unwrap_or_default());
            let is_always = own == "true" || own == "all()";
            let both = match outer {
                Some(outer) if is_always => Some(outer.to_owned()),
                Some(outer) => Some(format!("all({outer}, {own})")),
                None => (!is_always).then_some(own),
            };
            for piece in pieces {
                if let Ok(meta) = syn::parse2::<Meta>(piece) {
                    add_predicates(&meta, both.as_deref(), predicates);
                }
            }
        }
        (_, Some(outer)) if is_ours => predicates.push(outer.to_owned()),
        _ => {}
    }
}

/// What stands in front of the first comma.
fn first(tokens: TokenStream) -> TokenStream {
    super::attr::split(tokens)
        .into_iter()
        .next()
        .unwrap_or_default()
}

/// A predicate as people write it: tokens print differently in and outside of a compiler, and the lock is compared.
fn written(tokens: TokenStream) -> String {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => format!("({})", written(group.stream())),
            TokenTree::Punct(punct) if punct.as_char() == '=' => " = ".to_owned(),
            TokenTree::Punct(punct) if punct.as_char() == ',' => ", ".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Vec<String> {
        let (before, _) = text.split_once('^').unwrap();
        let line = before.lines().count().max(1);
        let column = before.lines().last().unwrap_or_default().chars().count() + 1;
        let text = text.replace('^', "");
        conditions_at(&text.lines().collect::<Vec<_>>(), line, column)
    }

    #[test]
    fn an_attribute_above_or_below_is_found() {
        let below = "#[upr::action(Users)]\n#[cfg(feature = \"extra\")]\npub fn ^export() {}\n";
        assert_eq!(at(below), ["feature = \"extra\""]);
        let above = "fn other() {}\n#[cfg(unix)]\n/// Exports.\n#[upr::action(Users)]\npub async fn ^export() {}\n";
        assert_eq!(at(above), ["unix"]);
        let one_line = "#[cfg(unix)] #[upr::action(Users)] fn ^export() {}";
        assert_eq!(at(one_line), ["unix"]);
    }

    #[test]
    fn several_lines_and_several_conditions_are_found() {
        let text = "use a::b;\n#[cfg(\n    any(unix, feature = \"x\")\n)]\n#[cfg(not(test))]\n#[upr::module]\npub struct ^Users;";
        assert_eq!(at(text), ["any(unix, feature = \"x\")", "not(test)"]);
    }

    #[test]
    fn cfg_attr_counts_where_it_holds_the_declaration() {
        let ours = "#[cfg_attr(feature = \"x\", upr::action(Users))]\nfn ^export() {}";
        assert_eq!(at(ours), ["feature = \"x\""]);
        for (attribute, condition) in [
            ("cfg_attr(all(), cfg(unix))", "unix"),
            ("cfg_attr(true, upr::action(Users), cfg(unix))", "unix"),
            ("cfg_attr(windows, cfg(unix))", "any(not(windows), unix)"),
            (
                "cfg_attr(windows, cfg_attr(test, upr::action(Users)))",
                "all(windows, test)",
            ),
            ("cfg(any(unix, windows,),)", "any(unix, windows, )"),
        ] {
            let text = format!("#[{attribute}]\nfn ^export() {{}}");
            assert_eq!(at(&text), [condition], "{attribute}");
        }
        let others = "#[cfg_attr(feature = \"x\", inline)]\n#[upr::action(Users)]\nfn ^export() {}";
        assert!(at(others).is_empty());
    }

    #[test]
    fn what_belongs_to_others_is_left_alone() {
        assert!(
            at("#[cfg(unix)]\nfn other() {}\n#[upr::action(Users)]\nfn ^export() {}").is_empty()
        );
        assert!(
            at("#[cfg(unix)]\nmod inner {\n    #[upr::action(Users)]\n    fn ^export() {}\n}")
                .is_empty()
        );
        assert!(at("/// Not a `#[cfg(unix)]`.\n#[upr::action(Users)]\nfn ^export() {}").is_empty());
        assert!(at("^").is_empty());
        assert!(conditions_at(&[], 3, 9).is_empty());
    }

    #[test]
    fn inline_mods_around_have_theirs() {
        let text = [
            "#[cfg(unix)]",
            "pub mod outer {",
            "    /// An earlier one.",
            "    #[cfg(test)]",
            "    mod other {}",
            "    fn f() {",
            "    }",
            "    #[cfg(feature = \"x\")]",
            "    pub(crate) mod inner {",
            "        #[upr::action]",
            "        pub fn export() {}",
            "    }",
            "}",
            "fn after() {}",
        ];
        assert_eq!(conditions_around(&text, 11), ["unix", "feature = \"x\""]);
        assert_eq!(conditions_around(&text, 6), ["unix"]);
        assert!(conditions_around(&text, 14).is_empty());
        assert!(conditions_around(&text, 99).is_empty());
    }

    #[test]
    fn a_mod_in_a_file_of_its_own_has_its_conditions_where_it_is_declared() {
        let text: Vec<&str> = "pub mod users;\n#[cfg(feature = \"billing\")]\npub mod billing;\n// mod tickets;\nmod tickets; // open\n".lines().collect();
        assert_eq!(
            conditions_of_mod(&text, "billing"),
            ["feature = \"billing\""]
        );
        assert!(conditions_of_mod(&text, "users").is_empty());
        assert!(conditions_of_mod(&text, "tickets").is_empty());
        assert!(conditions_of_mod(&text, "nowhere").is_empty());
    }
}
