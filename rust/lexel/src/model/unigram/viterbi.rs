//! The best path through the tokens of a piece.
//!
//! Scores are summed from the beginning of the piece and compared as the reference does: a path to a place replaces the
//! one known if it is strictly better; paths come in the order of where their last token begins. Only as many sums are
//! kept as the longest token reaches over; and wherever no token reaches over a place, every path goes through it, so
//! that what lies before is final and its memory is used again. The sums go on: nothing starts anew at such a place, and
//! rounding is the same.

use super::Unigram;
use crate::error::Result;
use crate::text::char_len;

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    short: Box<Short>,
    /// Score of the best path to a place, at the place modulo the length.
    scores: Vec<f64>,
    /// The last token of the best path to a place, counted from the last final place.
    last: Vec<u32>,
    /// Tokens (with where they end) of what has become final, from right to left.
    path: Vec<(u32, usize)>,
}

/// Scores and last tokens of the places of a short piece: no index leads out of them, which leaves the loop few values to
/// keep at hand.
#[derive(Debug)]
struct Short {
    scores: [f64; SHORT],
    last: [u32; SHORT],
}

impl Default for Short {
    fn default() -> Self {
        Self { scores: [0.0; SHORT], last: [NONE; SHORT] }
    }
}

/// A power of two; pieces of fewer bytes are short.
const SHORT: usize = 256;
/// No path comes here.
const NONE: u32 = u32::MAX;
/// One unknown character.
const UNKNOWN: u32 = u32::MAX - 1;
/// What lies before a final place is given away when it is at least this many bytes.
const FINAL: usize = 2048;
/// More than this many places are not kept for the next piece.
const KEEP: usize = 1 << 16;

/// Give the ids of the best path from left to right, each with where it ends; of unknown tokens side by side only the last.
pub(super) fn best_path(
    model: &Unigram,
    piece: &str,
    lattice: &mut Lattice,
    give: &mut impl FnMut(u32, usize) -> Result<()>,
) -> Result<()> {
    let text = piece.as_bytes();
    if text.len() < SHORT {
        short_paths(model, text, &mut lattice.short)?;
        return hand_over(model, text, (0, text.len()), &lattice.short.last, &mut lattice.path, give);
    }
    let reach = model.longest.min(text.len());
    let ring = (reach + 1).next_power_of_two();
    if lattice.scores.len() < ring {
        lattice.scores.resize(ring, 0.0);
    }
    let scores = &mut lattice.scores[..ring];
    let mask = ring - 1;
    scores[0] = 0.0;
    let last = &mut lattice.last;
    last.clear();
    last.resize(text.len().min(2 * FINAL + reach) + 1, NONE);
    let (mut base, mut start, mut furthest) = (0, 0, 0);
    while start < text.len() {
        if start == furthest && start - base >= FINAL {
            hand_over(model, text, (base, start), last, &mut lattice.path, give)?;
            last[..=start - base].fill(NONE);
            base = start;
        }
        if start - base + reach >= last.len() {
            last.resize(2 * last.len() + reach, NONE);
        }
        let sum = scores[start & mask];
        let single = start + char_len(text[start]);
        let mut found_single = false;
        let mut relax = |end: usize, token: u32, score: f64| {
            let (score, slot, last) = (score + sum, &mut scores[end & mask], &mut last[end - base]);
            let better = *last == NONE || score > *slot;
            if better {
                *slot = score;
                *last = token;
            }
            better
        };
        model.trie.matches(text, start, |end, token| {
            relax(end, token, model.trie.token(token).score);
            found_single |= end == single;
            furthest = furthest.max(end);
        });
        if !found_single {
            if relax(single, UNKNOWN, model.unk_score) && model.unk.is_none() {
                return Err(Unigram::missing_unknown());
            }
            furthest = furthest.max(single);
        }
        start = single;
    }
    hand_over(model, text, (base, text.len()), last, &mut lattice.path, give)?;
    if last.capacity() > KEEP {
        *last = Vec::new();
    }
    if lattice.scores.len() > KEEP {
        lattice.scores = Vec::new();
    }
    if lattice.path.capacity() > KEEP {
        lattice.path = Vec::new();
    }
    Ok(())
}

/// The best paths to all places of a short piece.
fn short_paths(model: &Unigram, text: &[u8], short: &mut Short) -> Result<()> {
    const PLACE: usize = SHORT - 1;
    let Short { scores, last } = short;
    last[..=text.len()].fill(NONE);
    scores[0] = 0.0;
    let mut start = 0;
    while start < text.len() {
        let sum = scores[start & PLACE];
        let single = start + char_len(text[start]);
        let mut found_single = false;
        model.trie.matches(text, start, |end, token| {
            let score = model.trie.token(token).score + sum;
            let place = end & PLACE;
            if last[place] == NONE || score > scores[place] {
                scores[place] = score;
                last[place] = token;
            }
            found_single |= end == single;
        });
        if !found_single {
            let score = model.unk_score + sum;
            let place = single & PLACE;
            if last[place] == NONE || score > scores[place] {
                scores[place] = score;
                last[place] = UNKNOWN;
                if model.unk.is_none() {
                    return Err(Unigram::missing_unknown());
                }
            }
        }
        start = single;
    }
    Ok(())
}

/// Give the tokens between two places through which the best path goes.
fn hand_over(
    model: &Unigram,
    text: &[u8],
    (from, to): (usize, usize),
    last: &[u32],
    path: &mut Vec<(u32, usize)>,
    give: &mut impl FnMut(u32, usize) -> Result<()>,
) -> Result<()> {
    path.clear();
    let mut end = to;
    while end > from {
        let token = last[end - from];
        if token == UNKNOWN {
            // Without an unknown token there is no such path.
            path.push((model.unk.unwrap_or(super::NO_ID), end));
            // They become one token, so one of them is enough.
            while end > from && last[end - from] == UNKNOWN {
                end -= 1;
                while end > from && text[end] & 0xC0 == 0x80 {
                    end -= 1;
                }
            }
        } else {
            let token = model.trie.token(token);
            path.push((token.id, end));
            end -= token.len as usize;
        }
    }
    path.iter().rev().try_for_each(|&(id, end)| give(id, end))
}
