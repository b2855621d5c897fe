//! The dialect of tiktoken: `fancy-regex` over the syntax and the tables of the `regex` crate.
//!
//! Characters, classes and properties are read by `regex-syntax` itself, so that every class has its members and its case
//! folding; around them this file reads what `fancy-regex` reads: atomic groups, possessive repetitions, look-around.
//! Where the two dialects of this folder differ: `^` and `$` are the ends of the text unless `m` makes them those of a
//! line, flags hold to the end of the `(?…:)` they stand in, possessive repetitions may be counted, braces that count
//! nothing are characters.
//!
//! Refused by name: back-references, calls and conditions, `\K`, `\G`, the flags `x`, `R` and `u`, look-behind over texts
//! of several lengths, and repetitions of what may be empty.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::parse::{
    MAX_COUNT, MAX_DEPTH, Node, Repeat, SHOWN, any_character, dot, empty_set, look_around, next, one_character,
    previous, word_boundary,
};
use crate::error::{Error, Result};

/// Parse a pattern.
pub(crate) fn parse(pattern: &str) -> Result<Node> {
    let mut parser = Parser { pattern, at: 0, flags: Flags::default(), depth: 0 };
    let node = parser.alternatives()?;
    if parser.at < pattern.len() {
        return Err(parser.invalid("a ')' without its '('"));
    }
    Ok(node)
}

#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the dialect")]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    swap_greed: bool,
}

struct Parser<'p> {
    pattern: &'p str,
    /// In bytes.
    at: usize,
    flags: Flags,
    depth: usize,
}

impl<'p> Parser<'p> {
    fn describe(&self, what: &str) -> String {
        let mut shown: String = self.pattern.chars().take(SHOWN).collect();
        if shown.len() < self.pattern.len() {
            shown.push('…');
        }
        let at = self.pattern[..self.at].chars().count();
        format!("{what} at character {at} of the regex {shown:?}")
    }

    fn unsupported(&self, what: &str) -> Error {
        Error::unsupported(self.describe(what))
    }

    /// What the reference does not read either.
    fn invalid(&self, what: &str) -> Error {
        Error::format(self.describe(what))
    }

    fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn bump(&mut self) -> Result<char> {
        let c = self.peek().ok_or_else(|| self.invalid("an unexpected end"))?;
        self.at += c.len_utf8();
        Ok(c)
    }

    fn alternatives(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.unsupported("nesting deeper than 100"));
        }
        let mut branches = vec![self.sequence()?];
        while self.eat("|") {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alt(branches) })
    }

    fn sequence(&mut self) -> Result<Node> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if self.rest().starts_with("(?#") {
                return Err(self.unsupported("a comment"));
            }
            if let Some(atom) = self.atom()? {
                let atom = self.repeated(atom)?;
                parts.push(atom);
            }
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.remove(0),
            _ => Node::Concat(parts),
        })
    }

    /// One part; nothing where flags are set.
    fn atom(&mut self) -> Result<Option<Node>> {
        let start = self.at;
        Ok(Some(match self.bump()? {
            '(' => return self.group(),
            '.' => Node::Set(dot(self.flags.dot_all)),
            '^' if self.flags.multi_line => Node::Alt(vec![previous(empty_set(), true), after_newline()]),
            '^' => previous(empty_set(), true),
            '$' if self.flags.multi_line => next(one_character('\n'), true),
            '$' => next(empty_set(), true),
            '*' | '+' | '?' => {
                self.at = start;
                return Err(self.invalid("a quantifier with nothing before it"));
            }
            '[' => {
                self.at = start;
                Node::Set(self.class()?)
            }
            '\\' => self.escape()?,
            c => Node::Set(self.characters(&regex_syntax::escape(&c.to_string()))?),
        }))
    }

    /// The characters that a fragment without a structure matches, by the tables of `regex-syntax`.
    fn characters(&self, fragment: &str) -> Result<ClassUnicode> {
        let parsed =
            regex_syntax::ParserBuilder::new().case_insensitive(self.flags.ignore_case).build().parse(fragment);
        let hir = parsed.map_err(|error| {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.invalid(&format!("{fragment:?} ({why})"))
        })?;
        match hir.into_kind() {
            HirKind::Class(Class::Unicode(set)) => Ok(set),
            // A class of one character comes back as that character.
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).unwrap_or_default();
                Ok(ClassUnicode::new(text.chars().map(|c| ClassUnicodeRange::new(c, c))))
            }
            _ => Err(self.unsupported(&format!("{fragment:?}"))),
        }
    }

    fn group(&mut self) -> Result<Option<Node>> {
        let (behind, negative) = if self.eat("?=") {
            (false, false)
        } else if self.eat("?!") {
            (false, true)
        } else if self.eat("?<=") {
            (true, false)
        } else if self.eat("?<!") {
            (true, true)
        } else {
            return self.plain_group();
        };
        let start = self.at;
        let node = self.alternatives()?;
        self.close()?;
        let Some(look) = look_around(node, behind, negative) else {
            self.at = start;
            return Err(self.unsupported("look-behind over more than characters"));
        };
        Ok(Some(look))
    }

    fn plain_group(&mut self) -> Result<Option<Node>> {
        let atomic = self.eat("?>");
        if !atomic && (self.eat("?P<") || self.eat("?<")) {
            while self.bump()? != '>' {}
        } else if !atomic && self.rest().starts_with('?') {
            self.at += 1;
            return self.flags();
        } else if self.rest().starts_with('*') {
            return Err(self.unsupported("a verb of backtracking"));
        }
        // Flags set inside hold behind it: only `(?…:)` ends them.
        let node = self.alternatives()?;
        self.close()?;
        Ok(Some(if atomic { Node::Atomic(Box::new(node)) } else { node }))
    }

    /// `(?i)` and `(?i:…)`, behind their `?`.
    fn flags(&mut self) -> Result<Option<Node>> {
        let outer = self.flags;
        let mut on = true;
        loop {
            let flag = match self.peek() {
                Some('i') => &mut self.flags.ignore_case,
                Some('m') => &mut self.flags.multi_line,
                Some('s') => &mut self.flags.dot_all,
                Some('U') => &mut self.flags.swap_greed,
                Some('-') if on => {
                    on = false;
                    self.at += 1;
                    continue;
                }
                Some(':') => {
                    self.at += 1;
                    let node = self.alternatives()?;
                    self.close()?;
                    self.flags = outer;
                    return Ok(Some(node));
                }
                Some(')') => {
                    self.at += 1;
                    return Ok(None);
                }
                _ => return Err(self.unsupported("a special group (?…)")),
            };
            *flag = on;
            self.at += 1;
        }
    }

    fn close(&mut self) -> Result<()> {
        if self.eat(")") { Ok(()) } else { Err(self.invalid("a '(' without its ')'")) }
    }

    /// A part with the quantifier behind it, if there is one.
    fn repeated(&mut self, node: Node) -> Result<Node> {
        let (min, max) = if self.eat("?") {
            (0, Some(1))
        } else if self.eat("*") {
            (0, None)
        } else if self.eat("+") {
            (1, None)
        } else if let Some(counts) = self.counts()? {
            counts
        } else {
            return Ok(node);
        };
        if matches!(node, Node::Look { .. } | Node::Empty) {
            return Err(self.invalid("a quantifier behind a look-around or nothing"));
        }
        if node.nullable() && max != Some(1) {
            return Err(self.unsupported("a repetition of what may be empty"));
        }
        if max.is_some_and(|max| min > max) {
            return Err(self.unsupported("a repetition whose bounds are reversed"));
        }
        let lazy = self.eat("?") != self.flags.swap_greed;
        let kind = if lazy { Repeat::Lazy } else { Repeat::Greedy };
        let node = Node::Repeat { node: Box::new(node), min, max, kind };
        Ok(if self.eat("+") { Node::Atomic(Box::new(node)) } else { node })
    }

    /// `{n}`, `{n,}`, `{,m}`, `{n,m}`, `{,}`; anything else is a literal brace and what follows.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let Some((body, _)) = self.rest().strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return Ok(None);
        };
        let (least, most) = body.split_once(',').map_or((body, None), |(least, most)| (least, Some(most)));
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(least) || !most.is_none_or(is_number) || least.is_empty() && most.is_none() {
            return Ok(None);
        }
        let number = |text: &str| match text.parse().ok().filter(|n| *n <= MAX_COUNT) {
            Some(number) => Ok(number),
            None => Err(self.unsupported("a repetition with these counts")),
        };
        let min = if least.is_empty() { 0 } else { number(least)? };
        let max = match most {
            None => Some(min),
            Some("") => None,
            Some(most) => Some(number(most)?),
        };
        self.at += body.len() + 2;
        Ok(Some((min, max)))
    }

    /// A bracketed class, with the escapes that `regex-syntax` does not know written as it does.
    fn class(&mut self) -> Result<ClassUnicode> {
        let mut fragment = String::new();
        let mut open = 0;
        loop {
            match self.bump()? {
                '[' => {
                    open += 1;
                    fragment.push('[');
                    for first in ["^", "]"] {
                        if self.eat(first) {
                            fragment.push_str(first);
                        }
                    }
                }
                ']' => {
                    open -= 1;
                    fragment.push(']');
                    if open == 0 {
                        return self.characters(&fragment);
                    }
                }
                '\\' => {
                    let escaped = match self.bump()? {
                        c @ ('k' | 'A' | 'z' | 'B' | 'K' | 'G' | 'R') => c.to_string(),
                        'b' => "\\x08".to_owned(),
                        c => self.escaped(c)?,
                    };
                    fragment.push_str(&escaped);
                }
                c => fragment.push(c),
            }
        }
    }

    /// An escape outside of a class, behind its backslash.
    fn escape(&mut self) -> Result<Node> {
        let word = |parser: &Self| Self { flags: Flags::default(), ..*parser }.characters(r"\w");
        let mut other = word(self)?;
        other.negate();
        Ok(match self.bump()? {
            'A' => previous(empty_set(), true),
            'z' => next(empty_set(), true),
            'Z' => {
                let newline = Box::new(Node::Set(one_character('\n')));
                let newlines = Node::Repeat { node: newline, min: 0, max: None, kind: Repeat::Greedy };
                let node = Box::new(Node::Concat(vec![newlines, next(empty_set(), true)]));
                Node::Look { behind: false, negative: false, node }
            }
            '<' => Node::Concat(vec![previous(other, true), next(word(self)?, false)]),
            '>' => Node::Concat(vec![previous(word(self)?, false), next(other, true)]),
            'b' if self.rest().starts_with('{')
                && !self.rest()[1..].starts_with(|c: char| c.is_ascii_digit() || c == ',') =>
            {
                if self.eat("{start}") {
                    Node::Concat(vec![previous(other, true), next(word(self)?, false)])
                } else if self.eat("{end}") {
                    Node::Concat(vec![previous(word(self)?, false), next(other, true)])
                } else if self.eat("{start-half}") {
                    previous(other, true)
                } else if self.eat("{end-half}") {
                    next(other, true)
                } else {
                    return Err(self.invalid("an unknown word boundary"));
                }
            }
            c @ ('b' | 'B') => word_boundary(&word(self)?, c == 'B'),
            'N' => Node::Set(dot(false)),
            'O' => Node::Set(any_character()),
            'k' => return Err(self.unsupported("a back-reference")),
            'g' => return Err(self.unsupported("a call of a group")),
            'K' => return Err(self.unsupported("\\K, which moves the start of the match,")),
            'G' => return Err(self.unsupported("\\G, the end of the last match,")),
            'R' => return Err(self.unsupported("\\R, a line break,")),
            c => {
                let fragment = self.escaped(c)?;
                Node::Set(self.characters(&fragment)?)
            }
        })
    }

    /// A class or a character by its escape, as `regex-syntax` writes it.
    fn escaped(&mut self, c: char) -> Result<String> {
        let literal = |c: char| regex_syntax::escape(&c.to_string());
        Ok(match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => format!("\\{c}"),
            'h' => "[0-9A-Fa-f]".to_owned(),
            'H' => "[^0-9A-Fa-f]".to_owned(),
            'p' | 'P' => return self.property(c == 'P'),
            'x' => literal(self.hexadecimal(2)?),
            'u' => literal(self.hexadecimal(4)?),
            'U' => literal(self.hexadecimal(8)?),
            'a' => literal('\x07'),
            'e' => literal('\x1B'),
            'f' => literal('\x0C'),
            'n' => literal('\n'),
            'r' => literal('\r'),
            't' => literal('\t'),
            'v' => literal('\x0B'),
            '0'..='9' => return Err(self.unsupported("a back-reference")),
            c if c.is_ascii_alphabetic() => return Err(self.invalid("an unknown escape")),
            c => literal(c),
        })
    }

    fn property(&mut self, negated: bool) -> Result<String> {
        let letter = |negated| if negated { 'P' } else { 'p' };
        if !self.eat("{") {
            let name = self.bump()?;
            return Ok(format!("\\{}{name}", letter(negated)));
        }
        let Some((name, _)) = self.rest().split_once('}') else {
            return Err(self.invalid("a property without its '}'"));
        };
        self.at += name.len() + 1;
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name, negated),
        };
        let name = name.to_lowercase();
        if REMAPPED.contains(&name.as_str()) {
            return Err(self.unsupported(&format!("the property {name:?}")));
        }
        Ok(format!("\\{}{{{name}}}", letter(negated)))
    }

    fn hexadecimal(&mut self, width: usize) -> Result<char> {
        let digits = match self.rest().get(..width).filter(|digits| is_hexadecimal(digits)) {
            Some(digits) => digits,
            None => match self.rest().strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                Some((digits, _)) if is_hexadecimal(digits) && (1..=8).contains(&digits.len()) => {
                    self.at += 2;
                    digits
                }
                _ => return Err(self.invalid("a malformed hexadecimal escape")),
            },
        };
        self.at += digits.len();
        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.invalid("an escape that is no character"))
    }
}

/// Properties that the reference reads in a way of its own.
const REMAPPED: [&str; 7] = ["alnum", "blank", "cntrl", "word", "graph", "print", "cs"];

fn is_hexadecimal(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn after_newline() -> Node {
    previous(one_character('\n'), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Pattern;

    fn matches(pattern: &str, text: &str) -> Vec<String> {
        let compiled = Pattern::parsed(&parse(pattern).expect(pattern)).expect(pattern);
        let mut found = Vec::new();
        compiled.for_each_match(text, |start, end| found.push(text[start..end].to_owned()));
        found
    }

    /// What tiktoken finds for these patterns; `tests/differential` compares many more.
    #[test]
    fn finds_what_tiktoken_finds() {
        for (pattern, text, expected) in [
            (r"(?i:'s)|k", "'ſ 'S k\u{212A}", vec!["'ſ", "'S", "k"]),
            (r"^a|b$", "a\nab\nb", vec!["a", "b"]),
            (r"(?m)^a|b$", "a\nab\nb", vec!["a", "a", "b", "b"]),
            (r"(a(?i)b)c", "abc aBC abC", vec!["abc", "aBC", "abC"]),
            (r"(?i:a)b", "AbAB", vec!["Ab"]),
            (r"a{2}{3}", "aaaa{3}", vec!["aa{3}"]),
            (r"a{,2}b", "aaab", vec!["aab"]),
            (r"a{1,3}+a|b", "aaab", vec!["b"]),
            (r"a{x}", "aa{x}", vec!["a{x}"]),
            (r"[\w--\d]+", "ab1c", vec!["ab", "c"]),
            (r"(?U)a+?", "aab", vec!["aa"]),
            (r"\s++$|\s", "a  b  ", vec![" ", " ", "  "]),
            (r"a\Z", "a\n\n", vec!["a"]),
            (r"\<a|b\>", "aab bb", vec!["a", "b", "b"]),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern}");
        }
    }

    #[test]
    fn says_what_is_wrong_or_not_supported() {
        use crate::ErrorKind::{Format, Unsupported};
        for (pattern, kind, expected) in [
            ("a)", Format, "a ')' without its '('"),
            ("(a", Format, "a '(' without its ')'"),
            ("a**", Format, "a quantifier with nothing before it"),
            (r"\p{Nothing}", Format, r#""\\p{nothing}" (Unicode property not found)"#),
            ("[b-a]", Format, r#""[b-a]" (invalid character class range"#),
            ("[a", Format, "an unexpected end"),
            (r"\q", Format, "an unknown escape"),
            (r"(a)\1", Unsupported, "a back-reference"),
            (r"a\Kb", Unsupported, r"\K, which moves"),
            ("(?x)a", Unsupported, "a special group"),
            ("(?<=a+)b", Unsupported, "look-behind over more than characters"),
            ("(a*)*", Unsupported, "a repetition of what may be empty"),
            ("a{2000}", Unsupported, "a repetition with these counts"),
        ] {
            let error = parse(pattern).expect_err(pattern);
            assert_eq!(error.kind(), kind, "{pattern}: {error}");
            assert!(error.to_string().starts_with(expected), "{pattern}: {error}");
        }
    }
}
