//! The loop of byte-pair training: take the most frequent pair, merge it everywhere, count what changed.
//!
//! The words lie in one array of symbols. A token is known by its first symbol, which holds its id, its length and the
//! number of the pair it starts, and by its last, which the token after it reads to look back. So a merge writes three
//! symbols and reads four, however long the word is, and a place is out of date exactly if its symbol no longer starts
//! the pair.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::pairs::Pairs;
use super::places::Places;
use super::queue::{Entry, Queue};
use super::symbols::{Corpus, NONE, Symbol};

/// The state between two merges.
#[derive(Debug)]
pub(super) struct Merger {
    corpus: Corpus,
    /// Pairs made by a merge count only below this length.
    max_len: usize,
    pairs: Pairs,
    places: Places,
    queue: Queue,
    merges: Vec<(u32, u32)>,
    round: Round,
}

/// What one merge changes, kept to use its memory again.
#[derive(Debug, Default)]
struct Round {
    /// By token `x`: index in `met` of the pair of `x` and the merged token; else `NONE`.
    left: Vec<u32>,
    /// By token `y`: index in `met` of the pair of the merged token and `y`; else `NONE`.
    right: Vec<u32>,
    /// The pairs met.
    met: Vec<u32>,
    /// How many places each of them got.
    lens: Vec<u32>,
    /// Index in `met`, and place.
    places: Vec<(u32, u32)>,
    /// The same for places that do not count.
    silent: Vec<(u32, u32)>,
}

impl Merger {
    /// Count the pairs of the spelled words; `first_made` is the id of the first token to be made.
    pub(super) fn new(corpus: Corpus, first_made: u32, max_len: Option<usize>) -> Self {
        let mut merger = Self {
            corpus,
            max_len: max_len.unwrap_or(usize::MAX),
            pairs: Pairs::default(),
            places: Places::default(),
            queue: Queue::new(),
            merges: Vec::new(),
            round: Round {
                left: vec![NONE; first_made as usize],
                right: vec![NONE; first_made as usize],
                ..Round::default()
            },
        };
        merger.count_pairs(first_made);
        merger
    }

    fn count_pairs(&mut self, first_made: u32) {
        let Corpus { symbols, counts } = &mut self.corpus;
        let mut numbers = Numbers::new(first_made);
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
        for ((&ids, &count), (&end, pair)) in ids.iter().zip(&pair_counts).zip(lens.iter().zip(0..)) {
            self.places.set_first(&(start..end));
            self.queue.push(Entry { count: count as u64, ids, pair, list: 0 });
            start = end;
        }
        self.pairs = Pairs::new(ids, pair_counts, first_made);
    }

    /// The pair to merge next, if one occurs at least `min_frequency` times.
    pub(super) fn next(&mut self, min_frequency: u64) -> Option<Entry> {
        loop {
            let top = self.queue.pop()?;
            // A negative count becomes the largest, as in the reference.
            let count = self.pairs.count(top.pair) as u64;
            if count != top.count {
                self.queue.push(Entry { count, ..top });
            } else if count == 0 || count < min_frequency {
                return None;
            } else {
                return Some(top);
            }
        }
    }

    /// Make the pair the token `merged` in all words that its entry stands for; `fresh` if there was no such token.
    pub(super) fn merge(&mut self, top: Entry, merged: u32, fresh: bool) {
        self.merges.push(top.ids);
        if fresh {
            self.round.left.push(NONE);
            self.round.right.push(NONE);
        }
        let opened = self.pairs.len();
        if let Some(list) = self.places.only_list(top.pair) {
            for index in list {
                self.merge_at(self.places.at(index), top.pair, merged, fresh);
            }
        } else {
            for place in self.places.take_shared(top.pair, top.list, &self.corpus.symbols) {
                self.merge_at(place, top.pair, merged, fresh);
            }
        }
        self.finish_round(merged, opened);
        if fresh {
            self.pairs.close_birth(opened..self.pairs.len());
        }
    }

    #[inline]
    fn merge_at(&mut self, place: u32, pair: u32, merged: u32, fresh: bool) {
        let here = place as usize;
        let first = self.corpus.symbols[here];
        if first.pair != pair {
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
            let met = self.meet_left(before.id, merged, fresh);
            self.corpus.symbols[start].pair = self.place(met, start as u32, count, before.len + len);
        }
        let mut pair = NONE;
        if second.pair != NONE {
            self.pairs.change(second.pair, -count);
            let after = self.corpus.symbols[end];
            let met = self.meet_right(after.id, merged, fresh);
            pair = self.place(met, place, count, len + after.len);
        }
        self.corpus.symbols[middle].pair = NONE;
        self.corpus.symbols[end - 1] = Symbol { id: merged, len, pair: NONE, word: first.word };
        self.corpus.symbols[here] = Symbol { id: merged, len, pair, word: first.word };
    }

    /// Index in `met` of the pair of `token` and the merged one.
    #[inline]
    fn meet_left(&mut self, token: u32, merged: u32, fresh: bool) -> u32 {
        let known = self.round.left[token as usize];
        if known != NONE {
            return known;
        }
        let met = self.meet((token, merged), fresh);
        self.round.left[token as usize] = met;
        met
    }

    /// Index in `met` of the pair of the merged token and `token`.
    #[inline]
    fn meet_right(&mut self, token: u32, merged: u32, fresh: bool) -> u32 {
        if token == merged {
            return self.meet_left(merged, merged, fresh);
        }
        let known = self.round.right[token as usize];
        if known != NONE {
            return known;
        }
        let met = self.meet((merged, token), fresh);
        self.round.right[token as usize] = met;
        met
    }

    fn meet(&mut self, ids: (u32, u32), fresh: bool) -> u32 {
        let pair = if fresh { self.pairs.open(ids) } else { self.pairs.find_or_open(ids) };
        self.round.met.push(pair);
        self.round.lens.push(0);
        self.round.met.len() as u32 - 1
    }

    /// Note that a pair now starts at `place` and is `len` long; returns its number.
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

    /// Queue the pairs that were met; those from `opened` on are new.
    fn finish_round(&mut self, merged: u32, opened: u32) {
        let Round { left, right, met, lens, places, silent } = &mut self.round;
        let mut start = self.places.append(lens, places.drain(..));
        for (&pair, &end) in met.iter().zip(&*lens) {
            let range = start..end;
            start = end;
            let ids = self.pairs.ids(pair);
            // Each pair has the merged token on one side at least; on the other it was noted in one of the two tables.
            if ids.1 == merged {
                left[ids.0 as usize] = NONE;
            } else {
                right[ids.1 as usize] = NONE;
            }
            let count = self.pairs.count(pair);
            let list = if pair >= opened {
                self.places.set_first(&range);
                0
            } else if range.is_empty() {
                continue;
            } else {
                self.places.add_later(pair, &range, &self.corpus.symbols)
            };
            if count > 0 && !range.is_empty() {
                self.queue.push(Entry { count: count as u64, ids, pair, list });
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

/// Numbers for pairs of ids while the spelled words are counted.
enum Numbers {
    /// A square table, for alphabets of up to a thousand characters.
    Dense { width: usize, numbers: Vec<u32> },
    Hashed(HashMap<(u32, u32), u32, RandomState>),
}

impl Numbers {
    fn new(ids: u32) -> Self {
        let width = ids as usize;
        if width <= 1024 {
            Self::Dense { width, numbers: vec![NONE; width * width] }
        } else {
            Self::Hashed(HashMap::default())
        }
    }

    /// The number of the pair; `next` if it has none yet.
    #[inline]
    fn get_or(&mut self, ids: (u32, u32), next: u32) -> u32 {
        let number = match self {
            Self::Dense { width, numbers } => &mut numbers[ids.0 as usize * *width + ids.1 as usize],
            Self::Hashed(numbers) => numbers.entry(ids).or_insert(NONE),
        };
        if *number == NONE {
            *number = next;
        }
        *number
    }
}
