//! Which tokens begin at a place of a text: a double-array trie over the bytes of all tokens.
//!
//! The child of a node by the byte `c` stands at `base ^ c`, if the label there is `c`: no two nodes share a base, so no
//! other node's child can have that label at that place. A node below which only one token is left has no children; the
//! rest of that token is compared as a string.
//!
//! A node is one `u64`, so a step through the trie is one load:
//! ```text
//! bits 0..8    label
//! bits 8..34   the token that ends here (its place in byte order), or NO_TOKEN
//! bits 34..63  base; of a leaf, where the rest of its token begins in `rests`
//! bit  63      leaf
//! ```

use super::blocks::Blocks;
use crate::compiled::{Tables, Writer, ensure, ensure_ids, every};
use crate::error::{Error, Result};

/// A token of the trie. The score stands beside the id, and tokens that begin alike stand side by side, as they are met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) score: f64,
    pub(crate) id: u32,
    /// In bytes.
    pub(crate) len: u32,
}

/// All tokens but empty ones; of equal tokens the last one.
#[derive(Clone, Debug)]
pub(crate) struct Trie {
    nodes: Vec<u64>,
    root: u64,
    tokens: Vec<Token>,
    rests: Vec<u8>,
}

const NO_TOKEN: u32 = (1 << 26) - 1;
const LEAF: u64 = 1 << 63;
const MAX_BASE: usize = 1 << 29;
/// A place no node has: a leaf without a token.
const FREE: u64 = LEAF | ((1 << 26) - 1) << 8;

#[inline]
fn token_of(node: u64) -> u32 {
    (node >> 8) as u32 & NO_TOKEN
}

#[inline]
fn base_of(node: u64) -> usize {
    (node >> 34) as usize & (MAX_BASE - 1)
}

/// Nodes whose children are not placed yet: tokens `first..end` have the same first `depth` bytes.
struct Open {
    node: usize,
    first: u32,
    end: u32,
    depth: u32,
}

impl Trie {
    /// Build from tokens and their ids, with the scores by id.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] for vocabularies of gigabytes.
    pub(crate) fn new<'t>(entries: impl Iterator<Item = (&'t str, u32)>, scores: &[f64]) -> Result<Self> {
        let sorted = sorted_tokens(entries);
        let tokens = sorted
            .iter()
            .map(|&(text, id)| Token { score: scores[id as usize], id, len: text.len() as u32 })
            .collect::<Vec<_>>();
        let mut trie = Self { nodes: Vec::new(), root: FREE, tokens, rests: Vec::new() };
        if sorted.len() >= NO_TOKEN as usize {
            return Err(too_large());
        }
        if sorted.is_empty() {
            trie.nodes.resize(256, FREE);
            trie.root = u64::from(NO_TOKEN) << 8;
        } else {
            trie.place(&sorted)?;
        }
        Ok(trie)
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        out.u64s(&self.nodes);
        out.u64s(&[self.root]);
        out.f64s(&self.tokens.iter().map(|token| token.score).collect::<Vec<_>>());
        out.u32s(&self.tokens.iter().map(|token| token.id).collect::<Vec<_>>());
        out.u32s(&self.tokens.iter().map(|token| token.len).collect::<Vec<_>>());
        out.u8s(&self.rests);
    }

    pub(crate) fn take(tables: &mut Tables, id_bound: u32) -> Result<Self> {
        let (nodes, [root]) = (tables.u64s()?, tables.numbers()?);
        let (scores, ids, lens) = (tables.f64s()?, tables.u32s()?, tables.u32s()?);
        ensure(scores.len() == ids.len() && ids.len() == lens.len(), "tokens without scores")?;
        ensure_ids(&ids, id_bound, None)?;
        let fields = scores.into_iter().zip(ids).zip(lens);
        let tokens: Vec<Token> = fields.map(|((score, id), len)| Token { score, id, len }).collect();
        let rests = tables.u8s()?;
        let within = |node: u64| {
            let token = token_of(node);
            let (base, leaf) = (base_of(node), node & LEAF != 0);
            (token == NO_TOKEN || (token as usize) < tokens.len())
                && if leaf { base <= rests.len() } else { base | 0xFF < nodes.len() }
        };
        ensure(within(root) && every(&nodes, |&node| node == FREE || within(node)), "a trie that leads nowhere")?;
        Ok(Self { nodes, root, tokens, rests })
    }

    /// Place all nodes, each with what is below it before the next: what one walk meets stands close together, and the
    /// tokens are read while they are at hand.
    fn place(&mut self, sorted: &[(&[u8], u32)]) -> Result<()> {
        let mut blocks = Blocks::default();
        let mut open = Vec::new();
        // The root stands nowhere: nothing leads to it.
        open.push(Open { node: usize::MAX, first: 0, end: sorted.len() as u32, depth: 0 });
        let mut children = Vec::new();
        while let Some(Open { node, mut first, end, depth }) = open.pop() {
            let at = depth as usize;
            let mut token = NO_TOKEN;
            if sorted[first as usize].0.len() == at {
                token = first;
                first += 1;
            }
            children.clear();
            let mut from = first;
            while from < end {
                let label = sorted[from as usize].0[at];
                let rest = &sorted[from as usize..end as usize];
                let to = from + rest.iter().take_while(|(text, _)| text[at] == label).count() as u32;
                children.push((label, from, to));
                from = to;
            }
            let base = blocks.place(children.iter().map(|&(label, ..)| label));
            if base >= MAX_BASE {
                return Err(too_large());
            }
            self.nodes.resize(blocks.len(), FREE);
            let label = if node == usize::MAX { 0 } else { self.nodes[node] & 0xFF };
            let packed = label | u64::from(token) << 8 | (base as u64) << 34;
            if node == usize::MAX {
                self.root = packed;
            } else {
                self.nodes[node] = packed;
            }
            for &(label, first, end) in &children {
                let child = base ^ usize::from(label);
                self.nodes[child] = u64::from(label);
                if end - first > 1 {
                    open.push(Open { node: child, first, end, depth: depth + 1 });
                    continue;
                }
                let rest = &sorted[first as usize].0[at + 1..];
                self.nodes[child] |= LEAF | u64::from(first) << 8 | (self.rests.len() as u64) << 34;
                self.rests.extend_from_slice(rest);
                if self.rests.len() >= MAX_BASE {
                    return Err(too_large());
                }
            }
        }
        Ok(())
    }

    /// The token at this place in byte order.
    #[inline]
    pub(crate) fn token(&self, index: u32) -> &Token {
        &self.tokens[index as usize]
    }

    /// All tokens in byte order.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Call `found` with every token that begins at `start`, shortest first: its end in the text, and its index.
    #[inline]
    pub(crate) fn matches(&self, text: &[u8], start: usize, mut found: impl FnMut(usize, u32)) {
        let nodes = &*self.nodes;
        let mut node = self.root;
        for (depth, &label) in text[start..].iter().enumerate() {
            node = nodes[base_of(node) ^ usize::from(label)];
            if node as u8 != label {
                return;
            }
            if node & LEAF != 0 {
                return self.leaf(text, start, depth + 1, node, found);
            }
            let token = token_of(node);
            if token != NO_TOKEN {
                found(start + depth + 1, token);
            }
        }
    }

    /// The only token below a leaf, if the rest of it follows.
    #[inline]
    fn leaf(&self, text: &[u8], start: usize, depth: usize, node: u64, mut found: impl FnMut(usize, u32)) {
        let Some(token) = self.tokens.get(token_of(node) as usize) else { return };
        let (end, rest) = (start + token.len as usize, base_of(node));
        let follows = |text: &[u8]| text.iter().zip(&self.rests[rest..]).all(|(a, b)| a == b);
        if text.get(start + depth..end).is_some_and(follows) {
            found(end, token_of(node));
        }
    }
}

fn too_large() -> Error {
    Error::unsupported("a Unigram vocabulary of gigabytes").at("model.vocab")
}

/// The tokens in byte order, without empty ones; of equal tokens the last.
fn sorted_tokens<'t>(entries: impl Iterator<Item = (&'t str, u32)>) -> Vec<(&'t [u8], u32)> {
    let mut keyed: Vec<(u64, &[u8], u32)> = entries
        .filter(|(token, _)| !token.is_empty())
        .map(|(token, id)| (first_bytes(token.as_bytes()), token.as_bytes(), id))
        .collect();
    keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)).then(a.2.cmp(&b.2)));
    let mut sorted: Vec<(&'t [u8], u32)> = Vec::with_capacity(keyed.len());
    for (_, token, id) in keyed {
        match sorted.last_mut() {
            Some(last) if last.0 == token => last.1 = id,
            _ => sorted.push((token, id)),
        }
    }
    sorted
}

/// The first eight bytes as a number that sorts as they do.
fn first_bytes(token: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let n = token.len().min(8);
    bytes[..n].copy_from_slice(&token[..n]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::vocab::Vocab;

    fn trie(tokens: &[String]) -> (Vocab, Trie) {
        let mut vocab = Vocab::default();
        for (id, token) in tokens.iter().enumerate() {
            vocab.push_listed(token, id as u32);
        }
        vocab.finish().expect("small ids");
        let scores: Vec<f64> = (0..tokens.len()).map(|id| -(id as f64)).collect();
        let trie = Trie::new(vocab.entries(), &scores).expect("a small vocabulary");
        (vocab, trie)
    }

    fn found(trie: &Trie, text: &str, start: usize) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        trie.matches(text.as_bytes(), start, |end, token| all.push((end, trie.token(token).id)));
        all
    }

    #[test]
    fn finds_what_a_search_through_all_tokens_finds() {
        let mut random = Random::new(3);
        for round in 0..60 {
            let letters: Vec<char> =
                if round % 3 == 0 { "ab".chars().collect() } else { "abc\0é日本😀▁".chars().collect() };
            let mut word = |longest: u64| -> String {
                let n = random.next_u64() % longest;
                (0..n).map(|_| letters[(random.next_u64() % letters.len() as u64) as usize]).collect()
            };
            let tokens: Vec<String> = (0..[0, 1, 5, 300, 3000][round % 5]).map(|_| word(9)).collect();
            let (vocab, trie) = trie(&tokens);
            let text = word(60);
            for (start, _) in text.char_indices() {
                let rest = &text[start..];
                let expected: Vec<(usize, u32)> = (1..=rest.len())
                    .filter(|&n| rest.is_char_boundary(n))
                    .filter_map(|n| vocab.id(&rest[..n]).map(|id| (start + n, id)))
                    .collect();
                assert_eq!(found(&trie, &text, start), expected, "{text:?} from {start}");
            }
        }
    }

    #[test]
    fn an_empty_vocabulary_finds_nothing() {
        let (_, trie) = trie(&[String::new()]);
        assert_eq!(found(&trie, "a\0b", 0), []);
    }
}
