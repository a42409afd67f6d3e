//! Digits we make are read by multimon-ng, digits sox makes are read by us.

mod common;

use common::{TempFile, run};
use tipring_dsp::{DtmfDetector, DtmfEvent, DtmfGenerator, DtmfLevels, DtmfTiming};
use tipring_line::Digit;

const ALL: &str = "1234567890*#ABCD";

fn ours(levels: DtmfLevels, timing: DtmfTiming) -> Vec<i16> {
    let mut generator = DtmfGenerator::with(levels, timing);
    ALL.chars().for_each(|c| assert!(generator.push(Digit::from_char(c).unwrap())));
    let mut samples = vec![0i16; 800 + ALL.len() * 3200];
    let written = generator.tx(&mut samples[800..]);
    samples.truncate(800 + written + 800);
    samples
}

fn read_by_us(samples: &[i16]) -> String {
    let mut detector = DtmfDetector::new();
    let mut text = String::new();
    for frame in samples.chunks(160) {
        detector.rx(frame);
        while let Some(event) = detector.poll() {
            if let DtmfEvent::Start(digit) = event {
                text.push(digit.as_char());
            }
        }
    }
    text
}

/// multimon-ng wants 22,050 samples a second, and says `DTMF: 5` for each digit.
fn read_by_multimon(samples: &[i16]) -> String {
    let wav = TempFile::wav(samples);
    let raw = TempFile::new("raw");
    let to_raw = ["-t", "raw", "-e", "signed", "-b", "16", "-r", "22050", "-c", "1"];
    run("sox", &[&[wav.path()], &to_raw[..], &[raw.path()]].concat(), b"");
    let out = run("multimon-ng", &["-q", "-t", "raw", "-a", "DTMF", raw.path()], b"");
    let text = String::from_utf8_lossy(&out);
    text.lines().filter_map(|l| l.strip_prefix("DTMF: ")?.chars().next()).collect()
}

#[test]
fn multimon_reads_every_digit_at_every_level() {
    for dbm0 in [-3.0, -10.0, -20.0, -30.0] {
        let levels = DtmfLevels { low_dbm0: dbm0 - 1.0, high_dbm0: dbm0 };
        let read = read_by_multimon(&ours(levels, DtmfTiming::default()));
        assert_eq!(read.replace('E', "*").replace('F', "#"), ALL, "{dbm0} dBm0");
    }
}

#[test]
fn we_read_every_digit_sox_makes() {
    let rows = [697, 770, 852, 941];
    let columns = [1209, 1336, 1477, 1633];
    for (i, expected) in "123A456B789C*0#D".chars().enumerate() {
        for (gain_db, on_s) in [("-3", "0.04"), ("-12", "0.06"), ("-24", "0.1")] {
            let file = TempFile::new("wav");
            let low = rows[i / 4].to_string();
            let high = columns[i % 4].to_string();
            let output = ["-r", "8000", "-c", "1", "-b", "16", file.path()];
            let two_sines = ["synth", on_s, "sine", &low, "sine", &high];
            let effects = ["remix", "1,2", "gain", "-n", gain_db, "pad", "0.1", "0.1"];
            run("sox", &[&["-n"], &output[..], &two_sines, &effects].concat(), b"");
            let read = read_by_us(&file.samples());
            assert_eq!(read, expected.to_string(), "{gain_db} dB, {on_s} s");
        }
    }
}
