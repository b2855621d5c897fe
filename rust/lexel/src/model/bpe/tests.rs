//! Whatever way a piece takes, it becomes what merging its symbols one by one gives.

use super::merge::tests::naive;
use super::*;
use crate::random::Random;

/// What the words are made of: two letters, and characters of two, three and four bytes that share some.
const CHARS: [char; 12] = ['a', 'b', ' ', 'é', 'è', 'ñ', '的', '皅', '是', '日', '▁', '😀'];

struct Case {
    vocab: Vocab,
    bpe: Bpe,
    json: String,
}

/// A vocabulary of merges drawn at random: of pieces of the words themselves, so that many happen, and in any order.
fn random_case(random: &mut Random, alphabet: Alphabet, fallback: bool) -> Option<Case> {
    let mut below = |n: usize| (random.next_u64() % n as u64) as usize;
    let spelled = |text: &str| match alphabet {
        Alphabet::Bytes => spell(text),
        Alphabet::Characters => text.to_owned(),
    };
    let mut tokens: Vec<String> = match alphabet {
        Alphabet::Bytes => BYTE_LETTERS.iter().map(char::to_string).collect(),
        Alphabet::Characters => CHARS.iter().skip(usize::from(fallback)).map(char::to_string).collect(),
    };
    if fallback {
        tokens.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    }
    let seen: Vec<usize> = match alphabet {
        Alphabet::Bytes => {
            let bytes = CHARS.iter().collect::<String>().into_bytes();
            let mut seen: Vec<usize> = bytes.into_iter().map(usize::from).collect();
            seen.sort_unstable();
            seen.dedup();
            seen
        }
        Alphabet::Characters => (0..CHARS.len() - 1).collect(),
    };
    let mut usable = seen;
    let mut merges: Vec<(u32, u32)> = Vec::new();
    let whole_chars = below(2) == 0;
    if alphabet == Alphabet::Bytes && whole_chars {
        // Characters come first, as in files that were trained.
        for c in CHARS.iter().filter(|c| !c.is_ascii()) {
            let letters: Vec<char> = spelled(&c.to_string()).chars().collect();
            let mut left = letters[0].to_string();
            for letter in &letters[1..] {
                let id = |text: &str| tokens.iter().position(|token| token == text);
                let (l, r) = (id(&left)?, id(&letter.to_string())?);
                left.push(*letter);
                let made = id(&left).unwrap_or(tokens.len());
                if made == tokens.len() {
                    tokens.push(left.clone());
                    usable.push(made);
                    merges.push((l as u32, r as u32));
                }
            }
        }
    }
    for _ in 0..below(80) {
        let (l, r) = (usable[below(usable.len())], usable[below(usable.len())]);
        let text = format!("{}{}", tokens[l], tokens[r]);
        if text.len() > 60 {
            continue;
        }
        if !tokens.contains(&text) {
            usable.push(tokens.len());
            tokens.push(text);
        }
        merges.push((l as u32, r as u32));
    }
    for _ in 0..if below(2) == 0 { merges.len() / 4 } else { 0 } {
        let (i, j) = (below(merges.len()), below(merges.len()));
        merges.swap(i, j);
    }
    let options = BpeOptions { ignore_merges: below(3) == 0, byte_fallback: fallback, ..BpeOptions::default() };
    let vocab = Vocab::new(tokens.iter().zip(0..)).expect("small ids");
    let bpe = Bpe::compile(&vocab, &merges, options, alphabet).expect("merges of the vocabulary");
    let json = format!("{tokens:?} {merges:?}");
    Some(Case { vocab, bpe, json })
}

/// The tokens of a piece by the definition, with their lengths.
fn by_definition(case: &Case, piece: &str) -> Vec<(u32, u32)> {
    let Case { vocab, bpe, .. } = case;
    let text = match bpe.alphabet {
        Alphabet::Bytes => spell(piece),
        Alphabet::Characters => piece.to_owned(),
    };
    if bpe.options.ignore_merges
        && let Some(id) = vocab.id(&text)
    {
        return vec![(id, piece.len() as u32)];
    }
    let mut symbols = Symbols::default();
    for c in text.chars() {
        let len = if bpe.alphabet == Alphabet::Bytes { 1 } else { c.len_utf8() as u32 };
        match vocab.id(&c.to_string()) {
            Some(id) => symbols.push(id, len),
            None => {
                for byte in c.to_string().bytes() {
                    symbols.push(vocab.id(&format!("<0x{byte:02X}>")).expect("all bytes"), 1);
                }
            }
        }
    }
    naive(&bpe.pairs, &mut symbols);
    symbols.ids.into_iter().zip(symbols.lens).collect()
}

#[test]
fn pieces_become_what_the_definition_says() {
    let mut random = Random::new(23);
    for number in 0..200 {
        let alphabet = if number % 2 == 0 { Alphabet::Bytes } else { Alphabet::Characters };
        let fallback = alphabet == Alphabet::Characters && number % 4 == 1;
        let Some(case) = random_case(&mut random, alphabet, fallback) else { continue };
        let mut scratch = BpeScratch::default();
        let mut below = |n: usize| (random.next_u64() % n as u64) as usize;
        for _ in 0..6 {
            let (mut text, mut pieces) = (String::new(), Vec::new());
            for _ in 0..below(crate::model::cache::BUNDLE) {
                let start = text.len() as u32;
                let longest = [3, 8, 20, 90, 300][below(5)];
                let kinds = 1 + below(CHARS.len());
                let first = below(CHARS.len());
                for _ in 0..=below(longest) {
                    text.push(CHARS[(first + below(kinds)) % CHARS.len()]);
                }
                pieces.push((start, text.len() as u32));
            }
            let mut expected = (Vec::new(), Vec::new());
            for &(start, end) in &pieces {
                let mut at = start;
                for (id, len) in by_definition(&case, &text[start as usize..end as usize]) {
                    expected.0.push(id);
                    expected.1.push((at, at + len));
                    at += len;
                }
            }
            // Once as it is met first, once from the cache.
            for _ in 0..2 {
                let mut out = PieceTokens::default();
                case.bpe.encode_bundle::<true>(&case.vocab, &text, &pieces, &mut scratch, &mut out).expect("ids");
                assert_eq!((&out.ids, &out.spans), (&expected.0, &expected.1), "case {number}: {text:?} {}", case.json);
                let mut out = PieceTokens { ids: vec![7], ..PieceTokens::default() };
                case.bpe.encode_bundle::<false>(&case.vocab, &text, &pieces, &mut scratch, &mut out).expect("ids");
                assert_eq!(out.ids[1..], expected.0, "case {number}: {text:?} {}", case.json);
            }
        }
    }
}
