//! Metaspace: spaces become a visible character, and one stands before the text.

use super::pattern::Pattern;
use crate::error::{Error, Result};
use crate::json::Object;
use crate::normalize::{prepend, replace};
use crate::text::Aligned;

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
        let replacement = object.str("replacement")?;
        if replacement.chars().count() != 1 {
            return Err(Error::format(format!("expected one character, found {replacement:?}"))
                .at(&object.child("replacement")));
        }
        let mut scheme = match object.optional_str("prepend_scheme")? {
            None | Some("always") => Scheme::Always,
            Some("first") => Scheme::First,
            Some("never") => Scheme::Never,
            Some(other) => {
                return Err(Error::format(format!("expected \"first\", \"never\" or \"always\", found {other:?}"))
                    .at(&object.child("prepend_scheme")));
            }
        };
        // The field of older files; they say the same thing twice or not at all.
        if object.optional("add_prefix_space").is_some() && !object.bool("add_prefix_space")? {
            if scheme != Scheme::Never && object.optional("prepend_scheme").is_some() {
                return Err(
                    Error::format("add_prefix_space is false, but prepend_scheme is not \"never\"").at(object.path())
                );
            }
            if scheme != Scheme::Never {
                return Err(Error::format(
                    "add_prefix_space is false without prepend_scheme: \"never\"; add that field to the file",
                )
                .at(object.path()));
            }
            scheme = Scheme::Never;
        }
        let split = object.optional("split").map_or(Ok(true), |_| object.bool("split"))?;
        Ok(Self { replacement: replacement.to_owned(), scheme, split })
    }

    pub(crate) fn split_pattern(&self) -> Option<Pattern> {
        self.split.then(|| Pattern::literal(&self.replacement).expect("one character"))
    }

    pub(crate) fn only_first(&self) -> bool {
        self.scheme == Scheme::First
    }

    /// Whether the piece gets a prefix; `at_start` says that it starts where the original text starts.
    fn prefixed(&self, piece: &str, at_start: bool) -> bool {
        let wanted = match self.scheme {
            Scheme::Always => true,
            Scheme::First => at_start,
            Scheme::Never => false,
        };
        wanted && !piece.starts_with(' ') && !piece.starts_with(&self.replacement)
    }

    pub(crate) fn changes(&self, piece: &str, at_start: bool) -> bool {
        self.prefixed(piece, at_start) || (self.replacement != " " && memchr::memchr(b' ', piece.as_bytes()).is_some())
    }

    pub(crate) fn apply<const SPANS: bool>(&self, piece: &mut Aligned<SPANS>, at_start: bool) {
        let prefixed = self.prefixed(&piece.text, at_start);
        replace(piece, " ", &self.replacement);
        if prefixed {
            prepend(piece, &self.replacement);
        }
    }
}
