//! Which permission answers for which id, by a perfect hash: each id has a place of its own, so that
//! a search is one look at it.

use super::decision::Reason;

/// Ids and what answers for them.
///
/// The ids fall into small buckets; each bucket has a pilot, a number that was tried out until it
/// sent all ids of the bucket to free places.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    places: Box<[Place]>,
    pilots: Box<[u16]>,
    seed: u64,
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

impl Default for Answers {
    fn default() -> Self {
        Self::new(Vec::new())
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
        // A fifth of the places stays free, and a table that cannot be filled is made larger.
        let mut room = ids.len() * 5 / 4 + 1;
        let mut seed = 0;
        loop {
            if let Some(table) = Self::try_new(&ids, room, seed) {
                return table;
            }
            seed += 1;
            room += room / 8 + 1;
        }
    }

    fn try_new(ids: &[Place], room: usize, seed: u64) -> Option<Self> {
        let mut table = Self {
            places: vec![FREE; room].into(),
            pilots: vec![0; ids.len() / IDS_A_BUCKET + 1].into(),
            seed,
        };
        let mut buckets: Vec<Vec<Place>> = vec![Vec::new(); table.pilots.len()];
        for id in ids {
            let bucket = buckets.get_mut(table.bucket(table.mix(id.id)))?;
            bucket.push(*id);
        }
        // The fullest first, while there is room.
        let mut order: Vec<usize> = (0..buckets.len()).collect();
        order.sort_by_key(|number| buckets.get(*number).map_or(0, Vec::len));
        for number in order.into_iter().rev() {
            table.settle(number, buckets.get(number)?)?;
        }
        Some(table)
    }

    /// Finds the pilot of one bucket.
    fn settle(&mut self, number: usize, bucket: &[Place]) -> Option<()> {
        let pilot = (0..u16::MAX).find(|pilot| {
            let places: Vec<usize> = bucket
                .iter()
                .map(|id| self.place(self.mix(id.id), *pilot))
                .collect();
            let is_free = |place: &usize| self.places.get(*place).is_some_and(|at| at.id == 0);
            let mut seen = Vec::with_capacity(places.len());
            places.iter().all(|place| {
                let is_new = is_free(place) && !seen.contains(place);
                seen.push(*place);
                is_new
            })
        })?;
        *self.pilots.get_mut(number)? = pilot;
        for id in bucket {
            let place = self.place(self.mix(id.id), pilot);
            *self.places.get_mut(place)? = *id;
        }
        Some(())
    }

    /// The index that answers for `id`.
    #[inline]
    pub(super) fn find(&self, id: u64) -> Result<u32, Reason> {
        let mixed = self.mix(id);
        let pilot = self.pilots.get(self.bucket(mixed)).copied();
        let place = self.places.get(self.place(mixed, pilot.unwrap_or(0)));
        match place {
            Some(place) if place.id == id && place.index < AMBIGUOUS => Ok(place.index),
            Some(place) if place.id == id && place.index == NOBODY => {
                Err(Reason::RetiredPermission)
            }
            _ => Err(Reason::UnknownPermission),
        }
    }

    #[inline]
    fn mix(&self, id: u64) -> u64 {
        (id ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[inline]
    fn bucket(&self, mixed: u64) -> usize {
        below(mixed >> 32, self.pilots.len())
    }

    #[inline]
    fn place(&self, mixed: u64, pilot: u16) -> usize {
        let turned = (mixed ^ u64::from(pilot).wrapping_mul(0xd6e8_feb8_6659_fd93))
            .wrapping_mul(0xa076_1d64_78bd_642f);
        below(turned >> 32, self.places.len())
    }
}

/// Spreads the numbers below 2³² evenly over those below `end`.
#[inline]
fn below(number: u64, end: usize) -> usize {
    let scaled = (number * end as u64) >> 32;
    usize::try_from(scaled).unwrap_or(0)
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
            assert!(table.places.len() <= count as usize * 3 / 2 + 8);
        }
    }

    #[test]
    fn ids_that_are_alike_are_told_apart() {
        let ids: Vec<(u64, Option<u32>)> =
            (1..=4_000).map(|id| (id, u32::try_from(id).ok())).collect();
        let high: Vec<(u64, Option<u32>)> =
            ids.iter().map(|(id, index)| (id << 48, *index)).collect();
        for ids in [ids, high] {
            let table = Answers::new(ids.clone());
            for (id, index) in ids {
                assert_eq!(table.find(id).ok(), index);
            }
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
