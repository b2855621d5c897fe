//! Whatever is read, encoded or decoded: an answer or an error, never a panic, never a hang.

use lexel::{EncodeOptions, Pipeline, Scratch, Text};
use proptest::prelude::*;

const MODELS: [&str; 4] = [
    r#"{"type":"BPE","byte_fallback":true,"unk_token":"?","vocab":{"a":0,"b":1,"ab":2,"?":3,"<0xC3>":4,"▁":5},"merges":["a b"]}"#,
    r##"{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"#","max_input_chars_per_word":5,"vocab":{"a":0,"#b":1,"?":2}}"##,
    r#"{"type":"WordLevel","unk_token":"?","vocab":{"ab":0,"?":1}}"#,
    r#"{"type":"Unigram","unk_id":0,"vocab":[["?",0.0],["a",-1.0],["ab",-1.5],["▁",-2.0]]}"#,
];
const NORMALIZERS: [&str; 4] = [
    "null",
    r#"{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"}]}"#,
    r#"{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"#,
    r#"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#,
];
const PRE_TOKENIZERS: [&str; 4] = [
    "null",
    r#"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#,
    r#"{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}"#,
    r#"{"type":"BertPreTokenizer"}"#,
];
const DECODERS: [&str; 4] = [
    "null",
    r#"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#,
    r#"{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}"#,
    r##"{"type":"WordPiece","prefix":"#","cleanup":true}"##,
];

fn file(
    model: &str,
    normalizer: &str,
    pre_tokenizer: &str,
    decoder: &str,
    [lstrip, rstrip, after_normalizing]: [bool; 3],
) -> String {
    format!(
        r#"{{"version":"1.0","added_tokens":[{{"id":9,"content":"<a>","single_word":false,"lstrip":{lstrip},"rstrip":{rstrip},"normalized":{after_normalizing},"special":true}}],"normalizer":{normalizer},"pre_tokenizer":{pre_tokenizer},"decoder":{decoder},"model":{model}}}"#
    )
}

fn files() -> impl Strategy<Value = String> {
    let one = prop::sample::select::<&str>;
    (one(&MODELS), one(&NORMALIZERS), one(&PRE_TOKENIZERS), one(&DECODERS), any::<[bool; 3]>())
        .prop_map(|(model, normalizer, pre, decoder, flags)| file(model, normalizer, pre, decoder, flags))
}

fn texts() -> impl Strategy<Value = String> {
    let parts =
        prop::sample::select::<&str>(&["a", "b", "ab", " ", "\n", "<a>", "▁", "é", "e\u{301}", "日", "\u{200d}", "\0"]);
    prop_oneof![any::<String>(), prop::collection::vec(parts, 0..200).prop_map(|parts| parts.concat())]
}

/// Encode a text in every way, and decode what came out.
fn exercise(pipeline: &Pipeline, text: &str) {
    let mut scratch = Scratch::default();
    let options = EncodeOptions::default();
    let ids = pipeline.encode_ids(text, options, &mut scratch);
    let spans = pipeline.encode(Text::Raw(text), None, options, None, lexel::Spans::Chars, &mut scratch);
    if let (Ok(ids), Ok(spans)) = (ids, spans) {
        assert_eq!(ids, spans.ids, "ids with and without spans");
        let length = text.chars().count() as u32;
        assert!(spans.offsets.iter().all(|&(start, end)| start <= end && end <= length), "spans lie in the text");
        let whole = pipeline.decode(ids.iter().copied(), false);
        let mut stream = pipeline.decode_stream(false);
        let mut pieces: String = ids.iter().map(|&id| stream.feed(id)).collect();
        pieces += &stream.flush();
        assert_eq!(pieces, whole, "streamed and whole");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_are_encoded_and_decoded(json in files(), text in texts()) {
        if let Ok(pipeline) = Pipeline::from_json(&json) {
            exercise(&pipeline, &text);
        }
    }

    #[test]
    fn ids_are_decoded(json in files(), ids in prop::collection::vec(any::<u32>().prop_map(|id| id % 16), 0..50)) {
        if let Ok(pipeline) = Pipeline::from_json(&json) {
            pipeline.decode(ids.iter().copied(), true);
        }
    }

    #[test]
    fn broken_files_are_refused_or_work(
        json in files(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        // Parts of the file take the place of other parts.
        let mut characters: Vec<char> = json.chars().collect();
        for (at, from, length) in cuts {
            let (at, from) = (at.index(characters.len()), from.index(characters.len()));
            let length = length.index(24);
            let source = characters[from..characters.len().min(from + length)].to_vec();
            let end = characters.len().min(at + length / 2);
            characters.splice(at..end, source);
        }
        let broken: String = characters.into_iter().collect();
        match Pipeline::from_json(&broken) {
            Ok(pipeline) => exercise(&pipeline, "ab <a> é\n ab"),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn anything_at_all_is_no_file(text in any::<String>()) {
        prop_assert!(Pipeline::from_json(&text).is_err());
    }
}
