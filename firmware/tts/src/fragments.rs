//! The steps an announcement is made of, before sounds are looked up.

use std::borrow::Cow;

/// One step: a recorded fragment, words of a prompt, or a pause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// A fragment of the language's table, such as `n-21`.
    Fragment(Cow<'static, str>),
    /// Words of a prompt: the key of their sound, and the words.
    Words { key: String, text: String },
    /// A pause in milliseconds.
    SilenceMs(u32),
}

/// Numbers of this size and more are read digit by digit.
pub(crate) const DIGITWISE_FROM: u64 = 1_000_000_000_000_000;

/// The pause between groups of digits, in milliseconds.
const GROUP_PAUSE_MS: u32 = 120;

/// Appends a fragment by its whole key.
pub(crate) fn push(out: &mut Vec<Step>, key: &'static str) {
    out.push(Step::Fragment(Cow::Borrowed(key)));
}

/// Appends the fragment `kind-n`.
pub(crate) fn push_n(out: &mut Vec<Step>, kind: &str, n: u64) {
    out.push(Step::Fragment(Cow::Owned(format!("{kind}-{n}"))));
}

/// Appends the digits of a number too large to be read as a quantity.
pub(crate) fn push_digitwise(out: &mut Vec<Step>, n: u64) {
    for digit in n.to_string().bytes() {
        push_n(out, "n", u64::from(digit - b'0'));
    }
}

/// Appends digits, `*`, `#` and `+` one by one, with a pause between groups.
pub(crate) fn push_digits(out: &mut Vec<Step>, text: &str) {
    for (n, group) in digit_groups(text).iter().enumerate() {
        if n > 0 {
            out.push(Step::SilenceMs(GROUP_PAUSE_MS));
        }
        for c in group.chars() {
            match c {
                '*' => push(out, "digit-star"),
                '#' => push(out, "digit-hash"),
                '+' => push(out, "digit-plus"),
                _ => push_n(out, "digit", u64::from(c.to_digit(10).unwrap_or(0))),
            }
        }
    }
}

/// Splits what can be dialled into groups as telephone numbers are written: mobile 3-4-4, area
/// code first, otherwise fours; up to six digits stay together. At most 64 characters are kept.
pub(crate) fn digit_groups(text: &str) -> Vec<String> {
    let dialled = |c: &char| c.is_ascii_digit() || matches!(c, '*' | '#' | '+');
    let symbols: Vec<char> = text.chars().filter(dialled).take(64).collect();
    let mut rest = symbols.as_slice();
    let head = match rest {
        ['1', ..] if rest.len() == 11 => 3,
        ['0', '1' | '2', ..] if rest.len() > 8 => 3,
        ['0', ..] if rest.len() > 8 => 4,
        _ if rest.len() == 7 => 3,
        _ if rest.len() <= 6 => rest.len(),
        _ => 4,
    };
    let mut groups = Vec::new();
    let mut size = head;
    while !rest.is_empty() {
        // Three digits at the end stay one group; a single one joins the group before it.
        let take = if rest.len() == size + 1 { size + 1 } else { size.min(rest.len()) };
        let (group, tail) = rest.split_at(take);
        groups.push(group.iter().collect());
        (rest, size) = (tail, 4);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::digit_groups;

    #[test]
    fn numbers_are_grouped_as_people_write_them() {
        for (text, groups) in [
            ("1001", "1001"),
            ("12345", "12345"),
            ("962777", "962777"),
            ("13800138000", "138 0013 8000"),
            ("138-0013-8000", "138 0013 8000"),
            ("01088886666", "010 8888 6666"),
            ("057188886666", "0571 8888 6666"),
            ("88886666", "8888 6666"),
            ("8886666", "888 6666"),
            ("*61#", "*61#"),
            ("202611210017", "2026 1121 0017"),
            ("2026112100017", "2026 1121 00017"),
            ("", ""),
            ("转", ""),
        ] {
            assert_eq!(digit_groups(text).join(" "), groups);
        }
    }
}
