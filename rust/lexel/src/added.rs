//! Added tokens: strings found in the text before anything else looks at it.

use std::collections::BTreeMap;

use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder, MatchKind};
use hashbrown::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::model::bpe::spell;
use crate::vocab::Vocab;

/// A token that is matched as a whole, with the rules of where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the file format")]
pub struct AddedToken {
    /// The text of the token.
    pub content: String,
    /// Only where no word character touches it.
    pub single_word: bool,
    /// Whitespace before it belongs to it.
    pub lstrip: bool,
    /// Whitespace after it belongs to it.
    pub rstrip: bool,
    /// Matched in the normalized text, by its normalized content.
    pub normalized: bool,
    /// Left out when special tokens are skipped; plain text when they are split.
    pub special: bool,
}

/// The added tokens of a tokenizer and the automata that find them.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddedTokens {
    by_id: BTreeMap<u32, AddedToken>,
    by_content: HashMap<String, u32>,
    /// Contents that were ever special.
    special: HashSet<String>,
    /// Normalized contents that differ from the content, by id.
    normalized: HashMap<u32, String>,
    /// Contents in byte-level letters, by id, where these are other characters.
    letters: HashMap<u32, String>,
    /// Other names of tokens: found in a text as the token is.
    aliases: Vec<(String, u32)>,
    raw_matcher: Option<Matcher>,
    normalized_matcher: Option<Matcher>,
}

/// A part of a text: plain, or an added token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) token: Option<u32>,
}

/// Leftmost-longest search for many strings.
#[derive(Clone)]
struct Matcher {
    automaton: std::sync::Arc<DoubleArrayAhoCorasick<u32>>,
    /// First bytes of the strings: most texts have none of them.
    first_bytes: Vec<u8>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("first_bytes", &self.first_bytes).finish_non_exhaustive()
    }
}

impl Matcher {
    fn new<'a>(tokens: impl Iterator<Item = (&'a str, u32)>) -> Result<Option<Self>> {
        // Of equal strings (after normalization) the lowest id counts.
        let mut seen = HashSet::new();
        let patterns: Vec<(&str, u32)> = tokens.filter(|(text, _)| !text.is_empty() && seen.insert(*text)).collect();
        if patterns.is_empty() {
            return Ok(None);
        }
        let mut first_bytes: Vec<u8> = patterns.iter().map(|(text, _)| text.as_bytes()[0]).collect();
        first_bytes.sort_unstable();
        first_bytes.dedup();
        let automaton = DoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build_with_values(patterns)
            .map_err(|e| Error::format(format!("the added tokens make no automaton: {e}")).at("added_tokens"))?;
        Ok(Some(Self { automaton: std::sync::Arc::new(automaton), first_bytes }))
    }

    /// Where the first match may start.
    fn candidate(&self, text: &[u8]) -> Option<usize> {
        match *self.first_bytes.as_slice() {
            [a] => memchr::memchr(a, text),
            [a, b] => memchr::memchr2(a, b, text),
            [a, b, c] => memchr::memchr3(a, b, c, text),
            _ => Some(0),
        }
    }
}

impl AddedTokens {
    /// Tokens by ascending id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &AddedToken)> {
        self.by_id.iter().map(|(&id, token)| (id, token))
    }

    /// Whether these are the same tokens with the same ids, found in the same way.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        // The letters follow from the contents.
        let Self { by_id, by_content, special, normalized, letters: _, aliases, raw_matcher: _, normalized_matcher: _ } =
            self;
        *by_id == other.by_id
            && *by_content == other.by_content
            && *special == other.special
            && *normalized == other.normalized
            && *aliases == other.aliases
    }

    /// The id of a token, by its content.
    pub(crate) fn id(&self, content: &str) -> Option<u32> {
        self.by_content.get(content).copied()
    }

    /// The token of an id.
    pub(crate) fn get(&self, id: u32) -> Option<&AddedToken> {
        self.by_id.get(&id)
    }

    /// What an id decodes to: the normalized content where normalization changes it, as in the reference.
    pub(crate) fn text(&self, id: u32) -> Option<&str> {
        let token = self.by_id.get(&id)?;
        Some(self.normalized.get(&id).map_or(token.content.as_str(), String::as_str))
    }

    /// The content in byte-level letters, where these are other characters.
    pub(crate) fn letters(&self, id: u32) -> Option<&str> {
        self.letters.get(&id).map(String::as_str)
    }

    /// Give tokens other names, which are looked for as their contents are.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Vocabulary`] for a name of no token, or one that another token has.
    pub(crate) fn alias(&mut self, aliases: &[(String, u32)]) -> Result<()> {
        for (name, id) in aliases {
            let shown = crate::json::shortened(name);
            if !self.by_id.contains_key(id) {
                return Err(Error::vocabulary(format!("{shown:?} names the added token {id}, which is none")));
            }
            if name.is_empty() || self.by_content.insert(name.clone(), *id).is_some_and(|other| other != *id) {
                return Err(Error::vocabulary(format!("{shown:?} is empty, or the name of another token")));
            }
        }
        self.aliases = aliases.to_vec();
        self.refresh()
    }

    /// Whether a text is the content of a special token.
    pub(crate) fn is_special_text(&self, text: &str) -> bool {
        self.special.contains(text)
    }

    /// Add tokens: those the vocabulary has keep their id, the others get the next free ones. Returns how many entries
    /// changed, by the reference's count, and how many ids are new.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if the tokens are too many for the automaton.
    pub(crate) fn add(
        &mut self,
        tokens: impl IntoIterator<Item = AddedToken>,
        vocab: &Vocab,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<usize> {
        let base = vocab.len() as u32;
        let mut next = match self.by_id.last_key_value() {
            Some((&max, _)) if max >= base || base == 0 => max + 1,
            _ => base,
        };
        let mut new = 0;
        for token in tokens {
            if token.content.is_empty() {
                continue;
            }
            let known = self.id(&token.content);
            if known.is_some_and(|id| self.by_id.get(&id) == Some(&token)) {
                continue;
            }
            let id = known.or_else(|| vocab.id(&token.content)).unwrap_or_else(|| {
                new += 1;
                next += 1;
                next - 1
            });
            self.put(id, token, normalize);
        }
        self.refresh()?;
        Ok(new)
    }

    /// Replace everything: exactly these tokens at these ids.
    pub(crate) fn with_ids(
        tokens: impl IntoIterator<Item = (u32, AddedToken)>,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let mut added = Self::default();
        for (id, token) in tokens {
            added.put(id, token, normalize);
        }
        added.refresh()?;
        Ok(added)
    }

    /// The same tokens under another normalizer.
    pub(crate) fn renormalized(&self, normalize: &dyn Fn(&str) -> String) -> Result<Self> {
        let mut added = self.clone();
        added.normalized.clear();
        for (&id, token) in &self.by_id {
            added.note_normalized(id, token, normalize);
        }
        added.refresh()?;
        Ok(added)
    }

    fn put(&mut self, id: u32, token: AddedToken, normalize: &dyn Fn(&str) -> String) {
        self.note_normalized(id, &token, normalize);
        if token.special {
            self.special.insert(token.content.clone());
        }
        let letters = spell(&token.content);
        if letters == token.content {
            self.letters.remove(&id);
        } else {
            self.letters.insert(id, letters);
        }
        self.by_content.insert(token.content.clone(), id);
        self.by_id.insert(id, token);
    }

    fn note_normalized(&mut self, id: u32, token: &AddedToken, normalize: &dyn Fn(&str) -> String) {
        if token.normalized {
            let text = normalize(&token.content);
            if text != token.content {
                self.normalized.insert(id, text);
            }
        }
    }

    fn refresh(&mut self) -> Result<()> {
        // The reference finds the empty text everywhere, within characters too, where it panics.
        if let Some((id, token)) = self.by_id.iter().find(|(id, _)| self.text(**id).is_some_and(str::is_empty)) {
            let content = &token.content;
            return Err(Error::unsupported(format!(
                "the added token {content:?} (id {id}), which is empty once normalized"
            ))
            .at("added_tokens"));
        }
        let raw = self.by_id.iter().filter(|(_, t)| !t.normalized).map(|(&id, t)| (t.content.as_str(), id));
        let raw = Matcher::new(raw.chain(self.aliases.iter().map(|(name, id)| (name.as_str(), *id))))?;
        let normalized = self.by_id.iter().filter(|(_, t)| t.normalized);
        let normalized = normalized.map(|(&id, _)| (self.text(id).unwrap_or_default(), id));
        self.normalized_matcher = Matcher::new(normalized)?;
        self.raw_matcher = raw;
        Ok(())
    }

    /// Whether any token is looked for in normalized text.
    pub(crate) fn matches_normalized(&self) -> bool {
        self.normalized_matcher.is_some()
    }

    /// Cut a text that is not normalized yet at the tokens that want that.
    pub(crate) fn cut_raw(&self, text: &str, split_special: bool, parts: &mut Vec<Part>) {
        self.cut(self.raw_matcher.as_ref(), text, split_special, parts);
    }

    /// Cut a normalized text at the tokens that are matched there.
    pub(crate) fn cut_normalized(&self, text: &str, split_special: bool, parts: &mut Vec<Part>) {
        self.cut(self.normalized_matcher.as_ref(), text, split_special, parts);
    }

    fn cut(&self, matcher: Option<&Matcher>, text: &str, split_special: bool, parts: &mut Vec<Part>) {
        let mut done = 0;
        // The end of the white space that was looked through last: matches within it need not look again.
        let mut spaces_end = 0;
        if let Some(matcher) = matcher
            && let Some(first) = matcher.candidate(text.as_bytes())
        {
            // The first bytes of UTF-8 texts start characters, so `first` is a boundary.
            for found in matcher.automaton.leftmost_find_iter(&text[first..]) {
                let (mut start, mut end) = (first + found.start(), first + found.end());
                let id = found.value();
                let Some(token) = self.by_id.get(&id) else { continue };
                if split_special && self.special.contains(&token.content) {
                    continue;
                }
                if token.single_word && (ends_in_word(&text[..start]) || starts_with_word(&text[end..])) {
                    continue;
                }
                if token.lstrip {
                    // Spaces that the token before took are not taken again.
                    start = if done < start { done + text[done..start].trim_end().len() } else { done };
                }
                if token.rstrip {
                    if spaces_end <= end {
                        spaces_end = text.len() - text[end..].trim_start().len();
                    }
                    end = spaces_end;
                }
                if done < start {
                    parts.push(Part { start: done, end: start, token: None });
                }
                // A token of which the one before took everything is not there any more.
                if start < end {
                    parts.push(Part { start, end, token: Some(id) });
                }
                // A token found in the white space that the one before took begins anew behind itself, as in the
                // reference: what follows it is there twice.
                done = end;
            }
        }
        if done < text.len() {
            parts.push(Part { start: done, end: text.len(), token: None });
        }
    }
}

/// Word characters as the reference's regex `\w` has them.
fn is_word(c: char) -> bool {
    regex_syntax::is_word_character(c)
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(is_word)
}
