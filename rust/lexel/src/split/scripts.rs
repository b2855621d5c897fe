//! Cuts between scripts, as the reference's `UnicodeScripts` knows them: those of Unicode 9.0.
//!
//! The tables are those of `regex-syntax`, left to the characters there were in that version; the few that changed their
//! script since are listed. `tests/differential/test_pre_tokenizers.py` compares every character with the reference.

use once_cell::race::OnceBox;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::regex::CharClasses;
use super::sets::class;
use crate::error::Result;

/// The scripts of Unicode 9.0, without those of Japanese, which count as one.
const NAMES: &[&str] = &[
    "Adlam",
    "Ahom",
    "AnatolianHieroglyphs",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "BassaVah",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "CanadianAboriginal",
    "Carian",
    "CaucasianAlbanian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Duployan",
    "EgyptianHieroglyphs",
    "Elbasan",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "ImperialAramaic",
    "Inherited",
    "InscriptionalPahlavi",
    "InscriptionalParthian",
    "Javanese",
    "Kaithi",
    "Kannada",
    "KayahLi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "LinearA",
    "LinearB",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "MeeteiMayek",
    "MendeKikakui",
    "MeroiticCursive",
    "MeroiticHieroglyphs",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "NewTaiLue",
    "Newa",
    "Nko",
    "Ogham",
    "OlChiki",
    "OldHungarian",
    "OldItalic",
    "OldNorthArabian",
    "OldPermic",
    "OldPersian",
    "OldSouthArabian",
    "OldTurkic",
    "Oriya",
    "Osage",
    "Osmanya",
    "PahawhHmong",
    "Palmyrene",
    "PauCinHau",
    "PhagsPa",
    "Phoenician",
    "PsalterPahlavi",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "SignWriting",
    "Sinhala",
    "SoraSompeng",
    "Sundanese",
    "SylotiNagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "TaiLe",
    "TaiTham",
    "TaiViet",
    "Takri",
    "Tamil",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Ugaritic",
    "Vai",
    "WarangCiti",
    "Yi",
];

/// Japanese is one script; the mark of long vowels belongs to it.
const JAPANESE: &str = r"[\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}]";

/// Characters whose script is another one since, and the script they had.
const MOVED: &[(char, &str)] =
    &[('\u{589}', "Common"), ('\u{61C}', "Common"), ('\u{953}', "Devanagari"), ('\u{954}', "Devanagari")];

/// Every script as a set; a character of none of them is of any script, and so is the space.
fn scripts() -> &'static [ClassUnicode] {
    static SCRIPTS: OnceBox<Vec<ClassUnicode>> = OnceBox::new();
    SCRIPTS.get_or_init(|| Box::new(read_scripts()))
}

fn read_scripts() -> Vec<ClassUnicode> {
    let moved = |script: Option<&str>| {
        let chars = MOVED.iter().filter(|(_, old)| script.is_none_or(|script| script == *old));
        ClassUnicode::new(chars.map(|&(c, _)| ClassUnicodeRange::new(c, c)))
    };
    let read = |name: Option<&str>, pattern: &str| {
        let mut set = class(&format!(r"[{pattern}&&\p{{age=9.0}}&&[^\x20]]"));
        set.difference(&moved(None));
        if name.is_some() {
            set.union(&moved(name));
        }
        set
    };
    let others = NAMES.iter().map(|name| read(Some(name), &format!(r"\p{{sc={name}}}")));
    let mut sets: Vec<ClassUnicode> = std::iter::once(read(None, JAPANESE)).chain(others).collect();
    // The mark of long vowels is `Common` by the tables.
    let (japanese, rest) = sets.split_first_mut().expect("Japanese is the first");
    for set in rest {
        set.difference(japanese);
    }
    sets
}

/// Cuts wherever the script changes.
#[derive(Clone, Debug)]
pub(super) struct ScriptSplit {
    classes: CharClasses,
    /// The class of the characters of any script.
    any: u8,
}

impl ScriptSplit {
    pub(super) fn new() -> Result<Self> {
        let sets: Vec<&ClassUnicode> = scripts().iter().collect();
        let classes = CharClasses::new(&sets)?;
        let any = classes.ascii(b' ');
        Ok(Self { classes, any })
    }

    /// Cut the part of a text between two positions. As in the reference, what stands before the first character that
    /// has a script is left out.
    pub(super) fn split(
        &self,
        text: &str,
        (from, to): (u32, u32),
        emit: &mut impl FnMut(u32, u32) -> Result<()>,
    ) -> Result<()> {
        let bytes = &text.as_bytes()[..to as usize];
        let mut at = from as usize;
        let mut open: Option<(usize, u8)> = None;
        while at < bytes.len() {
            let (script, width) = self.classes.at(bytes, at);
            if script != self.any {
                match open {
                    Some((_, last)) if last == script => {}
                    Some((start, _)) => {
                        emit(start as u32, at as u32)?;
                        open = Some((at, script));
                    }
                    None => open = Some((at, script)),
                }
            }
            at += width;
        }
        open.map_or(Ok(()), |(start, _)| emit(start as u32, to))
    }
}
