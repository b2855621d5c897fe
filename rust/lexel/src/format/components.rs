//! The components of a `tokenizer.json` as data: their names, their fields, and how files without names are told apart.
//!
//! Files name a component in its field `type`. The `tokenizers` library also reads some that do not, or that name
//! something else, because its first versions wrote no names; which ones follows from how its readers are built, and is
//! kept here:
//!
//! | component | read whatever `type` says, in this order, if the fields fit |
//! |---|---|
//! | normalizer | `BertNormalizer`, `Strip`, `Sequence`, `Replace`, `Prepend` (where `type` is no name of the list, of which `BertNormalizer` is none, but `Bert` is) |
//! | pre-tokenizer | none; `Delimiter` is no other name of `CharDelimiterSplit` |
//! | post-processor | `RobertaProcessing`, `BertProcessing` always come first, then `ByteLevel` by name, `TemplateProcessing`, `Sequence` by name |
//! | decoder | `BPEDecoder`, `WordPiece`, `CTC`, `Replace`, `Strip` (where `type` is no name of the list) |
//! | model | `BPE`, `WordPiece`, `WordLevel`, `Unigram` (where there is no `type`; see [`super::model`]) |
//!
//! Left to the library: components written as arrays of their fields, and names written as objects (`{"Fuse": null}`),
//! which its readers accept by accident and nothing writes.

use serde_json::{Map, Value};

use super::shape::{Absent, Field, Shape, record};
use super::tree::Path;
use crate::error::{Error, Result};

/// The components that may stand in one place of the file.
#[derive(Debug)]
pub(super) struct Family {
    /// What the family is called in messages.
    what: &'static str,
    /// In the order in which they are tried where the name does not decide.
    kinds: &'static [Kind],
    /// The components that may stand there too, whose names the others do not hide.
    extends: Option<&'static Family>,
}

/// One component.
#[derive(Debug)]
struct Kind {
    /// The `type` it is written with.
    name: &'static str,
    /// The `type` that decides for it alone, if one does.
    decides: Option<&'static str>,
    /// Whether it is tried whatever `type` says, rather than for its name only.
    tried: bool,
    fields: &'static [Field],
    /// A rule between fields.
    rule: Option<Rule>,
}

type Rule = fn(&Map<String, Value>, &Path<'_>) -> Result<()>;

impl Kind {
    /// A component that its name decides for.
    const fn named(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, decides: Some(name), tried: false, fields, rule: None }
    }

    /// A component that is also read under another name or none.
    const fn old(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, decides: Some(name), tried: true, fields, rule: None }
    }

    /// The same, but nothing decides for it alone.
    const fn tried(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, decides: None, tried: true, fields, rule: None }
    }

    /// A component found by its name when its turn comes.
    const fn in_turn(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, decides: None, tried: false, fields, rule: None }
    }

    fn read(&self, value: &Value, path: &Path<'_>) -> Result<Value> {
        let named = Map::from_iter([("type".to_owned(), Value::from(self.name))]);
        let fields = record(self.fields, value, path, named)?;
        if let (Some(rule), Value::Object(found)) = (self.rule, value) {
            rule(found, path)?;
        }
        Ok(Value::Object(fields))
    }
}

impl Family {
    /// The canonical form of a component: what the library would write after reading it.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] where fields are missing or wrong, [`crate::ErrorKind::Unsupported`] for a name that
    /// is not known.
    pub(super) fn read(&self, value: &Value, path: &Path<'_>) -> Result<Value> {
        let Value::Object(fields) = value else {
            let wrong = path.wrong(&format!("a {} (an object)", self.what), value);
            return Err(if value.is_array() { wrong.into_unsupported() } else { wrong });
        };
        let name = fields.get("type");
        let text = name.and_then(Value::as_str);
        if let Some(kind) = self.kinds.iter().find(|kind| text.is_some() && kind.decides == text) {
            return kind.read(value, path);
        }
        if let Some(family) = self.extends {
            return family.read(value, path);
        }
        let mut named_error = None;
        for kind in self.kinds.iter().filter(|kind| kind.tried || text == Some(kind.name)) {
            match kind.read(value, path) {
                Ok(canonical) => return Ok(canonical),
                Err(error) if text == Some(kind.name) => named_error = Some(error),
                Err(_) => {}
            }
        }
        Err(named_error.unwrap_or_else(|| self.unknown(name, path)))
    }

    fn unknown(&self, name: Option<&Value>, path: &Path<'_>) -> Error {
        let known = || self.kinds.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
        match name {
            None => {
                path.error(format!("the field \"type\" is missing; expected the name of a {}: {}", self.what, known()))
            }
            Some(Value::String(name)) => {
                let name = crate::json::shortened(name);
                Error::unsupported(format!("the {} {name:?}; expected one of {}", self.what, known()))
                    .at(&path.to_string())
            }
            Some(other) => {
                let wrong = path.field("type").wrong(&format!("the name of a {} (a string)", self.what), other);
                if other.is_object() { wrong.into_unsupported() } else { wrong }
            }
        }
    }
}

const BEHAVIORS: &[&str] = &["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
const PATTERN: Shape = Shape::Variant(&[("String", Shape::Text), ("Regex", Shape::Text)]);
const SCHEMES: &[&str] = &["first", "never", "always"];

const REPLACE: &[Field] = &[Field::new("pattern", PATTERN), Field::new("content", Shape::Text)];
const BYTE_LEVEL: &[Field] = &[
    Field::new("add_prefix_space", Shape::Bool),
    Field::new("trim_offsets", Shape::Bool),
    Field::or("use_regex", Shape::Bool, Absent::True),
];
const METASPACE: Kind = Kind {
    rule: Some(metaspace_rule),
    ..Kind::named(
        "Metaspace",
        &[
            Field::new("replacement", Shape::Char),
            Field::or("prepend_scheme", Shape::OneOf(SCHEMES), Absent::Text("always")),
            Field::or("add_prefix_space", Shape::Maybe(&Shape::Bool), Absent::Dropped),
            Field::or("split", Shape::Maybe(&Shape::Bool), Absent::True),
            Field::or("str_rep", Shape::Maybe(&Shape::Text), Absent::Dropped),
        ],
    )
};

fn metaspace_rule(fields: &Map<String, Value>, path: &Path<'_>) -> Result<()> {
    let never = fields.get("prepend_scheme").and_then(Value::as_str) == Some("never");
    if fields.get("add_prefix_space") == Some(&Value::Bool(false)) && !never {
        return Err(path.error(
            "add_prefix_space is false, but prepend_scheme does not say \"never\"; set it, and leave add_prefix_space out",
        ));
    }
    Ok(())
}

/// The library repeats pieces, or panics, where nothing is put before a text.
fn prepend_rule(fields: &Map<String, Value>, path: &Path<'_>) -> Result<()> {
    if fields.get("prepend").and_then(Value::as_str) == Some("") {
        let message = "the normalizer \"Prepend\" with an empty string; leave the normalizer out instead";
        return Err(Error::unsupported(message).at(&path.field("prepend").to_string()));
    }
    Ok(())
}

pub(super) static NORMALIZERS: Family = Family {
    what: "normalizer",
    extends: None,
    kinds: &[
        Kind {
            decides: Some("Bert"),
            ..Kind::old(
                "BertNormalizer",
                &[
                    Field::new("clean_text", Shape::Bool),
                    Field::new("handle_chinese_chars", Shape::Bool),
                    Field::or("strip_accents", Shape::Maybe(&Shape::Bool), Absent::Null),
                    Field::new("lowercase", Shape::Bool),
                ],
            )
        },
        Kind::old("Strip", &[Field::new("strip_left", Shape::Bool), Field::new("strip_right", Shape::Bool)]),
        Kind::named("StripAccents", &[]),
        Kind::named("NFC", &[]),
        Kind::named("NFD", &[]),
        Kind::named("NFKC", &[]),
        Kind::named("NFKD", &[]),
        Kind::old("Sequence", &[Field::new("normalizers", Shape::List(&Shape::Component(&NORMALIZERS)))]),
        Kind::named("Lowercase", &[]),
        Kind::named("Nmt", &[]),
        Kind::named("Precompiled", &[Field::new("precompiled_charsmap", Shape::Text)]),
        Kind::old("Replace", REPLACE),
        Kind { rule: Some(prepend_rule), ..Kind::old("Prepend", &[Field::new("prepend", Shape::Text)]) },
        Kind::named("ByteLevel", &[]),
    ],
};

pub(super) static PRE_TOKENIZERS: Family = Family {
    what: "pre-tokenizer",
    extends: None,
    kinds: &[
        Kind::named("BertPreTokenizer", &[]),
        Kind::named("ByteLevel", BYTE_LEVEL),
        Kind::in_turn("CharDelimiterSplit", &[Field::new("delimiter", Shape::Char)]),
        METASPACE,
        Kind::named("Whitespace", &[]),
        Kind::named("Sequence", &[Field::new("pretokenizers", Shape::List(&Shape::Component(&PRE_TOKENIZERS)))]),
        Kind::named(
            "Split",
            &[
                Field::new("pattern", PATTERN),
                Field::new("behavior", Shape::OneOf(BEHAVIORS)),
                Field::new("invert", Shape::Bool),
            ],
        ),
        Kind::named("Punctuation", &[Field::or("behavior", Shape::OneOf(BEHAVIORS), Absent::Text("Isolated"))]),
        Kind::named("WhitespaceSplit", &[]),
        Kind::named("Digits", &[Field::new("individual_digits", Shape::Bool)]),
        Kind::named("UnicodeScripts", &[]),
        Kind::named("FixedLength", &[Field::or("length", Shape::Usize, Absent::Number(5))]),
    ],
};

const PIECES: Shape = Shape::List(&Shape::Variant(&[
    ("Sequence", Shape::Record(&[Field::new("id", Shape::OneOf(&["A", "B"])), Field::new("type_id", Shape::U32)])),
    ("SpecialToken", Shape::Record(&[Field::new("id", Shape::Text), Field::new("type_id", Shape::U32)])),
]));

pub(super) static POST_PROCESSORS: Family = Family {
    what: "post-processor",
    extends: None,
    kinds: &[
        Kind::tried(
            "RobertaProcessing",
            &[
                Field::new("sep", Shape::TokenAndId),
                Field::new("cls", Shape::TokenAndId),
                Field::new("trim_offsets", Shape::Bool),
                Field::new("add_prefix_space", Shape::Bool),
            ],
        ),
        Kind::tried("BertProcessing", &[Field::new("sep", Shape::TokenAndId), Field::new("cls", Shape::TokenAndId)]),
        Kind::in_turn("ByteLevel", BYTE_LEVEL),
        Kind::tried(
            "TemplateProcessing",
            &[
                Field::new("single", PIECES),
                Field::new("pair", PIECES),
                Field::new(
                    "special_tokens",
                    Shape::Names(&Shape::Record(&[
                        Field::new("id", Shape::Text),
                        Field::new("ids", Shape::List(&Shape::U32)),
                        Field::new("tokens", Shape::List(&Shape::Text)),
                    ])),
                ),
            ],
        ),
        Kind::in_turn("Sequence", &[Field::new("processors", Shape::List(&Shape::Component(&POST_PROCESSORS)))]),
    ],
};

pub(super) static DECODERS: Family = Family {
    what: "decoder",
    extends: None,
    kinds: &[
        Kind::old("BPEDecoder", &[Field::new("suffix", Shape::Text)]),
        Kind::named("ByteLevel", BYTE_LEVEL),
        Kind::old("WordPiece", &[Field::new("prefix", Shape::Text), Field::new("cleanup", Shape::Bool)]),
        METASPACE,
        Kind::old(
            "CTC",
            &[
                Field::new("pad_token", Shape::Text),
                Field::new("word_delimiter_token", Shape::Text),
                Field::new("cleanup", Shape::Bool),
            ],
        ),
        Kind::named("Sequence", &[Field::new("decoders", Shape::List(&Shape::Component(&DECODERS)))]),
        Kind::old("Replace", REPLACE),
        Kind::named("Fuse", &[]),
        Kind::old(
            "Strip",
            &[Field::new("content", Shape::Char), Field::new("start", Shape::Usize), Field::new("stop", Shape::Usize)],
        ),
        Kind::named("ByteFallback", &[]),
    ],
};

/// What may stand as an exact normalizer under the key `lexel` of a model ([`super::exact`]).
pub(super) static EXACT_NORMALIZERS: Family = Family {
    what: "normalizer",
    extends: Some(&NORMALIZERS),
    kinds: &[
        Kind::named("Sequence", &[Field::new("normalizers", Shape::List(&Shape::Component(&NORMALIZERS)))]),
        Kind::named(
            "SentencePiece",
            &[
                Field::or("charsmap", Shape::Maybe(&Shape::Text), Absent::Null),
                Field::new("add_dummy_prefix", Shape::Bool),
                Field::new("remove_extra_whitespaces", Shape::Bool),
                Field::new("escape_whitespaces", Shape::Bool),
                Field::new("treat_whitespace_as_suffix", Shape::Bool),
                Field::new("user_defined", Shape::List(&Shape::Text)),
            ],
        ),
    ],
};

/// What may stand there as an exact pre-tokenizer.
pub(super) static EXACT_PRE_TOKENIZERS: Family = Family {
    what: "pre-tokenizer",
    extends: Some(&PRE_TOKENIZERS),
    kinds: &[
        Kind::named("Sequence", &[Field::new("pretokenizers", Shape::List(&Shape::Component(&EXACT_PRE_TOKENIZERS)))]),
        Kind::named(
            "Split",
            &[
                Field::new("pattern", EXACT_PATTERN),
                Field::new("behavior", Shape::OneOf(BEHAVIORS)),
                Field::new("invert", Shape::Bool),
            ],
        ),
    ],
};

/// A pattern, or a regex that says whose it is.
const EXACT_PATTERN: Shape = Shape::FieldsIf(
    "dialect",
    &[Field::new("Regex", Shape::Text), Field::new("dialect", Shape::OneOf(&["rust"]))],
    &PATTERN,
);

/// What may stand there as an exact decoder.
pub(super) static EXACT_DECODERS: Family = Family {
    what: "decoder",
    extends: Some(&DECODERS),
    kinds: &[
        Kind::named("Sequence", &[Field::new("decoders", Shape::List(&Shape::Component(&DECODERS)))]),
        // Byte-level letters to bytes, added tokens as they are; and whether special tokens that are left out part the
        // bytes around them.
        Kind::named("Bytes", &[Field::new("parted", Shape::Bool)]),
        Kind::named(
            "SentencePiece",
            &[
                Field::new("control", Shape::List(&Shape::Text)),
                Field::or("unk_token", Shape::Maybe(&Shape::Text), Absent::Null),
                Field::new("unk_surface", Shape::Text),
                Field::new("byte_fallback", Shape::Bool),
                Field::new("add_dummy_prefix", Shape::Bool),
                Field::new("remove_extra_whitespaces", Shape::Bool),
                Field::or("denormalizer", Shape::Maybe(&Shape::Component(&EXACT_NORMALIZERS)), Absent::Null),
            ],
        ),
    ],
};

/// `truncation`: kept and written back, applied on request only.
pub(super) const TRUNCATION: Shape = Shape::Record(&[
    Field::or("direction", Shape::OneOf(SIDES), Absent::Text("Right")),
    Field::new("max_length", Shape::Usize),
    Field::new("strategy", Shape::OneOf(&["LongestFirst", "OnlyFirst", "OnlySecond"])),
    Field::new("stride", Shape::Usize),
]);

/// `padding`: kept and written back, applied on request only.
pub(super) const PADDING: Shape = Shape::Record(&[
    Field::new("strategy", Shape::OneOfOr(&["BatchLongest"], &[("Fixed", Shape::Usize)])),
    Field::new("direction", Shape::OneOf(SIDES)),
    Field::or("pad_to_multiple_of", Shape::Maybe(&Shape::Usize), Absent::Null),
    Field::new("pad_id", Shape::U32),
    Field::new("pad_type_id", Shape::U32),
    Field::new("pad_token", Shape::Text),
]);

const SIDES: &[&str] = &["Left", "Right"];

/// `added_tokens`.
pub(super) const ADDED_TOKENS: Shape = Shape::List(&Shape::Fields(&[
    Field::new("id", Shape::U32),
    Field::new("content", Shape::Text),
    Field::new("single_word", Shape::Bool),
    Field::new("lstrip", Shape::Bool),
    Field::new("rstrip", Shape::Bool),
    Field::new("normalized", Shape::Bool),
    Field::new("special", Shape::Bool),
]));
