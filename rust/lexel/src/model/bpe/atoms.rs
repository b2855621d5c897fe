//! Characters that may start as one symbol instead of as their bytes.
//!
//! Under the byte-level alphabet a character of three bytes is three symbols, and nearly always the first merges that
//! happen make it one again. Where that is certain, encoding starts from the character. It is certain for a character
//! c whose bytes merge to one token t, with r the highest rank among these merges, if
//!
//! 1. every merge that joins an unfinished start of c to what stands before it has a rank above r,
//! 2. every merge that joins an unfinished end of c to what stands after it has a rank above r,
//! 3. every merge that has t as a part has a rank above r.
//!
//! As long as c is unfinished, one of its own merges is possible and has a rank of at most r, so by 1 and 2 nothing
//! crosses its borders before it is finished. And by 3 no merge that starting from t makes possible early is chosen
//! before those that come first anyway. `docs/design/bpe-merging.md` has the proof at length. What "before" and "after"
//! may be is known at use (ASCII, or another multibyte character), so both cases are kept apart.

use hashbrown::HashMap;

use super::letters::letter_byte;
use super::merge::Symbols;
use super::pairs::{Join, Pairs};
use super::{BpeOptions, NO_ID};
use crate::compiled::{Tables, Writer, ensure, ensure_ids};
use crate::error::Result;
use crate::vocab::Vocab;

/// Ids of certain characters, with where they are certain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Atoms {
    /// By code point, for the basic multilingual plane.
    basic: Vec<Atom>,
    others: HashMap<u32, Atom>,
}

#[derive(Clone, Copy, Debug)]
struct Atom {
    id: u32,
    sides: u8,
}

const NONE: Atom = Atom { id: NO_ID, sides: 0 };
const AFTER_ASCII: u8 = 1;
const AFTER_OTHERS: u8 = 2;
const BEFORE_ASCII: u8 = 4;
const BEFORE_OTHERS: u8 = 8;
const BASIC: u32 = 0x1_0000;
/// Bytes of the longest spelling of a character: four letters of at most two bytes each.
const LONGEST: usize = 8;

/// The lowest ranks of the merges a token is part of.
#[derive(Clone, Copy)]
struct Uses {
    /// As the right part: of a left part that ends in ASCII, or in another byte.
    after: [u32; 2],
    /// As the left part: of a right part that starts with ASCII, or with another byte.
    before: [u32; 2],
}

impl Atoms {
    pub(crate) fn new(
        vocab: &Vocab,
        pairs: &Pairs,
        joins: &[Join],
        options: &BpeOptions,
        byte_ids: &[u32; 256],
    ) -> Self {
        let uses = uses(vocab, joins);
        let mut atoms = Self::default();
        let mut bytes = Vec::new();
        for (token, id) in vocab.short_entries(LONGEST).filter(|&(_, id)| !options.is_special(id)) {
            let Some(c) = one_character(token, &mut bytes) else { continue };
            let sides = certain_sides(&bytes, id, pairs, byte_ids, &uses);
            if sides == 0 {
                continue;
            }
            atoms.insert(c as u32, Atom { id, sides });
        }
        atoms
    }

    fn insert(&mut self, code: u32, atom: Atom) {
        if code < BASIC {
            if self.basic.is_empty() {
                self.basic = vec![NONE; BASIC as usize];
            }
            self.basic[code as usize] = atom;
        } else {
            self.others.insert(code, atom);
        }
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        let basic = (0..).zip(&self.basic).filter(|(_, atom)| atom.sides != 0);
        let mut all: Vec<(u32, Atom)> = basic.map(|(code, &atom)| (code, atom)).collect();
        all.extend(self.others.iter().map(|(&code, &atom)| (code, atom)));
        all.sort_unstable_by_key(|&(code, _)| code);
        out.u32s(&all.iter().map(|&(code, atom)| code << 4 | u32::from(atom.sides)).collect::<Vec<_>>());
        out.u32s(&all.iter().map(|(_, atom)| atom.id).collect::<Vec<_>>());
    }

    pub(crate) fn take(tables: &mut Tables, id_bound: u32) -> Result<Self> {
        let (codes, ids) = (tables.u32s()?, tables.u32s()?);
        ensure(codes.len() == ids.len(), "characters without ids")?;
        ensure_ids(&ids, id_bound, None)?;
        let mut atoms = Self::default();
        for (code, id) in codes.into_iter().zip(ids) {
            atoms.insert(code >> 4, Atom { id, sides: code as u8 & 15 });
        }
        Ok(atoms)
    }

    #[inline]
    fn get(&self, c: char) -> Atom {
        let code = c as u32;
        if let Some(&atom) = self.basic.get(code as usize) {
            return atom;
        }
        self.others.get(&code).copied().unwrap_or(NONE)
    }

    /// The symbol that a character becomes which stands alone, if that is certain.
    #[inline]
    pub(crate) fn alone(&self, c: char) -> u32 {
        self.get(c).id
    }

    /// The symbols of a word all of whose bytes are known: characters where they are certain, bytes elsewhere and from
    /// `bytes_from` on.
    pub(crate) fn symbols(&self, word: &str, bytes_from: usize, byte_ids: &[u32; 256], symbols: &mut Symbols) {
        let mut sides = Sides::default();
        for (at, c) in word.char_indices() {
            if at < bytes_from {
                let next = word.as_bytes().get(at + c.len_utf8());
                self.push(c, &mut sides, next, byte_ids, symbols);
            } else {
                push_bytes(c, byte_ids, symbols);
            }
        }
    }

    /// Append the symbols of a character that stands before this byte, or ends its word.
    #[inline]
    fn push(&self, c: char, sides: &mut Sides, next: Option<&u8>, byte_ids: &[u32; 256], symbols: &mut Symbols) {
        if c.is_ascii() {
            symbols.push(byte_ids[c as usize], 1);
            sides.before = AFTER_ASCII;
            return;
        }
        let after = match next {
            None => BEFORE_ASCII | BEFORE_OTHERS,
            Some(byte) if byte.is_ascii() => BEFORE_ASCII,
            Some(_) => BEFORE_OTHERS,
        };
        let atom = self.get(c);
        if atom.sides & sides.before != 0 && atom.sides & after != 0 {
            symbols.push(atom.id, c.len_utf8() as u32);
        } else {
            push_bytes(c, byte_ids, symbols);
        }
        sides.before = AFTER_OTHERS;
    }
}

/// What stands before a character.
#[derive(Clone, Copy, Debug)]
struct Sides {
    before: u8,
}

impl Default for Sides {
    /// Nothing: the character begins its word.
    fn default() -> Self {
        Self { before: AFTER_ASCII | AFTER_OTHERS }
    }
}

fn push_bytes(c: char, byte_ids: &[u32; 256], symbols: &mut Symbols) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        symbols.push(byte_ids[byte as usize], 1);
    }
}

/// The character a token spells in byte-level letters, if it is a single one of several bytes.
fn one_character(token: &str, bytes: &mut Vec<u8>) -> Option<char> {
    bytes.clear();
    if letter_byte(token.chars().next()?)?.is_ascii() {
        return None;
    }
    for letter in token.chars() {
        bytes.push(letter_byte(letter)?);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let mut chars = text.chars();
    let c = chars.next().filter(|c| !c.is_ascii())?;
    chars.next().is_none().then_some(c)
}

/// The uses of tokens that are characters or parts of them: of others nobody asks.
fn uses(vocab: &Vocab, joins: &[Join]) -> Vec<Uses> {
    let free = Uses { after: [u32::MAX; 2], before: [u32::MAX; 2] };
    let mut uses = vec![free; vocab.id_bound() as usize];
    let is_ascii = |letter: Option<char>| letter.and_then(letter_byte).is_none_or(|byte| byte < 0x80);
    let mut asked = vec![false; uses.len()];
    for (token, id) in vocab.short_entries(LONGEST) {
        asked[id as usize] |= !is_ascii(token.chars().next());
    }
    for &(left, right, merge) in joins {
        if asked[right as usize] {
            let ends_ascii = is_ascii(vocab.token(left).and_then(|t| t.chars().next_back()));
            let after = &mut uses[right as usize].after[usize::from(!ends_ascii)];
            *after = (*after).min(merge.rank);
        }
        if asked[left as usize] {
            let starts_ascii = is_ascii(vocab.token(right).and_then(|t| t.chars().next()));
            let before = &mut uses[left as usize].before[usize::from(!starts_ascii)];
            *before = (*before).min(merge.rank);
        }
    }
    uses
}

/// Merge the bytes of a character by themselves and look at what could interfere.
fn certain_sides(bytes: &[u8], id: u32, pairs: &Pairs, byte_ids: &[u32; 256], uses: &[Uses]) -> u8 {
    let mut parts: Vec<u32> = bytes.iter().map(|&b| byte_ids[b as usize]).collect();
    if parts.contains(&NO_ID) {
        return 0;
    }
    let mut highest = 0;
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    while parts.len() > 1 {
        starts.push(parts[0]);
        ends.push(parts[parts.len() - 1]);
        let found = parts.windows(2).enumerate().filter_map(|(i, p)| Some((pairs.get(p[0], p[1])?, i)));
        let Some((merge, at)) = found.min_by_key(|(merge, i)| (merge.rank, *i)) else { return 0 };
        highest = highest.max(merge.rank);
        parts[at] = merge.id;
        parts.remove(at + 1);
    }
    if parts[0] != id {
        return 0;
    }
    let own = uses[id as usize];
    if own.after.into_iter().chain(own.before).any(|rank| rank <= highest) {
        return 0;
    }
    let mut sides = 0;
    for (case, flags) in [(0, (AFTER_ASCII, BEFORE_ASCII)), (1, (AFTER_OTHERS, BEFORE_OTHERS))] {
        if starts.iter().all(|&part| uses[part as usize].after[case] > highest) {
            sides |= flags.0;
        }
        if ends.iter().all(|&part| uses[part as usize].before[case] > highest) {
            sides |= flags.1;
        }
    }
    sides
}
