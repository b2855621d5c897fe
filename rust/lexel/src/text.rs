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
        let mut spans = Vec::new();
        if SPANS {
            spans.reserve(text.len());
            for (at, c) in text.char_indices() {
                let start = shift + at as u32;
                let end = start + c.len_utf8() as u32;
                spans.extend(std::iter::repeat_n((start, end), c.len_utf8()));
            }
        }
        Self { text: text.to_owned(), spans }
    }

    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), spans: Vec::with_capacity(if SPANS { bytes } else { 0 }) }
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

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }
}
