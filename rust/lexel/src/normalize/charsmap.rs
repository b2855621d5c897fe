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

/// What the units of a trie say: its label (above 255 that of a leaf), whether a leaf stands below, and where what is below
/// stands.
fn label(unit: u32) -> u32 {
    unit & (1 << 31 | 0xFF)
}

fn has_leaf(unit: u32) -> bool {
    unit >> 8 & 1 == 1
}

fn offset(unit: u32) -> u32 {
    (unit >> 10) << ((unit & 1 << 9) >> 6)
}

/// Of more entries for prefixes of one text the longest of the first so many counts.
const FOUND: usize = 32;

impl Charsmap {
    /// Refuse what `SentencePiece` refuses: a trie that leads out of itself, or to no replacement.
    pub(super) fn check(&self) -> Result<()> {
        let invalid = || Error::format("the character map is damaged: its trie leads out of itself");
        let count = self.units.len();
        let below = |at: usize, unit: u32| at ^ offset(unit) as usize;
        let root = self.units[0];
        if !count.is_multiple_of(256) || !self.replacements.ends_with('\0') {
            return Err(Error::format(
                "the character map is damaged: its trie has no whole blocks, or its replacements have no end",
            ));
        }
        if label(root) != 0 || has_leaf(root) || offset(root) == 0 || below(0, root) | 0xFF >= count {
            return Err(invalid());
        }
        for (at, &unit) in self.units.iter().enumerate().skip(1) {
            let fits = if label(unit) > 0xFF {
                let start = (unit & !(1 << 31)) as usize;
                start < self.replacements.len() && self.replacements.is_char_boundary(start)
            } else {
                let to = below(at, unit);
                to | 0xFF < count && (!has_leaf(unit) || label(self.units[to]) > 0xFF)
            };
            if !fits {
                return Err(invalid());
            }
        }
        Ok(())
    }

    /// The longest prefix of a text that has an entry: its length, and what comes instead.
    #[inline]
    pub(super) fn longest(&self, text: &[u8]) -> Option<(usize, &str)> {
        let mut at = offset(self.units[0]);
        let (mut longest, mut found) = (None, 0);
        for (depth, &byte) in text.iter().enumerate() {
            at ^= u32::from(byte);
            let Some(&unit) = self.units.get(at as usize) else { break };
            if label(unit) != u32::from(byte) {
                break;
            }
            at ^= offset(unit);
            if has_leaf(unit) {
                longest = Some((depth + 1, at));
                found += 1;
                if found == FOUND {
                    break;
                }
            }
        }
        let (length, leaf) = longest?;
        let start = self.units.get(leaf as usize)? & !(1 << 31);
        let rest = self.replacements.get(start as usize..)?;
        Some((length, rest.split_once('\0').map_or(rest, |(replacement, _)| replacement)))
    }

    /// The bytes an entry can go on with that begins with these: none if nothing begins so. Also whether one ends there.
    pub(super) fn goes_on(&self, text: &[u8]) -> (bool, impl Fn(u8) -> bool + '_) {
        let mut at = Some(offset(self.units[0]));
        let mut ends = false;
        for &byte in text {
            let place = at.map(|at| at ^ u32::from(byte));
            let unit = place.and_then(|at| self.units.get(at as usize).copied());
            let unit = unit.filter(|&unit| label(unit) == u32::from(byte));
            at = place.zip(unit).map(|(at, unit)| at ^ offset(unit));
            ends |= unit.is_some_and(has_leaf);
        }
        let child = move |byte: u8| {
            let unit = at.and_then(|at| self.units.get((at ^ u32::from(byte)) as usize));
            unit.is_some_and(|&unit| label(unit) == u32::from(byte))
        };
        (ends, child)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Lay entries out as the bytes of a map: every node where it first fits.
    pub(crate) fn charsmap(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut replacements = Vec::new();
        let mut places = BTreeMap::new();
        for (key, value) in entries {
            places.insert(key.as_bytes(), replacements.len() as u32);
            replacements.extend_from_slice(value.as_bytes());
            replacements.push(0);
        }
        let mut units = BTreeMap::from([(0, 0)]);
        let mut nodes = vec![(Vec::new(), 0)];
        while let Some((prefix, at)) = nodes.pop() {
            let below = |key: &&&[u8]| key.starts_with(&prefix) && key.len() > prefix.len();
            let labels: BTreeSet<u8> = places.keys().filter(below).map(|key| key[prefix.len()]).collect();
            let leaf = places.get(&prefix[..]).copied();
            let slots: Vec<u32> = labels.iter().copied().chain(leaf.map(|_| 0)).map(u32::from).collect();
            let fits = |base: &u32| slots.iter().all(|slot| !units.contains_key(&(at ^ base ^ slot)));
            let base = (1..1 << 20).find(fits).expect("there is room");
            *units.entry(at).or_default() |= base << 10 | u32::from(leaf.is_some()) << 8;
            if let Some(place) = leaf {
                units.insert(at ^ base, 1 << 31 | place);
            }
            for label in labels {
                units.insert(at ^ base ^ u32::from(label), u32::from(label));
                nodes.push(([&prefix[..], &[label]].concat(), at ^ base ^ u32::from(label)));
            }
        }
        // No byte is the label of a unit that nobody took.
        let last = *units.keys().next_back().expect("the root is there");
        let all = (0..=last).map(|at| units.get(&at).copied().unwrap_or(0x200)).flat_map(u32::to_le_bytes);
        [&((last + 1) * 4).to_le_bytes(), &all.collect::<Vec<_>>()[..], &replacements].concat()
    }

    #[test]
    fn the_shortest_prefix_with_an_entry_counts() {
        let map =
            Charsmap::parse(&charsmap(&[("ab", "x"), ("abc", "y"), ("é", ""), ("z\u{301}", "ž")])).expect("reads");
        assert_eq!(
            ["ab", "abc", "abd", "a", "", "é", "z", "z\u{301}!"].map(|text| map.get(text)),
            [Some("x"), Some("x"), Some("x"), None, None, Some(""), None, Some("ž")]
        );
    }

    #[test]
    fn a_map_that_points_nowhere_maps_nothing() {
        let mut seed = 1_u32;
        let whole = charsmap(&[("ab", "x"), ("é", "yz")]);
        for _ in 0..2_000 {
            let mut bytes = whole.clone();
            for _ in 0..8 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let place = 4 + (seed >> 8) as usize % (bytes.len() - 4);
                bytes[place] = seed as u8;
            }
            if let Ok(map) = Charsmap::parse(&bytes) {
                for text in ["ab", "é", "x", "\u{10FFFF}", ""] {
                    let _ = map.get(text);
                }
            }
        }
    }
}
