//! Byte-pair merges by the text of the pieces, for models whose merges are no table of pairs of ids: those with pieces that
//! are not used, which merge all the same and come apart again at the end, and those in which unknown characters merge.
//!
//! A heap of neighbours, best score first, leftmost of equals. Which halves a piece that is not used comes apart into is
//! the last that were side by side anywhere in the text, whether they merged there or not, as in the original.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use super::{Output, SentencePiece, Type, Types};
use crate::vocab::Vocab;

/// How early each piece is merged.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// By id; lower goes first, the same for equal scores.
    ranks: Vec<u32>,
}

/// A stretch of text, of several that became one.
#[derive(Clone, Copy, Debug)]
struct Symbol {
    start: u32,
    /// Empty once it went into another one.
    end: u32,
    before: u32,
    after: u32,
    frozen: bool,
}

type Stretch = (u32, u32);

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct SearchScratch {
    symbols: Vec<Symbol>,
    /// Rank, left symbol, length of both.
    heap: BinaryHeap<Reverse<(u32, u32, u32)>>,
    /// Of pieces that are not used, what they were last made of.
    halves: HashMap<u32, (Stretch, Stretch)>,
}

const NONE: u32 = u32::MAX;
/// Pieces that come apart into pieces that come apart, and so on: no further than this.
const DEPTH: usize = 100;

impl Search {
    /// Whether a table of pairs of ids does not say all.
    pub(super) fn is_needed(vocab: &Vocab, types: &Types) -> bool {
        if types.by_id.contains(&Type::Unused) {
            return true;
        }
        // An unknown character that merges with what stands beside it.
        let unknown = |text: &str| types.find(vocab, text).is_none();
        let known_or_one = |text: &str| text.chars().nth(1).is_none() || !unknown(text);
        vocab.entries().filter(|&(_, id)| types.of(id) != Type::Special).any(|(token, _)| {
            let mut chars = token.char_indices();
            let (Some((_, first)), Some((last, _))) = (chars.next(), chars.next_back()) else { return false };
            let (head, rest) = token.split_at(first.len_utf8());
            let (most, tail) = token.split_at(last);
            unknown(head) && known_or_one(rest) || unknown(tail) && known_or_one(most)
        })
    }

    pub(super) fn compile(scores: &[Option<f64>], vocab: &Vocab) -> Self {
        let score = |id: u32| scores.get(id as usize).copied().flatten();
        let mut ids: Vec<u32> = vocab.by_id().map(|(id, _)| id).collect();
        ids.sort_by(|&a, &b| match (score(a), score(b)) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        let mut ranks = vec![NONE; vocab.id_bound() as usize];
        let (mut rank, mut before) = (0, None);
        for id in ids {
            let Some(score) = score(id) else { continue };
            rank += u32::from(before.is_some_and(|before: f64| before.total_cmp(&score).is_ne()));
            before = Some(score);
            ranks[id as usize] = rank;
        }
        Self { ranks }
    }

    pub(super) fn run<const SPANS: bool>(
        &self,
        model: &SentencePiece,
        vocab: &Vocab,
        text: &str,
        scratch: &mut SearchScratch,
        writer: &mut Output<'_>,
    ) {
        let SearchScratch { symbols, heap, halves } = scratch;
        symbols.clear();
        heap.clear();
        halves.clear();
        let mut at = 0;
        while at < text.len() {
            let (length, frozen) = model.unit(&text[at..]);
            let here = symbols.len() as u32;
            let (start, end) = (at as u32, (at + length) as u32);
            symbols.push(Symbol { start, end, before: here.wrapping_sub(1), after: here + 1, frozen });
            at += length;
        }
        if let Some(last) = symbols.last_mut() {
            last.after = NONE;
        }
        for left in 0..symbols.len() as u32 {
            self.look(model, vocab, text, (left, symbols[left as usize].after), symbols, heap, halves);
        }
        while let Some(Reverse((_, left, length))) = heap.pop() {
            let Symbol { start, end, before, after: right, .. } = symbols[left as usize];
            let Some(&other) = symbols.get(right as usize).filter(|_| end > start) else { continue };
            if other.end - start != length {
                continue;
            }
            symbols[left as usize].end = other.end;
            symbols[left as usize].after = other.after;
            symbols[right as usize].end = other.start;
            if other.after != NONE {
                symbols[other.after as usize].before = left;
            }
            self.look(model, vocab, text, (before, left), symbols, heap, halves);
            self.look(model, vocab, text, (left, other.after), symbols, heap, halves);
        }
        let mut at = 0;
        while let Some(symbol) = symbols.get(at as usize) {
            come_apart::<SPANS>(&model.types, vocab, text, (symbol.start, symbol.end), halves, writer, 0);
            at = symbol.after;
        }
    }

    /// Note that two neighbours may merge, if they may.
    #[expect(clippy::too_many_arguments, reason = "the parts of the working memory, which are borrowed apart")]
    fn look(
        &self,
        model: &SentencePiece,
        vocab: &Vocab,
        text: &str,
        (left, right): (u32, u32),
        symbols: &[Symbol],
        heap: &mut BinaryHeap<Reverse<(u32, u32, u32)>>,
        halves: &mut HashMap<u32, (Stretch, Stretch)>,
    ) {
        let (Some(a), Some(b)) = (symbols.get(left as usize), symbols.get(right as usize)) else { return };
        if a.frozen || b.frozen {
            return;
        }
        let Some(id) = model.types.find(vocab, &text[a.start as usize..b.end as usize]) else { return };
        heap.push(Reverse((self.ranks[id as usize], left, b.end - a.start)));
        if model.types.of(id) == Type::Unused {
            halves.insert(id, ((a.start, a.end), (b.start, b.end)));
        }
    }
}

fn come_apart<const SPANS: bool>(
    types: &Types,
    vocab: &Vocab,
    text: &str,
    (start, end): Stretch,
    halves: &HashMap<u32, (Stretch, Stretch)>,
    writer: &mut Output<'_>,
    depth: usize,
) {
    let piece = &text[start as usize..end as usize];
    let found = types.find(vocab, piece);
    let Some(id) = found.filter(|&id| types.of(id) == Type::Unused && depth <= DEPTH) else {
        return writer.push::<SPANS>(found, piece);
    };
    match halves.get(&id) {
        None => writer.push::<SPANS>(None, piece),
        Some(&(left, right)) => {
            come_apart::<SPANS>(types, vocab, text, left, halves, writer, depth + 1);
            come_apart::<SPANS>(types, vocab, text, right, halves, writer, depth + 1);
        }
    }
}
