//! Other tokenizers beside lexel's core, without Python: equal ids first, then speed.
//!
//! [`corpora`] cuts the inputs, [`peers`] wraps every library behind the same few calls, [`measure`] interleaves them.
//! The program prints the table; the tests hold every peer that claims a vocabulary to the same ids.

pub mod corpora;
pub mod measure;
pub mod peers;
