//! Prints what every library takes for the same documents, one thread; none is timed before its ids are right.

use std::error::Error;
use std::process::ExitCode;

use lexel_compare::corpora::{self, CORPORA};
use lexel_compare::measure::{self, Output};
use lexel_compare::peers::{self, Peer};

const USAGE: &str = "\
Compare tokenizers on the test data (LEXEL_TEST_DATA): equal ids first, then MiB/s of CPU time on one thread.

  --vocabularies a,b   folders of tokenizers/ (gpt2,llama-3,qwen2.5)
  --corpora a,b        english, code, cjk, multilingual (all)
  --peers a,b          tokenizers, lexel, fastokens, tiktoken-rs (all)
  --documents BYTES    documents of about this size, one call each (8192)
  --chunk BYTES        text of one timing (131072)
  --repeats N          chunks timed, each once as new text and once as known text (7)";

struct Arguments {
    vocabularies: Vec<String>,
    corpora: Vec<String>,
    peers: Vec<String>,
    documents: usize,
    chunk: usize,
    repeats: usize,
}

impl Arguments {
    fn read() -> Result<Option<Self>, Box<dyn Error>> {
        let mut read = Self {
            vocabularies: list("gpt2,llama-3,qwen2.5"),
            corpora: CORPORA.map(String::from).to_vec(),
            peers: peers::NAMES.map(String::from).to_vec(),
            documents: 8192,
            chunk: 128 << 10,
            repeats: 7,
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
    names.split(',').map(String::from).collect()
}

fn main() -> ExitCode {
    match Arguments::read().and_then(|arguments| match arguments {
        Some(arguments) => compare(&arguments),
        None => {
            println!("{USAGE}");
            Ok(true)
        }
    }) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: lexel's results differ from the reference's (see the rows marked WRONG)");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Print the tables; false if lexel's results are not the reference's.
fn compare(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let data = corpora::data_folder();
    let mut right = true;
    println!(
        "vocabulary   corpus        output  peer         fresh MiB/s (min–max)      warm MiB/s    × reference (fresh, warm)"
    );
    for vocabulary in &arguments.vocabularies {
        for corpus in &arguments.corpora {
            let documents = corpora::documents(&data, corpus, arguments.documents)?;
            let per_chunk = (arguments.chunk / arguments.documents).max(1);
            // The first chunk warms up; the documents timed are spread over the whole corpus.
            let chunks: Vec<&[String]> = documents.chunks_exact(per_chunk).collect();
            let step = (chunks.len() / (arguments.repeats + 1)).max(1);
            let chunks: Vec<&[String]> = chunks.into_iter().step_by(step).take(arguments.repeats + 1).collect();
            for output in [Output::Ids, Output::Spans] {
                right &= series(arguments, vocabulary, corpus, &chunks, output)?;
            }
        }
    }
    Ok(right)
}

/// One vocabulary, one corpus, one output: check every peer, then time those that are right.
fn series(
    arguments: &Arguments,
    vocabulary: &str,
    corpus: &str,
    chunks: &[&[String]],
    output: Output,
) -> Result<bool, Box<dyn Error>> {
    let data = corpora::data_folder();
    let mut reference =
        Peer::load(peers::NAMES[0], &data, vocabulary)?.ok_or("the reference reads every vocabulary")?;
    let row = |peer: &str, rest: &str| {
        let output = if output == Output::Ids { "ids" } else { "spans" };
        println!("{vocabulary:<12} {corpus:<13} {output:<7} {peer:<12} {rest}");
    };
    let mut right = true;
    let mut names = Vec::new();
    let mut timed = Vec::new();
    for name in &arguments.peers {
        match Peer::load(name, &data, vocabulary) {
            Ok(Some(mut peer)) => match difference(&mut reference, &mut peer, chunks, output)? {
                Verdict::Equal => {
                    // A peer that has been checked has seen the text: time another one.
                    timed.extend(Peer::load(name, &data, vocabulary)?);
                    names.push(name.as_str());
                }
                Verdict::Absent => {}
                Verdict::Differs(how) => {
                    right &= name != "lexel";
                    row(name, &format!("WRONG: {how}"));
                }
            },
            Ok(None) => {}
            Err(error) => row(name, &format!("does not load: {error}")),
        }
    }
    let (warm_up, chunks) = chunks.split_first().ok_or("the corpus is empty")?;
    for peer in &mut timed {
        measure::time(peer, warm_up, output)?;
    }
    let seconds = measure::rounds(&mut timed, chunks, output)?;
    let rates = |state: usize, peer: usize| -> Vec<f64> {
        let mebibytes = chunks.iter().map(|chunk| corpora::size(chunk) as f64 / f64::from(1 << 20));
        mebibytes.zip(&seconds[state][peer]).map(|(size, seconds)| size / seconds).collect()
    };
    for (at, name) in names.iter().enumerate() {
        let times = |state: usize| {
            let other = names.iter().position(|&name| name == peers::NAMES[0]);
            other.map_or(f64::NAN, |other| {
                let pairs = seconds[state][other].iter().zip(&seconds[state][at]);
                measure::median(&pairs.map(|(reference, own)| reference / own).collect::<Vec<_>>())
            })
        };
        let (fresh, warm) = (rates(0, at), rates(1, at));
        let low = fresh.iter().copied().fold(f64::INFINITY, f64::min);
        let high = fresh.iter().copied().fold(0.0, f64::max);
        let fresh = format!("{:9.2} ({low:.2}–{high:.2})", measure::median(&fresh));
        let warm = measure::median(&warm);
        row(name, &format!("{fresh:<26} {warm:10.2}    {:8.1} {:8.1}", times(0), times(1)));
    }
    Ok(right)
}

enum Verdict {
    Equal,
    /// The library has no such output.
    Absent,
    Differs(String),
}

fn difference(
    reference: &mut Peer,
    peer: &mut Peer,
    chunks: &[&[String]],
    output: Output,
) -> Result<Verdict, Box<dyn Error>> {
    for document in chunks.iter().flat_map(|chunk| chunk.iter()) {
        let verdict = if output == Output::Ids {
            first_difference("ids", &reference.ids(document)?, &peer.ids(document)?)
        } else {
            let Some((ids, spans)) = peer.ids_and_spans(document)? else { return Ok(Verdict::Absent) };
            let (expected_ids, expected) = reference.ids_and_spans(document)?.ok_or("the reference has spans")?;
            first_difference("ids", &expected_ids, &ids).or_else(|| first_difference("spans", &expected, &spans))
        };
        if let Some(how) = verdict {
            let start: String = document.chars().take(40).collect();
            return Ok(Verdict::Differs(format!("{how}, in the document that starts with {start:?}")));
        }
    }
    Ok(Verdict::Equal)
}

fn first_difference<T: PartialEq + std::fmt::Debug>(what: &str, expected: &[T], found: &[T]) -> Option<String> {
    let at = expected.iter().zip(found).position(|(a, b)| a != b);
    if at.is_none() && expected.len() == found.len() {
        return None;
    }
    let at = at.unwrap_or_else(|| expected.len().min(found.len()));
    Some(format!("{what}[{at}] is {:?}, not {:?}", found.get(at), expected.get(at)))
}
