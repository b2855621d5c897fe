//! From the JSON of a pre-tokenizer to the stages that do its work.

use serde_json::Value;

use super::behavior::Behavior;
use super::local::{LocalSplit, Rule};
use super::metaspace::{Metaspace, one_character};
use super::pattern::Pattern;
use super::regex::{as_class, parse, parse_rust};
use super::rewrite::Rewrite;
use super::scripts::ScriptSplit;
use super::words::Words;
use super::{Splitter, Stage, sets};
use crate::error::{Error, Result};
use crate::json::{Object, wrong};

/// The regex of the byte-level pre-tokenizer.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const KNOWN: &str = "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation, \
                     Sequence, Split, UnicodeScripts, Whitespace and WhitespaceSplit";
const DEFAULT_LENGTH: usize = 5;

/// Collects stages; neighbouring rules that only look at two characters become one stage.
#[derive(Default)]
pub(super) struct Compiler {
    stages: Vec<Stage>,
    rules: Vec<Rule>,
}

impl Compiler {
    /// Compile what was read. A model that `reads_bytes` is left to read the bytes that byte-level letters stand for,
    /// where nothing splits these letters.
    pub(super) fn finish(mut self, reads_bytes: bool) -> Result<Splitter> {
        self.fuse()?;
        let mut stages = self.stages;
        let byte_level = reads_bytes && matches!(stages.last(), Some(Stage::Rewrite(Rewrite::Letters)));
        if byte_level {
            stages.pop();
        }
        Ok(Splitter { stages, byte_level })
    }

    fn fuse(&mut self) -> Result<()> {
        let rules = std::mem::take(&mut self.rules);
        self.stages.extend(LocalSplit::compile(&rules)?.into_iter().map(|split| Stage::Local(Box::new(split))));
        Ok(())
    }

    fn push(&mut self, stage: Stage) -> Result<()> {
        self.fuse()?;
        self.stages.push(stage);
        Ok(())
    }

    fn split(&mut self, pattern: Pattern, behavior: Behavior, invert: bool) -> Result<()> {
        self.push(Stage::Split { pattern, behavior, invert })
    }

    /// Read a pre-tokenizer; `path` is where it stands in the file.
    pub(super) fn add(&mut self, value: &Value, path: &str) -> Result<()> {
        if value.is_array() {
            // The reference reads some of its structures from an array of their fields, in order.
            return Err(Error::unsupported("a pre-tokenizer written as an array; write it as an object").at(path));
        }
        let object = Object::new(value, path)?;
        let one = |set, behavior| Rule::new(set, false, behavior, false);
        match object.str("type")? {
            "Sequence" => {
                let path = object.child("pretokenizers");
                for (i, part) in object.array("pretokenizers")?.iter().enumerate() {
                    self.add(part, &format!("{path}[{i}]"))?;
                }
            }
            "ByteLevel" => {
                object.bool("trim_offsets")?;
                if object.bool("add_prefix_space")? {
                    self.push(Stage::Rewrite(Rewrite::PrefixSpace))?;
                }
                if object.bool_or("use_regex", true)? {
                    self.split(Pattern::regex(GPT2)?, Behavior::Isolated, false)?;
                }
                self.push(Stage::Rewrite(Rewrite::Letters))?;
            }
            "Metaspace" => {
                let metaspace = Metaspace::compile(object)?;
                if !metaspace.splits() || metaspace.replacement() == " " {
                    let split = metaspace.splits().then(|| Pattern::literal(metaspace.replacement()));
                    self.push(Stage::Rewrite(Rewrite::Metaspace(metaspace)))?;
                    if let Some(pattern) = split {
                        self.split(pattern?, Behavior::MergedWithNext, false)?;
                    }
                    return Ok(());
                }
                // One pass does for both, and for the white space that was to be removed just before.
                let space = Rule::new(sets::regex_space(), false, Behavior::Removed, false);
                let drops_space = metaspace.always() && self.rules == [space];
                if drops_space {
                    self.rules.clear();
                }
                self.push(Stage::Words(Words::new(metaspace, drops_space)))?;
            }
            "Split" => self.add_split(object)?,
            "BertPreTokenizer" => {
                self.rules.push(one(sets::whitespace(), Behavior::Removed));
                self.rules.push(one(sets::punctuation(), Behavior::Isolated));
            }
            "Whitespace" => {
                self.rules.push(one(sets::regex_space(), Behavior::Removed));
                self.rules.push(one(sets::word(), Behavior::Contiguous));
            }
            "WhitespaceSplit" => self.rules.push(one(sets::whitespace(), Behavior::Removed)),
            "Punctuation" => {
                let behavior = if object.map.contains_key("behavior") { behavior(object)? } else { Behavior::Isolated };
                self.rules.push(one(sets::punctuation(), behavior));
            }
            "Digits" => {
                let individual = object.bool("individual_digits")?;
                let behavior = if individual { Behavior::Isolated } else { Behavior::Contiguous };
                self.rules.push(one(sets::numeric(), behavior));
            }
            "CharDelimiterSplit" => {
                let delimiter = one_character(object, "delimiter")?;
                self.rules.push(one(sets::characters(|c| c == delimiter), Behavior::Removed));
            }
            "UnicodeScripts" => self.push(Stage::Scripts(Box::new(ScriptSplit::new()?)))?,
            "FixedLength" => {
                let length = if object.map.contains_key("length") { object.usize("length")? } else { DEFAULT_LENGTH };
                if length == 0 {
                    return Err(Error::unsupported("pieces of length 0; use at least 1").at(&object.child("length")));
                }
                self.push(Stage::Fixed(length))?;
            }
            "Delimiter" => {
                return Err(wrong(&object.child("type"), "\"CharDelimiterSplit\"", object.need("type")?));
            }
            other => {
                return Err(Error::unsupported(format!("the pre-tokenizer {other:?}; known are {KNOWN}")).at(path));
            }
        }
        Ok(())
    }

    fn add_split(&mut self, object: Object<'_>) -> Result<()> {
        let path = object.child("pattern");
        let value = object.need("pattern")?;
        let pattern = Object::new(value, &path)?;
        let behavior = behavior(object)?;
        let invert = object.bool("invert")?;
        let expected = "an object with one field, \"Regex\" or \"String\"";
        // The format lets a dialect through for exact stages only.
        let parse = if pattern.map.contains_key("dialect") { parse_rust } else { parse };
        if pattern.map.len() != 1 && !pattern.map.contains_key("dialect") {
            return Err(wrong(&path, expected, value));
        }
        match (pattern.map.get("Regex"), pattern.map.get("String")) {
            (Some(Value::String(regex)), _) => {
                let node = parse(regex).map_err(|e| e.at(&path))?;
                if let Some((set, runs)) = as_class(&node) {
                    self.rules.push(Rule::new(set.clone(), runs, behavior, invert));
                    return Ok(());
                }
                self.split(Pattern::parsed(&node).map_err(|e| e.at(&path))?, behavior, invert)
            }
            (_, Some(Value::String(literal))) => {
                self.split(Pattern::literal(literal).map_err(|e| e.at(&path))?, behavior, invert)
            }
            _ => Err(wrong(&path, expected, value)),
        }
    }
}

fn behavior(object: Object<'_>) -> Result<Behavior> {
    Behavior::read(object.str("behavior")?).map_err(|e| e.at(&object.child("behavior")))
}
