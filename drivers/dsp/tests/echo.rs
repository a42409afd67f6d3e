//! The echo canceller on simulated lines, in the manner of ITU-T G.168's tests.

mod echo_line;

use echo_line::{HYBRIDS, Heard, Hybrid, Line, Trial, composite, level, noise, speech, tones};
use tipring_dsp::{EchoCanceller, EchoTail};

const SHORT: &Hybrid = &HYBRIDS[0];
const LOCAL: &Hybrid = &HYBRIDS[3];
const TOLL: &Hybrid = &HYBRIDS[5];

fn trial(hybrid: &Hybrid) -> Trial {
    Trial::new(EchoCanceller::new(EchoTail::Ms64), hybrid, -62.0)
}

/// A canceller that has heard three seconds of composite signal.
fn converged(hybrid: &Hybrid) -> (Trial, Heard) {
    let mut trial = trial(hybrid);
    let heard = trial.run(&composite(3, -12.0, 3000), &[]);
    (trial, heard)
}

#[test]
fn test_2_it_converges_on_every_hybrid() {
    for hybrid in &HYBRIDS {
        let (trial, heard) = converged(hybrid);
        assert!(heard.erle(1000, 3000) > 20.0, "{}: {}", hybrid.name, heard.erle(1000, 3000));
        let erl = trial.canceller.erl_db().unwrap();
        assert!((erl - hybrid.erl_db).abs() < 3.0, "{}: {erl}", hybrid.name);
        assert!(trial.canceller.erle_db().unwrap() > 12.0, "{:?}", trial.canceller);
    }
}

#[test]
fn test_2_it_converges_at_every_level() {
    for dbm0 in [-30.0, -20.0, -10.0, -5.0] {
        let mut trial = trial(LOCAL);
        let erle = trial.run(&composite(4, dbm0, 3000), &[]).erle(1500, 3000);
        let least = if dbm0 < -25.0 { 12.0 } else { 20.0 };
        assert!(erle > least, "{dbm0} dBm0: {erle}");
    }
}

#[test]
fn twenty_decibels_on_speech_within_half_a_second_as_a_rule() {
    let (mut times, mut active) = (vec![], vec![]);
    for hybrid in &HYBRIDS {
        for skip in [3, 40, 77] {
            let heard = trial(hybrid).run(&speech(skip, -16.0, 2500), &[]);
            times.push(heard.erle20_s().unwrap_or(2.5));
            active.push(heard.erle20_active_s().unwrap_or(2.5));
        }
    }
    let mean = |times: &[f32]| times.iter().sum::<f32>() / times.len() as f32;
    assert!(mean(&times) <= 0.6, "{times:?}");
    assert!(mean(&active) <= 0.5, "{active:?}");
}

#[test]
fn the_short_tail_serves_short_paths() {
    let mut trial = Trial::new(EchoCanceller::new(EchoTail::Ms32), LOCAL, -62.0);
    let heard = trial.run(&composite(3, -12.0, 3000), &[]);
    assert!(heard.erle(1000, 3000) > 20.0, "{}", heard.erle(1000, 3000));
}

#[test]
fn test_3_double_talk_does_not_spoil_it() {
    for hybrid in [SHORT, LOCAL, TOLL] {
        for near_dbm0 in [-10.0, -16.0, -24.0] {
            let (mut trial, before) = converged(hybrid);
            let near = speech(200, near_dbm0, 3000);
            let both = trial.run(&speech(30, -16.0, 3000), &near);
            let after = trial.run(&composite(9, -12.0, 1000), &[]);
            let (at_once, soon) = (after.erle(0, 1000), after.erle(200, 1000));
            let before = before.erle(1500, 3000);
            let after = format!("{before} before, {at_once} and {soon} after");
            assert!(at_once > 12.0 && soon > 20.0, "{}, {near_dbm0}: {after}", hybrid.name);
            assert!(both.worst_gain_db(0) < 6.0, "{}: {}", hybrid.name, both.worst_gain_db(0));
        }
    }
}

#[test]
fn both_may_speak_from_the_first_sound_on() {
    for hybrid in &HYBRIDS {
        for near_dbm0 in [-12.0, -16.0, -20.0] {
            let mut trial = trial(hybrid);
            let both = trial.run(&speech(30, -16.0, 4000), &speech(200, near_dbm0, 4000));
            let worst = both.worst_gain_db(0);
            assert!(worst < 6.0, "{}, {near_dbm0}: the echo grows by {worst:.1} dB", hybrid.name);
            let after = trial.run(&composite(9, -12.0, 2000), &[]).erle(1000, 2000);
            assert!(after > 20.0, "{}, {near_dbm0}: {after:.1} dB", hybrid.name);
        }
    }
}

#[test]
fn weak_echo_under_a_near_talker_is_not_made_worse() {
    for hybrid in &HYBRIDS {
        for erl_db in [24.0, 30.0] {
            let mut trial = trial(&hybrid.with_erl(erl_db));
            let both = trial.run(&speech(30, -16.0, 4000), &speech(200, -26.0, 4000));
            let worst = both.worst_gain_db(0);
            assert!(worst < 5.0, "{}, {erl_db}: the echo grows by {worst:.1} dB", hybrid.name);
        }
    }
}

#[test]
fn test_4_silence_makes_it_forget_nothing() {
    let (mut trial, before) = converged(TOLL);
    let _ = trial.run(&[0; 8 * 20_000], &speech(10, -16.0, 10_000));
    let after = trial.run(&composite(9, -12.0, 1000), &[]);
    assert!(after.erle(0, 500) > before.erle(2000, 3000) - 3.0, "{}", after.erle(0, 500));
}

#[test]
fn test_5_an_echo_that_ceases_is_not_replaced_by_one_of_ours() {
    let (mut trial, _) = converged(LOCAL);
    trial.line.change(None);
    let heard = trial.run(&composite(9, -12.0, 2000), &[]);
    assert!(level(&heard.out[8 * 500..]) < -50.0, "{}", level(&heard.out[8 * 500..]));
}

#[test]
fn test_6_tones_do_not_lead_it_astray() {
    let (mut trial, before) = converged(SHORT);
    for hz in [&[450.0][..], &[2100.0], &[697.0, 1209.0], &[941.0, 1633.0], &[350.0, 440.0]] {
        let tone = trial.run(&tones(hz, -12.0, 10_000), &[]);
        assert!(tone.worst_gain_db(0) < 0.0, "{hz:?}: {}", tone.worst_gain_db(0));
        let after = trial.run(&composite(9, -12.0, 1000), &[]).erle(0, 700);
        assert!(after > before.erle(1500, 3000) - 10.0, "{hz:?}: {after}");
    }
    // Nor when they come first.
    let mut fresh = self::trial(SHORT);
    let tone = fresh.run(&tones(&[450.0], -12.0, 5000), &[]);
    assert!(tone.worst_gain_db(0) < 1.0, "{}", tone.worst_gain_db(0));
    let after = fresh.run(&composite(9, -12.0, 2000), &[]);
    assert!(after.erle(1000, 2000) > 20.0, "{}", after.erle(1000, 2000));
}

#[test]
fn test_7_it_stays_stable_on_long_noise_and_overload() {
    let mut trial = trial(TOLL);
    let long = trial.run(&noise(5, -10.0, 20_000), &[]);
    assert!(long.worst_gain_db(0) < 1.0 && long.erle(10_000, 20_000) > 25.0);
    let loud: Vec<i16> = noise(6, 2.0, 3000).iter().map(|s| s.saturating_mul(4)).collect();
    let _ = trial.run(&loud, &loud);
    let after = trial.run(&noise(7, -12.0, 3000), &[]);
    assert!(after.erle(2000, 3000) > 20.0, "{}", after.erle(2000, 3000));
}

#[test]
fn a_changed_path_is_learnt_anew() {
    for (from, to) in [(SHORT, LOCAL), (LOCAL, TOLL), (TOLL, SHORT)] {
        let (mut trial, _) = converged(from);
        trial.line.change(Some(to));
        let heard = trial.run(&composite(9, -12.0, 3000), &[]);
        assert!(heard.erle(1000, 3000) > 18.0, "{}: {}", to.name, heard.erle(1000, 3000));
    }
}

#[test]
fn test_15_a_constant_offset_does_not_matter() {
    let mut line = Line::new(LOCAL, -62.0);
    let mut canceller = EchoCanceller::new(EchoTail::Ms64);
    let sent = composite(3, -12.0, 6000);
    let mut received = line.receive(&sent, &[]);
    received.iter_mut().for_each(|r| *r += 200);
    let before = received.clone();
    canceller.process(&sent, &mut received);
    let plain = |s: &[i16]| s[8 * 4000..].iter().map(|s| s - 200).collect::<Vec<_>>();
    assert!(level(&plain(&before)) - level(&plain(&received)) > 18.0);
}

#[test]
fn off_it_changes_nothing_and_keeps_what_it_knows() {
    let (mut trial, before) = converged(LOCAL);
    trial.canceller.set_enabled(false);
    let sent = speech(0, -16.0, 2000);
    let received = trial.line.receive(&sent, &[]);
    let mut passed = received.clone();
    trial.canceller.process(&sent, &mut passed);
    assert_eq!(passed, received);
    trial.canceller.set_enabled(true);
    let mut after = self::trial(LOCAL);
    after.canceller = trial.canceller;
    let _ = after.run(&[0; 1600], &[]);
    let erle = after.run(&composite(9, -12.0, 500), &[]).erle(0, 500);
    assert!(erle > before.erle(2000, 3000) - 4.0, "{erle}");
}

#[test]
fn slices_of_any_length_give_the_same_echo_loss() {
    let sent = composite(3, -12.0, 3000);
    let received = Line::new(LOCAL, -62.0).receive(&sent, &[]);
    for length in [1, 7, 80, 100, 160, 1000] {
        let mut canceller = EchoCanceller::new(EchoTail::Ms64);
        let mut left = received.clone();
        for (s, r) in sent.chunks(length).zip(left.chunks_mut(length)) {
            canceller.process(s, r);
        }
        let loss = level(&received[8000..]) - level(&left[8000..]);
        assert!(loss > 20.0, "{length}: {loss}");
    }
}

#[test]
fn with_and_without_vector_instructions_the_result_is_the_same() {
    let sent = speech(5, -16.0, 3000);
    let received = Line::new(LOCAL, -62.0).receive(&sent, &speech(90, -26.0, 1500));
    let run = |mut canceller: EchoCanceller| {
        let mut left = received.clone();
        canceller.process(&sent, &mut left);
        left
    };
    let best = run(EchoCanceller::new(EchoTail::Ms64));
    let portable = run(EchoCanceller::portable(EchoTail::Ms64));
    let apart: Vec<i16> = best.iter().zip(&portable).map(|(a, b)| a.saturating_sub(*b)).collect();
    assert!(level(&apart) < level(&best) - 30.0, "{} of {}", level(&apart), level(&best));
}

#[test]
fn a_reset_canceller_is_as_good_as_new() {
    let sent = speech(5, -16.0, 1000);
    let received = Line::new(LOCAL, -62.0).receive(&sent, &[]);
    let mut canceller = EchoCanceller::new(EchoTail::Ms32);
    let mut first = received.clone();
    canceller.process(&sent, &mut first);
    assert!(canceller.erl_db().is_some());
    canceller.reset();
    assert_eq!((canceller.erl_db(), canceller.erle_db()), (None, None));
    let mut second = received;
    canceller.process(&sent, &mut second);
    assert_eq!(first, second);
}
