//! The way back: ids to text, at once and step by step, and the bytes of each id.

use std::sync::atomic::{AtomicUsize, Ordering};

use once_cell::race::OnceBox;

use super::{AddedTexts, Pipeline};
use crate::decode::{StreamState, Table, TokenBytes};
use crate::error::{Error, ErrorKind, Result};

/// A table of what ids decode to, made when so much is decoded that it pays: who decodes a sentence does not wait for it.
#[derive(Debug, Default)]
pub(super) struct LazyTable {
    /// `None` inside: there is none for this decoder.
    table: OnceBox<Option<Table>>,
    /// Ids decoded without it.
    decoded: AtomicUsize,
}

/// Ids of the vocabulary for each id decoded before the table is made.
const WORTH: usize = 16;

impl Pipeline {
    /// What an id contributes to a decoded text, before the decoder.
    pub(super) fn decode_text(&self, id: u32) -> Option<&str> {
        self.added.text(id).or_else(|| self.vocab.token(id))
    }

    fn kept(&self, id: u32, skip_special_tokens: bool) -> Option<&str> {
        let text = self.decode_text(id).filter(|text| !skip_special_tokens || !self.added.is_special_text(text))?;
        match self.added_texts {
            AddedTexts::Tokens => Some(text),
            AddedTexts::Contents { .. } => Some(self.added.letters(id).unwrap_or(text)),
        }
    }

    /// Whether an id that is left out parts the bytes around it.
    fn parts(&self, id: u32) -> bool {
        self.added_texts == AddedTexts::Contents { parted: true } && self.decode_text(id).is_some()
    }

    /// Decode a row of ids; unknown ids are left out.
    pub fn decode(&self, ids: impl Iterator<Item = u32>, skip_special_tokens: bool) -> String {
        if skip_special_tokens && self.added_texts == (AddedTexts::Contents { parted: true }) {
            let mut stream = self.decode_stream(true);
            let mut text: String = ids.map(|id| stream.feed(id)).collect();
            text.push_str(&stream.flush());
            return text;
        }
        let ids: Vec<u32> = ids.collect();
        if let Some(table) = self.table(ids.len()) {
            return table.decode(&ids, skip_special_tokens, |id| self.kept(id, false));
        }
        self.decode_tokens(ids.iter().filter_map(|&id| self.kept(id, skip_special_tokens)))
    }

    /// The table, if there is one yet; so many ids are about to be decoded.
    #[inline]
    fn table(&self, ids: usize) -> Option<&Table> {
        match self.texts.table.get() {
            Some(table) => table.as_ref(),
            None => self.table_if_worth(ids),
        }
    }

    fn table_if_worth(&self, ids: usize) -> Option<&Table> {
        let decoded = self.texts.decoded.fetch_add(ids, Ordering::Relaxed).saturating_add(ids);
        if decoded < self.vocab.len() / WORTH {
            return None;
        }
        self.texts.table.get_or_init(|| Box::new(self.make_table())).as_ref()
    }

    fn make_table(&self) -> Option<Table> {
        let last_added = self.added.iter().last().map_or(0, |(id, _)| id as usize + 1);
        let bound = last_added.max(self.vocab.id_bound() as usize);
        let ids = self.vocab.len() + self.added.iter().count();
        // A table of gaps would be larger than all else.
        if bound > 4 * ids + (1 << 16) {
            return None;
        }
        let token = |id| Some((self.kept(id, false)?, self.is_special(id)));
        Table::new(self.decoder.as_deref(), bound, token)
    }

    /// Apply the decoder to token strings; without one they are joined by spaces.
    pub fn decode_tokens<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> String {
        match &self.decoder {
            Some(decoder) => decoder.decode(tokens),
            None => tokens.collect::<Vec<_>>().join(" "),
        }
    }

    /// The bytes an id contributes to a decoded text, wherever it stands; `None` if there is no such id.
    ///
    /// They are those of the decoder, token by token: letters of the byte-level alphabet are bytes, `<0xNN>` is one byte,
    /// a visible space is a space, a `WordPiece` that begins a word has a space before it, an end-of-word suffix is one
    /// behind. Tokens joined give the text but for its edges: what a decoder takes off at the start (a space) or the end
    /// (the last suffix) is still there, and bytes that are no UTF-8 are U+FFFD in a text. Of special tokens it is the
    /// content.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] if what a token contributes depends on its neighbours (CTC, a pattern of several
    /// characters in joined text).
    pub fn token_bytes(&self, id: u32) -> Result<Option<Vec<u8>>> {
        let bytes = TokenBytes::new(self.decoder.as_deref())?;
        Ok(self.bytes_of(id, &bytes))
    }

    /// [`Pipeline::token_bytes`] of all ids: the bytes one after the other, and where each id's begin. The last offset is
    /// the end of all; ids that do not exist have no bytes.
    ///
    /// # Errors
    /// As [`Pipeline::token_bytes`]; [`crate::ErrorKind::Unsupported`] too if nearly no id exists, so that the table would
    /// be nothing but gaps, and [`crate::ErrorKind::Overflow`] if the bytes are 4 GiB or more.
    pub fn token_bytes_table(&self) -> Result<(Vec<u8>, Vec<u32>)> {
        let token_bytes = TokenBytes::new(self.decoder.as_deref())?;
        let ids = || self.vocab.by_id().map(|(id, _)| id).chain(self.added.iter().map(|(id, _)| id));
        let size = ids().max().map_or(0, |last| last as usize + 1);
        if size > (1 << 20) + 64 * ids().count() {
            return Err(Error::unsupported(format!(
                "a table of the bytes of {size} ids of which nearly none exists; ask for token_bytes(id) of those that do"
            )));
        }
        let (mut bytes, mut offsets) = (Vec::new(), Vec::with_capacity(size + 1));
        offsets.push(0);
        for id in 0..size as u32 {
            bytes.extend(self.bytes_of(id, &token_bytes).unwrap_or_default());
            let end = u32::try_from(bytes.len())
                .map_err(|_| Error::new(ErrorKind::Overflow, "the bytes of all tokens are 4 GiB or more"))?;
            offsets.push(end);
        }
        Ok((bytes, offsets))
    }

    fn bytes_of(&self, id: u32, bytes: &TokenBytes<'_>) -> Option<Vec<u8>> {
        let text = self.decode_text(id)?;
        Some(if self.added.is_special_text(text) { text.as_bytes().to_vec() } else { bytes.of(text) })
    }

    /// Start decoding step by step.
    pub fn decode_stream(&self, skip_special_tokens: bool) -> DecodeStream {
        DecodeStream { state: StreamState::new(self.decoder.as_deref()), pipeline: self.clone(), skip_special_tokens }
    }
}

/// Decodes ids one by one; the texts concatenated equal the decoded whole.
///
/// # Examples
/// ```
/// # let json = r#"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}, "decoder": {"type": "Fuse"}}"#;
/// # let pipeline = lexel::Pipeline::from_json(json)?;
/// let mut stream = pipeline.decode_stream(false);
/// assert_eq!(stream.feed(0) + &stream.feed(1) + &stream.flush(), "ab");
/// # Ok::<(), lexel::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DecodeStream {
    state: StreamState,
    pipeline: Pipeline,
    skip_special_tokens: bool,
}

impl DecodeStream {
    /// Take the next id; return the text that is final now.
    pub fn feed(&mut self, id: u32) -> String {
        let mut out = String::new();
        self.feed_into(id, &mut out);
        out
    }

    /// Take the next id; append the text that is final now.
    pub fn feed_into(&mut self, id: u32, out: &mut String) {
        let skip = self.skip_special_tokens;
        if let Some(table) = self.pipeline.table(1)
            && self.state.feed_id(table, id, skip, out)
        {
            return;
        }
        if let Some(text) = self.pipeline.kept(id, skip) {
            self.state.feed(text, out);
        } else if self.pipeline.parts(id) {
            self.state.flush(out);
        }
    }

    /// Return what is left, and start anew.
    pub fn flush(&mut self) -> String {
        let mut out = String::new();
        self.state.flush(&mut out);
        out
    }
}
