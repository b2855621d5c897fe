//! Post-processors: what is put around the tokens of one or two sequences.

mod ends;
mod template;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::encoding::{Encoding, NO_WORD};
use crate::error::{Error, Result};
use crate::json::Object;
use ends::Ends;
use template::Template;

/// A compiled post-processor.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    stage: Stage,
    /// Ids before and after those of a single sequence, where no more than that happens to its ids.
    around: Option<(Vec<u32>, Vec<u32>)>,
}

#[derive(Clone, Debug)]
enum Stage {
    ByteLevel(Trim),
    Ends(Ends),
    Template(Template),
    Sequence(Vec<Stage>),
}

impl Post {
    /// Compile the JSON of a post-processor; `path` is where it stands in the file.
    pub(crate) fn compile(value: &Value, path: &str) -> Result<Self> {
        let stage = Stage::compile(value, path)?;
        let mut around = (Vec::new(), Vec::new());
        let around = stage.surround(&mut around, &mut false).then_some(around);
        Ok(Self { stage, around })
    }

    /// How many tokens it puts in.
    pub(crate) fn added(&self, pair: bool) -> usize {
        self.stage.added(pair)
    }

    /// Whether it needs to know the whitespace at the edges of tokens.
    pub(crate) fn trims(&self) -> bool {
        self.stage.trims()
    }

    /// Ids that go before and after those of a single sequence, special tokens included, where that is all there is.
    pub(crate) fn around(&self) -> Option<(&[u32], &[u32])> {
        self.around.as_ref().map(|(before, after)| (before.as_slice(), after.as_slice()))
    }

    /// Make one encoding of one or two sequences.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if a template has no place for these sequences, [`crate::ErrorKind::Format`] if it
    /// names a special token it does not define. Neither can be known at load: the file may never be used that way.
    pub(crate) fn process(&self, first: Encoding, second: Option<Encoding>, add_special: bool) -> Result<Encoding> {
        let mut sequences: Vec<Encoding> = std::iter::once(first).chain(second).collect();
        for (index, sequence) in sequences.iter_mut().enumerate() {
            sequence.set_sequence_id(index);
            for window in &mut sequence.overflowing {
                window.set_sequence_id(index);
            }
            sequence.type_ids.fill(index as u32);
        }
        let columns = Columns::of(&sequences);
        self.stage.run(sequences, add_special, columns).map(merge)
    }
}

impl Stage {
    fn compile(value: &Value, path: &str) -> Result<Self> {
        let object = Object::new(value, path)?;
        Ok(match object.str("type")? {
            "BertProcessing" => Self::Ends(Ends::bert(object)?),
            "RobertaProcessing" => Self::Ends(Ends::roberta(object)?),
            "ByteLevel" => Self::ByteLevel(Trim::compile(object)?),
            "TemplateProcessing" => Self::Template(Template::compile(object)?),
            "Sequence" => {
                let path = object.child("processors");
                let parts = object.array("processors")?.iter().enumerate();
                Self::Sequence(parts.map(|(i, p)| Self::compile(p, &format!("{path}[{i}]"))).collect::<Result<_>>()?)
            }
            other => return Err(Error::unsupported(format!("the post-processor {other:?}")).at(path)),
        })
    }

    fn added(&self, pair: bool) -> usize {
        match self {
            Self::ByteLevel(_) => 0,
            Self::Ends(ends) => ends.added(pair),
            Self::Template(template) => template.added(pair),
            Self::Sequence(parts) => parts.iter().map(|part| part.added(pair)).sum(),
        }
    }

    fn trims(&self) -> bool {
        match self {
            Self::ByteLevel(trim) => trim.offsets,
            Self::Ends(ends) => ends.trims(),
            Self::Template(_) => false,
            Self::Sequence(parts) => parts.iter().any(Self::trims),
        }
    }

    /// Put the ids that it adds to a single sequence around those that are there; false where it does more than that.
    /// `cut` says whether a template has made several encodings of the one, which only trimming leaves as they are.
    fn surround(&self, around: &mut (Vec<u32>, Vec<u32>), cut: &mut bool) -> bool {
        let (before, after) = match self {
            Self::ByteLevel(_) => return true,
            Self::Sequence(parts) => return parts.iter().all(|part| part.surround(around, cut)),
            _ if *cut => return false,
            Self::Ends(ends) => ends.around(),
            Self::Template(template) => match template.around() {
                Some(found) => {
                    *cut = true;
                    found
                }
                None => return false,
            },
        };
        around.0.splice(0..0, before);
        around.1.extend(after);
        true
    }

    fn run(&self, mut sequences: Vec<Encoding>, add_special: bool, columns: Columns) -> Result<Vec<Encoding>> {
        match self {
            Self::ByteLevel(trim) => {
                for (index, sequence) in sequences.iter_mut().enumerate() {
                    trim.apply(sequence);
                    sequence.set_sequence_id(index);
                }
                Ok(sequences)
            }
            Self::Ends(ends) => Ok(ends.run(sequences, add_special, columns)),
            Self::Template(template) => template.run(sequences, add_special, columns),
            Self::Sequence(parts) => parts.iter().try_fold(sequences, |s, part| part.run(s, add_special, columns)),
        }
    }
}

/// Which of the optional columns the encodings of this call have.
#[derive(Clone, Copy, Debug)]
struct Columns {
    spans: bool,
    edges: bool,
    sources: bool,
}

impl Columns {
    fn of(sequences: &[Encoding]) -> Self {
        let with_windows = || sequences.iter().flat_map(|s| std::iter::once(s).chain(&s.overflowing));
        Self {
            spans: with_windows().all(|s| s.is_empty() || !s.offsets.is_empty()),
            edges: with_windows().any(|s| !s.edges.is_empty()),
            sources: with_windows().any(|s| !s.sources.is_empty()),
        }
    }

    /// An encoding of nothing but inserted tokens.
    fn inserted(self, ids: &[u32], type_id: u32) -> Encoding {
        let n = ids.len();
        let optional = |there: bool| if there { n } else { 0 };
        Encoding {
            ids: ids.to_vec(),
            type_ids: vec![type_id; n],
            offsets: vec![(0, 0); optional(self.spans)],
            words: vec![NO_WORD; optional(self.spans)],
            special_tokens_mask: vec![1; n],
            attention_mask: vec![1; n],
            edges: vec![(0, 0); optional(self.edges)],
            sources: vec![NO_WORD; optional(self.sources)],
            ..Encoding::default()
        }
    }
}

/// Takes the whitespace at the edges of tokens out of their offsets.
#[derive(Clone, Copy, Debug)]
struct Trim {
    offsets: bool,
    add_prefix_space: bool,
}

impl Trim {
    fn compile(object: Object<'_>) -> Result<Self> {
        Ok(Self { offsets: object.bool("trim_offsets")?, add_prefix_space: object.bool("add_prefix_space")? })
    }

    fn apply(self, encoding: &mut Encoding) {
        if !self.offsets {
            return;
        }
        for window in &mut encoding.overflowing {
            self.trim(window);
        }
        self.trim(encoding);
    }

    fn trim(self, encoding: &mut Encoding) {
        for (i, (offsets, &(leading, trailing))) in encoding.offsets.iter_mut().zip(&encoding.edges).enumerate() {
            // One space before the first word may be one the pre-tokenizer put there: it has no place in the text.
            let added = (i == 0 || offsets.0 == 0) && self.add_prefix_space && leading == 1;
            if leading > 0 && !added {
                offsets.0 = offsets.0.saturating_add(leading).min(offsets.1);
            }
            if trailing > 0 && offsets.1 >= trailing {
                offsets.1 = (offsets.1 - trailing).max(offsets.0);
            }
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
