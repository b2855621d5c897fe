//! Flat arrays of numbers, one behind the other: written as they lie in memory, read into memory of their own.
//!
//! Everything is read and its checksum compared before anybody takes a table.

use std::io::Read;

use crate::error::{Error, Result};

/// Tables on their way into a file.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(super) bytes: Vec<u8>,
}

/// Tables of a file, to be taken in the order in which they were written.
#[derive(Debug)]
pub(crate) struct Tables {
    tables: std::vec::IntoIter<Table>,
}

#[derive(Debug)]
enum Table {
    U8(Vec<u8>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F64(Vec<f64>),
}

const U8: u64 = 1;
const U32: u64 = 4;
const U64: u64 = 8;
const F64: u64 = 9;

impl Writer {
    fn table<T: bytemuck::NoUninit>(&mut self, kind: u64, items: &[T]) {
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(&(items.len() as u64).to_ne_bytes());
        self.bytes.extend_from_slice(bytemuck::cast_slice(items));
    }

    pub(crate) fn u8s(&mut self, items: &[u8]) {
        self.table(U8, items);
    }

    pub(crate) fn u32s(&mut self, items: &[u32]) {
        self.table(U32, items);
    }

    pub(crate) fn u64s(&mut self, items: &[u64]) {
        self.table(U64, items);
    }

    pub(crate) fn f64s(&mut self, items: &[f64]) {
        self.table(F64, items);
    }
}

impl Tables {
    /// Read all tables, `left` bytes of them. Memory is bounded by that.
    pub(super) fn read(input: &mut impl Read, mut left: u64, hasher: &mut blake3::Hasher) -> Result<Self> {
        let mut tables = Vec::new();
        while left > 0 {
            let mut head = [0u64; 2];
            take(input, &mut left, &mut head, hasher)?;
            let [kind, count] = head;
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            tables.push(match kind {
                U8 => Table::U8(array(input, &mut left, count, hasher)?),
                U32 => Table::U32(array(input, &mut left, count, hasher)?),
                U64 => Table::U64(array(input, &mut left, count, hasher)?),
                F64 => Table::F64(array(input, &mut left, count, hasher)?),
                _ => return Err(broken("a table of a kind there is not")),
            });
        }
        Ok(Self { tables: tables.into_iter() })
    }

    pub(crate) fn u8s(&mut self) -> Result<Vec<u8>> {
        match self.tables.next() {
            Some(Table::U8(items)) => Ok(items),
            _ => Err(broken("expected a table of bytes")),
        }
    }

    pub(crate) fn u32s(&mut self) -> Result<Vec<u32>> {
        match self.tables.next() {
            Some(Table::U32(items)) => Ok(items),
            _ => Err(broken("expected a table of 32-bit numbers")),
        }
    }

    pub(crate) fn u64s(&mut self) -> Result<Vec<u64>> {
        match self.tables.next() {
            Some(Table::U64(items)) => Ok(items),
            _ => Err(broken("expected a table of 64-bit numbers")),
        }
    }

    pub(crate) fn f64s(&mut self) -> Result<Vec<f64>> {
        match self.tables.next() {
            Some(Table::F64(items)) => Ok(items),
            _ => Err(broken("expected a table of floating-point numbers")),
        }
    }

    /// A table of 64-bit numbers of which there must be so many.
    pub(crate) fn numbers<const N: usize>(&mut self) -> Result<[u64; N]> {
        self.u64s()?.try_into().map_err(|_| broken("a table of another length"))
    }

    /// Check that everything was taken.
    pub(super) fn finish(mut self) -> Result<()> {
        ensure(self.tables.next().is_none(), "there are more tables than expected")
    }
}

fn array<T: bytemuck::Pod>(
    input: &mut impl Read,
    left: &mut u64,
    count: usize,
    hasher: &mut blake3::Hasher,
) -> Result<Vec<T>> {
    let bytes = count.checked_mul(size_of::<T>()).filter(|&bytes| bytes as u64 <= *left);
    ensure(bytes.is_some(), "a table reaches beyond the end")?;
    let mut items = bytemuck::zeroed_vec(count);
    take(input, left, &mut items, hasher)?;
    Ok(items)
}

/// Fill a slice from the input.
fn take<T: bytemuck::Pod>(
    input: &mut impl Read,
    left: &mut u64,
    items: &mut [T],
    hasher: &mut blake3::Hasher,
) -> Result<()> {
    *left = left.checked_sub(size_of_val(items) as u64).ok_or_else(|| broken("a table reaches beyond the end"))?;
    // In blocks, so that what is hashed is still at hand.
    for block in bytemuck::cast_slice_mut(items).chunks_mut(BLOCK) {
        input.read_exact(block).map_err(|error| unreadable(&error))?;
        hasher.update(block);
    }
    Ok(())
}

const BLOCK: usize = 128 << 10;

pub(super) fn unreadable(error: &std::io::Error) -> Error {
    Error::format(format!("the compiled tokenizer cannot be read: {error}"))
}

fn broken(what: &str) -> Error {
    Error::format(format!("this is no compiled tokenizer of this build: {what}"))
}

/// Refuse what is not as it must be.
pub(crate) fn ensure(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(broken(what)) }
}

/// Whether something holds of all items. It looks at all of them, several at once, where `all` would stop at the first.
pub(crate) fn every<T>(items: &[T], holds: impl Fn(&T) -> bool) -> bool {
    items.iter().fold(true, |all, item| all & holds(item))
}

/// Refuse ids beyond a bound; `none` stands for no id.
pub(crate) fn ensure_ids(ids: &[u32], bound: u32, none: Option<u32>) -> Result<()> {
    let known = match none {
        Some(none) => every(ids, |&id| id < bound || id == none),
        None => every(ids, |&id| id < bound),
    };
    ensure(known, "an id that is not in the vocabulary")
}
