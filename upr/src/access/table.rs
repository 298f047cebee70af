//! A map from names to words that is cheap to copy and to change in a copy.
//!
//! The names are spread by their hash over pages of up to some hundred records; a page is one
//! allocation, so that finding a record touches few cache lines. Above the pages stands a tree of
//! 64 branches each. A copy shares everything; a change copies one page and the branches above it,
//! whose number does not grow with the number of names, but for one branch more with every factor
//! of 64.
//!
//! INVARIANT: a page is `slots / 2` words of slots, then records. A slot is 0, or 12 bits of the
//! hash above 20 bits that say where the record stands. A record is its head, the words of its name,
//! and its payload.

use std::ops::Range;
use std::sync::Arc;

use super::subject_ref::{Name, hash};

/// Bits of the hash that each branch takes.
const STEP: u32 = 6;
const BRANCHES: usize = 1 << STEP;
/// More records than this are spread over the branches of a new one.
const MOST_RECORDS: usize = 512;
/// Below this depth the hash has no bits left that could spread anything.
const DEEPEST: u32 = 64 / STEP;

/// Where the head of a record keeps what it keeps.
const NAME: u64 = 0x1ff;
const MARK: u64 = 1 << 9;
const PAYLOAD: u32 = 32;

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    root: Node,
    records: usize,
}

#[derive(Clone, Debug, Default)]
enum Node {
    #[default]
    Empty,
    Page(Page),
    Branch(Arc<[Node; BRANCHES]>),
}

#[derive(Clone, Debug)]
struct Page {
    words: Arc<[u64]>,
    /// There are two to the power of this.
    slots: u8,
    /// Records stand at multiples of two to the power of this.
    align: u8,
}

/// A record as it stands in its page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    page: &'a Arc<[u64]>,
    start: usize,
    head: u64,
}

/// The payload of a record, with the page that holds it.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    page: Arc<[u64]>,
    range: Range<usize>,
}

impl Payload {
    pub(super) fn words(&self) -> &[u64] {
        self.page.get(self.range.clone()).unwrap_or_default()
    }
}

/// A record that is to be stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRecord<'a> {
    pub(super) hash: u64,
    /// The tag of the name; see [`Name::tag`].
    pub(super) tag: u64,
    pub(super) name: &'a [u64],
    pub(super) mark: bool,
    pub(super) payload: &'a [u64],
}

impl Table {
    /// A table of records that are sorted by hash, of which no two have one name.
    ///
    /// `record` gives the one with a number of `sorted`, whose first parts are the hashes.
    pub(super) fn build<'a>(
        sorted: &[(u64, u32)],
        record: impl Fn(u64, u32) -> NewRecord<'a>,
    ) -> Self {
        Self {
            root: Node::build(sorted, 0, &|(hash, number)| record(*hash, *number)),
            records: sorted.len(),
        }
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.records
    }

    #[inline]
    pub(super) fn find(&self, name: Name<'_>) -> Option<Record<'_>> {
        let hash = name.hash();
        self.root.page(hash)?.find(hash, name)
    }

    /// The first word of the payload of a record, for tables that number names.
    pub(super) fn number(&self, name: Name<'_>) -> Option<u32> {
        let record = self.find(name)?;
        let first = record.payload().first()?;
        u32::try_from(*first).ok()
    }

    /// Puts a record in the place of the one with its name, or adds it.
    pub(super) fn set(&mut self, name: Name<'_>, mark: bool, payload: &[u64]) {
        let words = name.words();
        let record = NewRecord {
            hash: name.hash(),
            tag: name.tag(),
            name: &words,
            mark,
            payload,
        };
        let known = self.find(name).is_some();
        self.root.update(0, record.hash, name, Some(record));
        self.records += usize::from(!known);
    }

    pub(super) fn remove(&mut self, name: Name<'_>) {
        // Nothing is copied for a name that is not there.
        if self.find(name).is_some() {
            self.root.update(0, name.hash(), name, None);
            self.records -= 1;
        }
    }

    /// Shows every record, in no order.
    pub(super) fn for_each(&self, mut show: impl FnMut(Record<'_>)) {
        self.root.for_each(&mut show);
    }

    /// How many words all pages hold.
    #[cfg(test)]
    pub(super) fn words(&self) -> usize {
        self.root.words()
    }
}

impl Node {
    fn build<'a, T>(sorted: &[T], depth: u32, record: &impl Fn(&T) -> NewRecord<'a>) -> Self {
        if sorted.is_empty() {
            return Self::Empty;
        }
        if sorted.len() <= MOST_RECORDS || depth >= DEEPEST {
            return Self::Page(Page::build(sorted, record));
        }
        let mut rest = sorted;
        let branches = std::array::from_fn(|branch| {
            let end = rest.partition_point(|item| branch_of(record(item).hash, depth) <= branch);
            let (mine, others) = rest.split_at(end);
            rest = others;
            Self::build(mine, depth + 1, record)
        });
        Self::Branch(Arc::new(branches))
    }

    #[inline]
    fn page(&self, hash: u64) -> Option<&Page> {
        let mut node = self;
        let mut depth = 0;
        loop {
            match node {
                Self::Empty => return None,
                Self::Page(page) => return Some(page),
                Self::Branch(branches) => node = branches.get(branch_of(hash, depth))?,
            }
            depth += 1;
        }
    }

    fn update(&mut self, depth: u32, hash: u64, name: Name<'_>, new: Option<NewRecord<'_>>) {
        let page = match self {
            Self::Branch(branches) => {
                let branch = Arc::make_mut(branches).get_mut(branch_of(hash, depth));
                if let Some(branch) = branch {
                    branch.update(depth + 1, hash, name, new);
                }
                return;
            }
            Self::Page(page) => Some(page.clone()),
            Self::Empty => None,
        };
        let mut records: Vec<NewRecord<'_>> = page
            .iter()
            .flat_map(Page::records)
            .filter(|record| !record.is(name))
            .map(|record| record.again())
            .chain(new)
            .collect();
        if records.len() > MOST_RECORDS {
            records.sort_unstable_by_key(|record| record.hash);
        }
        *self = Self::build(&records, depth, &|record| *record);
    }

    fn for_each(&self, show: &mut impl FnMut(Record<'_>)) {
        match self {
            Self::Empty => {}
            Self::Page(page) => page.records().for_each(show),
            Self::Branch(branches) => branches.iter().for_each(|branch| branch.for_each(show)),
        }
    }

    #[cfg(test)]
    fn words(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Page(page) => page.words.len(),
            Self::Branch(branches) => branches.iter().map(Self::words).sum(),
        }
    }
}

#[inline]
fn branch_of(hash: u64, depth: u32) -> usize {
    index((hash << (STEP * depth)) >> (64 - STEP))
}

/// A number of words as an index. What does not fit is no index of anything.
#[inline]
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Page {
    fn build<'a, T>(items: &[T], record: &impl Fn(&T) -> NewRecord<'a>) -> Self {
        // At most half of the slots are taken, so that most searches end at the first.
        let slots = (items.len() * 2).next_power_of_two().max(2);
        let align = alignment(slots / 2, || items.iter().map(|item| record(item).words()));
        let mut page = PageBuilder {
            words: vec![0; slots / 2],
            mask: slots - 1,
            align,
        };
        for item in items {
            page.push(&record(item));
        }
        Self {
            words: page.words.into(),
            slots: u8::try_from(slots.trailing_zeros()).unwrap_or(0),
            align,
        }
    }

    #[inline]
    fn find(&self, hash: u64, name: Name<'_>) -> Option<Record<'_>> {
        let mask = (1 << self.slots) - 1;
        let tag = slot_tag(hash);
        let mut place = first_slot(hash, mask);
        loop {
            let slot = slot(&self.words, place)?;
            if slot == 0 {
                return None;
            }
            if slot >> OFFSET_BITS == tag {
                let start = index(slot & OFFSET) << self.align;
                let record = Record::at(&self.words, start)?;
                if record.is(name) {
                    return Some(record);
                }
            }
            place = (place + 1) & mask;
        }
    }

    /// All records, in the order in which they stand.
    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let slots = 1_usize << self.slots;
        let mut start = aligned(slots / 2, self.align);
        std::iter::from_fn(move || {
            let record = Record::at(&self.words, start)?;
            start = aligned(start + record.words(), self.align);
            Some(record)
        })
    }
}

const OFFSET_BITS: u32 = 20;
const OFFSET: u64 = (1 << OFFSET_BITS) - 1;
const SLOT_BITS: usize = 32;

/// The bits of the hash that a slot repeats.
#[inline]
fn slot_tag(hash: u64) -> u64 {
    (hash >> OFFSET_BITS) & 0xfff
}

#[inline]
fn first_slot(hash: u64, mask: usize) -> usize {
    // The lower half: pages have fewer slots than that has numbers.
    index(hash & u64::from(u32::MAX)) & mask
}

/// Two slots share a word.
#[inline]
fn slot(words: &[u64], place: usize) -> Option<u64> {
    let word = words.get(place / 2)?;
    Some((word >> (SLOT_BITS * (place & 1))) & u64::from(u32::MAX))
}

fn aligned(start: usize, align: u8) -> usize {
    start.next_multiple_of(1 << align)
}

/// The least alignment by which a slot can tell where each of the records stands. It is 0 except for
/// records of thousands of grants.
fn alignment<Words: Iterator<Item = usize>>(slots: usize, words: impl Fn() -> Words) -> u8 {
    let fits = |align: &u8| {
        let end = words().fold(aligned(slots, *align), |start, words| {
            aligned(start + words, *align)
        });
        end >> align <= index(OFFSET)
    };
    (0..32).find(fits).unwrap_or(32)
}

struct PageBuilder {
    words: Vec<u64>,
    mask: usize,
    align: u8,
}

impl PageBuilder {
    fn push(&mut self, record: &NewRecord<'_>) {
        let start = aligned(self.words.len(), self.align);
        self.words.resize(start, 0);
        self.words.push(record.head());
        self.words.extend_from_slice(record.name);
        self.words.extend_from_slice(record.payload);

        let offset = u64::try_from(start >> self.align).unwrap_or(u64::MAX);
        let entry = slot_tag(record.hash) << OFFSET_BITS | offset;
        let mut place = first_slot(record.hash, self.mask);
        while slot(&self.words, place).is_some_and(|slot| slot != 0) {
            place = (place + 1) & self.mask;
        }
        if let Some(word) = self.words.get_mut(place / 2) {
            *word |= entry << (SLOT_BITS * (place & 1));
        }
    }
}

impl NewRecord<'_> {
    fn head(&self) -> u64 {
        let mark = if self.mark { MARK } else { 0 };
        self.tag | mark | (self.payload.len() as u64) << PAYLOAD
    }

    fn words(&self) -> usize {
        1 + self.name.len() + self.payload.len()
    }
}

impl<'a> Record<'a> {
    #[inline]
    fn at(page: &'a Arc<[u64]>, start: usize) -> Option<Self> {
        let head = *page.get(start)?;
        Some(Self { page, start, head })
    }

    #[inline]
    pub(super) fn is_marked(self) -> bool {
        self.head & MARK != 0
    }

    #[inline]
    pub(super) fn payload(self) -> &'a [u64] {
        self.page.get(self.payload_range()).unwrap_or_default()
    }

    /// The payload, to be kept.
    pub(super) fn keep(self) -> Payload {
        Payload {
            page: Arc::clone(self.page),
            range: self.payload_range(),
        }
    }

    /// The name as a text.
    pub(super) fn text(self) -> String {
        let tag = self.head & NAME;
        match (tag & 0xff, self.name()) {
            (0, [magnitude]) if tag == 0 => magnitude.to_string(),
            (0, [magnitude]) => format!("-{magnitude}"),
            (length, words) => {
                let bytes = words.iter().flat_map(|word| word.to_le_bytes());
                let bytes: Vec<u8> = bytes.take(index(length)).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }

    #[inline]
    fn is(self, name: Name<'_>) -> bool {
        self.head & NAME == name.tag() && name.is(self.name())
    }

    #[inline]
    fn name(self) -> &'a [u64] {
        let end = self.start + 1 + self.name_words();
        self.page.get(self.start + 1..end).unwrap_or_default()
    }

    /// A number is one word, a text as many as it needs.
    #[inline]
    fn name_words(self) -> usize {
        match index(self.head & 0xff) {
            0 => 1,
            length => length.div_ceil(8),
        }
    }

    #[inline]
    fn payload_range(self) -> Range<usize> {
        let start = self.start + 1 + self.name_words();
        start..start + index(self.head >> PAYLOAD)
    }

    fn words(self) -> usize {
        1 + self.name_words() + self.payload_range().len()
    }

    /// To be stored once more.
    fn again(self) -> NewRecord<'a> {
        let tag = self.head & NAME;
        NewRecord {
            hash: hash(tag, self.name().iter().copied()),
            tag,
            name: self.name(),
            mark: self.is_marked(),
            payload: self.payload(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn payload(number: u64) -> Vec<u64> {
        vec![number; usize::try_from(number % 5).unwrap()]
    }

    #[test]
    fn a_table_is_a_map() {
        let mut table = Table::default();
        let mut model: HashMap<String, (bool, Vec<u64>)> = HashMap::new();
        let mut state = 7_u64;
        for step in 0..20_000_u64 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let number = (state >> 33) % 3_000;
            let text = match number % 3 {
                0 => number.to_string(),
                1 => format!("-{number}"),
                _ => format!(
                    "{number:>width$}",
                    width = 1 + usize::try_from(number % 40).unwrap()
                ),
            };
            let name = Name::parse(&text);
            if state >> 62 == 0 {
                table.remove(name);
                model.remove(&text);
            } else {
                table.set(name, step % 2 == 0, &payload(step));
                model.insert(text, (step % 2 == 0, payload(step)));
            }
            assert_eq!(table.len(), model.len());
        }
        assert!(matches!(table.root, Node::Branch(_)));
        for number in 0..3_000_u64 {
            for text in [
                number.to_string(),
                format!("-{number}"),
                format!("{number:>9}"),
            ] {
                let found = table.find(Name::parse(&text));
                let found = found.map(|record| (record.is_marked(), record.payload().to_vec()));
                assert_eq!(found.as_ref(), model.get(&text), "{text:?}");
            }
        }
        let mut seen = HashMap::new();
        table.for_each(|record| {
            let value = (record.is_marked(), record.payload().to_vec());
            assert!(seen.insert(record.text(), value).is_none());
        });
        assert_eq!(seen, model);
    }

    #[test]
    fn a_copy_does_not_change_and_shares_what_did_not() {
        let mut table = Table::default();
        for number in 0..10_000_u64 {
            table.set(Name::parse(&number.to_string()), true, &[number]);
        }
        let before = table.clone();
        table.set(Name::parse("77"), false, &[1, 2]);
        table.remove(Name::parse("78"));
        assert_eq!(before.number(Name::parse("77")), Some(77));
        assert_eq!(before.number(Name::parse("78")), Some(78));
        assert_eq!(table.number(Name::parse("77")), Some(1));
        assert!(table.find(Name::parse("78")).is_none());

        let mut pages = [Vec::new(), Vec::new()];
        for (pages, table) in pages.iter_mut().zip([&before, &table]) {
            table.for_each(|record| pages.push(Arc::as_ptr(record.page)));
            pages.dedup();
        }
        let copied = pages[1].iter().filter(|page| !pages[0].contains(page));
        assert!(copied.count() <= 2);
    }

    #[test]
    fn names_that_collide_are_told_apart() {
        // As if an attacker knew the seed: one hash for all of them, whatever their names.
        let names: Vec<[u64; 1]> = (1..=700).map(|number| [number]).collect();
        let sorted: Vec<(u64, u32)> = (0..700).map(|number| (0x1234_5678, number)).collect();
        let table = Table::build(&sorted, |hash, number| NewRecord {
            hash,
            tag: 0,
            name: &names[number as usize],
            mark: false,
            payload: &[],
        });
        let mut seen = 0;
        table.for_each(|_| seen += 1);
        assert_eq!(seen, 700);
        let page = table.root.page(0x1234_5678).unwrap();
        for number in 1..=700 {
            let name = Name::Number {
                negative: false,
                magnitude: number,
            };
            assert!(page.find(0x1234_5678, name).is_some(), "{number}");
        }
    }

    #[test]
    fn a_record_may_be_larger_than_a_slot_can_count() {
        let mut table = Table::default();
        let large = vec![9; (1 << OFFSET_BITS) + 3];
        table.set(Name::parse("before"), false, &[1]);
        table.set(Name::parse("large"), false, &large);
        table.set(Name::parse("behind"), false, &[2]);
        assert_eq!(table.number(Name::parse("before")), Some(1));
        assert_eq!(table.number(Name::parse("behind")), Some(2));
        let found = table.find(Name::parse("large")).unwrap();
        assert!(found.payload() == large);
        let mut names = Vec::new();
        table.for_each(|record| names.push(record.text()));
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn a_text_is_not_taken_for_a_number_of_its_bytes() {
        let mut table = Table::default();
        let text = "12345678";
        let bytes = u64::from_le_bytes(*b"abcdefgh");
        table.set(Name::Text("abcdefgh"), false, &[]);
        table.set(Name::parse(text), false, &[]);
        for negative in [false, true] {
            let number = Name::Number {
                negative,
                magnitude: bytes,
            };
            assert!(table.find(number).is_none());
        }
        assert!(table.find(Name::Text(text)).is_none());
        assert!(table.find(Name::Text(&"x".repeat(256))).is_none());
        assert!(table.find(Name::Text("")).is_none());
    }

    #[test]
    fn a_record_costs_what_it_holds_and_some_bytes_more() {
        let mut table = Table::default();
        for number in 0..20_000_u64 {
            table.set(Name::parse(&number.to_string()), true, &[1, 2, 3]);
        }
        // Head, name and payload are five words.
        let bytes = table.words() * 8 / 20_000;
        assert!((40..56).contains(&bytes), "{bytes}");
    }
}
