//! Unicode normalization by the reference's tables (Unicode 9), with its rule of what a changed character stands for.

use unicode_normalization_alignments::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::text::Aligned;

/// Whether the text certainly is in NFC; false may also mean "perhaps".
pub(crate) fn is_nfc(text: &str) -> bool {
    text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes
}

pub(crate) fn nfc<const SPANS: bool>(text: &Aligned<SPANS>) -> Aligned<SPANS> {
    rewrite(text, text.text.chars().nfc())
}

/// Follow a stream of (character, change): 0 replaces one character, +1 is inserted, -n replaces one and swallows n.
/// A replacement stands for the character it replaces, an insertion for the one before it.
fn rewrite<const SPANS: bool>(text: &Aligned<SPANS>, changes: impl Iterator<Item = (char, isize)>) -> Aligned<SPANS> {
    let mut out = Aligned::with_capacity(text.text.len());
    let mut source = text.text.chars();
    let mut at = 0usize;
    for (c, change) in changes {
        if !SPANS {
            out.push(c, (0, 0));
            continue;
        }
        let span = if change > 0 { at.checked_sub(1).map_or((0, 0), |at| text.span(at)) } else { text.span(at) };
        if change <= 0 {
            let consumed = 1 + change.unsigned_abs();
            at += source.by_ref().take(consumed).map(char::len_utf8).sum::<usize>();
        }
        out.push(c, span);
    }
    out
}
