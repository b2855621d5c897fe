//! A tokenizer as it lies in memory, in one file: loading is reading, not building.
//!
//! The file holds the tables that take time to build (vocabulary, merges, tries) as raw arrays, and the rest of the
//! `tokenizer.json` as JSON; what is quick to build is built from that as ever. Where it lies and when it is used is not
//! decided here: the core gives bytes and takes a reader.
//!
//! Nothing of a file is believed. It begins with a magic word, the byte order, the fingerprint of the source this core was
//! built from, and the key under which the writer stored it; a checksum (BLAKE3) covers all of that and the tables, and is
//! compared before a table is used. Behind it the numbers are checked against their bounds where that is cheap: a second
//! line of defence, for only somebody who may write into the folder can make a file whose checksum is right. `docs/design/compiled-cache.md` has the figures.

mod tables;

use std::io::Read;

use crate::error::Result;
use crate::hash::hash_bytes;
use crate::pipeline::Pipeline;
pub(crate) use tables::{Tables, Writer, ensure, ensure_ids, every};

const MAGIC: [u8; 8] = *b"lexel\0c1";
const BYTE_ORDER: u64 = 0x0102_0304_0506_0708;
/// Magic word, byte order, fingerprint, key, bytes of the tables; the checksum follows.
const HEAD: usize = 8 + 8 + 8 + 32 + 8;
const CHECKSUM: usize = 32;

/// What a compiled tokenizer was made of, as its writer says: a hash of the source and of the options.
pub type CompiledKey = [u8; 32];

/// Tells builds apart whose compiled files differ: a hash of the source of this crate and of what it hashes with.
pub fn compiled_fingerprint() -> u64 {
    let source: u64 = env!("LEXEL_SOURCE_FINGERPRINT").parse().unwrap_or_default();
    // The hash of the vocabulary's index comes from another crate, and may differ between its versions and machines.
    source ^ hash_bytes(concat!("lexel ", env!("CARGO_PKG_VERSION")).as_bytes()).rotate_left(17)
}

fn head(key: &CompiledKey, bytes: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..16].copy_from_slice(&BYTE_ORDER.to_ne_bytes());
    head[16..24].copy_from_slice(&compiled_fingerprint().to_le_bytes());
    head[24..56].copy_from_slice(key);
    head[56..].copy_from_slice(&bytes.to_le_bytes());
    head
}

impl Pipeline {
    /// The tokenizer, and a note that is given back, as a file that [`Pipeline::from_compiled`] reads. `None`: this one
    /// has no such form.
    pub fn to_compiled(&self, key: &CompiledKey, note: &[u8]) -> Option<Vec<u8>> {
        let mut writer = Writer { bytes: vec![0; HEAD + CHECKSUM] };
        writer.u8s(note);
        self.store(&mut writer)?;
        let mut bytes = writer.bytes;
        let head = head(key, (bytes.len() - HEAD - CHECKSUM) as u64);
        let checksum = *blake3::Hasher::new().update(&head).update(&bytes[HEAD + CHECKSUM..]).finalize().as_bytes();
        bytes[..HEAD].copy_from_slice(&head);
        bytes[HEAD..HEAD + CHECKSUM].copy_from_slice(&checksum);
        Some(bytes)
    }

    /// Read what [`Pipeline::to_compiled`] gave for the same key, `length` bytes; also return the note.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if it is anything else: cut off, changed, of another build or key, or unreadable.
    pub fn from_compiled(input: &mut impl Read, length: u64, key: &CompiledKey) -> Result<(Self, Vec<u8>)> {
        let mut found = [0; HEAD + CHECKSUM];
        input.read_exact(&mut found).map_err(|error| tables::unreadable(&error))?;
        let left = length.saturating_sub(found.len() as u64);
        let head = head(key, left);
        ensure(found[..HEAD] == head, "it begins otherwise")?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head);
        let mut tables = Tables::read(input, left, &mut hasher)?;
        ensure(found[HEAD..] == *hasher.finalize().as_bytes(), "its checksum is wrong")?;
        let note = tables.u8s()?;
        let pipeline = Self::take(&mut tables)?;
        tables.finish()?;
        Ok((pipeline, note))
    }
}

#[cfg(test)]
mod tests;
