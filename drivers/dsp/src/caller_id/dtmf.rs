//! Caller id by DTMF before the first ring: China (YD/T 1277.1), ETSI EN 300 659-3 annex, and the
//! variants of other countries.
//!
//! ```text
//! [A|B|C|D] number [A|B|C|D|#]          what Chinese exchanges send, letters by exchange
//! A number [D redirecting] [B info] C   ETSI; info 00 not available, 10 restricted
//! A number #   D1# restricted   D2# international   D3# technical
//! number #
//! ```
//! Because `D` can end a number or begin the next field, a transmission ends with `C`, `#`, or
//! 300 ms of silence, and is read as a whole.

use arrayvec::{ArrayString, ArrayVec};
use tipring_line::{CallerId, Digit, Digits, Number, Presentation};

/// Digits that a number must have at least when its field is not told by an `A`.
const NUMBER_DIGITS_MIN: usize = 3;

/// How an exchange frames the digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DtmfCallerIdStyle {
    /// `D` number `C`: most Chinese exchanges, Taiwan, Kuwait.
    #[default]
    DNumberC,
    /// `A` number `C`, with `B00` and `B10` for numbers not told: ETSI.
    ANumberC,
    /// `A` number `#`: Denmark, Netherlands.
    ANumberHash,
    /// number `#`.
    NumberHash,
}

/// Collects the digits of one transmission.
#[derive(Clone, Debug, Default)]
pub struct DtmfCallerId {
    digits: Digits,
    overflowed: bool,
}

impl DtmfCallerId {
    /// Nothing collected.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next digit. Gives the caller when it surely was the last one.
    pub fn push(&mut self, digit: Digit) -> Option<CallerId> {
        if self.digits.try_push(digit).is_err() {
            self.overflowed = true;
            return None;
        }
        matches!(digit.as_char(), 'C' | '#').then_some(())?;
        // A leading `C` begins a number where exchanges are set so.
        if self.digits.len() == 1 { None } else { self.finish() }
    }

    /// Ends the transmission (300 ms of silence, or the first ring); gives the caller if the
    /// digits make sense. Starts anew.
    pub fn finish(&mut self) -> Option<CallerId> {
        let digits = core::mem::take(&mut self.digits);
        let overflowed = core::mem::take(&mut self.overflowed);
        if overflowed { None } else { read(&digits) }
    }

    /// Whether nothing has been collected.
    pub fn is_empty(&self) -> bool {
        self.digits.is_empty()
    }
}

/// A letter and the digits that follow it; the digits before any letter have none.
type Field = (Option<char>, ArrayString<32>);

fn read(digits: &Digits) -> Option<CallerId> {
    let mut fields: ArrayVec<Field, 33> = ArrayVec::new();
    let mut hash = false;
    for c in digits.iter().map(|d| d.as_char()) {
        match c {
            'A'..='D' => fields.push((Some(c), ArrayString::new())),
            '#' => hash = true,
            '*' => return None,
            digit if fields.is_empty() => {
                let mut text = ArrayString::new();
                text.push(digit);
                fields.push((None, text));
            }
            digit => fields.last_mut()?.1.push(digit),
        }
    }
    let ended_by_letter = matches!(fields.last(), Some((Some(_), rest)) if rest.is_empty());
    let starts_with_letter = matches!(fields.first(), Some((Some(_), _)));
    if !hash && !ended_by_letter && !starts_with_letter {
        // Bare digits: a set dialling on the same pair, not a caller id.
        return None;
    }
    number_in(&fields).or_else(|| reason_in(&fields, hash))
}

fn number_in(fields: &[Field]) -> Option<CallerId> {
    let told = fields.iter().find(|(letter, d)| *letter == Some('A') && !d.is_empty());
    let first = fields.first().filter(|(_, d)| d.len() >= NUMBER_DIGITS_MIN);
    let (_, digits) = told.or(first)?;
    let number: Number = digits.parse().ok()?;
    Some(CallerId::from_number(number))
}

fn reason_in(fields: &[Field], hash: bool) -> Option<CallerId> {
    let presentation = match fields.iter().find(|(_, digits)| !digits.is_empty())? {
        (Some('B'), digits) if digits.as_str() == "10" => Presentation::Restricted,
        (Some('B'), digits) if digits.as_str() == "00" => Presentation::Unavailable,
        (Some('D'), digits) if hash && digits.as_str() == "1" => Presentation::Restricted,
        (Some('D'), digits) if hash && digits.len() == 1 => Presentation::Unavailable,
        _ => return None,
    };
    Some(CallerId { presentation, ..CallerId::default() })
}

/// The digits an exchange sends for this caller.
pub fn dtmf_digits(style: DtmfCallerIdStyle, caller: &CallerId) -> Digits {
    let number: Digits = match (&caller.number, caller.presentation) {
        (Some(number), Presentation::Allowed) => number.digits(),
        _ => Digits::new(),
    };
    let restricted = caller.presentation == Presentation::Restricted;
    let (start, reason, end) = match style {
        DtmfCallerIdStyle::DNumberC => ("D", "", "C"),
        DtmfCallerIdStyle::ANumberC => ("A", if restricted { "B10" } else { "B00" }, "C"),
        DtmfCallerIdStyle::ANumberHash => ("A", if restricted { "D1" } else { "D3" }, "#"),
        DtmfCallerIdStyle::NumberHash => ("", if restricted { "D1" } else { "D3" }, "#"),
    };
    let as_digits = |text: &'static str| text.chars().filter_map(Digit::from_char);
    let mut digits = Digits::new();
    if number.is_empty() && !reason.is_empty() {
        digits.extend(as_digits(reason));
    } else {
        digits.extend(as_digits(start));
        // Start and end letter need their two places.
        digits.extend(number.into_iter().take(30));
    }
    digits.extend(as_digits(end));
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<CallerId> {
        let mut parser = DtmfCallerId::new();
        for c in text.chars() {
            if let Some(caller) = parser.push(Digit::from_char(c).unwrap()) {
                return Some(caller);
            }
        }
        parser.finish()
    }

    fn number(text: &str) -> Option<String> {
        parse(text)?.number.map(|n| n.to_string())
    }

    #[test]
    fn numbers_in_every_frame() {
        for text in [
            "D13800138000C",
            "A13800138000C",
            "B13800138000C",
            "C13800138000D",
            "A13800138000D",
            "D13800138000",
            "A13800138000#",
            "13800138000#",
            "A13800138000D02112345678B00C",
        ] {
            assert_eq!(number(text).as_deref(), Some("13800138000"), "{text}");
        }
        assert_eq!(number("A1C").as_deref(), Some("1"));
    }

    #[test]
    fn reasons_for_no_number() {
        for (text, presentation) in [
            ("B10C", Presentation::Restricted),
            ("B00C", Presentation::Unavailable),
            ("AB10C", Presentation::Restricted),
            ("D1#", Presentation::Restricted),
            ("D2#", Presentation::Unavailable),
            ("D3#", Presentation::Unavailable),
        ] {
            let caller = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((caller.number, caller.presentation), (None, presentation), "{text}");
        }
    }

    #[test]
    fn what_is_no_caller_id_is_nobody() {
        for text in ["", "13800138000", "A", "AB", "DC", "12*34#", "D12C", "#", "C"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&format!("D{}C", "1".repeat(40))), None);
    }

    #[test]
    fn any_digits_are_survived() {
        use rand::{Rng, SeedableRng};
        let mut rng = rand::rngs::SmallRng::seed_from_u64(1);
        let mut parser = DtmfCallerId::new();
        for _ in 0..100_000 {
            parser.push(Digit::from_event(rng.random_range(0..16)).unwrap());
            if rng.random_range(0..20) == 0 {
                parser.finish();
            }
        }
        while !parser.is_empty() {
            parser.finish();
        }
        assert_eq!(parser.finish(), None);
    }

    #[test]
    fn what_is_sent_is_read() {
        let hidden = CallerId { presentation: Presentation::Restricted, ..CallerId::default() };
        let known = CallerId::from_number("02164301440".parse().unwrap());
        for style in [
            DtmfCallerIdStyle::DNumberC,
            DtmfCallerIdStyle::ANumberC,
            DtmfCallerIdStyle::ANumberHash,
            DtmfCallerIdStyle::NumberHash,
        ] {
            let text = |c| dtmf_digits(style, c).iter().map(|d| d.as_char()).collect::<String>();
            assert_eq!(parse(&text(&known)), Some(known), "{style:?}");
            if style != DtmfCallerIdStyle::DNumberC {
                assert_eq!(parse(&text(&hidden)), Some(hidden), "{style:?}");
            }
        }
    }
}
