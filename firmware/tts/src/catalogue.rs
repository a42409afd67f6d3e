//! The catalogue: texts, sounds, and what to say with them.

use std::collections::HashMap;

use rust_embed::RustEmbed;

use crate::fragments::{Step, push_digits};
use crate::lang::Lang;
use crate::sound::Sound;
use crate::texts::{self, Part, Prompt, Texts};
use crate::utterance::Utterance;
use crate::{display, en, zh};

#[derive(RustEmbed)]
#[folder = "sounds/"]
struct Shipped;

/// Templates inside templates go this deep; what is deeper is not said.
const DEPTH_MAX: usize = 4;

/// A part of an announcement.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// A recorded sound, or a pause.
    Sound(Sound),
    /// Words nobody recorded. [`crate::espeak`] can make a makeshift sound of them, to be given
    /// to [`Catalogue::set_sound`].
    Missing {
        /// The key their sound would have.
        key: String,
        /// The words.
        text: String,
    },
}

/// Prompts and fragments of both languages, with their sounds.
#[derive(Clone, Debug)]
pub struct Catalogue {
    texts: HashMap<Lang, Texts>,
    sounds: HashMap<Lang, HashMap<String, Sound>>,
}

impl Catalogue {
    /// The catalogue that ships with the box. It takes some tens of milliseconds: do it once.
    ///
    /// # Panics
    ///
    /// When the file built into the program is broken, which the crate's tests rule out.
    pub fn embedded() -> Self {
        let texts = texts::parse(include_str!("../data/catalogue.toml"))
            .expect("the built-in catalogue is well-formed");
        let mut sounds: HashMap<Lang, HashMap<String, Sound>> = HashMap::new();
        for lang in Lang::ALL {
            let of_lang = sounds.entry(lang).or_default();
            for path in Shipped::iter() {
                let key = path.strip_prefix(lang.tag()).and_then(|p| p.strip_prefix('/'));
                if let Some(key) = key.and_then(|k| k.strip_suffix(".wav"))
                    && let Some(sound) = shipped(&path)
                {
                    of_lang.insert(key.to_owned(), sound);
                }
            }
        }
        Catalogue { texts, sounds }
    }

    /// A shipped sound that is no prompt: `music/hold`, or `demo/…` for the demonstration.
    pub fn shipped(name: &str) -> Option<Sound> {
        shipped(&format!("{name}.wav"))
    }

    /// The names of the shipped sounds below a folder (`demo`), sorted, for [`Self::shipped`].
    pub fn shipped_names(folder: &str) -> Vec<String> {
        let prefix = format!("{folder}/");
        let mut names: Vec<String> = Shipped::iter()
            .filter(|path| path.starts_with(&prefix))
            .filter_map(|path| path.strip_suffix(".wav").map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Adds or changes a prompt's text: a site's own prompt, which may hold `{n}` for a value.
    pub fn set_text(&mut self, lang: Lang, key: &str, text: &str) {
        let prompt = Prompt { text: text.to_owned(), one: None };
        self.texts.entry(lang).or_default().prompts.insert(key.to_owned(), prompt);
    }

    /// Adds or changes the sound of a key: a site's own recording, or a synthesised one.
    pub fn set_sound(&mut self, lang: Lang, key: &str, sound: Sound) {
        self.sounds.entry(lang).or_default().insert(key.to_owned(), sound);
    }

    /// The keys of the prompts that have a text in a language, sorted.
    pub fn prompt_keys(&self, lang: Lang) -> Vec<&str> {
        let mut keys: Vec<&str> = self.texts[&lang].prompts.keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    /// The keys of a language's fragments of numbers, dates and so on, sorted.
    pub fn fragment_keys(&self, lang: Lang) -> Vec<&str> {
        let mut keys: Vec<&str> = self.texts[&lang].fragments.keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    /// A prompt's text as the catalogue has it, with its placeholders.
    pub fn prompt_text(&self, key: &str, lang: Lang) -> Option<&str> {
        self.texts[&lang].prompts.get(key).map(|prompt| prompt.text.as_str())
    }

    /// Whether every word of a prompt or fragment has a recorded sound.
    pub fn is_recorded(&self, key: &str, lang: Lang) -> bool {
        let sounds = &self.sounds[&lang];
        match self.texts[&lang].prompts.get(key) {
            Some(prompt) => {
                let plain = words_of(key, &prompt.text);
                let one = prompt.one.iter().flat_map(|one| words_of(&format!("{key}.one"), one));
                plain.into_iter().chain(one).all(|(sound_key, _)| sounds.contains_key(&sound_key))
            }
            None => sounds.contains_key(key),
        }
    }

    /// The sounds of an announcement, one after the other. It never fails: what nobody recorded
    /// comes as [`Piece::Missing`]. Not for the real-time thread: it allocates.
    pub fn say(&self, lang: Lang, utterances: &[Utterance]) -> Vec<Piece> {
        let piece = |step: Step| match step {
            Step::SilenceMs(ms) => Piece::Sound(Sound::silence(ms)),
            Step::Fragment(key) => self.piece(lang, &key, self.fragment_text(lang, &key)),
            Step::Words { key, text } => self.piece(lang, &key, &text),
        };
        self.steps(lang, utterances).into_iter().map(piece).collect()
    }

    fn piece(&self, lang: Lang, key: &str, text: &str) -> Piece {
        match self.sounds[&lang].get(key) {
            Some(sound) => Piece::Sound(sound.clone()),
            None => Piece::Missing { key: key.to_owned(), text: text.to_owned() },
        }
    }

    fn fragment_text<'a>(&'a self, lang: Lang, key: &'a str) -> &'a str {
        self.texts[&lang].fragments.get(key).map_or(key, String::as_str)
    }

    /// The words of an announcement as they are spoken: `您前面还有三位`.
    pub fn words(&self, lang: Lang, utterances: &[Utterance]) -> String {
        let steps = self.steps(lang, utterances);
        let words: Vec<&str> = steps
            .iter()
            .filter_map(|step| match step {
                Step::SilenceMs(_) => None,
                Step::Fragment(key) => Some(self.fragment_text(lang, key)),
                Step::Words { text, .. } => Some(text.as_str()),
            })
            .collect();
        words.join(if lang == Lang::ZhCn { "" } else { " " })
    }

    /// What will be said, as a screen shows it, values in figures: `您前面还有 3 位。`
    pub fn text(&self, lang: Lang, utterances: &[Utterance]) -> String {
        let shown: Vec<String> = utterances
            .iter()
            .map(|utterance| self.shown(lang, utterance, DEPTH_MAX))
            .filter(|text| !text.is_empty())
            .collect();
        shown.join(if lang == Lang::ZhCn { "" } else { " " })
    }

    fn shown(&self, lang: Lang, utterance: &Utterance, depth: usize) -> String {
        let texts = &self.texts[&lang];
        match utterance {
            Utterance::Prompt(key) => self.template_text(lang, key, &[]).to_owned(),
            Utterance::Number(n) => n.to_string(),
            Utterance::Digits(digits) => display::digits(digits),
            Utterance::Date { year, month, day } => display::date(lang, *year, *month, *day, texts),
            Utterance::Time { hour, minute } => display::time(lang, *hour, *minute, texts),
            Utterance::Money { fen } => display::money(lang, *fen),
            Utterance::SilenceMs(_) => String::new(),
            Utterance::Template { .. } if depth == 0 => String::new(),
            Utterance::Template { key, values } => {
                let show = |part| match part {
                    Part::Words(words, _) => words.to_owned(),
                    Part::Value(i) => {
                        values.get(i).map_or(String::new(), |v| self.shown(lang, v, depth - 1))
                    }
                };
                texts::parts(self.template_text(lang, key, values)).into_iter().map(show).collect()
            }
        }
    }

    /// The text of a prompt for these values, or its key where it has none.
    fn template_text<'a>(&'a self, lang: Lang, key: &'a str, values: &[Utterance]) -> &'a str {
        match self.texts[&lang].prompts.get(key) {
            None => key,
            Some(Prompt { one: Some(one), .. }) if is_one(values) => one,
            Some(prompt) => &prompt.text,
        }
    }

    fn steps(&self, lang: Lang, utterances: &[Utterance]) -> Vec<Step> {
        let mut out = Vec::new();
        for (n, utterance) in utterances.iter().enumerate() {
            let following = match utterances.get(n + 1) {
                Some(Utterance::Prompt(key)) => self.template_text(lang, key, &[]),
                _ => "",
            };
            self.push(&mut out, lang, utterance, following, DEPTH_MAX);
        }
        out
    }

    /// Appends one utterance; `following` are the words after it.
    fn push(
        &self,
        out: &mut Vec<Step>,
        lang: Lang,
        utterance: &Utterance,
        following: &str,
        depth: usize,
    ) {
        let chinese = lang == Lang::ZhCn;
        match utterance {
            Utterance::Prompt(key) => self.push_template(out, lang, key, &[], depth),
            Utterance::Number(n) if chinese => zh::number(out, *n, zh::counts(following)),
            Utterance::Number(n) => en::number(out, *n),
            Utterance::Digits(digits) => push_digits(out, digits),
            Utterance::Date { year, month, day } if chinese => zh::date(out, *year, *month, *day),
            Utterance::Date { year, month, day } => en::date(out, *year, *month, *day),
            Utterance::Time { hour, minute } if chinese => zh::time(out, *hour, *minute),
            Utterance::Time { hour, minute } => en::time(out, *hour, *minute),
            Utterance::Money { fen } if chinese => zh::money(out, *fen),
            Utterance::Money { fen } => en::money(out, *fen),
            Utterance::Template { key, values } => {
                self.push_template(out, lang, key, values, depth);
            }
            Utterance::SilenceMs(ms) => out.push(Step::SilenceMs(*ms)),
        }
    }

    fn push_template(
        &self,
        out: &mut Vec<Step>,
        lang: Lang,
        key: &str,
        values: &[Utterance],
        depth: usize,
    ) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let text = self.template_text(lang, key, values);
        let one = self.texts[&lang].prompts.get(key).is_some_and(|p| p.one.is_some());
        let stem = if one && is_one(values) { format!("{key}.one") } else { key.to_owned() };
        let parts = texts::parts(text);
        for (n, part) in parts.iter().enumerate() {
            match part {
                Part::Words(_, 0) => {}
                Part::Words(words, piece) => {
                    let key = piece_key(&stem, text, *piece);
                    out.push(Step::Words { key, text: words.trim().to_owned() });
                }
                Part::Value(i) => {
                    let following = match parts.get(n + 1) {
                        Some(Part::Words(words, _)) => words,
                        _ => "",
                    };
                    if let Some(value) = values.get(*i) {
                        self.push(out, lang, value, following, depth);
                    }
                }
            }
        }
    }
}

fn shipped(path: &str) -> Option<Sound> {
    let file = Shipped::get(path)?;
    Sound::from_wav(path.trim_end_matches(".wav"), &file.data).ok()
}

fn is_one(values: &[Utterance]) -> bool {
    matches!(values.first(), Some(Utterance::Number(1)))
}

/// The key of a piece's sound: the prompt's own where it has no values, else `key.1`, `key.2` …
fn piece_key(stem: &str, text: &str, piece: usize) -> String {
    let whole = !stem.ends_with(".one")
        && texts::parts(text).iter().all(|part| matches!(part, Part::Words(..)));
    if whole { stem.to_owned() } else { format!("{stem}.{piece}") }
}

/// The sounds a prompt's text needs: key and words.
fn words_of(stem: &str, text: &str) -> Vec<(String, String)> {
    let spoken = |part| match part {
        Part::Words(words, piece) if piece > 0 => {
            Some((piece_key(stem, text, piece), words.trim().to_owned()))
        }
        _ => None,
    };
    texts::parts(text).into_iter().filter_map(spoken).collect()
}
