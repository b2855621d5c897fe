//! Unicode normalization by the reference's tables (Unicode 9), with its rule of what a changed character stands for.

use std::sync::LazyLock;

use unicode_normalization_alignments::{
    IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick,
};

use crate::text::Aligned;

/// Characters of the basic plane that NFC leaves alone whatever stands around them: one bit each.
static INERT: LazyLock<Box<[u64; 1024]>> = LazyLock::new(|| {
    let mut bits = Box::new([0u64; 1024]);
    let inert = |c: &char| canonical_combining_class(*c) == 0 && is_nfc_quick(std::iter::once(*c)) == IsNormalized::Yes;
    for c in ('\0'..='\u{FFFF}').filter(inert) {
        bits[c as usize >> 6] |= 1 << (c as u32 & 63);
    }
    bits
});

/// Whether the text certainly is in NFC; false may also mean "perhaps".
pub(crate) fn is_nfc(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    let inert = &**INERT;
    let all_inert = text.chars().all(|c| {
        let code = c as usize;
        code < 0x300 || (code < 0x1_0000 && inert[code >> 6] >> (code & 63) & 1 != 0)
    });
    all_inert || is_nfc_quick(text.chars()) == IsNormalized::Yes
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
