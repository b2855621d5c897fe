//! Unigram: the most probable way to cut a piece into tokens.
//!
//! [`trie`] finds the tokens that begin at a place ([`blocks`] packs it), [`viterbi`] the best path through them,
//! [`Fusing`] makes tokens of a path: a run of unknown ones is one token, or the bytes of its text. [`sample`] draws
//! paths, [`nbest`] lists the best ones.

mod blocks;
mod fuse;
mod nbest;
mod sample;
mod trie;
mod viterbi;

use crate::compiled::{Tables, Writer, ensure};
use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::model::cache::{self, Caching, PieceCache};
use crate::text::char_len;
use crate::vocab::Vocab;
use fuse::Fusing;
pub(crate) use sample::PathSampling;
pub(crate) use trie::{Token, Trie};
use viterbi::Lattice;

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
    trie: Trie,
    unk: Option<u32>,
    unk_score: f64,
    /// Bytes of the longest token, and of the longest character.
    longest: usize,
    /// Id of each byte's `<0xNN>`, where unknown text is spelled in bytes.
    byte_ids: Option<Box<[u32; 256]>>,
    /// Bytes of its text a token stands for, by id; 0 where that depends (unknown and byte tokens).
    lens: Vec<u32>,
}

const NO_ID: u32 = u32::MAX;
/// What an unknown character scores below the worst token.
const UNK_PENALTY: f64 = 10.0;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct UnigramScratch {
    cache: PieceCache,
    lattice: Lattice,
}

impl Caching for UnigramScratch {
    fn cache(&mut self) -> &mut PieceCache {
        &mut self.cache
    }
}

impl Unigram {
    pub(crate) fn compile(vocab: &Vocab, scores: Vec<f64>, options: UnigramOptions) -> Result<Self> {
        let trie = Trie::new(vocab.entries(), &scores)?;
        Self::with_trie(vocab, scores, options, trie)
    }

    /// Write the tables; the options stand elsewhere.
    pub(crate) fn store(&self, out: &mut Writer) {
        let Self { options: _, scores, trie, unk: _, unk_score: _, longest: _, byte_ids: _, lens: _ } = self;
        out.f64s(scores);
        trie.store(out);
    }

    /// Take the tables that were written of a model with this vocabulary and these options.
    pub(crate) fn take(tables: &mut Tables, vocab: &Vocab, options: UnigramOptions) -> Result<Self> {
        let scores = tables.f64s()?;
        ensure(scores.len() == vocab.len(), "scores of another number")?;
        let trie = Trie::take(tables, vocab.id_bound())?;
        Self::with_trie(vocab, scores, options, trie)
    }

    fn with_trie(vocab: &Vocab, scores: Vec<f64>, options: UnigramOptions, trie: Trie) -> Result<Self> {
        let unk = options.unk_id.map(|id| u32::try_from(id).unwrap_or(NO_ID));
        if let Some(id) = options.unk_id.filter(|&id| id >= vocab.len()) {
            return Err(Error::vocabulary(match vocab.len() {
                0 => format!("the unknown token has the id {id}, but the vocabulary is empty"),
                n => format!("the unknown token has the id {id}, but the ids of the vocabulary are 0 to {}", n - 1),
            })
            .at("model.unk_id"));
        }
        // Of all entries, also of those that are never found: empty ones, and equal ones but for the last.
        let worst =
            scores.iter().copied().fold(f64::INFINITY, |worst, score| if score < worst { score } else { worst });
        let mut lens = vec![0; vocab.id_bound() as usize];
        for (len, id) in vocab.lengths() {
            lens[id as usize] = len as u32;
        }
        let byte_ids = options.byte_fallback.then(|| {
            let mut ids = Box::new([NO_ID; 256]);
            for (byte, id) in ids.iter_mut().enumerate() {
                *id = vocab.id(&format!("<0x{byte:02X}>")).unwrap_or(NO_ID);
            }
            ids
        });
        for &id in byte_ids.iter().flat_map(|ids| ids.iter()).chain(&unk) {
            if let Some(len) = lens.get_mut(id as usize) {
                *len = 0;
            }
        }
        let longest = trie.tokens().iter().map(|token| token.len as usize).max().unwrap_or(0).max(4);
        Ok(Self { options, scores, trie, unk, unk_score: worst - UNK_PENALTY, longest, byte_ids, lens })
    }

    pub(crate) fn options(&self) -> &UnigramOptions {
        &self.options
    }

    /// Score of each token, by id.
    pub(crate) fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// Encode several pieces of one text: append their ids, and with `SPANS` where each stands.
    pub(crate) fn encode_bundle<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut UnigramScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let place = |ids: &[u32], len: u32, out: &mut PieceTokens| self.place(ids, len, out);
        cache::encode_bundle::<SPANS, _>(text, pieces, scratch, out, place, |piece, key, scratch, out| {
            self.encode_fresh::<SPANS>(vocab, piece, scratch, out, key)
        })
    }

    /// Whether this is the id of unknown text.
    #[inline]
    pub(crate) fn is_unknown(&self, id: u32) -> bool {
        self.unk == Some(id)
    }

    /// The text a token was made of, which the original keeps as its value: the token itself, but of unknown text that
    /// text.
    pub(crate) fn value<'t>(&self, vocab: &'t Vocab, id: u32, surface: &'t str) -> &'t str {
        let token = vocab.token(id).unwrap_or_default();
        if self.unk != Some(id) || vocab.id(surface).is_none() && self.bytes_of(surface).is_some() {
            return token;
        }
        surface
    }

    /// Append the ids of a piece met before with their spans, unless they cannot be told from the ids.
    #[inline]
    fn place(&self, ids: &[u32], len: u32, out: &mut PieceTokens) -> bool {
        let (mut open, mut known) = (0, 0);
        for &id in ids {
            let len = self.lens[id as usize];
            open += u32::from(len == 0);
            known += len;
        }
        // One token whose length is not known has what the others leave; of several, nobody knows.
        if open > 1 {
            return false;
        }
        for &id in ids {
            let own = self.lens[id as usize];
            out.push::<true>(id, if own == 0 { len - known } else { own });
        }
        true
    }

    #[inline(never)]
    fn encode_fresh<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        piece: &str,
        scratch: &mut UnigramScratch,
        out: &mut PieceTokens,
        key: Option<u128>,
    ) -> Result<()> {
        let from = out.ids.len();
        let mut fusing = Fusing::new(self, vocab, piece);
        viterbi::best_path(self, piece, &mut scratch.lattice, &mut |id, end| fusing.push::<SPANS>(id, end, out))?;
        fusing.finish::<SPANS>(out)?;
        if let Some(key) = key {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    /// The ids of the bytes of a text, if unknown text is spelled so and all of them are tokens.
    fn bytes_of<'a>(&'a self, text: &'a str) -> Option<impl Iterator<Item = u32> + 'a> {
        let ids = self.byte_ids.as_deref()?;
        let known = text.bytes().all(|byte| ids[usize::from(byte)] != NO_ID);
        known.then(|| text.bytes().map(|byte| ids[usize::from(byte)]))
    }

    /// Call `found` with everything that can stand at a place: where it ends, its id and its score.
    fn arcs(&self, text: &[u8], start: usize, mut found: impl FnMut(usize, u32, f64)) {
        let single = start + char_len(text[start]);
        let mut found_single = false;
        self.trie.matches(text, start, |end, token| {
            let token = self.trie.token(token);
            found_single |= end == single;
            found(end, token.id, token.score);
        });
        if let Some(unk) = self.unk.filter(|_| !found_single) {
            found(single, unk, self.unk_score);
        }
    }

    fn missing_unknown() -> Error {
        Error::vocabulary(
            "the text has characters that are not in the vocabulary, and the model has no unknown token; \
             give its id in the field \"unk_id\"",
        )
        .at("model.unk_id")
    }
}

#[cfg(test)]
mod sampling_tests;
#[cfg(test)]
mod tests;
