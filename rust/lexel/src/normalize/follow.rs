//! How the reference tells where rewritten characters come from: a stream of characters, each with a number.
//!
//! 0 replaces the next character of the source, +1 is inserted, -n replaces the next one and swallows n more. A
//! replacement stands for the character it replaces, an insertion for the one before it, even where the stream has
//! swallowed less than it should have.

use std::ops::Range;

use crate::text::Aligned;

/// Append a stream that rewrites a range of the source.
pub(super) fn follow<const SPANS: bool>(
    source: &Aligned<SPANS>,
    range: Range<usize>,
    changes: impl Iterator<Item = (char, isize)>,
    out: &mut Aligned<SPANS>,
) {
    if !SPANS {
        return out.text.extend(changes.map(|(c, _)| c));
    }
    let mut at = range.start;
    let mut characters = source.text[range].chars();
    for (c, change) in changes {
        if change > 0 {
            out.push(c, at.checked_sub(1).map_or(source.before(), |at| source.span(at)));
        } else {
            out.push(c, source.span(at));
            let consumed = 1 + change.unsigned_abs();
            at += characters.by_ref().take(consumed).map(char::len_utf8).sum::<usize>();
        }
    }
}
