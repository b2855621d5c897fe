//! Unicode normalization by the reference's tables (Unicode 9), with its rule of what a changed character stands for.

use std::sync::LazyLock;

use unicode_normalization_alignments::{
    IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick,
};

use crate::text::Aligned;

/// Characters are looked up below this; those above are few.
const TABLE: usize = 0x2_0000;

/// Characters before which NFC has a border: starters that never join what stands before them. One bit each.
static INERT: LazyLock<Box<[u64]>> = LazyLock::new(|| {
    let mut bits = vec![0u64; TABLE / 64].into_boxed_slice();
    let inert = |c: &char| canonical_combining_class(*c) == 0 && is_nfc_quick(std::iter::once(*c)) == IsNormalized::Yes;
    for c in ('\0'..='\u{1FFFF}').filter(inert) {
        bits[c as usize >> 6] |= 1 << (c as u32 & 63);
    }
    bits
});

/// Whether NFC leaves the text as it is.
///
/// Only stretches with a character that is not inert are looked at closely, from the inert character before it (which it
/// may join) to the next one: nothing reaches over their borders.
pub(crate) fn is_nfc(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    let inert = &**INERT;
    let is_inert = |c: char| {
        let code = c as usize;
        code < 0x300 || (code < TABLE && inert[code >> 6] >> (code & 63) & 1 != 0)
    };
    // Where the last inert character starts, and whether others came after it.
    let (mut start, mut open) = (0, false);
    let unchanged = |stretch: &str| stretch.chars().nfc().map(|(c, _)| c).eq(stretch.chars());
    for (at, c) in text.char_indices() {
        if is_inert(c) {
            if open && !unchanged(&text[start..at]) {
                return false;
            }
            (start, open) = (at, false);
        } else {
            open = true;
        }
    }
    !open || unchanged(&text[start..])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_decide_like_the_whole() {
        let pool = [
            'a',
            ' ',
            'e',
            '\u{301}',
            '\u{323}',
            'é',
            '가',
            '\u{1100}',
            '\u{1161}',
            'か',
            '\u{3099}',
            '😀',
            '\u{F900}',
            '\u{2F800}',
            '\u{FB1D}',
            '\u{1D15E}',
        ];
        let mut seed = 0x9E37_79B9_u64;
        for case in 0..20_000 {
            let mut text = String::new();
            for _ in 0..case % 9 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(pool[(seed >> 33) as usize % pool.len()]);
            }
            let whole: String = text.chars().nfc().map(|(c, _)| c).collect();
            assert_eq!(is_nfc(&text), whole == text, "{text:?}");
        }
    }
}
