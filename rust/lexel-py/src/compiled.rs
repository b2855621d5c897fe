//! Compiled tokenizers as files, and the hashes they are found by. Where they lie is decided in Python.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use lexel::{CompiledKey, Pipeline};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::to_python;

/// BLAKE3 of some bytes, in hexadecimal digits.
#[pyfunction]
pub(crate) fn content_hash(py: Python<'_>, data: &[u8]) -> String {
    py.detach(|| blake3::hash(data).to_hex().to_string())
}

/// BLAKE3 of a file, in hexadecimal digits; the file is never in memory as a whole.
#[pyfunction]
pub(crate) fn file_hash(py: Python<'_>, path: PathBuf) -> PyResult<String> {
    py.detach(|| {
        let mut file = File::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let mut block = vec![0; 256 << 10];
        loop {
            let count = file.read(&mut block)?;
            if count == 0 {
                return Ok(hasher.finalize().to_hex().to_string());
            }
            hasher.update(&block[..count]);
        }
    })
}

/// The bytes of a key that is written in hexadecimal digits.
pub(crate) fn key(digits: &str) -> PyResult<CompiledKey> {
    let key = blake3::Hash::from_hex(digits);
    key.map(CompiledKey::from).map_err(|_| PyValueError::new_err("expected a key of 64 hexadecimal digits"))
}

/// Read a compiled file, and the note in it.
pub(crate) fn read(py: Python<'_>, path: PathBuf, key: &CompiledKey) -> PyResult<(Pipeline, Vec<u8>)> {
    py.detach(|| {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        Pipeline::from_compiled(&mut file, length, key).map_err(|e| to_python(&e))
    })
}
