//! Drawing a path instead of taking the best one: subword regularization (Kudo, 2018).
//!
//! Everything runs backwards first: what the rest of a piece can score is known at every place before the path is drawn
//! from the left, so the lattice is never stored; its arcs are found again where the path comes by.

use super::fuse::Fusing;
use super::nbest::n_best;
use super::{Unigram, UnigramScratch};
use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::random::Random;
use crate::sampling::Sampling;
use crate::vocab::Vocab;

/// How paths are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PathSampling {
    /// Paths are drawn with probabilities in the proportion of `exp(alpha * score)`: near 0 nearly evenly, beyond 1
    /// mostly the best. At 0 all are equally probable.
    pub(crate) alpha: f64,
    /// Among how many of the best paths; `None`: among all.
    pub(crate) nbest_size: Option<usize>,
}

impl PathSampling {
    /// What a call asks for; `None` if that is the best path.
    pub(crate) fn of(asked: Sampling) -> Option<Self> {
        let nbest_size = asked.nbest_size.and_then(|n| usize::try_from(n).ok());
        let wanted = (asked.alpha.is_some() || asked.nbest_size.is_some()) && nbest_size.is_none_or(|n| n > 1);
        wanted.then_some(Self { alpha: asked.alpha.unwrap_or(1.0), nbest_size })
    }
}

impl Unigram {
    /// Encode one piece by a path drawn at random.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if `alpha` is not finite; as [`Unigram::encode`] if there is no path.
    ///
    /// # Complexity
    /// As [`Unigram::encode`] over all paths, with a number kept for every byte of the piece; over the `n` best ones `n`
    /// times that.
    pub(crate) fn encode_sampled<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        piece: &str,
        sampling: PathSampling,
        random: &mut Random,
        scratch: &mut UnigramScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let PathSampling { alpha, nbest_size } = sampling;
        if !alpha.is_finite() {
            return Err(Error::argument(format!("alpha is {alpha}; sampling needs a finite number")));
        }
        if nbest_size.is_some_and(|n| n < 2) {
            return self.encode_fresh::<SPANS>(vocab, piece, scratch, out, None);
        }
        let mut fusing = Fusing::new(self, vocab, piece);
        let mut give = |id, end| fusing.push::<SPANS>(id, end, out);
        match nbest_size {
            None => self.draw(piece.as_bytes(), alpha, random, &mut give)?,
            Some(n) => {
                let mut paths = n_best(self, piece.as_bytes(), n)?;
                let best = paths.iter().map(|path| alpha * path.score).fold(f64::NEG_INFINITY, f64::max);
                let weights: Vec<f64> = paths.iter().map(|path| weight(alpha * path.score, best)).collect();
                let path = paths.swap_remove(choose(&weights, random));
                path.tokens.into_iter().try_for_each(|(id, end)| give(id, end))?;
            }
        }
        fusing.finish::<SPANS>(out)
    }

    /// Draw among all paths.
    fn draw(
        &self,
        text: &[u8],
        alpha: f64,
        random: &mut Random,
        give: &mut impl FnMut(u32, usize) -> Result<()>,
    ) -> Result<()> {
        let rest = self.backwards(text, |end, score, sum: &mut LogSum, rest| {
            sum.add(clamp(alpha * score) + rest[end]);
        })?;
        let (mut arcs, mut weights) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < text.len() {
            arcs.clear();
            self.arcs(text, at, |end, id, score| {
                if rest[end] != f64::NEG_INFINITY {
                    arcs.push((end, id, clamp(alpha * score) + rest[end]));
                }
            });
            let best = arcs.iter().map(|arc| arc.2).fold(f64::NEG_INFINITY, f64::max);
            weights.clear();
            weights.extend(arcs.iter().map(|arc| weight(arc.2, best)));
            let (end, id, _) = arcs[choose(&weights, random)];
            give(id, end)?;
            at = end;
        }
        Ok(())
    }

    /// For every place of a piece, what `fold` makes of the arcs that begin there and the results where they end; the
    /// result is minus infinity where no arc leads on.
    ///
    /// # Errors
    /// If the end cannot be reached, which takes a model without an unknown token.
    pub(super) fn backwards<F: Folded>(
        &self,
        text: &[u8],
        mut fold: impl FnMut(usize, f64, &mut F, &[f64]),
    ) -> Result<Vec<f64>> {
        let mut rest = vec![f64::NEG_INFINITY; text.len() + 1];
        rest[text.len()] = 0.0;
        for start in (0..text.len()).rev().filter(|&at| text[at] & 0xC0 != 0x80) {
            let mut folded = F::default();
            self.arcs(text, start, |end, _, score| {
                if rest[end] != f64::NEG_INFINITY {
                    fold(end, score, &mut folded, &rest);
                }
            });
            rest[start] = folded.result();
        }
        if rest[0] == f64::NEG_INFINITY { Err(Self::missing_unknown()) } else { Ok(rest) }
    }
}

/// What becomes of all arcs that begin at a place.
pub(super) trait Folded: Default {
    /// The result; minus infinity for no arc, and for no others.
    fn result(&self) -> f64;
}

/// The logarithm of a sum of exponentials.
struct LogSum {
    largest: f64,
    /// Of the exponentials of what each term is below the largest.
    sum: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, sum: 0.0 }
    }
}

impl LogSum {
    fn add(&mut self, term: f64) {
        let term = clamp(term);
        if term <= self.largest {
            self.sum += (term - self.largest).exp();
        } else {
            self.sum = self.sum * (self.largest - term).exp() + 1.0;
            self.largest = term;
        }
    }
}

impl Folded for LogSum {
    fn result(&self) -> f64 {
        if self.sum == 0.0 { f64::NEG_INFINITY } else { clamp(self.largest + self.sum.ln()) }
    }
}

/// Keep sums of huge scores finite: minus infinity means that there is no path.
pub(super) fn clamp(score: f64) -> f64 {
    score.clamp(f64::MIN, f64::MAX)
}

/// How probable something is beside the most probable.
fn weight(score: f64, best: f64) -> f64 {
    // Equal infinities have no difference.
    if score >= best { 1.0 } else { (score - best).exp() }
}

/// Draw a place of a list of weights, of which at least one is 1.
fn choose(weights: &[f64], random: &mut Random) -> usize {
    let mut left = random.unit() * weights.iter().sum::<f64>();
    for (i, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return i;
        }
    }
    // Only rounding leads here.
    weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0)
}
