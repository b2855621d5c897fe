//! Reading JSON while knowing where one is: errors name the path, and a field that stands twice is no field.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{Error, Result};

/// What reading a file found wrong. The errors of serde carry a text only; ours have a kind and a place.
#[derive(Debug, Default)]
pub(super) struct Findings {
    first: RefCell<Option<Error>>,
    /// The part of the file that is being read, for errors that have no better place.
    part: Cell<Option<&'static str>>,
}

impl Findings {
    /// Keep an error, and return the one that makes serde stop.
    pub(super) fn refuse<E: serde::de::Error>(&self, error: Error) -> E {
        self.first.borrow_mut().get_or_insert(error);
        E::custom("refused")
    }

    pub(super) fn reading(&self, part: &'static str) {
        self.part.set(Some(part));
    }

    /// The error that stopped serde: ours if there is one, else what is wrong with the JSON itself.
    pub(super) fn explain(&self, error: &serde_json::Error) -> Error {
        if let Some(found) = self.first.take() {
            return found;
        }
        let explained = syntax(error);
        match self.part.get() {
            Some(part) => explained.at(part),
            None => explained,
        }
    }
}

/// Say what is wrong with a text that is no JSON.
pub(super) fn syntax(error: &serde_json::Error) -> Error {
    if error.is_eof() {
        return Error::format(format!("the JSON ends too early ({error}): the file is truncated; fetch it again"));
    }
    let place = format!("line {} column {}", error.line(), error.column());
    if error.to_string().starts_with("recursion limit") {
        return Error::format(format!("nested deeper than 127 levels at {place}: no tokenizer needs that"));
    }
    if error.is_data() {
        return Error::format(error.to_string());
    }
    Error::format(format!("not JSON: {error}"))
}

/// Where a value stands, written out only when something is wrong there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'a> {
    Part(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    pub(super) fn field<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path::Field(self, name)
    }

    pub(super) fn item(&self, index: usize) -> Path<'_> {
        Path::Item(self, index)
    }

    /// An error here.
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error::format(message).at(&self.to_string())
    }

    /// "expected X, found Y" here.
    pub(super) fn wrong(&self, expected: &str, found: &Value) -> Error {
        crate::json::wrong(&self.to_string(), expected, found)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(name) => f.write_str(name),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Field(parent, name) if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
                write!(f, "{parent}.{}", crate::json::shortened(name))
            }
            Self::Field(parent, name) => write!(f, "{parent}[{:?}]", crate::json::shortened(name)),
        }
    }
}

/// Reads any value as a tree.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    pub(super) path: Path<'a>,
    pub(super) findings: &'a Findings,
}

impl<'a> Tree<'a> {
    pub(super) fn new(path: Path<'a>, findings: &'a Findings) -> Self {
        Self { path, findings }
    }
}

/// Read the text of one part of a file.
pub(super) fn parse(text: &str, part: &str) -> Result<Value> {
    let findings = Findings::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Tree::new(Path::Part(part), &findings).deserialize(&mut reader);
    read.and_then(|value| reader.end().map(|()| value)).map_err(|e| findings.explain(&e).at(part))
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Tree::new(self.path.item(items.len()), self.findings))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if fields.contains_key(&name) {
                return Err(self.findings.refuse(twice(&self.path.field(&name))));
            }
            let value = map.next_value_seed(Tree::new(self.path.field(&name), self.findings))?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// The error of a field that stands twice in its object.
pub(super) fn twice(path: &Path<'_>) -> Error {
    path.error("the field stands twice; remove one of them: which one counts differs from reader to reader")
}

/// Any value as far as a reader of scalars cares: arrays and objects are passed over.
#[derive(Debug)]
pub(super) enum Scalar<'de> {
    Integer(u64),
    Float(f64),
    Text(Cow<'de, str>),
    /// Anything else, by the name of its type.
    Other(&'static str),
}

impl Scalar<'_> {
    pub(super) fn signed(value: i64) -> Self {
        u64::try_from(value).map_or(Self::Float(value as f64), Self::Integer)
    }

    fn shown(&self) -> String {
        match self {
            Self::Integer(value) => format!("the number {value}"),
            Self::Float(value) => format!("the number {value}"),
            Self::Text(text) => format!("the string {:?}", crate::json::shortened(text)),
            Self::Other(name) => (*name).to_owned(),
        }
    }

    /// An error that says what stands here instead of what was expected.
    pub(super) fn wrong(&self, path: &Path<'_>, expected: &str) -> Error {
        path.error(format!("expected {expected}, found {}", self.shown()))
    }
}

/// The methods of a visitor for everything but arrays and objects: `$found` is the scalar, `$result` what it gives.
macro_rules! visit_scalars {
    ($this:ident, $found:ident => $result:expr) => {
        visit_scalars!($this, visit_unit(), $found = Scalar::Other("null") => $result);
        visit_scalars!($this, visit_bool(is: bool), $found = Scalar::Other(if is { "true" } else { "false" }) => $result);
        visit_scalars!($this, visit_i64(value: i64), $found = Scalar::signed(value) => $result);
        visit_scalars!($this, visit_u64(value: u64), $found = Scalar::Integer(value) => $result);
        visit_scalars!($this, visit_f64(value: f64), $found = Scalar::Float(value) => $result);
        visit_scalars!($this, visit_borrowed_str(text: &'de str), $found = Scalar::Text(Cow::Borrowed(text)) => $result);
        visit_scalars!($this, visit_str(text: &str), $found = Scalar::Text(Cow::Owned(text.to_owned())) => $result);
    };
    ($this:ident, $visit:ident($($value:ident: $type:ty)?), $found:ident = $scalar:expr => $result:expr) => {
        fn $visit<E: serde::de::Error>($this, $($value: $type)?) -> Result<Self::Value, E> {
            let $found: Scalar<'_> = $scalar;
            Ok($result)
        }
    };
}
pub(super) use visit_scalars;

/// Reads any value as a [`Scalar`].
pub(super) struct AnyScalar;

impl<'de> DeserializeSeed<'de> for AnyScalar {
    type Value = Scalar<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyScalar {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    visit_scalars!(self, found => found);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an object"))
    }
}

/// Any value where a pair of scalars is expected.
#[derive(Debug)]
pub(super) enum Pair<'de> {
    Two(Scalar<'de>, Scalar<'de>),
    /// An array of another length.
    Length(usize),
    One(Scalar<'de>),
}

impl Pair<'_> {
    /// An error that says what stands here instead of what was expected.
    pub(super) fn wrong(&self, path: &Path<'_>, expected: &str) -> Error {
        match self {
            Self::Two(first, second) => {
                path.error(format!("expected {expected}, found [{}, {}]", first.shown(), second.shown()))
            }
            Self::Length(length) => path.error(format!("expected {expected}, found an array of {length}")),
            Self::One(found) => found.wrong(path, expected),
        }
    }
}

/// Reads any value as a [`Pair`].
pub(super) struct AnyPair;

impl<'de> DeserializeSeed<'de> for AnyPair {
    type Value = Pair<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Pair<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyPair {
    type Value = Pair<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pair")
    }

    visit_scalars!(self, found => Pair::One(found));

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let Some(first) = seq.next_element_seed(AnyScalar)? else { return Ok(Pair::Length(0)) };
        let Some(second) = seq.next_element_seed(AnyScalar)? else { return Ok(Pair::Length(1)) };
        let mut length = 2;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(if length == 2 { Pair::Two(first, second) } else { Pair::Length(length) })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        AnyScalar.visit_map(map).map(Pair::One)
    }
}

/// Reads a string into a buffer that is used again and again.
pub(super) struct Text<'a>(pub(super) &'a mut String);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(text);
        Ok(())
    }
}
