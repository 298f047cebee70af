//! Which new key a vanished one most likely became.
//!
//! A guess for the remedy of a finding, never a decision: nothing is moved because two keys look alike.

use std::collections::{BTreeMap, BTreeSet};

use strsim::normalized_damerau_levenshtein;

use crate::key::Key;

/// Below this, guesses read as noise.
const NEAR: f64 = 0.6;
/// How many pairs of keys are compared letter by letter: with ten thousand keys gone, guessing has an end.
const COMPARED: usize = 50_000;

/// Vanished keys with the new ones that they most likely became; no new key is named twice.
#[derive(Debug, Default)]
pub(crate) struct Renames<'a> {
    likely: BTreeMap<&'a Key, &'a Key>,
}

impl<'a> Renames<'a> {
    pub(crate) fn guess(
        gone: impl IntoIterator<Item = &'a Key>,
        new: impl IntoIterator<Item = &'a Key>,
    ) -> Self {
        let mut guess = Guess {
            gone: gone.into_iter().collect(),
            new: new.into_iter().collect(),
            likely: BTreeMap::new(),
            budget: COMPARED,
        };
        guess.by(|key| key.as_str().to_ascii_lowercase(), |_| "");
        guess.by(|key| key.module().to_owned(), Key::action);
        // A service or a crate that is called otherwise, with all that it has.
        guess.by(|key| split(key).1.to_owned(), |key| split(key).0);
        guess.by(|key| key.action().to_owned(), Key::module);
        guess.by(|_| String::new(), Key::as_str);
        Self {
            likely: guess.likely,
        }
    }

    /// What `key` most likely became.
    pub(crate) fn of(&self, key: &Key) -> Option<&'a Key> {
        self.likely.get(key).copied()
    }
}

/// The first segment, and the rest.
fn split(key: &Key) -> (&str, &str) {
    key.as_str().split_once('.').unwrap_or_default()
}

struct Guess<'a> {
    gone: BTreeSet<&'a Key>,
    new: BTreeSet<&'a Key>,
    likely: BTreeMap<&'a Key, &'a Key>,
    budget: usize,
}

impl<'a> Guess<'a> {
    /// Pairs keys that have something in common by how much the rest of them is alike, the most alike first.
    fn by<K: Ord>(&mut self, common: impl Fn(&Key) -> K, rest: impl Fn(&Key) -> &str) {
        let mut groups: BTreeMap<K, (Vec<&'a Key>, Vec<&'a Key>)> = BTreeMap::new();
        for key in &self.gone {
            groups.entry(common(key)).or_default().0.push(key);
        }
        for key in &self.new {
            // What has nothing to become needs no group.
            if let Some((_, new)) = groups.get_mut(&common(key)) {
                new.push(key);
            }
        }
        for (gone, new) in groups.into_values() {
            let pairs = gone.len().saturating_mul(new.len());
            if pairs == 0 || pairs > self.budget {
                continue;
            }
            self.budget -= pairs;
            self.pair(&gone, &new, &rest);
        }
    }

    fn pair(&mut self, gone: &[&'a Key], new: &[&'a Key], rest: impl Fn(&Key) -> &str) {
        let mut alike: Vec<(f64, &'a Key, &'a Key)> = gone
            .iter()
            .flat_map(|gone| {
                new.iter()
                    .map(|new| (likeness(rest(gone), rest(new)), *gone, *new))
            })
            .filter(|(likeness, ..)| *likeness >= NEAR)
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, gone, new) in alike {
            if self.gone.contains(gone) && self.new.contains(new) {
                self.gone.remove(gone);
                self.new.remove(new);
                self.likely.insert(gone, new);
            }
        }
    }
}

/// From 0 to 1; what was only put under something, or taken out of it, is as good as the same.
fn likeness(a: &str, b: &str) -> f64 {
    let is_below = |outer: &str, inner: &str| {
        outer
            .strip_suffix(inner)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    if is_below(a, b) || is_below(b, a) {
        return 0.95;
    }
    normalized_damerau_levenshtein(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(gone: &[&str], new: &[&str]) -> Vec<String> {
        let keys = |texts: &[&str]| -> Vec<Key> {
            texts.iter().map(|text| Key::parse(text).unwrap()).collect()
        };
        let (gone, new) = (keys(gone), keys(new));
        let renames = Renames::guess(&gone, &new);
        let show = |key: &Key| renames.of(key).map_or("-", Key::as_str).to_owned();
        gone.iter().map(show).collect()
    }

    #[test]
    fn likely_names_are_found_and_no_name_twice() {
        assert_eq!(
            guess(&["users.edit"], &["users.Edit", "users.edits"]),
            ["users.Edit"]
        );
        assert_eq!(
            guess(&["tickets.close"], &["tickets.closed", "users.close"]),
            ["tickets.closed"]
        );
        assert_eq!(
            guess(&["users.view"], &["user.view", "users.delete"]),
            ["user.view"]
        );
        assert_eq!(
            guess(&["users.edit", "users.edi"], &["users.edits"]),
            ["users.edits", "-"]
        );
        assert_eq!(guess(&["users.view"], &["tickets.archive"]), ["-"]);
    }

    #[test]
    fn a_service_that_is_called_otherwise_is_followed_however_much_it_has() {
        let keys = |service: &str| -> Vec<String> {
            (0..2_000)
                .map(|number| format!("{service}.m{number}.list"))
                .collect()
        };
        let (gone, new) = (keys("compute"), keys("computex"));
        let (gone, new): (Vec<&str>, Vec<&str>) = (
            gone.iter().map(String::as_str).collect(),
            new.iter().map(String::as_str).collect(),
        );
        assert_eq!(guess(&gone, &new), new);
    }

    #[test]
    fn a_module_that_moved_is_followed() {
        let gone = ["users.create", "users.view"];
        let new = ["app.users.create", "app.users.view"];
        assert_eq!(guess(&gone, &new), new);
    }
}
