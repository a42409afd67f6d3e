//! The echo canceller on simulated lines, in the manner of ITU-T G.168's tests.

mod echo_line;

use echo_line::{HYBRIDS, Line, level, noise, speech};
use tipring_dsp::{EchoCanceller, EchoTail};

/// What is left of the second half of what is received.
fn left_dbm0(canceller: &mut EchoCanceller, line: &mut Line, sent: &[i16]) -> f32 {
    let mut left = Vec::new();
    for sent in sent.chunks(160) {
        let mut received = line.receive(sent, &[]);
        canceller.process(sent, &mut received);
        left.extend(received);
    }
    level(&left[left.len() / 2..])
}

#[test]
fn converges_on_noise() {
    for hybrid in &HYBRIDS {
        let mut line = Line::new(hybrid, -65.0);
        let mut canceller = EchoCanceller::new(EchoTail::Ms64);
        let left = left_dbm0(&mut canceller, &mut line, &noise(1, -15.0, 3000));
        assert!(left < -15.0 - hybrid.erl_db - 20.0 || left < -50.0, "{}: {left}", hybrid.name);
        let erl = canceller.erl_db().unwrap();
        assert!((erl - hybrid.erl_db).abs() < 1.5, "{}: {erl}", hybrid.name);
    }
}

#[test]
fn off_it_changes_nothing() {
    let mut line = Line::new(&HYBRIDS[0], -60.0);
    let mut canceller = EchoCanceller::new(EchoTail::Ms32);
    let sent = speech(0, -16.0, 2000);
    canceller.process(&sent, &mut line.receive(&sent, &[]));
    canceller.set_enabled(false);
    let before = line.receive(&sent, &[]);
    let mut after = before.clone();
    canceller.process(&sent, &mut after);
    assert_eq!(before, after);
}
