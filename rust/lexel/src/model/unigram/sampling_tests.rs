use std::collections::BTreeMap;

use super::nbest::{Path, n_best};
use super::tests::model;
use super::*;
use crate::random::Random;
use crate::sampling::Sampling;

type Built = (Vocab, Unigram);

/// All paths with their scores, by trying everything.
fn all_paths(built: &Built, text: &str, at: usize) -> Vec<Path> {
    if at == text.len() {
        return vec![Path { tokens: Vec::new(), score: 0.0 }];
    }
    let mut found = Vec::new();
    built.1.arcs(text.as_bytes(), at, |end, id, score| found.push((end, id, score)));
    let mut paths = Vec::new();
    for (end, id, score) in found {
        for rest in all_paths(built, text, end) {
            let tokens = std::iter::once((id, end)).chain(rest.tokens).collect();
            paths.push(Path { tokens, score: score + rest.score });
        }
    }
    paths
}

fn small() -> Built {
    let tokens = [("<unk>", 0.0), ("a", -1.0), ("b", -1.4), ("ab", -2.0), ("ba", -1.9), ("aba", -3.1), ("bb", -2.5)];
    model(&tokens, Some(0), false)
}

fn sampled(built: &Built, text: &str, sampling: PathSampling, random: &mut Random) -> Vec<u32> {
    let (mut scratch, mut out) = (UnigramScratch::default(), PieceTokens::default());
    built.1.encode_sampled::<true>(&built.0, text, sampling, random, &mut scratch, &mut out).expect("an unknown token");
    assert_eq!(out.spans.last().map_or(0, |span| span.1), text.len() as u32);
    out.ids
}

/// Draw often, and compare the frequencies with the probabilities.
fn assert_frequencies(built: &Built, text: &str, sampling: PathSampling) {
    const DRAWS: u32 = 20_000;
    let mut paths = all_paths(built, text, 0);
    paths.sort_by(|a, b| b.score.total_cmp(&a.score));
    if let Some(n) = sampling.nbest_size {
        paths.truncate(n);
    }
    let weight = |path: &Path| (sampling.alpha * path.score).exp();
    let sum: f64 = paths.iter().map(weight).sum();
    let mut random = Random::new(5);
    let mut counts: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    for _ in 0..DRAWS {
        *counts.entry(sampled(built, text, sampling, &mut random)).or_default() += 1;
    }
    let mut expected: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
    for path in &paths {
        let ids = path.tokens.iter().map(|&(id, _)| id).collect();
        *expected.entry(ids).or_default() += weight(path) / sum;
    }
    assert!(counts.keys().all(|ids| expected.contains_key(ids)));
    for (ids, probability) in expected {
        let frequency = f64::from(counts.get(&ids).copied().unwrap_or(0)) / f64::from(DRAWS);
        let deviation = (probability * (1.0 - probability) / f64::from(DRAWS)).sqrt();
        assert!((frequency - probability).abs() < 4.5 * deviation + 1e-9, "{ids:?}: {frequency}, not {probability}");
    }
}

#[test]
fn paths_are_drawn_as_often_as_they_are_probable() {
    for alpha in [0.0, 0.2, 1.0, 3.0, -0.5] {
        assert_frequencies(&small(), "ababb", PathSampling { alpha, nbest_size: None });
    }
}

#[test]
fn of_the_best_paths_each_is_drawn_as_often_as_it_is_probable() {
    for nbest_size in [2, 5, 1000] {
        assert_frequencies(&small(), "ababb", PathSampling { alpha: 0.7, nbest_size: Some(nbest_size) });
    }
}

#[test]
fn the_best_paths_are_those_of_a_search_through_all() {
    let mut random = Random::new(23);
    for round in 0..200 {
        let letters = ["a", "b", "c", "é"];
        let mut word = |longest: u64| -> String {
            let n = 1 + random.next_u64() % longest;
            (0..n).map(|_| letters[(random.next_u64() % 4) as usize]).collect()
        };
        let mut words: Vec<String> = (0..20).map(|_| word(4)).collect();
        words.sort();
        words.dedup();
        let text = word(9);
        let tokens: Vec<(&str, f64)> = words.iter().map(|w| (w.as_str(), -8.0 * random.unit())).collect();
        let built = model(&tokens, Some(0), false);
        let mut expected = all_paths(&built, &text, 0);
        let known: std::collections::BTreeSet<_> = expected.iter().map(|path| path.tokens.clone()).collect();
        expected.sort_by(|a, b| b.score.total_cmp(&a.score));
        for n in [1, 3, 10, 100_000] {
            let found = n_best(&built.1, text.as_bytes(), n).expect("an unknown token");
            assert_eq!(found.len(), n.min(expected.len()), "round {round}");
            let distinct: std::collections::BTreeSet<_> = found.iter().map(|path| &path.tokens).collect();
            assert_eq!(distinct.len(), found.len(), "round {round}");
            for (path, expected) in found.iter().zip(&expected) {
                // Paths of the same tokens in another order score the same: which comes first is left open.
                assert!((path.score - expected.score).abs() < 1e-9, "round {round}");
                assert!(known.contains(&path.tokens), "round {round}");
            }
        }
    }
}

#[test]
fn the_best_path_is_the_only_one_of_one() {
    let sampling = PathSampling { alpha: 0.1, nbest_size: Some(1) };
    assert_eq!(sampled(&small(), "ab?ab", sampling, &mut Random::new(1)), [3, 0, 3]);
}

#[test]
fn a_call_says_among_which_paths() {
    let of = |alpha, nbest_size| PathSampling::of(Sampling { alpha, nbest_size, ..Sampling::new(1) });
    assert_eq!(of(None, None), None);
    assert_eq!(of(Some(0.5), None), Some(PathSampling { alpha: 0.5, nbest_size: None }));
    assert_eq!(of(Some(0.5), Some(-1)), Some(PathSampling { alpha: 0.5, nbest_size: None }));
    assert_eq!(of(None, Some(8)), Some(PathSampling { alpha: 1.0, nbest_size: Some(8) }));
    assert_eq!((of(Some(0.5), Some(0)), of(Some(0.5), Some(1))), (None, None));
}

#[test]
fn a_seed_gives_the_same_path_again() {
    let sampling = PathSampling { alpha: 0.1, nbest_size: None };
    let text = "abba".repeat(50);
    let draw = |seed| sampled(&small(), &text, sampling, &mut Random::new(seed));
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn huge_scores_and_long_pieces_are_drawn_from_too() {
    let tokens = [("<unk>", 1e308), ("a", -1e308), ("aa", 1.7e308), ("b", 1.0)];
    let built = model(&tokens, Some(0), false);
    let text = "aab?".repeat(20_000);
    let mut random = Random::new(1);
    for nbest_size in [None, Some(4)] {
        for alpha in [1.0, 1e300, -1e300] {
            assert!(!sampled(&built, &text, PathSampling { alpha, nbest_size }, &mut random).is_empty());
        }
    }
    assert!(sampled(&built, "", PathSampling { alpha: 1.0, nbest_size: None }, &mut random).is_empty());
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let (vocab, model) = model(&[("a", -1.0)], None, false);
    let encode = |alpha, nbest_size| {
        let sampling = PathSampling { alpha, nbest_size };
        let (mut scratch, mut out) = (UnigramScratch::default(), PieceTokens::default());
        let random = &mut Random::new(1);
        model.encode_sampled::<false>(&vocab, "ab", sampling, random, &mut scratch, &mut out).map_err(|e| e.kind())
    };
    assert_eq!(encode(1.0, None), Err(crate::ErrorKind::Vocabulary));
    assert_eq!(encode(1.0, Some(3)), Err(crate::ErrorKind::Vocabulary));
    assert_eq!(encode(f64::NAN, None), Err(crate::ErrorKind::Argument));
}
