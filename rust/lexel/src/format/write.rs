//! Writing `tokenizer.json`, byte for byte as the `tokenizers` library writes what it read from the same file.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde_json::Value;

use super::{Components, exact};
use crate::added::{AddedToken, AddedTokens};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelOptions};
use crate::vocab::Vocab;

/// Write the text of a `tokenizer.json`.
pub(crate) fn write(
    components: &Components,
    added: &AddedTokens,
    model: &Model,
    vocab: &Vocab,
    pretty: bool,
) -> Result<String> {
    let file = File { components, added, model: ModelFields { components, model, vocab, whole: true } };
    let text = if pretty { serde_json::to_string_pretty(&file) } else { serde_json::to_string(&file) };
    text.map_err(|e| Error::new(ErrorKind::Format, e.to_string()))
}

/// Write the same without vocabulary, scores and merges.
pub(crate) fn write_rest(components: &Components, added: &AddedTokens, model: &Model) -> Option<String> {
    let vocab = &Vocab::default();
    let file = File { components, added, model: ModelFields { components, model, vocab, whole: false } };
    serde_json::to_string(&file).ok()
}

/// The options of the model without its vocabulary and merges, in the order in which they are written.
pub(crate) fn model_options(options: &ModelOptions) -> serde_json::Map<String, Value> {
    let value = match options {
        ModelOptions::Bpe(bpe) => serde_json::json!({
            "type": "BPE",
            "dropout": bpe.dropout,
            "unk_token": bpe.unk_token,
            "continuing_subword_prefix": bpe.continuing_subword_prefix,
            "end_of_word_suffix": bpe.end_of_word_suffix,
            "fuse_unk": bpe.fuse_unk,
            "byte_fallback": bpe.byte_fallback,
            "ignore_merges": bpe.ignore_merges,
        }),
        ModelOptions::Unigram(unigram) => serde_json::json!({
            "type": "Unigram",
            "unk_id": unigram.unk_id,
            "byte_fallback": unigram.byte_fallback,
        }),
        ModelOptions::WordPiece(wordpiece) => serde_json::json!({
            "type": "WordPiece",
            "unk_token": wordpiece.unk_token,
            "continuing_subword_prefix": wordpiece.continuing_subword_prefix,
            "max_input_chars_per_word": wordpiece.max_input_chars_per_word,
        }),
        ModelOptions::WordLevel(wordlevel) => serde_json::json!({
            "type": "WordLevel",
            "unk_token": wordlevel.unk_token,
        }),
    };
    match value {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    }
}

struct File<'a> {
    components: &'a Components,
    added: &'a AddedTokens,
    model: ModelFields<'a>,
}

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = serializer.serialize_struct("Tokenizer", 9)?;
        file.serialize_field("version", "1.0")?;
        file.serialize_field("truncation", &self.components.truncation)?;
        file.serialize_field("padding", &self.components.padding)?;
        file.serialize_field("added_tokens", &AddedList(self.added))?;
        file.serialize_field("normalizer", &self.components.normalizer)?;
        file.serialize_field("pre_tokenizer", &self.components.pre_tokenizer)?;
        file.serialize_field("post_processor", &self.components.post_processor)?;
        file.serialize_field("decoder", &self.components.decoder)?;
        file.serialize_field("model", &self.model)?;
        file.end()
    }
}

struct AddedList<'a>(&'a AddedTokens);

impl Serialize for AddedList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(id, token)| Added(id, token)))
    }
}

struct Added<'a>(u32, &'a AddedToken);

impl Serialize for Added<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(id, token) = self;
        let mut fields = serializer.serialize_struct("AddedToken", 7)?;
        fields.serialize_field("id", id)?;
        fields.serialize_field("content", &token.content)?;
        fields.serialize_field("single_word", &token.single_word)?;
        fields.serialize_field("lstrip", &token.lstrip)?;
        fields.serialize_field("rstrip", &token.rstrip)?;
        fields.serialize_field("normalized", &token.normalized)?;
        fields.serialize_field("special", &token.special)?;
        fields.end()
    }
}

/// The options, with the vocabulary where each model has it: in the middle, or behind them.
struct ModelFields<'a> {
    components: &'a Components,
    model: &'a Model,
    vocab: &'a Vocab,
    /// Whether scores and merges are written.
    whole: bool,
}

impl Serialize for ModelFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let standard = self.model.options();
        let options = model_options(&standard);
        let before_vocab = match standard {
            ModelOptions::Unigram(_) => 2,
            ModelOptions::WordLevel(_) => 1,
            _ => options.len(),
        };
        let mut fields = serializer.serialize_map(None)?;
        for (name, value) in options.iter().take(before_vocab) {
            fields.serialize_entry(name, value)?;
        }
        match standard {
            ModelOptions::Unigram(_) => {
                let scores = if self.whole { self.model.scores() } else { &[] };
                fields.serialize_entry("vocab", &Scored(self.vocab, scores))?;
            }
            _ => fields.serialize_entry("vocab", &ById(self.vocab))?,
        }
        for (name, value) in options.iter().skip(before_vocab) {
            fields.serialize_entry(name, value)?;
        }
        if let ModelOptions::Bpe(_) = standard {
            let merges = if self.whole { self.model.merges(self.vocab) } else { Vec::new() };
            fields.serialize_entry("merges", &Merges(self.vocab, &merges))?;
        }
        if let Some(exact) = exact::written(self.components.exact.as_ref(), &standard, self.model.pieces()) {
            fields.serialize_entry("lexel", &exact)?;
        }
        fields.end()
    }
}

/// Tokens with their ids, by ascending id.
struct ById<'a>(&'a Vocab);

impl Serialize for ById<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.by_id().map(|(id, token)| (token, id)))
    }
}

/// Tokens with their scores, in the order of the list.
struct Scored<'a>(&'a Vocab, &'a [f64]);

impl Serialize for Scored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.entries().zip(self.1).map(|((token, _), score)| (token, score)))
    }
}

/// Merges as pairs of tokens, by rank.
struct Merges<'a>(&'a Vocab, &'a [(u32, u32)]);

impl Serialize for Merges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.1.len()))?;
        for &(left, right) in self.1 {
            let token = |id| self.0.token(id).unwrap_or_default();
            list.serialize_element(&(token(left), token(right)))?;
        }
        list.end()
    }
}
