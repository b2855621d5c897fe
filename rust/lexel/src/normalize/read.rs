//! Normalizers as files write them, in every form the reference reads.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::bert::{Bert, BertOptions};
use super::charmap::CharMap;
use super::ends::Strip;
use super::precompiled::Precompiled;
use super::replace::Replace;
use super::simple::Simple;
use super::unicode::Form;
use super::{Kind, Normalizer};
use crate::error::{Error, ErrorKind, Result};
use crate::json::{Object, wrong};

/// The names a file may give. (The reference writes `BertNormalizer`, which it knows by its fields alone.)
const NAMES: &str = "Bert, BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, \
                     Sequence, Strip, StripAccents";

/// Padding may be there or not; bits that say nothing must be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Read what a normalizer is; `path` is where it stands in the file.
pub(super) fn read(value: &Value, path: &str) -> Result<Kind> {
    if value.is_array() {
        return Err(
            Error::unsupported("a normalizer written as an array of its fields; write it as an object").at(path)
        );
    }
    let object = Object::new(value, path)?;
    let simple = |rule| Ok(Kind::Simple(Box::new(CharMap::new(rule))));
    match object.map.get("type") {
        Some(Value::String(name)) => match name.as_str() {
            "Bert" => bert(object),
            "ByteLevel" => simple(Simple::ByteLevel),
            "Lowercase" => simple(Simple::Lowercase),
            "NFC" => Ok(Kind::Form(Form::Nfc)),
            "NFD" => Ok(Kind::Form(Form::Nfd)),
            "NFKC" => Ok(Kind::Form(Form::Nfkc)),
            "NFKD" => Ok(Kind::Form(Form::Nfkd)),
            "Nmt" => simple(Simple::Nmt),
            "Precompiled" => precompiled(object),
            "Prepend" => prepend(object),
            "Replace" => replace(object),
            "Sequence" => sequence(object),
            "Strip" => strip(object),
            "StripAccents" => simple(Simple::StripAccents),
            _ => by_fields(object),
        },
        Some(Value::Object(_) | Value::Array(_)) => {
            Err(Error::unsupported("a normalizer whose type is no string; write its name").at(&object.child("type")))
        }
        _ => by_fields(object),
    }
}

/// A normalizer without a known name is what its fields say, if they say something: so old files are written.
fn by_fields(object: Object<'_>) -> Result<Kind> {
    let mut first = None;
    for read in [bert, strip, sequence, replace, prepend] {
        match read(object) {
            Err(error) if error.kind() == ErrorKind::Format => first = first.or(Some(error)),
            read => return read,
        }
    }
    let expected = format!("one of {NAMES}");
    match (object.map.get("type"), first) {
        (Some(Value::String(name)), Some(error)) if name == "BertNormalizer" => Err(error),
        (Some(found), _) => Err(wrong(&object.child("type"), &expected, found)),
        (None, _) => {
            let fields: Vec<_> = object.map.keys().take(8).collect();
            let message =
                format!("the field \"type\" is missing: expected {expected}; no normalizer is made of {fields:?}");
            Err(Error::format(message).at(object.path()))
        }
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

fn strip(object: Object<'_>) -> Result<Kind> {
    Ok(Kind::Strip(Strip { left: object.bool("strip_left")?, right: object.bool("strip_right")? }))
}

fn replace(object: Object<'_>) -> Result<Kind> {
    Ok(Kind::Replace(Box::new(Replace::read(object)?)))
}

fn prepend(object: Object<'_>) -> Result<Kind> {
    Ok(Kind::Prepend(object.str("prepend")?.to_owned()))
}

fn precompiled(object: Object<'_>) -> Result<Kind> {
    let place = object.child("precompiled_charsmap");
    let charsmap = BASE64.decode(object.str("precompiled_charsmap")?).map_err(|e| {
        Error::format(format!("expected base64: {e}; take the field from the original file")).at(&place)
    })?;
    Ok(Kind::Precompiled(Box::new(Precompiled::new(&charsmap).map_err(|e| e.at(&place))?)))
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
