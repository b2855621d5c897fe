//! Rows of bare ids: what most batches are, when nobody asks for spans.
//!
//! An encoding has a column for everything that can be asked of it. Of a row whose columns follow from its ids (no spans,
//! no pairs, no windows) only the ids are kept, without what the post-processor writes around them: that is the same for
//! every row, as is the padding. The columns are made when they are read.

use lexel::{Encoding, Padding, Pipeline, Result, Side, Strategy, Truncation};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::lists::{Kept, repeated};

/// A token that the post-processor writes: id, type id, whether it counts as special.
type Written = (u32, u32, u8);

/// What stands around the ids of every row.
pub(crate) struct Frame {
    before: Vec<Written>,
    after: Vec<Written>,
    /// The type id of the ids themselves.
    type_id: u32,
    add_special_tokens: bool,
}

/// Ids of no vocabulary, to see where they go.
const MARKS: [u32; 2] = [u32::MAX - 1, u32::MAX];

impl Frame {
    /// What post-processing does to one text; None where it is more than to write tokens around it.
    pub(crate) fn of(pipeline: &Pipeline, add_special_tokens: bool) -> Option<Self> {
        let whole = pipeline.post_process(plain(MARKS.to_vec()), None, add_special_tokens).ok()?;
        let at = whole.ids.windows(2).position(|pair| pair == MARKS)?;
        let marks = whole.ids.iter().filter(|id| MARKS.contains(id)).count();
        let columns = [whole.type_ids.len(), whole.special_tokens_mask.len(), whole.attention_mask.len()];
        let attended = whole.attention_mask.iter().all(|&mask| mask == 1);
        if marks != 2 || columns != [whole.ids.len(); 3] || !attended || whole.special_tokens_mask[at] != 0 {
            return None;
        }
        let written = |place: usize| (whole.ids[place], whole.type_ids[place], whole.special_tokens_mask[place]);
        Some(Self {
            before: (0..at).map(written).collect(),
            after: (at + 2..whole.ids.len()).map(written).collect(),
            type_id: whole.type_ids[at],
            add_special_tokens,
        })
    }

    /// How many tokens it is.
    pub(crate) fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
}

/// How the ids of a single text are cut; by default not at all.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cut(Option<(usize, Side)>);

impl Cut {
    /// What a truncation means for single texts whose windows nobody wants; None where it may be an error.
    pub(crate) fn of_single(how: Truncation, written: usize) -> Option<Self> {
        let room = how.max_length.checked_sub(written).filter(|&room| room > 0)?;
        let plain = !how.windows && how.stride == 0 && how.strategy != Strategy::OnlySecond;
        plain.then_some(Self(Some((room, how.side))))
    }

    pub(crate) fn of(self, mut ids: Vec<u32>) -> Vec<u32> {
        if let Some((room, side)) = self.0
            && ids.len() > room
        {
            match side {
                Side::Right => ids.truncate(room),
                Side::Left => drop(ids.drain(..ids.len() - room)),
            }
            ids.shrink_to_fit();
        }
        ids
    }
}

/// An encoding of ids alone.
fn plain(ids: Vec<u32>) -> Encoding {
    let n = ids.len();
    let mut encoding = Encoding::default();
    encoding.ids = ids;
    encoding.type_ids = vec![0; n];
    encoding.special_tokens_mask = vec![0; n];
    encoding.attention_mask = vec![1; n];
    encoding
}

/// A column that can be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Ids,
    TypeIds,
    AttentionMask,
    SpecialTokensMask,
}

/// Rows of ids, and what is around them all.
pub(crate) struct Rows {
    ids: Vec<Vec<u32>>,
    frame: Frame,
    padding: Option<Padding>,
    /// Rows are filled up to this; longer ones stay.
    padded: usize,
}

impl Rows {
    pub(crate) fn new(ids: Vec<Vec<u32>>, frame: Frame, padding: Option<Padding>) -> Self {
        let mut rows = Self { ids, frame, padding: None, padded: 0 };
        if let Some(padding) = padding {
            let longest = || rows.ids.iter().map(|ids| ids.len() + rows.frame.len()).max().unwrap_or(0);
            let length = padding.length.unwrap_or_else(longest);
            rows.padded = match padding.multiple_of {
                Some(multiple) if multiple > 0 => length.div_ceil(multiple) * multiple,
                _ => length,
            };
            rows.padding = Some(padding);
        }
        rows
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The tokens of a row.
    pub(crate) fn width(&self, row: usize) -> usize {
        (self.ids[row].len() + self.frame.len()).max(self.padded)
    }

    /// A row as an encoding with all columns.
    pub(crate) fn encoding(&self, pipeline: &Pipeline, row: usize) -> Result<Encoding> {
        let mut whole = pipeline.post_process(plain(self.ids[row].clone()), None, self.frame.add_special_tokens)?;
        if let Some(padding) = &self.padding {
            whole.pad(self.padded, padding.id, padding.type_id, padding.side);
        }
        Ok(whole)
    }

    /// Append a column of a row.
    pub(crate) fn write<T: From<u32> + Clone>(&self, row: usize, field: Field, into: &mut Vec<T>) {
        let ids = &self.ids[row];
        let own = ids.len() + self.frame.len();
        let missing = self.padded.saturating_sub(own);
        let (filler, left) = self.padding.as_ref().map_or((0, false), |padding| {
            let filler = match field {
                Field::Ids => padding.id,
                Field::TypeIds => padding.type_id,
                Field::AttentionMask => 0,
                Field::SpecialTokensMask => 1,
            };
            (filler, padding.side == Side::Left)
        });
        let fill = |count: usize, value: u32, into: &mut Vec<T>| into.resize(into.len() + count, T::from(value));
        if left {
            fill(missing, filler, into);
        }
        let written = |&(id, type_id, special): &Written| {
            T::from(match field {
                Field::Ids => id,
                Field::TypeIds => type_id,
                Field::AttentionMask => 1,
                Field::SpecialTokensMask => special.into(),
            })
        };
        into.extend(self.frame.before.iter().map(written));
        match field {
            Field::Ids => into.extend(ids.iter().map(|&id| T::from(id))),
            Field::TypeIds => fill(ids.len(), self.frame.type_id, into),
            Field::AttentionMask => fill(ids.len(), 1, into),
            Field::SpecialTokensMask => fill(ids.len(), 0, into),
        }
        into.extend(self.frame.after.iter().map(written));
        if !left {
            fill(missing, filler, into);
        }
    }

    /// A column of every row as a list of lists.
    pub(crate) fn lists<'py>(&self, py: Python<'py>, field: Field, ints: Kept<'_>) -> PyResult<Bound<'py, PyList>> {
        let bare = field == Field::Ids && self.frame.len() == 0 && self.padding.is_none();
        let mut column: Vec<u32> = Vec::new();
        let lists = (0..self.len()).map(|row| {
            if bare {
                return ints.list(py, &self.ids[row]);
            }
            column.clear();
            self.write(row, field, &mut column);
            repeated(py, &column).unwrap_or_else(|| ints.list(py, &column))
        });
        PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)
    }
}
