//! Writing `tokenizer.json`.

use serde_json::Value;

use super::Components;
use crate::added::AddedToken;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelOptions};
use crate::vocab::Vocab;

/// Write the text of a `tokenizer.json`.
pub(crate) fn write(
    components: &Components,
    added: &crate::added::AddedTokens,
    model: &Model,
    vocab: &Vocab,
    pretty: bool,
) -> Result<String> {
    let added: Vec<Value> = added.iter().map(|(id, token)| added_json(id, token)).collect();
    let mut fields = model_options(&model.options());
    if let Model::Unigram(unigram) = model {
        let entries = vocab.entries().zip(unigram.scores());
        let listed = entries.map(|((token, _), &score)| serde_json::json!([token, score])).collect();
        fields.insert("vocab".into(), Value::Array(listed));
    } else {
        let entries = vocab.by_id().map(|(id, token)| (token.to_owned(), Value::from(id)));
        fields.insert("vocab".into(), Value::Object(entries.collect()));
    }
    if let Model::Bpe(bpe) = model {
        let token = |id| vocab.token(id).unwrap_or_default();
        let merges = bpe.merges().into_iter().map(|(a, b)| Value::from(vec![token(a), token(b)]));
        fields.insert("merges".into(), Value::Array(merges.collect()));
    }
    let file = serde_json::json!({
        "version": "1.0",
        "truncation": components.truncation,
        "padding": components.padding,
        "added_tokens": added,
        "normalizer": components.normalizer,
        "pre_tokenizer": components.pre_tokenizer,
        "post_processor": components.post_processor,
        "decoder": components.decoder,
        "model": fields,
    });
    let text = if pretty { serde_json::to_string_pretty(&file) } else { serde_json::to_string(&file) };
    text.map_err(|e| Error::new(ErrorKind::Format, e.to_string()))
}

/// The options of the model, as the reference writes them.
pub(crate) fn model_options(options: &ModelOptions) -> serde_json::Map<String, Value> {
    let value = match options {
        ModelOptions::Bpe(bpe) => serde_json::json!({
            "type": "BPE",
            "dropout": bpe.dropout,
            "unk_token": bpe.unk_token,
            "continuing_subword_prefix": bpe.continuing_subword_prefix,
            "end_of_word_suffix": bpe.end_of_word_suffix,
            "fuse_unk": bpe.fuse_unk,
            "byte_fallback": bpe.byte_fallback,
            "ignore_merges": bpe.ignore_merges,
        }),
        ModelOptions::Unigram(unigram) => serde_json::json!({
            "type": "Unigram",
            "unk_id": unigram.unk_id,
            "byte_fallback": unigram.byte_fallback,
        }),
        ModelOptions::WordPiece(wordpiece) => serde_json::json!({
            "type": "WordPiece",
            "unk_token": wordpiece.unk_token,
            "continuing_subword_prefix": wordpiece.continuing_subword_prefix,
            "max_input_chars_per_word": wordpiece.max_input_chars_per_word,
        }),
        ModelOptions::WordLevel(wordlevel) => serde_json::json!({
            "type": "WordLevel",
            "unk_token": wordlevel.unk_token,
        }),
    };
    match value {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    }
}

fn added_json(id: u32, token: &AddedToken) -> Value {
    serde_json::json!({
        "id": id,
        "content": token.content,
        "single_word": token.single_word,
        "lstrip": token.lstrip,
        "rstrip": token.rstrip,
        "normalized": token.normalized,
        "special": token.special,
    })
}
