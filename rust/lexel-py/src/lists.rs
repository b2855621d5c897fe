//! Columns as Python lists.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyList, PyTuple};

/// Python integers that are made once and handed out again: ids and places in texts are the same small numbers in call
/// after call.
#[derive(Default)]
pub(crate) struct Ints {
    made: OnceLock<Box<[PyOnceLock<Py<PyInt>>]>>,
}

/// Numbers beyond are made anew each time: no vocabulary in use is larger, and the table of a hostile one must not be.
const KEPT: usize = 1 << 18;

impl Ints {
    /// The numbers below a bound (at most [`KEPT`]) are kept; the first call asks for it.
    pub(crate) fn below(&self, bound: impl FnOnce() -> usize) -> Kept<'_> {
        Kept(self.made.get_or_init(|| (0..bound().min(KEPT)).map(|_| PyOnceLock::new()).collect()))
    }
}

/// The integers at hand.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a>(&'a [PyOnceLock<Py<PyInt>>]);

impl Kept<'_> {
    #[inline]
    fn get(self, py: Python<'_>, number: u32) -> Py<PyInt> {
        let make = || number.into_pyobject(py).unwrap_or_else(|never| match never {}).unbind();
        match self.0.get(number as usize) {
            Some(place) => place.get_or_init(py, make).clone_ref(py),
            None => make(),
        }
    }

    /// A list of pairs.
    pub(crate) fn pairs<'py>(self, py: Python<'py>, pairs: &[(u32, u32)]) -> PyResult<Bound<'py, PyList>> {
        let tuples = pairs.iter().map(|&(a, b)| {
            let tuple = PyTuple::new(py, [self.get(py, a), self.get(py, b)])?;
            leave_to_counting(&tuple);
            Ok(tuple)
        });
        PyList::new(py, tuples.collect::<PyResult<Vec<_>>>()?)
    }

    /// A list of numbers.
    pub(crate) fn list<'py>(self, py: Python<'py>, numbers: &[u32]) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, numbers.iter().map(|&number| self.get(py, number)))
    }
}

/// A list of one number over and over, as masks and type ids mostly are; None of any other numbers.
pub(crate) fn repeated<'py, T>(py: Python<'py>, numbers: &[T]) -> Option<PyResult<Bound<'py, PyList>>>
where
    T: Copy + PartialEq + IntoPyObject<'py>,
{
    let (&first, rest) = numbers.split_first()?;
    if rest.len() < 8 || rest[0] != first || !rest.iter().all(|&number| number == first) {
        return None;
    }
    let one = PyList::new(py, [first]).and_then(|one| one.as_sequence().repeat(numbers.len()));
    Some(one.and_then(|all| Ok(all.into_any().cast_into::<PyList>()?)))
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
