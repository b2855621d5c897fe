//! Unigram: the most probable way to cut a piece into tokens.

use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::vocab::Vocab;

/// The options of a Unigram model, as its file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct UnigramOptions {
    pub(crate) unk_id: Option<usize>,
    pub(crate) byte_fallback: bool,
}

/// A compiled Unigram model.
#[derive(Clone, Debug)]
pub(crate) struct Unigram {
    options: UnigramOptions,
    scores: Vec<f64>,
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct UnigramScratch {}

impl Unigram {
    pub(crate) fn compile(_vocab: &Vocab, _scores: Vec<f64>, _options: UnigramOptions) -> Result<Self> {
        Err(Error::unsupported("the model \"Unigram\"").at("model.type"))
    }

    pub(crate) fn options(&self) -> &UnigramOptions {
        &self.options
    }

    /// Score of each token, by id.
    pub(crate) fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// Encode one piece: append its ids, and with `SPANS` the bytes of the piece each stands for.
    pub(crate) fn encode<const SPANS: bool>(
        &self,
        _vocab: &Vocab,
        _piece: &str,
        _scratch: &mut UnigramScratch,
        _out: &mut PieceTokens,
    ) -> Result<()> {
        Err(Error::unsupported("the model \"Unigram\""))
    }
}
