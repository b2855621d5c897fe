//! Where a long piece falls apart: between two characters that no token holds side by side.
//!
//! A merge over a boundary makes a token that has the boundary inside. If no result of any merge has these two
//! characters next to each other there, nothing ever merges over it, and the two sides are encoded alone: short parts,
//! most of them met before. Scripts without spaces fall into parts of two or three characters.
//!
//! The test is a filter (a set bit may be an accident): an accident costs a cut, never a result. Under the byte-level
//! alphabet a token may start or end inside a character; of such a side only its byte at the boundary counts. Few
//! characters stand beside one, so that a byte for each side of a character says before or after what.

use super::letters::push_bytes;
use crate::compiled::{Tables, Writer, ensure};
use crate::error::Result;

/// The filter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cuts {
    bits: Vec<u64>,
    /// Of two ASCII characters the answer is exact: for each, those that stand after it.
    ascii: Vec<u128>,
    /// Of two parts, by the last byte of the one and the first of the other.
    parts: Vec<u64>,
    /// By the lower half of a character's code: beside which parts it stands, those after it in the lower byte, those
    /// before it in the upper one, by three bits of the part's byte.
    beside: Vec<u16>,
}

const BITS: u32 = 20;
const BESIDE: usize = 0x1_0000;

/// One side of a boundary: a whole character, or the byte of a part of one.
#[derive(Clone, Copy)]
enum Edge {
    Whole(u32),
    Part(u8),
}

#[inline]
fn slot(left: u32, right: u32) -> (usize, u64) {
    let hash = (u64::from(left) << 32 | u64::from(right)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bit = (hash ^ hash >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> (64 - BITS);
    ((bit >> 6) as usize, 1 << (bit & 63))
}

/// Where two parts stand in a table, by their bytes.
#[inline]
fn part_slot(left: u8, right: u8) -> (usize, u64) {
    (usize::from(left) << 2 | usize::from(right) >> 6, 1 << (right & 63))
}

/// The bit of a part after a character.
#[inline]
fn after_bit(first: u8) -> u16 {
    1 << (first & 7)
}

/// The bit of a part before a character.
#[inline]
fn before_bit(last: u8) -> u16 {
    0x100 << (last & 7)
}

/// The first byte of a character and its last.
#[inline]
fn ends(c: char) -> (u8, u8) {
    let code = c as u32;
    let first = match code {
        0..0x80 => return (code as u8, code as u8),
        0x80..0x800 => 0xC0 | code >> 6,
        0x800..0x1_0000 => 0xE0 | code >> 12,
        _ => 0xF0 | code >> 18,
    };
    (first as u8, 0x80 | code as u8 & 0x3F)
}

impl Cuts {
    pub(crate) fn new() -> Self {
        Self { bits: vec![0; 1 << (BITS - 6)], ascii: vec![0; 128], parts: vec![0; 4 * 256], beside: vec![0; BESIDE] }
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        out.u64s(&self.bits);
        out.u64s(&self.ascii.iter().flat_map(|&after| [after as u64, (after >> 64) as u64]).collect::<Vec<_>>());
        out.u64s(&self.parts);
        let beside = (0u32..).zip(&self.beside).filter(|&(_, &parts)| parts != 0);
        out.u32s(&beside.map(|(code, &parts)| code << 16 | u32::from(parts)).collect::<Vec<_>>());
    }

    pub(crate) fn take(tables: &mut Tables) -> Result<Self> {
        let (bits, ascii) = (tables.u64s()?, tables.u64s()?);
        ensure(bits.len() == 1 << (BITS - 6) && ascii.len() == 2 * 128, "boundaries of another size")?;
        let ascii = ascii.chunks_exact(2).map(|half| u128::from(half[0]) | u128::from(half[1]) << 64).collect();
        let parts = tables.u64s()?;
        ensure(parts.len() == 4 * 256, "boundaries of another size")?;
        let mut beside = vec![0; BESIDE];
        for entry in tables.u32s()? {
            beside[(entry >> 16) as usize] = entry as u16;
        }
        Ok(Self { bits, ascii, parts, beside })
    }

    fn set(&mut self, left: Edge, right: Edge) {
        let (table, (word, bit)) = match (left, right) {
            (Edge::Whole(left), Edge::Whole(right)) => (&mut self.bits, slot(left, right)),
            (Edge::Part(left), Edge::Part(right)) => (&mut self.parts, part_slot(left, right)),
            (Edge::Whole(c), Edge::Part(first)) => {
                self.beside[c as usize % BESIDE] |= after_bit(first);
                return;
            }
            (Edge::Part(last), Edge::Whole(c)) => {
                self.beside[c as usize % BESIDE] |= before_bit(last);
                return;
            }
        };
        table[word] |= bit;
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

    /// Whether two neighbours of ASCII can be parted.
    #[inline]
    pub(crate) fn parts_ascii(&self, left: u8, right: u8) -> bool {
        self.ascii[usize::from(left & 0x7F)] >> (right & 0x7F) & 1 == 0
    }

    /// Whether two neighbours can be parted.
    #[inline]
    pub(crate) fn parts(&self, left: char, right: char, bytes: bool) -> bool {
        if left.is_ascii() && right.is_ascii() {
            return self.parts_ascii(left as u8, right as u8);
        }
        let (word, bit) = slot(left as u32, right as u32);
        if self.bits[word] & bit != 0 {
            return false;
        }
        if !bytes {
            return true;
        }
        let ((_, last), (first, _)) = (ends(left), ends(right));
        let (word, bit) = part_slot(last, first);
        self.beside[left as usize % BESIDE] & after_bit(first) == 0
            && self.beside[right as usize % BESIDE] & before_bit(last) == 0
            && self.parts[word] & bit == 0
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
