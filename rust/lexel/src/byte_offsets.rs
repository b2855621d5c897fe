//! Offsets in bytes of the UTF-8 text, made from offsets in code points once an encoding is complete.
//!
//! Trimming counts characters, so the way leads over code points; texts of ASCII are left alone.

use crate::encoding::{Encoding, NO_WORD};

/// Turn the offsets of an encoding and of its windows into bytes; `sources` say which of the texts each token stands in.
pub(crate) fn in_bytes(encoding: &mut Encoding, texts: &[&str]) {
    let starts: Vec<Option<Vec<u32>>> = texts.iter().map(|text| character_starts(text)).collect();
    convert(encoding, &starts);
    for window in &mut encoding.overflowing {
        convert(window, &starts);
    }
}

/// Where the characters start, and where the last one ends; `None` where that is what they are counted by.
fn character_starts(text: &str) -> Option<Vec<u32>> {
    if text.is_ascii() {
        return None;
    }
    let starts = text.char_indices().map(|(at, _)| at as u32);
    Some(starts.chain(std::iter::once(text.len() as u32)).collect())
}

fn convert(encoding: &mut Encoding, starts: &[Option<Vec<u32>>]) {
    let sources = std::mem::take(&mut encoding.sources);
    for ((start, end), source) in encoding.offsets.iter_mut().zip(sources) {
        if source == NO_WORD {
            continue;
        }
        if let Some(Some(starts)) = starts.get(source as usize) {
            for at in [start, end] {
                let last = starts.len().saturating_sub(1);
                *at = starts.get((*at as usize).min(last)).copied().unwrap_or_default();
            }
        }
    }
}
