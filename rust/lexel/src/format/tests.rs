//! What files say, and what is wrong with them.

use super::*;
use crate::error::ErrorKind;

const MODEL: &str = r#""model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}"#;

fn file(field: &str) -> Result<Spec> {
    read(&format!("{{{field}, {MODEL}}}"))
}

fn refusal(text: &str) -> (ErrorKind, String) {
    let error = read(text).expect_err(text);
    (error.kind(), error.to_string())
}

fn model(fields: &str) -> Result<&'static str> {
    let spec = read(&format!(r#"{{"model": {{{fields}}}}}"#))?;
    Ok(match spec.model.options {
        crate::model::ModelOptions::Bpe(_) => "BPE",
        crate::model::ModelOptions::Unigram(_) => "Unigram",
        crate::model::ModelOptions::WordPiece(_) => "WordPiece",
        crate::model::ModelOptions::WordLevel(_) => "WordLevel",
    })
}

#[test]
fn components_are_kept_as_the_library_would_write_them() {
    let cases = [
        ("normalizer", r#"{"prepend": "x", "extra": [1]}"#, r#"{"type":"Prepend","prepend":"x"}"#),
        (
            "normalizer",
            r#"{"type": "Foo", "strip_right": true, "strip_left": false}"#,
            r#"{"type":"Strip","strip_left":false,"strip_right":true}"#,
        ),
        (
            "normalizer",
            r#"{"type": "Bert", "lowercase": true, "clean_text": true, "handle_chinese_chars": false}"#,
            r#"{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":null,"lowercase":true}"#,
        ),
        (
            "normalizer",
            r#"{"normalizers": [{"type": "NFC"}, {"normalizers": []}]}"#,
            r#"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Sequence","normalizers":[]}]}"#,
        ),
        (
            "pre_tokenizer",
            r#"{"type": "Metaspace", "replacement": "_", "str_rep": "_", "add_prefix_space": true, "split": null}"#,
            r#"{"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":true}"#,
        ),
        ("pre_tokenizer", r#"{"type": "Punctuation"}"#, r#"{"type":"Punctuation","behavior":"Isolated"}"#),
        ("pre_tokenizer", r#"{"type": "FixedLength"}"#, r#"{"type":"FixedLength","length":5}"#),
        (
            "post_processor",
            r#"{"type": "BertProcessing", "sep": ["s", 1], "cls": ["c", 2], "trim_offsets": true, "add_prefix_space": false}"#,
            r#"{"type":"RobertaProcessing","sep":["s",1],"cls":["c",2],"trim_offsets":true,"add_prefix_space":false}"#,
        ),
        (
            "post_processor",
            r#"{"special_tokens": {"b": {"id": "b", "ids": [], "tokens": []}, "a": {"id": "a", "ids": [], "tokens": []}}, "single": [], "pair": []}"#,
            r#"{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{"a":{"id":"a","ids":[],"tokens":[]},"b":{"id":"b","ids":[],"tokens":[]}}}"#,
        ),
        ("decoder", r#"{"type": 1, "suffix": "x"}"#, r#"{"type":"BPEDecoder","suffix":"x"}"#),
        ("decoder", r#"{"prefix": "x", "cleanup": true}"#, r#"{"type":"WordPiece","prefix":"x","cleanup":true}"#),
        (
            "truncation",
            r#"{"stride": 1, "max_length": 2, "strategy": "OnlyFirst"}"#,
            r#"{"direction":"Right","max_length":2,"strategy":"OnlyFirst","stride":1}"#,
        ),
        ("padding", "null", "null"),
        (
            "truncation",
            r#"[{"Left": null}, 2, "OnlyFirst", 0]"#,
            r#"{"direction":"Left","max_length":2,"strategy":"OnlyFirst","stride":0}"#,
        ),
    ];
    for (name, text, expected) in cases {
        let spec = file(&format!("{name:?}: {text}")).expect(text);
        assert_eq!(spec.components.get(name).map(Value::to_string).as_deref(), Some(expected));
    }
}

#[test]
fn errors_name_the_place_and_what_is_expected_there() {
    let cases = [
        (
            r#""normalizer": {}"#,
            "normalizer: the field \"type\" is missing; expected the name of a normalizer: BertNormalizer",
        ),
        (r#""normalizer": 3"#, "normalizer: expected a normalizer (an object), found the number 3"),
        (
            r#""pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": 1}]}"#,
            "pre_tokenizer.pretokenizers[0].individual_digits: expected true or false, found the number 1",
        ),
        (
            r#""pre_tokenizer": {"type": "Delimiter", "delimiter": "x"}"#,
            "pre_tokenizer: the pre-tokenizer \"Delimiter\"; expected one of",
        ),
        (
            r#""post_processor": {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {"<s>": {"id": "", "ids": [-1], "tokens": []}}}"#,
            "post_processor.special_tokens[\"<s>\"].ids[0]: expected an integer from 0 to 4294967295, found the number -1",
        ),
        (
            r#""decoder": {"type": "Strip", "content": "ab", "start": 0, "stop": 0}"#,
            "decoder.content: expected a string of one character, found the string \"ab\"",
        ),
        (
            r#""padding": {"strategy": "Longest"}"#,
            "padding.strategy: expected one of BatchLongest, or an object, found the string \"Longest\"",
        ),
        (r#""truncation": {"max_length": 1.5}"#, "truncation.max_length: expected an integer from 0 to"),
        (r#""decoder": {"type": "Fuse", "type": "Fuse"}"#, "decoder.type: the field stands twice"),
        (r#""decoder": null, "decoder": null"#, "decoder: the field stands twice"),
        (r#""frobnicator": 1"#, "a tokenizer.json has no field \"frobnicator\"; it has version, "),
        (r#""version": "2.0""#, "version: expected \"1.0\", the only version there is, found the string \"2.0\""),
        (r#""added_tokens": [{"id": 1}]"#, "added_tokens[0]: the field \"content\" is missing"),
    ];
    for (field, expected) in cases {
        let error = file(field).expect_err(field).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let (kind, message) = refusal(&format!("{{\"decoder\": {}1", "[".repeat(200)));
    assert_eq!(kind, ErrorKind::Format);
    assert!(message.starts_with("decoder: nested deeper than 127 levels at line 1 column"), "{message}");
    assert!(refusal("\u{feff}{}").1.contains("byte order mark"));
    assert!(refusal(r#"{"model": {"type": "#).1.starts_with("model: the JSON ends too early"));
}

#[test]
fn models_without_a_type_are_told_apart_by_their_fields() {
    let cases = [
        (r#""vocab": {"a": 0}, "merges": [], "unk_token": "a""#, "BPE"),
        (r#""vocab": {"a": 0}, "merges": [], "unk_token": "a", "dropout": "x""#, "WordLevel"),
        (r#""vocab": {"a": 0}, "unk_token": "a""#, "WordLevel"),
        (
            r#""vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "", "max_input_chars_per_word": 1"#,
            "WordPiece",
        ),
        (
            r#""vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": null, "max_input_chars_per_word": 1"#,
            "WordLevel",
        ),
        (r#""vocab": [["a", 0]], "merges": 7"#, "Unigram"),
        (r#""type": "WordLevel", "vocab": {"a": 0}, "merges": [["a"]], "unk_token": "a""#, "WordLevel"),
    ];
    for (fields, expected) in cases {
        assert_eq!(model(fields).expect(fields), expected);
    }
}

#[test]
fn models_say_what_they_lack() {
    let cases = [
        (r#""vocab": {"a": 0}"#, "model: the field \"type\" is missing, and no model has these fields"),
        (r#""type": "BPE", "vocab": {"a": 0}"#, "model: the field \"merges\" is missing"),
        (r#""type": "BPE", "merges": []"#, "model: the field \"vocab\" is missing"),
        (r#""type": "GPT", "vocab": {}"#, "model.type: expected one of BPE"),
        (r#""type": null, "vocab": {}"#, "model.type: expected the name of a model"),
        (r#""type": "BPE", "merges": [], "vocab": {"a b": "x"}"#, "model.vocab[\"a b\"]: expected an id"),
        (r#""type": "BPE", "merges": [], "vocab": {"a": -1}"#, "model.vocab.a: expected an id"),
        (
            r#""type": "BPE", "merges": [], "vocab": {"a": 0, "b": 0}"#,
            "model.vocab: the tokens \"a\" and \"b\" share the id 0",
        ),
        (r#""type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a", "a"]]"#, "model.merges[0]: expected a merge"),
        (r#""type": "BPE", "vocab": {"a": 0}, "merges": ["a a", ["a", "a"]]"#, "model.merges[1]: merges are pairs"),
        (r#""type": "BPE", "vocab": {"a": 0}, "merges": ["a  a"]"#, "model.merges[0]: expected two tokens"),
        (r#""type": "BPE", "vocab": {"a": 0}, "merges": {}"#, "model.merges: expected a list of merges"),
        (
            r#""type": "BPE", "vocab": {"a": 0}, "merges": [["a", "z"]]"#,
            "model.merges: merge 0 joins \"a\" and \"z\", but \"z\"",
        ),
        (
            r#""type": "Unigram", "vocab": [["a", 0, 1]]"#,
            "model.vocab[0]: expected a token and its score, found an array of 3",
        ),
        (
            r#""type": "Unigram", "vocab": {"a": 0}"#,
            "model.vocab: expected an array of [token, score], found an object",
        ),
        (r#""type": "BPE", "vocab": [["a", 0]], "merges": []"#, "model.vocab: expected an object of token to id"),
        (r#""type": "BPE", "vocab": {}, "merges": [], "dropout": 1.5"#, "model.dropout: expected a number from 0 to 1"),
        (r#""type": "BPE", "vocab": {}, "vocab": {}"#, "model.vocab: the field stands twice"),
    ];
    for (fields, expected) in cases {
        let error = model(fields).expect_err(fields).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_exact_stages_are_kept_and_count() {
    let lexel = r#"{"reference":"tiktoken","pre_tokenizer":{"type":"Split","pattern":{"String":"-"},"behavior":"Removed","invert":false},"model":{"merge_by":"ids","special_ids":[5]}}"#;
    let json = format!(
        r#"{{"pre_tokenizer": {{"type": "Whitespace"}}, "model": {{"type": "BPE", "merges": [],
            "vocab": {{"a": 0, "b": 1, "ab": 2, "ba": 3, "aa": 4, "bb": 5}}, "lexel": {lexel}}}}}"#
    );
    let pipeline = crate::Pipeline::from_json(&json).expect("a tokenizer");
    let ids = |pipeline: &crate::Pipeline, text| {
        pipeline.encode_ids(text, crate::EncodeOptions::default(), &mut crate::Scratch::default()).expect("encodes")
    };
    assert_eq!(ids(&pipeline, "aba-bb"), [2, 0, 1, 1]);
    assert_eq!(pipeline.component("pre_tokenizer").expect("a name").expect("a stage"), r#"{"type":"Whitespace"}"#);
    assert_eq!(pipeline.merges(), [("a", "b"), ("b", "a"), ("a", "a")]);
    let written = pipeline.to_json(false).expect("writes");
    assert!(written.contains(r#""merges":[["a","b"],["b","a"],["a","a"]],"lexel":{"#), "{written}");
    assert!(written.ends_with(&format!("\"lexel\":{lexel}}}}}")), "{written}");
    let again = crate::Pipeline::from_json(&written).expect("its own file");
    assert_eq!((ids(&again, "aba-bb"), again.to_json(false).expect("writes")), (vec![2, 0, 1, 1], written));
    let changed = again.with_component("pre_tokenizer", Some(r#"{"type": "WhitespaceSplit"}"#)).expect("a stage");
    assert_eq!(ids(&changed, "ba ba"), [3, 3]);
    assert!(
        changed
            .to_json(false)
            .expect("writes")
            .ends_with(r#""lexel":{"reference":"tiktoken","model":{"merge_by":"ids","special_ids":[5]}}}}"#)
    );
}

#[test]
fn errors_name_the_place_under_the_key_lexel() {
    let cases = [
        (r"7", "model.lexel: expected an object, found the number 7"),
        (r"{}", "model.lexel: the field \"reference\" is missing"),
        (r#"{"reference": "x"}"#, "model.lexel.reference: expected one of tiktoken, sentencepiece"),
        (
            r#"{"reference": "tiktoken", "post": 1}"#,
            "model.lexel: the field \"post\", which this version does not know",
        ),
        (
            r#"{"reference": "tiktoken", "normalizer": {"type": "Sequence", "normalizers": [{"type": "Strip"}]}}"#,
            "model.lexel.normalizer.normalizers[0]: the field \"strip_left\" is missing",
        ),
        (r#"{"reference": "tiktoken", "model": {}}"#, "model.lexel.model: the field \"merge_by\" is missing"),
        (
            r#"{"reference": "tiktoken", "model": {"merge_by": "size"}}"#,
            "model.lexel.model.merge_by: expected \"ids\" or \"scores\", found the string \"size\"",
        ),
        (
            r#"{"reference": "sentencepiece", "model": {"merge_by": "scores"}}"#,
            "model.lexel.model: the field \"scores\" is missing",
        ),
        (
            r#"{"reference": "sentencepiece", "model": {"merge_by": "scores", "scores": [null, "a"]}}"#,
            "model.lexel.model.scores[1]: expected a number or null, found the string \"a\"",
        ),
        (
            r#"{"reference": "tiktoken", "model": {"merge_by": "ids", "special_ids": [-1]}}"#,
            "model.lexel.model.special_ids[0]: expected an integer from 0",
        ),
    ];
    for (lexel, expected) in cases {
        let fields = format!(r#""type": "BPE", "vocab": {{"a": 0}}, "merges": [], "lexel": {lexel}"#);
        let error = model(&fields).expect_err(lexel).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = model(
        r#""type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a",
        "lexel": {"reference": "tiktoken", "model": {"merge_by": "ids"}}"#,
    )
    .expect_err("no merges")
    .to_string();
    assert!(error.starts_with("model.lexel.model: only a model of the type \"BPE\" has merges"), "{error}");
}

#[test]
fn added_tokens_may_have_other_names() {
    let file = |aliases: &str| {
        let json = format!(
            r#"{{"added_tokens": [{{"id": 1, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true}}], "decoder": {{"type": "ByteLevel", "add_prefix_space": false,
                "trim_offsets": false}}, "model": {{"type": "BPE", "merges": [], "vocab": {{"a": 0, "<x>": 1}}, "lexel":
                {{"reference": "tiktoken", "decoder": {{"type": "Bytes", "parted": false}}, "aliases": {aliases}}}}}}}"#
        );
        crate::Pipeline::from_json(&json)
    };
    let pipeline = file(r#"{"<y>": 1}"#).expect("a tokenizer");
    let encoded = |pipeline: &crate::Pipeline| {
        pipeline
            .encode_ids("a<y><x>", crate::EncodeOptions::default(), &mut crate::Scratch::default())
            .expect("encodes")
    };
    assert_eq!(encoded(&pipeline), [0, 1, 1]);
    let again = crate::Pipeline::from_json(&pipeline.to_json(false).expect("writes")).expect("its own file");
    assert_eq!((encoded(&again), again.added_token_aliases()), (vec![0, 1, 1], &[("<y>".to_owned(), 1)][..]));
    for (aliases, expected) in [
        ("[]", "model.lexel.aliases: expected an object of name to id, found an array"),
        (r#"{"<y>": "1"}"#, "model.lexel.aliases[\"<y>\"]: expected an integer from 0 to 4294967295"),
        (r#"{"<y>": 7}"#, "\"<y>\" names the added token 7, which is none"),
    ] {
        let error = file(aliases).expect_err(aliases).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
