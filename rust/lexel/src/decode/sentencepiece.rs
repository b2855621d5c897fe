//! How `SentencePiece` itself decodes: control pieces are nothing, runs of byte pieces are text, U+2581 is a space, and the
//! space that stands before a text goes.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::error::Result;
use crate::json::{Object, wrong};
use crate::normalize::{Normalizer, normalized};

/// The rules; machines of a stream share them.
#[derive(Clone, Debug)]
pub(crate) struct SentencePiece(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    control: HashSet<String>,
    unk_token: Option<String>,
    unk_surface: String,
    byte_fallback: bool,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    denormalizer: Option<Normalizer>,
}

const SPACE: char = '▁';

impl Rules {
    /// The byte that a piece such as `<0x0A>` stands for.
    fn byte_of(&self, token: &str) -> Option<u8> {
        let digits: [u8; 2] = token.strip_prefix("<0x")?.strip_suffix('>')?.as_bytes().try_into().ok()?;
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'A'..=b'F' => Some(digit - b'A' + 10),
            _ => None,
        };
        self.byte_fallback.then_some(digit(digits[0])? << 4 | digit(digits[1])?)
    }
}

impl SentencePiece {
    pub(super) fn compile(object: Object<'_>) -> Result<Self> {
        let control = object.array("control")?.iter().map(|value| {
            let text = value.as_str().ok_or_else(|| wrong(&object.child("control"), "an array of strings", value));
            text.map(str::to_owned)
        });
        let denormalizer = object.optional("denormalizer");
        let denormalizer = denormalizer.map(|value| Normalizer::compile(value, &object.child("denormalizer")));
        Ok(Self(Arc::new(Rules {
            control: control.collect::<Result<_>>()?,
            unk_token: object.optional_str("unk_token")?.map(str::to_owned),
            unk_surface: object.str("unk_surface")?.to_owned(),
            byte_fallback: object.bool("byte_fallback")?,
            add_dummy_prefix: object.bool("add_dummy_prefix")?,
            remove_extra_whitespaces: object.bool("remove_extra_whitespaces")?,
            denormalizer: denormalizer.transpose()?,
        })))
    }

    /// The whole text of a row of tokens.
    pub(super) fn decode<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> String {
        let (mut joiner, mut out) = (Joiner::new(self), String::new());
        for token in tokens {
            joiner.push(token, &mut out);
        }
        joiner.finish(&mut out);
        out
    }

    /// Whether what a token stands for depends on the whole text.
    pub(super) fn rewrites(&self) -> bool {
        self.0.denormalizer.is_some()
    }

    /// The bytes a token stands for in the middle of a text.
    pub(super) fn bytes(&self, token: &str) -> Vec<u8> {
        if self.0.control.contains(token) {
            Vec::new()
        } else if self.0.unk_token.as_deref() == Some(token) {
            self.0.unk_surface.clone().into_bytes()
        } else if let Some(byte) = self.0.byte_of(token) {
            vec![byte]
        } else {
            token.replace(SPACE, " ").into_bytes()
        }
    }
}

/// Takes token after token, and gives out text as soon as it is final.
#[derive(Clone, Debug)]
pub(super) struct Joiner {
    rules: SentencePiece,
    /// Bytes that may be the beginning of a character.
    bytes: Vec<u8>,
    /// Whether nothing was given out, nor a space taken away.
    at_start: bool,
    /// The text so far, where all of it is rewritten at the end.
    whole: String,
}

impl Joiner {
    pub(super) fn new(rules: &SentencePiece) -> Self {
        Self { rules: rules.clone(), bytes: Vec::new(), at_start: true, whole: String::new() }
    }

    pub(super) fn push(&mut self, token: &str, out: &mut String) {
        if self.rules.rewrites() {
            let mut whole = std::mem::take(&mut self.whole);
            self.take(token, &mut whole);
            self.whole = whole;
        } else {
            self.take(token, out);
        }
    }

    fn take(&mut self, token: &str, out: &mut String) {
        let Self { rules, bytes, at_start, .. } = self;
        let rules = &*rules.0;
        if let Some(byte) = rules.byte_of(token) {
            bytes.push(byte);
            *at_start = false;
            give_bytes(bytes, out, false);
            return;
        }
        give_bytes(bytes, out, true);
        if rules.control.contains(token) {
            return;
        }
        let mut rest = token;
        if *at_start && (rules.add_dummy_prefix || rules.remove_extra_whitespaces) {
            rest = token.strip_prefix(SPACE).unwrap_or(token);
        }
        let before = out.len();
        if rules.unk_token.as_deref() == Some(token) {
            out.push_str(&rules.unk_surface);
        } else {
            for (i, part) in rest.split(SPACE).enumerate() {
                if i > 0 {
                    out.push(' ');
                }
                out.push_str(part);
            }
        }
        let one_taken = rest.len() < token.len() && !rules.remove_extra_whitespaces;
        *at_start &= out.len() == before && !one_taken;
    }

    /// There are no more tokens.
    pub(super) fn finish(&mut self, out: &mut String) {
        if let Some(denormalizer) = &self.rules.0.denormalizer {
            give_bytes(&mut self.bytes, &mut self.whole, true);
            out.push_str(&normalized(Some(denormalizer), &self.whole));
            self.whole.clear();
        } else {
            give_bytes(&mut self.bytes, out, true);
        }
        self.at_start = true;
    }
}

/// Give out the characters that bytes make, and U+FFFD for each byte that is of none; what may still become a character
/// stays, but at the `end` of a run.
fn give_bytes(bytes: &mut Vec<u8>, out: &mut String, end: bool) {
    let mut done = 0;
    while done < bytes.len() {
        match std::str::from_utf8(&bytes[done..]) {
            Ok(text) => {
                out.push_str(text);
                done = bytes.len();
            }
            Err(error) => {
                let valid = done + error.valid_up_to();
                out.push_str(std::str::from_utf8(&bytes[done..valid]).unwrap_or_default());
                done = valid;
                if error.error_len().is_none() && !end {
                    break;
                }
                out.push('\u{FFFD}');
                done += 1;
            }
        }
    }
    bytes.drain(..done);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Decoder, StreamState};

    fn decoder(more: &Value) -> Decoder {
        let mut fields = json!({
            "type": "SentencePiece", "control": ["<s>"], "unk_token": "<unk>", "unk_surface": " ⁇ ",
            "byte_fallback": true, "add_dummy_prefix": true, "remove_extra_whitespaces": false, "denormalizer": null,
        });
        for (name, value) in more.as_object().expect("an object") {
            fields[name] = value.clone();
        }
        Decoder::compile(&fields, "decoder").expect("a decoder")
    }

    fn decode(more: &Value, tokens: &[&str]) -> String {
        let decoder = decoder(more);
        let whole = decoder.decode(tokens.iter().copied());
        let (mut stream, mut stepwise) = (StreamState::new(Some(&decoder)), String::new());
        for token in tokens {
            stream.feed(token, &mut stepwise);
        }
        stream.flush(&mut stepwise);
        assert_eq!(stepwise, whole);
        whole
    }

    #[test]
    fn the_space_before_a_text_goes() {
        let same = json!({});
        assert_eq!(decode(&same, &["<s>", "▁a", "▁▁b"]), "a  b");
        assert_eq!(decode(&same, &["▁", "▁a"]), " a");
        assert_eq!(decode(&same, &["<unk>", "▁a"]), " ⁇  a");
        let all = json!({"remove_extra_whitespaces": true});
        assert_eq!(decode(&all, &["▁", "▁a", "▁b"]), "a b");
        let none = json!({"add_dummy_prefix": false});
        assert_eq!(decode(&none, &["▁a"]), " a");
    }

    #[test]
    fn runs_of_bytes_are_text() {
        let same = json!({});
        assert_eq!(decode(&same, &["<0xE2>", "<0x82>", "<0xAC>", "<0xFF>", "▁a"]), "€\u{FFFD} a");
        assert_eq!(decode(&same, &["<0xE2>", "<0x82>", "<s>", "<0xAC>"]), "\u{FFFD}\u{FFFD}\u{FFFD}");
        assert_eq!(decode(&same, &["<0xe2>", "<0x+1>"]), "<0xe2><0x+1>");
        assert_eq!(decode(&json!({"byte_fallback": false}), &["<0x41>"]), "<0x41>");
    }

    #[test]
    fn what_is_rewritten_at_the_end_waits_for_it() {
        let rules = json!({"denormalizer": {
            "type": "SentencePiece", "charsmap": null, "add_dummy_prefix": false, "remove_extra_whitespaces": true,
            "escape_whitespaces": false, "treat_whitespace_as_suffix": false, "user_defined": [],
        }});
        assert_eq!(decode(&rules, &["▁a", "▁▁b", "▁"]), "a b");
    }
}
