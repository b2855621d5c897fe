//! The merge table: which two adjacent tokens merge, how early, and into what.
//!
//! # Performance notes
//! Merging is bound by these look-ups: a list of 280,000 merges in 16-byte slots is 16 MiB, and every look-up left the
//! cache. Now a slot is 8 bytes (the pair in 40 bits, the rank in 24) and what a rank merges into stands in an array of
//! its own, read only when a merge happens: random letters went from 8 to 20 MiB/s. Pairs that are not there, most of
//! what is asked, are nearly always answered by a filter of one byte a merge.

/// What a pair merges into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    /// Position in the list of merges; the lowest goes first.
    pub(crate) rank: u32,
    pub(crate) id: u32,
}

/// The rank of a pair that does not merge.
pub(crate) const NO_RANK: u32 = u32::MAX;

/// Open addressing over one flat table, behind a filter.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    slots: Slots,
    /// What each rank merges into.
    ids: Vec<u32>,
    /// Bits of the pairs that are there; one word a look-up.
    filter: Vec<u64>,
    shift: u32,
    filter_shift: u32,
}

#[derive(Clone, Debug)]
enum Slots {
    /// Ids below 2^20, ranks below 2^24: the pair above the rank.
    Narrow(Vec<u64>),
    Wide(Vec<(u64, u32)>),
}

const EMPTY: u64 = u64::MAX;
const NARROW_IDS: u32 = 1 << 20;
const NARROW_RANKS: usize = (1 << 24) - 1;

impl Pairs {
    /// Room for this many merges of ids below this bound.
    pub(crate) fn new(merges: usize, id_bound: u32) -> Self {
        let slots = (merges.max(8) * 3 / 2).next_power_of_two();
        let words = (merges.max(64) / 4).next_power_of_two();
        let narrow = id_bound < NARROW_IDS && merges < NARROW_RANKS;
        Self {
            slots: if narrow { Slots::Narrow(vec![EMPTY; slots]) } else { Slots::Wide(vec![(EMPTY, NO_RANK); slots]) },
            ids: Vec::with_capacity(merges),
            filter: vec![0; words],
            shift: 64 - slots.trailing_zeros(),
            filter_shift: 64 - words.trailing_zeros(),
        }
    }

    /// Whether all ranks fit in 24 bits.
    #[inline]
    pub(crate) fn ranks_are_short(&self) -> bool {
        self.ids.len() < NARROW_RANKS
    }

    /// Append the merge of the next rank. A later one for the same pair replaces the earlier, as in the reference.
    pub(crate) fn push(&mut self, left: u32, right: u32, id: u32) {
        let rank = self.ids.len() as u32;
        self.ids.push(id);
        let hash = hash(left, right);
        let (word, bits) = self.filter_bits(hash);
        self.filter[word] |= bits;
        let key = key(left, right);
        let first = (hash >> self.shift) as usize;
        match &mut self.slots {
            Slots::Narrow(slots) => {
                let key = narrow(left, right);
                let slot = probe(slots.len(), first, |slot| slots[slot] == EMPTY || slots[slot] >> 24 == key);
                slots[slot] = key << 24 | u64::from(rank);
            }
            Slots::Wide(slots) => {
                let slot = probe(slots.len(), first, |slot| slots[slot].0 == EMPTY || slots[slot].0 == key);
                slots[slot] = (key, rank);
            }
        }
    }

    #[inline]
    fn filter_bits(&self, hash: u64) -> (usize, u64) {
        ((hash >> self.filter_shift) as usize, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
    }

    /// The rank of a pair, [`NO_RANK`] if it does not merge.
    #[inline]
    pub(crate) fn rank(&self, left: u32, right: u32) -> u32 {
        let hash = hash(left, right);
        let (word, bits) = self.filter_bits(hash);
        if self.filter[word] & bits != bits {
            return NO_RANK;
        }
        let first = (hash >> self.shift) as usize;
        match &self.slots {
            Slots::Narrow(slots) => {
                let key = narrow(left, right);
                let found = slots[probe(slots.len(), first, |slot| slots[slot] == EMPTY || slots[slot] >> 24 == key)];
                if found == EMPTY { NO_RANK } else { found as u32 & 0xFF_FFFF }
            }
            Slots::Wide(slots) => {
                let key = key(left, right);
                slots[probe(slots.len(), first, |slot| slots[slot].0 == EMPTY || slots[slot].0 == key)].1
            }
        }
    }

    /// What the merge of a rank gives.
    #[inline]
    pub(crate) fn id(&self, rank: u32) -> u32 {
        self.ids[rank as usize]
    }

    /// What a pair merges into, if it does.
    #[inline]
    pub(crate) fn get(&self, left: u32, right: u32) -> Option<Merge> {
        let rank = self.rank(left, right);
        (rank != NO_RANK).then(|| Merge { rank, id: self.id(rank) })
    }

    /// All pairs, by rank.
    pub(crate) fn by_rank(&self) -> Vec<(u32, u32, Merge)> {
        let merge = |rank: u32| Merge { rank, id: self.id(rank) };
        let mut all: Vec<_> = match &self.slots {
            Slots::Narrow(slots) => slots
                .iter()
                .filter(|slot| **slot != EMPTY)
                .map(|slot| {
                    ((slot >> 44) as u32, (slot >> 24) as u32 & (NARROW_IDS - 1), merge(*slot as u32 & 0xFF_FFFF))
                })
                .collect(),
            Slots::Wide(slots) => slots
                .iter()
                .filter(|slot| slot.0 != EMPTY)
                .map(|slot| ((slot.0 >> 32) as u32, slot.0 as u32, merge(slot.1)))
                .collect(),
        };
        all.sort_unstable_by_key(|(_, _, merge)| merge.rank);
        all
    }
}

#[inline]
fn probe(slots: usize, first: usize, stop: impl Fn(usize) -> bool) -> usize {
    let mut slot = first;
    while !stop(slot) {
        slot = (slot + 1) & (slots - 1);
    }
    slot
}

#[inline]
fn hash(left: u32, right: u32) -> u64 {
    let mixed = key(left, right).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

fn narrow(left: u32, right: u32) -> u64 {
    u64::from(left) << 20 | u64::from(right)
}
