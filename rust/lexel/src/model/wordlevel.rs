//! `WordLevel`: a piece is a token or unknown.

use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::vocab::Vocab;

/// The options of a `WordLevel` model, as its file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WordLevelOptions {
    pub(crate) unk_token: String,
}

/// A compiled `WordLevel` model.
#[derive(Clone, Debug)]
pub(crate) struct WordLevel {
    options: WordLevelOptions,
    unk: Option<u32>,
}

impl WordLevel {
    pub(crate) fn compile(vocab: &Vocab, options: WordLevelOptions) -> Self {
        let unk = vocab.id(&options.unk_token);
        Self { options, unk }
    }

    pub(crate) fn options(&self) -> &WordLevelOptions {
        &self.options
    }

    /// Encode one piece: append its id, and with `SPANS` the bytes of the piece it stands for.
    pub(crate) fn encode<const SPANS: bool>(&self, vocab: &Vocab, piece: &str, out: &mut PieceTokens) -> Result<()> {
        let Some(id) = vocab.id(piece).or(self.unk) else {
            return Err(Error::vocabulary(format!(
                "the text has a word that is not in the vocabulary, and neither is the unknown token {:?}; add that token to \
                 the vocabulary, or name another as unk_token",
                self.options.unk_token
            )));
        };
        out.push::<SPANS>(id, piece.len() as u32);
        Ok(())
    }
}
