//! From byte offsets of a text to code points.

/// Translates byte offsets that mostly grow: walks from the last answer, counting characters.
#[derive(Debug)]
pub(crate) struct CharCursor<'t> {
    text: &'t [u8],
    byte: usize,
    chars: u32,
    ascii: bool,
}

impl<'t> CharCursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), byte: 0, chars: 0, ascii: text.is_ascii() }
    }

    /// The number of characters that start before this byte.
    #[inline]
    pub(crate) fn chars_before(&mut self, byte: u32) -> u32 {
        if self.ascii {
            return byte;
        }
        let to = (byte as usize).min(self.text.len());
        if to >= self.byte {
            self.chars += starts(self.text, self.byte, to);
        } else {
            self.chars -= starts(self.text, to, self.byte);
        }
        self.byte = to;
        self.chars
    }

    /// Make spans of bytes spans of characters; parts of characters count as the whole.
    pub(crate) fn translate(&mut self, spans: &mut [(u32, u32)]) {
        if self.ascii {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("popcnt") {
            // SAFETY: the features were just detected; the function is safe code otherwise.
            #[expect(unsafe_code, reason = "code compiled for features that are checked at run time")]
            unsafe {
                translate_avx2(self.text, spans);
            }
            return;
        }
        translate_with(self.text, spans, starts_of);
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Say which bytes of every block begin characters, and count them; then each place is one look-up.
#[inline]
fn translate_with(text: &[u8], spans: &mut [(u32, u32)], starts_of: impl Fn(&[u8; BLOCK]) -> u64) {
    let mut blocks: Vec<(u32, u64)> = Vec::with_capacity(text.len() / BLOCK + 1);
    let (whole, rest) = text.as_chunks::<BLOCK>();
    let mut chars = 0;
    for block in whole {
        let starts = starts_of(block);
        blocks.push((chars, starts));
        chars += starts.count_ones();
    }
    // The text goes on, so to say, without ever beginning a character.
    let mut last = [0x80; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    blocks.push((chars, starts_of(&last)));
    let end = text.len() as u32;
    let before = |byte: u32| {
        let byte = byte.min(end);
        let (chars, starts) = blocks[byte as usize / BLOCK];
        let here = starts >> (byte % BLOCK as u32);
        (chars + (starts ^ (here << (byte % BLOCK as u32))).count_ones(), here & 1)
    };
    for (start, span_end) in spans {
        let (chars, begins) = before(*start);
        // Inside a character: it has begun before.
        *start = chars - u32::from(begins == 0 && *start < end);
        *span_end = before(*span_end).0;
    }
}

/// Which bytes of a block begin characters, eight bytes after the other: what the others must equal.
fn starts_of(block: &[u8; BLOCK]) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    block.as_chunks::<8>().0.iter().rev().fold(0, |bits, bytes| {
        let word = u64::from_le_bytes(*bytes);
        let starts = (!(word >> 7) | word >> 6) & LOW;
        // The bits of the bytes side by side in the top byte.
        bits << 8 | starts.wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn translate_avx2(text: &[u8], spans: &mut [(u32, u32)]) {
    use std::arch::x86_64::{__m256i, _mm256_cmpgt_epi8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setr_epi64x};

    // Bytes inside characters are the smallest, if they have a sign.
    let inside = _mm256_set1_epi8(0xBF_u8.cast_signed());
    translate_with(text, spans, |block| {
        let half = |from: usize| {
            let word = |at: usize| i64::from_le_bytes(block[at..at + 8].try_into().expect("eight bytes"));
            let bytes: __m256i = _mm256_setr_epi64x(word(from), word(from + 8), word(from + 16), word(from + 24));
            let starts = _mm256_cmpgt_epi8(bytes, inside);
            u64::from(_mm256_movemask_epi8(starts).cast_unsigned())
        };
        half(0) | half(BLOCK / 2) << 32
    });
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Number of bytes from `from` to `to` that start a character.
#[inline]
fn starts(text: &[u8], from: usize, to: usize) -> u32 {
    let count = to - from;
    // Most tokens are shorter than a word of the machine: what is beyond them is masked.
    if count <= 8
        && let Some(bytes) = text.get(from..from + 8)
    {
        let word = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        let continuations = (word >> 7) & !(word >> 6) & 0x0101_0101_0101_0101;
        let kept = if count == 8 { u64::MAX } else { (1 << (8 * count)) - 1 };
        return count as u32 - (continuations & kept).count_ones();
    }
    text[from..to].iter().map(|&b| u32::from(!is_continuation(b))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_forwards_and_backwards() {
        let text = "aé日😀b";
        let mut cursor = CharCursor::new(text);
        for (byte, chars) in [(0, 0), (1, 1), (3, 2), (6, 3), (10, 4), (11, 5), (3, 2), (0, 0), (10, 4)] {
            assert_eq!(cursor.chars_before(byte), chars, "byte {byte}");
        }
    }

    #[test]
    fn every_way_of_finding_characters_is_the_same() {
        let mut random = crate::random::Random::new(3);
        for _ in 0..100 {
            let letters = ["a", "é", "日", "😀", "xyzwvuts"];
            let text: String = (0..80).map(|_| letters[(random.next_u64() % 5) as usize]).collect();
            let places: Vec<u32> = (0..=text.len() as u32 + 2).collect();
            let mut spans: Vec<(u32, u32)> = places.iter().map(|&at| (at, at)).collect();
            let mut plain = spans.clone();
            CharCursor::new(&text).translate(&mut spans);
            translate_with(text.as_bytes(), &mut plain, starts_of);
            assert_eq!(spans, plain);
            let mut cursor = CharCursor::new(&text);
            assert!(spans.iter().zip(places).all(|(span, at)| span.1 == cursor.chars_before(at)));
        }
    }

    #[test]
    fn every_span_of_bytes_covers_the_characters_it_touches() {
        let text = "aé日😀b\u{301}xyzwvutsr😀";
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let floor = (0..=start).rev().find(|&at| text.is_char_boundary(at)).expect("zero is one");
                let ceil = (end..=text.len()).find(|&at| text.is_char_boundary(at)).expect("the end is one");
                let expected = (text[..floor].chars().count() as u32, text[..ceil].chars().count() as u32);
                let mut spans = [(end as u32, end as u32), (start as u32, end as u32)];
                CharCursor::new(text).translate(&mut spans);
                assert_eq!(spans[1], expected, "{start}..{end}");
            }
        }
    }
}
