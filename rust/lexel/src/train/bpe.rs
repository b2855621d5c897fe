//! Byte-pair encoding: the trainer people set up, and the order of its stages.

use super::Stage;
use super::merger::Merger;
use super::symbols::{Characters, Speller, Tokens};
use super::words::WordCounts;
use crate::error::Result;

/// Learns a vocabulary by merging, again and again, the most frequent pair of neighbours.
///
/// The vocabulary begins with the special tokens and the alphabet, ascending by code point. Then the most frequent pair
/// of neighbouring tokens becomes a token, everywhere in the words at once; of equally frequent pairs the one with the
/// smaller ids, left before right. This ends when the vocabulary is full or no pair is frequent enough.
///
/// The result equals the reference's for every option, and depends on nothing but words, counts and options. Where the
/// reference leaves a choice to its hash maps, the choice here is one it could have made:
///
/// - Beyond `limit_alphabet`, of equally frequent characters the larger code points are left out.
/// - Characters with `continuing_subword_prefix` or `end_of_word_suffix` become tokens in the order in which they are
///   met when the words are read in ascending order.
///
/// # Complexity
/// O(n log n) time and O(n) memory in the number n of characters of the distinct words, also if they are one word.
///
/// # Examples
/// ```
/// use lexel::train::{BpeTrainer, WordCounts};
///
/// let mut words = WordCounts::new();
/// words.add("low", 5);
/// words.add("lower", 2);
/// let trainer = BpeTrainer { vocab_size: 8, special_tokens: vec!["<s>".into()], ..BpeTrainer::default() };
/// let trained = trainer.train(&words, &mut |_, _, _| {})?;
/// assert_eq!(trained.vocab, ["<s>", "e", "l", "o", "r", "w", "lo", "low"]);
/// assert_eq!(trained.merges, [(2, 3), (6, 5)]);
/// # Ok::<(), lexel::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpeTrainer {
    /// How many tokens to learn, special tokens and alphabet included; those two are kept even if they are more.
    pub vocab_size: usize,
    /// How often a pair must occur to be merged.
    pub min_frequency: u64,
    /// First in the vocabulary, in this order; a repeated one counts once.
    pub special_tokens: Vec<String>,
    /// The largest number of characters that become tokens; the rarest are left out of the words.
    pub limit_alphabet: Option<usize>,
    /// Characters that become tokens even if no word has them.
    pub initial_alphabet: Vec<char>,
    /// Written before each character that does not begin a word.
    pub continuing_subword_prefix: Option<String>,
    /// Written after the character that ends a word.
    pub end_of_word_suffix: Option<String>,
    /// Pairs that arise from a merge count only while they are shorter than this together, in characters of the word;
    /// two characters of the alphabet always count. (The reference's rule, which its documentation rounds to "the
    /// longest token".)
    pub max_token_length: Option<usize>,
}

impl Default for BpeTrainer {
    fn default() -> Self {
        Self {
            vocab_size: 30_000,
            min_frequency: 0,
            special_tokens: Vec::new(),
            limit_alphabet: None,
            initial_alphabet: Vec::new(),
            continuing_subword_prefix: None,
            end_of_word_suffix: None,
            max_token_length: None,
        }
    }
}

/// What a [`BpeTrainer`] learned.
///
/// # Examples
/// ```
/// use lexel::train::{BpeTrainer, WordCounts};
///
/// let mut words = WordCounts::new();
/// words.add("aa", 1);
/// let trained = BpeTrainer::default().train(&words, &mut |_, _, _| {})?;
/// assert_eq!(trained.vocab, ["a", "aa"]);
/// assert_eq!(trained.merges, [(0, 0)]);
/// # Ok::<(), lexel::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainedBpe {
    /// The tokens; the index of each is its id.
    pub vocab: Vec<String>,
    /// The merges as pairs of ids, the first to apply first. A pair becomes the token whose text is both texts in a row
    /// (the right one without the continuing prefix).
    pub merges: Vec<(u32, u32)>,
}

/// Progress is told once for so many steps.
const STEPS: usize = 1 << 8;

impl BpeTrainer {
    /// Learn a vocabulary from counted words, telling `progress` of the stage, the steps done and the steps in all.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Training`] if the distinct words have more than 2³⁰ characters, or the counts do not
    /// fit 63 bits.
    ///
    /// # Examples
    /// ```
    /// use lexel::train::{BpeTrainer, WordCounts};
    ///
    /// let mut words = WordCounts::new();
    /// words.add("low", 5);
    /// let mut last = 0;
    /// let trained = BpeTrainer::default().train(&words, &mut |_stage, done, _total| last = done)?;
    /// assert_eq!(trained.vocab.len(), last);
    /// # Ok::<(), lexel::Error>(())
    /// ```
    pub fn train(&self, words: &WordCounts, progress: &mut dyn FnMut(Stage, usize, usize)) -> Result<TrainedBpe> {
        let prefix = self.continuing_subword_prefix.as_deref();
        let suffix = self.end_of_word_suffix.as_deref();
        let mut characters = Characters::count(words)?;
        let mut tokens = Tokens::default();
        for special in &self.special_tokens {
            tokens.intern(special.clone());
        }
        for character in characters.alphabet(&self.initial_alphabet, self.limit_alphabet) {
            tokens.intern(character.to_string());
        }

        let mut tell = |stage, done: usize, total| {
            if done.is_multiple_of(STEPS) && done < total {
                progress(stage, done, total);
            }
        };
        tell(Stage::TokenizeWords, 0, words.len());
        let corpus = Speller::new(&tokens, prefix, suffix).spell(words, &mut tokens, characters.total(), |done| {
            tell(Stage::TokenizeWords, done, words.len());
        });
        progress(Stage::TokenizeWords, words.len(), words.len());

        let counted = corpus.counts.len();
        progress(Stage::CountPairs, 0, counted);
        let mut merger = Merger::new(corpus, tokens.len() as u32, self.max_token_length);
        progress(Stage::CountPairs, counted, counted);

        progress(Stage::ComputeMerges, 0, self.vocab_size);
        while tokens.len() < self.vocab_size {
            let Some(top) = merger.next(self.min_frequency) else { break };
            let known = tokens.len();
            let made = tokens.intern_merged(top.ids, prefix);
            let fresh = made as usize == known;
            merger.merge(top, made, fresh);
            if fresh && known.is_multiple_of(STEPS) {
                progress(Stage::ComputeMerges, known, self.vocab_size);
            }
        }
        progress(Stage::ComputeMerges, tokens.len(), tokens.len());
        Ok(TrainedBpe { vocab: tokens.into_texts(), merges: merger.into_merges() })
    }
}
