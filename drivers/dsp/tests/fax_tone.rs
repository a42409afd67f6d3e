//! Fax tones by someone else's generator, and recorded speech, in which there is none.

mod common;

use common::{read_wav, run, speech_files};
use tipring_dsp::{FaxTone, FaxToneDetector};

fn heard(samples: &[i16]) -> Vec<FaxTone> {
    let mut detector = FaxToneDetector::new();
    let mut told = vec![];
    for frame in samples.chunks(160) {
        detector.rx(frame);
        told.extend(detector.poll());
    }
    told
}

/// What sox makes of these words, 8 kHz, 16 bits.
fn by_sox(effects: &str) -> Vec<i16> {
    let words = format!("-D -n -r 8000 -b 16 -c 1 -t raw - {effects}");
    let bytes = run("sox", &words.split(' ').collect::<Vec<_>>(), &[]);
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

#[test]
fn tones_of_another_generator_are_heard() {
    assert_eq!(heard(&by_sox("synth 0.5 sine 1100 gain -15 pad 1 3")), [FaxTone::Cng]);
    assert_eq!(heard(&by_sox("synth 3 sine 2100 gain -15 pad 2 1")), [FaxTone::Ced]);
    assert_eq!(heard(&by_sox("synth 3 sine 1800 gain -15 pad 2 1")), []);
}

#[test]
fn speech_holds_no_fax_tone() {
    let mut detector = FaxToneDetector::new();
    for file in speech_files() {
        for frame in read_wav(&file).chunks(160) {
            detector.rx(frame);
            assert_eq!(detector.poll(), None, "in {}", file.display());
        }
    }
}
