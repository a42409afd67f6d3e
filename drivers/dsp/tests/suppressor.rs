//! The residual echo suppressor behind the canceller: echo left, comfort noise, near speech.

mod echo_line;

use echo_line::{HYBRIDS, Hybrid, Line, Suppressed, composite, level, noise, speech};
use tipring_dsp::{EchoCanceller, EchoTail, ResidualSuppressor, dbm0_to_rms};

const LOCAL: &Hybrid = &HYBRIDS[3];

/// A line whose canceller has learnt it.
fn converged(hybrid: &Hybrid, noise_dbm0: f32) -> Suppressed {
    let mut line = Suppressed::new(hybrid, noise_dbm0);
    let _ = line.run(&composite(3, -12.0, 4000), &[]);
    line
}

#[test]
fn residual_echo_sinks_into_the_noise_of_the_line() {
    for hybrid in &HYBRIDS {
        let mut line = converged(hybrid, -62.0);
        let heard = line.run(&composite(9, -12.0, 4000), &[]);
        let (with, without) = (level(&heard.suppressed), level(&heard.cancelled));
        assert!(with < -58.0, "{}: {without} without, {with} with", hybrid.name);
    }
}

#[test]
fn comfort_noise_has_the_level_of_the_lines_noise() {
    for noise_dbm0 in [-65.0, -58.0, -50.0] {
        let mut line = converged(LOCAL, noise_dbm0);
        let _ = line.run(&vec![0; 8 * 2000], &[]);
        // Noise as signal leaves no moment without comfort noise.
        let heard = line.run(&noise(5, -20.0, 4000), &[]);
        let comfort = level(&heard.suppressed[8000..]);
        assert!((comfort - noise_dbm0).abs() < 2.0, "{noise_dbm0}: {comfort}");
    }
}

#[test]
fn near_speech_passes_while_the_far_end_speaks() {
    for near_dbm0 in [-12.0, -18.0, -24.0] {
        let mut line = converged(LOCAL, -62.0);
        let heard = line.run(&speech(30, -16.0, 8000), &speech(200, near_dbm0, 8000));
        assert!(heard.lost_db() < 0.5, "{near_dbm0}: {} dB of near speech", heard.lost_db());
        assert!(heard.clipped_ms() < 100, "{near_dbm0}: {} ms clipped", heard.clipped_ms());
    }
}

#[test]
fn the_onset_of_near_speech_is_not_clipped() {
    let mut line = converged(LOCAL, -62.0);
    let near_rms = dbm0_to_rms(-20.0);
    // Half a second of echo alone, then a burst that begins within a block.
    let mut near = vec![0; 4007];
    near.extend(noise(7, -20.0, 200));
    let heard = line.run(&composite(9, -16.0, 1000), &near);
    let energy = |s: &[i16]| s.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>();
    let first = 4007..4007 + 16;
    let kept = energy(&heard.suppressed[first.clone()]) / energy(&heard.cancelled[first]);
    assert!(kept > 0.3, "{kept} of the first 2 ms");
    let rest = 4007 + 16..4007 + 1600;
    let kept = energy(&heard.suppressed[rest.clone()]) / energy(&heard.cancelled[rest.clone()]);
    assert!(kept > 0.99, "{kept} of the rest");
    assert!((energy(&heard.suppressed[rest]) / 1584.0).sqrt() > 0.8 * near_rms);
}

#[test]
fn without_anything_sent_it_changes_nothing() {
    let mut line = converged(LOCAL, -62.0);
    let _ = line.run(&vec![0; 1600], &[]);
    let heard = line.run(&vec![0; 8 * 3000], &speech(200, -30.0, 3000));
    assert_eq!(heard.suppressed, heard.cancelled);
}

#[test]
fn before_the_canceller_has_learnt_it_changes_nothing() {
    let mut suppressor = ResidualSuppressor::new();
    let sent = speech(5, -16.0, 1000);
    let received = Line::new(LOCAL, -62.0).receive(&sent, &[]);
    let mut left = received.clone();
    suppressor.process(&received, &mut left);
    assert_eq!(left, received);
}

#[test]
fn a_reset_suppressor_is_as_good_as_new() {
    let sent = speech(5, -16.0, 3000);
    let received = Line::new(LOCAL, -62.0).receive(&sent, &[]);
    let mut cancelled = received.clone();
    EchoCanceller::new(EchoTail::Ms32).process(&sent, &mut cancelled);
    let mut suppressor = ResidualSuppressor::default();
    let (mut first, mut second) = (cancelled.clone(), cancelled.clone());
    suppressor.process(&received, &mut first);
    assert_ne!(first, cancelled);
    suppressor.reset();
    suppressor.process(&received, &mut second);
    assert_eq!(first, second);
}
