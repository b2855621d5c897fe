//! Where each pair occurs.
//!
//! A place is the index of the symbol at which the left token of a pair begins. A pair gets all its places in one round
//! and keeps them as one list. Only prefixes and suffixes that also occur as text make exceptions: then a pair may get
//! more lists later, or have places that do not count. Such a pair is *shared*: its further lists, and all its places by
//! word, are kept aside. (`docs/design/bpe-training.md` proves that there are no other exceptions.)

use std::collections::BTreeSet;
use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::symbols::Symbol;

/// A range of the pool.
#[derive(Clone, Copy, Debug, Default)]
struct List {
    start: u32,
    /// In a first list the two highest bits, free because there are no more than 2³⁰ symbols, are the flags below.
    len: u32,
}

/// The pair is in `shared`.
const SHARED: u32 = 1 << 31;
/// The pair has silent places.
const SILENT: u32 = 1 << 30;

impl List {
    fn new(places: &Range<u32>) -> Self {
        Self { start: places.start, len: places.end - places.start }
    }

    fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + (self.len & !(SHARED | SILENT)) as usize
    }
}

/// What a pair has beyond its first list.
#[derive(Debug, Default)]
struct Shared {
    /// The lists after the first.
    later: Vec<List>,
    /// Word and place, of all lists and of no list; a place leaves when it is merged.
    by_word: BTreeSet<(u32, u32)>,
}

/// The places of all pairs.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// All lists. None is freed: a merge removes a symbol and adds two places at most, so that all lists together stay
    /// below three entries per symbol.
    pool: Vec<u32>,
    /// The first list of each pair.
    first: Vec<List>,
    shared: HashMap<u32, Shared, RandomState>,
    /// Pairs and their places that do not count, until they are moved to `shared`; hardly ever does anyone ask for one.
    silent: Vec<(u32, u32)>,
}

impl Places {
    /// A place of the pool.
    #[inline]
    pub(super) fn at(&self, index: usize) -> u32 {
        self.pool[index]
    }

    /// Append lists to the pool: for each length in `lens` one, filled from `places`, which names the list of each
    /// place. Afterwards `lens` tells where each list ends.
    pub(super) fn append(&mut self, lens: &mut [u32], places: impl Iterator<Item = (u32, u32)>) -> u32 {
        let base = self.pool.len() as u32;
        let mut start = base;
        for len in lens.iter_mut() {
            (start, *len) = (start + *len, start);
        }
        self.pool.resize(start as usize, 0);
        for (list, place) in places {
            let end = &mut lens[list as usize];
            self.pool[*end as usize] = place;
            *end += 1;
        }
        base
    }

    /// Give the next new pair its first list.
    pub(super) fn set_first(&mut self, places: &Range<u32>) {
        self.first.push(List::new(places));
    }

    /// Give a pair one more list; its number is returned (the first list has number 0).
    pub(super) fn add_later(&mut self, pair: u32, places: &Range<u32>, symbols: &[Symbol]) -> u32 {
        let list = List::new(places);
        self.share(pair, symbols);
        let shared = self.shared.entry(pair).or_default();
        shared.by_word.extend(self.pool[list.range()].iter().map(|&place| (symbols[place as usize].word, place)));
        shared.later.push(list);
        shared.later.len() as u32
    }

    /// Note a place of a pair that is in no list: it does not count, but is merged together with those that do.
    pub(super) fn add_silent(&mut self, pair: u32, place: u32) {
        self.first[pair as usize].len |= SILENT;
        self.silent.push((pair, place));
    }

    fn share(&mut self, pair: u32, symbols: &[Symbol]) {
        let first = &mut self.first[pair as usize];
        if first.len & SHARED == 0 {
            let places = &self.pool[first.range()];
            let by_word = places.iter().map(|&place| (symbols[place as usize].word, place)).collect();
            self.shared.insert(pair, Shared { later: Vec::new(), by_word });
            first.len |= SHARED;
        }
    }

    /// The one list of a pair that has no other places.
    #[inline]
    pub(super) fn only_list(&self, pair: u32) -> Option<Range<usize>> {
        let first = self.first[pair as usize];
        (first.len & (SHARED | SILENT) == 0).then(|| first.range())
    }

    /// All places of any other pair in the words that one of its lists names, ascending in each word.
    ///
    /// Some may be out of date. Each is handed out once only: whoever asks merges them.
    pub(super) fn take_shared(&mut self, pair: u32, list: u32, symbols: &[Symbol]) -> Vec<u32> {
        if self.first[pair as usize].len & SILENT != 0 {
            for (pair, place) in std::mem::take(&mut self.silent) {
                self.share(pair, symbols);
                let shared = self.shared.entry(pair).or_default();
                shared.by_word.insert((symbols[place as usize].word, place));
            }
        }
        let shared = self.shared.entry(pair).or_default();
        let list = match list.checked_sub(1) {
            None => self.first[pair as usize],
            Some(later) => shared.later[later as usize],
        };
        let mut taken = Vec::new();
        for &named in &self.pool[list.range()] {
            let word = symbols[named as usize].word;
            while let Some(&(word, place)) = shared.by_word.range((word, 0)..=(word, u32::MAX)).next() {
                shared.by_word.remove(&(word, place));
                taken.push(place);
            }
        }
        taken
    }
}
