//! Unicode normalization by the reference's tables (Unicode 9), with its rule of what a changed character stands for.

use std::ops::Range;
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

fn is_inert(inert: &[u64], c: char) -> bool {
    let code = c as usize;
    code < 0x300 || (code < TABLE && inert[code >> 6] >> (code & 63) & 1 != 0)
}

/// Stretches that NFC may change: from an inert character, which what follows may join, to the next inert one. Nothing
/// reaches over their borders.
struct Stretches<'t> {
    text: &'t str,
    at: usize,
    inert: &'static [u64],
}

impl<'t> Stretches<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, inert: &INERT }
    }
}

impl Iterator for Stretches<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let mut start = self.at;
        let mut open = false;
        for (at, c) in self.text[self.at..].char_indices() {
            let at = self.at + at;
            if !is_inert(self.inert, c) {
                open = true;
            } else if open {
                self.at = at;
                return Some(start..at);
            } else {
                start = at;
            }
        }
        self.at = self.text.len();
        open.then_some(start..self.text.len())
    }
}

/// Whether NFC leaves the text as it is.
pub(crate) fn is_nfc(text: &str) -> bool {
    let unchanged = |stretch: &str| stretch.chars().nfc().map(|(c, _)| c).eq(stretch.chars());
    text.is_ascii() || Stretches::new(text).all(|stretch| unchanged(&text[stretch]))
}

/// Normalize, stretch by stretch.
pub(crate) fn nfc<const SPANS: bool>(text: &Aligned<SPANS>) -> Aligned<SPANS> {
    let mut out = Aligned::with_capacity(text.text.len());
    let mut last = 0;
    for stretch in Stretches::new(&text.text) {
        out.keep(text, last..stretch.start);
        last = stretch.end;
        let changes = text.text[stretch.clone()].chars().nfc();
        rewrite(text, stretch, changes, &mut out);
    }
    out.keep(text, last..text.text.len());
    out
}

/// Follow a stream of (character, change): 0 replaces one character, +1 is inserted, -n replaces one and swallows n.
/// A replacement stands for the character it replaces, an insertion for the one before it.
fn rewrite<const SPANS: bool>(
    text: &Aligned<SPANS>,
    stretch: Range<usize>,
    changes: impl Iterator<Item = (char, isize)>,
    out: &mut Aligned<SPANS>,
) {
    let mut at = stretch.start;
    let mut source = text.text[stretch].chars();
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
            let aligned = Aligned::<true>::from_original(&text, 0);
            let mut expected = Aligned::default();
            rewrite(&aligned, 0..text.len(), text.chars().nfc(), &mut expected);
            let actual = nfc(&aligned);
            assert_eq!((&actual.text, &actual.spans), (&expected.text, &expected.spans), "{text:?}");
        }
    }
}
