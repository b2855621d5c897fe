//! The way of a text through the stages: to pieces, to ids, to encodings.

use std::borrow::Cow;
use std::sync::Arc;

use super::{EncodeOptions, Pipeline, Scratch, Spans, Text, check_size, edges};
use crate::byte_offsets::in_bytes;
use crate::chars::CharCursor;
use crate::encoding::{Encoding, Truncation, truncate_pair};
use crate::error::{Error, Result};
use crate::model::PieceTokens;
use crate::model::bpe::Alphabet;
use crate::model::cache::BUNDLE;
use crate::post::join;
use crate::split::{Segment, SplitScratch};
use crate::text::Aligned;

/// Tokens of one sequence before they become columns.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) pieces: PieceTokens,
    /// Leading and trailing whitespace, where the post-processor trims.
    edges: Vec<(u32, u32)>,
    /// Tokens that are called by the text they stand for.
    surfaces: Vec<(usize, Arc<str>)>,
}

impl Pipeline {
    /// Split a text as the pre-tokenizer does: pieces with the code points of the text they stand for.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] for texts of 4 GiB and more.
    pub fn pre_tokenize(&self, text: &str) -> Result<Vec<(String, (u32, u32))>> {
        check_size(text)?;
        if text.is_empty() && self.splitter.keeps_whole() {
            // Only where something splits are empty pieces left out.
            return Ok(vec![(String::new(), (0, 0))]);
        }
        let mut pieces = Vec::new();
        let mut segment = Segment::<true>::new(text, 0);
        let mut cursor = CharCursor::new(text);
        self.splitter.run(&mut segment, &mut SplitScratch::default(), &mut |segment, start, end| {
            let piece = self.spell(&segment.text()[start as usize..end as usize]).into_owned();
            let (start, end) = segment.span(start as usize, end as usize);
            let start = cursor.chars_before(start);
            pieces.push((piece, (start, cursor.chars_before(end))));
            Ok(())
        })?;
        Ok(pieces)
    }

    /// Give every piece of a text to `piece`, as training counts them: normalized and split, added tokens left out.
    /// Under the byte-level alphabet pieces are not spelled yet; see [`Pipeline::spell`].
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] for texts of 4 GiB and more.
    pub fn for_each_piece(&self, text: &str, scratch: &mut Scratch, piece: &mut dyn FnMut(&str)) -> Result<()> {
        check_size(text)?;
        let changed = self.normalizer.as_ref().filter(|n| !n.is_identity(text));
        let mut segment = match changed {
            None => Segment::<true>::new(text, 0),
            Some(normalizer) => {
                let mut aligned = Aligned::from_original(text, 0);
                normalizer.apply(&mut aligned);
                check_size(&aligned.text)?;
                Segment::rewritten(text, 0, aligned)
            }
        };
        self.splitter.run(&mut segment, &mut scratch.split, &mut |segment, start, end| {
            piece(&segment.text()[start as usize..end as usize]);
            Ok(())
        })
    }

    /// A piece as the model's vocabulary spells it: in byte-level letters where the pre-tokenizer says so.
    pub fn spell<'p>(&self, piece: &'p str) -> Cow<'p, str> {
        if self.splitter.alphabet() == Alphabet::Bytes {
            Cow::Owned(crate::model::bpe::spell(piece))
        } else {
            Cow::Borrowed(piece)
        }
    }

    /// Encode a text to ids, by the shortest way.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Vocabulary`] if a character is unknown and the unknown token is not in the vocabulary;
    /// [`crate::ErrorKind::Argument`] for texts of 4 GiB and more.
    pub fn encode_ids(&self, text: &str, options: EncodeOptions, scratch: &mut Scratch) -> Result<Vec<u32>> {
        self.model.start(options.sampling, &mut scratch.model)?;
        scratch.piece.ids.clear();
        self.fill_ids(text, options, scratch)?;
        self.with_special_tokens(Cow::Borrowed(&scratch.piece.ids), options)
    }

    /// Put the special tokens around the ids of one text, where they are asked for.
    pub(super) fn with_special_tokens(&self, ids: Cow<'_, [u32]>, options: EncodeOptions) -> Result<Vec<u32>> {
        let Some(post) = &self.post else { return Ok(ids.into_owned()) };
        match post.around() {
            Some((before, after)) if options.add_special_tokens => Ok([before, &ids, after].concat()),
            Some(_) => Ok(ids.into_owned()),
            None => {
                let plain = Encoding { ids: ids.into_owned(), ..Encoding::default() };
                Ok(self.post_process(plain, None, options.add_special_tokens)?.ids)
            }
        }
    }

    /// The number of tokens of a text, special tokens of the post-processor left out unless asked for.
    ///
    /// # Errors
    /// As [`Pipeline::encode_ids`].
    pub fn count(&self, text: &str, options: EncodeOptions, scratch: &mut Scratch) -> Result<usize> {
        if self.post.as_ref().is_some_and(|post| post.around().is_none()) {
            return self.encode_ids(text, options, scratch).map(|ids| ids.len());
        }
        self.model.start(options.sampling, &mut scratch.model)?;
        scratch.piece.ids.clear();
        self.fill_ids(text, options, scratch)?;
        let added = if options.add_special_tokens { self.num_special_tokens_to_add(false) } else { 0 };
        Ok(scratch.piece.ids.len() + added)
    }

    /// Encode into the scratch's ids.
    fn fill_ids(&self, text: &str, options: EncodeOptions, scratch: &mut Scratch) -> Result<()> {
        check_size(text)?;
        if self.spans_for_ids {
            let mut tokens = Tokens::default();
            self.sequence::<true>(text, options, scratch, &mut tokens)?;
            scratch.piece.ids = tokens.pieces.ids;
            return Ok(());
        }
        let mut tokens = Tokens::default();
        tokens.pieces.ids = std::mem::take(&mut scratch.piece.ids);
        let result = self.sequence::<false>(text, options, scratch, &mut tokens);
        scratch.piece.ids = tokens.pieces.ids;
        result
    }

    /// Encode one or two inputs, with spans and words if asked for.
    ///
    /// # Errors
    /// As [`Pipeline::encode_ids`], and [`crate::ErrorKind::Argument`] if the truncation cannot be done.
    pub fn encode(
        &self,
        first: Text<'_>,
        second: Option<Text<'_>>,
        options: EncodeOptions,
        truncation: Option<Truncation>,
        spans: Spans,
        scratch: &mut Scratch,
    ) -> Result<Encoding> {
        self.model.start(options.sampling, &mut scratch.model)?;
        let computed = spans != Spans::None;
        let mut one = self.one(first, 0, options, computed, scratch)?;
        let mut two = second.map(|text| self.one(text, 1, options, computed, scratch)).transpose()?;
        if spans == Spans::Bytes {
            name_sources(&mut one, first, 0);
            if let (Some(two), Some(second)) = (&mut two, second) {
                name_sources(two, second, first.count());
            }
        }
        if let Some(how) = truncation {
            let added = if options.add_special_tokens { self.num_special_tokens_to_add(two.is_some()) } else { 0 };
            let Some(room) = how.max_length.checked_sub(added) else {
                return Err(Error::argument(format!(
                    "a max_length of {} leaves no room for the {added} special tokens; use a larger one, or \
                     add_special_tokens=False",
                    how.max_length
                )));
            };
            truncate_pair(&mut one, two.as_mut(), room, how)?;
        }
        let mut whole = self.post_process(one, two, options.add_special_tokens)?;
        if spans == Spans::Bytes {
            let texts: Vec<&str> = first.texts().chain(second.iter().flat_map(Text::texts)).copied().collect();
            in_bytes(&mut whole, &texts);
        }
        Ok(whole)
    }

    /// Put the special tokens around one or two encodings.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if the template has no place for these sequences, [`crate::ErrorKind::Format`] if it
    /// names a special token that the file does not define.
    pub fn post_process(
        &self,
        first: Encoding,
        second: Option<Encoding>,
        add_special_tokens: bool,
    ) -> Result<Encoding> {
        let mut whole = match &self.post {
            Some(post) => post.process(first, second, add_special_tokens)?,
            None => join(first, second),
        };
        whole.edges = Vec::new();
        for window in &mut whole.overflowing {
            window.edges = Vec::new();
        }
        Ok(whole)
    }

    fn one(
        &self,
        text: Text<'_>,
        type_id: u32,
        options: EncodeOptions,
        spans: bool,
        scratch: &mut Scratch,
    ) -> Result<Encoding> {
        let mut encoding = Encoding::default();
        match text {
            Text::Raw(text) => self.one_text(text, None, options, spans, scratch, &mut encoding)?,
            Text::Words(words) => {
                for (index, word) in words.iter().enumerate() {
                    self.one_text(word, Some(index as u32), options, spans, scratch, &mut encoding)?;
                }
            }
        }
        let n = encoding.ids.len();
        if !encoding.surfaces.is_empty() {
            encoding.surfaces.resize(n, None);
        }
        encoding.type_ids = vec![type_id; n];
        encoding.special_tokens_mask = vec![0; n];
        encoding.attention_mask = vec![1; n];
        Ok(encoding)
    }

    fn one_text(
        &self,
        text: &str,
        word: Option<u32>,
        options: EncodeOptions,
        spans: bool,
        scratch: &mut Scratch,
        into: &mut Encoding,
    ) -> Result<()> {
        check_size(text)?;
        if !spans {
            scratch.piece.ids.clear();
            self.fill_ids(text, options, scratch)?;
            into.ids.extend_from_slice(&scratch.piece.ids);
            return Ok(());
        }
        let mut tokens = Tokens::default();
        self.sequence::<true>(text, options, scratch, &mut tokens)?;
        let Tokens { mut pieces, edges, surfaces } = tokens;
        let from = into.ids.len();
        let mut cursor = CharCursor::new(text);
        cursor.translate(&mut pieces.spans);
        for (at, span) in pieces.beyond {
            pieces.spans[at] = beyond_the_piece(text, &mut cursor, span);
        }
        append(&mut into.ids, pieces.ids);
        append(&mut into.offsets, pieces.spans);
        match word {
            None => append(&mut into.words, pieces.words),
            Some(word) => into.words.resize(into.ids.len(), word),
        }
        append(&mut into.edges, edges);
        for (at, surface) in surfaces {
            into.surfaces.resize(from + at, None);
            into.surfaces.push(Some(surface));
        }
        Ok(())
    }

    /// The walk through all stages, for one text.
    fn sequence<const SPANS: bool>(
        &self,
        text: &str,
        options: EncodeOptions,
        scratch: &mut Scratch,
        tokens: &mut Tokens,
    ) -> Result<()> {
        let mut parts = std::mem::take(&mut scratch.parts);
        parts.clear();
        self.added.cut_raw(text, options.split_special_tokens, &mut parts);
        let mut result = Ok(());
        for part in &parts {
            let inside = &text[part.start..part.end];
            let shift = part.start as u32;
            result = match part.token {
                Some(id) => {
                    self.added_token::<SPANS>(id, inside, (shift, part.end as u32), tokens);
                    Ok(())
                }
                None => self.segment::<SPANS>(inside, shift, options, scratch, tokens),
            };
            if result.is_err() {
                break;
            }
        }
        scratch.parts = parts;
        result
    }

    fn added_token<const SPANS: bool>(&self, id: u32, surface: &str, span: (u32, u32), tokens: &mut Tokens) {
        tokens.pieces.ids.push(id);
        if SPANS {
            tokens.pieces.spans.push(span);
            tokens.pieces.end_word();
            if self.edges.is_some() {
                tokens.edges.push(edges(surface));
            }
        }
    }

    /// Normalize a text between added tokens, cut it at those that are found in normalized text, and split the rest.
    pub(super) fn segment<const SPANS: bool>(
        &self,
        text: &str,
        shift: u32,
        options: EncodeOptions,
        scratch: &mut Scratch,
        tokens: &mut Tokens,
    ) -> Result<()> {
        let changed = self.normalizer.as_ref().filter(|n| !n.is_identity(text));
        let aligned = changed.map(|normalizer| {
            let mut aligned = Aligned::<SPANS>::from_original(text, shift);
            normalizer.apply(&mut aligned);
            check_size(&aligned.text).map(|()| aligned)
        });
        let aligned = aligned.transpose()?;
        if !self.added.matches_normalized() {
            let mut segment = match aligned {
                None => Segment::<SPANS>::new(text, shift),
                Some(aligned) => Segment::rewritten(text, shift, aligned),
            };
            return self.pieces(&mut segment, scratch, tokens);
        }
        let mut inner = std::mem::take(&mut scratch.inner);
        inner.clear();
        let normal = aligned.as_ref().map_or(text, |a| &a.text);
        self.added.cut_normalized(normal, options.split_special_tokens, &mut inner);
        let mut result = Ok(());
        for part in &inner {
            let mut segment = match &aligned {
                None => Segment::<SPANS>::new(&text[part.start..part.end], shift + part.start as u32),
                Some(aligned) => {
                    let mut cut = Aligned::with_capacity(part.end - part.start);
                    cut.keep(aligned, part.start..part.end);
                    Segment::rewritten(text, shift, cut)
                }
            };
            result = match part.token {
                Some(id) => {
                    let span = if SPANS { segment.span(0, part.end - part.start) } else { (0, 0) };
                    self.added_token::<SPANS>(id, segment.text(), span, tokens);
                    Ok(())
                }
                None => self.pieces(&mut segment, scratch, tokens),
            };
            if result.is_err() {
                break;
            }
        }
        scratch.inner = inner;
        result
    }

    /// Split a segment and give its pieces to the model.
    fn pieces<const SPANS: bool>(
        &self,
        segment: &mut Segment<'_, SPANS>,
        scratch: &mut Scratch,
        tokens: &mut Tokens,
    ) -> Result<()> {
        let Scratch { split, model: working, piece, .. } = scratch;
        let (model, vocab) = (&*self.model, &*self.vocab);
        // The model appends right where the tokens belong.
        std::mem::swap(piece, &mut tokens.pieces);
        let first = piece.ids.len();
        let trims = SPANS && self.edges.is_some();
        // Only of a Unigram model may a token be called by what it stands for.
        let unigram = SPANS && model.names_unknown();
        let mut bundle = [(0, 0); BUNDLE];
        let mut filled = 0;
        let mut encode = |segment: &Segment<'_, SPANS>, bundle: &[(u32, u32)]| {
            let from = piece.spans.len();
            model.encode::<SPANS>(vocab, segment.text(), bundle, working, piece)?;
            let spans = &mut piece.spans[from..];
            if unigram {
                for (at, (&id, span)) in piece.ids[from..].iter().zip(&*spans).enumerate() {
                    let unknown = model.may_be_unknown(id);
                    if !trims && !unknown {
                        continue;
                    }
                    let surface = segment.text().get(span.0 as usize..span.1 as usize);
                    let value = model.value(vocab, id, surface.unwrap_or_default());
                    if trims {
                        tokens.edges.push(edges(value));
                    }
                    if unknown && vocab.token(id) != Some(value) {
                        tokens.surfaces.push((from + at, value.into()));
                    }
                }
            }
            model.to_original(segment, spans);
            Ok(())
        };
        let cut = self.splitter.run(segment, split, &mut |segment, start, end| {
            bundle[filled] = (start, end);
            filled += 1;
            if filled < BUNDLE {
                return Ok(());
            }
            filled = 0;
            encode(segment, &bundle)
        });
        let result = cut.and_then(|()| encode(segment, &bundle[..filled]));
        std::mem::swap(piece, &mut tokens.pieces);
        if let Some(edges) = self.edges.as_ref().filter(|_| trims && !unigram) {
            tokens.edges.extend(tokens.pieces.ids[first..].iter().map(|&id| edges[id as usize]));
        }
        result
    }
}

/// The code points of a token that stands for something beyond the end of its piece, as bytes of affixes do that fall
/// back: the reference takes the place in the piece for one in the whole text, where there is such a place.
fn beyond_the_piece(text: &str, cursor: &mut CharCursor<'_>, (start, end): (u32, u32)) -> (u32, u32) {
    let mut character = |byte: u32| {
        let inside = (0..=byte.min(text.len() as u32)).rev().find(|&at| text.is_char_boundary(at as usize));
        inside.filter(|_| (byte as usize) < text.len()).map(|at| cursor.chars_before(at))
    };
    match (character(start), character(end)) {
        (Some(first), Some(last)) => (first, last),
        (Some(first), None) => (first, character(end - 1).unwrap_or(first + 1) + 1),
        (None, _) => (start, end),
    }
}

/// Append a column; the first one is taken as it is.
fn append<T>(column: &mut Vec<T>, more: Vec<T>) {
    if column.is_empty() {
        *column = more;
    } else {
        column.extend(more);
    }
}

/// Say which of the texts of an input each token stands in; of words, the word says it.
fn name_sources(encoding: &mut Encoding, text: Text<'_>, first: u32) {
    encoding.sources = match text {
        Text::Raw(_) => vec![first; encoding.len()],
        Text::Words(_) => encoding.words.iter().map(|word| first + word).collect(),
    };
}
