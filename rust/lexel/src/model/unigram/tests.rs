use super::*;
use crate::random::Random;

pub(super) fn model(tokens: &[(&str, f64)], unk_id: Option<usize>, byte_fallback: bool) -> (Vocab, Unigram) {
    let mut vocab = Vocab::default();
    for (id, (token, _)) in tokens.iter().enumerate() {
        vocab.push_listed(token, id as u32);
    }
    vocab.finish().expect("small ids");
    let scores = tokens.iter().map(|&(_, score)| score).collect();
    let model = Unigram::compile(&vocab, scores, UnigramOptions { unk_id, byte_fallback }).expect("a legal model");
    (vocab, model)
}

/// Tokens as `(id, start, end)`, the same with and without spans, fresh and from the cache.
fn encoded((vocab, model): &(Vocab, Unigram), text: &str) -> Vec<(u32, u32, u32)> {
    let mut scratch = UnigramScratch::default();
    let mut results = Vec::new();
    for _ in 0..2 {
        let mut out = PieceTokens::default();
        model
            .encode_bundle::<true>(vocab, text, &[(0, text.len() as u32)], &mut scratch, &mut out)
            .expect("an unknown token");
        results.push(out.ids.iter().zip(&out.spans).map(|(&id, &(from, to))| (id, from, to)).collect::<Vec<_>>());
        let mut plain = PieceTokens::default();
        model
            .encode_bundle::<false>(vocab, text, &[(0, text.len() as u32)], &mut scratch, &mut plain)
            .expect("an unknown token");
        assert_eq!(plain.ids, out.ids);
    }
    assert_eq!(results[0], results[1]);
    results.swap_remove(0)
}

fn ids(model: &(Vocab, Unigram), text: &str) -> Vec<u32> {
    encoded(model, text).into_iter().map(|(id, ..)| id).collect()
}

#[test]
fn the_best_path_wins_and_of_equals_the_one_whose_last_token_is_longest() {
    let model = model(&[("<unk>", 0.0), ("a", -1.0), ("b", -1.0), ("ab", -2.0), ("ba", -1.5)], Some(0), false);
    assert_eq!(ids(&model, "ab"), [3]);
    assert_eq!(ids(&model, "aba"), [1, 4]);
    assert!(ids(&model, "").is_empty());
}

#[test]
fn unknown_text_is_one_token() {
    let model = model(&[("<unk>", 0.0), ("a", -1.0)], Some(0), false);
    assert_eq!(encoded(&model, "a☃😀<unk>éa"), [(1, 0, 1), (0, 1, 15), (1, 15, 16)]);
    assert_eq!(encoded(&model, "☃a☃"), [(0, 0, 3), (1, 3, 4), (0, 4, 7)]);
}

#[test]
fn unknown_text_may_be_a_token_as_a_whole() {
    // Two unknown characters score more than the token.
    let model = model(&[("<unk>", 100.0), ("xy", 50.0)], Some(0), false);
    assert_eq!(ids(&model, "xy"), [1]);
    assert_eq!(ids(&model, "xyz"), [0]);
}

#[test]
fn bytes_stand_for_unknown_text_if_all_are_there() {
    let model = model(&[("<unk>", 0.0), ("<0xC3>", -1.0), ("<0xA9>", -2.0), ("a", -1.0)], Some(0), true);
    assert_eq!(encoded(&model, "aéa"), [(3, 0, 1), (1, 1, 3), (2, 1, 3), (3, 3, 4)]);
    assert_eq!(encoded(&model, "é?"), [(0, 0, 3)]);
}

#[test]
fn of_equal_tokens_the_last_counts_and_the_worst_score_is_that_of_all() {
    let model = model(&[("<unk>", -1.0), ("a", -50.0), ("a", -1.0), ("", -99.0)], Some(0), false);
    assert_eq!(ids(&model, "a"), [2]);
    assert!((model.1.unk_score + 109.0).abs() < 1e-9);
}

#[test]
fn an_unknown_token_elsewhere_than_its_text_is_no_unknown_token() {
    let model = model(&[("u", 0.0), ("a", -1.0), ("u", -2.0)], Some(0), false);
    // The text "u" is the token 2; unknown text is 0.
    assert_eq!(ids(&model, "uu?u"), [2, 2, 0, 2]);
}

#[test]
fn without_an_unknown_token_unknown_text_is_an_error() {
    let (vocab, model) = model(&[("a", -1.0)], None, true);
    let mut out = PieceTokens::default();
    let result = model.encode_bundle::<true>(&vocab, "ab", &[(0, 2)], &mut UnigramScratch::default(), &mut out);
    assert_eq!(result.expect_err("b is unknown").path(), Some("model.unk_id"));
}

#[test]
fn the_unknown_token_must_be_in_the_vocabulary() {
    for (tokens, unk_id) in [(vec![], 0), (vec!["a"], 1), (vec!["a"], usize::MAX)] {
        let mut vocab = Vocab::default();
        for token in &tokens {
            vocab.push_listed(token, 0);
        }
        vocab.finish().expect("small ids");
        let options = UnigramOptions { unk_id: Some(unk_id), byte_fallback: false };
        let error = Unigram::compile(&vocab, vec![0.0; tokens.len()], options).expect_err("out of range");
        assert_eq!(error.path(), Some("model.unk_id"));
    }
}

/// The textbook way: all sums kept, every substring looked up.
fn textbook((vocab, model): &(Vocab, Unigram), text: &str) -> Vec<(u32, usize)> {
    let mut best: Vec<Option<(f64, usize, u32)>> = vec![None; text.len() + 1];
    best[0] = Some((0.0, 0, NO_ID));
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    for (i, &start) in places.iter().enumerate() {
        let sum = best[start].expect("every place is reached").0;
        for (n, &end) in places[i + 1..].iter().enumerate() {
            if end - start > model.longest {
                break;
            }
            let known = vocab.id(&text[start..end]).map(|id| (id, model.scores[id as usize]));
            let Some((id, score)) = known.or((n == 0).then_some((model.unk.unwrap_or(NO_ID), model.unk_score))) else {
                continue;
            };
            if best[end].is_none_or(|(other, ..)| score + sum > other) {
                best[end] = Some((score + sum, start, id));
            }
        }
    }
    let (mut path, mut end) = (Vec::new(), text.len());
    while end > 0 {
        let (_, start, id) = best[end].expect("every place is reached");
        path.push((id, end));
        end = start;
    }
    path.reverse();
    path
}

#[test]
fn pieces_of_any_length_have_the_path_that_keeping_everything_gives() {
    let mut random = Random::new(11);
    for round in 0..60 {
        let letters = ["a", "b", "c", "é", "☃", "▁"];
        let mut word = |longest: u64| -> String {
            let n = 1 + random.next_u64() % longest;
            (0..n).map(|_| letters[(random.next_u64() % 6) as usize]).collect()
        };
        let mut words: Vec<String> = (0..40).map(|_| word(5)).collect();
        if round % 3 == 0 {
            // A token that reaches over every place: nothing is final before the end.
            words.extend((1..9).map(|n| "a".repeat(n)));
        }
        let mut text = word([30, 150, 300, 9000][round % 4]);
        if round % 4 == 3 {
            text.push_str(&"a".repeat(6000));
        }
        // Scores of which many sums are equal, or nearly.
        let scored = words.iter().map(|w| (w.as_str(), -((random.next_u64() % 40) as f64) * 0.1));
        let tokens: Vec<(&str, f64)> = std::iter::once(("<unk>", -1.0)).chain(scored).collect();
        let built = model(&tokens, Some(0), false);
        let mut path = Vec::new();
        let mut lattice = Lattice::default();
        viterbi::best_path(&built.1, &text, &mut lattice, &mut |id, end| {
            path.push((id, end));
            Ok(())
        })
        .expect("an unknown token");
        // Of a run of unknown tokens the last one, which says where it ends.
        let fused = |mut path: Vec<(u32, usize)>| {
            path.reverse();
            path.dedup_by(|a, b| (a.0, b.0) == (0, 0));
            path
        };
        assert!(fused(path) == fused(textbook(&built, &text)), "round {round}");
    }
}
