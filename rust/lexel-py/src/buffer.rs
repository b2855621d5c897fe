//! Arrays that numpy and torch read where they are.
#![expect(unsafe_code, reason = "the buffer protocol is a C interface")]

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

enum Items {
    Int64(Vec<i64>),
    Uint32(Vec<u32>),
}

/// A contiguous array of fixed size; whoever holds a view may write into it.
#[pyclass(frozen, module = "lexel._lexel")]
pub(crate) struct Buffer {
    items: UnsafeCell<Items>,
    shape: Vec<isize>,
    strides: Vec<isize>,
}

// SAFETY: Rust touches the items in `tolist` and `ids` alone, with the interpreter attached. Views write under the rules that all
// users of the buffer protocol share; the vectors themselves never change, so no pointer goes stale.
unsafe impl Sync for Buffer {}

impl Buffer {
    pub(crate) fn int64(items: Vec<i64>, shape: &[usize]) -> Self {
        Self::new(Items::Int64(items), shape, 8)
    }

    pub(crate) fn uint32(items: Vec<u32>) -> Self {
        let length = items.len();
        Self::new(Items::Uint32(items), &[length], 4)
    }

    fn new(items: Items, shape: &[usize], item_size: isize) -> Self {
        let shape: Vec<isize> = shape.iter().map(|&n| n.cast_signed()).collect();
        let mut strides = vec![item_size; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self { items: UnsafeCell::new(items), shape, strides }
    }

    /// The items as ids, if they are one row of the type that ids have.
    pub(crate) fn ids(&self, _py: Python<'_>) -> Option<Vec<u32>> {
        match self.items() {
            Items::Uint32(items) if self.shape.len() == 1 => Some(items.clone()),
            _ => None,
        }
    }

    /// The items, for reading.
    fn items(&self) -> &Items {
        // SAFETY: see the note on `Sync`: nothing ever replaces or resizes the vectors.
        unsafe { &*self.items.get() }
    }

    /// Where the items are, how many bytes in all, and of what kind.
    fn parts(&self) -> (*mut c_void, isize, isize, &'static CStr) {
        // SAFETY: as above; the pointer is made from the cell, so views may write through it.
        match unsafe { &mut *self.items.get() } {
            Items::Int64(items) => (items.as_mut_ptr().cast(), items.len().cast_signed() * 8, 8, c"q"),
            Items::Uint32(items) => (items.as_mut_ptr().cast(), items.len().cast_signed() * 4, 4, c"I"),
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
        match self.items() {
            Items::Int64(_) => "q",
            Items::Uint32(_) => "I",
        }
    }

    fn __len__(&self) -> usize {
        self.shape.first().map_or(0, |n| n.unsigned_abs())
    }

    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut nested = match self.items() {
            Items::Int64(items) => PyList::new(py, items)?,
            Items::Uint32(items) => PyList::new(py, items)?,
        };
        for axis in (1..self.shape.len()).rev() {
            let width = self.shape[axis].unsigned_abs();
            let rows: usize = self.shape[..axis].iter().map(|n| n.unsigned_abs()).product();
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
        let (data, bytes, item_size, format) = this.parts();
        let wants = |flag: c_int| flags & flag == flag;
        let dimensions =
            c_int::try_from(this.shape.len()).map_err(|_| PyBufferError::new_err("too many dimensions"))?;
        // SAFETY: `view` is valid and ours to fill. Data, shape and strides live in the object, which the view keeps
        // alive through `obj`, and never move.
        unsafe {
            (*view).buf = data;
            (*view).len = bytes;
            (*view).readonly = 0;
            (*view).itemsize = item_size;
            (*view).format = if wants(ffi::PyBUF_FORMAT) { format.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).ndim = dimensions;
            (*view).shape = if wants(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).strides =
                if wants(ffi::PyBUF_STRIDES) { this.strides.as_ptr().cast_mut() } else { std::ptr::null_mut() };
            (*view).suboffsets = std::ptr::null_mut();
            (*view).internal = std::ptr::null_mut();
            (*view).obj = slf.into_ptr();
        }
        Ok(())
    }
}
