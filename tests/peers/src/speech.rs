//! Recorded speech of Debian's asterisk-core-sounds-en-wav, and sounds made for a test.

use std::f64::consts::TAU;

use crate::{installed, wav};

const FOLDER: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";
const PACKAGE: &str = "asterisk-core-sounds-en-wav";

/// Three seconds, for the one who calls.
pub const CALLER: &str = "vm-sorry";
/// Three seconds, for the one who is called.
pub const CALLEE: &str = "priv-callpending";
/// Three seconds, for one who should not be heard.
pub const STRANGER: &str = "conf-getconfno";

/// One of the package's sounds.
///
/// # Panics
/// It is not installed, or not as it should be.
pub fn recorded(name: &str) -> Vec<i16> {
    let path = installed::file(&format!("{FOLDER}/{name}.wav"), PACKAGE);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut channels = wav::read(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    channels.swap_remove(0)
}

/// One of the box's own prompts, as it ships them.
///
/// # Panics
/// There is none of that name.
pub fn prompt(language: &str, name: &str) -> Vec<i16> {
    let sounds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/tts/sounds");
    let path = format!("{sounds}/{language}/{name}.wav");
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    wav::read(&bytes).unwrap_or_else(|e| panic!("{path}: {e}")).swap_remove(0)
}

/// Silence.
pub fn silence(milliseconds: usize) -> Vec<i16> {
    vec![0; milliseconds * 8]
}

/// Somebody who, after a silence, says the same again and again, until `seconds` are full.
pub fn again_and_again(said: &[i16], before_ms: usize, seconds: usize) -> Vec<i16> {
    let mut all = silence(before_ms);
    while all.len() < seconds * 8000 {
        all.extend(said);
        all.extend(silence(400));
    }
    all
}

/// A key's two tones (ITU-T Q.23), 120 ms, and as long a pause.
///
/// # Panics
/// It is no key.
pub fn key_tones(key: char) -> Vec<i16> {
    const KEYS: [&str; 4] = ["123A", "456B", "789C", "*0#D"];
    const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const HIGH_HZ: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let (low, high) = KEYS
        .iter()
        .zip(LOW_HZ)
        .find_map(|(row, low)| Some((low, HIGH_HZ[row.find(key)?])))
        .unwrap_or_else(|| panic!("{key} is no key"));
    let tone = |hz: f64, n: usize| (TAU * hz * n as f64 / 8000.0).sin() * 7000.0;
    let mut sound: Vec<i16> = (0..960).map(|n| (tone(low, n) + tone(high, n)) as i16).collect();
    sound.extend(silence(120));
    sound
}
