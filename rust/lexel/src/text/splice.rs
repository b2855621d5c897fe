//! Writing a text from parts of another one, from left to right, and other letters between them.
//!
//! Most parts are words. They are copied sixteen bytes at a time whatever their length, into bytes that are known to be
//! UTF-8 only when all of them are there, and are checked then, as a whole. Where they come from is found by walking
//! along the runs of the source: nothing is searched.

use super::{Aligned, COPY, Run, Span, char_len};

/// Bytes copied at a time.
const STEP: usize = 16;

/// A text that is being written.
#[derive(Debug)]
pub(crate) struct Splice<'s, const SPANS: bool> {
    source: &'s str,
    /// The runs of the source; none if it is a part of the original, which `whole` tells.
    runs: &'s [Run],
    whole: Run,
    /// The run of the source that was asked for last.
    run: usize,
    /// What is written, and room behind it.
    bytes: Vec<u8>,
    len: usize,
    out: Aligned<SPANS>,
}

impl<'s, const SPANS: bool> Splice<'s, SPANS> {
    /// Write from a rewritten text.
    pub(crate) fn new(source: &'s Aligned<SPANS>) -> Self {
        Self::from(&source.text, &source.runs, source.shift)
    }

    /// Write from a part of the original text, which starts there at byte `shift`.
    pub(crate) fn from_original(source: &'s str, shift: u32) -> Self {
        Self::from(source, &[], shift)
    }

    fn from(source: &'s str, runs: &'s [Run], shift: u32) -> Self {
        let bytes = vec![0; source.len() + source.len() / 2 + 4 * STEP];
        let out = Aligned { shift, runs: Vec::with_capacity(runs.len()), ..Aligned::default() };
        Self { source, runs, whole: Run { at: 0, start: shift, len: COPY }, run: 0, bytes, len: 0, out }
    }

    pub(crate) fn source(&self) -> &'s str {
        self.source
    }

    /// Bytes written so far.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Append a part of the source, which begins behind what was asked for before.
    #[inline]
    pub(crate) fn keep(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        if SPANS {
            self.keep_runs(start, end);
        }
        let count = end - start;
        self.need(count);
        let source = self.source.as_bytes();
        let from = source.get(start..).and_then(|rest| rest.first_chunk::<STEP>()).filter(|_| count <= STEP);
        match (from, self.bytes.get_mut(self.len..).and_then(|room| room.first_chunk_mut::<STEP>())) {
            (Some(from), Some(room)) => *room = *from,
            _ => self.bytes[self.len..self.len + count].copy_from_slice(&source[start..end]),
        }
        self.len += count;
    }

    /// The same with small letters for ASCII capitals.
    #[inline]
    pub(crate) fn keep_lowercase(&mut self, start: usize, end: usize) {
        let from = self.len;
        self.keep(start, end);
        self.bytes[from..self.len].make_ascii_lowercase();
    }

    /// Append what stands for the character of the source that begins at `place`.
    #[inline]
    pub(crate) fn put(&mut self, text: &str, place: usize) {
        let text = text.as_bytes();
        let count = text.len();
        let Some(&first) = text.first() else { return };
        if SPANS {
            let (start, end) = self.span(place);
            let alone = count == char_len(first) && count == (end - start) as usize;
            let len = if alone { COPY } else { end - start };
            self.out.push_run(Run { at: self.len as u32, start, len });
        }
        self.need(count);
        let room = &mut self.bytes[self.len..self.len + count];
        match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            // Two copies that may overlap.
            (Some(head), Some(tail)) if count <= 8 => {
                room[..4].copy_from_slice(head);
                room[count - 4..].copy_from_slice(tail);
            }
            (None, _) => room.iter_mut().zip(text).for_each(|(to, from)| *to = *from),
            _ => room.copy_from_slice(text),
        }
        self.len += count;
    }

    /// The text that was written.
    pub(crate) fn finish(mut self) -> Aligned<SPANS> {
        let written = simdutf8::basic::from_utf8(&self.bytes[..self.len]);
        written.expect("parts that begin and end with characters").clone_into(&mut self.out.text);
        self.out
    }

    /// Make room for so many bytes and a step.
    #[inline]
    fn need(&mut self, count: usize) {
        if self.len + count + STEP > self.bytes.len() {
            self.grow(count);
        }
    }

    #[cold]
    fn grow(&mut self, count: usize) {
        self.bytes.resize(2 * self.bytes.len() + count + STEP, 0);
    }

    fn run_at(&self, run: usize) -> Run {
        *self.runs.get(run).unwrap_or(&self.whole)
    }

    /// Go on to the run in which a byte of the source lies.
    #[inline]
    fn run_of(&mut self, at: usize) -> Run {
        while self.runs.get(self.run + 1).is_some_and(|next| next.at as usize <= at) {
            self.run += 1;
        }
        self.run_at(self.run)
    }

    /// What the character that begins at this byte of the source stands for.
    #[inline]
    fn span(&mut self, at: usize) -> Span {
        let run = self.run_of(at);
        if run.len != COPY {
            return (run.start, run.start + run.len);
        }
        let start = run.start + (at as u32 - run.at);
        (start, start + char_len(self.source.as_bytes()[at]) as u32)
    }

    #[inline]
    fn keep_runs(&mut self, start: usize, end: usize) {
        let mut run = self.run_of(start);
        let mut at = start;
        loop {
            self.out.push_run(run.moved(at as u32, (self.len + at - start) as u32));
            match self.runs.get(self.run + 1) {
                Some(&next) if (next.at as usize) < end => {
                    (run, at) = (next, next.at as usize);
                    self.run += 1;
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// What a splice writes is what the same appended one after the other gives.
    fn check(source: &Aligned<true>, random: &mut Random) -> Aligned<true> {
        let mut pick = |n: usize| (random.next_u64() % n as u64) as usize;
        let (mut splice, mut out) = (Splice::new(source), source.successor());
        let places: Vec<usize> = source.text.char_indices().map(|(at, _)| at).chain([source.text.len()]).collect();
        let mut at = 0;
        while at + 1 < places.len() {
            let place = places[at];
            match pick(5) {
                0 => at += 1,
                1 | 2 => {
                    let text = ["▁", "x", "é", "", "abcd", "東 京", "abcdefghi", "😀"][pick(8)];
                    splice.put(text, place);
                    match text.chars().nth(1) {
                        None if !text.is_empty() => out.push(text.chars().next().expect("one"), source.span(place)),
                        _ => out.push_str(text, source.span(place)),
                    }
                    at += pick(2);
                }
                kind => {
                    let to = (at + pick(25)).min(places.len() - 1);
                    let from = out.text.len();
                    out.keep(source, place..places[to]);
                    if kind == 3 {
                        out.lowercase_ascii(from);
                        splice.keep_lowercase(place, places[to]);
                    } else {
                        splice.keep(place, places[to]);
                    }
                    at = to;
                }
            }
            assert_eq!(splice.len(), out.text.len());
        }
        let spliced = splice.finish();
        assert_eq!((&spliced.text, spliced.spans()), (&out.text, out.spans()), "{source:?}");
        spliced
    }

    #[test]
    fn a_splice_is_what_appending_gives() {
        let mut random = Random::new(11);
        for round in 0..400 {
            let text = "aä東Ax😀 b\u{301}cDefgh ▁é".repeat(round % 7);
            let mut text = Aligned::<true>::from_original(&text, 5);
            for _ in 0..4 {
                text = check(&text, &mut random);
            }
        }
    }

    #[test]
    fn a_part_of_the_original_needs_no_runs() {
        let text = "a東 bc";
        let mut splice = Splice::<true>::from_original(text, 3);
        splice.put("▁", 0);
        splice.keep(0, 4);
        splice.put("▁", 4);
        splice.keep(5, 7);
        let out = splice.finish();
        assert_eq!(out.text, "▁a東▁bc");
        let spans: Vec<_> = out.text.char_indices().map(|(at, _)| out.span(at)).collect();
        assert_eq!(spans, [(3, 4), (3, 4), (4, 7), (7, 8), (8, 9), (9, 10)]);
    }
}
