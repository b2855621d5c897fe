//! Where grapheme clusters certainly end, so that only the rest is segmented.

use once_cell::race::OnceBox;
use unicode_segmentation::UnicodeSegmentation;

use super::lazy::LazySet;

/// Characters between any two of which there is a border, whatever stands around them: neither marks nor joiners, no
/// prefixes, no flags, no conjoining jamo, no carriage return. Found by asking the segmentation itself: syllables and
/// pictographs, which only those can join, count among them.
fn apart() -> &'static LazySet {
    static APART: OnceBox<LazySet> = OnceBox::new();
    APART.get_or_init(|| {
        Box::new(LazySet::new(|c| {
            let parts = |text: [char; 2]| String::from_iter(text).graphemes(true).count();
            c != '\r' && parts(['a', c]) == 2 && parts([c, 'a']) == 2 && parts([c, c]) == 2 && parts([c, '가']) == 2
        }))
    })
}

/// Whether there is a border between this character and any other of which this is true.
#[inline]
pub(super) fn is_apart(c: char) -> bool {
    apart().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_apart_are_apart() {
        let apart: Vec<char> = ('\0'..=char::MAX).filter(|&c| is_apart(c)).collect();
        assert!(apart.len() > 1_000_000);
        // Each beside one another, in an order without pattern, and beside those that rules name.
        let mut text = String::new();
        let special = ['a', '\n', '가', '각', '😀', '\u{915}', '\u{1F468}', '\u{E001}'];
        for i in 0..apart.len() {
            text.push(apart[i * 7_919 % apart.len()]);
            if i % 5 == 0 {
                text.push(special[i / 5 % special.len()]);
            }
        }
        assert_eq!(text.graphemes(true).count(), text.chars().count());
        assert!(
            "\u{301}\u{200D}\u{1F1E9}\u{1100}\u{1161}\u{11A8}\u{600}\r\u{94D}\u{903}".chars().all(|c| !is_apart(c))
        );
    }
}
