//! Which permission answers for which id, by a perfect hash: each id has a place of its own, so that
//! a search is one look at it.

use super::decision::Reason;

/// Ids and what answers for them.
///
/// An id is a hash already, and says which bucket it falls into; each bucket has a pilot, a number
/// that was tried out until it led all its ids to free places. While the pilot is fetched, the id is
/// mixed once more, so the way to its place is short.
///
/// INVARIANT: there are a power of two of both.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    places: Box<[Place]>,
    pilots: Box<[u32]>,
}

/// An id and the index that answers for it, or one of the numbers below.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: u64,
    index: u32,
}

/// The id 0 is reserved.
const FREE: Place = Place {
    id: 0,
    index: AMBIGUOUS,
};

/// Retired, and nobody answers.
const NOBODY: u32 = u32::MAX;
/// Two keys with one id cannot be told apart by it, so neither is ever answered: a sync refuses
/// such keys, and a store that was tampered with must not make one permission stand for another.
const AMBIGUOUS: u32 = u32::MAX - 1;

const IDS_A_BUCKET: usize = 4;
const MOST_DOUBLINGS: usize = 6;

impl Default for Answers {
    fn default() -> Self {
        Self {
            places: Box::new([FREE]),
            pilots: Box::new([0]),
        }
    }
}

impl Answers {
    /// The table of these ids; `None` is answered by nobody.
    pub(super) fn new(mut answers: Vec<(u64, Option<u32>)>) -> Self {
        answers.sort_unstable();
        let ids: Vec<Place> = answers
            .chunk_by(|(left, _), (right, _)| left == right)
            .filter_map(|same| {
                let index = match same {
                    [(_, index)] => index.unwrap_or(NOBODY),
                    _ => AMBIGUOUS,
                };
                let id = same.first()?.0;
                (id != 0).then_some(Place { id, index })
            })
            .collect();
        // A fifth of the places stays free. A table that cannot be filled is made larger, unless ids
        // were made to fit nowhere; then some of them are unknown.
        let room = (ids.len() * 5 / 4 + 1).next_power_of_two();
        let tables = (0..MOST_DOUBLINGS).map(|doubled| Self::fill(&ids, room << doubled));
        let mut last = None;
        for (table, is_whole) in tables {
            last = Some(table);
            if is_whole {
                break;
            }
        }
        last.unwrap_or_default()
    }

    /// A table with so much room, and whether all ids have a place.
    fn fill(ids: &[Place], room: usize) -> (Self, bool) {
        let mut table = Self {
            places: vec![FREE; room].into(),
            pilots: vec![0; (room / IDS_A_BUCKET).max(1)].into(),
        };
        let mut buckets: Vec<Vec<Place>> = vec![Vec::new(); table.pilots.len()];
        for id in ids {
            if let Some(bucket) = buckets.get_mut(table.bucket(id.id)) {
                bucket.push(*id);
            }
        }
        // The fullest first, while there is room.
        let mut order: Vec<usize> = (0..buckets.len()).collect();
        order.sort_by_key(|number| buckets.get(*number).map_or(0, Vec::len));
        let mut is_whole = true;
        for number in order.into_iter().rev() {
            let bucket = buckets.get(number).map_or(&[][..], Vec::as_slice);
            is_whole &= table.settle(number, bucket).is_some();
        }
        (table, is_whole)
    }

    /// Finds the pilot of one bucket.
    fn settle(&mut self, number: usize, bucket: &[Place]) -> Option<()> {
        let end = u32::try_from(self.places.len()).ok()?;
        let pilot = (0..end).find(|pilot| {
            let mut seen = Vec::with_capacity(bucket.len());
            bucket.iter().all(|id| {
                let place = self.place(id.id, *pilot);
                let is_free = self.places.get(place).is_some_and(|at| at.id == 0);
                let is_new = is_free && !seen.contains(&place);
                seen.push(place);
                is_new
            })
        })?;
        *self.pilots.get_mut(number)? = pilot;
        for id in bucket {
            let place = self.place(id.id, pilot);
            *self.places.get_mut(place)? = *id;
        }
        Some(())
    }

    /// The index that answers for `id`.
    #[inline]
    pub(super) fn find(&self, id: u64) -> Result<u32, Reason> {
        let pilot = self.pilots.get(self.bucket(id)).copied().unwrap_or(0);
        match self.places.get(self.place(id, pilot)) {
            Some(place) if place.id == id && place.index < AMBIGUOUS => Ok(place.index),
            Some(place) if place.id == id && place.index == NOBODY => {
                Err(Reason::RetiredPermission)
            }
            _ => Err(Reason::UnknownPermission),
        }
    }

    #[inline]
    fn bucket(&self, id: u64) -> usize {
        half(id ^ (id >> 32)) & self.pilots.len().wrapping_sub(1)
    }

    #[inline]
    fn place(&self, id: u64, pilot: u32) -> usize {
        half(mixed(id) ^ u64::from(pilot)) & self.places.len().wrapping_sub(1)
    }
}

/// The last letters of a key change few bits of its id. These they change all.
#[inline]
fn mixed(id: u64) -> u64 {
    id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

/// The lower half of a number.
#[inline]
fn half(number: u64) -> usize {
    usize::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_and_no_other() {
        for count in [0, 1, 2, 3, 10, 200, 13_652] {
            let id = |number: u32| upr_core::id::fnv1a(format!("m.a{number}").as_bytes());
            let answers = (0..count).map(|number| (id(number), Some(number)));
            let table = Answers::new(answers.collect());
            for number in 0..count {
                assert_eq!(table.find(id(number)), Ok(number));
                let other = table.find(id(number + count));
                assert_eq!(other, Err(Reason::UnknownPermission));
            }
            assert_eq!(table.find(0), Err(Reason::UnknownPermission));
            assert!(table.places.len() <= count as usize * 5 / 2 + 2);
        }
    }

    #[test]
    fn ids_that_fit_nowhere_are_unknown_and_take_no_others_along() {
        // Two that share bucket and place, however often the table is doubled.
        let mut seen = std::collections::HashMap::new();
        let alike = (0..).find_map(|number: u32| {
            let id = upr_core::id::fnv1a(&number.to_le_bytes());
            let bits = 1 << (7 + MOST_DOUBLINGS);
            let both = (half(id ^ (id >> 32)) % bits, half(mixed(id)) % bits);
            seen.insert(both, id).map(|other| [id, other])
        });
        let alike = alike.unwrap();
        let mut ids: Vec<(u64, Option<u32>)> = (0..100)
            .map(|number| (upr_core::id::fnv1a(&[number]), Some(u32::from(number))))
            .collect();
        ids.extend(alike.map(|id| (id, Some(1_000))));
        let table = Answers::new(ids.clone());
        for (id, index) in ids {
            let expected = index.filter(|_| !alike.contains(&id));
            assert_eq!(table.find(id).ok(), expected);
        }
    }

    #[test]
    fn an_id_that_two_keys_have_is_nobodys() {
        let twice = [(7, 0), (8, 1), (7, 2), (9, 3), (7, 4)];
        let mut answers: Vec<_> = twice.map(|(id, index)| (id, Some(index))).into();
        answers.push((10, None));
        let answers = Answers::new(answers);
        assert_eq!(answers.find(7), Err(Reason::UnknownPermission));
        assert_eq!(answers.find(8), Ok(1));
        assert_eq!(answers.find(9), Ok(3));
        assert_eq!(answers.find(10), Err(Reason::RetiredPermission));
        for id in [0, 1, 15, 16] {
            assert_eq!(answers.find(id), Err(Reason::UnknownPermission), "{id}");
        }
    }
}
