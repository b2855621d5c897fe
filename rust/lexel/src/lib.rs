//! Exact and fast tokenization: the core of lexel, free of Python.
//!
//! # The way of a string
//!
//! ```text
//! text ─► added tokens ─► normalize ─► split ─► model ─► post-process ─► ids
//! ```
//!
//! A [`Pipeline`] holds all five stages, compiled from a `tokenizer.json`. It is immutable; encoding takes `&self` and a
//! [`Scratch`] owned by the calling thread. Results equal those of the `tokenizers` library, or compiling fails with
//! [`ErrorKind::Unsupported`] and a reason. There is no Python here, no environment, no network and no global state.

mod added;
mod batch;
mod byte_offsets;
mod byte_set;
mod chars;
mod compiled;
mod decode;
mod encoding;
mod error;
mod format;
mod hash;
mod json;
mod model;
mod normalize;
mod pipeline;
mod post;
mod prefixes;
mod random;
mod sampling;
mod split;
mod text;
pub mod train;
mod vocab;

pub use added::AddedToken;
pub use batch::{ScratchPool, run_parallel};
pub use compiled::{CompiledKey, compiled_fingerprint};
pub use encoding::{Encoding, NO_WORD, Padding, Side, Strategy, Truncation, pad_rows};
pub use error::{Error, ErrorKind, Result};
pub use pipeline::{DecodeStream, EncodeOptions, Pipeline, Scratch, Spans, Text};
pub use sampling::Sampling;
pub use split::is_tiktoken_pattern;
