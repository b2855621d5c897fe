//! Finding an entry by its text: open addressing over one flat array, which a compiled file keeps as it is.
//!
//! A slot is 32 bits: the number of the entry below, as many bits of its hash as are left above. Entries are read only
//! where these bits agree, so a look-up is one load of the table and one comparison, whether the text is there or not.

use crate::compiled::{Tables, Writer, ensure, every};
use crate::error::Result;
use crate::hash::hash_bytes;

/// Which entry has a text.
#[derive(Clone, Debug, Default)]
pub(super) struct TextIndex {
    /// A power of two of them, at least one `EMPTY`; none where there are no entries.
    slots: Vec<u32>,
    /// Bits of a slot that are the number of an entry.
    bits: u32,
}

const EMPTY: u32 = u32::MAX;

impl TextIndex {
    /// Index this many entries, of equal ones the last. Also says whether there are equals.
    pub(super) fn new<'a>(entries: usize, text: impl Fn(usize) -> &'a [u8]) -> (Self, bool) {
        let mut index = Self { slots: Vec::new(), bits: bits(entries) };
        if entries == 0 {
            return (index, false);
        }
        index.slots = vec![EMPTY; slots(entries)];
        let mut equals = false;
        for entry in 0..entries {
            let own = text(entry);
            let hash = hash_bytes(own);
            let slot = index.probe(hash, |other| text(other) == own);
            equals |= index.slots[slot] != EMPTY;
            index.slots[slot] = index.tag(hash) | entry as u32;
        }
        (index, equals)
    }

    pub(super) fn store(&self, out: &mut Writer) {
        out.u32s(&self.slots);
    }

    /// The index of this many entries.
    pub(super) fn take(tables: &mut Tables, entries: usize) -> Result<Self> {
        let index = Self { slots: tables.u32s()?, bits: bits(entries) };
        if entries == 0 {
            ensure(index.slots.is_empty(), "an index of nothing")?;
            return Ok(index);
        }
        ensure(index.slots.len() == slots(entries), "an index of another size")?;
        let mask = index.mask();
        let known = every(&index.slots, |&slot| slot == EMPTY || ((slot & mask) as usize) < entries);
        ensure(known && index.slots.contains(&EMPTY), "an index of other entries")?;
        Ok(index)
    }

    /// The entry of the text that has this hash.
    #[inline]
    pub(super) fn find<'a>(&self, hash: u64, wanted: &[u8], text: impl Fn(usize) -> &'a [u8]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let slot = self.slots[self.probe(hash, |entry| text(entry) == wanted)];
        (slot != EMPTY).then_some((slot & self.mask()) as usize)
    }

    /// What stands where a text with this hash is looked for first: the entry that is there, if it may be the one.
    #[inline]
    pub(super) fn first(&self, hash: u64) -> Option<usize> {
        let slot = *self.slots.get(hash as usize & self.slots.len().wrapping_sub(1))?;
        (slot & !self.mask() == self.tag(hash)).then_some((slot & self.mask()) as usize)
    }

    fn mask(&self) -> u32 {
        (1 << self.bits) - 1
    }

    /// The bits of a hash that a slot keeps.
    #[inline]
    fn tag(&self, hash: u64) -> u32 {
        (hash >> 32) as u32 & !self.mask()
    }

    /// The slot of an entry with this hash, or the empty one where it would be.
    #[inline]
    fn probe(&self, hash: u64, same: impl Fn(usize) -> bool) -> usize {
        let (mask, tag) = (self.mask(), self.tag(hash));
        let last = self.slots.len() - 1;
        let mut at = hash as usize & last;
        loop {
            let slot = self.slots[at];
            if slot == EMPTY || (slot & !mask == tag && same((slot & mask) as usize)) {
                return at;
            }
            at = (at + 1) & last;
        }
    }
}

/// Bits for the numbers of this many entries; the highest number they can say is never one, so that no slot looks empty.
fn bits(entries: usize) -> u32 {
    (usize::BITS - entries.leading_zeros()).min(31)
}

/// Slots for this many entries: at most three in four are taken.
fn slots(entries: usize) -> usize {
    (entries + entries / 3 + 1).next_power_of_two()
}
