//! Models: a piece of text to ids.

pub(crate) mod bpe;
pub(crate) mod cache;
pub(crate) mod unigram;
pub(crate) mod wordlevel;
pub(crate) mod wordpiece;

use crate::error::{Error, Result};
use crate::random::Random;
use crate::sampling::Sampling;
use crate::vocab::Vocab;
use bpe::{Alphabet, Bpe, BpeOptions, BpeScratch};
use cache::Caching;
use unigram::{PathSampling, Unigram, UnigramOptions, UnigramScratch};
use wordlevel::{WordLevel, WordLevelOptions};
use wordpiece::{WordPiece, WordPieceOptions, WordPieceScratch};

/// Which model, and its options as its file states them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ModelOptions {
    Bpe(BpeOptions),
    Unigram(UnigramOptions),
    WordPiece(WordPieceOptions),
    WordLevel(WordLevelOptions),
}

impl ModelOptions {
    /// Whether the model can read bytes where the pre-tokenizer writes byte-level letters.
    pub(crate) fn reads_bytes(&self) -> bool {
        matches!(self, Self::Bpe(_))
    }
}

/// What a model is compiled from.
#[derive(Clone, Debug)]
pub(crate) struct ModelParts {
    pub(crate) options: ModelOptions,
    pub(crate) vocab: Vocab,
    /// Of BPE: pairs of ids, by rank.
    pub(crate) merges: Vec<(u32, u32)>,
    /// Of Unigram: log-probabilities, by id.
    pub(crate) scores: Vec<f64>,
}

/// A compiled model.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    Bpe(Box<Bpe>),
    Unigram(Box<Unigram>),
    WordPiece(WordPiece),
    WordLevel(WordLevel),
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct ModelScratch {
    pub(crate) bpe: BpeScratch,
    unigram: UnigramScratch,
    wordpiece: WordPieceScratch,
    sampler: Option<Sampler>,
}

/// How the tokenizations of a call are drawn. Nothing drawn goes into a cache.
#[derive(Debug)]
struct Sampler {
    draws: Draws,
    random: Random,
}

#[derive(Clone, Copy, Debug)]
enum Draws {
    /// Of BPE; above 0.
    Dropout(f64),
    /// Of Unigram.
    Paths(PathSampling),
}

impl ModelScratch {
    pub(crate) fn clear_cache(&mut self) {
        self.bpe.cache().clear();
        self.unigram.cache().clear();
        self.wordpiece.cache().clear();
    }
}

impl ModelScratch {
    /// Whether the call samples.
    pub(crate) fn samples(&self) -> bool {
        self.sampler.is_some()
    }
}

/// Ids of a piece, and where in the piece each stands. Without spans only the ids are filled.
#[derive(Debug, Default)]
pub(crate) struct PieceTokens {
    pub(crate) ids: Vec<u32>,
    /// Byte ranges within the piece. They count what the symbols count: after characters that were dropped they are
    /// shifted, as the reference's are.
    pub(crate) spans: Vec<(u32, u32)>,
    base: u32,
}

impl PieceTokens {
    /// Append a token that stands for the next `len` bytes.
    #[inline]
    pub(crate) fn push<const SPANS: bool>(&mut self, id: u32, len: u32) {
        self.ids.push(id);
        if SPANS {
            self.spans.push((self.base, self.base + len));
            self.base += len;
        }
    }

    /// Append several tokens all of which stand for the next `len` bytes.
    #[inline]
    pub(crate) fn push_group<const SPANS: bool>(&mut self, ids: impl Iterator<Item = u32>, len: u32) {
        let from = self.ids.len();
        self.ids.extend(ids);
        if SPANS {
            let span = (self.base, self.base + len);
            self.spans.extend(std::iter::repeat_n(span, self.ids.len() - from));
            self.base += len;
        }
    }
}

impl Model {
    /// Compile a model; BPE reads pieces by this alphabet.
    pub(crate) fn compile(
        vocab: &Vocab,
        options: ModelOptions,
        merges: &[(u32, u32)],
        scores: Vec<f64>,
        alphabet: Alphabet,
    ) -> Result<Self> {
        Ok(match options {
            ModelOptions::Bpe(options) => Self::Bpe(Box::new(Bpe::compile(vocab, merges, options, alphabet)?)),
            ModelOptions::Unigram(options) => Self::Unigram(Box::new(Unigram::compile(vocab, scores, options)?)),
            ModelOptions::WordPiece(options) => Self::WordPiece(WordPiece::compile(vocab, options)),
            ModelOptions::WordLevel(options) => Self::WordLevel(WordLevel::compile(vocab, options)),
        })
    }

    pub(crate) fn options(&self) -> ModelOptions {
        match self {
            Self::Bpe(bpe) => ModelOptions::Bpe(bpe.options().clone()),
            Self::Unigram(unigram) => ModelOptions::Unigram(unigram.options().clone()),
            Self::WordPiece(wordpiece) => ModelOptions::WordPiece(wordpiece.options().clone()),
            Self::WordLevel(wordlevel) => ModelOptions::WordLevel(wordlevel.options().clone()),
        }
    }

    /// How the model reads a piece.
    pub(crate) fn alphabet(&self) -> Alphabet {
        match self {
            Self::Bpe(bpe) => bpe.alphabet(),
            _ => Alphabet::Characters,
        }
    }

    /// The merges by rank, as pairs of ids; none but for BPE.
    pub(crate) fn merges(&self) -> Vec<(u32, u32)> {
        match self {
            Self::Bpe(bpe) => bpe.merges(),
            _ => Vec::new(),
        }
    }

    /// Begin a call: every piece until the next one is sampled as the call, or else the model's file, says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if the call asks for what this model does not have.
    pub(crate) fn start(&self, sampling: Option<Sampling>, scratch: &mut ModelScratch) -> Result<()> {
        scratch.sampler = None;
        let asked = sampling.unwrap_or(Sampling::new(0));
        asked.check()?;
        let unigram = matches!(self, Self::Unigram(_));
        if !unigram && (asked.alpha.is_some() || asked.nbest_size.is_some()) {
            return Err(Error::argument("alpha and nbest_size are for Unigram models; BPE has dropout"));
        }
        let draws = match self {
            Self::Bpe(bpe) => {
                asked.dropout.or(bpe.options().dropout).filter(|&dropout| dropout > 0.0).map(Draws::Dropout)
            }
            _ if asked.dropout.is_some_and(|dropout| dropout > 0.0) => {
                return Err(Error::argument("dropout is for BPE models; Unigram has alpha and nbest_size"));
            }
            Self::Unigram(_) => PathSampling::of(asked).map(Draws::Paths),
            Self::WordPiece(_) | Self::WordLevel(_) => None,
        };
        if let Some(draws) = draws {
            let seed = sampling.map_or_else(Sampling::fresh_seed, |sampling| sampling.seed);
            scratch.sampler = Some(Sampler { draws, random: Random::new(seed) });
        }
        Ok(())
    }

    /// Encode one piece of a text: append its ids, and with `SPANS` the bytes of the piece each stands for.
    #[inline]
    pub(crate) fn encode<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        (start, end): (usize, usize),
        scratch: &mut ModelScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        out.base = 0;
        if let Some(Sampler { draws, random }) = &mut scratch.sampler {
            let piece = &text[start..end];
            match (self, draws) {
                (Self::Bpe(bpe), Draws::Dropout(dropout)) => {
                    return bpe.encode_sampled::<SPANS>(piece, *dropout, random, &mut scratch.bpe, out);
                }
                (Self::Unigram(unigram), Draws::Paths(sampling)) => {
                    return unigram.encode_sampled::<SPANS>(vocab, piece, *sampling, random, &mut scratch.unigram, out);
                }
                _ => {}
            }
        }
        match self {
            Self::Bpe(bpe) => bpe.encode::<SPANS>(vocab, text, start, end, &mut scratch.bpe, out),
            Self::Unigram(unigram) => unigram.encode::<SPANS>(vocab, text, (start, end), &mut scratch.unigram, out),
            Self::WordPiece(wordpiece) => {
                wordpiece.encode::<SPANS>(vocab, text, (start, end), &mut scratch.wordpiece, out)
            }
            Self::WordLevel(wordlevel) => wordlevel.encode::<SPANS>(vocab, &text[start..end], out),
        }
    }

    /// Whether a token may stand for unknown text that it is called by.
    #[inline]
    pub(crate) fn may_be_unknown(&self, id: u32) -> bool {
        matches!(self, Self::Unigram(unigram) if unigram.is_unknown(id))
    }

    /// The value of a token that stands for this part of a piece: its text as the original keeps it beside the id.
    pub(crate) fn value<'t>(&self, vocab: &'t Vocab, id: u32, surface: &'t str) -> &'t str {
        match self {
            Self::Unigram(unigram) => unigram.value(vocab, id, surface),
            _ => vocab.token(id).unwrap_or_default(),
        }
    }

    /// Whether pieces can be given in bundles.
    pub(crate) fn takes_bundles(&self) -> bool {
        match self {
            Self::Bpe(bpe) => bpe.takes_bundles(),
            Self::Unigram(_) | Self::WordPiece(_) => true,
            Self::WordLevel(_) => false,
        }
    }

    /// Encode several pieces of one text to ids; only for models that take bundles, and at most [`cache::BUNDLE`].
    pub(crate) fn encode_bundle(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut ModelScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        match self {
            Self::Bpe(bpe) => bpe.encode_bundle(vocab, text, pieces, &mut scratch.bpe, out),
            Self::Unigram(unigram) => unigram.encode_bundle(vocab, text, pieces, &mut scratch.unigram, out),
            Self::WordPiece(wordpiece) => wordpiece.encode_bundle(vocab, text, pieces, &mut scratch.wordpiece, out),
            model @ Self::WordLevel(_) => pieces.iter().try_for_each(|&(start, end)| {
                model.encode::<false>(vocab, text, (start as usize, end as usize), scratch, out)
            }),
        }
    }
}
