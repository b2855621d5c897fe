//! The merge table: which two adjacent tokens merge, how early, and into what.
//!
//! # Performance notes
//! Merging is bound by these look-ups: a list of 280,000 merges in 16-byte slots is 16 MiB, and every look-up left the
//! cache. Now a slot is 8 bytes (the pair in 40 bits, the rank in 24) and what a rank merges into stands in an array of
//! its own, read only when a merge happens: random letters went from 8 to 20 MiB/s. Pairs that are not there, most of
//! what is asked, are nearly always answered by a filter of one byte a merge, which stays in the second cache where two would not.

use crate::compiled::{Tables, Writer, ensure, ensure_ids, every};
use crate::error::Result;

/// What a pair merges into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    /// The lowest goes first: the position in the list of merges, or the class of the result. Of equal ranks the leftmost
    /// goes first.
    pub(crate) rank: u32,
    pub(crate) id: u32,
}

/// Left, right, and what they merge into.
pub(crate) type Join = (u32, u32, Merge);

/// The rank of a pair that does not merge.
pub(crate) const NO_RANK: u32 = u32::MAX;

/// Open addressing over one flat table, behind a filter.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    slots: Slots,
    /// What each entry merges into. Pairs of one result may share an entry.
    ids: Vec<u32>,
    /// The rank of each entry, where that is not its number: where different results are equally early.
    classes: Vec<u32>,
    /// Bits of the pairs that are there; one word a look-up.
    filter: Vec<u64>,
    /// The first entries again, as narrow slots in a table that stays in the cache. Most merges of a text are these.
    early: Vec<u64>,
    shift: u32,
    filter_shift: u32,
}

/// So many entries are the first ones.
const EARLY: u64 = 1 << 14;
const EARLY_BITS: u32 = 15;

#[derive(Clone, Debug)]
enum Slots {
    /// Ids below 2^20, ranks below 2^24: the pair above the rank.
    Narrow(Vec<u64>),
    Wide(Vec<(u64, u32)>),
}

/// Merges that are appended together.
const BLOCK: usize = 32;
const EMPTY: u64 = u64::MAX;
const NARROW_IDS: u32 = 1 << 20;
const NARROW_RANKS: usize = (1 << 24) - 1;

impl Pairs {
    /// Room for this many merges of ids below this bound.
    pub(crate) fn new(merges: usize, id_bound: u32) -> Self {
        let slots = (merges.max(8) * 3 / 2).next_power_of_two();
        let words = (merges.max(64) / 8).next_power_of_two();
        let narrow = id_bound < NARROW_IDS && merges < NARROW_RANKS;
        Self {
            slots: if narrow { Slots::Narrow(vec![EMPTY; slots]) } else { Slots::Wide(vec![(EMPTY, NO_RANK); slots]) },
            ids: Vec::new(),
            classes: Vec::new(),
            filter: vec![0; words],
            early: Vec::new(),
            shift: 64 - slots.trailing_zeros(),
            filter_shift: 64 - words.trailing_zeros(),
        }
    }

    /// Room for this many merges into these tokens, each with its class: classes never descend, and all of one class are
    /// equally early. The pairs follow by [`Pairs::insert`].
    pub(crate) fn with_results(merges: usize, id_bound: u32, results: &[(u32, u32)]) -> Self {
        let mut ranks = Vec::with_capacity(results.len());
        for (entry, &(_, class)) in results.iter().enumerate() {
            let rank = match entry.checked_sub(1) {
                None => 0,
                Some(before) => ranks[before] + u32::from(results[before].1 != class),
            };
            ranks.push(rank);
        }
        if ranks.last().is_none_or(|&last| last as usize + 1 == ranks.len()) {
            ranks = Vec::new();
        }
        let ids = results.iter().map(|&(id, _)| id).collect();
        Self { ids, classes: ranks, ..Self::new(merges, id_bound) }
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        let Self { slots, ids, classes, filter, early: _, shift: _, filter_shift: _ } = self;
        match slots {
            Slots::Narrow(slots) => out.u64s(slots),
            Slots::Wide(slots) => {
                out.u64s(&[]);
                out.u64s(&slots.iter().map(|slot| slot.0).collect::<Vec<_>>());
                out.u32s(&slots.iter().map(|slot| slot.1).collect::<Vec<_>>());
            }
        }
        out.u32s(ids);
        out.u32s(classes);
        out.u64s(filter);
    }

    pub(crate) fn take(tables: &mut Tables, id_bound: u32) -> Result<Self> {
        let narrow = tables.u64s()?;
        let slots = if narrow.is_empty() {
            Slots::Wide(tables.u64s()?.into_iter().zip(tables.u32s()?).collect())
        } else {
            Slots::Narrow(narrow)
        };
        let (ids, classes, filter) = (tables.u32s()?, tables.u32s()?, tables.u64s()?);
        ensure(classes.is_empty() || classes.len() == ids.len(), "merges of another number")?;
        let known = |entry: u32| (entry as usize) < ids.len();
        let (count, has_room, all_known) = match &slots {
            Slots::Narrow(slots) => (
                slots.len(),
                slots.contains(&EMPTY),
                every(slots, |&slot| slot == EMPTY || known(slot as u32 & 0xFF_FFFF)),
            ),
            Slots::Wide(slots) => (
                slots.len(),
                slots.iter().any(|slot| slot.0 == EMPTY),
                every(slots, |slot| slot.0 == EMPTY || known(slot.1)),
            ),
        };
        ensure(count.is_power_of_two() && filter.len().is_power_of_two(), "a merge table of another size")?;
        ensure(count > 1 && filter.len() > 1 && has_room, "a merge table without room")?;
        ensure(all_known, "a merge that is not there")?;
        ensure_ids(&ids, id_bound, None)?;
        let (shift, filter_shift) = (64 - count.trailing_zeros(), 64 - filter.len().trailing_zeros());
        let mut pairs = Self { slots, ids, classes, filter, early: Vec::new(), shift, filter_shift };
        pairs.index_early();
        Ok(pairs)
    }

    /// Whether all ranks fit in 24 bits.
    #[inline]
    pub(crate) fn ranks_are_short(&self) -> bool {
        self.ids.len() < NARROW_RANKS
    }

    /// The table of a list of merges by rank. A later one for the same pair replaces the earlier, as in
    /// the reference.
    pub(crate) fn from_list(joins: &[Join], id_bound: u32) -> Self {
        let mut pairs = Self::new(joins.len(), id_bound);
        pairs.ids.reserve(joins.len());
        for block in joins.chunks(BLOCK) {
            // The places of a block are on their way at once when they are needed one after another.
            let mut touched = 0;
            for &(left, right, _) in block {
                let hash = hash(left, right);
                touched ^= pairs.filter[pairs.filter_bits(hash).0];
                let first = (hash >> pairs.shift) as usize;
                touched ^= match &pairs.slots {
                    Slots::Narrow(slots) => slots[first],
                    Slots::Wide(slots) => slots[first].0,
                };
            }
            std::hint::black_box(touched);
            for &(left, right, merge) in block {
                pairs.push(left, right, merge.id);
            }
        }
        pairs
    }

    /// Append the merge of the next rank.
    pub(crate) fn push(&mut self, left: u32, right: u32, id: u32) {
        let entry = self.ids.len() as u32;
        self.ids.push(id);
        self.insert(left, right, entry);
    }

    /// Let a pair merge into what this entry says.
    pub(crate) fn insert(&mut self, left: u32, right: u32, entry: u32) {
        let hash = hash(left, right);
        let (word, bits) = self.filter_bits(hash);
        self.filter[word] |= bits;
        let key = key(left, right);
        let first = (hash >> self.shift) as usize;
        match &mut self.slots {
            Slots::Narrow(slots) => {
                let key = narrow(left, right);
                let slot = probe(slots.len(), first, |slot| slots[slot] == EMPTY || slots[slot] >> 24 == key);
                slots[slot] = key << 24 | u64::from(entry);
            }
            Slots::Wide(slots) => {
                let slot = probe(slots.len(), first, |slot| slots[slot].0 == EMPTY || slots[slot].0 == key);
                slots[slot] = (key, entry);
            }
        }
    }

    #[inline]
    fn filter_bits(&self, hash: u64) -> (usize, u64) {
        ((hash >> self.filter_shift) as usize, filter_bits(hash))
    }

    /// The entry of a pair, [`NO_RANK`] if it does not merge.
    #[inline]
    fn entry(&self, left: u32, right: u32) -> u32 {
        let hash = hash(left, right);
        let (word, bits) = self.filter_bits(hash);
        if self.filter[word] & bits != bits {
            return NO_RANK;
        }
        let first = (hash >> self.shift) as usize;
        match &self.slots {
            Slots::Narrow(slots) => {
                let key = narrow(left, right);
                let found = slots[probe(slots.len(), first, |slot| slots[slot] == EMPTY || slots[slot] >> 24 == key)];
                if found == EMPTY { NO_RANK } else { found as u32 & 0xFF_FFFF }
            }
            Slots::Wide(slots) => {
                let key = key(left, right);
                slots[probe(slots.len(), first, |slot| slots[slot].0 == EMPTY || slots[slot].0 == key)].1
            }
        }
    }

    /// Prepare for [`Pairs::quick`], when all pairs are there. A derived table may have many pairs of one entry: then no
    /// pair is early.
    pub(crate) fn index_early(&mut self) {
        let Slots::Narrow(slots) = &self.slots else { return };
        let mut early = vec![EMPTY; 1 << EARLY_BITS];
        let mut free = early.len() / 4 * 3;
        for &slot in slots.iter().filter(|&&slot| slot != EMPTY && slot & 0xFF_FFFF < EARLY) {
            let (left, right) = ((slot >> 44) as u32, (slot >> 24) as u32 & (NARROW_IDS - 1));
            let first = (hash(left, right) >> (64 - EARLY_BITS)) as usize;
            let place = probe(early.len(), first, |place| early[place] == EMPTY);
            early[place] = slot;
            free -= 1;
            if free == 0 {
                early.fill(EMPTY);
                break;
            }
        }
        self.early = early;
    }

    /// The table for quick look-ups; none for a table with large ids or ranks.
    #[inline]
    pub(crate) fn quick(&self) -> Option<Quick<'_>> {
        let Self { slots: Slots::Narrow(slots), ids, classes, filter, early, shift, filter_shift } = self else {
            return None;
        };
        let early = early.first_chunk()?;
        Some(Quick { slots, ids, classes, filter, early, shift: *shift, filter_shift: *filter_shift })
    }

    /// What a pair merges into, if it does.
    #[inline]
    pub(crate) fn get(&self, left: u32, right: u32) -> Option<Merge> {
        let entry = self.entry(left, right);
        (entry != NO_RANK).then(|| self.merge(entry))
    }

    fn merge(&self, entry: u32) -> Merge {
        let rank = self.classes.get(entry as usize).copied().unwrap_or(entry);
        Merge { rank, id: self.ids[entry as usize] }
    }

    /// All pairs, by rank; those of one rank by their result, and then by their ids.
    pub(crate) fn by_rank(&self) -> Vec<Join> {
        let mut all: Vec<(u32, u32, u32)> = match &self.slots {
            Slots::Narrow(slots) => slots
                .iter()
                .filter(|slot| **slot != EMPTY)
                .map(|slot| (*slot as u32 & 0xFF_FFFF, (slot >> 44) as u32, (slot >> 24) as u32 & (NARROW_IDS - 1)))
                .collect(),
            Slots::Wide(slots) => slots
                .iter()
                .filter(|slot| slot.0 != EMPTY)
                .map(|slot| (slot.1, (slot.0 >> 32) as u32, slot.0 as u32))
                .collect(),
        };
        all.sort_unstable();
        all.into_iter().map(|(entry, left, right)| (left, right, self.merge(entry))).collect()
    }
}

/// A table with ids below 2^20 and ranks below 2^24, where nothing is asked of its form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quick<'p> {
    slots: &'p [u64],
    ids: &'p [u32],
    classes: &'p [u32],
    filter: &'p [u64],
    early: &'p [u64; 1 << EARLY_BITS],
    shift: u32,
    filter_shift: u32,
}

impl Quick<'_> {
    /// The entry of a pair, [`NO_RANK`] if it does not merge. Any numbers may be asked for.
    #[inline]
    pub(crate) fn entry(&self, left: u32, right: u32) -> u32 {
        let hash = hash(left, right);
        let (word, bits) = ((hash >> self.filter_shift) as usize, filter_bits(hash));
        if self.filter[word] & bits != bits {
            return NO_RANK;
        }
        let key = narrow(left, right);
        let mut slot = (hash >> (64 - EARLY_BITS)) as usize;
        loop {
            let found = self.early[slot];
            if found >> 24 == key {
                return found as u32 & 0xFF_FFFF;
            }
            if found == EMPTY {
                return self.late_entry(hash, key);
            }
            slot = (slot + 1) % self.early.len();
        }
    }

    #[inline]
    fn late_entry(&self, hash: u64, key: u64) -> u32 {
        let mut slot = (hash >> self.shift) as usize;
        loop {
            let found = self.slots[slot];
            if found >> 24 == key {
                return found as u32 & 0xFF_FFFF;
            }
            if found == EMPTY {
                return NO_RANK;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// The rank of an entry.
    #[inline]
    pub(crate) fn rank_of(&self, entry: u32) -> u32 {
        if self.classes.is_empty() || entry == NO_RANK { entry } else { self.classes[entry as usize] }
    }
}

/// What merging asks of a table.
pub(crate) trait Merges: Copy {
    /// The rank of a pair and its entry, [`NO_RANK`] and anything if it does not merge.
    fn find(self, left: u32, right: u32) -> (u32, u32);
    /// What pairs of this entry merge into. Asked only of the merge that is made: of those that are not, the place of
    /// this is one cache line less.
    fn made(self, entry: u32) -> u32;
}

impl Merges for Quick<'_> {
    #[inline]
    fn find(self, left: u32, right: u32) -> (u32, u32) {
        let entry = self.entry(left, right);
        (self.rank_of(entry), entry)
    }

    #[inline]
    fn made(self, entry: u32) -> u32 {
        self.ids[entry as usize]
    }
}

impl Merges for &Pairs {
    #[inline]
    fn find(self, left: u32, right: u32) -> (u32, u32) {
        let entry = self.entry(left, right);
        let rank = if self.classes.is_empty() || entry == NO_RANK { entry } else { self.classes[entry as usize] };
        (rank, entry)
    }

    #[inline]
    fn made(self, entry: u32) -> u32 {
        self.ids[entry as usize]
    }
}

#[inline]
fn filter_bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63)
}

#[inline]
fn probe(slots: usize, first: usize, stop: impl Fn(usize) -> bool) -> usize {
    let mut slot = first;
    while !stop(slot) {
        slot = (slot + 1) & (slots - 1);
    }
    slot
}

#[inline]
fn hash(left: u32, right: u32) -> u64 {
    let mixed = key(left, right).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

fn narrow(left: u32, right: u32) -> u64 {
    u64::from(left) << 20 | u64::from(right)
}
