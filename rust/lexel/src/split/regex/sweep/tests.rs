//! The pass gives what the search gives, on patterns in use and on random ones, on texts of every shape.

use crate::random::Random;
use crate::split::pattern::Pattern;
use crate::split::regex::{Memo, PassScratch, parse};

const KNOWN: [&str; 9] = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"\p{N}{1,3}",
    r"[0-9][0-9][0-9]",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"\d+|\s+|\w+",
    r"[A-Z]?[a-z]+|\s{2}",
    r"[^\s]+|\s",
];
const TEXTS: [&str; 24] = [
    "a", "b", "s", "e", "r", "A", "ſ", "é", "ь", "日", "ひ", "1", "22", "٣", " ", "  ", "\n", "\r\n", "\t", "'", ".",
    "!?", "😀", "\u{3000}",
];

fn random(random: &mut Random, bound: usize) -> usize {
    (random.next_u64() % bound as u64) as usize
}

fn pattern(random_numbers: &mut Random) -> String {
    const ATOMS: [&str; 16] = [
        "a",
        "b",
        "'",
        " ",
        "\\n",
        "[as1]",
        "\\p{L}",
        "\\p{Lu}",
        "\\s",
        "[^\\s\\p{L}]",
        ".",
        "\\d",
        "[^a]",
        "日",
        "(?:ab|a)",
        "(?:a|\\s)",
    ];
    const REPEATS: [&str; 9] = ["", "", "", "?", "+", "*", "{1,3}", "+?", "{2}"];
    const ENDS: [&str; 8] = ["", "", "", "", "", "(?!\\S)", "(?=[a ])", "$"];
    let branches: Vec<String> = (0..=random(random_numbers, 4))
        .map(|_| {
            let mut branch = String::new();
            for _ in 0..=random(random_numbers, 3) {
                branch += ATOMS[random(random_numbers, ATOMS.len())];
                branch += REPEATS[random(random_numbers, REPEATS.len())];
            }
            branch + ENDS[random(random_numbers, ENDS.len())]
        })
        .collect();
    branches.join("|")
}

fn text(random_numbers: &mut Random) -> String {
    let letters = 2 + random(random_numbers, TEXTS.len() - 1);
    let first = random(random_numbers, TEXTS.len());
    let length = [20, 200, 2_000, 30_000][random(random_numbers, 4)] / (1 + random(random_numbers, 4));
    let mut text = String::new();
    while text.len() < length {
        let part = TEXTS[(first + random(random_numbers, letters)) % TEXTS.len()];
        let most = [1, 1, 1, 6, 80][random(random_numbers, 5)];
        text += &part.repeat(1 + random(random_numbers, most));
    }
    text
}

/// The pieces by the search: both ends of every match cut.
fn searched(pattern: &Pattern, text: &str) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let part = |start, end, _| {
        pieces.push((start, end));
        Ok(())
    };
    pattern.matches(text, &mut Memo::default(), part).expect("no error of its own");
    pieces
}

/// The pieces by the pass, where the pattern has one.
fn swept(pattern: &Pattern, text: &str, scratch: &mut PassScratch) -> Option<Vec<(usize, usize)>> {
    let mut pieces = Vec::new();
    let mut piece = |start, end| {
        pieces.push((start, end));
        Ok(())
    };
    let done = pattern.cut(text, false, &mut Memo::default(), scratch, &mut piece).expect("no error of its own");
    done.then_some(pieces)
}

/// Where two lists first differ, so that a failure can be read.
fn first_difference<T: PartialEq + std::fmt::Debug>(one: &[T], other: &[T]) -> Option<String> {
    let at = (0..one.len().max(other.len())).find(|&i| one.get(i) != other.get(i))?;
    Some(format!("at {at}: {:?} and {:?}", one.get(at), other.get(at)))
}

fn check(source: &str, text: &str, scratch: &mut PassScratch) -> bool {
    let compiled = Pattern::regex(source).expect(source);
    let Some(pieces) = swept(&compiled, text, scratch) else { return false };
    if let Some(difference) = first_difference(&pieces, &searched(&compiled, text)) {
        let mut short = text.to_owned();
        short.truncate(text.char_indices().nth(300).map_or(text.len(), |(at, _)| at));
        panic!("{source:?}: pass and search differ {difference} on {} bytes {short:?}", text.len());
    }
    true
}

#[test]
fn patterns_in_use_are_cut_in_one_pass_as_they_are_searched() {
    let (mut numbers, mut scratch) = (Random::new(20), PassScratch::default());
    for source in KNOWN {
        let mut cut = 0;
        for _ in 0..60 {
            cut += usize::from(check(source, &text(&mut numbers), &mut scratch));
        }
        assert!(cut > 40, "{source} has no pass");
    }
}

#[test]
fn random_patterns_are_cut_in_one_pass_as_they_are_searched() {
    let (mut numbers, mut scratch) = (Random::new(21), PassScratch::default());
    let mut cut = 0;
    for _ in 0..300 {
        let source = pattern(&mut numbers);
        if !parse(&source).expect(&source).nullable() {
            for _ in 0..4 {
                cut += usize::from(check(&source, &text(&mut numbers), &mut scratch));
            }
        }
    }
    assert!(cut > 300, "only {cut} cases had a pass");
}

#[test]
fn every_place_of_a_block_may_be_its_end() {
    let (mut numbers, mut scratch) = (Random::new(22), PassScratch::default());
    let sentence = "I'll see  99 trees,\n\n    and 日本語 too.";
    for source in &KNOWN[..3] {
        for shift in 0..sentence.len() {
            let text = " ".repeat(shift) + &sentence.repeat(900 + random(&mut numbers, 3));
            assert!(check(source, &text, &mut scratch));
        }
    }
}

#[test]
fn runs_without_a_certain_boundary_are_searched() {
    let mut scratch = PassScratch::default();
    for part in ["a", " ", "\n", "日", "\n ", "'s", "٣", "é", "a1", ". "] {
        for source in KNOWN {
            let text = part.repeat(50_000 / part.len());
            let compiled = Pattern::regex(source).expect(source);
            assert_eq!(swept(&compiled, &text, &mut scratch).expect(source), searched(&compiled, &text), "{source}");
        }
    }
}
