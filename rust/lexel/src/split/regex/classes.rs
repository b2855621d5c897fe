//! Which class of characters a character belongs to, for one pattern.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use regex_syntax::hir::ClassUnicode;

use crate::error::{Error, Result};

/// A partition of all characters into at most 250 classes: two characters share one if no set of the pattern parts them.
#[derive(Clone)]
pub(crate) struct CharClasses {
    ascii: [u8; 128],
    /// Block of every 256 characters.
    pages: Vec<u16>,
    blocks: Vec<u8>,
    count: usize,
    /// For each set given, the classes it is made of.
    members: Vec<Vec<u8>>,
}

impl std::fmt::Debug for CharClasses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CharClasses").field("count", &self.count).finish_non_exhaustive()
    }
}

const MAX_CLASSES: usize = 250;
const CODE_POINTS: u32 = 0x11_0000;

impl CharClasses {
    pub(crate) fn new(sets: &[&ClassUnicode]) -> Result<Self> {
        // Every set changes its membership at its range bounds; between two bounds all characters are alike.
        let mut changes: BTreeMap<u32, Vec<(usize, bool)>> = BTreeMap::new();
        for (index, set) in sets.iter().enumerate() {
            for range in set.iter() {
                changes.entry(range.start() as u32).or_default().push((index, true));
                changes.entry(range.end() as u32 + 1).or_default().push((index, false));
            }
        }
        changes.entry(0).or_default();
        let mut signature = vec![false; sets.len()];
        let mut seen: HashMap<Vec<bool>, u8> = HashMap::new();
        let mut members = vec![Vec::new(); sets.len()];
        let mut runs: Vec<(u32, u8)> = Vec::with_capacity(changes.len());
        for (&start, edits) in &changes {
            for &(index, inside) in edits {
                signature[index] = inside;
            }
            if start >= CODE_POINTS {
                continue;
            }
            let next = seen.len();
            let class = *seen.entry(signature.clone()).or_insert(next.min(255) as u8);
            if seen.len() > MAX_CLASSES {
                return Err(Error::unsupported("a regex that tells more than 250 classes of characters apart"));
            }
            if class as usize == next {
                for (set, inside) in members.iter_mut().zip(&signature) {
                    if *inside {
                        set.push(class);
                    }
                }
            }
            runs.push((start, class));
        }
        let (pages, blocks) = pages(&runs);
        let mut ascii = [0; 128];
        ascii.copy_from_slice(&blocks[..128]);
        Ok(Self { ascii, pages, blocks, count: seen.len(), members })
    }

    /// Number of classes.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The classes that make up the set given at this position.
    pub(crate) fn members(&self, set: usize) -> &[u8] {
        &self.members[set]
    }

    #[inline]
    pub(crate) fn of(&self, c: u32) -> u8 {
        let block = self.pages[(c >> 8) as usize] as usize;
        self.blocks[(block << 8) | (c & 0xFF) as usize]
    }

    /// The class of an ASCII character.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of every search")]
    pub(crate) fn ascii(&self, byte: u8) -> u8 {
        self.ascii[(byte & 0x7F) as usize]
    }

    /// The class and the width in bytes of the character that starts at `at`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of every search")]
    pub(crate) fn at(&self, text: &[u8], at: usize) -> (u8, usize) {
        let first = text[at];
        if first < 0x80 {
            return (self.ascii[first as usize], 1);
        }
        let (c, width) = decode(text, at);
        (self.of(c), width)
    }
}

/// Decode the multibyte character at `at` of valid UTF-8.
#[inline]
pub(crate) fn decode(text: &[u8], at: usize) -> (u32, usize) {
    let tail = |i: usize| u32::from(text[at + i] & 0x3F);
    let first = u32::from(text[at]);
    if first < 0xE0 {
        ((first & 0x1F) << 6 | tail(1), 2)
    } else if first < 0xF0 {
        ((first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
    } else {
        ((first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4)
    }
}

/// The class of every character in two steps, from the classes of runs of characters: the block of every page of 256
/// characters, and the blocks, each once; the first block is that of the first page.
fn pages(runs: &[(u32, u8)]) -> (Vec<u16>, Vec<u8>) {
    let mut seen: HashMap<[u8; 256], u16> = HashMap::new();
    let (mut pages, mut blocks) = (Vec::with_capacity(CODE_POINTS as usize / 256), Vec::new());
    // What the pages are that lie in one run.
    let mut uniform: [Option<u16>; 256] = [None; 256];
    let mut add = |block: [u8; 256]| {
        let next = seen.len() as u16;
        *seen.entry(block).or_insert_with(|| {
            blocks.extend_from_slice(&block);
            next
        })
    };
    let mut run = 0;
    for page in (0..CODE_POINTS).step_by(256) {
        let class = runs[run].1;
        let mut from = 0;
        let mut block = [class; 256];
        while let Some(&(start, class)) = runs.get(run + 1).filter(|(start, _)| *start < page + 256) {
            run += 1;
            from = (start - page) as usize;
            block[from..].fill(class);
        }
        let whole = from == 0;
        let class = block[0];
        let number = match uniform[class as usize].filter(|_| whole) {
            Some(number) => number,
            None => add(block),
        };
        if whole {
            uniform[class as usize] = Some(number);
        }
        pages.push(number);
    }
    (pages, blocks)
}
