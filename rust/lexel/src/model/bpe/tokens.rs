//! Pieces that are tokens as they are, where a file ignores merges: found by one look-up.
//!
//! # Performance notes
//! About half of the words of a new text are tokens. A slot has the key of the cache of pieces with the id in the bytes
//! that a short token does not need: nothing is spelled in letters, no text is fetched, and one cache line is touched. A
//! filter of a byte a token answers for most others. Making the table takes milliseconds, which short texts do not pay.

use hashbrown::HashMap;

use super::letters::push_letters;
use super::{Alphabet, BpeOptions};
use crate::model::cache;
use crate::vocab::Vocab;

/// Tokens by their bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// Keys of up to [`SLOTTED`] bytes with their ids, in open addressing; 0 is free.
    slots: Vec<u128>,
    /// Bits of the keys that are there.
    filter: Vec<u64>,
    shift: u32,
    filter_shift: u32,
    /// Tokens too long for a key.
    long: HashMap<Box<[u8]>, u32>,
    /// Bits of the first bytes and the lengths of those.
    starts: Vec<u64>,
}

/// Bits of `starts`.
const STARTS: u32 = 16;
/// Tokens of so many bytes have a slot.
const SLOTTED: usize = 12;
/// Where in a slot the id is, which has 24 bits.
const ID_SHIFT: u32 = 96;
const ID: u128 = 0xFF_FFFF << ID_SHIFT;

impl Tokens {
    /// All tokens that text can become.
    pub(crate) fn new(vocab: &Vocab, alphabet: Alphabet, options: &BpeOptions) -> Self {
        // Of equal strings one has the id; and of no id that is special there is text.
        let entries = vocab
            .entries()
            .filter(|&(token, id)| !options.is_special(id) && (!vocab.is_listed() || vocab.id(token) == Some(id)));
        let count = vocab.len();
        let slots = (count.max(6) * 4 / 3).next_power_of_two();
        let words = (count.max(64) / 8).next_power_of_two();
        let mut tokens = Self {
            slots: vec![0; slots],
            filter: vec![0; words],
            shift: 64 - slots.trailing_zeros(),
            filter_shift: 64 - words.trailing_zeros(),
            ..Self::default()
        };
        let mut bytes = Vec::new();
        for (token, id) in entries {
            match alphabet {
                Alphabet::Characters => tokens.insert(token.as_bytes(), id),
                Alphabet::Bytes => {
                    // A token with other letters is never the spelling of a piece.
                    bytes.clear();
                    if push_letters(token, &mut bytes) {
                        tokens.insert(&bytes, id);
                    }
                }
            }
        }
        tokens
    }

    fn insert(&mut self, bytes: &[u8], id: u32) {
        if bytes.is_empty() {
            return;
        }
        if let Some(key) = cache::key(bytes, 0, bytes.len()).filter(|_| bytes.len() <= SLOTTED && id >> 24 == 0) {
            let hash = cache::hash(key);
            let (word, bits) = self.filter_bits(hash);
            self.filter[word] |= bits;
            let mut slot = (hash >> self.shift) as usize;
            while self.slots[slot] != 0 && self.slots[slot] & !ID != key {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = key | u128::from(id) << ID_SHIFT;
            return;
        }
        if self.starts.is_empty() {
            self.starts = vec![0; 1 << (STARTS - 6)];
        }
        let (word, bit) = start_bit(bytes);
        self.starts[word] |= bit;
        self.long.insert(bytes.into(), id);
    }

    #[inline]
    fn filter_bits(&self, hash: u64) -> (usize, u64) {
        // The lower bits of the hash say little of what the upper ones do not.
        let bits = (hash ^ hash >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 52;
        ((hash >> self.filter_shift) as usize, 1 << (bits & 63) | 1 << (bits >> 6))
    }

    /// The token with these bytes.
    #[inline]
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<u32> {
        if bytes.len() <= SLOTTED
            && let Some(id) = self.slotted(cache::key(bytes, 0, bytes.len())?)
        {
            return Some(id);
        }
        // Short ones are here only if their ids were too large.
        let (word, bit) = start_bit(bytes);
        if self.starts.get(word)? & bit == 0 {
            return None;
        }
        self.long.get(bytes).copied()
    }

    #[inline]
    fn slotted(&self, key: u128) -> Option<u32> {
        let hash = cache::hash(key);
        let (word, bits) = self.filter_bits(hash);
        if self.filter.get(word)? & bits != bits {
            return None;
        }
        let mut slot = (hash >> self.shift) as usize;
        loop {
            let found = self.slots[slot];
            if found & !ID == key {
                return Some((found >> ID_SHIFT) as u32 & 0xFF_FFFF);
            }
            if found == 0 {
                return None;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// By the first bytes and the length of something long.
#[inline]
fn start_bit(bytes: &[u8]) -> (usize, u64) {
    let first = match bytes.first_chunk() {
        Some(first) => u64::from_le_bytes(*first),
        None => u64::from(bytes.first().copied().unwrap_or_default()),
    };
    let hash = (first ^ (bytes.len() as u64) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - STARTS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}
