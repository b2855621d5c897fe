//! One long text on several threads: cut where its parts encode to what they encode to in the whole.

use std::borrow::Cow;

use crate::added::Part;
use crate::batch::{ScratchPool, run_parallel};
use crate::error::Result;

use super::walk::Tokens;
use super::{EncodeOptions, Pipeline, Scratch, check_size};

/// Texts are cut into portions of about so many bytes.
const PORTION: usize = 128 << 10;

impl Pipeline {
    /// Encode a text to ids as [`Pipeline::encode_ids`], a long one on several threads.
    ///
    /// # Errors
    /// As [`Pipeline::encode_ids`].
    pub fn encode_ids_on(
        &self,
        text: &str,
        options: EncodeOptions,
        threads: usize,
        pool: &ScratchPool,
    ) -> Result<Vec<u32>> {
        let Some(portions) = self.portions(text, options, threads)? else {
            return pool.with(|scratch| self.encode_ids(text, options, scratch));
        };
        let encode = |_, portion: &Part, scratch: &mut Scratch| self.portion(text, *portion, options, scratch);
        let ids = run_parallel(&portions, threads, pool, |part| part.end - part.start, encode)?.concat();
        self.with_special_tokens(Cow::Owned(ids), options)
    }

    /// The number of tokens as [`Pipeline::count`], of a long text on several threads.
    ///
    /// # Errors
    /// As [`Pipeline::encode_ids`].
    pub fn count_on(&self, text: &str, options: EncodeOptions, threads: usize, pool: &ScratchPool) -> Result<usize> {
        if self.post.as_ref().is_some_and(|post| post.around().is_none()) {
            return self.encode_ids_on(text, options, threads, pool).map(|ids| ids.len());
        }
        let Some(portions) = self.portions(text, options, threads)? else {
            return pool.with(|scratch| self.count(text, options, scratch));
        };
        let count = |_, portion: &Part, scratch: &mut Scratch| {
            self.portion(text, *portion, options, scratch).map(|ids| ids.len())
        };
        let counts = run_parallel(&portions, threads, pool, |part| part.end - part.start, count)?;
        let added = if options.add_special_tokens { self.num_special_tokens_to_add(false) } else { 0 };
        Ok(counts.iter().sum::<usize>() + added)
    }

    /// Cut a text into added tokens and portions between them. None where it is not worth it, or where nobody can say
    /// where to cut: what is normalized, rewritten or sampled depends on more than its piece.
    fn portions(&self, text: &str, options: EncodeOptions, threads: usize) -> Result<Option<Vec<Part>>> {
        check_size(text)?;
        let depends = options.sampling.is_some() || self.model.is_random() || self.spans_for_ids;
        if threads < 2 || text.len() < 2 * PORTION || depends || self.added.matches_normalized() {
            return Ok(None);
        }
        if self.normalizer.as_ref().is_some_and(|normalizer| !normalizer.is_identity(text)) {
            return Ok(None);
        }
        let mut parts = Vec::new();
        self.added.cut_raw(text, options.split_special_tokens, &mut parts);
        let mut portions = Vec::with_capacity(parts.len() + text.len() / PORTION);
        for part in parts {
            let mut start = part.start;
            while part.token.is_none() && part.end - start > PORTION {
                let inside = &text[start..part.end];
                let Some(length) = self.splitter.certain_cut(inside, PORTION) else { break };
                portions.push(Part { start, end: start + length, token: None });
                start += length;
            }
            portions.push(Part { start, ..part });
        }
        Ok((portions.len() > 1).then_some(portions))
    }

    fn portion(&self, text: &str, part: Part, options: EncodeOptions, scratch: &mut Scratch) -> Result<Vec<u32>> {
        if let Some(id) = part.token {
            return Ok(vec![id]);
        }
        self.model.start(None, &mut scratch.model)?;
        let mut tokens = Tokens::default();
        self.segment::<false>(&text[part.start..part.end], part.start as u32, options, scratch, &mut tokens)?;
        Ok(tokens.pieces.ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Letters and pairs of them as tokens, so that ids tell where pieces end.
    fn pipeline(pre_tokenizer: &serde_json::Value) -> Pipeline {
        let letters: Vec<char> = (0..=255u8).map(|byte| crate::model::bpe::BYTE_LETTERS[usize::from(byte)]).collect();
        let mut vocab = serde_json::Map::new();
        for letter in &letters {
            vocab.insert(letter.to_string(), vocab.len().into());
        }
        let mut merges = Vec::new();
        for (a, b) in ["th", "he", "in", "Ġt", "\u{10a}\u{10a}", "ĠĠ", "ll", "12"].map(|pair| {
            let mut chars = pair.chars();
            (chars.next().expect("two"), chars.next().expect("two"))
        }) {
            vocab.insert(format!("{a}{b}"), vocab.len().into());
            merges.push(serde_json::json!([a.to_string(), b.to_string()]));
        }
        let json = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null, "decoder": null,
            "added_tokens": [{"id": vocab.len(), "content": "<|end|>", "single_word": false, "lstrip": true, "rstrip": true,
                "normalized": false, "special": true}],
            "pre_tokenizer": pre_tokenizer,
            "model": {"type": "BPE", "vocab": vocab, "merges": merges},
        });
        Pipeline::from_json(&json.to_string()).expect("supported")
    }

    #[test]
    fn the_parts_of_a_long_text_encode_to_the_ids_of_the_whole() {
        let mut random = Random::new(41);
        let level = serde_json::json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
        let plain = serde_json::json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
        let digits = serde_json::json!({"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, level]});
        let words = serde_json::json!({"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, plain]});
        let prefixed =
            serde_json::json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true});
        let parts = ["the ", "hell", "12", " ", "\n\n", "<|end|>", " in the", "'ll", "日本", "é", "  \n", "3.14 "];
        let pool = ScratchPool::default();
        // Whether there is a place to cut in every text, in none, or in those that have digits.
        for (pre_tokenizer, cuttable) in
            [(level, Some(true)), (digits, None), (words, Some(true)), (prefixed, Some(false))]
        {
            let pipeline = pipeline(&pre_tokenizer);
            for _ in 0..3 {
                let few = 2 + (random.next_u64() % 11) as usize;
                let mut text = String::new();
                while text.len() < 5 * PORTION {
                    text += parts[(random.next_u64() % few as u64) as usize];
                }
                let options = EncodeOptions::default();
                let whole = pipeline.encode_ids(&text, options, &mut Scratch::default()).expect("known");
                assert_eq!(pipeline.encode_ids_on(&text, options, 2, &pool).expect("known"), whole, "{pre_tokenizer}");
                assert_eq!(pipeline.count_on(&text, options, 2, &pool).expect("known"), whole.len());
                let plain = text.replace("<|end|>", "");
                if let Some(cuttable) = cuttable {
                    assert_eq!(pipeline.portions(&plain, options, 2).expect("small").is_some(), cuttable);
                }
            }
        }
    }
}
