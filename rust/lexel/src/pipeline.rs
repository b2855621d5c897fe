//! The compiled, immutable tokenizer: five stages, built once from a file, shared by any number of threads.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::added::{AddedToken, AddedTokens, Part};
use crate::byte_offsets::in_bytes;
use crate::chars::CharCursor;
use crate::decode::{Decoder, StreamState, TokenBytes};
use crate::encoding::{Encoding, NO_WORD, Truncation, truncate_pair};
use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, Components, Spec};
use crate::model::bpe::{Alphabet, BpeOptions};
use crate::model::cache::BUNDLE;
use crate::model::{Model, ModelOptions, ModelParts, ModelScratch, PieceTokens};
use crate::normalize::Normalizer;
use crate::post::{Post, join};
use crate::sampling::Sampling;
use crate::split::{Segment, SplitScratch, Splitter};
use crate::text::Aligned;
use crate::vocab::Vocab;

/// What a call decides about encoding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncodeOptions {
    /// Whether the post-processor puts its special tokens in.
    pub add_special_tokens: bool,
    /// Whether special tokens in the text are split like any other text.
    pub split_special_tokens: bool,
    /// One of the many tokenizations at random. `None`: the one the model gives, unless its file states a dropout.
    pub sampling: Option<Sampling>,
}

impl EncodeOptions {
    /// The same for one row of a batch: see [`Sampling::for_row`].
    #[must_use]
    pub fn for_row(self, row: u64) -> Self {
        Self { sampling: self.sampling.map(|sampling| sampling.for_row(row)), ..self }
    }
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self { add_special_tokens: true, split_special_tokens: false, sampling: None }
    }
}

/// One text, or the words it was split into.
#[derive(Clone, Copy, Debug)]
pub enum Text<'t> {
    /// The text as it is.
    Raw(&'t str),
    /// Words; offsets start anew in each of them, and word ids count them.
    Words(&'t [&'t str]),
}

impl<'t> Text<'t> {
    fn texts(&self) -> std::slice::Iter<'_, &'t str> {
        match self {
            Self::Raw(text) => std::slice::from_ref(text).iter(),
            Self::Words(words) => words.iter(),
        }
    }

    fn count(self) -> u32 {
        match self {
            Self::Raw(_) => 1,
            Self::Words(words) => words.len() as u32,
        }
    }
}

/// Which spans an encoding gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spans {
    /// None, and no words: the shortest way.
    None,
    /// In code points of the text.
    Chars,
    /// In bytes of the UTF-8 text.
    Bytes,
}

/// Working memory of one thread: give each thread its own and use it again.
#[derive(Debug, Default)]
pub struct Scratch {
    split: SplitScratch,
    model: ModelScratch,
    piece: PieceTokens,
    parts: Vec<Part>,
    inner: Vec<Part>,
}

impl Scratch {
    /// Forget all cached pieces and give their memory back.
    pub fn clear_cache(&mut self) {
        self.model.clear_cache();
    }
}

/// A compiled tokenizer. See the crate documentation for the way of a string through it.
#[derive(Clone, Debug)]
pub struct Pipeline {
    vocab: Arc<Vocab>,
    model: Arc<Model>,
    added: Arc<AddedTokens>,
    components: Arc<Components>,
    normalizer: Option<Arc<Normalizer>>,
    splitter: Arc<Splitter>,
    post: Option<Arc<Post>>,
    decoder: Option<Arc<Decoder>>,
    /// Ids need the walk with spans too.
    spans_for_ids: bool,
    /// Whitespace at both ends of the tokens by id, where the post-processor trims.
    edges: Option<Arc<[(u32, u32)]>>,
}

/// Tokens of one sequence before they become columns.
#[derive(Debug, Default)]
struct Tokens {
    pieces: PieceTokens,
    /// Leading and trailing whitespace, where the post-processor trims.
    edges: Vec<(u32, u32)>,
    /// Tokens that are called by the text they stand for.
    surfaces: Vec<(usize, Arc<str>)>,
}

impl Pipeline {
    /// Compile the text of a `tokenizer.json`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if it is no tokenizer, [`crate::ErrorKind::Vocabulary`] if its parts contradict each
    /// other, [`crate::ErrorKind::Unsupported`] if it asks for something that cannot be reproduced exactly here. Each
    /// names the JSON path.
    ///
    /// # Examples
    /// ```
    /// let json = r#"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}"#;
    /// let pipeline = lexel::Pipeline::from_json(json)?;
    /// let mut scratch = lexel::Scratch::default();
    /// assert_eq!(pipeline.encode_ids("aab", lexel::EncodeOptions::default(), &mut scratch)?, [0, 2]);
    /// # Ok::<(), lexel::Error>(())
    /// ```
    pub fn from_json(json: &str) -> Result<Self> {
        Self::from_spec(format::read(json)?)
    }

    fn from_spec(spec: Spec) -> Result<Self> {
        let Spec { components, added_tokens, model } = spec;
        let ModelParts { options, vocab, merges, scores } = model;
        let normalizer = compile_normalizer(&components)?;
        check_inserted(normalizer.as_deref(), &components)?;
        let splitter = compile_splitter(&components, &options)?;
        let model = Model::compile(&vocab, options, &merges, scores, splitter.alphabet())?;
        let mut added = AddedTokens::default();
        added.add(added_tokens, &vocab, &|text| normalized(normalizer.as_deref(), text))?;
        let (post, decoder) = (compile_post(&components)?, compile_decoder(&components)?);
        let spans_for_ids = splitter.needs_spans(normalizer.is_some());
        let edges = edges_by_id(&vocab, post.as_deref());
        Ok(Self {
            vocab: Arc::new(vocab),
            model: Arc::new(model),
            added: Arc::new(added),
            components: Arc::new(components),
            normalizer,
            splitter: Arc::new(splitter),
            post,
            decoder,
            spans_for_ids,
            edges,
        })
    }

    /// Write the tokenizer as a `tokenizer.json`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if the JSON cannot be written.
    pub fn to_json(&self, pretty: bool) -> Result<String> {
        format::write(&self.components, &self.added, &self.model, &self.vocab, pretty)
    }

    /// The JSON of a component: `normalizer`, `pre_tokenizer`, `post_processor`, `decoder`, `truncation`, `padding`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if there is no such component.
    pub fn component(&self, name: &str) -> Result<Option<String>> {
        let value = self.components.get(name).ok_or_else(|| no_component(name))?;
        Ok((!value.is_null()).then(|| value.to_string()))
    }

    /// The same tokenizer with one component replaced; the tables of the model are shared where it does not matter to
    /// them.
    ///
    /// # Errors
    /// As [`Pipeline::from_json`], and [`crate::ErrorKind::Argument`] if there is no such component.
    pub fn with_component(&self, name: &str, json: Option<&str>) -> Result<Self> {
        let mut components = (*self.components).clone();
        let component = components.get_mut(name).ok_or_else(|| no_component(name))?;
        *component = match json {
            None => Value::Null,
            Some(json) => format::read_component(name, json)?,
        };
        let mut changed = self.clone();
        match name {
            "normalizer" => {
                changed.normalizer = compile_normalizer(&components)?;
                let normalizer = changed.normalizer.clone();
                check_inserted(normalizer.as_deref(), &components)?;
                changed.added = Arc::new(self.added.renormalized(&|text| normalized(normalizer.as_deref(), text))?);
            }
            "pre_tokenizer" => {
                check_inserted(self.normalizer.as_deref(), &components)?;
                let options = self.model.options();
                changed.splitter = Arc::new(compile_splitter(&components, &options)?);
                let alphabet = changed.splitter.alphabet();
                if alphabet != self.model.alphabet() {
                    let model = Model::compile(&self.vocab, options, &self.model.merges(), Vec::new(), alphabet)?;
                    changed.model = Arc::new(model);
                }
            }
            "post_processor" => {
                changed.post = compile_post(&components)?;
                changed.edges = edges_by_id(&self.vocab, changed.post.as_deref());
            }
            "decoder" => changed.decoder = compile_decoder(&components)?,
            _ => {}
        }
        changed.components = Arc::new(components);
        changed.spans_for_ids = changed.splitter.needs_spans(changed.normalizer.is_some());
        Ok(changed)
    }

    /// Refuse to train what is no BPE.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Training`] if the model is another one.
    pub fn check_trainable(&self) -> Result<()> {
        if matches!(*self.model, Model::Bpe(_)) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Training, "a BPE trainer can only train a BPE model, and the model is no BPE"))
    }

    /// The same stages around another vocabulary; the options of the model stay but for the subword prefix and the
    /// end-of-word suffix, which are the trainer's, and these tokens are added.
    ///
    /// # Errors
    /// As [`Pipeline::from_json`], and [`crate::ErrorKind::Training`] if the model is no BPE.
    pub fn with_model(
        &self,
        vocab: &[String],
        merges: &[(u32, u32)],
        affixes: (Option<String>, Option<String>),
        added: Vec<AddedToken>,
    ) -> Result<Self> {
        self.check_trainable()?;
        let vocab = Vocab::new(vocab.iter().enumerate().map(|(id, token)| (token, id as u32)))?;
        let mut options = match self.model.options() {
            ModelOptions::Bpe(options) => options,
            _ => BpeOptions::default(),
        };
        (options.continuing_subword_prefix, options.end_of_word_suffix) = affixes;
        let options = ModelOptions::Bpe(options);
        let splitter = compile_splitter(&self.components, &options)?;
        let model = Model::compile(&vocab, options, merges, Vec::new(), splitter.alphabet())?;
        let mut tokens = AddedTokens::default();
        tokens.add(added, &vocab, &|text| self.normalize(text))?;
        let mut changed = self.clone();
        changed.splitter = Arc::new(splitter);
        changed.edges = edges_by_id(&vocab, changed.post.as_deref());
        changed.vocab = Arc::new(vocab);
        changed.model = Arc::new(model);
        changed.added = Arc::new(tokens);
        Ok(changed)
    }

    /// The JSON of the model without vocabulary and merges.
    pub fn model_info(&self) -> String {
        Value::Object(format::model_options(&self.model.options())).to_string()
    }

    /// The merges by rank, as token strings.
    pub fn merges(&self) -> Vec<(&str, &str)> {
        let token = |id| self.vocab.token(id).unwrap_or_default();
        self.model.merges().into_iter().map(|(a, b)| (token(a), token(b))).collect()
    }

    /// The same tokenizer with more added tokens, and how many ids did not exist before.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if there are too many tokens.
    pub fn with_added_tokens(&self, tokens: Vec<AddedToken>) -> Result<(Self, usize)> {
        let mut added = (*self.added).clone();
        let new = added.add(tokens, &self.vocab, &|text| self.normalize(text))?;
        Ok((Self { added: Arc::new(added), ..self.clone() }, new))
    }

    /// The same tokenizer with exactly these added tokens, at these ids.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Vocabulary`] if a token stands elsewhere in the vocabulary.
    pub fn with_added_token_ids(&self, tokens: Vec<(u32, AddedToken)>) -> Result<Self> {
        for (id, token) in &tokens {
            let known = self.vocab.id(&token.content);
            if known.is_some_and(|known| known != *id) || (known.is_none() && self.vocab.token(*id).is_some()) {
                return Err(Error::vocabulary(format!(
                    "the added token {:?} cannot have the id {id}: the vocabulary has {:?} there, and the token at {known:?}",
                    token.content,
                    self.vocab.token(*id),
                )));
            }
        }
        let added = AddedTokens::with_ids(tokens, &|text| self.normalize(text))?;
        Ok(Self { added: Arc::new(added), ..self.clone() })
    }

    /// The added tokens by ascending id.
    pub fn added_tokens(&self) -> impl Iterator<Item = (u32, &AddedToken)> {
        self.added.iter()
    }

    /// Number of tokens, with or without the added ones.
    pub fn vocab_size(&self, with_added: bool) -> usize {
        let new = self.added.iter().filter(|(_, token)| self.vocab.id(&token.content).is_none()).count();
        self.vocab.len() + if with_added { new } else { 0 }
    }

    /// Tokens and ids by ascending id.
    pub fn vocab(&self, with_added: bool) -> Vec<(&str, u32)> {
        let mut all: Vec<_> = self.vocab.by_id().map(|(id, token)| (token, id)).collect();
        if with_added {
            let new = self.added.iter().filter(|(_, token)| self.vocab.id(&token.content).is_none());
            all.extend(new.map(|(id, token)| (token.content.as_str(), id)));
            all.sort_by_key(|&(_, id)| id);
        }
        all
    }

    /// The id of a token.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.added.id(token).or_else(|| self.vocab.id(token))
    }

    /// The token of an id; of an added token its content.
    pub fn id_to_token(&self, id: u32) -> Option<&str> {
        self.added.get(id).map(|token| token.content.as_str()).or_else(|| self.vocab.token(id))
    }

    /// Whether decoding leaves the id out when special tokens are skipped.
    pub fn is_special(&self, id: u32) -> bool {
        self.decode_text(id).is_some_and(|text| self.added.is_special_text(text))
    }

    /// How many tokens the post-processor puts in.
    pub fn num_special_tokens_to_add(&self, pair: bool) -> usize {
        self.post.as_ref().map_or(0, |post| post.added(pair))
    }

    /// Normalize a text, without looking for added tokens.
    pub fn normalize(&self, text: &str) -> String {
        normalized(self.normalizer.as_deref(), text)
    }

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
        let ids = &scratch.piece.ids;
        let Some(post) = &self.post else { return Ok(ids.clone()) };
        match post.around() {
            Some((before, after)) if options.add_special_tokens => Ok([before, ids, after].concat()),
            Some(_) => Ok(ids.clone()),
            None => {
                let plain = Encoding { ids: ids.clone(), ..Encoding::default() };
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
    fn segment<const SPANS: bool>(
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
        let unigram = SPANS && matches!(model, Model::Unigram(_));
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
            segment.to_original(spans);
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

    /// What an id contributes to a decoded text, before the decoder.
    fn decode_text(&self, id: u32) -> Option<&str> {
        self.added.text(id).or_else(|| self.vocab.token(id))
    }

    fn kept(&self, id: u32, skip_special_tokens: bool) -> Option<&str> {
        self.decode_text(id).filter(|text| !skip_special_tokens || !self.added.is_special_text(text))
    }

    /// Decode a row of ids; unknown ids are left out.
    pub fn decode(&self, ids: impl Iterator<Item = u32>, skip_special_tokens: bool) -> String {
        let tokens = ids.filter_map(|id| self.kept(id, skip_special_tokens));
        self.decode_tokens(tokens)
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
        if let Some(text) = self.pipeline.kept(id, self.skip_special_tokens) {
            self.state.feed(text, &mut out);
        }
        out
    }

    /// Return what is left, and start anew.
    pub fn flush(&mut self) -> String {
        let mut out = String::new();
        self.state.flush(&mut out);
        out
    }
}

/// Whitespace at both ends of a token, as the byte-level post-processor counts it.
fn edges(token: &str) -> (u32, u32) {
    let is_space = |c: &char| *c == 'Ġ' || c.is_whitespace();
    let leading = token.chars().take_while(is_space).count();
    let trailing = token.chars().rev().take_while(is_space).count();
    (leading as u32, trailing as u32)
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

fn edges_by_id(vocab: &Vocab, post: Option<&Post>) -> Option<Arc<[(u32, u32)]>> {
    post.filter(|post| post.trims())?;
    Some((0..vocab.id_bound()).map(|id| edges(vocab.token(id).unwrap_or_default())).collect())
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

fn check_size(text: &str) -> Result<()> {
    if text.len() >= NO_WORD as usize {
        return Err(Error::argument("a text of 4 GiB or more; cut it into documents"));
    }
    Ok(())
}

fn no_component(name: &str) -> Error {
    Error::argument(format!(
        "there is no component {name:?}; there are normalizer, pre_tokenizer, post_processor, decoder, truncation, padding"
    ))
}

fn normalized(normalizer: Option<&Normalizer>, text: &str) -> String {
    let Some(normalizer) = normalizer.filter(|n| !n.is_identity(text)) else { return text.to_owned() };
    let mut aligned = Aligned::<false>::from_original(text, 0);
    normalizer.apply(&mut aligned);
    aligned.text
}

fn compile_normalizer(components: &Components) -> Result<Option<Arc<Normalizer>>> {
    let value = &components.normalizer;
    if value.is_null() {
        return Ok(None);
    }
    Normalizer::compile(value, "normalizer").map(|n| Some(Arc::new(n)))
}

/// A text before whose first character something was inserted cannot be rewritten further as the reference does it.
fn check_inserted(normalizer: Option<&Normalizer>, components: &Components) -> Result<()> {
    if normalizer.is_some_and(Normalizer::inserts_first) && !components.pre_tokenizer.is_null() {
        let message = "a pre-tokenizer after a normalizer that inserts text before the first character";
        return Err(Error::unsupported(message).at("pre_tokenizer"));
    }
    Ok(())
}

fn compile_splitter(components: &Components, model: &ModelOptions) -> Result<Splitter> {
    let value = &components.pre_tokenizer;
    if value.is_null() {
        return Ok(Splitter::default());
    }
    Splitter::compile(value, "pre_tokenizer", model.reads_bytes())
}

fn compile_post(components: &Components) -> Result<Option<Arc<Post>>> {
    let value = &components.post_processor;
    if value.is_null() { Ok(None) } else { Post::compile(value, "post_processor").map(|p| Some(Arc::new(p))) }
}

fn compile_decoder(components: &Components) -> Result<Option<Arc<Decoder>>> {
    let value = &components.decoder;
    if value.is_null() { Ok(None) } else { Decoder::compile(value, "decoder").map(|d| Some(Arc::new(d))) }
}
