//! Reading and writing `tokenizer.json`, the one format the core knows.
//!
//! It is read in one pass. The components are checked field by field and kept as JSON in canonical form: exactly what the
//! `tokenizers` library would write after reading them ([`components`] has their fields, and how files without names are
//! understood). Vocabulary and merges go into arenas.
//!
//! Refused, though that library reads it: a field that stands twice (outside of the vocabulary, where the last one
//! counts), for readers disagree about which one is meant.

mod components;
mod exact;
mod merges;
mod model;
mod shape;
mod tree;
mod write;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::added::AddedToken;
use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::model::ModelParts;
use exact::Exact;
use model::{ModelSeed, RawModel};
use shape::Shape;
use tree::{Findings, Path, Tree, twice};
pub(crate) use write::{model_options, write, write_rest};

/// A parsed `tokenizer.json`.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) components: Components,
    pub(crate) added_tokens: Vec<AddedToken>,
    pub(crate) model: ModelParts,
}

/// The small parts of the file, in canonical form; `Null` where it has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Components {
    pub(crate) truncation: Value,
    pub(crate) padding: Value,
    pub(crate) normalizer: Value,
    pub(crate) pre_tokenizer: Value,
    pub(crate) post_processor: Value,
    pub(crate) decoder: Value,
    /// What the stages are exactly, where these components only come close ([`exact`]).
    exact: Option<Exact>,
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
    let findings = Findings::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = FileSeed(&findings).deserialize(&mut reader);
    let (parts, model) =
        read.and_then(|file| reader.end().map(|()| file)).map_err(|e| marked(text, findings.explain(&e)))?;
    let mut components = Components::default();
    let mut added = Vec::new();
    for (name, value) in parts {
        match name {
            "version" => check_version(&value)?,
            "added_tokens" => added = added_tokens(&value)?,
            name => {
                if let Some(slot) = components.get_mut(name) {
                    *slot = canonical(name, &value)?;
                }
            }
        }
    }
    let Some(model) = model else {
        return Err(Error::format("the field \"model\" is missing: this is no tokenizer.json"));
    };
    let (model, exact) = model.finish()?;
    components.exact = exact;
    Ok(Spec { components, added_tokens: added, model })
}

/// Parse the text of one component of this name (one of [`Components`]), as a file has it.
pub(crate) fn read_component(name: &str, text: &str) -> Result<Value> {
    canonical(name, &tree::parse(text, name)?)
}

/// The canonical form of a component.
fn canonical(name: &str, value: &Value) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let shape = match name {
        "normalizer" => Shape::Component(&components::NORMALIZERS),
        "pre_tokenizer" => Shape::Component(&components::PRE_TOKENIZERS),
        "post_processor" => Shape::Component(&components::POST_PROCESSORS),
        "decoder" => Shape::Component(&components::DECODERS),
        "truncation" => components::TRUNCATION,
        _ => components::PADDING,
    };
    shape.read(value, &Path::Part(name))
}

/// Say it where a file begins with a byte order mark, for nothing shows it.
fn marked(text: &str, error: Error) -> Error {
    if text.starts_with('\u{feff}') {
        return Error::format(
            "the file begins with a byte order mark, which JSON has not; save it as UTF-8 without one",
        );
    }
    error
}

fn check_version(version: &Value) -> Result<()> {
    match version.as_str() {
        Some("1.0") => Ok(()),
        _ => Err(wrong("version", "\"1.0\", the only version there is", version)),
    }
}

const FIELDS: [&str; 9] = [
    "version",
    "truncation",
    "padding",
    "added_tokens",
    "normalizer",
    "pre_tokenizer",
    "post_processor",
    "decoder",
    "model",
];

/// The small parts by name, and the model.
type File = (Vec<(&'static str, Value)>, Option<RawModel>);

/// Reads the whole file in one pass.
struct FileSeed<'a>(&'a Findings);

impl<'de> DeserializeSeed<'de> for FileSeed<'_> {
    type Value = File;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<File, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FileSeed<'_> {
    type Value = File;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tokenizer (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<File, A::Error> {
        let (mut parts, mut model): File = (Vec::new(), None);
        while let Some(found) = map.next_key::<String>()? {
            let Some(name) = FIELDS.into_iter().find(|known| *known == found) else {
                let message = format!(
                    "a tokenizer.json has no field {:?}; it has {}",
                    crate::json::shortened(&found),
                    FIELDS.join(", ")
                );
                return Err(self.0.refuse(Error::format(message)));
            };
            self.0.reading(name);
            let path = Path::Part(name);
            if parts.iter().any(|(known, _)| *known == name) || (name == "model" && model.is_some()) {
                return Err(self.0.refuse(twice(&path)));
            }
            if name == "model" {
                model = Some(map.next_value_seed(ModelSeed(self.0))?);
            } else {
                parts.push((name, map.next_value_seed(Tree::new(path, self.0))?));
            }
        }
        Ok((parts, model))
    }
}

fn added_tokens(value: &Value) -> Result<Vec<AddedToken>> {
    let canonical = components::ADDED_TOKENS.read(value, &Path::Part("added_tokens"))?;
    let tokens = canonical.as_array().map(Vec::as_slice).unwrap_or_default();
    let token = |token: &Value| {
        let object = Object::new(token, "added_tokens")?;
        Ok(AddedToken {
            content: object.str("content")?.to_owned(),
            single_word: object.bool("single_word")?,
            lstrip: object.bool("lstrip")?,
            rstrip: object.bool("rstrip")?,
            normalized: object.bool("normalized")?,
            special: object.bool("special")?,
        })
    };
    tokens.iter().map(token).collect()
}

#[cfg(test)]
mod tests;
