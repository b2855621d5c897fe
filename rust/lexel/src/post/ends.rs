//! The post-processors of BERT and `RoBERTa`: a token before the first sequence, one after (or around) each.

use serde_json::Value;

use super::{Columns, Trim};
use crate::encoding::{Encoding, NO_WORD};
use crate::error::Result;
use crate::json::{Object, as_u32, wrong};

/// Puts `cls` before the first sequence and `sep` after each.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    cls: u32,
    sep: u32,
    /// `RoBERTa`: `sep` also stands before the second sequence, all type ids are 0, offsets may be trimmed.
    roberta: Option<Trim>,
}

impl Ends {
    pub(super) fn bert(object: Object<'_>) -> Result<Self> {
        Ok(Self { cls: token(object, "cls")?, sep: token(object, "sep")?, roberta: None })
    }

    pub(super) fn roberta(object: Object<'_>) -> Result<Self> {
        Ok(Self { roberta: Some(Trim::compile(object)?), ..Self::bert(object)? })
    }

    pub(super) fn added(&self, pair: bool) -> usize {
        match (pair, self.roberta.is_some()) {
            (false, _) => 2,
            (true, false) => 3,
            (true, true) => 4,
        }
    }

    pub(super) fn trims(&self) -> bool {
        self.roberta.is_some_and(|trim| trim.offsets)
    }

    pub(super) fn around(&self) -> (Vec<u32>, Vec<u32>) {
        (vec![self.cls], vec![self.sep])
    }

    pub(super) fn run(&self, mut sequences: Vec<Encoding>, add_special: bool, columns: Columns) -> Vec<Encoding> {
        for (index, sequence) in sequences.iter_mut().enumerate() {
            if let Some(trim) = self.roberta {
                trim.apply(sequence);
                sequence.type_ids.fill(0);
            }
            if !add_special {
                continue;
            }
            for window in &mut sequence.overflowing {
                if self.roberta.is_some() {
                    window.type_ids.fill(0);
                }
                self.enclose(window, index, columns);
            }
            self.enclose(sequence, index, columns);
        }
        sequences
    }

    fn enclose(&self, encoding: &mut Encoding, index: usize, columns: Columns) {
        let before = match (index, self.roberta.is_some()) {
            (0, _) => Some(self.cls),
            (_, true) => Some(self.sep),
            (_, false) => None,
        };
        let type_id = u32::from(index > 0 && self.roberta.is_none());
        let inside = encoding.len();
        let start = usize::from(before.is_some());
        put(&mut encoding.ids, before, self.sep);
        let before = before.map(|_| ());
        put(&mut encoding.type_ids, before.map(|()| type_id), type_id);
        // What an earlier processor put in is text to this one.
        encoding.special_tokens_mask.fill(0);
        put(&mut encoding.special_tokens_mask, before.map(|()| 1), 1);
        encoding.attention_mask.fill(1);
        put(&mut encoding.attention_mask, before.map(|()| 1), 1);
        if columns.spans {
            put(&mut encoding.offsets, before.map(|()| (0, 0)), (0, 0));
            put(&mut encoding.words, before.map(|()| NO_WORD), NO_WORD);
        }
        if columns.edges {
            put(&mut encoding.edges, before.map(|()| (0, 0)), (0, 0));
        }
        if columns.sources {
            put(&mut encoding.sources, before.map(|()| NO_WORD), NO_WORD);
        }
        if !encoding.surfaces.is_empty() {
            put(&mut encoding.surfaces, before.map(|()| None), None);
        }
        encoding.sequences = vec![(index.min(1), start..start + inside)];
    }
}

fn put<T>(column: &mut Vec<T>, before: Option<T>, after: T) {
    if let Some(value) = before {
        column.insert(0, value);
    }
    column.push(after);
}

/// A field of the form `["[CLS]", 101]`.
fn token(object: Object<'_>, key: &str) -> Result<u32> {
    let value = object.need(key)?;
    let id = match value.as_array().map(Vec::as_slice) {
        Some([Value::String(_), id]) => as_u32(id),
        _ => None,
    };
    id.ok_or_else(|| wrong(&object.child(key), "a token and its id, as [\"[CLS]\", 101]", value))
}
