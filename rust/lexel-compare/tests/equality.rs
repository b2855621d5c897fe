//! Lexel's ids and spans equal the reference's on real text, for every vocabulary of the test data it reads.

use std::error::Error;
use std::fs;

use lexel_compare::corpora::{self, CORPORA};
use lexel_compare::peers::Peer;

/// Bytes of each corpus compared, spread over it.
const COMPARED: usize = 64 << 10;
const DOCUMENT: usize = 4 << 10;

#[test]
fn lexel_equals_the_reference() -> Result<(), Box<dyn Error>> {
    let data = corpora::data_folder();
    let tokenizers = data.join("tokenizers");
    if !tokenizers.is_dir() {
        let absent = format!("the shared test data (LEXEL_TEST_DATA={}) is absent", data.display());
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{absent}");
        eprintln!("skipped: {absent}");
        return Ok(());
    }
    let mut compared = 0;
    for folder in fs::read_dir(&tokenizers)? {
        let folder = folder?;
        let vocabulary = folder.file_name().to_string_lossy().into_owned();
        if !folder.path().join("tokenizer.json").is_file() {
            continue;
        }
        // What lexel refuses runs on the reference itself.
        let Ok(Some(mut lexel)) = Peer::load("lexel", &data, &vocabulary) else { continue };
        let mut reference =
            Peer::load("tokenizers", &data, &vocabulary)?.ok_or("the reference reads every vocabulary")?;
        for corpus in CORPORA {
            let documents = corpora::documents(&data, corpus, DOCUMENT)?;
            let step = (documents.len() * DOCUMENT / COMPARED).max(1);
            for document in documents.iter().step_by(step) {
                let start: String = document.chars().take(40).collect();
                assert_eq!(lexel.ids(document)?, reference.ids(document)?, "{vocabulary}, {corpus}, {start:?}");
                assert_eq!(
                    lexel.ids_and_spans(document)?,
                    reference.ids_and_spans(document)?,
                    "{vocabulary}, {corpus}, {start:?}"
                );
            }
        }
        compared += 1;
    }
    assert!(compared > 0, "lexel reads none of the vocabularies");
    Ok(())
}
