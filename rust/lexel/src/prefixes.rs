//! Which of some strings a text goes on with: a trie over their bytes.

/// Strings, looked for at one place of a text at a time.
#[derive(Clone, Debug)]
pub(crate) struct Prefixes {
    /// Where the edges of each node begin in `edges`, and whether a string ends there; the root is the first.
    nodes: Vec<(u32, bool)>,
    /// Byte and node below, by byte within each node.
    edges: Vec<(u8, u32)>,
    /// Whether a string begins with a byte.
    first: Box<[bool; 256]>,
}

/// Of more strings that begin at one place the longest of the first so many counts, as in `SentencePiece`.
const FOUND: usize = 64;

impl Default for Prefixes {
    fn default() -> Self {
        Self::new(std::iter::empty())
    }
}

impl Prefixes {
    /// Of these strings; empty ones are never found.
    pub(crate) fn new<'s>(strings: impl Iterator<Item = &'s str>) -> Self {
        let mut sorted: Vec<&[u8]> = strings.map(str::as_bytes).filter(|string| !string.is_empty()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut first = Box::new([false; 256]);
        for string in &sorted {
            first[usize::from(string[0])] = true;
        }
        let (mut nodes, mut edges) = (vec![(0, false)], Vec::new());
        // Strings `from..to` begin with the same `depth` bytes, which lead to `node`; nodes are laid out in this order.
        let mut open = std::collections::VecDeque::from([(0, 0, sorted.len(), 0)]);
        while let Some((node, mut from, to, depth)) = open.pop_front() {
            let ends = from < to && sorted[from].len() == depth;
            from += usize::from(ends);
            nodes[node] = (edges.len() as u32, ends);
            while from < to {
                let label = sorted[from][depth];
                let next = from + sorted[from..to].iter().take_while(|string| string[depth] == label).count();
                edges.push((label, nodes.len() as u32));
                open.push_back((nodes.len(), from, next, depth + 1));
                nodes.push((0, false));
                from = next;
            }
        }
        nodes.push((edges.len() as u32, false));
        Self { nodes, edges, first }
    }

    /// Whether there are no strings.
    pub(crate) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Whether a string begins with this byte.
    #[inline]
    pub(crate) fn begin_with(&self, byte: u8) -> bool {
        self.first[usize::from(byte)]
    }

    /// The length of the longest string that a text begins with.
    #[inline]
    pub(crate) fn longest(&self, text: &[u8]) -> Option<usize> {
        if text.first().is_none_or(|&byte| !self.begin_with(byte)) {
            return None;
        }
        let (mut node, mut longest, mut found) = (0, None, 0);
        for (depth, byte) in text.iter().enumerate() {
            let edges = &self.edges[self.nodes[node].0 as usize..self.nodes[node + 1].0 as usize];
            let Ok(edge) = edges.binary_search_by_key(byte, |&(label, _)| label) else { break };
            node = edges[edge].1 as usize;
            if self.nodes[node].1 {
                longest = Some(depth + 1);
                found += 1;
                if found == FOUND {
                    break;
                }
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_string_counts() {
        let strings = ["ab", "abc", "b", "é", "", "ab", "abcde"];
        let prefixes = Prefixes::new(strings.into_iter());
        for (text, expected) in [
            ("abcd", Some(3)),
            ("abd", Some(2)),
            ("a", None),
            ("éa", Some(2)),
            ("", None),
            ("x", None),
            ("bb", Some(1)),
        ] {
            assert_eq!(prefixes.longest(text.as_bytes()), expected, "{text}");
        }
        assert!(Prefixes::default().is_empty());
        assert_eq!(Prefixes::default().longest(b"a"), None);
    }

    #[test]
    fn of_very_many_at_one_place_the_longest_are_not_found() {
        let runs: Vec<String> = (1..100).map(|n| "a".repeat(n)).collect();
        let prefixes = Prefixes::new(runs.iter().map(String::as_str));
        assert_eq!(prefixes.longest("a".repeat(99).as_bytes()), Some(64));
    }
}
