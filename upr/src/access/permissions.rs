//! The stored permissions of a snapshot by dense index, and which of them answers for which key.

use std::collections::BTreeMap;

use upr_core::Key;

use super::answers::Answers;
use super::decision::Reason;
use super::facts::{PermissionFact, State};
use super::subject_ref::Name;
use super::table::Table;

/// Permissions by an index that they keep as long as snapshots follow on one another.
///
/// A key that a grant names and no row has keeps a place, so that the grant counts when the row comes.
#[derive(Clone, Debug, Default)]
pub(super) struct Permissions {
    rows: Vec<Row>,
    /// The index of each key.
    index: Table,
    answers: Answers,
    /// Indices of what can be held, in the order of keys.
    live: Box<[u32]>,
}

#[derive(Clone, Debug)]
struct Row {
    key: Key,
    fact: Option<PermissionFact>,
}

impl Permissions {
    pub(super) fn new(facts: Vec<PermissionFact>) -> Self {
        Self::default().with(&[], facts)
    }

    /// The same with some rows removed and others written.
    pub(super) fn with(&self, removed: &[Key], written: Vec<PermissionFact>) -> Self {
        let mut next = self.clone();
        for key in removed {
            if let Some(row) = next.place(key).and_then(|place| next.rows.get_mut(place)) {
                row.fact = None;
            }
        }
        // In the order of keys; the last mention of one wins.
        let written: BTreeMap<Key, PermissionFact> = written
            .into_iter()
            .map(|fact| (fact.key.clone(), fact))
            .collect();
        for (key, fact) in written {
            let index = next.intern(&key) as usize;
            if let Some(row) = next.rows.get_mut(index) {
                row.fact = Some(fact);
            }
        }
        next.settle();
        next
    }

    /// The index of `key`, which from now on has one.
    pub(super) fn intern(&mut self, key: &Key) -> u32 {
        let name = Name::Text(key.as_str());
        if let Some(index) = self.index.number(name) {
            return index;
        }
        let index = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.index.set(name, false, &[u64::from(index)]);
        let key = key.clone();
        self.rows.push(Row { key, fact: None });
        index
    }

    /// The index of `key` if it has one.
    pub(super) fn find(&self, key: &str) -> Option<u32> {
        self.index.number(Name::Text(key))
    }

    /// How many indices there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The permission that decides for the key with this id.
    #[inline]
    pub(super) fn answering_id(&self, id: u64) -> Result<u32, Reason> {
        self.answers.find(id)
    }

    /// The permission that decides for `key`.
    pub(super) fn answering(&self, key: &str) -> Result<u32, Reason> {
        let answer = self.answers.find(upr_core::id::fnv1a(key.as_bytes()));
        match answer {
            Err(Reason::UnknownPermission) => answer,
            // Another key may have the same id.
            _ if self.find(key).is_none() => Err(Reason::UnknownPermission),
            _ => answer,
        }
    }

    /// The index of a key that can be granted: one that is there and not retired.
    pub(super) fn grantable(&self, key: &Key) -> Option<u32> {
        let index = self.find(key.as_str())?;
        let fact = self.fact(index)?;
        (fact.state != State::Retired).then_some(index)
    }

    /// Every permission that can be held, in the order of keys.
    pub(super) fn live(&self) -> impl Iterator<Item = (u32, &Key)> {
        self.live
            .iter()
            .filter_map(|index| Some((*index, self.key(*index)?)))
    }

    pub(super) fn key(&self, index: u32) -> Option<&Key> {
        self.rows.get(index as usize).map(|row| &row.key)
    }

    pub(super) fn application(&self, index: u32) -> &str {
        self.fact(index).map_or("", |fact| &fact.application)
    }

    fn fact(&self, index: u32) -> Option<&PermissionFact> {
        self.rows.get(index as usize)?.fact.as_ref()
    }

    fn place(&self, key: &Key) -> Option<usize> {
        self.find(key.as_str()).map(|index| index as usize)
    }

    /// Finds out what answers for what.
    fn settle(&mut self) {
        let rows = || (0..).zip(&self.rows);
        let mut live: Vec<u32> = rows()
            .filter(|(_, row)| {
                let fact = row.fact.as_ref();
                fact.is_some_and(|fact| fact.state != State::Retired)
            })
            .map(|(index, _)| index)
            .collect();
        live.sort_unstable_by_key(|index| self.key(*index));
        let answers = rows()
            .filter(|(_, row)| row.fact.is_some())
            .map(|(index, row)| (row.key.id(), self.answer_of(index)));
        self.answers = Answers::new(answers.collect());
        self.live = live.into();
    }

    /// Follows aliases to the key that is not retired; `None` when the chain ends or goes in circles.
    fn answer_of(&self, index: u32) -> Option<u32> {
        let mut index = index;
        for _ in 0..=self.rows.len() {
            let fact = self.fact(index)?;
            if fact.state != State::Retired {
                return Some(index);
            }
            index = self.find(fact.alias_of.as_ref()?.as_str())?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(key: &str, state: State, alias_of: Option<&str>) -> PermissionFact {
        PermissionFact {
            key: Key::parse(key).unwrap(),
            application: "app".into(),
            state,
            alias_of: alias_of.map(|key| Key::parse(key).unwrap()),
            critical: false,
        }
    }

    fn answer<'a>(permissions: &'a Permissions, key: &str) -> Result<&'a str, Reason> {
        let by_key = permissions.answering(key);
        assert_eq!(
            by_key,
            permissions.answering_id(upr_core::id::fnv1a(key.as_bytes()))
        );
        by_key.map(|index| permissions.key(index).unwrap().as_str())
    }

    #[test]
    fn chains_end_at_the_last_and_circles_nowhere() {
        let permissions = Permissions::new(vec![
            fact("m.a", State::Retired, Some("m.b")),
            fact("m.b", State::Retired, Some("m.c")),
            fact("m.c", State::Orphan, None),
            fact("m.self", State::Retired, Some("m.self")),
            fact("m.x", State::Retired, Some("m.y")),
            fact("m.y", State::Retired, Some("m.x")),
            fact("m.gone", State::Retired, None),
            fact("m.lost", State::Retired, Some("m.nowhere")),
            fact("m.back", State::Active, Some("m.c")),
        ]);
        assert_eq!(answer(&permissions, "m.a"), Ok("m.c"));
        assert_eq!(answer(&permissions, "m.b"), Ok("m.c"));
        assert_eq!(answer(&permissions, "m.c"), Ok("m.c"));
        assert_eq!(answer(&permissions, "m.back"), Ok("m.back"));
        for key in ["m.self", "m.x", "m.y", "m.gone", "m.lost"] {
            assert_eq!(
                answer(&permissions, key),
                Err(Reason::RetiredPermission),
                "{key}"
            );
        }
        assert_eq!(
            answer(&permissions, "m.nowhere"),
            Err(Reason::UnknownPermission)
        );
        assert_eq!(answer(&permissions, ""), Err(Reason::UnknownPermission));
    }

    #[test]
    fn a_long_chain_is_followed_to_its_end() {
        let mut facts: Vec<_> = (0..100)
            .map(|n| {
                fact(
                    &format!("m.k{n}"),
                    State::Retired,
                    Some(&format!("m.k{}", n + 1)),
                )
            })
            .collect();
        facts.push(fact("m.k100", State::Active, None));
        assert_eq!(answer(&Permissions::new(facts), "m.k0"), Ok("m.k100"));
    }

    #[test]
    fn a_retired_key_cannot_be_granted() {
        let permissions = Permissions::new(vec![
            fact("m.old", State::Retired, Some("m.new")),
            fact("m.new", State::Active, None),
        ]);
        assert_eq!(permissions.grantable(&Key::parse("m.old").unwrap()), None);
        assert_eq!(
            permissions.grantable(&Key::parse("m.new").unwrap()),
            Some(0)
        );
        let live: Vec<_> = permissions.live().map(|(_, key)| key.as_str()).collect();
        assert_eq!(live, ["m.new"]);
    }
}
