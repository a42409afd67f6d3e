//! Recorded speech through the detectors: nothing must be found in it.

mod common;

use common::{read_wav, speech_files};
use tipring_dsp::caller_id::FskReceiver;
use tipring_dsp::{
    DtmfDetector, DtmfEvent, ProgressDetector, ProgressPlan, ProgressTone, ToneCadence,
};

fn us() -> ProgressPlan {
    let pair = |a, b, ms| ToneCadence::dual(a, b, -20.0, ms);
    ProgressPlan::new(&[
        (ProgressTone::Dial, pair(350, 440, &[])),
        (ProgressTone::Ringback, pair(440, 480, &[2000, 4000])),
        (ProgressTone::Busy, pair(480, 620, &[500, 500])),
        (ProgressTone::Congestion, pair(480, 620, &[250, 250])),
    ])
}

#[test]
fn speech_holds_no_digit_no_tone_and_no_caller_id() {
    let mut dtmf = DtmfDetector::new();
    let mut china = ProgressDetector::new(&ProgressPlan::china());
    let mut us = ProgressDetector::new(&us());
    let mut fsk = FskReceiver::new();
    let mut samples = 0;
    for file in speech_files() {
        let speech = read_wav(&file);
        samples += speech.len();
        for frame in speech.chunks(160) {
            dtmf.rx(frame);
            china.rx(frame);
            us.rx(frame);
            fsk.rx(frame);
            while let Some(event) = dtmf.poll() {
                assert!(!matches!(event, DtmfEvent::Start(_)), "{event:?} in {}", file.display());
            }
            for detector in [&mut china, &mut us] {
                assert_eq!(detector.poll(), None, "in {}", file.display());
            }
            assert_eq!(fsk.poll(), None, "in {}", file.display());
        }
    }
    let minutes = samples / 8000 / 60;
    println!("{minutes} minutes of speech");
    assert!(minutes >= 15, "only {minutes} minutes of speech were found");
}

#[test]
fn busy_tone_is_found_under_our_own_speech_coming_back_as_echo() {
    // A prompt at −20 dBm0 comes back 14 dB down while the exchange sends busy tone at −16 dBm0.
    let speech: Vec<i16> = speech_files().iter().take(60).flat_map(|f| read_wav(f)).collect();
    let tone = tipring_dsp::tones::china::BUSY.at_level(-16.0);
    let mut found = 0;
    let mut tries = 0;
    for prompt in speech.chunks_exact(8 * 4_000).take(40) {
        let mut samples = vec![0i16; prompt.len()];
        tipring_dsp::ToneGenerator::new(tone).tx(&mut samples);
        for (s, p) in samples.iter_mut().zip(prompt) {
            *s = s.saturating_add(p / 5);
        }
        let mut detector = ProgressDetector::new(&ProgressPlan::china());
        samples
            .chunks(160)
            .zip(prompt.chunks(160))
            .for_each(|(heard, sent)| detector.rx_beside(heard, sent));
        tries += 1;
        found += i32::from(detector.poll().is_some_and(|t| t.is_disconnect()));
    }
    println!("busy tone found in {found} of {tries} stretches of four seconds");
    assert!(found * 100 >= tries * 95, "{found} of {tries}");
}
