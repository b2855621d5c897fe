//! Training: from counted words to a vocabulary.
//!
//! Words are counted first ([`WordCounts`]), whatever reads, normalizes and splits the texts; a trainer then turns the
//! counts into a vocabulary. Nothing here reads files, knows pipelines or starts threads.
//!
//! Results are those of the reference (`tokenizers`), id by id and merge by merge, and depend on the counted words
//! alone: neither on the order in which they arrived nor on any hash. `docs/design/bpe-training.md` has the idea, the
//! rules of the reference that are easy to miss, and the numbers. Read on in [`BpeTrainer`].

mod bpe;
mod merger;
mod pairs;
mod places;
mod queue;
mod symbols;
#[cfg(test)]
mod tests;
mod words;

pub use bpe::{BpeTrainer, TrainedBpe};
pub use words::WordCounts;

/// What a trainer is doing, for whoever watches its progress.
///
/// # Examples
/// ```
/// use lexel::train::{BpeTrainer, Stage, WordCounts};
///
/// let mut words = WordCounts::new();
/// words.add("low", 5);
/// let mut stages = Vec::new();
/// BpeTrainer::default().train(&words, &mut |stage, done, total| stages.push((stage, done == total)))?;
/// assert_eq!(stages.last(), Some(&(Stage::ComputeMerges, true)));
/// # Ok::<(), lexel::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Words become sequences of symbols; counted in words.
    TokenizeWords,
    /// Pairs of neighbouring symbols are counted; counted in words.
    CountPairs,
    /// Pairs are merged; counted in tokens of the vocabulary.
    ComputeMerges,
}

impl Stage {
    /// The name people know from the reference's progress bar.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(lexel::train::Stage::CountPairs.name(), "Count pairs");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenizeWords => "Tokenize words",
            Self::CountPairs => "Count pairs",
            Self::ComputeMerges => "Compute merges",
        }
    }
}
