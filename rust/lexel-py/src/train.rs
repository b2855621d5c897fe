//! Training: texts from a Python iterable, counted with the GIL released.

use lexel::train::{BpeTrainer, WordCounts};
use lexel::{Pipeline, ScratchPool, run_parallel};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString};

use crate::convert::text;
use crate::error::to_python;

/// Texts are handed over in portions of about this many bytes, so that memory stays bounded.
const PORTION: usize = 8 << 20;

/// Counts the pieces of texts, a portion at a time.
struct Counter<'a> {
    pipeline: &'a Pipeline,
    pool: &'a ScratchPool,
    threads: usize,
    counts: WordCounts,
    portion: Vec<String>,
    bytes: usize,
    read: usize,
}

impl Counter<'_> {
    fn add(&mut self, py: Python<'_>, string: &Bound<'_, PyString>) -> PyResult<bool> {
        let text = text(string)?.into_owned();
        self.bytes += text.len();
        self.read += 1;
        self.portion.push(text);
        let full = self.bytes >= PORTION;
        if full {
            self.flush(py)?;
        }
        Ok(full)
    }

    /// Count what waits: each thread counts a share of it by itself.
    fn flush(&mut self, py: Python<'_>) -> PyResult<()> {
        let texts = std::mem::take(&mut self.portion);
        self.bytes = 0;
        let shares: Vec<&[String]> = texts.chunks(texts.len().div_ceil(self.threads).max(1)).collect();
        let (pipeline, pool, threads) = (self.pipeline, self.pool, self.threads);
        let counted = py.detach(|| {
            let size = |share: &&[String]| share.iter().map(String::len).sum();
            run_parallel(&shares, threads, pool, size, |_, share, scratch| {
                let mut mine = WordCounts::new();
                for text in *share {
                    pipeline.for_each_piece(text, scratch, &mut |piece| mine.add(piece, 1))?;
                }
                Ok(mine)
            })
        });
        for part in counted.map_err(|e: lexel::Error| to_python(&e))? {
            self.counts.merge(part);
        }
        Ok(())
    }

    /// The words as the vocabulary spells them: once for each, however often it was met.
    fn finish(self) -> WordCounts {
        let mut spelled = WordCounts::new();
        self.counts.for_each(|word, n| spelled.add(&self.pipeline.spell(word), n));
        spelled
    }
}

/// Count the pieces of all texts.
pub(crate) fn count(
    py: Python<'_>,
    pipeline: &Pipeline,
    pool: &ScratchPool,
    threads: usize,
    texts: &Bound<'_, PyAny>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<WordCounts> {
    let mut counter =
        Counter { pipeline, pool, threads, counts: WordCounts::new(), portion: Vec::new(), bytes: 0, read: 0 };
    let tell = |read: usize| progress.map_or(Ok(()), |callback| callback.call1(("Read texts", read, 0)).map(|_| ()));
    for (number, item) in PyIterator::from_object(texts)?.enumerate() {
        let item = item?;
        let wrong = |found: &Bound<'_, PyAny>| {
            let found = found.get_type().name().map_or_else(|_| "?".to_owned(), |n| n.to_string());
            PyTypeError::new_err(format!("item {number} of the texts: expected a str or a list of str, found {found}"))
        };
        let mut flushed = false;
        if let Ok(string) = item.cast::<PyString>() {
            flushed = counter.add(py, string)?;
        } else {
            for inner in item.try_iter().map_err(|_| wrong(&item))? {
                let inner = inner?;
                flushed |= counter.add(py, inner.cast::<PyString>().map_err(|_| wrong(&inner))?)?;
            }
        }
        if flushed {
            tell(counter.read)?;
        }
    }
    counter.flush(py)?;
    tell(counter.read)?;
    Ok(py.detach(|| counter.finish()))
}

/// Train on counted words.
pub(crate) fn train(
    py: Python<'_>,
    trainer: &BpeTrainer,
    counts: &WordCounts,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<lexel::train::TrainedBpe> {
    let callback = progress.map(|p| p.clone().unbind());
    let mut failed: Option<PyErr> = None;
    let model = py.detach(|| {
        trainer.train(counts, &mut |stage, done, total| {
            let Some(callback) = callback.as_ref().filter(|_| failed.is_none()) else { return };
            Python::attach(|py| failed = callback.call1(py, (stage.name(), done, total)).err());
        })
    });
    match failed {
        Some(error) => Err(error),
        None => model.map_err(|e| to_python(&e)),
    }
}
