//! The pass over a text: several places of it at once, one look-up for each character.
//!
//! A look-up has to wait for the one before it. So a block of text is cut into strands where a boundary is certain, and
//! these take turns: while one waits, the others go on.

use super::super::automaton::{Automaton, Memo};
use super::super::classes::CharClasses;
use super::config::FAR;
use super::table::{BEYOND, NEXT, START, STOPPED, Sweep, distance};
use crate::error::Result;

/// Bytes of text that are looked at together.
const BLOCK: usize = 16 << 10;
/// Strands that take turns.
const STRANDS: usize = 4;
/// Shorter blocks are one strand.
const WORTH_CUTTING: usize = 256;
/// Characters after which the strands are looked after.
const GROUP: usize = 64;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct PassScratch {
    /// Of a block with characters beyond ASCII: the symbol of each, and where it starts; the end of the block comes last.
    symbols: Vec<u8>,
    starts: Vec<u32>,
    strands: [Strand; STRANDS],
}

/// A part of a block between two boundaries.
#[derive(Debug, Default)]
struct Strand {
    /// The symbols of the part.
    begin: usize,
    end: usize,
    /// Symbols up to here are read: one more than the part has, unless the text ends there.
    stop: usize,
    at: usize,
    row: u32,
    /// Boundaries after `begin`, up to `end`.
    found: Vec<u32>,
}

/// A block of a text as symbols.
#[derive(Clone, Copy)]
struct Block<'b> {
    text: &'b [u8],
    from: usize,
    symbols: &'b [u8],
    /// Where each symbol starts; not needed where all of them are one byte.
    starts: Option<&'b [u32]>,
}

impl Block<'_> {
    fn byte(&self, symbol: usize) -> usize {
        self.starts.map_or(self.from + symbol, |starts| starts[symbol] as usize)
    }

    fn symbol(&self, byte: usize) -> usize {
        self.starts.map_or(byte - self.from, |starts| starts.partition_point(|&start| (start as usize) < byte))
    }
}

impl Automaton {
    /// Cut a text at both ends of every match; `piece` gets the parts in order, none of them empty.
    pub(in crate::split) fn cut(
        &self,
        sweep: &Sweep,
        text: &[u8],
        memo: &mut Memo,
        scratch: &mut PassScratch,
        piece: &mut impl FnMut(usize, usize) -> Result<()>,
    ) -> Result<()> {
        let PassScratch { symbols, starts, strands } = scratch;
        let mut from = 0;
        while from < text.len() {
            let mut to = text.len().min(from + BLOCK);
            while text.get(to).is_some_and(|byte| byte & 0xC0 == 0x80) {
                to -= 1;
            }
            let block = if text[from..to].is_ascii() {
                Block { text, from, symbols: &text[from..to], starts: None }
            } else {
                read(self.classes(), &text[..to], from, symbols, starts);
                Block { text, from, symbols, starts: Some(starts) }
            };
            let whole = to == text.len();
            let Some(used) = sweep.lay(block.symbols, whole, strands) else {
                // Few boundaries, or none that is certain.
                while from < to {
                    let (start, end) = self.find(text, from, memo).unwrap_or((text.len(), text.len()));
                    for place in [start, end] {
                        if from < place {
                            piece(from, place)?;
                            from = place;
                        }
                    }
                }
                continue;
            };
            let strands = &mut strands[..used];
            self.follow(sweep, block, strands, memo);
            for strand in strands {
                if let Some(starts) = block.starts {
                    for &end in &strand.found {
                        let end = starts[end as usize] as usize;
                        piece(from, end)?;
                        from = end;
                    }
                } else {
                    let base = block.from;
                    for &end in &strand.found {
                        let end = base + end as usize;
                        piece(from, end)?;
                        from = end;
                    }
                }
            }
        }
        Ok(())
    }

    /// Read all strands.
    fn follow(&self, sweep: &Sweep, block: Block<'_>, strands: &mut [Strand], memo: &mut Memo) {
        if let Ok(all) = <&mut [Strand; STRANDS]>::try_from(&mut *strands) {
            loop {
                let steps = all.iter().map(|strand| strand.stop - strand.at).min().unwrap_or(0).min(GROUP);
                if steps == 0 {
                    break;
                }
                sweep.read(block.symbols, all, steps);
                for strand in &mut *all {
                    self.look_after(block, strand, memo);
                }
            }
        }
        for strand in strands {
            while strand.at < strand.stop {
                let steps = (strand.stop - strand.at).min(GROUP);
                sweep.read(block.symbols, std::array::from_mut(strand), steps);
                self.look_after(block, strand, memo);
            }
            self.finish(sweep, block, strand, memo);
        }
    }

    #[inline]
    fn look_after(&self, block: Block<'_>, strand: &mut Strand, memo: &mut Memo) {
        if strand.row == STOPPED {
            self.search(block, strand, memo);
        }
    }

    /// Find the next boundaries of a strand by a search; it goes on after them.
    #[cold]
    fn search(&self, block: Block<'_>, strand: &mut Strand, memo: &mut Memo) {
        let last = strand.found.last().map_or(strand.begin, |&last| last as usize);
        let (from, limit) = (block.byte(last), block.byte(strand.end));
        let (start, end) = self.find(block.text, from, memo).unwrap_or((limit, limit));
        strand.at = last;
        for place in [start.min(limit), end.min(limit)] {
            let symbol = block.symbol(place);
            if symbol > strand.at {
                strand.found.push(symbol as u32);
                strand.at = symbol;
            }
        }
        strand.row = START;
        if strand.at == strand.end {
            strand.at = strand.stop;
        }
    }

    /// Find the boundaries up to the end of a strand that its last symbol, or the end of the text, has revealed.
    fn finish(&self, sweep: &Sweep, block: Block<'_>, strand: &mut Strand, memo: &mut Memo) {
        let end = strand.end as u32;
        let row = (strand.row >> 8) as usize;
        let revealed = if strand.stop == strand.end { &sweep.finals[row] } else { &sweep.left[row] };
        if strand.found.last() == Some(&end) {
            return;
        }
        if !revealed.contains(&FAR) {
            strand.found.extend(revealed.iter().map(|&back| end - u32::from(back)));
            if strand.found.last() != Some(&end) {
                strand.found.push(end);
            }
            return;
        }
        while strand.found.last() != Some(&end) {
            self.search(block, strand, memo);
        }
    }
}

impl Sweep {
    /// Cut a block into strands; says how many. None if there is no place where it can end.
    fn lay(&self, symbols: &[u8], whole: bool, strands: &mut [Strand; STRANDS]) -> Option<usize> {
        let is_cut = |&at: &usize| self.is_certain(symbols[at - 1], symbols[at]);
        let end = if whole { symbols.len() } else { (1..symbols.len()).rev().find(is_cut)? };
        let mut ends = [end; STRANDS];
        let mut used = 1;
        if end >= WORTH_CUTTING {
            for number in 1..STRANDS {
                let (target, limit) = (number * end / STRANDS, (number + 1) * end / STRANDS);
                if let Some(cut) = (target..limit).find(is_cut) {
                    ends[used - 1] = cut;
                    used += 1;
                }
            }
        }
        let mut begin = 0;
        for (number, (strand, &end)) in strands.iter_mut().zip(&ends[..used]).enumerate() {
            let is_last = whole && number + 1 == used;
            (strand.begin, strand.end, strand.stop) = (begin, end, end + usize::from(!is_last));
            (strand.at, strand.row) = (begin, START);
            strand.found.clear();
            begin = end;
        }
        Some(used)
    }

    /// Read so many symbols of each strand, at most a group of them.
    #[inline]
    fn read<const N: usize>(&self, symbols: &[u8], strands: &mut [Strand; N], steps: usize) {
        let mut texts = [[0u8; GROUP]; N];
        let mut found = [[0u32; GROUP]; N];
        let mut counts = [0usize; N];
        let mut rows = [0u32; N];
        for ((text, row), strand) in texts.iter_mut().zip(&mut rows).zip(&*strands) {
            text[..steps].copy_from_slice(&symbols[strand.at..strand.at + steps]);
            *row = strand.row;
        }
        #[expect(clippy::needless_range_loop, reason = "the strands take turns: what is indexed is one column of all")]
        for step in 0..steps.min(GROUP) {
            for i in 0..N {
                let entry = self.table[(rows[i] | u32::from(texts[i][step])) as usize];
                rows[i] = entry & NEXT;
                found[i][counts[i] % GROUP] = (step as u32).wrapping_sub(distance(entry));
                counts[i] += (entry & 1) as usize;
            }
        }
        for (i, strand) in strands.iter_mut().enumerate() {
            let base = strand.at as u32;
            strand.found.extend(found[i][..counts[i]].iter().map(|&back| base.wrapping_add(back)));
            strand.row = rows[i];
            strand.at += steps;
        }
    }
}

/// Read a block with characters beyond ASCII.
fn read(classes: &CharClasses, text: &[u8], from: usize, symbols: &mut Vec<u8>, starts: &mut Vec<u32>) {
    symbols.clear();
    starts.clear();
    symbols.reserve(text.len() - from);
    starts.reserve(text.len() - from + 1);
    let mut at = from;
    while at < text.len() {
        let run = text[at..].iter().position(|&byte| byte >= BEYOND).unwrap_or(text.len() - at);
        symbols.extend_from_slice(&text[at..at + run]);
        starts.extend(at as u32..(at + run) as u32);
        at += run;
        while at < text.len() && text[at] >= BEYOND {
            let (class, width) = classes.at(text, at);
            symbols.push(BEYOND | class);
            starts.push(at as u32);
            at += width;
        }
    }
    starts.push(at as u32);
}
