//! Normalizers: text to text, before anything is split.
//!
//! Each is a quick scan that says whether it changes a text at all, and a rewriting that keeps track of where everything
//! comes from. Most are rules for single characters (`charmap`, `simple`, `bert`); the Unicode forms and character maps
//! look at stretches around the few characters that others may join (`unicode`, `precompiled`).

mod bert;
mod charmap;
mod charsmap;
mod ends;
mod follow;
mod graphemes;
mod lazy;
mod precompiled;
mod read;
mod replace;
mod sentencepiece;
mod simple;
mod unicode;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::error::Result;
use crate::text::Aligned;
use charmap::CharMap;
use simple::Simple;
use unicode::Form;

/// A compiled normalizer.
#[derive(Clone, Debug)]
pub(crate) struct Normalizer(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Form(Form),
    Simple(Box<CharMap<Simple>>),
    Bert(Box<bert::Bert>),
    Strip(ends::Strip),
    Replace(Box<replace::Replace>),
    Prepend(String),
    Precompiled(Box<precompiled::Precompiled>),
    SentencePiece(Box<sentencepiece::SentencePiece>),
    Sequence(Vec<Normalizer>),
}

/// What a text becomes, by a normalizer if there is one.
pub(crate) fn normalized(normalizer: Option<&Normalizer>, text: &str) -> String {
    let Some(normalizer) = normalizer.filter(|n| !n.is_identity(text)) else { return text.to_owned() };
    let mut aligned = Aligned::<false>::from_original(text, 0);
    normalizer.apply(&mut aligned);
    aligned.text
}

impl Normalizer {
    /// Compile the JSON of a normalizer; `path` is where it stands in the file.
    pub(crate) fn compile(value: &Value, path: &str) -> Result<Self> {
        read::read(value, path).map(Self)
    }

    /// Whether `apply` would give the text back as it is, every byte standing for itself: a scan, so that the common
    /// case costs no copy.
    pub(crate) fn is_identity(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Form(form) => unicode::is_normalized(*form, text),
            Kind::Simple(map) => map.is_identity(text),
            Kind::Bert(bert) => bert.is_identity(text),
            Kind::Strip(strip) => strip.is_identity(text),
            Kind::Replace(replace) => replace.is_identity(text),
            Kind::Prepend(_) | Kind::SentencePiece(_) => text.is_empty(),
            Kind::Precompiled(precompiled) => precompiled.is_identity(text),
            Kind::Sequence(parts) => {
                let of = |slow| parts.iter().filter(move |part| part.is_slow() == slow);
                of(false).chain(of(true)).all(|part| part.is_identity(text))
            }
        }
    }

    /// Rewrite the text.
    pub(crate) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        match &self.0 {
            Kind::Form(form) => unicode::normalize(*form, text),
            Kind::Simple(map) => {
                let done = map.apply(text);
                debug_assert!(done, "these rules never depend on neighbours");
            }
            Kind::Bert(bert) => bert.apply(text),
            Kind::Strip(strip) => strip.apply(text),
            Kind::Replace(replace) => replace.apply(text),
            Kind::Prepend(prefix) => ends::prepend(text, prefix),
            Kind::Precompiled(precompiled) => precompiled.apply(text),
            Kind::SentencePiece(rules) => rules.apply(text),
            Kind::Sequence(parts) => parts.iter().for_each(|part| part.apply(text)),
        }
    }

    /// The content of an added token as it is looked for in rewritten text: the rules for single characters count, those
    /// for the ends of a whole text do not, where the normalizer tells them apart.
    pub(crate) fn content(&self, text: &str) -> Option<String> {
        match &self.0 {
            Kind::SentencePiece(rules) => Some(rules.content(text)),
            _ => None,
        }
    }

    /// Whether `is_identity` costs more than a quick scan.
    fn is_slow(&self) -> bool {
        match &self.0 {
            Kind::Replace(replace) => replace.is_slow(),
            Kind::Sequence(parts) => parts.iter().any(Self::is_slow),
            _ => false,
        }
    }

    /// Whether text that stands for nothing may come to stand before the first character. What rewrites such a text
    /// afterwards goes wrong in the reference (it repeats a part, or fails), so that it is refused.
    pub(crate) fn inserts_first(&self) -> bool {
        match &self.0 {
            Kind::Replace(replace) => replace.inserts_first(),
            Kind::Sequence(parts) => parts.iter().any(Self::inserts_first),
            _ => false,
        }
    }

    /// Whether this may come after such a one.
    fn takes_inserted(&self) -> bool {
        match &self.0 {
            Kind::Replace(_) | Kind::Prepend(_) => true,
            Kind::Sequence(parts) => parts.iter().all(Self::takes_inserted),
            _ => false,
        }
    }
}
