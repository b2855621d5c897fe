//! Reading the merges of a BPE model, as text until the vocabulary is complete: the fields of an object have no order.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::tree::{AnyPair, AnyScalar, Pair, Path, Scalar, visit_scalars};
use crate::error::{Error, Result};
use crate::json::shortened;
use crate::vocab::Vocab;

/// Merges as they stand in the file.
#[derive(Debug, Default)]
pub(super) struct MergeText {
    text: String,
    /// End of the left and of the right half.
    ends: Vec<(u32, u32)>,
    /// A file has pairs, or (older ones) lines with a space between the halves; never both.
    lines: Option<bool>,
}

impl MergeText {
    /// Append an element of the list.
    fn push(&mut self, merge: &Pair<'_>, path: &Path<'_>) -> Result<()> {
        let lines = matches!(merge, Pair::One(_));
        if *self.lines.get_or_insert(lines) != lines {
            return Err(path.error(
                "merges are pairs ([\"a\", \"b\"]) or lines (\"a b\"), but this list has both; write all as pairs",
            ));
        }
        match merge {
            Pair::Two(Scalar::Text(left), Scalar::Text(right)) => self.push_halves(left, right),
            Pair::One(Scalar::Text(line)) if line.starts_with("#version") => {}
            Pair::One(Scalar::Text(line)) => {
                let halves = line.split_once(' ').filter(|(_, right)| !right.as_bytes().contains(&b' '));
                let Some((left, right)) = halves else {
                    let line = shortened(line);
                    return Err(path.error(format!("expected two tokens with one space between, found {line:?}")));
                };
                self.push_halves(left, right);
            }
            other => return Err(other.wrong(path, "a merge ([\"a\", \"b\"], or \"a b\")")),
        }
        Ok(())
    }

    fn push_halves(&mut self, left: &str, right: &str) {
        self.text.push_str(left);
        let middle = self.text.len();
        self.text.push_str(right);
        // Where it overflows, `resolve` refuses the whole.
        self.ends.push((middle as u32, self.text.len() as u32));
    }

    /// The ids of both halves, by rank.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Vocabulary`] if a half is no token.
    pub(super) fn resolve(&self, vocab: &Vocab) -> Result<Vec<(u32, u32)>> {
        if self.text.len() > u32::MAX as usize {
            return Err(Error::unsupported("merges of more than four gigabytes of text").at("model.merges"));
        }
        let mut start = 0;
        let halves = self.ends.iter().flat_map(|&(middle, end)| {
            let (middle, end) = (middle as usize, end as usize);
            let pair = [&self.text[start..middle], &self.text[middle..end]];
            start = end;
            pair
        });
        let mut merges = Vec::with_capacity(self.ends.len());
        let mut left = 0;
        vocab.each_id(halves, |half, token, id| {
            let rank = half / 2;
            let id = id.ok_or_else(|| self.unknown(rank, token))?;
            if half % 2 == 0 {
                left = id;
            } else {
                merges.push((left, id));
            }
            Ok(())
        })?;
        Ok(merges)
    }

    fn unknown(&self, rank: usize, token: &str) -> Error {
        let start = if rank == 0 { 0 } else { self.ends[rank - 1].1 as usize };
        let (middle, end) = (self.ends[rank].0 as usize, self.ends[rank].1 as usize);
        unknown(rank, &self.text[start..middle], &self.text[middle..end], token)
    }
}

fn unknown(rank: usize, left: &str, right: &str, token: &str) -> Error {
    let [left, right, token] = [left, right, token].map(shortened);
    let message = format!(
        "merge {rank} joins {left:?} and {right:?}, but {token:?} is not in the vocabulary: vocabulary and merges are of \
         different tokenizers, or one of them is incomplete"
    );
    Error::vocabulary(message).at("model.merges")
}

/// Reads the list; what is wrong with it is kept, for it may not matter.
pub(super) struct MergesSeed<'a>(pub(super) Path<'a>);

impl<'de> DeserializeSeed<'de> for MergesSeed<'_> {
    type Value = Result<MergeText>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl MergesSeed<'_> {
    fn wrong(&self, found: &Scalar<'_>) -> Result<MergeText> {
        Err(found.wrong(&self.0, "a list of merges (an array)"))
    }
}

impl<'de> Visitor<'de> for MergesSeed<'_> {
    type Value = Result<MergeText>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list of merges")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut merges = MergeText::default();
        let mut count = 0;
        while let Some(merge) = seq.next_element_seed(AnyPair)? {
            if let Err(error) = merges.push(&merge, &self.0.item(count)) {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(Err(error));
            }
            count += 1;
        }
        Ok(Ok(merges))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(self.wrong(&AnyScalar.visit_map(map)?))
    }

    visit_scalars!(self, found => self.wrong(&found));
}
