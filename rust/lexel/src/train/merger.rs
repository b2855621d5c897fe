//! The loop of byte-pair training: take the most frequent pair, merge it everywhere, count what changed.
//!
//! The words lie in one array of symbols. A token is known by its first symbol, which holds its id, its length and the
//! number of the pair it starts, and by its last, which the token after it reads to look back. So a merge reads five
//! symbols and writes four, however long the word is, and a place is out of date exactly if its symbol no longer starts
//! the pair.
//!
//! Performance notes. Nearly all time goes into waiting for symbols and counts that are not in the cache. So symbols know
//! the number of their pair, and a round finds the pair of a neighbour in a table that stays in the cache: one look at a
//! hash map for each pair that a round meets made all rounds 1.2 to 2 times as slow, and so did one heap for all entries
//! of the queue.

use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::pairs::{Numbers, Pairs};
use super::places::Places;
use super::queue::{Entry, Queue};
use super::symbols::{Corpus, NONE, Symbol};

/// The state between two merges.
#[derive(Debug)]
pub(super) struct Merger {
    corpus: Corpus,
    /// Pairs of a made token count only below this length.
    max_len: usize,
    pairs: Pairs,
    places: Places,
    queue: Queue,
    merges: Vec<(u32, u32)>,
    round: Round,
}

/// One merge, everywhere.
#[derive(Debug, Default)]
struct Round {
    /// The pair that is merged.
    pair: u32,
    /// The token it becomes.
    made: u32,
    /// Whether there was no such token before.
    fresh: bool,
    /// By token `x`: index in `met` of the pair of `x` and the made token; else `NONE`.
    left: Vec<u32>,
    /// By token `y`: index in `met` of the pair of the made token and `y`; else `NONE`.
    right: Vec<u32>,
    /// The pairs that get new places.
    met: Vec<u32>,
    /// How many places each of them gets.
    lens: Vec<u32>,
    /// Index in `met`, and place.
    places: Vec<(u32, u32)>,
    /// The same for places that do not count.
    silent: Vec<(u32, u32)>,
}

impl Merger {
    /// Count the pairs of the spelled words; `first_made` is the id of the first token that a merge will add.
    pub(super) fn new(corpus: Corpus, first_made: u32, max_len: Option<usize>) -> Self {
        let none = vec![NONE; first_made as usize];
        let mut merger = Self {
            corpus,
            max_len: max_len.unwrap_or(usize::MAX),
            pairs: Pairs::default(),
            places: Places::default(),
            queue: Queue::new(),
            merges: Vec::new(),
            round: Round { left: none.clone(), right: none, ..Round::default() },
        };
        merger.count_pairs(first_made);
        merger
    }

    fn count_pairs(&mut self, first_made: u32) {
        let Corpus { symbols, counts } = &mut self.corpus;
        let mut numbers = Numbers::new(first_made as usize);
        let (mut ids, mut pair_counts, mut lens) = (Vec::new(), Vec::new(), Vec::new());
        for at in 1..symbols.len() {
            let (left, right) = (symbols[at - 1], symbols[at]);
            if left.word != right.word {
                continue;
            }
            let number = numbers.get_or((left.id, right.id), ids.len() as u32);
            if number as usize == ids.len() {
                ids.push((left.id, right.id));
                pair_counts.push(0);
                lens.push(0);
            }
            pair_counts[number as usize] += counts[left.word as usize];
            lens[number as usize] += 1;
            symbols[at - 1].pair = number;
        }
        let starts = symbols.iter().zip(0..).filter(|(symbol, _)| symbol.pair != NONE);
        let mut start = self.places.append(&mut lens, starts.map(|(symbol, place)| (symbol.pair, place)));
        for (pair, &end) in lens.iter().enumerate() {
            self.places.set_first(&(start..end));
            start = end;
            let count = pair_counts[pair].cast_unsigned();
            self.queue.push(Entry { count, ids: ids[pair], pair: pair as u32, list: 0 });
        }
        self.pairs = Pairs::new(ids, pair_counts, first_made);
    }

    /// The pair to merge next, if one occurs at least `min_frequency` times.
    pub(super) fn next(&mut self, min_frequency: u64) -> Option<Entry> {
        loop {
            let top = self.queue.pop()?;
            // A negative count becomes a huge one, as in the reference.
            let count = self.pairs.count(top.pair).cast_unsigned();
            if count != top.count {
                self.queue.push(Entry { count, ..top });
            } else if count == 0 || count < min_frequency {
                return None;
            } else {
                return Some(top);
            }
        }
    }

    /// Turn the pair into the token `made` in all words that its entry stands for; `fresh` if there was no such token.
    pub(super) fn merge(&mut self, top: Entry, made: u32, fresh: bool) {
        self.merges.push(top.ids);
        self.round.pair = top.pair;
        self.round.made = made;
        self.round.fresh = fresh;
        if fresh {
            self.round.left.push(NONE);
            self.round.right.push(NONE);
        }
        let known = self.pairs.len();
        if let Some(list) = self.places.only_list(top.pair) {
            for index in list {
                self.merge_at(self.places.at(index));
            }
        } else {
            for place in self.places.take_shared(top.pair, top.list, &self.corpus.symbols) {
                self.merge_at(place);
            }
        }
        self.finish_round(known);
        if fresh {
            self.pairs.close_birth(known..self.pairs.len());
        }
    }

    /// Merge the pair at a place, unless the place is out of date.
    #[inline]
    fn merge_at(&mut self, place: u32) {
        let here = place as usize;
        let first = self.corpus.symbols[here];
        if first.pair != self.round.pair {
            return;
        }
        let count = self.corpus.counts[first.word as usize];
        let middle = here + first.len as usize;
        let second = self.corpus.symbols[middle];
        let len = first.len + second.len;
        let end = here + len as usize;

        if let Some(&before) = here.checked_sub(1).and_then(|last| self.corpus.symbols.get(last))
            && before.word == first.word
        {
            let start = here - before.len as usize;
            self.pairs.change(self.corpus.symbols[start].pair, -count);
            let met = self.meet_left(before.id);
            self.corpus.symbols[start].pair = self.place(met, start as u32, count, before.len + len);
        }
        let mut pair = NONE;
        if second.pair != NONE {
            self.pairs.change(second.pair, -count);
            let after = self.corpus.symbols[end];
            let met = self.meet_right(after.id);
            pair = self.place(met, place, count, len + after.len);
        }
        let made = Symbol { id: self.round.made, len, pair: NONE, word: first.word };
        self.corpus.symbols[middle].pair = NONE;
        self.corpus.symbols[end - 1] = made;
        self.corpus.symbols[here] = Symbol { pair, ..made };
    }

    /// Index in `met` of the pair of `token` and the made one.
    #[inline]
    fn meet_left(&mut self, token: u32) -> u32 {
        let met = self.round.left[token as usize];
        if met != NONE {
            return met;
        }
        let met = self.meet((token, self.round.made));
        self.round.left[token as usize] = met;
        met
    }

    /// Index in `met` of the pair of the made token and `token`.
    #[inline]
    fn meet_right(&mut self, token: u32) -> u32 {
        if token == self.round.made {
            return self.meet_left(token);
        }
        let met = self.round.right[token as usize];
        if met != NONE {
            return met;
        }
        let met = self.meet((self.round.made, token));
        self.round.right[token as usize] = met;
        met
    }

    fn meet(&mut self, ids: (u32, u32)) -> u32 {
        let pair = if self.round.fresh { self.pairs.open(ids) } else { self.pairs.find_or_open(ids) };
        self.round.met.push(pair);
        self.round.lens.push(0);
        self.round.met.len() as u32 - 1
    }

    /// Note that a pair that was met starts at `place` and is `len` long; returns its number.
    #[inline]
    fn place(&mut self, met: u32, place: u32, count: i64, len: u32) -> u32 {
        let pair = self.round.met[met as usize];
        if (len as usize) < self.max_len {
            self.pairs.change(pair, count);
            self.round.lens[met as usize] += 1;
            self.round.places.push((met, place));
        } else {
            self.round.silent.push((met, place));
        }
        pair
    }

    /// Queue the pairs that were met; the first `known` ones are not new.
    fn finish_round(&mut self, known: u32) {
        let Round { made, left, right, met, lens, places, silent, .. } = &mut self.round;
        let mut start = self.places.append(lens, places.drain(..));
        for (&pair, &end) in met.iter().zip(&*lens) {
            let range = start..end;
            start = end;
            let ids = self.pairs.ids(pair);
            if ids.1 == *made {
                left[ids.0 as usize] = NONE;
            } else {
                right[ids.1 as usize] = NONE;
            }
            let list = if pair >= known {
                self.places.set_first(&range);
                0
            } else if range.is_empty() {
                continue;
            } else {
                self.places.add_later(pair, &range, &self.corpus.symbols)
            };
            let count = self.pairs.count(pair);
            if count > 0 && !range.is_empty() {
                self.queue.push(Entry { count: count.cast_unsigned(), ids, pair, list });
            }
        }
        for (index, place) in silent.drain(..) {
            self.places.add_silent(met[index as usize], place);
        }
        met.clear();
        lens.clear();
    }

    /// The merges in the order in which they apply: of equal ones the reference's model keeps the last.
    pub(super) fn into_merges(self) -> Vec<(u32, u32)> {
        let mut merges = self.merges;
        let mut seen = HashSet::with_capacity_and_hasher(merges.len(), RandomState::default());
        merges.reverse();
        merges.retain(|&ids| seen.insert(ids));
        merges.reverse();
        merges
    }
}
