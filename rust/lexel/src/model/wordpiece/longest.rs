//! The longest token at every place of a word, in one scan from its end.
//!
//! Read backwards, "the longest token that starts here" is "the longest pattern that ends here", and that is what the
//! automaton of Aho and Corasick knows at every step when its patterns are the tokens spelled backwards. A node is the end
//! of some tokens (a suffix); its `shorter` is the longest proper beginning of that suffix which is a node too.
//!
//! # Complexity
//! Linear in the word, and to build linear in the bytes of the vocabulary but for sorting it.

use crate::compiled::{Tables, Writer, ensure, ensure_ids, every};
use crate::error::Result;
use crate::vocab::Vocab;

/// The automaton. Nodes are numbered breadth first, so that the children of a node stand side by side; node 0 is the empty
/// suffix.
#[derive(Clone, Debug)]
pub(crate) struct LongestTokens {
    /// By node: the byte that leads to it from its parent.
    bytes: Vec<u8>,
    /// By node: its first child; its last stands before the first child of the next node. One more than nodes.
    children: Vec<u32>,
    shorter: Vec<u32>,
    /// By node: the longest token that may start a word, as an index of `tokens`.
    starting: Vec<u32>,
    /// By node: the longest token that may continue a word.
    continuing: Vec<u32>,
    /// Children of node 0 by byte; 0 for none.
    roots: [u32; 256],
    /// Id and bytes within the word.
    tokens: Vec<(u32, u32)>,
}

const NO_TOKEN: u32 = u32::MAX;

/// What is found at each byte of a word.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    longest: Vec<u32>,
}

/// A token to be found, spelled backwards.
struct Pattern<'a> {
    /// The first eight bytes, for sorting.
    head: u64,
    bytes: &'a [u8],
    token: u32,
    continues: bool,
}

impl LongestTokens {
    /// Tokens that start a word are those of the vocabulary as they are; tokens that continue it are spelled there with
    /// this prefix.
    pub(crate) fn new(vocab: &Vocab, prefix: &str) -> Self {
        let mut arena = Vec::new();
        let mut ranges = Vec::new();
        let mut tokens = Vec::new();
        for (token, id) in vocab.entries().filter(|(token, _)| !token.is_empty()) {
            let start = arena.len();
            arena.extend(token.bytes().rev());
            let mut add = |len: usize, continues| {
                ranges.push((start..start + len, tokens.len() as u32, continues));
                tokens.push((id, len as u32));
            };
            add(token.len(), false);
            if let Some(rest) = token.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
                add(rest.len(), true);
            }
        }
        let mut patterns: Vec<Pattern<'_>> = ranges
            .into_iter()
            .map(|(range, token, continues)| {
                let bytes = &arena[range];
                let mut head = [0; 8];
                let n = bytes.len().min(8);
                head[..n].copy_from_slice(&bytes[..n]);
                Pattern { head: u64::from_be_bytes(head), bytes, token, continues }
            })
            .collect();
        patterns.sort_unstable_by(|a, b| a.head.cmp(&b.head).then_with(|| a.bytes.cmp(b.bytes)));
        let mut automaton = Self {
            bytes: vec![0],
            children: Vec::new(),
            shorter: Vec::new(),
            starting: vec![NO_TOKEN],
            continuing: vec![NO_TOKEN],
            roots: [0; 256],
            tokens,
        };
        automaton.grow(&patterns);
        automaton.link();
        automaton
    }

    pub(crate) fn store(&self, out: &mut Writer) {
        let Self { bytes, children, shorter, starting, continuing, roots, tokens } = self;
        out.u8s(bytes);
        for table in [children, shorter, starting, continuing] {
            out.u32s(table);
        }
        out.u32s(roots);
        out.u32s(&tokens.iter().map(|token| token.0).collect::<Vec<_>>());
        out.u32s(&tokens.iter().map(|token| token.1).collect::<Vec<_>>());
    }

    pub(crate) fn take(tables: &mut Tables, id_bound: u32) -> Result<Self> {
        let bytes = tables.u8s()?;
        let nodes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let [children, shorter, starting, continuing] =
            [tables.u32s()?, tables.u32s()?, tables.u32s()?, tables.u32s()?];
        let roots = <[u32; 256]>::try_from(tables.u32s()?).unwrap_or([nodes; 256]);
        let (ids, lens) = (tables.u32s()?, tables.u32s()?);
        ensure(nodes > 0 && children.len() == bytes.len() + 1, "an automaton of another size")?;
        ensure(children.is_sorted() && children.last() == Some(&nodes), "an automaton of other nodes")?;
        ensure([&shorter, &starting, &continuing].iter().all(|t| t.len() == bytes.len()), "an automaton in part")?;
        // Falling back ends.
        ensure(shorter.iter().zip(0..).all(|(&to, node)| to < node || node == 0), "an automaton that goes in circles")?;
        ensure(every(&roots, |&node| node < nodes), "an automaton without roots")?;
        ensure_ids(&starting, ids.len() as u32, Some(NO_TOKEN))?;
        ensure_ids(&continuing, ids.len() as u32, Some(NO_TOKEN))?;
        ensure_ids(&ids, id_bound, None)?;
        ensure(lens.len() == ids.len() && every(&lens, |&len| len > 0), "tokens of no length")?;
        let tokens = ids.into_iter().zip(lens).collect();
        Ok(Self { bytes, children, shorter, starting, continuing, roots, tokens })
    }

    /// Make the nodes, level by level: a node is a run of sorted patterns with a common beginning.
    fn grow(&mut self, patterns: &[Pattern<'_>]) {
        let mut level = vec![(0, patterns.len())];
        let mut next = Vec::new();
        let mut depth = 0;
        let mut node = 0;
        while !level.is_empty() {
            for &(mut at, end) in &level {
                self.children.push(self.bytes.len() as u32);
                // What ends here sorts first.
                while let Some(pattern) = patterns[at..end].first().filter(|p| p.bytes.len() == depth) {
                    let longest = if pattern.continues { &mut self.continuing } else { &mut self.starting };
                    longest[node] = pattern.token;
                    at += 1;
                }
                while at < end {
                    let byte = patterns[at].bytes[depth];
                    let from = at;
                    while at < end && patterns[at].bytes[depth] == byte {
                        at += 1;
                    }
                    self.bytes.push(byte);
                    self.starting.push(NO_TOKEN);
                    self.continuing.push(NO_TOKEN);
                    next.push((from, at));
                }
                node += 1;
            }
            level.clear();
            std::mem::swap(&mut level, &mut next);
            depth += 1;
        }
        self.children.push(self.bytes.len() as u32);
    }

    /// Find what each node falls back to, parents first, and inherit its tokens.
    fn link(&mut self) {
        self.shorter = vec![0; self.bytes.len()];
        for child in self.children[0]..self.children[1] {
            self.roots[self.bytes[child as usize] as usize] = child;
        }
        for parent in 1..self.bytes.len() {
            for child in self.children[parent]..self.children[parent + 1] {
                let child = child as usize;
                let shorter = self.step(self.shorter[parent], self.bytes[child]);
                self.shorter[child] = shorter;
                for longest in [&mut self.starting, &mut self.continuing] {
                    if longest[child] == NO_TOKEN {
                        longest[child] = longest[shorter as usize];
                    }
                }
            }
        }
    }

    /// The node after one more byte.
    #[inline]
    fn step(&self, mut node: u32, byte: u8) -> u32 {
        while node != 0 {
            let first = self.children[node as usize] as usize;
            let last = self.children[node as usize + 1] as usize;
            let bytes = &self.bytes[first..last];
            // Few nodes have more than a handful of children.
            let found =
                if bytes.len() <= 8 { bytes.iter().position(|&b| b == byte) } else { memchr::memchr(byte, bytes) };
            if let Some(at) = found {
                return (first + at) as u32;
            }
            node = self.shorter[node as usize];
        }
        self.roots[byte as usize]
    }

    /// Cut a word into the longest tokens, from its start: `token` gets the id and the bytes of each. Returns false, and
    /// calls nothing, if some part is unknown.
    pub(crate) fn cut(&self, word: &str, scan: &mut Scan, mut token: impl FnMut(u32, u32)) -> bool {
        let longest = &mut scan.longest;
        longest.clear();
        longest.resize(word.len(), NO_TOKEN);
        let mut node = 0;
        for (place, &byte) in longest.iter_mut().zip(word.as_bytes()).rev() {
            node = self.step(node, byte);
            *place = self.continuing[node as usize];
        }
        if let Some(first) = longest.first_mut() {
            *first = self.starting[node as usize];
        }
        let tokens_at = |at: usize| self.tokens.get(longest[at] as usize).copied();
        let mut at = 0;
        while at < word.len() {
            let Some((_, len)) = tokens_at(at) else { return false };
            at += len as usize;
        }
        at = 0;
        while let Some((id, len)) = longest.get(at).and_then(|_| tokens_at(at)) {
            token(id, len);
            at += len as usize;
        }
        true
    }
}
