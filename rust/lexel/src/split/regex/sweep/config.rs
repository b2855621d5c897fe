//! What a sweep remembers between two characters: all searches that may still matter.
//!
//! A leftmost-first search knows that a match has ended only when it can go no further, some characters late. By then the
//! next search should be where the text is. So it is begun as soon as the match might have ended, beside the first: from
//! the last place the first search has accepted at, or, while it has accepted nowhere, one character after it began
//! (should it fail, its first character lies in a gap). The second search has a third behind it, and so on. When the
//! first search ends, what the second has found meanwhile is the truth.
//!
//! Distances count characters back from the one read last. They saturate: [`FAR`] is that far or further. So there are
//! mostly few configurations, and where there are many the pattern has no sweep.

use super::super::determinise::{ACCEPT, DEAD};

/// A distance that is no longer counted.
pub(super) const FAR: u8 = 31;
const MAX_LEVELS: usize = 12;
const MAX_MARKS: usize = 8;

/// One search, and what was found since the point from which it is the truth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Level {
    /// Whether the character before the search lies in a gap.
    gap: bool,
    /// None if it has not read anything yet.
    search: Option<Search>,
    /// Boundaries found on this level that are not reported, ascending: how far back each lies.
    marks: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Search {
    state: u16,
    accepted: bool,
    /// How many characters the next level has read.
    behind: u8,
}

/// The searches; the last of them has read nothing. An empty one reports nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config(Vec<Level>);

/// A state of the search and what is read next: the next state, and whether there is a match before it.
pub(super) trait Next {
    fn next(&self, state: Option<u16>) -> (u16, bool);
}

impl<F: Fn(Option<u16>) -> u16> Next for F {
    fn next(&self, state: Option<u16>) -> (u16, bool) {
        let entry = self(state);
        (entry & !ACCEPT, entry & ACCEPT != 0)
    }
}

fn fresh(gap: bool) -> Level {
    Level { gap, search: None, marks: Vec::new() }
}

impl Config {
    /// At a boundary, before anything was read.
    pub(super) fn start() -> Self {
        Self(vec![fresh(false)])
    }

    /// Whether the character before the search, or the one it failed on, lies in a gap between matches.
    pub(super) fn in_gap(&self) -> bool {
        self.0[0].gap
    }

    /// The boundaries found and not reported yet, as distances.
    pub(super) fn unreported(&self) -> &[u8] {
        &self.0[0].marks
    }

    /// Whether what follows is the same, but for what is left to report.
    pub(super) fn continues(&self, other: &Self) -> bool {
        let (Some((first, rest)), Some((other, others))) = (self.0.split_first(), other.0.split_first()) else {
            return false;
        };
        (first.gap, first.search) == (other.gap, other.search) && rest == others
    }

    /// Read a character. Returns the configuration after it and the boundary to report, as the distance from it. None if
    /// there are more searches or boundaries than are kept.
    pub(super) fn step(&self, next: &impl Next) -> Option<(Self, Option<u8>)> {
        let mut levels = read(&self.0, next)?;
        let first = &mut levels[0].marks;
        let mark = (!first.is_empty()).then(|| first.remove(0));
        Some((Self(levels), mark))
    }

    /// The end of the text: the boundaries before it that were not reported, as distances from it.
    pub(super) fn finish(&self, next: &impl Next) -> Vec<u8> {
        let mut found = Vec::new();
        for level in &self.0 {
            found.extend(level.marks.iter().copied().map(further));
            let Some(search) = level.search else { break };
            let (_, accepts) = next.next(Some(search.state));
            if level.gap && !search.accepted && accepts {
                found.push(further(search.behind));
            }
            if accepts {
                break;
            }
            if search.accepted {
                found.push(search.behind);
            }
        }
        found
    }
}

/// One character further away.
fn further(distance: u8) -> u8 {
    (distance + 1).min(FAR)
}

/// All levels after the next character.
fn read(levels: &[Level], next: &impl Next) -> Option<Vec<Level>> {
    let (level, rest) = levels.split_first()?;
    let mut marks: Vec<u8> = level.marks.iter().copied().map(further).collect();
    let Some(Search { state, accepted, behind }) = level.search else {
        let (state, _) = next.next(None);
        return Some(if state == DEAD {
            vec![Level { gap: true, search: None, marks }]
        } else {
            let search = Some(Search { state, accepted: false, behind: 0 });
            vec![Level { gap: level.gap, search, marks }, fresh(true)]
        });
    };
    let (state, accepts) = next.next(Some(state));
    if accepts && level.gap && !accepted {
        // The gap ends where this search began.
        marks.push(further(behind));
    }
    if state != DEAD {
        let (accepted, behind, rest) = if accepts {
            (true, 1, read(&[fresh(false)], next)?)
        } else {
            (accepted, further(behind), read(rest, next)?)
        };
        let search = Some(Search { state, accepted, behind });
        let mut all = vec![Level { gap: level.gap && !accepted, search, marks }];
        all.extend(rest);
        return (all.len() <= MAX_LEVELS).then_some(all);
    }
    let mut rest = if accepts {
        marks.push(0);
        read(&[fresh(false)], next)?
    } else {
        if accepted {
            marks.push(behind);
        }
        read(rest, next)?
    };
    let found = &mut rest[0].marks;
    found.splice(0..0, marks);
    (found.len() <= MAX_MARKS).then_some(rest)
}
