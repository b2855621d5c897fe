//! Which pairs there are, and how often each occurs.
//!
//! A pair is met in one round only: the one that makes the younger of its two tokens. So pairs are numbered as they
//! come, symbols know the number of the pair they start, and no map from ids to numbers is needed. The exception is a
//! token that was there before it is made (a special token; `a>` made of `a` and `>` where the suffix is `>`): its pairs
//! may be known, and only then are the pairs of the tokens concerned put into a map.

use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::symbols::NONE;

/// All pairs ever met, by number.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Left and right token.
    ids: Vec<(u32, u32)>,
    /// How often they are neighbours, by the reference's reckoning; it may even be negative.
    counts: Vec<i64>,
    /// The pairs of tokens in `indexed`, and all that were met later than their tokens.
    index: HashMap<(u32, u32), u32, RandomState>,
    /// The pairs that were met when a token was made, by token, as long as they are not in the index.
    born: Vec<Range<u32>>,
    /// The first token that was made by a merge. All older ones share the pairs of the words as they were spelled.
    first_made: u32,
}

impl Pairs {
    /// Begin with the pairs of the spelled words.
    pub(super) fn new(spelled: Vec<(u32, u32)>, counts: Vec<i64>, first_made: u32) -> Self {
        let all = 0..spelled.len() as u32;
        Self { ids: spelled, counts, index: HashMap::default(), born: vec![all], first_made }
    }

    pub(super) fn len(&self) -> u32 {
        self.ids.len() as u32
    }

    #[inline]
    pub(super) fn ids(&self, pair: u32) -> (u32, u32) {
        self.ids[pair as usize]
    }

    #[inline]
    pub(super) fn count(&self, pair: u32) -> i64 {
        self.counts[pair as usize]
    }

    #[inline]
    pub(super) fn change(&mut self, pair: u32, by: i64) {
        self.counts[pair as usize] += by;
    }

    /// Number a pair that was never met.
    #[inline]
    pub(super) fn open(&mut self, ids: (u32, u32)) -> u32 {
        self.ids.push(ids);
        self.counts.push(0);
        self.len() - 1
    }

    /// Remember which pairs were opened in the round that made the next token.
    pub(super) fn close_birth(&mut self, pairs: Range<u32>) {
        self.born.push(pairs);
    }

    /// The number of a pair that may be known.
    pub(super) fn find_or_open(&mut self, ids: (u32, u32)) -> u32 {
        // It was met at the birth of the younger of the two, or later and then put into the index.
        let younger = ids.0.max(ids.1);
        let birth = younger.checked_sub(self.first_made).map_or(0, |made| made as usize + 1);
        for pair in std::mem::take(&mut self.born[birth]) {
            self.index.insert(self.ids[pair as usize], pair);
        }
        if let Some(&pair) = self.index.get(&ids) {
            return pair;
        }
        let pair = self.open(ids);
        self.index.insert(ids, pair);
        pair
    }
}

/// Numbers for the pairs of the spelled words, while they are counted.
pub(super) enum Numbers {
    /// A square table, for alphabets of up to a thousand characters.
    Dense {
        width: usize,
        numbers: Vec<u32>,
    },
    Hashed(HashMap<(u32, u32), u32, RandomState>),
}

impl Numbers {
    /// For ids below `width`.
    pub(super) fn new(width: usize) -> Self {
        if width <= 1024 {
            Self::Dense { width, numbers: vec![NONE; width * width] }
        } else {
            Self::Hashed(HashMap::default())
        }
    }

    /// The number of the pair; `next` if it has none yet.
    #[inline]
    pub(super) fn get_or(&mut self, ids: (u32, u32), next: u32) -> u32 {
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
