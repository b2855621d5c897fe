//! Reading the model of a `tokenizer.json`: its options, vocabulary and merges.
//!
//! The field `type` says which model it is. Files from before that field are read as the first of BPE, `WordPiece`,
//! `WordLevel` and Unigram that their fields fit, which is what the `tokenizers` library does; fields that a model does not
//! have are left out.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::exact::{self, Exact};
use super::merges::{MergeText, MergesSeed};
use super::tree::{AnyPair, AnyScalar, Findings, Pair, Path, Scalar, Text, Tree, twice};
use crate::error::{Error, Result};
use crate::json::{Object, shortened, wrong};
use crate::model::bpe::{BpeOptions, MergeBy};
use crate::model::sentencepiece::PieceKind;
use crate::model::unigram::UnigramOptions;
use crate::model::wordlevel::WordLevelOptions;
use crate::model::wordpiece::WordPieceOptions;
use crate::model::{ModelOptions, ModelParts};
use crate::vocab::Vocab;

const PATH: Path<'static> = Path::Part("model");

/// The fields of a model, whatever its type.
#[derive(Default)]
pub(super) struct RawModel {
    small: serde_json::Map<String, Value>,
    vocab: Option<VocabField>,
    /// What is wrong with them matters only if the model is one that has merges.
    merges: Option<Result<MergeText>>,
}

/// A vocabulary: BPE, `WordPiece` and `WordLevel` have an object, Unigram a list.
enum VocabField {
    Map(Vocab),
    Scored(Vocab, Vec<f64>),
}

/// Which model.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Bpe,
    WordPiece,
    WordLevel,
    Unigram,
}

impl RawModel {
    /// Find out which model it is, and check what it needs.
    pub(super) fn finish(mut self) -> Result<(ModelParts, Option<Exact>)> {
        let path = PATH.field("lexel");
        let lexel = self.small.shift_remove("lexel").filter(|value| !value.is_null());
        let Some((exact, of_model)) = lexel.map(|value| exact::read(&value, &path)).transpose()? else {
            return Ok((self.parts(None)?, None));
        };
        let path = path.field("model");
        let pieces = of_model.as_ref().filter(|_| exact.is_sentencepiece());
        let pieces = pieces.map(|value| exact::pieces(value, &path)).transpose()?.flatten();
        let merges = of_model.filter(|_| pieces.as_ref().is_none_or(|pieces| pieces.kind == PieceKind::Bpe));
        let merge_by = merges.map(|value| exact::merge_by(&value, &path)).transpose()?;
        Ok((ModelParts { pieces, ..self.parts(merge_by)? }, Some(exact)))
    }

    fn parts(mut self, merge_by: Option<MergeBy>) -> Result<ModelParts> {
        let small = Value::Object(std::mem::take(&mut self.small));
        let object = Object::new(&small, "model")?;
        let kind = match object.map.get("type") {
            None => None,
            Some(Value::String(name)) => Some(match name.as_str() {
                "BPE" => Kind::Bpe,
                "WordPiece" => Kind::WordPiece,
                "WordLevel" => Kind::WordLevel,
                "Unigram" => Kind::Unigram,
                other => {
                    let other = shortened(other);
                    let message =
                        format!("expected one of BPE, Unigram, WordPiece, WordLevel, found the model type {other:?}");
                    return Err(Error::format(message).at("model.type"));
                }
            }),
            Some(other) => return Err(wrong("model.type", "the name of a model (a string)", other)),
        };
        let Some(vocab) = self.vocab else { return Err(PATH.error("the field \"vocab\" is missing")) };
        if let Some(merge_by) = merge_by {
            let (Some(Kind::Bpe), VocabField::Map(vocab)) = (kind, vocab) else {
                return Err(PATH.field("lexel").field("model").error("only a model of the type \"BPE\" has merges"));
            };
            let options = bpe(object)?;
            let affixes = [&options.continuing_subword_prefix, &options.end_of_word_suffix];
            if affixes.into_iter().flatten().any(|affix| !affix.is_empty()) {
                let message = "merges that follow from the vocabulary, of tokens with affixes";
                return Err(Error::unsupported(message).at("model.lexel.model.merge_by"));
            }
            // The list of the file is for other readers.
            let options = ModelOptions::Bpe(BpeOptions { merge_by: Some(merge_by), ..options });
            return Ok(ModelParts { options, vocab, merges: Vec::new(), scores: Vec::new(), pieces: None });
        }
        match (kind, vocab) {
            (None | Some(Kind::Unigram), VocabField::Scored(vocab, scores)) => {
                Ok(ModelParts { options: unigram(object)?, vocab, merges: Vec::new(), scores, pieces: None })
            }
            (Some(_), VocabField::Scored(..)) => {
                Err(PATH.field("vocab").error("expected an object of token to id, found an array"))
            }
            (Some(Kind::Unigram), VocabField::Map(_)) => {
                Err(PATH.field("vocab").error("expected an array of [token, score], found an object"))
            }
            (Some(kind), VocabField::Map(vocab)) => {
                let (options, merges) = mapped(kind, object, self.merges.as_ref(), &vocab)?;
                Ok(ModelParts { options, vocab, merges, scores: Vec::new(), pieces: None })
            }
            (None, VocabField::Map(vocab)) => {
                let (options, merges) = untyped(object, self.merges.as_ref(), &vocab)?;
                Ok(ModelParts { options, vocab, merges, scores: Vec::new(), pieces: None })
            }
        }
    }
}

type OptionsAndMerges = (ModelOptions, Vec<(u32, u32)>);

/// The model that a file without the field `type` means.
fn untyped(object: Object<'_>, merges: Option<&Result<MergeText>>, vocab: &Vocab) -> Result<OptionsAndMerges> {
    let bpe = mapped(Kind::Bpe, object, merges, vocab);
    if bpe.is_ok() {
        return bpe;
    }
    let other = [Kind::WordPiece, Kind::WordLevel].into_iter().find_map(|kind| mapped(kind, object, None, vocab).ok());
    match other {
        Some(parts) => Ok(parts),
        None if merges.is_some() => bpe,
        None => Err(PATH.error("the field \"type\" is missing, and no model has these fields; add \"type\"")),
    }
}

/// The options and merges of a model that has an object for its vocabulary.
fn mapped(
    kind: Kind,
    object: Object<'_>,
    merges: Option<&Result<MergeText>>,
    vocab: &Vocab,
) -> Result<OptionsAndMerges> {
    let options = match kind {
        Kind::Bpe => {
            let options = ModelOptions::Bpe(bpe(object)?);
            let merges = merges.ok_or_else(|| PATH.error("the field \"merges\" is missing"))?;
            return Ok((options, merges.as_ref().map_err(Clone::clone)?.resolve(vocab)?));
        }
        Kind::WordPiece => ModelOptions::WordPiece(WordPieceOptions {
            unk_token: object.str("unk_token")?.to_owned(),
            continuing_subword_prefix: object.str("continuing_subword_prefix")?.to_owned(),
            max_input_chars_per_word: object.usize("max_input_chars_per_word")?,
        }),
        Kind::WordLevel => ModelOptions::WordLevel(WordLevelOptions { unk_token: object.str("unk_token")?.to_owned() }),
        Kind::Unigram => unigram(object)?,
    };
    Ok((options, Vec::new()))
}

fn unigram(object: Object<'_>) -> Result<ModelOptions> {
    let unk_id = object.optional("unk_id").is_some().then(|| object.usize("unk_id")).transpose()?;
    Ok(ModelOptions::Unigram(UnigramOptions { unk_id, byte_fallback: object.bool_or("byte_fallback", false)? }))
}

fn bpe(object: Object<'_>) -> Result<BpeOptions> {
    let flag = |name: &str| Ok(object.optional(name).is_some() && object.bool(name)?);
    Ok(BpeOptions {
        unk_token: object.optional_str("unk_token")?.map(str::to_owned),
        continuing_subword_prefix: object.optional_str("continuing_subword_prefix")?.map(str::to_owned),
        end_of_word_suffix: object.optional_str("end_of_word_suffix")?.map(str::to_owned),
        fuse_unk: flag("fuse_unk")?,
        byte_fallback: flag("byte_fallback")?,
        ignore_merges: flag("ignore_merges")?,
        dropout: object.optional("dropout").map(dropout).transpose()?,
        merge_by: None,
    })
}

/// The library keeps 32 bits of it: whether it is in range is decided after rounding, and what is written is shorter.
fn dropout(value: &Value) -> Result<f64> {
    match value.as_f64().map(|dropout| dropout as f32) {
        Some(dropout) if (0.0..=1.0).contains(&dropout) => {
            Ok(dropout.to_string().parse().unwrap_or(f64::from(dropout)))
        }
        _ => Err(wrong("model.dropout", "a number from 0 to 1, or null", value)),
    }
}

pub(super) struct ModelSeed<'a>(pub(super) &'a Findings);

impl<'de> DeserializeSeed<'de> for ModelSeed<'_> {
    type Value = RawModel;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawModel, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ModelSeed<'_> {
    type Value = RawModel;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model (an object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawModel, A::Error> {
        let mut model = RawModel::default();
        while let Some(name) = map.next_key::<String>()? {
            let path = PATH.field(&name);
            let known = match name.as_str() {
                "vocab" => model.vocab.is_some(),
                "merges" => model.merges.is_some(),
                _ => model.small.contains_key(&name),
            };
            if known {
                return Err(self.0.refuse(twice(&path)));
            }
            match name.as_str() {
                "vocab" => model.vocab = Some(map.next_value_seed(VocabSeed(self.0))?),
                "merges" => model.merges = Some(map.next_value_seed(MergesSeed(PATH.field("merges")))?),
                _ => {
                    let value = map.next_value_seed(Tree::new(path, self.0))?;
                    model.small.insert(name, value);
                }
            }
        }
        Ok(model)
    }
}

struct VocabSeed<'a>(&'a Findings);

impl<'de> DeserializeSeed<'de> for VocabSeed<'_> {
    type Value = VocabField;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<VocabField, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for VocabSeed<'_> {
    type Value = VocabField;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary (\"vocab\": an object of token to id, or for Unigram an array of [token, score])")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<VocabField, A::Error> {
        let path = PATH.field("vocab");
        let mut vocab = Vocab::default();
        let mut scores = Vec::new();
        while let Some(entry) = seq.next_element_seed(AnyPair)? {
            let score = match &entry {
                Pair::Two(Scalar::Text(_), Scalar::Float(score)) => Some(*score),
                Pair::Two(Scalar::Text(_), Scalar::Integer(score)) => Some(*score as f64),
                _ => None,
            };
            let (Some(score), Pair::Two(Scalar::Text(token), _)) = (score, &entry) else {
                return Err(self.0.refuse(entry.wrong(&path.item(scores.len()), "a token and its score")));
            };
            vocab.push_listed(token, scores.len() as u32);
            scores.push(score);
        }
        vocab.finish().map_err(|error| self.0.refuse(error.at("model.vocab")))?;
        Ok(VocabField::Scored(vocab, scores))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<VocabField, A::Error> {
        let path = PATH.field("vocab");
        let mut vocab = Vocab::default();
        let mut token = String::new();
        while map.next_key_seed(Text(&mut token))?.is_some() {
            let found = map.next_value_seed(AnyScalar)?;
            let id = if let Scalar::Integer(id) = found { u32::try_from(id).ok() } else { None };
            let Some(id) = id else {
                let expected = "an id (an integer from 0 to 4294967295)";
                return Err(self.0.refuse(found.wrong(&path.field(&token), expected)));
            };
            vocab.push(&token, id);
        }
        vocab.finish().and_then(|()| vocab.check_ids()).map_err(|error| self.0.refuse(error.at("model.vocab")))?;
        Ok(VocabField::Map(vocab))
    }
}
