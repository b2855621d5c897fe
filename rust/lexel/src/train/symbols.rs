//! Words as sequences of symbols: the vocabulary while it grows, and the corpus before the first merge.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

use super::words::WordCounts;
use crate::error::{Error, ErrorKind, Result};

/// No id, no pair.
pub(super) const NONE: u32 = u32::MAX;

/// The most symbols one training can hold. Each is recorded up to three times (where it is spelled, and in the pairs of
/// two neighbours), and these records have 32-bit indices.
pub(super) const MAX_SYMBOLS: usize = 1 << 30;

/// Token strings by id, and ids by string.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    texts: Vec<String>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Tokens {
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The id of a token, a new one if there was none.
    pub(super) fn intern(&mut self, text: String) -> u32 {
        let Self { texts, table, hasher } = self;
        let hash = hasher.hash_one(&text);
        if let Some(&id) = table.find(hash, |&id| texts[id as usize] == text) {
            return id;
        }
        let id = texts.len() as u32;
        texts.push(text);
        table.insert_unique(hash, id, |&id| hasher.hash_one(&texts[id as usize]));
        id
    }

    /// The id of what two neighbours become: both texts, but for the prefix that the right one has as a continuation.
    pub(super) fn intern_merged(&mut self, (left, right): (u32, u32), prefix: Option<&str>) -> u32 {
        let (left, right) = (&self.texts[left as usize], self.texts[right as usize].as_str());
        let right = prefix.and_then(|prefix| right.strip_prefix(prefix)).unwrap_or(right);
        let merged = format!("{left}{right}");
        self.intern(merged)
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

/// How often each character occurs, and how large the corpus is.
pub(super) struct Characters {
    /// By code point, up to the largest that occurs.
    counts: Vec<u64>,
    total: usize,
}

impl Characters {
    /// Count the characters of the words.
    ///
    /// # Errors
    /// [`ErrorKind::Training`] if the words are more than one training can hold.
    pub(super) fn count(words: &WordCounts) -> Result<Self> {
        let mut counts = Vec::new();
        let (mut total, mut occurrences) = (0_usize, 0_u128);
        words.for_each(|word, count| {
            let mut len = 0;
            for character in word.chars() {
                let known = entry(&mut counts, character);
                *known = count.saturating_add(*known);
                len += 1;
            }
            total += len;
            occurrences += len as u128 * u128::from(count);
        });
        if total > MAX_SYMBOLS {
            return Err(Error::new(
                ErrorKind::Training,
                format!(
                    "the distinct words have {total} characters in all, more than the {MAX_SYMBOLS} one training can \
                     hold; train on fewer texts, or split them into words"
                ),
            ));
        }
        if occurrences > i64::MAX as u128 {
            return Err(Error::new(
                ErrorKind::Training,
                format!("the counts of the words add up to {occurrences} characters, more than 64 bits can count"),
            ));
        }
        Ok(Self { counts, total })
    }

    /// The characters that become tokens, ascending: those of the words and `wanted` ones, no more than `limit`.
    ///
    /// Beyond the limit the rarest go first; of equally frequent ones the larger code points. Wanted ones go last.
    pub(super) fn alphabet(&mut self, wanted: &[char], limit: Option<usize>) -> Vec<char> {
        for &character in wanted {
            *entry(&mut self.counts, character) = u64::MAX;
        }
        let counted = (0..).zip(&self.counts).filter(|&(_, &count)| count > 0);
        let mut alphabet: Vec<char> = counted.filter_map(|(code, _)| char::from_u32(code)).collect();
        if let Some(limit) = limit.filter(|&limit| limit < alphabet.len()) {
            alphabet.sort_by_key(|&character| std::cmp::Reverse(self.counts[character as usize]));
            alphabet.truncate(limit);
            alphabet.sort_unstable();
        }
        alphabet
    }

    /// An upper bound of the number of symbols.
    pub(super) fn total(&self) -> usize {
        self.total
    }
}

/// What a table has for a character.
#[inline]
fn entry<T: Clone + Default>(table: &mut Vec<T>, character: char) -> &mut T {
    let code = character as usize;
    if code >= table.len() {
        table.resize(code + 1, T::default());
    }
    &mut table[code]
}

/// One symbol of a word. A token of several symbols is written in the first and in the last of them: the first is where
/// it is, the last is how the token after it finds back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    /// The token.
    pub(super) id: u32,
    /// How many symbols the token covers.
    pub(super) len: u32,
    /// The pair this token forms with the next one; `NONE` for the last token of a word and where no token starts.
    pub(super) pair: u32,
    /// Index of the word.
    pub(super) word: u32,
}

/// All words that have a pair to merge, one after the other.
#[derive(Debug)]
pub(super) struct Corpus {
    pub(super) symbols: Vec<Symbol>,
    /// How often each word occurs.
    pub(super) counts: Vec<i64>,
}

/// Turns words into symbols.
pub(super) struct Speller<'a> {
    /// By code point: the id of the character plus one, zero for a character outside the alphabet.
    ids: Vec<u32>,
    prefix: Option<&'a str>,
    suffix: Option<&'a str>,
    /// Ids of characters with a prefix, a suffix or both.
    affixed: HashMap<(char, bool, bool), u32, RandomState>,
}

impl<'a> Speller<'a> {
    /// A character counts as known if there is a token of that name, be it a special one.
    pub(super) fn new(tokens: &Tokens, prefix: Option<&'a str>, suffix: Option<&'a str>) -> Self {
        let mut ids = Vec::new();
        for (id, text) in tokens.texts.iter().enumerate() {
            let mut characters = text.chars();
            if let (Some(character), None) = (characters.next(), characters.next()) {
                *entry(&mut ids, character) = id as u32 + 1;
            }
        }
        Self { ids, prefix, suffix, affixed: HashMap::default() }
    }

    /// Spell all words. Characters outside the alphabet vanish, and their neighbours become neighbours.
    ///
    /// Characters with a prefix or a suffix become tokens when they are first met, so there the order of the words
    /// shows: they are taken in ascending order.
    pub(super) fn spell(
        mut self,
        words: &WordCounts,
        tokens: &mut Tokens,
        capacity: usize,
        mut watch: impl FnMut(usize),
    ) -> Corpus {
        let mut corpus = Corpus { symbols: Vec::with_capacity(capacity), counts: Vec::with_capacity(words.len()) };
        let affixed = self.prefix.is_some() || self.suffix.is_some();
        let mut done = 0;
        let mut spell = |word: &str, count: u64| {
            self.push(word, count, tokens, &mut corpus);
            done += 1;
            watch(done);
        };
        if affixed {
            let mut sorted = Vec::with_capacity(words.len());
            words.for_each(|word, count| sorted.push((word.to_owned(), count)));
            sorted.sort_unstable();
            for (word, count) in sorted {
                spell(&word, count);
            }
        } else {
            words.for_each(spell);
        }
        corpus
    }

    fn push(&mut self, word: &str, count: u64, tokens: &mut Tokens, corpus: &mut Corpus) {
        let start = corpus.symbols.len();
        let index = corpus.counts.len() as u32;
        let mut characters = word.chars();
        let mut first = true;
        while let Some(character) = characters.next() {
            let last = characters.as_str().is_empty();
            if let Some(id) = self.id(character, first, last, tokens) {
                corpus.symbols.push(Symbol { id, len: 1, pair: NONE, word: index });
            }
            first = false;
        }
        if corpus.symbols.len() - start < 2 {
            corpus.symbols.truncate(start);
        } else {
            // The sum of all counts was checked to fit.
            corpus.counts.push(count.cast_signed());
        }
    }

    fn id(&mut self, character: char, first: bool, last: bool, tokens: &mut Tokens) -> Option<u32> {
        let plain = self.ids.get(character as usize)?.checked_sub(1)?;
        let prefix = self.prefix.filter(|_| !first);
        let suffix = self.suffix.filter(|_| last);
        if prefix.is_none() && suffix.is_none() {
            return Some(plain);
        }
        let id = self.affixed.entry((character, prefix.is_some(), suffix.is_some())).or_insert_with(|| {
            tokens.intern(format!("{}{character}{}", prefix.unwrap_or_default(), suffix.unwrap_or_default()))
        });
        Some(*id)
    }
}
