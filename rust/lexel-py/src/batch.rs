//! Rows of encodings, read out as lists or as buffers.

use std::sync::Arc;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::buffer::Buffer;
use crate::encoding::Encoding;
use crate::engine::Engine;
use crate::lists::repeated;

/// What `Engine.encode_batch` returns.
#[pyclass(frozen, module = "lexel._lexel")]
pub(crate) struct Batch {
    rows: Vec<lexel::Encoding>,
    /// The input of each row.
    sources: Vec<usize>,
    engine: Py<Engine>,
    pad_token: Option<Arc<str>>,
}

impl Batch {
    pub(crate) fn new(rows: Vec<lexel::Encoding>, engine: Py<Engine>, pad_token: Option<&str>) -> Self {
        let sources = (0..rows.len()).collect();
        Self { rows, sources, engine, pad_token: pad_token.map(Into::into) }
    }

    fn width(&self) -> PyResult<usize> {
        let Some(first) = self.rows.first() else { return Ok(0) };
        match self.rows.iter().position(|row| row.len() != first.len()) {
            None => Ok(first.len()),
            Some(other) => Err(PyValueError::new_err(format!(
                "the rows differ in length (row 0 has {} tokens, row {other} has {}): pad and truncate them \
                 (padding=True, truncation=True) to get one array",
                first.len(),
                self.rows[other].len()
            ))),
        }
    }
}

/// A column of a row, whatever its type.
enum Column<'a> {
    Wide(&'a [u32]),
    Narrow(&'a [u8]),
}

fn column<'a>(row: &'a lexel::Encoding, field: &str) -> PyResult<Column<'a>> {
    Ok(match field {
        "ids" => Column::Wide(&row.ids),
        "type_ids" => Column::Wide(&row.type_ids),
        "attention_mask" => Column::Narrow(&row.attention_mask),
        "special_tokens_mask" => Column::Narrow(&row.special_tokens_mask),
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
        let inner = self.rows.get(index).ok_or_else(|| {
            PyIndexError::new_err(format!("there is no row {index}: the batch has {} rows", self.rows.len()))
        })?;
        Ok(Encoding { inner: inner.clone(), engine: self.engine.clone_ref(py), pad_token: self.pad_token.clone() })
    }

    fn lists<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Bound<'py, PyList>> {
        let ints = self.engine.get().ints();
        let lists = self.rows.iter().map(|row| match column(row, field)? {
            Column::Wide(items) => ints.list(py, items),
            Column::Narrow(items) => repeated(py, items).unwrap_or_else(|| PyList::new(py, items)),
        });
        PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)
    }

    fn offset_lists<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let ints = self.engine.get().ints();
        let lists = self.rows.iter().map(|row| ints.pairs(py, &row.offsets));
        PyList::new(py, lists.collect::<PyResult<Vec<_>>>()?)
    }

    fn lengths(&self) -> Vec<usize> {
        self.rows.iter().map(lexel::Encoding::len).collect()
    }

    fn sample_mapping(&self) -> Vec<usize> {
        self.sources.clone()
    }

    fn windows(&self, py: Python<'_>) -> Self {
        let (mut rows, mut sources) = (Vec::new(), Vec::new());
        for (row, &source) in self.rows.iter().zip(&self.sources) {
            let mut first = row.clone();
            first.overflowing.clear();
            for window in std::iter::once(first).chain(row.overflowing.iter().cloned()) {
                rows.push(window);
                sources.push(source);
            }
        }
        Self { rows, sources, engine: self.engine.clone_ref(py), pad_token: self.pad_token.clone() }
    }

    fn rectangular(&self) -> bool {
        self.rows.windows(2).all(|pair| pair[0].len() == pair[1].len())
    }

    fn array(&self, field: &str) -> PyResult<Buffer> {
        let width = self.width()?;
        let mut items = Vec::with_capacity(width * self.rows.len());
        for row in &self.rows {
            match column(row, field)? {
                Column::Wide(column) => items.extend(column.iter().map(|&v| i64::from(v))),
                Column::Narrow(column) => items.extend(column.iter().map(|&v| i64::from(v))),
            }
        }
        Ok(Buffer::int64(items, &[self.rows.len(), width]))
    }

    fn offset_array(&self) -> PyResult<Buffer> {
        let width = self.width()?;
        let mut items = Vec::with_capacity(2 * width * self.rows.len());
        for row in &self.rows {
            items.extend(row.offsets.iter().flat_map(|&(start, end)| [i64::from(start), i64::from(end)]));
        }
        Ok(Buffer::int64(items, &[self.rows.len(), width, 2]))
    }

    fn flat_offset_array(&self) -> Buffer {
        let tokens = self.rows.iter().map(lexel::Encoding::len).sum();
        let mut items = Vec::with_capacity(2 * tokens);
        for row in &self.rows {
            items.extend(row.offsets.iter().flat_map(|&(start, end)| [i64::from(start), i64::from(end)]));
        }
        Buffer::int64(items, &[tokens, 2])
    }
}
