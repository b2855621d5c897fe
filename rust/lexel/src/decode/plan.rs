//! Decoders under which the text of a token is known before the row is: all that a table of them must know.

use std::borrow::Cow;

use super::Decoder;
use super::whole::strip;

/// A decoder taken apart: stages that look at a token and at whether it is the first or the last, then one that joins
/// the row, then what is taken off both ends of the joined text.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    stages: Stages,
    pub(super) join: Join,
    ends: Vec<(char, usize, usize)>,
}

#[derive(Clone, Debug)]
enum Stages {
    /// There is no decoder: a space stands between tokens.
    Spaces,
    Some(Vec<Decoder>),
}

/// How texts become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    Texts,
    /// As bytes, of which byte-level letters are one each; what is no text becomes U+FFFD.
    Letters,
    /// As texts, but `<0xNN>` is a byte: a run of them is a text, or as many U+FFFD.
    Runs,
}

impl Plan {
    /// Take a decoder apart; `None` where what a token contributes depends on its neighbours.
    pub(super) fn new(decoder: Option<&Decoder>) -> Option<Self> {
        let Some(decoder) = decoder else {
            return Some(Self { stages: Stages::Spaces, join: Join::Texts, ends: Vec::new() });
        };
        let mut parts = Vec::new();
        flatten(decoder, &mut parts);
        let (mut stages, mut join, mut joined, mut ends) = (Vec::new(), Join::Texts, false, Vec::new());
        for part in parts {
            match part {
                Decoder::Fuse => joined = true,
                // A row that is joined again is one token: its letters are found there, not in each of the row's.
                Decoder::ByteLevel if !joined && join == Join::Texts => (join, joined) = (Join::Letters, true),
                Decoder::ByteFallback if !joined && join == Join::Texts => join = Join::Runs,
                &Decoder::Strip { content, start, stop } if joined => ends.push((content, start, stop)),
                Decoder::WordPiece { .. }
                | Decoder::Metaspace { .. }
                | Decoder::Bpe { .. }
                | Decoder::Strip { .. }
                | Decoder::Replace { .. }
                    if !joined && join == Join::Texts =>
                {
                    stages.push(part.clone());
                }
                _ => return None,
            }
        }
        let plan = Self { stages: Stages::Some(stages), join, ends };
        // A byte at the edge would belong to the run beside it.
        (plan.join == Join::Texts || !plan.minds_edges()).then_some(plan)
    }

    /// Whether the first token, or the last, becomes something else than in the middle.
    pub(super) fn minds_edges(&self) -> bool {
        let minds = |part: &Decoder| {
            matches!(part, Decoder::WordPiece { .. } | Decoder::Metaspace { .. } | Decoder::Bpe { .. })
        };
        match &self.stages {
            Stages::Spaces => true,
            Stages::Some(parts) => parts.iter().any(minds),
        }
    }

    /// What the stages make of the tokens of a whole row, one text of each.
    pub(super) fn row<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> Vec<Cow<'t, str>> {
        match &self.stages {
            Stages::Spaces => {
                let spaced = |(i, token)| if i == 0 { Cow::Borrowed(token) } else { Cow::Owned(format!(" {token}")) };
                tokens.enumerate().map(spaced).collect()
            }
            Stages::Some(parts) => parts.iter().fold(tokens.map(Cow::Borrowed).collect(), |row, part| part.run(row)),
        }
    }

    /// Take off a joined text what goes at its ends.
    pub(super) fn without_ends(&self, text: String) -> String {
        self.ends
            .iter()
            .fold(text, |text, &(content, start, stop)| strip(Cow::Owned(text), content, start, stop).into_owned())
    }
}

fn flatten<'d>(decoder: &'d Decoder, parts: &mut Vec<&'d Decoder>) {
    match decoder {
        Decoder::Sequence(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        part => parts.push(part),
    }
}
