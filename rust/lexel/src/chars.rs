//! From byte offsets of a text to code points.

/// Translates byte offsets that mostly grow: walks from the last answer, counting characters a block at a time.
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

    /// The number of characters before this byte, which starts a character or ends the text.
    #[inline]
    pub(crate) fn chars_before(&mut self, byte: u32) -> u32 {
        if self.ascii {
            return byte;
        }
        let to = (byte as usize).min(self.text.len());
        if to >= self.byte {
            self.chars += starts(&self.text[self.byte..to]);
        } else {
            self.chars -= starts(&self.text[to..self.byte]);
        }
        self.byte = to;
        self.chars
    }
}

/// Number of bytes that start a character.
fn starts(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&b| u32::from(b & 0xC0 != 0x80)).sum()
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
}
