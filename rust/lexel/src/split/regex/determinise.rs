//! From a program to a table: which state follows on which class of characters.
//!
//! A state is the list of places the program may be at, before it goes on without consuming anything; what it then does
//! depends on the next character too (assertions ask for it), so that a match is known one character late: the entry of
//! the table says that the text up to here matches.

use hashbrown::HashMap;

use super::program::{Inst, Mask, Program, contains};
use crate::error::{Error, Result};

/// What determinisation is told besides the program.
pub(super) struct Alphabet<'a> {
    /// Number of classes of characters; one more column stands for the end of the text.
    pub(super) classes: usize,
    /// The classes of every set.
    pub(super) sets: &'a [Mask],
    /// Number of look-arounds whose answers come with every place.
    pub(super) looks: usize,
}

/// What kind of question the automaton answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Where the match that starts here ends; of several, the one that is tried first.
    FirstMatch,
    /// Whether a match that started anywhere ends here.
    AnyMatch,
}

/// No way on.
pub(super) const DEAD: u16 = 0;
/// Set in an entry if what has been read so far matches.
pub(super) const ACCEPT: u16 = 1 << 15;

/// A table and what is needed to walk it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// By state and symbol: the next state, and whether there is a match before the symbol.
    pub(super) next: Vec<u16>,
    /// log2 of the number of columns of a state.
    pub(super) row_shift: u32,
    /// log2 of the number of columns for each combination of answers of look-arounds.
    pub(super) class_shift: u32,
    /// Whether answers of look-arounds are read at all.
    pub(super) looks: bool,
    /// The kind of every class as the one consumed last; that of the edge of the text comes last.
    pub(super) kinds: Vec<u8>,
    /// First state by the kind of the character before, in the middle of a search and (second half) at its start.
    pub(super) starts: Vec<u16>,
}

impl Table {
    /// The entry of a state and a symbol.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of every search")]
    pub(super) fn entry(&self, state: u16, class: usize, looks: u8) -> u16 {
        let looks = if self.looks { usize::from(looks) << self.class_shift } else { 0 };
        self.next[(usize::from(state) << self.row_shift) | looks | class]
    }

    /// Where a search starts after a character of this class, or at the edge.
    #[inline]
    pub(super) fn start(&self, before: usize, search_start: bool) -> u16 {
        let kinds = self.starts.len() / 2;
        self.starts[usize::from(self.kinds[before]) + if search_start { kinds } else { 0 }]
    }

    /// Number of states, the dead one included.
    pub(super) fn states(&self) -> usize {
        self.next.len() >> self.row_shift
    }
}

/// Steps of work before a pattern counts as too large: about a second.
const MAX_WORK: usize = 30_000_000;
const MAX_CELLS: usize = 4 << 20;
const MAX_STATES: usize = ACCEPT as usize;

type Places = Vec<u32>;

/// A state before it has a number: places, the kind of the character before them, whether the search starts here.
type Key = (Places, u8, bool);

/// Build the table.
pub(super) fn determinise(program: &Program, alphabet: &Alphabet<'_>, question: Question) -> Result<Table> {
    Builder::new(program, alphabet, question).run()
}

struct Builder<'a> {
    program: &'a Program,
    alphabet: &'a Alphabet<'a>,
    question: Question,
    /// By class and the edge: the kind as the character before, and as the character after.
    behind: Vec<u8>,
    ahead: Vec<u8>,
    /// A class of each kind of character after.
    samples: Vec<usize>,
    numbers: HashMap<Key, u16>,
    states: Vec<Key>,
    work: usize,
    seen: Vec<u32>,
    stamp: u32,
}

/// Where a state can go without consuming: the places that consume, in order of preference, and whether it matches.
struct Reach {
    places: Places,
    matches: bool,
}

fn too_large() -> Error {
    Error::unsupported("a regex whose automaton would be too large")
}

impl<'a> Builder<'a> {
    fn new(program: &'a Program, alphabet: &'a Alphabet<'a>, question: Question) -> Self {
        let kinds = |wanted: &dyn Fn(&Inst) -> Option<(usize, bool)>| {
            let asked: Vec<(usize, bool)> = program.insts.iter().filter_map(wanted).collect();
            let mut seen: HashMap<Vec<bool>, u8> = HashMap::new();
            let answers = |class: usize| asked.iter().map(|&asked| answer(alphabet, asked, class)).collect();
            let kinds = (0..=alphabet.classes).map(|class| {
                let next = seen.len() as u8;
                *seen.entry(answers(class)).or_insert(next)
            });
            kinds.collect::<Vec<u8>>()
        };
        let behind = kinds(&|inst| match inst {
            Inst::Behind { set, edge, .. } => Some((*set, *edge)),
            _ => None,
        });
        let ahead = kinds(&|inst| match inst {
            Inst::Ahead { set, edge, .. } => Some((*set, *edge)),
            _ => None,
        });
        let count = usize::from(ahead.iter().copied().max().unwrap_or(0)) + 1;
        let samples = (0..count).map(|kind| ahead.iter().position(|&k| usize::from(k) == kind).unwrap_or(0)).collect();
        Self {
            program,
            alphabet,
            question,
            behind,
            ahead,
            samples,
            numbers: HashMap::new(),
            states: Vec::new(),
            work: 0,
            seen: vec![0; program.insts.len()],
            stamp: 0,
        }
    }

    fn number(&mut self, key: Key) -> Result<u16> {
        if let Some(&number) = self.numbers.get(&key) {
            return Ok(number);
        }
        let number = self.states.len() + 1;
        if number >= MAX_STATES {
            return Err(too_large());
        }
        self.states.push(key.clone());
        self.numbers.insert(key, number as u16);
        Ok(number as u16)
    }

    fn run(mut self) -> Result<Table> {
        let class_shift = (self.alphabet.classes + 1).next_power_of_two().trailing_zeros();
        let looks = self.program.insts.iter().any(|inst| matches!(inst, Inst::Look { .. }));
        let combinations = if looks { 1usize << self.alphabet.looks } else { 1 };
        let row_shift = class_shift + combinations.trailing_zeros();
        let kinds = usize::from(self.behind.iter().copied().max().unwrap_or(0)) + 1;
        let anchored = self.program.insts.iter().any(|inst| matches!(inst, Inst::SearchStart { .. }));
        let mut starts = Vec::with_capacity(2 * kinds);
        for search_start in [false, anchored] {
            for kind in 0..kinds {
                starts.push(self.number((vec![self.program.start], kind as u8, search_start))?);
            }
        }
        let mut next = vec![DEAD; 1 << row_shift];
        let mut at = 0;
        while at < self.states.len() {
            let row = next.len();
            if row + (1 << row_shift) > MAX_CELLS {
                return Err(too_large());
            }
            next.resize(row + (1 << row_shift), DEAD);
            for combination in 0..combinations {
                for kind in 0..self.samples.len() {
                    let reach = self.reach(at, self.samples[kind], combination)?;
                    for class in 0..=self.alphabet.classes {
                        if usize::from(self.ahead[class]) == kind {
                            let accept = if reach.matches { ACCEPT } else { 0 };
                            let column = combination << class_shift | class;
                            next[row + column] = self.step(&reach, class)? | accept;
                        }
                    }
                }
            }
            at += 1;
        }
        Ok(Table { next, row_shift, class_shift, looks, kinds: self.behind, starts })
    }

    fn spend(&mut self, steps: usize) -> Result<()> {
        self.work += steps;
        if self.work > MAX_WORK { Err(too_large()) } else { Ok(()) }
    }

    /// Go as far as possible without consuming, before a character of this class.
    fn reach(&mut self, state: usize, class: usize, looks: usize) -> Result<Reach> {
        let (places, kind, search_start) = self.states[state].clone();
        let mut reach = Reach { places: Vec::new(), matches: false };
        self.stamp += 1;
        let mut todo: Vec<u32> = places.iter().rev().copied().collect();
        // A class of this kind answers for all of them.
        let before = self.behind.iter().position(|&k| k == kind).unwrap_or(0);
        let mut steps = 1;
        while let Some(place) = todo.pop() {
            steps += 1;
            if std::mem::replace(&mut self.seen[place as usize], self.stamp) == self.stamp {
                continue;
            }
            match &self.program.insts[place as usize] {
                Inst::Char { .. } => reach.places.push(place),
                Inst::Fork(first, second) => todo.extend([*second, *first]),
                Inst::Behind { set, edge, next } if answer(self.alphabet, (*set, *edge), before) => todo.push(*next),
                Inst::Ahead { set, edge, next } if answer(self.alphabet, (*set, *edge), class) => todo.push(*next),
                Inst::SearchStart { next } if search_start => todo.push(*next),
                Inst::Look { number, holds, next } if (looks >> number & 1 != 0) == *holds => todo.push(*next),
                Inst::Match => {
                    reach.matches = true;
                    if self.question == Question::FirstMatch {
                        // Whatever comes now is only tried if this match fails, and it does not.
                        break;
                    }
                }
                _ => {}
            }
        }
        self.spend(steps)?;
        Ok(reach)
    }

    /// Consume a character of this class.
    fn step(&mut self, reach: &Reach, class: usize) -> Result<u16> {
        if class == self.alphabet.classes {
            return Ok(DEAD);
        }
        let mut places = Places::new();
        self.stamp += 1;
        for &place in &reach.places {
            if let Inst::Char { set, next } = &self.program.insts[place as usize]
                && contains(&self.alphabet.sets[*set], class)
                && std::mem::replace(&mut self.seen[*next as usize], self.stamp) != self.stamp
            {
                places.push(*next);
            }
        }
        self.spend(1 + reach.places.len())?;
        if self.question == Question::AnyMatch {
            if self.seen[self.program.start as usize] != self.stamp {
                places.push(self.program.start);
            }
            places.sort_unstable();
        }
        if places.is_empty() { Ok(DEAD) } else { self.number((places, self.behind[class], false)) }
    }
}

fn answer(alphabet: &Alphabet<'_>, (set, edge): (usize, bool), class: usize) -> bool {
    if class == alphabet.classes { edge } else { contains(&alphabet.sets[set], class) }
}
