//! Words with a metaspace before them: what whitespace removal, metaspace and its split come to, in one pass.
//!
//! `Metaspace` alone turns every space into a metaspace and cuts before each; after `WhitespaceSplit` it writes one before
//! every word. Either way the text is written once, and the pieces are known as it is written.

use super::metaspace::Metaspace;
use super::segment::Segment;
use crate::text::{Aligned, Span, char_len};

/// What a byte may be the beginning of.
const OTHER: u8 = 0;
const SPACE: u8 = 1;
/// Of white space, or of the metaspace: more bytes decide.
const MAYBE: u8 = 2;

/// The stage.
#[derive(Clone, Debug)]
pub(super) struct Words {
    metaspace: Metaspace,
    mark: char,
    /// The metaspace in bytes, and how many these are.
    mark_bytes: ([u8; 4], usize),
    /// Whether white space is dropped, so that every word is a piece with a metaspace.
    drops_space: bool,
    /// By the first byte of a character.
    kinds: Box<[u8; 256]>,
}

impl Words {
    pub(super) fn new(metaspace: Metaspace, drops_space: bool) -> Self {
        let mark = metaspace.replacement().chars().next().unwrap_or('▁');
        let mut mark_bytes = ([0; 4], mark.len_utf8());
        mark.encode_utf8(&mut mark_bytes.0);
        let mut kinds = Box::new([OTHER; 256]);
        kinds[usize::from(mark_bytes.0[0])] = MAYBE;
        if drops_space {
            kinds[0xC2] = MAYBE;
            kinds[0xE1..=0xE3].fill(MAYBE);
            for byte in [b'\t', b'\n', 0x0B, 0x0C, b'\r', b' '] {
                kinds[usize::from(byte)] = SPACE;
            }
        } else {
            kinds[usize::from(b' ')] = SPACE;
        }
        Self { metaspace, mark, mark_bytes, drops_space, kinds }
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
        let length = segment.text().len();
        let mut out = Aligned::with_capacity(length + length / 2 + ranges.len() * 4);
        for &range in ranges {
            if self.drops_space {
                self.words(segment, range, &mut out, pieces);
            } else {
                self.spaces(segment, range, &mut out, pieces);
            }
        }
        segment.replace(out);
    }

    /// A metaspace before every word, and nothing between words.
    fn words<const SPANS: bool>(
        &self,
        segment: &Segment<'_, SPANS>,
        (from, to): Span,
        out: &mut Aligned<SPANS>,
        pieces: &mut Vec<Span>,
    ) {
        let text = segment.text();
        let bytes = &text.as_bytes()[..to as usize];
        let mut at = from as usize;
        loop {
            while let Some(width) = self.space(bytes, at) {
                at += width;
            }
            if at == bytes.len() {
                return;
            }
            let start = at;
            let mut piece = out.text.len();
            if !self.is_mark(bytes, at) {
                let first = if SPANS { segment.span(at, at + char_len(bytes[at])) } else { (0, 0) };
                out.push(self.mark, first);
            }
            let base = out.text.len();
            while at < bytes.len() {
                let kind = self.kinds[usize::from(bytes[at])];
                if kind == SPACE {
                    break;
                }
                if kind == MAYBE {
                    if wide_space(bytes, at).is_some() {
                        break;
                    }
                    if at > start && self.is_mark(bytes, at) {
                        let place = base + (at - start);
                        pieces.push((piece as u32, place as u32));
                        piece = place;
                    }
                }
                at += 1;
            }
            segment.copy(start, at, out);
            pieces.push((piece as u32, out.text.len() as u32));
        }
    }

    /// A metaspace for every space, and a cut before each.
    fn spaces<const SPANS: bool>(
        &self,
        segment: &Segment<'_, SPANS>,
        (from, to): Span,
        out: &mut Aligned<SPANS>,
        pieces: &mut Vec<Span>,
    ) {
        let text = segment.text();
        let bytes = &text.as_bytes()[..to as usize];
        let mut last = from as usize;
        let mut piece = out.text.len();
        if self.metaspace.prefixed(&text[last..bytes.len()], segment.original_start(from) == 0) {
            let first = if SPANS { segment.span(last, last + char_len(bytes[last])) } else { (0, 0) };
            out.push(self.mark, first);
        }
        let mut at = last;
        while at < bytes.len() {
            let kind = self.kinds[usize::from(bytes[at])];
            at += 1;
            if kind == OTHER || kind == MAYBE && !self.is_mark(bytes, at - 1) {
                continue;
            }
            let here = at - 1;
            let place = out.text.len() + (here - last);
            if place > piece {
                pieces.push((piece as u32, place as u32));
                piece = place;
            }
            if kind == SPACE {
                segment.copy(last, here, out);
                out.push(self.mark, if SPANS { segment.span(here, at) } else { (0, 0) });
                last = at;
            }
        }
        segment.copy(last, bytes.len(), out);
        pieces.push((piece as u32, out.text.len() as u32));
    }

    /// Whether a metaspace stands at a place. Byte by byte: mostly the first one says no.
    #[inline]
    fn is_mark(&self, bytes: &[u8], at: usize) -> bool {
        let (mark, len) = &self.mark_bytes;
        mark[..*len].iter().enumerate().all(|(i, byte)| bytes.get(at + i) == Some(byte))
    }

    /// Bytes of the white space at a place, if there is some.
    fn space(&self, bytes: &[u8], at: usize) -> Option<usize> {
        match self.kinds[usize::from(*bytes.get(at)?)] {
            OTHER => None,
            SPACE => Some(1),
            _ => wide_space(bytes, at),
        }
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
        let object = serde_json::json!({"replacement": "▁"});
        let metaspace = Metaspace::compile(crate::json::Object::new(&object, "").expect("an object")).expect("legal");
        let words = Words::new(metaspace, true);
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            assert_eq!(words.space(bytes, 0), c.is_whitespace().then_some(bytes.len()), "{c:?}");
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
