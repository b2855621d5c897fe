//! Cutting a piece of characters into parts that are likely to be met again, and putting their tokens together.
//!
//! A piece may be a whole text. It is cut where words, numbers and punctuation meet, before metaspaces, and where the
//! scripts without spaces fall apart. Each part is encoded by itself, mostly by the cache. Two facts make the result that
//! of the piece (`docs/design/bpe-merging.md`):
//!
//! - Between two characters that no token holds side by side, and before a metaspace if no token holds one after another
//!   character, nothing ever merges: such a cut is *certain*.
//! - Elsewhere the tokens on both sides of a cut are looked at: if these two, merged by themselves, stay as they are, so
//!   do all. If not, the parts are encoded as one, and the cut before them is looked at.
//!
//! # Performance notes
//! On English text a part is a word, and one cut in four is not certain; 99 in 100 of these hold. Without the second
//! kind of cuts source code has words of twenty characters, none of which is met twice.

use super::{Bpe, BpeScratch, METASPACE, NO_ID};
use crate::error::Result;
use crate::model::PieceTokens;
use crate::model::bpe::merge::merge_all;
use crate::model::bpe::symbols::Ends;
use crate::model::cache::{self, BUNDLE};
use crate::text::char_len;
use crate::vocab::Vocab;

/// How pieces may be cut.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    /// Nothing merges over the start of a metaspace that follows another character.
    pub(crate) at_metaspace: bool,
    /// Every character is known or falls back to bytes.
    pub(crate) all_known: bool,
    /// What is unknown becomes a token.
    pub(crate) keeps_unknown: bool,
    /// Tokens that no merge has as a part and that spell something else: unknown and fallback tokens.
    pub(crate) apart: Vec<u32>,
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct ChunkScratch {
    /// Parts since the last certain cut.
    run: Vec<Placed>,
    /// Where a run starts whose cuts do not hold: it is encoded as a whole when its end is known.
    glued: Option<(u32, u32)>,
    /// Where the piece starts.
    piece: u32,
    memo: PairMemo,
}

/// A part of a piece.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    start: u32,
    end: u32,
    /// Nothing merges over its start.
    certain: bool,
    /// Whether it is the first of its piece, and the last.
    ends: Ends,
    /// It is one character, and nothing merges over its ends.
    alone: bool,
}

/// A part whose tokens are there, and what was there before them.
#[derive(Clone, Copy, Debug)]
struct Placed {
    start: u32,
    ids: usize,
    base: u32,
}

/// ASCII of one class that is longer than words are.
const LONG_RUN: usize = 32;

/// Parts that were joined are not joined further beyond this many bytes; their run is then encoded as a whole.
const JOINED: u32 = 64;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Space,
    Other,
    Beyond,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Beyond; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            0..=b' ' | 127 => Class::Space,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

const SPACE: &[u8] = "▁".as_bytes();
const WIDTH: usize = SPACE.len();

impl Bpe {
    /// Encode pieces of one text in parts.
    pub(super) fn encode_chunks<const SPANS: bool>(
        &self,
        chunks: &Chunks,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let mut parts = [Part::default(); BUNDLE];
        let mut filled = 0;
        scratch.chunks.run.clear();
        scratch.chunks.glued = None;
        for &(start, end) in pieces {
            if self.options.ignore_merges
                && let Some(id) = self.whole_token(vocab, &text[start as usize..end as usize], &mut scratch.whole)
            {
                self.place_parts::<SPANS>(vocab, text, &parts[..filled], scratch, out)?;
                filled = 0;
                out.start_piece(start);
                out.push::<SPANS>(id, end - start);
                out.end_piece::<SPANS>(start, end);
                continue;
            }
            let (mut at, mut certain) = (start, true);
            while at < end {
                let (to, next_certain) = if (end - at) as usize <= cache::MAX_KEY {
                    (end, true)
                } else {
                    let (to, certain) = self.cut(chunks, text, at as usize, end as usize);
                    (to as u32, certain)
                };
                let alone = certain && next_certain && (to - at) as usize == char_len(text.as_bytes()[at as usize]);
                parts[filled] =
                    Part { start: at, end: to, certain, ends: Ends { first: at == start, last: to == end }, alone };
                (at, certain) = (to, next_certain);
                filled += 1;
                if filled == BUNDLE {
                    self.place_parts::<SPANS>(vocab, text, &parts, scratch, out)?;
                    filled = 0;
                }
            }
        }
        self.place_parts::<SPANS>(vocab, text, &parts[..filled], scratch, out)
    }

    /// Where the part that starts here ends, and whether nothing merges over that.
    fn cut(&self, chunks: &Chunks, text: &str, start: usize, end: usize) -> (usize, bool) {
        let bytes = &text.as_bytes()[..end];
        let mut at = start;
        while bytes[at..].starts_with(SPACE) {
            at += WIDTH;
        }
        if at == end {
            return (end, true);
        }
        if at - start > WIDTH && self.may_cut(chunks, METASPACE, METASPACE) {
            // The last metaspace of several goes with the word.
            return (at - WIDTH, false);
        }
        loop {
            let class = CLASSES[bytes[at] as usize];
            let before = if class == Class::Beyond {
                let c = text[at..].chars().next().unwrap_or_default();
                at += c.len_utf8();
                c
            } else {
                let from = at;
                let near = end.min(from + LONG_RUN);
                if class == Class::Letter {
                    at = skip_letters(&bytes[..near], at);
                }
                while at < near && CLASSES[bytes[at] as usize] == class {
                    at += 1;
                }
                if at == from + LONG_RUN {
                    // No word: what is certain inside it is worth a cut.
                    at = from + 1;
                    while at < end && CLASSES[bytes[at] as usize] == class {
                        let (before, after) = (bytes[at - 1], bytes[at]);
                        if self.cuts.parts_ascii(before, after) && self.may_cut(chunks, before.into(), after.into()) {
                            return (at, true);
                        }
                        at += 1;
                    }
                }
                char::from(bytes[at - 1])
            };
            if at == end {
                return (end, true);
            }
            let next_class = CLASSES[bytes[at] as usize];
            let after = match next_class {
                Class::Beyond => text[at..].chars().next().unwrap_or_default(),
                _ => char::from(bytes[at]),
            };
            let certain = (after == METASPACE && before != METASPACE && chunks.at_metaspace)
                || self.cuts.parts(before, after, false);
            // Inside a run of characters beyond ASCII only certain cuts are worth their price.
            let worth = certain || after == METASPACE || class != Class::Beyond || next_class != Class::Beyond;
            if worth && self.may_cut(chunks, before, after) {
                return (at, certain);
            }
        }
    }

    /// Whether both sides of a cut have the symbols they have in the whole: unknown characters may be joined or dropped.
    fn may_cut(&self, chunks: &Chunks, before: char, after: char) -> bool {
        let knows = |c| self.speller.knows(c, Ends::BOTH);
        chunks.all_known
            || if chunks.keeps_unknown { knows(before) || knows(after) } else { knows(before) && knows(after) }
    }

    /// Encode parts that follow one another (but for starts of pieces), and check the cuts between them.
    fn place_parts<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        parts: &[Part],
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        // All cache lines are asked for before the first is needed.
        let mut keys = [(0u128, 0usize); BUNDLE];
        let mut touched = 0;
        for (slot, part) in keys.iter_mut().zip(parts) {
            let key = if part.alone { 0 } else { key(text, (part.start, part.end)).unwrap_or(0) };
            let (set, first) = scratch.cache.touch(key);
            touched ^= first;
            *slot = (key, set);
        }
        std::hint::black_box(touched);
        for (&part, &keyed) in parts.iter().zip(&keys) {
            let span = (part.start, part.end);
            if part.certain {
                self.end_run::<SPANS>(text, scratch, out)?;
            }
            if part.ends.first {
                scratch.chunks.piece = part.start;
                out.start_piece(part.start);
            }
            if part.alone && self.character::<SPANS>(&text[span.0 as usize..], out) {
                // No cut is looked at on either side of it.
            } else if let Some(glued) = &mut scratch.chunks.glued {
                glued.1 = part.end;
            } else {
                let placed = Placed { start: part.start, ids: out.ids.len(), base: out.base };
                self.append::<SPANS>(text, span, keyed, scratch, out)?;
                if part.certain || self.holds(vocab, placed.ids, scratch, out) {
                    scratch.chunks.run.push(placed);
                } else {
                    self.join::<SPANS>(vocab, text, placed, part.end, scratch, out)?;
                }
            }
            if part.ends.last {
                self.end_run::<SPANS>(text, scratch, out)?;
                out.end_piece::<SPANS>(scratch.chunks.piece, part.end);
            }
        }
        Ok(())
    }

    /// Append the tokens of the character a text begins with, which merges with none: its own, or those of its bytes.
    #[inline]
    fn character<const SPANS: bool>(&self, text: &str, out: &mut PieceTokens) -> bool {
        let Some(c) = text.chars().next() else { return false };
        let id = self.speller.id(c);
        if id != NO_ID {
            out.push::<SPANS>(id, c.len_utf8() as u32);
            return true;
        }
        let Some(ids) = self.speller.fallback() else { return false };
        let bytes = &text.as_bytes()[..c.len_utf8()];
        if bytes.iter().any(|&byte| ids[byte as usize] == NO_ID) {
            return false;
        }
        for &byte in bytes {
            out.push::<SPANS>(ids[byte as usize], 1);
        }
        true
    }

    /// Append the tokens of a part, from the cache if it is there (its key is 0 if it is too long).
    #[inline]
    fn append<const SPANS: bool>(
        &self,
        text: &str,
        (start, end): (u32, u32),
        (key, set): (u128, usize),
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let found = if key == 0 { None } else { scratch.cache.get_in(set, key) };
        if let Some(found) = &found {
            if !SPANS && !found.is_long() {
                let at = out.ids.len();
                out.ids.extend_from_slice(&found.all());
                out.ids.truncate(at + found.len());
                return Ok(());
            }
            let ids = scratch.cache.ids(found);
            if !SPANS {
                out.ids.extend_from_slice(ids);
                return Ok(());
            }
            if self.place(ids, out) {
                return Ok(());
            }
        }
        let from = out.ids.len();
        let part = &text[start as usize..end as usize];
        self.merge_part::<SPANS>(part, Ends::BOTH, scratch, out)?;
        if key != 0 && found.is_none() {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    /// Encode a run as a whole whose cuts did not hold, and begin a new one.
    #[inline]
    fn end_run<const SPANS: bool>(&self, text: &str, scratch: &mut BpeScratch, out: &mut PieceTokens) -> Result<()> {
        scratch.chunks.run.clear();
        if let Some((start, end)) = scratch.chunks.glued.take() {
            self.merge_part::<SPANS>(&text[start as usize..end as usize], Ends::BOTH, scratch, out)?;
        }
        Ok(())
    }

    /// Encode the last part together with those before it, as many as it takes.
    #[cold]
    fn join<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        mut placed: Placed,
        end: u32,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        while let Some(before) = scratch.chunks.run.pop() {
            placed = before;
            if end - placed.start > JOINED {
                placed = scratch.chunks.run.first().copied().unwrap_or(placed);
                scratch.chunks.run.clear();
                scratch.chunks.glued = Some((placed.start, end));
                out.truncate::<SPANS>(placed.ids, placed.base);
                return Ok(());
            }
            out.truncate::<SPANS>(placed.ids, placed.base);
            let key = key(text, (placed.start, end)).unwrap_or(0);
            let (set, _) = scratch.cache.touch(key);
            self.append::<SPANS>(text, (placed.start, end), (key, set), scratch, out)?;
            if scratch.chunks.run.is_empty() || self.holds(vocab, placed.ids, scratch, out) {
                break;
            }
        }
        scratch.chunks.run.push(placed);
        Ok(())
    }

    /// Whether the tokens on both sides of the cut before the token at `at` stay apart.
    #[inline]
    fn holds(&self, vocab: &Vocab, at: usize, scratch: &mut BpeScratch, out: &PieceTokens) -> bool {
        let (Some(&left), Some(&right)) = (at.checked_sub(1).and_then(|i| out.ids.get(i)), out.ids.get(at)) else {
            return true;
        };
        match scratch.chunks.memo.get(left, right) {
            Some(holds) => holds,
            None => self.stay_apart(vocab, left, right, scratch),
        }
    }

    #[cold]
    fn stay_apart(&self, vocab: &Vocab, left: u32, right: u32, scratch: &mut BpeScratch) -> bool {
        let special = self.chunks.as_ref().is_some_and(|c| c.apart.contains(&left) || c.apart.contains(&right));
        let apart = special || {
            let BpeScratch { merge, symbols, .. } = scratch;
            symbols.clear();
            for token in [left, right] {
                for c in vocab.token(token).unwrap_or_default().chars() {
                    symbols.push(self.speller.id(c), 1);
                }
            }
            merge_all(&self.pairs, symbols, merge);
            symbols.ids == [left, right]
        };
        scratch.chunks.memo.insert(left, right, apart);
        apart
    }
}

/// Behind ASCII letters, eight bytes at a time; some may be left if the text ends.
#[inline]
fn skip_letters(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    while let Some(word) = bytes.get(at..at + 8).and_then(|eight| eight.first_chunk()) {
        let word = u64::from_le_bytes(*word);
        // In seven bits a byte nothing carries over: the high bit is set from `a` on, and from behind `z` on.
        let lower = (word & !HIGH) | (0x20 * ONES);
        let (from_a, behind_z) = (lower + (0x80 - 0x61) * ONES, lower + (0x80 - 0x7B) * ONES);
        let others = (word | !from_a | behind_z) & HIGH;
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}

/// The key of a part: its bytes; of many metaspaces their number.
#[inline]
fn key(text: &str, (start, end): (u32, u32)) -> Option<u128> {
    let (start, end) = (start as usize, end as usize);
    if let Some(key) = cache::key(text.as_bytes(), start, end) {
        return Some(cache::part_key(key, (false, false)));
    }
    let spaces = text.as_bytes()[start..end].chunks(WIDTH);
    // No other key has a length of zero.
    (spaces.len() <= SPACES && spaces.into_iter().all(|space| space == SPACE))
        .then(|| cache::part_key((end - start) as u128, (true, true)))
}

/// Up to this many metaspaces in a row are remembered.
const SPACES: usize = 80;

/// Pairs of tokens, and whether they stay apart: a table in which a pair has one place.
#[derive(Debug, Default)]
struct PairMemo {
    slots: Vec<(u64, bool)>,
}

const SLOTS: usize = 1 << 14;
const FREE: (u64, bool) = ((NO_ID as u64) << 32 | NO_ID as u64, false);

impl PairMemo {
    fn slot(pair: u64) -> usize {
        (pair.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50) as usize
    }

    #[inline]
    fn get(&self, left: u32, right: u32) -> Option<bool> {
        let pair = u64::from(left) << 32 | u64::from(right);
        self.slots.get(Self::slot(pair)).filter(|slot| slot.0 == pair).map(|slot| slot.1)
    }

    fn insert(&mut self, left: u32, right: u32, apart: bool) {
        if self.slots.is_empty() {
            self.slots = vec![FREE; SLOTS];
        }
        let pair = u64::from(left) << 32 | u64::from(right);
        self.slots[Self::slot(pair)] = (pair, apart);
    }
}
