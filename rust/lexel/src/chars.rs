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
        for (start, end) in spans {
            let inside = self.text.get(*start as usize).is_some_and(|&b| is_continuation(b));
            *start = self.chars_before(*start) - u32::from(inside);
            *end = self.chars_before(*end);
        }
    }
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
