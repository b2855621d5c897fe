//! Words with a metaspace before them: what whitespace removal, metaspace and its split come to, in one pass.
//!
//! `Metaspace` alone turns every space into a metaspace and cuts before each; after `WhitespaceSplit` it writes one before
//! every word. Either way the text is written once, and the pieces are known as it is written.

use super::metaspace::Metaspace;
use super::segment::Segment;
use crate::byte_set::{ByteSet, Places};
use crate::text::{Span, Splice};

/// The stage.
#[derive(Clone, Debug)]
pub(super) struct Words {
    metaspace: Metaspace,
    /// Whether white space is dropped, so that every word is a piece with a metaspace.
    drops_space: bool,
    /// Bytes that begin white space, or the metaspace, or look so: at all others nothing happens.
    stops: ByteSet,
}

impl Words {
    pub(super) fn new(metaspace: Metaspace, drops_space: bool) -> Self {
        let first = metaspace.replacement().as_bytes()[0];
        let stops = ByteSet::new(|byte| match byte {
            b' ' => true,
            b'\t'..=b'\r' | 0xC2 | 0xE1..=0xE3 if drops_space => true,
            byte => byte == first,
        });
        Self { metaspace, drops_space, stops }
    }

    pub(super) fn only_first(&self) -> bool {
        self.metaspace.only_first()
    }

    /// Rewrite a segment and cut its pieces, which become `pieces`.
    pub(super) fn run<const SPANS: bool>(
        &self,
        segment: &mut Segment<'_, SPANS>,
        ranges: &[Span],
        pieces: &mut Vec<Span>,
    ) {
        pieces.clear();
        let mut out = segment.splice();
        for &range in ranges {
            if self.drops_space {
                self.words(range, &mut out, pieces);
            } else {
                self.spaces(range, segment.original_start(range.0) == 0, &mut out, pieces);
            }
        }
        let out = out.finish();
        segment.replace(out);
    }

    /// A metaspace before every word, and nothing between words.
    fn words<const SPANS: bool>(&self, (from, to): Span, out: &mut Splice<'_, SPANS>, pieces: &mut Vec<Span>) {
        let bytes = &out.source().as_bytes()[..to as usize];
        let mut stops = Places::new(&self.stops, bytes, from as usize);
        let mut at = from as usize;
        // The next byte that may be of white space, from `at` on.
        let mut stop = stops.next();
        loop {
            while stop == at {
                let Some(width) = white_space(bytes, at) else { break };
                at += width;
                stop = stops.next();
            }
            if at == bytes.len() {
                return;
            }
            let start = at;
            let mut piece = out.len();
            if stop > start || !self.is_mark(bytes, start) {
                out.put(self.metaspace.replacement(), start);
            }
            let base = out.len();
            while stop < bytes.len() && white_space(bytes, stop).is_none() {
                if stop > start && self.is_mark(bytes, stop) {
                    let place = base + (stop - start);
                    pieces.push((piece as u32, place as u32));
                    piece = place;
                }
                stop = stops.next();
            }
            at = stop;
            out.keep(start, at);
            pieces.push((piece as u32, out.len() as u32));
        }
    }

    /// A metaspace for every space, and a cut before each. `at_start` says that the range starts where the original does.
    fn spaces<const SPANS: bool>(
        &self,
        (from, to): Span,
        at_start: bool,
        out: &mut Splice<'_, SPANS>,
        pieces: &mut Vec<Span>,
    ) {
        let text = &out.source()[..to as usize];
        let bytes = text.as_bytes();
        let mut last = from as usize;
        let mut piece = out.len();
        if self.metaspace.prefixed(&text[last..], at_start) {
            out.put(self.metaspace.replacement(), last);
        }
        let mut stops = Places::new(&self.stops, bytes, last);
        loop {
            let here = stops.next();
            if here == bytes.len() {
                break;
            }
            let is_space = bytes[here] == b' ';
            if !is_space && !self.is_mark(bytes, here) {
                continue;
            }
            let place = out.len() + (here - last);
            if place > piece {
                pieces.push((piece as u32, place as u32));
                piece = place;
            }
            if is_space {
                out.keep(last, here);
                out.put(self.metaspace.replacement(), here);
                last = here + 1;
            }
        }
        out.keep(last, bytes.len());
        pieces.push((piece as u32, out.len() as u32));
    }

    /// Whether a metaspace stands at a place. Byte by byte: mostly the first one says no.
    #[inline]
    fn is_mark(&self, bytes: &[u8], at: usize) -> bool {
        let mark = self.metaspace.replacement().as_bytes();
        mark.iter().enumerate().all(|(i, byte)| bytes.get(at + i) == Some(byte))
    }
}

/// Bytes of the white space at a place, if there is some.
#[inline]
fn white_space(bytes: &[u8], at: usize) -> Option<usize> {
    match *bytes.get(at)? {
        b'\t'..=b'\r' | b' ' => Some(1),
        0xC2 | 0xE1..=0xE3 => wide_space(bytes, at),
        _ => None,
    }
}

/// Bytes of the white space beyond ASCII at a place, if there is some.
fn wide_space(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at..] {
        [0xC2, 0x85 | 0xA0, ..] => Some(2),
        [0xE1, 0x9A, 0x80, ..]
        | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
        | [0xE2, 0x81, 0x9F, ..]
        | [0xE3, 0x80, 0x80, ..] => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pieces;
    use super::*;

    #[test]
    fn white_space_is_what_the_standard_library_says() {
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            assert_eq!(white_space(bytes, 0), c.is_whitespace().then_some(bytes.len()), "{c:?}");
        }
    }

    /// The same stages one after the other: a split that cuts nothing stands between them.
    fn apart(stages: &[serde_json::Value]) -> serde_json::Value {
        let idle = serde_json::json!({"type": "Split", "pattern": {"String": "\u{10FFFF}"}, "behavior": "Isolated",
            "invert": false});
        let mut all = Vec::new();
        for stage in stages {
            let mut stage = stage.clone();
            let mark = stage.get("replacement").cloned().filter(|_| stage["split"] != false);
            if mark.is_some() {
                stage["split"] = false.into();
            }
            all.extend([stage, idle.clone()]);
            if let Some(mark) = mark {
                all.push(
                    serde_json::json!({"type": "Split", "pattern": {"String": mark}, "behavior": "MergedWithNext",
                    "invert": false}),
                );
            }
        }
        serde_json::json!({"type": "Sequence", "pretokenizers": all})
    }

    #[test]
    fn one_pass_gives_what_the_stages_give_one_after_the_other() {
        let mut random = crate::random::Random::new(9);
        let letters = ["a", "b", " ", "  ", "▁", "▁▁", "\n", "\u{a0}", "\u{3000}", "あ", "é", "_", "😀", "\u{2029}"];
        for mark in ["▁", "_", "a", "あ", "\u{3000}"] {
            for scheme in ["always", "first", "never"] {
                let metaspace = serde_json::json!({"type": "Metaspace", "replacement": mark, "prepend_scheme": scheme});
                let space = serde_json::json!({"type": "WhitespaceSplit"});
                let digits = serde_json::json!({"type": "Digits", "individual_digits": false});
                for stages in [
                    vec![metaspace.clone()],
                    vec![space.clone(), metaspace.clone()],
                    vec![digits, space, metaspace.clone()],
                    vec![metaspace.clone(), metaspace.clone()],
                ] {
                    let together = serde_json::json!({"type": "Sequence", "pretokenizers": stages});
                    let apart = apart(&stages);
                    for _ in 0..40 {
                        let n = random.next_u64() % 12;
                        let text: String =
                            (0..n).map(|_| letters[(random.next_u64() % letters.len() as u64) as usize]).collect();
                        assert_eq!(pieces(&together, &text), pieces(&apart, &text), "{text:?} {together}");
                    }
                }
            }
        }
    }
}
