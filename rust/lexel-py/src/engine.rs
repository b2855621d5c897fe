//! The compiled tokenizer.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use lexel::train::BpeTrainer;
use lexel::{EncodeOptions, Padding, Pipeline, Sampling, ScratchPool, Spans, Strategy, Text, Truncation, run_parallel};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::batch::{Batch, Held};
use crate::buffer::Buffer;
use crate::convert::{self, Strings, Texts, TokenFlags, added_token, token_flags};
use crate::encoding::{Encoding, side};
use crate::error::{to_python, with_file};
use crate::lists::{Ints, Kept};
use crate::rows::{Cut, Frame, Rows};
use crate::stream::DecodeStream;

/// A pipeline, and the working memories of the threads that use it.
#[pyclass(frozen, module = "lexel._lexel")]
pub(crate) struct Engine {
    pub(crate) pipeline: Pipeline,
    pool: ScratchPool,
    ints: Ints,
}

impl Engine {
    fn new(pipeline: Pipeline) -> Self {
        Self { pipeline, pool: ScratchPool::default(), ints: Ints::default() }
    }

    /// What bare ids need to be a row: what is around them, how they are cut; None if they need more than that.
    fn bare(&self, add_special_tokens: bool, truncation: Option<Truncation>) -> Option<(Frame, Cut)> {
        let frame = Frame::of(&self.pipeline, add_special_tokens)?;
        let cut = match truncation {
            None => Cut::default(),
            Some(how) => Cut::of_single(how, frame.len())?,
        };
        Some((frame, cut))
    }

    /// The integers that lists are made of: all ids, and at least the numbers that places in short texts are.
    pub(crate) fn ints(&self) -> Kept<'_> {
        self.ints.below(|| (self.pipeline.max_id().unwrap_or_default() as usize + 1).max(1 << 15))
    }
}

type TruncationArgument = (usize, String, usize, String);
type PaddingArgument = (Option<usize>, u32, u32, String, String, Option<usize>);

/// Dropout, alpha, number of best segmentations, seed.
type SamplingArgument = (Option<f64>, Option<f64>, Option<i64>, Option<u64>);

/// What a call says; without a seed of its own it gets a fresh one.
fn options(add_special_tokens: bool, split_special_tokens: bool, sampling: Option<SamplingArgument>) -> EncodeOptions {
    let sampling = sampling.map(|(dropout, alpha, nbest_size, seed)| {
        let seed = seed.unwrap_or_else(Sampling::fresh_seed);
        Sampling { dropout, alpha, nbest_size, seed }
    });
    EncodeOptions { add_special_tokens, split_special_tokens, sampling }
}

fn truncation(argument: Option<TruncationArgument>, windows: bool) -> PyResult<Option<Truncation>> {
    let Some((max_length, strategy, stride, direction)) = argument else { return Ok(None) };
    let strategy = match strategy.as_str() {
        "longest_first" => Strategy::LongestFirst,
        "only_first" => Strategy::OnlyFirst,
        "only_second" => Strategy::OnlySecond,
        other => {
            return Err(PyValueError::new_err(format!(
                "expected the truncation strategy longest_first, only_first or only_second, found {other:?}"
            )));
        }
    };
    Ok(Some(Truncation { max_length, strategy, stride, side: side(&direction)?, windows }))
}

fn padding(argument: Option<PaddingArgument>) -> PyResult<Option<Padding>> {
    let Some((length, id, type_id, _, direction, multiple_of)) = argument else { return Ok(None) };
    Ok(Some(Padding { length, id, type_id, side: side(&direction)?, multiple_of }))
}

/// Bytes of a text that is no longer short.
const LONG: usize = 2048;

/// Threads the machine has, 0 until somebody has asked: asking the system reads files, so the answer is kept.
static MACHINE: AtomicUsize = AtomicUsize::new(0);

/// How many threads a call may use: what it says, else what the environment says, else what the machine has.
fn threads(argument: Option<usize>) -> usize {
    if let Some(threads) = argument {
        return threads.max(1);
    }
    let off =
        |value: &str| matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "off" | "no" | "n" | "f" | "");
    if std::env::var("TOKENIZERS_PARALLELISM").is_ok_and(|value| off(&value)) {
        return 1;
    }
    let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|value| value.parse().ok()).filter(|&n| n > 0);
    asked.unwrap_or_else(machine)
}

fn machine() -> usize {
    let known = MACHINE.load(Ordering::Relaxed);
    if known > 0 {
        return known;
    }
    let found = std::thread::available_parallelism().map_or(1, usize::from);
    MACHINE.store(found, Ordering::Relaxed);
    found
}

fn borrow<'a>(texts: &'a Texts<'_>, words: &'a [&'a str]) -> Text<'a> {
    match texts {
        Texts::Raw(text) => Text::Raw(text),
        Texts::Words(_) => Text::Words(words),
    }
}

fn words<'a>(texts: &'a Texts<'_>) -> Vec<&'a str> {
    match texts {
        Texts::Raw(_) => Vec::new(),
        Texts::Words(words) => words.iter().map(AsRef::as_ref).collect(),
    }
}

fn bytes(texts: &Texts<'_>) -> usize {
    match texts {
        Texts::Raw(text) => text.len(),
        Texts::Words(words) => words.iter().map(|w| w.len() + 8).sum(),
    }
}

#[pymethods]
impl Engine {
    #[staticmethod]
    #[pyo3(signature = (data, *, path = None))]
    fn from_json(py: Python<'_>, data: &Bound<'_, PyAny>, path: Option<&str>) -> PyResult<Self> {
        let pipeline = if let Ok(string) = data.cast::<PyString>() {
            let json = string.to_str().map_err(|e| {
                let place = path.map_or_else(String::new, |path| format!("{path}: "));
                crate::error::FormatError::new_err(format!("{place}this text is no Unicode, so no JSON: {e}"))
            })?;
            py.detach(|| Pipeline::from_json(json))
        } else if let Ok(raw) = data.cast::<PyBytes>() {
            let json = simdutf8::compat::from_utf8(raw.as_bytes()).map_err(|e| {
                let place = path.map_or_else(String::new, |path| format!("{path}: "));
                crate::error::FormatError::new_err(format!(
                    "{place}no UTF-8 at byte {}: this is no JSON",
                    e.valid_up_to()
                ))
            })?;
            py.detach(|| Pipeline::from_json(json))
        } else {
            return Err(PyTypeError::new_err("expected the text of a tokenizer.json, as str or bytes"));
        };
        pipeline.map(Self::new).map_err(|e| with_file(&e, path))
    }

    #[staticmethod]
    fn from_compiled<'py>(py: Python<'py>, path: PathBuf, key: &str) -> PyResult<(Self, Bound<'py, PyBytes>)> {
        let (pipeline, note) = crate::compiled::read(py, path, &crate::compiled::key(key)?)?;
        Ok((Self::new(pipeline), PyBytes::new(py, &note)))
    }

    #[pyo3(signature = (key, note = None))]
    fn to_compiled<'py>(
        &self,
        py: Python<'py>,
        key: &str,
        note: Option<&[u8]>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let key = crate::compiled::key(key)?;
        let bytes = py.detach(|| self.pipeline.to_compiled(&key, note.unwrap_or_default()));
        Ok(bytes.map(|bytes| PyBytes::new(py, &bytes)))
    }

    #[pyo3(signature = (*, pretty = false))]
    fn to_json(&self, py: Python<'_>, pretty: bool) -> PyResult<String> {
        py.detach(|| self.pipeline.to_json(pretty)).map_err(|e| to_python(&e))
    }

    fn component(&self, name: &str) -> PyResult<Option<String>> {
        self.pipeline.component(name).map_err(|e| to_python(&e))
    }

    fn with_component(&self, name: &str, json: Option<&str>) -> PyResult<Self> {
        self.pipeline.with_component(name, json).map(Self::new).map_err(|e| to_python(&e))
    }

    fn model_info(&self) -> String {
        self.pipeline.model_info()
    }

    fn merges(&self) -> Vec<(&str, &str)> {
        self.pipeline.merges()
    }

    fn with_added_tokens(&self, py: Python<'_>, tokens: Vec<TokenFlags>) -> PyResult<(Self, usize)> {
        let tokens = tokens.into_iter().map(added_token).collect();
        let (pipeline, new) = py.detach(|| self.pipeline.with_added_tokens(tokens)).map_err(|e| to_python(&e))?;
        Ok((Self::new(pipeline), new))
    }

    fn with_added_token_ids(&self, tokens: Vec<(u32, TokenFlags)>) -> PyResult<Self> {
        let tokens = tokens.into_iter().map(|(id, flags)| (id, added_token(flags))).collect();
        self.pipeline.with_added_token_ids(tokens).map(Self::new).map_err(|e| to_python(&e))
    }

    fn unlike_ranks(&self, py: Python<'_>) -> Option<String> {
        py.detach(|| self.pipeline.unlike_ranks())
    }

    #[staticmethod]
    fn is_tiktoken_pattern(pattern: &str) -> bool {
        lexel::is_tiktoken_pattern(pattern)
    }

    fn added_token_aliases(&self) -> Vec<(String, u32)> {
        self.pipeline.added_token_aliases().to_vec()
    }

    fn added_tokens(&self) -> Vec<(u32, TokenFlags)> {
        self.pipeline.added_tokens().map(|(id, token)| (id, token_flags(token))).collect()
    }

    #[pyo3(signature = (with_added = true))]
    fn vocab_size(&self, with_added: bool) -> usize {
        self.pipeline.vocab_size(with_added)
    }

    fn max_id(&self) -> Option<u32> {
        self.pipeline.max_id()
    }

    #[pyo3(signature = (with_added = true))]
    fn vocab<'py>(&self, py: Python<'py>, with_added: bool) -> PyResult<Bound<'py, PyDict>> {
        let vocab = PyDict::new(py);
        for (token, id) in self.pipeline.vocab(with_added) {
            vocab.set_item(token, id)?;
        }
        Ok(vocab)
    }

    fn token_to_id(&self, token: &Bound<'_, PyString>) -> PyResult<Option<u32>> {
        Ok(self.pipeline.token_to_id(&convert::text(token)?))
    }

    fn id_to_token(&self, id: &Bound<'_, PyAny>) -> PyResult<Option<&str>> {
        Ok(self.pipeline.id_to_token(convert::id(id)?))
    }

    fn tokens_to_ids(&self, tokens: Vec<Bound<'_, PyString>>) -> PyResult<Vec<Option<u32>>> {
        tokens.iter().map(|token| Ok(self.pipeline.token_to_id(&convert::text(token)?))).collect()
    }

    fn ids_to_tokens(&self, ids: &Bound<'_, PyAny>) -> PyResult<Vec<Option<&str>>> {
        Ok(convert::ids(ids)?.into_iter().map(|id| self.pipeline.id_to_token(id)).collect())
    }

    fn is_special(&self, id: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.pipeline.is_special(convert::id(id)?))
    }

    #[pyo3(signature = (pair = false))]
    fn num_special_tokens_to_add(&self, pair: bool) -> usize {
        self.pipeline.num_special_tokens_to_add(pair)
    }

    #[pyo3(signature = (text, *, add_special_tokens = true, split_special_tokens = false, sampling = None))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        text: &Bound<'_, PyString>,
        add_special_tokens: bool,
        split_special_tokens: bool,
        sampling: Option<SamplingArgument>,
    ) -> PyResult<Bound<'py, PyList>> {
        let ids = self.ids(py, text, options(add_special_tokens, split_special_tokens, sampling))?;
        self.ints().list(py, &ids)
    }

    #[pyo3(signature = (text, *, add_special_tokens = true, split_special_tokens = false, sampling = None))]
    fn encode_array(
        &self,
        py: Python<'_>,
        text: &Bound<'_, PyString>,
        add_special_tokens: bool,
        split_special_tokens: bool,
        sampling: Option<SamplingArgument>,
    ) -> PyResult<Buffer> {
        self.ids(py, text, options(add_special_tokens, split_special_tokens, sampling)).map(Buffer::uint32)
    }

    #[pyo3(signature = (text, *, add_special_tokens = false, split_special_tokens = false, sampling = None))]
    fn count(
        &self,
        py: Python<'_>,
        text: &Bound<'_, PyString>,
        add_special_tokens: bool,
        split_special_tokens: bool,
        sampling: Option<SamplingArgument>,
    ) -> PyResult<usize> {
        let text = convert::text(text)?;
        let options = options(add_special_tokens, split_special_tokens, sampling);
        let threads = if text.len() < LONG { 1 } else { threads(None) };
        let count = py.detach(|| self.pipeline.count_on(&text, options.for_row(0), threads, &self.pool));
        count.map_err(|e| to_python(&e))
    }

    #[pyo3(signature = (inputs, *, pairs = false, is_split_into_words = false, add_special_tokens = true,
        split_special_tokens = false, truncation = None, padding = None, offsets = true, byte_offsets = false,
        windows = true, num_threads = None, sampling = None))]
    #[expect(clippy::too_many_arguments, clippy::fn_params_excessive_bools, reason = "keywords of one Python call")]
    fn encode_batch(
        slf: &Bound<'_, Self>,
        py: Python<'_>,
        inputs: &Bound<'_, PyAny>,
        pairs: bool,
        is_split_into_words: bool,
        add_special_tokens: bool,
        split_special_tokens: bool,
        truncation: Option<TruncationArgument>,
        padding: Option<PaddingArgument>,
        offsets: bool,
        byte_offsets: bool,
        windows: bool,
        num_threads: Option<usize>,
        sampling: Option<SamplingArgument>,
    ) -> PyResult<Batch> {
        let engine = slf.get();
        let truncation = self::truncation(truncation, windows)?;
        let pad_token = padding.as_ref().map(|padding| padding.3.clone());
        let padding = self::padding(padding)?;
        if inputs.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("expected a list of inputs, found one str"));
        }
        let mut held = Vec::new();
        for (row, item) in inputs.try_iter()?.enumerate() {
            let item = item?;
            held.push(if pairs {
                let (first, second) = convert::pair(&item, row)?;
                let second = Strings::read(&second, is_split_into_words, row)?;
                (Strings::read(&first, is_split_into_words, row)?, Some(second))
            } else {
                (Strings::read(&item, is_split_into_words, row)?, None)
            });
        }
        let texts = held
            .iter()
            .map(|(first, second)| Ok((first.texts()?, second.as_ref().map(Strings::texts).transpose()?)))
            .collect::<PyResult<Vec<_>>>()?;
        let options = options(add_special_tokens, split_special_tokens, sampling);
        let threads = threads(num_threads);
        let spans = match (offsets, byte_offsets) {
            (false, _) => Spans::None,
            (true, false) => Spans::Chars,
            (true, true) => Spans::Bytes,
        };
        let size = |(first, second): &(Texts<'_>, Option<Texts<'_>>)| bytes(first) + second.as_ref().map_or(0, bytes);
        let bare = spans == Spans::None && !pairs && !is_split_into_words;
        if let Some((frame, cut)) = bare.then(|| engine.bare(options.add_special_tokens, truncation)).flatten() {
            let rows = py.detach(|| {
                run_parallel(&texts, threads, &engine.pool, size, |row, (text, _), scratch| {
                    let Texts::Raw(text) = text else { return Ok(Vec::new()) };
                    let options = EncodeOptions { add_special_tokens: false, ..options.for_row(row as u64) };
                    engine.pipeline.encode_ids(text, options, scratch).map(|ids| cut.of(ids))
                })
            });
            let rows = Rows::new(rows.map_err(|e: lexel::Error| to_python(&e))?, frame, padding);
            return Ok(Batch::new(Held::Bare(rows), slf.clone().unbind(), pad_token.as_deref()));
        }
        let rows = py.detach(|| {
            let mut rows = run_parallel(&texts, threads, &engine.pool, size, |row, (first, second), scratch| {
                let options = options.for_row(row as u64);
                let first_words = words(first);
                let second_words = second.as_ref().map(words).unwrap_or_default();
                let one = borrow(first, &first_words);
                let two = second.as_ref().map(|texts| borrow(texts, &second_words));
                engine.pipeline.encode(one, two, options, truncation, spans, scratch)
            })?;
            if let Some(padding) = &padding {
                lexel::pad_rows(&mut rows, padding);
            }
            Ok(rows)
        });
        let rows = rows.map_err(|e: lexel::Error| to_python(&e))?;
        Ok(Batch::new(Held::Full(rows), slf.clone().unbind(), pad_token.as_deref()))
    }

    #[pyo3(signature = (first, second = None, *, add_special_tokens = true))]
    fn post_process(
        slf: &Bound<'_, Self>,
        first: PyRef<'_, Encoding>,
        second: Option<PyRef<'_, Encoding>>,
        add_special_tokens: bool,
    ) -> PyResult<Encoding> {
        let second = second.map(|s| s.inner.clone());
        let whole = slf.get().pipeline.post_process(first.inner.clone(), second, add_special_tokens);
        let inner = whole.map_err(|e| to_python(&e))?;
        Ok(Encoding { inner, engine: slf.clone().unbind(), pad_token: first.pad_token.clone() })
    }

    #[pyo3(signature = (ids, *, skip_special_tokens = false))]
    fn decode(&self, py: Python<'_>, ids: &Bound<'_, PyAny>, skip_special_tokens: bool) -> PyResult<String> {
        let ids = convert::ids(ids)?;
        // As for short texts.
        let short = ids.len() < 512;
        let decode = || self.pipeline.decode(ids.into_iter(), skip_special_tokens);
        Ok(if short { decode() } else { py.detach(decode) })
    }

    #[pyo3(signature = (rows, *, skip_special_tokens = false, num_threads = None))]
    fn decode_batch(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        skip_special_tokens: bool,
        num_threads: Option<usize>,
    ) -> PyResult<Vec<String>> {
        let rows = rows.try_iter()?.map(|row| convert::ids(&row?)).collect::<PyResult<Vec<_>>>()?;
        let threads = threads(num_threads);
        let texts: Result<Vec<String>, PyErr> = py.detach(|| {
            run_parallel(
                &rows,
                threads,
                &self.pool,
                |row| 4 * row.len(),
                |_, row, _| Ok(self.pipeline.decode(row.iter().copied(), skip_special_tokens)),
            )
        });
        texts
    }

    fn decode_tokens(&self, tokens: Vec<Bound<'_, PyString>>) -> PyResult<String> {
        let tokens = tokens.iter().map(convert::text).collect::<PyResult<Vec<_>>>()?;
        Ok(self.pipeline.decode_tokens(tokens.iter().map(AsRef::as_ref)))
    }

    fn token_bytes<'py>(&self, py: Python<'py>, id: &Bound<'_, PyAny>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let bytes = self.pipeline.token_bytes(convert::id(id)?).map_err(|e| to_python(&e))?;
        Ok(bytes.map(|bytes| PyBytes::new(py, &bytes)))
    }

    fn token_bytes_table<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, Buffer)> {
        let table = py.detach(|| self.pipeline.token_bytes_table());
        let (bytes, offsets) = table.map_err(|e| to_python(&e))?;
        Ok((PyBytes::new(py, &bytes), Buffer::uint32(offsets)))
    }

    #[pyo3(signature = (*, skip_special_tokens = false))]
    fn decode_stream(&self, skip_special_tokens: bool) -> DecodeStream {
        DecodeStream::new(self.pipeline.decode_stream(skip_special_tokens))
    }

    fn normalize(&self, text: &Bound<'_, PyString>) -> PyResult<String> {
        Ok(self.pipeline.normalize(&convert::text(text)?))
    }

    fn pre_tokenize(&self, text: &Bound<'_, PyString>) -> PyResult<Vec<(String, (u32, u32))>> {
        self.pipeline.pre_tokenize(&convert::text(text)?).map_err(|e| to_python(&e))
    }

    #[pyo3(signature = (texts, *, vocab_size = 30000, min_frequency = 0, special_tokens = Vec::new(),
        limit_alphabet = None, initial_alphabet = Vec::new(), continuing_subword_prefix = None,
        end_of_word_suffix = None, max_token_length = None, progress = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of one Python call")]
    fn train_bpe(
        &self,
        py: Python<'_>,
        texts: &Bound<'_, PyAny>,
        vocab_size: usize,
        min_frequency: u64,
        special_tokens: Vec<TokenFlags>,
        limit_alphabet: Option<usize>,
        initial_alphabet: Vec<String>,
        continuing_subword_prefix: Option<String>,
        end_of_word_suffix: Option<String>,
        max_token_length: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        self.pipeline.check_trainable().map_err(|e| to_python(&e))?;
        let counts = crate::train::count(py, &self.pipeline, &self.pool, threads(None), texts, progress)?;
        let trainer = BpeTrainer {
            vocab_size,
            min_frequency,
            special_tokens: special_tokens.iter().map(|flags| flags.0.clone()).collect(),
            limit_alphabet,
            // As in the reference, the first character of each string counts.
            initial_alphabet: initial_alphabet.iter().filter_map(|letter| letter.chars().next()).collect(),
            continuing_subword_prefix: continuing_subword_prefix.clone(),
            end_of_word_suffix: end_of_word_suffix.clone(),
            max_token_length,
        };
        let model = crate::train::train(py, &trainer, &counts, progress)?;
        let added = special_tokens.into_iter().map(added_token).collect();
        let affixes = (continuing_subword_prefix, end_of_word_suffix);
        let pipeline =
            self.pipeline.with_model(&model.vocab, &model.merges, affixes, added).map_err(|e| to_python(&e))?;
        Ok(Self::new(pipeline))
    }

    fn __getstate__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.to_json(py, false)?.as_bytes()))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let rebuild = py.get_type::<Self>().getattr("from_json")?;
        let state = PyTuple::new(py, [self.__getstate__(py)?])?;
        Ok((rebuild, state))
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }
}

impl Engine {
    fn ids(&self, py: Python<'_>, text: &Bound<'_, PyString>, options: EncodeOptions) -> PyResult<Vec<u32>> {
        let text = convert::text(text)?;
        let options = options.for_row(0);
        // Giving the GIL up and taking it back costs more than encoding a short text; asking for threads costs something too.
        let ids = if text.len() < LONG {
            self.pool.with(|scratch| self.pipeline.encode_ids(&text, options, scratch))
        } else {
            py.detach(|| self.pipeline.encode_ids_on(&text, options, threads(None), &self.pool))
        };
        ids.map_err(|e| to_python(&e))
    }
}
