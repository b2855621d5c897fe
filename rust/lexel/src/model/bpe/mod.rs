//! Byte-pair encoding: a piece becomes its symbols, and these merge by rank.

mod atoms;
mod bytes;
mod chunks;
mod cuts;
mod derive;
mod dropout;
mod lens;
mod letters;
mod merge;
mod pairs;
mod ranks;
mod short;
mod symbols;
#[cfg(test)]
mod tests;
mod tokens;

use crate::compiled::{Tables, Writer, ensure};
use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::model::cache::{self, Caching, PieceCache};
use crate::random::Random;
use crate::vocab::Vocab;
use chunks::{ChunkScratch, Chunks};
use cuts::Cuts;
pub(crate) use derive::{MergeBy, Order};
use dropout::{DropoutScratch, merge_some};
use once_cell::race::OnceBox;

use bytes::byte_entries;
pub(crate) use letters::{BYTE_LETTERS, letter_byte, spell};
use merge::{MergeScratch, Symbols, merge_all};
use pairs::{Join, Merge, Pairs};
use short::{SHORT, Short};
use symbols::{Ends, Speller};
use tokens::Tokens;

/// The options of a BPE model, as its file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BpeOptions {
    pub(crate) unk_token: Option<String>,
    pub(crate) continuing_subword_prefix: Option<String>,
    pub(crate) end_of_word_suffix: Option<String>,
    pub(crate) fuse_unk: bool,
    pub(crate) byte_fallback: bool,
    pub(crate) ignore_merges: bool,
    pub(crate) dropout: Option<f64>,
    /// Where the merges follow from the vocabulary instead of a list.
    pub(crate) merge_by: Option<MergeBy>,
}

impl BpeOptions {
    /// Whether no text becomes this token.
    fn is_special(&self, id: u32) -> bool {
        self.merge_by.as_ref().is_some_and(|merge_by| merge_by.is_special(id))
    }
}

/// How the model reads a piece: bytes under the byte-level alphabet, or characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Bytes,
    Characters,
}

/// A compiled BPE model.
#[derive(Clone, Debug)]
pub(crate) struct Bpe {
    options: BpeOptions,
    alphabet: Alphabet,
    pairs: Pairs,
    /// Makes the symbols of a piece.
    speller: Speller,
    /// Bytes of its text a token stands for, by id; 0 where that depends (unknown and fallback tokens).
    lens: Vec<u32>,
    /// Pieces that are a token as they are, where the file asks for that; made when many pieces were met.
    tokens: OnceBox<Tokens>,
    /// Under `Bytes`: the entries of every two bytes in `pairs`, if all bytes are symbols and look the same everywhere.
    byte_entries: Vec<u32>,
    /// Where long pieces fall apart.
    cuts: Cuts,
    /// Under `Characters`: how pieces may be cut into parts, unless the context of a character matters.
    chunks: Option<Box<Chunks>>,
}

const NO_ID: u32 = u32::MAX;
const METASPACE: char = '▁';

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct BpeScratch {
    cache: PieceCache,
    merge: MergeScratch,
    dropout: DropoutScratch,
    chunks: ChunkScratch,
    symbols: Symbols,
    short: Short,
    whole: WholeScratch,
}

/// What asking for whole tokens needs.
#[derive(Debug, Default)]
struct WholeScratch {
    /// How often it was asked before there was a table.
    asked: usize,
    spelled: String,
}

/// After so many questions a table of all tokens is worth making. It takes as long as some ten thousand answers without
/// it, and loading a file does not wait for it.
const MANY_ASKED: usize = if cfg!(test) { 40 } else { 4096 };

impl Caching for BpeScratch {
    fn cache(&mut self) -> &mut PieceCache {
        &mut self.cache
    }
}

impl Bpe {
    pub(crate) fn compile(
        vocab: &Vocab,
        merges: &[(u32, u32)],
        options: BpeOptions,
        alphabet: Alphabet,
    ) -> Result<Self> {
        let (mut pairs, joins) = if let Some(merge_by) = &options.merge_by {
            let pairs = merge_by.pairs(vocab);
            let joins = pairs.by_rank();
            (pairs, joins)
        } else {
            let joins = listed(vocab, merges, options.continuing_subword_prefix.as_deref().unwrap_or(""))?;
            (Pairs::from_list(&joins, vocab.id_bound()), joins)
        };
        pairs.index_early();
        let (cuts, at_metaspace) = boundaries(vocab, &joins, alphabet);
        let speller = Speller::new(vocab, &pairs, &joins, &options, alphabet);
        let lengths = lens::definite(vocab, &joins, &speller, &options, alphabet);
        let unk = speller.unk();
        // Affixes change what stands at the ends of a piece; merges of unknown tokens, and ids that two tokens share, have
        // spellings that only the piece tells.
        let cuttable = alphabet == Alphabet::Characters && lengths.plain && vocab.by_id().count() == vocab.len();
        let chunks = cuttable.then(|| {
            Box::new(Chunks {
                at_metaspace,
                all_known: speller.fallback_ids().count() == 256,
                keeps_unknown: unk.is_some(),
                apart: lengths.special,
            })
        });
        let byte_entries = byte_entries(&pairs, &speller);
        let tokens = OnceBox::new();
        Ok(Self { options, alphabet, pairs, speller, lens: lengths.lens, tokens, byte_entries, cuts, chunks })
    }

    /// Write the tables; the options stand elsewhere.
    pub(crate) fn store(&self, out: &mut Writer) {
        let Self { options: _, alphabet, pairs, speller, lens, tokens: _, byte_entries: _, cuts, chunks } = self;
        out.u64s(&[u64::from(*alphabet == Alphabet::Bytes), u64::from(chunks.is_some())]);
        pairs.store(out);
        speller.store(out);
        out.u32s(lens);
        cuts.store(out);
        if let Some(chunks) = chunks {
            let Chunks { at_metaspace, all_known, keeps_unknown, apart } = &**chunks;
            out.u64s(&[*at_metaspace, *all_known, *keeps_unknown].map(u64::from));
            out.u32s(apart);
        }
    }

    /// Take the tables that were written of a model with this vocabulary, these options and this alphabet.
    pub(crate) fn take(tables: &mut Tables, vocab: &Vocab, options: BpeOptions, alphabet: Alphabet) -> Result<Self> {
        let [bytes, has_chunks] = tables.numbers()?;
        ensure((bytes == 1) == (alphabet == Alphabet::Bytes), "a model of another alphabet")?;
        let pairs = Pairs::take(tables, vocab.id_bound())?;
        let speller = Speller::take(tables, vocab, &options, alphabet)?;
        let lens = tables.u32s()?;
        ensure(lens.len() == vocab.id_bound() as usize, "lengths of another number")?;
        let cuts = Cuts::take(tables)?;
        let mut chunks = None;
        if has_chunks == 1 {
            let [at_metaspace, all_known, keeps_unknown] = tables.numbers()?.map(|flag| flag == 1);
            chunks = Some(Box::new(Chunks { at_metaspace, all_known, keeps_unknown, apart: tables.u32s()? }));
        }
        let byte_entries = byte_entries(&pairs, &speller);
        let tokens = OnceBox::new();
        Ok(Self { options, alphabet, pairs, speller, lens, tokens, byte_entries, cuts, chunks })
    }

    pub(crate) fn options(&self) -> &BpeOptions {
        &self.options
    }

    pub(crate) fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    /// The merges by rank, as pairs of ids.
    pub(crate) fn merges(&self) -> Vec<(u32, u32)> {
        self.pairs.by_rank().into_iter().map(|(left, right, _)| (left, right)).collect()
    }

    /// Encode one piece with dropout (above 0): nothing is cached, and tokens that a piece is as a whole do not count.
    pub(crate) fn encode_sampled<const SPANS: bool>(
        &self,
        word: &str,
        dropout: f64,
        random: &mut Random,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let BpeScratch { dropout: working, symbols, .. } = scratch;
        symbols.clear();
        let regular = self.speller.spell_apart(word, symbols)?;
        merge_some(&self.pairs, symbols, dropout, random, working);
        self.write::<SPANS>(word, regular, symbols, out);
        Ok(())
    }

    /// Encode several pieces of one text.
    pub(crate) fn encode_bundle<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        if let Some(chunks) = &self.chunks {
            return self.encode_chunks::<SPANS>(chunks, vocab, text, pieces, scratch, out);
        }
        let place = |ids: &[u32], len: u32, out: &mut PieceTokens| {
            if let [id] = *ids
                && self.alphabet == Alphabet::Bytes
            {
                // What is in the cache had all its bytes.
                out.push::<true>(id, len);
                return true;
            }
            self.place(ids, out)
        };
        cache::encode_bundle::<SPANS, _>(text, pieces, scratch, out, place, |word, key, scratch, out| {
            self.encode_fresh::<SPANS>(vocab, word, scratch, out, key)
        })
    }

    /// Append ids of a piece whose symbols were all known, with their spans. Says no, and appends nothing, if
    /// the ids do not tell them.
    #[inline]
    fn place(&self, ids: &[u32], out: &mut PieceTokens) -> bool {
        if ids.iter().any(|&id| self.lens[id as usize] == 0) {
            return false;
        }
        for &id in ids {
            out.push::<true>(id, self.lens[id as usize]);
        }
        true
    }

    #[inline(never)]
    fn encode_fresh<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        word: &str,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
        key: Option<u128>,
    ) -> Result<()> {
        let from = out.ids.len();
        if let Some(id) = self.whole_token(vocab, word, &mut scratch.whole) {
            out.push::<SPANS>(id, word.len() as u32);
        } else if let Some(pairs) = self.quick() {
            self.encode_bytes::<SPANS>(word, &pairs, scratch, out);
        } else if word.len() > cache::MAX_KEY && !word.is_ascii() {
            return self.encode_parts::<SPANS>(word, scratch, out);
        } else if !self.merge_part::<SPANS>(word, Ends::BOTH, scratch, out)? {
            return Ok(());
        }
        if let Some(key) = key {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    /// The token that a piece is as it is, if the file asks for that.
    #[inline]
    fn whole_token(&self, vocab: &Vocab, word: &str, scratch: &mut WholeScratch) -> Option<u32> {
        if !self.options.ignore_merges {
            return None;
        }
        if let Some(tokens) = self.tokens.get() {
            return tokens.find(word.as_bytes());
        }
        scratch.asked += 1;
        if scratch.asked > MANY_ASKED {
            let make = || Box::new(Tokens::new(vocab, self.alphabet, &self.options));
            return self.tokens.get_or_init(make).find(word.as_bytes());
        }
        let id = match self.alphabet {
            Alphabet::Characters => vocab.id(word),
            Alphabet::Bytes => {
                scratch.spelled.clear();
                scratch.spelled.extend(word.bytes().map(|byte| BYTE_LETTERS[byte as usize]));
                vocab.id(&scratch.spelled)
            }
        };
        id.filter(|&id| !self.options.is_special(id))
    }

    /// Encode a long piece part by part, where it falls apart.
    fn encode_parts<const SPANS: bool>(
        &self,
        word: &str,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let bytes = self.alphabet == Alphabet::Bytes;
        if bytes && !self.speller.knows_bytes(word, Ends::BOTH) {
            // Spans count what is left of the whole piece.
            return self.merge_part::<SPANS>(word, Ends::BOTH, scratch, out).map(|_| ());
        }
        let knows = |c: char, at: usize| {
            let ends = Ends { first: at == 0, last: at + c.len_utf8() == word.len() };
            bytes || self.speller.knows(c, ends)
        };
        let mut start = 0;
        let mut before: Option<(usize, char)> = None;
        for (at, c) in word.char_indices() {
            if let Some((left_at, left)) = before
                && self.cuts.parts(left, c, bytes)
                && knows(left, left_at)
                && knows(c, at)
            {
                self.encode_part::<SPANS>(word, (start, at), scratch, out)?;
                start = at;
            }
            before = Some((at, c));
        }
        self.encode_part::<SPANS>(word, (start, word.len()), scratch, out)
    }

    /// Encode a part of a piece: by merges alone, whatever the vocabulary says of whole pieces.
    fn encode_part<const SPANS: bool>(
        &self,
        word: &str,
        (start, end): (usize, usize),
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let ends = Ends { first: start == 0, last: end == word.len() };
        // Without affixes all parts of the same bytes are alike.
        let sides = if self.speller.has_affixes() { (ends.first, ends.last) } else { (false, false) };
        let key = cache::key(word.as_bytes(), start, end).map(|key| cache::part_key(key, sides));
        if let Some(found) = key.and_then(|key| scratch.cache.get(key)) {
            let found = scratch.cache.ids(&found);
            if !SPANS {
                out.ids.extend_from_slice(found);
                return Ok(());
            }
            if self.place(found, out) {
                return Ok(());
            }
        }
        let from = out.ids.len();
        let regular = self.merge_part::<SPANS>(&word[start..end], ends, scratch, out)?;
        if let Some(key) = key.filter(|_| regular) {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    /// Make symbols and merge them. Returns whether everything was known.
    fn merge_part<const SPANS: bool>(
        &self,
        word: &str,
        ends: Ends,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<bool> {
        let BpeScratch { merge, symbols, short, .. } = scratch;
        symbols.clear();
        let regular = self.speller.spell(word, ends, symbols)?;
        // Lengths of few bytes, which are those of the text.
        if symbols.ids.len() <= SHORT
            && u8::try_from(word.len()).is_ok()
            && self.alphabet == Alphabet::Characters
            && !self.speller.has_affixes()
            && let Some(pairs) = self.pairs.quick()
        {
            short.start(&symbols.ids, &symbols.lens);
            short.merge(&pairs);
            short.each(|id, len| out.push::<SPANS>(id, len));
            return Ok(regular);
        }
        merge_all(&self.pairs, symbols, merge);
        self.write::<SPANS>(word, regular, symbols, out);
        Ok(regular)
    }

    /// Append tokens; of those that are not `regular` the lengths count letters.
    fn write<const SPANS: bool>(&self, word: &str, regular: bool, symbols: &Symbols, out: &mut PieceTokens) {
        if SPANS && !regular && self.alphabet == Alphabet::Bytes {
            out.ids.extend_from_slice(&symbols.ids);
            letter_spans(word, &symbols.lens, out.base, &mut out.spans);
            out.base = out.spans.last().map_or(out.base, |span| span.1);
        } else {
            for (&id, &len) in symbols.ids.iter().zip(&symbols.lens) {
                out.push::<SPANS>(id, len);
            }
        }
    }
}

/// A list of merges with what each makes. A pair may stand in it several times.
///
/// Merges of one result mostly stand together, in the order of the results: the last one or its successor is tried before
/// the vocabulary is asked, which took half the time of loading a vocabulary of 128,000 tokens.
fn listed(vocab: &Vocab, merges: &[(u32, u32)], prefix: &str) -> Result<Vec<Join>> {
    let mut joins = Vec::with_capacity(merges.len());
    let mut text = String::new();
    let mut last = NO_ID - 1;
    for (rank, &(left, right)) in merges.iter().enumerate() {
        let (Some(a), Some(b)) = (vocab.token(left), vocab.token(right)) else {
            return Err(Error::vocabulary(format!("merge {rank} names an id that is not in the vocabulary")));
        };
        // So many bytes are left out of the right half, whatever they are.
        let Some(rest) = b.get(prefix.len()..) else {
            return Err(Error::vocabulary(format!(
                "merge {rank} joins {a:?} and {b:?}, but {b:?} does not start with the continuing_subword_prefix \
                 {prefix:?}"
            ))
            .at("model.merges"));
        };
        if let Some(near) = [last, last + 1].into_iter().find(|&id| vocab.is_joined(id, a, rest)) {
            last = near;
        } else {
            text.clear();
            text.push_str(a);
            text.push_str(rest);
            let Some(id) = vocab.id(&text) else {
                return Err(Error::vocabulary(format!(
                    "merge {rank} joins {a:?} and {b:?}, but their result {text:?} is not in the vocabulary"
                ))
                .at("model.merges"));
            };
            last = id;
        }
        joins.push((left, right, Merge { rank: rank as u32, id: last }));
    }
    Ok(joins)
}

/// Where pieces fall apart given what merges make, and whether nothing of characters reaches over the start of a word.
fn boundaries(vocab: &Vocab, joins: &[Join], alphabet: Alphabet) -> (Cuts, bool) {
    let (mut cuts, mut at_metaspace) = (Cuts::new(), true);
    let mut bytes = Vec::new();
    let mut seen = vec![false; vocab.id_bound() as usize];
    for &(_, _, merge) in joins {
        if std::mem::replace(&mut seen[merge.id as usize], true) {
            continue;
        }
        let text = vocab.token(merge.id).unwrap_or_default();
        match alphabet {
            Alphabet::Bytes => cuts.add_letters(text, &mut bytes),
            Alphabet::Characters => {
                cuts.add_text(text);
                at_metaspace = at_metaspace && !reaches_over_metaspace(text);
            }
        }
    }
    (cuts, at_metaspace)
}

/// Where tokens stand whose lengths count bytes of byte-level letters: a token starts with the byte that its first letter
/// byte belongs to and ends with that of its last. Where lengths lead beyond the piece the span stays as it is counted.
fn letter_spans(word: &str, lens: &[u32], base: u32, spans: &mut Vec<(u32, u32)>) {
    let owner: Vec<u32> = word
        .bytes()
        .enumerate()
        .flat_map(|(i, b)| std::iter::repeat_n(i as u32, BYTE_LETTERS[b as usize].len_utf8()))
        .collect();
    let mut at = 0;
    for &len in lens {
        let end = at + len as usize;
        let (from, to) = if end <= owner.len() { (owner[at], owner[end - 1] + 1) } else { (at as u32, end as u32) };
        spans.push((base + from, base + to));
        at = end;
    }
}

/// Whether a token has a metaspace after another character: then a merge may reach over the start of a word.
pub(crate) fn reaches_over_metaspace(token: &str) -> bool {
    let mut before = METASPACE;
    for c in token.chars() {
        if c == METASPACE && before != METASPACE {
            return true;
        }
        before = c;
    }
    false
}
