//! Replacing a string in a text that comes in fragments.

use std::sync::Arc;

/// Gives text out as soon as it can be no part of a match. What it holds back is always a beginning of the pattern, so
/// that its length says it all (the automaton of Knuth, Morris and Pratt): linear in the text, whatever the pattern.
#[derive(Clone, Debug)]
pub(super) struct Replacer {
    pattern: Arc<[u8]>,
    content: Arc<str>,
    /// For every beginning of the pattern the length of the longest shorter one that it ends with.
    shorter: Arc<[u32]>,
    /// How much of the pattern has come.
    matched: usize,
}

impl Replacer {
    pub(super) fn new(pattern: &str, content: &str) -> Self {
        let pattern: Arc<[u8]> = pattern.as_bytes().into();
        let mut shorter = vec![0; pattern.len() + 1];
        let mut length = 0;
        for at in 1..pattern.len() {
            while length > 0 && pattern[at] != pattern[length] {
                length = shorter[length] as usize;
            }
            length += usize::from(pattern[at] == pattern[length]);
            shorter[at + 1] = length as u32;
        }
        Self { pattern, content: content.into(), shorter: shorter.into(), matched: 0 }
    }

    /// Take a fragment; append what is final. An empty pattern matches before every character, and at the end.
    pub(super) fn push(&mut self, mut text: &str, out: &mut String) {
        if self.pattern.is_empty() {
            for c in text.chars() {
                out.push_str(&self.content);
                out.push(c);
            }
            return;
        }
        while let Some(end) = self.push_until(text, out) {
            out.push_str(&self.content);
            text = &text[end..];
        }
    }

    /// Take a fragment up to the end of the first match, which is returned; append what is final before the match.
    /// The pattern must not be empty.
    pub(super) fn push_until(&mut self, text: &str, out: &mut String) -> Option<usize> {
        if self.matched == 0 && !text.as_bytes().contains(&self.pattern[0]) {
            out.push_str(text);
            return None;
        }
        let mut done = Vec::with_capacity(text.len());
        let mut end = None;
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            while self.matched > 0 && self.pattern[self.matched] != byte {
                let keep = self.shorter[self.matched] as usize;
                done.extend_from_slice(&self.pattern[..self.matched - keep]);
                self.matched = keep;
            }
            if self.pattern[self.matched] != byte {
                done.push(byte);
                continue;
            }
            self.matched += 1;
            if self.matched == self.pattern.len() {
                self.matched = 0;
                end = Some(at + 1);
                break;
            }
        }
        // Fragments and pattern are text, so what is done starts and ends between characters.
        out.push_str(&String::from_utf8_lossy(&done));
        end
    }

    /// The text is over: append what was held back, and start anew.
    pub(super) fn end(&mut self, out: &mut String) {
        if self.pattern.is_empty() {
            out.push_str(&self.content);
        }
        out.push_str(&String::from_utf8_lossy(&self.pattern[..self.matched]));
        self.matched = 0;
    }
}
