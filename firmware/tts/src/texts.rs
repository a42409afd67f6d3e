//! The texts of the catalogue, and templates split into words and values.

use std::collections::HashMap;

use serde::Deserialize;

use crate::lang::Lang;

/// The texts of one language.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    pub(crate) prompts: HashMap<String, Prompt>,
    pub(crate) fragments: HashMap<String, String>,
}

/// A prompt's text, and the one said when its first value is 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prompt {
    pub(crate) text: String,
    pub(crate) one: Option<String>,
}

/// A part of a prompt's text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Part<'a> {
    /// Words as written, with the number of their recorded piece, from 1; 0 where there is
    /// nothing to say in them, such as a full stop.
    Words(&'a str, usize),
    /// The value with this index.
    Value(usize),
}

/// Splits a text at its placeholders: `{n}` is value 0, `{1}` value 1 and so on.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let (mut rest, mut piece) = (text, 0);
    while let Some((words, value, after)) = placeholder(rest) {
        push_words(&mut out, words, &mut piece);
        out.push(Part::Value(value));
        rest = after;
    }
    push_words(&mut out, rest, &mut piece);
    out
}

fn push_words<'a>(out: &mut Vec<Part<'a>>, words: &'a str, piece: &mut usize) {
    if words.is_empty() {
        return;
    }
    let spoken = words.contains(char::is_alphanumeric);
    *piece += usize::from(spoken);
    out.push(Part::Words(words, if spoken { *piece } else { 0 }));
}

/// The text before the next placeholder, its value's index, and the text after it.
fn placeholder(text: &str) -> Option<(&str, usize, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (name, after) = text[at + 1..].split_once('}')?;
        let index = if name == "n" { 0 } else { name.parse().ok().filter(|i| *i < 16)? };
        Some((&text[..at], index, after))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    prompts: HashMap<String, PromptRow>,
    fragments: HashMap<Lang, HashMap<String, Fragment>>,
}

/// A prompt as the file has it. How the voice is to spell it concerns the rendering tool alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptRow {
    zh: String,
    en: String,
    en_one: Option<String>,
    #[serde(rename = "zh_say")]
    _zh_say: Option<String>,
    #[serde(rename = "en_say")]
    _en_say: Option<String>,
    #[serde(rename = "en_one_say")]
    _en_one_say: Option<String>,
    #[serde(rename = "zh_pinyin")]
    _zh_pinyin: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Fragment {
    Text(String),
    Row { text: String },
}

/// Reads the catalogue file into the texts of each language.
pub(crate) fn parse(file: &str) -> Result<HashMap<Lang, Texts>, toml::de::Error> {
    let file: File = toml::from_str(file)?;
    let mut zh = Texts::default();
    let mut en = Texts::default();
    for (key, row) in file.prompts {
        en.prompts.insert(key.clone(), Prompt { text: row.en, one: row.en_one });
        zh.prompts.insert(key, Prompt { text: row.zh, one: None });
    }
    for (lang, fragments) in file.fragments {
        let texts = if lang == Lang::ZhCn { &mut zh } else { &mut en };
        for (key, Fragment::Text(text) | Fragment::Row { text }) in fragments {
            texts.fragments.insert(key, text);
        }
    }
    Ok(HashMap::from([(Lang::ZhCn, zh), (Lang::En, en)]))
}

#[cfg(test)]
mod tests {
    use super::Part::{Value, Words};
    use super::*;

    #[test]
    fn templates_are_split_at_their_values() {
        assert_eq!(parts("请稍候。"), [Words("请稍候。", 1)]);
        let three = [Words("您前面还有 ", 1), Value(0), Words(" 位。", 2)];
        assert_eq!(parts("您前面还有 {n} 位。"), three);
        let dates = [Words("Today is ", 1), Value(1), Words(", ", 0), Value(0), Words(".", 0)];
        assert_eq!(parts("Today is {1}, {n}."), dates);
        assert_eq!(parts("{n}"), [Value(0)]);
        assert_eq!(parts(""), []);
    }

    #[test]
    fn braces_that_name_no_value_are_words() {
        assert_eq!(parts("a {b} c"), [Words("a {b} c", 1)]);
        assert_eq!(parts("a { {n}"), [Words("a { ", 1), Value(0)]);
        assert_eq!(parts("{99}"), [Words("{99}", 1)]);
    }
}
