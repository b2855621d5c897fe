//! The `n` best paths of a piece, by a search that knows what every rest can still score.
//!
//! A part of a path is taken up by what the best whole path with it scores, which is known exactly: the whole paths come
//! out from the best down. For the same reason no more parts than there are paths to be found need waiting: each
//! stands for a path, so what comes after the `n`-th best part is part of no path that is wanted.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Unigram;
use super::sample::{Folded, clamp};
use crate::error::Result;

/// A path, and the sum of its scores.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// Ids, each with where its token ends.
    pub(super) tokens: Vec<(u32, usize)>,
    pub(super) score: f64,
}

/// The beginning of a path.
#[derive(Clone, Copy, Debug)]
struct Part {
    score: f64,
    end: usize,
    id: u32,
    /// What it continues, in the list of parts taken up.
    before: u32,
}

const START: u32 = u32::MAX;

/// The largest number of all.
struct Largest(f64);

impl Default for Largest {
    fn default() -> Self {
        Self(f64::NEG_INFINITY)
    }
}

impl Folded for Largest {
    fn result(&self) -> f64 {
        self.0
    }
}

/// The best paths, the best first; fewer than `n` where there are no more.
pub(super) fn n_best(model: &Unigram, text: &[u8], n: usize) -> Result<Vec<Path>> {
    let rest = model.backwards(text, |end, score, largest: &mut Largest, rest| {
        largest.0 = largest.0.max(clamp(score + rest[end]));
    })?;
    let mut paths = Vec::new();
    let mut taken: Vec<Part> = Vec::new();
    // By what they can become; of equals the one that came first is the larger.
    let mut waiting = BTreeMap::new();
    waiting.insert((ordered(rest[0]), Reverse(0)), Part { score: 0.0, end: 0, id: 0, before: START });
    let mut came = 0u64;
    while let Some((_, part)) = waiting.pop_last() {
        if part.end == text.len() {
            paths.push(Path { tokens: tokens(&taken, part), score: part.score });
            if paths.len() == n {
                break;
            }
            continue;
        }
        let before = taken.len() as u32;
        taken.push(part);
        model.arcs(text, part.end, |end, id, score| {
            if rest[end] == f64::NEG_INFINITY {
                return;
            }
            let score = clamp(part.score + score);
            came += 1;
            let key = (ordered(score + rest[end]), Reverse(came));
            waiting.insert(key, Part { score, end, id, before });
            if waiting.len() + paths.len() > n {
                waiting.pop_first();
            }
        });
    }
    Ok(paths)
}

/// A number that is ordered as the score is.
fn ordered(score: f64) -> i64 {
    let bits = score.to_bits().cast_signed();
    bits ^ (bits >> 63).cast_unsigned().wrapping_shr(1).cast_signed()
}

fn tokens(taken: &[Part], last: Part) -> Vec<(u32, usize)> {
    let mut tokens = Vec::new();
    let mut part = last;
    while part.before != START {
        tokens.push((part.id, part.end));
        part = taken[part.before as usize];
    }
    tokens.reverse();
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_as_scores_are() {
        let scores = [f64::MIN, -1e9, -1.0, -1e-300, 0.0, 5e-324, 1.0, f64::MAX, f64::INFINITY];
        assert!(scores.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
    }
}
