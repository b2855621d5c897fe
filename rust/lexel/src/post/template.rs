//! Templates: where the sequences and the special tokens stand.

use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::Value;

use super::Columns;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::json::{Fields, Object, as_u32, variant, wrong};

/// One template for a single sequence, one for a pair.
#[derive(Clone, Debug)]
pub(super) struct Template {
    single: Vec<Piece>,
    pair: Vec<Piece>,
    path: String,
}

#[derive(Clone, Debug)]
enum Piece {
    Sequence {
        index: usize,
        type_id: u32,
    },
    Special {
        ids: Arc<[u32]>,
        type_id: u32,
    },
    /// A special token that is not defined: an error where it would be put in.
    Undefined {
        name: String,
    },
}

impl Piece {
    fn added(&self) -> usize {
        match self {
            Self::Special { ids, .. } => ids.len(),
            Self::Sequence { .. } | Self::Undefined { .. } => 0,
        }
    }
}

impl Template {
    /// Whether an object has the fields of a template, whatever its type says.
    pub(super) fn fields(object: Object<'_>) -> bool {
        ["single", "pair", "special_tokens"].iter().all(|key| object.map.contains_key(*key))
    }

    pub(super) fn compile(object: Object<'_>) -> Result<Self> {
        let specials = special_tokens(object)?;
        let pieces = |key: &str| -> Result<Vec<Piece>> {
            let path = object.child(key);
            if let Some(text) = object.map.get(key).and_then(Value::as_str) {
                return Err(short_form(text, &path));
            }
            let parts = object.array(key)?.iter().enumerate();
            parts.map(|(i, part)| piece(part, &format!("{path}[{i}]"), &specials)).collect()
        };
        Ok(Self { single: pieces("single")?, pair: pieces("pair")?, path: object.path().to_owned() })
    }

    pub(super) fn added(&self, pair: bool) -> usize {
        let pieces = if pair { &self.pair } else { &self.single };
        pieces.iter().map(Piece::added).sum()
    }

    /// The ids before and after the one place of a single sequence.
    pub(super) fn around(&self) -> Option<(Vec<u32>, Vec<u32>)> {
        let mut sides = [Vec::new(), Vec::new()];
        let mut seen = 0;
        for piece in &self.single {
            match piece {
                Piece::Special { ids, .. } => sides[seen].extend_from_slice(ids),
                Piece::Sequence { index: 0, .. } if seen == 0 => seen = 1,
                Piece::Sequence { .. } | Piece::Undefined { .. } => return None,
            }
        }
        let [before, after] = sides;
        (seen == 1).then_some((before, after))
    }

    pub(super) fn run(
        &self,
        mut sequences: Vec<Encoding>,
        add_special: bool,
        columns: Columns,
    ) -> Result<Vec<Encoding>> {
        let (pieces, name) = match sequences.len() {
            1 => (&self.single, "single"),
            2 => (&self.pair, "pair"),
            n => {
                return Err(Error::argument(format!(
                    "a template is for one sequence or two, and the post-processors before it make {n}; put it first"
                ))
                .at(&self.path));
            }
        };
        let mut out = Vec::with_capacity(pieces.len());
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Sequence { index, type_id } => {
                    let Some(sequence) = sequences.get_mut(*index) else {
                        return Err(Error::argument(
                            "the template for one sequence asks for sequence B: give a pair, or correct the template",
                        )
                        .at(&format!("{}.{name}[{at}]", self.path)));
                    };
                    sequence.type_ids.fill(*type_id);
                    sequence.set_sequence_id(*index);
                    let again =
                        pieces[at + 1..].iter().any(|p| matches!(p, Piece::Sequence { index: i, .. } if i == index));
                    out.push(if again { sequence.clone() } else { std::mem::take(sequence) });
                }
                Piece::Special { ids, type_id } if add_special => out.push(columns.inserted(ids, *type_id)),
                Piece::Undefined { name: token } if add_special => {
                    return Err(Error::format(format!(
                        "the special token {token:?} is not among the template's special_tokens: define it there, or \
                         encode without special tokens"
                    ))
                    .at(&format!("{}.{name}[{at}]", self.path)));
                }
                Piece::Special { .. } | Piece::Undefined { .. } => {}
            }
        }
        Ok(out)
    }
}

fn special_tokens(object: Object<'_>) -> Result<HashMap<String, Arc<[u32]>>> {
    let path = object.child("special_tokens");
    let tokens = Object::new(object.need("special_tokens")?, &path)?;
    let mut specials = HashMap::new();
    for (name, value) in tokens.map {
        let path = format!("{path}[{name:?}]");
        let fields = Fields::new(value, &["id", "ids", "tokens"], &path)?;
        let [id, ids, names] = [fields.get(0)?, fields.get(1)?, fields.get(2)?];
        if !id.is_string() {
            return Err(wrong(&format!("{path}.id"), "a string", id));
        }
        let list = |value: &Value, key: &str, what: &str| {
            let list = value.as_array().cloned();
            list.ok_or_else(|| wrong(&format!("{path}.{key}"), what, value))
        };
        let (ids, names) = (list(ids, "ids", "a list of ids")?, list(names, "tokens", "a list of strings")?);
        let ids = ids.iter().enumerate().map(|(i, id)| {
            as_u32(id).ok_or_else(|| wrong(&format!("{path}.ids[{i}]"), "an integer from 0 to 4294967295", id))
        });
        let ids = ids.collect::<Result<Arc<[u32]>>>()?;
        if let Some((i, other)) = names.iter().enumerate().find(|(_, name)| !name.is_string()) {
            return Err(wrong(&format!("{path}.tokens[{i}]"), "a string", other));
        }
        if names.len() != ids.len() {
            return Err(Error::format(format!(
                "{} ids, but {} tokens: give each id the token it stands for",
                ids.len(),
                names.len()
            ))
            .at(&path));
        }
        specials.insert(name.clone(), ids);
    }
    Ok(specials)
}

/// What `"[CLS] $A:0"` should say: the short form is for builders, files spell the pieces out.
fn short_form(text: &str, path: &str) -> Error {
    Error::format(format!(
        "expected a list of pieces, found the string {text:?}; in a file a template is spelled out, as \
         [{{\"SpecialToken\": {{\"id\": \"[CLS]\", \"type_id\": 0}}}}, {{\"Sequence\": {{\"id\": \"A\", \"type_id\": 0}}}}]"
    ))
    .at(path)
}

fn piece(value: &Value, path: &str, specials: &HashMap<String, Arc<[u32]>>) -> Result<Piece> {
    let expected = "an object with the field \"SpecialToken\" or \"Sequence\"";
    if let Some(text) = value.as_str() {
        return Err(short_form(text, path));
    }
    let object = Object::new(value, path)?;
    let (Some((kind, inner)), 1) = (object.map.iter().next(), object.map.len()) else {
        return Err(wrong(path, expected, value));
    };
    let path = object.child(kind);
    let fields = || -> Result<(&Value, u32)> {
        let fields = Fields::new(inner, &["id", "type_id"], &path)?;
        let type_id = fields.get(1)?;
        let place = format!("{path}.type_id");
        let type_id = as_u32(type_id).ok_or_else(|| wrong(&place, "an integer from 0 to 4294967295", type_id))?;
        Ok((fields.get(0)?, type_id))
    };
    match kind.as_str() {
        "SpecialToken" => {
            let (id, type_id) = fields()?;
            let name = id.as_str().ok_or_else(|| wrong(&format!("{path}.id"), "a string", id))?;
            Ok(match specials.get(name) {
                Some(ids) => Piece::Special { ids: ids.clone(), type_id },
                None => Piece::Undefined { name: name.to_owned() },
            })
        }
        "Sequence" => {
            let (id, type_id) = fields()?;
            let index = match variant(id) {
                Some("A") => 0,
                Some("B") => 1,
                _ => return Err(wrong(&format!("{path}.id"), "\"A\" or \"B\"", id)),
            };
            Ok(Piece::Sequence { index, type_id })
        }
        _ => Err(wrong(object.path(), expected, value)),
    }
}
