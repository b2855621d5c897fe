//! The machines a stream is made of, one for each kind of decoder.
//!
//! Between them flow tokens in fragments: texts, and the end of each token. A machine gives a text on as soon as nothing
//! that may come can change it, and holds back the rest.

use std::sync::Arc;

use super::cleanup;
use super::replacer::Replacer;
use super::sentencepiece::Joiner;
use super::whole::{fallback_byte, push_letters};
use super::{Decoder, Needle};
use crate::model::bpe::letter_byte;

/// What flows between machines.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// More of the current token.
    Text(&'a str),
    /// The current token is over.
    End,
}

type Next<'n> = &'n mut dyn FnMut(Event<'_>);

fn give(text: &str, next: Next<'_>) {
    if !text.is_empty() {
        next(Event::Text(text));
    }
}

fn give_token(text: &str, next: Next<'_>) {
    give(text, next);
    next(Event::End);
}

#[derive(Clone, Debug)]
pub(super) enum Machine {
    Spaces { started: bool, inside: bool },
    Letters(Letters),
    WordPiece(WordPiece),
    Metaspace { replacement: String, prepends: bool, first: bool },
    Bpe(Bpe),
    Fallback(Fallback),
    Fuse,
    Strip(Strip),
    Replace { replacer: Replacer, in_empty: bool, any: bool },
    Regex { decoder: Arc<(Needle, String)>, token: String },
    Ctc(Ctc),
    SentencePiece { joiner: Joiner, token: String },
}

impl Machine {
    /// Joins tokens by a space: there is no decoder.
    pub(super) fn spaces() -> Self {
        Self::Spaces { started: false, inside: false }
    }

    /// The machine of a decoder, where it changes anything; one that is no sequence.
    pub(super) fn new(decoder: &Decoder, joined: bool) -> Option<Self> {
        Some(match decoder {
            Decoder::Sequence(_) => return None,
            Decoder::ByteLevel => Self::Letters(Letters::default()),
            Decoder::WordPiece { prefix, cleanup } => Self::WordPiece(WordPiece::new(prefix, *cleanup)),
            Decoder::Metaspace { replacement, prepends } => {
                Self::Metaspace { replacement: replacement.to_string(), prepends: *prepends, first: true }
            }
            // The only token is the last one.
            Decoder::Bpe { suffix } if joined && suffix.is_empty() => return None,
            Decoder::Bpe { suffix } if joined => {
                Self::Replace { replacer: Replacer::new(suffix, ""), in_empty: true, any: false }
            }
            Decoder::Bpe { suffix } => Self::Bpe(Bpe::new(suffix)),
            Decoder::ByteFallback => Self::Fallback(Fallback::default()),
            Decoder::Fuse => Self::Fuse,
            Decoder::Strip { content, start, stop } => Self::Strip(Strip::new(*content, *start, *stop)),
            Decoder::Replace { pattern: Needle::Literal(pattern), content } => {
                Self::Replace { replacer: Replacer::new(pattern, content), in_empty: true, any: false }
            }
            Decoder::Replace { pattern: Needle::Empty, content } => {
                Self::Replace { replacer: Replacer::new("", content), in_empty: false, any: false }
            }
            Decoder::Replace { pattern, content } => {
                Self::Regex { decoder: Arc::new((pattern.clone(), content.clone())), token: String::new() }
            }
            Decoder::SentencePiece(rules) => Self::SentencePiece { joiner: Joiner::new(rules), token: String::new() },
            Decoder::Ctc { pad, delimiter, cleanup } => Self::Ctc(Ctc::new(pad, delimiter, *cleanup)),
        })
    }

    pub(super) fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        match (self, event) {
            (Self::Spaces { started, inside }, event) => {
                if *started && !*inside {
                    next(Event::Text(" "));
                }
                *started = true;
                *inside = matches!(event, Event::Text(_));
                next(event);
            }
            (Self::Letters(machine), event) => machine.step(event, next),
            (Self::WordPiece(machine), event) => machine.step(event, next),
            (Self::Metaspace { replacement, prepends, first }, Event::Text(text)) => {
                let space = if *first && *prepends { "" } else { " " };
                give(&text.replace(replacement.as_str(), space), next);
            }
            (Self::Metaspace { first, .. }, Event::End) => {
                *first = false;
                next(Event::End);
            }
            (Self::Bpe(machine), event) => machine.step(event, next),
            (Self::Fallback(machine), event) => machine.step(event, next),
            (Self::Fuse, event) => {
                if matches!(event, Event::Text(_)) {
                    next(event);
                }
            }
            (Self::Strip(machine), event) => machine.step(event, next),
            (Self::Replace { replacer, any, .. }, Event::Text(text)) => {
                *any |= !text.is_empty();
                let mut out = String::new();
                replacer.push(text, &mut out);
                give(&out, next);
            }
            (Self::Replace { replacer, in_empty, any }, Event::End) => {
                let mut out = String::new();
                if *in_empty || *any {
                    replacer.end(&mut out);
                }
                *any = false;
                give_token(&out, next);
            }
            (Self::Regex { token, .. } | Self::SentencePiece { token, .. }, Event::Text(text)) => token.push_str(text),
            (Self::Regex { decoder, token }, Event::End) => {
                let (pattern, content) = &**decoder;
                let token = std::mem::take(token);
                give_token(&pattern.replace(&token, content).unwrap_or(token), next);
            }
            (Self::Ctc(machine), event) => machine.step(event, next),
            (Self::SentencePiece { joiner, token }, Event::End) => {
                let mut out = String::new();
                joiner.push(token, &mut out);
                token.clear();
                give(&out, next);
            }
        }
    }

    /// Whether a token that comes now, between two others, passes as it would anywhere between others, and leaves the
    /// machine as it is. `joined`: the row has become one token before.
    pub(super) fn is_steady(&self, joined: bool) -> bool {
        match self {
            Self::Spaces { started, .. } => *started,
            Self::WordPiece(machine) => !machine.first,
            Self::Metaspace { first, .. } => !first,
            Self::Fallback(machine) => machine.run.is_empty() && !machine.broken,
            Self::Strip(machine) => !joined || (machine.left == 0 && machine.stop == 0),
            Self::Letters(_) | Self::Fuse | Self::Replace { .. } | Self::Regex { .. } => true,
            Self::Bpe(_) | Self::Ctc(_) | Self::SentencePiece { .. } => false,
        }
    }

    /// There are no more tokens.
    pub(super) fn finish(&mut self, next: Next<'_>) {
        match self {
            Self::Letters(machine) => machine.finish(next),
            Self::Bpe(machine) => machine.release("", next),
            Self::Fallback(machine) => machine.end_run(next),
            Self::Fuse => next(Event::End),
            Self::SentencePiece { joiner, .. } => {
                let mut out = String::new();
                joiner.finish(&mut out);
                give_token(&out, next);
            }
            _ => {}
        }
    }
}

/// Byte-level letters to bytes, bytes to text; the tokens become one.
#[derive(Clone, Debug, Default)]
pub(super) struct Letters {
    /// The current token, as long as all of it are letters: another character would make all of it stand for itself.
    token: String,
    raw: bool,
    pending: Vec<u8>,
}

impl Letters {
    fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        match event {
            Event::Text(text) if self.raw => self.pending.extend_from_slice(text.as_bytes()),
            Event::Text(text) => {
                self.token.push_str(text);
                if text.chars().all(|c| letter_byte(c).is_some()) {
                    return;
                }
                self.raw = true;
                self.pending.extend_from_slice(self.token.as_bytes());
                self.token.clear();
            }
            Event::End => {
                push_letters(&self.token, &mut self.pending);
                self.token.clear();
                self.raw = false;
            }
        }
        give_valid(&mut self.pending, next);
    }

    /// Take the bytes of a token.
    pub(super) fn take(&mut self, bytes: &[u8], out: &mut String) {
        if self.pending.is_empty()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            out.push_str(text);
            return;
        }
        self.pending.extend_from_slice(bytes);
        give_valid(&mut self.pending, &mut |event| {
            if let Event::Text(text) = event {
                out.push_str(text);
            }
        });
    }

    fn finish(&mut self, next: Next<'_>) {
        give_token(&String::from_utf8_lossy(&self.pending), next);
    }
}

/// Give out all bytes whose reading no further byte can change: valid text, and invalid sequences as U+FFFD.
fn give_valid(pending: &mut Vec<u8>, next: Next<'_>) {
    // Mostly all of it is text, or the beginning of one character.
    match std::str::from_utf8(pending) {
        Ok(valid) => {
            give(valid, next);
            pending.clear();
            return;
        }
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => return,
        Err(_) => {}
    }
    let mut done = 0;
    let mut text = String::new();
    loop {
        match std::str::from_utf8(&pending[done..]) {
            Ok(valid) => {
                text.push_str(valid);
                done = pending.len();
                break;
            }
            Err(error) => {
                let valid = done + error.valid_up_to();
                text.push_str(&String::from_utf8_lossy(&pending[done..valid]));
                done = valid;
                let Some(bad) = error.error_len() else { break };
                text.push('\u{FFFD}');
                done += bad;
            }
        }
    }
    pending.drain(..done);
    give(&text, next);
}

/// Replacers one behind the other.
#[derive(Clone, Debug)]
struct Chain(Vec<Replacer>);

impl Chain {
    fn push(&mut self, text: &str, next: Next<'_>) {
        let done = self.0.iter_mut().fold(text.to_owned(), |text, replacer| {
            let mut out = String::new();
            replacer.push(&text, &mut out);
            out
        });
        give(&done, next);
    }

    fn end(&mut self, next: Next<'_>) {
        let done = self.0.iter_mut().fold(String::new(), |text, replacer| {
            let mut out = String::new();
            replacer.push(&text, &mut out);
            replacer.end(&mut out);
            out
        });
        give(&done, next);
    }
}

/// Takes the prefix off, or puts a space before; the first token stays.
#[derive(Clone, Debug)]
pub(super) struct WordPiece {
    prefix: Arc<str>,
    corrections: Chain,
    first: bool,
    /// How much of the prefix the current token has shown; `None`: it is known whether it has all of it.
    matched: Option<usize>,
}

impl WordPiece {
    fn new(prefix: &str, clean: bool) -> Self {
        let corrections = Chain(if clean { cleanup::replacers() } else { Vec::new() });
        Self { prefix: prefix.into(), corrections, first: true, matched: None }
    }

    fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        let (known, rest) = self.prefix.split_at(self.matched.unwrap_or(0));
        match (event, self.matched) {
            (Event::Text(text), None) => self.corrections.push(text, next),
            (Event::Text(text), Some(matched)) => {
                if let Some(behind) = text.strip_prefix(rest) {
                    self.matched = None;
                    self.corrections.push(behind, next);
                } else if rest.starts_with(text) {
                    self.matched = Some(matched + text.len());
                } else {
                    self.matched = None;
                    self.corrections.push(&format!(" {known}{text}"), next);
                }
            }
            (Event::End, matched) => {
                if matched.is_some() && !rest.is_empty() {
                    self.corrections.push(&format!(" {known}"), next);
                }
                self.corrections.end(next);
                next(Event::End);
                self.first = false;
                self.matched = Some(0);
            }
        }
    }
}

/// The suffix becomes a space, or nothing in the last token.
#[derive(Clone, Debug)]
pub(super) struct Bpe {
    suffix: Arc<str>,
    finder: Replacer,
    /// The current token from the first suffix on: what that becomes, the next token says.
    held: Option<String>,
    /// Whether the token that is held is over.
    ended: bool,
}

impl Bpe {
    fn new(suffix: &str) -> Self {
        Self { suffix: suffix.into(), finder: Replacer::new(suffix, ""), held: None, ended: false }
    }

    fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        self.release(" ", next);
        if self.suffix.is_empty() && self.held.is_none() {
            self.held = Some(String::new());
        }
        match (event, &mut self.held) {
            (Event::Text(text), Some(held)) => held.push_str(text),
            (Event::Text(text), None) => {
                let mut out = String::new();
                let end = self.finder.push_until(text, &mut out);
                give(&out, next);
                self.held = end.map(|end| format!("{}{}", self.suffix, &text[end..]));
            }
            (Event::End, Some(_)) => self.ended = true,
            (Event::End, None) => {
                let mut out = String::new();
                self.finder.end(&mut out);
                give_token(&out, next);
            }
        }
    }

    /// Give out a token that was held, now that it is known what its suffixes become.
    fn release(&mut self, space: &str, next: Next<'_>) {
        if !self.ended {
            return;
        }
        self.ended = false;
        let held = self.held.take().unwrap_or_default();
        give_token(&held.replace(&*self.suffix, space), next);
    }
}

/// Runs of `<0xNN>` become text if all of it is valid; otherwise every byte becomes a replacement character.
#[derive(Clone, Debug, Default)]
pub(super) struct Fallback {
    token: String,
    /// The current token is no byte.
    plain: bool,
    run: Vec<u8>,
    /// How much of the run is known to be text.
    checked: usize,
    /// The run is known to be none.
    broken: bool,
}

impl Fallback {
    fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        match event {
            Event::Text(text) if self.plain => give(text, next),
            Event::Text(text) => {
                self.token.push_str(text);
                let start = "<0x";
                let may_be = self.token.len() <= 6 && (self.token.starts_with(start) || start.starts_with(&self.token));
                if !may_be {
                    self.end_run(next);
                    give(&std::mem::take(&mut self.token), next);
                    self.plain = true;
                }
            }
            Event::End if self.plain => {
                self.plain = false;
                next(Event::End);
            }
            Event::End => {
                let token = std::mem::take(&mut self.token);
                if let Some(byte) = fallback_byte(&token) {
                    self.push_byte(byte, next);
                } else {
                    self.end_run(next);
                    give_token(&token, next);
                }
            }
        }
    }

    fn push_byte(&mut self, byte: u8, next: Next<'_>) {
        if self.broken {
            give_token("\u{FFFD}", next);
            return;
        }
        self.run.push(byte);
        match std::str::from_utf8(&self.run[self.checked..]) {
            Ok(_) => self.checked = self.run.len(),
            Err(error) if error.error_len().is_some() => {
                self.give_broken(next);
                self.broken = true;
            }
            Err(error) => self.checked += error.valid_up_to(),
        }
    }

    fn end_run(&mut self, next: Next<'_>) {
        if self.checked < self.run.len() {
            self.give_broken(next);
        } else if !self.run.is_empty() {
            give_token(&String::from_utf8_lossy(&self.run), next);
        }
        (self.checked, self.broken) = (0, false);
        self.run.clear();
    }

    fn give_broken(&mut self, next: Next<'_>) {
        self.run.drain(..).for_each(|_| give_token("\u{FFFD}", next));
        self.checked = 0;
    }
}

/// Takes one character off both ends of every token.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    content: char,
    start: usize,
    stop: usize,
    /// How many may still go at the start of the current token.
    left: usize,
    /// How many are held back because they may be at the end.
    held: usize,
}

impl Strip {
    fn new(content: char, start: usize, stop: usize) -> Self {
        Self { content, start, stop, left: start, held: 0 }
    }

    fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        let Event::Text(mut text) = event else {
            (self.left, self.held) = (self.start, 0);
            next(Event::End);
            return;
        };
        while self.left > 0
            && let Some(rest) = text.strip_prefix(self.content)
        {
            self.left -= 1;
            text = rest;
        }
        if text.is_empty() {
            return;
        }
        self.left = 0;
        let body = text.trim_end_matches(self.content);
        let mut run = (text.len() - body.len()) / self.content.len_utf8();
        let mut out = String::new();
        if body.is_empty() {
            run += self.held;
        } else {
            out.extend(std::iter::repeat_n(self.content, self.held));
            out.push_str(body);
        }
        self.held = run.min(self.stop);
        out.extend(std::iter::repeat_n(self.content, run - self.held));
        give(&out, next);
    }
}

/// Drops repeated tokens, the padding token, and tokens that are empty then.
#[derive(Clone, Debug)]
pub(super) struct Ctc {
    changes: Chain,
    before: Option<String>,
    token: String,
    /// The current token is known to be no repetition.
    other: bool,
    /// Some of the current token has been given out.
    given: bool,
}

impl Ctc {
    fn new(pad: &str, delimiter: &str, clean: bool) -> Self {
        let mut changes = Vec::new();
        if !pad.is_empty() {
            changes.push(Replacer::new(pad, ""));
        }
        if clean {
            changes.extend(cleanup::replacers());
            changes.push(Replacer::new(delimiter, " "));
        }
        Self { changes: Chain(changes), before: None, token: String::new(), other: false, given: false }
    }

    fn step(&mut self, event: Event<'_>, next: Next<'_>) {
        let given = &mut self.given;
        let mut next_text = |event: Event<'_>| {
            *given = true;
            next(event);
        };
        if let Event::Text(text) = event {
            let from = self.token.len();
            self.token.push_str(text);
            if self.other {
                self.changes.push(text, &mut next_text);
            } else if !self.before.as_ref().is_some_and(|before| before[from..].starts_with(text)) {
                self.other = true;
                self.changes.push(&self.token, &mut next_text);
            }
            return;
        }
        let token = std::mem::take(&mut self.token);
        if !self.other {
            if self.before.as_ref() == Some(&token) {
                return;
            }
            self.changes.push(&token, &mut next_text);
        }
        self.changes.end(&mut next_text);
        if self.given {
            next(Event::End);
        }
        (self.before, self.other, self.given) = (Some(token), false, false);
    }
}
