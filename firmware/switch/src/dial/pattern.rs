//! Number patterns.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing is there.
    #[error("a number pattern has at least one character")]
    Empty,
    /// A character that means nothing in a pattern.
    #[error(
        "{0:?} cannot stand in a number pattern: use digits, + * #, X (0-9), Z (1-9), N (2-9), \
         and at the end . (one or more) or ! (any rest)"
    )]
    Character(char),
    /// `.` or `!` stands elsewhere than at the end.
    #[error("{0:?} can stand at the end of a number pattern only")]
    WildcardInside(char),
    /// More than 40 characters.
    #[error("a number pattern has at most 40 characters, this has {0}")]
    TooLong(usize),
}

/// What one character of a number may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Exactly(u8),
    /// `X`: 0–9.
    Any,
    /// `Z`: 1–9.
    NonZero,
    /// `N`: 2–9.
    Subscriber,
}

impl Class {
    fn matches(self, c: u8) -> bool {
        match self {
            Class::Exactly(own) => own == c,
            Class::Any => c.is_ascii_digit(),
            Class::NonZero => (b'1'..=b'9').contains(&c),
            Class::Subscriber => (b'2'..=b'9').contains(&c),
        }
    }
}

/// What may follow the fixed part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    Nothing,
    /// `.`: one character or more.
    Some,
    /// `!`: anything, nothing too.
    Any,
}

/// Which numbers a dial rule applies to: `95588` (that number), `1XX` (three digits), `0.` (0 and
/// at least one more), `9!` (9 and whatever follows). `X` is 0–9, `Z` 1–9, `N` 2–9; capital
/// letters only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    classes: Vec<Class>,
    rest: Rest,
}

impl Pattern {
    /// Whether `number` is one of them.
    pub fn matches(&self, number: &str) -> bool {
        let bytes = number.as_bytes();
        let fixed = self.classes.len();
        let length_fits = match self.rest {
            Rest::Nothing => bytes.len() == fixed,
            Rest::Some => bytes.len() > fixed,
            Rest::Any => bytes.len() >= fixed,
        };
        length_fits && self.classes.iter().zip(bytes).all(|(class, c)| class.matches(*c))
    }

    /// How closely it describes its numbers: the greater, the more specific. A pattern without a
    /// wildcard is more specific than any with one, then more exact characters win, then more
    /// characters at all.
    pub fn specificity(&self) -> (bool, usize, usize) {
        let exact = self.classes.iter().filter(|c| matches!(c, Class::Exactly(_))).count();
        (self.rest == Rest::Nothing, exact, self.classes.len())
    }

    /// The number it stands for, if it is only one.
    pub fn as_exact(&self) -> Option<String> {
        let prefix = self.prefix();
        (self.length() == Some(prefix.len())).then_some(prefix)
    }

    /// The characters with which all of its numbers begin.
    pub fn prefix(&self) -> String {
        let exact = |c: &Class| if let Class::Exactly(c) = c { Some(char::from(*c)) } else { None };
        self.classes.iter().map_while(exact).collect()
    }

    /// How many characters all of its numbers have, if they have as many.
    pub fn length(&self) -> Option<usize> {
        (self.rest == Rest::Nothing).then_some(self.classes.len())
    }
}

impl FromStr for Pattern {
    type Err = PatternError;
    fn from_str(s: &str) -> Result<Self, PatternError> {
        if s.is_empty() {
            return Err(PatternError::Empty);
        }
        if s.len() > 40 {
            return Err(PatternError::TooLong(s.len()));
        }
        let (fixed, rest) = match s.as_bytes()[s.len() - 1] {
            b'.' => (&s[..s.len() - 1], Rest::Some),
            b'!' => (&s[..s.len() - 1], Rest::Any),
            _ => (s, Rest::Nothing),
        };
        let classes = fixed.chars().map(class_of).collect::<Result<_, _>>()?;
        Ok(Pattern { classes, rest })
    }
}

fn class_of(c: char) -> Result<Class, PatternError> {
    match c {
        'X' => Ok(Class::Any),
        'Z' => Ok(Class::NonZero),
        'N' => Ok(Class::Subscriber),
        '0'..='9' | '+' | '*' | '#' => Ok(Class::Exactly(c as u8)),
        '.' | '!' => Err(PatternError::WildcardInside(c)),
        _ => Err(PatternError::Character(c)),
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;
    fn try_from(s: String) -> Result<Self, PatternError> {
        s.parse()
    }
}

impl From<Pattern> for String {
    fn from(p: Pattern) -> String {
        p.to_string()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for class in &self.classes {
            let c = match class {
                Class::Exactly(c) => char::from(*c),
                Class::Any => 'X',
                Class::NonZero => 'Z',
                Class::Subscriber => 'N',
            };
            write!(f, "{c}")?;
        }
        match self.rest {
            Rest::Nothing => Ok(()),
            Rest::Some => f.write_str("."),
            Rest::Any => f.write_str("!"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(s: &str) -> Pattern {
        s.parse().unwrap()
    }

    #[test]
    fn classes_and_wildcards_match_what_they_say() {
        for (p, yes, no) in [
            ("95588", vec!["95588"], vec!["9558", "955880", "95589"]),
            ("1XX", vec!["100", "199"], vec!["10", "1000", "1*0"]),
            ("ZN", vec!["12", "99"], vec!["02", "11"]),
            ("0.", vec!["00", "0574"], vec!["0", "1"]),
            ("9!", vec!["9", "95588"], vec!["8"]),
            ("!", vec!["1", "*61"], vec![]),
        ] {
            for number in yes {
                assert!(pattern(p).matches(number), "{p} {number}");
            }
            for number in no {
                assert!(!pattern(p).matches(number), "{p} {number}");
            }
            assert_eq!(pattern(p).to_string(), p);
        }
    }

    #[test]
    fn bad_patterns_say_what_is_wrong() {
        assert_eq!("".parse::<Pattern>(), Err(PatternError::Empty));
        assert_eq!("1.2".parse::<Pattern>(), Err(PatternError::WildcardInside('.')));
        assert_eq!("1x".parse::<Pattern>(), Err(PatternError::Character('x')));
        assert_eq!("中".parse::<Pattern>(), Err(PatternError::Character('中')));
        assert_eq!("1".repeat(41).parse::<Pattern>(), Err(PatternError::TooLong(41)));
    }

    #[test]
    fn the_exact_beats_the_prefix() {
        assert!(pattern("95588").specificity() > pattern("955XX").specificity());
        assert!(pattern("955XX").specificity() > pattern("95588.").specificity());
        assert!(pattern("955.").specificity() > pattern("95.").specificity());
        assert_eq!(pattern("*61").as_exact().as_deref(), Some("*61"));
        assert_eq!(pattern("1X").as_exact(), None);
    }
}
