//! The spelling corrections of the `WordPiece` and CTC decoders: English, as BERT's first scripts had them.

use super::replacer::Replacer;

/// Replacements, one after the other, in this order.
const CORRECTIONS: [(&str, &str); 11] = [
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" do not", " don't"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
];

/// Correct a text; `None` where nothing changes.
pub(super) fn cleanup(text: &str) -> Option<String> {
    // Every pattern starts with a space and one of these: without that nothing can change.
    let starts = |pair: &[u8]| pair[0] == b' ' && b".?!,'nd".contains(&pair[1]);
    if !text.as_bytes().windows(2).any(starts) {
        return None;
    }
    let corrected = CORRECTIONS.iter().fold(text.to_owned(), |text, (pattern, content)| text.replace(pattern, content));
    Some(corrected)
}

/// The same step by step: a replacer for every correction.
pub(super) fn replacers() -> Vec<Replacer> {
    CORRECTIONS.iter().map(|(pattern, content)| Replacer::new(pattern, content)).collect()
}
