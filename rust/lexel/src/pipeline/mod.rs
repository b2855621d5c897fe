//! The compiled, immutable tokenizer: five stages, built once from a file, shared by any number of threads.

mod build;
mod decode;
mod portions;
mod walk;

use std::sync::Arc;

use crate::added::{AddedToken, AddedTokens, Part};
use crate::decode::Decoder;
use crate::encoding::NO_WORD;
use crate::error::{Error, Result};
use crate::format::Components;
use crate::model::{Model, ModelScratch, PieceTokens};
use crate::normalize::{Normalizer, normalized};
use crate::post::Post;
use crate::sampling::Sampling;
use crate::split::{SplitScratch, Splitter};
use crate::vocab::Vocab;

pub use decode::DecodeStream;
use decode::LazyTable;

/// What a call decides about encoding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncodeOptions {
    /// Whether the post-processor puts its special tokens in.
    pub add_special_tokens: bool,
    /// Whether special tokens in the text are split like any other text.
    pub split_special_tokens: bool,
    /// One of the many tokenizations at random. `None`: the one the model gives, unless its file states a dropout.
    pub sampling: Option<Sampling>,
}

impl EncodeOptions {
    /// The same for one row of a batch: see [`Sampling::for_row`].
    #[must_use]
    pub fn for_row(self, row: u64) -> Self {
        Self { sampling: self.sampling.map(|sampling| sampling.for_row(row)), ..self }
    }
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self { add_special_tokens: true, split_special_tokens: false, sampling: None }
    }
}

/// One text, or the words it was split into.
#[derive(Clone, Copy, Debug)]
pub enum Text<'t> {
    /// The text as it is.
    Raw(&'t str),
    /// Words; offsets start anew in each of them, and word ids count them.
    Words(&'t [&'t str]),
}

impl<'t> Text<'t> {
    fn texts(&self) -> std::slice::Iter<'_, &'t str> {
        match self {
            Self::Raw(text) => std::slice::from_ref(text).iter(),
            Self::Words(words) => words.iter(),
        }
    }

    fn count(self) -> u32 {
        match self {
            Self::Raw(_) => 1,
            Self::Words(words) => words.len() as u32,
        }
    }
}

/// Which spans an encoding gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spans {
    /// None, and no words: the shortest way.
    None,
    /// In code points of the text.
    Chars,
    /// In bytes of the UTF-8 text.
    Bytes,
}

/// Working memory of one thread: give each thread its own and use it again.
#[derive(Debug, Default)]
pub struct Scratch {
    split: SplitScratch,
    model: ModelScratch,
    piece: PieceTokens,
    parts: Vec<Part>,
    inner: Vec<Part>,
}

impl Scratch {
    /// Forget all cached pieces and give their memory back.
    pub fn clear_cache(&mut self) {
        self.model.clear_cache();
    }
}

/// What added tokens are to the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AddedTexts {
    /// Tokens as all others.
    Tokens,
    /// Their content, whatever its letters mean to the decoder.
    Contents {
        /// Whether those that are left out part the bytes around them.
        parted: bool,
    },
}

/// A compiled tokenizer. See the crate documentation for the way of a string through it.
#[derive(Clone, Debug)]
pub struct Pipeline {
    vocab: Arc<Vocab>,
    model: Arc<Model>,
    added: Arc<AddedTokens>,
    components: Arc<Components>,
    normalizer: Option<Arc<Normalizer>>,
    splitter: Arc<Splitter>,
    post: Option<Arc<Post>>,
    decoder: Option<Arc<Decoder>>,
    added_texts: AddedTexts,
    /// What ids decode to; another one wherever vocabulary, added tokens or decoder change.
    texts: Arc<LazyTable>,
    /// Ids need the walk with spans too.
    spans_for_ids: bool,
    /// Whitespace at both ends of the tokens by id, where the post-processor trims.
    edges: Option<Arc<[(u32, u32)]>>,
}

impl Pipeline {
    /// Other names of added tokens, which are found in texts as their contents are, and their ids.
    pub fn added_token_aliases(&self) -> &[(String, u32)] {
        self.components.aliases()
    }

    /// The added tokens by ascending id.
    pub fn added_tokens(&self) -> impl Iterator<Item = (u32, &AddedToken)> {
        self.added.iter()
    }

    /// Number of tokens, with or without the added ones.
    pub fn vocab_size(&self, with_added: bool) -> usize {
        let new = self.added.iter().filter(|(_, token)| self.vocab.id(&token.content).is_none()).count();
        self.vocab.len() + if with_added { new } else { 0 }
    }

    /// The highest id of [`Pipeline::vocab`] with added tokens; `None` where that is empty.
    pub fn max_id(&self) -> Option<u32> {
        let added = self.added.iter().filter(|(_, token)| self.vocab.id(&token.content).is_none());
        added.map(|(id, _)| id).max().max(self.vocab.id_bound().checked_sub(1))
    }

    /// Tokens and ids by ascending id.
    pub fn vocab(&self, with_added: bool) -> Vec<(&str, u32)> {
        let mut all: Vec<_> = self.vocab.by_id().map(|(id, token)| (token, id)).collect();
        if with_added {
            let new = self.added.iter().filter(|(_, token)| self.vocab.id(&token.content).is_none());
            all.extend(new.map(|(id, token)| (token.content.as_str(), id)));
            all.sort_by_key(|&(_, id)| id);
        }
        all
    }

    /// The id of a token.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.added.id(token).or_else(|| self.vocab.id(token))
    }

    /// The token of an id; of an added token its content.
    pub fn id_to_token(&self, id: u32) -> Option<&str> {
        self.added.get(id).map(|token| token.content.as_str()).or_else(|| self.vocab.token(id))
    }

    /// Whether decoding leaves the id out when special tokens are skipped.
    pub fn is_special(&self, id: u32) -> bool {
        self.decode_text(id).is_some_and(|text| self.added.is_special_text(text))
    }

    /// How many tokens the post-processor puts in.
    pub fn num_special_tokens_to_add(&self, pair: bool) -> usize {
        self.post.as_ref().map_or(0, |post| post.added(pair))
    }

    /// Normalize a text, without looking for added tokens.
    pub fn normalize(&self, text: &str) -> String {
        normalized(self.normalizer.as_deref(), text)
    }
}

/// Whitespace at both ends of a token, as the byte-level post-processor counts it.
fn edges(token: &str) -> (u32, u32) {
    let is_space = |c: &char| *c == 'Ġ' || c.is_whitespace();
    let leading = token.chars().take_while(is_space).count();
    let trailing = token.chars().rev().take_while(is_space).count();
    (leading as u32, trailing as u32)
}

fn check_size(text: &str) -> Result<()> {
    if text.len() >= NO_WORD as usize {
        return Err(Error::argument("a text of 4 GiB or more; cut it into documents"));
    }
    Ok(())
}
