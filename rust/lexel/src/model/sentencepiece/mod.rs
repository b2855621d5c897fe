//! The models of `SentencePiece` as that library runs them: BPE, Unigram, words, characters.
//!
//! They see a whole text at once. What they share: pieces have types, and those of control, unknown and byte pieces never
//! come of a text; user-defined symbols are found before anything else; neighbours that are unknown are one token, or the
//! bytes of their text.
//!
//! BPE is that of [`super::bpe`] between user-defined symbols, wherever that is the same; [`search`] has the rest.

mod search;
mod unigram;

use std::sync::Arc;

use crate::compiled::{Tables, Writer, ensure};
use crate::error::{Error, Result};
use crate::model::bpe::{Alphabet, Bpe, BpeOptions, BpeScratch, MergeBy, Order};
use crate::model::cache::{BUNDLE, Caching};
use crate::model::{ModelOptions, PieceTokens};
use crate::prefixes::Prefixes;
use crate::text::char_len;
use crate::vocab::Vocab;
use search::{Search, SearchScratch};
use unigram::{PathScratch, Paths};

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Bpe,
    Unigram,
    Word,
    Char,
}

/// What a file says of a model beside what the standard one has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PieceOptions {
    pub(crate) kind: PieceKind,
    /// The unknown piece.
    pub(crate) unk_id: Option<u32>,
    pub(crate) byte_fallback: bool,
    /// Pieces no text becomes: control, unknown and byte pieces.
    pub(crate) special: Arc<[u32]>,
    pub(crate) unused: Arc<[u32]>,
    pub(crate) user_defined: Arc<[u32]>,
}

/// A compiled model.
#[derive(Clone, Debug)]
pub(crate) struct SentencePiece {
    options: PieceOptions,
    /// The standard model, for readers that know no other.
    standard: ModelOptions,
    /// Of a standard Unigram model.
    scores: Vec<f64>,
    user_defined: Prefixes,
    types: Types,
    cut: Cut,
}

#[derive(Clone, Debug)]
enum Cut {
    Merges(Box<Bpe>),
    /// Merges too, where the other way does not say all.
    Search(Box<Search>),
    Unigram(Box<Paths>),
    Words,
    Characters,
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct PieceScratch {
    search: SearchScratch,
    paths: PathScratch,
}

/// What pieces are for.
#[derive(Clone, Debug)]
struct Types {
    /// By id.
    by_id: Vec<Type>,
    unk: Option<u32>,
    /// Id of each byte's piece.
    bytes: Option<Box<[u32; 256]>>,
    /// Bytes of the longest piece.
    longest: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Normal,
    Special,
    Unused,
    UserDefined,
}

impl Types {
    fn new(vocab: &Vocab, options: &PieceOptions) -> Result<Self> {
        let mut by_id = vec![Type::Normal; vocab.id_bound() as usize];
        for (ids, kind) in [
            (&options.special, Type::Special),
            (&options.unused, Type::Unused),
            (&options.user_defined, Type::UserDefined),
        ] {
            for &id in ids.iter() {
                let Some(slot) = by_id.get_mut(id as usize) else {
                    return Err(Error::vocabulary(format!("the id {id} is not in the vocabulary")));
                };
                *slot = kind;
            }
        }
        let bytes = options.byte_fallback.then(|| {
            let mut ids = Box::new([0; 256]);
            for (byte, id) in ids.iter_mut().enumerate() {
                let name = format!("<0x{byte:02X}>");
                *id = vocab.id(&name).ok_or_else(|| {
                    Error::vocabulary(format!("byte_fallback is on, and {name:?} is not in the vocabulary"))
                })?;
            }
            Ok::<_, Error>(ids)
        });
        let unk = options.unk_id;
        if unk.is_none() && !options.byte_fallback || unk.is_some_and(|id| id >= vocab.id_bound()) {
            return Err(Error::vocabulary(
                "there is neither an unknown piece nor byte_fallback; give its id in \"unk_id\"",
            ));
        }
        let longest = vocab.entries().map(|(token, _)| token.len()).max().unwrap_or(0);
        Ok(Self { by_id, unk, bytes: bytes.transpose()?, longest })
    }

    fn of(&self, id: u32) -> Type {
        self.by_id[id as usize]
    }

    /// The piece a text is, whatever it is used for, but none that no text becomes.
    #[inline]
    fn find(&self, vocab: &Vocab, text: &str) -> Option<u32> {
        if text.len() > self.longest {
            return None;
        }
        vocab.id(text).filter(|&id| self.of(id) != Type::Special)
    }

    /// The same, but none that is not used.
    fn usable(&self, vocab: &Vocab, text: &str) -> Option<u32> {
        self.find(vocab, text).filter(|&id| self.of(id) != Type::Unused)
    }
}

impl PieceScratch {
    pub(crate) fn clear_cache(&mut self) {
        self.paths.cache().clear();
    }
}

impl SentencePiece {
    pub(crate) fn compile(
        vocab: &Vocab,
        standard: ModelOptions,
        scores: Vec<f64>,
        options: PieceOptions,
    ) -> Result<Self> {
        let types = Types::new(vocab, &options).map_err(|error| error.at("model.lexel.model"))?;
        let cut = match (options.kind, &standard) {
            (PieceKind::Word, _) => Cut::Words,
            (PieceKind::Char, _) => Cut::Characters,
            (PieceKind::Unigram, ModelOptions::Unigram(_)) => {
                Cut::Unigram(Box::new(Paths::compile(vocab, &types, &scores)?))
            }
            (PieceKind::Bpe, ModelOptions::Bpe(bpe)) => {
                let scores = by_score(&standard)?;
                if Search::is_needed(vocab, &types) {
                    Cut::Search(Box::new(Search::compile(scores, vocab)))
                } else {
                    Cut::Merges(Box::new(Bpe::compile(vocab, &[], bpe.clone(), Alphabet::Characters)?))
                }
            }
            _ => {
                let message = "the standard model is of another kind than the exact one";
                return Err(Error::format(message).at("model.lexel.model.kind"));
            }
        };
        Ok(Self::around(vocab, options, standard, scores, types, cut))
    }

    fn around(
        vocab: &Vocab,
        options: PieceOptions,
        standard: ModelOptions,
        scores: Vec<f64>,
        types: Types,
        cut: Cut,
    ) -> Self {
        let user_defined = Prefixes::new(options.user_defined.iter().filter_map(|&id| vocab.token(id)));
        Self { options, standard, scores, user_defined, types, cut }
    }

    /// Write the tables; the options stand elsewhere.
    pub(crate) fn store(&self, out: &mut Writer) {
        let Self { options: _, standard: _, scores, user_defined: _, types: _, cut } = self;
        out.f64s(scores);
        let kind = match cut {
            Cut::Merges(_) => 0,
            Cut::Search(_) => 1,
            Cut::Unigram(_) => 2,
            Cut::Words => 3,
            Cut::Characters => 4,
        };
        out.u64s(&[kind]);
        match cut {
            Cut::Merges(bpe) => bpe.store(out),
            Cut::Unigram(paths) => paths.store(out),
            Cut::Search(_) | Cut::Words | Cut::Characters => {}
        }
    }

    /// Take the tables that were written of a model with this vocabulary and these options.
    pub(crate) fn take(
        tables: &mut Tables,
        vocab: &Vocab,
        standard: ModelOptions,
        options: PieceOptions,
    ) -> Result<Self> {
        let types = Types::new(vocab, &options)?;
        let scores = tables.f64s()?;
        let [kind] = tables.numbers()?;
        let cut = match (options.kind, kind, &standard) {
            (PieceKind::Bpe, 0, ModelOptions::Bpe(bpe)) => {
                Cut::Merges(Box::new(Bpe::take(tables, vocab, bpe.clone(), Alphabet::Characters)?))
            }
            (PieceKind::Bpe, 1, ModelOptions::Bpe(_)) => {
                Cut::Search(Box::new(Search::compile(by_score(&standard)?, vocab)))
            }
            (PieceKind::Unigram, 2, _) => {
                ensure(scores.len() == vocab.len(), "scores of another number")?;
                Cut::Unigram(Box::new(Paths::take(tables, vocab, &types, &scores)?))
            }
            (PieceKind::Word, 3, _) => Cut::Words,
            (PieceKind::Char, 4, _) => Cut::Characters,
            _ => return Err(Error::format("a compiled model of another kind")),
        };
        Ok(Self::around(vocab, options, standard, scores, types, cut))
    }

    pub(crate) fn options(&self) -> &PieceOptions {
        &self.options
    }

    pub(crate) fn standard(&self) -> &ModelOptions {
        &self.standard
    }

    pub(crate) fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The merges of the standard model.
    pub(crate) fn merges(&self, vocab: &Vocab) -> Vec<(u32, u32)> {
        match (&self.cut, &self.standard) {
            (Cut::Merges(bpe), _) => bpe.merges(),
            (Cut::Search(_), ModelOptions::Bpe(options)) => {
                let merges = |by: &MergeBy| by.merges(vocab);
                options.merge_by.as_ref().map(merges).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Whether this is the id of unknown text.
    pub(crate) fn is_unknown(&self, id: u32) -> bool {
        self.types.unk == Some(id)
    }

    /// Encode pieces of one text: append their ids, and with `SPANS` where each stands.
    pub(crate) fn encode<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut PieceScratch,
        bpe_scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        for &(start, end) in pieces {
            if let Cut::Merges(bpe) = &self.cut {
                self.merge::<SPANS>(bpe, vocab, text, (start, end), bpe_scratch, out)?;
                continue;
            }
            out.start_piece(start);
            let piece = &text[start as usize..end as usize];
            let mut writer = Output { types: &self.types, out, unknown: 0 };
            match &self.cut {
                Cut::Merges(_) => {}
                Cut::Search(search) => search.run::<SPANS>(self, vocab, piece, &mut scratch.search, &mut writer),
                Cut::Unigram(paths) => paths.best::<SPANS>(piece, &mut scratch.paths, &mut writer),
                Cut::Words => {
                    let mut from = 0;
                    let borders = piece.match_indices('▁').map(|(at, _)| at).filter(|&at| at > 0);
                    for to in borders.chain([piece.len()]) {
                        let word = &piece[from..to];
                        writer.push::<SPANS>(self.types.usable(vocab, word), word);
                        from = to;
                    }
                }
                Cut::Characters => {
                    let mut rest = piece;
                    while !rest.is_empty() {
                        let (unit, after) = rest.split_at(self.unit(rest).0);
                        writer.push::<SPANS>(self.types.usable(vocab, unit), unit);
                        rest = after;
                    }
                }
            }
            writer.end_unknown::<SPANS>();
            out.end_piece::<SPANS>(start, end);
        }
        Ok(())
    }

    /// What stands at the beginning of a text before anything merges: a user-defined symbol, which never does, or a
    /// character. Its length, and whether it is such a symbol.
    #[inline]
    fn unit(&self, text: &str) -> (usize, bool) {
        match self.user_defined.longest(text.as_bytes()) {
            Some(length) => (length, true),
            None => (text.as_bytes().first().map_or(0, |&byte| char_len(byte)), false),
        }
    }

    /// Encode a text by merges: what stands between user-defined symbols, each stretch alone.
    fn merge<const SPANS: bool>(
        &self,
        bpe: &Bpe,
        vocab: &Vocab,
        text: &str,
        (start, end): (u32, u32),
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        if self.user_defined.is_empty() {
            return bpe.encode_bundle::<SPANS>(vocab, text, &[(start, end)], scratch, out);
        }
        let mut stretches = [(0, 0); BUNDLE];
        let mut count = 0;
        let bytes = &text.as_bytes()[..end as usize];
        let (mut from, mut at) = (start as usize, start as usize);
        loop {
            while bytes.get(at).is_some_and(|&byte| !self.user_defined.begin_with(byte)) {
                at += 1;
            }
            let found = bytes.get(at..).and_then(|rest| self.user_defined.longest(rest));
            if at < bytes.len() && found.is_none() {
                at += char_len(bytes[at]);
                continue;
            }
            if at > from {
                stretches[count] = (from as u32, at as u32);
                count += 1;
            }
            // Tokens come in order: what waits goes before a symbol.
            if count > 0 && (count == BUNDLE || found.is_some() || at >= bytes.len()) {
                bpe.encode_bundle::<SPANS>(vocab, text, &stretches[..count], scratch, out)?;
                count = 0;
            }
            let Some(length) = found else { return Ok(()) };
            let to = at + length;
            if let Some(id) = self.types.find(vocab, &text[at..to]) {
                out.start_piece(at as u32);
                out.push::<SPANS>(id, length as u32);
                out.end_piece::<SPANS>(at as u32, to as u32);
            }
            (from, at) = (to, to);
        }
    }
}

/// The scores that merges go by.
fn by_score(standard: &ModelOptions) -> Result<&[Option<f64>]> {
    match standard {
        ModelOptions::Bpe(BpeOptions { merge_by: Some(MergeBy { order: Order::Scores(scores), .. }), .. }) => {
            Ok(scores)
        }
        _ => Err(Error::format("the scores of the pieces are missing").at("model.lexel.model")),
    }
}

/// Appends tokens; unknown text next to unknown text is one token.
struct Output<'a> {
    types: &'a Types,
    out: &'a mut PieceTokens,
    /// Bytes of unknown text that are not written yet.
    unknown: u32,
}

impl Output<'_> {
    /// Append the token of a text, or that it is unknown.
    #[inline]
    fn push<const SPANS: bool>(&mut self, id: Option<u32>, text: &str) {
        match id {
            Some(id) => self.known::<SPANS>(id, text.len() as u32),
            None => self.unknown::<SPANS>(text),
        }
    }

    #[inline]
    fn known<const SPANS: bool>(&mut self, id: u32, len: u32) {
        self.end_unknown::<SPANS>();
        self.out.push::<SPANS>(id, len);
    }

    fn unknown<const SPANS: bool>(&mut self, text: &str) {
        match &self.types.bytes {
            Some(ids) => {
                let bytes = text.bytes().map(|byte| ids[usize::from(byte)]);
                self.out.push_bytes::<SPANS>(bytes, text.len() as u32);
            }
            None => self.unknown += text.len() as u32,
        }
    }

    #[inline]
    fn end_unknown<const SPANS: bool>(&mut self) {
        if self.unknown > 0
            && let Some(unk) = self.types.unk
        {
            self.out.push::<SPANS>(unk, self.unknown);
            self.unknown = 0;
        }
    }
}

#[cfg(test)]
mod tests;
