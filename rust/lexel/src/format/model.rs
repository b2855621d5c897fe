//! Reading the model of a `tokenizer.json`: its options, vocabulary and merges.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::syntax;
use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::model::bpe::BpeOptions;
use crate::model::unigram::UnigramOptions;
use crate::model::wordlevel::WordLevelOptions;
use crate::model::wordpiece::WordPieceOptions;
use crate::model::{ModelOptions, ModelParts};
use crate::vocab::Vocab;

/// Merges as text, until the vocabulary is complete (the fields of an object have no order).
#[derive(Default)]
struct MergeText {
    text: String,
    /// End of the left and of the right half.
    ends: Vec<(usize, usize)>,
}

impl MergeText {
    fn push(&mut self, left: &str, right: &str) {
        self.text.push_str(left);
        let middle = self.text.len();
        self.text.push_str(right);
        self.ends.push((middle, self.text.len()));
    }

    fn resolve(&self, vocab: &Vocab) -> Result<Vec<(u32, u32)>> {
        let mut start = 0;
        let mut merges = Vec::with_capacity(self.ends.len());
        for (rank, &(middle, end)) in self.ends.iter().enumerate() {
            let id = |token: &str| {
                vocab.id(token).ok_or_else(|| {
                    let (left, right) = (&self.text[start..middle], &self.text[middle..end]);
                    Error::vocabulary(format!(
                        "merge {rank} joins {left:?} and {right:?}, but {token:?} is not in the vocabulary"
                    ))
                    .at("model.merges")
                })
            };
            merges.push((id(&self.text[start..middle])?, id(&self.text[middle..end])?));
            start = end;
        }
        Ok(merges)
    }
}

/// The fields of a model, whatever its type.
#[derive(Default)]
struct ModelFields {
    small: serde_json::Map<String, Value>,
    vocab: Option<VocabField>,
    merges: Option<MergeText>,
}

/// Read the field `model`.
pub(super) fn read(json: &str) -> Result<ModelParts> {
    if !json.trim_start().starts_with('{') {
        let found: Value = serde_json::from_str(json).map_err(|e| syntax(&e))?;
        return Err(wrong("model", "an object", &found));
    }
    let mut fields = ModelFields::default();
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = ModelSeed(&mut fields).deserialize(&mut reader);
    let small = Value::Object(std::mem::take(&mut fields.small));
    let object = Object::new(&small, "model")?;
    let kind = object.optional_str("type")?;
    if let Some(other) = kind.filter(|kind| !["BPE", "Unigram", "WordPiece", "WordLevel"].contains(kind)) {
        return Err(Error::format(format!(
            "expected one of BPE, Unigram, WordPiece, WordLevel, found the model type {other:?}"
        ))
        .at("model.type"));
    }
    read.map_err(|e| if e.is_data() { Error::format(e.to_string()).at("model") } else { syntax(&e).at("model") })?;
    let ModelFields { vocab, merges, .. } = fields;
    // Files from before the field "type" are told apart by what they have, in this order.
    let kind = kind.unwrap_or(match (&vocab, &merges) {
        (Some(VocabField::Scored(..)), _) => "Unigram",
        (_, Some(_)) => "BPE",
        _ if object.map.contains_key("max_input_chars_per_word") => "WordPiece",
        _ => "WordLevel",
    });
    match (kind, vocab) {
        ("Unigram", Some(VocabField::Scored(mut vocab, scores))) => {
            vocab.finish().map_err(|e| e.at("model.vocab"))?;
            Ok(ModelParts { options: ModelOptions::Unigram(unigram(object)?), vocab, merges: Vec::new(), scores })
        }
        ("Unigram", Some(VocabField::Map(_))) => {
            Err(Error::format("expected an array of [token, score], found an object").at("model.vocab"))
        }
        (_, Some(VocabField::Scored(..))) => {
            Err(Error::format("expected an object of token to id, found an array").at("model.vocab"))
        }
        (kind, None) => Err(Error::format(format!("a {kind} model needs the field \"vocab\"")).at("model")),
        (kind, Some(VocabField::Map(mut vocab))) => {
            vocab.finish().map_err(|e| e.at("model.vocab"))?;
            let mut resolved = Vec::new();
            let options = match kind {
                "BPE" => {
                    let merges =
                        merges.ok_or_else(|| Error::format("a BPE model needs the field \"merges\"").at("model"))?;
                    resolved = merges.resolve(&vocab)?;
                    ModelOptions::Bpe(bpe(object)?)
                }
                "WordPiece" => ModelOptions::WordPiece(WordPieceOptions {
                    unk_token: object.str("unk_token")?.to_owned(),
                    continuing_subword_prefix: object.str("continuing_subword_prefix")?.to_owned(),
                    max_input_chars_per_word: object.usize("max_input_chars_per_word")?,
                }),
                _ => ModelOptions::WordLevel(WordLevelOptions { unk_token: object.str("unk_token")?.to_owned() }),
            };
            Ok(ModelParts { options, vocab, merges: resolved, scores: Vec::new() })
        }
    }
}

fn unigram(object: Object<'_>) -> Result<UnigramOptions> {
    let unk_id = object.optional("unk_id").is_some().then(|| object.usize("unk_id")).transpose()?;
    Ok(UnigramOptions { unk_id, byte_fallback: object.bool_or("byte_fallback", false)? })
}

fn bpe(object: Object<'_>) -> Result<BpeOptions> {
    Ok(BpeOptions {
        unk_token: object.optional_str("unk_token")?.map(str::to_owned),
        continuing_subword_prefix: object.optional_str("continuing_subword_prefix")?.map(str::to_owned),
        end_of_word_suffix: object.optional_str("end_of_word_suffix")?.map(str::to_owned),
        fuse_unk: object.optional("fuse_unk").is_some() && object.bool("fuse_unk")?,
        byte_fallback: object.optional("byte_fallback").is_some() && object.bool("byte_fallback")?,
        ignore_merges: object.optional("ignore_merges").is_some() && object.bool("ignore_merges")?,
        dropout: match object.optional("dropout") {
            None => None,
            Some(value) => match value.as_f64() {
                Some(dropout) if (0.0..=1.0).contains(&dropout) => Some(dropout),
                _ => return Err(wrong("model.dropout", "a number from 0 to 1, or null", value)),
            },
        },
    })
}

struct ModelSeed<'a>(&'a mut ModelFields);

impl<'de> DeserializeSeed<'de> for ModelSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ModelSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "vocab" => self.0.vocab = Some(map.next_value_seed(VocabSeed)?),
                "merges" => self.0.merges = Some(map.next_value_seed(MergesSeed)?),
                _ => {
                    self.0.small.insert(name, map.next_value()?);
                }
            }
        }
        Ok(())
    }
}

/// A vocabulary: BPE, `WordPiece` and `WordLevel` have an object, Unigram a list.
enum VocabField {
    Map(Vocab),
    Scored(Vocab, Vec<f64>),
}

struct VocabSeed;

impl<'de> DeserializeSeed<'de> for VocabSeed {
    type Value = VocabField;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<VocabField, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for VocabSeed {
    type Value = VocabField;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary (an object of token to id, or for Unigram an array of [token, score])")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<VocabField, A::Error> {
        let mut vocab = Vocab::default();
        let mut scores = Vec::new();
        while let Some((token, score)) = seq.next_element::<(std::borrow::Cow<'de, str>, f64)>()? {
            vocab.push_listed(&token, scores.len() as u32);
            scores.push(score);
        }
        Ok(VocabField::Scored(vocab, scores))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<VocabField, A::Error> {
        let mut vocab = Vocab::default();
        let mut token = String::new();
        while map.next_key_seed(Text(&mut token))?.is_some() {
            vocab.push(&token, map.next_value()?);
        }
        Ok(VocabField::Map(vocab))
    }
}

/// Reads a string into a buffer that is used again and again.
struct Text<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(text);
        Ok(())
    }
}

struct MergesSeed;

impl<'de> DeserializeSeed<'de> for MergesSeed {
    type Value = MergeText;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<MergeText, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for MergesSeed {
    type Value = MergeText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list of merges")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MergeText, A::Error> {
        let mut merges = MergeText::default();
        while seq.next_element_seed(MergeSeed(&mut merges))?.is_some() {}
        Ok(merges)
    }
}

/// One merge: a pair of strings, or (older files) both in one string with a space between.
struct MergeSeed<'a>(&'a mut MergeText);

impl<'de> DeserializeSeed<'de> for MergeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MergeSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a merge: [\"a\", \"b\"] or \"a b\"")
    }

    fn visit_str<E: serde::de::Error>(self, line: &str) -> Result<(), E> {
        if line.starts_with("#version") {
            return Ok(());
        }
        let mut parts = line.split(' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(left), Some(right), None) => {
                self.0.push(left, right);
                Ok(())
            }
            _ => Err(E::custom(format!(
                "merge {} is {line:?}, expected two tokens with one space between",
                self.0.ends.len()
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let (mut left, mut right) = (String::new(), String::new());
        let complete =
            seq.next_element_seed(Text(&mut left))?.is_some() && seq.next_element_seed(Text(&mut right))?.is_some();
        if !complete || seq.next_element::<serde::de::IgnoredAny>()?.is_some() {
            return Err(A::Error::custom(format!("merge {} has not two parts", self.0.ends.len())));
        }
        self.0.push(&left, &right);
        Ok(())
    }
}
