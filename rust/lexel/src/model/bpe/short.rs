//! Merging few symbols: the words that are met for the first time.
//!
//! The same as `merge.rs` does for longer pieces: the ranks of all neighbours stand in an array, whose minimum is merged.
//! Here everything has a fixed size. The ends of the word are neighbours that merge with nothing, so that no step asks whether they are near.

use super::NO_ID;
use super::pairs::{Merges, NO_RANK, Quick};

/// At most so many symbols.
pub(crate) const SHORT: usize = 32;
/// The places of the neighbours beyond the ends.
const BEFORE: usize = SHORT;
const AFTER: usize = SHORT + 1;
/// More than there are, so that an index is masked and not compared.
const PLACES: usize = 64;
/// The minimum is taken over a multiple of this many ranks.
const LANES: usize = 16;
const POSITION_BITS: u32 = 8;
/// From here on there is no rank.
const NONE: u32 = NO_RANK << POSITION_BITS;

/// The symbols of a word, and working memory.
#[derive(Debug)]
pub(crate) struct Short {
    ids: [u32; PLACES],
    /// The entry of each symbol with the next.
    entries: [u32; PLACES],
    /// The rank of that, and in the lowest byte the place.
    ranks: [u32; PLACES],
    lens: [u8; PLACES],
    next: [u8; PLACES],
    before: [u8; PLACES],
    count: usize,
}

impl Default for Short {
    fn default() -> Self {
        Self {
            ids: [NO_ID; PLACES],
            entries: [NO_RANK; PLACES],
            ranks: [NONE; PLACES],
            lens: [0; PLACES],
            next: [0; PLACES],
            before: [0; PLACES],
            count: 0,
        }
    }
}

impl Short {
    /// Take symbols with their lengths, at most [`SHORT`] of them, each length below 256 with all before it.
    #[inline]
    pub(crate) fn start(&mut self, ids: &[u32], lens: &[u32]) {
        self.count = ids.len();
        for (at, (&id, &len)) in ids.iter().zip(lens).enumerate().take(SHORT) {
            self.ids[at] = id;
            self.lens[at] = len as u8;
        }
    }

    /// Take the symbols of bytes, at most [`SHORT`] of them.
    #[inline]
    pub(crate) fn start_bytes(&mut self, bytes: &[u8], byte_ids: &[u32; 256]) {
        self.count = bytes.len();
        for (at, &byte) in bytes.iter().enumerate().take(SHORT) {
            self.ids[at] = byte_ids[byte as usize];
            self.lens[at] = 1;
        }
    }

    /// Merge as far as the table allows.
    #[inline]
    pub(crate) fn merge(&mut self, pairs: &Quick<'_>) {
        let count = self.count;
        for at in 0..count.saturating_sub(1) {
            let (rank, entry) = pairs.find(self.ids[at], self.ids[at + 1]);
            self.ranks[at] = packed(rank, at);
            self.entries[at] = entry;
        }
        self.run(pairs);
    }

    /// The same for bytes: `entries` has the entry of every two.
    #[inline]
    pub(crate) fn merge_bytes(&mut self, pairs: &Quick<'_>, bytes: &[u8], entries: &[u32]) {
        for (at, pair) in bytes.windows(2).enumerate().take(SHORT) {
            let entry = entries[usize::from(pair[0]) << 8 | usize::from(pair[1])];
            self.ranks[at] = packed(pairs.rank_of(entry), at);
            self.entries[at] = entry;
        }
        self.run(pairs);
    }

    #[inline]
    fn run(&mut self, pairs: &Quick<'_>) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was just detected; the function is safe code otherwise.
            #[expect(unsafe_code, reason = "code compiled for a feature that is checked at run time")]
            unsafe {
                self.run_avx2(pairs);
            }
            return;
        }
        self.run_plain(pairs);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn run_avx2(&mut self, pairs: &Quick<'_>) {
        self.run_plain(pairs);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled once a feature set")]
    fn run_plain(&mut self, pairs: &Quick<'_>) {
        let Self { ids, entries, ranks, lens, next, before, count } = self;
        let count = *count;
        if count < 2 {
            next[0] = AFTER as u8;
            return;
        }
        let padded = if count <= LANES + 1 { LANES } else { SHORT };
        ranks[count - 1..=padded].fill(NONE);
        for at in 0..count {
            before[at] = (at as u8).wrapping_sub(1);
            next[at] = at as u8 + 1;
        }
        before[0] = BEFORE as u8;
        next[count - 1] = AFTER as u8;
        ids[BEFORE] = NO_ID;
        ids[AFTER] = NO_ID;
        loop {
            let best = if padded == LANES { minimum(&ranks[..LANES]) } else { minimum(&ranks[..SHORT]) };
            if best >= NONE {
                return;
            }
            let at = (best & 0xFF) as usize % SHORT;
            let right = next[at] as usize % PLACES;
            let after = next[right] as usize % PLACES;
            let left = before[at] as usize % PLACES;
            let id = pairs.made(entries[at]);
            ids[at] = id;
            lens[at] = lens[at].wrapping_add(lens[right]);
            next[at] = after as u8;
            before[after] = at as u8;
            ranks[right] = NONE;
            let (rank, entry) = pairs.find(id, ids[after]);
            (ranks[at], entries[at]) = (packed(rank, at), entry);
            let (rank, entry) = pairs.find(ids[left], id);
            (ranks[left], entries[left]) = (packed(rank, left), entry);
        }
    }

    /// The tokens, with their lengths.
    #[inline]
    pub(crate) fn each(&self, mut token: impl FnMut(u32, u32)) {
        let mut at = if self.count == 0 { AFTER } else { 0 };
        while at < SHORT {
            token(self.ids[at], u32::from(self.lens[at]));
            at = self.next[at] as usize;
        }
    }
}

#[inline]
fn packed(rank: u32, at: usize) -> u32 {
    rank << POSITION_BITS | at as u32
}

/// The minimum, in lanes that need no order among them.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once a feature set")]
fn minimum(ranks: &[u32]) -> u32 {
    let mut lanes = [u32::MAX; LANES];
    for chunk in ranks.as_chunks::<LANES>().0 {
        for (lane, &rank) in lanes.iter_mut().zip(chunk) {
            *lane = (*lane).min(rank);
        }
    }
    lanes.into_iter().min().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::merge::Symbols;
    use super::super::merge::tests::{Random, naive, random_pairs};
    use super::*;

    #[test]
    fn few_symbols_merge_like_the_naive_form() {
        let mut random = Random(0x5EED);
        let mut short = Short::default();
        for case in 0..4000 {
            let letters = 1 + random.below(5) as u32;
            let merges = random.below(40) as usize;
            let mut pairs = random_pairs(&mut random, letters, merges);
            pairs.index_early();
            let Some(quick) = pairs.quick() else { continue };
            let count = 1 + random.below(SHORT as u64);
            let mut symbols = Symbols {
                ids: (0..count).map(|_| random.below(u64::from(letters)) as u32).collect(),
                lens: (0..count).map(|_| 1 + random.below(3) as u32).collect(),
            };
            short.start(&symbols.ids, &symbols.lens);
            short.merge(&quick);
            let mut actual = Symbols::default();
            short.each(|id, len| actual.push(id, len));
            naive(&pairs, &mut symbols);
            assert_eq!((&actual.ids, &actual.lens), (&symbols.ids, &symbols.lens), "case {case}");
        }
    }
}
