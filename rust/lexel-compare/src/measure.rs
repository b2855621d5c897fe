//! Interleaved timing: the machine's moods hit every peer alike, and a ratio compares neighbours in time.

use std::error::Error;
use std::hint::black_box;

use cpu_time::ProcessTime;

use crate::peers::Peer;

/// What is asked of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Ids alone.
    Ids,
    /// Ids and spans.
    Spans,
}

/// Whether the text is new to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The peer has seen other text of the corpus, and this never.
    Fresh,
    /// The peer has just seen this very text.
    Warm,
}

/// CPU seconds of this process that a peer takes for some documents.
///
/// CPU time, because all series run on one thread and what other programs of the machine take must not count.
///
/// # Errors
/// The peer's own, or a peer without spans was asked for them.
pub fn time(peer: &mut Peer, documents: &[String], output: Output) -> Result<f64, Box<dyn Error>> {
    let start = ProcessTime::now();
    for document in documents {
        match output {
            Output::Ids => {
                black_box(peer.ids(document)?);
            }
            Output::Spans => {
                black_box(peer.ids_and_spans(document)?.ok_or("this peer has no spans")?);
            }
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

/// Seconds of every peer for every chunk: `[state][peer][chunk]`, fresh first.
///
/// Each chunk is timed once as new text and once as known text, the peers in turn, in reverse order every second time.
///
/// # Errors
/// As [`time`].
pub fn rounds(peers: &mut [Peer], chunks: &[&[String]], output: Output) -> Result<[Vec<Vec<f64>>; 2], Box<dyn Error>> {
    let mut seconds = [vec![Vec::new(); peers.len()], vec![Vec::new(); peers.len()]];
    for (round, chunk) in chunks.iter().enumerate() {
        for (state, seconds) in seconds.iter_mut().enumerate() {
            let mut order: Vec<usize> = (0..peers.len()).collect();
            if (round + state) % 2 == 1 {
                order.reverse();
            }
            for at in order {
                seconds[at].push(time(&mut peers[at], chunk, output)?);
            }
        }
    }
    Ok(seconds)
}

/// The middle value; of an even number the lower one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle() {
        assert!(median(&[]).is_nan());
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.0).abs() < f64::EPSILON);
    }
}
