//! What can go wrong, as a kind and a sentence.

use std::fmt;

/// What sort of failure an [`Error`] is; the face maps each kind to one exception class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file is not what it claims to be.
    Format,
    /// A valid file asks for a component this engine cannot reproduce exactly.
    Unsupported,
    /// Vocabulary and merges contradict each other, or a token is unknown.
    Vocabulary,
    /// The corpus or the settings cannot yield the vocabulary asked for.
    Training,
    /// An argument of a call is out of its range.
    Argument,
    /// An id does not fit the type ids have.
    Overflow,
}

/// A failure: its kind, where it happened, and what to do next.
///
/// # Examples
/// ```
/// let error = lexel::Pipeline::from_json("[]").unwrap_err();
/// assert_eq!(error.kind(), lexel::ErrorKind::Format);
/// ```
#[derive(Clone, Debug, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    at: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), at: None }
    }

    pub(crate) fn format(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Format, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn vocabulary(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Vocabulary, message)
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Argument, message)
    }

    /// Name the place (a JSON path) unless a more precise one is already known.
    pub(crate) fn at(mut self, path: &str) -> Self {
        if self.at.is_none() {
            self.at = Some(path.to_owned());
        }
        self
    }

    /// The same as something valid that this engine does not read.
    pub(crate) fn into_unsupported(mut self) -> Self {
        self.kind = ErrorKind::Unsupported;
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The JSON path of the offending part, where there is one.
    pub fn path(&self) -> Option<&str> {
        self.at.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{at}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;
