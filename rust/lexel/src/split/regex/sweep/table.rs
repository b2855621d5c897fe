//! The configurations of a pattern as a table, and what is known of it.

use hashbrown::HashMap;

use super::super::classes::CharClasses;
use super::super::determinise::{ACCEPT, Table};
use super::config::{Config, FAR};

/// Patterns with more configurations are searched: a row is a kilobyte.
const MAX_STATES: usize = 1024;
/// Symbols are the bytes of ASCII characters, and from here on the classes of all others.
pub(super) const BEYOND: u8 = 0x80;
const ROW: usize = 256;
/// The part of an entry that is the next row.
pub(super) const NEXT: u32 = !0xFF;
/// Nothing leads out of this row: the search has to find the next boundary.
pub(super) const STOPPED: u32 = 0;
/// The row of a boundary.
pub(super) const START: u32 = ROW as u32;

/// What one pass over a text needs.
#[derive(Clone, Debug)]
pub(in crate::split) struct Sweep {
    /// By row and symbol: the next row; in the low bits how far back there is a boundary, and whether there is one.
    pub(super) table: Box<[u32]>,
    /// By row: the boundaries that the end of the text reveals, as distances from it.
    pub(super) finals: Box<[Box<[u8]>]>,
    /// By row: the boundaries that are found and not reported yet, as distances from the last character.
    pub(super) left: Box<[Box<[u8]>]>,
    /// By class: before characters of which classes there is a boundary whatever came before.
    certain: Box<[u128]>,
    ascii: [u8; 128],
    /// Whether every character is part of a match.
    pub(in crate::split) gapless: bool,
}

/// An entry that reports a boundary so far back, or none.
fn entry(row: usize, mark: Option<u8>) -> u32 {
    (row * ROW) as u32 | mark.map_or(0, |distance| u32::from(distance) << 1 | 1)
}

/// How far back the boundary of an entry lies.
#[inline(always)]
#[expect(clippy::inline_always, reason = "part of the innermost loop of splitting")]
pub(super) fn distance(entry: u32) -> u32 {
    entry >> 1 & 0x7F
}

impl Sweep {
    /// Follow every configuration; None if there are too many. The search must start alike after every character, and
    /// match nothing empty.
    pub(in super::super) fn new(table: &Table, classes: &CharClasses) -> Option<Self> {
        let count = classes.count();
        let start = *table.starts.first()?;
        let alike = table.starts.iter().all(|&other| other == start);
        if !alike || count > usize::from(BEYOND) || (0..=count).any(|class| table.entry(start, class, 0) & ACCEPT != 0)
        {
            return None;
        }
        let next = |class: usize| move |state: Option<u16>| table.entry(state.unwrap_or(start), class, 0);
        let mut configs = vec![Config::start()];
        let mut numbers: HashMap<Config, usize> = HashMap::from([(Config::start(), 0)]);
        // By configuration and class: the configuration that follows, and the boundary that is reported.
        let mut steps: Vec<(usize, Option<u8>)> = Vec::new();
        let mut finals = vec![Box::default()];
        let mut at = 0;
        while at < configs.len() {
            finals.push(configs[at].finish(&next(count)).into_boxed_slice());
            for class in 0..count {
                let (after, mark) = configs[at].step(&next(class))?;
                let number = *numbers.entry(after).or_insert_with_key(|after| {
                    configs.push(after.clone());
                    configs.len() - 1
                });
                steps.push((number, mark));
            }
            if configs.len() > MAX_STATES {
                return None;
            }
            at += 1;
        }
        let mut ascii = [0; 128];
        for byte in 0..BEYOND {
            ascii[usize::from(byte)] = classes.ascii(byte);
        }
        let mut rows = vec![0; (1 + configs.len()) * ROW];
        for (row, steps) in rows.chunks_exact_mut(ROW).skip(1).zip(steps.chunks_exact(count)) {
            let entries = steps.iter().map(|&(number, mark)| match mark {
                Some(FAR) => STOPPED,
                mark => entry(1 + number, mark),
            });
            for (cell, entry) in row[usize::from(BEYOND)..].iter_mut().zip(entries) {
                *cell = entry;
            }
            for (byte, &class) in ascii.iter().enumerate() {
                row[byte] = row[usize::from(BEYOND) + usize::from(class)];
            }
        }
        let certain = certain(&configs, &steps, count);
        let unreported = |config: &Config| config.unreported().into();
        let left = std::iter::once(Box::default()).chain(configs.iter().map(unreported)).collect();
        let gapless = !configs.iter().any(Config::in_gap);
        Some(Self { table: rows.into(), finals: finals.into(), left, certain, ascii, gapless })
    }

    /// Whether there is a boundary between two symbols, whatever came before, so that a pass may begin there.
    pub(super) fn is_certain(&self, before: u8, after: u8) -> bool {
        let class = |symbol: u8| self.ascii.get(usize::from(symbol)).copied().unwrap_or(symbol & 0x7F);
        self.is_certain_between(class(before), class(after))
    }

    /// The same for two classes of characters.
    pub(in crate::split) fn is_certain_between(&self, before: u8, after: u8) -> bool {
        self.certain[usize::from(before)] >> after & 1 != 0
    }
}

/// After which classes, before which other ones, every configuration finds the boundary between the two, and is then where
/// a pass is that began there.
fn certain(configs: &[Config], steps: &[(usize, Option<u8>)], classes: usize) -> Box<[u128]> {
    let mut certain = vec![u128::MAX; classes];
    // Configuration 0 is that of a boundary. What follows a character of a class is what its steps lead to.
    for from in steps.chunks_exact(classes) {
        for (before, &(config, _)) in from.iter().enumerate() {
            let after = &steps[config * classes..][..classes];
            for (class, &(number, mark)) in after.iter().enumerate() {
                let last = configs[number].unreported().last().copied().or(mark);
                if last != Some(0) || !configs[number].continues(&configs[steps[class].0]) {
                    certain[before] &= !(1 << class);
                }
            }
        }
    }
    certain.into()
}
