//! The Python face of lexel: conversions and error mapping, no algorithm.
#![allow(clippy::needless_pass_by_value, reason = "pyo3 hands converted arguments over by value")]

mod batch;
mod buffer;
mod compiled;
mod convert;
mod encoding;
mod engine;
mod error;
mod lists;
mod rows;
mod stream;
mod train;

use pyo3::prelude::*;

/// `lexel._lexel`: see `python/lexel/_lexel.pyi` for what each name means.
#[pymodule(gil_used = false)]
mod _lexel {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::batch::Batch;
    #[pymodule_export]
    use crate::buffer::Buffer;
    #[pymodule_export]
    use crate::compiled::{content_hash, file_hash};
    #[pymodule_export]
    use crate::encoding::Encoding;
    #[pymodule_export]
    use crate::encoding::restore_encoding;
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::stream::DecodeStream;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("__fingerprint__", format!("{:016x}", lexel::compiled_fingerprint()))?;
        module.add("__profile__", if cfg!(debug_assertions) { "develop" } else { "release" })
    }
}
