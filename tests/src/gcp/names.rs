//! Rust names for Google's segments.

use upr_core::name::snake_case;

/// The struct of a module: its last segment in upper camel case.
///
/// ```text
/// compute.httpFilters -> HttpFilters
/// ```
pub(super) fn type_name(module: &str) -> String {
    let words = resource(module).split(['_', '-']);
    words
        .flat_map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters)
        })
        .collect()
}

/// The file of a module: its first segment.
pub(super) fn service(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// The mod of a module in the file of its service.
pub(super) fn mod_name(module: &str) -> String {
    identifier(&snake_case(resource(module)))
}

/// What the statics of a module begin with.
pub(super) fn static_name(module: &str) -> String {
    snake_case(resource(module)).to_uppercase()
}

/// The function of an action; raw where the action is a keyword.
pub(super) fn function_name(action: &str) -> String {
    identifier(&snake_case(action))
}

/// How an attribute names an action: by a word where one is possible, else by a string.
pub(super) fn action_argument(action: &str) -> String {
    if snake_case(action) == action && !is_keyword(action) {
        action.to_owned()
    } else {
        format!("\"{action}\"")
    }
}

fn resource(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

fn identifier(name: &str) -> String {
    if is_keyword(name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// Those of edition 2024 that `r#` can mark.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 46] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where",
    ];
    KEYWORDS.contains(&name) || matches!(name, "while" | "yield")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_become_rust_names() {
        let module = "networkservices.httpFilters";
        assert_eq!(type_name(module), "HttpFilters");
        assert_eq!(type_name("networkservices.route_views"), "RouteViews");
        assert_eq!(service(module), "networkservices");
        assert_eq!(mod_name(module), "http_filters");
        assert_eq!(static_name(module), "HTTP_FILTERS");
        assert_eq!(function_name("createTagBinding"), "create_tag_binding");
        assert_eq!(function_name("use"), "r#use");
    }

    #[test]
    fn a_string_stands_where_no_word_can() {
        assert_eq!(action_argument("get"), "get");
        assert_eq!(action_argument("move"), "\"move\"");
        assert_eq!(action_argument("createTagBinding"), "\"createTagBinding\"");
    }
}
