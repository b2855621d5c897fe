//! What encoding gives: columns of equal length, one entry a token, and the maps between characters, tokens and words.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Word of a token that has none (inserted and padding tokens).
pub const NO_WORD: u32 = u32::MAX;

/// From which end something is cut, or at which end it is filled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The start of the text.
    Left,
    /// The end of the text.
    Right,
}

/// Which sequence gives way when two do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The longer one.
    LongestFirst,
    /// The first one.
    OnlyFirst,
    /// The second one.
    OnlySecond,
}

/// How to shorten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// Tokens in all, inserted ones included.
    pub max_length: usize,
    /// What gives way.
    pub strategy: Strategy,
    /// Tokens that neighbouring overflow windows share.
    pub stride: usize,
    /// Where tokens are cut off.
    pub side: Side,
    /// Whether what is cut off is kept, as overflow windows. Those of two sequences multiply.
    pub windows: bool,
}

/// How to fill up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padding {
    /// Length to reach; `None`: that of the longest row.
    pub length: Option<usize>,
    /// Id of the padding token.
    pub id: u32,
    /// Its type id.
    pub type_id: u32,
    /// Where it is put.
    pub side: Side,
    /// The length is rounded up to a multiple of this.
    pub multiple_of: Option<usize>,
}

/// One encoded input.
///
/// Without spans (`offsets` empty although there are ids) words are missing too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Segment ids.
    pub type_ids: Vec<u32>,
    /// Half-open ranges of code points of the original text.
    pub offsets: Vec<(u32, u32)>,
    /// Index of the piece (or of the given word) each token belongs to, [`NO_WORD`] for none.
    pub words: Vec<u32>,
    /// 1 for tokens the post-processor or the padding put in.
    pub special_tokens_mask: Vec<u8>,
    /// 0 for padding.
    pub attention_mask: Vec<u8>,
    /// Windows of what did not fit.
    pub overflowing: Vec<Encoding>,
    /// Which tokens belong to which sequence; empty: all to sequence 0.
    pub(crate) sequences: Vec<(usize, Range<usize>)>,
    /// Leading and trailing whitespace characters of each token, where a post-processor asks for them.
    pub(crate) edges: Vec<(u32, u32)>,
    /// Which of the texts of the input each token stands in ([`NO_WORD`]: none), where byte offsets are asked for.
    pub(crate) sources: Vec<u32>,
    /// The text of tokens that are not called by their vocabulary's string (unknown text of Unigram models); empty where
    /// there is none.
    pub(crate) surfaces: Vec<Option<Arc<str>>>,
}

impl Encoding {
    /// What a token is called instead of its vocabulary's string: the unknown text it stands for, normalized.
    pub fn surface(&self, token: usize) -> Option<&str> {
        self.surfaces.get(token)?.as_deref()
    }

    /// Name the texts that [`Encoding::surface`] gives, one entry a token.
    pub fn set_surfaces(&mut self, surfaces: Vec<Option<Arc<str>>>) {
        self.surfaces = surfaces;
        if !self.surfaces.is_empty() {
            self.surfaces.resize(self.ids.len(), None);
        }
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Number of sequences it was made of.
    pub fn n_sequences(&self) -> usize {
        self.sequences.len().max(1)
    }

    /// Say that all tokens belong to this sequence.
    pub fn set_sequence_id(&mut self, sequence: usize) {
        let range = 0..self.len();
        match self.sequences.iter_mut().find(|(id, _)| *id == sequence) {
            Some(entry) => entry.1 = range,
            None => self.sequences.push((sequence, range)),
        }
    }

    /// Which tokens belong to which sequence: (sequence, start, end); empty if all belong to sequence 0.
    pub fn sequence_ranges(&self) -> Vec<(usize, usize, usize)> {
        self.sequences.iter().map(|(id, range)| (*id, range.start, range.end)).collect()
    }

    /// Set what [`Encoding::sequence_ranges`] gave; ranges beyond the row are cut to it.
    pub fn set_sequence_ranges(&mut self, ranges: &[(usize, usize, usize)]) {
        let cut = |at: usize| at.min(self.len());
        self.sequences = ranges.iter().map(|&(id, start, end)| (id, cut(start)..cut(end).max(cut(start)))).collect();
    }

    fn sequence_range(&self, sequence: usize) -> Range<usize> {
        self.sequences.iter().find(|(id, _)| *id == sequence).map_or(0..self.len(), |(_, range)| range.clone())
    }

    /// The sequence of each token, `None` for inserted ones.
    pub fn sequence_ids(&self) -> Vec<Option<usize>> {
        let mut ids = vec![None; self.len()];
        for sequence in 0..self.n_sequences() {
            ids[self.sequence_range(sequence)].fill(Some(sequence));
        }
        ids
    }

    /// The sequence a token belongs to.
    pub fn token_to_sequence(&self, token: usize) -> Option<usize> {
        if token >= self.len() {
            return None;
        }
        if self.sequences.is_empty() {
            return Some(0);
        }
        self.sequences.iter().find(|(_, range)| range.contains(&token)).map(|(id, _)| *id)
    }

    /// The word a token belongs to.
    pub fn token_to_word(&self, token: usize) -> Option<u32> {
        self.token_to_sequence(token)?;
        self.words.get(token).copied().filter(|&w| w != NO_WORD)
    }

    /// The characters a token stands for.
    pub fn token_to_chars(&self, token: usize) -> Option<(u32, u32)> {
        self.token_to_sequence(token)?;
        self.offsets.get(token).copied()
    }

    /// The tokens of a word, half-open.
    pub fn word_to_tokens(&self, word: u32, sequence: usize) -> Option<(usize, usize)> {
        let range = self.sequence_range(sequence);
        let words = self.words.get(range.clone())?;
        let first = words.iter().position(|&w| w == word)?;
        let count = words[first..].iter().take_while(|&&w| w == NO_WORD || w <= word).count();
        let last = words[first..first + count].iter().rposition(|&w| w == word)?;
        Some((range.start + first, range.start + first + last + 1))
    }

    /// The characters of a word.
    pub fn word_to_chars(&self, word: u32, sequence: usize) -> Option<(u32, u32)> {
        let (start, end) = self.word_to_tokens(word, sequence)?;
        Some((self.offsets.get(start)?.0, self.offsets.get(end - 1)?.1))
    }

    /// The first token that stands for a character.
    pub fn char_to_token(&self, character: u32, sequence: usize) -> Option<usize> {
        let range = self.sequence_range(sequence);
        let offsets = self.offsets.get(range.clone())?;
        offsets.iter().position(|&(start, end)| start <= character && character < end).map(|i| range.start + i)
    }

    /// The word a character belongs to.
    pub fn char_to_word(&self, character: u32, sequence: usize) -> Option<u32> {
        self.char_to_token(character, sequence).and_then(|token| self.token_to_word(token))
    }

    /// A copy without windows. Windows of windows are windows of the whole; the reference also keeps them nested, once for
    /// every way to combine them.
    fn bare(&self) -> Encoding {
        Encoding {
            ids: self.ids.clone(),
            type_ids: self.type_ids.clone(),
            offsets: self.offsets.clone(),
            words: self.words.clone(),
            special_tokens_mask: self.special_tokens_mask.clone(),
            attention_mask: self.attention_mask.clone(),
            overflowing: Vec::new(),
            sequences: self.sequences.clone(),
            edges: self.edges.clone(),
            sources: self.sources.clone(),
            surfaces: self.surfaces.clone(),
        }
    }

    /// Put another encoding behind this one. With `growing_offsets` its offsets continue where these end.
    pub fn append(&mut self, other: Encoding, growing_offsets: bool) {
        let mut windows = Vec::new();
        for mine in &self.overflowing {
            for theirs in std::iter::once(&other).chain(&other.overflowing) {
                let mut window = mine.bare();
                window.append(theirs.bare(), growing_offsets);
                windows.push(window);
            }
        }
        for theirs in &other.overflowing {
            let mut window = self.bare();
            window.append(theirs.bare(), growing_offsets);
            windows.push(window);
        }
        let before = self.len();
        for (sequence, range) in other.sequences {
            let range = before + range.start..before + range.end;
            match self.sequences.iter_mut().find(|(id, _)| *id == sequence) {
                Some(entry) => entry.1 = range,
                None => self.sequences.push((sequence, range)),
            }
        }
        if !self.surfaces.is_empty() || !other.surfaces.is_empty() {
            self.surfaces.resize(before, None);
            self.surfaces.extend(other.surfaces);
            self.surfaces.resize(before + other.ids.len(), None);
        }
        let shift = if growing_offsets { self.offsets.last().map_or(0, |o| o.1) } else { 0 };
        self.ids.extend(other.ids);
        self.type_ids.extend(other.type_ids);
        self.offsets.extend(other.offsets.into_iter().map(|(start, end)| (start + shift, end + shift)));
        self.words.extend(other.words);
        self.special_tokens_mask.extend(other.special_tokens_mask);
        self.attention_mask.extend(other.attention_mask);
        self.edges.extend(other.edges);
        self.sources.extend(other.sources);
        self.overflowing = windows;
    }

    fn part(&self, range: Range<usize>) -> Encoding {
        fn cut<T: Clone>(column: &[T], range: &Range<usize>) -> Vec<T> {
            column.get(range.clone()).map_or_else(Vec::new, <[T]>::to_vec)
        }
        Encoding {
            ids: cut(&self.ids, &range),
            type_ids: cut(&self.type_ids, &range),
            offsets: cut(&self.offsets, &range),
            words: cut(&self.words, &range),
            special_tokens_mask: cut(&self.special_tokens_mask, &range),
            attention_mask: cut(&self.attention_mask, &range),
            overflowing: Vec::new(),
            sequences: Vec::new(),
            edges: cut(&self.edges, &range),
            sources: cut(&self.sources, &range),
            surfaces: cut(&self.surfaces, &range),
        }
    }

    /// Keep at most `max_length` tokens; the rest becomes overflow windows that share `stride` tokens.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if the stride leaves no room to advance.
    pub fn truncate(&mut self, max_length: usize, stride: usize, side: Side) -> Result<()> {
        self.shorten(max_length, stride, side, true)
    }

    /// The same; without `windows` what is cut off is dropped.
    fn shorten(&mut self, max_length: usize, stride: usize, side: Side, windows: bool) -> Result<()> {
        let length = self.len();
        if max_length >= length {
            return Ok(());
        }
        if max_length == 0 {
            let whole = std::mem::take(self);
            self.overflowing.extend(windows.then_some(whole));
            return Ok(());
        }
        if stride >= max_length {
            return Err(Error::argument(format!(
                "a stride of {stride} does not fit into windows of {max_length} tokens (the maximal length less the \
                 special tokens); use a smaller stride or a larger max_length"
            )));
        }
        let step = max_length - stride;
        let mut parts = Vec::new();
        let mut at = 0;
        loop {
            let range = match side {
                Side::Right => at..(at + max_length).min(length),
                Side::Left => (length - at).saturating_sub(max_length)..length - at,
            };
            let last = match side {
                Side::Right => range.end == length,
                Side::Left => range.start == 0,
            };
            parts.push(self.part(range));
            if last || !windows {
                break;
            }
            at += step;
        }
        let rest = parts.split_off(1);
        let Some(first) = parts.pop() else { return Ok(()) };
        *self = first;
        self.overflowing = rest;
        Ok(())
    }

    /// Fill up to a length; overflow windows too.
    pub fn pad(&mut self, length: usize, id: u32, type_id: u32, side: Side) {
        for window in &mut self.overflowing {
            window.pad(length, id, type_id, side);
        }
        let Some(missing) = length.checked_sub(self.len()).filter(|&n| n > 0) else { return };
        let spans = !self.offsets.is_empty() || self.is_empty();
        match side {
            Side::Right => {
                self.ids.resize(length, id);
                self.type_ids.resize(length, type_id);
                self.special_tokens_mask.resize(length, 1);
                self.attention_mask.resize(length, 0);
                if !self.surfaces.is_empty() {
                    self.surfaces.resize(length, None);
                }
                if spans {
                    self.offsets.resize(length, (0, 0));
                    self.words.resize(length, NO_WORD);
                }
            }
            Side::Left => {
                fill_left(&mut self.ids, missing, id);
                fill_left(&mut self.type_ids, missing, type_id);
                fill_left(&mut self.special_tokens_mask, missing, 1);
                fill_left(&mut self.attention_mask, missing, 0);
                if !self.surfaces.is_empty() {
                    fill_left(&mut self.surfaces, missing, None);
                }
                if spans {
                    fill_left(&mut self.offsets, missing, (0, 0));
                    fill_left(&mut self.words, missing, NO_WORD);
                }
                for (_, range) in &mut self.sequences {
                    *range = range.start + missing..range.end + missing;
                }
            }
        }
    }
}

/// Fill rows up to one length.
pub fn pad_rows(rows: &mut [Encoding], padding: &Padding) {
    let longest = || rows.iter().map(Encoding::len).max().unwrap_or(0);
    let mut length = padding.length.unwrap_or_else(longest);
    if let Some(multiple) = padding.multiple_of.filter(|&m| m > 0) {
        length = length.div_ceil(multiple) * multiple;
    }
    for row in rows {
        row.pad(length, padding.id, padding.type_id, padding.side);
    }
}

fn fill_left<T: Clone>(column: &mut Vec<T>, count: usize, value: T) {
    column.splice(0..0, std::iter::repeat_n(value, count));
}

/// Shorten one or two sequences to `max_length` tokens in all.
///
/// # Errors
/// [`crate::ErrorKind::Argument`] if the sequence that should give way is missing or too short, or the stride too large.
pub(crate) fn truncate_pair(
    first: &mut Encoding,
    mut second: Option<&mut Encoding>,
    max_length: usize,
    how: Truncation,
) -> Result<()> {
    let shorten = |encoding: &mut Encoding, length| encoding.shorten(length, how.stride, how.side, how.windows);
    let total = first.len() + second.as_ref().map_or(0, |s| s.len());
    if max_length == 0 {
        shorten(first, 0)?;
        return second.map_or(Ok(()), |second| shorten(second, 0));
    }
    let Some(surplus) = total.checked_sub(max_length).filter(|&n| n > 0) else { return Ok(()) };
    let target = match (how.strategy, second.as_mut()) {
        (Strategy::LongestFirst, None) => return shorten(first, max_length),
        (Strategy::LongestFirst, Some(second)) => {
            let (a, b) = fit_both(first.len(), second.len(), max_length);
            shorten(first, a)?;
            return shorten(second, b);
        }
        (Strategy::OnlyFirst, _) => first,
        (Strategy::OnlySecond, Some(second)) => second,
        (Strategy::OnlySecond, None) => {
            return Err(Error::argument("truncation \"only_second\" needs a second sequence, and there is none"));
        }
    };
    let length = target.len();
    if length <= surplus {
        return Err(Error::argument(format!(
            "{surplus} tokens must go, but the sequence that should give way has only {length}; use \"longest_first\" or \
             a larger max_length"
        )));
    }
    shorten(target, length - surplus)
}

/// Lengths of two sequences that share a budget: the longer one gives way first, then both.
fn fit_both(first: usize, second: usize, budget: usize) -> (usize, usize) {
    let swapped = first > second;
    let short = first.min(second);
    let mut long = if short > budget { short } else { short.max(budget - short) };
    let mut kept = short;
    if kept + long > budget {
        kept = budget / 2;
        long = kept + budget % 2;
    }
    if swapped { (long, kept) } else { (kept, long) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(n: u32) -> Encoding {
        let n_usize = n as usize;
        Encoding {
            ids: (0..n).collect(),
            type_ids: vec![0; n_usize],
            offsets: (0..n).map(|i| (i, i + 1)).collect(),
            words: (0..n).collect(),
            special_tokens_mask: vec![0; n_usize],
            attention_mask: vec![1; n_usize],
            ..Encoding::default()
        }
    }

    #[test]
    fn the_longer_sequence_gives_way_first() {
        for (lengths, budget, kept) in [
            ((5, 3), 7, (4, 3)),
            ((5, 3), 6, (3, 3)),
            ((5, 3), 5, (3, 2)),
            ((5, 3), 4, (2, 2)),
            ((5, 5), 7, (3, 4)),
            ((5, 5), 5, (2, 3)),
            ((8, 1), 2, (1, 1)),
            ((8, 1), 1, (1, 0)),
        ] {
            assert_eq!(fit_both(lengths.0, lengths.1, budget), kept, "{lengths:?} in {budget}");
        }
    }

    #[test]
    fn windows_share_the_stride() {
        let mut encoding = numbered(7);
        encoding.truncate(3, 1, Side::Right).expect("room");
        assert_eq!(encoding.ids, [0, 1, 2]);
        let windows: Vec<_> = encoding.overflowing.iter().map(|w| w.ids.clone()).collect();
        assert_eq!(windows, [vec![2, 3, 4], vec![4, 5, 6]]);
        let mut encoding = numbered(7);
        encoding.truncate(3, 1, Side::Left).expect("room");
        assert_eq!(encoding.ids, [4, 5, 6]);
        let windows: Vec<_> = encoding.overflowing.iter().map(|w| w.ids.clone()).collect();
        assert_eq!(windows, [vec![2, 3, 4], vec![0, 1, 2]]);
        assert!(numbered(7).truncate(3, 3, Side::Right).is_err());
    }

    #[test]
    fn padding_moves_the_sequences_along() {
        let mut encoding = numbered(2);
        encoding.set_sequence_id(0);
        encoding.pad(4, 9, 1, Side::Left);
        assert_eq!(encoding.ids, [9, 9, 0, 1]);
        assert_eq!(encoding.sequence_ids(), [None, None, Some(0), Some(0)]);
        assert_eq!(encoding.char_to_token(1, 0), Some(3));
        assert_eq!(encoding.token_to_word(0), None);
    }
}
