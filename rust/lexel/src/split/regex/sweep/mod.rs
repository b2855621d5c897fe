//! All matches of a text in one pass: a table that says, a character at a time, where the pieces end.
//!
//! `config` is what the pass has to remember, `table` all of it in rows, `pass` the loop over a text.

mod config;
mod pass;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use pass::PassScratch;
pub(super) use table::Sweep;
