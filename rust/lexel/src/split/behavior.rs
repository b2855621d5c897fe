//! What becomes of the matches of a split pattern, and of the text between them.

use crate::error::{Error, Result};

/// What a split does with its matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// Matches are left out.
    Removed,
    /// Matches are pieces of their own.
    Isolated,
    /// Neighbouring matches make one piece.
    Contiguous,
    /// A match ends the piece before it.
    MergedWithPrevious,
    /// A match starts the piece after it.
    MergedWithNext,
}

impl Behavior {
    pub(crate) fn read(name: &str) -> Result<Self> {
        Ok(match name {
            "Removed" => Self::Removed,
            "Isolated" => Self::Isolated,
            "Contiguous" => Self::Contiguous,
            "MergedWithPrevious" => Self::MergedWithPrevious,
            "MergedWithNext" => Self::MergedWithNext,
            other => {
                return Err(Error::format(format!(
                    "expected one of Removed, Isolated, Contiguous, MergedWithPrevious, MergedWithNext, found {other:?}"
                )));
            }
        })
    }
}

/// Turns the stream of matches and gaps of one text into pieces, holding back at most one.
#[derive(Debug)]
pub(crate) struct Cutter {
    behavior: Behavior,
    /// Where the text starts.
    base: u32,
    held: Option<(u32, u32)>,
    /// Whether the last part was a match; the reference starts with "no".
    after_match: bool,
}

impl Cutter {
    pub(crate) fn new(behavior: Behavior, base: u32) -> Self {
        Self { behavior, base, held: None, after_match: false }
    }

    /// Take the next part, a match or a gap. A match may be empty: no piece, but neighbour to what touches it.
    #[inline]
    pub(crate) fn add(
        &mut self,
        start: usize,
        end: usize,
        is_match: bool,
        emit: &mut impl FnMut(u32, u32) -> Result<()>,
    ) -> Result<()> {
        let part = (self.base + start as u32, self.base + end as u32);
        let join = match self.behavior {
            Behavior::Removed if is_match => return Ok(()),
            Behavior::Removed | Behavior::Isolated => return give(part, emit),
            Behavior::Contiguous => is_match == self.after_match,
            Behavior::MergedWithPrevious => is_match && !self.after_match,
            Behavior::MergedWithNext => !is_match && self.after_match,
        };
        self.after_match = is_match;
        match &mut self.held {
            Some(held) if join => held.1 = part.1,
            held => {
                if let Some(before) = held.replace(part) {
                    give(before, emit)?;
                }
            }
        }
        Ok(())
    }

    /// Give out what was held back.
    pub(crate) fn finish(self, emit: &mut impl FnMut(u32, u32) -> Result<()>) -> Result<()> {
        self.held.map_or(Ok(()), |part| give(part, emit))
    }
}

/// Give out a piece, unless it is empty.
#[inline]
fn give((start, end): (u32, u32), emit: &mut impl FnMut(u32, u32) -> Result<()>) -> Result<()> {
    if start < end { emit(start, end) } else { Ok(()) }
}
