//! The pattern as a program over classes of characters: what a backtracking engine would run, to be determinised.
//!
//! A loop whose body may be empty is left after an empty round, as in the reference. A program has no memory for "since
//! the round began", so that every part is compiled for both answers where they matter: each part gets the place to go
//! on when nothing has been consumed in this round, and the place to go on when something has.

use hashbrown::HashMap;
use regex_syntax::hir::ClassUnicode;

use super::parse::{Assert, Node, Repeat};
use crate::error::{Error, Result};

/// A set of classes, one bit each.
pub(super) type Mask = [u64; 4];

/// Programs are no longer than this.
const MAX_LENGTH: usize = 60_000;

pub(super) fn contains(mask: &Mask, class: usize) -> bool {
    mask[class >> 6] >> (class & 63) & 1 != 0
}

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Inst {
    /// Consume a character of a set (by its number).
    Char {
        set: usize,
        next: u32,
    },
    /// Go on at the first place, or else at the second.
    Fork(u32, u32),
    /// The character consumed last is in the set or, if `edge`, none has been: the text begins (or, read backwards, ends)
    /// here.
    Behind {
        set: usize,
        edge: bool,
        next: u32,
    },
    /// The character consumed next is in the set or, if `edge`, there is none.
    Ahead {
        set: usize,
        edge: bool,
        next: u32,
    },
    /// The search began here.
    SearchStart {
        next: u32,
    },
    /// The look-around of this number holds here, or does not.
    Look {
        number: usize,
        holds: bool,
        next: u32,
    },
    Match,
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) insts: Vec<Inst>,
    pub(super) start: u32,
}

/// A look-around over more than one character.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) program: Program,
    pub(super) behind: bool,
}

/// The programs of a pattern, and the sets they are about.
#[derive(Default)]
pub(super) struct Programs {
    pub(super) sets: Vec<ClassUnicode>,
    numbers: HashMap<Vec<(char, char)>, usize>,
    /// In an order in which each only asks for those before it.
    pub(super) looks: Vec<Look>,
    /// Numbers of look-arounds by where they stand in the pattern: parts are compiled more than once.
    seen: HashMap<usize, usize>,
}

impl Programs {
    /// Compile a pattern without atomic groups.
    pub(super) fn compile(&mut self, node: &Node, backwards: bool) -> Result<Program> {
        let mut insts = vec![Inst::Match];
        let start = Emitter { programs: self, insts: &mut insts, backwards }.node(node, 0, 0)?;
        Ok(Program { insts, start })
    }

    fn set(&mut self, set: &ClassUnicode) -> usize {
        let key = set.iter().map(|range| (range.start(), range.end())).collect();
        *self.numbers.entry(key).or_insert_with(|| {
            self.sets.push(set.clone());
            self.sets.len() - 1
        })
    }
}

struct Emitter<'p> {
    programs: &'p mut Programs,
    insts: &'p mut Vec<Inst>,
    backwards: bool,
}

impl Emitter<'_> {
    fn push(&mut self, inst: Inst) -> Result<u32> {
        if self.insts.len() >= MAX_LENGTH {
            return Err(Error::unsupported("a regex of this size"));
        }
        self.insts.push(inst);
        Ok(self.insts.len() as u32 - 1)
    }

    /// Compile a part; `empty` is where it goes on if nothing has been consumed since the innermost round began, `full`
    /// if something has. Returns where to enter while nothing has.
    fn node(&mut self, node: &Node, empty: u32, full: u32) -> Result<u32> {
        match node {
            Node::Empty => Ok(empty),
            Node::Set(set) => {
                let set = self.programs.set(set);
                self.push(Inst::Char { set, next: full })
            }
            Node::Concat(parts) => self.concat(parts, empty, full),
            Node::Alt(branches) => {
                let mut entry = None;
                for branch in branches.iter().rev() {
                    let place = self.node(branch, empty, full)?;
                    entry = Some(match entry {
                        None => place,
                        Some(others) => self.push(Inst::Fork(place, others))?,
                    });
                }
                Ok(entry.unwrap_or(empty))
            }
            Node::Repeat { node, min, max, kind } => self.repeat(node, (*min, *max), *kind, empty, full),
            Node::Assert(assert) => self.assert(assert, empty),
            Node::Look { behind, negative, node } => {
                let key = std::ptr::from_ref::<Node>(node) as usize;
                let known = self.programs.seen.get(&key).copied();
                let number = if let Some(number) = known {
                    number
                } else {
                    // A look-ahead is answered for every place at once by reading the text backwards.
                    let program = self.programs.compile(node, !behind)?;
                    self.programs.looks.push(Look { program, behind: *behind });
                    let number = self.programs.looks.len() - 1;
                    self.programs.seen.insert(key, number);
                    number
                };
                self.push(Inst::Look { number, holds: !negative, next: empty })
            }
            Node::Atomic(_) => unreachable!("atomic groups are gone by now"),
        }
    }

    fn concat(&mut self, parts: &[Node], empty: u32, full: u32) -> Result<u32> {
        // From the last part read to the first: where to go on after it, in both cases.
        let (mut after_empty, mut after_full) = (empty, full);
        let count = parts.len();
        for i in 0..count {
            let part = if self.backwards { &parts[i] } else { &parts[count - 1 - i] };
            let place = self.node(part, after_empty, after_full)?;
            let last = i + 1 == count;
            after_full =
                if last || after_empty == after_full { place } else { self.node(part, after_full, after_full)? };
            after_empty = place;
        }
        Ok(after_empty)
    }

    fn repeat(
        &mut self,
        node: &Node,
        (min, max): (u32, Option<u32>),
        kind: Repeat,
        empty: u32,
        full: u32,
    ) -> Result<u32> {
        let fork = |body, exit| if kind == Repeat::Greedy { Inst::Fork(body, exit) } else { Inst::Fork(exit, body) };
        let nullable = node.nullable();
        if nullable && (min > 1 || max.is_some_and(|max| max > 1)) {
            // The reference writes some of these out and counts others, with different results.
            return Err(Error::unsupported("a counted repetition of something that may be empty"));
        }
        let (mut after_empty, mut after_full) = (empty, full);
        match max {
            None => {
                // The place of the loop is known before its body is.
                let again = self.push(Inst::Match)?;
                let body = self.node(node, full, again)?;
                self.insts[again as usize] = fork(body, full);
                after_full = again;
                after_empty = if empty == full || !nullable && min > 0 {
                    again
                } else {
                    let body = self.node(node, empty, again)?;
                    self.push(fork(body, empty))?
                };
            }
            Some(max) => {
                for _ in min..max {
                    let body = self.node(node, after_empty, after_full)?;
                    let place = self.push(fork(body, empty))?;
                    after_full = if empty == full {
                        place
                    } else {
                        let body = self.node(node, after_full, after_full)?;
                        self.push(fork(body, full))?
                    };
                    after_empty = place;
                }
            }
        }
        for _ in 0..min {
            let place = self.node(node, after_empty, after_full)?;
            after_full = if after_empty == after_full { place } else { self.node(node, after_full, after_full)? };
            after_empty = place;
        }
        Ok(after_empty)
    }

    fn assert(&mut self, assert: &Assert, next: u32) -> Result<u32> {
        let inst = match assert {
            Assert::SearchStart if self.backwards => {
                return Err(Error::unsupported("\\G inside a look-around"));
            }
            Assert::SearchStart => Inst::SearchStart { next },
            Assert::Next { set, edge } | Assert::Previous { set, edge } => {
                let set = self.programs.set(set);
                let ahead = matches!(assert, Assert::Next { .. }) != self.backwards;
                if ahead { Inst::Ahead { set, edge: *edge, next } } else { Inst::Behind { set, edge: *edge, next } }
            }
        };
        self.push(inst)
    }
}
