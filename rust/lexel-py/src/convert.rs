//! What comes in: strings, inputs, ids, token flags.

use std::borrow::Cow;

use lexel::AddedToken;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::buffer::Buffer;

/// The flags of an added token, in the order of the stub.
pub(crate) type TokenFlags = (String, bool, bool, bool, bool, bool);

pub(crate) fn added_token(flags: TokenFlags) -> AddedToken {
    let (content, single_word, lstrip, rstrip, normalized, special) = flags;
    AddedToken { content, single_word, lstrip, rstrip, normalized, special }
}

pub(crate) fn token_flags(token: &AddedToken) -> TokenFlags {
    (token.content.clone(), token.single_word, token.lstrip, token.rstrip, token.normalized, token.special)
}

/// The text of a Python string; a lone surrogate becomes U+FFFD.
pub(crate) fn text<'a>(string: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, str>> {
    if let Ok(text) = string.to_str() {
        return Ok(Cow::Borrowed(text));
    }
    let units: Vec<u8> = string.call_method1("encode", ("utf-16-le", "surrogatepass"))?.extract()?;
    let units = units.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Ok(Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()))
}

/// The Python strings of one sequence: a text, or its words.
pub(crate) enum Strings<'py> {
    Raw(Bound<'py, PyString>),
    Words(Vec<Bound<'py, PyString>>),
}

/// Their texts, borrowed.
pub(crate) enum Texts<'a> {
    Raw(Cow<'a, str>),
    Words(Vec<Cow<'a, str>>),
}

impl<'py> Strings<'py> {
    pub(crate) fn read(value: &Bound<'py, PyAny>, words: bool, row: usize) -> PyResult<Self> {
        if words {
            let wrong = || mistaken(value, row, "a sequence of words (str), because is_split_into_words is set");
            if value.is_instance_of::<PyString>() {
                return Err(wrong());
            }
            let items = value.try_iter().map_err(|_| wrong())?;
            let strings = items.map(|item| Ok(item?.cast_into::<PyString>()?)).collect::<PyResult<Vec<_>>>();
            return strings.map(Self::Words).map_err(|_| wrong());
        }
        match value.cast::<PyString>() {
            Ok(string) => Ok(Self::Raw(string.clone())),
            Err(_) => Err(mistaken(value, row, "a str")),
        }
    }

    pub(crate) fn texts(&self) -> PyResult<Texts<'_>> {
        Ok(match self {
            Self::Raw(string) => Texts::Raw(text(string)?),
            Self::Words(strings) => Texts::Words(strings.iter().map(text).collect::<PyResult<_>>()?),
        })
    }
}

fn mistaken(value: &Bound<'_, PyAny>, row: usize, expected: &str) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "another type".to_owned(), |n| n.to_string());
    let advice =
        if found == "bytes" || found == "bytearray" { "; decode it first: text.decode(\"utf-8\")" } else { "" };
    PyTypeError::new_err(format!("input {row}: expected {expected}, found {found}{advice}"))
}

/// A pair of sequences.
pub(crate) fn pair<'py>(value: &Bound<'py, PyAny>, row: usize) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let wrong = || mistaken(value, row, "a pair (text, text_pair)");
    if value.is_instance_of::<PyString>() || value.len().map_err(|_| wrong())? != 2 {
        return Err(wrong());
    }
    Ok((value.get_item(0)?, value.get_item(1)?))
}

/// Ids from an int, a sequence of ints, or a buffer of integers.
pub(crate) fn ids(value: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    if let Ok(list) = value.cast::<PyList>() {
        return list_ids(list);
    }
    if let Ok(buffer) = value.cast::<Buffer>()
        && let Some(ids) = buffer.get().ids(value.py())
    {
        return Ok(ids);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return tuple.iter().map(|item| id(&item)).collect();
    }
    if let Some(ids) = buffer_ids(value)? {
        return Ok(ids);
    }
    if value.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("expected ids (integers), found a str"));
    }
    match value.try_iter() {
        Ok(items) => items.map(|item| id(&item?)).collect(),
        Err(_) => Ok(vec![id(value)?]),
    }
}

/// The ids of a list, which are mostly plain integers: these are read where they are.
fn list_ids(list: &Bound<'_, PyList>) -> PyResult<Vec<u32>> {
    let length = list.len();
    let mut ids = Vec::with_capacity(length);
    for at in 0..length {
        let Some(plain) = plain_id(list, at) else {
            // Whatever it is may run code of its own, which may shorten the list.
            if at >= list.len() {
                break;
            }
            ids.push(id(&list.get_item(at)?)?);
            continue;
        };
        ids.push(plain);
    }
    Ok(ids)
}

/// The id at a place of a list if that is an `int`, and none of a subclass.
#[inline]
#[expect(unsafe_code, reason = "borrowing an item saves two thirds of the time, and no safe function borrows")]
fn plain_id(list: &Bound<'_, PyList>, at: usize) -> Option<u32> {
    // SAFETY: the list is alive and the GIL is held. `PyList_GetItem` checks the place. The item is borrowed from the list,
    // which nothing changes meanwhile: an exact `int` is read without running any code of Python.
    let number = unsafe {
        let item = ffi::PyList_GetItem(list.as_ptr(), at.cast_signed());
        if item.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        if ffi::PyLong_CheckExact(item) == 0 {
            return None;
        }
        let mut overflow = 0;
        let number = ffi::PyLong_AsLongAndOverflow(item, &raw mut overflow);
        if overflow != 0 {
            return None;
        }
        number
    };
    u32::try_from(number).ok()
}

/// One id: an int, or anything that says it is one (`__index__`).
pub(crate) fn id(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    match value.extract::<i64>() {
        Ok(id) => in_range(id),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Err(out_of_range(&value.to_string())),
        Err(_) => {
            let found = value.get_type().name()?.to_string();
            Err(PyTypeError::new_err(format!("expected an id (an integer), found {found}")))
        }
    }
}

fn in_range(id: i64) -> PyResult<u32> {
    u32::try_from(id).map_err(|_| out_of_range(&id.to_string()))
}

fn out_of_range(id: &str) -> PyErr {
    PyOverflowError::new_err(format!("the id {id} is no token id: ids go from 0 to 4294967295"))
}

fn buffer_ids(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u32>>> {
    let py = value.py();
    let Ok(buffer) = PyUntypedBuffer::get(value) else { return Ok(None) };
    if let Ok(buffer) = buffer.as_typed::<i64>() {
        return one_dimension(buffer.dimensions())
            .and_then(|()| buffer.to_vec(py)?.into_iter().map(in_range).collect::<PyResult<_>>())
            .map(Some);
    }
    if let Ok(buffer) = buffer.as_typed::<u32>() {
        return one_dimension(buffer.dimensions()).and_then(|()| buffer.to_vec(py)).map(Some);
    }
    if let Ok(buffer) = buffer.as_typed::<i32>() {
        return one_dimension(buffer.dimensions())
            .and_then(|()| buffer.to_vec(py)?.into_iter().map(|id| in_range(id.into())).collect::<PyResult<_>>())
            .map(Some);
    }
    Ok(None)
}

fn one_dimension(dimensions: usize) -> PyResult<()> {
    if dimensions <= 1 {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!("expected one row of ids, found an array of {dimensions} dimensions")))
}
