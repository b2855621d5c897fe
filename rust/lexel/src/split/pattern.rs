//! What a split looks for.

use memchr::memmem::Finder;

use super::regex::{Automaton, Memo, Node, PassScratch, parse};
use crate::error::Result;

/// So far a place to cut is looked for.
const NEARBY: usize = 16 << 10;

/// The characters from a place on, and where they start.
pub(super) fn nearby(text: &str, from: usize) -> impl Iterator<Item = (usize, char)> {
    let from = (from..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    text[from..].char_indices().take(NEARBY).map(move |(at, c)| (from + at, c))
}

/// Texts of so many bytes are cut in one pass.
const WORTH_A_TABLE: usize = 32;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Regex(Box<Automaton>),
    Literal(Box<Finder<'static>>),
}

impl Pattern {
    pub(crate) fn regex(pattern: &str) -> Result<Self> {
        Self::parsed(&parse(pattern)?)
    }

    /// A regex, and whether it may match the empty text somewhere.
    pub(crate) fn regex_or_empty(pattern: &str) -> Result<(Self, bool)> {
        let node = parse(pattern)?;
        Ok((Self::parsed(&node)?, node.nullable()))
    }

    pub(super) fn parsed(pattern: &Node) -> Result<Self> {
        Ok(Self::Regex(Box::new(Automaton::new(pattern)?)))
    }

    /// A string; the empty one matches between any two characters.
    pub(crate) fn literal(literal: &str) -> Result<Self> {
        if literal.is_empty() {
            return Self::parsed(&Node::Empty);
        }
        Ok(Self::Literal(Box::new(Finder::new(literal.as_bytes()).into_owned())))
    }

    /// Walk through the text: matches and the gaps between them, in order. A gap is never empty; a match is where the
    /// pattern matches the empty text, but never right after a match.
    #[inline]
    pub(crate) fn matches(
        &self,
        text: &str,
        memo: &mut Memo,
        mut part: impl FnMut(usize, usize, bool) -> Result<()>,
    ) -> Result<()> {
        let bytes = text.as_bytes();
        let mut last = 0;
        let mut found = |start: usize, end: usize| {
            if last < start {
                part(last, start, false)?;
            }
            last = end;
            part(start, end, true)
        };
        match self {
            Self::Regex(automaton) => {
                automaton.begin(bytes, memo);
                let (mut from, mut last) = (0, None);
                while let Some((start, end)) = automaton.find(bytes, from, memo) {
                    if start == end && last == Some(end) {
                        let Some(c) = text[from..].chars().next() else { break };
                        from += c.len_utf8();
                        continue;
                    }
                    found(start, end)?;
                    (from, last) = (end, Some(end));
                }
            }
            Self::Literal(finder) => {
                for start in finder.find_iter(bytes) {
                    found(start, start + finder.needle().len())?;
                }
            }
        }
        if last < text.len() {
            part(last, text.len(), false)?;
        }
        Ok(())
    }

    /// Cut a text at both ends of every match, in one pass; `piece` gets the parts in order, none of them empty. False, and
    /// nothing done, where there is no table for that, or if (`covering`) something may lie between matches.
    #[inline]
    pub(crate) fn cut(
        &self,
        text: &str,
        covering: bool,
        memo: &mut Memo,
        scratch: &mut PassScratch,
        piece: &mut impl FnMut(usize, usize) -> Result<()>,
    ) -> Result<bool> {
        let Self::Regex(automaton) = self else { return Ok(false) };
        if text.len() < WORTH_A_TABLE {
            return Ok(false);
        }
        let Some(sweep) = automaton.sweep().filter(|sweep| sweep.gapless || !covering) else { return Ok(false) };
        automaton.begin(text.as_bytes(), memo);
        automaton.cut(sweep, text.as_bytes(), memo, scratch, piece)?;
        Ok(true)
    }

    /// Where a boundary is certain, at or after a place, whatever stands before and behind; `covering` as in
    /// [`Pattern::cut`].
    pub(crate) fn certain_cut(&self, text: &str, from: usize, covering: bool) -> Option<usize> {
        let Self::Regex(automaton) = self else { return None };
        let sweep = automaton.sweep().filter(|sweep| sweep.gapless || !covering)?;
        let mut chars = nearby(text, from);
        let mut before = automaton.class(chars.next()?.1);
        chars.find_map(|(at, c)| {
            let class = automaton.class(c);
            sweep.is_certain_between(std::mem::replace(&mut before, class), class).then_some(at)
        })
    }

    /// Every match, in order. A match may be empty, where the pattern can match the empty text; then it does not touch
    /// the match before it. This is what a replacement asks for; splitting uses [`Pattern::matches`].
    pub(crate) fn for_each_match(&self, text: &str, mut found: impl FnMut(usize, usize)) {
        let result = self.matches(text, &mut Memo::default(), |start, end, is_match| {
            if is_match {
                found(start, end);
            }
            Ok(())
        });
        debug_assert!(result.is_ok(), "nothing here fails");
    }
}
