//! The merge table: which two adjacent tokens merge, how early, and into what.

/// What a pair merges into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    /// Position in the list of merges; the lowest goes first.
    pub(crate) rank: u32,
    pub(crate) id: u32,
}

/// Open addressing over one flat table: a look-up is a multiplication and, nearly always, one cache line.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    slots: Vec<(u64, Merge)>,
    shift: u32,
    len: usize,
}

const EMPTY: u64 = u64::MAX;
const FREE: (u64, Merge) = (EMPTY, Merge { rank: u32::MAX, id: u32::MAX });

impl Pairs {
    /// Room for this many pairs without growing.
    pub(crate) fn with_capacity(pairs: usize) -> Self {
        let slots = (pairs.max(8) * 2).next_power_of_two();
        Self { slots: vec![FREE; slots], shift: 64 - slots.trailing_zeros(), len: 0 }
    }

    /// Set what a pair merges into; a later rule for the same pair replaces the earlier one, as in the reference.
    pub(crate) fn insert(&mut self, left: u32, right: u32, merge: Merge) {
        debug_assert!(self.len * 2 < self.slots.len(), "sized for all pairs beforehand");
        let key = key(left, right);
        let slot = self.find(key);
        if self.slots[slot].0 == EMPTY {
            self.len += 1;
        }
        self.slots[slot] = (key, merge);
    }

    /// What the pair merges into, if it does.
    #[inline]
    pub(crate) fn get(&self, left: u32, right: u32) -> Option<Merge> {
        let (found, merge) = self.slots[self.find(key(left, right))];
        (found != EMPTY).then_some(merge)
    }

    /// The slot that holds the key, or the free one where it belongs.
    #[inline]
    fn find(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        loop {
            let found = self.slots[slot].0;
            if found == key || found == EMPTY {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// All pairs, by rank.
    pub(crate) fn by_rank(&self) -> Vec<(u32, u32, Merge)> {
        let mut all: Vec<_> = self
            .slots
            .iter()
            .filter(|(key, _)| *key != EMPTY)
            .map(|(key, merge)| ((key >> 32) as u32, *key as u32, *merge))
            .collect();
        all.sort_unstable_by_key(|(_, _, merge)| merge.rank);
        all
    }
}

fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
