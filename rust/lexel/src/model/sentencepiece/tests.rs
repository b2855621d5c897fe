use super::*;
use crate::random::Random;

/// Pieces of a few letters with scores of few values, some of them user-defined; every letter is one but for one.
fn model(random: &mut Random, scores: &mut Vec<Option<f64>>) -> (Vocab, SentencePiece) {
    let mut below = |n: u64| random.next_u64() % n;
    let mut texts: Vec<String> = ["<u>", "a", "b", "▁", "日"].map(str::to_owned).to_vec();
    for _ in 0..below(30) {
        let joined = format!("{}{}", texts[1 + below(4) as usize], texts[1 + below(texts.len() as u64 - 1) as usize]);
        if !texts.contains(&joined) {
            texts.push(joined);
        }
    }
    let vocab = Vocab::new(texts.iter().zip(0..)).expect("small ids");
    scores.clear();
    scores.push(None);
    scores.extend((1..texts.len()).map(|_| Some(-(below(6) as f64))));
    let user_defined: Vec<u32> = (5..texts.len() as u32).filter(|_| below(6) == 0).collect();
    let special: Arc<[u32]> = Arc::new([0]);
    let options = PieceOptions {
        kind: PieceKind::Bpe,
        unk_id: Some(0),
        byte_fallback: false,
        special: special.clone(),
        unused: Arc::new([]),
        user_defined: user_defined.into(),
    };
    let merge_by = MergeBy { order: Order::Scores(scores.clone().into()), special };
    let bpe = BpeOptions {
        unk_token: Some("<u>".to_owned()),
        fuse_unk: true,
        merge_by: Some(merge_by),
        ..BpeOptions::default()
    };
    let model = SentencePiece::compile(&vocab, ModelOptions::Bpe(bpe), Vec::new(), options).expect("a model");
    (vocab, model)
}

#[test]
fn merges_by_table_and_by_text_are_the_same() {
    let mut random = Random::new(11);
    let mut scores = Vec::new();
    for _ in 0..400 {
        let (vocab, table) = model(&mut random, &mut scores);
        assert!(matches!(table.cut, Cut::Merges(_)));
        let search = SentencePiece { cut: Cut::Search(Box::new(Search::compile(&scores, &vocab))), ..table.clone() };
        let mut scratch = crate::model::ModelScratch::default();
        for _ in 0..10 {
            let length = random.next_u64() % [3, 20, 600][(random.next_u64() % 3) as usize];
            let letter = |_| ["a", "b", "▁", "日", "é", "a", "b"][(random.next_u64() % 7) as usize];
            let text: String = (0..length).map(letter).collect();
            let mut found = [&table, &search].map(|model| {
                let mut out = PieceTokens::default();
                let pieces = [(0, text.len() as u32)];
                let crate::model::ModelScratch { pieces: working, bpe, .. } = &mut scratch;
                model.encode::<true>(&vocab, &text, &pieces, working, bpe, &mut out).expect("nothing is missing");
                (out.ids, out.spans)
            });
            let [by_table, by_text] = &mut found;
            assert_eq!(by_table, by_text, "{text:?}");
        }
    }
}
