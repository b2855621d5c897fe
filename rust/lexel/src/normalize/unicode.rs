//! The Unicode normalization forms by the reference's tables (Unicode 9), with its rule of what a changed character
//! stands for.

use std::ops::Range;

use once_cell::race::OnceBox;
use unicode_normalization_alignments::char::canonical_combining_class;
use unicode_normalization_alignments::{
    IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick, is_nfkc_quick, is_nfkd_quick,
};

use super::follow::follow;
use super::lazy::LazySet;
use crate::text::Aligned;

/// A normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

/// Call `$then` with the stream of changes of a form: each form has a type of its own.
macro_rules! with_changes {
    ($form:expr, $text:expr, |$changes:ident| $then:expr) => {
        match $form {
            Form::Nfc => {
                let $changes = $text.chars().nfc();
                $then
            }
            Form::Nfd => {
                let $changes = $text.chars().nfd();
                $then
            }
            Form::Nfkc => {
                let $changes = $text.chars().nfkc();
                $then
            }
            Form::Nfkd => {
                let $changes = $text.chars().nfkd();
                $then
            }
        }
    };
}

/// Starters that stay as they are and never join what stands before them, form by form.
fn inert(form: Form) -> &'static LazySet {
    static INERT: [OnceBox<LazySet>; 4] = [const { OnceBox::new() }; 4];
    INERT[form as usize].get_or_init(|| {
        Box::new(LazySet::new(match form {
            Form::Nfc => |c| is_starter(c) && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes,
            Form::Nfd => |c| is_starter(c) && is_nfd_quick(std::iter::once(c)) == IsNormalized::Yes,
            Form::Nfkc => |c| is_starter(c) && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes,
            Form::Nfkd => |c| is_starter(c) && is_nfkd_quick(std::iter::once(c)) == IsNormalized::Yes,
        }))
    })
}

fn is_starter(c: char) -> bool {
    canonical_combining_class(c) == 0
}

impl Form {
    /// Below this every character is inert: U+0300 is the first mark, U+00C0 the first that decomposes, U+00A0 the
    /// first with a compatibility decomposition.
    fn first(self) -> char {
        match self {
            Self::Nfc => '\u{300}',
            Self::Nfd => '\u{C0}',
            Self::Nfkc | Self::Nfkd => '\u{A0}',
        }
    }
}

/// Stretches that a form may change: from an inert character, which what follows may join, to the next inert one.
/// Nothing reaches over their borders.
struct Stretches<'t> {
    text: &'t str,
    at: usize,
    first: char,
    inert: &'static LazySet,
}

impl<'t> Stretches<'t> {
    fn new(form: Form, text: &'t str) -> Self {
        Self { text, at: 0, first: form.first(), inert: inert(form) }
    }

    /// From where on there is something else than ASCII; the last character of it may be joined.
    fn skip_ascii(&self, from: usize) -> usize {
        let rest = &self.text.as_bytes()[from..];
        let ascii = rest.iter().position(|b| *b >= 0x80).unwrap_or(rest.len());
        from + ascii.saturating_sub(1)
    }
}

impl Iterator for Stretches<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let begin = self.skip_ascii(self.at);
        let mut start = begin;
        let mut open = false;
        for (at, c) in self.text[begin..].char_indices() {
            let at = begin + at;
            if c >= self.first && !self.inert.contains(c) {
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

fn changes(form: Form, text: &str) -> bool {
    with_changes!(form, text, |changes| !changes.map(|(c, _)| c).eq(text.chars()))
}

/// Whether a form leaves the text as it is.
pub(super) fn is_normalized(form: Form, text: &str) -> bool {
    text.is_ascii() || !Stretches::new(form, text).any(|stretch| changes(form, &text[stretch]))
}

/// Normalize, stretch by stretch.
pub(super) fn normalize<const SPANS: bool>(form: Form, text: &mut Aligned<SPANS>) {
    if text.text.is_ascii() {
        return;
    }
    let Some(first) = Stretches::new(form, &text.text).find(|stretch| changes(form, &text.text[stretch.clone()]))
    else {
        return;
    };
    let mut out = text.successor();
    let mut last = 0;
    for stretch in (Stretches { at: first.start, ..Stretches::new(form, &text.text) }) {
        out.keep(text, last..stretch.start);
        last = stretch.end;
        with_changes!(form, text.text[stretch.clone()], |changes| follow(text, stretch, changes, &mut out));
    }
    out.keep(text, last..text.text.len());
    *text = out;
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [Form; 4] = [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd];

    fn check(form: Form, text: &str) {
        let whole: String = with_changes!(form, text, |changes| changes.map(|(c, _)| c).collect());
        assert_eq!(is_normalized(form, text), whole == text, "{form:?} {text:?}");
        let aligned = Aligned::<true>::from_original(text, 0);
        let mut expected = aligned.successor();
        with_changes!(form, text, |changes| follow(&aligned, 0..text.len(), changes, &mut expected));
        let mut actual = aligned.clone();
        normalize(form, &mut actual);
        assert_eq!((&actual.text, actual.spans()), (&expected.text, expected.spans()), "{form:?} {text:?}");
    }

    #[test]
    fn stretches_decide_like_the_whole() {
        let pool: Vec<char> =
            "a e\u{301}\u{323}\u{327}é가\u{1100}\u{1161}\u{11A8}か\u{3099}😀\u{F900}\u{2F800}\u{FB1D}\
             \u{1D15E}ǵ\u{325}\u{344}\u{F73}\u{F71}\u{FDFA}ﬁ\u{FF9E}ｶ½ ¨\u{37A}ậ\u{302E}"
                .chars()
                .collect();
        let mut seed = 0x9E37_79B9_u64;
        for case in 0..20_000 {
            let mut text = String::new();
            for _ in 0..case % 9 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(pool[(seed >> 33) as usize % pool.len()]);
            }
            for form in FORMS {
                check(form, &text);
            }
        }
    }

    #[test]
    fn every_character_alone_and_between_others() {
        for c in '\0'..=char::MAX {
            if !c.is_ascii() && c < '\u{30000}' {
                for form in FORMS {
                    check(form, &format!("a{c}b{c}\u{325}{c}"));
                }
            }
        }
    }
}
