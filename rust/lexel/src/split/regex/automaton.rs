//! The search: a deterministic automaton over character classes, leftmost-first, one step a character.
//!
//! Look-around over one character is part of the automaton: a state knows the character before it, an entry of its table
//! the one after. Look-around over more is answered beforehand, for every place of the text at once: an automaton of its
//! own reads the text from end to end (look-ahead: from the end to the start) and writes down where it holds. Everything
//! is linear in the text.

use std::sync::Arc;

use hashbrown::HashSet;
use once_cell::race::OnceBox;

use super::classes::CharClasses;
use super::determinise::{ACCEPT, Alphabet, DEAD, Question, Table, determinise};
use super::lower::without_atomic_groups;
use super::parse::Node;
use super::program::{Mask, Programs};
use super::sweep::Sweep;
use crate::error::{Error, Result};

/// A compiled split pattern.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    classes: CharClasses,
    table: Table,
    runs: Vec<Run>,
    /// Bytes no match starts at: ASCII characters on which every start is dead.
    skipped: Box<[bool; 256]>,
    /// Whether the empty text at the end may match.
    matches_at_end: bool,
    looks: Vec<Scanner>,
    /// Made for the first long text.
    sweep: Arc<OnceBox<Option<Sweep>>>,
}

/// The classes on which a state stays as it is: runs of them need no look-up that waits for the last. None if there are
/// more than 64 classes.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    classes: u64,
    /// Whether what comes before each of them matches.
    accepts: bool,
}

/// Finds out where a look-around holds.
#[derive(Clone, Debug)]
struct Scanner {
    table: Table,
    behind: bool,
}

/// As many look-arounds over more than one character have their answers in a byte.
const MAX_LOOKS: usize = 6;
const MAX_SETS: usize = 1000;
/// How far a search may read past its last match before it remembers where it failed.
const OVERSCAN: usize = 64;

/// What is known of the text that is searched.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// Where searches failed, by position and state: a later search that arrives there stops. This keeps the sum of all
    /// searches linear, whatever the pattern (Reps, "Maximal-munch tokenization in linear time", 1998).
    failed: HashSet<(usize, u16)>,
    trail: Vec<(usize, u16)>,
    /// The answers of all look-arounds at every byte, if there are any.
    looks: Vec<u8>,
}

impl Automaton {
    pub(crate) fn new(pattern: &Node) -> Result<Self> {
        let pattern = without_atomic_groups(pattern.clone())?;
        let mut programs = Programs::default();
        let program = programs.compile(&pattern, false)?;
        if programs.looks.len() > MAX_LOOKS || programs.sets.len() > MAX_SETS {
            return Err(Error::unsupported("a regex of this size"));
        }
        let classes = CharClasses::new(&programs.sets.iter().collect::<Vec<_>>())?;
        let sets: Vec<Mask> = (0..programs.sets.len()).map(|set| mask(classes.members(set))).collect();
        let alphabet = |looks| Alphabet { classes: classes.count(), sets: &sets, looks };
        let mut looks = Vec::with_capacity(programs.looks.len());
        for (number, look) in programs.looks.iter().enumerate() {
            let table = determinise(&look.program, &alphabet(number), Question::AnyMatch)?;
            looks.push(Scanner { table, behind: look.behind });
        }
        let table = determinise(&program, &alphabet(looks.len()), Question::FirstMatch)?;
        Ok(Self::from_table(classes, table, looks))
    }

    fn from_table(classes: CharClasses, table: Table, looks: Vec<Scanner>) -> Self {
        let combinations = 1usize << (table.row_shift - table.class_shift);
        let entries = |state: u16, class: usize| (0..combinations).map(move |looks| (state, class, looks as u8));
        let runs = (0..table.states() as u16).map(|state| {
            let stays = |accept: u16| {
                let stays =
                    |class: &usize| entries(state, *class).all(|(s, c, l)| table.entry(s, c, l) == state | accept);
                (0..classes.count()).filter(stays).fold(0u64, |bits, class| bits | 1 << class)
            };
            if state == DEAD || classes.count() > 64 {
                return Run::default();
            }
            let (plain, accepting) = (stays(0), stays(ACCEPT));
            let accepts = accepting.count_ones() > plain.count_ones();
            Run { classes: if accepts { accepting } else { plain }, accepts }
        });
        let runs = runs.collect();
        let dead = |class: usize| {
            let mut entries = table.starts.iter().flat_map(|&start| entries(start, class));
            entries.all(|(s, c, l)| table.entry(s, c, l) == DEAD)
        };
        let mut skipped = Box::new([false; 256]);
        for byte in 0..0x80u8 {
            skipped[byte as usize] = dead(classes.ascii(byte).into());
        }
        let matches_at_end = !dead(classes.count());
        Self { classes, table, runs, skipped, matches_at_end, looks, sweep: Arc::default() }
    }

    pub(super) fn classes(&self) -> &CharClasses {
        &self.classes
    }

    /// The class of a character.
    pub(in super::super) fn class(&self, c: char) -> u8 {
        self.classes.of(c.into())
    }

    /// The table for whole texts, where the pattern has one.
    pub(in crate::split) fn sweep(&self) -> Option<&Sweep> {
        let make = || Box::new(if self.looks.is_empty() { Sweep::new(&self.table, &self.classes) } else { None });
        self.sweep.get_or_init(make).as_ref()
    }

    /// Get ready to search a text.
    pub(crate) fn begin(&self, text: &[u8], memo: &mut Memo) {
        if !memo.failed.is_empty() {
            memo.failed.clear();
        }
        memo.looks.clear();
        if !self.looks.is_empty() {
            memo.looks.resize(text.len() + 1, 0);
            for (number, look) in self.looks.iter().enumerate() {
                look.scan(text, &self.classes, number, &mut memo.looks);
            }
        }
    }

    /// Find the first match at or after `from`; an empty one may be found too.
    pub(crate) fn find(&self, text: &[u8], from: usize, memo: &mut Memo) -> Option<(usize, usize)> {
        let mut at = from;
        loop {
            while at < text.len() && self.skipped[text[at] as usize] {
                at += 1;
            }
            if at >= text.len() && !self.matches_at_end {
                return None;
            }
            let start = match self.table.starts.as_slice() {
                [start, again] if start == again => *start,
                _ => self.table.start(self.class_before(text, at), at == from),
            };
            let found = if self.looks.is_empty() {
                self.match_at::<false>(text, at, start, memo)
            } else {
                self.match_at::<true>(text, at, start, memo)
            };
            if let Some(end) = found {
                return Some((at, end));
            }
            if at >= text.len() {
                return None;
            }
            at += self.classes.at(text, at).1;
        }
    }

    /// The class of the character before a place, or that of the edge.
    fn class_before(&self, text: &[u8], at: usize) -> usize {
        before(text, at).map_or(self.classes.count(), |start| self.classes.at(text, start).0.into())
    }

    /// The end of the match that starts at `from`, if there is one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost loop of splitting")]
    fn match_at<const LOOKS: bool>(&self, text: &[u8], from: usize, start: u16, memo: &mut Memo) -> Option<usize> {
        let mut state = start;
        let mut found = None;
        let mut at = from;
        // Positions beyond this are remembered if nothing matches there.
        let mut horizon = from + OVERSCAN;
        loop {
            let Run { classes, accepts } = self.runs[state as usize];
            // What no match covers yet is read step by step beyond the horizon, so that it is remembered.
            let limit = if accepts { text.len() } else { text.len().min(horizon) };
            let entered = at;
            while at < limit && text[at] < 0x80 && classes.wrapping_shr(self.classes.ascii(text[at]).into()) & 1 != 0 {
                at += 1;
            }
            if accepts && at > entered {
                // The last of these characters came after a match.
                Self::matched(at - 1, &mut found, &mut horizon, memo);
            }
            let (class, width) =
                if at < text.len() { self.classes.at(text, at) } else { (self.classes.count() as u8, 0) };
            let looks = if LOOKS { memo.looks[at] } else { 0 };
            let entry = if LOOKS {
                self.table.entry(state, class.into(), looks)
            } else {
                self.table.next[(usize::from(state) << self.table.row_shift) | usize::from(class)]
            };
            if entry & ACCEPT != 0 {
                Self::matched(at, &mut found, &mut horizon, memo);
            } else if at > horizon {
                if memo.failed.contains(&(at, state)) {
                    break;
                }
                memo.trail.push((at, state));
            }
            state = entry & !ACCEPT;
            if state == DEAD {
                break;
            }
            at += width;
        }
        if !memo.trail.is_empty() {
            memo.failed.extend(memo.trail.drain(..));
        }
        found
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "part of the innermost loop of splitting")]
    fn matched(at: usize, found: &mut Option<usize>, horizon: &mut usize, memo: &mut Memo) {
        *found = Some(at);
        if at > *horizon {
            // What was read since the last match led to this one after all.
            memo.trail.clear();
        }
        *horizon = at + OVERSCAN;
    }
}

impl Scanner {
    /// Write into bit `number` of every place whether the look-around holds there.
    fn scan(&self, text: &[u8], classes: &CharClasses, number: usize, answers: &mut [u8]) {
        let edge = classes.count();
        let mut state = self.table.start(edge, false);
        let mut at = if self.behind { 0 } else { text.len() };
        loop {
            let next = if self.behind { (at < text.len()).then_some(at) } else { before(text, at) };
            let (class, width) = next.map_or((edge, 0), |start| {
                let (class, width) = classes.at(text, start);
                (class.into(), width)
            });
            let entry = self.table.entry(state, class, answers[at]);
            answers[at] |= u8::from(entry & ACCEPT != 0) << number;
            if next.is_none() {
                return;
            }
            state = entry & !ACCEPT;
            at = if self.behind { at + width } else { at - width };
        }
    }
}

/// Where the character before a place starts.
fn before(text: &[u8], at: usize) -> Option<usize> {
    let mut start = at.checked_sub(1)?;
    while start > 0 && text[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    Some(start)
}

fn mask(classes: &[u8]) -> Mask {
    let mut mask = Mask::default();
    for &class in classes {
        mask[class as usize >> 6] |= 1 << (class & 63);
    }
    mask
}
