//! The expected wait comes from the place and the recent service rate, never rises because the
//! caller has already waited, is announced rounded, and not with fewer than five recent answers.

use tipring_acd::Threshold;
use tipring_events::EventKind;
use tipring_test_scenarios::{Hears, Phone};
use tipring_tts::Utterance;

use crate::{Box, all_hang_up, call, desk, s};

fn minutes(w: &Box, channel: tipring_line::ChannelId) -> Option<i64> {
    let Hears::Prompt(_, say) = w.hears(channel) else { return None };
    say.iter().find_map(|piece| match piece {
        Utterance::Template { key, values } if key == "queue-estimate" => match values[..] {
            [Utterance::Number(n)] => Some(n),
            _ => None,
        },
        _ => None,
    })
}

/// One agent; ten callers at once, each talked with for two minutes.
fn busy() -> (Box, Vec<tipring_line::ChannelId>) {
    let mut w = desk(1, |acd| {
        acd.queues[0].announce_s = 20;
        acd.queues[0].announce.estimate = Threshold::On;
    });
    w.phone("8001", Phone { hangs_up_after: Some(s(117)), ..Phone::default() });
    let callers = (0..12).map(|n| call(&mut w, &format!("13800138{n:03}"))).collect();
    (w, callers)
}

#[test]
fn not_before_five_recent_answers() {
    let (mut w, callers) = busy();
    w.run(s(4 * 120));
    let late = call(&mut w, "13900139000");
    assert_eq!(minutes(&w, late), None);
    w.run(s(120));
    let later = call(&mut w, "13900139001");
    assert!(minutes(&w, later).is_some());
    let _ = callers;
    all_hang_up(&mut w);
}

#[test]
fn place_times_service_time_rounded() {
    let (mut w, _) = busy();
    w.run(s(6 * 120 + 10));
    let live = w.live();
    let waiting = live.queues[0].waiting.last().expect("somebody waits").clone();
    let (place, ms) = (u64::from(waiting.position), waiting.estimate_ms.expect("answers enough"));
    // The first of the seven answers took three seconds, the others two minutes.
    let mean = (3 + 6 * 120) * 1000 / 7;
    assert!(ms.abs_diff(place * mean) < place * 300, "{place} × {mean} ms, and it says {ms}");
    let late = call(&mut w, "13900139000");
    let said = minutes(&w, late).expect("it is said");
    let minutes = (ms / place * (place + 1)).div_ceil(60_000) as i64;
    assert_eq!(said, if minutes > 10 { (minutes + 4) / 5 * 5 } else { minutes });
    all_hang_up(&mut w);
}

#[test]
fn it_never_rises_for_who_waits() {
    let (mut w, callers) = busy();
    w.run(s(7 * 120));
    // Slower from now on: every later talk takes ten minutes.
    w.phone("8001", Phone { hangs_up_after: Some(s(597)), ..Phone::default() });
    let last = *callers.last().expect("there are callers");
    let mut told = i64::MAX;
    let mut times = 0;
    for _ in 0..1500 {
        w.run(s(1));
        if let Some(now) = minutes(&w, last) {
            assert!(now <= told, "{now} minutes after {told}");
            told = now;
            times += 1;
        }
    }
    assert!(times > 20, "it was announced {times} times");
    let moved = w.all(|e| matches!(e, EventKind::PositionChanged { .. }).then_some(()));
    assert!(!moved.is_empty());
    all_hang_up(&mut w);
}
