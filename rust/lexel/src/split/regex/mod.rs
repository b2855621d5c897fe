//! Split regexes: from the pattern's text to a linear automaton over classes of characters.
//!
//! `parse` reads the reference's dialect, `classes` sorts all characters into the few classes a pattern can tell apart,
//! `automaton` determinises the pattern over these classes and searches without ever going back.

mod automaton;
mod classes;
mod parse;

pub(crate) use automaton::{Automaton, Memo};
pub(crate) use classes::CharClasses;
pub(crate) use parse::{Node, as_class, parse};
