//! Pre-tokenizers: from a text to its pieces, each of which the model sees alone.
//!
//! Splits are ranges of one string. Only a prefix space, the metaspace and byte-level letters rewrite it; without them
//! nothing is copied. `compile` reads the JSON; `local` has the splits that look at two characters, which are most;
//! `regex` the patterns, `scripts` the changes of script, `rewrite` what changes the text, `words` what does both.

mod behavior;
mod compile;
mod local;
mod metaspace;
pub(crate) use metaspace::Metaspace;
mod pattern;
mod regex;
mod rewrite;
mod scripts;
mod segment;
mod sets;
mod words;

use serde_json::Value;

use crate::error::Result;
use crate::model::bpe::Alphabet;
use crate::text::Span;
use behavior::{Behavior, Cutter};
use local::LocalSplit;
pub(crate) use pattern::Pattern;
use regex::{Memo, PassScratch};
use rewrite::Rewrite;
use scripts::ScriptSplit;
pub(crate) use segment::Segment;
use words::Words;

/// Whether a split regex means the same in the dialect of `tokenizer.json` and in tiktoken's, and never matches nothing.
///
/// # Examples
/// ```
/// assert!(lexel::is_tiktoken_pattern(r" ?\p{L}+|\s+(?!\S)"));
/// assert!(!lexel::is_tiktoken_pattern(r"\p{N}{1,3}+"));
/// ```
pub fn is_tiktoken_pattern(pattern: &str) -> bool {
    // Sets remember whether case was folded in them, which says nothing about their members.
    let shown = |node: &regex::Node| format!("{node:?}").replace("folded: true", "folded: false");
    match (regex::parse(pattern), regex::parse_rust(pattern)) {
        (Ok(one), Ok(other)) => !other.nullable() && shown(&one) == shown(&other),
        _ => false,
    }
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct SplitScratch {
    ranges: Vec<Span>,
    next: Vec<Span>,
    search: SearchScratch,
}

/// What patterns are looked for with.
#[derive(Debug, Default)]
struct SearchScratch {
    memo: Memo,
    pass: PassScratch,
}

#[derive(Clone, Debug)]
enum Stage {
    Split {
        pattern: Pattern,
        behavior: Behavior,
        invert: bool,
    },
    Local(Box<LocalSplit>),
    Scripts(Box<ScriptSplit>),
    /// Pieces of this many characters.
    Fixed(usize),
    Rewrite(Rewrite),
    /// Rewrites and cuts.
    Words(Words),
}

impl Stage {
    /// Cut every range; `emit` gets the pieces, none of them empty. A stage that rewrites cuts nothing.
    fn cut(
        &self,
        text: &str,
        ranges: &[Span],
        search: &mut SearchScratch,
        emit: &mut impl FnMut(u32, u32) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Split { pattern, behavior, invert } => {
                let SearchScratch { memo, pass } = search;
                // Where matches are the pieces, and gaps too, or are all there is.
                let covering = (*behavior, *invert) == (Behavior::Removed, true);
                let at_ends = *behavior == Behavior::Isolated || covering;
                for &(from, to) in ranges {
                    let piece = &text[from as usize..to as usize];
                    let mut cut = |start, end| emit(from + start as u32, from + end as u32);
                    if at_ends && pattern.cut(piece, covering, memo, pass, &mut cut)? {
                        continue;
                    }
                    let mut cutter = Cutter::new(*behavior, from);
                    pattern.matches(piece, memo, |start, end, is_match| {
                        cutter.add(start, end, is_match != *invert, emit)
                    })?;
                    cutter.finish(emit)?;
                }
                Ok(())
            }
            Self::Local(split) => ranges.iter().try_for_each(|&range| split.split(text, range, emit)),
            Self::Scripts(split) => ranges.iter().try_for_each(|&range| split.split(text, range, emit)),
            Self::Fixed(length) => ranges.iter().try_for_each(|&range| cut_fixed(text, range, *length, emit)),
            Self::Rewrite(_) | Self::Words(_) => ranges.iter().try_for_each(|&(start, end)| emit(start, end)),
        }
    }
}

/// A compiled pre-tokenizer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Splitter {
    stages: Vec<Stage>,
    byte_level: bool,
}

impl Splitter {
    /// Compile the JSON of a pre-tokenizer; `path` is where it stands in the file. A model that `reads_bytes` is left to
    /// read the bytes that byte-level letters stand for.
    pub(crate) fn compile(value: &Value, path: &str, reads_bytes: bool) -> Result<Self> {
        let mut compiler = compile::Compiler::default();
        compiler.add(value, path)?;
        compiler.finish(reads_bytes).map_err(|e| e.at(path))
    }

    /// Whether every text is one piece, as it is.
    pub(crate) fn keeps_whole(&self) -> bool {
        self.stages.is_empty() && !self.byte_level
    }

    /// How the model reads pieces.
    pub(crate) fn alphabet(&self) -> Alphabet {
        if self.byte_level { Alphabet::Bytes } else { Alphabet::Characters }
    }

    /// Whether a stage asks where a piece started in the original text after the text may have been rewritten: then
    /// even ids need the walk with spans.
    pub(crate) fn needs_spans(&self, normalized: bool) -> bool {
        self.stages.iter().enumerate().any(|(i, stage)| {
            let asks = match stage {
                Stage::Rewrite(Rewrite::Metaspace(metaspace)) => metaspace.only_first(),
                Stage::Words(words) => words.only_first(),
                _ => false,
            };
            asks && (normalized || self.rewrites_before(i))
        })
    }

    fn rewrites_before(&self, stage: usize) -> bool {
        self.stages[..stage].iter().any(|s| matches!(s, Stage::Rewrite(_) | Stage::Words(_)))
    }

    /// Where a text between added tokens may be cut, at or after a place: whatever stands on either side, its pieces are
    /// those of the whole. None if there is no such place nearby.
    pub(crate) fn certain_cut(&self, text: &str, from: usize) -> Option<usize> {
        // What the first stage cuts, the others see apart. A stage that rewrites asks where the text begins.
        match self.stages.first()? {
            Stage::Split { pattern, behavior, invert } => {
                let covering = (*behavior, *invert) == (Behavior::Removed, true);
                let at_ends = *behavior == Behavior::Isolated || covering;
                if at_ends { pattern.certain_cut(text, from, covering) } else { None }
            }
            Stage::Local(split) => split.certain_cut(text, from),
            _ => None,
        }
        .filter(|_| !self.stages.iter().any(|stage| matches!(stage, Stage::Rewrite(_) | Stage::Words(_))))
    }

    /// Split a segment; `emit` gets the segment and the range of each piece, in order, none of them empty.
    pub(crate) fn run<const SPANS: bool>(
        &self,
        segment: &mut Segment<'_, SPANS>,
        scratch: &mut SplitScratch,
        emit: &mut impl FnMut(&Segment<'_, SPANS>, u32, u32) -> Result<()>,
    ) -> Result<()> {
        let SplitScratch { ranges, next, search } = scratch;
        ranges.clear();
        let length = segment.text().len() as u32;
        if length == 0 {
            return Ok(());
        }
        ranges.push((0, length));
        let Some((last, before)) = self.stages.split_last() else {
            return emit(segment, 0, length);
        };
        for stage in before {
            if let Stage::Rewrite(rewrite) = stage {
                rewrite.run(segment, ranges);
                continue;
            }
            if let Stage::Words(words) = stage {
                words.run(segment, ranges, next);
                std::mem::swap(ranges, next);
                continue;
            }
            next.clear();
            stage.cut(segment.text(), ranges, search, &mut |start, end| {
                next.push((start, end));
                Ok(())
            })?;
            std::mem::swap(ranges, next);
        }
        match last {
            Stage::Rewrite(rewrite) => rewrite.run(segment, ranges),
            Stage::Words(words) => {
                words.run(segment, ranges, next);
                std::mem::swap(ranges, next);
            }
            _ => {}
        }
        let segment = &*segment;
        last.cut(segment.text(), ranges, search, &mut |start, end| emit(segment, start, end))
    }
}

/// Cut into pieces of `length` characters.
fn cut_fixed(text: &str, (from, to): Span, length: usize, emit: &mut impl FnMut(u32, u32) -> Result<()>) -> Result<()> {
    let mut start = from;
    for (at, _) in text[from as usize..to as usize].char_indices().step_by(length).skip(1) {
        let at = from + at as u32;
        emit(start, at)?;
        start = at;
    }
    emit(start, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn pieces(json: &Value, text: &str) -> Vec<(String, Span)> {
        let splitter = Splitter::compile(json, "pre_tokenizer", true).expect("supported");
        let mut segment = Segment::<true>::new(text, 0);
        let mut found = Vec::new();
        splitter
            .run(&mut segment, &mut SplitScratch::default(), &mut |segment, start, end| {
                let (a, b) = (start as usize, end as usize);
                found.push((segment.text()[a..b].to_owned(), segment.span(a, b)));
                Ok(())
            })
            .expect("splits");
        found
    }

    fn texts(json: &Value, text: &str) -> Vec<String> {
        pieces(json, text).into_iter().map(|(piece, _)| piece).collect()
    }

    fn split(pattern: &Value, behavior: &str, invert: bool) -> Value {
        serde_json::json!({"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert})
    }

    #[test]
    fn every_behavior_cuts_as_the_reference_documents() {
        let dash = serde_json::json!({"String": "-"});
        let text = "the-final--countdown";
        for (behavior, expected) in [
            ("Removed", vec!["the", "final", "countdown"]),
            ("Isolated", vec!["the", "-", "final", "-", "-", "countdown"]),
            ("Contiguous", vec!["the", "-", "final", "--", "countdown"]),
            ("MergedWithPrevious", vec!["the-", "final-", "-", "countdown"]),
            ("MergedWithNext", vec!["the", "-final", "-", "-countdown"]),
        ] {
            assert_eq!(texts(&split(&dash, behavior, false), text), expected, "{behavior}");
        }
        assert_eq!(texts(&split(&dash, "Removed", true), text), ["-", "-", "-"]);
    }

    #[test]
    fn the_last_space_of_a_run_belongs_to_the_word() {
        let json = serde_json::json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true});
        assert_eq!(texts(&json, "a   b \n  c  "), ["a", "  ", " b", " \n ", " c", "  "]);
        assert_eq!(texts(&json, "it's 12x"), ["it", "'s", " 12", "x"]);
    }

    #[test]
    fn digits_and_metaspace() {
        let digits = serde_json::json!({"type": "Digits", "individual_digits": true});
        assert_eq!(texts(&digits, "a12Ⅷb"), ["a", "1", "2", "Ⅷ", "b"]);
        let metaspace = serde_json::json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"});
        assert_eq!(pieces(&metaspace, "hey you"), [("▁hey".to_owned(), (0, 3)), ("▁you".to_owned(), (3, 7))]);
    }

    #[test]
    fn searches_stay_linear_on_patterns_that_read_ahead_in_vain() {
        let regex = serde_json::json!({"Regex": "a+b|a"});
        let text = "a".repeat(200_000);
        assert_eq!(texts(&split(&regex, "Isolated", false), &text).len(), 200_000);
    }

    #[test]
    fn patterns_with_many_classes_split_too() {
        // Every one of these characters is a class of its own: more than a state's loops can name.
        let letters: Vec<String> = ('!'..='~').filter(char::is_ascii_alphanumeric).map(|c| format!("{c}+")).collect();
        let others: Vec<String> = ('α'..='ω').map(|c| format!("{c}+")).collect();
        let pattern = [letters, others].concat().join("|");
        let regex = serde_json::json!({"Regex": pattern});
        assert_eq!(texts(&split(&regex, "Isolated", false), "aab..zzzωωα"), ["aa", "b", "..", "zzz", "ωω", "α"]);
    }

    #[test]
    fn patterns_may_ask_what_stands_around() {
        for (pattern, text, expected) in [
            (r"^a", "ab\na", vec!["a", "b\n", "a"]),
            (r"a$", "aa\na", vec!["a", "a", "\n", "a"]),
            (r"\b", "ab, c", vec!["ab", ", ", "c"]),
            (r"(?<=a)b", "abb", vec!["a", "b", "b"]),
            (r"(?<!a)b", "abb", vec!["ab", "b"]),
            (r"a(?=bc)", "abcabd", vec!["a", "bcabd"]),
            (r"\d{1,3}(?=(?:\d{3})*\b)", "1234567 89", vec!["1", "234", "567", " ", "89"]),
            (r"(?<=ab|c)d", "abdcdd", vec!["ab", "d", "c", "d", "d"]),
            (r"\Ga", "aaba", vec!["a", "a", "ba"]),
            (r"a++(?!b)", "aab aa", vec!["aab ", "aa"]),
            (r"(?>a|ab)c", "acabc", vec!["ac", "abc"]),
            (r"b*", "abbc", vec!["a", "bb", "c"]),
            (r"(?:a|b*)*c?", "abbac", vec!["abbac"]),
            ("", "aé", vec!["a", "é"]),
        ] {
            let json = split(&serde_json::json!({"Regex": pattern}), "Isolated", false);
            assert_eq!(texts(&json, text), expected, "{pattern}");
        }
        assert_eq!(texts(&split(&serde_json::json!({"String": ""}), "Isolated", false), "aé"), ["a", "é"]);
    }

    #[test]
    fn what_no_automaton_answers_is_refused() {
        for pattern in [
            r"(?i)[[^a]]",
            r"(?i)[\w&&[a-z]]",
            r"(a)\1",
            r"(?<n>a)\k<n>",
            r"a\Kb",
            r"(?<=a+)b",
            r"(?:a?){3}",
            r"(?>(?:a|ab)c?d)",
            r"(?i:ss)",
            r"(?~a)",
        ] {
            let json = split(&serde_json::json!({"Regex": pattern}), "Isolated", false);
            let Err(error) = Splitter::compile(&json, "pre_tokenizer", true) else { panic!("{pattern} compiles") };
            assert_eq!(error.kind(), crate::ErrorKind::Unsupported, "{pattern}: {error}");
        }
    }

    #[test]
    fn large_patterns_are_refused_at_once() {
        let start = std::time::Instant::now();
        for pattern in
            ["a".repeat(200_000), "(?:a|b){1000}".repeat(300), "(a*)*".repeat(3_000), format!("{}c", ".?".repeat(900))]
        {
            let json = split(&serde_json::json!({"Regex": pattern}), "Isolated", false);
            let _ = Splitter::compile(&json, "pre_tokenizer", true);
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
