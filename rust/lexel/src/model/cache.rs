//! Pieces met before: a bounded table from the exact bytes of a short piece to its ids.
//!
//! A slot is half a cache line: 16 bytes of key (up to 15 bytes and their number, not counting a metaspace before them
//! where there is no room for it), up to four ids and their number. Two slots share a set, which is a cache line; a new
//! piece takes the place of either in turn. Nothing is ever looked up by hash alone.
//!
//! # Performance notes
//! Memory is asked for as zeros, and a free slot is zeros: pages that hold no piece are never touched. Which of the two
//! slots has a key is no branch.

use crate::error::Result;
use crate::model::PieceTokens;

/// Key and ids of one piece, then of another.
type Set = [u128; 4];

/// Pieces of at most this many bytes have a key.
pub(crate) const MAX_KEY: usize = 15;
const IDS: usize = 4;
/// Pieces in a bundle.
pub(crate) const BUNDLE: usize = 64;
/// 2^16 sets of two slots of 32 bytes: four megabytes. With half of that a third more pieces of a book are met in vain.
const SET_BITS: u32 = 16;
const SETS: usize = 1 << SET_BITS;
/// What has no key is not found under this: no key has such a length.
const NO_KEY: u128 = u128::MAX;
/// The number of ids stands above the first of them, so larger ids are not remembered.
const COUNT_SHIFT: u32 = 28;
const ID_BOUND: u32 = 1 << COUNT_SHIFT;
const COUNT: u128 = ((1 << (32 - COUNT_SHIFT)) - 1) << COUNT_SHIFT;
/// In the place of a number: the other places say where the ids are and how many.
const LONG: u32 = 15;
/// Four megabytes of ids.
const MAX_LONG: usize = 1 << 20;

/// The cache of one thread.
#[derive(Debug, Default)]
pub(crate) struct PieceCache {
    /// The sets from `first` on, where a cache line begins. Allocated at the first insertion.
    words: Vec<u128>,
    first: usize,
    /// Which slot of a full set is overwritten next.
    turn: bool,
    /// Ids of pieces that have more than four. When it is full everything is forgotten, and filling starts anew.
    long: Vec<u32>,
}

/// Of a number read from 16 bytes, those of a key of so many bytes.
const MASKS: [u128; MAX_KEY + 1] = {
    let mut masks = [0; MAX_KEY + 1];
    let mut length = 0;
    while length <= MAX_KEY {
        masks[length] = (1 << (8 * length)) - 1;
        length += 1;
    }
    masks
};

/// The key of a short piece of a text: its bytes, then its length in the top byte.
#[inline]
pub(crate) fn key(text: &[u8], start: usize, end: usize) -> Option<u128> {
    let length = end - start;
    if length > MAX_KEY {
        return without_metaspace(text, start, end);
    }
    // Where 16 bytes can be read they are, and what is beyond the piece is masked: no loop over its length.
    let loaded = if let Some(bytes) = text.get(start..start + 16) {
        u128::from_le_bytes(bytes.try_into().expect("sixteen bytes")) & MASKS[length]
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

/// Of a hash the upper bits count.
#[inline]
pub(crate) fn hash(key: u128) -> u64 {
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(29).wrapping_mul(0xA24B_AED4_963E_E407);
    folded.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline]
fn set_of(key: u128) -> usize {
    (hash(key) >> (64 - SET_BITS)) as usize
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
    let mut keys = [(NO_KEY, 0usize); BUNDLE];
    let mut touched = 0;
    let sets = scratch.cache().sets();
    for (slot, &(start, end)) in keys.iter_mut().zip(pieces) {
        let key = match key(text.as_bytes(), start as usize, end as usize) {
            None | Some(0) => NO_KEY,
            Some(key) => key,
        };
        let set = set_of(key);
        touched ^= sets.get(set).map_or(0, |slots| slots[0] as u64);
        *slot = (key, set);
    }
    std::hint::black_box(touched);
    let keys = &keys[..pieces.len()];
    if SPANS {
        for (&(start, end), &(key, set)) in pieces.iter().zip(keys) {
            let cache = scratch.cache();
            let found = cache.get_in(set, key);
            out.start_piece(start);
            if !found.is_some_and(|found| place(cache.ids(&found), end - start, out)) {
                let word = &text[start as usize..end as usize];
                fresh(word, (key != NO_KEY).then_some(key), scratch, out)?;
            }
            out.end_piece::<true>(start, end);
        }
        return Ok(());
    }
    let mut at = out.ids.len();
    let mut next = 0;
    // Room for four ids a piece, so that none are counted while they are written.
    out.ids.resize(at + IDS * pieces.len(), 0);
    loop {
        let cache = scratch.cache();
        let sets = cache.sets();
        let mut long = None;
        for &(key, set) in &keys[next..] {
            let Some(found) = sets.get(set).and_then(|set| find(set, key)) else { break };
            if found.is_long() {
                long = Some(found);
                break;
            }
            out.ids[at..at + IDS].copy_from_slice(&found.all());
            at += found.len();
            next += 1;
        }
        let Some(&(start, end)) = pieces.get(next) else { break };
        // What is appended here moves to where it belongs.
        let room = out.ids.len();
        if let Some(found) = long {
            out.ids.extend_from_slice(cache.ids(&found));
        } else {
            let key = keys[next].0;
            fresh(&text[start as usize..end as usize], (key != NO_KEY).then_some(key), scratch, out)?;
        }
        next += 1;
        let count = out.ids.len() - room;
        out.ids.copy_within(room.., at);
        at += count;
        out.ids.resize(room.max(at + IDS * (pieces.len() - next)), 0);
    }
    out.ids.truncate(at);
    Ok(())
}

/// What a slot holds: up to four ids and their number, or where more of them are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cached {
    packed: u128,
    /// The same without the number.
    ids: [u32; IDS],
}

impl Cached {
    #[inline]
    fn new(packed: u128) -> Self {
        Self { packed, ids: bytemuck::cast((packed & !COUNT).to_le()) }
    }

    /// Whether the ids stand elsewhere: ask [`PieceCache::ids`].
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.packed as u32 >> COUNT_SHIFT == LONG
    }

    /// The number of ids in the slot itself.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        (self.packed as u32 >> COUNT_SHIFT) as usize
    }

    /// The ids in the slot itself, and what stands behind them.
    #[inline]
    pub(crate) fn all(&self) -> [u32; IDS] {
        self.ids
    }
}

/// What a set has under a key.
#[inline]
fn find(set: &Set, key: u128) -> Option<Cached> {
    let second = set[2] == key;
    (second || set[0] == key).then(|| Cached::new(set[1 + 2 * usize::from(second)]))
}

impl PieceCache {
    #[inline]
    fn sets(&self) -> &[Set] {
        self.words[self.first..].as_chunks().0
    }

    /// The ids of a piece, if it is here.
    #[inline]
    pub(crate) fn get(&self, key: u128) -> Option<Cached> {
        self.get_in(set_of(key), key)
    }

    /// The same with the set known.
    #[inline]
    pub(crate) fn get_in(&self, set: usize, key: u128) -> Option<Cached> {
        find(self.sets().get(set)?, key)
    }

    /// All ids of what was found.
    #[inline]
    pub(crate) fn ids<'c>(&'c self, found: &'c Cached) -> &'c [u32] {
        if found.is_long() {
            let (start, count) = (found.ids[1] as usize, found.ids[2] as usize);
            return &self.long[start..start + count];
        }
        &found.ids[..found.len()]
    }

    /// The set of a key; its first key is read so that it is on its way when it is needed.
    #[inline]
    pub(crate) fn touch(&self, key: u128) -> (usize, u64) {
        let set = set_of(key);
        (set, self.sets().get(set).map_or(0, |slots| slots[0] as u64))
    }

    /// Remember a piece.
    pub(crate) fn insert(&mut self, key: u128, ids: &[u32]) {
        // What is here may be asked for again where ids do not tell spans.
        if self.get(key).is_some() {
            return;
        }
        let mut packed = [0; IDS];
        if ids.len() <= IDS {
            packed[..ids.len()].copy_from_slice(ids);
            if packed[0] >= ID_BOUND {
                return;
            }
            packed[0] |= (ids.len() as u32) << COUNT_SHIFT;
        } else if ids.len() > MAX_LONG {
            return;
        }
        if self.words.is_empty() || ids.len() > IDS && self.long.len() + ids.len() > MAX_LONG {
            self.start();
        }
        if ids.len() > IDS {
            packed = [LONG << COUNT_SHIFT, self.long.len() as u32, ids.len() as u32, 0];
            self.long.extend_from_slice(ids);
        }
        let from = self.first + 4 * set_of(key);
        let set = &mut self.words[from..from + 4];
        let second = set[0] != 0 && (set[2] == 0 || self.turn);
        self.turn = !self.turn;
        let place = 2 * usize::from(second);
        set[place] = key;
        set[place + 1] = u128::from_le(bytemuck::cast(packed));
    }

    /// Begin with nothing.
    #[cold]
    fn start(&mut self) {
        const LINE: usize = 4;
        self.words = vec![0; LINE * SETS + LINE - 1];
        // Where the allocator does not say, sets may lie on two lines each.
        self.first = self.words.as_ptr().align_offset(64).min(LINE - 1);
        self.long.clear();
    }

    /// Forget everything and give the memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
