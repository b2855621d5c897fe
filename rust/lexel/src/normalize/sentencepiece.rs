//! How `SentencePiece` itself normalizes: its character map, what it does to spaces, and where everything comes from.
//!
//! At each place of the text the longest user-defined symbol stays as it is; else the longest entry of the map counts, and
//! else the character. Spaces become U+2581; those at the ends and further ones in a row may go, and one may stand before
//! or behind the text.
//!
//! The library knows of every byte of the result the place in the text its piece of text began at, and takes for the end
//! of a token where what comes after it began. In spans that is: all that one piece became stands at its beginning but for
//! the last character, which reaches to the next piece that became anything.

use super::charsmap::Charsmap;
use crate::error::Result;
use crate::prefixes::Prefixes;
use crate::text::Aligned;

/// The rules beside the character map, named as in the format.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of the format")]
pub(super) struct Options {
    pub(super) add_dummy_prefix: bool,
    pub(super) remove_extra_whitespaces: bool,
    pub(super) escape_whitespaces: bool,
    pub(super) treat_whitespace_as_suffix: bool,
}

/// The compiled rules.
#[derive(Clone, Debug)]
pub(super) struct SentencePiece {
    charsmap: Option<Charsmap>,
    user_defined: Prefixes,
    options: Options,
    quiet: Quiet,
}

/// Characters that stay as they are, so that most of a text needs no search.
#[derive(Clone, Debug)]
struct Quiet {
    /// ASCII that no entry and no symbol is, or goes on with more ASCII.
    ascii: Box<[bool; 128]>,
    /// A bit for each other character of the basic plane that nothing begins with.
    others: Vec<u64>,
}

impl Quiet {
    fn new(charsmap: Option<&Charsmap>, user_defined: &Prefixes) -> Self {
        let mut ascii = Box::new([false; 128]);
        for byte in 0..128u8 {
            let alone = charsmap.is_none_or(|map| {
                let (ends, goes_on) = map.goes_on(&[byte]);
                !ends && !(0..128).any(goes_on)
            });
            ascii[usize::from(byte)] = alone && !user_defined.begin_with(byte);
        }
        let mut others = vec![0; 1 << 10];
        let mut buffer = [0; 4];
        for c in (0x80..=0xFFFF).filter_map(char::from_u32) {
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            let silent = charsmap.is_none_or(|map| {
                let (head, last) = bytes.split_at(bytes.len() - 1);
                let (ends, goes_on) = map.goes_on(head);
                !ends && !goes_on(last[0])
            });
            if silent && !user_defined.begin_with(bytes[0]) {
                others[c as usize >> 6] |= 1 << (c as usize & 63);
            }
        }
        Self { ascii, others }
    }

    /// Where the characters end that stay as they are, from a place on; a space is none of them.
    #[inline]
    fn end(&self, text: &str, from: usize) -> usize {
        let bytes = text.as_bytes();
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            if byte < 0x80 {
                let follows = bytes.get(at + 1).is_none_or(|next| *next < 0x80);
                if byte == b' ' || !follows || !self.ascii[usize::from(byte)] {
                    break;
                }
                at += 1;
                continue;
            }
            let (code, len) = match byte {
                0xC0..0xE0 => (u32::from(byte & 0x1F) << 6 | trail(bytes, at + 1), 2),
                0xE0..0xF0 => (u32::from(byte & 0x0F) << 12 | trail(bytes, at + 1) << 6 | trail(bytes, at + 2), 3),
                _ => break,
            };
            if self.others[code as usize >> 6] >> (code & 63) & 1 == 0 {
                break;
            }
            at += len;
        }
        at
    }
}

fn trail(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at).map_or(0, |byte| u32::from(byte & 0x3F))
}

impl SentencePiece {
    /// Compile.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Format`] if the bytes are no character map.
    pub(super) fn new(charsmap: Option<&[u8]>, user_defined: &[&str], options: Options) -> Result<Self> {
        let charsmap = charsmap.map(Charsmap::parse).transpose()?;
        charsmap.as_ref().map_or(Ok(()), Charsmap::check)?;
        let user_defined = Prefixes::new(user_defined.iter().copied());
        let quiet = Quiet::new(charsmap.as_ref(), &user_defined);
        Ok(Self { charsmap, user_defined, options, quiet })
    }

    /// What the beginning of a text becomes, and how much of it that is.
    #[inline]
    fn next<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        if let Some(length) = self.user_defined.longest(text.as_bytes()) {
            return (&text[..length], length);
        }
        if let Some((length, instead)) = self.charsmap.as_ref().and_then(|map| map.longest(text.as_bytes()))
            && text.is_char_boundary(length)
        {
            return (instead, length);
        }
        let length = text.chars().next().map_or(0, char::len_utf8);
        (&text[..length], length)
    }

    fn space(&self) -> &'static str {
        if self.options.escape_whitespaces { "▁" } else { " " }
    }

    /// What a text becomes wherever it stands.
    pub(super) fn content(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while !rest.is_empty() {
            let (instead, length) = self.next(rest);
            out.push_str(&instead.replace(' ', self.space()));
            rest = &rest[length..];
        }
        out
    }

    pub(super) fn apply<const SPANS: bool>(&self, text: &mut Aligned<SPANS>) {
        let source = &*text;
        let input = source.text.as_str();
        let Options { add_dummy_prefix, remove_extra_whitespaces, treat_whitespace_as_suffix, .. } = self.options;
        let mut writer = Writer { source, out: source.successor(), space: self.space(), last: 0, end: 0 };
        let mut at = 0;
        if remove_extra_whitespaces {
            while at < input.len() {
                let (instead, length) = self.next(&input[at..]);
                if instead != " " {
                    break;
                }
                at += length;
            }
        }
        if at == input.len() {
            *text = writer.out;
            return;
        }
        if add_dummy_prefix && !treat_whitespace_as_suffix {
            writer.chunk((at, at), " ");
        }
        let mut after_space = remove_extra_whitespaces;
        while at < input.len() {
            let end = self.quiet.end(input, at);
            if end > at {
                writer.keep(at, end);
                after_space = false;
                at = end;
                continue;
            }
            let (instead, length) = self.next(&input[at..]);
            let instead = if after_space { instead.trim_start_matches(' ') } else { instead };
            if !instead.is_empty() {
                writer.chunk((at, at + length), instead);
                after_space = remove_extra_whitespaces && instead.ends_with(' ');
            }
            at += length;
        }
        let mut end = at;
        if remove_extra_whitespaces {
            let kept = writer.out.text.trim_end_matches(writer.space).len();
            if kept < writer.out.text.len() {
                end = writer.cut(kept);
            }
        }
        writer.reach(end);
        if add_dummy_prefix && treat_whitespace_as_suffix {
            writer.chunk((end, end), " ");
        }
        *text = writer.out;
    }
}

/// Writes the result; places are those of the source.
struct Writer<'s, const SPANS: bool> {
    source: &'s Aligned<SPANS>,
    out: Aligned<SPANS>,
    space: &'static str,
    /// Where the last character that was written stands, and to where it reaches.
    last: usize,
    end: usize,
}

impl<const SPANS: bool> Writer<'_, SPANS> {
    /// The place in the original.
    fn original(&self, at: usize) -> u32 {
        match at.checked_sub(1) {
            Some(before) if at >= self.source.text.len() => self.source.span(before).1,
            _ => self.source.span(at).0,
        }
    }

    /// What was written last reaches to here.
    fn reach(&mut self, at: usize) {
        if SPANS && self.end != at && !self.out.text.is_empty() {
            self.out.move_last((self.original(self.last), self.original(at)));
        }
        self.end = at;
    }

    /// A part of the source stays as it is.
    fn keep(&mut self, from: usize, to: usize) {
        self.reach(from);
        self.out.keep(self.source, from..to);
        if SPANS {
            self.last = to - self.source.text[from..to].chars().next_back().map_or(0, char::len_utf8);
        }
        self.end = to;
    }

    /// A part of the source becomes this.
    fn chunk(&mut self, (from, to): (usize, usize), instead: &str) {
        self.reach(from);
        if !SPANS {
            for (i, part) in instead.split(' ').enumerate() {
                if i > 0 {
                    self.out.text.push_str(self.space);
                }
                self.out.text.push_str(part);
            }
            return;
        }
        let (start, end) = (self.original(from), self.original(to));
        let mut buffer = [0; 4];
        let mut chars = instead.chars().peekable();
        while let Some(c) = chars.next() {
            let span = (start, if chars.peek().is_some() { start } else { end });
            self.out.push_str(if c == ' ' { self.space } else { c.encode_utf8(&mut buffer) }, span);
        }
        (self.last, self.end) = (from, to);
    }

    /// Drop what stands from byte `kept` of the result on; return where it came from.
    fn cut(&mut self, kept: usize) -> usize {
        if !SPANS {
            self.out.text.truncate(kept);
            return 0;
        }
        let start = self.out.span(kept).0;
        self.out.truncate(kept);
        let shift = self.original(0);
        self.end = (start - shift) as usize;
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::super::charsmap::tests::charsmap;
    use super::*;

    /// Whole blocks and an end, as the library asks for.
    fn map(entries: &[(&str, &str)]) -> Vec<u8> {
        let small = charsmap(entries);
        let size = u32::from_le_bytes([small[0], small[1], small[2], small[3]]) as usize;
        let whole = size.next_multiple_of(1024) + 1024;
        let mut made = (whole as u32).to_le_bytes().to_vec();
        made.extend_from_slice(&small[4..4 + size]);
        made.extend(std::iter::repeat_n(0x200_u32.to_le_bytes(), (whole - size) / 4).flatten());
        made.extend_from_slice(&small[4 + size..]);
        made
    }

    const ALL: Options = Options {
        add_dummy_prefix: true,
        remove_extra_whitespaces: true,
        escape_whitespaces: true,
        treat_whitespace_as_suffix: false,
    };

    type Places = Vec<(String, (u32, u32))>;

    /// The result, and where each character of it stands.
    fn run(options: Options, symbols: &[&str], text: &str) -> (String, Places) {
        let entries = [("\t", " "), ("㎏", "kg"), ("\u{200B}", ""), ("e\u{301}", "é"), ("ﷺ", "a b")];
        let rules = SentencePiece::new(Some(&map(&entries)), symbols, options).expect("a valid map");
        let mut plain = Aligned::<false>::from_original(text, 0);
        rules.apply(&mut plain);
        let mut aligned = Aligned::<true>::from_original(text, 0);
        rules.apply(&mut aligned);
        assert_eq!(plain.text, aligned.text);
        let places = aligned.text.char_indices().map(|(at, c)| (c.to_string(), aligned.span(at))).collect();
        (aligned.text, places)
    }

    fn places(expected: &[(&str, (u32, u32))]) -> Places {
        expected.iter().map(|&(c, span)| (c.to_owned(), span)).collect()
    }

    #[test]
    fn spaces_go_and_what_stays_reaches_to_what_follows() {
        let (text, found) = run(ALL, &[], " \ta  b\u{200B}c ");
        assert_eq!(text, "▁a▁bc");
        assert_eq!(found, places(&[("▁", (2, 2)), ("a", (2, 3)), ("▁", (3, 5)), ("b", (5, 9)), ("c", (9, 10))]));
        assert_eq!(run(ALL, &[], " \t ").0, "");
        assert_eq!(run(ALL, &[], "\u{200B}").0, "");
    }

    #[test]
    fn of_what_became_several_the_last_has_the_place() {
        let (text, found) = run(ALL, &[], "㎏e\u{301}");
        assert_eq!(text, "▁kgé");
        assert_eq!(found, places(&[("▁", (0, 0)), ("k", (0, 0)), ("g", (0, 3)), ("é", (3, 6))]));
        assert_eq!(run(ALL, &[], "ﷺ").0, "▁a▁b");
    }

    #[test]
    fn user_defined_symbols_stay() {
        assert_eq!(run(ALL, &["\t", "e\u{301}"], "\ta e\u{301}").0, "▁\ta▁e\u{301}");
        assert_eq!(run(ALL, &["  "], "a  b").0, "▁a▁▁b");
    }

    #[test]
    fn every_switch_does_what_it_says() {
        let suffix = Options { treat_whitespace_as_suffix: true, ..ALL };
        let (text, found) = run(suffix, &[], "a b ");
        assert_eq!((text.as_str(), &found[3]), ("a▁b▁", &("▁".to_owned(), (3, 3))));
        let kept = Options { remove_extra_whitespaces: false, ..ALL };
        assert_eq!(run(kept, &[], " a  ").0, "▁▁a▁▁");
        let bare = Options { add_dummy_prefix: false, escape_whitespaces: false, ..ALL };
        assert_eq!(run(bare, &[], " a  b▁ ").0, "a b▁");
    }

    #[test]
    fn damaged_maps_are_refused_or_lead_nowhere() {
        let whole = map(&[("ab", "x"), ("é", "yz")]);
        assert!(SentencePiece::new(Some(&whole[..whole.len() - 1]), &[], ALL).is_err());
        let mut seed = 1_u32;
        for _ in 0..500 {
            let mut bytes = whole.clone();
            for _ in 0..4 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let place = (seed >> 8) as usize % bytes.len();
                bytes[place] = seed as u8;
            }
            if let Ok(rules) = SentencePiece::new(Some(&bytes), &["ab"], ALL) {
                for text in ["ab", "é", "x é", "\u{10FFFF}", ""] {
                    rules.apply(&mut Aligned::<true>::from_original(text, 0));
                }
            }
        }
    }
}
