//! From a path to tokens: a run of unknown ones becomes one.

use super::Unigram;
use crate::error::Result;
use crate::model::PieceTokens;
use crate::vocab::Vocab;

/// Takes the tokens of a path from left to right, and appends what they come to.
pub(super) struct Fusing<'a> {
    model: &'a Unigram,
    vocab: &'a Vocab,
    piece: &'a str,
    /// Where the next token begins.
    at: usize,
    /// Where the run of unknown tokens began that ends there.
    unknown: Option<usize>,
}

impl<'a> Fusing<'a> {
    pub(super) fn new(model: &'a Unigram, vocab: &'a Vocab, piece: &'a str) -> Self {
        Self { model, vocab, piece, at: 0, unknown: None }
    }

    /// Take the token that ends at `end`.
    #[inline]
    pub(super) fn push<const SPANS: bool>(&mut self, id: u32, end: usize, out: &mut PieceTokens) -> Result<()> {
        // Also the unknown token itself, where a text spells it out.
        if self.model.unk == Some(id) {
            self.unknown = self.unknown.or(Some(self.at));
        } else {
            self.finish::<SPANS>(out)?;
            out.push::<SPANS>(id, (end - self.at) as u32);
        }
        self.at = end;
        Ok(())
    }

    /// End the run of unknown tokens, if there is one.
    #[inline]
    pub(super) fn finish<const SPANS: bool>(&mut self, out: &mut PieceTokens) -> Result<()> {
        if let Some(from) = self.unknown.take() {
            self.fused::<SPANS>(&self.piece[from..self.at], out)?;
        }
        Ok(())
    }

    /// The tokens of unknown text: the one it happens to be as a whole, or its bytes, or the unknown token.
    fn fused<const SPANS: bool>(&self, text: &str, out: &mut PieceTokens) -> Result<()> {
        let len = text.len() as u32;
        let token = if text.len() <= self.model.longest { self.vocab.id(text) } else { None };
        if let Some(id) = token {
            out.push::<SPANS>(id, len);
        } else if let Some(bytes) = self.model.bytes_of(text) {
            out.push_group::<SPANS>(bytes, len);
        } else {
            out.push::<SPANS>(self.model.unk.ok_or_else(Unigram::missing_unknown)?, len);
        }
        Ok(())
    }
}
