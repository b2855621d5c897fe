//! Making pipelines: from a file, and from another pipeline with a part of it replaced.

use std::sync::Arc;

use serde_json::Value;

use super::{AddedTexts, Pipeline, edges};
use crate::added::{AddedToken, AddedTokens};
use crate::compiled::{Tables, Writer};
use crate::decode::Decoder;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, Components, Spec};
use crate::model::bpe::{Alphabet, BpeOptions};
use crate::model::{Model, ModelOptions, ModelParts};
use crate::normalize::{Normalizer, normalized};
use crate::post::Post;
use crate::split::Splitter;
use crate::vocab::Vocab;

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
        let ModelParts { options, vocab, merges, scores, pieces } = model;
        Self::assemble(components, added_tokens, options, vocab, |vocab, options, alphabet| {
            Model::compile(vocab, options, &merges, scores, pieces, alphabet)
        })
    }

    /// Compile everything but the model.
    fn assemble(
        components: Components,
        added_tokens: Vec<AddedToken>,
        options: ModelOptions,
        vocab: Vocab,
        model: impl FnOnce(&Vocab, ModelOptions, Alphabet) -> Result<Model>,
    ) -> Result<Self> {
        let normalizer = compile_normalizer(&components)?;
        check_inserted(normalizer.as_deref(), &components)?;
        let splitter = compile_splitter(&components, &options)?;
        let model = model(&vocab, options, splitter.alphabet())?;
        let mut added = AddedTokens::default();
        added.add(added_tokens, &vocab, &|text| as_content(normalizer.as_deref(), text))?;
        added.alias(components.aliases())?;
        let (post, decoder) = (compile_post(&components)?, compile_decoder(&components)?);
        let added_texts = added_texts(&components);
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
            added_texts,
            texts: Arc::default(),
            spans_for_ids,
            edges,
        })
    }

    /// Write the tables of the vocabulary and the model, and the rest as JSON. `None`: that would not read as this.
    pub(crate) fn store(&self, out: &mut Writer) -> Option<()> {
        let rest = format::write_rest(&self.components, &self.added, &self.model)?;
        let read = format::read(&rest).ok()?;
        let mut added = AddedTokens::default();
        added.add(read.added_tokens, &self.vocab, &|text| as_content(self.normalizer.as_deref(), text)).ok()?;
        added.alias(read.components.aliases()).ok()?;
        let same = read.components == *self.components
            && read.model.pieces.as_ref() == self.model.pieces()
            && read.model.options == self.model.options()
            && added.is_same(&self.added);
        if !same {
            return None;
        }
        out.u8s(rest.as_bytes());
        self.vocab.store(out);
        self.model.store(out);
        Some(())
    }

    /// Take what [`Pipeline::store`] wrote.
    pub(crate) fn take(tables: &mut Tables) -> Result<Self> {
        let rest = tables.u8s()?;
        let rest =
            std::str::from_utf8(&rest).map_err(|_| Error::format("the JSON of a compiled tokenizer is no text"))?;
        let Spec { components, added_tokens, model } = format::read(rest)?;
        let vocab = Vocab::take(tables)?;
        let ModelParts { options, pieces, .. } = model;
        Self::assemble(components, added_tokens, options, vocab, |vocab, options, alphabet| {
            Model::take(tables, vocab, options, pieces, alphabet)
        })
    }

    /// Write the tokenizer as a `tokenizer.json`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if the JSON cannot be written.
    pub fn to_json(&self, pretty: bool) -> Result<String> {
        format::write(&self.components, &self.added, &self.model, &self.vocab, pretty)
    }

    /// The JSON of a component: `normalizer`, `pre_tokenizer`, `post_processor`, `decoder`, `truncation`, `padding`. It is
    /// the standard one, whatever stands for it under the key `lexel`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] if there is no such component.
    pub fn component(&self, name: &str) -> Result<Option<String>> {
        let value = self.components.get(name).ok_or_else(|| no_component(name))?;
        Ok((!value.is_null()).then(|| value.to_string()))
    }

    /// The same tokenizer with one component replaced, and with it what stood for it under the key `lexel`; the tables of the model are shared where it does not matter to
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
        components.drop_exact(name);
        let mut changed = self.clone();
        match name {
            "normalizer" => {
                changed.normalizer = compile_normalizer(&components)?;
                let normalizer = changed.normalizer.clone();
                check_inserted(normalizer.as_deref(), &components)?;
                changed.added = Arc::new(self.added.renormalized(&|text| as_content(normalizer.as_deref(), text))?);
            }
            "pre_tokenizer" => {
                check_inserted(self.normalizer.as_deref(), &components)?;
                let options = self.model.options();
                changed.splitter = Arc::new(compile_splitter(&components, &options)?);
                let alphabet = changed.splitter.alphabet();
                if alphabet != self.model.alphabet() {
                    let merges = self.model.merges(&self.vocab);
                    let (scores, pieces) = (self.model.scores().to_vec(), self.model.pieces().cloned());
                    let model = Model::compile(&self.vocab, options, &merges, scores, pieces, alphabet)?;
                    changed.model = Arc::new(model);
                }
            }
            "post_processor" => {
                changed.post = compile_post(&components)?;
                changed.edges = edges_by_id(&self.vocab, changed.post.as_deref());
            }
            "decoder" => {
                changed.decoder = compile_decoder(&components)?;
                changed.added_texts = added_texts(&components);
            }
            _ => {}
        }
        changed.texts = Arc::default();
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
        options.merge_by = None;
        let options = ModelOptions::Bpe(options);
        let splitter = compile_splitter(&self.components, &options)?;
        let model = Model::compile(&vocab, options, merges, Vec::new(), None, splitter.alphabet())?;
        let mut tokens = AddedTokens::default();
        tokens.add(added, &vocab, &|text| as_content(self.normalizer.as_deref(), text))?;
        let mut changed = self.clone();
        // They named tokens of the other vocabulary.
        let mut components = (*self.components).clone();
        components.drop_exact("aliases");
        changed.components = Arc::new(components);
        changed.splitter = Arc::new(splitter);
        changed.edges = edges_by_id(&vocab, changed.post.as_deref());
        changed.texts = Arc::default();
        changed.vocab = Arc::new(vocab);
        changed.model = Arc::new(model);
        changed.added = Arc::new(tokens);
        Ok(changed)
    }

    /// Why merging by ids, as tiktoken does it, may give other tokens than the merges of this model; none if it never does.
    /// Added tokens take no part.
    pub fn unlike_ranks(&self) -> Option<String> {
        match &*self.model {
            Model::Bpe(bpe) => {
                let special: Vec<u32> = self.added.iter().map(|(id, _)| id).collect();
                bpe.unlike_ranks(&self.vocab, &special)
            }
            _ => Some("its model is no BPE".to_owned()),
        }
    }

    /// The JSON of the model without vocabulary and merges.
    pub fn model_info(&self) -> String {
        Value::Object(format::model_options(&self.model.options())).to_string()
    }

    /// The merges by rank, as token strings.
    pub fn merges(&self) -> Vec<(&str, &str)> {
        let token = |id| self.vocab.token(id).unwrap_or_default();
        self.model.merges(&self.vocab).into_iter().map(|(a, b)| (token(a), token(b))).collect()
    }

    /// The same tokenizer with more added tokens, and how many ids did not exist before.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if there are too many tokens.
    pub fn with_added_tokens(&self, tokens: Vec<AddedToken>) -> Result<(Self, usize)> {
        let mut added = (*self.added).clone();
        let new = added.add(tokens, &self.vocab, &|text| as_content(self.normalizer.as_deref(), text))?;
        Ok((Self { added: Arc::new(added), texts: Arc::default(), ..self.clone() }, new))
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
        let added = AddedTokens::with_ids(tokens, &|text| as_content(self.normalizer.as_deref(), text))?;
        Ok(Self { added: Arc::new(added), texts: Arc::default(), ..self.clone() })
    }
}

fn edges_by_id(vocab: &Vocab, post: Option<&Post>) -> Option<Arc<[(u32, u32)]>> {
    post.filter(|post| post.trims())?;
    Some((0..vocab.id_bound()).map(|id| edges(vocab.token(id).unwrap_or_default())).collect())
}

/// The content of an added token as it is looked for in rewritten text.
fn as_content(normalizer: Option<&Normalizer>, text: &str) -> String {
    normalizer.and_then(|rules| rules.content(text)).unwrap_or_else(|| normalized(normalizer, text))
}

fn no_component(name: &str) -> Error {
    Error::argument(format!(
        "there is no component {name:?}; there are normalizer, pre_tokenizer, post_processor, decoder, truncation, padding"
    ))
}

fn compile_normalizer(components: &Components) -> Result<Option<Arc<Normalizer>>> {
    let (value, path) = components.exact("normalizer");
    if value.is_null() {
        return Ok(None);
    }
    Normalizer::compile(value, path).map(|n| Some(Arc::new(n)))
}

/// A text before whose first character something was inserted cannot be rewritten further as the reference does it.
fn check_inserted(normalizer: Option<&Normalizer>, components: &Components) -> Result<()> {
    if normalizer.is_some_and(Normalizer::inserts_first) && !components.exact("pre_tokenizer").0.is_null() {
        let message = "a pre-tokenizer after a normalizer that inserts text before the first character";
        return Err(Error::unsupported(message).at("pre_tokenizer"));
    }
    Ok(())
}

fn compile_splitter(components: &Components, model: &ModelOptions) -> Result<Splitter> {
    let (value, path) = components.exact("pre_tokenizer");
    if value.is_null() {
        return Ok(Splitter::default());
    }
    Splitter::compile(value, path, model.reads_bytes())
}

fn compile_post(components: &Components) -> Result<Option<Arc<Post>>> {
    let value = &components.post_processor;
    if value.is_null() { Ok(None) } else { Post::compile(value, "post_processor").map(|p| Some(Arc::new(p))) }
}

fn added_texts(components: &Components) -> AddedTexts {
    let (decoder, _) = components.exact("decoder");
    match decoder.get("type").and_then(Value::as_str) {
        Some("Bytes") => AddedTexts::Contents { parted: decoder.get("parted") == Some(&Value::Bool(true)) },
        _ => AddedTexts::Tokens,
    }
}

fn compile_decoder(components: &Components) -> Result<Option<Arc<Decoder>>> {
    let (value, path) = components.exact("decoder");
    if value.is_null() { Ok(None) } else { Decoder::compile(value, path).map(|d| Some(Arc::new(d))) }
}
