//! The sixteen digits as pairs of tones (Q.23, table 1).

use tipring_line::Digit;

/// The low group, one frequency for each row of keys.
pub(super) const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
/// The high group, one frequency for each column.
pub(super) const HIGH_HZ: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// The digit at a row and a column, each 0–3.
pub(super) fn digit_at([row, column]: [usize; 2]) -> Digit {
    Digit::from_char(KEYS[row][column]).expect("every key of the pad is a digit")
}

/// Low and high frequency of a digit.
pub(super) fn frequencies(digit: Digit) -> (f64, f64) {
    let (row, column) = match digit.as_char() {
        letter @ 'A'..='D' => (letter as usize - 'A' as usize, 3),
        '*' => (3, 0),
        '0' => (3, 1),
        '#' => (3, 2),
        number => ((number as usize - '1' as usize) / 3, (number as usize - '1' as usize) % 3),
    };
    (LOW_HZ[row], HIGH_HZ[column])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_digit_has_its_own_pair() {
        let mut pairs: Vec<_> = (0..16)
            .map(|event| frequencies(Digit::from_event(event).unwrap()))
            .map(|(low, high)| (low as u32, high as u32))
            .collect();
        assert_eq!(pairs[5], (770, 1336));
        assert_eq!(pairs[15], (941, 1633));
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), 16);
    }

    #[test]
    fn places_and_pairs_agree() {
        for (row, low) in LOW_HZ.into_iter().enumerate() {
            for (column, high) in HIGH_HZ.into_iter().enumerate() {
                let digit = digit_at([row, column]);
                assert_eq!(frequencies(digit), (low, high), "{digit}");
            }
        }
    }
}
