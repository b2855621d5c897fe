//! Normalizers: text to text, before anything is split.

mod unicode;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::text::Aligned;

/// A compiled normalizer.
#[derive(Clone, Debug)]
pub(crate) enum Normalizer {
    Nfc,
    Prepend(String),
    Replace { pattern: String, content: String },
    Sequence(Vec<Normalizer>),
}

impl Normalizer {
    /// Compile the JSON of a normalizer; `path` is where it stands in the file.
    pub(crate) fn compile(value: &Value, path: &str) -> Result<Self> {
        let object = Object::new(value, path)?;
        Ok(match object.str("type")? {
            "NFC" => Self::Nfc,
            "Prepend" => Self::Prepend(object.str("prepend")?.to_owned()),
            "Replace" => {
                let pattern = replace_pattern(object)?;
                Self::Replace { pattern, content: object.str("content")?.to_owned() }
            }
            "Sequence" => {
                let parts = object.array("normalizers")?;
                let path = object.child("normalizers");
                let compiled = parts.iter().enumerate().map(|(i, part)| Self::compile(part, &format!("{path}[{i}]")));
                Self::Sequence(compiled.collect::<Result<_>>()?)
            }
            other => return Err(Error::unsupported(format!("the normalizer {other:?}")).at(path)),
        })
    }

    /// Whether `apply` would give the text back as it is: a scan, so that the common case costs no copy.
    pub(crate) fn is_identity(&self, text: &str) -> bool {
        match self {
            Self::Nfc => unicode::is_nfc(text),
            Self::Prepend(prefix) => text.is_empty() || prefix.is_empty(),
            Self::Replace { pattern, content } => {
                pattern == content || memchr::memmem::find(text.as_bytes(), pattern.as_bytes()).is_none()
            }
            Self::Sequence(parts) => parts.iter().all(|part| part.is_identity(text)),
        }
    }

    /// Rewrite the text.
    pub(crate) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        match self {
            Self::Nfc => {
                if !unicode::is_nfc(&text.text) {
                    *text = unicode::nfc(text);
                }
            }
            Self::Prepend(prefix) => prepend(text, prefix),
            Self::Replace { pattern, content } => replace(text, pattern, content),
            Self::Sequence(parts) => parts.iter().for_each(|part| part.apply(text)),
        }
    }
}

fn replace_pattern(object: Object<'_>) -> Result<String> {
    let path = object.child("pattern");
    let pattern = Object::new(object.need("pattern")?, &path)?;
    if let Some(found) = pattern.map.get("Regex") {
        let shown = found.as_str().ok_or_else(|| wrong(&path, "a regex", found))?;
        return Err(Error::unsupported(format!("the normalizer \"Replace\" with the regex {shown:?}")).at(&path));
    }
    let literal = pattern.str("String")?;
    if literal.is_empty() {
        return Err(Error::unsupported("the normalizer \"Replace\" with an empty pattern").at(&path));
    }
    Ok(literal.to_owned())
}

/// Put a prefix before a text that is not empty; it stands for the same span as the first character.
pub(crate) fn prepend<const SPANS: bool>(text: &mut Aligned<SPANS>, prefix: &str) {
    if text.text.is_empty() || prefix.is_empty() {
        return;
    }
    let span = text.span(0);
    text.text.insert_str(0, prefix);
    if SPANS {
        text.spans.splice(0..0, std::iter::repeat_n(span, prefix.len()));
    }
}

/// Replace a string; what comes instead stands for the last character it replaces.
pub(crate) fn replace<const SPANS: bool>(text: &mut Aligned<SPANS>, pattern: &str, content: &str) {
    let finder = memchr::memmem::Finder::new(pattern.as_bytes());
    let mut matches = finder.find_iter(text.text.as_bytes()).peekable();
    if matches.peek().is_none() {
        return;
    }
    let mut out = Aligned::with_capacity(text.text.len() + content.len());
    let mut last = 0;
    for start in matches {
        let end = start + pattern.len();
        out.keep(text, last..start);
        out.push_str(content, text.span(end - 1));
        last = end;
    }
    out.keep(text, last..text.text.len());
    *text = out;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(json: &str, text: &str) -> (String, Vec<(u32, u32)>) {
        let value = serde_json::from_str(json).expect("the test's own JSON");
        let normalizer = Normalizer::compile(&value, "normalizer").expect("supported");
        let mut aligned = Aligned::<true>::from_original(text, 0);
        normalizer.apply(&mut aligned);
        assert_eq!(normalizer.is_identity(text), aligned.text == text);
        (aligned.text, aligned.spans)
    }

    #[test]
    fn prepended_text_stands_for_the_first_character() {
        let (text, spans) = run(r#"{"type":"Prepend","prepend":"▁"}"#, "äb");
        assert_eq!(text, "▁äb");
        assert_eq!(spans, [(0, 2), (0, 2), (0, 2), (0, 2), (0, 2), (2, 3)]);
        assert_eq!(run(r#"{"type":"Prepend","prepend":"▁"}"#, "").0, "");
    }

    #[test]
    fn replaced_text_stands_for_the_last_character_replaced() {
        let (text, spans) = run(r#"{"type":"Replace","pattern":{"String":"ab"},"content":"xy"}"#, "cabc");
        assert_eq!(text, "cxyc");
        assert_eq!(spans, [(0, 1), (2, 3), (2, 3), (3, 4)]);
    }

    #[test]
    fn composed_characters_stand_for_their_base() {
        let (text, spans) = run(r#"{"type":"NFC"}"#, "e\u{301}x");
        assert_eq!(text, "éx");
        assert_eq!(spans, [(0, 1), (0, 1), (3, 4)]);
    }

    #[test]
    fn what_is_not_exact_is_refused_by_name() {
        let value = serde_json::json!({"type": "Lowercase"});
        let error = Normalizer::compile(&value, "normalizer").expect_err("not here yet");
        assert_eq!(error.to_string(), "normalizer: the normalizer \"Lowercase\"");
    }
}
