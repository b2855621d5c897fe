//! The byte-level alphabet: a printable letter for every byte.

/// Letters of the byte-level alphabet: printable Latin-1 stands for itself, the rest follows from U+0100.
pub(crate) static BYTE_LETTERS: [char; 256] = byte_letters();

const fn byte_letters() -> [char; 256] {
    let mut letters = ['\0'; 256];
    let (mut byte, mut next) = (0usize, 0x100);
    while byte < 256 {
        letters[byte] = if let plain @ (b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) = byte as u8 {
            plain as char
        } else {
            next += 1;
            match char::from_u32(next - 1) {
                Some(letter) => letter,
                None => unreachable!(),
            }
        };
        byte += 1;
    }
    letters
}

/// The byte a letter of the byte-level alphabet stands for.
pub(crate) fn letter_byte(c: char) -> Option<u8> {
    match c as u32 {
        code @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(code as u8),
        code @ 0x100..=0x120 => Some((code - 0x100) as u8),
        code @ 0x121..=0x142 => Some((code - 0x121 + 0x7F) as u8),
        0x143 => Some(0xAD),
        _ => None,
    }
}

/// Append the bytes that a token stands for. Returns whether all of it is byte-level letters.
pub(crate) fn push_letters(token: &str, bytes: &mut Vec<u8>) -> bool {
    bytes.reserve(token.len());
    let mut rest = token.as_bytes();
    loop {
        match *rest {
            [plain @ b'!'..=b'~', ref after @ ..] => {
                bytes.push(plain);
                rest = after;
            }
            // The letters beyond ASCII are below U+0144.
            [lead @ 0xC2..=0xC5, next, ref after @ ..] => {
                let code = u32::from(lead & 0x1F) << 6 | u32::from(next & 0x3F);
                let Some(byte) = char::from_u32(code).and_then(letter_byte) else { return false };
                bytes.push(byte);
                rest = after;
            }
            ref rest => return rest.is_empty(),
        }
    }
}

/// Append the bytes that the byte-level letters of a token stand for; what is no such letter is left out.
pub(crate) fn push_bytes(token: &str, bytes: &mut Vec<u8>) {
    bytes.reserve(token.len());
    for letter in token.chars() {
        if let Some(byte) = letter_byte(letter) {
            bytes.push(byte);
        }
    }
}

/// Spell a text in byte-level letters.
pub(crate) fn spell(text: &str) -> String {
    text.bytes().map(|byte| BYTE_LETTERS[byte as usize]).collect()
}
