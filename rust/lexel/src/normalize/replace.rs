//! Replacing a string or a regex.

use memchr::memmem::Finder;

use super::charmap::push;
use crate::error::Result;
use crate::json::Object;
use crate::split::Pattern;
use crate::text::Aligned;

/// What is looked for.
#[derive(Clone, Debug)]
enum Wanted {
    Literal(Box<Finder<'static>>),
    /// A regex, or the empty string, which stands before every character and at the end.
    Pattern {
        pattern: Pattern,
        may_be_empty: bool,
    },
}

/// A compiled replacement. What comes instead stands for the last character it replaces.
#[derive(Clone, Debug)]
pub(super) struct Replace {
    wanted: Wanted,
    content: String,
}

impl Replace {
    pub(super) fn read(object: Object<'_>) -> Result<Self> {
        let path = object.child("pattern");
        let fields = Object::new(object.need("pattern")?, &path)?;
        let wanted = match fields.optional_str("String")? {
            Some("") => Wanted::Pattern { pattern: Pattern::literal("")?, may_be_empty: true },
            Some(literal) => Wanted::Literal(Box::new(Finder::new(literal).into_owned())),
            None => {
                let regex = Pattern::regex_or_empty(fields.str("Regex")?).map_err(|e| e.at(&fields.child("Regex")));
                let (pattern, may_be_empty) = regex?;
                Wanted::Pattern { pattern, may_be_empty }
            }
        };
        Ok(Self { wanted, content: object.str("content")?.to_owned() })
    }

    /// Whether text may come to stand before the first character.
    pub(super) fn inserts_first(&self) -> bool {
        matches!(self.wanted, Wanted::Pattern { may_be_empty: true, .. }) && !self.content.is_empty()
    }

    /// Whether looking for it costs more than a quick scan.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self.wanted, Wanted::Pattern { .. })
    }

    pub(super) fn is_identity(&self, text: &str) -> bool {
        if let Wanted::Literal(finder) = &self.wanted {
            let one = self.content.chars().nth(1).is_none();
            return finder.find(text.as_bytes()).is_none() || (one && finder.needle() == self.content.as_bytes());
        }
        let mut same = true;
        self.changes(text, |_, _| same = false);
        same
    }

    /// Call `found` with every match that is replaced by something else, or by more than one character, which then all
    /// stand for the last.
    fn changes(&self, text: &str, mut found: impl FnMut(usize, usize)) {
        let one = self.content.chars().nth(1).is_none();
        let mut changing = |start: usize, end: usize| {
            if !one || text[start..end] != self.content {
                found(start, end);
            }
        };
        match &self.wanted {
            Wanted::Literal(finder) => {
                let length = finder.needle().len();
                finder.find_iter(text.as_bytes()).for_each(|start| changing(start, start + length));
            }
            // In an empty text nothing is looked for.
            Wanted::Pattern { .. } if text.is_empty() => {}
            Wanted::Pattern { pattern, .. } => pattern.for_each_match(text, changing),
        }
    }

    pub(super) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        let mut out: Option<Aligned<SPANS>> = None;
        let mut last = 0;
        self.changes(&text.text, |start, end| {
            let out = out.get_or_insert_with(|| text.successor());
            out.keep(text, last..start);
            push(out, &self.content, if end == 0 { text.before() } else { text.span(end - 1) });
            last = end;
        });
        if let Some(mut out) = out {
            out.keep(text, last..text.text.len());
            *text = out;
        }
    }
}
