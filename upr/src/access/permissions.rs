//! The stored permissions of a snapshot by dense index, and which of them answers for which key.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use upr_core::Key;

use super::decision::Reason;
use super::facts::{PermissionFact, State};

/// Permissions in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    rows: Box<[Row]>,
    by_id: IdIndex,
}

/// The place of each id; `None` for an id that two keys have.
type IdIndex = HashMap<u64, Option<u32>, BuildHasherDefault<IdHasher>>;

#[derive(Debug)]
struct Row {
    key: Key,
    application: Box<str>,
    retired: bool,
    /// Who decides for this key: itself, the end of its chain of aliases, or nobody.
    answer: Option<u32>,
}

impl Permissions {
    pub(super) fn new(facts: Vec<PermissionFact>) -> Self {
        let facts: BTreeMap<Key, PermissionFact> = facts
            .into_iter()
            .map(|fact| (fact.key.clone(), fact))
            .collect();
        let index: HashMap<&Key, u32> = facts.keys().zip(0..).collect();
        let answers: Vec<Option<u32>> = facts
            .values()
            .map(|fact| answer_of(fact, &facts).and_then(|key| index.get(key).copied()))
            .collect();
        let by_id = index_ids(facts.keys().map(Key::id));
        let rows = facts
            .into_values()
            .zip(answers)
            .map(|(fact, answer)| Row {
                retired: fact.state == State::Retired,
                application: fact.application.into(),
                key: fact.key,
                answer,
            })
            .collect();
        Self { rows, by_id }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The permission that decides for the key with this id.
    pub(super) fn answering_id(&self, id: u64) -> Result<u32, Reason> {
        self.row_of(id)?.answer.ok_or(Reason::RetiredPermission)
    }

    /// The permission that decides for `key`.
    pub(super) fn answering(&self, key: &str) -> Result<u32, Reason> {
        let row = self.row_of(upr_core::id::fnv1a(key.as_bytes()))?;
        if row.key.as_str() == key {
            row.answer.ok_or(Reason::RetiredPermission)
        } else {
            Err(Reason::UnknownPermission)
        }
    }

    /// The index of a key that can be granted: one that is there and not retired.
    pub(super) fn grantable(&self, key: &Key) -> Option<u32> {
        let found = self.rows.binary_search_by(|row| row.key.cmp(key)).ok()?;
        let row = self.rows.get(found).filter(|row| !row.retired)?;
        row.answer
    }

    /// Every permission that can be held, in the order of keys.
    pub(super) fn live(&self) -> impl Iterator<Item = (u32, &Key)> {
        (0..)
            .zip(&self.rows)
            .filter(|(_, row)| !row.retired)
            .map(|(index, row)| (index, &row.key))
    }

    pub(super) fn key(&self, index: u32) -> Option<&Key> {
        self.row(index).map(|row| &row.key)
    }

    pub(super) fn application(&self, index: u32) -> &str {
        self.row(index).map_or("", |row| &row.application)
    }

    fn row_of(&self, id: u64) -> Result<&Row, Reason> {
        let index = self.by_id.get(&id).copied().flatten();
        index
            .and_then(|index| self.row(index))
            .ok_or(Reason::UnknownPermission)
    }

    fn row(&self, index: u32) -> Option<&Row> {
        self.rows.get(index as usize)
    }
}

/// Two keys with one id cannot be told apart by it, so neither is ever answered: a sync refuses
/// such keys, and a store that was tampered with must not make one permission stand for another.
fn index_ids(ids: impl Iterator<Item = u64>) -> IdIndex {
    let mut by_id = IdIndex::default();
    for (id, index) in ids.zip(0..) {
        by_id
            .entry(id)
            .and_modify(|known| *known = None)
            .or_insert(Some(index));
    }
    by_id
}

/// Follows aliases to the key that is not retired; `None` when the chain ends or goes in circles.
fn answer_of<'a>(
    fact: &'a PermissionFact,
    facts: &'a BTreeMap<Key, PermissionFact>,
) -> Option<&'a Key> {
    let mut fact = fact;
    for _ in 0..=facts.len() {
        if fact.state != State::Retired {
            return Some(&fact.key);
        }
        fact = facts.get(fact.alias_of.as_ref()?)?;
    }
    None
}

/// An id is a hash already.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only ids are hashed with this; whatever else comes is hashed like one.
        self.0 = upr_core::id::fnv1a_continue(self.0, bytes);
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
    fn an_id_that_two_keys_have_is_nobodys() {
        let by_id = index_ids([7, 8, 7, 9, 7].into_iter());
        assert_eq!(by_id.get(&7), Some(&None));
        assert_eq!(by_id.get(&8), Some(&Some(1)));
        assert_eq!(by_id.get(&9), Some(&Some(3)));
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
