//! `--demo`: people on the simulated board, so that a newcomer without a telephone sees the box
//! live. Two agents log in at handsets and answer; callers ring in, press a key, wait and talk.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tipring_config::Document;
use tipring_dsp::g711;
use tipring_line::{CallerId, Digit, Digits, Law};
use tipring_sim::{CallPlan, HandsetEvent, HandsetPlan, Speech};
use tipring_tts::Catalogue;

use crate::journal::{Level, note};
use crate::simboard::SimBoard;

/// Where the demonstration's agents sit.
const HANDSETS: [&str; 2] = ["fxs-1", "fxs-2"];
/// A caller presses a key once the menu can have begun.
const KEY_AFTER_MS: std::ops::Range<u32> = 8_000..16_000;
const TALK_MS: std::ops::Range<u32> = 35_000..75_000;
const BETWEEN_CALLS: std::ops::Range<u64> = 2..12;

/// Plays until the runtime ends.
pub(crate) async fn run(sim: SimBoard, document: Document, seed: u64) {
    for (label, agent) in HANDSETS.into_iter().zip(&document.agents) {
        let log_in = &document.features.agent_log_in;
        let keys = format!("{log_in}{}#{}#", agent.work_number, agent.password.0);
        tokio::spawn(sit(sim.clone(), label, keys, seed));
    }
    for (i, label) in sim.line_labels().into_iter().enumerate() {
        tokio::spawn(ring(sim.clone(), label.to_owned(), seed ^ (i as u64) << 32));
    }
}

/// The demonstration's talk, as linear samples: what callers or agents say.
fn speeches(side: &str) -> Vec<Speech> {
    Catalogue::shipped_names("demo")
        .iter()
        .filter(|name| name.ends_with(side))
        .filter_map(|name| Catalogue::shipped(name))
        .map(|sound| {
            let samples: Vec<i16> =
                sound.samples.iter().map(|code| g711::decode_sample(Law::A, *code)).collect();
            Speech::from_samples(&samples)
        })
        .collect()
}

/// One agent: logs in, and answers whatever rings.
async fn sit(sim: SimBoard, label: &'static str, keys: String, seed: u64) {
    let Some(handset) = sim.handset(label) else { return };
    let mut handset = handset.lock().await;
    let mut random = StdRng::seed_from_u64(seed ^ u64::from(label.as_bytes()[4]));
    let says = speeches("agent");
    let digits: Digits = keys.chars().filter_map(Digit::from_char).take(32).collect();
    let mut busy_for_long = 0;
    if handset.dial(digits).is_err() {
        note(Level::Notice, &format!("demonstration: the handset at {label} does not react"));
    }
    let mut look = tokio::time::interval(Duration::from_millis(100));
    loop {
        look.tick().await;
        handset.take_heard(&mut Vec::new());
        while let Some(event) = handset.poll_event() {
            match event {
                HandsetEvent::Ringing => {
                    let say = pick(&mut random, &says);
                    let answer_after_ms = Some(random.random_range(1_000..4_000));
                    let plan = HandsetPlan { answer_after_ms, say, repeat: true, talk_ms: None };
                    let _ = handset.set_plan(plan);
                }
                // The far side has gone, or the code has been taken: put the handset back.
                HandsetEvent::Busy => busy_for_long = 1,
                HandsetEvent::HungUp { .. } => busy_for_long = 0,
                _ => {}
            }
        }
        if busy_for_long > 0 {
            busy_for_long += 1;
            if busy_for_long > 10 {
                busy_for_long = 0;
                let _ = handset.hang_up();
            }
        }
    }
}

/// One line's callers, one after another.
async fn ring(sim: SimBoard, label: String, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let says = speeches("caller");
    loop {
        let pause = Duration::from_secs(random.random_range(BETWEEN_CALLS));
        let mut over = tokio::time::interval(pause);
        over.tick().await;
        over.tick().await;
        let number = format!("138{:08}", random.random_range(0..100_000_000u32));
        let key_ms = random.random_range(KEY_AFTER_MS);
        let Ok(caller) = number.parse().map(CallerId::from_number) else { continue };
        let Ok(keys) = format!("1@{key_ms}ms").parse() else { continue };
        let plan = CallPlan {
            caller,
            say: pick(&mut random, &says),
            say_after_ms: key_ms + 4_000,
            repeat: true,
            keys,
            talk_ms: Some(random.random_range(TALK_MS)),
            patience_ms: Some(40_000),
        };
        if let Err(e) = sim.call(&label, plan, None).await {
            note(Level::Notice, &format!("demonstration: {e}"));
        }
    }
}

fn pick(random: &mut StdRng, says: &[Speech]) -> Option<Speech> {
    (!says.is_empty()).then(|| says[random.random_range(0..says.len())].clone())
}
