//! Byte-pair encoding: a piece becomes its symbols, and these merge by rank.

mod atoms;
mod cuts;
mod merge;
mod pairs;
mod whole;

use hashbrown::HashSet;

use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::model::cache::{self, Caching, PieceCache};
use crate::vocab::Vocab;
use atoms::Atoms;
use cuts::Cuts;
use merge::{MergeScratch, Symbols, merge_all};
use pairs::Pairs;
use whole::WholeTokens;

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
    /// Id of each byte's letter.
    byte_ids: [u32; 256],
    /// Id of each byte's `<0xNN>`.
    fallback_ids: [u32; 256],
    /// Ids of single characters below U+3000, the rest through the vocabulary.
    char_ids: Vec<u32>,
    unk: Option<u32>,
    /// Bytes of its text a token stands for, by id; 0 where that depends (unknown and fallback tokens).
    lens: Vec<u32>,
    /// Which pieces may be a token as they are; only where the file asks for that.
    whole: WholeTokens,
    /// Under `Bytes`: characters that may start as one symbol.
    atoms: Atoms,
    /// Where long pieces fall apart.
    cuts: Cuts,
    /// Whether no merge reaches over the start of a metaspace, so that pieces may be cut there.
    cuts_at_metaspace: bool,
}

const NO_ID: u32 = u32::MAX;
const METASPACE: char = '▁';
const DIRECT_CHARS: u32 = 0x3000;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct BpeScratch {
    cache: PieceCache,
    merge: MergeScratch,
    symbols: Symbols,
}

impl Caching for BpeScratch {
    fn cache(&mut self) -> &mut PieceCache {
        &mut self.cache
    }
}

/// Letters of the byte-level alphabet: printable Latin-1 stands for itself, the rest follows from U+0100.
pub(crate) static BYTE_LETTERS: [char; 256] = byte_letters();

const fn byte_letters() -> [char; 256] {
    let mut letters = ['\0'; 256];
    let (mut byte, mut next) = (0usize, 0x100);
    while byte < 256 {
        letters[byte] = if let plain @ (b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) = byte as u8 {
            plain as char
        } else {
            next += 1;
            match char::from_u32(next - 1) {
                Some(letter) => letter,
                None => unreachable!(),
            }
        };
        byte += 1;
    }
    letters
}

/// The byte a letter of the byte-level alphabet stands for.
pub(crate) fn letter_byte(c: char) -> Option<u8> {
    match c as u32 {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(code as u8),
        code @ 0x100..=0x120 => Some((code - 0x100) as u8),
        code @ 0x121..=0x142 => Some((code - 0x121 + 0x7F) as u8),
        0x143 => Some(0xAD),
        _ => None,
    }
}

impl Bpe {
    pub(crate) fn compile(
        vocab: &Vocab,
        merges: &[(u32, u32)],
        options: BpeOptions,
        alphabet: Alphabet,
    ) -> Result<Self> {
        refuse_unsupported(&options)?;
        let prefix = options.continuing_subword_prefix.as_deref().unwrap_or("");
        let mut pairs = Pairs::new(merges.len(), vocab.id_bound());
        let mut text = String::new();
        let mut results = HashSet::new();
        let mut cuts = Cuts::new();
        let mut bytes = Vec::new();
        let mut cuts_at_metaspace = vocab.id("▁").is_some();
        for (rank, &(left, right)) in merges.iter().enumerate() {
            let (Some(a), Some(b)) = (vocab.token(left), vocab.token(right)) else {
                return Err(Error::vocabulary(format!("merge {rank} names an id that is not in the vocabulary")));
            };
            text.clear();
            text.push_str(a);
            text.push_str(b.strip_prefix(prefix).unwrap_or(b));
            let Some(id) = vocab.id(&text) else {
                return Err(Error::vocabulary(format!(
                    "merge {rank} joins {a:?} and {b:?}, but their result {text:?} is not in the vocabulary"
                ))
                .at("model.merges"));
            };
            cuts_at_metaspace = cuts_at_metaspace && !reaches_over_metaspace(&text);
            if results.insert(id) {
                match alphabet {
                    Alphabet::Bytes => cuts.add_letters(&text, &mut bytes),
                    Alphabet::Characters => cuts.add_text(&text),
                }
            }
            pairs.push(left, right, id);
        }
        // The reference looks the unknown token up when it needs it, and fails then; so do we.
        let unk = options.unk_token.as_ref().map(|token| vocab.id(token).unwrap_or(NO_ID));
        let mut byte_ids = [NO_ID; 256];
        let mut fallback_ids = [NO_ID; 256];
        for (byte, letter) in BYTE_LETTERS.into_iter().enumerate() {
            let mut buffer = [0; 4];
            byte_ids[byte] = vocab.id(letter.encode_utf8(&mut buffer)).unwrap_or(NO_ID);
            fallback_ids[byte] = vocab.id(&format!("<0x{byte:02X}>")).unwrap_or(NO_ID);
        }
        let mut char_ids = Vec::new();
        if alphabet == Alphabet::Characters {
            char_ids.resize(DIRECT_CHARS as usize, NO_ID);
            for (token, id) in vocab.entries() {
                let mut chars = token.chars();
                if let (Some(c), None) = (chars.next(), chars.next())
                    && (c as u32) < DIRECT_CHARS
                {
                    char_ids[c as usize] = id;
                }
            }
        }
        let mut lens = vec![0; vocab.id_bound() as usize];
        for (token, id) in vocab.entries() {
            lens[id as usize] = match alphabet {
                Alphabet::Bytes => token.chars().count() as u32,
                Alphabet::Characters => token.len() as u32,
            };
        }
        if alphabet == Alphabet::Characters {
            // A fallback token stands for one byte, unless its text can also be spelled out.
            for &id in fallback_ids.iter().filter(|&&id| id != NO_ID) {
                lens[id as usize] = u32::from(!results.contains(&id) && !options.ignore_merges);
            }
        }
        if let Some(id) = unk.filter(|&id| id != NO_ID) {
            lens[id as usize] = 0;
        }
        let atoms = match alphabet {
            Alphabet::Bytes => Atoms::new(vocab, &pairs, &byte_ids),
            Alphabet::Characters => Atoms::default(),
        };
        let whole = if options.ignore_merges { WholeTokens::new(vocab, alphabet) } else { WholeTokens::default() };
        Ok(Self {
            options,
            alphabet,
            pairs,
            byte_ids,
            fallback_ids,
            char_ids,
            unk,
            lens,
            whole,
            atoms,
            cuts,
            cuts_at_metaspace,
        })
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

    /// Encode one piece: append its ids, and with `SPANS` the bytes of the piece each stands for.
    pub(crate) fn encode<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        start: usize,
        end: usize,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        if self.alphabet == Alphabet::Characters && self.cuts_at_metaspace {
            if self.options.ignore_merges
                && let Some(id) = self.whole_token(vocab, &text[start..end])
            {
                out.push::<SPANS>(id, (end - start) as u32);
                return Ok(());
            }
            let mut at = start;
            for word in (Words { rest: &text[start..end] }) {
                self.encode_word::<SPANS>(vocab, text, (at, at + word.len()), false, scratch, out)?;
                at += word.len();
            }
            return Ok(());
        }
        self.encode_word::<SPANS>(vocab, text, (start, end), self.options.ignore_merges, scratch, out)
    }

    /// Whether pieces can be given in bundles.
    pub(crate) fn takes_bundles(&self) -> bool {
        self.alphabet == Alphabet::Bytes
    }

    /// Encode several pieces of one text to ids.
    pub(crate) fn encode_bundle(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        cache::encode_bundle(text, pieces, scratch, out, |word, key, scratch, out| {
            self.encode_fresh::<false>(vocab, word, self.options.ignore_merges, scratch, out, key)
        })
    }

    #[inline]
    fn encode_word<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        (start, end): (usize, usize),
        whole: bool,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let key = cache::key(text.as_bytes(), start, end);
        if let Some(key) = key
            && let Some(found) = scratch.cache.get(key)
        {
            let found = scratch.cache.ids(&found);
            if !SPANS {
                out.ids.extend_from_slice(found);
                return Ok(());
            }
            if found.iter().all(|&id| self.lens[id as usize] != 0) {
                for &id in found {
                    out.push::<SPANS>(id, self.lens[id as usize]);
                }
                return Ok(());
            }
        }
        self.encode_fresh::<SPANS>(vocab, &text[start..end], whole, scratch, out, key)
    }

    #[inline(never)]
    fn encode_fresh<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        word: &str,
        whole: bool,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
        key: Option<u128>,
    ) -> Result<()> {
        let from = out.ids.len();
        if whole && let Some(id) = self.whole_token(vocab, word) {
            out.push::<SPANS>(id, word.len() as u32);
        } else if word.len() > cache::MAX_KEY && !word.is_ascii() {
            return self.encode_parts::<SPANS>(vocab, word, scratch, out);
        } else if !self.merge_part::<SPANS>(vocab, word, scratch, out)? {
            return Ok(());
        }
        if let Some(key) = key {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    /// Encode a long piece part by part, where it falls apart.
    fn encode_parts<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        word: &str,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let bytes = self.alphabet == Alphabet::Bytes;
        if bytes && word.bytes().any(|b| self.byte_ids[b as usize] == NO_ID) {
            // Spans count what is left of the whole piece.
            return self.merge_part::<SPANS>(vocab, word, scratch, out).map(|_| ());
        }
        let known = |c: char| bytes || self.char_id(vocab, c).is_some();
        let mut start = 0;
        let mut before: Option<char> = None;
        for (at, c) in word.char_indices() {
            if let Some(left) = before
                && self.cuts.parts(left, c, bytes)
                && known(left)
                && known(c)
            {
                self.encode_part::<SPANS>(vocab, word, (start, at), scratch, out)?;
                start = at;
            }
            before = Some(c);
        }
        self.encode_part::<SPANS>(vocab, word, (start, word.len()), scratch, out)
    }

    /// Encode a part of a piece: by merges alone, whatever the vocabulary says of whole pieces.
    fn encode_part<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        word: &str,
        (start, end): (usize, usize),
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let key = cache::key(word.as_bytes(), start, end).map(cache::part_key);
        if let Some(found) = key.and_then(|key| scratch.cache.get(key)) {
            let found = scratch.cache.ids(&found);
            if !SPANS {
                out.ids.extend_from_slice(found);
                return Ok(());
            }
            if found.iter().all(|&id| self.lens[id as usize] != 0) {
                for &id in found {
                    out.push::<SPANS>(id, self.lens[id as usize]);
                }
                return Ok(());
            }
        }
        let from = out.ids.len();
        let regular = self.merge_part::<SPANS>(vocab, &word[start..end], scratch, out)?;
        if let Some(key) = key.filter(|_| regular) {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    /// Make symbols and merge them. Returns whether everything was known.
    fn merge_part<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        word: &str,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<bool> {
        let BpeScratch { merge, symbols, .. } = scratch;
        symbols.clear();
        let regular = match self.alphabet {
            Alphabet::Bytes => self.byte_symbols(word, symbols)?,
            Alphabet::Characters => self.char_symbols(vocab, word, symbols)?,
        };
        merge_all(&self.pairs, symbols, merge);
        if SPANS && !regular && self.alphabet == Alphabet::Bytes {
            out.ids.extend_from_slice(&symbols.ids);
            letter_spans(word, &symbols.lens, &mut out.spans);
        } else {
            for (&id, &len) in symbols.ids.iter().zip(&symbols.lens) {
                out.push::<SPANS>(id, len);
            }
        }
        Ok(regular)
    }

    fn char_id(&self, vocab: &Vocab, c: char) -> Option<u32> {
        match self.char_ids.get(c as usize) {
            Some(&id) => (id != NO_ID).then_some(id),
            None => vocab.id(c.encode_utf8(&mut [0; 4])),
        }
    }

    fn whole_token(&self, vocab: &Vocab, word: &str) -> Option<u32> {
        if !self.whole.may_have(word.as_bytes()) {
            return None;
        }
        match self.alphabet {
            Alphabet::Characters => vocab.id(word),
            Alphabet::Bytes => vocab.id(&spell(word)),
        }
    }

    fn unknown(&self) -> Result<Option<u32>> {
        match self.unk {
            Some(NO_ID) => Err(Error::vocabulary(format!(
                "the text has characters that are not in the vocabulary, and neither is the unknown token {:?}",
                self.options.unk_token.as_deref().unwrap_or_default()
            ))),
            other => Ok(other),
        }
    }

    /// One symbol a byte. Returns whether all of them are known.
    fn byte_symbols(&self, word: &str, symbols: &mut Symbols) -> Result<bool> {
        if word.bytes().all(|b| self.byte_ids[b as usize] != NO_ID) {
            if word.is_ascii() {
                symbols.ids.extend(word.bytes().map(|b| self.byte_ids[b as usize]));
                symbols.lens.resize(word.len(), 1);
            } else {
                self.atoms.symbols(word, &self.byte_ids, symbols);
            }
            return Ok(true);
        }
        // Here lengths count bytes of the letters, as in the reference; the caller translates them.
        let mut pending = Pending::default();
        for byte in word.bytes() {
            let width = BYTE_LETTERS[byte as usize].len_utf8() as u32;
            let id = self.byte_ids[byte as usize];
            if id != NO_ID {
                pending.flush(symbols);
                symbols.push(id, width);
            } else if !self.fall_back(BYTE_LETTERS[byte as usize].encode_utf8(&mut [0; 4]), symbols) {
                self.add_unknown(width, &mut pending, symbols)?;
            }
        }
        pending.flush(symbols);
        Ok(false)
    }

    /// One symbol a character; what is unknown falls back to bytes, or to the unknown token, or is dropped. Returns whether
    /// nothing was unknown or dropped.
    fn char_symbols(&self, vocab: &Vocab, word: &str, symbols: &mut Symbols) -> Result<bool> {
        let mut pending = Pending::default();
        let mut plain = true;
        for (at, c) in word.char_indices() {
            let width = c.len_utf8();
            let text = &word[at..at + width];
            if let Some(id) = self.char_id(vocab, c) {
                pending.flush(symbols);
                symbols.push(id, width as u32);
                continue;
            }
            if self.fall_back(text, symbols) {
                // A pending unknown stays pending here, as in the reference.
                plain &= pending.0.is_none();
                continue;
            }
            plain = false;
            self.add_unknown(width as u32, &mut pending, symbols)?;
        }
        pending.flush(symbols);
        Ok(plain)
    }

    /// Push the `<0xNN>` of each byte of an unknown character, if the file wants that and has them all.
    fn fall_back(&self, character: &str, symbols: &mut Symbols) -> bool {
        let falls = self.options.byte_fallback && character.bytes().all(|b| self.fallback_ids[b as usize] != NO_ID);
        if falls {
            for byte in character.bytes() {
                symbols.push(self.fallback_ids[byte as usize], 1);
            }
        }
        falls
    }

    fn add_unknown(&self, width: u32, pending: &mut Pending, symbols: &mut Symbols) -> Result<()> {
        let Some(unk) = self.unknown()? else { return Ok(()) };
        if self.options.fuse_unk
            && let Some((_, len)) = &mut pending.0
        {
            *len += width;
            return Ok(());
        }
        pending.flush(symbols);
        pending.0 = Some((unk, width));
        Ok(())
    }
}

/// An unknown symbol that may still grow.
#[derive(Default)]
struct Pending(Option<(u32, u32)>);

impl Pending {
    fn flush(&mut self, symbols: &mut Symbols) {
        if let Some((id, len)) = self.0.take() {
            symbols.push(id, len);
        }
    }
}

/// Where tokens stand whose lengths count bytes of byte-level letters: a token starts with the byte that its first letter
/// byte belongs to and ends with that of its last.
fn letter_spans(word: &str, lens: &[u32], spans: &mut Vec<(u32, u32)>) {
    let owner: Vec<u32> = word
        .bytes()
        .enumerate()
        .flat_map(|(i, b)| std::iter::repeat_n(i as u32, BYTE_LETTERS[b as usize].len_utf8()))
        .collect();
    let mut at = 0;
    for &len in lens {
        let end = at + len as usize;
        spans.push((owner[at], owner[end - 1] + 1));
        at = end;
    }
}

fn refuse_unsupported(options: &BpeOptions) -> Result<()> {
    if options.dropout.is_some_and(|d| d > 0.0) {
        return Err(Error::unsupported("BPE with dropout").at("model.dropout"));
    }
    for (name, value) in [
        ("continuing_subword_prefix", &options.continuing_subword_prefix),
        ("end_of_word_suffix", &options.end_of_word_suffix),
    ] {
        if value.as_ref().is_some_and(|v| !v.is_empty()) {
            return Err(Error::unsupported(format!("BPE with {name}")).at(&format!("model.{name}")));
        }
    }
    Ok(())
}

/// Whether a token has a metaspace after another character: then a merge may reach over the start of a word.
fn reaches_over_metaspace(token: &str) -> bool {
    let mut before = METASPACE;
    for c in token.chars() {
        if c == METASPACE && before != METASPACE {
            return true;
        }
        before = c;
    }
    false
}

/// Cuts a piece before every metaspace that follows another character.
struct Words<'p> {
    rest: &'p str,
}

impl<'p> Iterator for Words<'p> {
    type Item = &'p str;

    fn next(&mut self) -> Option<&'p str> {
        if self.rest.is_empty() {
            return None;
        }
        let mut from = 0;
        let width = METASPACE.len_utf8();
        while self.rest[from..].starts_with(METASPACE) {
            from += width;
        }
        let end = memchr::memmem::find(&self.rest.as_bytes()[from..], METASPACE.encode_utf8(&mut [0; 4]).as_bytes())
            .map_or(self.rest.len(), |at| from + at);
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word)
    }
}

/// Spell a text in byte-level letters.
pub(crate) fn spell(text: &str) -> String {
    text.bytes().map(|byte| BYTE_LETTERS[byte as usize]).collect()
}
