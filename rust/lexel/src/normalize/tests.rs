//! Each normalizer on small texts whose results can be read; comparisons with the reference are in `tests/differential`.

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;

fn run(json: &Value, text: &str) -> (String, Vec<(u32, u32)>) {
    let normalizer = Normalizer::compile(json, "normalizer").expect("supported");
    let mut plain = Aligned::<false>::from_original(text, 0);
    normalizer.apply(&mut plain);
    let mut aligned = Aligned::<true>::from_original(text, 0);
    let before = aligned.spans();
    normalizer.apply(&mut aligned);
    assert_eq!(plain.text, aligned.text);
    let same = aligned.text == text && aligned.spans() == before;
    assert!(same || !normalizer.is_identity(text), "a text that changes is taken for one that does not");
    (aligned.text.clone(), aligned.spans())
}

fn text(json: &Value, text: &str) -> String {
    run(json, text).0
}

fn bert(strip_accents: Option<bool>, lowercase: bool) -> Value {
    json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
           "strip_accents": strip_accents, "lowercase": lowercase})
}

#[test]
fn prepended_text_stands_for_the_first_character() {
    let json = json!({"type": "Prepend", "prepend": "▁"});
    assert_eq!(run(&json, "äb"), ("▁äb".into(), vec![(0, 2), (0, 2), (0, 2), (0, 2), (0, 2), (2, 3)]));
    assert_eq!(text(&json, ""), "");
}

#[test]
fn replaced_text_stands_for_the_last_character_replaced() {
    let replace =
        |pattern: &str, content: &str| json!({"type": "Replace", "pattern": {"String": pattern}, "content": content});
    assert_eq!(run(&replace("ab", "xy"), "cabc"), ("cxyc".into(), vec![(0, 1), (2, 3), (2, 3), (3, 4)]));
    assert_eq!(run(&replace("ab", "ab"), "ab").1, [(1, 2), (1, 2)]);
    assert_eq!(run(&replace("", "-"), "ab"), ("-a-b-".into(), vec![(0, 0), (0, 1), (0, 1), (1, 2), (1, 2)]));
    assert_eq!(text(&replace("", "-"), ""), "");
    assert_eq!(text(&replace("", ""), "ab"), "ab");
    let regex = json!({"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "});
    assert_eq!(run(&regex, "a \nb c"), ("a b c".into(), vec![(0, 1), (2, 3), (3, 4), (4, 5), (5, 6)]));
}

#[test]
fn composed_characters_stand_for_their_base() {
    let (text, spans) = run(&json!({"type": "NFC"}), "e\u{301}x");
    assert_eq!(text, "éx");
    assert_eq!(spans, [(0, 1), (0, 1), (3, 4)]);
}

#[test]
fn bert_cleans_sets_apart_and_undresses() {
    assert_eq!(text(&bert(None, true), "\u{feff}Ünï\tCÖDÉ中\u{0}文\u{fffd}!\u{2028}"), "uni code 中  文 ! ");
    assert_eq!(text(&bert(None, false), "Ünï"), "Ünï");
    assert_eq!(text(&bert(Some(true), false), "Ünï"), "Uni");
    assert_eq!(text(&bert(Some(false), true), "ÜNİ"), "üni\u{307}");
    assert_eq!(run(&bert(None, true), "é中").1, [(0, 2), (2, 5), (2, 5), (2, 5), (2, 5), (2, 5)]);
    // A mark that is not nonspacing stays, and is sorted behind what comes to stand before it.
    assert_eq!(text(&bert(None, true), "가\u{302e}\u{1d165}"), "\u{1100}\u{1161}\u{1d165}\u{302e}");
}

#[test]
fn texts_that_do_not_change_are_known_by_a_scan() {
    for json in [bert(None, false), json!({"type": "NFC"}), json!({"type": "StripAccents"}), json!({"type": "Nmt"})] {
        let normalizer = Normalizer::compile(&json, "normalizer").expect("supported");
        assert!(normalizer.is_identity("plain text, 12 € ärger नहn 각😀"), "{json}");
    }
}

#[test]
fn long_texts_are_rewritten_in_linear_time() {
    for json in [bert(None, true), json!({"type": "NFC"}), json!({"type": "NFKD"}), json!({"type": "ByteLevel"})] {
        for text in ["\u{301}\u{323}", "A", "\u{302e}", "İ", "가\u{302e}", "\u{1}"] {
            assert!(!super::tests::text(&json, &text.repeat(200_000 / text.len())).contains('\u{2}'));
        }
    }
}

#[test]
fn single_characters() {
    assert_eq!(text(&json!({"type": "Lowercase"}), "ΑΣ İß"), "ασ i\u{307}ß");
    assert_eq!(text(&json!({"type": "StripAccents"}), "e\u{301}é"), "eé");
    assert_eq!(text(&json!({"type": "Nmt"}), "a\u{200b}b\u{1}\nc\u{0}"), "a b c\u{0}");
    assert_eq!(
        run(&json!({"type": "ByteLevel"}), "é "),
        ("Ã©Ġ".into(), [[(0, 2); 4].as_slice(), &[(2, 3); 2]].concat())
    );
    let strip = |left, right| json!({"type": "Strip", "strip_left": left, "strip_right": right});
    assert_eq!(run(&strip(true, true), " \u{3000}ä "), ("ä".into(), vec![(4, 6), (4, 6)]));
    assert_eq!(text(&strip(true, false), " ä "), "ä ");
    assert_eq!(text(&strip(false, true), " ä "), " ä");
    assert_eq!(text(&strip(true, true), " \n "), "");
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    for (json, kind, message) in [
        (
            json!({"type": "Precompiled", "precompiled_charsmap": "AAA A"}),
            ErrorKind::Format,
            "normalizer.precompiled_charsmap: expected base64",
        ),
        (
            json!({"type": "Precompiled", "precompiled_charsmap": "CAAAAAAAAAA="}),
            ErrorKind::Format,
            "normalizer.precompiled_charsmap: a character map of 8 bytes is cut off: expected 12 or more",
        ),
        (
            json!({"type": "Sequence", "normalizers": [
                {"type": "Replace", "pattern": {"String": ""}, "content": "x"},
                {"type": "NFC"},
            ]}),
            ErrorKind::Unsupported,
            "normalizer.normalizers[1]: a normalizer after one that inserts",
        ),
    ] {
        let error = Normalizer::compile(&json, "normalizer").expect_err("wrong");
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(error.kind(), kind, "{error}");
    }
}
