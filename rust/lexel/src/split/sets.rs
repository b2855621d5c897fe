//! The sets of characters the named pre-tokenizers split by, with the tables of the reference.
//!
//! `tests/differential/test_pre_tokenizers.py` compares each of them with the reference, all characters.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The characters of a predicate.
pub(super) fn characters(predicate: impl Fn(char) -> bool) -> ClassUnicode {
    let found = ('\0'..=char::MAX).filter(|&c| predicate(c));
    ClassUnicode::new(found.map(|c| ClassUnicodeRange::new(c, c)))
}

/// A class in the notation of `regex-syntax`, whose tables it has; the pattern is one of ours.
pub(super) fn class(pattern: &str) -> ClassUnicode {
    match regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(set))) => set,
        other => unreachable!("the pattern {pattern:?} is a class, not {other:?}"),
    }
}

/// White space, by the standard library.
pub(super) fn whitespace() -> ClassUnicode {
    static SET: LazyLock<ClassUnicode> = LazyLock::new(|| characters(char::is_whitespace));
    SET.clone()
}

/// Numeric characters, by the standard library. Asking all characters takes milliseconds; a file may ask thousands of times.
pub(super) fn numeric() -> ClassUnicode {
    static SET: LazyLock<ClassUnicode> = LazyLock::new(|| characters(char::is_numeric));
    SET.clone()
}

/// Punctuation: all of ASCII's, symbols among them, and that of Unicode 8.0, two of which are something else since.
pub(super) fn punctuation() -> ClassUnicode {
    static SET: LazyLock<ClassUnicode> = LazyLock::new(|| {
        let mut set = class(r"[[\p{P}&&\p{age=8.0}]\x{166D}\x{111C9}]");
        set.union(&characters(|c| c.is_ascii_punctuation()));
        set
    });
    SET.clone()
}

/// What `\w` matches in the `regex` crate.
pub(super) fn word() -> ClassUnicode {
    class(r"\w")
}

/// What `\s` matches in the `regex` crate.
pub(super) fn regex_space() -> ClassUnicode {
    class(r"\s")
}
