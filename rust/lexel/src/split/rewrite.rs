//! The pre-tokenizers that change the text: a space before it, a visible letter for every space, letters for bytes.

use super::metaspace::Metaspace;
use super::segment::Segment;
use crate::model::bpe::BYTE_LETTERS;
use crate::text::{Aligned, Span};

/// A stage that rewrites every piece by itself.
#[derive(Clone, Debug)]
pub(super) enum Rewrite {
    /// A space before a piece that does not start with one.
    PrefixSpace,
    Metaspace(Metaspace),
    /// A letter for every byte.
    Letters,
}

impl Rewrite {
    /// Rewrite a segment and the pieces it is cut into.
    pub(super) fn run<const SPANS: bool>(&self, segment: &mut Segment<'_, SPANS>, ranges: &mut [Span]) {
        if !ranges.iter().any(|&range| self.changes(segment, range)) {
            return;
        }
        let length = segment.text().len();
        let mut out = Aligned::with_capacity(length + length / 2 + ranges.len() * 3);
        for range in ranges.iter_mut() {
            let start = out.text.len() as u32;
            self.write(segment, *range, &mut out);
            *range = (start, out.text.len() as u32);
        }
        segment.replace(out);
    }

    /// Whether a piece would not stay as it is.
    fn changes<const SPANS: bool>(&self, segment: &Segment<'_, SPANS>, (start, end): Span) -> bool {
        let piece = &segment.text()[start as usize..end as usize];
        match self {
            Self::PrefixSpace => !piece.starts_with(' '),
            Self::Metaspace(metaspace) => metaspace.changes(piece, segment.original_start(start) == 0),
            Self::Letters => !piece.bytes().all(|byte| byte.is_ascii_graphic()),
        }
    }

    fn write<const SPANS: bool>(&self, segment: &Segment<'_, SPANS>, (start, end): Span, out: &mut Aligned<SPANS>) {
        let piece = &segment.text()[start as usize..end as usize];
        let (from, to) = (start as usize, end as usize);
        let span = |at: usize, width: usize| if SPANS { segment.span(at, at + width) } else { (0, 0) };
        let first = || span(from, piece.chars().next().map_or(1, char::len_utf8));
        match self {
            Self::PrefixSpace => {
                if !piece.starts_with(' ') {
                    out.push(' ', first());
                }
                segment.copy(from, to, out);
            }
            Self::Metaspace(metaspace) => {
                if metaspace.prefixed(piece, segment.original_start(start) == 0) {
                    out.push_str(metaspace.replacement(), first());
                }
                let mut last = from;
                for space in memchr::memchr_iter(b' ', piece.as_bytes()) {
                    let space = from + space;
                    segment.copy(last, space, out);
                    out.push_str(metaspace.replacement(), span(space, 1));
                    last = space + 1;
                }
                segment.copy(last, to, out);
            }
            Self::Letters => {
                for (at, c) in piece.char_indices() {
                    let (at, width) = (from + at, c.len_utf8());
                    let span = span(at, width);
                    for byte in &segment.text().as_bytes()[at..at + width] {
                        out.push(BYTE_LETTERS[*byte as usize], span);
                    }
                }
            }
        }
    }
}
