//! Decoding step by step.

use pyo3::prelude::*;

use crate::convert;

/// A step-by-step decoder.
#[pyclass(module = "lexel._lexel")]
pub(crate) struct DecodeStream {
    inner: lexel::DecodeStream,
}

impl DecodeStream {
    pub(crate) fn new(inner: lexel::DecodeStream) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl DecodeStream {
    #[pyo3(signature = (id))]
    fn feed(&mut self, id: &Bound<'_, PyAny>) -> PyResult<String> {
        let ids = match id.extract::<u32>() {
            Ok(id) => return Ok(self.inner.feed(id)),
            Err(_) => convert::ids(id)?,
        };
        Ok(ids.into_iter().map(|id| self.inner.feed(id)).collect())
    }

    fn flush(&mut self) -> String {
        self.inner.flush()
    }

    fn fork(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}
