//! A filter before the question whether a piece is a token as it is.
//!
//! Files that ignore merges ask this of every piece; under the byte-level alphabet asking means spelling the piece in
//! letters first. Most pieces that get here are no tokens, and one bit says so.

use super::letters::push_bytes;
use super::{Alphabet, BpeOptions};
use crate::compiled::{Tables, Writer, ensure};
use crate::error::Result;
use crate::hash::hash_bytes;
use crate::vocab::Vocab;

/// One bit for each of many hashes; a set bit may be an accident.
#[derive(Clone, Debug, Default)]
pub(crate) struct WholeTokens {
    bits: Vec<u64>,
    longest: usize,
}

impl WholeTokens {
    pub(crate) fn new(vocab: &Vocab, options: &BpeOptions, alphabet: Alphabet) -> Self {
        let words = (vocab.len().max(64) / 4).next_power_of_two();
        let mut filter = Self { bits: vec![0; words], longest: 0 };
        let mut bytes = Vec::new();
        for (token, _) in vocab.entries().filter(|&(_, id)| !options.is_special(id)) {
            bytes.clear();
            match alphabet {
                Alphabet::Characters => bytes.extend_from_slice(token.as_bytes()),
                // A token with other letters is never the spelling of a piece.
                Alphabet::Bytes => push_bytes(token, &mut bytes),
            }
            filter.longest = filter.longest.max(bytes.len());
            let (word, bit) = filter.place(&bytes);
            filter.bits[word] |= bit;
        }
        filter
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        out.u64s(&self.bits);
        out.u64s(&[self.longest as u64]);
    }

    pub(crate) fn take(tables: &mut Tables) -> Result<Self> {
        let (bits, [longest]) = (tables.u64s()?, tables.numbers()?);
        ensure(bits.is_empty() || bits.len().is_power_of_two(), "a filter of another size")?;
        Ok(Self { bits, longest: usize::try_from(longest).unwrap_or(usize::MAX) })
    }

    fn place(&self, bytes: &[u8]) -> (usize, u64) {
        let hash = hash_bytes(bytes);
        ((hash >> 6) as usize & (self.bits.len() - 1), 1 << (hash & 63))
    }

    /// Whether a piece may be a token.
    pub(crate) fn may_have(&self, piece: &[u8]) -> bool {
        if self.bits.is_empty() || piece.len() > self.longest {
            return false;
        }
        let (word, bit) = self.place(piece);
        self.bits[word] & bit != 0
    }
}
