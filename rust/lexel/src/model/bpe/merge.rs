//! Applying the merges to the symbols of one piece: always the pair of lowest rank, leftmost first.
//!
//! Short pieces: the ranks of all neighbours stand in an array; each step takes its minimum (a vectorised scan) and
//! closes the gap. Long pieces: the same on overlapping windows, joined where they agree. `docs/design/bpe-merging.md`
//! has the proof that this gives what merging the whole gives.
//!
//! # Performance notes
//! A heap over the whole piece is O(n log n) too, but on a megabyte its pops are cache misses: 4 MiB/s against 30 for
//! the windows. The heap remains for windows that do not agree, and as the oracle of the tests.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{Merges, NO_RANK, Pairs};

/// Symbols of a piece, and later its tokens: ids with the number of bytes each stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols {
    pub(crate) ids: Vec<u32>,
    pub(crate) lens: Vec<u32>,
}

impl Symbols {
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.lens.clear();
    }

    pub(crate) fn push(&mut self, id: u32, len: u32) {
        self.ids.push(id);
        self.lens.push(len);
    }

    pub(crate) fn truncate(&mut self, count: usize) {
        self.ids.truncate(count);
        self.lens.truncate(count);
    }

    /// Drop symbols that went into another one.
    pub(crate) fn close_gaps(&mut self) {
        let Self { ids, lens } = self;
        let mut kept = 0;
        for at in 0..ids.len() {
            if lens[at] != 0 {
                ids[kept] = ids[at];
                lens[kept] = lens[at];
                kept += 1;
            }
        }
        self.truncate(kept);
    }
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct MergeScratch {
    scan: ScanScratch,
    window: Symbols,
    joined: Symbols,
    starts: Vec<u32>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
    links: Vec<(u32, u32)>,
}

/// Up to this many symbols the quadratic scan beats everything else.
const SCAN: usize = 256;
/// How many symbols a window has at first.
const WINDOW: usize = 128;
/// How many symbols before a window's end the next one starts, at least.
const OVERLAP: usize = 40;

/// Merge the symbols as far as the table allows.
///
/// # Complexity
/// O(n) for texts whose windows agree, which is all we met; O(n log n) at worst.
pub(crate) fn merge_all(pairs: &Pairs, symbols: &mut Symbols, scratch: &mut MergeScratch) {
    match symbols.ids.len() {
        0 | 1 => {}
        _ if !pairs.ranks_are_short() => with_heap(pairs, symbols, scratch),
        n if n <= WINDOW => scan(pairs, symbols, scratch),
        _ => windows(pairs, symbols, scratch),
    }
}

/// The quadratic form, for few symbols.
fn scan(pairs: &Pairs, symbols: &mut Symbols, scratch: &mut MergeScratch) {
    // Not the quick look-ups: pieces without structure have few of the early merges.
    scan_with(pairs, symbols, &mut scratch.scan);
}

fn scan_with(pairs: impl Merges, symbols: &mut Symbols, scratch: &mut ScanScratch) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature was just detected; the function is safe code otherwise.
        #[expect(unsafe_code, reason = "code compiled for a feature that is checked at run time")]
        unsafe {
            scan_avx2(pairs, symbols, scratch);
        }
        return;
    }
    scan_plain(pairs, symbols, scratch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn scan_avx2(pairs: impl Merges, symbols: &mut Symbols, scratch: &mut ScanScratch) {
    scan_plain(pairs, symbols, scratch);
}

/// The pair that starts at each symbol, and the symbols that are left as a linked list.
#[derive(Debug)]
struct ScanScratch {
    /// The rank, and in the lowest byte the symbol, so that the minimum says where it stands; [`NONE`] or above: no merge.
    ranks: [u32; SCAN],
    /// The entry of each with the next.
    entries: [u32; SCAN],
    next: [u16; SCAN],
    before: [u16; SCAN],
}

impl Default for ScanScratch {
    fn default() -> Self {
        Self { ranks: [NONE; SCAN], entries: [NO_RANK; SCAN], next: [0; SCAN], before: [0; SCAN] }
    }
}

/// The end of the linked list.
const END: u16 = u16::MAX;
/// The minimum is taken over a multiple of this many ranks.
const LANES: usize = 16;

/// From here on there is no rank.
const NONE: u32 = NO_RANK << POSITION_BITS;
const POSITION_BITS: u32 = 8;
const _: () = assert!(SCAN == 1 << POSITION_BITS);

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once a feature set")]
fn scan_plain(pairs: impl Merges, symbols: &mut Symbols, scratch: &mut ScanScratch) {
    let Symbols { ids, lens } = symbols;
    let ScanScratch { ranks, entries, next, before } = scratch;
    let count = ids.len();
    let padded = count.next_multiple_of(LANES).min(SCAN);
    ranks[count - 1..padded].fill(NONE);
    for at in 0..count {
        before[at] = (at as u16).wrapping_sub(1);
        next[at] = if at + 1 < count { at as u16 + 1 } else { END };
    }
    let packed = |rank: u32, at: usize| rank << POSITION_BITS | at as u32;
    for (at, pair) in ids.windows(2).enumerate() {
        let (rank, entry) = pairs.find(pair[0], pair[1]);
        (ranks[at], entries[at]) = (packed(rank, at), entry);
    }
    let mut merged = false;
    loop {
        let best = minimum(&ranks[..padded]);
        if best >= NONE {
            break;
        }
        merged = true;
        let at = best as usize % SCAN;
        let right = next[at] as usize;
        ids[at] = pairs.made(entries[at]);
        lens[at] += lens[right];
        lens[right] = 0;
        ranks[right] = NONE;
        ranks[at] = NONE;
        next[at] = next[right];
        if next[at] != END {
            let after = next[at] as usize;
            before[after] = at as u16;
            let (rank, entry) = pairs.find(ids[at], ids[after]);
            (ranks[at], entries[at]) = (packed(rank, at), entry);
        }
        if at > 0 {
            let left = before[at] as usize;
            let (rank, entry) = pairs.find(ids[left], ids[at]);
            (ranks[left], entries[left]) = (packed(rank, left), entry);
        }
    }
    if merged {
        symbols.close_gaps();
    }
}

/// The minimum, in lanes that need no order among them.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled once a feature set")]
fn minimum(ranks: &[u32]) -> u32 {
    let mut lanes = [u32::MAX; LANES];
    for chunk in ranks.chunks_exact(LANES) {
        for (lane, &rank) in lanes.iter_mut().zip(chunk) {
            *lane = (*lane).min(rank);
        }
    }
    lanes.into_iter().min().unwrap_or(u32::MAX)
}

/// Merge one window, by the scan or by the heap.
fn one_window(pairs: &Pairs, window: &mut Symbols, scratch: &mut MergeScratch) {
    if window.ids.len() <= SCAN {
        scan(pairs, window, scratch);
    } else {
        with_heap(pairs, window, scratch);
    }
}

/// Long pieces: merge windows, each starting at a token of what is there, and join them at a token both have.
fn windows(pairs: &Pairs, symbols: &mut Symbols, scratch: &mut MergeScratch) {
    let total = symbols.ids.len();
    let mut joined =
        Joined { tokens: std::mem::take(&mut scratch.joined), starts: std::mem::take(&mut scratch.starts) };
    let mut window = std::mem::take(&mut scratch.window);
    joined.truncate(0);
    let mut to = 0;
    // How far windows reach back; what was needed once is needed again.
    let mut overlap = OVERLAP;
    // The symbols whose encoding `window` holds.
    let mut merged = 0..0;
    while to < total {
        loop {
            let from = joined.token_start(to.saturating_sub(overlap));
            // The length depends on the overlap alone, so that windows of a periodic text come out alike.
            let end = (from + WINDOW.max(3 * overlap)).min(total);
            // In a text that repeats itself windows do too, and so do their encodings.
            if symbols.ids[from..end] != symbols.ids[merged] {
                window.clear();
                window.ids.extend_from_slice(&symbols.ids[from..end]);
                // While merging, lengths count symbols: they say where tokens start.
                window.lens.resize(end - from, 1);
                one_window(pairs, &mut window, scratch);
            }
            merged = from..end;
            if end > to && joined.join(&window, from) {
                to = end;
                break;
            }
            // No token in common: look at more at once. At worst the window starts at 0 and replaces everything.
            overlap *= 2;
        }
    }
    let mut tokens = joined.tokens;
    let mut at = 0;
    for len in &mut tokens.lens {
        let end = at + *len as usize;
        *len = symbols.lens[at..end].iter().sum();
        at = end;
    }
    std::mem::swap(symbols, &mut tokens);
    scratch.joined = tokens;
    scratch.starts = joined.starts;
    scratch.window = window;
}

/// The encoding of the symbols read so far, with the position of each token's first symbol.
struct Joined {
    tokens: Symbols,
    starts: Vec<u32>,
}

impl Joined {
    fn truncate(&mut self, tokens: usize) {
        self.tokens.ids.truncate(tokens);
        self.tokens.lens.truncate(tokens);
        self.starts.truncate(tokens);
    }

    /// Where the last token that starts at or before this symbol starts.
    fn token_start(&self, symbol: usize) -> usize {
        let after = self.starts.partition_point(|&s| s as usize <= symbol);
        if after == 0 { 0 } else { self.starts[after - 1] as usize }
    }

    /// Continue with a window that starts at symbol `from`, from the first token both have on. False if there is none.
    fn join(&mut self, window: &Symbols, from: usize) -> bool {
        let mut have = self.starts.partition_point(|&s| (s as usize) < from);
        let mut at = from as u32;
        for (i, (&id, &len)) in window.ids.iter().zip(&window.lens).enumerate() {
            while self.starts.get(have).is_some_and(|&s| s < at) {
                have += 1;
            }
            let Self { tokens, starts } = self;
            let agree = starts.get(have) == Some(&at) && tokens.ids[have] == id && tokens.lens[have] == len;
            if agree || from == 0 {
                self.truncate(have);
                for (&id, &len) in window.ids[i..].iter().zip(&window.lens[i..]) {
                    self.tokens.push(id, len);
                    self.starts.push(at);
                    at += len;
                }
                return true;
            }
            at += len;
        }
        false
    }
}

/// The heap form: entries (rank, position) over a doubly linked list.
pub(crate) fn with_heap(pairs: &Pairs, symbols: &mut Symbols, scratch: &mut MergeScratch) {
    const NONE: u32 = u32::MAX;
    let Symbols { ids, lens } = symbols;
    let count = ids.len() as u32;
    let (heap, links) = (&mut scratch.heap, &mut scratch.links);
    heap.clear();
    links.clear();
    links.extend((0..count).map(|i| (i.checked_sub(1).unwrap_or(NONE), if i + 1 < count { i + 1 } else { NONE })));
    let mut entries = std::mem::take(heap).into_vec();
    for (at, pair) in ids.windows(2).enumerate() {
        if let Some(merge) = pairs.get(pair[0], pair[1]) {
            entries.push(Reverse((merge.rank, at as u32)));
        }
    }
    *heap = BinaryHeap::from(entries);
    while let Some(Reverse((rank, at))) = heap.pop() {
        let left = at as usize;
        let right = links[left].1;
        if lens[left] == 0 || right == NONE {
            continue;
        }
        // An entry is stale when its pair has changed since.
        let Some(merge) = pairs.get(ids[left], ids[right as usize]).filter(|m| m.rank == rank) else { continue };
        ids[left] = merge.id;
        lens[left] += lens[right as usize];
        lens[right as usize] = 0;
        let after = links[right as usize].1;
        links[left].1 = after;
        if after != NONE {
            links[after as usize].0 = at;
            if let Some(merge) = pairs.get(ids[left], ids[after as usize]) {
                heap.push(Reverse((merge.rank, at)));
            }
        }
        let before = links[left].0;
        if before != NONE
            && let Some(merge) = pairs.get(ids[before as usize], ids[left])
        {
            heap.push(Reverse((merge.rank, before)));
        }
    }
    symbols.close_gaps();
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A generator good enough for tests (xorshift), so that the crate needs none.
    pub(in super::super) struct Random(pub(in super::super) u64);

    impl Random {
        pub(in super::super) fn below(&mut self, n: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % n
        }
    }

    /// Random merges over a few letters; ranks in random order, so that a merge may come before those of its parts.
    pub(in super::super) fn random_pairs(random: &mut Random, letters: u32, merges: usize) -> Pairs {
        let mut spelled: Vec<Vec<u32>> = (0..letters).map(|l| vec![l]).collect();
        let mut rules = Vec::new();
        for _ in 0..merges {
            let (a, b) = (random.below(spelled.len() as u64) as u32, random.below(spelled.len() as u64) as u32);
            let text = [spelled[a as usize].as_slice(), spelled[b as usize].as_slice()].concat();
            let id = spelled.iter().position(|s| *s == text).unwrap_or_else(|| {
                spelled.push(text);
                spelled.len() - 1
            });
            rules.push((a, b, id as u32));
        }
        for i in (1..rules.len()).rev() {
            rules.swap(i, random.below(i as u64 + 1) as usize);
        }
        let wide = random.below(2) == 0;
        let mut pairs = Pairs::new(merges, if wide { u32::MAX } else { 1000 });
        for (a, b, id) in rules {
            pairs.push(a, b, id);
        }
        pairs
    }

    /// The obviously right form: look at all pairs again after each merge.
    pub(in super::super) fn naive(pairs: &Pairs, symbols: &mut Symbols) {
        loop {
            let best =
                symbols.ids.windows(2).enumerate().filter_map(|(i, p)| Some((pairs.get(p[0], p[1])?.rank, i))).min();
            let Some((_, at)) = best else { return };
            let merge = pairs.get(symbols.ids[at], symbols.ids[at + 1]).expect("it was just found");
            symbols.ids[at] = merge.id;
            symbols.lens[at] += symbols.lens[at + 1];
            symbols.ids.remove(at + 1);
            symbols.lens.remove(at + 1);
        }
    }

    #[test]
    fn every_form_merges_like_the_naive_one() {
        let mut random = Random(0x5EED);
        let mut scratch = MergeScratch::default();
        for case in 0..3000 {
            let letters = 1 + random.below(5) as u32;
            let merges = random.below(40) as usize;
            let pairs = random_pairs(&mut random, letters, merges);
            let longest = if case % 10 == 0 { 1200 } else { 300 };
            let count = random.below(longest);
            let symbols = Symbols {
                ids: (0..count).map(|_| random.below(u64::from(letters)) as u32).collect(),
                lens: (0..count).map(|_| 1 + random.below(3) as u32).collect(),
            };
            let mut expected = symbols.clone();
            naive(&pairs, &mut expected);
            let mut actual = symbols.clone();
            merge_all(&pairs, &mut actual, &mut scratch);
            assert_eq!((&actual.ids, &actual.lens), (&expected.ids, &expected.lens), "case {case}, merge_all");
            let mut actual = symbols;
            with_heap(&pairs, &mut actual, &mut scratch);
            assert_eq!((&actual.ids, &actual.lens), (&expected.ids, &expected.lens), "case {case}, heap");
        }
    }
}
