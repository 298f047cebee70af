//! Keys, and the names that are made of them.

use upr_core::id::fnv1a;
use upr_core::name::{constant_name, label, mangle, module_label, nearest, snake_case};
use upr_core::{Key, ModuleKey, RoleKey, Scope, SubjectId};

use crate::{says_something, text};

/// Reads a text as every kind of key.
pub fn keys(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    names(text);
    match Key::parse(text) {
        Ok(key) => permission(&key, text),
        Err(error) => says_something(&error.to_string()),
    }
    match ModuleKey::parse(text) {
        Ok(key) => {
            grammar(key.as_str(), text, 1, 7);
            assert_eq!(
                key.id(),
                fnv1a(text.as_bytes()),
                "an id is the hash of its key"
            );
        }
        Err(error) => says_something(&error.to_string()),
    }
    match RoleKey::parse(text) {
        Ok(key) => grammar(key.as_str(), text, 1, 8),
        Err(error) => says_something(&error.to_string()),
    }
    // Segments are words of their own in both, so one that is a module key of one segment is an action's name.
    let is_segment = upr_core::key::check_segment(text).is_ok();
    let is_module = ModuleKey::parse(text).is_ok() && !text.contains('.');
    assert_eq!(is_segment, is_module, "{text:?}");
    if let Ok(subject) = text.parse::<SubjectId>() {
        assert_eq!(subject.as_str(), text);
        assert!((1..=191).contains(&text.len()) && !text.contains(char::is_control));
    }
    if let Ok(scope) = text.parse::<Scope>() {
        assert_eq!(scope.as_str(), text);
        assert_eq!(scope.is_everywhere(), text.is_empty());
    }
}

fn permission(key: &Key, text: &str) {
    grammar(key.as_str(), text, 2, 8);
    assert_eq!(key.to_string(), text);
    assert_eq!(format!("{}.{}", key.module(), key.action()), text);
    assert_eq!(key.id(), fnv1a(text.as_bytes()));
    assert_eq!(
        key.module_key().action(key.action()).as_ref(),
        Ok(key),
        "a key is its module's and its action's"
    );
    let constant = constant_name(key.action());
    assert!(
        constant.starts_with(|first: char| first.is_ascii_uppercase())
            && constant
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
        "`{constant}` is no constant"
    );
    assert!(!label(key.action()).is_empty());
}

/// The grammar of CONTRACT.md, once more and in other words.
fn grammar(key: &str, text: &str, least: usize, most: usize) {
    assert_eq!(key, text, "a key is what was written");
    assert!(key.len() <= 191, "{key:?} is too long");
    let segments: Vec<&str> = key.split('.').collect();
    assert!((least..=most).contains(&segments.len()), "{key:?}");
    for segment in segments {
        assert!((1..=64).contains(&segment.len()), "{segment:?}");
        let mut characters = segment.chars();
        assert!(
            characters.next().is_some_and(|c| c.is_ascii_alphabetic()),
            "{segment:?}"
        );
        assert!(
            characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
            "{segment:?}"
        );
    }
}

/// What is made of names takes any text.
fn names(text: &str) {
    assert!(
        mangle(text)
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
    );
    for made in [
        constant_name(text),
        snake_case(text),
        label(text),
        module_label(text),
    ] {
        assert!(
            made.len() <= 2 * text.len() + 1,
            "{made:?} is made of {text:?}"
        );
    }
    assert_eq!(
        nearest(text, [text]),
        Some(text),
        "a word is nearest to itself"
    );
}
