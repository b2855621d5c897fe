//! Models: a piece of text to ids.

pub(crate) mod bpe;
