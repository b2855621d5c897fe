//! Models: a piece of text to ids.

pub(crate) mod bpe;
pub(crate) mod cache;
pub(crate) mod sentencepiece;
pub(crate) mod unigram;
pub(crate) mod wordlevel;
pub(crate) mod wordpiece;

use crate::compiled::{Tables, Writer};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::sampling::Sampling;
use crate::split::Segment;
use crate::text::Span;
use crate::vocab::Vocab;
use bpe::{Alphabet, Bpe, BpeOptions, BpeScratch};
use cache::Caching;
use sentencepiece::{PieceOptions, PieceScratch, SentencePiece};
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
    /// What `SentencePiece` makes of it, where that is the reference.
    pub(crate) pieces: Option<PieceOptions>,
}

/// A compiled model.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    Bpe(Box<Bpe>),
    Unigram(Box<Unigram>),
    WordPiece(Box<WordPiece>),
    WordLevel(WordLevel),
    SentencePiece(Box<SentencePiece>),
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct ModelScratch {
    pub(crate) bpe: BpeScratch,
    unigram: UnigramScratch,
    wordpiece: WordPieceScratch,
    pieces: PieceScratch,
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
        self.pieces.clear_cache();
    }
}

/// Ids of the pieces of a text, and where in the text each stands. Without spans only the ids are filled.
#[derive(Debug, Default)]
pub(crate) struct PieceTokens {
    pub(crate) ids: Vec<u32>,
    /// Byte ranges of the text that is split. They count what the symbols count: after characters that were dropped they
    /// are shifted, as the reference's are.
    pub(crate) spans: Vec<(u32, u32)>,
    /// The number of the piece each token belongs to.
    pub(crate) words: Vec<u32>,
    pub(crate) next_word: u32,
    /// Tokens that stand for something beyond the end of their piece: which, and what bytes from the start of the piece.
    pub(crate) beyond: Vec<(usize, (u32, u32))>,
    /// Where the next token starts.
    base: u32,
}

impl PieceTokens {
    /// Start with the tokens of the piece that starts here.
    #[inline]
    fn start_piece(&mut self, at: u32) {
        self.base = at;
    }

    /// All tokens of the piece are here.
    #[inline]
    fn end_piece<const SPANS: bool>(&mut self, start: u32, end: u32) {
        if SPANS {
            if self.base > end {
                self.set_aside(start, end);
            }
            self.end_word();
        }
    }

    /// The tokens that have no word yet are the next one.
    #[inline]
    pub(crate) fn end_word(&mut self) {
        self.words.resize(self.ids.len(), self.next_word);
        self.next_word += 1;
    }

    /// Note the tokens of a piece that lead beyond it; their spans are no places of the text.
    #[cold]
    fn set_aside(&mut self, start: u32, end: u32) {
        let first = self.words.len();
        for (at, span) in self.spans.iter_mut().enumerate().skip(first).filter(|(_, span)| span.1 > end) {
            self.beyond.push((at, (span.0 - start, span.1 - start)));
            *span = (start, end);
        }
    }

    /// Append a token that stands for the next `len` bytes.
    #[inline]
    pub(crate) fn push<const SPANS: bool>(&mut self, id: u32, len: u32) {
        self.ids.push(id);
        if SPANS {
            self.spans.push((self.base, self.base + len));
            self.base += len;
        }
    }

    /// Drop all tokens but the first ones, as if the others had never been appended.
    fn truncate<const SPANS: bool>(&mut self, count: usize, base: u32) {
        self.ids.truncate(count);
        if SPANS {
            self.spans.truncate(count);
            self.base = base;
        }
    }

    /// Append the tokens of the next `len` bytes: the last one stands for all of them, the others for nothing.
    fn push_bytes<const SPANS: bool>(&mut self, ids: impl Iterator<Item = u32>, len: u32) {
        self.ids.extend(ids);
        if SPANS {
            self.spans.resize(self.ids.len(), (self.base, self.base));
            if let Some(last) = self.spans.last_mut() {
                last.1 += len;
            }
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
        pieces: Option<PieceOptions>,
        alphabet: Alphabet,
    ) -> Result<Self> {
        if let Some(pieces) = pieces.filter(|_| alphabet == Alphabet::Characters) {
            return Ok(Self::SentencePiece(Box::new(SentencePiece::compile(vocab, options, scores, pieces)?)));
        }
        Ok(match options {
            ModelOptions::Bpe(options) => Self::Bpe(Box::new(Bpe::compile(vocab, merges, options, alphabet)?)),
            ModelOptions::Unigram(options) => Self::Unigram(Box::new(Unigram::compile(vocab, scores, options)?)),
            ModelOptions::WordPiece(options) => Self::WordPiece(Box::new(WordPiece::compile(vocab, options))),
            ModelOptions::WordLevel(options) => Self::WordLevel(WordLevel::compile(vocab, options)),
        })
    }

    /// Write the tables that take time to build; the options stand elsewhere.
    pub(crate) fn store(&self, out: &mut Writer) {
        match self {
            Self::Bpe(bpe) => bpe.store(out),
            Self::Unigram(unigram) => unigram.store(out),
            Self::WordPiece(wordpiece) => wordpiece.store(out),
            Self::WordLevel(_) => {}
            Self::SentencePiece(model) => model.store(out),
        }
    }

    /// Take the tables that were written of a model with this vocabulary and these options.
    pub(crate) fn take(
        tables: &mut Tables,
        vocab: &Vocab,
        options: ModelOptions,
        pieces: Option<PieceOptions>,
        alphabet: Alphabet,
    ) -> Result<Self> {
        if let Some(pieces) = pieces.filter(|_| alphabet == Alphabet::Characters) {
            return Ok(Self::SentencePiece(Box::new(SentencePiece::take(tables, vocab, options, pieces)?)));
        }
        Ok(match options {
            ModelOptions::Bpe(options) => Self::Bpe(Box::new(Bpe::take(tables, vocab, options, alphabet)?)),
            ModelOptions::Unigram(options) => Self::Unigram(Box::new(Unigram::take(tables, vocab, options)?)),
            ModelOptions::WordPiece(options) => Self::WordPiece(Box::new(WordPiece::take(tables, vocab, options)?)),
            ModelOptions::WordLevel(options) => Self::WordLevel(WordLevel::compile(vocab, options)),
        })
    }

    pub(crate) fn options(&self) -> ModelOptions {
        match self {
            Self::Bpe(bpe) => ModelOptions::Bpe(bpe.options().clone()),
            Self::Unigram(unigram) => ModelOptions::Unigram(unigram.options().clone()),
            Self::WordPiece(wordpiece) => ModelOptions::WordPiece(wordpiece.options().clone()),
            Self::WordLevel(wordlevel) => ModelOptions::WordLevel(wordlevel.options().clone()),
            Self::SentencePiece(model) => model.standard().clone(),
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
    pub(crate) fn merges(&self, vocab: &Vocab) -> Vec<(u32, u32)> {
        match self {
            Self::Bpe(bpe) => bpe.merges(),
            Self::SentencePiece(model) => model.merges(vocab),
            _ => Vec::new(),
        }
    }

    /// What `SentencePiece` makes of the model, where that is the reference.
    pub(crate) fn pieces(&self) -> Option<&PieceOptions> {
        match self {
            Self::SentencePiece(model) => Some(model.options()),
            _ => None,
        }
    }

    /// The scores of a standard Unigram model, by id.
    pub(crate) fn scores(&self) -> &[f64] {
        match self {
            Self::Unigram(unigram) => unigram.scores(),
            Self::SentencePiece(model) => model.scores(),
            _ => &[],
        }
    }

    /// Whether tokens that stand for unknown text are called by it.
    pub(crate) fn names_unknown(&self) -> bool {
        matches!(self, Self::Unigram(_) | Self::SentencePiece(_))
    }

    /// Turn spans of a segment's text into spans of the original.
    #[inline]
    pub(crate) fn to_original<const SPANS: bool>(&self, segment: &Segment<'_, SPANS>, spans: &mut [Span]) {
        let Self::SentencePiece(model) = self else { return segment.to_original(spans) };
        if !model.options().byte_fallback {
            return segment.to_original(spans);
        }
        // The last byte of something unknown has all of its place, those before it none.
        let text = segment.text();
        for span in spans {
            let (start, end) = *span;
            let part = start == end || !text.is_char_boundary(end as usize);
            if part {
                span.1 = start + 1;
            }
            segment.to_original(std::slice::from_mut(span));
            if part {
                span.1 = span.0;
            }
        }
    }

    /// Whether one text may have several tokenizations without anybody asking for them.
    pub(crate) fn is_random(&self) -> bool {
        matches!(self, Self::Bpe(bpe) if bpe.options().dropout.is_some_and(|dropout| dropout > 0.0))
    }

    /// Begin a call: every piece until the next one is sampled as the call, or else the model's file, says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if the call asks for what this model does not have.
    pub(crate) fn start(&self, sampling: Option<Sampling>, scratch: &mut ModelScratch) -> Result<()> {
        scratch.sampler = None;
        let asked = sampling.unwrap_or(Sampling::new(0));
        asked.check()?;
        let asks = asked.dropout.is_some_and(|p| p > 0.0) || asked.alpha.is_some() || asked.nbest_size.is_some();
        if asks && matches!(self, Self::SentencePiece(_)) {
            return Err(Error::argument(
                "sampling is not available for a SentencePiece model as that library runs it; SentencePieceBackend has \
                 it, with sp_model_kwargs={\"enable_sampling\": True}",
            ));
        }
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
            Self::WordPiece(_) | Self::WordLevel(_) | Self::SentencePiece(_) => None,
        };
        if let Some(draws) = draws {
            let seed = sampling.map_or_else(Sampling::fresh_seed, |sampling| sampling.seed);
            scratch.sampler = Some(Sampler { draws, random: Random::new(seed) });
        }
        Ok(())
    }

    /// Whether a token may stand for unknown text that it is called by.
    #[inline]
    pub(crate) fn may_be_unknown(&self, id: u32) -> bool {
        match self {
            Self::Unigram(unigram) => unigram.is_unknown(id),
            Self::SentencePiece(model) => model.is_unknown(id),
            _ => false,
        }
    }

    /// The value of a token that stands for this part of a piece: its text as the original keeps it beside the id.
    pub(crate) fn value<'t>(&self, vocab: &'t Vocab, id: u32, surface: &'t str) -> &'t str {
        match self {
            Self::Unigram(unigram) => unigram.value(vocab, id, surface),
            Self::SentencePiece(model) if model.is_unknown(id) => surface,
            _ => vocab.token(id).unwrap_or_default(),
        }
    }

    /// Encode pieces of one text, at most [`cache::BUNDLE`]: append their ids, and with `SPANS` where in the text each
    /// stands.
    #[inline]
    pub(crate) fn encode<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut ModelScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        if let Some(Sampler { draws, random }) = &mut scratch.sampler {
            match (self, draws) {
                (Self::Bpe(bpe), Draws::Dropout(dropout)) => {
                    return one_by_one::<SPANS>(pieces, out, |start, end, out| {
                        bpe.encode_sampled::<SPANS>(&text[start..end], *dropout, random, &mut scratch.bpe, out)
                    });
                }
                (Self::Unigram(unigram), Draws::Paths(sampling)) => {
                    return one_by_one::<SPANS>(pieces, out, |start, end, out| {
                        let piece = &text[start..end];
                        unigram.encode_sampled::<SPANS>(vocab, piece, *sampling, random, &mut scratch.unigram, out)
                    });
                }
                _ => {}
            }
        }
        match self {
            Self::Bpe(bpe) => bpe.encode_bundle::<SPANS>(vocab, text, pieces, &mut scratch.bpe, out),
            Self::Unigram(unigram) => unigram.encode_bundle::<SPANS>(vocab, text, pieces, &mut scratch.unigram, out),
            Self::WordPiece(wordpiece) => {
                wordpiece.encode_bundle::<SPANS>(vocab, text, pieces, &mut scratch.wordpiece, out)
            }
            Self::SentencePiece(model) => {
                let ModelScratch { pieces: working, bpe, .. } = scratch;
                model.encode::<SPANS>(vocab, text, pieces, working, bpe, out)
            }
            Self::WordLevel(wordlevel) => one_by_one::<SPANS>(pieces, out, |start, end, out| {
                wordlevel.encode::<SPANS>(vocab, &text[start..end], out)
            }),
        }
    }
}

fn one_by_one<const SPANS: bool>(
    pieces: &[(u32, u32)],
    out: &mut PieceTokens,
    mut encode: impl FnMut(usize, usize, &mut PieceTokens) -> Result<()>,
) -> Result<()> {
    for &(start, end) in pieces {
        out.start_piece(start);
        encode(start as usize, end as usize, out)?;
        out.end_piece::<SPANS>(start, end);
    }
    Ok(())
}
