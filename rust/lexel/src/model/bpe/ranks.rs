//! Whether a list of merges does what merging by ids does.
//!
//! tiktoken has no list: any two neighbours whose texts together are a token merge, the lowest id first. For most lists
//! that is the same, though they have fewer merges. Let every token `t` of several letters, made of its letters by ids
//! alone, be made last of `l` and `r`. If the ids of the results never descend along the list, `(l, r)` is in the list,
//! and `l` and `r` are letters or have lower ids than `t`, then both ways are the same on every text:
//!
//! Both go through the tokens by ascending id: what a merge makes is a part of later merges only. Look at the first merge
//! in which they differ, into `t`, of other neighbours `(x, y)`. No merge crossed the ends of these two so far, so that the
//! text between looks as it looks alone once all tokens below `t` are made: `(l, r)`. But it looks like `(x, y)`.

use hashbrown::{HashMap, HashSet};

use super::derive::{MergeBy, Order};
use super::pairs::Pairs;
use super::{Alphabet, Bpe, letter_byte};
use crate::json::shortened;
use crate::vocab::Vocab;

/// Longer tokens are not looked at; no vocabulary of bytes has any.
const LONGEST: usize = 4096;

impl Bpe {
    /// Why merging by ids may give something else than these merges; none if it never does. Tokens with the ids `special`
    /// take no part.
    pub(crate) fn unlike_ranks(&self, vocab: &Vocab, special: &[u32]) -> Option<String> {
        let by_ids = match &self.options.merge_by {
            Some(MergeBy { order: Order::Ids, special: own }) if **own == *special => return None,
            Some(_) => return Some("its merges do not follow from ids".to_owned()),
            None => MergeBy { order: Order::Ids, special: special.into() },
        };
        if self.alphabet != Alphabet::Bytes {
            return Some("its pieces are not read as bytes".to_owned());
        }
        let named = |id: u32| format!("{:?} (id {id})", shortened(vocab.token(id).unwrap_or_default()));
        let listed = self.merges();
        let results: Option<Vec<u32>> = listed.iter().map(|&(l, r)| Some(self.pairs.get(l, r)?.id)).collect();
        let Some(results) = results else { return Some("its list of merges contradicts itself".to_owned()) };
        if let Some(pair) = results.windows(2).find(|pair| pair[0] > pair[1]) {
            return Some(format!("its merges make {} before {}, against their ids", named(pair[0]), named(pair[1])));
        }
        if let Some(&id) = results.iter().find(|&&id| by_ids.is_special(id)) {
            return Some(format!("a merge makes the added token {}", named(id)));
        }
        let listed: HashSet<(u32, u32)> = listed.into_iter().collect();
        let derived = by_ids.pairs(vocab);
        let made: HashSet<u32> = derived.by_rank().into_iter().map(|(_, _, merge)| merge.id).collect();
        let mut letters: HashMap<char, u32> = HashMap::new();
        for (token, id) in vocab.entries().filter(|&(_, id)| !by_ids.is_special(id)) {
            if token.is_empty() || !token.chars().all(|c| letter_byte(c).is_some()) {
                return Some(format!("the token {} is not written in byte-level letters", named(id)));
            }
            let mut chars = token.chars();
            if let (Some(c), None) = (chars.next(), chars.next()) {
                letters.insert(c, id);
            }
        }
        if letters.len() != 256 {
            return Some("some byte is no token".to_owned());
        }
        for (token, id) in vocab.entries().filter(|&(_, id)| !by_ids.is_special(id)) {
            let symbols: Vec<u32> = token.chars().map(|c| letters[&c]).collect();
            if symbols.len() == 1 || symbols.len() > LONGEST {
                if symbols.len() > 1 {
                    return Some(format!("the token {} is too long to tell", named(id)));
                }
                continue;
            }
            if !made.contains(&id) {
                // No merge makes it either way; but tiktoken finds it where it is a whole piece.
                if self.options.ignore_merges {
                    continue;
                }
                return Some(format!("no merge makes the token {}", named(id)));
            }
            let early = |part: u32| part < id || vocab.token(part).is_some_and(|text| text.chars().nth(1).is_none());
            match last_merge(&derived, symbols) {
                Some((l, r)) if derived.get(l, r).is_some_and(|merge| merge.id == id) => {
                    if !listed.contains(&(l, r)) || !early(l) || !early(r) {
                        return Some(format!("by ids {} is made of {} and {}", named(id), named(l), named(r)));
                    }
                }
                _ => return Some(format!("by ids alone its letters do not become {}", named(id))),
            }
        }
        None
    }
}

/// The merge that makes one token of symbols; none if they do not become one.
fn last_merge(pairs: &Pairs, mut symbols: Vec<u32>) -> Option<(u32, u32)> {
    loop {
        let best = symbols.windows(2).enumerate().filter_map(|(at, pair)| Some((pairs.get(pair[0], pair[1])?, at)));
        let (merge, at) = best.min_by_key(|(merge, at)| (merge.rank, *at))?;
        if symbols.len() == 2 {
            return Some((symbols[0], symbols[1]));
        }
        symbols[at] = merge.id;
        symbols.remove(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use crate::Pipeline;

    fn reason(tokens: &[&str], merges: &[&str], ignore_merges: bool) -> Option<String> {
        let letters = (0..=255u8).map(|byte| super::super::BYTE_LETTERS[byte as usize].to_string());
        let vocab: Vec<String> = letters.chain(tokens.iter().map(|&token| token.to_owned())).collect();
        let entries: serde_json::Map<String, serde_json::Value> =
            vocab.iter().zip(0u32..).map(|(token, id)| (token.clone(), id.into())).collect();
        let json = serde_json::json!({
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
            "model": {"type": "BPE", "vocab": entries, "merges": merges, "ignore_merges": ignore_merges},
        });
        Pipeline::from_json(&json.to_string()).expect("a tokenizer").unlike_ranks()
    }

    #[test]
    fn lists_that_do_what_ids_do_are_told_from_others() {
        assert_eq!(reason(&["ab", "abc", "bc"], &["a b", "ab c", "b c"], false), None);
        let refused = [
            (reason(&["ab", "bc"], &["b c", "a b"], false), "its merges make \"bc\" (id 257) before \"ab\" (id 256)"),
            (reason(&["ab", "xyz"], &["a b"], false), "no merge makes the token \"xyz\" (id 257)"),
            (reason(&["ab", "abc"], &["a b"], true), "by ids \"abc\" (id 257) is made of \"ab\" (id 256) and \"c\""),
            (reason(&["ab", "bc", "abc"], &["a b", "b c", "a bc"], true), "by ids \"abc\" (id 258) is made of \"ab\""),
        ];
        for (found, expected) in refused {
            assert!(found.as_deref().is_some_and(|found| found.starts_with(expected)), "{found:?}, not {expected}");
        }
        assert_eq!(reason(&["ab", "xyz"], &["a b"], true), None);
    }
}
