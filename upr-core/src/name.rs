//! What is made from keys: constants, labels, symbols, and the nearest known word.

/// The constant of an action: upper snake case.
///
/// A capital starts a word when it follows a small letter or a digit, or when it is the last of
/// several capitals and a small letter follows. `-` becomes `_`.
///
/// ```
/// use upr_core::name::constant_name;
/// for (action, constant) in [
///     ("view", "VIEW"),
///     ("reset_password", "RESET_PASSWORD"),
///     ("createTagBinding", "CREATE_TAG_BINDING"),
///     ("HTTPServer", "HTTP_SERVER"),
///     ("listV2", "LIST_V2"),
///     ("v2List", "V2_LIST"),
///     ("a-b", "A_B"),
/// ] {
///     assert_eq!(constant_name(action), constant);
/// }
/// ```
#[must_use]
pub fn constant_name(action: &str) -> String {
    split_words(action, '_', |c| c.to_ascii_uppercase())
}

/// The module key of a struct's or mod's name: snake case, as the default of `#[upr::module]`.
///
/// ```
/// assert_eq!(upr_core::name::snake_case("AuditLog"), "audit_log");
/// ```
#[must_use]
pub fn snake_case(name: &str) -> String {
    split_words(name, '_', |c| c.to_ascii_lowercase())
}

/// The default label of an action or module: its words, the first with a capital.
///
/// Words that are written in capitals keep them.
///
/// ```
/// use upr_core::name::label;
/// assert_eq!(label("reset_password"), "Reset password");
/// assert_eq!(label("createTagBinding"), "Create tag binding");
/// assert_eq!(label("exportCSV"), "Export CSV");
/// ```
#[must_use]
pub fn label(name: &str) -> String {
    let spaced = split_words(name, ' ', |c| c);
    let mut label = String::with_capacity(spaced.len());
    for (number, word) in spaced
        .split(' ')
        .filter(|word| !word.is_empty())
        .enumerate()
    {
        if number > 0 {
            label.push(' ');
        }
        let is_acronym = word.len() > 1 && !word.bytes().any(|b| b.is_ascii_lowercase());
        let mut characters = word.chars();
        if let Some(first) = characters.next() {
            let first = if number == 0 {
                first.to_ascii_uppercase()
            } else if is_acronym {
                first
            } else {
                first.to_ascii_lowercase()
            };
            label.push(first);
        }
        label.push_str(characters.as_str());
    }
    label
}

/// The label of a module: that of its last segment.
///
/// ```
/// assert_eq!(upr_core::name::module_label("compute.instance_groups"), "Instance groups");
/// ```
#[must_use]
pub fn module_label(module: &str) -> String {
    label(module.rsplit('.').next().unwrap_or(module))
}

/// The part of an identifier that stands for a module's key: `.`, `-` and `_` become `_`.
///
/// Not injective (`a.b`, `a-b` and `a_b` are one); where that matters the module's id is added.
#[must_use]
pub fn mangle(module: &str) -> String {
    module
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// The candidate that `word` was most likely meant to be, if one is near enough.
///
/// ```
/// use upr_core::name::nearest;
/// assert_eq!(nearest("users.veiw", ["users.view", "users.edit"]), Some("users.view"));
/// assert_eq!(nearest("zebra", ["users.view"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Below this, suggestions read as noise; `strsim` gives 1.0 for equal words.
    const NEAR: f64 = 0.7;
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::normalized_damerau_levenshtein(word, candidate);
        let is_better = best.is_none_or(|(most, _)| likeness > most);
        if likeness >= NEAR && is_better {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn split_words(name: &str, separator: char, case: impl Fn(char) -> char) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut characters = name.chars().peekable();
    let mut previous: Option<char> = None;
    while let Some(c) = characters.next() {
        if c == '_' || c == '-' {
            words.push(separator);
        } else {
            let next = characters.peek().copied();
            if starts_word(previous, c, next) {
                words.push(separator);
            }
            words.push(case(c));
        }
        previous = Some(c);
    }
    words
}

fn starts_word(previous: Option<char>, c: char, next: Option<char>) -> bool {
    let Some(previous) = previous else {
        return false;
    };
    if !c.is_ascii_uppercase() {
        return false;
    }
    let after_word = previous.is_ascii_lowercase() || previous.is_ascii_digit();
    let ends_acronym =
        previous.is_ascii_uppercase() && next.is_some_and(|next| next.is_ascii_lowercase());
    after_word || ends_acronym
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_modules_and_acronyms() {
        assert_eq!(label("HTTPServer"), "HTTP server");
        assert_eq!(label("view"), "View");
        assert_eq!(label("a-b"), "A b");
        assert_eq!(label("r"), "R");
        assert_eq!(label("listV2"), "List V2");
    }

    #[test]
    fn mangling_leaves_identifiers() {
        assert_eq!(mangle("a-b.c_d"), "a_b_c_d");
    }

    #[test]
    fn the_nearest_of_many_is_the_nearest() {
        let words = ["startup_timeout", "strict_mode", "auto_sync"];
        assert_eq!(nearest("strict-mode", words), Some("strict_mode"));
        assert_eq!(nearest("", words), None);
    }
}
