//! Reading and writing `tokenizer.json`, the one format the core knows.
//!
//! The file is kept verbatim: small components as the JSON they are, vocabulary and merges in arenas.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::added::AddedToken;
use crate::error::{Error, ErrorKind, Result};
use crate::json::{Object, wrong};
use crate::model::bpe::BpeOptions;
use crate::vocab::Vocab;

/// A parsed `tokenizer.json`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    pub(crate) components: Components,
    pub(crate) added_tokens: Vec<AddedToken>,
    pub(crate) options: BpeOptions,
    pub(crate) vocab: Vocab,
    pub(crate) merges: Vec<(u32, u32)>,
}

/// The small parts of the file, as they stand there; `Null` where it has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Components {
    pub(crate) truncation: Value,
    pub(crate) padding: Value,
    pub(crate) normalizer: Value,
    pub(crate) pre_tokenizer: Value,
    pub(crate) post_processor: Value,
    pub(crate) decoder: Value,
}

impl Components {
    /// The component of this name.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        Some(match name {
            "truncation" => &mut self.truncation,
            "padding" => &mut self.padding,
            "normalizer" => &mut self.normalizer,
            "pre_tokenizer" => &mut self.pre_tokenizer,
            "post_processor" => &mut self.post_processor,
            "decoder" => &mut self.decoder,
            _ => return None,
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        Some(match name {
            "truncation" => &self.truncation,
            "padding" => &self.padding,
            "normalizer" => &self.normalizer,
            "pre_tokenizer" => &self.pre_tokenizer,
            "post_processor" => &self.post_processor,
            "decoder" => &self.decoder,
            _ => return None,
        })
    }
}

/// Parse the text of a `tokenizer.json`.
pub(crate) fn read(text: &str) -> Result<Spec> {
    let mut fields = serde_json::Deserializer::from_str(text);
    let top = fields.deserialize_any(TopVisitor).and_then(|top| fields.end().map(|()| top)).map_err(|e| syntax(&e))?;
    let top = match top {
        Top::Object(top) => top,
        Top::Other(found) => {
            return Err(Error::format(format!("expected a tokenizer (a JSON object), found {found}")));
        }
    };
    let mut spec = Spec::default();
    let mut model = None;
    for (name, raw) in top {
        match name.as_str() {
            "model" => model = Some(raw),
            "version" => check_version(&small(raw, "version")?)?,
            "added_tokens" => spec.added_tokens = added_tokens(&small(raw, "added_tokens")?)?,
            name => {
                if let Some(slot) = spec.components.get_mut(name) {
                    *slot = small(raw, name)?;
                }
            }
        }
    }
    let Some(model) = model else {
        return Err(Error::format("the field \"model\" is missing: this is no tokenizer.json"));
    };
    read_model(model.get(), &mut spec)?;
    Ok(spec)
}

fn syntax(error: &serde_json::Error) -> Error {
    if error.is_eof() {
        return Error::format(format!("the JSON ends too early ({error}): the file is truncated; fetch it again"));
    }
    Error::format(format!("not JSON: {error}"))
}

fn small(raw: &RawValue, path: &str) -> Result<Value> {
    serde_json::from_str(raw.get()).map_err(|e| syntax(&e).at(path))
}

fn check_version(version: &Value) -> Result<()> {
    match version.as_str() {
        Some("1.0") => Ok(()),
        _ => Err(wrong("version", "\"1.0\", the only version there is", version)),
    }
}

enum Top<'a> {
    Object(Vec<(String, &'a RawValue)>),
    Other(&'static str),
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tokenizer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Top::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<&RawValue>()?.is_some() {}
        Ok(Top::Other("an array"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Top::Other("a string"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Top::Other("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Top::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Top::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Top::Other("a number"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Top::Other("null"))
    }
}

fn added_tokens(value: &Value) -> Result<Vec<AddedToken>> {
    let Value::Array(tokens) = value else { return Err(wrong("added_tokens", "an array", value)) };
    let mut read = Vec::with_capacity(tokens.len());
    for (i, token) in tokens.iter().enumerate() {
        let path = format!("added_tokens[{i}]");
        let object = Object::new(token, &path)?;
        object.u32("id")?;
        read.push(AddedToken {
            content: object.str("content")?.to_owned(),
            single_word: object.bool("single_word")?,
            lstrip: object.bool("lstrip")?,
            rstrip: object.bool("rstrip")?,
            normalized: object.bool("normalized")?,
            special: object.bool("special")?,
        });
    }
    Ok(read)
}

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

fn read_model(json: &str, spec: &mut Spec) -> Result<()> {
    if !json.trim_start().starts_with('{') {
        let found: Value = serde_json::from_str(json).map_err(|e| syntax(&e))?;
        return Err(wrong("model", "an object", &found));
    }
    let mut fields = ModelFields::default();
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = ModelSeed(&mut fields).deserialize(&mut reader);
    let small = Value::Object(std::mem::take(&mut fields.small));
    let object = Object::new(&small, "model")?;
    // The type first: a complaint about another model's vocabulary would hide that we do not have that model.
    match object.optional_str("type")? {
        None | Some("BPE") => {}
        Some(other @ ("WordPiece" | "WordLevel" | "Unigram")) => {
            return Err(Error::unsupported(format!("the model {other:?}")).at("model.type"));
        }
        Some(other) => {
            return Err(Error::format(format!(
                "expected one of BPE, Unigram, WordPiece, WordLevel, found the model type {other:?}"
            ))
            .at("model.type"));
        }
    }
    read.map_err(|e| if e.is_data() { Error::format(e.to_string()).at("model") } else { syntax(&e).at("model") })?;
    let kind = object.optional_str("type")?;
    if matches!(fields.vocab, Some(VocabField::List)) && kind.is_some() {
        return Err(Error::format("expected an object of token to id, found an array").at("model.vocab"));
    }
    let (Some(VocabField::Map(mut vocab)), Some(merges)) = (fields.vocab, fields.merges) else {
        if kind.is_none() {
            return Err(Error::unsupported("a model without \"type\" that is no BPE (it has no merges)").at("model"));
        }
        return Err(Error::format("a BPE model needs the fields \"vocab\" and \"merges\"").at("model"));
    };
    vocab.finish().map_err(|e| e.at("model.vocab"))?;
    spec.merges = merges.resolve(&vocab)?;
    spec.vocab = vocab;
    spec.options = BpeOptions {
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
    };
    Ok(())
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
    List,
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
        f.write_str("a vocabulary (an object of token to id)")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<VocabField, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(VocabField::List)
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

/// Write the text of a `tokenizer.json`.
pub(crate) fn write(
    components: &Components,
    added: &crate::added::AddedTokens,
    options: &BpeOptions,
    vocab: &Vocab,
    merges: &[(u32, u32)],
    pretty: bool,
) -> Result<String> {
    let added: Vec<Value> = added.iter().map(|(id, token)| added_json(id, token)).collect();
    let mut model = model_options(options);
    let entries = vocab.by_id().map(|(id, token)| (token.to_owned(), Value::from(id)));
    model.insert("vocab".into(), Value::Object(entries.collect()));
    let token = |id| vocab.token(id).unwrap_or_default();
    let merges = merges.iter().map(|&(a, b)| Value::from(vec![token(a), token(b)]));
    model.insert("merges".into(), Value::Array(merges.collect()));
    let file = serde_json::json!({
        "version": "1.0",
        "truncation": components.truncation,
        "padding": components.padding,
        "added_tokens": added,
        "normalizer": components.normalizer,
        "pre_tokenizer": components.pre_tokenizer,
        "post_processor": components.post_processor,
        "decoder": components.decoder,
        "model": model,
    });
    let text = if pretty { serde_json::to_string_pretty(&file) } else { serde_json::to_string(&file) };
    text.map_err(|e| Error::new(ErrorKind::Format, e.to_string()))
}

/// The options of the model, as the reference writes them.
pub(crate) fn model_options(options: &BpeOptions) -> serde_json::Map<String, Value> {
    let mut model = serde_json::Map::new();
    model.insert("type".into(), "BPE".into());
    model.insert("dropout".into(), options.dropout.into());
    model.insert("unk_token".into(), options.unk_token.clone().into());
    model.insert("continuing_subword_prefix".into(), options.continuing_subword_prefix.clone().into());
    model.insert("end_of_word_suffix".into(), options.end_of_word_suffix.clone().into());
    model.insert("fuse_unk".into(), options.fuse_unk.into());
    model.insert("byte_fallback".into(), options.byte_fallback.into());
    model.insert("ignore_merges".into(), options.ignore_merges.into());
    model
}

fn added_json(id: u32, token: &AddedToken) -> Value {
    serde_json::json!({
        "id": id,
        "content": token.content,
        "single_word": token.single_word,
        "lstrip": token.lstrip,
        "rstrip": token.rstrip,
        "normalized": token.normalized,
        "special": token.special,
    })
}
