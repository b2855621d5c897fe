//! Prints what every library takes for the same documents, one thread; none is timed before its ids are right.

mod arguments;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, USAGE};
use lexel_compare::corpora::{self, Chunks};
use lexel_compare::measure::{self, Output};
use lexel_compare::peers::{self, IdsAndSpans, Peer};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: lexel's results differ from the reference's (see the rows marked DIFFERS)");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    if let Some(arguments) = Arguments::read()? {
        return compare(&arguments);
    }
    println!("{USAGE}");
    Ok(true)
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
            let chunks = Chunks::cut(&documents, per_chunk, arguments.repeats);
            for output in [Output::Ids, Output::Spans] {
                right &= series(arguments, vocabulary, corpus, &chunks, output)?;
            }
        }
        for text in &arguments.texts {
            let slices = corpora::assembled(Path::new(text))?;
            let name = Path::new(text).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            right &= series(arguments, vocabulary, &name, &Chunks::whole(&slices), Output::Ids)?;
        }
    }
    Ok(right)
}

/// One vocabulary, one corpus, one output: check every peer, then time those that are right.
fn series(
    arguments: &Arguments,
    vocabulary: &str,
    corpus: &str,
    chunks: &Chunks<'_>,
    output: Output,
) -> Result<bool, Box<dyn Error>> {
    let data = corpora::data_folder();
    let expected = expected(&data, vocabulary, chunks, output)?;
    let row = |peer: &str, rest: &str| {
        let output = if output == Output::Ids { "ids" } else { "spans" };
        println!("{vocabulary:<12} {corpus:<13} {output:<7} {peer:<12} {rest}");
    };
    let mut right = true;
    let mut names = Vec::new();
    let mut timed = Vec::new();
    for name in &arguments.peers {
        match Peer::load(name, &data, vocabulary) {
            Ok(Some(mut peer)) => match difference(&expected, &mut peer, chunks, output)? {
                Verdict::Equal => {
                    // A peer that has been checked has seen the text: time another one.
                    timed.extend(Peer::load(name, &data, vocabulary)?);
                    names.push(name.as_str());
                }
                Verdict::Absent => {}
                Verdict::Differs(how) => {
                    right &= name != "lexel";
                    row(name, &format!("DIFFERS, not timed: {how}"));
                }
            },
            Ok(None) => {}
            Err(error) => row(name, &format!("does not load: {error}")),
        }
    }
    for peer in &mut timed {
        for chunk in &chunks.warm_up {
            measure::time(peer, chunk, output)?;
        }
    }
    let seconds = measure::rounds(&mut timed, &chunks.timed, output)?;
    let rates = |state: usize, peer: usize| -> Vec<f64> {
        let mebibytes = chunks.timed.iter().map(|chunk| corpora::size(chunk) as f64 / f64::from(1 << 20));
        mebibytes.zip(&seconds[state][peer]).map(|(size, seconds)| size / seconds).collect()
    };
    for (at, name) in names.iter().enumerate() {
        let ratio = |state: usize| {
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
        row(name, &format!("{fresh:<26} {warm:10.2}    {:8.1} {:8.1}", ratio(0), ratio(1)));
    }
    Ok(right)
}

enum Verdict {
    Equal,
    /// The library has no such output.
    Absent,
    Differs(String),
}

/// What the reference says of every document; without spans where none are asked for.
fn expected(
    data: &Path,
    vocabulary: &str,
    chunks: &Chunks<'_>,
    output: Output,
) -> Result<Vec<IdsAndSpans>, Box<dyn Error>> {
    let mut reference = Peer::load(peers::NAMES[0], data, vocabulary)?.ok_or("the reference reads every vocabulary")?;
    let documents = chunks.documents();
    documents
        .map(|document| match output {
            Output::Ids => Ok((reference.ids(document)?, Vec::new())),
            Output::Spans => Ok(reference.ids_and_spans(document)?.ok_or("the reference has spans")?),
        })
        .collect()
}

fn difference(
    expected: &[IdsAndSpans],
    peer: &mut Peer,
    chunks: &Chunks<'_>,
    output: Output,
) -> Result<Verdict, Box<dyn Error>> {
    for (document, (expected_ids, expected)) in chunks.documents().zip(expected) {
        let verdict = if output == Output::Ids {
            first_difference("ids", expected_ids, &peer.ids(document)?)
        } else {
            let Some((ids, spans)) = peer.ids_and_spans(document)? else { return Ok(Verdict::Absent) };
            first_difference("ids", expected_ids, &ids).or_else(|| first_difference("spans", expected, &spans))
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
    let shown = |values: &[T]| values.get(at).map_or("absent".to_owned(), |value| format!("{value:?}"));
    Some(format!("{what}[{at}] is {}, not {}", shown(found), shown(expected)))
}
