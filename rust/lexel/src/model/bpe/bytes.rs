//! Pieces under the byte-level alphabet all of whose bytes are symbols, which is every piece of nearly every vocabulary.
//!
//! Words of ASCII merge as they are. Others fall apart where nothing merges (`cuts.rs`): scripts without spaces into parts
//! of two or three characters, which are met again and again where the piece is not. So parts go through the cache, all of
//! them asked for before the first is needed. A character that is a part by itself is a symbol already (`atoms.rs`).

use super::merge::merge_all;
use super::pairs::{Merges, NO_RANK, Pairs, Quick};
use super::short::SHORT;
use super::symbols::{Ends, Speller};
use super::{Bpe, BpeScratch, NO_ID};
use crate::model::PieceTokens;
use crate::model::cache::{self, BUNDLE, PieceCache};

/// A part of a piece that is encoded alone.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    start: u32,
    end: u32,
    /// The token, if it is known without looking.
    id: u32,
    /// Where it is in the cache, if it is there; 0 if it is too long.
    key: u128,
    set: usize,
}

impl Bpe {
    /// The table of merges, if every byte is a symbol that looks the same everywhere.
    #[inline]
    pub(super) fn quick(&self) -> Option<Quick<'_>> {
        if self.byte_entries.is_empty() { None } else { self.pairs.quick() }
    }

    /// Encode a piece all of whose bytes are symbols, part by part where it falls apart.
    pub(super) fn encode_bytes<const SPANS: bool>(
        &self,
        word: &str,
        pairs: &Quick<'_>,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) {
        if word.is_ascii() {
            self.encode_ascii::<SPANS>(word, pairs, scratch, out);
            return;
        }
        if word.len() <= cache::MAX_KEY {
            // The word will be remembered itself.
            self.merge_bytes::<SPANS>(word, pairs, scratch, out);
            return;
        }
        let mut parts = [Part::default(); BUNDLE];
        let (mut filled, mut start) = (0, 0);
        let mut before: Option<char> = None;
        for (at, c) in word.char_indices() {
            if let Some(before) = before.replace(c)
                && self.cuts.parts(before, c, true)
            {
                parts[filled] = self.part(word, (start, at), before, &scratch.cache);
                start = at;
                filled += 1;
                if filled == BUNDLE {
                    self.place_bytes::<SPANS>(word, &parts, pairs, scratch, out);
                    filled = 0;
                }
            }
        }
        if start == 0 {
            self.merge_bytes::<SPANS>(word, pairs, scratch, out);
            return;
        }
        parts[filled] = self.part(word, (start, word.len()), before.unwrap_or_default(), &scratch.cache);
        self.place_bytes::<SPANS>(word, &parts[..=filled], pairs, scratch, out);
    }

    /// Encode a piece of ASCII. Its parts are no words, so they are not remembered.
    fn encode_ascii<const SPANS: bool>(
        &self,
        word: &str,
        pairs: &Quick<'_>,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) {
        let bytes = word.as_bytes();
        let mut start = 0;
        while start < bytes.len() {
            let mut end = bytes.len();
            if end - start > SHORT {
                let cut = |pair: &[u8]| self.cuts.parts_ascii(pair[0], pair[1]);
                end = bytes[start..].windows(2).position(cut).map_or(end, |at| start + at + 1);
            }
            let part = &bytes[start..end];
            if part.len() <= SHORT {
                let short = &mut scratch.short;
                short.start_bytes(part, self.speller.byte_ids());
                short.merge_bytes(pairs, part, &self.byte_entries);
                short.each(|id, len| out.push::<SPANS>(id, len));
            } else {
                self.merge_bytes::<SPANS>(&word[start..end], pairs, scratch, out);
            }
            start = end;
        }
    }

    /// A part of a piece that ends in this character. Its cache line is asked for.
    #[inline]
    fn part(&self, word: &str, (start, end): (usize, usize), last: char, cache: &PieceCache) -> Part {
        let mut part = Part { start: start as u32, end: end as u32, id: NO_ID, ..Part::default() };
        if end - start == last.len_utf8() {
            part.id = self.speller.atoms().alone(last);
        }
        if part.id == NO_ID {
            part.key = cache::key(word.as_bytes(), start, end).map_or(0, |key| cache::part_key(key, (false, false)));
            let (set, touched) = cache.touch(part.key);
            std::hint::black_box(touched);
            part.set = set;
        }
        part
    }

    /// Append the tokens of parts of a piece.
    fn place_bytes<const SPANS: bool>(
        &self,
        word: &str,
        parts: &[Part],
        pairs: &Quick<'_>,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) {
        for part in parts {
            if part.id != NO_ID {
                out.push::<SPANS>(part.id, part.end - part.start);
                continue;
            }
            if part.key != 0
                && let Some(found) = scratch.cache.get_in(part.set, part.key)
            {
                if SPANS {
                    if self.place(scratch.cache.ids(&found), out) {
                        continue;
                    }
                } else if found.is_long() {
                    out.ids.extend_from_slice(scratch.cache.ids(&found));
                    continue;
                } else {
                    let at = out.ids.len();
                    out.ids.extend_from_slice(&found.all());
                    out.ids.truncate(at + found.len());
                    continue;
                }
            }
            let from = out.ids.len();
            self.merge_bytes::<SPANS>(&word[part.start as usize..part.end as usize], pairs, scratch, out);
            if part.key != 0 {
                scratch.cache.insert(part.key, &out.ids[from..]);
            }
        }
    }

    /// Merge what is not cut, all of whose bytes are symbols.
    fn merge_bytes<const SPANS: bool>(
        &self,
        word: &str,
        pairs: &Quick<'_>,
        scratch: &mut BpeScratch,
        out: &mut PieceTokens,
    ) {
        let BpeScratch { merge, symbols, short, .. } = scratch;
        symbols.clear();
        self.speller.known_bytes(word, Ends::BOTH, word.len(), symbols);
        match (symbols.ids.as_slice(), symbols.lens.as_slice()) {
            (&[left, right], &[len, more]) => {
                let entry = pairs.entry(left, right);
                if entry == NO_RANK {
                    out.push::<SPANS>(left, len);
                    out.push::<SPANS>(right, more);
                } else {
                    out.push::<SPANS>(pairs.made(entry), len + more);
                }
            }
            (ids, lens) if ids.len() <= SHORT => {
                short.start(ids, lens);
                short.merge(pairs);
                short.each(|id, len| out.push::<SPANS>(id, len));
            }
            _ => {
                merge_all(&self.pairs, symbols, merge);
                for (&id, &len) in symbols.ids.iter().zip(&symbols.lens) {
                    out.push::<SPANS>(id, len);
                }
            }
        }
    }
}

/// The entry of every two bytes in a table of merges; nothing if not every byte is a symbol that looks the same everywhere.
pub(super) fn byte_entries(pairs: &Pairs, speller: &Speller) -> Vec<u32> {
    let Some(pairs) = pairs.quick().filter(|_| speller.has_plain_bytes()) else { return Vec::new() };
    let ids = speller.byte_ids();
    ids.iter().flat_map(|&left| ids.iter().map(move |&right| pairs.entry(left, right))).collect()
}
