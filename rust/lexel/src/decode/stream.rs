//! Decoding step by step: the same decoder as a chain of small machines that give out text as soon as it is final.

use super::{Decoder, fallback_byte, push_letters, push_run, replace_in, strip_from};

/// What flows between the machines: whole tokens, or (after one that joins them) fragments of the one token there is.
#[derive(Clone, Debug)]
enum Machine {
    /// Joins tokens by a space: there is no decoder.
    Spaces {
        started: bool,
    },
    Letters {
        pending: Vec<u8>,
    },
    Replace {
        pattern: String,
        content: String,
        fragments: bool,
        held: String,
    },
    Fallback {
        run: Vec<u8>,
    },
    StripTokens {
        content: char,
        start: usize,
        stop: usize,
    },
    /// Strips the one token whose fragments come in: some characters at its start, and at its end what is held back.
    StripText {
        content: char,
        start_left: usize,
        stop: usize,
        held: String,
    },
    /// A decoder after tokens were joined whose answer depends on all of the text.
    Whole {
        decoder: Decoder,
        text: String,
        any: bool,
    },
}

/// The state of one stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamState {
    machines: Vec<Machine>,
    fresh: Vec<Machine>,
}

impl StreamState {
    pub(crate) fn new(decoder: Option<&Decoder>) -> Self {
        let mut machines = Vec::new();
        match decoder {
            None => machines.push(Machine::Spaces { started: false }),
            Some(decoder) => plan(decoder, &mut machines, &mut false),
        }
        Self { fresh: machines.clone(), machines }
    }

    /// Take the next token; append the text that is final now.
    pub(crate) fn feed(&mut self, token: &str, out: &mut String) {
        push(&mut self.machines, token, out);
    }

    /// Append what is left and start anew.
    pub(crate) fn flush(&mut self, out: &mut String) {
        for at in 0..self.machines.len() {
            let mut left = Vec::new();
            self.machines[at].finish(&mut |text| left.push(text));
            for text in left {
                push(&mut self.machines[at + 1..], &text, out);
            }
        }
        self.machines.clone_from(&self.fresh);
    }
}

/// Lay out the machines; `joined` says whether tokens have been joined to one already.
fn plan(decoder: &Decoder, machines: &mut Vec<Machine>, joined: &mut bool) {
    match decoder {
        Decoder::Sequence(parts) => parts.iter().for_each(|part| plan(part, machines, joined)),
        Decoder::Fuse => *joined = true,
        Decoder::Replace { pattern, content } => machines.push(Machine::Replace {
            pattern: pattern.clone(),
            content: content.clone(),
            fragments: *joined,
            held: String::new(),
        }),
        Decoder::Strip { content, start, stop } if *joined => machines.push(Machine::StripText {
            content: *content,
            start_left: *start,
            stop: *stop,
            held: String::new(),
        }),
        Decoder::Strip { content, start, stop } => {
            machines.push(Machine::StripTokens { content: *content, start: *start, stop: *stop });
        }
        Decoder::ByteLevel | Decoder::ByteFallback if *joined => {
            machines.push(Machine::Whole { decoder: decoder.clone(), text: String::new(), any: false });
        }
        Decoder::ByteLevel => {
            machines.push(Machine::Letters { pending: Vec::new() });
            *joined = true;
        }
        Decoder::ByteFallback => machines.push(Machine::Fallback { run: Vec::new() }),
    }
}

fn push(machines: &mut [Machine], text: &str, out: &mut String) {
    let Some((first, rest)) = machines.split_first_mut() else {
        out.push_str(text);
        return;
    };
    first.step(text, &mut |text| push(rest, text, out));
}

impl Machine {
    fn step(&mut self, token: &str, next: &mut dyn FnMut(&str)) {
        match self {
            Self::Spaces { started } => {
                if *started {
                    next(" ");
                }
                *started = true;
                next(token);
            }
            Self::Letters { pending } => {
                push_letters(token, pending);
                give_valid(pending, next);
            }
            Self::Replace { pattern, content, fragments: false, .. } => {
                next(&replace_in(token.into(), pattern, content));
            }
            Self::Replace { pattern, content, held, .. } => {
                held.push_str(token);
                let (done, keep) = replace_fragment(held, pattern, content);
                *held = keep;
                next(&done);
            }
            Self::Fallback { run } => {
                if let Some(byte) = fallback_byte(token) {
                    run.push(byte);
                } else {
                    push_run(run, |text| next(&text));
                    next(token);
                }
            }
            Self::StripTokens { content, start, stop } => next(&strip_from(token.into(), *content, *start, *stop)),
            Self::StripText { content, start_left, stop, held } => {
                let mut text = token;
                while *start_left > 0 && !text.is_empty() {
                    if let Some(rest) = text.strip_prefix(*content) {
                        text = rest;
                        *start_left -= 1;
                    } else {
                        *start_left = 0;
                    }
                }
                if *stop == 0 {
                    next(text);
                    return;
                }
                held.push_str(text);
                let trailing = held.chars().rev().take(*stop).take_while(|c| c == content).count();
                let keep = held.split_off(held.len() - trailing * content.len_utf8());
                next(held);
                *held = keep;
            }
            Self::Whole { text, any, .. } => {
                text.push_str(token);
                *any = true;
            }
        }
    }

    fn finish(&mut self, give: &mut dyn FnMut(String)) {
        match self {
            // What text machines hold at the end are the characters to strip from it.
            Self::Spaces { .. }
            | Self::StripTokens { .. }
            | Self::StripText { .. }
            | Self::Replace { fragments: false, .. } => {}
            Self::Letters { pending } => {
                if !pending.is_empty() {
                    give(String::from_utf8_lossy(pending).into_owned());
                }
            }
            Self::Replace { held, .. } => {
                if !held.is_empty() {
                    give(std::mem::take(held));
                }
            }
            Self::Fallback { run } => push_run(run, give),
            Self::Whole { decoder, text, any } => {
                if *any {
                    give(decoder.decode(std::iter::once(text.as_str())));
                }
            }
        }
    }
}

/// Give out all bytes whose reading no further byte can change: valid text, and invalid sequences as U+FFFD.
fn give_valid(pending: &mut Vec<u8>, next: &mut dyn FnMut(&str)) {
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
                match error.error_len() {
                    Some(bad) => {
                        text.push('\u{FFFD}');
                        done += bad;
                    }
                    None => break,
                }
            }
        }
    }
    pending.drain(..done);
    if !text.is_empty() {
        next(&text);
    }
}

/// Replace in what has come so far; the tail that may be the start of a match is kept.
fn replace_fragment(text: &str, pattern: &str, content: &str) -> (String, String) {
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(pattern) {
        done.push_str(&rest[..at]);
        done.push_str(content);
        rest = &rest[at + pattern.len()..];
    }
    let keep = (1..pattern.len().min(rest.len() + 1))
        .rev()
        .find(|&n| {
            rest.is_char_boundary(rest.len() - n) && pattern.as_bytes().starts_with(&rest.as_bytes()[rest.len() - n..])
        })
        .unwrap_or(0);
    let (now, later) = rest.split_at(rest.len() - keep);
    done.push_str(now);
    (done, later.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(decoder: Option<&Decoder>, tokens: &[&str]) -> String {
        let mut state = StreamState::new(decoder);
        let mut out = String::new();
        for token in tokens {
            state.feed(token, &mut out);
        }
        state.flush(&mut out);
        out
    }

    #[test]
    fn streams_equal_the_whole_for_every_chain() {
        let llama = Decoder::Sequence(vec![
            Decoder::Replace { pattern: "▁".into(), content: " ".into() },
            Decoder::ByteFallback,
            Decoder::Fuse,
            Decoder::Strip { content: ' ', start: 1, stop: 0 },
        ]);
        let odd = Decoder::Sequence(vec![
            Decoder::Fuse,
            Decoder::Replace { pattern: "aab".into(), content: "x".into() },
            Decoder::Strip { content: 'x', start: 2, stop: 2 },
        ]);
        let rows: &[&[&str]] = &[
            &["▁", "▁a", "<0xC3>", "<0xA9>", "b", "<0xC3>", "x", "<0xFF>"],
            &["Ġa", "ÃĤ", "Ã", "x", "¤", "<s>", "日"],
            &["a", "a", "a", "b", "aab", "x", "aa", "b", "aa"],
            &["x", "x", "", "x"],
            &[],
        ];
        for decoder in [&llama, &odd, &Decoder::ByteLevel, &Decoder::Fuse, &Decoder::ByteFallback] {
            for row in rows {
                assert_eq!(streamed(Some(decoder), row), decoder.decode(row.iter().copied()), "{decoder:?} on {row:?}");
            }
        }
        assert_eq!(streamed(None, &["a", "b"]), "a b");
    }

    #[test]
    fn text_is_given_out_as_soon_as_it_is_final() {
        let mut state = StreamState::new(Some(&Decoder::ByteLevel));
        let mut out = String::new();
        state.feed("aÃ", &mut out);
        assert_eq!(out, "a");
        state.feed("©", &mut out);
        assert_eq!(out, "aé");
    }
}
