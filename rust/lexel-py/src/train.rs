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

/// Count the pieces of all texts.
pub(crate) fn count(
    py: Python<'_>,
    pipeline: &Pipeline,
    pool: &ScratchPool,
    threads: usize,
    texts: &Bound<'_, PyAny>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<WordCounts> {
    let mut counts = WordCounts::new();
    let mut portion: Vec<String> = Vec::new();
    let (mut bytes, mut read) = (0, 0);
    let mut flush = |portion: &mut Vec<String>, read: usize| -> PyResult<()> {
        let texts = std::mem::take(portion);
        let counted = py.detach(|| {
            run_parallel(&texts, threads, pool, String::len, |_, text, scratch| {
                let mut mine = WordCounts::new();
                pipeline.for_each_piece(text, scratch, &mut |piece| mine.add(piece, 1)).map(|()| mine)
            })
        });
        for part in counted.map_err(|e| to_python(&e))? {
            counts.merge(part);
        }
        progress.map_or(Ok(()), |callback| callback.call1(("Read texts", read, 0)).map(|_| ()))
    };
    let mut take = |string: &Bound<'_, PyString>, portion: &mut Vec<String>, bytes: &mut usize| -> PyResult<()> {
        let text = text(string)?.into_owned();
        *bytes += text.len();
        portion.push(text);
        read += 1;
        if *bytes >= PORTION {
            *bytes = 0;
            flush(portion, read)?;
        }
        Ok(())
    };
    for (number, item) in PyIterator::from_object(texts)?.enumerate() {
        let item = item?;
        if let Ok(string) = item.cast::<PyString>() {
            take(string, &mut portion, &mut bytes)?;
            continue;
        }
        let wrong = |found: &Bound<'_, PyAny>| {
            let found = found.get_type().name().map_or_else(|_| "?".to_owned(), |n| n.to_string());
            PyTypeError::new_err(format!("item {number} of the texts: expected a str or a list of str, found {found}"))
        };
        for inner in item.try_iter().map_err(|_| wrong(&item))? {
            let inner = inner?;
            take(inner.cast::<PyString>().map_err(|_| wrong(&inner))?, &mut portion, &mut bytes)?;
        }
    }
    flush(&mut portion, read)?;
    Ok(counts)
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
    let trained = py.detach(|| {
        trainer.train(counts, &mut |stage, done, total| {
            let Some(callback) = callback.as_ref().filter(|_| failed.is_none()) else { return };
            Python::attach(|py| failed = callback.call1(py, (stage.name(), done, total)).err());
        })
    });
    match failed {
        Some(error) => Err(error),
        None => trained.map_err(|e| to_python(&e)),
    }
}
