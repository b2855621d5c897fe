//! Pre-tokenizers: from a text to its pieces, each of which the model sees alone.
//!
//! Splits are ranges of one string. Only a prefix space and the metaspace rewrite it; without them nothing is copied.

mod behavior;
mod metaspace;
mod pattern;
mod regex;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::json::{Object, wrong};
use crate::model::bpe::Alphabet;
use crate::normalize::prepend;
use crate::text::{Aligned, Span};
use behavior::{Behavior, Cutter};
use metaspace::Metaspace;
pub(crate) use pattern::Pattern;
use regex::Memo;

/// The regex of the byte-level pre-tokenizer.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// A text between two added tokens, as far as it has come.
#[derive(Debug)]
pub(crate) struct Segment<'t, const SPANS: bool> {
    original: &'t str,
    /// Where it starts in the whole text.
    shift: u32,
    rewritten: Option<Aligned<SPANS>>,
}

impl<'t, const SPANS: bool> Segment<'t, SPANS> {
    pub(crate) fn new(original: &'t str, shift: u32) -> Self {
        Self { original, shift, rewritten: None }
    }

    pub(crate) fn rewritten(original: &'t str, shift: u32, text: Aligned<SPANS>) -> Self {
        Self { original, shift, rewritten: Some(text) }
    }

    pub(crate) fn text(&self) -> &str {
        self.rewritten.as_ref().map_or(self.original, |r| &r.text)
    }

    /// The bytes of the original text that a range of `text` stands for; parts of characters count as the whole.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        if let Some(rewritten) = &self.rewritten {
            return (rewritten.span(start).0, rewritten.span(end - 1).1);
        }
        let bytes = self.original.as_bytes();
        let (mut start, mut end) = (start, end);
        while start > 0 && bytes.get(start).is_some_and(|b| b & 0xC0 == 0x80) {
            start -= 1;
        }
        while bytes.get(end).is_some_and(|b| b & 0xC0 == 0x80) {
            end += 1;
        }
        (self.shift + start as u32, self.shift + end as u32)
    }

    /// Where in the original text a piece starts. Without spans this is exact only for pieces of an unchanged text.
    fn original_start(&self, at: u32) -> u32 {
        match &self.rewritten {
            Some(rewritten) if SPANS => rewritten.span(at as usize).0,
            _ => self.shift + at,
        }
    }

    fn to_aligned(&self) -> Aligned<SPANS> {
        self.rewritten.clone().unwrap_or_else(|| Aligned::from_original(self.original, self.shift))
    }
}

/// Working memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct SplitScratch {
    ranges: Vec<Span>,
    next: Vec<Span>,
    memo: Memo,
}

#[derive(Clone, Debug)]
enum Stage {
    Split { pattern: Pattern, behavior: Behavior, invert: bool },
    PrefixSpace,
    Metaspace(Metaspace),
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
        let mut splitter = Self::default();
        splitter.add(value, path)?;
        if splitter.byte_level && !reads_bytes {
            return Err(Error::unsupported("the pre-tokenizer \"ByteLevel\" before a model that is not BPE").at(path));
        }
        Ok(splitter)
    }

    fn add(&mut self, value: &Value, path: &str) -> Result<()> {
        let object = Object::new(value, path)?;
        let kind = object.str("type")?;
        if self.byte_level && kind != "Sequence" {
            return Err(Error::unsupported(format!("the pre-tokenizer {kind:?} after \"ByteLevel\"")).at(path));
        }
        match kind {
            "Sequence" => {
                let path = object.child("pretokenizers");
                for (i, part) in object.array("pretokenizers")?.iter().enumerate() {
                    self.add(part, &format!("{path}[{i}]"))?;
                }
            }
            "ByteLevel" => {
                object.bool("trim_offsets")?;
                if object.bool("add_prefix_space")? {
                    self.stages.push(Stage::PrefixSpace);
                }
                if object.bool_or("use_regex", true)? {
                    let pattern = Pattern::regex(GPT2)?;
                    self.stages.push(Stage::Split { pattern, behavior: Behavior::Isolated, invert: false });
                }
                self.byte_level = true;
            }
            "Split" => {
                let pattern = split_pattern(object)?;
                let behavior = Behavior::read(object.str("behavior")?).map_err(|e| e.at(&object.child("behavior")))?;
                self.stages.push(Stage::Split { pattern, behavior, invert: object.bool("invert")? });
            }
            "Digits" => {
                let individual = object.bool("individual_digits")?;
                let behavior = if individual { Behavior::Isolated } else { Behavior::Contiguous };
                self.stages.push(Stage::Split { pattern: Pattern::Numeric, behavior, invert: false });
            }
            "Metaspace" => {
                let metaspace = Metaspace::compile(object)?;
                let split = metaspace.split_pattern();
                self.stages.push(Stage::Metaspace(metaspace));
                if let Some(pattern) = split {
                    self.stages.push(Stage::Split { pattern, behavior: Behavior::MergedWithNext, invert: false });
                }
            }
            other => return Err(Error::unsupported(format!("the pre-tokenizer {other:?}")).at(path)),
        }
        Ok(())
    }

    /// How the model reads pieces.
    pub(crate) fn alphabet(&self) -> Alphabet {
        if self.byte_level { Alphabet::Bytes } else { Alphabet::Characters }
    }

    /// Whether a stage asks where a piece started in the original text after the text may have been rewritten: then
    /// even ids need the walk with spans.
    pub(crate) fn needs_spans(&self, normalized: bool) -> bool {
        self.stages.iter().enumerate().any(|(i, stage)| {
            matches!(stage, Stage::Metaspace(m) if m.only_first()) && (normalized || self.rewrites_before(i))
        })
    }

    fn rewrites_before(&self, stage: usize) -> bool {
        self.stages[..stage].iter().any(|s| !matches!(s, Stage::Split { .. }))
    }

    /// Split a segment; `emit` gets the segment and the range of each piece, in order, none of them empty.
    pub(crate) fn run<const SPANS: bool>(
        &self,
        segment: &mut Segment<'_, SPANS>,
        scratch: &mut SplitScratch,
        emit: &mut impl FnMut(&Segment<'_, SPANS>, u32, u32) -> Result<()>,
    ) -> Result<()> {
        let SplitScratch { ranges, next, memo } = scratch;
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
            match stage {
                Stage::Split { pattern, behavior, invert } => {
                    next.clear();
                    let mut keep = |start, end| {
                        next.push((start, end));
                        Ok(())
                    };
                    split_ranges(segment.text(), ranges, pattern, *behavior, *invert, memo, &mut keep)?;
                    std::mem::swap(ranges, next);
                }
                rewriting => rewrite(rewriting, segment, ranges, next),
            }
        }
        if let Stage::Split { pattern, behavior, invert } = last {
            let segment = &*segment;
            return split_ranges(segment.text(), ranges, pattern, *behavior, *invert, memo, &mut |start, end| {
                emit(segment, start, end)
            });
        }
        rewrite(last, segment, ranges, next);
        for &(start, end) in ranges.iter() {
            emit(segment, start, end)?;
        }
        Ok(())
    }
}

fn split_pattern(object: Object<'_>) -> Result<Pattern> {
    let path = object.child("pattern");
    let value = object.need("pattern")?;
    let pattern = Object::new(value, &path)?;
    let compiled = match (pattern.map.get("Regex"), pattern.map.get("String")) {
        (Some(Value::String(regex)), None) => Pattern::regex(regex),
        (None, Some(Value::String(literal))) => Pattern::literal(literal),
        _ => Err(wrong(&path, "an object with one field, \"Regex\" or \"String\"", value)),
    };
    compiled.map_err(|e| e.at(&path))
}

fn split_ranges(
    text: &str,
    ranges: &[Span],
    pattern: &Pattern,
    behavior: Behavior,
    invert: bool,
    memo: &mut Memo,
    emit: &mut impl FnMut(u32, u32) -> Result<()>,
) -> Result<()> {
    for &(from, to) in ranges {
        let piece = &text[from as usize..to as usize];
        let mut cutter = Cutter::new(behavior, from);
        pattern.matches(piece, memo, |start, end, is_match| cutter.add(start, end, is_match != invert, emit))?;
        cutter.finish(emit)?;
    }
    Ok(())
}

/// Rewrite every piece by itself.
fn rewrite<const SPANS: bool>(
    stage: &Stage,
    segment: &mut Segment<'_, SPANS>,
    ranges: &mut Vec<Span>,
    next: &mut Vec<Span>,
) {
    let changes = |segment: &Segment<'_, SPANS>, &(start, end): &Span| {
        let piece = &segment.text()[start as usize..end as usize];
        match stage {
            Stage::PrefixSpace => !piece.starts_with(' '),
            Stage::Metaspace(metaspace) => metaspace.changes(piece, segment.original_start(start) == 0),
            Stage::Split { .. } => false,
        }
    };
    if !ranges.iter().any(|range| changes(segment, range)) {
        return;
    }
    let source = segment.to_aligned();
    let mut out = Aligned::with_capacity(source.text.len() + ranges.len() * 3);
    let mut piece = Aligned::default();
    next.clear();
    for &(start, end) in ranges.iter() {
        piece.clear();
        piece.keep(&source, start as usize..end as usize);
        match stage {
            Stage::PrefixSpace if !piece.text.starts_with(' ') => prepend(&mut piece, " "),
            Stage::Metaspace(metaspace) => metaspace.apply(&mut piece, segment.original_start(start) == 0),
            _ => {}
        }
        let at = out.text.len() as u32;
        out.keep(&piece, 0..piece.text.len());
        next.push((at, out.text.len() as u32));
    }
    std::mem::swap(ranges, next);
    segment.rewritten = Some(out);
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
    fn what_no_automaton_answers_is_refused() {
        for pattern in [
            r"a*(?=\S)",
            r"(?:a++)*b",
            r"(?:a?)+b",
            r"(?i)[[^a]]",
            r"(?i)[\w&&[a-z]]",
            r"(a)\1",
            r"a(?=bc)",
            r"(?<=a)b",
            "^a",
            "a*",
            r"(?i:ss)",
            r"\Ga",
        ] {
            let json = split(&serde_json::json!({"Regex": pattern}), "Isolated", false);
            let error = Splitter::compile(&json, "pre_tokenizer", true).expect_err(pattern);
            assert_eq!(error.kind(), crate::ErrorKind::Unsupported, "{pattern}: {error}");
        }
    }
}
