//! How many bytes of a text a token stands for, where its id alone tells.
//!
//! Ids of a piece met before are in the cache; where their tokens stand follows from these lengths. Mostly a token stands
//! for its own text. It does not if it has affixes, or came out of merges of unknown or fallback tokens, and then
//! different symbols may make the same token with different lengths.

use super::pairs::Join;
use super::symbols::Speller;
use super::{Alphabet, BpeOptions};
use crate::vocab::Vocab;

/// The length depends on more than the id, or is not known.
pub(crate) const DEPENDS: u32 = 0;
/// No way to make the token was found yet.
const UNSEEN: u32 = u32::MAX;
/// Files whose merges come before those of their parts need a pass for each step; beyond this many nothing is claimed.
const PASSES: usize = 16;

/// Find the lengths of all tokens.
pub(crate) fn definite(
    vocab: &Vocab,
    joins: &[Join],
    speller: &Speller,
    options: &BpeOptions,
    alphabet: Alphabet,
) -> Lengths {
    let of_text = |token: &str| match alphabet {
        Alphabet::Bytes => token.chars().count() as u32,
        Alphabet::Characters => token.len() as u32,
    };
    let mut lens = Lens(vec![UNSEEN; vocab.id_bound() as usize]);
    let special: Vec<u32> = speller.unk().into_iter().chain(speller.fallback_ids()).collect();
    let mut is_special = vec![false; lens.0.len()];
    for &id in &special {
        is_special[id as usize] = true;
    }
    let is_special = |id: u32| is_special[id as usize];
    let simple = !speller.has_affixes() && !joins.iter().any(|&(left, right, _)| is_special(left) || is_special(right));
    for (token, id) in vocab.entries().filter(|&(_, id)| simple && !is_special(id)) {
        lens.add(id, of_text(token));
    }
    let made = joins.iter().map(|(_, _, merge)| merge.id).filter(|&id| simple && is_special(id));
    for id in made {
        lens.add(id, vocab.token(id).map_or(DEPENDS, of_text));
    }
    if options.ignore_merges {
        for (token, id) in vocab.entries() {
            lens.add(id, of_text(token));
        }
    }
    speller.each_symbol(|id, len| {
        lens.add(id, len);
    });
    // Under the byte-level alphabet pieces with something unknown are not cached.
    if alphabet == Alphabet::Characters {
        for id in speller.fallback_ids() {
            lens.add(id, 1);
        }
    }
    if let Some(unk) = speller.unk() {
        lens.add(unk, DEPENDS);
    }
    let mut settled = simple;
    for _ in 0..PASSES {
        if settled {
            break;
        }
        settled = true;
        for &(left, right, merge) in joins {
            let len = match (lens.0[left as usize], lens.0[right as usize]) {
                (UNSEEN, _) | (_, UNSEEN) => continue,
                (DEPENDS, _) | (_, DEPENDS) => DEPENDS,
                (left, right) => left.saturating_add(right),
            };
            settled &= !lens.add(merge.id, len);
        }
    }
    if !settled {
        lens.0.fill(DEPENDS);
    }
    for len in &mut lens.0 {
        if *len == UNSEEN {
            *len = DEPENDS;
        }
    }
    Lengths { lens: lens.0, plain: simple, special }
}

/// What is known of the lengths.
pub(crate) struct Lengths {
    /// The bytes each token stands for by id, or [`DEPENDS`].
    pub(crate) lens: Vec<u32>,
    /// Whether characters have no affixes, and no merge takes part of unknown or fallback tokens.
    pub(crate) plain: bool,
    /// Unknown and fallback tokens.
    pub(crate) special: Vec<u32>,
}

struct Lens(Vec<u32>);

impl Lens {
    /// Note a length a token may have. Returns whether that changed anything.
    fn add(&mut self, id: u32, len: u32) -> bool {
        let known = &mut self.0[id as usize];
        let joined = if *known == UNSEEN || *known == len { len } else { DEPENDS };
        std::mem::replace(known, joined) != joined
    }
}
