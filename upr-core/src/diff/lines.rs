//! Changes as lines that people read: what is new stands together, a line a module.

use std::collections::BTreeMap;

use super::{Change, Class, Difference, What};
use crate::finding::About;

impl Difference {
    /// The changes of a class, a line each; new permissions of one module share a line.
    ///
    /// Keys stand in backticks; no line ends in a full stop.
    #[must_use]
    pub fn lines(&self, class: Class) -> Vec<String> {
        let mut new: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut lines = Vec::new();
        for change in self.of(class) {
            match (&change.about, change.what) {
                (About::Permission(key), What::Added) => {
                    new.entry(key.module()).or_default().push(key.action());
                }
                _ => lines.push(line(change)),
            }
        }
        let new = new
            .into_iter()
            .map(|(module, actions)| format!("`{module}`: {} new", actions_shown(&actions)));
        new.chain(lines).collect()
    }

    /// `2 breaking, 13 additive`; `nothing changed`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts: Vec<String> = Class::ALL
            .into_iter()
            .map(|class| (self.count(class), class))
            .filter(|(count, _)| *count > 0)
            .map(|(count, class)| format!("{count} {}", class.as_str()))
            .collect();
        if counts.is_empty() {
            "nothing changed".to_owned()
        } else {
            counts.join(", ")
        }
    }
}

fn line(change: &Change) -> String {
    match &change.finding {
        Some(finding) => format!("{} {}: {}", finding.id, finding.id.name(), change.message),
        None => change.message.clone(),
    }
}

/// The first few; a module can have hundreds.
fn actions_shown(actions: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = actions
        .iter()
        .take(SHOWN)
        .map(|action| format!("`{action}`"))
        .collect();
    match actions.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
