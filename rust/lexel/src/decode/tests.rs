use serde_json::{Value, json};

use super::{Decoder, StreamState, Table};
use crate::random::Random;

fn decoder(value: &Value) -> Decoder {
    Decoder::compile(value, "decoder").expect("a decoder")
}

fn llama() -> Value {
    json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]})
}

fn below(random: &mut Random, n: u64) -> u64 {
    random.next_u64() % n
}

fn one_of<T: Clone>(random: &mut Random, items: &[T]) -> T {
    items[below(random, items.len() as u64) as usize].clone()
}

fn any_decoder(random: &mut Random, depth: usize) -> Value {
    let literals = ["▁", " ", "ab", "aab", "</w>", "", "##", "é", "<0x41>", "abab", ".", "Ġ"];
    let flag = below(random, 2) == 0;
    let word = one_of(random, &literals);
    match below(random, if depth > 0 { 13 } else { 10 }) {
        0 => json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}),
        1 => json!({"type": "WordPiece", "prefix": one_of(random, &["##", "##", "", "a"]), "cleanup": flag}),
        2 => {
            let scheme = one_of(random, &["always", "first", "never"]);
            json!({"type": "Metaspace", "replacement": one_of(random, &["▁", "a", " "]), "prepend_scheme": scheme})
        }
        3 => json!({"type": "BPEDecoder", "suffix": one_of(random, &["</w>", "</w>", "a", "", "aa"])}),
        4 => json!({"type": "ByteFallback"}),
        5 => json!({"type": "Fuse"}),
        6 => {
            let (start, stop) = (below(random, 3), below(random, 3));
            json!({"type": "Strip", "content": one_of(random, &[" ", "a", "é", "▁"]), "start": start, "stop": stop})
        }
        7 => json!({"type": "Replace", "pattern": {"String": word}, "content": one_of(random, &literals)}),
        8 => {
            let regex = one_of(random, &["a+", r"\s", "[ab]{2}", "b|ab"]);
            json!({"type": "Replace", "pattern": {"Regex": regex}, "content": one_of(random, &literals)})
        }
        9 => {
            let pad = one_of(random, &["a", "", "<pad>", " "]);
            json!({"type": "CTC", "pad_token": pad, "word_delimiter_token": one_of(random, &["|", "", "a", "b"]), "cleanup": flag})
        }
        _ => {
            let parts: Vec<Value> = (0..below(random, 5)).map(|_| any_decoder(random, depth - 1)).collect();
            json!({"type": "Sequence", "decoders": parts})
        }
    }
}

const TOKENS: [&str; 36] = [
    "a", "b", "aa", "aab", "", " ", "▁", "▁a", "##a", "##", "#", ".", " .", " n't", "n't", " do", " not", "'", "</w>",
    "a</w>", "</", "w>b", "é", "Ġa", "Ã", "©", "ÃĤ", "<0xC3>", "<0xA9>", "<0x41>", "<0xFF>", "<0xE2>", "<0x", "|",
    "日 ", "<pad>",
];

fn check(value: &Value, tokens: &[&str]) {
    let decoder = decoder(value);
    let mut stream = StreamState::new(Some(&decoder));
    let mut given = String::new();
    for at in 0..=tokens.len() {
        let mut fork = stream.clone();
        let mut text = given.clone();
        fork.flush(&mut text);
        assert_eq!(text, decoder.decode(tokens[..at].iter().copied()), "{value} on {:?}", &tokens[..at]);
        if let Some(token) = tokens.get(at) {
            stream.feed(token, &mut given);
        }
    }
    stream.flush(&mut String::new());
    let mut again = String::new();
    for token in tokens {
        stream.feed(token, &mut again);
    }
    stream.flush(&mut again);
    assert_eq!(again, decoder.decode(tokens.iter().copied()), "{value}: a stream starts anew after its end");
}

#[test]
fn streams_equal_the_whole_for_every_chain_and_every_end() {
    let mut random = Random::new(7);
    for _ in 0..30_000 {
        let value = any_decoder(&mut random, 2);
        let tokens: Vec<&str> = (0..below(&mut random, 9)).map(|_| one_of(&mut random, &TOKENS)).collect();
        check(&value, &tokens);
    }
    let rows: &[&[&str]] =
        &[&["▁", "▁a", "<0xC3>", "<0xA9>", "b", "<0xC3>", "x", "<0xFF>"], &["▁a", "<0xE6>", "<0x97>", "<0xA5>", "b"]];
    for row in rows {
        check(&llama(), row);
    }
}

/// What has been given out after each token.
fn steps(value: &Value, tokens: &[&str]) -> Vec<String> {
    let mut stream = StreamState::new(Some(&decoder(value)));
    let mut out = String::new();
    tokens
        .iter()
        .map(|token| {
            stream.feed(token, &mut out);
            out.clone()
        })
        .collect()
}

/// Decode rows by the table, and id by id, and compare with the decoder. Some ids are special, some are holes.
fn check_table(value: Option<&Value>, random: &mut Random) -> bool {
    let decoder = value.map(decoder);
    let long = "▁long".repeat(600);
    let tokens: Vec<&str> =
        TOKENS.into_iter().chain(["Ġabcdefghijklmn", "abcdefghijklmno", "ÃĤé longer than that", &long]).collect();
    let special = |id: u32| id % 7 == 3;
    let token = |id: u32| tokens.get(id as usize).copied().filter(|_| id % 11 != 5);
    let Some(table) = Table::new(decoder.as_ref(), tokens.len(), |id| Some((token(id)?, special(id)))) else {
        return false;
    };
    for length in [0, 1, 2, 3, 7, 40, 300] {
        let ids: Vec<u32> = (0..length).map(|_| below(random, tokens.len() as u64 + 3) as u32).collect();
        for skip in [false, true] {
            let kept = || ids.iter().filter(|&&id| !skip || !special(id)).filter_map(|&id| token(id));
            let expected = match &decoder {
                Some(decoder) => decoder.decode(kept()),
                None => kept().collect::<Vec<_>>().join(" "),
            };
            assert_eq!(table.decode(&ids, skip, token), expected, "{value:?} {skip} {ids:?}");
            let (mut quick, mut slow) = (StreamState::new(decoder.as_ref()), StreamState::new(decoder.as_ref()));
            let (mut text, mut slow_text) = (String::new(), String::new());
            for &id in &ids {
                let token = token(id).filter(|_| !skip || !special(id));
                if !quick.feed_id(&table, id, skip, &mut text)
                    && let Some(token) = token
                {
                    quick.feed(token, &mut text);
                }
                if let Some(token) = token {
                    slow.feed(token, &mut slow_text);
                }
                assert!(text == slow_text, "{value:?} {skip} {ids:?}: a step gives other text");
            }
            quick.flush(&mut text);
            assert_eq!(text, expected, "{value:?} {skip} {ids:?}");
        }
    }
    true
}

#[test]
fn tables_equal_the_decoder() {
    let mut random = Random::new(20_261_122);
    assert!(check_table(None, &mut random));
    let replace = json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "});
    let strip = json!({"type": "Strip", "content": " ", "start": 1, "stop": 1});
    for value in [
        llama(),
        json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}),
        json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}),
        json!({"type": "WordPiece", "prefix": "##", "cleanup": true}),
        json!({"type": "BPEDecoder", "suffix": "</w>"}),
        json!({"type": "Sequence", "decoders": [replace, {"type": "ByteFallback"}]}),
        json!({"type": "Sequence", "decoders": [replace, {"type": "ByteFallback"}, {"type": "Fuse"}, strip]}),
    ] {
        assert!(check_table(Some(&value), &mut random), "{value}: no table");
    }
    let known = (0..200).filter(|_| check_table(Some(&any_decoder(&mut random, 2)), &mut random)).count();
    assert!(known > 60, "only {known} tables");
}

#[test]
fn text_is_given_out_as_soon_as_it_is_final() {
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true});
    assert_eq!(steps(&byte_level, &["aÃ", "©"]), ["a", "aé"]);
    assert_eq!(steps(&llama(), &["▁a", "<0xC3>", "<0xA9>", "b"]), ["a", "a", "a", "aéb"]);
    // A run of bytes that can be no text any more is known to be replacement characters.
    assert_eq!(steps(&llama(), &["<0xC3>", "<0xC3>", "<0xA9>"]), ["", "\u{FFFD}\u{FFFD}", "\u{FFFD}\u{FFFD}\u{FFFD}"]);
    let words = json!({"type": "WordPiece", "prefix": "##", "cleanup": true});
    assert_eq!(steps(&words, &["a", "##b", ".", "c"]), ["a", "ab", "ab.", "ab. c"]);
    let suffixed = json!({"type": "BPEDecoder", "suffix": "</w>"});
    assert_eq!(steps(&suffixed, &["a</w>", "b", "c</w>"]), ["a", "a b", "a bc"]);
    let joined = json!({"type": "Sequence", "decoders": [{"type": "Fuse"}, words]});
    assert_eq!(steps(&joined, &["a", " ", ".", " do", " no"]), ["a", "a", "a.", "a.", "a."]);
    let ctc = json!({"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true});
    assert_eq!(steps(&ctc, &["a", "a", "<pad>", "a", "|"]), ["a", "a", "a", "aa", "aa "]);
}

#[test]
fn long_streams_take_linear_time() {
    let long = "a".repeat(50_000);
    let replace = json!({"type": "Replace", "pattern": {"String": long}, "content": "x"});
    let strip = json!({"type": "Strip", "content": "a", "start": 0, "stop": 1_000_000});
    for part in [replace, strip, json!({"type": "WordPiece", "prefix": long, "cleanup": true})] {
        let value = json!({"type": "Sequence", "decoders": [{"type": "Fuse"}, part]});
        let decoder = decoder(&value);
        let mut stream = StreamState::new(Some(&decoder));
        let mut out = String::new();
        (0..120_000).for_each(|_| stream.feed("a", &mut out));
        stream.flush(&mut out);
        assert_eq!(out, decoder.decode(std::iter::repeat_n("a", 120_000)));
    }
    let value = json!({"type": "ByteFallback"});
    let mut stream = StreamState::new(Some(&decoder(&value)));
    let mut out = String::new();
    (0..200_000).for_each(|_| stream.feed("<0x41>", &mut out));
    stream.flush(&mut out);
    assert_eq!(out.len(), 200_000);
}
