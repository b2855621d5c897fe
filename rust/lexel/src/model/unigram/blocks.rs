//! Where the nodes of a double array fit: places in blocks of 256, taken and free, searched 64 at a time.

/// 256 places as bits.
type Bits = [u64; 4];

#[derive(Clone, Copy, Debug)]
struct Block {
    free: Bits,
    /// Bases no node has.
    bases: Bits,
}

/// All places handed out so far, and the blocks that still have some.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    open: Vec<u32>,
}

/// More than this many are not searched: the oldest, the fullest, is left as it is.
const MAX_OPEN: usize = 8;
const ALL: Bits = [u64::MAX; 4];

impl Blocks {
    /// Number of places, taken or not.
    pub(super) fn len(&self) -> usize {
        256 * self.blocks.len()
    }

    /// Take a base for a node with these children (at least one, all different): `base ^ label` was free for each label
    /// and is taken now, and no other node has this base.
    pub(super) fn place(&mut self, labels: impl Iterator<Item = u8> + Clone) -> usize {
        let mut chosen = None;
        for (i, &index) in self.open.iter().enumerate() {
            let block = &self.blocks[index as usize];
            let mut fitting = block.bases;
            for label in labels.clone() {
                let free = moved(block.free, label);
                for (fit, free) in fitting.iter_mut().zip(free) {
                    *fit &= free;
                }
                if fitting == [0; 4] {
                    break;
                }
            }
            if let Some(word) = fitting.iter().position(|&w| w != 0) {
                chosen = Some((i, 64 * word + fitting[word].trailing_zeros() as usize));
                break;
            }
        }
        let (i, base) = chosen.unwrap_or_else(|| {
            if self.open.len() == MAX_OPEN {
                self.open.remove(0);
            }
            self.open.push(self.blocks.len() as u32);
            self.blocks.push(Block { free: ALL, bases: ALL });
            (self.open.len() - 1, 0)
        });
        let index = self.open[i] as usize;
        let block = &mut self.blocks[index];
        block.bases[base / 64] &= !(1 << (base % 64));
        for label in labels {
            let place = base ^ usize::from(label);
            block.free[place / 64] &= !(1 << (place % 64));
        }
        if block.free == [0; 4] {
            self.open.remove(i);
        }
        256 * index + base
    }
}

/// Move every bit `i` to `i ^ by`.
fn moved(bits: Bits, by: u8) -> Bits {
    const LOW: [u64; 6] = [
        0x5555_5555_5555_5555,
        0x3333_3333_3333_3333,
        0x0F0F_0F0F_0F0F_0F0F,
        0x00FF_00FF_00FF_00FF,
        0x0000_FFFF_0000_FFFF,
        0x0000_0000_FFFF_FFFF,
    ];
    let words = usize::from(by >> 6);
    let mut out = [bits[words], bits[1 ^ words], bits[2 ^ words], bits[3 ^ words]];
    for (k, low) in LOW.into_iter().enumerate() {
        if by >> k & 1 == 1 {
            for word in &mut out {
                *word = (*word & low) << (1 << k) | (*word >> (1 << k)) & low;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn bits_move_by_exclusive_or() {
        for by in 0..=255u8 {
            for bit in [0u8, 1, 63, 64, 100, 255] {
                let mut bits = [0; 4];
                bits[usize::from(bit / 64)] = 1 << (bit % 64);
                let place = usize::from(bit ^ by);
                let mut expected = [0; 4];
                expected[place / 64] = 1 << (place % 64);
                assert_eq!(moved(bits, by), expected);
            }
        }
    }

    #[test]
    fn no_place_and_no_base_is_given_twice() {
        let mut random = Random::new(1);
        let mut blocks = Blocks::default();
        let (mut places, mut bases) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        for _ in 0..3000 {
            let (count, mask) =
                (1 + random.next_u64() % [1, 2, 4, 200][(random.next_u64() % 4) as usize], random.next_u64());
            let labels: std::collections::BTreeSet<u8> = (0..count).map(|_| (random.next_u64() & mask) as u8).collect();
            let base = blocks.place(labels.iter().copied());
            assert!(bases.insert(base));
            for &label in &labels {
                let place = base ^ usize::from(label);
                assert!(place < blocks.len() && places.insert(place));
            }
        }
        assert!(places.len() * 10 > blocks.len() * 6, "{} of {}", places.len(), blocks.len());
    }
}
