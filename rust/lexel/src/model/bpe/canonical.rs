//! Which tokens their own symbols are certain to become.
//!
//! Let tokens be made by merges of ascending rank: `t` by the merge `(l, r)` of a rank not below those that made `l` and
//! `r`. Then `t` is what its symbols become if that holds for `l` and for `r`, and if nothing merges between a part of `l`
//! at its end and a part of `r` at its start before these are whole. Which parts stand side by side, and until when,
//! follows from the ranks alone: `docs/design/bpe-merging.md` has the proof. Tokens of which this does not hold, or whose
//! parts are made later than they are, are not claimed to be anything.

use super::NO_ID;
use super::pairs::{Join, NO_RANK, Pairs};

/// How a token is made.
#[derive(Clone, Copy)]
struct Made {
    left: u32,
    right: u32,
    /// Of the merge that makes it; of symbols 0, with no parts.
    rank: u32,
}

const UNKNOWN: Made = Made { left: NO_ID, right: NO_ID, rank: NO_RANK };

/// The tokens that are what their symbols become, given the merges by rank; each of `symbols` is one by itself.
pub(crate) fn certain(pairs: &Pairs, joins: &[Join], symbols: &[u32], id_bound: u32) -> Vec<u32> {
    let mut made = vec![UNKNOWN; id_bound as usize];
    let mut found: Vec<u32> = Vec::new();
    for &id in symbols {
        if made[id as usize].rank == NO_RANK {
            found.push(id);
        }
        made[id as usize] = Made { left: NO_ID, right: NO_ID, rank: 0 };
    }
    let repeats = pairs.count() != joins.len();
    for &(left, right, merge) in joins {
        if made[merge.id as usize].rank != NO_RANK
            || made[left as usize].rank == NO_RANK
            || made[right as usize].rank == NO_RANK
            || repeats && pairs.get(left, right) != Some(merge)
            || !meet(pairs, &made, left, right)
        {
            continue;
        }
        made[merge.id as usize] = Made { left, right, rank: merge.rank };
        found.push(merge.id);
    }
    found
}

/// Whether two tokens that are what their symbols become both come about if their symbols stand side by side.
///
/// The last state is undone step by step: of the two tokens at the border the one that was made last falls into its
/// parts. Of equal ranks the left one was made first.
fn meet(pairs: &Pairs, made: &[Made], mut left: u32, mut right: u32) -> bool {
    loop {
        let (a, b) = (made[left as usize], made[right as usize]);
        let (left_is_whole, right_is_whole) = (a.left == NO_ID, b.left == NO_ID);
        if left_is_whole && right_is_whole {
            return true;
        }
        // A merge over the border, had it come first, would have gone first: before a merge of its rank on the right, but
        // after one on the left.
        if right_is_whole || !left_is_whole && a.rank > b.rank {
            left = a.right;
            if pairs.rank(left, right) < a.rank {
                return false;
            }
        } else {
            right = b.left;
            if pairs.rank(left, right) <= b.rank {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge::{Symbols, tests::naive};
    use super::*;
    use crate::random::Random;

    /// Merges over a few letters in any order, some of them twice, some sharing ranks; and what each token spells.
    fn random_joins(random: &mut Random, letters: u32, merges: u32, by_class: bool) -> (Pairs, Vec<Vec<u32>>) {
        let mut below = |n: usize| (random.next_u64() % n as u64) as usize;
        let mut spelled: Vec<Vec<u32>> = (0..letters).map(|letter| vec![letter]).collect();
        let mut rules: Vec<(u32, u32, u32)> = Vec::new();
        for _ in 0..merges {
            let (a, b) = (below(spelled.len()), below(spelled.len()));
            let text = [spelled[a].as_slice(), &spelled[b]].concat();
            let id = spelled.iter().position(|s| *s == text).unwrap_or_else(|| {
                spelled.push(text);
                spelled.len() - 1
            });
            rules.push((a as u32, b as u32, id as u32));
        }
        if below(2) == 0 && !rules.is_empty() {
            for _ in 0..rules.len() / 4 {
                let (i, j) = (below(rules.len()), below(rules.len()));
                rules.swap(i, j);
            }
        }
        if !by_class {
            let mut pairs = Pairs::new(rules.len(), 1000);
            for (a, b, id) in rules {
                pairs.push(a, b, id);
            }
            return (pairs, spelled);
        }
        let mut results: Vec<(u32, u32)> = Vec::new();
        for &(_, _, id) in &rules {
            if !results.iter().any(|result| result.0 == id) {
                results.push((id, (results.len() / 3) as u32));
            }
        }
        let mut pairs = Pairs::with_results(rules.len(), 1000, &results);
        for (a, b, id) in rules {
            let entry = results.iter().position(|result| result.0 == id).unwrap_or_default();
            pairs.insert(a, b, entry as u32);
        }
        (pairs, spelled)
    }

    #[test]
    fn certain_tokens_are_what_their_symbols_become() {
        let mut random = Random::new(11);
        let (mut claimed, mut missed) = (0, 0);
        for case in 0..1500 {
            let letters = 1 + (random.next_u64() % 4) as u32;
            let merges = (random.next_u64() % 40) as u32;
            let (pairs, spelled) = random_joins(&mut random, letters, merges, case % 2 == 0);
            let found = certain(&pairs, &pairs.by_rank(), &(0..letters).collect::<Vec<_>>(), spelled.len() as u32);
            for (id, letters) in spelled.iter().enumerate().filter(|(_, letters)| letters.len() < 200) {
                let mut symbols = Symbols { ids: letters.clone(), lens: vec![1; letters.len()] };
                naive(&pairs, &mut symbols);
                let whole = symbols.ids == [id as u32];
                let claims = found.contains(&(id as u32));
                assert!(whole || !claims, "case {case}: {letters:?} does not become {id}");
                claimed += usize::from(claims);
                missed += usize::from(whole && !claims);
            }
        }
        assert!(claimed > 3 * missed, "{claimed} claimed, {missed} missed");
    }
}
