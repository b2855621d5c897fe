//! Pairs that wait to be merged, the most frequent first.
//!
//! Entries carry the count they had when they were queued; whoever pops one compares it with the count of today and
//! puts it back if that differs. Most entries are rare pairs that are never looked at again, so only the entries of the
//! largest magnitude are kept in a heap; all others lie unsorted in one list per magnitude until it is their turn.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A pair, the count it had when it was queued, and which of its places are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) count: u64,
    /// The left and the right id; of equal counts the smaller pair comes first.
    pub(super) ids: (u32, u32),
    /// The number of the pair.
    pub(super) pair: u32,
    /// Which list of its places; of two entries of one pair with equal counts the older comes first.
    pub(super) list: u32,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |entry: &Self| (entry.count, Reverse(entry.ids), Reverse(entry.list));
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A priority queue of entries, cheap for those that are never popped.
#[derive(Debug)]
pub(super) struct Queue {
    /// All entries of at least the magnitude `hot_from`.
    hot: BinaryHeap<Entry>,
    hot_from: usize,
    /// The other entries by magnitude, in no order.
    cold: Vec<Vec<Entry>>,
}

/// Magnitudes are the bit lengths of a count, 0 to 64.
const MAGNITUDES: usize = u64::BITS as usize + 1;

impl Queue {
    pub(super) fn new() -> Self {
        Self { hot: BinaryHeap::new(), hot_from: MAGNITUDES, cold: vec![Vec::new(); MAGNITUDES] }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry) {
        let magnitude = (u64::BITS - entry.count.leading_zeros()) as usize;
        if magnitude >= self.hot_from {
            self.hot.push(entry);
        } else {
            self.cold[magnitude].push(entry);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        while self.hot.is_empty() && self.hot_from > 0 {
            self.hot_from -= 1;
            self.hot = BinaryHeap::from(std::mem::take(&mut self.cold[self.hot_from]));
        }
        self.hot.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pops_what_a_plain_heap_pops() {
        let (mut queue, mut heap) = (Queue::new(), BinaryHeap::new());
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let key = |entry: Option<Entry>| entry.map(|entry| (entry.count, entry.ids, entry.list));
        for pair in 0..20_000 {
            if random() % 3 == 0 {
                assert_eq!(key(queue.pop()), key(heap.pop()));
            } else {
                let count = [random() % 9, random() % 1000, u64::MAX - random() % 3, 0][random() as usize % 4];
                let entry = Entry { count, ids: (random() as u32 % 4, random() as u32 % 4), pair, list: pair % 2 };
                queue.push(entry);
                heap.push(entry);
            }
        }
        while !heap.is_empty() {
            assert_eq!(key(queue.pop()), key(heap.pop()));
        }
        assert_eq!(queue.pop(), None);
    }
}
