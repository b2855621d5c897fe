//! The normalizers that look at one character at a time, as rules of a [`CharMap`](super::charmap::CharMap).

use unicode_normalization_alignments::char::is_combining_mark;

use super::charmap::Rule;
use crate::model::bpe::BYTE_LETTERS;

/// The rules without options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Simple {
    /// Small letters; each character by itself, so that a final sigma is like any other.
    Lowercase,
    /// Combining marks vanish.
    StripAccents,
    /// The cleaning of the NMT models: some control characters vanish, some white space becomes a space.
    Nmt,
    /// Every byte becomes the letter that stands for it.
    ByteLevel,
}

impl Rule for Simple {
    fn write(&self, c: char, out: &mut String) -> bool {
        match self {
            Self::Lowercase => out.extend(c.to_lowercase()),
            Self::StripAccents => out.extend(Some(c).filter(|&c| !is_combining_mark(c))),
            Self::Nmt => out.extend(nmt(c)),
            Self::ByteLevel => out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|byte| BYTE_LETTERS[byte as usize])),
        }
        true
    }
}

fn nmt(c: char) -> Option<char> {
    match c {
        '\u{1}'..='\u{8}' | '\u{B}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{8F}' | '\u{9F}' => None,
        '\t'
        | '\n'
        | '\u{C}'
        | '\r'
        | '\u{1680}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2581}'
        | '\u{FEFF}'
        | '\u{FFFD}' => Some(' '),
        c => Some(c),
    }
}
