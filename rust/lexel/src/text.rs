//! Text on its way through the stages: the string, and for every byte of it the span of the original it stands for.
//!
//! Most of a rewritten text is still the original, character by character: such stretches are one entry, however long
//! they are, so that a few changes cost a few entries and looking a span up is cheap.

mod splice;

use std::cell::Cell;
use std::ops::Range;

pub(crate) use splice::Splice;

/// Half-open byte range of the original text.
pub(crate) type Span = (u32, u32);

/// In place of a length: the characters of a run stand, one by one, for characters of the original of the same length.
const COPY: u32 = u32::MAX;

/// A stretch of text whose spans follow one rule; it ends where the next run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Where it begins in the text.
    at: u32,
    /// Where it begins in the original.
    start: u32,
    /// The length of the span of all its bytes, or `COPY`.
    len: u32,
}

impl Run {
    /// The run as it would be if it began at `at`, which lies in it, and stood at `to` in another text.
    fn moved(self, at: u32, to: u32) -> Self {
        let start = if self.len == COPY { self.start + (at - self.at) } else { self.start };
        Self { at: to, start, len: self.len }
    }

    /// Whether `next` says about its text what this run would say if it went on.
    fn goes_on(self, next: Self) -> bool {
        self.moved(next.at, next.at) == next
    }
}

/// A rewritten text. `SPANS` says whether the walk keeps track of where bytes come from; without it nothing is recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aligned<const SPANS: bool> {
    pub(crate) text: String,
    /// The spans of all bytes; those of a character share theirs. Empty without `SPANS`.
    runs: Vec<Run>,
    /// Where the part of the original that this text stands for begins.
    shift: u32,
    /// The run that was asked for last: questions mostly go from left to right.
    last: Cell<usize>,
}

impl<const SPANS: bool> Aligned<SPANS> {
    /// A copy of a part of the original text, which starts there at byte `shift`.
    pub(crate) fn from_original(text: &str, shift: u32) -> Self {
        let mut aligned = Self { text: String::with_capacity(text.len()), shift, ..Self::default() };
        aligned.keep_original(text, shift);
        aligned
    }

    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ..Self::default() }
    }

    /// An empty text to rewrite this one into, with room for as much and some more.
    pub(crate) fn successor(&self) -> Self {
        let text = String::with_capacity(self.text.len() + self.text.len() / 8 + 16);
        Self { text, shift: self.shift, runs: Vec::with_capacity(self.runs.len()), ..Self::default() }
    }

    /// Append a part of the original text, which starts there at byte `shift`.
    pub(crate) fn keep_original(&mut self, text: &str, shift: u32) {
        if SPANS && !text.is_empty() {
            self.push_run(Run { at: self.text.len() as u32, start: shift, len: COPY });
        }
        self.text.push_str(text);
    }

    /// Append a part of another text with its spans.
    pub(crate) fn keep(&mut self, source: &Self, range: Range<usize>) {
        if SPANS && !range.is_empty() {
            let first = source.run_of(range.start);
            let to = self.text.len();
            let mut at = range.start as u32;
            for (i, &run) in source.runs[first..].iter().enumerate() {
                self.push_run(run.moved(at, (to + at as usize - range.start) as u32));
                match source.runs.get(first + i + 1) {
                    Some(next) if (next.at as usize) < range.end => at = next.at,
                    _ => break,
                }
            }
        }
        self.text.push_str(&source.text[range]);
    }

    /// Append a string all of which stands for one span.
    pub(crate) fn push_str(&mut self, text: &str, span: Span) {
        if SPANS && !text.is_empty() {
            self.push_run(Run { at: self.text.len() as u32, start: span.0, len: span.1 - span.0 });
        }
        self.text.push_str(text);
    }

    /// Append a character that stands for a span.
    pub(crate) fn push(&mut self, c: char, span: Span) {
        if SPANS {
            let len = span.1 - span.0;
            let len = if len as usize == c.len_utf8() { COPY } else { len };
            self.push_run(Run { at: self.text.len() as u32, start: span.0, len });
        }
        self.text.push(c);
    }

    /// Let the last character stand for another span.
    pub(crate) fn move_last(&mut self, span: Span) {
        if !SPANS {
            return;
        }
        if let Some(c) = self.text.pop() {
            self.runs.pop_if(|run| run.at as usize == self.text.len());
            self.push(c, span);
        }
    }

    /// Drop what stands from byte `at` on.
    pub(crate) fn truncate(&mut self, at: usize) {
        self.text.truncate(at);
        self.runs.truncate(self.runs.partition_point(|run| (run.at as usize) < at));
        self.last.set(0);
    }

    /// Put a string before everything; all of it stands for one span.
    pub(crate) fn insert_first(&mut self, text: &str, span: Span) {
        if SPANS && !text.is_empty() {
            for run in &mut self.runs {
                run.at += text.len() as u32;
            }
            self.runs.insert(0, Run { at: 0, start: span.0, len: span.1 - span.0 });
        }
        self.text.insert_str(0, text);
    }

    /// Turn the ASCII capitals from byte `from` on into small letters, which stand for the same.
    pub(crate) fn lowercase_ascii(&mut self, from: usize) {
        self.text[from..].make_ascii_lowercase();
    }

    fn push_run(&mut self, run: Run) {
        if self.runs.last().is_none_or(|last| !last.goes_on(run)) {
            self.runs.push(run);
        }
    }

    /// The number of the run in which a byte lies; there is one.
    fn run_of(&self, at: usize) -> usize {
        let begins_after = |i: usize| self.runs.get(i).is_none_or(|run| run.at as usize > at);
        let last = self.last.get();
        let found = if begins_after(last) {
            self.runs.partition_point(|run| run.at as usize <= at).saturating_sub(1)
        } else {
            // A few steps forward, as a walk through the text asks, or a search.
            match (last..last + 4).find(|&i| begins_after(i + 1)) {
                Some(near) => near,
                None => last + self.runs[last..].partition_point(|run| run.at as usize <= at) - 1,
            }
        };
        self.last.set(found);
        found
    }

    /// The span of the byte at `at`; where the text begins without spans, or beyond the end.
    pub(crate) fn span(&self, at: usize) -> Span {
        if !SPANS || at >= self.text.len() {
            return (self.shift, self.shift);
        }
        self.span_in(self.run_of(at), at)
    }

    /// The span of a byte in this run.
    #[inline]
    fn span_in(&self, run: usize, at: usize) -> Span {
        let run = self.runs[run];
        if run.len != COPY {
            return (run.start, run.start + run.len);
        }
        let bytes = self.text.as_bytes();
        let (mut first, mut end) = (at, at + 1);
        if bytes[at] >= 0x80 {
            while bytes[first] & 0xC0 == 0x80 {
                first -= 1;
            }
            while bytes.get(end).is_some_and(|b| b & 0xC0 == 0x80) {
                end += 1;
            }
        }
        let original = |at: usize| run.start + (at as u32 - run.at);
        (original(first), original(end))
    }

    /// Turn spans of this text, which mostly come from left to right, into spans of the original: one walk along the runs.
    pub(crate) fn to_original(&self, spans: &mut [Span]) {
        let mut run = self.last.get();
        for span in spans {
            let (first, last) = (span.0 as usize, span.1.wrapping_sub(1) as usize);
            if !SPANS || first >= self.text.len() || last >= self.text.len() {
                *span = (self.span(first).0, self.span(last).1);
                continue;
            }
            run = self.near(run, first);
            let (start, _) = self.span_in(run, first);
            run = self.near(run, last);
            *span = (start, self.span_in(run, last).1);
        }
        self.last.set(run);
    }

    /// The number of the run in which a byte lies, by walking a few runs from another one, or by searching.
    #[inline]
    fn near(&self, from: usize, at: usize) -> usize {
        const STEPS: usize = 8;
        let runs = &*self.runs;
        if runs.get(from).is_some_and(|run| run.at as usize <= at) {
            let mut run = from;
            while run < from + STEPS {
                match runs.get(run + 1) {
                    Some(next) if next.at as usize <= at => run += 1,
                    _ => return run,
                }
            }
        } else if let Some(before) =
            from.checked_sub(1).filter(|&run| runs.get(run).is_some_and(|r| r.at as usize <= at))
        {
            return before;
        }
        runs.partition_point(|run| run.at as usize <= at).saturating_sub(1)
    }

    /// The span of what stands before the text: nothing, where it begins.
    pub(crate) fn before(&self) -> Span {
        (self.shift, self.shift)
    }
}

#[cfg(test)]
impl Aligned<true> {
    /// The span of every byte.
    pub(crate) fn spans(&self) -> Vec<Span> {
        (0..self.text.len()).map(|at| self.span(at)).collect()
    }
}

/// Bytes of the character that begins with this byte.
#[inline]
pub(crate) fn char_len(first: u8) -> usize {
    match first {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One random edit of a text and of a plain list of its spans.
    fn edit(source: &Aligned<true>, spans: &[Span], seed: &mut u64) -> (Aligned<true>, Vec<Span>) {
        let mut next = |n: usize| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (*seed >> 33) as usize % n
        };
        let (mut out, mut expected) = (source.successor(), Vec::new());
        for (at, c) in source.text.char_indices() {
            let (end, span) = (at + c.len_utf8(), spans[at]);
            match next(6) {
                0 => {}
                1 => {
                    out.push('ä', span);
                    expected.extend([span; 2]);
                }
                2 => {
                    out.push_str("x▁", span);
                    expected.extend([span; 4]);
                }
                3 if !expected.is_empty() => {
                    out.move_last(span);
                    let last = out.text.chars().next_back().map_or(0, char::len_utf8);
                    expected.truncate(expected.len() - last);
                    expected.extend(std::iter::repeat_n(span, last));
                }
                _ => {
                    out.keep(source, at..end);
                    expected.extend_from_slice(&spans[at..end]);
                }
            }
        }
        (out, expected)
    }

    #[test]
    fn runs_say_what_a_list_of_all_spans_says() {
        let mut seed = 7;
        for _ in 0..300 {
            let text = "aä東x😀 b\u{301}cdefg";
            let mut aligned = Aligned::<true>::from_original(text, 3);
            let mut spans: Vec<Span> = text
                .char_indices()
                .flat_map(|(at, c)| [(3 + at as u32, 3 + (at + c.len_utf8()) as u32)].repeat(c.len_utf8()))
                .collect();
            for _ in 0..3 {
                (aligned, spans) = edit(&aligned, &spans, &mut seed);
                assert_eq!(aligned.spans(), spans, "{aligned:?}");
                for at in (0..spans.len()).rev() {
                    assert_eq!(aligned.span(at), spans[at], "{aligned:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_kept_is_one_run() {
        let source = Aligned::<true>::from_original(&"ab東 ".repeat(100), 0);
        let mut out = source.successor();
        for (at, c) in source.text.char_indices() {
            out.push(c, source.span(at));
        }
        assert_eq!(out.runs.len(), 1);
    }
}
