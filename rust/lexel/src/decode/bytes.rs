//! The bytes a token contributes to a decoded text, wherever it stands.
//!
//! A decoder is followed token by token as far as its stages allow. What they do at the edges of a text (the space that
//! goes at its start, the suffix that goes at its end) is no property of a token: here every token stands in the middle.

use std::borrow::Cow;

use super::cleanup::cleanup;
use super::sentencepiece::SentencePiece;
use super::whole::{fallback_byte, push_letters, strip};
use super::{Decoder, Needle};
use crate::error::{Error, Result};

/// A decoder, token by token.
#[derive(Debug)]
pub(crate) struct TokenBytes<'d> {
    steps: Vec<Step<'d>>,
}

#[derive(Debug)]
enum Step<'d> {
    /// A space before every token.
    Space,
    Letters,
    WordPiece {
        prefix: &'d str,
        clean: bool,
    },
    /// In tokens that are text still.
    Replace {
        pattern: Cow<'d, Needle>,
        content: &'d str,
    },
    /// One character, in what may be parts of characters if it is of one byte.
    Character {
        pattern: char,
        content: &'d str,
    },
    Strip {
        content: char,
        start: usize,
        stop: usize,
    },
    Fallback,
    SentencePiece(&'d SentencePiece),
}

/// What the stages so far have made of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// Tokens, each for itself.
    Tokens,
    /// Tokens, but runs of bytes are one: what looks at more than a character of one byte cannot be followed.
    Runs,
    /// One text, of tokens that may be parts of characters.
    Bytes,
    /// One text, of tokens that are text.
    Text,
}

impl<'d> TokenBytes<'d> {
    /// Follow a decoder.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] if what a token contributes depends on its neighbours.
    pub(crate) fn new(decoder: Option<&'d Decoder>) -> Result<Self> {
        let mut steps = Vec::new();
        match decoder {
            None => steps.push(Step::Space),
            Some(decoder) => follow(decoder, &mut Row::Tokens, &mut steps)?,
        }
        Ok(Self { steps })
    }

    /// The bytes of a token.
    pub(crate) fn of(&self, token: &str) -> Vec<u8> {
        self.steps.iter().fold(token.as_bytes().to_vec(), |bytes, step| step.apply(&bytes))
    }
}

fn follow<'d>(decoder: &'d Decoder, row: &mut Row, steps: &mut Vec<Step<'d>>) -> Result<()> {
    match (decoder, *row) {
        (Decoder::Sequence(parts), _) => return parts.iter().try_for_each(|part| follow(part, row, steps)),
        (Decoder::ByteLevel, Row::Tokens) => {
            steps.push(Step::Letters);
            *row = Row::Bytes;
        }
        (Decoder::ByteFallback, Row::Tokens) => {
            steps.push(Step::Fallback);
            *row = Row::Runs;
        }
        (Decoder::SentencePiece(rules), Row::Tokens) if !rules.rewrites() => {
            steps.push(Step::SentencePiece(rules));
            *row = Row::Bytes;
        }
        (Decoder::Fuse, Row::Tokens) => *row = Row::Text,
        (Decoder::Fuse, Row::Runs) => *row = Row::Bytes,
        (Decoder::WordPiece { prefix, cleanup }, Row::Tokens) => {
            steps.push(Step::WordPiece { prefix, clean: *cleanup });
        }
        (&Decoder::Strip { content, start, stop }, Row::Tokens) => steps.push(Step::Strip { content, start, stop }),
        // Of one text only the edges change.
        (Decoder::Fuse | Decoder::Strip { .. } | Decoder::WordPiece { cleanup: false, .. }, Row::Bytes | Row::Text)
        | (Decoder::Strip { start: 0, stop: 0, .. }, Row::Runs) => {}
        (Decoder::Replace { pattern, content }, Row::Tokens) => {
            steps.push(Step::Replace { pattern: Cow::Borrowed(pattern), content });
        }
        (Decoder::Bpe { suffix }, Row::Tokens) => {
            let pattern = if suffix.is_empty() { Needle::Empty } else { Needle::Literal(suffix.clone()) };
            steps.push(Step::Replace { pattern: Cow::Owned(pattern), content: " " });
        }
        (Decoder::Bpe { suffix }, Row::Bytes | Row::Text) if suffix.is_empty() => {}
        (Decoder::Replace { pattern: Needle::Literal(pattern), content }, _) => {
            steps.push(Step::Character { pattern: character(pattern, *row, decoder)?, content });
        }
        (Decoder::Bpe { suffix }, _) => {
            let content = if *row == Row::Runs { " " } else { "" };
            steps.push(Step::Character { pattern: character(suffix, *row, decoder)?, content });
        }
        (Decoder::Metaspace { replacement, prepends }, _) => {
            let mut width = [0; 4];
            let pattern = character(replacement.encode_utf8(&mut width), *row, decoder)?;
            // One text is one token, the first.
            let gone = *prepends && matches!(*row, Row::Bytes | Row::Text);
            steps.push(Step::Character { pattern, content: if gone { "" } else { " " } });
        }
        _ => return Err(refused(decoder)),
    }
    Ok(())
}

/// The one character a stage looks for, where that can be found in a token alone.
fn character(pattern: &str, row: Row, decoder: &Decoder) -> Result<char> {
    let mut chars = pattern.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() || matches!(row, Row::Tokens | Row::Text) => Ok(c),
        _ => Err(refused(decoder)),
    }
}

fn refused(decoder: &Decoder) -> Error {
    let name = match decoder {
        Decoder::ByteLevel => "ByteLevel",
        Decoder::WordPiece { .. } => "WordPiece",
        Decoder::Metaspace { .. } => "Metaspace",
        Decoder::Bpe { .. } => "BPEDecoder",
        Decoder::ByteFallback => "ByteFallback",
        Decoder::Fuse => "Fuse",
        Decoder::Strip { .. } => "Strip",
        Decoder::Replace { .. } => "Replace",
        Decoder::Ctc { .. } => "CTC",
        Decoder::SentencePiece(_) => "SentencePiece",
        Decoder::Sequence(_) => "Sequence",
    };
    Error::unsupported(format!(
        "the bytes of single tokens: the decoder stage {name:?} (where it stands) looks at several tokens together; \
         decode whole rows, or use decode_stream()"
    ))
    .at("decoder")
}

impl Step<'_> {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Space => [b" ", bytes].concat(),
            Self::Letters => text(bytes, |token| {
                let mut letters = Vec::with_capacity(token.len());
                push_letters(token, &mut letters);
                letters
            }),
            Self::WordPiece { prefix, clean } => text(bytes, |token| {
                let token = match token.strip_prefix(prefix) {
                    Some(rest) => rest.to_owned(),
                    None => format!(" {token}"),
                };
                let cleaned = if *clean { cleanup(&token) } else { None };
                cleaned.unwrap_or(token).into_bytes()
            }),
            Self::Replace { pattern, content } => {
                text(bytes, |token| pattern.replace(token, content).map_or_else(|| bytes.to_vec(), String::into_bytes))
            }
            Self::Character { pattern, content } if pattern.is_ascii() => {
                let each =
                    |&byte: &u8| if char::from(byte) == *pattern { content.as_bytes().to_vec() } else { vec![byte] };
                bytes.iter().flat_map(each).collect()
            }
            Self::Character { pattern, content } => text(bytes, |token| token.replace(*pattern, content).into_bytes()),
            Self::Strip { content, start, stop } => {
                text(bytes, |token| strip(token.into(), *content, *start, *stop).into_owned().into_bytes())
            }
            Self::SentencePiece(rules) => text(bytes, |token| rules.bytes(token)),
            Self::Fallback => text(bytes, |token| match fallback_byte(token) {
                Some(byte) => vec![byte],
                None => bytes.to_vec(),
            }),
        }
    }
}

/// Apply a change of text. Steps of text stand before those that make parts of characters, so that it is text.
fn text(bytes: &[u8], change: impl FnOnce(&str) -> Vec<u8>) -> Vec<u8> {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.to_vec(), change)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorKind;

    fn bytes(decoder: &Value, token: &str) -> Vec<u8> {
        let decoder = Decoder::compile(decoder, "decoder").expect("a decoder");
        TokenBytes::new(Some(&decoder)).expect("token by token").of(token)
    }

    #[test]
    fn every_kind_of_vocabulary_gives_its_bytes() {
        let byte_level = json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true});
        assert_eq!(bytes(&byte_level, "ĠaÃ"), b" a\xC3");
        assert_eq!(bytes(&byte_level, "日"), "日".as_bytes());
        let replace = json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "});
        let llama = json!({"type": "Sequence", "decoders": [
            replace, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]});
        assert_eq!(bytes(&llama, "▁a"), b" a");
        assert_eq!(bytes(&llama, "<0xC3>"), b"\xC3");
        let words = json!({"type": "WordPiece", "prefix": "##", "cleanup": true});
        assert_eq!([bytes(&words, "##x"), bytes(&words, "x"), bytes(&words, ".")], [&b"x"[..], b" x", b"."]);
        assert_eq!(bytes(&json!({"type": "BPEDecoder", "suffix": "</w>"}), "a</w>"), b"a ");
        assert_eq!(bytes(&json!({"type": "Metaspace", "replacement": "▁"}), "▁a"), b" a");
        assert_eq!(TokenBytes::new(None).expect("none").of("a"), b" a");
    }

    #[test]
    fn what_looks_at_several_tokens_is_refused() {
        let fuse = json!({"type": "Fuse"});
        for parts in [
            json!([{"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true}]),
            json!([fuse, {"type": "Replace", "pattern": {"Regex": "a+"}, "content": "b"}]),
            json!([fuse, {"type": "Replace", "pattern": {"String": "ab"}, "content": "b"}]),
            json!([fuse, {"type": "WordPiece", "prefix": "##", "cleanup": true}]),
            json!([fuse, {"type": "ByteFallback"}]),
            json!([{"type": "ByteFallback"}, {"type": "Replace", "pattern": {"String": "é"}, "content": "b"}]),
        ] {
            let value = json!({"type": "Sequence", "decoders": parts});
            let decoder = Decoder::compile(&value, "decoder").expect("a decoder");
            assert_eq!(TokenBytes::new(Some(&decoder)).expect_err("several").kind(), ErrorKind::Unsupported, "{value}");
        }
        let single = json!({"type": "Sequence", "decoders": [
            fuse, {"type": "Replace", "pattern": {"String": "é"}, "content": "e"},
        ]});
        assert_eq!(bytes(&single, "éa"), b"ea");
    }
}
