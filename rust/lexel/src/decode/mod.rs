//! Decoders: from token strings back to text, all at once or step by step.

mod stream;

use std::borrow::Cow;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::model::bpe::letter_byte;
pub(crate) use stream::StreamState;

/// A compiled decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decoder {
    ByteLevel,
    Replace { pattern: String, content: String },
    ByteFallback,
    Fuse,
    Strip { content: char, start: usize, stop: usize },
    Sequence(Vec<Decoder>),
}

impl Decoder {
    /// Compile the JSON of a decoder; `path` is where it stands in the file.
    pub(crate) fn compile(value: &Value, path: &str) -> Result<Self> {
        let object = Object::new(value, path)?;
        Ok(match object.str("type")? {
            "ByteLevel" => Self::ByteLevel,
            "ByteFallback" => Self::ByteFallback,
            "Fuse" => Self::Fuse,
            "Replace" => {
                let path = object.child("pattern");
                let pattern = Object::new(object.need("pattern")?, &path)?;
                if pattern.map.contains_key("Regex") {
                    return Err(Error::unsupported("the decoder \"Replace\" with a regex").at(&path));
                }
                let literal = pattern.str("String")?;
                if literal.is_empty() {
                    return Err(Error::unsupported("the decoder \"Replace\" with an empty pattern").at(&path));
                }
                Self::Replace { pattern: literal.to_owned(), content: object.str("content")?.to_owned() }
            }
            "Strip" => {
                let content = object.str("content")?;
                let mut chars = content.chars();
                let (Some(content), None) = (chars.next(), chars.next()) else {
                    return Err(wrong(&object.child("content"), "one character", object.need("content")?));
                };
                Self::Strip { content, start: object.usize("start")?, stop: object.usize("stop")? }
            }
            "Sequence" => {
                let path = object.child("decoders");
                let parts = object.array("decoders")?.iter().enumerate();
                Self::Sequence(parts.map(|(i, p)| Self::compile(p, &format!("{path}[{i}]"))).collect::<Result<_>>()?)
            }
            other => return Err(Error::unsupported(format!("the decoder {other:?}")).at(path)),
        })
    }

    /// Decode a row of tokens.
    pub(crate) fn decode<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> String {
        if *self == Self::ByteLevel {
            let mut bytes = Vec::new();
            tokens.for_each(|token| push_letters(token, &mut bytes));
            return lossy(bytes);
        }
        let tokens = self.run(tokens.map(Cow::Borrowed).collect());
        tokens.concat()
    }

    fn run<'t>(&self, tokens: Vec<Cow<'t, str>>) -> Vec<Cow<'t, str>> {
        match self {
            Self::ByteLevel => {
                let mut bytes = Vec::new();
                for token in &tokens {
                    push_letters(token, &mut bytes);
                }
                vec![Cow::Owned(lossy(bytes))]
            }
            Self::Replace { pattern, content } => {
                tokens.into_iter().map(|token| replace_in(token, pattern, content)).collect()
            }
            Self::ByteFallback => {
                let mut out = Vec::with_capacity(tokens.len());
                let mut run = Vec::new();
                for token in tokens {
                    if let Some(byte) = fallback_byte(&token) {
                        run.push(byte);
                    } else {
                        push_run(&mut run, |text| out.push(Cow::Owned(text)));
                        out.push(token);
                    }
                }
                push_run(&mut run, |text| out.push(Cow::Owned(text)));
                out
            }
            Self::Fuse => vec![Cow::Owned(tokens.concat())],
            Self::Strip { content, start, stop } => {
                tokens.into_iter().map(|token| strip_from(token, *content, *start, *stop)).collect()
            }
            Self::Sequence(parts) => parts.iter().fold(tokens, |tokens, part| part.run(tokens)),
        }
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// The bytes a token stands for: those of its byte-level letters or, if it has other characters, its own.
pub(crate) fn push_letters(token: &str, bytes: &mut Vec<u8>) {
    let before = bytes.len();
    for c in token.chars() {
        if let Some(byte) = letter_byte(c) {
            bytes.push(byte);
        } else {
            bytes.truncate(before);
            bytes.extend_from_slice(token.as_bytes());
            return;
        }
    }
}

fn replace_in<'t>(token: Cow<'t, str>, pattern: &str, content: &str) -> Cow<'t, str> {
    if token.contains(pattern) { Cow::Owned(token.replace(pattern, content)) } else { token }
}

/// The byte of a token of the form `<0xNN>`.
pub(crate) fn fallback_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if token.len() != 6 || !token.is_char_boundary(5) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// A run of bytes is a text if all of it is; otherwise every byte becomes a replacement character.
fn push_run(run: &mut Vec<u8>, mut push: impl FnMut(String)) {
    if run.is_empty() {
        return;
    }
    match String::from_utf8(std::mem::take(run)) {
        Ok(text) => push(text),
        Err(error) => (0..error.as_bytes().len()).for_each(|_| push("\u{FFFD}".to_owned())),
    }
}

fn strip_from(token: Cow<'_, str>, content: char, start: usize, stop: usize) -> Cow<'_, str> {
    let width = content.len_utf8();
    let leading = token.chars().take(start).take_while(|&c| c == content).count() * width;
    let trailing = token.chars().rev().take(stop).take_while(|&c| c == content).count() * width;
    if leading == 0 && trailing == 0 {
        return token;
    }
    let end = (token.len() - trailing).max(leading);
    Cow::Owned(token[leading..end].to_owned())
}
