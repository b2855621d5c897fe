//! Splits that only look at two neighbouring characters: the table-driven ones.
//!
//! Most pre-tokenizers know one set of characters and cut where the text enters it, leaves it, or between any two of it.
//! Whether there is a cut between two characters then depends on these two alone, and a row of such splits cuts wherever
//! one of them does: they are run as one, over classes of characters that are alike to all of them.

use regex_syntax::hir::ClassUnicode;

use super::behavior::Behavior;
use super::pattern::nearby;
use super::regex::CharClasses;
use crate::byte_set::{BLOCK, ByteSet};
use crate::error::Result;

/// Rules are run as one up to this many: two characters can then differ in 64 ways at most, the bits of a row.
const MAX_RULES: usize = 6;

/// Which characters are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropped {
    None,
    Inside,
    Outside,
}

/// One set of characters, and where a split cuts because of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    set: ClassUnicode,
    /// Between a character of the set and one that is not.
    leaving: bool,
    /// Between a character that is not in the set and one that is.
    entering: bool,
    /// Between two characters of the set.
    within: bool,
    dropped: Dropped,
}

impl Rule {
    /// What a split does whose matches are the characters of a set: one each, or (`runs`) as many as follow each other.
    pub(super) fn new(set: ClassUnicode, runs: bool, behavior: Behavior, invert: bool) -> Self {
        let rule = Self { set, leaving: true, entering: true, within: !runs, dropped: Dropped::None };
        match (behavior, invert) {
            (Behavior::Removed, false) => Self { within: false, dropped: Dropped::Inside, ..rule },
            (Behavior::Removed, true) => Self { dropped: Dropped::Outside, ..rule },
            (Behavior::Isolated, _) => rule,
            (Behavior::Contiguous, _) => Self { within: false, ..rule },
            // Inverted, the gap is what is merged: with a character of the set at its other end.
            (Behavior::MergedWithPrevious, false) | (Behavior::MergedWithNext, true) => {
                Self { entering: false, ..rule }
            }
            (Behavior::MergedWithNext, false) | (Behavior::MergedWithPrevious, true) => Self { leaving: false, ..rule },
        }
    }

    fn cuts(&self, first: bool, second: bool) -> bool {
        match (first, second) {
            (true, true) => self.within,
            (true, false) => self.leaving,
            (false, true) => self.entering,
            (false, false) => false,
        }
    }

    fn drops(&self, inside: bool) -> bool {
        match self.dropped {
            Dropped::None => false,
            Dropped::Inside => inside,
            Dropped::Outside => !inside,
        }
    }
}

/// The ASCII characters of a set.
fn ascii_set(set: &ClassUnicode) -> ByteSet {
    let inside = |c: char| set.iter().any(|range| (range.start()..=range.end()).contains(&c));
    ByteSet::new(|byte| byte.is_ascii() && inside(char::from(byte)))
}

/// A row of rules, compiled.
#[derive(Clone, Debug)]
pub(super) struct LocalSplit {
    classes: CharClasses,
    /// The rules, and the ASCII characters of each.
    rules: Vec<Rule>,
    sets: Vec<ByteSet>,
    /// For every class, after which next classes there is a cut.
    cuts: Box<[u64; 64]>,
    /// For every class, which of the sets it is in.
    inside: Box<[u8; 64]>,
    /// The classes that are left out.
    dropped: u64,
}

impl LocalSplit {
    /// Compile a row of rules, in as few splits as they fit into.
    pub(super) fn compile(rules: &[Rule]) -> Result<Vec<Self>> {
        rules.chunks(MAX_RULES).map(Self::fuse).collect()
    }

    fn fuse(rules: &[Rule]) -> Result<Self> {
        let sets: Vec<&ClassUnicode> = rules.iter().map(|rule| &rule.set).collect();
        let classes = CharClasses::new(&sets)?;
        let inside = |rule: usize, class: usize| classes.members(rule).contains(&(class as u8));
        let cut =
            |first, second| rules.iter().enumerate().any(|(i, rule)| rule.cuts(inside(i, first), inside(i, second)));
        let bits = |holds: &dyn Fn(usize) -> bool| {
            (0..classes.count()).filter(|&class| holds(class)).fold(0u64, |bits, class| bits | 1 << class)
        };
        let mut cuts = Box::new([0; 64]);
        for first in 0..classes.count() {
            cuts[first] = bits(&|second| cut(first, second));
        }
        let mut sets_of = Box::new([0; 64]);
        for class in 0..classes.count() {
            sets_of[class] = (0..rules.len()).fold(0, |bits, rule| bits | u8::from(inside(rule, class)) << rule);
        }
        let dropped = bits(&|class| rules.iter().enumerate().any(|(i, rule)| rule.drops(inside(i, class))));
        let ascii = rules.iter().map(|rule| ascii_set(&rule.set)).collect();
        Ok(Self { classes, rules: rules.to_vec(), sets: ascii, cuts, inside: sets_of, dropped })
    }

    /// Cut the part of a text between two positions.
    #[inline]
    pub(super) fn split(
        &self,
        text: &str,
        (from, to): (u32, u32),
        emit: &mut impl FnMut(u32, u32) -> Result<()>,
    ) -> Result<()> {
        let bytes = &text.as_bytes()[..to as usize];
        let mut start = from as usize;
        if start >= bytes.len() {
            return Ok(());
        }
        let (mut class, width) = self.classes.at(bytes, start);
        // Whether the piece that is open is left out: all of its characters are, or none.
        let mut dropped = self.drops(class);
        let mut at = start + width;
        while at < bytes.len() {
            if let Some(block) = bytes[at..].first_chunk::<BLOCK>()
                && block.is_ascii()
            {
                let (mut cuts, drops) = self.cuts_in(self.class_bits(class), block);
                while cuts != 0 {
                    let place = cuts.trailing_zeros();
                    let cut = at + place as usize;
                    cuts &= cuts - 1;
                    if !dropped {
                        emit(start as u32, cut as u32)?;
                    }
                    start = cut;
                    dropped = drops >> place & 1 != 0;
                }
                class = self.classes.ascii(block[BLOCK - 1]);
                at += BLOCK;
                continue;
            }
            // To the end of what would have been the block, or of the text.
            let stop = bytes.len().min(at + BLOCK);
            while at < stop {
                let (next, width) = self.classes.at(bytes, at);
                if self.cuts[class as usize] >> next & 1 != 0 {
                    if !dropped {
                        emit(start as u32, at as u32)?;
                    }
                    start = at;
                    dropped = self.drops(next);
                }
                class = next;
                at += width;
            }
        }
        if dropped { Ok(()) } else { emit(start as u32, to) }
    }

    /// Where there is a cut, at or after a place.
    pub(super) fn certain_cut(&self, text: &str, from: usize) -> Option<usize> {
        let mut chars = nearby(text, from);
        let mut before = self.classes.of(chars.next()?.1.into());
        chars.find_map(|(at, c)| {
            let class = self.classes.of(c.into());
            let cuts = self.cuts[usize::from(std::mem::replace(&mut before, class))];
            (cuts >> class & 1 != 0).then_some(at)
        })
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "part of the innermost loop of splitting")]
    fn drops(&self, class: u8) -> bool {
        self.dropped >> (class & 63) & 1 != 0
    }

    /// Which of the rules' sets a class is in.
    #[inline]
    fn class_bits(&self, class: u8) -> u8 {
        self.inside[usize::from(class & 63)]
    }

    /// Where to cut in a block of ASCII characters after a character of these sets, and what is left out of it: a bit for
    /// each character. Nothing here depends on the text but what is computed, so that nothing is guessed wrong: a loop over
    /// runs of characters, which guesses wrong at every end of a word, had half the speed on prose.
    #[inline]
    fn cuts_in(&self, before: u8, block: &[u8; BLOCK]) -> (u64, u64) {
        let (mut cuts, mut dropped) = (0, 0);
        for (i, (rule, set)) in self.rules.iter().zip(&self.sets).enumerate() {
            let inside = set.members(block);
            let inside_before = inside << 1 | u64::from(before >> i & 1);
            let when = |asked: bool, places: u64| if asked { places } else { 0 };
            cuts |= when(rule.leaving, inside_before & !inside);
            cuts |= when(rule.entering, !inside_before & inside);
            cuts |= when(rule.within, inside_before & inside);
            dropped |= when(rule.dropped == Dropped::Inside, inside);
            dropped |= when(rule.dropped == Dropped::Outside, !inside);
        }
        (cuts, dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::split::sets;
    use regex_syntax::hir::ClassUnicodeRange;

    fn cut(rules: &[Rule], text: &str) -> Vec<String> {
        let mut ranges = vec![(0, text.len() as u32)];
        for split in LocalSplit::compile(rules).expect("few classes") {
            let mut next = Vec::new();
            for range in ranges {
                split
                    .split(text, range, &mut |start, end| {
                        next.push((start, end));
                        Ok(())
                    })
                    .expect("no error of its own");
            }
            ranges = next;
        }
        ranges.into_iter().map(|(start, end)| text[start as usize..end as usize].to_owned()).collect()
    }

    #[test]
    fn fused_rules_cut_like_one_after_the_other() {
        let behaviors = [
            Behavior::Removed,
            Behavior::Isolated,
            Behavior::Contiguous,
            Behavior::MergedWithPrevious,
            Behavior::MergedWithNext,
        ];
        let mut seed = 7u32;
        let mut random = move |bound: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % bound
        };
        for _ in 0..1_000 {
            let rules: Vec<Rule> = (0..=random(3))
                .map(|_| {
                    let low = random(6);
                    let chosen = "abcdé日".chars().skip(low as usize).take(2);
                    let set = ClassUnicode::new(chosen.map(|c| ClassUnicodeRange::new(c, c)));
                    Rule::new(set, random(2) == 0, behaviors[random(5) as usize], random(3) == 0)
                })
                .collect();
            let letters = if random(2) == 0 { 5 } else { 7 };
            let length = random(12) * (1 + 20 * random(2));
            let letter = |_| ['a', 'b', 'c', 'd', ' ', 'é', '日'][random(letters) as usize];
            let text: String = (0..length).map(letter).collect();
            let mut pieces = vec![text.clone()];
            for rule in &rules {
                let single = std::slice::from_ref(rule);
                pieces = pieces.iter().flat_map(|piece| cut(single, piece)).collect();
            }
            assert_eq!(cut(&rules, &text), pieces, "{text:?} {rules:?}");
        }
    }

    #[test]
    fn every_way_of_looking_finds_the_ascii_characters_of_a_set() {
        let mut random = Random::new(31);
        for class in [sets::whitespace(), sets::punctuation(), sets::regex_space(), sets::word()] {
            let set = ascii_set(&class);
            for _ in 0..2_000 {
                let block: [u8; BLOCK] = std::array::from_fn(|_| (random.next_u64() & 0x7F) as u8);
                let bits = set.members(&block);
                assert_eq!(set.members_plain(&block), bits);
                for (i, &byte) in block.iter().enumerate() {
                    let inside = class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)));
                    assert_eq!(bits >> i & 1 != 0, inside, "{byte}");
                }
            }
        }
    }
}
