//! Every library behind the same calls: load a vocabulary, encode a text to ids, encode it to ids with spans.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lexel::{EncodeOptions, Pipeline, Scratch, Spans, Text};
use rustc_hash::FxHashMap;
use serde_json::Value;
use tiktoken_rs::CoreBPE;
use tokenizers_rc::pipeline::{EncodeOptions as RcOptions, PipelineToken, PipelineTokenizer};

use crate::corpora;

/// The libraries compared. The first is what the others are measured against in equality.
pub const NAMES: [&str; 7] =
    ["tokenizers", "lexel", "tokenizers-rc", "fastokens", "snaptokens", "tiktoken-rs", "bpe-openai"];

/// The half-open code points of the text that a token stands for.
pub type Span = (usize, usize);

/// As many spans as ids.
pub type IdsAndSpans = (Vec<u32>, Vec<Span>);

const NO_SPECIALS: EncodeOptions =
    EncodeOptions { add_special_tokens: false, split_special_tokens: false, sampling: None };

/// A loaded tokenizer of one of the libraries.
pub enum Peer {
    /// This project's core.
    Lexel(Box<Pipeline>, Box<Scratch>),
    /// The library that defines `tokenizer.json`.
    Tokenizers(Box<tokenizers::Tokenizer>),
    /// Reads `tokenizer.json`; ids only.
    Fastokens(Box<fastokens::Tokenizer>),
    /// The release candidate of `tokenizers` 1.0; ids only.
    TokenizersRc(Box<PipelineTokenizer>),
    /// Grown from `fastokens`; ids only.
    Snaptokens(Box<snaptokens::Tokenizer>),
    /// Reads rank files; ids only.
    TiktokenRs(Box<CoreBPE>),
    /// Knows two vocabularies by name; ids only.
    BpeOpenai(&'static bpe_openai::Tokenizer),
}

impl Peer {
    /// Load a vocabulary of the test data; None where the library has no way to read it.
    ///
    /// # Errors
    /// The library refuses the file, or the file is not there.
    pub fn load(library: &str, data: &Path, vocabulary: &str) -> Result<Option<Self>, Box<dyn Error>> {
        let folder = data.join("tokenizers").join(vocabulary);
        let file = file(&folder, vocabulary)?;
        Ok(Some(match library {
            "lexel" => {
                let pipeline = Pipeline::from_json(&fs::read_to_string(&file)?)?;
                Self::Lexel(Box::new(pipeline), Box::default())
            }
            "tokenizers" => {
                let mut tokenizer = tokenizers::Tokenizer::from_file(&file).map_err(|e| e.to_string())?;
                tokenizer.with_padding(None);
                tokenizer.with_truncation(None).map_err(|e| e.to_string())?;
                Self::Tokenizers(Box::new(tokenizer))
            }
            "fastokens" => {
                let mut tokenizer = fastokens::Tokenizer::from_file(&file)?;
                tokenizer.set_padding(None);
                tokenizer.set_truncation(None);
                Self::Fastokens(Box::new(tokenizer))
            }
            "tokenizers-rc" => {
                let json = tokenizers_rc::canonicalize_file(&file).map_err(|e| e.to_string())?;
                Self::TokenizersRc(Box::new(tokenizers_rc::from_json(&json).map_err(|e| e.to_string())?))
            }
            "snaptokens" => Self::Snaptokens(Box::new(snaptokens::Tokenizer::from_file(&file)?)),
            "bpe-openai" => match vocabulary {
                "cl100k" => Self::BpeOpenai(bpe_openai::cl100k_base()),
                "o200k" => Self::BpeOpenai(bpe_openai::o200k_base()),
                _ => return Ok(None),
            },
            "tiktoken-rs" => match ranks(&folder, vocabulary)? {
                Some(ranks) => Self::TiktokenRs(Box::new(ranks)),
                None => return Ok(None),
            },
            other => return Err(format!("no peer is called {other}; there are {}", NAMES.join(", ")).into()),
        }))
    }

    /// The ids of a text, without the special tokens of the post-processor.
    ///
    /// # Errors
    /// The library's own.
    pub fn ids(&mut self, text: &str) -> Result<Vec<u32>, Box<dyn Error>> {
        Ok(match self {
            Self::Lexel(pipeline, scratch) => pipeline.encode_ids(text, NO_SPECIALS, scratch)?,
            Self::Tokenizers(tokenizer) => {
                tokenizer.encode_fast(text, false).map_err(|e| e.to_string())?.get_ids().to_vec()
            }
            Self::TokenizersRc(tokenizer) => {
                let options = RcOptions { add_special_tokens: false, ..RcOptions::default() };
                let mut tokens = Vec::with_capacity(text.len() / 4);
                tokenizer.encode_into(text, &options, &mut tokens).map_err(|e| e.to_string())?;
                tokens.into_iter().map(PipelineToken::id).collect()
            }
            Self::Fastokens(tokenizer) => tokenizer.encode_with_special_tokens(text, false)?,
            Self::Snaptokens(tokenizer) => tokenizer.encode_with_special_tokens(text, false)?,
            Self::BpeOpenai(tokenizer) => tokenizer.encode(text),
            Self::TiktokenRs(ranks) => ranks.encode_with_special_tokens(text),
        })
    }

    /// The ids of a text and the span of each; None where the library has no spans.
    ///
    /// # Errors
    /// The library's own.
    pub fn ids_and_spans(&mut self, text: &str) -> Result<Option<IdsAndSpans>, Box<dyn Error>> {
        Ok(match self {
            Self::Lexel(pipeline, scratch) => {
                let encoding = pipeline.encode(Text::Raw(text), None, NO_SPECIALS, None, Spans::Chars, scratch)?;
                let spans = encoding.offsets.iter().map(|&(start, end)| (start as usize, end as usize)).collect();
                Some((encoding.ids, spans))
            }
            Self::Tokenizers(tokenizer) => {
                let encoding = tokenizer.encode_char_offsets(text, false).map_err(|e| e.to_string())?;
                Some((encoding.get_ids().to_vec(), encoding.get_offsets().to_vec()))
            }
            _ => None,
        })
    }
}

/// The `tokenizer.json` of a vocabulary: the test data's, or the one that `make bench` has made of a rank file.
fn file(folder: &Path, vocabulary: &str) -> Result<PathBuf, Box<dyn Error>> {
    let own = folder.join("tokenizer.json");
    if own.is_file() {
        return Ok(own);
    }
    let made = corpora::cache_folder().join("vocabularies");
    let prefix = format!("{vocabulary}-");
    let entries = fs::read_dir(&made).into_iter().flatten().filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path().join("tokenizer.json"))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("{} is absent, and {} has no {vocabulary}", own.display(), made.display()).into())
}

/// The rank file of a vocabulary, where it has one; some are built into the library.
fn ranks(folder: &Path, vocabulary: &str) -> Result<Option<CoreBPE>, Box<dyn Error>> {
    match vocabulary {
        "gpt2" => return Ok(Some(tiktoken_rs::r50k_base().map_err(|e| e.to_string())?)),
        "cl100k" => return Ok(Some(tiktoken_rs::cl100k_base().map_err(|e| e.to_string())?)),
        "o200k" => return Ok(Some(tiktoken_rs::o200k_base().map_err(|e| e.to_string())?)),
        _ => {}
    }
    let Some(description) = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().starts_with("encoding."))
    else {
        return Ok(None);
    };
    let description: Value = serde_json::from_str(&fs::read_to_string(description.path())?)?;
    let field = |name: &str| description[name].as_str().ok_or(format!("{vocabulary}: the encoding has no {name}"));
    let mut tokens = FxHashMap::default();
    for line in fs::read_to_string(folder.join(field("file")?))?.lines() {
        let (token, rank) = line.split_once(' ').ok_or(format!("{vocabulary}: no rank in {line:?}"))?;
        tokens.insert(STANDARD.decode(token)?, rank.parse()?);
    }
    let specials = description["special_tokens"].as_object().into_iter().flatten();
    let specials =
        specials.filter_map(|(token, id)| Some((token.clone(), u32::try_from(id.as_u64()?).ok()?))).collect();
    Ok(Some(CoreBPE::new(tokens, specials, field("pat_str")?).map_err(|e| e.to_string())?))
}
