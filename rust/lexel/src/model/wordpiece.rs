//! `WordPiece`: the longest known beginning of a piece, then of what is left.

use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::vocab::Vocab;

/// The options of a `WordPiece` model, as its file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WordPieceOptions {
    pub(crate) unk_token: String,
    pub(crate) continuing_subword_prefix: String,
    pub(crate) max_input_chars_per_word: usize,
}

/// A compiled `WordPiece` model.
#[derive(Clone, Debug)]
pub(crate) struct WordPiece {
    options: WordPieceOptions,
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct WordPieceScratch {}

impl WordPiece {
    pub(crate) fn compile(_vocab: &Vocab, _options: WordPieceOptions) -> Result<Self> {
        Err(Error::unsupported("the model \"WordPiece\"").at("model.type"))
    }

    pub(crate) fn options(&self) -> &WordPieceOptions {
        &self.options
    }

    /// Encode one piece: append its ids, and with `SPANS` the bytes of the piece each stands for.
    pub(crate) fn encode<const SPANS: bool>(
        &self,
        _vocab: &Vocab,
        _piece: &str,
        _scratch: &mut WordPieceScratch,
        _out: &mut PieceTokens,
    ) -> Result<()> {
        Err(Error::unsupported("the model \"WordPiece\""))
    }
}
