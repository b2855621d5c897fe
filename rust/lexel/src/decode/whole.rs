//! Decoding a whole row.

use std::borrow::Cow;

use super::cleanup::cleanup;
use super::{Decoder, Needle};
use crate::model::bpe::letter_byte;

type Row<'t> = Vec<Cow<'t, str>>;

impl Decoder {
    /// Decode a row of tokens.
    pub(crate) fn decode<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> String {
        if matches!(self, Self::ByteLevel) {
            let mut bytes = Vec::new();
            tokens.for_each(|token| push_letters(token, &mut bytes));
            return lossy(bytes);
        }
        if let Self::SentencePiece(rules) = self {
            return rules.decode(tokens);
        }
        self.run(tokens.map(Cow::Borrowed).collect()).concat()
    }

    pub(super) fn run<'t>(&self, tokens: Row<'t>) -> Row<'t> {
        match self {
            Self::ByteLevel => {
                let mut bytes = Vec::new();
                for token in &tokens {
                    push_letters(token, &mut bytes);
                }
                vec![Cow::Owned(lossy(bytes))]
            }
            Self::WordPiece { prefix, cleanup } => word_piece(tokens, prefix, *cleanup),
            Self::Metaspace { replacement, prepends } => metaspace(tokens, *replacement, *prepends),
            Self::Bpe { suffix } => {
                let last = tokens.len().saturating_sub(1);
                let replaced = |(i, token): (usize, Cow<'t, str>)| {
                    if !token.contains(suffix.as_str()) {
                        return token;
                    }
                    Cow::Owned(token.replace(suffix.as_str(), if i == last { "" } else { " " }))
                };
                tokens.into_iter().enumerate().map(replaced).collect()
            }
            Self::ByteFallback => byte_fallback(tokens),
            Self::Fuse => vec![Cow::Owned(tokens.concat())],
            Self::Strip { content, start, stop } => {
                tokens.into_iter().map(|token| strip(token, *content, *start, *stop)).collect()
            }
            Self::Replace { pattern, content } => replace(tokens, pattern, content),
            Self::Ctc { pad, delimiter, cleanup } => ctc(tokens, pad, delimiter, *cleanup),
            Self::SentencePiece(rules) => vec![Cow::Owned(rules.decode(tokens.iter().map(|token| &**token)))],
            Self::Sequence(parts) => parts.iter().fold(tokens, |tokens, part| part.run(tokens)),
        }
    }
}

fn changed(token: Cow<'_, str>, change: impl FnOnce(&str) -> Option<String>) -> Cow<'_, str> {
    match change(&token) {
        Some(text) => Cow::Owned(text),
        None => token,
    }
}

fn replace<'t>(tokens: Row<'t>, pattern: &Needle, content: &str) -> Row<'t> {
    tokens.into_iter().map(|token| changed(token, |token| pattern.replace(token, content))).collect()
}

fn word_piece<'t>(tokens: Row<'t>, prefix: &str, clean: bool) -> Row<'t> {
    let spaced = |(i, token): (usize, Cow<'t, str>)| {
        let token = match token.strip_prefix(prefix) {
            _ if i == 0 => token,
            Some(rest) => Cow::Owned(rest.to_owned()),
            None => Cow::Owned(format!(" {token}")),
        };
        if clean { changed(token, cleanup) } else { token }
    };
    tokens.into_iter().enumerate().map(spaced).collect()
}

fn metaspace(tokens: Row<'_>, replacement: char, prepends: bool) -> Row<'_> {
    let mut width = [0; 4];
    let visible = &*replacement.encode_utf8(&mut width);
    let spaced = |(i, token): (usize, _)| {
        let space = if i == 0 && prepends { "" } else { " " };
        changed(token, |token| token.contains(visible).then(|| token.replace(visible, space)))
    };
    tokens.into_iter().enumerate().map(spaced).collect()
}

fn byte_fallback(tokens: Row<'_>) -> Row<'_> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut run = Vec::new();
    // A run of bytes is a text if all of it is; otherwise every byte becomes a replacement character.
    let end_run = |run: &mut Vec<u8>, out: &mut Row<'_>| {
        if run.is_empty() {
            return;
        }
        match String::from_utf8(std::mem::take(run)) {
            Ok(text) => out.push(Cow::Owned(text)),
            Err(error) => out.extend(error.as_bytes().iter().map(|_| Cow::Borrowed("\u{FFFD}"))),
        }
    };
    for token in tokens {
        if let Some(byte) = fallback_byte(&token) {
            run.push(byte);
        } else {
            end_run(&mut run, &mut out);
            out.push(token);
        }
    }
    end_run(&mut run, &mut out);
    out
}

pub(super) fn strip(token: Cow<'_, str>, content: char, start: usize, stop: usize) -> Cow<'_, str> {
    let width = content.len_utf8();
    let leading = token.chars().take(start).take_while(|&c| c == content).count() * width;
    let trailing = token.chars().rev().take(stop).take_while(|&c| c == content).count() * width;
    if leading == 0 && trailing == 0 {
        return token;
    }
    // Where a token is nothing but the character both ends may claim the same one: it goes once.
    let end = (token.len() - trailing).max(leading);
    Cow::Owned(token[leading..end].to_owned())
}

fn ctc<'t>(mut tokens: Row<'t>, pad: &str, delimiter: &str, clean: bool) -> Row<'t> {
    tokens.dedup();
    let kept = |token: Cow<'t, str>| {
        let mut token =
            changed(token, |token| (!pad.is_empty() && token.contains(pad)).then(|| token.replace(pad, "")));
        if clean {
            token = changed(token, cleanup);
            token = changed(token, |token| token.contains(delimiter).then(|| token.replace(delimiter, " ")));
        }
        (!token.is_empty()).then_some(token)
    };
    tokens.into_iter().filter_map(kept).collect()
}

fn lossy(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// The bytes a token stands for: those of its byte-level letters or, if it has other characters, its own.
pub(super) fn push_letters(token: &str, bytes: &mut Vec<u8>) {
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

/// The byte of a token of the form `<0xNN>`.
pub(super) fn fallback_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if token.len() != 6 {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}
