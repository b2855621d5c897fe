//! The command line.

use std::error::Error;

use lexel_compare::corpora::CORPORA;
use lexel_compare::peers;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Compare tokenizers on the test data (LEXEL_TEST_DATA): equal ids first, then MiB/s of CPU time on one thread.

  --vocabularies a,b   folders of tokenizers/ (gpt2,llama-3,qwen2.5)
  --corpora a,b        english, code, cjk, multilingual (all)
  --peers a,b          tokenizers, lexel, tokenizers-rc, fastokens, snaptokens, tiktoken-rs, bpe-openai (all)
  --texts a,b          beside them, files of .cache/benchmarks/texts: every slice met once, from the first (none)
  --documents BYTES    documents of about this size, one call each (8192)
  --chunk BYTES        text of one timing (131072)
  --repeats N          chunks timed, each once as new text and once as known text (9)";

/// The choices of a run.
pub(crate) struct Arguments {
    pub(crate) vocabularies: Vec<String>,
    pub(crate) corpora: Vec<String>,
    pub(crate) texts: Vec<String>,
    pub(crate) peers: Vec<String>,
    pub(crate) documents: usize,
    pub(crate) chunk: usize,
    pub(crate) repeats: usize,
}

impl Arguments {
    /// Read the command line; None if it asks for help.
    pub(crate) fn read() -> Result<Option<Self>, Box<dyn Error>> {
        let mut read = Self {
            vocabularies: list("gpt2,llama-3,qwen2.5"),
            corpora: CORPORA.map(String::from).to_vec(),
            texts: Vec::new(),
            peers: peers::NAMES.map(String::from).to_vec(),
            documents: 8 << 10,
            chunk: 128 << 10,
            repeats: 9,
        };
        let mut given = std::env::args().skip(1);
        while let Some(name) = given.next() {
            if name == "--help" || name == "-h" {
                return Ok(None);
            }
            let value = given.next().ok_or_else(|| format!("{name} wants a value"))?;
            match name.as_str() {
                "--vocabularies" => read.vocabularies = list(&value),
                "--corpora" => read.corpora = list(&value),
                "--texts" => read.texts = list(&value),
                "--peers" => read.peers = list(&value),
                "--documents" => read.documents = value.parse()?,
                "--chunk" => read.chunk = value.parse()?,
                "--repeats" => read.repeats = value.parse()?,
                _ => return Err(format!("there is no option {name}; see --help").into()),
            }
        }
        Ok(Some(read))
    }
}

fn list(names: &str) -> Vec<String> {
    names.split(',').filter(|name| !name.is_empty()).map(String::from).collect()
}
