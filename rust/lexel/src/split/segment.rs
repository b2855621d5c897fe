//! A text between two added tokens, as far as it has come.

use crate::text::{Aligned, Span, Splice};

/// The text that is split: as it stands in the original, or rewritten.
#[derive(Debug)]
pub(crate) struct Segment<'t, const SPANS: bool> {
    original: &'t str,
    /// Where it starts in the whole text.
    shift: u32,
    rewritten: Option<Aligned<SPANS>>,
}

impl<'t, const SPANS: bool> Segment<'t, SPANS> {
    pub(crate) fn new(original: &'t str, shift: u32) -> Self {
        Self { original, shift, rewritten: None }
    }

    pub(crate) fn rewritten(original: &'t str, shift: u32, text: Aligned<SPANS>) -> Self {
        Self { original, shift, rewritten: Some(text) }
    }

    /// Go on with another text instead.
    pub(super) fn replace(&mut self, text: Aligned<SPANS>) {
        self.rewritten = Some(text);
    }

    pub(crate) fn text(&self) -> &str {
        self.rewritten.as_ref().map_or(self.original, |r| &r.text)
    }

    /// The bytes of the original text that a range of `text` stands for; parts of characters count as the whole.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        if let Some(rewritten) = &self.rewritten {
            return (rewritten.span(start).0, rewritten.span(end - 1).1);
        }
        let bytes = self.original.as_bytes();
        let (mut start, mut end) = (start, end);
        while start > 0 && bytes.get(start).is_some_and(|b| b & 0xC0 == 0x80) {
            start -= 1;
        }
        while bytes.get(end).is_some_and(|b| b & 0xC0 == 0x80) {
            end += 1;
        }
        (self.shift + start as u32, self.shift + end as u32)
    }

    /// Turn spans of this text into spans of the whole original text. They may start and end inside a character then.
    #[inline]
    pub(crate) fn to_original(&self, spans: &mut [Span]) {
        match &self.rewritten {
            Some(rewritten) => rewritten.to_original(spans),
            None if self.shift == 0 => {}
            None => {
                for span in spans {
                    *span = (span.0 + self.shift, span.1 + self.shift);
                }
            }
        }
    }

    /// Where in the original text a piece starts. Without spans this is exact only for pieces of an unchanged text.
    pub(super) fn original_start(&self, at: u32) -> u32 {
        match &self.rewritten {
            Some(rewritten) if SPANS => rewritten.span(at as usize).0,
            _ => self.shift + at,
        }
    }

    /// Write another text from parts of this one.
    pub(super) fn splice(&self) -> Splice<'_, SPANS> {
        match &self.rewritten {
            Some(rewritten) => Splice::new(rewritten),
            None => Splice::from_original(self.original, self.shift),
        }
    }

    /// Append a part of this text to another one.
    pub(super) fn copy(&self, start: usize, end: usize, out: &mut Aligned<SPANS>) {
        match &self.rewritten {
            Some(rewritten) => out.keep(rewritten, start..end),
            None => out.keep_original(&self.original[start..end], self.shift + start as u32),
        }
    }
}
