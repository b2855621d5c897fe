//! The character map of a `SentencePiece` model: a double-array trie of byte strings and what comes instead of each.
//!
//! Layout: the size of the trie in bytes (u32, little endian), the units of the trie (u32 each), and all replacements,
//! each ended by a zero byte.

use crate::error::{Error, Result};

/// A parsed character map.
#[derive(Clone, Debug)]
pub(super) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    /// Read the bytes of a map.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let short = |found: usize, expected: usize| {
            Error::format(format!("a character map of {found} bytes is cut off: expected {expected} or more"))
        };
        let (size, rest) = bytes.split_first_chunk().ok_or_else(|| short(bytes.len(), 4))?;
        let size = u32::from_le_bytes(*size) as usize / 4 * 4;
        let (units, replacements) = rest.split_at_checked(size).ok_or_else(|| short(bytes.len(), size + 4))?;
        if units.is_empty() {
            return Err(Error::format("the trie of the character map is empty; remove the normalizer to map nothing"));
        }
        let replacements = std::str::from_utf8(replacements)
            .map_err(|e| Error::format(format!("the replacements of the character map are no UTF-8: {e}")))?;
        let units = units.as_chunks().0.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
        Ok(Self { units, replacements: replacements.to_owned() })
    }

    /// What comes instead of a text: the entry of its **shortest** prefix that has one, as the reference takes it.
    pub(super) fn get(&self, text: &str) -> Option<&str> {
        let unit = |at: u32| self.units.get(at as usize).copied();
        let offset = |unit: u32| (unit >> 10) << ((unit & 1 << 9) >> 6);
        let mut at = offset(unit(0)?);
        for byte in text.bytes().take_while(|byte| *byte != 0) {
            at ^= u32::from(byte);
            let node = unit(at)?;
            if node & (1 << 31 | 0xFF) != u32::from(byte) {
                return None;
            }
            at ^= offset(node);
            if node >> 8 & 1 == 1 {
                let start = unit(at)? & !(1 << 31);
                let rest = self.replacements.get(start as usize..)?;
                return Some(rest.split_once('\0').map_or(rest, |(replacement, _)| replacement));
            }
        }
        None
    }
}
