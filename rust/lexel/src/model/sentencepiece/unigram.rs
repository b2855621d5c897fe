//! Unigram as `SentencePiece` computes it: the best path through a text, in numbers of 32 bits.
//!
//! Scores are summed from the beginning of the text, so that how sums are rounded depends on all that came before: two
//! ways to cut a word that score nearly the same may come out one way early in a text and the other way late. When sums
//! grow beyond a limit, that of the place is taken from all that lie ahead.
//!
//! # Words met before
//! Where no piece reaches over the beginning of a word, every path goes through it, and a word can be cut alone, from the
//! sum so far. Which way is best is remembered for short words where rounding cannot matter: sums below 2^17 are off by no
//! more than 2^-8 an addition; a word of at most [`SHORT_WORD`] bytes takes no more additions on any way; addition keeps
//! the order of sums. So if the best way is better than the second best by [`MARGIN`], more than twice what all additions
//! can be off, it is the best in rounded numbers too. The sum goes on through the pieces of the way one by one, as it
//! would have. Twice as fast on English text.

use super::{Output, Type, Types};
use crate::compiled::{Tables, Writer};
use crate::error::Result;
use crate::model::bpe::reaches_over_metaspace;
use crate::model::cache::{self, Caching, PieceCache};
use crate::model::unigram::Trie;
use crate::text::char_len;
use crate::vocab::Vocab;

/// The pieces a text may become, with their scores.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    trie: Trie,
    /// By the place in the trie.
    scores: Vec<f32>,
    unk_score: f32,
    /// Bytes of the longest piece, and of the longest character.
    longest: usize,
    /// Scores and bytes of pieces by id, where words can be cut alone and be remembered.
    words: Option<Vec<(f32, u32)>>,
}

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct PathScratch {
    /// Score of the best path to a place, at the place modulo the length.
    scores: Vec<f32>,
    /// The last piece of the best path to a place, counted from the last final place.
    last: Vec<u32>,
    /// Pieces (with where they begin and end) of what has become final, from right to left.
    path: Vec<(u32, u32, u32)>,
    cache: PieceCache,
}

impl Caching for PathScratch {
    fn cache(&mut self) -> &mut PieceCache {
        &mut self.cache
    }
}

/// What an unknown character scores below the worst piece.
const UNK_PENALTY: f32 = 10.0;
/// Beyond this, sums begin anew.
const LIMIT: f32 = 100_000.0;
/// Longer words are not remembered.
const SHORT_WORD: usize = 18;
const MARGIN: f64 = 0.25;
/// Words are looked up while sums are above this: no sum inside a short word can then be beyond the limit.
const LOWEST: f32 = -90_000.0;
/// The most that one character of a short word may take from a sum.
const LOWEST_SCORE: f32 = -500.0;
/// No path comes here.
const NONE: u32 = u32::MAX;
/// One unknown character.
const UNKNOWN: u32 = u32::MAX - 1;
/// What lies before a final place is given away when it is at least this many bytes.
const FINAL: usize = 2048;
/// More than this many places are not kept for the next text.
const KEEP: usize = 1 << 16;

impl Paths {
    pub(super) fn compile(vocab: &Vocab, types: &Types, scores: &[f64]) -> Result<Self> {
        let usable = |id: u32| !matches!(types.of(id), Type::Special | Type::Unused);
        let trie = Trie::new(vocab.entries().filter(|&(_, id)| usable(id)), scores)?;
        Ok(Self::with_trie(vocab, types, scores, trie))
    }

    /// Write the tables.
    pub(super) fn store(&self, out: &mut Writer) {
        self.trie.store(out);
    }

    /// Take the tables that were written of a model with this vocabulary and these types and scores.
    pub(super) fn take(tables: &mut Tables, vocab: &Vocab, types: &Types, scores: &[f64]) -> Result<Self> {
        Ok(Self::with_trie(vocab, types, scores, Trie::take(tables, vocab.id_bound())?))
    }

    fn with_trie(vocab: &Vocab, types: &Types, scores: &[f64], trie: Trie) -> Self {
        let mut worst = f32::MAX;
        for (_, id) in vocab.entries().filter(|&(_, id)| types.of(id) == Type::Normal) {
            let score = scores[id as usize] as f32;
            if score < worst {
                worst = score;
            }
        }
        let score = |token: &crate::model::unigram::Token| match types.of(token.id) {
            // So much that such a piece is always taken.
            Type::UserDefined => (0.1 * f64::from(token.len.cast_signed() - 1)) as f32,
            _ => token.score as f32,
        };
        let scores = trie.tokens().iter().map(score).collect();
        let longest = trie.tokens().iter().map(|token| token.len as usize).max().unwrap_or(0).max(4);
        let unk_score = worst - UNK_PENALTY;
        let inside = |token: &str| reaches_over_metaspace(token);
        let usable = trie.tokens().iter().filter_map(|token| vocab.token(token.id));
        let alone = unk_score > LOWEST_SCORE && unk_score <= 0.0 && !usable.into_iter().any(inside);
        let words = alone.then(|| {
            let mut by_id = vec![(0.0, 0); vocab.id_bound() as usize];
            for (token, &score) in trie.tokens().iter().zip(&scores) {
                by_id[token.id as usize] = (score, token.len);
            }
            by_id
        });
        Self { trie, scores, unk_score, longest, words }
    }

    /// Write the pieces of the best path.
    pub(super) fn best<const SPANS: bool>(&self, text: &str, scratch: &mut PathScratch, writer: &mut Output<'_>) {
        let Some(by_id) = &self.words else {
            self.run::<SPANS>(text, 0.0, scratch, writer);
            return;
        };
        let bytes = text.as_bytes();
        let (mut from, mut sum) = (0, 0.0);
        while from < bytes.len() {
            let to = word_end(bytes, from);
            let key = if to - from <= SHORT_WORD { cache::key(bytes, from, to) } else { None };
            let word = &text[from..to];
            from = to;
            let Some(key) = key.filter(|_| sum > LOWEST && sum <= 0.0) else {
                sum = self.run::<SPANS>(word, sum, scratch, writer);
                continue;
            };
            if let Some(found) = scratch.cache.get(key) {
                for &id in scratch.cache.ids(&found) {
                    let (score, len) = by_id[id as usize];
                    sum += score;
                    writer.known::<SPANS>(id, len);
                }
                continue;
            }
            // What is unknown before it comes first, if this word has nothing unknown itself.
            let before = writer.out.ids.len() + usize::from(writer.unknown > 0);
            sum = self.run::<SPANS>(word, sum, scratch, writer);
            if self.is_certain(word.as_bytes()) {
                scratch.cache.insert(key, &writer.out.ids[before..]);
            }
        }
    }

    /// Whether the best way to cut a short word is far better than all others, has nothing unknown, and no piece raises a
    /// sum.
    fn is_certain(&self, word: &[u8]) -> bool {
        const NOWHERE: f64 = f64::NEG_INFINITY;
        // Of the two best ways to each place their scores, and whether there is something unknown on the best.
        let mut ways = [(NOWHERE, NOWHERE, false); SHORT_WORD + 1];
        ways[0].0 = 0.0;
        let mut falls = true;
        let mut start = 0;
        while start < word.len() {
            let (best, second, unknown) = ways[start];
            let single = start + char_len(word[start]);
            let mut found_single = false;
            let mut add = |end: usize, score: f32, is_unknown: bool| {
                falls &= score <= 0.0;
                let way = &mut ways[end];
                for (sum, unknown) in [(best, unknown || is_unknown), (second, true)] {
                    let sum = sum + f64::from(score);
                    if sum > way.0 {
                        *way = (sum, way.0, unknown);
                    } else if sum > way.1 {
                        way.1 = sum;
                    }
                }
            };
            self.trie.matches(word, start, |end, token| {
                found_single |= end == single;
                add(end, self.scores[token as usize], false);
            });
            if !found_single {
                add(single, self.unk_score, true);
            }
            start = single;
        }
        let (best, second, unknown) = ways[word.len()];
        falls && !unknown && best - second > MARGIN
    }

    /// Write the pieces of the best path through a text before which the sum is this; return the sum behind it.
    fn run<const SPANS: bool>(&self, piece: &str, sum: f32, scratch: &mut PathScratch, writer: &mut Output<'_>) -> f32 {
        let text = piece.as_bytes();
        let PathScratch { scores, last, path, .. } = scratch;
        let reach = self.longest.min(text.len());
        let ring = (reach + 1).next_power_of_two();
        if scores.len() < ring {
            scores.resize(ring, 0.0);
        }
        let scores = &mut scores[..ring];
        let mask = ring - 1;
        scores[0] = sum;
        last.clear();
        last.resize(text.len().min(2 * FINAL + reach) + 1, NONE);
        let (mut base, mut start, mut furthest) = (0, 0, 0);
        while start < text.len() {
            if start == furthest && start - base >= FINAL {
                self.hand_over::<SPANS>(piece, (base, start), last, path, writer);
                last[..=start - base].fill(NONE);
                base = start;
            }
            if start - base + reach >= last.len() {
                last.resize(2 * last.len() + reach, NONE);
            }
            let mut sum = scores[start & mask];
            if !(-LIMIT..=LIMIT).contains(&sum) && !sum.is_nan() {
                for at in start..=furthest {
                    if at == start || last[at - base] != NONE {
                        scores[at & mask] -= sum;
                    }
                }
                sum = 0.0;
            }
            let single = start + char_len(text[start]);
            let mut found_single = false;
            let mut relax = |end: usize, token: u32, score: f32| {
                let (score, slot, last) = (score + sum, &mut scores[end & mask], &mut last[end - base]);
                if *last == NONE || score > *slot {
                    *slot = score;
                    *last = token;
                }
            };
            self.trie.matches(text, start, |end, token| {
                relax(end, token, self.scores[token as usize]);
                found_single |= end == single;
                furthest = furthest.max(end);
            });
            if !found_single {
                relax(single, UNKNOWN, self.unk_score);
                furthest = furthest.max(single);
            }
            start = single;
        }
        self.hand_over::<SPANS>(piece, (base, text.len()), last, path, writer);
        let sum = scores[text.len() & mask];
        if last.capacity() > KEEP {
            *last = Vec::new();
        }
        if path.capacity() > KEEP {
            *path = Vec::new();
        }
        sum
    }

    /// Write the pieces between two places through which the best path goes.
    fn hand_over<const SPANS: bool>(
        &self,
        text: &str,
        (from, to): (usize, usize),
        last: &[u32],
        path: &mut Vec<(u32, u32, u32)>,
        writer: &mut Output<'_>,
    ) {
        path.clear();
        let mut end = to;
        while end > from {
            let token = last[end - from];
            let start = if token == UNKNOWN {
                (from..end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(from)
            } else {
                end - self.trie.token(token).len as usize
            };
            path.push((token, start as u32, end as u32));
            end = start;
        }
        for &(token, start, end) in path.iter().rev() {
            if token == UNKNOWN {
                writer.unknown::<SPANS>(&text[start as usize..end as usize]);
            } else {
                writer.known::<SPANS>(self.trie.token(token).id, end - start);
            }
        }
    }
}

/// Where the word ends that begins at a place: before the next visible space that follows something else.
#[inline]
fn word_end(text: &[u8], from: usize) -> usize {
    const SPACE: &[u8] = "▁".as_bytes();
    let mut at = from;
    while text[at..].starts_with(SPACE) {
        at += SPACE.len();
    }
    while let Some(&byte) = text.get(at) {
        if byte == SPACE[0] && text[at..].starts_with(SPACE) {
            break;
        }
        at += 1;
    }
    at
}
