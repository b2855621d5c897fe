//! Reading small JSON values with errors that say where, what was expected and what was found.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Name the type of a value the way a JSON reader would.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A JSON object together with the path that leads to it.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) map: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Object<'a> {
    pub(crate) fn new(value: &'a Value, path: &'a str) -> Result<Self> {
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            other => Err(wrong(path, "an object", other)),
        }
    }

    fn wrong(&self, key: &str, expected: &str, found: &Value) -> Error {
        wrong(&self.child(key), expected, found)
    }

    pub(crate) fn child(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// A field that must be there.
    pub(crate) fn need(&self, key: &str) -> Result<&'a Value> {
        self.map.get(key).ok_or_else(|| Error::format(format!("the field {key:?} is missing")).at(self.path))
    }

    /// A field that may be absent or null.
    pub(crate) fn optional(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|v| !v.is_null())
    }

    pub(crate) fn str(&self, key: &str) -> Result<&'a str> {
        let value = self.need(key)?;
        value.as_str().ok_or_else(|| self.wrong(key, "a string", value))
    }

    pub(crate) fn optional_str(&self, key: &str) -> Result<Option<&'a str>> {
        self.optional(key).map(|v| v.as_str().ok_or_else(|| self.wrong(key, "a string or null", v))).transpose()
    }

    pub(crate) fn bool(&self, key: &str) -> Result<bool> {
        let value = self.need(key)?;
        value.as_bool().ok_or_else(|| self.wrong(key, "true or false", value))
    }

    pub(crate) fn bool_or(&self, key: &str, default: bool) -> Result<bool> {
        match self.map.get(key) {
            None => Ok(default),
            Some(v) => v.as_bool().ok_or_else(|| self.wrong(key, "true or false", v)),
        }
    }

    pub(crate) fn usize(&self, key: &str) -> Result<usize> {
        let value = self.need(key)?;
        value
            .as_u64()
            .and_then(|v| usize::try_from(v).ok())
            .ok_or_else(|| self.wrong(key, "a non-negative integer", value))
    }

    pub(crate) fn array(&self, key: &str) -> Result<&'a [Value]> {
        let value = self.need(key)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| self.wrong(key, "an array", value))
    }

    pub(crate) fn path(&self) -> &'a str {
        self.path
    }
}

pub(crate) fn as_u32(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|v| u32::try_from(v).ok())
}

/// The name of a variant without content, as serde reads it: `"A"` or `{"A": null}`.
pub(crate) fn variant(value: &Value) -> Option<&str> {
    match value {
        Value::String(name) => Some(name),
        Value::Object(map) => match map.iter().next() {
            Some((name, Value::Null)) if map.len() == 1 => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The beginning of a string, for a message.
pub(crate) fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(60) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

/// "expected X, found Y" at a path.
pub(crate) fn wrong(path: &str, expected: &str, found: &Value) -> Error {
    let shown = match found {
        Value::String(s) => format!("the string {:?}", shortened(s)),
        Value::Number(n) => format!("the number {n}"),
        Value::Bool(b) => b.to_string(),
        other => type_name(other).to_owned(),
    };
    Error::format(format!("expected {expected}, found {shown}")).at(path)
}
