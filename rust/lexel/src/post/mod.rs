//! Post-processors: what is put around the tokens of one or two sequences.

use hashbrown::HashMap;
use serde_json::Value;

use crate::encoding::{Encoding, NO_WORD};
use crate::error::{Error, Result};
use crate::json::{Object, as_u32, wrong};

/// A compiled post-processor.
#[derive(Clone, Debug)]
pub(crate) enum Post {
    ByteLevel { add_prefix_space: bool, trim_offsets: bool },
    Template(Template),
    Sequence(Vec<Post>),
}

#[derive(Clone, Debug)]
pub(crate) struct Template {
    single: Vec<Piece>,
    pair: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Sequence { index: usize, type_id: u32 },
    Special { ids: Vec<u32>, type_id: u32 },
}

impl Post {
    /// Compile the JSON of a post-processor; `path` is where it stands in the file.
    pub(crate) fn compile(value: &Value, path: &str) -> Result<Self> {
        let object = Object::new(value, path)?;
        Ok(match object.str("type")? {
            "ByteLevel" => Self::ByteLevel {
                add_prefix_space: object.bool("add_prefix_space")?,
                trim_offsets: object.bool("trim_offsets")?,
            },
            "TemplateProcessing" => Self::Template(Template::compile(object)?),
            "Sequence" => {
                let path = object.child("processors");
                let parts = object.array("processors")?.iter().enumerate();
                Self::Sequence(parts.map(|(i, p)| Self::compile(p, &format!("{path}[{i}]"))).collect::<Result<_>>()?)
            }
            other => return Err(Error::unsupported(format!("the post-processor {other:?}")).at(path)),
        })
    }

    /// How many tokens it puts in.
    pub(crate) fn added(&self, pair: bool) -> usize {
        match self {
            Self::ByteLevel { .. } => 0,
            Self::Template(template) => template.pieces(pair).iter().map(Piece::added).sum(),
            Self::Sequence(parts) => parts.iter().map(|p| p.added(pair)).sum(),
        }
    }

    /// Whether it needs to know the whitespace at the edges of tokens.
    pub(crate) fn trims(&self) -> bool {
        match self {
            Self::ByteLevel { trim_offsets, .. } => *trim_offsets,
            Self::Template(_) => false,
            Self::Sequence(parts) => parts.iter().any(Self::trims),
        }
    }

    /// Make one encoding of one or two sequences.
    pub(crate) fn process(&self, first: Encoding, second: Option<Encoding>, add_special: bool) -> Encoding {
        let mut sequences: Vec<Encoding> = std::iter::once(first).chain(second).collect();
        for (index, sequence) in sequences.iter_mut().enumerate() {
            sequence.set_sequence_id(index);
            for window in &mut sequence.overflowing {
                window.set_sequence_id(index);
            }
            sequence.type_ids = vec![index as u32; sequence.len()];
        }
        merge(self.run(sequences, add_special))
    }

    fn run(&self, mut sequences: Vec<Encoding>, add_special: bool) -> Vec<Encoding> {
        match self {
            Self::ByteLevel { add_prefix_space, trim_offsets } => {
                for (index, sequence) in sequences.iter_mut().enumerate() {
                    if *trim_offsets {
                        trim(sequence, *add_prefix_space);
                        for window in &mut sequence.overflowing {
                            trim(window, *add_prefix_space);
                        }
                    }
                    sequence.set_sequence_id(index);
                }
                sequences
            }
            Self::Template(template) => template.run(&sequences, add_special),
            Self::Sequence(parts) => parts.iter().fold(sequences, |s, part| part.run(s, add_special)),
        }
    }
}

/// Join encodings, without a post-processor or after one.
pub(crate) fn merge(sequences: Vec<Encoding>) -> Encoding {
    let mut parts = sequences.into_iter();
    let Some(mut whole) = parts.next() else { return Encoding::default() };
    for part in parts {
        whole.append(part, false);
    }
    whole
}

/// What happens without a post-processor.
pub(crate) fn join(first: Encoding, second: Option<Encoding>) -> Encoding {
    let Some(mut second) = second else { return first };
    let mut whole = first;
    whole.set_sequence_id(0);
    second.set_sequence_id(1);
    whole.append(second, false);
    whole
}

/// Take the whitespace at the edges of tokens out of their offsets.
fn trim(encoding: &mut Encoding, add_prefix_space: bool) {
    for (i, (offsets, &(leading, trailing))) in encoding.offsets.iter_mut().zip(&encoding.edges).enumerate() {
        let mut leading = leading;
        if leading > 0 {
            // One space before the first word may be one the pre-tokenizer put there: it has no place in the text.
            if (i == 0 || offsets.0 == 0) && add_prefix_space && leading == 1 {
                leading = 0;
            }
            offsets.0 = (offsets.0 + leading).min(offsets.1);
        }
        if trailing > 0 && offsets.1 >= trailing {
            offsets.1 = (offsets.1 - trailing).max(offsets.0);
        }
    }
}

impl Piece {
    fn added(&self) -> usize {
        match self {
            Self::Sequence { .. } => 0,
            Self::Special { ids, .. } => ids.len(),
        }
    }
}

impl Template {
    fn compile(object: Object<'_>) -> Result<Self> {
        let specials = special_tokens(object)?;
        let pieces = |key: &str| -> Result<Vec<Piece>> {
            let path = object.child(key);
            let parts = object.array(key)?.iter().enumerate();
            parts.map(|(i, part)| piece(part, &format!("{path}[{i}]"), &specials)).collect()
        };
        let (single, pair) = (pieces("single")?, pieces("pair")?);
        if single.iter().any(|p| matches!(p, Piece::Sequence { index: 1, .. })) {
            return Err(Error::format("the template for one sequence asks for sequence B").at(&object.child("single")));
        }
        Ok(Self { single, pair })
    }

    fn pieces(&self, pair: bool) -> &[Piece] {
        if pair { &self.pair } else { &self.single }
    }

    fn run(&self, sequences: &[Encoding], add_special: bool) -> Vec<Encoding> {
        let spans = sequences.iter().all(|s| s.is_empty() || !s.offsets.is_empty());
        let edges = sequences.iter().any(|s| !s.edges.is_empty());
        let mut out = Vec::new();
        for piece in self.pieces(sequences.len() > 1) {
            match piece {
                Piece::Sequence { index, type_id } => {
                    let mut part = sequences[*index].clone();
                    part.type_ids = vec![*type_id; part.len()];
                    part.set_sequence_id(*index);
                    out.push(part);
                }
                Piece::Special { ids, type_id } if add_special => {
                    let n = ids.len();
                    out.push(Encoding {
                        ids: ids.clone(),
                        type_ids: vec![*type_id; n],
                        offsets: vec![(0, 0); if spans { n } else { 0 }],
                        words: vec![NO_WORD; if spans { n } else { 0 }],
                        special_tokens_mask: vec![1; n],
                        attention_mask: vec![1; n],
                        edges: vec![(0, 0); if edges { n } else { 0 }],
                        ..Encoding::default()
                    });
                }
                Piece::Special { .. } => {}
            }
        }
        out
    }
}

fn special_tokens(object: Object<'_>) -> Result<HashMap<String, Vec<u32>>> {
    let path = object.child("special_tokens");
    let tokens = Object::new(object.need("special_tokens")?, &path)?;
    let mut specials = HashMap::new();
    for (name, value) in tokens.map {
        let path = format!("{path}[{name:?}]");
        let token = Object::new(value, &path)?;
        let ids = token.array("ids")?.iter().map(|id| as_u32(id).ok_or_else(|| wrong(&path, "a list of ids", id)));
        let ids = ids.collect::<Result<Vec<u32>>>()?;
        let names = token.array("tokens")?.len();
        if names != ids.len() {
            return Err(Error::format(format!("{} ids, but {names} tokens", ids.len())).at(&path));
        }
        specials.insert(name.clone(), ids);
    }
    Ok(specials)
}

fn piece(value: &Value, path: &str, specials: &HashMap<String, Vec<u32>>) -> Result<Piece> {
    let object = Object::new(value, path)?;
    let read = |key: &str| -> Result<Option<(String, u32)>> {
        let Some(inner) = object.map.get(key) else { return Ok(None) };
        let path = object.child(key);
        let inner = Object::new(inner, &path)?;
        Ok(Some((inner.str("id")?.to_owned(), inner.u32("type_id")?)))
    };
    if let Some((id, type_id)) = read("SpecialToken")? {
        let ids = specials.get(&id).ok_or_else(|| {
            Error::format(format!("the special token {id:?} is not among the template's special_tokens")).at(path)
        })?;
        return Ok(Piece::Special { ids: ids.clone(), type_id });
    }
    match read("Sequence")? {
        Some((id, type_id)) if id == "A" || id == "B" => Ok(Piece::Sequence { index: usize::from(id == "B"), type_id }),
        Some((id, _)) => Err(Error::format(format!("expected sequence \"A\" or \"B\", found {id:?}")).at(path)),
        None => Err(wrong(path, "an object with the field \"SpecialToken\" or \"Sequence\"", value)),
    }
}
