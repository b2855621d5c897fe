//! The normalizer of `SentencePiece` models: a character map, applied as the reference applies it.
//!
//! A grapheme cluster of less than six bytes is looked up as a whole, where the entry of any prefix of it counts for all
//! of it; else its characters are looked up one by one. What replaces more characters than it has is inserted after
//! the last; what replaces less swallows the rest; what is removed is swallowed by the character before it, and where
//! there is none the reference forgets it: everything after stands for an earlier place.

use unicode_segmentation::UnicodeSegmentation;

use super::charmap::{CharMap, Fate, Rule, push};
use super::charsmap::Charsmap;
use super::follow::follow;
use super::graphemes::is_apart;
use crate::error::Result;
use crate::text::Aligned;

/// Clusters of this many bytes or more are not looked up as a whole.
const WHOLE: usize = 6;

/// What the map makes of characters that are clusters of their own.
#[derive(Clone, Debug)]
struct Alone(Charsmap);

impl Rule for Alone {
    fn write(&self, c: char, out: &mut String) -> bool {
        out.push_str(self.0.get(c.encode_utf8(&mut [0; 4])).unwrap_or(c.encode_utf8(&mut [0; 4])));
        is_apart(c)
    }
}

/// A compiled character map.
#[derive(Clone, Debug)]
pub(super) struct Precompiled {
    alone: CharMap<Alone>,
}

/// One step of the reference: a cluster or a character, and what comes instead, if it is mapped.
type Part<'a> = (&'a str, Option<&'a str>);

impl Precompiled {
    /// Read the bytes of a map.
    pub(super) fn new(charsmap: &[u8]) -> Result<Self> {
        Ok(Self { alone: CharMap::new(Alone(Charsmap::parse(charsmap)?)) })
    }

    /// Whether nothing is mapped.
    pub(super) fn is_identity(&self, text: &str) -> bool {
        let mut from = 0;
        while let Some((at, _, fate)) = self.alone.next_change(text, from) {
            if fate != Fate::Depends {
                return false;
            }
            let stretch = stretch(text, from, at);
            let mut unmapped = true;
            self.parts(&text[stretch.clone()], |(_, instead)| unmapped &= instead.is_none());
            if !unmapped {
                return false;
            }
            from = stretch.end;
        }
        true
    }

    /// Walk through a text as the reference does.
    fn parts<'a>(&'a self, text: &'a str, mut part: impl FnMut(Part<'a>)) {
        let map = &self.alone.rule.0;
        for cluster in text.graphemes(true) {
            if let Some(instead) = Some(cluster).filter(|c| c.len() < WHOLE).and_then(|c| map.get(c)) {
                part((cluster, Some(instead)));
                continue;
            }
            let mut rest = cluster;
            while let Some(c) = rest.chars().next() {
                let (character, after) = rest.split_at(c.len_utf8());
                part((character, map.get(character)));
                rest = after;
            }
        }
    }

    pub(super) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        if self.is_identity(&text.text) {
            return;
        }
        let source = &*text;
        let mut writer = Writer { source, out: source.successor(), inserted: false };
        let mut from = 0;
        loop {
            let found = self.alone.next(&source.text, from);
            let at = found.map_or(source.text.len(), |(at, ..)| at);
            let next = found.and_then(|(at, c, _)| source.text[at + c.len_utf8()..].chars().next());
            let known = match found {
                None => {
                    writer.keep_mapped(&self.alone, from..at);
                    break;
                }
                Some((_, c, Fate::Become(instead))) if next.is_none_or(is_apart) => {
                    writer.keep_mapped(&self.alone, from..at);
                    from = at + c.len_utf8();
                    writer.character(at, instead)
                }
                Some(_) => {
                    let stretch = stretch(&source.text, from, at);
                    writer.keep_mapped(&self.alone, from..stretch.start);
                    from = stretch.end;
                    let mut at = stretch.start;
                    let mut known = true;
                    self.parts(&source.text[stretch], |(part, instead)| {
                        known = known && writer.part(at, part, instead);
                        at += part.len();
                    });
                    known
                }
            };
            if !known {
                return self.forget(text);
            }
        }
        *text = writer.out;
    }

    /// The whole text as the reference counts it, where it forgets what was removed at the beginning.
    fn forget<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        let mut changes: Vec<(char, isize)> = Vec::with_capacity(text.text.len());
        self.parts(&text.text, |(part, instead)| {
            let before = changes.len();
            let old = part.chars().count();
            changes.extend(instead.unwrap_or(part).chars().enumerate().map(|(i, c)| (c, isize::from(i >= old))));
            let missing = old.saturating_sub(changes.len() - before);
            if let Some((_, change)) = changes.last_mut() {
                *change -= missing.cast_signed();
            }
        });
        let mut out = text.successor();
        follow(text, 0..text.text.len(), changes.into_iter(), &mut out);
        *text = out;
    }
}

/// The text around a character whose fate depends on others: from the one before it, if that lies behind `from`, to
/// the next border that is certain.
fn stretch(text: &str, from: usize, at: usize) -> std::ops::Range<usize> {
    let before = text[from..at].chars().next_back().map_or(0, char::len_utf8);
    let mut last_apart = false;
    for (i, c) in text[at..].char_indices() {
        let apart = is_apart(c);
        if apart && last_apart {
            return at - before..at + i;
        }
        last_apart = apart;
    }
    at - before..text.len()
}

/// Writes what comes instead of the source, part by part, without a stream of changes.
struct Writer<'s, const SPANS: bool> {
    source: &'s Aligned<SPANS>,
    out: Aligned<SPANS>,
    /// Whether the last character written was inserted.
    inserted: bool,
}

impl<const SPANS: bool> Writer<'_, SPANS> {
    /// A range that stays as it is.
    fn keep(&mut self, range: std::ops::Range<usize>) {
        if !range.is_empty() {
            self.inserted = false;
            self.out.keep(self.source, range);
        }
    }

    /// A range in which the map of single characters finds nothing but capitals.
    fn keep_mapped(&mut self, map: &CharMap<Alone>, range: std::ops::Range<usize>) {
        if !range.is_empty() {
            self.inserted = false;
            map.keep(self.source, range, &mut self.out);
        }
    }

    /// A character at a place of the source becomes this. False if it vanished, and nothing stands before it.
    fn character(&mut self, at: usize, instead: &str) -> bool {
        if instead.is_empty() {
            return self.remove(at);
        }
        push(&mut self.out, instead, self.source.span(at));
        self.inserted = instead.chars().nth(1).is_some();
        true
    }

    /// The reference takes the change of the character before: one that was inserted now replaces what is removed.
    fn remove(&mut self, at: usize) -> bool {
        if std::mem::take(&mut self.inserted) {
            self.out.move_last(self.source.span(at));
        }
        !SPANS || !self.out.text.is_empty()
    }

    fn part(&mut self, mut at: usize, part: &str, instead: Option<&str>) -> bool {
        let Some(instead) = instead else {
            self.keep(at..at + part.len());
            return true;
        };
        if instead.is_empty() {
            return self.remove(at);
        }
        self.inserted = false;
        let mut old = part.chars();
        let mut span = self.source.span(at);
        for c in instead.chars() {
            match old.next() {
                Some(old) => {
                    span = self.source.span(at);
                    at += old.len_utf8();
                }
                None => self.inserted = true,
            }
            self.out.push(c, span);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::charsmap::tests::charsmap;
    use super::*;

    fn run(entries: &[(&str, &str)], text: &str) -> (String, Vec<(u32, u32)>) {
        let map = Precompiled::new(&charsmap(entries)).expect("reads");
        let mut plain = Aligned::<false>::from_original(text, 0);
        map.apply(&mut plain);
        let mut aligned = Aligned::<true>::from_original(text, 0);
        map.apply(&mut aligned);
        assert_eq!(plain.text, aligned.text);
        assert!(!map.is_identity(text) || aligned.text == text);
        (aligned.text.clone(), aligned.spans())
    }

    #[test]
    fn short_clusters_are_mapped_as_a_whole() {
        let entries = [("a", "X"), ("\r", " ")];
        assert_eq!(run(&entries, "ba\u{301}b"), ("bXb".into(), vec![(0, 1), (1, 2), (4, 5)]));
        assert_eq!(run(&entries, "a\u{301}\u{301}\u{301}").0, "X\u{301}\u{301}\u{301}");
        assert_eq!(run(&entries, "x\r\ny"), ("x y".into(), vec![(0, 1), (1, 2), (3, 4)]));
        assert_eq!(run(&entries, "b\u{301}c").0, "b\u{301}c");
    }

    #[test]
    fn what_vanishes_takes_the_place_of_what_was_inserted() {
        let entries = [("™", "TM"), ("\u{1}", ""), ("\u{2}", "")];
        assert_eq!(run(&entries, "™\u{1}\u{2}g"), ("TMg".into(), vec![(0, 3), (3, 4), (5, 6)]));
        assert_eq!(run(&entries, "™g").1, [(0, 3), (0, 3), (3, 4)]);
        assert_eq!(run(&entries, "g\u{1}g").1, [(0, 1), (2, 3)]);
    }

    #[test]
    fn what_vanishes_at_the_beginning_is_forgotten() {
        let entries = [("\u{1}", ""), ("½", "1/2")];
        assert_eq!(run(&entries, "\u{1}\u{1}ab½"), ("ab1/2".into(), vec![(0, 1), (1, 2), (2, 3), (2, 3), (2, 3)]));
        assert_eq!(run(&entries, "\u{1}"), (String::new(), vec![]));
    }

    #[test]
    fn capitals_beside_clusters_are_mapped_too() {
        let letters: Vec<String> = ('A'..='Z').flat_map(|c| [c.to_string(), c.to_lowercase().to_string()]).collect();
        let entries: Vec<_> = letters.chunks(2).map(|pair| (&*pair[0], &*pair[1])).collect();
        assert_eq!(run(&entries, "AB\u{301}CÄ\u{301}D").0, "abcÄ\u{301}d");
    }

    #[test]
    fn long_texts_are_mapped_in_linear_time() {
        let entries = [("a", "x"), ("\u{1}", ""), ("\u{1F1E9}", "D"), ("ﷺ", "salla allahou alayhi wasallam")];
        for part in ["\u{301}", "a\u{301}", "\u{1}", "b\u{1}", "\u{1F1E9}", "👩\u{200D}", "\u{94D}\u{915}", "\r", "ﷺ"]
        {
            run(&entries, &part.repeat(300_000 / part.len()));
        }
    }
}
