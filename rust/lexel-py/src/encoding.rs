//! One encoded input.

use std::sync::Arc;

use lexel::{NO_WORD, Side};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::engine::Engine;
use crate::error::to_python;

/// A row of columns; the engine is kept to name the tokens.
#[pyclass(module = "lexel._lexel")]
pub(crate) struct Encoding {
    pub(crate) inner: lexel::Encoding,
    pub(crate) engine: Py<Engine>,
    /// What padding is called, whatever token its id has.
    pub(crate) pad_token: Option<Arc<str>>,
}

pub(crate) fn side(name: &str) -> PyResult<Side> {
    match name {
        "left" => Ok(Side::Left),
        "right" => Ok(Side::Right),
        other => Err(PyValueError::new_err(format!("expected \"left\" or \"right\", found {other:?}"))),
    }
}

impl Encoding {
    fn sibling(&self, py: Python<'_>, inner: lexel::Encoding) -> Self {
        Self { inner, engine: self.engine.clone_ref(py), pad_token: self.pad_token.clone() }
    }

    fn word_list(&self) -> Vec<Option<u32>> {
        self.inner.words.iter().map(|&w| (w != NO_WORD).then_some(w)).collect()
    }
}

type Columns =
    (Vec<u32>, Vec<u32>, Vec<(u32, u32)>, Vec<u32>, Vec<u8>, Vec<u8>, Vec<(usize, usize, usize)>, Vec<Option<String>>);

#[pymethods]
impl Encoding {
    #[getter]
    fn ids(&self) -> Vec<u32> {
        self.inner.ids.clone()
    }

    #[getter]
    fn type_ids(&self) -> Vec<u32> {
        self.inner.type_ids.clone()
    }

    #[getter]
    fn tokens(&self) -> Vec<String> {
        let pipeline = &self.engine.get().pipeline;
        let columns = self.inner.ids.iter().zip(&self.inner.attention_mask).enumerate();
        let name = |(at, (&id, &attended)): (usize, (&u32, &u8))| match &self.pad_token {
            Some(pad_token) if attended == 0 => pad_token.to_string(),
            _ => self.inner.surface(at).or_else(|| pipeline.id_to_token(id)).unwrap_or_default().to_owned(),
        };
        columns.map(name).collect()
    }

    #[getter]
    fn offsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.engine.get().ints().pairs(py, &self.inner.offsets)
    }

    #[getter]
    fn attention_mask(&self) -> Vec<u32> {
        self.inner.attention_mask.iter().map(|&m| m.into()).collect()
    }

    #[getter]
    fn special_tokens_mask(&self) -> Vec<u32> {
        self.inner.special_tokens_mask.iter().map(|&m| m.into()).collect()
    }

    #[getter]
    fn word_ids(&self) -> Vec<Option<u32>> {
        self.word_list()
    }

    #[getter]
    fn words(&self) -> Vec<Option<u32>> {
        self.word_list()
    }

    #[getter]
    fn sequence_ids(&self) -> Vec<Option<usize>> {
        self.inner.sequence_ids()
    }

    #[getter]
    fn n_sequences(&self) -> usize {
        self.inner.n_sequences()
    }

    #[getter]
    fn overflowing(&self, py: Python<'_>) -> Vec<Self> {
        self.inner.overflowing.iter().map(|window| self.sibling(py, window.clone())).collect()
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    fn __repr__(&self) -> String {
        format!(
            "Encoding(num_tokens={}, attributes=[ids, type_ids, tokens, offsets, attention_mask, special_tokens_mask, overflowing])",
            self.inner.len()
        )
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.borrow().inner == self.inner)
    }

    #[pyo3(signature = (char_pos, sequence_index = 0))]
    fn char_to_token(&self, char_pos: u32, sequence_index: usize) -> Option<usize> {
        self.inner.char_to_token(char_pos, sequence_index)
    }

    #[pyo3(signature = (char_pos, sequence_index = 0))]
    fn char_to_word(&self, char_pos: u32, sequence_index: usize) -> Option<u32> {
        self.inner.char_to_word(char_pos, sequence_index)
    }

    fn token_to_chars(&self, token_index: usize) -> Option<(u32, u32)> {
        self.inner.token_to_chars(token_index)
    }

    fn token_to_sequence(&self, token_index: usize) -> Option<usize> {
        self.inner.token_to_sequence(token_index)
    }

    fn token_to_word(&self, token_index: usize) -> Option<u32> {
        self.inner.token_to_word(token_index)
    }

    #[pyo3(signature = (word_index, sequence_index = 0))]
    fn word_to_chars(&self, word_index: u32, sequence_index: usize) -> Option<(u32, u32)> {
        self.inner.word_to_chars(word_index, sequence_index)
    }

    #[pyo3(signature = (word_index, sequence_index = 0))]
    fn word_to_tokens(&self, word_index: u32, sequence_index: usize) -> Option<(usize, usize)> {
        self.inner.word_to_tokens(word_index, sequence_index)
    }

    #[pyo3(signature = (length, *, direction = "right", pad_id = 0, pad_type_id = 0, pad_token = "[PAD]"))]
    fn pad(&mut self, length: usize, direction: &str, pad_id: u32, pad_type_id: u32, pad_token: &str) -> PyResult<()> {
        self.pad_token = Some(pad_token.into());
        self.inner.pad(length, pad_id, pad_type_id, side(direction)?);
        Ok(())
    }

    #[pyo3(signature = (max_length, stride = 0, direction = "right"))]
    fn truncate(&mut self, max_length: usize, stride: usize, direction: &str) -> PyResult<()> {
        self.inner.truncate(max_length, stride, side(direction)?).map_err(|e| to_python(&e))
    }

    fn set_sequence_id(&mut self, sequence_id: usize) {
        self.inner.set_sequence_id(sequence_id);
    }

    #[staticmethod]
    #[pyo3(signature = (encodings, growing_offsets = true))]
    fn merge(py: Python<'_>, encodings: Vec<PyRef<'_, Self>>, growing_offsets: bool) -> PyResult<Self> {
        let Some((first, rest)) = encodings.split_first() else {
            return Err(PyValueError::new_err("there is nothing to merge: the list of encodings is empty"));
        };
        let mut whole = first.inner.clone();
        for part in rest {
            whole.append(part.inner.clone(), growing_offsets);
        }
        Ok(first.sibling(py, whole))
    }

    fn __copy__(&self, py: Python<'_>) -> Self {
        self.sibling(py, self.inner.clone())
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> Self {
        self.sibling(py, self.inner.clone())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let restore = py.import("lexel._lexel")?.getattr("restore_encoding")?;
        let e = &self.inner;
        let surfaces: Vec<Option<String>> = (0..e.len()).map(|at| e.surface(at).map(str::to_owned)).collect();
        let surfaces = if surfaces.iter().any(Option::is_some) { surfaces } else { Vec::new() };
        let columns: Columns = (
            e.ids.clone(),
            e.type_ids.clone(),
            e.offsets.clone(),
            e.words.clone(),
            e.special_tokens_mask.clone(),
            e.attention_mask.clone(),
            e.sequence_ranges(),
            surfaces,
        );
        let windows: Vec<Self> = self.overflowing(py);
        let arguments = (self.engine.clone_ref(py), columns, windows, self.pad_token.as_deref()).into_pyobject(py)?;
        Ok((restore, arguments))
    }
}

/// Rebuild a pickled encoding.
#[pyfunction]
pub(crate) fn restore_encoding(
    engine: Py<Engine>,
    columns: Columns,
    windows: Vec<PyRef<'_, Encoding>>,
    pad_token: Option<&str>,
) -> Encoding {
    let (ids, type_ids, offsets, words, special, attention, sequences, surfaces) = columns;
    let mut inner = lexel::Encoding::default();
    (inner.ids, inner.type_ids, inner.offsets, inner.words) = (ids, type_ids, offsets, words);
    (inner.special_tokens_mask, inner.attention_mask) = (special, attention);
    inner.overflowing = windows.iter().map(|w| w.inner.clone()).collect();
    inner.set_sequence_ranges(&sequences);
    inner.set_surfaces(surfaces.into_iter().map(|surface| surface.map(Into::into)).collect());
    Encoding { inner, engine, pad_token: pad_token.map(Into::into) }
}
