//! Rows of encodings, read out as lists or as buffers.

use std::sync::Arc;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::buffer::Buffer;
use crate::encoding::Encoding;
use crate::engine::Engine;
use crate::error::to_python;
use crate::lists::repeated;
use crate::rows::{Field, Rows};

/// What `Engine.encode_batch` returns.
#[pyclass(frozen, module = "lexel._lexel")]
pub(crate) struct Batch {
    rows: Held,
    /// The input of each row.
    sources: Vec<usize>,
    engine: Py<Engine>,
    pad_token: Option<Arc<str>>,
}

/// Rows with all columns, or with ids alone.
pub(crate) enum Held {
    Full(Vec<lexel::Encoding>),
    Bare(Rows),
}

impl Held {
    fn len(&self) -> usize {
        match self {
            Self::Full(rows) => rows.len(),
            Self::Bare(rows) => rows.len(),
        }
    }

    /// The tokens of a row.
    fn width(&self, row: usize) -> usize {
        match self {
            Self::Full(rows) => rows[row].len(),
            Self::Bare(rows) => rows.width(row),
        }
    }

    /// Rows with spans; rows of bare ids have none, and are empty here.
    fn spans(&self) -> impl Iterator<Item = &[(u32, u32)]> {
        (0..self.len()).map(|row| match self {
            Self::Full(rows) => rows[row].offsets.as_slice(),
            Self::Bare(_) => &[],
        })
    }
}

impl Batch {
    pub(crate) fn new(rows: Held, engine: Py<Engine>, pad_token: Option<&str>) -> Self {
        let sources = (0..rows.len()).collect();
        Self { rows, sources, engine, pad_token: pad_token.map(Into::into) }
    }

    fn width(&self) -> PyResult<usize> {
        if self.rows.len() == 0 {
            return Ok(0);
        }
        let first = self.rows.width(0);
        match (1..self.rows.len()).find(|&row| self.rows.width(row) != first) {
            None => Ok(first),
            Some(other) => Err(PyValueError::new_err(format!(
                "the rows differ in length (row 0 has {first} tokens, row {other} has {}): pad and truncate them \
                 (padding=True, truncation=True) to get one array",
                self.rows.width(other)
            ))),
        }
    }

    fn encoding(&self, py: Python<'_>, index: usize) -> PyResult<lexel::Encoding> {
        match &self.rows {
            Held::Full(rows) => Ok(rows[index].clone()),
            Held::Bare(rows) => rows.encoding(&self.engine.bind(py).get().pipeline, index).map_err(|e| to_python(&e)),
        }
    }
}

/// A column of a row, whatever its type.
enum Column<'a> {
    Wide(&'a [u32]),
    Narrow(&'a [u8]),
}

fn column(row: &lexel::Encoding, field: Field) -> Column<'_> {
    match field {
        Field::Ids => Column::Wide(&row.ids),
        Field::TypeIds => Column::Wide(&row.type_ids),
        Field::AttentionMask => Column::Narrow(&row.attention_mask),
        Field::SpecialTokensMask => Column::Narrow(&row.special_tokens_mask),
    }
}

fn field(name: &str) -> PyResult<Field> {
    Ok(match name {
        "ids" => Field::Ids,
        "type_ids" => Field::TypeIds,
        "attention_mask" => Field::AttentionMask,
        "special_tokens_mask" => Field::SpecialTokensMask,
        other => {
            return Err(PyValueError::new_err(format!(
                "there is no field {other:?}; there are ids, type_ids, attention_mask, special_tokens_mask"
            )));
        }
    })
}

#[pymethods]
impl Batch {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, py: Python<'_>, index: usize) -> PyResult<Encoding> {
        if index >= self.rows.len() {
            let rows = self.rows.len();
            return Err(PyIndexError::new_err(format!("there is no row {index}: the batch has {rows} rows")));
        }
        let inner = self.encoding(py, index)?;
        Ok(Encoding { inner, engine: self.engine.clone_ref(py), pad_token: self.pad_token.clone() })
    }

    fn lists<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Bound<'py, PyList>> {
        let field = self::field(field)?;
        let ints = self.engine.get().ints();
        let rows = match &self.rows {
            Held::Full(rows) => rows,
            Held::Bare(rows) => return rows.lists(py, field, ints),
        };
        let lists = rows.iter().map(|row| match column(row, field) {
            Column::Wide(items) => repeated(py, items).unwrap_or_else(|| ints.list(py, items)),
            Column::Narrow(items) => repeated(py, items).unwrap_or_else(|| PyList::new(py, items)),
        });
        PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)
    }

    fn offset_lists<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let ints = self.engine.get().ints();
        let lists = self.rows.spans().map(|spans| ints.pairs(py, spans));
        PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)
    }

    fn lengths(&self) -> Vec<usize> {
        (0..self.rows.len()).map(|row| self.rows.width(row)).collect()
    }

    fn sample_mapping(&self) -> Vec<usize> {
        self.sources.clone()
    }

    fn windows(&self, py: Python<'_>) -> PyResult<Self> {
        let (mut rows, mut sources) = (Vec::new(), Vec::new());
        for (row, &source) in self.sources.iter().enumerate() {
            let mut first = self.encoding(py, row)?;
            let windows = std::mem::take(&mut first.overflowing);
            for window in std::iter::once(first).chain(windows) {
                rows.push(window);
                sources.push(source);
            }
        }
        let (engine, pad_token) = (self.engine.clone_ref(py), self.pad_token.clone());
        Ok(Self { rows: Held::Full(rows), sources, engine, pad_token })
    }

    fn rectangular(&self) -> bool {
        (1..self.rows.len()).all(|row| self.rows.width(row) == self.rows.width(0))
    }

    fn array(&self, field: &str) -> PyResult<Buffer> {
        let field = self::field(field)?;
        let width = self.width()?;
        let mut items: Vec<i64> = Vec::with_capacity(width * self.rows.len());
        match &self.rows {
            Held::Full(rows) => {
                for row in rows {
                    match column(row, field) {
                        Column::Wide(column) => items.extend(column.iter().map(|&v| i64::from(v))),
                        Column::Narrow(column) => items.extend(column.iter().map(|&v| i64::from(v))),
                    }
                }
            }
            Held::Bare(rows) => (0..rows.len()).for_each(|row| rows.write(row, field, &mut items)),
        }
        Ok(Buffer::int64(items, &[self.rows.len(), width]))
    }

    fn offset_array(&self) -> PyResult<Buffer> {
        let width = self.width()?;
        let mut items = Vec::with_capacity(2 * width * self.rows.len());
        for spans in self.rows.spans() {
            items.extend(spans.iter().flat_map(|&(start, end)| [i64::from(start), i64::from(end)]));
        }
        Ok(Buffer::int64(items, &[self.rows.len(), width, 2]))
    }

    fn flat_offset_array(&self) -> Buffer {
        let mut items = Vec::new();
        for spans in self.rows.spans() {
            items.extend(spans.iter().flat_map(|&(start, end)| [i64::from(start), i64::from(end)]));
        }
        let tokens = items.len() / 2;
        Buffer::int64(items, &[tokens, 2])
    }
}
