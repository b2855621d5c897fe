//! Rewriting character by character: every character becomes a string of its own, whatever stands around it.

use super::lazy::{BLOCK, LazyBlocks};
use crate::byte_set::{ByteSet, Places};
use crate::text::{Aligned, Splice};

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate<'m> {
    /// It stays.
    Keep,
    /// This comes instead, which may be nothing.
    Become(&'m str),
    /// It depends on what stands around it.
    Depends,
}

/// Says what becomes of a character, writing into the string what comes instead of it: `None` if that depends.
pub(super) trait Rule: std::fmt::Debug + Clone {
    /// Write what comes instead of `c` into the empty string `out`; false if that depends on its neighbours.
    fn write(&self, c: char, out: &mut String) -> bool;
}

const KEEP: u32 = u32::MAX;
const DEPENDS: u32 = u32::MAX - 1;

/// The fates of 256 characters: `KEEP`, `DEPENDS`, or where in `texts` what comes instead is, and how long it is.
#[derive(Clone, Debug)]
struct Block {
    fates: [u32; BLOCK as usize],
    texts: String,
}

/// A rule with the table of what it said.
#[derive(Clone, Debug)]
pub(super) struct CharMap<R> {
    pub(super) rule: R,
    blocks: LazyBlocks<Block>,
    /// First bytes of the characters that may not stay as they are: all but some of ASCII.
    changing: ByteSet,
    /// The same without capitals, if what becomes of them is the small letter.
    stops: ByteSet,
    lowers: bool,
}

impl<R: Rule> CharMap<R> {
    pub(super) fn new(rule: R) -> Self {
        let none = ByteSet::new(|_| false);
        let mut map = Self { rule, blocks: LazyBlocks::new(), changing: none.clone(), stops: none, lowers: false };
        let small = |c: u8| map.fate(c as char) == Fate::Become((c.to_ascii_lowercase() as char).encode_utf8(&mut [0]));
        let lowers = (b'A'..=b'Z').all(small);
        let changes = |b: u8| b >= 0xC0 || b < 0x80 && map.fate(b as char) != Fate::Keep;
        let changing = ByteSet::new(changes);
        let stops = ByteSet::new(|b| changes(b) && !(lowers && b.is_ascii_uppercase()));
        (map.changing, map.stops) = (changing, stops);
        map.lowers = lowers;
        map
    }

    /// What becomes of a character.
    #[inline]
    pub(super) fn fate(&self, c: char) -> Fate<'_> {
        let block = self.blocks.get(c, |characters| self.fill(characters));
        match block.fates[(u32::from(c) % BLOCK) as usize] {
            KEEP => Fate::Keep,
            DEPENDS => Fate::Depends,
            place => Fate::Become(&block.texts[(place >> 8) as usize..][..(place & 255) as usize]),
        }
    }

    fn fill(&self, characters: &mut dyn Iterator<Item = char>) -> Block {
        let mut block = Block { fates: [KEEP; BLOCK as usize], texts: String::new() };
        let (mut text, mut own) = (String::new(), [0; 4]);
        for c in characters {
            text.clear();
            let fate = &mut block.fates[(u32::from(c) % BLOCK) as usize];
            if !self.rule.write(c, &mut text) || text.len() > 255 {
                *fate = DEPENDS;
            } else if text != *c.encode_utf8(&mut own) {
                *fate = (block.texts.len() as u32) << 8 | text.len() as u32;
                block.texts.push_str(&text);
            }
        }
        block
    }

    /// Which character of those at `places` is the next that does not stay: where it is, and what becomes of it.
    #[inline]
    fn find(&self, text: &str, places: &mut Places<'_>) -> Option<(usize, char, Fate<'_>)> {
        loop {
            let at = places.next();
            let c = text[at..].chars().next()?;
            match self.fate(c) {
                Fate::Keep => {}
                fate => return Some((at, c, fate)),
            }
        }
    }

    /// Whether every character stays.
    pub(super) fn is_identity(&self, text: &str) -> bool {
        self.next_change(text, 0).is_none()
    }

    /// The next character from byte `at` on that does not stay.
    #[inline]
    pub(super) fn next_change(&self, text: &str, at: usize) -> Option<(usize, char, Fate<'_>)> {
        self.find(text, &mut Places::new(&self.changing, text.as_bytes(), at))
    }

    /// The next character from byte `at` on that neither stays nor is a capital that becomes the small letter.
    #[inline]
    pub(super) fn next(&self, text: &str, at: usize) -> Option<(usize, char, Fate<'_>)> {
        self.find(text, &mut Places::new(&self.stops, text.as_bytes(), at))
    }

    /// Append a part of the source in which [`CharMap::next`] finds nothing.
    #[inline]
    pub(super) fn keep<const SPANS: bool>(
        &self,
        source: &Aligned<SPANS>,
        range: std::ops::Range<usize>,
        out: &mut Aligned<SPANS>,
    ) {
        let from = out.text.len();
        out.keep(source, range);
        if self.lowers {
            out.lowercase_ascii(from);
        }
    }

    /// Rewrite the text; what comes instead of a character stands for what the character stood for. False, and nothing
    /// done, if there is a character whose fate depends on others.
    pub(super) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) -> bool {
        let mut places = Places::new(&self.stops, text.text.as_bytes(), 0);
        let mut found = self.find(&text.text, &mut places);
        if found.is_none() {
            if self.lowers {
                text.lowercase_ascii(0);
            }
            return true;
        }
        let mut out = Splice::new(text);
        let keep = |out: &mut Splice<'_, SPANS>, from: usize, to: usize| {
            if self.lowers { out.keep_lowercase(from, to) } else { out.keep(from, to) }
        };
        let mut last = 0;
        while let Some((at, c, fate)) = found {
            let Fate::Become(instead) = fate else { return false };
            keep(&mut out, last, at);
            out.put(instead, at);
            last = at + c.len_utf8();
            found = self.find(&text.text, &mut places);
        }
        keep(&mut out, last, text.text.len());
        let out = out.finish();
        *text = out;
        true
    }
}

/// Append what came instead of a character; one character that is as long as its span goes on with its neighbours' run.
#[inline]
pub(super) fn push<const SPANS: bool>(out: &mut Aligned<SPANS>, text: &str, span: (u32, u32)) {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) => out.push(c, span),
        _ => out.push_str(text, span),
    }
}
