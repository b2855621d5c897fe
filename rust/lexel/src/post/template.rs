//! Templates: where the sequences and the special tokens stand.

use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::Value;

use super::Columns;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::json::{Object, as_u32, wrong};

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
    pub(super) fn compile(object: Object<'_>) -> Result<Self> {
        let specials = special_tokens(object)?;
        let pieces = |key: &str| -> Result<Vec<Piece>> {
            let path = object.child(key);
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
        let token = Object::new(value, &path)?;
        let ids = token.array("ids")?.iter().map(|id| as_u32(id).ok_or_else(|| wrong(&path, "a list of ids", id)));
        let ids = ids.collect::<Result<Arc<[u32]>>>()?;
        let names = token.array("tokens")?.len();
        if names != ids.len() {
            return Err(Error::format(format!(
                "{} ids, but {names} tokens: give each id the token it stands for",
                ids.len()
            ))
            .at(&path));
        }
        specials.insert(name.clone(), ids);
    }
    Ok(specials)
}

fn piece(value: &Value, path: &str, specials: &HashMap<String, Arc<[u32]>>) -> Result<Piece> {
    let object = Object::new(value, path)?;
    let read = |key: &str| -> Result<Option<(String, u32)>> {
        let Some(inner) = object.map.get(key) else { return Ok(None) };
        let path = object.child(key);
        let inner = Object::new(inner, &path)?;
        let type_id = inner.need("type_id")?;
        let type_id = as_u32(type_id).ok_or_else(|| wrong(&inner.child("type_id"), "a type id", type_id))?;
        Ok(Some((inner.str("id")?.to_owned(), type_id)))
    };
    if let Some((name, type_id)) = read("SpecialToken")? {
        return Ok(match specials.get(&name) {
            Some(ids) => Piece::Special { ids: ids.clone(), type_id },
            None => Piece::Undefined { name },
        });
    }
    match read("Sequence")? {
        Some((id, type_id)) => Ok(Piece::Sequence { index: usize::from(id == "B"), type_id }),
        None => Err(wrong(path, "an object with the field \"SpecialToken\" or \"Sequence\"", value)),
    }
}
