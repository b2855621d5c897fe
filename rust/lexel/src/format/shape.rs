//! The shapes of JSON values: what a field may hold, and how it is written.
//!
//! Checking a value against its shape gives the canonical form: the fields in the order in which the `tokenizers` library
//! writes them, defaults filled in, unknown fields left out. What comes after (the compilers of the components, the
//! writer) sees canonical forms only.

use serde_json::{Map, Value};

use super::components::Family;
use super::tree::Path;
use crate::error::Result;
use crate::json::as_u32;

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Bool,
    Text,
    /// A string of one character.
    Char,
    /// An integer below 2^32.
    U32,
    /// An integer below 2^64.
    Usize,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// The value or null.
    Maybe(&'static Shape),
    List(&'static Shape),
    /// A token and its id, as an array of two.
    TokenAndId,
    /// An object of any names, written by ascending name.
    Names(&'static Shape),
    /// An object with these fields.
    Fields(&'static [Field]),
    /// The same where it has the field of this name, another shape where it has not.
    FieldsIf(&'static str, &'static [Field], &'static Shape),
    /// The same, or an array of their values, as serde reads records.
    Record(&'static [Field]),
    /// An object with one field, whose name says which.
    Variant(&'static [(&'static str, Shape)]),
    /// One of these strings, or an object with one field.
    OneOfOr(&'static [&'static str], &'static [(&'static str, Shape)]),
    /// Another component of the family.
    Component(&'static Family),
}

/// A field of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) absent: Absent,
}

/// What an absent field means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Absent {
    Refused,
    Null,
    True,
    Text(&'static str),
    Number(u32),
    /// An old field: checked where it stands, never written.
    Dropped,
}

impl Field {
    /// A field that must be there.
    pub(super) const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, absent: Absent::Refused }
    }

    /// A field that may be absent.
    pub(super) const fn or(name: &'static str, shape: Shape, absent: Absent) -> Self {
        Self { name, shape, absent }
    }
}

impl Shape {
    /// The canonical form of a value.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] where the value has another shape.
    pub(super) fn read(&self, value: &Value, path: &Path<'_>) -> Result<Value> {
        let scalar = |fits: bool, expected: &str| {
            if fits { Ok(value.clone()) } else { Err(path.wrong(expected, value)) }
        };
        match *self {
            Self::Bool => scalar(value.is_boolean(), "true or false"),
            Self::Text => scalar(value.is_string(), "a string"),
            Self::Char => {
                let one = value.as_str().is_some_and(|text| text.chars().count() == 1);
                scalar(one, "a string of one character")
            }
            Self::U32 => scalar(as_u32(value).is_some(), "an integer from 0 to 4294967295"),
            Self::Usize => scalar(value.is_u64(), "an integer from 0 to 18446744073709551615"),
            Self::OneOf(names) => match crate::json::variant(value).filter(|name| names.contains(name)) {
                Some(name) => Ok(name.into()),
                None => Err(path.wrong(&format!("one of {}", names.join(", ")), value)),
            },
            Self::Maybe(shape) => {
                if value.is_null() {
                    Ok(Value::Null)
                } else {
                    shape.read(value, path)
                }
            }
            Self::List(shape) => {
                let Value::Array(items) = value else { return Err(path.wrong("an array", value)) };
                let items = items.iter().enumerate().map(|(i, item)| shape.read(item, &path.item(i)));
                items.collect::<Result<_>>().map(Value::Array)
            }
            Self::TokenAndId => {
                let pair = value.as_array().is_some_and(
                    |pair| matches!(pair.as_slice(), [token, id] if token.is_string() && as_u32(id).is_some()),
                );
                scalar(pair, "an array of a token and its id")
            }
            Self::Names(shape) => {
                let Value::Object(fields) = value else { return Err(path.wrong("an object", value)) };
                let mut names: Vec<&String> = fields.keys().collect();
                names.sort_unstable();
                let read = |name: &String| Ok((name.clone(), shape.read(&fields[name], &path.field(name))?));
                names.into_iter().map(read).collect::<Result<_>>().map(Value::Object)
            }
            Self::Fields(fields) => record(fields, value, path, Map::new()).map(Value::Object),
            Self::FieldsIf(name, fields, otherwise) => {
                let shape = if value.get(name).is_some() { &Self::Fields(fields) } else { otherwise };
                shape.read(value, path)
            }
            Self::Record(fields) => match value {
                Value::Array(items) if items.len() == fields.len() => {
                    let pairs = fields.iter().zip(items).enumerate();
                    let read = |(i, (field, item)): (usize, (&Field, &Value))| {
                        Ok((field.name.to_owned(), field.shape.read(item, &path.item(i))?))
                    };
                    pairs.map(read).collect::<Result<_>>().map(Value::Object)
                }
                _ => Self::Fields(fields).read(value, path),
            },
            Self::Variant(variants) => variant(variants, value, path),
            Self::OneOfOr(names, variants) => {
                if let Ok(name) = Self::OneOf(names).read(value, path) {
                    Ok(name)
                } else if value.is_object() {
                    variant(variants, value, path)
                } else {
                    Err(path.wrong(&format!("one of {}, or an object", names.join(", ")), value))
                }
            }
            Self::Component(family) => family.read(value, path),
        }
    }
}

/// Read the fields of an object, and append their canonical forms.
pub(super) fn record(
    fields: &[Field],
    value: &Value,
    path: &Path<'_>,
    mut into: Map<String, Value>,
) -> Result<Map<String, Value>> {
    let Value::Object(found) = value else { return Err(path.wrong("an object", value)) };
    for field in fields {
        // Null is as good as nothing where it is allowed.
        let value = found.get(field.name).filter(|value| !(value.is_null() && matches!(field.shape, Shape::Maybe(_))));
        let canonical = match (value, field.absent) {
            (Some(value), _) => field.shape.read(value, &path.field(field.name))?,
            (None, Absent::Refused) => return Err(path.error(format!("the field {:?} is missing", field.name))),
            (None, Absent::Null | Absent::Dropped) => Value::Null,
            (None, Absent::True) => Value::Bool(true),
            (None, Absent::Text(text)) => text.into(),
            (None, Absent::Number(number)) => number.into(),
        };
        if !matches!(field.absent, Absent::Dropped) {
            into.insert(field.name.to_owned(), canonical);
        }
    }
    Ok(into)
}

fn variant(variants: &[(&str, Shape)], value: &Value, path: &Path<'_>) -> Result<Value> {
    if let Value::Object(found) = value
        && found.len() == 1
        && let Some((name, inner)) = found.iter().next()
        && let Some((_, shape)) = variants.iter().find(|(known, _)| known == name)
    {
        let canonical = shape.read(inner, &path.field(name))?;
        return Ok(Value::Object(Map::from_iter([(name.clone(), canonical)])));
    }
    let names: Vec<String> = variants.iter().map(|(name, _)| format!("{name:?}")).collect();
    Err(path.wrong(&format!("an object with one field, {}", names.join(" or ")), value))
}
