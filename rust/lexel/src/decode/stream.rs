//! Decoding step by step: the same decoder as a chain of small machines that give out text as soon as it is final.

use super::machine::{Event, Machine};
use super::table::Entry;
use super::{Decoder, Table};

/// The state of one stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamState {
    machines: Vec<Machine>,
    fresh: Vec<Machine>,
    /// Whether the next token would leave all machines as they are, but for bytes that are no text yet.
    steady: bool,
}

impl StreamState {
    pub(crate) fn new(decoder: Option<&Decoder>) -> Self {
        let mut machines = Vec::new();
        match decoder {
            None => machines.push(Machine::spaces()),
            Some(decoder) => plan(decoder, &mut machines, &mut false),
        }
        Self { fresh: machines.clone(), machines, steady: false }
    }

    /// Take the next token; append the text that is final now.
    pub(crate) fn feed(&mut self, token: &str, out: &mut String) {
        push(&mut self.machines, Event::Text(token), out);
        push(&mut self.machines, Event::End, out);
        let mut joined = false;
        self.steady = self.machines.iter().all(|machine| {
            let steady = machine.is_steady(joined);
            joined |= matches!(machine, Machine::Fuse | Machine::Letters(_));
            steady
        });
    }

    /// Take the next id by the table of this decoder. `false`: its token must be fed.
    #[inline]
    pub(crate) fn feed_id(&mut self, table: &Table, id: u32, skip_special: bool, out: &mut String) -> bool {
        if !self.steady {
            return false;
        }
        let Entry::Text(bytes) = table.entry(id, skip_special) else { return false };
        if table.gives_bytes() {
            let letters = self.machines.iter_mut().find_map(|machine| match machine {
                Machine::Letters(letters) => Some(letters),
                _ => None,
            });
            let Some(letters) = letters else { return false };
            letters.take(bytes, out);
            return true;
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        out.push_str(text);
        true
    }

    /// Append what is left and start anew.
    pub(crate) fn flush(&mut self, out: &mut String) {
        for at in 0..self.machines.len() {
            let (machine, rest) = self.machines[at..].split_at_mut(1);
            machine[0].finish(&mut |event| push(rest, event, out));
        }
        self.machines.clone_from(&self.fresh);
        self.steady = false;
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
