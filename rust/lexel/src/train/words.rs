//! How often each word occurs.
//!
//! A word of up to fifteen bytes *is* its key: bytes and length fill sixteen bytes that are compared whole, so a hash
//! only finds a slot and equality decides. Nearly all words of natural text are that short; the others lie in an arena.
//! Memory is that of the distinct words, whatever the size of the corpus.

use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Words (pieces before the model) and how often each occurs.
///
/// Counts have 64 bits and stop at the largest number instead of wrapping.
///
/// # Examples
/// ```
/// use lexel::train::WordCounts;
///
/// let mut words = WordCounts::new();
/// for word in "to be or not to be".split(' ') {
///     words.add(word, 1);
/// }
/// assert_eq!(words.len(), 4);
/// let mut counts = Vec::new();
/// words.for_each(|word, count| counts.push((word.to_owned(), count)));
/// counts.sort();
/// assert_eq!(counts[0], ("be".to_owned(), 2));
/// ```
#[derive(Clone, Debug, Default)]
pub struct WordCounts {
    /// Seeded anew in every process, so that no corpus can be written to collide; no order of slots reaches a result.
    hasher: RandomState,
    short: ShortWords,
    long: LongWords,
}

impl WordCounts {
    /// Count no word yet.
    ///
    /// # Examples
    /// ```
    /// assert!(lexel::train::WordCounts::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Add `n` occurrences of a word. Adding none adds no word; the empty word is a word like any other.
    ///
    /// # Examples
    /// ```
    /// let mut words = lexel::train::WordCounts::new();
    /// words.add("be", 1);
    /// words.add("be", 2);
    /// words.add("not", 0);
    /// assert_eq!(words.len(), 1);
    /// ```
    #[inline]
    pub fn add(&mut self, word: &str, n: u64) {
        if n == 0 {
            return;
        }
        match pack(word.as_bytes()) {
            Some(key) => self.short.add(key, n, &self.hasher),
            None => self.long.add(word, n, &self.hasher),
        }
    }

    /// Add `n` occurrences of a piece of a text: [`add`](Self::add) without the cost of looking at its length.
    ///
    /// # Panics
    /// If the span is not one of characters of the text.
    ///
    /// # Examples
    /// ```
    /// let mut words = lexel::train::WordCounts::new();
    /// let text = "to be";
    /// words.add_span(text, 0..2, 1);
    /// words.add_span(text, 2..5, 1);
    /// assert_eq!(words.len(), 2);
    /// ```
    #[inline]
    pub fn add_span(&mut self, text: &str, span: Range<usize>, n: u64) {
        let word = &text[span.clone()];
        match text.as_bytes()[span.start..].first_chunk() {
            Some(chunk) if word.len() <= SHORT && n > 0 => {
                self.short.add(pack_chunk(chunk, word.len()), n, &self.hasher);
            }
            _ => self.add(word, n),
        }
    }

    /// Add all counts of another; how counts of parts of a corpus come together.
    ///
    /// # Examples
    /// ```
    /// use lexel::train::WordCounts;
    ///
    /// let (mut all, mut part) = (WordCounts::new(), WordCounts::new());
    /// all.add("be", 1);
    /// part.add("be", 1);
    /// part.add("not", 1);
    /// all.merge(part);
    /// assert_eq!(all.len(), 2);
    /// ```
    pub fn merge(&mut self, mut other: Self) {
        if other.len() > self.len() {
            std::mem::swap(self, &mut other);
        }
        other.for_each(|word, count| self.add(word, count));
    }

    /// The number of distinct words.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(lexel::train::WordCounts::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.short.len + self.long.words.len()
    }

    /// Whether no word was counted.
    ///
    /// # Examples
    /// ```
    /// assert!(lexel::train::WordCounts::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Call `f` once for each distinct word with its count, in no particular order.
    ///
    /// # Panics
    /// Never, but where `f` does: what is read back as text was put in as text.
    ///
    /// # Examples
    /// ```
    /// use lexel::train::WordCounts;
    ///
    /// // Count raw pieces, then spell each distinct one differently (how byte-level words are made).
    /// let mut raw = WordCounts::new();
    /// raw.add("été", 3);
    /// let mut spelled = WordCounts::new();
    /// raw.for_each(|word, count| spelled.add(&word.replace('é', "Ã©"), count));
    /// assert_eq!(spelled.len(), 1);
    /// ```
    pub fn for_each(&self, mut f: impl FnMut(&str, u64)) {
        for slot in &self.short.slots {
            if slot.count > 0 {
                let (bytes, len) = unpack(slot.key);
                f(std::str::from_utf8(&bytes[..len]).expect("the bytes of a str were packed"), slot.count);
            }
        }
        let mut start = 0;
        for word in &self.long.words {
            f(&self.long.text[start..word.end], word.count);
            start = word.end;
        }
    }
}

/// The longest word that is its own key, in bytes; the sixteenth byte of a key is the length.
const SHORT: usize = 15;

type Key = [u64; 2];

/// The key of a short word: its bytes from the lowest up, then zeros, then its length.
#[inline]
fn pack(word: &[u8]) -> Option<Key> {
    let len = word.len();
    let tag = (len as u64) << 56;
    // Two loads that overlap cover any length between their own and twice that.
    if let (Some(first), Some(last)) = (word.first_chunk::<8>(), word.last_chunk::<8>()) {
        if len > SHORT {
            return None;
        }
        let beyond = u64::from_le_bytes(*last) >> (8 * (SHORT - len)) >> 8;
        Some([u64::from_le_bytes(*first), beyond | tag])
    } else if let (Some(first), Some(last)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        Some([u64::from(first) | u64::from(last) << (8 * (len - 4)), tag])
    } else if len > 0 {
        let byte = |at: usize| u64::from(word[at]) << (8 * at);
        Some([byte(0) | byte(len / 2) | byte(len - 1), tag])
    } else {
        Some([0, 0])
    }
}

/// The key of a short word that sixteen readable bytes begin with.
#[inline]
fn pack_chunk(chunk: &[u8; 16], len: usize) -> Key {
    let all = u128::from_le_bytes(*chunk) & !(u128::MAX << (8 * len));
    [all as u64, (all >> 64) as u64 | (len as u64) << 56]
}

/// The bytes of a key, and how many of them are the word.
fn unpack(key: Key) -> ([u8; 16], usize) {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&key[0].to_le_bytes());
    bytes[8..].copy_from_slice(&key[1].to_le_bytes());
    let len = usize::from(bytes[SHORT]);
    (bytes, len)
}

/// Open addressing with linear probing: one cache line answers nearly every look-up.
#[derive(Clone, Debug, Default)]
struct ShortWords {
    /// A power of two of them, or none yet; `count == 0` marks a free one.
    slots: Vec<ShortWord>,
    len: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct ShortWord {
    key: Key,
    count: u64,
}

impl ShortWords {
    #[inline]
    fn add(&mut self, key: Key, n: u64, hasher: &RandomState) {
        // Three quarters full at most; also true of no slots at all.
        if self.len >= self.slots.len() / 4 * 3 {
            self.grow(hasher);
        }
        let mask = self.slots.len() - 1;
        let mut at = hash(key, hasher) & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.key == key && slot.count > 0 {
                slot.count = slot.count.saturating_add(n);
                return;
            }
            if slot.count == 0 {
                *slot = ShortWord { key, count: n };
                self.len += 1;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self, hasher: &RandomState) {
        let larger = vec![ShortWord::default(); (self.slots.len() * 2).max(1024)];
        let mask = larger.len() - 1;
        let old = std::mem::replace(&mut self.slots, larger);
        for word in old.into_iter().filter(|word| word.count > 0) {
            let mut at = hash(word.key, hasher) & mask;
            while self.slots[at].count > 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = word;
        }
    }
}

/// Words in one string, found through a table of their indices.
#[derive(Clone, Debug, Default)]
struct LongWords {
    text: String,
    words: Vec<LongWord>,
    table: HashTable<usize>,
}

#[derive(Clone, Copy, Debug)]
struct LongWord {
    /// Where it ends in the text; it starts where the one before ends.
    end: usize,
    count: u64,
}

impl LongWords {
    fn add(&mut self, word: &str, n: u64, hasher: &RandomState) {
        let Self { text, words, table } = self;
        let hash = hasher.hash_one(word);
        if let Some(&index) = table.find(hash, |&index| spelling(text, words, index) == word) {
            words[index].count = words[index].count.saturating_add(n);
            return;
        }
        text.push_str(word);
        words.push(LongWord { end: text.len(), count: n });
        table.insert_unique(hash, words.len() - 1, |&index| hasher.hash_one(spelling(text, words, index)));
    }
}

fn spelling<'a>(text: &'a str, words: &[LongWord], index: usize) -> &'a str {
    let start = if index == 0 { 0 } else { words[index - 1].end };
    &text[start..words[index].end]
}

#[inline]
fn hash(key: Key, hasher: &RandomState) -> usize {
    hasher.hash_one(u128::from(key[0]) | u128::from(key[1]) << 64) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn listed(words: &WordCounts) -> BTreeMap<String, u64> {
        let mut list = BTreeMap::new();
        words.for_each(|word, count| assert_eq!(list.insert(word.to_owned(), count), None, "{word:?} twice"));
        list
    }

    #[test]
    fn keys_are_words() {
        for len in 0..=SHORT {
            let word = &b"abcdefghijklmno"[..len];
            let key = pack(word).expect("short");
            assert_eq!(&unpack(key).0[..unpack(key).1], word);
            let mut chunk = [b'?'; 16];
            chunk[..len].copy_from_slice(word);
            assert_eq!(pack_chunk(&chunk, len), key);
        }
        assert_eq!(pack(b"abcdefghijklmnop"), None);
    }

    #[test]
    fn counts_equal_those_of_an_ordered_map() {
        let (mut words, mut spans, mut expected) = (WordCounts::new(), WordCounts::new(), BTreeMap::new());
        let mut state = 1_u64;
        for _ in 0..50_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = (state >> 33) % 20_000;
            let word = ["", "w", "\0", "é", "a long word of "][(number % 5) as usize].to_owned()
                + &"x".repeat(number as usize % 7);
            let word = if number.is_multiple_of(2) { format!("{word}{number}") } else { word };
            *expected.entry(word.clone()).or_default() += number;
            words.add(&word, number);
            let text = format!("日{word} and more of it");
            spans.add_span(&text, 3..3 + word.len(), number);
        }
        expected.retain(|_, count| *count > 0);
        assert_eq!(words.len(), expected.len());
        assert_eq!(listed(&words), expected);
        assert_eq!(listed(&spans), expected);
    }

    #[test]
    fn zeros_and_lengths_tell_words_apart() {
        let mut words = WordCounts::new();
        for word in ["", "\0", "\0\0", "a", "a\0", "12345678", "12345678\0"] {
            words.add(word, 1);
        }
        assert_eq!(words.len(), 7);
    }

    #[test]
    fn counts_stop_at_the_largest_number() {
        for word in ["short", "longer than fifteen bytes"] {
            let mut words = WordCounts::new();
            words.add(word, u64::MAX);
            words.add(word, 1);
            words.for_each(|_, count| assert_eq!(count, u64::MAX));
        }
    }
}
