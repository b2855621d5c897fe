//! The search: a deterministic automaton over character classes, leftmost-first, one step a character.
//!
//! Determinisation is `regex-automata`'s: the pattern is rewritten over an alphabet of class numbers, one byte each, and
//! the small table that comes out is walked here with a table look-up a character.
//!
//! `X(?!S)` and `X(?=S)` at the end of a branch, X a repeated class, become patterns of their own: `X\z`, then `XA` with
//! A the characters that may follow, whose last character is given back. Greedy X tries its longest form first in the
//! reference too, so the longest X that some allowed character (or the end) follows is the answer in both.

use hashbrown::HashSet;
use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, Look, Repetition};

use super::classes::CharClasses;
use super::parse::{Node, Repeat};
use crate::error::{Error, Result};

/// A compiled split pattern.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    classes: CharClasses,
    /// Next state by state and class. State 0 is dead.
    next: Vec<u16>,
    /// log2 of the number of columns.
    shift: u32,
    start: u16,
    states: Vec<State>,
    /// Whether the pattern gives its last character back.
    gives_back: Vec<bool>,
}

/// What the search needs to know of a state besides where it leads.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Classes on which it stays as it is: runs of them need no look-up that waits for the last. None if there are more
    /// than 64 classes.
    loops: u64,
    /// Accepting pattern, before a character and at the end of the text.
    accept: u8,
    accept_at_end: u8,
}

const NO_PATTERN: u8 = u8::MAX;
const DEAD: u16 = 0;
/// How far a search may read past its last match before it remembers where it failed.
const OVERSCAN: usize = 64;
const SIZE_LIMIT: usize = 32 << 20;

/// Where searches failed, by position and state: a later search that arrives there stops. This keeps the sum of all
/// searches linear, whatever the pattern (Reps, "Maximal-munch tokenization in linear time", 1998).
#[derive(Debug, Default)]
pub(crate) struct Memo {
    failed: HashSet<(usize, u16)>,
    trail: Vec<(usize, u16)>,
}

impl Memo {
    /// Forget everything; positions of another text mean something else.
    pub(crate) fn clear(&mut self) {
        if !self.failed.is_empty() {
            self.failed.clear();
        }
    }
}

impl Automaton {
    pub(crate) fn new(pattern: &Node) -> Result<Self> {
        let branches = match pattern {
            Node::Alt(branches) => branches.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut sets = Vec::new();
        collect_sets(pattern, &mut sets);
        let classes = CharClasses::new(&sets)?;
        let mut patterns = Vec::new();
        let mut gives_back = Vec::new();
        // Sets are met again in the order in which they were collected.
        let mut builder = Builder { classes: &classes, next_set: 0 };
        for branch in branches {
            builder.branch(branch, &mut patterns, &mut gives_back)?;
        }
        if patterns.iter().any(|p: &Hir| p.properties().minimum_len() == Some(0)) {
            return Err(Error::unsupported("a split regex that matches the empty text"));
        }
        if patterns.len() >= NO_PATTERN as usize {
            return Err(Error::unsupported("a split regex of more than 254 branches"));
        }
        determinise(&patterns, classes, gives_back)
    }

    /// Find the first match at or after `from`.
    pub(crate) fn find(&self, text: &[u8], from: usize, memo: &mut Memo) -> Option<(usize, usize)> {
        let mut at = from;
        while at < text.len() {
            if let Some(end) = self.match_at(text, at, memo) {
                return Some((at, end));
            }
            at += self.classes.at(text, at).1;
        }
        None
    }

    /// The end of the match that starts at `from`, if there is one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost loop of splitting")]
    fn match_at(&self, text: &[u8], from: usize, memo: &mut Memo) -> Option<usize> {
        let mut state = self.start;
        let mut found: Option<(usize, u8)> = None;
        let mut at = from;
        // Positions beyond this are remembered if nothing matches there.
        let mut horizon = from + OVERSCAN;
        loop {
            let State { loops, accept: pattern, accept_at_end } = self.states[state as usize];
            // What no match covers yet is read step by step beyond the horizon, so that it is remembered.
            let limit = if pattern == NO_PATTERN { text.len().min(horizon) } else { text.len() };
            while at < limit && text[at] < 0x80 && loops.wrapping_shr(self.classes.ascii(text[at]).into()) & 1 != 0 {
                at += 1;
            }
            if pattern != NO_PATTERN {
                found = Some((at, pattern));
                if at > horizon {
                    // What was read since the last match led to this one after all.
                    memo.trail.clear();
                }
                horizon = at + OVERSCAN;
            } else if at > horizon {
                if memo.failed.contains(&(at, state)) {
                    break;
                }
                memo.trail.push((at, state));
            }
            if at >= text.len() {
                if accept_at_end != NO_PATTERN {
                    found = Some((at, accept_at_end));
                    memo.trail.clear();
                }
                break;
            }
            let (class, width) = self.classes.at(text, at);
            state = self.next[((state as usize) << self.shift) | class as usize];
            at += width;
            if state == DEAD {
                break;
            }
        }
        if !memo.trail.is_empty() {
            memo.failed.extend(memo.trail.drain(..));
        }
        let (end, pattern) = found?;
        if !self.gives_back[pattern as usize] {
            return Some(end);
        }
        let mut end = end - 1;
        while text[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        Some(end)
    }
}

fn collect_sets<'n>(node: &'n Node, sets: &mut Vec<&'n ClassUnicode>) {
    match node {
        Node::Empty => {}
        Node::Set(set) | Node::Ahead { set, .. } => sets.push(set),
        Node::Concat(parts) | Node::Alt(parts) => parts.iter().for_each(|p| collect_sets(p, sets)),
        Node::Repeat { node, .. } => collect_sets(node, sets),
    }
}

struct Builder<'c> {
    classes: &'c CharClasses,
    next_set: usize,
}

impl Builder<'_> {
    fn branch(&mut self, branch: &Node, patterns: &mut Vec<Hir>, gives_back: &mut Vec<bool>) -> Result<()> {
        if let Node::Concat(parts) = branch
            && let [Node::Repeat { node, min, kind: Repeat::Greedy, .. }, Node::Ahead { at_end, .. }] = parts.as_slice()
            && matches!(**node, Node::Set(_))
        {
            if *min == 0 {
                return Err(Error::unsupported("a split regex that matches the empty text before its look-ahead"));
            }
            let run = self.hir(&parts[0], Follow::Nothing)?;
            let follow = self.set();
            if *at_end {
                patterns.push(Hir::concat(vec![run.clone(), Hir::look(Look::End)]));
                gives_back.push(false);
            }
            patterns.push(Hir::concat(vec![run, follow]));
            gives_back.push(true);
            return Ok(());
        }
        patterns.push(self.hir(branch, Follow::Nothing)?);
        gives_back.push(false);
        Ok(())
    }

    /// The next set, as a class of class numbers.
    fn set(&mut self) -> Hir {
        let members = self.classes.members(self.next_set);
        self.next_set += 1;
        Hir::class(Class::Bytes(ClassBytes::new(members.iter().map(|&c| ClassBytesRange::new(c, c)))))
    }

    fn hir(&mut self, node: &Node, follow: Follow<'_>) -> Result<Hir> {
        Ok(match node {
            Node::Empty => Hir::empty(),
            Node::Set(_) => self.set(),
            Node::Concat(parts) => {
                let mut hirs = Vec::with_capacity(parts.len());
                for (i, part) in parts.iter().enumerate() {
                    hirs.push(self.hir(part, parts.get(i + 1).map_or(follow, Follow::Node))?);
                }
                Hir::concat(hirs)
            }
            Node::Alt(branches) => {
                let branches = branches.iter().map(|b| self.hir(b, follow)).collect::<Result<Vec<_>>>()?;
                Hir::alternation(branches)
            }
            Node::Repeat { node, min, max, kind } => {
                if nullable(node) {
                    // The reference leaves such a loop after an empty round, an automaton does not.
                    return Err(Error::unsupported("a repetition of something that may be empty"));
                }
                if *kind == Repeat::Possessive && !gives_nothing_back(node, follow) {
                    return Err(Error::unsupported("a possessive quantifier before something it could have left over"));
                }
                let sub = self.hir(node, Follow::Unknown)?;
                Hir::repetition(Repetition { min: *min, max: *max, greedy: *kind != Repeat::Lazy, sub: Box::new(sub) })
            }
            Node::Ahead { .. } => {
                return Err(Error::unsupported(
                    "look-ahead elsewhere than after a repeated class at the end of a branch",
                ));
            }
        })
    }
}

/// A possessive repetition equals a greedy one if what follows cannot start with a character of the repeated class (or
/// if nothing follows).
fn gives_nothing_back(node: &Node, follow: Follow<'_>) -> bool {
    let Node::Set(set) = node else { return false };
    match follow {
        Follow::Nothing => true,
        Follow::Node(Node::Set(next)) => disjoint(set, next),
        Follow::Node(Node::Repeat { node, min, .. }) if *min > 0 => {
            matches!(&**node, Node::Set(next) if disjoint(set, next))
        }
        Follow::Node(_) | Follow::Unknown => false,
    }
}

/// What comes after a part of a pattern.
#[derive(Clone, Copy)]
enum Follow<'n> {
    Nothing,
    Node(&'n Node),
    /// Another round of a repetition, or what follows that.
    Unknown,
}

/// Whether a part may match the empty text.
fn nullable(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Ahead { .. } => true,
        Node::Set(_) => false,
        Node::Concat(parts) => parts.iter().all(nullable),
        Node::Alt(branches) => branches.iter().any(nullable),
        Node::Repeat { node, min, .. } => *min == 0 || nullable(node),
    }
}

fn disjoint(a: &ClassUnicode, b: &ClassUnicode) -> bool {
    let mut both = a.clone();
    both.intersect(b);
    both.ranges().is_empty()
}

fn determinise(patterns: &[Hir], classes: CharClasses, gives_back: Vec<bool>) -> Result<Automaton> {
    let too_big = |_| Error::unsupported("a split regex whose automaton would be too large");
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE_LIMIT)))
        .build_many_from_hir(patterns)
        .map_err(|_| Error::unsupported("a split regex whose automaton would be too large"))?;
    let dfa = dense::Builder::new()
        .configure(
            dense::Config::new()
                .match_kind(MatchKind::LeftmostFirst)
                .start_kind(regex_automata::dfa::StartKind::Anchored)
                .byte_classes(true)
                .accelerate(false)
                // Quadratic in the states: 200,000 letters took minutes.
                .minimize(patterns.len() < 32 && nfa.states().len() < 1 << 13)
                .dfa_size_limit(Some(SIZE_LIMIT))
                .determinize_size_limit(Some(SIZE_LIMIT)),
        )
        .build_from_nfa(&nfa)
        .map_err(too_big)?;
    let first = dfa
        .start_state(&start::Config::new().anchored(Anchored::Yes))
        .map_err(|_| Error::unsupported("a split regex without a start"))?;
    Extraction::new(&dfa, classes.count()).run(first, classes, gives_back)
}

/// Copies the reachable part of a dense automaton into our table. There, a state that has matched says so one symbol
/// late; here, the state itself knows.
struct Extraction<'d> {
    dfa: &'d dense::DFA<Vec<u32>>,
    symbols: usize,
    states: Vec<StateID>,
    numbers: hashbrown::HashMap<StateID, u16>,
}

impl<'d> Extraction<'d> {
    fn new(dfa: &'d dense::DFA<Vec<u32>>, symbols: usize) -> Self {
        Self { dfa, symbols, states: Vec::new(), numbers: hashbrown::HashMap::new() }
    }

    fn number(&mut self, state: StateID) -> Result<u16> {
        if let Some(&number) = self.numbers.get(&state) {
            return Ok(number);
        }
        let number = u16::try_from(self.states.len() + 1).ok();
        let number = number.ok_or_else(|| Error::unsupported("a split regex of more than 65535 states"))?;
        self.states.push(state);
        self.numbers.insert(state, number);
        Ok(number)
    }

    fn run(mut self, first: StateID, classes: CharClasses, gives_back: Vec<bool>) -> Result<Automaton> {
        let shift = self.symbols.next_power_of_two().trailing_zeros();
        let columns = 1usize << shift;
        let start = self.number(first)?;
        let mut next = vec![DEAD; columns];
        let (mut accept, mut accept_at_end) = (vec![NO_PATTERN], vec![NO_PATTERN]);
        let mut at = 0;
        while at < self.states.len() {
            let state = self.states[at];
            let mut pattern = NO_PATTERN;
            let row = next.len();
            next.resize(row + columns, DEAD);
            for symbol in 0..self.symbols {
                let target = self.dfa.next_state(state, symbol as u8);
                if self.dfa.is_match_state(target) {
                    pattern = self.dfa.match_pattern(target, 0).as_usize() as u8;
                }
                if !self.dfa.is_dead_state(target) {
                    next[row + symbol] = self.number(target)?;
                }
            }
            accept.push(pattern);
            let end = self.dfa.next_eoi_state(state);
            let at_end = self.dfa.is_match_state(end).then(|| self.dfa.match_pattern(end, 0).as_usize() as u8);
            accept_at_end.push(at_end.unwrap_or(NO_PATTERN));
            at += 1;
        }
        let stays = |state: usize, class: usize| usize::from(next[(state << shift) | class]) == state;
        let loops = (0..accept.len()).map(|state| {
            // The dead state is never looked at.
            (0..if self.symbols > 64 { 0 } else { self.symbols })
                .filter(|&class| state > 0 && stays(state, class))
                .fold(0, |bits, c| bits | 1 << c)
        });
        let states = loops.zip(accept.iter().zip(&accept_at_end));
        let states = states.map(|(loops, (&accept, &accept_at_end))| State { loops, accept, accept_at_end }).collect();
        Ok(Automaton { classes, next, shift, start, states, gives_back })
    }
}
