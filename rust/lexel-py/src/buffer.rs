//! Arrays that numpy and torch read where they are.
#![expect(unsafe_code, reason = "the buffer protocol is a C interface")]

use std::ffi::{CStr, c_int, c_void};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

enum Items {
    Int64(Vec<i64>),
    Uint32(Vec<u32>),
}

/// A contiguous, read-only-shaped but writable array.
#[pyclass(frozen, module = "lexel._lexel")]
pub(crate) struct Buffer {
    items: Items,
    shape: Vec<isize>,
    strides: Vec<isize>,
}

impl Buffer {
    pub(crate) fn int64(items: Vec<i64>, shape: &[usize]) -> Self {
        Self::new(Items::Int64(items), shape, 8)
    }

    pub(crate) fn uint32(items: Vec<u32>) -> Self {
        let length = items.len();
        Self::new(Items::Uint32(items), &[length], 4)
    }

    fn new(items: Items, shape: &[usize], item_size: isize) -> Self {
        let shape: Vec<isize> = shape.iter().map(|&n| n as isize).collect();
        let mut strides = vec![item_size; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self { items, shape, strides }
    }

    fn parts(&self) -> (*mut c_void, usize, usize, &'static CStr) {
        match &self.items {
            Items::Int64(items) => (items.as_ptr().cast_mut().cast(), items.len(), 8, c"q"),
            Items::Uint32(items) => (items.as_ptr().cast_mut().cast(), items.len(), 4, c"I"),
        }
    }
}

#[pymethods]
impl Buffer {
    #[getter]
    fn shape(&self) -> Vec<isize> {
        self.shape.clone()
    }

    #[getter]
    fn format(&self) -> &'static str {
        match self.items {
            Items::Int64(_) => "q",
            Items::Uint32(_) => "I",
        }
    }

    fn __len__(&self) -> usize {
        self.shape.first().map_or(0, |&n| n as usize)
    }

    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let flat = match &self.items {
            Items::Int64(items) => PyList::new(py, items)?,
            Items::Uint32(items) => PyList::new(py, items)?,
        };
        let mut nested = flat;
        for &width in self.shape[1..].iter().rev() {
            let width = (width as usize).max(1);
            let rows = nested.len() / width;
            let parts = (0..rows).map(|row| nested.get_slice(row * width, (row + 1) * width));
            nested = PyList::new(py, parts.collect::<Vec<_>>())?;
        }
        Ok(nested)
    }

    /// # Safety
    /// Called by the interpreter with a valid view to fill.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("no view to fill"));
        }
        let this = slf.get();
        let (data, length, item_size, format) = this.parts();
        let wants = |flag: c_int| flags & flag == flag;
        // SAFETY: `view` is valid and ours to fill. `data`, shape and strides live in `self`, which the view keeps alive
        // through `obj`; the vectors are never touched again, so nothing moves. Consumers may write: nobody in Rust
        // reads the items after the buffer was made, and `tolist` copies under the interpreter's own rules for buffers.
        unsafe {
            (*view).buf = data;
            (*view).len = (length * item_size) as isize;
            (*view).readonly = 0;
            (*view).itemsize = item_size as isize;
            (*view).format =
                if wants(ffi::PyBUF_FORMAT) { format.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).ndim = this.shape.len() as c_int;
            (*view).shape = if wants(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).strides =
                if wants(ffi::PyBUF_STRIDES) { this.strides.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).suboffsets = std::ptr::null_mut();
            (*view).internal = std::ptr::null_mut();
            (*view).obj = slf.into_ptr();
        }
        Ok(())
    }

    /// # Safety
    /// Called by the interpreter; there is nothing to release.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {}
}
