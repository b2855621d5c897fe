//! What happens at the ends of a text: white space taken off, a prefix put on.

use crate::text::Aligned;

/// Whose white space is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strip {
    pub(super) left: bool,
    pub(super) right: bool,
}

impl Strip {
    fn rest(self, text: &str) -> &str {
        let text = if self.left { text.trim_start() } else { text };
        if self.right { text.trim_end() } else { text }
    }

    pub(super) fn is_identity(self, text: &str) -> bool {
        self.rest(text).len() == text.len()
    }

    pub(super) fn apply<const SPANS: bool>(self, text: &mut Aligned<SPANS>) {
        let start = text.text.len() - Self { right: false, ..self }.rest(&text.text).len();
        let rest = start..start + self.rest(&text.text).len();
        if rest.len() < text.text.len() {
            let mut out = text.successor();
            out.keep(text, rest);
            *text = out;
        }
    }
}

/// Put a prefix before a text that is not empty; it stands for the same span as the first character.
pub(super) fn prepend<const SPANS: bool>(text: &mut Aligned<SPANS>, prefix: &str) {
    if !text.text.is_empty() {
        text.insert_first(prefix, text.span(0));
    }
}
