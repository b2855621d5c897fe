//! Atomic groups and possessive quantifiers, said without them.
//!
//! An atomic group has one way to match from a given place: the one its body tries first. A body that has only one way
//! anyway needs nothing; a choice becomes "the first branch, or, where the first cannot match, the second"; a greedy loop
//! runs until its body cannot match once more. What is left is an ordinary pattern with look-ahead.

use super::parse::{Assert, Node, Repeat};
use crate::error::{Error, Result};

/// Bounds of an atomic loop are written out up to this.
const MAX_UNROLLED: u32 = 64;

/// The same pattern without atomic groups.
pub(super) fn without_atomic_groups(node: Node) -> Result<Node> {
    let all = |nodes: Vec<Node>| nodes.into_iter().map(without_atomic_groups).collect::<Result<Vec<_>>>();
    Ok(match node {
        Node::Atomic(body) => first_way(*body)?,
        Node::Concat(parts) => Node::Concat(all(parts)?),
        Node::Alt(branches) => Node::Alt(all(branches)?),
        Node::Repeat { node, min, max, kind } => {
            Node::Repeat { node: Box::new(without_atomic_groups(*node)?), min, max, kind }
        }
        Node::Look { behind, negative, node } => {
            Node::Look { behind, negative, node: Box::new(without_atomic_groups(*node)?) }
        }
        other @ (Node::Empty | Node::Set(_) | Node::Assert(_)) => other,
    })
}

/// A pattern that matches only the way in which this one matches first.
fn first_way(node: Node) -> Result<Node> {
    if one_way(&node) {
        return without_atomic_groups(node);
    }
    match node {
        Node::Atomic(body) => first_way(*body),
        Node::Alt(branches) => {
            let mut guards = Vec::new();
            let mut ways = Vec::with_capacity(branches.len());
            for branch in branches {
                let mut way = guards.clone();
                guards.push(cannot_follow(&branch)?);
                way.push(first_way(branch)?);
                ways.push(Node::Concat(way));
            }
            Ok(Node::Alt(ways))
        }
        Node::Concat(mut parts) => {
            // Nothing after the last part that has a choice may make that part choose again.
            let mut free = true;
            for at in (0..parts.len()).rev() {
                let part = std::mem::replace(&mut parts[at], Node::Empty);
                if !free && !one_way(&part) {
                    return Err(Error::unsupported("an atomic group that tries more than one way inside"));
                }
                free &= always(&part);
                parts[at] = first_way(part)?;
            }
            Ok(Node::Concat(parts))
        }
        Node::Repeat { node, min, max, kind } => first_rounds(*node, min, max, kind),
        one => without_atomic_groups(one),
    }
}

fn first_rounds(node: Node, min: u32, max: Option<u32>, kind: Repeat) -> Result<Node> {
    let choice = !one_way(&node);
    if node.nullable() || choice && min > 1 {
        return Err(Error::unsupported("an atomic group around a loop that tries more than one way inside"));
    }
    let stop = cannot_follow(&node)?;
    let round = first_way(node)?;
    let rounds = |min, max| Node::Repeat { node: Box::new(round.clone()), min, max, kind: Repeat::Greedy };
    if kind == Repeat::Lazy {
        return Ok(rounds(min, Some(min)));
    }
    let Some(max) = max else { return Ok(Node::Concat(vec![rounds(min, None), stop])) };
    if max - min > MAX_UNROLLED {
        return Err(Error::unsupported("a possessive repetition of these counts"));
    }
    let mut rest = Node::Empty;
    for _ in min..max {
        rest = Node::Alt(vec![Node::Concat(vec![round.clone(), rest]), stop.clone()]);
    }
    Ok(Node::Concat(vec![rounds(min, Some(min)), rest]))
}

/// "Here this cannot match".
fn cannot_follow(node: &Node) -> Result<Node> {
    if let Node::Set(set) = node {
        let mut others = set.clone();
        others.negate();
        return Ok(Node::Assert(Assert::Next { set: others, edge: true }));
    }
    let node = Box::new(without_atomic_groups(node.clone())?);
    Ok(Node::Look { behind: false, negative: true, node })
}

/// Whether all ways to match from one place end at one place.
fn one_way(node: &Node) -> bool {
    width(node).is_some()
        || match node {
            Node::Atomic(_) => true,
            Node::Concat(parts) => parts.iter().all(one_way),
            Node::Repeat { node, min, max, .. } => *max == Some(*min) && one_way(node),
            _ => false,
        }
}

/// The number of characters that a part matches, if it is always the same.
pub(super) fn width(node: &Node) -> Option<u32> {
    match node {
        Node::Empty | Node::Assert(_) | Node::Look { .. } => Some(0),
        Node::Set(_) => Some(1),
        Node::Concat(parts) => parts.iter().try_fold(0u32, |sum, part| sum.checked_add(width(part)?)),
        Node::Alt(branches) => {
            let first = width(branches.first()?)?;
            branches.iter().all(|branch| width(branch) == Some(first)).then_some(first)
        }
        Node::Repeat { node, min, max, .. } if *max == Some(*min) => width(node)?.checked_mul(*min),
        Node::Repeat { .. } => None,
        Node::Atomic(body) => width(body),
    }
}

/// Whether a part matches everywhere, if only the empty text.
fn always(node: &Node) -> bool {
    match node {
        Node::Empty => true,
        Node::Set(_) | Node::Assert(_) | Node::Look { .. } => false,
        Node::Concat(parts) => parts.iter().all(always),
        Node::Alt(branches) => branches.iter().any(always),
        Node::Repeat { node, min, .. } => *min == 0 || always(node),
        Node::Atomic(body) => always(body),
    }
}
