//! Tables over all code points that are filled where they are asked, a block of 256 at a time.

use once_cell::race::OnceBox;

/// The number of code points in a block.
pub(super) const BLOCK: u32 = 256;

/// One `T` for every 256 code points, made when first asked for. Threads do not wait for each other: a process that is
/// forked while another thread makes a block would wait for ever.
#[derive(Clone, Debug)]
pub(super) struct LazyBlocks<T>(Box<[OnceBox<T>]>);

impl<T> LazyBlocks<T> {
    pub(super) fn new() -> Self {
        Self((0..=u32::from(char::MAX) / BLOCK).map(|_| OnceBox::new()).collect())
    }

    /// The block of a character; `fill` makes it from its characters (there are none among the surrogates).
    #[inline]
    pub(super) fn get(&self, c: char, fill: impl FnOnce(&mut dyn Iterator<Item = char>) -> T) -> &T {
        let block = u32::from(c) / BLOCK;
        match self.0[block as usize].get() {
            Some(made) => made,
            None => self.make(block, fill),
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, block: u32, fill: impl FnOnce(&mut dyn Iterator<Item = char>) -> T) -> &T {
        let mut characters = (block * BLOCK..(block + 1) * BLOCK).filter_map(char::from_u32);
        // Made outside the cell: no thread waits for another that makes it too, and a fork never copies one half made.
        let made = Box::new(fill(&mut characters));
        self.0[block as usize].get_or_init(|| made)
    }
}

/// A set of characters, given by a predicate that is asked once for each of them.
#[derive(Debug)]
pub(super) struct LazySet {
    blocks: LazyBlocks<[u64; 4]>,
    contains: fn(char) -> bool,
}

impl LazySet {
    pub(super) fn new(contains: fn(char) -> bool) -> Self {
        Self { blocks: LazyBlocks::new(), contains }
    }

    #[inline]
    pub(super) fn contains(&self, c: char) -> bool {
        let block = self.blocks.get(c, |characters| {
            let mut bits = [0; 4];
            for c in characters.filter(|&c| (self.contains)(c)) {
                bits[c as usize / 64 % 4] |= 1 << (c as u32 % 64);
            }
            bits
        });
        block[c as usize / 64 % 4] >> (c as u32 % 64) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lazy_set_is_its_predicate() {
        let set = LazySet::new(char::is_alphabetic);
        assert!(('\0'..=char::MAX).all(|c| set.contains(c) == c.is_alphabetic()));
    }
}
