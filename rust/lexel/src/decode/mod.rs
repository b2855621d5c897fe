//! Decoders: from token strings back to text, all at once or step by step.

mod bytes;
mod cleanup;
mod machine;
mod plan;
mod replacer;
mod sentencepiece;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod whole;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::split::{Metaspace, Pattern};
pub(crate) use bytes::TokenBytes;
pub(crate) use stream::StreamState;
pub(crate) use table::Table;

/// A compiled decoder. Each takes a row of tokens and gives a row; at the end the row is joined.
#[derive(Clone, Debug)]
pub(crate) enum Decoder {
    /// Byte-level letters to bytes; the row becomes one token.
    ByteLevel,
    /// Takes the prefix off, or puts a space before a token without it; the first token stays.
    WordPiece { prefix: String, cleanup: bool },
    /// The replacement becomes a space; in the first token it goes, if it may have been put there.
    Metaspace { replacement: char, prepends: bool },
    /// The suffix becomes a space; in the last token it goes.
    Bpe { suffix: String },
    /// Runs of `<0xNN>` become text.
    ByteFallback,
    /// The row becomes one token.
    Fuse,
    /// Takes characters off both ends of every token.
    Strip { content: char, start: usize, stop: usize },
    /// Replaces in every token.
    Replace { pattern: Needle, content: String },
    /// Drops repeated tokens, the padding token, and tokens that are empty then.
    Ctc { pad: String, delimiter: String, cleanup: bool },
    /// As the library of that name does it; never one of a sequence.
    SentencePiece(sentencepiece::SentencePiece),
    /// One after the other.
    Sequence(Vec<Decoder>),
}

/// What a [`Decoder::Replace`] looks for.
#[derive(Clone, Debug)]
pub(crate) enum Needle {
    Literal(String),
    /// Matches before every character and at the end, but not in an empty token.
    Empty,
    Regex(Pattern),
}

impl Decoder {
    /// Compile the JSON of a decoder; `path` is where it stands in the file.
    pub(crate) fn compile(value: &Value, path: &str) -> Result<Self> {
        let object = Object::new(value, path)?;
        Ok(match object.str("type")? {
            // What becomes of added tokens is for the pipeline.
            "ByteLevel" | "Bytes" => Self::ByteLevel,
            "WordPiece" => {
                Self::WordPiece { prefix: object.str("prefix")?.to_owned(), cleanup: object.bool("cleanup")? }
            }
            "Metaspace" => {
                let metaspace = Metaspace::compile(object)?;
                let replacement = metaspace.replacement().chars().next().unwrap_or_default();
                Self::Metaspace { replacement, prepends: metaspace.prepends() }
            }
            "BPEDecoder" => Self::Bpe { suffix: object.str("suffix")?.to_owned() },
            "ByteFallback" => Self::ByteFallback,
            "Fuse" => Self::Fuse,
            "Replace" => {
                Self::Replace { pattern: Needle::compile(object)?, content: object.str("content")?.to_owned() }
            }
            "Strip" => {
                let content = object.str("content")?;
                let mut chars = content.chars();
                let (Some(content), None) = (chars.next(), chars.next()) else {
                    return Err(wrong(&object.child("content"), "one character", object.need("content")?));
                };
                Self::Strip { content, start: object.usize("start")?, stop: object.usize("stop")? }
            }
            "CTC" => Self::Ctc {
                pad: object.str("pad_token")?.to_owned(),
                delimiter: object.str("word_delimiter_token")?.to_owned(),
                cleanup: object.bool("cleanup")?,
            },
            "SentencePiece" => Self::SentencePiece(sentencepiece::SentencePiece::compile(object)?),
            "Sequence" => {
                let path = object.child("decoders");
                let parts = object.array("decoders")?.iter().enumerate();
                Self::Sequence(parts.map(|(i, p)| Self::compile(p, &format!("{path}[{i}]"))).collect::<Result<_>>()?)
            }
            other => return Err(Error::unsupported(format!("the decoder {other:?}")).at(path)),
        })
    }
}

impl Needle {
    fn compile(object: Object<'_>) -> Result<Self> {
        let path = object.child("pattern");
        let value = object.need("pattern")?;
        let expected = "{\"String\": …} or {\"Regex\": …}";
        let (name, text) = match value.as_object().and_then(|map| map.iter().next().filter(|_| map.len() == 1)) {
            Some((name, Value::String(text))) => (name.as_str(), text.as_str()),
            _ => return Err(wrong(&path, expected, value)),
        };
        match name {
            "String" if text.is_empty() => Ok(Self::Empty),
            "String" => Ok(Self::Literal(text.to_owned())),
            "Regex" => Pattern::regex(text).map(Self::Regex).map_err(|error| error.at(&path)),
            _ => Err(wrong(&path, expected, value)),
        }
    }

    /// Replace every match.
    fn replace(&self, token: &str, content: &str) -> Option<String> {
        match self {
            Self::Literal(pattern) => {
                token.contains(pattern.as_str()).then(|| token.replace(pattern.as_str(), content))
            }
            // The reference finds nothing in an empty token, whatever the pattern.
            Self::Empty | Self::Regex(_) if token.is_empty() => None,
            Self::Empty => Some(token.replace("", content)),
            Self::Regex(pattern) => {
                let (mut out, mut last) = (String::new(), 0);
                pattern.for_each_match(token, |start, end| {
                    out.push_str(&token[last..start]);
                    out.push_str(content);
                    last = end;
                });
                out.push_str(&token[last..]);
                Some(out)
            }
        }
    }
}
