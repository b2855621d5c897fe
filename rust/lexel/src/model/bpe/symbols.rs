//! From a piece to its symbols: one a character (or one a byte of it), before anything merges.
//!
//! A character that does not begin its piece is looked up with `continuing_subword_prefix` before it, one that ends its
//! piece with `end_of_word_suffix` behind it; what a symbol stands for is the character alone. Tables answer for every
//! [`Place`] that differs, so nothing is put together while encoding but for characters that are unknown.

use hashbrown::HashMap;

use super::atoms::Atoms;
use super::letters::{BYTE_LETTERS, letter_byte};
use super::merge::Symbols;
use super::pairs::{Join, Pairs};
use super::{Alphabet, BpeOptions, NO_ID};
use crate::compiled::{Tables, Writer, ensure, ensure_ids};
use crate::error::{Error, Result};
use crate::vocab::Vocab;

/// Where in its piece a symbol stands, as far as that matters: 1 if it takes the prefix, 2 if it takes the suffix.
type Place = usize;
const PREFIXED: Place = 1;
const SUFFIXED: Place = 2;
const PLACES: usize = 4;

/// Which ends of its piece a part of it has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) first: bool,
    pub(crate) last: bool,
}

impl Ends {
    pub(crate) const BOTH: Self = Self { first: true, last: true };
}

/// Makes symbols.
#[derive(Clone, Debug)]
pub(crate) struct Speller {
    alphabet: Alphabet,
    prefix: String,
    suffix: String,
    /// The places that differ: without a prefix and without a suffix there is one.
    places: Place,
    /// Under `Bytes`: id of each byte's letter, by place.
    bytes: Box<[[u32; 256]; PLACES]>,
    /// Under `Characters`: id of each character, by place.
    chars: [CharIds; PLACES],
    /// Id of each byte's `<0xNN>`; none without `byte_fallback`.
    fallback: Option<Box<[u32; 256]>>,
    unk: Option<u32>,
    unk_token: String,
    fuse_unk: bool,
    /// Under `Bytes`: characters that may start as one symbol.
    atoms: Atoms,
}

impl Speller {
    pub(crate) fn new(vocab: &Vocab, pairs: &Pairs, joins: &[Join], options: &BpeOptions, alphabet: Alphabet) -> Self {
        let prefix = options.continuing_subword_prefix.clone().unwrap_or_default();
        let suffix = options.end_of_word_suffix.clone().unwrap_or_default();
        let places = place(!prefix.is_empty(), !suffix.is_empty());
        let mut bytes = Box::new([[NO_ID; 256]; PLACES]);
        let mut chars = std::array::from_fn(|_| CharIds::default());
        for place in (0..PLACES).filter(|place| place & !places == 0) {
            let (before, after) = affixes(place, &prefix, &suffix);
            let single = |token: &str| one_char(token, before, after);
            let longest = before.len() + char::MAX.len_utf8() + after.len();
            let entries = vocab.short_entries(longest).filter(|&(_, id)| !options.is_special(id));
            for (c, id) in entries.filter_map(|(token, id)| Some((single(token)?, id))) {
                match alphabet {
                    Alphabet::Characters => chars[place].insert(c, id),
                    Alphabet::Bytes => {
                        if let Some(byte) = letter_byte(c) {
                            bytes[place][byte as usize] = id;
                        }
                    }
                }
            }
        }
        // Under a prefix every byte but the first looks different: nothing starts as a character.
        let atoms = match alphabet {
            Alphabet::Bytes if prefix.is_empty() => Atoms::new(vocab, pairs, joins, options, &bytes[0]),
            _ => Atoms::default(),
        };
        Self::with_tables(vocab, options, alphabet, (bytes, chars, atoms))
    }

    /// Complete with what is quick to find.
    fn with_tables(
        vocab: &Vocab,
        options: &BpeOptions,
        alphabet: Alphabet,
        (bytes, chars, atoms): (Box<[[u32; 256]; PLACES]>, [CharIds; PLACES], Atoms),
    ) -> Self {
        let prefix = options.continuing_subword_prefix.clone().unwrap_or_default();
        let suffix = options.end_of_word_suffix.clone().unwrap_or_default();
        let places = place(!prefix.is_empty(), !suffix.is_empty());
        let fallback = options.byte_fallback.then(|| {
            let id = |byte: usize| vocab.id(&format!("<0x{byte:02X}>")).unwrap_or(NO_ID);
            Box::new(std::array::from_fn(id))
        });
        let unk_token = options.unk_token.clone().unwrap_or_default();
        // The reference looks the unknown token up when it needs it, and fails then; so do we.
        let unk = options.unk_token.as_ref().map(|token| vocab.id(token).unwrap_or(NO_ID));
        let fuse_unk = options.fuse_unk;
        Self { alphabet, prefix, suffix, places, bytes, chars, fallback, unk, unk_token, fuse_unk, atoms }
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        out.u32s(self.bytes.as_flattened());
        for chars in &self.chars {
            let (mut codes, mut ids) = (Vec::new(), Vec::new());
            chars.for_each(|c, id| {
                codes.push(u32::from(c));
                ids.push(id);
            });
            out.u32s(&codes);
            out.u32s(&ids);
        }
        self.atoms.store(out);
    }

    pub(crate) fn take(tables: &mut Tables, vocab: &Vocab, options: &BpeOptions, alphabet: Alphabet) -> Result<Self> {
        let found = tables.u32s()?;
        ensure(found.len() == PLACES * 256, "letters of another number")?;
        ensure_ids(&found, vocab.id_bound(), Some(NO_ID))?;
        let mut bytes = Box::new([[NO_ID; 256]; PLACES]);
        bytes.as_flattened_mut().copy_from_slice(&found);
        let mut chars = std::array::from_fn(|_| CharIds::default());
        for chars in &mut chars {
            let (codes, ids) = (tables.u32s()?, tables.u32s()?);
            ensure(codes.len() == ids.len(), "characters without ids")?;
            ensure_ids(&ids, vocab.id_bound(), None)?;
            for (code, id) in codes.into_iter().zip(ids) {
                let c = char::from_u32(code);
                ensure(c.is_some(), "a code that is no character")?;
                chars.insert(c.unwrap_or_default(), id);
            }
        }
        let atoms = Atoms::take(tables, vocab.id_bound())?;
        Ok(Self::with_tables(vocab, options, alphabet, (bytes, chars, atoms)))
    }

    /// Under `Bytes`, whether every byte is a symbol that looks the same everywhere.
    pub(crate) fn has_plain_bytes(&self) -> bool {
        self.alphabet == Alphabet::Bytes && self.places == 0 && !self.bytes[0].contains(&NO_ID)
    }

    /// Under `Bytes`, the symbols of bytes inside a piece.
    pub(crate) fn byte_ids(&self) -> &[u32; 256] {
        &self.bytes[self.place(false, false)]
    }

    /// Characters that start as one symbol.
    pub(crate) fn atoms(&self) -> &Atoms {
        &self.atoms
    }

    /// Whether characters have affixes.
    pub(crate) fn has_affixes(&self) -> bool {
        self.places != 0
    }

    /// The id of the unknown token, if the file names one that is in the vocabulary.
    pub(crate) fn unk(&self) -> Option<u32> {
        self.unk.filter(|&id| id != NO_ID)
    }

    /// Ids of the tokens that stand for a byte of something unknown.
    pub(crate) fn fallback_ids(&self) -> impl Iterator<Item = u32> {
        self.fallback.iter().flat_map(|ids| ids.iter().copied()).filter(|&id| id != NO_ID)
    }

    /// The token of each byte of something unknown, `NO_ID` where there is none.
    pub(crate) fn fallback(&self) -> Option<&[u32; 256]> {
        self.fallback.as_deref()
    }

    /// All symbols that are no fallback, with the bytes of the text each stands for.
    pub(crate) fn each_symbol(&self, mut symbol: impl FnMut(u32, u32)) {
        for place in 0..PLACES {
            for &id in self.bytes[place].iter().filter(|&&id| id != NO_ID) {
                symbol(id, 1);
            }
            self.chars[place].for_each(|c, id| symbol(id, c.len_utf8() as u32));
        }
    }

    fn place(&self, first: bool, last: bool) -> Place {
        place(!first, last) & self.places
    }

    /// Whether a character of several that make a piece is a symbol; under `Bytes` ask [`Speller::knows_bytes`].
    #[inline]
    pub(crate) fn knows(&self, c: char, ends: Ends) -> bool {
        self.chars[self.place(ends.first, ends.last)].get(c) != NO_ID
    }

    /// Under `Characters`, the symbol of a character that is alone; `NO_ID` if it is unknown.
    pub(crate) fn id(&self, c: char) -> u32 {
        self.chars[0].get(c)
    }

    /// Under `Bytes`, whether all bytes of a piece or a part of one are symbols.
    pub(crate) fn knows_bytes(&self, word: &str, ends: Ends) -> bool {
        let inner = &self.bytes[self.place(false, false)];
        let (Some((&first, _)), Some((&last, rest))) = (word.as_bytes().split_first(), word.as_bytes().split_last())
        else {
            return true;
        };
        let is_one = rest.is_empty();
        self.bytes[self.place(ends.first, is_one && ends.last)][first as usize] != NO_ID
            && (is_one || self.bytes[self.place(false, ends.last)][last as usize] != NO_ID)
            && rest.iter().skip(1).all(|&b| inner[b as usize] != NO_ID)
    }

    /// Append the symbols of a whole piece with none of them merged, not even the bytes of a character.
    pub(crate) fn spell_apart(&self, word: &str, symbols: &mut Symbols) -> Result<bool> {
        if self.alphabet == Alphabet::Bytes && self.knows_bytes(word, Ends::BOTH) {
            self.known_bytes(word, Ends::BOTH, 0, symbols);
            return Ok(true);
        }
        self.spell(word, Ends::BOTH, symbols)
    }

    /// Append the symbols of a piece or of a part of it. Returns whether all of it is known, or falls back to bytes in
    /// order.
    pub(crate) fn spell(&self, word: &str, ends: Ends, symbols: &mut Symbols) -> Result<bool> {
        match self.alphabet {
            Alphabet::Bytes if self.knows_bytes(word, ends) => {
                // If the last byte has the suffix, the last character stays bytes.
                let suffixed = ends.last && self.places & SUFFIXED != 0;
                let last = if suffixed { word.char_indices().next_back().map(|(at, _)| at) } else { None };
                self.known_bytes(word, ends, last.unwrap_or(word.len()), symbols);
                Ok(true)
            }
            // Here lengths count bytes of the letters, as in the reference; the caller translates them.
            Alphabet::Bytes => {
                let letters = word.bytes().map(|b| (BYTE_LETTERS[b as usize], self.byte_ids_of(b)));
                self.units(letters, ends, symbols)?;
                Ok(false)
            }
            Alphabet::Characters => self.characters(word, ends, symbols),
        }
    }

    /// Characters stay bytes from `bytes_from` on.
    pub(crate) fn known_bytes(&self, word: &str, ends: Ends, bytes_from: usize, symbols: &mut Symbols) {
        if word.is_empty() {
            return;
        }
        let inner = &self.bytes[self.place(false, false)];
        let from = symbols.ids.len();
        if word.is_ascii() {
            symbols.ids.extend(word.bytes().map(|b| inner[b as usize]));
            symbols.lens.resize(from + word.len(), 1);
        } else {
            self.atoms.symbols(word, bytes_from, inner, symbols);
        }
        if self.places == 0 {
            return;
        }
        let (bytes, end) = (word.as_bytes(), symbols.ids.len() - 1);
        if ends.last {
            symbols.ids[end] = self.bytes[self.place(false, true)][bytes[bytes.len() - 1] as usize];
        }
        if ends.first && self.places & PREFIXED != 0 || word.len() == 1 {
            symbols.ids[from] = self.bytes[self.place(ends.first, word.len() == 1 && ends.last)][bytes[0] as usize];
        }
    }

    fn byte_ids_of(&self, byte: u8) -> impl Fn(Place) -> u32 + '_ {
        move |place| self.bytes[place][byte as usize]
    }

    /// One symbol a character, the common case first: everything is known and looks the same everywhere.
    fn characters(&self, word: &str, ends: Ends, symbols: &mut Symbols) -> Result<bool> {
        if self.places == 0 {
            let (from, table) = (symbols.ids.len(), &self.chars[0]);
            let mut unknown = false;
            for c in word.chars() {
                let id = table.get(c);
                unknown |= id == NO_ID;
                symbols.push(id, c.len_utf8() as u32);
            }
            if !unknown {
                return Ok(true);
            }
            symbols.truncate(from);
        }
        self.units(word.chars().map(|c| (c, move |place: Place| self.chars[place].get(c))), ends, symbols)
    }

    /// One symbol a unit; what is unknown falls back to bytes, or to the unknown token, or is dropped. Returns whether
    /// nothing was unknown or dropped.
    fn units<F: Fn(Place) -> u32>(
        &self,
        units: impl Iterator<Item = (char, F)>,
        ends: Ends,
        symbols: &mut Symbols,
    ) -> Result<bool> {
        let mut pending: Option<(u32, u32)> = None;
        let mut plain = true;
        let mut units = units.peekable();
        let mut first = ends.first;
        while let Some((c, id)) = units.next() {
            let place = self.place(first, ends.last && units.peek().is_none());
            first = false;
            let (id, width) = (id(place), c.len_utf8() as u32);
            if id != NO_ID {
                if let Some((unk, len)) = pending.take() {
                    symbols.push(unk, len);
                }
                symbols.push(id, width);
            } else if self.fall_back(c, place, symbols) {
                // A pending unknown stays pending here, as in the reference. And bytes of affixes stand for nothing.
                plain &= pending.is_none() && place == 0;
            } else {
                plain = false;
                let Some(unk) = self.unknown()? else { continue };
                if let Some((_, len)) = pending.as_mut().filter(|_| self.fuse_unk) {
                    *len += width;
                } else if let Some((unk, len)) = pending.replace((unk, width)) {
                    symbols.push(unk, len);
                }
            }
        }
        if let Some((unk, len)) = pending {
            symbols.push(unk, len);
        }
        Ok(plain)
    }

    /// Push the `<0xNN>` of each byte of an unknown character and its affixes, if the file wants that and has them all.
    fn fall_back(&self, c: char, place: Place, symbols: &mut Symbols) -> bool {
        let Some(ids) = &self.fallback else { return false };
        let mut buffer = [0; 4];
        let (before, after) = affixes(place, &self.prefix, &self.suffix);
        let from = symbols.ids.len();
        for byte in before.bytes().chain(c.encode_utf8(&mut buffer).bytes()).chain(after.bytes()) {
            let id = ids[byte as usize];
            if id == NO_ID {
                symbols.truncate(from);
                return false;
            }
            symbols.push(id, 1);
        }
        true
    }

    fn unknown(&self) -> Result<Option<u32>> {
        match self.unk {
            Some(NO_ID) => Err(Error::vocabulary(format!(
                "the text has characters that are not in the vocabulary, and neither is the unknown token {:?}",
                self.unk_token
            ))),
            other => Ok(other),
        }
    }
}

fn place(prefixed: bool, suffixed: bool) -> Place {
    (if prefixed { PREFIXED } else { 0 }) | (if suffixed { SUFFIXED } else { 0 })
}

fn affixes<'a>(place: Place, prefix: &'a str, suffix: &'a str) -> (&'a str, &'a str) {
    (if place & PREFIXED == 0 { "" } else { prefix }, if place & SUFFIXED == 0 { "" } else { suffix })
}

/// The character that a token is between its affixes, if it is a single one.
fn one_char(token: &str, before: &str, after: &str) -> Option<char> {
    let inner = if before.is_empty() { token } else { token.strip_prefix(before)? };
    let mut chars = if after.is_empty() { inner } else { inner.strip_suffix(after)? }.chars();
    let c = chars.next()?;
    chars.next().is_none().then_some(c)
}

/// Ids of single characters: a table of the basic plane, and a map of the rest.
#[derive(Clone, Debug, Default)]
struct CharIds {
    basic: Vec<u32>,
    others: HashMap<char, u32>,
}

const BASIC: usize = 0x1_0000;

impl CharIds {
    fn insert(&mut self, c: char, id: u32) {
        if (c as usize) < BASIC {
            if self.basic.is_empty() {
                self.basic = vec![NO_ID; BASIC];
            }
            self.basic[c as usize] = id;
        } else {
            self.others.insert(c, id);
        }
    }

    /// The id of a character, `NO_ID` if it has none.
    #[inline]
    fn get(&self, c: char) -> u32 {
        match self.basic.get(c as usize) {
            Some(&id) => id,
            None => self.others.get(&c).copied().unwrap_or(NO_ID),
        }
    }

    fn for_each(&self, mut entry: impl FnMut(char, u32)) {
        for (c, &id) in (0u32..).zip(&self.basic).filter(|&(_, &id)| id != NO_ID) {
            entry(char::from_u32(c).expect("only characters were put in"), id);
        }
        let mut others: Vec<_> = self.others.iter().map(|(&c, &id)| (c, id)).collect();
        others.sort_unstable();
        for (c, id) in others {
            entry(c, id);
        }
    }
}
