//! Reading and writing `tokenizer.json`, the one format the core knows.
//!
//! The file is kept verbatim: small components as the JSON they are, vocabulary and merges in arenas.

mod model;
mod write;

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::added::AddedToken;
use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::model::ModelParts;
pub(crate) use write::{model_options, write};

/// A parsed `tokenizer.json`.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) components: Components,
    pub(crate) added_tokens: Vec<AddedToken>,
    pub(crate) model: ModelParts,
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
    let mut components = Components::default();
    let mut added = Vec::new();
    let mut model = None;
    for (name, raw) in top {
        match name.as_str() {
            "model" => model = Some(raw),
            "version" => check_version(&small(raw, "version")?)?,
            "added_tokens" => added = added_tokens(&small(raw, "added_tokens")?)?,
            name => {
                if let Some(slot) = components.get_mut(name) {
                    *slot = small(raw, name)?;
                }
            }
        }
    }
    let Some(model) = model else {
        return Err(Error::format("the field \"model\" is missing: this is no tokenizer.json"));
    };
    Ok(Spec { components, added_tokens: added, model: model::read(model.get())? })
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
