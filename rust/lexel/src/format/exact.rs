//! The key `lexel` of a model: what a `tokenizer.json` cannot say of a tokenizer of another format.
//!
//! Files of sentencepiece and tiktoken are converted to stages that come as close to the original as the components of a
//! `tokenizer.json` can. Where that is not all the way, the exact stages stand beside them, in the one place where other
//! readers pass over what they do not know:
//!
//! ```json
//! {"model": {"type": "BPE", "vocab": {}, "merges": [], "lexel": {
//!     "reference": "tiktoken",
//!     "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a", "dialect": "rust"}, "behavior": "Removed", "invert": true},
//!     "model": {"merge_by": "ids", "special_ids": [7]}
//! }}}
//! ```
//!
//! A stage that is not there is the standard one; `null` is a stage that does nothing. `aliases` gives added tokens other
//! names (name to id), which are found in texts as their contents are.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Components;
use super::components::{EXACT_DECODERS, EXACT_NORMALIZERS, EXACT_PRE_TOKENIZERS, Family};
use super::tree::Path;
use crate::error::{Error, Result};
use crate::json::as_u32;
use crate::model::ModelOptions;
use crate::model::bpe::{MergeBy, Order};
use crate::model::sentencepiece::{PieceKind, PieceOptions};

/// The exact stages, in canonical form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exact {
    /// The library whose results are meant.
    reference: &'static str,
    normalizer: Option<Value>,
    pre_tokenizer: Option<Value>,
    decoder: Option<Value>,
    /// Other names of added tokens.
    aliases: Vec<(String, u32)>,
}

const REFERENCES: [&str; 2] = ["tiktoken", "sentencepiece"];
const FIELDS: [&str; 6] = ["reference", "normalizer", "pre_tokenizer", "decoder", "aliases", "model"];
const MODEL_FIELDS: [&str; 8] = [
    "merge_by",
    "scores",
    "special_ids",
    // Of SentencePiece.
    "kind",
    "unk_id",
    "byte_fallback",
    "unused_ids",
    "user_defined_ids",
];
const KINDS: [(&str, PieceKind); 4] =
    [("BPE", PieceKind::Bpe), ("Unigram", PieceKind::Unigram), ("Word", PieceKind::Word), ("Char", PieceKind::Char)];

impl Exact {
    /// Whether the library whose results are meant is `SentencePiece`.
    pub(super) fn is_sentencepiece(&self) -> bool {
        self.reference == "sentencepiece"
    }

    fn get(&self, name: &str) -> Option<&Value> {
        match name {
            "normalizer" => self.normalizer.as_ref(),
            "pre_tokenizer" => self.pre_tokenizer.as_ref(),
            "decoder" => self.decoder.as_ref(),
            _ => None,
        }
    }
}

impl Components {
    /// The stage of this name that counts, and where it stands.
    pub(crate) fn exact<'a>(&'a self, name: &'a str) -> (&'a Value, &'a str) {
        const NULL: &Value = &Value::Null;
        match self.exact.as_ref().and_then(|exact| exact.get(name)) {
            Some(value) => (
                value,
                match name {
                    "normalizer" => "model.lexel.normalizer",
                    "pre_tokenizer" => "model.lexel.pre_tokenizer",
                    _ => "model.lexel.decoder",
                },
            ),
            None => (self.get(name).unwrap_or(NULL), name),
        }
    }

    /// Other names of added tokens, and their ids.
    pub(crate) fn aliases(&self) -> &[(String, u32)] {
        self.exact.as_ref().map_or(&[], |exact| &exact.aliases)
    }

    /// Let the standard stage count.
    pub(crate) fn drop_exact(&mut self, name: &str) {
        if let Some(exact) = &mut self.exact {
            match name {
                "normalizer" => exact.normalizer = None,
                "pre_tokenizer" => exact.pre_tokenizer = None,
                "decoder" => exact.decoder = None,
                "aliases" => exact.aliases.clear(),
                _ => {}
            }
        }
    }
}

/// Read the key: the exact stages, and what it says of the model.
pub(super) fn read(value: &Value, path: &Path<'_>) -> Result<(Exact, Option<Value>)> {
    let fields = known(value, path, &FIELDS)?;
    let reference = match fields.get("reference") {
        Some(found) => {
            let name = REFERENCES.into_iter().find(|known| found.as_str() == Some(known));
            name.ok_or_else(|| path.field("reference").wrong(&format!("one of {}", REFERENCES.join(", ")), found))?
        }
        None => return Err(path.error("the field \"reference\" is missing")),
    };
    let stage = |name: &str, family: &'static Family| {
        let read = |value: &Value| match value {
            Value::Null => Ok(Value::Null),
            value => family.read(value, &path.field(name)),
        };
        fields.get(name).map(read).transpose()
    };
    let exact = Exact {
        reference,
        normalizer: stage("normalizer", &EXACT_NORMALIZERS)?,
        pre_tokenizer: stage("pre_tokenizer", &EXACT_PRE_TOKENIZERS)?,
        decoder: stage("decoder", &EXACT_DECODERS)?,
        aliases: aliases(fields.get("aliases"), &path.field("aliases"))?,
    };
    Ok((exact, fields.get("model").filter(|model| !model.is_null()).cloned()))
}

fn aliases(value: Option<&Value>, path: &Path<'_>) -> Result<Vec<(String, u32)>> {
    let names = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(names)) => names,
        Some(other) => return Err(path.wrong("an object of name to id", other)),
    };
    let id = |(name, found): (&String, &Value)| match as_u32(found) {
        Some(id) => Ok((name.clone(), id)),
        None => Err(path.field(name).wrong(ID, found)),
    };
    names.iter().map(id).collect()
}

/// What the key says of a BPE model.
pub(super) fn merge_by(value: &Value, path: &Path<'_>) -> Result<MergeBy> {
    let fields = known(value, path, &MODEL_FIELDS)?;
    let order = match fields.get("merge_by") {
        None => return Err(path.error("the field \"merge_by\" is missing")),
        Some(Value::String(by)) if by == "ids" => Order::Ids,
        Some(Value::String(by)) if by == "scores" => {
            let Some(scores) = fields.get("scores") else {
                return Err(path.error("the field \"scores\" is missing"));
            };
            Order::Scores(list(scores, &path.field("scores"), "a number or null", |score| {
                if score.is_null() { Some(None) } else { score.as_f64().map(Some) }
            })?)
        }
        Some(other) => return Err(path.field("merge_by").wrong("\"ids\" or \"scores\"", other)),
    };
    Ok(MergeBy { order, special: ids(fields, "special_ids", path)? })
}

/// What the key says of a model that is run as `SentencePiece` runs it, if its kind is stated.
pub(super) fn pieces(value: &Value, path: &Path<'_>) -> Result<Option<PieceOptions>> {
    let fields = known(value, path, &MODEL_FIELDS)?;
    let Some(found) = fields.get("kind") else { return Ok(None) };
    let need = |name: &str| fields.get(name).ok_or_else(|| path.error(format!("the field {name:?} is missing")));
    let kind = KINDS.into_iter().find(|(name, _)| found.as_str() == Some(name)).map(|(_, kind)| kind);
    let kind = kind.ok_or_else(|| path.field("kind").wrong("one of BPE, Unigram, Word, Char", found))?;
    let found = need("byte_fallback")?;
    let byte_fallback = found.as_bool().ok_or_else(|| path.field("byte_fallback").wrong("true or false", found))?;
    let unk_id = match need("unk_id")? {
        Value::Null => None,
        found => Some(as_u32(found).ok_or_else(|| path.field("unk_id").wrong(ID, found))?),
    };
    Ok(Some(PieceOptions {
        kind,
        unk_id,
        byte_fallback,
        special: ids(fields, "special_ids", path)?,
        unused: ids(fields, "unused_ids", path)?,
        user_defined: ids(fields, "user_defined_ids", path)?,
    }))
}

const ID: &str = "an integer from 0 to 4294967295";

/// A list of ids, ascending; none where it is absent.
fn ids(fields: &Map<String, Value>, name: &str, path: &Path<'_>) -> Result<Arc<[u32]>> {
    let mut ids = match fields.get(name) {
        None => Vec::new(),
        Some(ids) => list(ids, &path.field(name), ID, as_u32)?.to_vec(),
    };
    ids.sort_unstable();
    ids.dedup();
    Ok(ids.into())
}

fn list<T>(value: &Value, path: &Path<'_>, expected: &str, item: impl Fn(&Value) -> Option<T>) -> Result<Arc<[T]>> {
    let Value::Array(items) = value else { return Err(path.wrong("an array", value)) };
    let read = |(at, found): (usize, &Value)| item(found).ok_or_else(|| path.item(at).wrong(expected, found));
    items.iter().enumerate().map(read).collect()
}

/// The fields of an object that has no others than these.
fn known<'a>(value: &'a Value, path: &Path<'_>, names: &[&str]) -> Result<&'a Map<String, Value>> {
    let Value::Object(fields) = value else { return Err(path.wrong("an object", value)) };
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => {
            let name = crate::json::shortened(name);
            Err(Error::unsupported(format!(
                "the field {name:?}, which this version does not know; it knows {}",
                names.join(", ")
            ))
            .at(&path.to_string()))
        }
        None => Ok(fields),
    }
}

/// The key as it is written; nothing where there is nothing to say.
pub(super) fn written(exact: Option<&Exact>, options: &ModelOptions, pieces: Option<&PieceOptions>) -> Option<Value> {
    let exact = exact?;
    let mut fields = Map::new();
    fields.insert("reference".to_owned(), exact.reference.into());
    for name in ["normalizer", "pre_tokenizer", "decoder"] {
        if let Some(stage) = exact.get(name) {
            fields.insert(name.to_owned(), stage.clone());
        }
    }
    let mut model = Map::new();
    if let Some(pieces) = pieces {
        let kind = KINDS.into_iter().find(|(_, kind)| *kind == pieces.kind).map(|(name, _)| name);
        model.insert("kind".to_owned(), kind.into());
        model.insert("unk_id".to_owned(), pieces.unk_id.into());
        model.insert("byte_fallback".to_owned(), pieces.byte_fallback.into());
        for (name, ids) in [
            ("special_ids", &pieces.special),
            ("unused_ids", &pieces.unused),
            ("user_defined_ids", &pieces.user_defined),
        ] {
            if !ids.is_empty() {
                model.insert(name.to_owned(), ids.iter().copied().collect());
            }
        }
    }
    if !exact.aliases.is_empty() {
        let names = exact.aliases.iter().map(|(name, id)| (name.clone(), Value::from(*id)));
        fields.insert("aliases".to_owned(), names.collect::<Map<_, _>>().into());
    }
    if let ModelOptions::Bpe(bpe) = options
        && let Some(merge_by) = &bpe.merge_by
    {
        let (by, scores) = match &merge_by.order {
            Order::Ids => ("ids", None),
            Order::Scores(scores) => ("scores", Some(scores)),
        };
        model.insert("merge_by".to_owned(), by.into());
        if let Some(scores) = scores {
            model.insert("scores".to_owned(), scores.iter().copied().collect());
        }
        if !merge_by.special.is_empty() {
            model.insert("special_ids".to_owned(), merge_by.special.iter().copied().collect());
        }
    }
    if !model.is_empty() {
        fields.insert("model".to_owned(), model.into());
    }
    (fields.len() > 1).then_some(Value::Object(fields))
}
