//! The dialect of the reference's regex engine (Oniguruma, its Ruby syntax), as far as an automaton can answer it.
//!
//! Anything that cannot be answered exactly is refused by name: back-references and subexpression calls, `\K`, look-behind
//! over texts of several lengths, and case folds that change lengths.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::lower::width;
use crate::error::{Error, Result};

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Empty,
    Set(ClassUnicode),
    Concat(Vec<Node>),
    Alt(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        kind: Repeat,
    },
    /// Matches in the first way it can, or not at all.
    Atomic(Box<Node>),
    Assert(Assert),
    /// Something matches (or does not) from here on, or up to here.
    Look {
        behind: bool,
        negative: bool,
        node: Box<Node>,
    },
}

/// A condition on the characters around a place.
#[derive(Clone, Debug)]
pub(crate) enum Assert {
    /// The next character is in the set or, if `edge`, the text ends here.
    Next { set: ClassUnicode, edge: bool },
    /// The character before is in the set or, if `edge`, the text starts here.
    Previous { set: ClassUnicode, edge: bool },
    /// The search started here.
    SearchStart,
}

impl Node {
    /// Whether a part may match the empty text.
    pub(in crate::split) fn nullable(&self) -> bool {
        match self {
            Self::Empty | Self::Assert(_) | Self::Look { .. } => true,
            Self::Set(_) => false,
            Self::Concat(parts) => parts.iter().all(Self::nullable),
            Self::Alt(branches) => branches.iter().any(Self::nullable),
            Self::Repeat { node, min, .. } => *min == 0 || node.nullable(),
            Self::Atomic(body) => body.nullable(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Greedy,
    Lazy,
}

/// Counted repetitions are written out in the automaton; more than this is no split pattern.
pub(super) const MAX_COUNT: u32 = 1000;
pub(super) const MAX_DEPTH: usize = 100;
/// Characters of a pattern that a message shows.
pub(super) const SHOWN: usize = 200;

/// Parse a pattern.
pub(crate) fn parse(pattern: &str) -> Result<Node> {
    let mut parser = Parser { chars: pattern.chars().collect(), at: 0, pattern, depth: 0 };
    let Part { node, .. } = parser.alternatives(Flags::default())?;
    if parser.at < parser.chars.len() {
        return Err(parser.unsupported("an unmatched ')'"));
    }
    Ok(node)
}

/// The set of a pattern that is one character of a set, and whether it takes as many of them as follow each other.
pub(crate) fn as_class(pattern: &Node) -> Option<(&ClassUnicode, bool)> {
    match pattern {
        Node::Set(set) => Some((set, false)),
        Node::Repeat { node, min: 1, max: None, kind: Repeat::Greedy } => match &**node {
            Node::Set(set) => Some((set, true)),
            _ => None,
        },
        Node::Atomic(body) => as_class(body),
        _ => None,
    }
}

pub(super) fn empty_set() -> ClassUnicode {
    ClassUnicode::empty()
}

pub(super) fn any_character() -> ClassUnicode {
    let mut set = ClassUnicode::empty();
    set.negate();
    set
}

pub(super) fn one_character(c: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(c, c)])
}

pub(super) fn next(set: ClassUnicode, edge: bool) -> Node {
    Node::Assert(Assert::Next { set, edge })
}

pub(super) fn previous(set: ClassUnicode, edge: bool) -> Node {
    Node::Assert(Assert::Previous { set, edge })
}

/// `^`: at the start, and after every newline but one that ends the text.
fn line_start() -> Node {
    let after_newline = Node::Concat(vec![previous(one_character('\n'), false), next(any_character(), false)]);
    Node::Alt(vec![previous(empty_set(), true), after_newline])
}

/// `\Z`: at the end, and before a newline there.
fn end_or_last_newline() -> Node {
    let newline = Node::Concat(vec![Node::Set(one_character('\n')), next(empty_set(), true)]);
    let look = Node::Look { behind: false, negative: false, node: Box::new(newline) };
    Node::Alt(vec![next(empty_set(), true), look])
}

/// `\b` or, negated, `\B`.
pub(super) fn word_boundary(word: &ClassUnicode, negated: bool) -> Node {
    let mut other = word.clone();
    other.negate();
    let pair = |before: bool, after: bool| {
        let set = |is_word| if is_word { word.clone() } else { other.clone() };
        Node::Concat(vec![previous(set(before), !before), next(set(after), !after)])
    };
    Node::Alt(vec![pair(true, negated), pair(false, !negated)])
}

/// A look-around; none where it would look back over texts of several lengths, or over more than characters.
pub(super) fn look_around(node: Node, behind: bool, negative: bool) -> Option<Node> {
    if let Node::Set(mut set) = node {
        if negative {
            set.negate();
        }
        return Some(if behind { previous(set, negative) } else { next(set, negative) });
    }
    let fixed = match &node {
        Node::Alt(branches) => branches.iter().all(|branch| width(branch).is_some()),
        other => width(other).is_some(),
    };
    (!behind || fixed && plain(&node)).then(|| Node::Look { behind, negative, node: Box::new(node) })
}

/// Any character, or any but a newline.
pub(super) fn dot(newline_too: bool) -> ClassUnicode {
    let mut set = if newline_too { empty_set() } else { one_character('\n') };
    set.negate();
    set
}

/// `\R`: a line break, the two characters of which are one.
fn line_break() -> Node {
    let both = Node::Concat(vec![Node::Set(one_character('\r')), Node::Set(one_character('\n'))]);
    let range = |a, b| ClassUnicodeRange::new(a, b);
    let single = [range('\n', '\r'), range('\u{85}', '\u{85}'), range('\u{2028}', '\u{2029}')];
    Node::Atomic(Box::new(Node::Alt(vec![both, Node::Set(ClassUnicode::new(single))])))
}

#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    dot_all: bool,
}

/// A part of a pattern. The reference refuses to repeat an anchor or a look-around, alone or as a branch; inside a group
/// that is more than parentheses it does not look.
struct Part {
    node: Node,
    repeatable: bool,
}

impl From<Node> for Part {
    fn from(node: Node) -> Self {
        Self { node, repeatable: true }
    }
}

/// A part that is only a condition on its place.
fn place(node: Node) -> Part {
    Part { node, repeatable: false }
}

struct Parser<'p> {
    chars: Vec<char>,
    at: usize,
    pattern: &'p str,
    depth: usize,
}

impl Parser<'_> {
    fn unsupported(&self, what: &str) -> Error {
        let mut shown: String = self.pattern.chars().take(SHOWN).collect();
        if shown.len() < self.pattern.len() {
            shown.push('…');
        }
        Error::unsupported(format!("{what} at character {} of the regex {shown:?}", self.at))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c))
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn bump(&mut self) -> Result<char> {
        let c = self.peek().ok_or_else(|| self.unsupported("an unexpected end"))?;
        self.at += 1;
        Ok(c)
    }

    fn alternatives(&mut self, flags: Flags) -> Result<Part> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.unsupported("nesting deeper than 100"));
        }
        let mut branches = vec![self.sequence(flags)?];
        while self.eat("|") {
            branches.push(self.sequence(flags)?);
        }
        self.depth -= 1;
        if branches.len() == 1 {
            return Ok(branches.remove(0));
        }
        let repeatable = branches.iter().all(|branch| branch.repeatable);
        Ok(Part { node: Node::Alt(branches.into_iter().map(|branch| branch.node).collect()), repeatable })
    }

    fn sequence(&mut self, flags: Flags) -> Result<Part> {
        let mut parts: Vec<Part> = Vec::new();
        // The last character, where it is a literal under (?i): pairs of them may fold to one character.
        let mut folded_literal: Option<char> = None;
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if let Some(read) = self.inline_flags(flags)? {
                // Here they hold for the rest of the group, all its further branches included, as in `(?i:...)`.
                parts.push(self.alternatives(read)?.node.into());
                break;
            }
            let before = self.at;
            let atom = self.atom(flags)?;
            let literal = (flags.ignore_case && self.at == before + 1 && c != '.').then(|| c.to_ascii_lowercase());
            if let (Some(first), Some(second)) = (folded_literal, literal)
                && matches!((first, second), ('s', 's' | 't') | ('f', 'f' | 'i' | 'l'))
            {
                return Err(self.unsupported("a case-insensitive pair of letters that one ligature also matches"));
            }
            folded_literal = literal;
            parts.push(self.quantified(atom)?);
        }
        Ok(match parts.len() {
            0 => Node::Empty.into(),
            1 => parts.remove(0),
            _ => Node::Concat(parts.into_iter().map(|part| part.node).collect()).into(),
        })
    }

    /// `(?i)`, `(?m)`, `(?-i)`: flags for the rest of the group.
    fn inline_flags(&mut self, flags: Flags) -> Result<Option<Flags>> {
        let start = self.at;
        if self.eat("(?")
            && let Some(read) = self.flag_letters(flags)?
            && self.eat(")")
        {
            return Ok(Some(read));
        }
        self.at = start;
        Ok(None)
    }

    fn flag_letters(&mut self, mut flags: Flags) -> Result<Option<Flags>> {
        let (mut on, mut any) = (true, false);
        loop {
            match self.peek() {
                Some('-') => on = false,
                Some('i') => flags.ignore_case = on,
                // In this dialect `m` lets the dot match a newline.
                Some('m') => flags.dot_all = on,
                Some('x') => return Err(self.unsupported("the flag x (extended syntax)")),
                Some(':' | ')') if any => return Ok(Some(flags)),
                _ => return Ok(None),
            }
            any = true;
            self.at += 1;
        }
    }

    fn atom(&mut self, flags: Flags) -> Result<Part> {
        let c = self.bump()?;
        Ok(match c {
            '(' => return self.group(flags),
            '^' => place(line_start()),
            '$' => place(next(one_character('\n'), true)),
            '[' => Node::Set(self.class_body(flags, 0)?).into(),
            '.' => Node::Set(dot(flags.dot_all)).into(),
            '*' | '+' | '?' => {
                self.at -= 1;
                return Err(self.unsupported("a quantifier with nothing before it"));
            }
            '\\' => match self.anchor()? {
                Some(part) => part,
                None => Node::Set(self.escape(flags, false)?).into(),
            },
            other => Node::Set(self.literal(other, flags)?).into(),
        })
    }

    fn literal(&self, c: char, flags: Flags) -> Result<ClassUnicode> {
        self.fold(ClassUnicode::new([ClassUnicodeRange::new(c, c)]), flags)
    }

    fn fold(&self, mut set: ClassUnicode, flags: Flags) -> Result<ClassUnicode> {
        if flags.ignore_case {
            if set.iter().any(|r| r.end() as u32 > 0x7F) {
                return Err(self.unsupported("a case-insensitive character beyond ASCII"));
            }
            set.try_case_fold_simple().map_err(|_| self.unsupported("case folding"))?;
        }
        Ok(set)
    }

    /// An escape that stands for a place, or for more than one character.
    fn anchor(&mut self) -> Result<Option<Part>> {
        let Some(c) = self.peek() else { return Ok(None) };
        let part = match c {
            'A' => place(previous(empty_set(), true)),
            'z' => place(next(empty_set(), true)),
            'Z' => place(end_or_last_newline()),
            'G' => place(Node::Assert(Assert::SearchStart)),
            'b' | 'B' => place(word_boundary(&self.named(r"\w")?, c == 'B')),
            'R' => line_break().into(),
            'N' => Node::Set(dot(false)).into(),
            'O' => Node::Set(dot(true)).into(),
            '1'..='9' | 'k' => return Err(self.unsupported("a back-reference")),
            'g' => return Err(self.unsupported("a call of a group")),
            'K' => return Err(self.unsupported("\\K, which moves the start of the match,")),
            'X' | 'y' | 'Y' => return Err(self.unsupported("text segmentation")),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(part))
    }

    fn group(&mut self, flags: Flags) -> Result<Part> {
        let mut inner = flags;
        let mut wrap: fn(Node) -> Node = |node| node;
        if self.eat("?") {
            if self.eat(":") {
                let part = self.alternatives(flags)?;
                self.close()?;
                return Ok(part);
            } else if self.eat(">") {
                wrap = |node| Node::Atomic(Box::new(node));
            } else if self.eat("=") {
                return self.look(flags, false, false);
            } else if self.eat("!") {
                return self.look(flags, false, true);
            } else if self.eat("<=") {
                return self.look(flags, true, false);
            } else if self.eat("<!") {
                return self.look(flags, true, true);
            } else if self.eat("<") {
                while self.bump()? != '>' {}
            } else if let Some(read) = self.flag_letters(flags)? {
                inner = read;
                if !self.eat(":") {
                    return Err(self.unsupported("inline flags in the middle of a sequence"));
                }
            } else {
                return Err(self.unsupported("a special group (?...)"));
            }
        }
        let Part { node, .. } = self.alternatives(inner)?;
        self.close()?;
        Ok(wrap(node).into())
    }

    fn close(&mut self) -> Result<()> {
        if self.eat(")") { Ok(()) } else { Err(self.unsupported("a '(' without its ')'")) }
    }

    fn look(&mut self, flags: Flags, behind: bool, negative: bool) -> Result<Part> {
        let start = self.at;
        let Part { node, .. } = self.alternatives(flags)?;
        self.close()?;
        let Some(look) = look_around(node, behind, negative) else {
            self.at = start;
            return Err(self.unsupported("look-behind over more than characters"));
        };
        Ok(place(look))
    }

    fn quantified(&mut self, mut part: Part) -> Result<Part> {
        loop {
            let (min, max, counted) = match self.peek() {
                Some('?') => (0, Some(1), false),
                Some('*') => (0, None, false),
                Some('+') => (1, None, false),
                Some('{') => match self.counts()? {
                    Some((min, max)) => (min, max, true),
                    None => return Ok(part),
                },
                _ => return Ok(part),
            };
            if !counted {
                self.at += 1;
            }
            if !part.repeatable {
                return Err(self.unsupported("a repeated anchor or look-around"));
            }
            let repeat = |node, (min, max), kind| Node::Repeat { node: Box::new(node), min, max, kind };
            let once = (0, Some(1));
            let node = part.node;
            let repeated = if self.eat("?") {
                if counted && Some(min) == max {
                    // Not lazy, but optional.
                    repeat(repeat(node, (min, max), Repeat::Greedy), once, Repeat::Greedy)
                } else {
                    repeat(node, (min, max), Repeat::Lazy)
                }
            } else if !counted && self.eat("+") {
                Node::Atomic(Box::new(repeat(node, (min, max), Repeat::Greedy)))
            } else {
                repeat(node, (min, max), Repeat::Greedy)
            };
            part = repeated.into();
        }
    }

    /// `{n}`, `{n,}`, `{,m}`, `{n,m}`; anything else after `{` is a literal brace, which we leave to the fallback.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let close = self.chars[self.at..].iter().position(|&c| c == '}');
        let Some(close) = close else { return Err(self.unsupported("a literal '{'")) };
        let body: String = self.chars[self.at + 1..self.at + close].iter().collect();
        let number = |text: &str| -> Option<u32> { text.parse().ok().filter(|n| *n <= MAX_COUNT) };
        let counts = match body.split_once(',') {
            None => number(&body).map(|n| (n, Some(n))),
            Some(("", "")) => None,
            Some(("", max)) => number(max).map(|m| (0, Some(m))),
            Some((min, "")) => number(min).map(|n| (n, None)),
            Some((min, max)) => number(min).zip(number(max)).map(|(n, m)| (n, Some(m))),
        };
        match counts {
            Some((min, Some(max))) if min > max => Err(self.unsupported("a repetition whose bounds are reversed")),
            Some(counts) => {
                self.at += close + 1;
                Ok(Some(counts))
            }
            None => Err(self.unsupported("a repetition with these counts")),
        }
    }

    /// After a backslash. Inside a class `\b` is a backspace; outside it is an anchor.
    fn escape(&mut self, flags: Flags, in_class: bool) -> Result<ClassUnicode> {
        let c = self.bump()?;
        let one = |c: char| ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
        let set = match c {
            'n' => one('\n'),
            'r' => one('\r'),
            't' => one('\t'),
            'f' => one('\x0C'),
            'v' => one('\x0B'),
            'a' => one('\x07'),
            'e' => one('\x1B'),
            'b' if in_class => one('\x08'),
            'x' => one(self.hex_escape()?),
            'u' => {
                let digits = self.take(4)?;
                one(self.code_point(&digits)?)
            }
            's' | 'S' | 'd' | 'D' | 'w' | 'W' => {
                let mut set = self.named(match c.to_ascii_lowercase() {
                    's' => r"\s",
                    'd' => r"\d",
                    _ if in_class => "word",
                    _ => r"\w",
                })?;
                if c.is_ascii_uppercase() {
                    set.negate();
                }
                return Ok(set);
            }
            'h' | 'H' => {
                let range = |a, b| ClassUnicodeRange::new(a, b);
                let mut set = ClassUnicode::new([range('0', '9'), range('A', 'F'), range('a', 'f')]);
                if c == 'H' {
                    set.negate();
                }
                return Ok(set);
            }
            'p' | 'P' => return self.property(c == 'P', flags),
            c if !c.is_alphanumeric() => return self.literal(c, flags),
            _ => {
                self.at -= 1;
                return Err(self.unsupported("an escape without a character"));
            }
        };
        self.fold(set, flags)
    }

    fn take(&mut self, count: usize) -> Result<String> {
        (0..count).map(|_| self.bump()).collect()
    }

    fn hex_escape(&mut self) -> Result<char> {
        if self.eat("{") {
            let mut digits = String::new();
            loop {
                match self.bump()? {
                    '}' => break,
                    c => digits.push(c),
                }
            }
            return self.code_point(&digits);
        }
        let digits = self.take(2)?;
        let c = self.code_point(&digits)?;
        if c as u32 > 0x7F {
            return Err(self.unsupported("a raw byte beyond ASCII"));
        }
        Ok(c)
    }

    fn code_point(&self, digits: &str) -> Result<char> {
        u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| self.unsupported("a malformed hexadecimal escape"))
    }

    fn property(&mut self, negated: bool, flags: Flags) -> Result<ClassUnicode> {
        if flags.ignore_case {
            return Err(self.unsupported("a case-insensitive property"));
        }
        if !self.eat("{") {
            return Err(self.unsupported("a property without braces"));
        }
        let inverted = self.eat("^");
        let mut name = String::new();
        loop {
            match self.bump()? {
                '}' => break,
                c => name.push(c),
            }
        }
        let mut set = self.named(&name)?;
        if negated != inverted {
            set.negate();
        }
        Ok(set)
    }

    /// A class by name, from the tables of `regex-syntax`; `tests/differential` compares them with the reference's.
    fn named(&self, name: &str) -> Result<ClassUnicode> {
        let source = match name {
            r"\s" | "Space" => r"\s".to_owned(),
            r"\d" | "Digit" => r"\p{Nd}".to_owned(),
            // In the reference a lone `\w` also has six numbers of Latin-1; inside brackets it does not.
            r"\w" | "Word" => format!(r"[{WORD}\u{{B2}}\u{{B3}}\u{{B9}}\u{{BC}}\u{{BD}}\u{{BE}}]"),
            "word" => format!("[{WORD}]"),
            "Alnum" => r"[\p{Alphabetic}\p{Nd}]".to_owned(),
            "Alpha" => r"\p{Alphabetic}".to_owned(),
            "Upper" => r"\p{Uppercase}".to_owned(),
            "Lower" => r"\p{Lowercase}".to_owned(),
            "Punct" => r"\p{P}".to_owned(),
            "punct" => r"[\p{P}\p{S}]".to_owned(),
            "Cntrl" => r"\p{Cc}".to_owned(),
            "Blank" => r"[\p{Zs}\t]".to_owned(),
            "XDigit" => "[0-9A-Fa-f]".to_owned(),
            name if EXACT.contains(&name) => format!(r"[\p{{{name}}}]"),
            _ => return Err(self.unsupported(&format!("the property {name:?}"))),
        };
        let hir = regex_syntax::parse(&source).map_err(|_| self.unsupported(&format!("the property {name:?}")))?;
        match hir.into_kind() {
            HirKind::Class(Class::Unicode(set)) => Ok(set),
            // A class of one character comes back as that character.
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).unwrap_or_default();
                Ok(ClassUnicode::new(text.chars().map(|c| ClassUnicodeRange::new(c, c))))
            }
            _ => Err(self.unsupported(&format!("the property {name:?}"))),
        }
    }

    /// A bracketed class after its `[`.
    fn class_body(&mut self, flags: Flags, depth: usize) -> Result<ClassUnicode> {
        if depth > MAX_DEPTH {
            return Err(self.unsupported("nesting deeper than 100"));
        }
        let negated = self.eat("^");
        if negated && depth > 0 && flags.ignore_case {
            return Err(self.unsupported("a case-insensitive negated class inside a class"));
        }
        if self.peek() == Some(']') {
            return Err(self.unsupported("a class that starts with ']'"));
        }
        let mut whole: Option<ClassUnicode> = None;
        let mut set = ClassUnicode::empty();
        loop {
            if self.eat("]") {
                break;
            }
            if self.looking_at("&&") && flags.ignore_case {
                return Err(self.unsupported("a case-insensitive intersection"));
            }
            if self.eat("&&") {
                whole = Some(intersect(whole, set));
                set = ClassUnicode::empty();
                continue;
            }
            if self.looking_at("[:") && flags.ignore_case {
                return Err(self.unsupported("a case-insensitive POSIX class"));
            }
            if self.eat("[:") {
                set.union(&self.posix()?);
                continue;
            }
            if self.eat("[") {
                set.union(&self.class_body(flags, depth + 1)?);
                continue;
            }
            let first = self.class_atom(flags)?;
            let range = self.looking_at("-") && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if !range {
                set.union(&first);
                continue;
            }
            self.at += 1;
            if self.looking_at("[") {
                return Err(self.unsupported("a range that ends in a class"));
            }
            let last = self.class_atom(flags)?;
            match (single(&first), single(&last)) {
                (Some(a), Some(b)) if a <= b => {
                    set.union(&self.fold(ClassUnicode::new([ClassUnicodeRange::new(a, b)]), flags)?);
                }
                _ => return Err(self.unsupported("a range whose ends are no ordered characters")),
            }
        }
        let mut result = if whole.is_some() { intersect(whole, set) } else { set };
        if negated {
            result.negate();
        }
        Ok(result)
    }

    fn class_atom(&mut self, flags: Flags) -> Result<ClassUnicode> {
        match self.bump()? {
            '\\' => self.escape(flags, true),
            c => self.literal(c, flags),
        }
    }

    fn posix(&mut self) -> Result<ClassUnicode> {
        let negated = self.eat("^");
        let mut name = String::new();
        while !self.looking_at(":]") {
            name.push(self.bump()?);
        }
        self.at += 2;
        let mut set = match name.as_str() {
            "alpha" => self.named("Alpha")?,
            "space" => self.named("Space")?,
            "digit" => self.named("Digit")?,
            "word" => self.named("word")?,
            "upper" => self.named("Upper")?,
            "lower" => self.named("Lower")?,
            "alnum" => self.named("Alnum")?,
            "punct" => self.named("punct")?,
            "cntrl" => self.named("Cntrl")?,
            "blank" => self.named("Blank")?,
            "xdigit" => self.named("XDigit")?,
            _ => return Err(self.unsupported(&format!("the class [:{name}:]"))),
        };
        if negated {
            set.negate();
        }
        Ok(set)
    }
}

/// Whether a part is made of characters, sequences and choices alone.
fn plain(node: &Node) -> bool {
    match node {
        Node::Set(_) | Node::Empty => true,
        Node::Concat(parts) | Node::Alt(parts) => parts.iter().all(plain),
        Node::Repeat { node, .. } => plain(node),
        Node::Atomic(_) | Node::Assert(_) | Node::Look { .. } => false,
    }
}

fn single(set: &ClassUnicode) -> Option<char> {
    match set.ranges() {
        [range] if range.start() == range.end() => Some(range.start()),
        _ => None,
    }
}

fn intersect(whole: Option<ClassUnicode>, set: ClassUnicode) -> ClassUnicode {
    match whole {
        None => set,
        Some(mut whole) => {
            whole.intersect(&set);
            whole
        }
    }
}

/// The reference's word characters.
const WORD: &str = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}";

/// Properties whose members were compared with the reference's, all 1,112,064 characters.
const EXACT: &[&str] = &[
    "L",
    "Lu",
    "Ll",
    "Lt",
    "Lm",
    "Lo",
    "N",
    "Nd",
    "Nl",
    "No",
    "P",
    "Pc",
    "Pd",
    "Ps",
    "Pe",
    "Pi",
    "Pf",
    "Po",
    "S",
    "Sm",
    "Sc",
    "Sk",
    "So",
    "M",
    "Mn",
    "Mc",
    "Me",
    "Z",
    "Zs",
    "Zl",
    "Zp",
    "C",
    "Cc",
    "Cf",
    "Co",
    "Han",
    "Hiragana",
    "Katakana",
    "Hangul",
    "Thai",
    "Latin",
    "Cyrillic",
    "Arabic",
    "Greek",
    "Hebrew",
    "Devanagari",
    "Bengali",
    "Tamil",
    "Alphabetic",
    "Uppercase",
    "Lowercase",
    "White_Space",
    "Letter",
    "Number",
    "Punctuation",
    "Symbol",
    "Mark",
    "Separator",
];
