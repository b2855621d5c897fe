//! The one table from failures of the core to exceptions of `lexel.errors`.

use lexel::{Error, ErrorKind};
use pyo3::PyErr;
use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyValueError};

pyo3::import_exception!(lexel.errors, FormatError);
pyo3::import_exception!(lexel.errors, TrainingError);
pyo3::import_exception!(lexel.errors, UnsupportedError);
pyo3::import_exception!(lexel.errors, VocabularyError);

/// The exception for a failure.
pub(crate) fn to_python(error: &Error) -> PyErr {
    with_file(error, None)
}

/// The exception for a failure in a file.
pub(crate) fn with_file(error: &Error, file: Option<&str>) -> PyErr {
    let message = match file {
        Some(file) => format!("{file}: {error}"),
        None => error.to_string(),
    };
    match error.kind() {
        ErrorKind::Format => FormatError::new_err(message),
        ErrorKind::Unsupported => UnsupportedError::new_err(message),
        ErrorKind::Vocabulary => VocabularyError::new_err(message),
        ErrorKind::Training => TrainingError::new_err(message),
        ErrorKind::Argument => PyValueError::new_err(message),
        ErrorKind::Overflow => PyOverflowError::new_err(message),
        // The core may learn new kinds before this table does.
        _ => PyRuntimeError::new_err(message),
    }
}
