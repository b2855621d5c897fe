//! The vocabulary of a model: token strings in one arena, found by text and by id.

use hashbrown::HashTable;

use crate::error::{Error, Result};
use crate::hash::hash_bytes;

/// Token strings with their ids. Strings are unique; ids may have holes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocab {
    arena: String,
    /// End of each entry in the arena, in file order.
    ends: Vec<usize>,
    ids: Vec<u32>,
    by_text: HashTable<u32>,
    /// Entry index by id, `NONE` for a hole.
    by_id: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Vocab {
    /// Build from token strings and their ids.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if ids are spread so thinly that they cannot be meant as indices of an embedding.
    pub(crate) fn new<S: AsRef<str>>(entries: impl IntoIterator<Item = (S, u32)>) -> Result<Self> {
        let mut vocab = Self::default();
        for (token, id) in entries {
            vocab.push(token.as_ref(), id);
        }
        vocab.finish()?;
        Ok(vocab)
    }

    /// Append an entry; of equal strings the last one's id counts, as in a JSON object.
    pub(crate) fn push(&mut self, token: &str, id: u32) {
        let hash = hash_bytes(token.as_bytes());
        if let Some(&index) = self.by_text.find(hash, |&i| self.text(i as usize) == token) {
            self.ids[index as usize] = id;
            return;
        }
        let index = self.ends.len() as u32;
        self.arena.push_str(token);
        self.ends.push(self.arena.len());
        self.ids.push(id);
        let (arena, ends) = (&self.arena, &self.ends);
        self.by_text.insert_unique(hash, index, |&i| hash_bytes(entry(arena, ends, i as usize).as_bytes()));
    }

    /// Append an entry of a list, in which equal strings may stand several times: each has its id, and the string has the
    /// last one's.
    pub(crate) fn push_listed(&mut self, token: &str, id: u32) {
        let hash = hash_bytes(token.as_bytes());
        let index = self.ends.len() as u32;
        let (arena, ends) = (&self.arena, &self.ends);
        if let Ok(known) = self.by_text.find_entry(hash, |&i| entry(arena, ends, i as usize) == token) {
            *known.into_mut() = index;
        } else {
            self.by_text.insert_unique(hash, index, |&i| hash_bytes(entry(arena, ends, i as usize).as_bytes()));
        }
        self.arena.push_str(token);
        self.ends.push(self.arena.len());
        self.ids.push(id);
    }

    /// Build the index by id. Of entries that share an id, the last one names it.
    pub(crate) fn finish(&mut self) -> Result<()> {
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

    fn text(&self, index: usize) -> &str {
        entry(&self.arena, &self.ends, index)
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// One more than the largest id.
    pub(crate) fn id_bound(&self) -> u32 {
        self.by_id.len() as u32
    }

    /// The id of a token.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.by_text
            .find(hash_bytes(token.as_bytes()), |&i| self.text(i as usize) == token)
            .map(|&i| self.ids[i as usize])
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

    /// Tokens by ascending id.
    pub(crate) fn by_id(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..self.id_bound()).filter_map(|id| self.token(id).map(|t| (id, t)))
    }
}

fn entry<'a>(arena: &'a str, ends: &[usize], index: usize) -> &'a str {
    let start = if index == 0 { 0 } else { ends[index - 1] };
    &arena[start..ends[index]]
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
    fn absurd_ids_are_refused_before_anything_is_allocated() {
        assert!(Vocab::new([("a", u32::MAX - 1)]).is_err());
    }
}
