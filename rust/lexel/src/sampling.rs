//! Sampling: a text has many tokenizations, and a call may ask for one of them at random.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::error::{Error, Result};
use crate::random::Random;

/// How a call samples. Which fields matter is up to the model: BPE has dropout, Unigram the other two.
///
/// # Examples
/// ```
/// use lexel::{EncodeOptions, Pipeline, Sampling, Scratch};
///
/// let json = r#"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}"#;
/// let pipeline = Pipeline::from_json(json)?;
/// let mut scratch = Scratch::default();
/// let sampling = Some(Sampling { dropout: Some(1.0), ..Sampling::new(7) });
/// let options = EncodeOptions { sampling, ..EncodeOptions::default() };
/// assert_eq!(pipeline.encode_ids("ab", options, &mut scratch)?, [0, 1]);
/// # Ok::<(), lexel::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// BPE: how probable it is that a merge is passed over each time it is due, from 0 (never) to 1 (no merges at all);
    /// `None`: what the file says.
    pub dropout: Option<f64>,
    /// Unigram: how much the scores count; 0 makes all segmentations equally probable, `None` where `nbest_size` is given
    /// takes 1, the probabilities of the model.
    pub alpha: Option<f64>,
    /// Unigram: how many of the best segmentations there are to choose from; 0 and 1: the best one; negative, or
    /// `None` where `alpha` is given: all of them.
    pub nbest_size: Option<i64>,
    /// Where the random numbers start: equal seeds give equal results.
    pub seed: u64,
}

impl Sampling {
    /// Only a seed: what the file says, from there.
    pub const fn new(seed: u64) -> Self {
        Self { dropout: None, alpha: None, nbest_size: None, seed }
    }

    /// The same for one row of a batch: rows have streams of their own, whichever thread encodes them.
    #[must_use]
    pub fn for_row(self, row: u64) -> Self {
        let seed = Random::new(self.seed ^ Random::new(row).next_u64()).next_u64();
        Self { seed, ..self }
    }

    /// A seed nobody chose.
    pub fn fresh_seed() -> u64 {
        // The standard library seeds its hash maps from the system.
        RandomState::new().build_hasher().finish()
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.dropout.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err(Error::argument(format!(
                "expected a dropout from 0 to 1, found {}",
                self.dropout.unwrap_or_default()
            )));
        }
        if self.alpha.is_some_and(|alpha| !alpha.is_finite()) {
            return Err(Error::argument("expected an alpha that is a finite number"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_streams_of_their_own() {
        let seeds: std::collections::BTreeSet<u64> = (0..1000).map(|row| Sampling::new(5).for_row(row).seed).collect();
        assert_eq!(seeds.len(), 1000);
        assert_eq!(Sampling::new(5).for_row(3), Sampling::new(5).for_row(3));
        assert_ne!(Sampling::new(5).for_row(3), Sampling::new(6).for_row(3));
    }

    #[test]
    fn probabilities_are_checked() {
        for dropout in [-0.1, 1.1, f64::NAN] {
            let sampling = Sampling { dropout: Some(dropout), ..Sampling::new(0) };
            assert_eq!(sampling.check().expect_err("no probability").kind(), crate::ErrorKind::Argument);
        }
    }
}
