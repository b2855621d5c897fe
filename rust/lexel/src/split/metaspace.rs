//! Metaspace: spaces become a visible character, and one stands before the text.

use crate::error::{Error, Result};
use crate::json::{Object, wrong};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    First,
    Never,
    Always,
}

/// The rewriting half of the metaspace pre-tokenizer; the split that may follow is a stage of its own.
#[derive(Clone, Debug)]
pub(crate) struct Metaspace {
    replacement: String,
    scheme: Scheme,
    split: bool,
}

impl Metaspace {
    pub(crate) fn compile(object: Object<'_>) -> Result<Self> {
        let replacement = one_character(object, "replacement")?;
        let scheme = match object.map.get("prepend_scheme") {
            None => Scheme::Always,
            Some(found) => match found.as_str() {
                Some("always") => Scheme::Always,
                Some("first") => Scheme::First,
                Some("never") => Scheme::Never,
                _ => {
                    let expected = "\"first\", \"never\" or \"always\"";
                    return Err(wrong(&object.child("prepend_scheme"), expected, found));
                }
            },
        };
        object.optional_str("str_rep")?;
        // The field of older files: false repeats what the scheme must say, anything else says nothing.
        let prefix = object.optional("add_prefix_space").map(|_| object.bool("add_prefix_space")).transpose()?;
        if prefix == Some(false) && scheme != Scheme::Never {
            return Err(Error::format(
                "add_prefix_space is false, but prepend_scheme is not \"never\"; write prepend_scheme: \"never\"",
            )
            .at(object.path()));
        }
        let split = object.optional("split").map_or(Ok(true), |_| object.bool("split"))?;
        Ok(Self { replacement: replacement.to_string(), scheme, split })
    }

    /// What stands for a space, one character.
    pub(crate) fn replacement(&self) -> &str {
        &self.replacement
    }

    /// Whether one may stand before a text: then the decoder takes it away again.
    pub(crate) fn prepends(&self) -> bool {
        self.scheme != Scheme::Never
    }

    /// Whether the text is cut before every replacement.
    pub(super) fn splits(&self) -> bool {
        self.split
    }

    /// Whether every piece gets a prefix that has none.
    pub(super) fn always(&self) -> bool {
        self.scheme == Scheme::Always
    }

    pub(super) fn only_first(&self) -> bool {
        self.scheme == Scheme::First
    }

    /// Whether the piece gets a prefix; `at_start` says that it starts where the original text starts.
    pub(super) fn prefixed(&self, piece: &str, at_start: bool) -> bool {
        let wanted = match self.scheme {
            Scheme::Always => true,
            Scheme::First => at_start,
            Scheme::Never => false,
        };
        wanted && !piece.starts_with(' ') && !piece.starts_with(&self.replacement)
    }

    pub(super) fn changes(&self, piece: &str, at_start: bool) -> bool {
        self.prefixed(piece, at_start) || (self.replacement != " " && memchr::memchr(b' ', piece.as_bytes()).is_some())
    }
}

/// A field that is a string of one character.
pub(super) fn one_character(object: Object<'_>, key: &str) -> Result<char> {
    let text = object.str(key)?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(wrong(&object.child(key), "a string of one character", object.need(key)?)),
    }
}
