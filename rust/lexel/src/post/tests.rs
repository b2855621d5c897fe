use serde_json::{Value, json};

use super::Post;
use crate::encoding::{Encoding, Side};
use crate::error::ErrorKind;

fn post(value: &Value) -> Post {
    Post::compile(value, "post_processor").expect("a post-processor")
}

fn numbered(ids: std::ops::Range<u32>) -> Encoding {
    let n = ids.len();
    Encoding {
        ids: ids.clone().collect(),
        type_ids: vec![0; n],
        offsets: ids.clone().map(|i| (i, i + 1)).collect(),
        words: ids.collect(),
        special_tokens_mask: vec![0; n],
        attention_mask: vec![1; n],
        ..Encoding::default()
    }
}

fn bert() -> Value {
    json!({"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]})
}

fn roberta() -> Value {
    let mut value = bert();
    value["type"] = json!("RobertaProcessing");
    value["trim_offsets"] = json!(true);
    value["add_prefix_space"] = json!(false);
    value
}

fn template(single: &Value, pair: &Value) -> Value {
    let specials = json!({"[CLS]": {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}});
    json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": specials})
}

#[test]
fn bert_and_roberta_enclose_each_sequence() {
    let whole = post(&bert()).process(numbered(0..2), Some(numbered(5..6)), true).expect("fits");
    assert_eq!(whole.ids, [101, 0, 1, 102, 5, 102]);
    assert_eq!(whole.type_ids, [0, 0, 0, 0, 1, 1]);
    assert_eq!(whole.sequence_ids(), [None, Some(0), Some(0), None, Some(1), None]);
    assert_eq!(whole.special_tokens_mask, [1, 0, 0, 1, 0, 1]);
    let whole = post(&roberta()).process(numbered(0..2), Some(numbered(5..6)), true).expect("fits");
    assert_eq!(whole.ids, [101, 0, 1, 102, 102, 5, 102]);
    assert_eq!(whole.type_ids, [0; 7]);
    assert_eq!(whole.sequence_ids(), [None, Some(0), Some(0), None, None, Some(1), None]);
}

#[test]
fn windows_are_enclosed_too() {
    let mut first = numbered(0..5);
    first.truncate(2, 0, Side::Right).expect("room");
    let whole = post(&bert()).process(first, None, true).expect("fits");
    let windows: Vec<_> = whole.overflowing.iter().map(|w| w.ids.clone()).collect();
    assert_eq!(windows, [vec![101, 2, 3, 102], vec![101, 4, 102]]);
}

#[test]
fn ids_of_one_sequence_have_a_short_way() {
    let special = json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}});
    let sequence = json!({"Sequence": {"id": "A", "type_id": 0}});
    let once = template(&json!([special, sequence, special]), &json!([]));
    let nested = json!({"type": "Sequence", "processors": [bert(), once]});
    assert_eq!(post(&nested).around(), Some((&[101, 101][..], &[102, 101][..])));
    let whole = post(&nested).process(numbered(0..1), None, true).expect("fits");
    assert_eq!(whole.ids, [101, 101, 0, 102, 101]);
    let twice = template(&json!([sequence, sequence]), &json!([]));
    assert_eq!(post(&twice).around(), None);
}

#[test]
fn what_has_no_place_is_an_error_of_the_call() {
    let special = json!({"SpecialToken": {"id": "[X]", "type_id": 0}});
    let second = json!({"Sequence": {"id": "B", "type_id": 1}});
    let odd = post(&template(&json!([second]), &json!([special])));
    let error = odd.process(numbered(0..1), None, true).expect_err("no sequence B");
    assert_eq!((error.kind(), error.path()), (ErrorKind::Argument, Some("post_processor.single[0]")));
    let error = odd.process(numbered(0..1), Some(numbered(0..1)), true).expect_err("no [X]");
    assert_eq!((error.kind(), error.path()), (ErrorKind::Format, Some("post_processor.pair[0]")));
    assert!(odd.process(numbered(0..1), Some(numbered(0..1)), false).expect("nothing put in").is_empty());
}
