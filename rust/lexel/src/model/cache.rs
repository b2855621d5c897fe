//! Pieces met before: a bounded table from the exact bytes of a short piece to its ids.
//!
//! A slot is half a cache line: 16 bytes of key (up to 15 bytes and their number, not counting a metaspace before them
//! where there is no room for it), up to four ids. Two slots share a set; a new piece overwrites the second, and a piece
//! found there moves to the first. Nothing is ever looked up by hash alone.

use crate::error::Result;
use crate::model::PieceTokens;

/// One piece and its ids.
#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u128,
    ids: [u32; 4],
}

/// Pieces of at most this many bytes have a key.
pub(crate) const MAX_KEY: usize = 15;
const IDS: usize = 4;
/// Pieces in a bundle.
pub(crate) const BUNDLE: usize = 64;
/// 2^16 sets of two slots of 32 bytes: four megabytes. With half of that a third more pieces of a book are met in vain.
const SET_BITS: u32 = 16;
const SETS: usize = 1 << SET_BITS;
const UNUSED: u32 = u32::MAX;
/// In the last place of a slot: the first two places say where the ids are and how many.
const LONG: u32 = u32::MAX - 1;
/// Four megabytes of ids.
const MAX_LONG: usize = 1 << 20;
const FREE: Slot = Slot { key: 0, ids: [UNUSED; IDS] };

/// The cache of one thread.
#[derive(Debug, Default)]
pub(crate) struct PieceCache {
    /// Allocated at the first insertion.
    sets: Vec<[Slot; 2]>,
    /// Ids of pieces that have more than four. When it is full everything is forgotten, and filling starts anew.
    long: Vec<u32>,
}

/// The key of a short piece of a text: its bytes, then its length in the top byte.
#[inline]
pub(crate) fn key(text: &[u8], start: usize, end: usize) -> Option<u128> {
    let length = end - start;
    if length > MAX_KEY {
        return without_metaspace(text, start, end);
    }
    // Where 16 bytes can be read they are, and what is beyond the piece is masked: no loop over its length.
    let loaded = if let Some(bytes) = text.get(start..start + 16) {
        u128::from_le_bytes(bytes.try_into().expect("sixteen bytes")) & ((1u128 << (8 * length)) - 1)
    } else {
        let mut bytes = [0u8; 16];
        bytes[..length].copy_from_slice(&text[start..end]);
        u128::from_le_bytes(bytes)
    };
    Some(loaded | (length as u128) << 120)
}

/// The key of a piece that is short but for the metaspace it begins with, which every word of some models has.
fn without_metaspace(text: &[u8], start: usize, end: usize) -> Option<u128> {
    const METASPACE: &[u8] = "▁".as_bytes();
    let short = end - start <= MAX_KEY + METASPACE.len() && text[start..end].starts_with(METASPACE);
    // The piece is longer than what has a key of its own: what is left has at least one byte. The bit is none of those of
    // `part_key`.
    short.then(|| key(text, start + METASPACE.len(), end)).flatten().map(|key| key | 1 << 124)
}

/// The key of a part of a piece: parts are not looked up as a whole, so they must not meet pieces of the same bytes, nor
/// parts that stand elsewhere in their piece where that matters (`sides`).
#[inline]
pub(crate) fn part_key(key: u128, sides: (bool, bool)) -> u128 {
    key | 1 << 127 | u128::from(sides.0) << 126 | u128::from(sides.1) << 125
}

#[inline]
fn set_of(key: u128) -> usize {
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(29).wrapping_mul(0xA24B_AED4_963E_E407);
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SET_BITS)) as usize
}

/// Working memory with a cache in it.
pub(crate) trait Caching {
    /// The cache.
    fn cache(&mut self) -> &mut PieceCache;
}

/// Encode several pieces of one text. `place` appends what is in the cache, with spans; it says no where ids do not tell
/// their spans. `fresh` encodes what is not in the cache (its key, if it has one, lets it be remembered).
///
/// All cache lines are asked for before the first is needed, and without spans ids are copied four at a time whatever their
/// number: no miss waits for another, no branch depends on a count.
pub(crate) fn encode_bundle<const SPANS: bool, S: Caching>(
    text: &str,
    pieces: &[(u32, u32)],
    scratch: &mut S,
    out: &mut PieceTokens,
    place: impl Fn(&[u32], u32, &mut PieceTokens) -> bool,
    mut fresh: impl FnMut(&str, Option<u128>, &mut S, &mut PieceTokens) -> Result<()>,
) -> Result<()> {
    let mut keys = [(0u128, 0usize); BUNDLE];
    let mut touched = 0;
    let cache = scratch.cache();
    for (slot, &(start, end)) in keys.iter_mut().zip(pieces) {
        let key = key(text.as_bytes(), start as usize, end as usize).unwrap_or(0);
        let (set, first) = cache.touch(key);
        touched ^= first;
        *slot = (key, set);
    }
    std::hint::black_box(touched);
    if SPANS {
        for (&(start, end), &(key, set)) in pieces.iter().zip(&keys) {
            let cache = scratch.cache();
            let found = if key == 0 { None } else { cache.get_in(set, key) };
            out.start_piece(start);
            if !found.is_some_and(|found| place(cache.ids(&found), end - start, out)) {
                let word = &text[start as usize..end as usize];
                fresh(word, (key != 0).then_some(key), scratch, out)?;
            }
            out.end_piece::<true>(start, end);
        }
        return Ok(());
    }
    let mut at = out.ids.len();
    out.ids.resize(at + IDS * pieces.len(), 0);
    for (i, &(start, end)) in pieces.iter().enumerate() {
        let (key, set) = keys[i];
        let cache = scratch.cache();
        if key != 0
            && let Some(found) = cache.get_in(set, key)
        {
            if !found.is_long() {
                out.ids[at..at + IDS].copy_from_slice(&found.ids);
                at += found.len();
                continue;
            }
            out.ids.truncate(at);
            out.ids.extend_from_slice(cache.ids(&found));
            at = out.ids.len();
            out.ids.resize(at + IDS * (pieces.len() - i - 1), 0);
            continue;
        }
        out.ids.truncate(at);
        let word = &text[start as usize..end as usize];
        fresh(word, (key != 0).then_some(key), scratch, out)?;
        at = out.ids.len();
        out.ids.resize(at + IDS * (pieces.len() - i - 1), 0);
    }
    out.ids.truncate(at);
    Ok(())
}

/// What a slot holds: up to four ids, or where more of them are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cached {
    pub(crate) ids: [u32; IDS],
}

impl Cached {
    /// Whether the ids stand elsewhere: ask [`PieceCache::ids`].
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.ids[IDS - 1] == LONG
    }

    /// The number of ids in the slot itself.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ids.iter().map(|&id| usize::from(id != UNUSED)).sum()
    }
}

impl PieceCache {
    /// The ids of a piece, if it is here.
    #[inline]
    pub(crate) fn get(&mut self, key: u128) -> Option<Cached> {
        self.get_in(set_of(key), key)
    }

    /// The same with the set known. What is found second moves to the front.
    #[inline]
    pub(crate) fn get_in(&mut self, set: usize, key: u128) -> Option<Cached> {
        let set = self.sets.get_mut(set)?;
        if set[0].key != key {
            if set[1].key != key {
                return None;
            }
            set.swap(0, 1);
        }
        Some(Cached { ids: set[0].ids })
    }

    /// All ids of what was found.
    #[inline]
    pub(crate) fn ids<'c>(&'c self, found: &'c Cached) -> &'c [u32] {
        if found.is_long() {
            let (start, count) = (found.ids[0] as usize, found.ids[1] as usize);
            return &self.long[start..start + count];
        }
        &found.ids[..found.len()]
    }

    /// The set of a key; its first key is read so that it is on its way when it is needed.
    #[inline]
    pub(crate) fn touch(&self, key: u128) -> (usize, u64) {
        let set = set_of(key);
        (set, self.sets.get(set).map_or(0, |slots| slots[0].key as u64))
    }

    /// Remember a piece.
    pub(crate) fn insert(&mut self, key: u128, ids: &[u32]) {
        if self.sets.is_empty() || self.long.len() + ids.len() > MAX_LONG {
            self.sets = vec![[FREE; 2]; SETS];
            self.long.clear();
        }
        let mut slot = FREE;
        slot.key = key;
        if ids.len() <= IDS {
            slot.ids[..ids.len()].copy_from_slice(ids);
        } else {
            slot.ids = [self.long.len() as u32, ids.len() as u32, UNUSED, LONG];
            self.long.extend_from_slice(ids);
        }
        // New pieces take the second place, so that frequent ones keep the first.
        let set = &mut self.sets[set_of(key)];
        let place = usize::from(set[0].key != 0);
        set[place] = slot;
    }

    /// Forget everything and give the memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
