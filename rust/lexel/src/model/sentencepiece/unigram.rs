//! Unigram as `SentencePiece` computes it: the best path through a text, in numbers of 32 bits.
//!
//! Scores are summed from the beginning of the text, so that how sums are rounded depends on all that came before: two
//! ways to cut a word that score nearly the same may come out one way early in a text and the other way late. Nothing that
//! was found for one place can therefore stand for another. When sums grow beyond a limit, that of the place is taken
//! from all that lie ahead.

use super::{Output, Type, Types};
use crate::compiled::{Tables, Writer};
use crate::error::Result;
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
}

/// What an unknown character scores below the worst piece.
const UNK_PENALTY: f32 = 10.0;
/// Beyond this, sums begin anew.
const LIMIT: f32 = 100_000.0;
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
        Self { trie, scores, unk_score: worst - UNK_PENALTY, longest }
    }

    /// Write the pieces of the best path.
    pub(super) fn best<const SPANS: bool>(&self, piece: &str, scratch: &mut PathScratch, writer: &mut Output<'_>) {
        let text = piece.as_bytes();
        let PathScratch { scores, last, path } = scratch;
        let reach = self.longest.min(text.len());
        let ring = (reach + 1).next_power_of_two();
        if scores.len() < ring {
            scores.resize(ring, 0.0);
        }
        let scores = &mut scores[..ring];
        let mask = ring - 1;
        scores[0] = 0.0;
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
        if last.capacity() > KEEP {
            *last = Vec::new();
        }
        if path.capacity() > KEEP {
            *path = Vec::new();
        }
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
