//! `WordPiece`: the longest known beginning of a piece, then of what is left; if anything stays unknown, the whole piece is.
//!
//! Performance notes. Most pieces of running text are in the cache or a token as they are. For the others one scan from
//! their end finds the longest token at every place ([`LongestTokens`]), so that a piece takes linear time whatever the
//! vocabulary; trying ever shorter beginnings, as the definition reads, is cubic.

mod longest;

use crate::compiled::{Tables, Writer};
use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::model::cache::{self, Caching, PieceCache};
use crate::vocab::Vocab;
use longest::{LongestTokens, Scan};

/// The options of a `WordPiece` model, as its file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WordPieceOptions {
    pub(crate) unk_token: String,
    pub(crate) continuing_subword_prefix: String,
    pub(crate) max_input_chars_per_word: usize,
}

/// A compiled `WordPiece` model.
#[derive(Clone, Debug)]
pub(crate) struct WordPiece {
    options: WordPieceOptions,
    longest: LongestTokens,
    unk: Option<u32>,
    /// Bytes of a token by id, [`UNCLEAR`] where two tokens share the id.
    lens: Vec<u32>,
}

const UNCLEAR: u32 = u32::MAX;

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct WordPieceScratch {
    cache: PieceCache,
    scan: Scan,
}

impl Caching for WordPieceScratch {
    fn cache(&mut self) -> &mut PieceCache {
        &mut self.cache
    }
}

impl WordPiece {
    pub(crate) fn compile(vocab: &Vocab, options: WordPieceOptions) -> Self {
        let longest = LongestTokens::new(vocab, &options.continuing_subword_prefix);
        Self::with_tokens(vocab, options, longest)
    }

    /// Write the tables; the options stand elsewhere.
    pub(crate) fn store(&self, out: &mut Writer) {
        let Self { options: _, longest, unk: _, lens: _ } = self;
        longest.store(out);
    }

    /// Take the tables that were written of a model with this vocabulary and these options.
    pub(crate) fn take(tables: &mut Tables, vocab: &Vocab, options: WordPieceOptions) -> Result<Self> {
        let longest = LongestTokens::take(tables, vocab.id_bound())?;
        Ok(Self::with_tokens(vocab, options, longest))
    }

    fn with_tokens(vocab: &Vocab, options: WordPieceOptions, longest: LongestTokens) -> Self {
        let unk = vocab.id(&options.unk_token);
        let mut lens = vec![0; vocab.id_bound() as usize];
        let mut seen = vec![false; lens.len()];
        for (len, id) in vocab.lengths() {
            let id = id as usize;
            lens[id] = if std::mem::replace(&mut seen[id], true) { UNCLEAR } else { len as u32 };
        }
        Self { options, longest, unk, lens }
    }

    pub(crate) fn options(&self) -> &WordPieceOptions {
        &self.options
    }

    /// Encode several pieces of one text: append their ids, and with `SPANS` where each stands.
    pub(crate) fn encode_bundle<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        text: &str,
        pieces: &[(u32, u32)],
        scratch: &mut WordPieceScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        let place = |ids: &[u32], len: u32, out: &mut PieceTokens| self.place(ids, len, out);
        cache::encode_bundle::<SPANS, _>(text, pieces, scratch, out, place, |word, key, scratch, out| {
            self.encode_fresh::<SPANS>(vocab, word, key, scratch, out)
        })
    }

    /// Append ids of a piece of `len` bytes with their spans. Says no, and appends nothing, if the ids do not tell them.
    #[inline]
    fn place(&self, ids: &[u32], len: u32, out: &mut PieceTokens) -> bool {
        if let [id] = *ids {
            // A token or the unknown token: either way it stands for the whole piece.
            out.push::<true>(id, len);
            return true;
        }
        if ids.iter().any(|&id| self.lens[id as usize] == UNCLEAR) {
            return false;
        }
        let mut prefix = 0;
        for &id in ids {
            out.push::<true>(id, self.lens[id as usize] - prefix);
            prefix = self.options.continuing_subword_prefix.len() as u32;
        }
        true
    }

    #[inline(never)]
    fn encode_fresh<const SPANS: bool>(
        &self,
        vocab: &Vocab,
        word: &str,
        key: Option<u128>,
        scratch: &mut WordPieceScratch,
        out: &mut PieceTokens,
    ) -> Result<()> {
        if word.is_empty() {
            return Ok(());
        }
        let from = out.ids.len();
        let max = self.options.max_input_chars_per_word;
        let too_long = word.len() > max && word.chars().count() > max;
        let whole = if too_long { None } else { vocab.id(word) };
        if let Some(id) = whole {
            out.push::<SPANS>(id, word.len() as u32);
        } else if too_long || !self.longest.cut(word, &mut scratch.scan, |id, len| out.push::<SPANS>(id, len)) {
            let Some(unk) = self.unk else { return Err(self.no_unknown_token()) };
            out.push::<SPANS>(unk, word.len() as u32);
        }
        if let Some(key) = key {
            scratch.cache.insert(key, &out.ids[from..]);
        }
        Ok(())
    }

    fn no_unknown_token(&self) -> Error {
        Error::vocabulary(format!(
            "the text has a word that the vocabulary cannot spell, and the unknown token {:?} is not in it either; add \
             that token to the vocabulary, or name another as unk_token",
            self.options.unk_token
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, word for word: shorten what is left from its end until it is a token.
    fn by_definition(vocab: &Vocab, options: &WordPieceOptions, word: &str) -> Option<Vec<(u32, (u32, u32))>> {
        let unknown = || Some(vec![(vocab.id(&options.unk_token)?, (0, word.len() as u32))]);
        if word.chars().count() > options.max_input_chars_per_word {
            return unknown();
        }
        let mut tokens = Vec::new();
        let mut start = 0;
        while start < word.len() {
            let prefix = if start > 0 { options.continuing_subword_prefix.as_str() } else { "" };
            let mut ends = word[start..].char_indices().map(|(at, c)| start + at + c.len_utf8()).rev();
            let found = ends.find_map(|end| Some((vocab.id(&format!("{prefix}{}", &word[start..end]))?, end)));
            let Some((id, end)) = found else { return unknown() };
            tokens.push((id, (start as u32, end as u32)));
            start = end;
        }
        Some(tokens)
    }

    fn options(prefix: &str, max: usize) -> WordPieceOptions {
        WordPieceOptions {
            unk_token: "[UNK]".into(),
            continuing_subword_prefix: prefix.into(),
            max_input_chars_per_word: max,
        }
    }

    fn encoded(
        model: &WordPiece,
        vocab: &Vocab,
        word: &str,
        scratch: &mut WordPieceScratch,
    ) -> Option<Vec<(u32, (u32, u32))>> {
        let mut out = PieceTokens::default();
        model.encode_bundle::<true>(vocab, word, &[(0, word.len() as u32)], scratch, &mut out).ok()?;
        let mut ids = PieceTokens::default();
        model.encode_bundle::<false>(vocab, word, &[(0, word.len() as u32)], scratch, &mut ids).expect("known");
        assert_eq!(ids.ids, out.ids, "{word:?}");
        Some(out.ids.iter().copied().zip(out.spans.iter().copied()).collect())
    }

    #[test]
    fn longest_tokens_first_and_the_whole_word_is_unknown() {
        let vocab = ["[UNK]", "un", "##aff", "##able", "unaff", "##", "##é", "é"];
        let vocab = Vocab::new(vocab.into_iter().enumerate().map(|(id, t)| (t, id as u32))).expect("small ids");
        let model = WordPiece::compile(&vocab, options("##", 10));
        let mut scratch = WordPieceScratch::default();
        for (word, expected) in [
            ("unaffable", vec![(4, (0, 5)), (3, (5, 9))]),
            ("unable", vec![(1, (0, 2)), (3, (2, 6))]),
            ("unk", vec![(0, (0, 3))]),
            ("éé", vec![(7, (0, 2)), (6, (2, 4))]),
            ("un##", vec![(0, (0, 4))]),
            ("##é", vec![(6, (0, 4))]),
            ("##éé", vec![(6, (0, 4)), (6, (4, 6))]),
            ("##", vec![(5, (0, 2))]),
            ("éééééééééé", [(7, (0, 2))].into_iter().chain((1..10).map(|i| (6, (2 * i, 2 * i + 2)))).collect()),
            ("ééééééééééé", vec![(0, (0, 22))]),
            ("", vec![]),
        ] {
            for _ in ["fresh", "cached"] {
                assert_eq!(encoded(&model, &vocab, word, &mut scratch), Some(expected.clone()), "{word:?}");
            }
        }
    }

    #[test]
    fn a_word_without_tokens_needs_the_unknown_token() {
        let vocab = Vocab::new([("a", 0)]).expect("small ids");
        let model = WordPiece::compile(&vocab, options("", 100));
        let mut scratch = WordPieceScratch::default();
        let error = model.encode_bundle::<false>(&vocab, "ab", &[(0, 2)], &mut scratch, &mut PieceTokens::default());
        assert_eq!(error.expect_err("no token").kind(), crate::ErrorKind::Vocabulary);
        assert_eq!(encoded(&model, &vocab, "aa", &mut scratch), Some(vec![(0, (0, 1)), (0, (1, 2))]));
    }

    /// A word of a small alphabet.
    fn random_word(next: &mut impl FnMut(usize) -> usize, max: usize) -> String {
        (0..next(max + 1)).map(|_| ['a', 'b', '#', 'é', 'c'][next(5)]).collect()
    }

    #[test]
    fn the_scan_does_what_the_definition_says() {
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        let mut next = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        for _ in 0..3000 {
            // Odd prefixes, shared ids, holes, no unknown token: all that a file may have.
            let count = next(15);
            let mut tokens: Vec<_> = (0..count).map(|_| (random_word(&mut next, 5), next(12) as u32)).collect();
            if next(2) == 0 {
                tokens.push(("[UNK]".to_owned(), 3));
            }
            let prefix = ["", "#", "##", "a", "é", "ab"][next(6)];
            let vocab = Vocab::new(tokens).expect("small ids");
            let model = WordPiece::compile(&vocab, options(prefix, next(12)));
            let mut scratch = WordPieceScratch::default();
            let words: Vec<_> = (0..8).map(|_| random_word(&mut next, 9)).collect();
            for word in words.iter().chain(&words) {
                let expected = by_definition(&vocab, model.options(), word);
                assert_eq!(encoded(&model, &vocab, word, &mut scratch), expected, "{word:?} {model:?}");
            }
        }
    }

    #[test]
    fn long_words_take_linear_time() {
        let long = "a".repeat(50_000);
        let tokens = ["[UNK]".to_owned(), "a".to_owned(), "##a".to_owned(), format!("##{long}b"), format!("{long}b")];
        let vocab = Vocab::new(tokens.iter().enumerate().map(|(id, t)| (t, id as u32))).expect("small ids");
        let model = WordPiece::compile(&vocab, options("##", usize::MAX));
        let word = "a".repeat(1 << 20);
        let mut out = PieceTokens::default();
        model
            .encode_bundle::<true>(&vocab, &word, &[(0, 1 << 20)], &mut WordPieceScratch::default(), &mut out)
            .expect("known");
        assert_eq!((out.ids.len(), out.spans[1]), (1 << 20, (1, 2)));
    }
}
