//! Normalizers from their JSON, which `format` has brought into its one form.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::bert::{Bert, BertOptions};
use super::charmap::CharMap;
use super::ends::Strip;
use super::precompiled::Precompiled;
use super::replace::Replace;
use super::sentencepiece;
use super::simple::Simple;
use super::unicode::Form;
use super::{Kind, Normalizer};
use crate::error::{Error, Result};
use crate::json::{Object, wrong};

/// Padding may be there or not; bits that say nothing must be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Read what a normalizer is; `path` is where it stands in the file.
pub(super) fn read(value: &Value, path: &str) -> Result<Kind> {
    let object = Object::new(value, path)?;
    let simple = |rule| Ok(Kind::Simple(Box::new(CharMap::new(rule))));
    match object.str("type")? {
        "BertNormalizer" => bert(object),
        "ByteLevel" => simple(Simple::ByteLevel),
        "Lowercase" => simple(Simple::Lowercase),
        "NFC" => Ok(Kind::Form(Form::Nfc)),
        "NFD" => Ok(Kind::Form(Form::Nfd)),
        "NFKC" => Ok(Kind::Form(Form::Nfkc)),
        "NFKD" => Ok(Kind::Form(Form::Nfkd)),
        "Nmt" => simple(Simple::Nmt),
        "Precompiled" => precompiled(object),
        "SentencePiece" => sentence_piece(object),
        "Prepend" => Ok(Kind::Prepend(object.str("prepend")?.to_owned())),
        "Replace" => Ok(Kind::Replace(Box::new(Replace::read(object)?))),
        "Sequence" => sequence(object),
        "Strip" => Ok(Kind::Strip(Strip { left: object.bool("strip_left")?, right: object.bool("strip_right")? })),
        "StripAccents" => simple(Simple::StripAccents),
        other => Err(Error::unsupported(format!("the normalizer {other:?}")).at(path)),
    }
}

fn bert(object: Object<'_>) -> Result<Kind> {
    let clean_text = object.bool("clean_text")?;
    let handle_chinese_chars = object.bool("handle_chinese_chars")?;
    let strip_accents = object.optional("strip_accents").map(|_| object.bool("strip_accents")).transpose()?;
    let lowercase = object.bool("lowercase")?;
    let strip_accents = strip_accents.unwrap_or(lowercase);
    let options = BertOptions { clean_text, handle_chinese_chars, strip_accents, lowercase };
    Ok(Kind::Bert(Box::new(Bert::new(options))))
}

fn precompiled(object: Object<'_>) -> Result<Kind> {
    let place = object.child("precompiled_charsmap");
    let charsmap = BASE64.decode(object.str("precompiled_charsmap")?).map_err(|e| {
        Error::format(format!("expected base64: {e}; take the field from the original file")).at(&place)
    })?;
    Ok(Kind::Precompiled(Box::new(Precompiled::new(&charsmap).map_err(|e| e.at(&place))?)))
}

fn sentence_piece(object: Object<'_>) -> Result<Kind> {
    let place = object.child("charsmap");
    let charsmap = match object.optional_str("charsmap")? {
        Some(text) => {
            let bytes = BASE64.decode(text).map_err(|e| {
                Error::format(format!("expected base64: {e}; take the field from the original file")).at(&place)
            })?;
            Some(bytes)
        }
        None => None,
    };
    let strings = object
        .array("user_defined")?
        .iter()
        .map(|value| value.as_str().ok_or_else(|| wrong(&object.child("user_defined"), "an array of strings", value)));
    let options = sentencepiece::Options {
        add_dummy_prefix: object.bool("add_dummy_prefix")?,
        remove_extra_whitespaces: object.bool("remove_extra_whitespaces")?,
        escape_whitespaces: object.bool("escape_whitespaces")?,
        treat_whitespace_as_suffix: object.bool("treat_whitespace_as_suffix")?,
    };
    let strings: Vec<&str> = strings.collect::<Result<_>>()?;
    let rules = sentencepiece::SentencePiece::new(charsmap.as_deref(), &strings, options);
    Ok(Kind::SentencePiece(Box::new(rules.map_err(|e| e.at(&place))?)))
}

fn sequence(object: Object<'_>) -> Result<Kind> {
    let path = object.child("normalizers");
    let mut parts = Vec::new();
    let mut inserted = false;
    for (i, value) in object.array("normalizers")?.iter().enumerate() {
        let place = format!("{path}[{i}]");
        let part = Normalizer(read(value, &place)?);
        if inserted && !part.takes_inserted() {
            let message = "a normalizer after one that inserts text before the first character";
            return Err(Error::unsupported(message).at(&place));
        }
        inserted |= part.inserts_first();
        parts.push(part);
    }
    Ok(Kind::Sequence(parts))
}
