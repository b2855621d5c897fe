//! Merges that follow from the vocabulary: any two neighbours whose texts together are a token become it.
//!
//! Rank files and sentencepiece models have no list of merges. Theirs is every split of a token into two tokens, and how
//! early it goes depends on the token alone: on its id, or on its score. Equal ranks are the rule here, and the leftmost
//! of equals goes first, as everywhere.
//!
//! # Performance notes
//! 200,000 tokens have more than a million splits, and two in three have a half that is no token. Hashes of all halves
//! follow from those of the prefixes, and a filter of 16 bits a token answers for most without leaving the cache; what it
//! lets through is looked up by its text.

use std::cmp::Ordering;
use std::sync::Arc;

use super::pairs::Pairs;
use crate::vocab::Vocab;

/// How merges follow from the vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MergeBy {
    pub(crate) order: Order,
    /// Tokens that no text becomes, by ascending id.
    pub(crate) special: Arc<[u32]>,
}

/// Which merge goes first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    /// The one that makes the token of the lowest id.
    Ids,
    /// The one that makes the token of the highest score; tokens without a score are never made by merging.
    Scores(Arc<[Option<f64>]>),
}

impl MergeBy {
    /// Whether no text becomes this token.
    pub(crate) fn is_special(&self, id: u32) -> bool {
        self.special.binary_search(&id).is_ok()
    }

    /// All merges by rank, as pairs of ids.
    pub(crate) fn merges(&self, vocab: &Vocab) -> Vec<(u32, u32)> {
        self.pairs(vocab).by_rank().into_iter().map(|(left, right, _)| (left, right)).collect()
    }

    /// The table of all merges.
    ///
    /// # Complexity
    /// Linear in the length of all tokens, but for splits into two tokens, which are compared by their text.
    pub(super) fn pairs(&self, vocab: &Vocab) -> Pairs {
        let parts = vocab.entries().filter(|&(_, id)| !self.is_special(id));
        let filter = Filter::new(vocab.len(), parts.map(|(token, _)| token));
        let part = |text: &str| vocab.id(text).filter(|&id| !self.is_special(id));
        let mut hashes = Hashes::default();
        let mut halves: Vec<(u32, u32)> = Vec::new();
        let mut results: Vec<(u32, u32)> = Vec::new();
        let mut ends: Vec<usize> = Vec::new();
        for (id, class) in self.results(vocab) {
            let token = vocab.token(id).unwrap_or_default();
            let from = halves.len();
            hashes.read(token);
            for (at, _) in token.char_indices().skip(1) {
                if filter.may_have(hashes.of(0, at))
                    && filter.may_have(hashes.of(at, token.len()))
                    && let (Some(left), Some(right)) = (part(&token[..at]), part(&token[at..]))
                {
                    halves.push((left, right));
                }
            }
            if halves.len() > from {
                halves[from..].sort_unstable();
                results.push((id, class));
                ends.push(halves.len());
            }
        }
        let mut pairs = Pairs::with_results(halves.len(), vocab.id_bound(), &results);
        let mut from = 0;
        for (entry, to) in (0..).zip(ends) {
            for &(left, right) in &halves[from..to] {
                pairs.insert(left, right, entry);
            }
            from = to;
        }
        pairs
    }

    /// The tokens that merging may make, the first to go first; those of one class are equals.
    fn results(&self, vocab: &Vocab) -> Vec<(u32, u32)> {
        let ids = vocab.by_id().map(|(id, _)| id).filter(|&id| !self.is_special(id));
        let scores = match &self.order {
            Order::Ids => return ids.zip(0..).collect(),
            Order::Scores(scores) => scores,
        };
        let mut by_score: Vec<(f64, u32)> =
            ids.filter_map(|id| Some((scores.get(id as usize).copied().flatten()?, id))).collect();
        // Files have no numbers that are not comparable; and no order parts zero from its negative.
        by_score.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1)));
        let (mut class, mut before) = (0, None);
        let classed = by_score.into_iter().map(|(score, id)| {
            class += u32::from(before.is_some_and(|before: f64| before.partial_cmp(&score) != Some(Ordering::Equal)));
            before = Some(score);
            (id, class)
        });
        classed.collect()
    }
}

/// Hashes of all parts of a token, from those of its prefixes.
#[derive(Default)]
struct Hashes {
    prefixes: Vec<u64>,
    /// Powers of the base.
    powers: Vec<u64>,
}

const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hashes {
    fn read(&mut self, token: &str) {
        if self.powers.is_empty() {
            self.powers.push(1);
        }
        while self.powers.len() <= token.len() {
            let last = self.powers[self.powers.len() - 1];
            self.powers.push(last.wrapping_mul(BASE));
        }
        self.prefixes.clear();
        self.prefixes.push(0);
        let mut hash = 0u64;
        for byte in token.bytes() {
            hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
            self.prefixes.push(hash);
        }
    }

    fn of(&self, start: usize, end: usize) -> u64 {
        self.prefixes[end].wrapping_sub(self.prefixes[start].wrapping_mul(self.powers[end - start]))
    }
}

/// Which hashes are those of tokens; some others pass too.
struct Filter(Vec<u64>);

impl Filter {
    fn new<'a>(count: usize, tokens: impl Iterator<Item = &'a str>) -> Self {
        let words = (count.max(64) / 4).next_power_of_two();
        let mut filter = Self(vec![0; words]);
        for token in tokens {
            let hash = token.bytes().fold(0u64, |hash, byte| hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1));
            let (word, bits) = filter.place(hash);
            filter.0[word] |= bits;
        }
        filter
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let mixed = (hash ^ hash >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        let mixed = mixed ^ mixed >> 29;
        ((mixed >> 12) as usize & (self.0.len() - 1), 1 << (mixed & 63) | 1 << (mixed >> 6 & 63))
    }

    fn may_have(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        self.0[word] & bits == bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn all(pairs: &Pairs) -> Vec<(u32, u32, u32, u32)> {
        pairs.by_rank().into_iter().map(|(left, right, merge)| (merge.rank, left, right, merge.id)).collect()
    }

    #[test]
    fn every_split_of_a_token_into_two_tokens_is_a_merge() {
        let vocab =
            Vocab::new(["a", "b", "ab", "aab", "aa", "ba", "x", "xab"].into_iter().zip(0..)).expect("small ids");
        let by_ids = MergeBy { order: Order::Ids, special: Arc::new([6]) };
        assert_eq!(all(&by_ids.pairs(&vocab)), [(0, 0, 1, 2), (1, 0, 2, 3), (1, 4, 1, 3), (2, 0, 0, 4), (3, 1, 0, 5)]);
        let scores = [None, None, Some(1.0), Some(2.0), Some(2.0), None, None, Some(-0.5)];
        let by_scores = MergeBy { order: Order::Scores(Arc::new(scores)), special: Arc::new([]) };
        assert_eq!(
            all(&by_scores.pairs(&vocab)),
            [(0, 0, 2, 3), (0, 4, 1, 3), (0, 0, 0, 4), (1, 0, 1, 2), (2, 6, 2, 7)]
        );
    }

    /// Merge as the definition says: again and again the best neighbours whose texts together are a token.
    fn naive(text: &str, vocab: &Vocab, merge_by: &MergeBy) -> Vec<String> {
        let mut parts: Vec<String> = text.chars().map(String::from).collect();
        loop {
            let place = |(at, pair): (usize, &[String])| {
                let id = vocab.id(&pair.concat()).filter(|&id| !merge_by.is_special(id))?;
                let order = match &merge_by.order {
                    Order::Ids => f64::from(id),
                    Order::Scores(scores) => -scores[id as usize]?,
                };
                Some((order, at))
            };
            let best = parts.windows(2).enumerate().filter_map(place).min_by(|a, b| a.partial_cmp(b).expect("numbers"));
            let Some((_, at)) = best else { return parts };
            let right = parts.remove(at + 1);
            parts[at].push_str(&right);
        }
    }

    #[test]
    fn texts_merge_as_the_definition_says() {
        use crate::model::bpe::merge::{MergeScratch, Symbols, merge_all, with_heap};
        let mut random = Random::new(7);
        let mut below = |n: u32| (random.next_u64() % u64::from(n)) as u32;
        for case in 0..300 {
            let letters = 1 + below(3);
            let mut word =
                |longest| -> String { (0..=below(longest)).map(|_| char::from(b'a' + below(letters) as u8)).collect() };
            let mut tokens: Vec<String> = (0..letters as u8).map(|letter| char::from(b'a' + letter).into()).collect();
            for _ in 0..case % 40 {
                let token = word(5);
                if !tokens.contains(&token) {
                    tokens.push(token);
                }
            }
            let vocab = Vocab::new(tokens.iter().zip(0..)).expect("small ids");
            let text = word(if case % 5 == 0 { 600 } else { 40 });
            let scores = tokens.iter().map(|_| Some(f64::from(below(4))).filter(|_| below(8) > 0)).collect();
            let special: Arc<[u32]> = (letters..vocab.id_bound()).filter(|_| below(10) == 0).collect();
            for order in [Order::Ids, Order::Scores(scores)] {
                let merge_by = MergeBy { order, special: special.clone() };
                let pairs = merge_by.pairs(&vocab);
                let ids: Vec<u32> = text.chars().map(|c| vocab.id(&c.to_string()).expect("a letter")).collect();
                let mut symbols = Symbols { lens: vec![1; ids.len()], ids };
                let mut heaped = symbols.clone();
                merge_all(&pairs, &mut symbols, &mut MergeScratch::default());
                with_heap(&pairs, &mut heaped, &mut MergeScratch::default());
                let merged: Vec<&str> = symbols.ids.iter().map(|&id| vocab.token(id).expect("a token")).collect();
                assert_eq!(merged, naive(&text, &vocab, &merge_by), "case {case}: {tokens:?} {merge_by:?} {text}");
                assert_eq!(heaped.ids, symbols.ids, "case {case}: {tokens:?} {merge_by:?} {text}");
            }
        }
    }
}
