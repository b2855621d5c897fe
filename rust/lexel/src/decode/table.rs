//! The text of every id, made once: rows are decoded by copying.
//!
//! An id has a slot of sixteen bytes: its text, if that has at most fifteen, and the length. A slot is copied whole and
//! the end moves by the length, so that nothing depends on what the id is; longer texts lie apart.

use super::Decoder;
use super::plan::{Join, Plan};
use super::whole::{fallback_byte, push_letters};

/// The texts of all ids under a decoder. See [`Plan`] for which decoders have one.
#[derive(Debug)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    /// The texts that are longer than a slot.
    long: Vec<u8>,
    plan: Plan,
}

type Slot = [u8; 16];

/// Where a slot says what it is: the length of its text, or one or several of the flags below.
const TAG: usize = 15;
/// The slot says where the text is, and how long.
const LONG: u8 = 0x10;
/// The token is one byte of a run.
const BYTE: u8 = 0x20;
/// The token is left out where special ones are.
const SPECIAL: u8 = 0x40;
/// There is no such id.
const ABSENT: u8 = 0x80;
/// Ids whose texts are made together.
const BLOCK: usize = 1 << 12;

/// What an id contributes to a row.
pub(super) enum Entry<'t> {
    Text(&'t [u8]),
    Byte(u8),
    /// Nothing, not even an end to a run of bytes.
    Nothing,
}

impl Table {
    /// Make the table for ids below a bound. `token` gives the token of an id, and whether it is special.
    ///
    /// `None` where the texts depend on the row.
    pub(crate) fn new<'t>(
        decoder: Option<&Decoder>,
        bound: usize,
        token: impl Fn(u32) -> Option<(&'t str, bool)>,
    ) -> Option<Self> {
        let plan = Plan::new(decoder)?;
        let (mut slots, mut long, mut letters) = (Vec::with_capacity(bound), Vec::new(), Vec::new());
        for from in (0..bound).step_by(BLOCK) {
            let tokens: Vec<_> = (from..bound.min(from + BLOCK)).map(|id| token(id as u32)).collect();
            // In the middle of a row, whatever stands around.
            let middle = tokens.iter().map(|token| token.map_or("", |(text, _)| text));
            let row = plan.row(std::iter::once("").chain(middle).chain(std::iter::once("")));
            for (token, text) in tokens.iter().zip(&row[1..]) {
                let Some((_, special)) = *token else {
                    slots.push(slot(&[], ABSENT));
                    continue;
                };
                let special = if special { SPECIAL } else { 0 };
                let bytes = match plan.join {
                    Join::Texts => text.as_bytes(),
                    Join::Runs => {
                        if let Some(byte) = fallback_byte(text) {
                            slots.push(slot(&[byte], BYTE | special));
                            continue;
                        }
                        text.as_bytes()
                    }
                    Join::Letters => {
                        letters.clear();
                        push_letters(text, &mut letters);
                        &letters[..]
                    }
                };
                if bytes.len() <= TAG && special == 0 {
                    slots.push(slot(bytes, bytes.len() as u8));
                    continue;
                }
                let place =
                    u64::from(u32::try_from(long.len()).ok()?) | u64::from(u32::try_from(bytes.len()).ok()?) << 32;
                slots.push(slot(&place.to_le_bytes(), LONG | special));
                long.extend_from_slice(bytes);
            }
        }
        long.shrink_to_fit();
        Some(Self { slots, long, plan })
    }

    /// What an id contributes, in the middle of a row.
    pub(super) fn entry(&self, id: u32, skip_special: bool) -> Entry<'_> {
        let Some(slot) = self.slots.get(id as usize) else { return Entry::Nothing };
        let tag = slot[TAG];
        if tag <= TAG as u8 {
            return Entry::Text(&slot[..tag as usize]);
        }
        if tag & ABSENT != 0 || (skip_special && tag & SPECIAL != 0) {
            return Entry::Nothing;
        }
        if tag & BYTE != 0 {
            return Entry::Byte(slot[0]);
        }
        let number = |at: usize| u32::from_le_bytes([slot[at], slot[at + 1], slot[at + 2], slot[at + 3]]) as usize;
        Entry::Text(&self.long[number(0)..number(0) + number(4)])
    }

    /// Whether tokens are bytes that may be parts of characters.
    pub(super) fn gives_bytes(&self) -> bool {
        self.plan.join == Join::Letters
    }

    /// Decode a row. `token` gives the token of an id that is there.
    pub(crate) fn decode<'t>(&self, ids: &[u32], skip_special: bool, token: impl Fn(u32) -> Option<&'t str>) -> String {
        let mut out = Joined::new(4 * ids.len());
        if !self.plan.minds_edges() {
            self.middle(ids, skip_special, &mut out);
            return self.plan.without_ends(out.finish());
        }
        let kept = |&id: &u32| !matches!(self.entry(id, skip_special), Entry::Nothing);
        let (first, last) = (ids.iter().position(kept), ids.iter().rposition(kept));
        let (Some(first), Some(last)) = (first, last) else { return String::new() };
        let text = |at: usize| token(ids[at]).unwrap_or_default();
        // At the edges by the stages themselves.
        if first == last {
            out.push(self.plan.row(std::iter::once(text(first)))[0].as_bytes());
        } else {
            out.push(self.plan.row([text(first), "", ""].into_iter())[0].as_bytes());
            self.middle(&ids[first + 1..last], skip_special, &mut out);
            out.push(self.plan.row(["", "", text(last)].into_iter())[2].as_bytes());
        }
        self.plan.without_ends(out.finish())
    }

    fn middle(&self, ids: &[u32], skip_special: bool, out: &mut Joined) {
        let mut ids = ids.iter();
        let mut run = Vec::new();
        while let Some(&id) = ids.next() {
            match self.slots.get(id as usize) {
                Some(slot) if slot[TAG] <= TAG as u8 => out.push_slot(slot),
                _ => match self.entry(id, skip_special) {
                    Entry::Text(text) => out.push(text),
                    Entry::Nothing => {}
                    Entry::Byte(byte) => {
                        run.push(byte);
                        let rest = ids.as_slice();
                        let mut taken = 0;
                        for &id in rest {
                            match self.entry(id, skip_special) {
                                Entry::Byte(byte) => run.push(byte),
                                Entry::Nothing => {}
                                Entry::Text(_) => break,
                            }
                            taken += 1;
                        }
                        ids = rest[taken..].iter();
                        if simdutf8::basic::from_utf8(&run).is_ok() {
                            out.push(&run);
                        } else {
                            for _ in &run {
                                out.push("\u{FFFD}".as_bytes());
                            }
                        }
                        run.clear();
                    }
                },
            }
        }
    }
}

fn slot(bytes: &[u8], tag: u8) -> Slot {
    let mut slot = [0; 16];
    slot[..bytes.len()].copy_from_slice(bytes);
    slot[TAG] = tag;
    slot
}

/// A text that grows by bytes: they are collected where they stay in the nearest cache, and checked a few thousand at a
/// time.
struct Joined {
    bytes: [u8; ROOM],
    end: usize,
    out: String,
}

const ROOM: usize = 1 << 12;

impl Joined {
    fn new(expected: usize) -> Self {
        Self { bytes: [0; ROOM], end: 0, out: String::with_capacity(expected) }
    }

    #[inline]
    fn push_slot(&mut self, slot: &Slot) {
        if self.end > ROOM - slot.len() {
            self.give();
        }
        if let Some(place) = self.bytes.get_mut(self.end..self.end + slot.len()) {
            place.copy_from_slice(slot);
        }
        self.end += slot[TAG] as usize;
    }

    fn push(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(ROOM / 4) {
            if self.end > ROOM - part.len() {
                self.give();
            }
            self.bytes[self.end..self.end + part.len()].copy_from_slice(part);
            self.end += part.len();
        }
    }

    /// Give out all characters that are complete. What is kept begins with a byte that begins a character, so that the
    /// bytes before it read the same without it.
    fn give(&mut self) {
        let whole = self.end - unfinished(&self.bytes[..self.end]);
        push_lossy(&self.bytes[..whole], &mut self.out);
        self.bytes.copy_within(whole..self.end, 0);
        self.end -= whole;
    }

    fn finish(mut self) -> String {
        push_lossy(&self.bytes[..self.end], &mut self.out);
        self.out
    }
}

/// Append bytes as text; what is none becomes U+FFFD.
fn push_lossy(bytes: &[u8], out: &mut String) {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => out.push_str(text),
        Err(_) => out.push_str(&String::from_utf8_lossy(bytes)),
    }
}

/// How many bytes at the end are the beginning of a character that needs more.
fn unfinished(bytes: &[u8]) -> usize {
    for (count, &byte) in (1..=3).zip(bytes.iter().rev()) {
        let needs = match byte {
            0x80..=0xBF => continue,
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0.. => 4,
            _ => 1,
        };
        return if needs > count { count } else { 0 };
    }
    0
}
