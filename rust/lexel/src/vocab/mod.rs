//! The vocabulary of a model: token strings in one arena, found by text and by id.

mod index;

use crate::compiled::{Tables, Writer, ensure, every};
use crate::error::{Error, Result};
use crate::hash::hash_bytes;
use crate::json::shortened;
use index::TextIndex;

/// Token strings with their ids. Ids may have holes; strings are unique but in a list.
///
/// Entries are appended first; [`Vocab::finish`] builds both indexes at once, in tables of the right size, which took a
/// third of the time of a table that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocab {
    arena: String,
    /// End of each entry in the arena, in file order.
    ends: Vec<u32>,
    ids: Vec<u32>,
    by_text: TextIndex,
    /// Entry index by id, `NONE` for a hole.
    by_id: Vec<u32>,
    /// Whether equal strings are entries of their own.
    listed: bool,
}

const NONE: u32 = u32::MAX;
/// Tokens that are looked up together.
const BLOCK: usize = 16;

impl Vocab {
    /// Build from token strings and their ids.
    ///
    /// # Errors
    /// As [`Vocab::finish`].
    pub(crate) fn new<S: AsRef<str>>(entries: impl IntoIterator<Item = (S, u32)>) -> Result<Self> {
        let mut vocab = Self::default();
        for (token, id) in entries {
            vocab.push(token.as_ref(), id);
        }
        vocab.finish()?;
        Ok(vocab)
    }

    /// Append an entry.
    pub(crate) fn push(&mut self, token: &str, id: u32) {
        self.arena.push_str(token);
        // Where it overflows, `finish` refuses the whole.
        self.ends.push(self.arena.len() as u32);
        self.ids.push(id);
    }

    /// Append an entry of a list, in which equal strings may stand several times: each has its id, and the string has the
    /// last one's.
    pub(crate) fn push_listed(&mut self, token: &str, id: u32) {
        self.listed = true;
        self.push(token, id);
    }

    /// Build the indexes. Of equal strings the last one's id counts, as in a JSON object; of equal ids the last token.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if ids are spread so thinly that they cannot be meant as indices of an embedding,
    /// [`crate::ErrorKind::Unsupported`] for gigabytes of text.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if self.arena.len() > u32::MAX as usize || self.len() > i32::MAX as usize {
            return Err(Error::unsupported("a vocabulary of more than four gigabytes of text"));
        }
        if self.index_texts() && !self.listed {
            self.drop_overwritten();
        }
        self.index_ids()
    }

    /// Find entries by text, the last one of equals. Returns whether there are equals.
    fn index_texts(&mut self) -> bool {
        let (by_text, equals) = TextIndex::new(self.len(), |index| self.bytes(index));
        self.by_text = by_text;
        equals
    }

    /// Keep of equal strings the last one only.
    fn drop_overwritten(&mut self) {
        let mut kept = Self::default();
        for (index, (token, id)) in self.entries().enumerate() {
            if self.find(token) == Some(index) {
                kept.push(token, id);
            }
        }
        kept.index_texts();
        *self = kept;
    }

    fn index_ids(&mut self) -> Result<()> {
        let Some(&max) = self.ids.iter().max() else {
            self.by_id.clear();
            return Ok(());
        };
        let limit = 16 * self.ids.len() + (1 << 24);
        if max as usize > limit {
            return Err(Error::format(format!(
                "the largest id is {max}, but there are only {} tokens; ids must be indices of an embedding",
                self.ids.len()
            )));
        }
        self.by_id = vec![NONE; max as usize + 1];
        for (index, &id) in self.ids.iter().enumerate() {
            self.by_id[id as usize] = index as u32;
        }
        Ok(())
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        out.u8s(self.arena.as_bytes());
        out.u32s(&self.ends);
        // Mostly the ids count the entries.
        let counted = self.ids.iter().zip(0..).all(|(&id, index)| id == index);
        out.u32s(if counted { &[] } else { &self.ids });
        self.by_text.store(out);
        out.u64s(&[u64::from(self.listed)]);
    }

    pub(crate) fn take(tables: &mut Tables) -> Result<Self> {
        let arena = tables.u8s()?;
        let arena = simdutf8::basic::from_utf8(&arena).map(str::to_owned);
        ensure(arena.is_ok(), "tokens that are no text")?;
        let arena = arena.unwrap_or_default();
        let ends = tables.u32s()?;
        let ascending = ends.is_sorted();
        ensure(ascending && ends.last().map_or(0, |&end| end as usize) == arena.len(), "tokens of another text")?;
        ensure(every(&ends, |&end| arena.is_char_boundary(end as usize)), "a token that is no text")?;
        let mut ids = tables.u32s()?;
        if ids.is_empty() {
            ids = (0..ends.len() as u32).collect();
        }
        ensure(ids.len() == ends.len() && i32::try_from(ends.len()).is_ok(), "another number of ids")?;
        let by_text = TextIndex::take(tables, ends.len())?;
        let [listed] = tables.numbers()?;
        let mut vocab = Self { arena, ends, ids, by_text, by_id: Vec::new(), listed: listed == 1 };
        vocab.index_ids()?;
        Ok(vocab)
    }

    /// Check that no two tokens share an id.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] if they do: what it stands for is a matter of chance in the reference.
    pub(crate) fn check_ids(&self) -> Result<()> {
        let owner = |id: u32| self.by_id[id as usize] as usize;
        let Some((index, &id)) = self.ids.iter().enumerate().find(|&(index, &id)| owner(id) != index) else {
            return Ok(());
        };
        let [first, second] = [index, owner(id)].map(|index| shortened(self.text(index)));
        Err(Error::unsupported(format!(
            "the tokens {first:?} and {second:?} share the id {id}, so that what it stands for is a matter of chance; give \
             each token an id of its own"
        )))
    }

    #[inline]
    fn range(&self, index: usize) -> std::ops::Range<usize> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start as usize..self.ends[index] as usize
    }

    fn text(&self, index: usize) -> &str {
        &self.arena[self.range(index)]
    }

    #[inline]
    fn bytes(&self, index: usize) -> &[u8] {
        &self.arena.as_bytes()[self.range(index)]
    }

    /// The entry of a token.
    #[inline]
    fn find(&self, token: &str) -> Option<usize> {
        self.find_hashed(hash_bytes(token.as_bytes()), token)
    }

    /// Whether equal strings may be entries of their own.
    pub(crate) fn is_listed(&self) -> bool {
        self.listed
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// One more than the largest id.
    pub(crate) fn id_bound(&self) -> u32 {
        self.by_id.len() as u32
    }

    #[inline]
    fn find_hashed(&self, hash: u64, token: &str) -> Option<usize> {
        self.by_text.find(hash, token.as_bytes(), |index| self.bytes(index))
    }

    /// Call `found` with the ids of many tokens, in order, and their numbers. It can stop.
    ///
    /// Each look-up waits for the slot, then for the entry, then for its text; those of a block wait together, which
    /// halved the time.
    pub(crate) fn each_id<'t, E>(
        &self,
        tokens: impl Iterator<Item = &'t str>,
        mut found: impl FnMut(usize, &'t str, Option<u32>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut block: [(&str, u64); BLOCK] = [("", 0); BLOCK];
        let mut tokens = tokens.fuse();
        let mut done = 0;
        loop {
            let mut count = 0;
            for (place, token) in block.iter_mut().zip(&mut tokens) {
                *place = (token, hash_bytes(token.as_bytes()));
                count += 1;
            }
            let block = &block[..count];
            let mut first = [None; BLOCK];
            for (first, &(_, hash)) in first.iter_mut().zip(block) {
                *first = self.by_text.first(hash).map(|index| (index, self.range(index).start));
            }
            let arena = self.arena.as_bytes();
            let touched = first
                .iter()
                .flatten()
                .map(|&(index, start)| u32::from(arena.get(start).copied().unwrap_or(0)) ^ self.ids[index]);
            std::hint::black_box(touched.fold(0, |all, one| all ^ one));
            for &(token, hash) in block {
                found(done, token, self.find_hashed(hash, token).map(|index| self.ids[index]))?;
                done += 1;
            }
            if count < BLOCK {
                return Ok(());
            }
        }
    }

    /// The id of a token.
    #[inline]
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.find(token).map(|index| self.ids[index])
    }

    /// Whether this is the id of the token that two halves make.
    #[inline]
    pub(crate) fn is_joined(&self, id: u32, left: &str, right: &str) -> bool {
        match self.by_id.get(id as usize) {
            Some(&index) if index != NONE && !self.listed => {
                let token = self.bytes(index as usize);
                token.len() == left.len() + right.len()
                    && token.ends_with(right.as_bytes())
                    && token.starts_with(left.as_bytes())
            }
            _ => false,
        }
    }

    /// The token of an id.
    pub(crate) fn token(&self, id: u32) -> Option<&str> {
        match self.by_id.get(id as usize) {
            Some(&index) if index != NONE => Some(self.text(index as usize)),
            _ => None,
        }
    }

    /// Tokens and ids in the order of the file.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, u32)> {
        (0..self.len()).map(|i| (self.text(i), self.ids[i]))
    }

    /// Bytes of each token, and its id, in the order of the file.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = (usize, u32)> {
        (0..self.len()).map(|i| (self.range(i).len(), self.ids[i]))
    }

    /// Tokens and ids of at most so many bytes, in the order of the file: of the others nothing is read.
    pub(crate) fn short_entries(&self, longest: usize) -> impl Iterator<Item = (&str, u32)> {
        (0..self.len()).filter(move |&i| self.range(i).len() <= longest).map(|i| (self.text(i), self.ids[i]))
    }

    /// Tokens by ascending id.
    pub(crate) fn by_id(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..self.id_bound()).filter_map(|id| self.token(id).map(|t| (id, t)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_text_and_by_id() {
        let vocab = Vocab::new([("a", 3), ("", 0), ("ä", 7)]).expect("small ids");
        assert_eq!(vocab.id("ä"), Some(7));
        assert_eq!(vocab.id("b"), None);
        assert_eq!(vocab.token(0), Some(""));
        assert_eq!(vocab.token(1), None);
        assert_eq!(vocab.id_bound(), 8);
        assert_eq!(vocab.by_id().collect::<Vec<_>>(), [(0, ""), (3, "a"), (7, "ä")]);
    }

    #[test]
    fn a_list_may_name_a_token_twice() {
        let mut vocab = Vocab::default();
        for (id, token) in ["a", "b", "a"].into_iter().enumerate() {
            vocab.push_listed(token, id as u32);
        }
        vocab.finish().expect("small ids");
        assert_eq!((vocab.id("a"), vocab.token(0), vocab.token(2), vocab.len()), (Some(2), Some("a"), Some("a"), 3));
    }

    #[test]
    fn of_equal_tokens_of_an_object_the_last_counts() {
        let vocab = Vocab::new([("a", 0), ("b", 1), ("a", 2), ("b", 3), ("c", 0)]).expect("unique ids");
        assert_eq!(vocab.by_id().collect::<Vec<_>>(), [(0, "c"), (2, "a"), (3, "b")]);
        assert_eq!((vocab.id("a"), vocab.id("b"), vocab.len()), (Some(2), Some(3), 3));
    }

    #[test]
    fn two_tokens_of_one_id_are_named() {
        let error = Vocab::new([("a", 0), ("b", 0)]).expect("small ids").check_ids().expect_err("ambiguous");
        assert!(error.to_string().starts_with(r#"the tokens "a" and "b" share the id 0"#), "{error}");
    }

    #[test]
    fn absurd_ids_are_refused_before_anything_is_allocated() {
        assert!(Vocab::new([("a", u32::MAX - 1)]).is_err());
    }
}
