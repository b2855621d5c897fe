//! The inputs: real corpora where the test data is present, cut into documents at line ends.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The corpora of the test data, by name.
pub const CORPORA: [&str; 4] = ["english", "code", "cjk", "multilingual"];

/// Where the test data is expected: `LEXEL_TEST_DATA`, or beside the repository.
pub fn data_folder() -> PathBuf {
    std::env::var_os("LEXEL_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

/// A corpus cut into documents of about `bytes` bytes, each of which ends with a line.
///
/// # Errors
/// The file is not there, or is no UTF-8.
pub fn documents(data: &Path, corpus: &str, bytes: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let path = data.join("corpora").join(format!("{corpus}.txt"));
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut documents = Vec::new();
    let mut document = String::new();
    for line in text.split_inclusive('\n') {
        document.push_str(line);
        if document.len() >= bytes {
            documents.push(std::mem::take(&mut document));
        }
    }
    if !document.is_empty() {
        documents.push(document);
    }
    Ok(documents)
}

/// Where `make bench` keeps what it has made.
pub fn cache_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/benchmarks")
}

/// The documents of a text that `benchmarks/field/texts.py` has assembled: a JSON list of slices, each a list of them.
///
/// # Errors
/// The file is not there, or is something else.
pub fn assembled(file: &Path) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?)
}

/// What a peer meets: text to warm up on, and the text that is timed, in chunks of documents.
pub struct Chunks<'d> {
    /// Met before anything is timed: a process that has just begun is another question.
    pub warm_up: Vec<&'d [String]>,
    /// Timed as new text, then as known text; spread over the whole corpus.
    pub timed: Vec<&'d [String]>,
}

impl<'d> Chunks<'d> {
    /// Group documents into chunks, four of which warm up and at most `timed` of which are timed.
    pub fn cut(documents: &'d [String], documents_each: usize, timed: usize) -> Self {
        let mut warm_up: Vec<&[String]> = documents.chunks(documents_each.max(1)).collect();
        let rest = warm_up.split_off(4.min(warm_up.len() / 2));
        let step = (rest.len() / timed.max(1)).max(1);
        Self { warm_up, timed: rest.into_iter().step_by(step).take(timed).collect() }
    }

    /// Every slice of a text is timed, from the first: nothing warms up.
    pub fn whole(slices: &'d [Vec<String>]) -> Self {
        Self { warm_up: Vec::new(), timed: slices.iter().map(Vec::as_slice).collect() }
    }

    /// Every document of the chunks.
    pub fn documents(&self) -> impl Iterator<Item = &'d String> {
        self.warm_up.iter().chain(&self.timed).copied().flatten()
    }
}

/// Bytes of some documents together.
pub fn size(documents: &[String]) -> usize {
    documents.iter().map(String::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_the_text_cut_at_line_ends() {
        let folder = std::env::temp_dir().join(format!("lexel-compare-{}", std::process::id()));
        fs::create_dir_all(folder.join("corpora")).expect("a temporary folder");
        let text = "one\ntwo\nthree\nfour";
        fs::write(folder.join("corpora/tiny.txt"), text).expect("a temporary file");
        let cut = documents(&folder, "tiny", 6).expect("a corpus");
        fs::remove_dir_all(&folder).expect("a temporary folder");
        assert_eq!(cut, ["one\ntwo\n", "three\n", "four"]);
        assert_eq!(size(&cut), text.len());
    }

    #[test]
    fn chunks_are_spread_over_the_documents() {
        let documents: Vec<String> = (0..20).map(|i| i.to_string()).collect();
        let chunks = Chunks::cut(&documents, 2, 2);
        assert_eq!(chunks.documents().collect::<Vec<_>>().len(), 12);
        assert_eq!(chunks.warm_up.concat(), documents[..8]);
        assert_eq!(chunks.timed, [&documents[8..10], &documents[14..16]]);
    }
}
