//! Split regexes: from the pattern's text to a linear automaton over classes of characters.
//!
//! `parse` reads the reference's dialect and `rust` that of tiktoken, `lower` takes the atomic groups out of it, `classes` sorts all characters into
//! the few classes a pattern can tell apart, `program` writes the pattern down as steps over these classes, `determinise`
//! makes a table of them, and `automaton` searches with it, without ever going back. `sweep` makes another table, of all
//! that a row of searches has to know between two characters: whole texts are cut by it in one pass.

mod automaton;
mod classes;
mod determinise;
mod lower;
mod parse;
mod program;
mod rust;
mod sweep;

pub(crate) use automaton::{Automaton, Memo};
pub(crate) use classes::CharClasses;
pub(crate) use parse::{Node, as_class, parse};
pub(crate) use rust::parse as parse_rust;
pub(crate) use sweep::PassScratch;
