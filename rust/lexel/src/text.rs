//! Text on its way through the stages: the string, and for every byte of it the span of the original it stands for.

use std::ops::Range;

/// Half-open byte range of the original text.
pub(crate) type Span = (u32, u32);

/// A rewritten text. `SPANS` says whether the walk keeps track of where bytes come from; without it nothing is recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aligned<const SPANS: bool> {
    pub(crate) text: String,
    /// One entry a byte of `text`; all bytes of a character share theirs. Empty without `SPANS`.
    pub(crate) spans: Vec<Span>,
}

impl<const SPANS: bool> Aligned<SPANS> {
    /// A copy of a part of the original text, which starts there at byte `shift`.
    pub(crate) fn from_original(text: &str, shift: u32) -> Self {
        let mut aligned = Self::with_capacity(text.len());
        aligned.keep_original(text, shift);
        aligned
    }

    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), spans: Vec::with_capacity(if SPANS { bytes } else { 0 }) }
    }

    /// Append a part of the original text, which starts there at byte `shift`.
    pub(crate) fn keep_original(&mut self, text: &str, shift: u32) {
        self.text.push_str(text);
        if !SPANS {
            return;
        }
        if text.is_ascii() {
            self.spans.extend((shift..shift + text.len() as u32).map(|start| (start, start + 1)));
            return;
        }
        for (at, c) in text.char_indices() {
            let start = shift + at as u32;
            self.spans.extend(std::iter::repeat_n((start, start + c.len_utf8() as u32), c.len_utf8()));
        }
    }

    /// Append a part of another text with its spans.
    pub(crate) fn keep(&mut self, source: &Self, range: Range<usize>) {
        self.text.push_str(&source.text[range.clone()]);
        if SPANS {
            self.spans.extend_from_slice(&source.spans[range]);
        }
    }

    /// Append a string all of which stands for one span.
    pub(crate) fn push_str(&mut self, text: &str, span: Span) {
        self.text.push_str(text);
        if SPANS {
            self.spans.extend(std::iter::repeat_n(span, text.len()));
        }
    }

    /// Append a character that stands for a span.
    pub(crate) fn push(&mut self, c: char, span: Span) {
        self.text.push(c);
        if SPANS {
            self.spans.extend(std::iter::repeat_n(span, c.len_utf8()));
        }
    }

    /// The span of the byte at `at`; (0, 0) without spans, or beyond the end.
    pub(crate) fn span(&self, at: usize) -> Span {
        if SPANS { self.spans.get(at).copied().unwrap_or((0, 0)) } else { (0, 0) }
    }
}
