use super::*;
use crate::pipeline::{EncodeOptions, Scratch};
use crate::random::Random;

const KEY: CompiledKey = [7; 32];

/// Small files of every kind of model.
fn files() -> Vec<String> {
    let bpe = r#""vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 4, "Ġab": 7}, "merges": ["a b", "Ġ ab"]"#;
    let byte_level = r#""pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}"#;
    let added = r#""added_tokens": [{"id": 8, "content": "<x>", "single_word": false, "lstrip": true, "rstrip": false,
        "normalized": false, "special": true}]"#;
    vec![
        format!(r#"{{{byte_level}, {added}, "model": {{"type": "BPE", "ignore_merges": true, {bpe}}}}}"#),
        format!(r#"{{"model": {{"type": "BPE", "unk_token": "b", "fuse_unk": true, {bpe}}}}}"#),
        format!(r#"{{"model": {{"type": "BPE", "end_of_word_suffix": "b", {bpe}}}}}"#),
        format!(
            r#"{{{added}, "model": {{"type": "Unigram", "unk_id": 0,
            "vocab": [["<u>", 0], ["a", -1.5], ["ab", -2], ["b", -3], ["ab", -1], ["é", -4]]}}}}"#
        ),
        r###"{"model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {"[U]": 0, "a": 1, "##b": 2}}}"###
            .to_owned(),
        r#"{"model": {"type": "WordLevel", "unk_token": "[U]", "vocab": {"[U]": 0, "ab": 5}}}"#.to_owned(),
        r#"{"model": {"type": "BPE", "vocab": {}, "merges": []}}"#.to_owned(),
        sentencepiece(r#""BPE", "vocab": {"u": 0, "a": 1, "b": 2, "ab": 3}, "merges": []"#, "BPE", ""),
        sentencepiece(
            r#""BPE", "vocab": {"u": 0, "a": 1, "b": 2, "ab": 3}, "merges": []"#,
            "BPE",
            r#""unused_ids": [3],"#,
        ),
        sentencepiece(
            r#""Unigram", "unk_id": 0, "vocab": [["u", 0], ["a", -1.5], ["b", -1], ["ab", -3]]"#,
            "Unigram",
            "",
        ),
        sentencepiece(r#""WordLevel", "vocab": {"u": 0, "a": 1, "ab": 2, "b": 3}, "unk_token": "u""#, "Word", ""),
        sentencepiece(
            r#""BPE", "vocab": {"u": 0, "a": 1, "b": 2, "ab": 3}, "merges": []"#,
            "Char",
            r#""user_defined_ids": [3],"#,
        ),
    ]
}

/// A small model of `SentencePiece`.
fn sentencepiece(standard: &str, kind: &str, more: &str) -> String {
    let scores = if kind == "BPE" { r#""merge_by": "scores", "scores": [null, -1, -2, -3],"# } else { "" };
    format!(
        r#"{{"model": {{"type": {standard}, "lexel": {{"reference": "sentencepiece", "pre_tokenizer": null, "model": {{
        "kind": "{kind}", {scores} {more} "special_ids": [0], "unk_id": 0, "byte_fallback": false}}}}}}}}"#
    )
}

fn compiled(json: &str) -> (Pipeline, Vec<u8>) {
    let pipeline = Pipeline::from_json(json).expect("a valid file");
    let bytes = pipeline.to_compiled(&KEY, b"note").expect("a compiled form");
    (pipeline, bytes)
}

fn read(bytes: &[u8]) -> Result<Pipeline> {
    let (pipeline, note) = Pipeline::from_compiled(&mut &*bytes, bytes.len() as u64, &KEY)?;
    assert!(note.len() <= bytes.len());
    Ok(pipeline)
}

#[test]
fn what_is_read_is_what_was_written() {
    for json in files() {
        let (fresh, bytes) = compiled(&json);
        let (stored, note) =
            Pipeline::from_compiled(&mut &*bytes, bytes.len() as u64, &KEY).expect("the file just written");
        assert_eq!(note, b"note");
        assert_eq!(stored.to_json(false).expect("JSON"), fresh.to_json(false).expect("JSON"));
        assert_eq!(stored.to_compiled(&KEY, b"note").expect("a compiled form"), bytes, "{json}");
        for text in ["", "ab", "aab ab<x>b", "b é ab😀", " ab ab"] {
            let ids = |pipeline: &Pipeline| {
                pipeline.encode_ids(text, EncodeOptions::default(), &mut Scratch::default()).map_err(|e| e.to_string())
            };
            assert_eq!(ids(&stored), ids(&fresh), "{text:?} with {json}");
        }
    }
}

#[test]
fn another_key_is_refused() {
    let (_, bytes) = compiled(&files()[0]);
    assert!(Pipeline::from_compiled(&mut &*bytes, bytes.len() as u64, &[8; 32]).is_err());
}

#[test]
fn what_was_changed_or_cut_off_is_refused() {
    let mut random = Random::new(11);
    for json in files() {
        let (_, bytes) = compiled(&json);
        let anywhere = (0..100).map(|_| random.next_u64() as usize % bytes.len());
        for at in (0..HEAD + CHECKSUM + 100).chain(anywhere.collect::<Vec<_>>()) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (random.next_u64() % 8);
            assert!(read(&changed).is_err(), "byte {at}");
            assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        }
        assert!(read(&[&*bytes, &[0]].concat()).is_err(), "one byte more");
    }
}

/// Not even with the checksum made right do wild numbers make the core panic.
#[test]
fn numbers_out_of_bounds_are_refused() {
    let mut random = Random::new(12);
    for json in files().iter().filter(|json| !json.contains("Unigram")) {
        let (_, bytes) = compiled(json);
        for _ in 0..300 {
            let mut changed = bytes.clone();
            let at = HEAD + CHECKSUM + random.next_u64() as usize % (bytes.len() - HEAD - CHECKSUM);
            changed[at] = random.next_u64() as u8;
            let mut hasher = blake3::Hasher::new();
            hasher.update(&changed[..HEAD]).update(&changed[HEAD + CHECKSUM..]);
            changed[HEAD..HEAD + CHECKSUM].copy_from_slice(hasher.finalize().as_bytes());
            if let Ok(pipeline) = read(&changed) {
                let _ = pipeline.encode_ids("aab ab<x>bé😀", EncodeOptions::default(), &mut Scratch::default());
                let _ = pipeline.decode([0, 1, 2, 7, 8, 100].into_iter(), false);
                let _ = pipeline.to_json(false);
            }
        }
    }
}
