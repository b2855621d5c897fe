//! The trainer against a twin that is slow and obviously right: it scans every word, keeps every count in an ordered map
//! and finds the best pair by looking at all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{BpeTrainer, Stage, TrainedBpe, WordCounts};
use crate::error::ErrorKind;

/// A small generator of random numbers, the same on every machine.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn choose<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

type Words = Vec<(String, u64)>;

/// A pair that waits: count when queued, pair, when queued, words meant.
#[derive(Clone)]
struct Waiting {
    count: i128,
    pair: (usize, usize),
    age: usize,
    words: BTreeSet<usize>,
}

/// What the twin knows; the rules are those of `docs/design/bpe-training.md`.
struct Twin<'a> {
    options: &'a BpeTrainer,
    tokens: Vec<String>,
    /// Tokens of each word with their lengths, and the count of the word.
    words: Vec<(Vec<(usize, usize)>, i128)>,
    counts: BTreeMap<(usize, usize), i128>,
    waiting: Vec<Waiting>,
    merges: Vec<(usize, usize)>,
}

impl<'a> Twin<'a> {
    /// What it learns, and in how many rounds.
    fn train(options: &'a BpeTrainer, words: &Words) -> (TrainedBpe, usize) {
        let mut twin = Twin {
            options,
            tokens: Vec::new(),
            words: Vec::new(),
            counts: BTreeMap::new(),
            waiting: Vec::new(),
            merges: Vec::new(),
        };
        let sorted: BTreeMap<&str, i128> = words.iter().map(|(word, n)| (word.as_str(), i128::from(*n))).collect();
        twin.spell(&sorted);
        twin.count();
        while twin.tokens.len() < options.vocab_size && twin.step() {}
        let last = |at: usize| !twin.merges[at + 1..].contains(&twin.merges[at]);
        let merges = (0..twin.merges.len()).filter(|&at| last(at)).map(|at| twin.merges[at]);
        let merges = merges.map(|(left, right)| (left as u32, right as u32)).collect();
        (TrainedBpe { merges, vocab: twin.tokens }, twin.merges.len())
    }

    fn token(&mut self, text: &str) -> usize {
        if let Some(id) = self.tokens.iter().position(|token| token == text) {
            return id;
        }
        self.tokens.push(text.to_owned());
        self.tokens.len() - 1
    }

    fn spell(&mut self, words: &BTreeMap<&str, i128>) {
        for special in &self.options.special_tokens {
            self.token(special);
        }
        let mut alphabet: BTreeMap<char, i128> = BTreeMap::new();
        for (word, count) in words {
            for character in word.chars() {
                *alphabet.entry(character).or_default() += count;
            }
        }
        alphabet.extend(self.options.initial_alphabet.iter().map(|&character| (character, i128::MAX)));
        while alphabet.len() > self.options.limit_alphabet.unwrap_or(usize::MAX) {
            let rarest = alphabet.iter().min_by_key(|&(&character, &count)| (count, std::cmp::Reverse(character)));
            let rarest = *rarest.expect("not empty").0;
            alphabet.remove(&rarest);
        }
        for character in alphabet.keys() {
            self.token(&character.to_string());
        }
        let known = self.tokens.clone();
        for (word, &count) in words {
            let len = word.chars().count();
            let mut spelled = Vec::new();
            for (at, character) in word.chars().enumerate().filter(|(_, c)| known.contains(&c.to_string())) {
                let prefix = self.options.continuing_subword_prefix.as_deref().filter(|_| at > 0).unwrap_or("");
                let suffix = self.options.end_of_word_suffix.as_deref().filter(|_| at + 1 == len).unwrap_or("");
                spelled.push((self.token(&format!("{prefix}{character}{suffix}")), 1));
            }
            self.words.push((spelled, count));
        }
    }

    fn count(&mut self) {
        let mut met: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
        for (index, (word, count)) in self.words.iter().enumerate() {
            for neighbours in word.windows(2) {
                let pair = (neighbours[0].0, neighbours[1].0);
                *self.counts.entry(pair).or_default() += count;
                met.entry(pair).or_default().insert(index);
            }
        }
        self.queue(met);
    }

    fn queue(&mut self, met: BTreeMap<(usize, usize), BTreeSet<usize>>) {
        for (pair, words) in met {
            if self.counts[&pair] > 0 {
                self.waiting.push(Waiting { count: self.counts[&pair], pair, age: self.merges.len(), words });
            }
        }
    }

    /// Take the best pair; false if there is none worth it.
    fn step(&mut self) -> bool {
        let best = |entry: &Waiting| (-entry.count, entry.pair, entry.age);
        let Some(at) = (0..self.waiting.len()).min_by_key(|&at| best(&self.waiting[at])) else { return false };
        let top = self.waiting[at].clone();
        // The reference reads a negative count as a huge one.
        let today = self.counts[&top.pair];
        let today = if today < 0 { today + (1 << 64) } else { today };
        if today != top.count {
            self.waiting[at].count = today;
            return true;
        }
        if today == 0 || today < i128::from(self.options.min_frequency) {
            return false;
        }
        self.waiting.remove(at);
        self.merge(&top);
        true
    }

    fn merge(&mut self, top: &Waiting) {
        let (left, right) = (self.tokens[top.pair.0].clone(), self.tokens[top.pair.1].clone());
        let prefix = self.options.continuing_subword_prefix.as_deref().unwrap_or("");
        let merged = self.token(&format!("{left}{}", right.strip_prefix(prefix).unwrap_or(&right)));
        self.merges.push(top.pair);
        let limit = self.options.max_token_length.unwrap_or(usize::MAX);
        let mut met: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
        for &index in &top.words {
            let (word, count) = &mut self.words[index];
            let mut change = |pair: (usize, usize), by: i128, len: usize| {
                if by < 0 || len < limit {
                    *self.counts.entry(pair).or_default() += by;
                }
                if by > 0 && len < limit {
                    met.entry(pair).or_default().insert(index);
                }
            };
            let mut at = 0;
            while at + 1 < word.len() {
                if (word[at].0, word[at + 1].0) == top.pair {
                    let len = word[at].1 + word[at + 1].1;
                    if at > 0 {
                        change((word[at - 1].0, top.pair.0), -*count, 0);
                        change((word[at - 1].0, merged), *count, word[at - 1].1 + len);
                    }
                    if at + 2 < word.len() {
                        change((top.pair.1, word[at + 2].0), -*count, 0);
                        change((merged, word[at + 2].0), *count, len + word[at + 2].1);
                    }
                    word.splice(at..at + 2, [(merged, len)]);
                }
                at += 1;
            }
        }
        self.queue(met);
    }
}

const ALPHABETS: [&str; 10] =
    ["a", "ab", "abc", "abcdefgh", "aAbB1# ", "né", "日本語の文字", "</w>ab", "##ab", "xyz\u{1F600}é\u{301}"];

/// A corpus of few characters, so that everything repeats: random letters, runs, repeated groups.
fn corpus(random: &mut Random) -> Words {
    let alphabet: Vec<char> = random.choose(&ALPHABETS).chars().collect();
    let shape = random.below(4);
    let longest = [4, 12, 60][random.below(3)];
    let longest = 1 + random.below(longest);
    let mut words = BTreeMap::new();
    let most = [1, 5, 30][random.below(3)];
    for _ in 0..=random.below(most) {
        let mut word = String::new();
        let len = random.below(longest + 1);
        let group: Vec<char> = (0..=random.below(4)).map(|_| alphabet[random.below(alphabet.len())]).collect();
        while word.chars().count() < len {
            match shape {
                0 => word.push(alphabet[random.below(alphabet.len())]),
                1 => word.extend(std::iter::repeat_n(alphabet[0], len)),
                2 => word.extend(&group),
                _ => {
                    word.extend(std::iter::repeat_n(alphabet[random.below(alphabet.len())], 1 + random.below(6)));
                }
            }
        }
        *words.entry(word).or_default() += 1 + random.below(4) as u64;
    }
    words.into_iter().collect()
}

fn options(random: &mut Random) -> BpeTrainer {
    let mut options = BpeTrainer { vocab_size: [0, 3, 10, 20, 50, 30_000][random.below(6)], ..BpeTrainer::default() };
    if random.one_in(2) {
        options.min_frequency = random.below(5) as u64;
    }
    if random.one_in(2) {
        let some = ["<s>", "", "a", "ab", "aa", "aab", "b", "Z", "##a", "aaaa", "日本", "abab"];
        options.special_tokens = (0..random.below(5)).map(|_| random.choose(&some).to_owned()).collect();
    }
    if random.one_in(4) {
        options.limit_alphabet = Some(random.below(6));
    }
    if random.one_in(4) {
        options.initial_alphabet = (0..random.below(4)).map(|_| ['a', 'b', 'z', '日', '<'][random.below(5)]).collect();
    }
    if random.one_in(3) {
        options.continuing_subword_prefix = Some(random.choose(&["##", "#", "", "a", "</w>"]).to_owned());
    }
    if random.one_in(3) {
        options.end_of_word_suffix = Some(random.choose(&["</w>", "", "a", "b", ">"]).to_owned());
    }
    if random.one_in(3) {
        options.max_token_length = Some(random.below(10));
    }
    options
}

fn train(options: &BpeTrainer, words: &Words) -> TrainedBpe {
    let mut counts = WordCounts::new();
    for (word, count) in words {
        counts.add(word, *count);
    }
    options.train(&counts, &mut |_, _, _| {}).expect("small")
}

#[test]
fn equals_the_twin() {
    let (mut made_twice, mut merged_twice) = (0, 0);
    for seed in 0..10_000 {
        let mut random = Random::new(seed);
        let (words, options) = (corpus(&mut random), options(&mut random));
        let (expected, rounds) = Twin::train(&options, &words);
        assert_eq!(train(&options, &words), expected, "seed {seed}: {options:?} on {words:?}");
        let made: BTreeSet<_> = merges(&expected).iter().map(|merge| merge.replace(' ', "")).collect();
        made_twice += usize::from(made.len() < expected.merges.len());
        merged_twice += usize::from(expected.merges.len() < rounds);
    }
    assert!(made_twice > 30 && merged_twice > 30, "the rare ways are hardly tested: {made_twice}, {merged_twice}");
}

#[test]
fn order_of_arrival_does_not_matter() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let (words, options) = (corpus(&mut random), options(&mut random));
        let (mut counts, mut rest) = (WordCounts::new(), WordCounts::new());
        for (word, count) in words.iter().rev() {
            let part = random.below(*count as usize + 1) as u64;
            counts.add(word, part);
            rest.add(word, count - part);
        }
        counts.merge(rest);
        let found = options.train(&counts, &mut |_, _, _| {}).expect("small");
        assert_eq!(found, train(&options, &words), "seed {seed}: {options:?} on {words:?}");
    }
}

fn words(words: &[(&str, u64)]) -> Words {
    words.iter().map(|&(word, count)| (word.to_owned(), count)).collect()
}

fn merges(trained: &TrainedBpe) -> Vec<String> {
    let text = |id: u32| trained.vocab[id as usize].as_str();
    trained.merges.iter().map(|&(left, right)| format!("{} {}", text(left), text(right))).collect()
}

#[test]
fn of_equally_frequent_pairs_the_smaller_ids_come_first() {
    let trained = train(&BpeTrainer::default(), &words(&[("cd", 1), ("ab", 1), ("ba", 1)]));
    assert_eq!(merges(&trained), ["a b", "b a", "c d"]);
    // Special tokens have the smallest ids, so they decide ties.
    let options = BpeTrainer { special_tokens: vec!["d".into(), "c".into(), "d".into()], ..BpeTrainer::default() };
    let trained = train(&options, &words(&[("ab", 1), ("cd", 1)]));
    assert_eq!(trained.vocab, ["d", "c", "a", "b", "cd", "ab"]);
}

#[test]
fn a_special_token_that_merges_make_keeps_its_id() {
    let options = BpeTrainer { special_tokens: vec!["aa".into()], ..BpeTrainer::default() };
    let trained = train(&options, &words(&[("aaaa", 1)]));
    assert_eq!(trained.vocab, ["aa", "a", "aaaa"]);
    assert_eq!(trained.merges, [(1, 1), (0, 0)]);
}

#[test]
fn a_pair_merged_twice_has_the_later_place() {
    // ">" is both a character and the suffix, so "a>" is made in three words and spelled in one. The pair "x a>" then
    // waits twice: with the words that make it, and with the one that has it from the start.
    let options = BpeTrainer { end_of_word_suffix: Some(">".into()), ..BpeTrainer::default() };
    let trained = train(&options, &words(&[("a>c", 2), ("a>d", 2), ("xa", 1), ("xa>e", 1)]));
    assert_eq!(merges(&trained), ["a >", "a> c>", "a> d>", "x a>", "xa> e>"]);
    assert_eq!(trained.vocab[10..], ["xa>", "a>c>", "a>d>", "xa>e>"]);
}

#[test]
fn vocabulary_keeps_special_tokens_and_alphabet_even_beyond_its_size() {
    let options = BpeTrainer { vocab_size: 1, special_tokens: vec!["<s>".into()], ..BpeTrainer::default() };
    let trained = train(&options, &words(&[("abab", 9)]));
    assert_eq!(trained, TrainedBpe { vocab: vec!["<s>".into(), "a".into(), "b".into()], merges: Vec::new() });
}

#[test]
fn characters_outside_the_alphabet_vanish_from_words() {
    let options = BpeTrainer { limit_alphabet: Some(2), ..BpeTrainer::default() };
    let trained = train(&options, &words(&[("axb", 2), ("b", 1), ("a", 1)]));
    assert_eq!(trained.vocab, ["a", "b", "ab"]);
    // Of equally frequent ones the larger code points go; wanted ones stay.
    assert_eq!(train(&options, &words(&[("cba", 1)])).vocab, ["a", "b", "ba"]);
    let options = BpeTrainer { initial_alphabet: vec!['c'], ..options };
    assert_eq!(train(&options, &words(&[("cba", 1)])).vocab, ["a", "c", "ca"]);
}

#[test]
fn pairs_from_merges_count_only_below_the_longest_length() {
    let corpus = words(&[("abc", 2)]);
    let longest = |max| {
        let trained = train(&BpeTrainer { max_token_length: Some(max), ..BpeTrainer::default() }, &corpus);
        trained.vocab.iter().map(|token| token.chars().count()).max()
    };
    // Two characters always count; beyond them the limit itself is out of reach.
    assert_eq!([0, 2, 3, 4].map(longest), [Some(2), Some(2), Some(2), Some(3)]);
}

#[test]
fn one_word_of_a_million_characters_is_no_special_case() {
    let trained = train(&BpeTrainer::default(), &words(&[(&"a".repeat(1 << 20), 1)]));
    assert_eq!(trained.vocab.len(), 21);
    assert_eq!(trained.vocab[20].len(), 1 << 20);

    let mut random = Random::new(7);
    let mixed: String = (0..1 << 20).map(|_| ['a', 'b', 'c'][random.below(3)]).collect();
    let trained = train(&BpeTrainer { vocab_size: 2000, ..BpeTrainer::default() }, &words(&[(&mixed, 1)]));
    assert_eq!(trained.vocab.len(), 2000);

    // Runs of one letter make the same tokens from many different parts.
    let runs: String = (0..1 << 15).map(|_| ["a", "b"][random.below(2)].repeat(1 + random.below(60))).collect();
    let trained = train(&BpeTrainer { vocab_size: 5000, ..BpeTrainer::default() }, &words(&[(&runs, 1)]));
    assert_eq!(trained.vocab.len(), 5000);
}

#[test]
fn nothing_to_learn_from_gives_an_empty_vocabulary() {
    assert_eq!(train(&BpeTrainer::default(), &words(&[])), TrainedBpe::default());
    assert_eq!(train(&BpeTrainer::default(), &words(&[("", 3)])), TrainedBpe::default());
}

#[test]
fn counts_beyond_64_bits_are_refused() {
    let mut counts = WordCounts::new();
    counts.add("ab", u64::MAX / 4 + 1);
    let error = BpeTrainer::default().train(&counts, &mut |_, _, _| {}).expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::Training);
    let mut counts = WordCounts::new();
    counts.add("ab", u64::MAX / 4);
    assert_eq!(BpeTrainer::default().train(&counts, &mut |_, _, _| {}).expect("fits").merges, [(0, 1)]);
}

#[test]
fn counts_above_32_bits_are_exact() {
    let trained = train(&BpeTrainer::default(), &words(&[("ab", 1 << 33), ("cd", (1 << 33) + 1)]));
    assert_eq!(merges(&trained), ["c d", "a b"]);
}

#[test]
fn progress_counts_up_in_every_stage() {
    let mut random = Random::new(1);
    let mut counts = WordCounts::new();
    for _ in 0..3000 {
        counts.add(&(0..8).map(|_| ['a', 'b', 'c', 'd'][random.below(4)]).collect::<String>(), 1);
    }
    let mut told: Vec<(Stage, usize, usize)> = Vec::new();
    let options = BpeTrainer { vocab_size: 1000, ..BpeTrainer::default() };
    let trained = options.train(&counts, &mut |stage, done, total| told.push((stage, done, total))).expect("small");
    for stage in [Stage::TokenizeWords, Stage::CountPairs, Stage::ComputeMerges] {
        let steps: Vec<_> = told.iter().filter(|step| step.0 == stage).collect();
        assert!(steps.len() > 1 && steps.is_sorted_by_key(|step| step.1), "{steps:?}");
        assert_eq!((steps[0].1, steps[steps.len() - 1].1), (0, steps[0].2));
    }
    assert_eq!(told[told.len() - 1], (Stage::ComputeMerges, trained.vocab.len(), 1000));
}
