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
}
