//! Columns as Python lists.

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyTuple};

/// Python integers that were made once and are handed out again: one call makes many lists of the same small numbers.
pub(crate) struct Ints<'py> {
    py: Python<'py>,
    made: Vec<Option<Bound<'py, PyInt>>>,
}

/// Numbers beyond are made anew each time.
const KEPT: u32 = 1 << 16;

impl<'py> Ints<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        Self { py, made: Vec::new() }
    }

    fn get(&mut self, number: u32) -> Bound<'py, PyInt> {
        let make = || number.into_pyobject(self.py).unwrap_or_else(|never| match never {});
        if number >= KEPT {
            return make();
        }
        let at = number as usize;
        if at >= self.made.len() {
            self.made.resize(at + 1 + at / 2, None);
        }
        self.made[at].get_or_insert_with(make).clone()
    }

    /// A list of pairs.
    pub(crate) fn pairs(&mut self, pairs: &[(u32, u32)]) -> PyResult<Bound<'py, PyList>> {
        let py = self.py;
        let tuples = pairs.iter().map(|&(a, b)| {
            let tuple = PyTuple::new(py, [self.get(a), self.get(b)])?;
            leave_to_counting(&tuple);
            Ok(tuple)
        });
        PyList::new(py, tuples.collect::<PyResult<Vec<_>>>()?)
    }

    /// A list of numbers.
    pub(crate) fn list(&mut self, numbers: &[u32]) -> PyResult<Bound<'py, PyList>> {
        let py = self.py;
        PyList::new(py, numbers.iter().map(|&number| self.get(number)))
    }
}

/// Take a tuple of integers out of the cycle collector's list: it can be in no cycle.
///
/// The collector does that itself when it meets such a tuple, but for a call that makes a million of them that takes
/// longer than making them.
fn leave_to_counting(tuple: &Bound<'_, PyTuple>) {
    // SAFETY: the pointer is that of a live object of a type that takes part in collection, the GIL is held, and an object
    // may be taken out at any time; when it is freed, tuples are taken out whether they are in or not.
    #[expect(unsafe_code, reason = "a function of the interpreter without a safe counterpart")]
    unsafe {
        pyo3::ffi::PyObject_GC_UnTrack(tuple.as_ptr().cast());
    }
}
