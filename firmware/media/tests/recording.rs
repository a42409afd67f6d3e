//! Recordings: both sides in time with each other over a bad network, and what a crash leaves.

mod common;

use std::path::{Path, PathBuf};

use common::rig::{Rig, RigLeg, rtp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::Duration;
use tipring_line::Law;
use tipring_media::{MediaEvent, RecordingId, recorder, wav};

const FRAME_US: u64 = 20_000;

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("tipring-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// A recorded call of two legs.
fn recorded(rig: &mut Rig, path: &Path) -> [RigLeg; 2] {
    let legs = [rig.open(Law::A), rig.open(Law::Mu)];
    rig.control.bridge(legs[0].channel, legs[1].channel);
    rig.control.record(RecordingId(1), path).unwrap();
    rig.control.record_sides(RecordingId(1), Some(legs[0].channel), &[legs[1].channel]);
    rig.commands();
    legs
}

/// Both legs speak 20 ms of a mark in every second, at the same instant, over links with jitter
/// and loss; the second's clock runs 100 ppm fast. Gives the seconds spoken.
fn talk(rig: &mut Rig, legs: &[RigLeg; 2], seconds: u64, jitter_us: u64) {
    let mut rng = SmallRng::seed_from_u64(3);
    let start = rig.now;
    let mut arrivals = Vec::new();
    for (side, leg) in legs.iter().enumerate() {
        for n in 0..seconds * 50 {
            let ends_us = (n + 1) * FRAME_US - if side == 1 { n * 2 } else { 0 };
            let at = ends_us + rng.random_range(0..=jitter_us);
            // Marks are never lost, or there would be nothing to compare.
            if n % 50 == 25 || !rng.random_bool(0.02) {
                arrivals.push((at, side, leg, n));
            }
        }
    }
    arrivals.sort_unstable_by_key(|(at, ..)| *at);
    for (at, side, leg, n) in arrivals {
        rig.now = start + Duration::from_micros(at);
        let mark = n % 50 == 25;
        let law = leg.session.law;
        let code = match (mark, law) {
            (true, Law::A) => 0x2A,
            (true, Law::Mu) => 0x00,
            (false, law) => law.silence(),
        };
        let packet = rtp(law.payload_type(), n as u16, (n * 160) as u32, side as u32, &[code; 160]);
        rig.packet(leg, &packet);
        if n % 2 == 0 {
            while rig.recorder.poll(rig.now) {}
        }
    }
}

/// Where the marks of one side begin, in samples.
fn marks(data: &[u8], side: usize) -> Vec<usize> {
    let loud = |code: &u8| tipring_dsp::g711::decode_sample(Law::A, *code).unsigned_abs() > 5000;
    let codes: Vec<bool> = data.iter().skip(side).step_by(2).map(loud).collect();
    (1..codes.len()).filter(|i| codes[*i] && !codes[*i - 1]).collect()
}

#[test]
fn both_sides_stay_together_within_20_ms() {
    let dir = folder("align");
    let path = dir.join("call.wav");
    let mut rig = Rig::new(24_700);
    let legs = recorded(&mut rig, &path);
    talk(&mut rig, &legs, 300, 60_000);
    rig.control.record_stop(RecordingId(1));
    rig.commands();
    while rig.recorder.poll(rig.now) {}
    rig.commands();
    let closed = rig.events.iter().find_map(|event| match event {
        MediaEvent::RecordingClosed { duration_ms, lost, .. } => Some((*duration_ms, *lost)),
        _ => None,
    });
    let (duration_ms, lost) = closed.expect("the recording was closed");
    assert!((299_900..300_200).contains(&duration_ms), "{duration_ms}");
    assert_eq!(lost, 0);
    let whole = std::fs::read(&path).unwrap();
    let info = wav::read_info(&path).unwrap();
    let data = &whole[info.data_at as usize..];
    assert_eq!(data.len() as u64, info.data_bytes);
    let (left, right) = (marks(data, 0), marks(data, 1));
    assert!(left.len() >= 298 && right.len() >= 298, "{} and {} marks", left.len(), right.len());
    // The first packets' own jitter is made good within seconds.
    for mark in left.iter().skip(10) {
        // So much earlier the fast clock lets the other side say it: 100 ppm of the time.
        let said = mark - mark / 10_000;
        let nearest = right.iter().map(|other| other.abs_diff(said)).min().unwrap();
        assert!(nearest <= 160, "{nearest} samples apart at {mark}");
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_crash_costs_no_more_than_the_last_second() {
    let dir = folder("crash");
    let path = dir.join("call.wav");
    let mut rig = Rig::new(24_800);
    let legs = recorded(&mut rig, &path);
    talk(&mut rig, &legs, 20, 10_000);
    // The process ends here: nothing more is written. What the file holds is what the kernel has.
    let open = wav::read_info(&path).unwrap();
    assert!(open.data_bytes >= 19 * 16_000, "{}", open.data_bytes);
    assert!(wav::pcm_reader(&path).is_ok(), "playable even before it is mended");
    // The power goes in the middle of a write.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(open.data_at + open.data_bytes - 777).unwrap();
    let mended = recorder::mend(&dir).unwrap();
    assert_eq!(mended.len(), 1);
    assert_eq!(mended[0].bytes, open.data_at + open.data_bytes - 778);
    assert_eq!(wav::read_info(&path).unwrap().data_bytes, open.data_bytes - 778);
    drop(rig);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_file_that_cannot_be_made_is_said_and_the_call_goes_on() {
    let mut rig = Rig::new(24_900);
    let legs = recorded(&mut rig, Path::new("/nonexistent/folder/call.wav"));
    talk(&mut rig, &legs, 1, 0);
    while rig.recorder.poll(rig.now) {}
    rig.commands();
    let reason = rig.events.iter().find_map(|event| match event {
        MediaEvent::RecordingFailed { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    let reason = reason.expect("the failure is told");
    assert!(reason.contains("/nonexistent/folder/call.wav"), "{reason}");
    assert!(!rig.heard_at(&legs[1]).is_empty() || rig.control.metrics().snapshot().packets_in > 90);
}
