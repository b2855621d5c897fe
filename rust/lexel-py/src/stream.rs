//! Decoding step by step.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::convert;

/// A step-by-step decoder.
#[pyclass(module = "lexel._lexel")]
pub(crate) struct DecodeStream {
    inner: lexel::DecodeStream,
    /// The text of one step; its memory stays.
    text: String,
}

impl DecodeStream {
    pub(crate) fn new(inner: lexel::DecodeStream) -> Self {
        Self { inner, text: String::new() }
    }
}

#[pymethods]
impl DecodeStream {
    #[pyo3(signature = (id))]
    fn feed<'py>(&mut self, id: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
        self.text.clear();
        match id.extract::<u32>() {
            Ok(id) => self.inner.feed_into(id, &mut self.text),
            Err(_) => convert::ids(id)?.into_iter().for_each(|id| self.inner.feed_into(id, &mut self.text)),
        }
        Ok(PyString::new(id.py(), &self.text))
    }

    fn flush(&mut self) -> String {
        self.inner.flush()
    }

    fn fork(&self) -> Self {
        Self::new(self.inner.clone())
    }
}
