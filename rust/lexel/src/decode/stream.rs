//! Decoding step by step: the same decoder as a chain of small machines that give out text as soon as it is final.

use super::Decoder;
use super::machine::{Event, Machine};

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
            None => machines.push(Machine::spaces()),
            Some(decoder) => plan(decoder, &mut machines, &mut false),
        }
        Self { fresh: machines.clone(), machines }
    }

    /// Take the next token; append the text that is final now.
    pub(crate) fn feed(&mut self, token: &str, out: &mut String) {
        push(&mut self.machines, Event::Text(token), out);
        push(&mut self.machines, Event::End, out);
    }

    /// Append what is left and start anew.
    pub(crate) fn flush(&mut self, out: &mut String) {
        for at in 0..self.machines.len() {
            let (machine, rest) = self.machines[at..].split_at_mut(1);
            machine[0].finish(&mut |event| push(rest, event, out));
        }
        self.machines.clone_from(&self.fresh);
    }
}

/// Lay out the machines; `joined` says whether the row has become one token already.
fn plan(decoder: &Decoder, machines: &mut Vec<Machine>, joined: &mut bool) {
    match decoder {
        Decoder::Sequence(parts) => parts.iter().for_each(|part| plan(part, machines, joined)),
        _ => machines.extend(Machine::new(decoder, *joined)),
    }
    *joined |= matches!(decoder, Decoder::Fuse | Decoder::ByteLevel);
}

fn push(machines: &mut [Machine], event: Event<'_>, out: &mut String) {
    match machines.split_first_mut() {
        Some((first, rest)) => first.step(event, &mut |event| push(rest, event, out)),
        None => {
            if let Event::Text(text) = event {
                out.push_str(text);
            }
        }
    }
}
