//! Where a long piece falls apart: between two characters that no token holds side by side.
//!
//! A merge over a boundary makes a token that has the boundary inside. If no result of any merge has these two
//! characters next to each other there, nothing ever merges over it, and the two sides are encoded alone: short parts,
//! most of them met before. Scripts without spaces fall into parts of two or three characters.
//!
//! The test is a filter (a set bit may be an accident): an accident costs a cut, never a result. Under the byte-level
//! alphabet a token may start or end inside a character; such a side is filed by its byte at the boundary alone.

use super::letters::push_bytes;
use crate::compiled::{Tables, Writer, ensure};
use crate::error::Result;

/// The filter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cuts {
    bits: Vec<u64>,
    /// Of two ASCII characters the answer is exact: for each, those that stand after it.
    ascii: Vec<u128>,
}

const BITS: u32 = 20;

/// One side of a boundary: a whole character, or the byte of a part of one.
#[derive(Clone, Copy)]
enum Edge {
    Whole(u32),
    Part(u8),
}

fn slot(left: Edge, right: Edge) -> (usize, u64) {
    let code = |edge| match edge {
        Edge::Whole(c) => u64::from(c),
        Edge::Part(byte) => 1 << 24 | u64::from(byte),
    };
    let hash = (code(left) << 32 | code(right)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bit = (hash ^ hash >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> (64 - BITS);
    ((bit >> 6) as usize, 1 << (bit & 63))
}

impl Cuts {
    pub(crate) fn new() -> Self {
        Self { bits: vec![0; 1 << (BITS - 6)], ascii: vec![0; 128] }
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        out.u64s(&self.bits);
        out.u64s(&self.ascii.iter().flat_map(|&after| [after as u64, (after >> 64) as u64]).collect::<Vec<_>>());
    }

    pub(crate) fn take(tables: &mut Tables) -> Result<Self> {
        let (bits, ascii) = (tables.u64s()?, tables.u64s()?);
        ensure(bits.len() == 1 << (BITS - 6) && ascii.len() == 2 * 128, "boundaries of another size")?;
        let ascii = ascii.chunks_exact(2).map(|half| u128::from(half[0]) | u128::from(half[1]) << 64).collect();
        Ok(Self { bits, ascii })
    }

    fn set(&mut self, left: Edge, right: Edge) {
        let (word, bit) = slot(left, right);
        self.bits[word] |= bit;
    }

    fn has(&self, left: Edge, right: Edge) -> bool {
        let (word, bit) = slot(left, right);
        self.bits[word] & bit != 0
    }

    /// Note all boundaries inside a token of characters.
    pub(crate) fn add_text(&mut self, token: &str) {
        let mut before: Option<char> = None;
        for c in token.chars() {
            match before {
                Some(before) if before.is_ascii() && c.is_ascii() => self.ascii[before as usize] |= 1 << c as u32,
                Some(before) => self.set(Edge::Whole(before as u32), Edge::Whole(c as u32)),
                None => {}
            }
            before = Some(c);
        }
    }

    /// Note all boundaries between characters inside a token spelled in byte-level letters.
    pub(crate) fn add_letters(&mut self, token: &str, bytes: &mut Vec<u8>) {
        bytes.clear();
        push_bytes(token, bytes);
        if bytes.is_ascii() {
            for pair in bytes.windows(2) {
                self.ascii[pair[0] as usize] |= 1 << pair[1];
            }
            return;
        }
        let edges = edges(bytes);
        for pair in edges.windows(2) {
            match (pair[0].0, pair[1].1) {
                (Edge::Whole(a), Edge::Whole(b)) if a < 0x80 && b < 0x80 => self.ascii[a as usize] |= 1 << b,
                (left, right) => self.set(left, right),
            }
        }
    }

    /// Whether two neighbours can be parted.
    #[inline]
    pub(crate) fn parts(&self, left: char, right: char, bytes: bool) -> bool {
        if left.is_ascii() && right.is_ascii() {
            return self.ascii[left as usize] >> right as u32 & 1 == 0;
        }
        let (whole_left, whole_right) = (Edge::Whole(left as u32), Edge::Whole(right as u32));
        if self.has(whole_left, whole_right) {
            return false;
        }
        if !bytes {
            return true;
        }
        let mut buffer = [0; 4];
        let part_left = Edge::Part(left.encode_utf8(&mut buffer).as_bytes()[left.len_utf8() - 1]);
        let part_right = Edge::Part(right.encode_utf8(&mut buffer).as_bytes()[0]);
        !self.has(whole_left, part_right) && !self.has(part_left, whole_right) && !self.has(part_left, part_right)
    }
}

/// The characters of a token, and the parts of characters at its ends: each as it looks as the left side of a boundary
/// (a part by its last byte) and as the right side (by its first).
fn edges(bytes: &[u8]) -> Vec<(Edge, Edge)> {
    let mut edges = Vec::new();
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let start = rest.iter().skip(1).position(|b| b & 0xC0 != 0x80).map_or(rest.len(), |at| at + 1);
        let (unit, after) = rest.split_at(start);
        rest = after;
        match std::str::from_utf8(unit).ok().and_then(|text| text.chars().next()) {
            Some(c) => edges.push((Edge::Whole(c as u32), Edge::Whole(c as u32))),
            None => edges.push((Edge::Part(unit[unit.len() - 1]), Edge::Part(first))),
        }
    }
    edges
}
