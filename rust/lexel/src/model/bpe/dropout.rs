//! Merging with dropout: each time a merge is due it is passed over with some probability.
//!
//! The reference keeps a queue of the merges that are possible, by rank and place. Again and again it goes through the
//! queue in order, passing over each entry with probability p, and acts on the first it does not pass over: it merges,
//! or drops the entry if its pair is gone. When it passes over all of them it is done. So entries that are outdated
//! count too, and merging a part of a piece by itself is something else than merging the piece.
//!
//! How many entries are passed over is drawn at once, a geometric number, and the entry after them is taken out of a sorted
//! sequence: whatever p is, a piece of n symbols takes O(n log n) draws and comparisons, and O(√n) moves each.

use super::merge::Symbols;
use super::pairs::Pairs;
use crate::random::Random;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct DropoutScratch {
    queue: Queue,
    /// The neighbours of each symbol.
    links: Vec<(u32, u32)>,
}

const NONE: u32 = u32::MAX;

/// Merge the symbols, passing over what is due with this probability (above 0).
#[expect(clippy::cast_sign_loss, reason = "a product of two numbers that are not positive")]
pub(crate) fn merge_some(
    pairs: &Pairs,
    symbols: &mut Symbols,
    probability: f64,
    random: &mut Random,
    scratch: &mut DropoutScratch,
) {
    if probability >= 1.0 || symbols.ids.len() < 2 {
        return;
    }
    let Symbols { ids, lens } = symbols;
    let DropoutScratch { queue, links } = scratch;
    let count = ids.len() as u32;
    links.clear();
    links.extend((0..count).map(|i| (i.checked_sub(1).unwrap_or(NONE), if i + 1 < count { i + 1 } else { NONE })));
    let possible =
        ids.windows(2).zip(0u32..).filter_map(|(pair, at)| Some(entry(pairs.get(pair[0], pair[1])?.rank, at)));
    queue.fill(possible);
    let scale = probability.ln().recip();
    loop {
        // From 0 to 1, never 0: its logarithm is finite.
        let passed_over = (1.0 - random.unit()).ln() * scale;
        if passed_over >= queue.len as f64 {
            break;
        }
        let top = queue.take(passed_over as usize);
        let (rank, at) = ((top >> 32) as u32, top as u32);
        let left = at as usize;
        let right = links[left].1;
        if lens[left] == 0 || right == NONE {
            continue;
        }
        let due = pairs.get(ids[left], ids[right as usize]).filter(|merge| merge.rank == rank);
        let Some(merge) = due else { continue };
        ids[left] = merge.id;
        lens[left] += lens[right as usize];
        lens[right as usize] = 0;
        let after = links[right as usize].1;
        links[left].1 = after;
        if after != NONE {
            links[after as usize].0 = at;
            if let Some(merge) = pairs.get(ids[left], ids[after as usize]) {
                queue.insert(entry(merge.rank, at));
            }
        }
        let before = links[left].0;
        if before != NONE
            && let Some(merge) = pairs.get(ids[before as usize], ids[left])
        {
            queue.insert(entry(merge.rank, before));
        }
    }
    symbols.close_gaps();
}

fn entry(rank: u32, at: u32) -> u64 {
    u64::from(rank) << 32 | u64::from(at)
}

/// A sorted sequence from which any element can be taken by its place: the smallest at the end, in blocks so that little
/// moves.
#[derive(Debug, Default)]
struct Queue {
    blocks: Vec<Vec<u64>>,
    len: usize,
}

/// A block of more elements is halved.
const BLOCK: usize = 512;

impl Queue {
    fn fill(&mut self, entries: impl Iterator<Item = u64>) {
        let mut sorted = self.blocks.pop().unwrap_or_default();
        sorted.clear();
        sorted.extend(entries);
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        self.len = sorted.len();
        self.blocks.clear();
        if sorted.len() <= BLOCK {
            self.blocks.push(sorted);
        } else {
            self.blocks.extend(sorted.chunks(BLOCK / 2).map(<[u64]>::to_vec));
        }
    }

    /// Take the element that has this many smaller ones; there must be one.
    fn take(&mut self, mut smaller: usize) -> u64 {
        self.len -= 1;
        let mut at = self.blocks.len() - 1;
        while smaller >= self.blocks[at].len() {
            smaller -= self.blocks[at].len();
            at -= 1;
        }
        let block = &mut self.blocks[at];
        let taken = block.remove(block.len() - 1 - smaller);
        if block.is_empty() {
            self.blocks.remove(at);
        }
        taken
    }

    fn insert(&mut self, entry: u64) {
        self.len += 1;
        if self.blocks.is_empty() {
            self.blocks.push(Vec::new());
        }
        let smallest = |block: &Vec<u64>| block.last().copied().unwrap_or_default();
        let at = self.blocks.partition_point(|block| smallest(block) > entry).min(self.blocks.len() - 1);
        let block = &mut self.blocks[at];
        block.insert(block.partition_point(|&e| e > entry), entry);
        if block.len() > BLOCK {
            let rest = block.split_off(BLOCK / 2);
            self.blocks.insert(at + 1, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_gives_elements_by_their_place() {
        let mut random = Random::new(1);
        let mut queue = Queue::default();
        for round in 0..30u64 {
            let mut plain: Vec<u64> = (0..round * 100).map(|_| random.next_u64() % 5000).collect();
            queue.fill(plain.iter().copied());
            for _ in 0..2000 {
                if plain.is_empty() || random.unit() < 0.5 {
                    plain.push(random.next_u64() % 5000);
                    queue.insert(plain[plain.len() - 1]);
                } else {
                    plain.sort_unstable();
                    let smaller = random.next_u64() as usize % plain.len();
                    assert_eq!(queue.take(smaller), plain.remove(smaller));
                }
                assert_eq!(queue.len, plain.len());
            }
        }
    }
}
