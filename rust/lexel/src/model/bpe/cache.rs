//! Pieces met before: a bounded table from the exact bytes of a short piece to its ids.
//!
//! A slot is half a cache line: 16 bytes of key (up to 15 bytes and their number), up to four ids. Two slots share a
//! set; the older one of a set is overwritten. Nothing is ever looked up by hash alone.

/// One piece and its ids.
#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u128,
    ids: [u32; 4],
}

/// Pieces of at most this many bytes have a key.
pub(crate) const MAX_KEY: usize = 15;
const IDS: usize = 4;
/// 2^15 sets of two slots of 32 bytes: two megabytes, the size of a second-level cache.
const SETS: usize = 1 << 15;
const UNUSED: u32 = u32::MAX;
const FREE: Slot = Slot { key: 0, ids: [UNUSED; IDS] };

/// The cache of one thread.
#[derive(Debug, Default)]
pub(crate) struct PieceCache {
    /// Allocated at the first insertion.
    sets: Vec<[Slot; 2]>,
}

/// The key of a short piece: its bytes, then its length in the top byte.
#[inline]
pub(crate) fn key(piece: &[u8]) -> Option<u128> {
    if piece.len() > MAX_KEY {
        return None;
    }
    let mut bytes = [0u8; 16];
    bytes[..piece.len()].copy_from_slice(piece);
    bytes[15] = piece.len() as u8;
    Some(u128::from_le_bytes(bytes))
}

#[inline]
fn set_of(key: u128) -> usize {
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(29).wrapping_mul(0xA24B_AED4_963E_E407);
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 49) as usize & (SETS - 1)
}

impl PieceCache {
    /// The ids of a piece, if it is here.
    #[inline]
    pub(crate) fn get(&self, key: u128) -> Option<&[u32]> {
        let set = self.sets.get(set_of(key))?;
        let slot = if set[0].key == key {
            &set[0]
        } else if set[1].key == key {
            &set[1]
        } else {
            return None;
        };
        let count = slot.ids.iter().position(|&id| id == UNUSED).unwrap_or(IDS);
        Some(&slot.ids[..count])
    }

    /// Remember a piece; more than four ids are not remembered.
    pub(crate) fn insert(&mut self, key: u128, ids: &[u32]) {
        if ids.len() > IDS {
            return;
        }
        if self.sets.is_empty() {
            self.sets = vec![[FREE; 2]; SETS];
        }
        let mut slot = FREE;
        slot.key = key;
        slot.ids[..ids.len()].copy_from_slice(ids);
        let set = &mut self.sets[set_of(key)];
        set[1] = set[0];
        set[0] = slot;
    }

    /// Forget everything and give the memory back.
    pub(crate) fn clear(&mut self) {
        self.sets = Vec::new();
    }
}
