//! Many inputs at once: parallel over threads that live only as long as the call.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pipeline::Scratch;

/// Working memories that wait for their next thread, so that caches stay warm between calls.
///
/// No lock is ever waited for: a place that is locked is as good as taken. So a process that is forked while another
/// thread holds one (and nobody is left there to open it) loses that place, and goes on.
#[derive(Debug, Default)]
pub struct ScratchPool {
    waiting: [Mutex<Option<Scratch>>; KEPT],
}

/// More than this many waiting memories are given back: a burst of threads must not hold on to its memory.
const KEPT: usize = 16;

impl ScratchPool {
    /// Run with a scratch of the pool, or a new one.
    pub fn with<R>(&self, run: impl FnOnce(&mut Scratch) -> R) -> R {
        let mut scratch = self.waiting.iter().find_map(|place| place.try_lock().ok()?.take()).unwrap_or_default();
        let result = run(&mut scratch);
        for place in &self.waiting {
            if let Ok(mut place) = place.try_lock()
                && place.is_none()
            {
                *place = Some(scratch);
                break;
            }
        }
        result
    }

    /// Give all memory back.
    pub fn clear(&self) {
        for place in &self.waiting {
            if let Ok(mut place) = place.try_lock() {
                *place = None;
            }
        }
    }
}

/// Inputs are handed to threads in runs of about this many bytes.
const RUN_BYTES: usize = 64 << 10;

/// Work on every input, in parallel where that pays; results come in the order of the inputs.
///
/// `size` is the cost of an input in bytes. With one thread, or less than two runs of work, all is done right here.
///
/// # Errors
/// The error of the first input (in order) that failed.
pub fn run_parallel<I: Sync, R: Send, E: Send>(
    inputs: &[I],
    threads: usize,
    pool: &ScratchPool,
    size: impl Fn(&I) -> usize,
    work: impl Fn(usize, &I, &mut Scratch) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let mut runs = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (i, input) in inputs.iter().enumerate() {
        bytes += size(input) + 64;
        if bytes >= RUN_BYTES {
            runs.push(from..i + 1);
            (from, bytes) = (i + 1, 0);
        }
    }
    if from < inputs.len() {
        runs.push(from..inputs.len());
    }
    let threads = threads.min(runs.len());
    if threads < 2 {
        return pool.with(|scratch| inputs.iter().enumerate().map(|(i, input)| work(i, input, scratch)).collect());
    }
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, Result<Vec<R>, E>)> = std::thread::scope(|scope| {
        let worker = || {
            pool.with(|scratch| {
                let mut mine = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(run) = runs.get(at) else { return mine };
                    let results = run.clone().map(|i| work(i, &inputs[i], scratch)).collect::<Result<Vec<R>, E>>();
                    mine.push((at, results));
                }
            })
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut all = worker();
        for other in others {
            match other.join() {
                Ok(results) => all.extend(results),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    done.sort_by_key(|(at, _)| *at);
    let mut results = Vec::with_capacity(inputs.len());
    for (_, run) in done {
        results.extend(run?);
    }
    Ok(results)
}
