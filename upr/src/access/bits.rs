//! Sets of permissions: one bit for each dense index, all sets of a snapshot in one table.

use std::collections::HashMap;

/// Equal sets are stored once, so that a thousand alike roles cost one.
#[derive(Clone, Debug, Default)]
pub(super) struct BitTable {
    words: Vec<u64>,
    words_per_set: usize,
}

/// Where a set stands in its [`BitTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SetIndex(u32);

impl BitTable {
    /// Whether `set` holds the permission at dense index `member`.
    #[inline]
    pub(super) fn contains(&self, set: SetIndex, member: u32) -> bool {
        let (word, bit) = place(member);
        self.words
            .get(set.0 as usize + word)
            .is_some_and(|word| word & bit != 0)
    }
}

/// Collects sets over a known number of permissions.
#[derive(Debug)]
pub(super) struct BitTableBuilder {
    table: BitTable,
    known: HashMap<Box<[u64]>, SetIndex>,
}

impl BitTableBuilder {
    pub(super) fn new(permissions: usize) -> Self {
        let table = BitTable {
            words: Vec::new(),
            words_per_set: permissions.div_ceil(64),
        };
        Self {
            table,
            known: HashMap::new(),
        }
    }

    /// Adds the set of `members`, or finds the equal one that is there.
    pub(super) fn insert(&mut self, members: impl Iterator<Item = u32>) -> SetIndex {
        let mut set = vec![0; self.table.words_per_set].into_boxed_slice();
        for member in members {
            let (word, bit) = place(member);
            if let Some(word) = set.get_mut(word) {
                *word |= bit;
            }
        }
        if let Some(&known) = self.known.get(&set) {
            return known;
        }
        // Four thousand million words are more than fit.
        let index = SetIndex(u32::try_from(self.table.words.len()).unwrap_or(u32::MAX));
        self.table.words.extend_from_slice(&set);
        self.known.insert(set, index);
        index
    }

    pub(super) fn finish(self) -> BitTable {
        self.table
    }
}

/// The word and the bit in it that stand for `member`.
fn place(member: u32) -> (usize, u64) {
    // A `usize` has at least 32 bits wherever std and a database exist.
    ((member / 64) as usize, 1 << (member % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_its_members_and_no_neighbour() {
        let mut builder = BitTableBuilder::new(200);
        let first = builder.insert([0, 63, 64, 199].into_iter());
        let second = builder.insert([1].into_iter());
        let table = builder.finish();
        for member in 0..200 {
            assert_eq!(
                table.contains(first, member),
                [0, 63, 64, 199].contains(&member)
            );
            assert_eq!(table.contains(second, member), member == 1);
        }
    }

    #[test]
    fn equal_sets_are_one() {
        let mut builder = BitTableBuilder::new(70);
        let first = builder.insert([3, 69].into_iter());
        assert_eq!(builder.insert([69, 3, 3].into_iter()), first);
        assert_ne!(builder.insert([3].into_iter()), first);
        assert_eq!(builder.finish().words.len(), 4);
    }

    #[test]
    fn no_permissions_make_empty_sets() {
        let mut builder = BitTableBuilder::new(0);
        let set = builder.insert(std::iter::empty());
        assert!(!builder.finish().contains(set, 0));
    }
}
