//! The normalizer of BERT: clean, set CJK apart, take accents off, lowercase.
//!
//! All four steps in one pass, where every character's result is its own. It is not where marks that stay are sorted by
//! the decomposition among their neighbours: such (rare) texts go step by step.

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

use super::charmap::{CharMap, Rule};
use super::unicode::{Form, normalize};
use crate::text::Aligned;

/// What a BERT normalizer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "the four switches a file has")]
pub(super) struct BertOptions {
    pub(super) clean_text: bool,
    pub(super) handle_chinese_chars: bool,
    /// Decompose, and drop nonspacing marks.
    pub(super) strip_accents: bool,
    pub(super) lowercase: bool,
}

/// All steps in one.
impl Rule for BertOptions {
    fn write(&self, c: char, out: &mut String) -> bool {
        let Some(c) = self.cleaned(c) else { return true };
        let apart = self.handle_chinese_chars && is_chinese(c);
        out.extend(apart.then_some(' '));
        let mut alone = true;
        if self.strip_accents {
            decompose_canonical(c, |part| {
                if !part.is_mark_nonspacing() {
                    alone &= canonical_combining_class(part) == 0;
                    self.finish(part, out);
                }
            });
        } else {
            self.finish(c, out);
        }
        out.extend(apart.then_some(' '));
        alone
    }
}

impl BertOptions {
    fn cleaned(self, c: char) -> Option<char> {
        match c {
            c if !self.clean_text => Some(c),
            '\t' | '\n' | '\r' => Some(' '),
            '\0' | '\u{FFFD}' => None,
            c if c.is_other() => None,
            c if c.is_whitespace() => Some(' '),
            c => Some(c),
        }
    }

    fn finish(self, c: char, out: &mut String) {
        if self.lowercase { out.extend(c.to_lowercase()) } else { out.push(c) }
    }
}

/// The blocks that BERT takes for Chinese, as it lists them (a part of extension E is left out).
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2B73F}'
        | '\u{2B740}'..='\u{2B81F}' | '\u{2B920}'..='\u{2CEAF}' | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// A compiled BERT normalizer.
#[derive(Clone, Debug)]
pub(super) struct Bert {
    whole: CharMap<BertOptions>,
    /// What comes before the decomposition, and after it.
    before: CharMap<BertOptions>,
    after: CharMap<Undressed>,
}

/// The steps after the decomposition.
#[derive(Clone, Copy, Debug)]
struct Undressed(BertOptions);

impl Rule for Undressed {
    fn write(&self, c: char, out: &mut String) -> bool {
        if !c.is_mark_nonspacing() {
            self.0.finish(c, out);
        }
        true
    }
}

impl Bert {
    pub(super) fn new(options: BertOptions) -> Self {
        Self {
            whole: CharMap::new(options),
            before: CharMap::new(BertOptions { strip_accents: false, lowercase: false, ..options }),
            after: CharMap::new(Undressed(options)),
        }
    }

    pub(super) fn is_identity(&self, text: &str) -> bool {
        self.whole.is_identity(text)
    }

    pub(super) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        if !self.whole.apply(text) {
            self.before.apply(text);
            normalize(Form::Nfd, text);
            self.after.apply(text);
        }
    }
}
