//! What each thread remembers, so that asking takes no lock.
//!
//! Every handle counts its changes of state. A thread keeps the state it last saw with the number
//! it had, compares one number at each question, and fetches the state anew (for which it takes a
//! lock, once for each change) when the number has moved. So it never answers from a state that has
//! been replaced. What it keeps alive: a thread that asks no more keeps the last snapshot it asked,
//! until it asks again or ends; snapshots that follow on one another share most of what they hold.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use super::handle::{Current, Shared};

/// Programs have one handle, tests have many.
const ENTRIES: usize = 4;

thread_local! {
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache::new()) };
}

struct Cache {
    entries: [Option<Entry>; ENTRIES],
    /// The place that is given away next.
    next: usize,
}

struct Entry {
    /// Compared by address, which it keeps from being used again.
    shared: Weak<Shared>,
    generation: u64,
    current: Current,
}

/// Asks `question` of the state of `shared` that is in force.
#[inline]
pub(super) fn ask<T>(shared: &Arc<Shared>, question: impl Fn(&Current) -> T) -> T {
    let answer = CACHE.try_with(|cache| {
        let mut cache = cache.try_borrow_mut().ok()?;
        cache.current(shared).map(&question)
    });
    // A thread that ends has no cache any more.
    match answer {
        Ok(Some(answer)) => answer,
        _ => question(&shared.fetch().1),
    }
}

impl Cache {
    const fn new() -> Self {
        Self {
            entries: [const { None }; ENTRIES],
            next: 0,
        }
    }

    #[inline]
    fn current(&mut self, shared: &Arc<Shared>) -> Option<&Current> {
        let address = Arc::as_ptr(shared);
        let generation = shared.generation();
        let is_of = |entry: &Option<Entry>| {
            let entry = entry.as_ref();
            entry.is_some_and(|entry| entry.shared.as_ptr() == address)
        };
        let place = match self.entries.iter().position(is_of) {
            Some(place) => place,
            None => self.vacate(),
        };
        let entry = self.entries.get_mut(place)?;
        if entry
            .as_ref()
            .is_none_or(|entry| entry.generation != generation)
        {
            *entry = Some(Entry::fetch(shared));
        }
        entry.as_ref().map(|entry| &entry.current)
    }

    /// Empties a place for one more: that of a handle that is gone, whose snapshot nobody will ask
    /// again, else each in turn.
    #[cold]
    fn vacate(&mut self) -> usize {
        let is_gone = |entry: &Entry| entry.shared.strong_count() == 0;
        for entry in &mut self.entries {
            entry.take_if(|entry| is_gone(entry));
        }
        if let Some(free) = self.entries.iter().position(Option::is_none) {
            return free;
        }
        self.next = (self.next + 1) % ENTRIES;
        if let Some(entry) = self.entries.get_mut(self.next) {
            *entry = None;
        }
        self.next
    }
}

impl Entry {
    #[cold]
    fn fetch(shared: &Arc<Shared>) -> Self {
        let (generation, current) = shared.fetch();
        Self {
            shared: Arc::downgrade(shared),
            generation,
            current,
        }
    }
}
