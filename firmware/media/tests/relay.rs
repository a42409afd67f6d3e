//! Packet legs without sockets: latching, strangers, relaying, changes between relay and frames.

mod common;

use common::rig::{Rig, RigLeg, peer, rtp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::Duration;
use tipring_dsp::g711;
use tipring_line::{Digit, Digits, Law};
use tipring_media::{MediaEvent, PlayId, Playlist};

const MS: Duration = Duration::from_millis(1);

fn bridged(rig: &mut Rig, laws: [Law; 2]) -> [RigLeg; 2] {
    let legs = laws.map(|law| rig.open(law));
    rig.control.bridge(legs[0].channel, legs[1].channel);
    rig.commands();
    rig.sent.clear();
    legs
}

#[test]
fn the_first_valid_source_is_the_peer_and_others_are_strangers() {
    let mut rig = Rig::new(23_000);
    let [a, b] = bridged(&mut rig, [Law::A; 2]);
    let behind_nat = peer(77);
    rig.packet_from(&a, peer(66), b"not RTP at all");
    rig.packet_from(&a, peer(66), &rtp(3, 1, 1, 1, &[0; 33]));
    rig.packet_from(&a, behind_nat, &rtp(8, 1, 160, 1, &[1; 160]));
    rig.packet_from(&a, a.session.remote, &rtp(8, 2, 320, 9, &[2; 160]));
    rig.packet_from(&a, behind_nat, &rtp(8, 2, 320, 1, &[3; 160]));
    let payloads: Vec<u8> = rig.heard_at(&b).iter().map(|h| h.payload[0]).collect();
    assert_eq!(payloads, [1, 3]);
    let figures = rig.control.metrics().snapshot();
    assert_eq!((figures.packets_malformed, figures.packets_stranger), (2, 1));
    // What b says goes to where a's packets came from.
    rig.engine.handle_rtp(b.slot, rig.now, b.session.remote, &rtp(8, 1, 1, 5, &[4; 160]));
    assert_eq!(rig.engine.outgoing()[0].to, behind_nat);
    // A new session description moves it.
    rig.engine.clear_outgoing();
    rig.control.update_rtp(a.channel, tipring_line::RtpSession { remote: peer(88), ..a.session });
    rig.commands();
    rig.packet_from(&a, peer(88), &rtp(8, 7, 7, 2, &[5; 160]));
    assert_eq!(rig.heard_at(&b).len(), 1);
}

#[test]
fn a_new_ssrc_of_the_same_peer_is_taken_and_ours_stays() {
    let mut rig = Rig::new(23_100);
    let [a, b] = bridged(&mut rig, [Law::A; 2]);
    for (i, ssrc) in [(0u16, 1u32), (1, 1), (0, 2), (1, 2)] {
        rig.packet(
            &a,
            &rtp(8, 500 * ssrc as u16 + i, 99_999 * ssrc + 160 * u32::from(i), ssrc, &[7; 160]),
        );
        rig.advance(20 * MS);
    }
    let heard = rig.heard_at(&b);
    assert_eq!(heard.len(), 4);
    for pair in heard.windows(2) {
        assert_eq!(pair[1].ssrc, pair[0].ssrc);
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160));
    }
}

#[test]
fn events_keep_their_shape_under_the_other_legs_payload_type() {
    let mut rig = Rig::new(23_200);
    let a = rig.open(Law::A);
    let mut session = rig.open(Law::A).session;
    session.local_port = rig.control.allocate_port().unwrap();
    session.event_payload_type = Some(96);
    let b = rig.open_session(session);
    rig.control.bridge(a.channel, b.channel);
    rig.commands();
    rig.sent.clear();
    rig.packet(&a, &rtp(8, 1, 1000, 1, &[7; 160]));
    rig.advance(20 * MS);
    for (i, (end, duration)) in
        [(0, 160u16), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480)].into_iter().enumerate()
    {
        let [high, low] = duration.to_be_bytes();
        rig.packet(&a, &rtp(101, 2 + i as u16, 1160, 1, &[4, 10 | end, high, low]));
    }
    rig.packet(&a, &rtp(8, 7, 1640, 1, &[8; 160]));
    let heard = rig.heard_at(&b);
    let events: Vec<_> = heard.iter().filter(|h| h.payload_type == 96).collect();
    assert_eq!(events.len(), 5);
    assert!(events.iter().all(|e| e.timestamp == heard[0].timestamp.wrapping_add(160)));
    assert_eq!(heard.last().unwrap().timestamp, heard[0].timestamp.wrapping_add(640));
    assert!(heard.windows(2).all(|p| p[1].sequence == p[0].sequence.wrapping_add(1)));
    let digits = rig.events.iter().filter(|e| matches!(e, MediaEvent::Channel(..))).count();
    assert_eq!(digits, 1);
}

#[test]
fn other_laws_are_transcoded() {
    let mut rig = Rig::new(23_300);
    let [a, b] = bridged(&mut rig, [Law::A, Law::Mu]);
    for n in 0..20u16 {
        rig.packet(&a, &rtp(8, n, u32::from(n) * 160, 1, &[0x22; 160]));
        rig.advance(20 * MS);
        rig.tick();
    }
    let heard = rig.heard_at(&b);
    let mut expected = [0x22];
    g711::transcode(Law::A, Law::Mu, &mut expected);
    let sound: Vec<_> = heard.iter().filter(|h| h.payload == [expected[0]; 160]).collect();
    assert!(sound.len() >= 17, "{} of {}", sound.len(), heard.len());
    assert!(heard.iter().all(|h| h.payload_type == 0));
}

/// A link that delays, swaps and loses packets, by a seed.
fn arrivals(rng: &mut SmallRng, packets: u64, loss: f64, jitter_ms: u64) -> Vec<(u64, u64)> {
    let mut arrivals: Vec<(u64, u64)> =
        (0..packets).map(|n| (n * 20_000 + rng.random_range(0..=jitter_ms * 1000), n)).collect();
    arrivals.retain(|_| !rng.random_bool(loss));
    arrivals.sort_unstable();
    arrivals
}

/// A code for each packet, never silence.
fn code(n: u64) -> u8 {
    1 + (n % 200) as u8
}

/// Plays `packets` through a bridge over a link; `change` is called before every 20 ms.
fn run_link(
    rig: &mut Rig,
    from: &RigLeg,
    arrivals: &[(u64, u64)],
    packets: u64,
    mut change: impl FnMut(&mut Rig, u64),
) {
    let start = rig.now;
    let mut next = 0;
    for tick in 0..packets {
        change(rig, tick);
        let tick_us = tick * 20_000 + 7000;
        while next < arrivals.len() && arrivals[next].0 <= tick_us {
            let (at, n) = arrivals[next];
            rig.now = start + Duration::from_micros(at);
            let bytes = rtp(8, n as u16, (n * 160) as u32, 1, &[code(n); 160]);
            rig.packet(from, &bytes);
            next += 1;
        }
        rig.now = start + Duration::from_micros(tick_us);
        rig.tick();
    }
}

#[test]
fn numbers_run_on_when_a_call_moves_between_relay_and_frames() {
    for seed in 0..20 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut rig = Rig::new(23_400);
        let [a, b] = bridged(&mut rig, [Law::A; 2]);
        let c = rig.open(Law::A);
        rig.sent.clear();
        let arrivals = arrivals(&mut rng, 1000, 0.02, 30);
        // Every second the call becomes a conference of three, or two legs again.
        run_link(&mut rig, &a, &arrivals, 1000, |rig, tick| {
            if tick > 0 && tick % 50 == 0 {
                let all = [a.channel, b.channel, c.channel];
                if tick / 50 % 2 == 1 {
                    rig.control.conference(&all).unwrap();
                } else {
                    rig.control.bridge(a.channel, b.channel);
                }
            }
        });
        let mut heard = rig.heard_at(&b);
        assert!(heard.len() > 900, "seed {seed}: {}", heard.len());
        // Lost packets next to a change may leave a pause that is one to the peer too.
        let spurts = heard.iter().filter(|h| h.marker).count();
        assert!((1..=4).contains(&spurts), "seed {seed}: {spurts} talk spurts");
        let first = heard[0].sequence;
        heard.sort_by_key(|h| h.sequence.wrapping_sub(first));
        for pair in heard.windows(2) {
            let steps = pair[1].sequence.wrapping_sub(pair[0].sequence);
            let time = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            assert!(steps >= 1, "seed {seed}: a sequence number twice");
            // Lost packets are lost to both numbers alike.
            let per_packet = f64::from(time) / f64::from(steps);
            let most = if pair[1].marker { 1600.0 } else { 161.0 };
            assert!((79.0..=most).contains(&per_packet), "seed {seed}: {per_packet}");
        }
    }
}

#[test]
fn no_sample_is_lost_or_doubled_when_a_clean_call_moves() {
    let mut rig = Rig::new(23_500);
    let [a, b] = bridged(&mut rig, [Law::A; 2]);
    let c = rig.open(Law::A);
    rig.sent.clear();
    let arrivals: Vec<(u64, u64)> = (0..600).map(|n| (n * 20_000, n)).collect();
    run_link(&mut rig, &a, &arrivals, 600, |rig, tick| match tick {
        100 => rig.control.conference(&[a.channel, b.channel, c.channel]).unwrap(),
        150 => rig.control.bridge(a.channel, b.channel),
        _ => {}
    });
    let codes: Vec<u8> = rig.heard_at(&b).into_iter().flat_map(|h| h.payload).collect();
    let sound: Vec<u8> = codes.into_iter().filter(|c| *c != Law::A.silence()).collect();
    let expected: Vec<u8> = (0..600).flat_map(|n| [code(n); 160]).collect();
    assert!(sound.len() >= expected.len() - 480, "{} of {}", sound.len(), expected.len());
    assert!(sound == expected[..sound.len()], "in order, without a break");
}

#[test]
fn prompt_then_bridge_then_prompt_without_a_gap() {
    let mut rig = Rig::new(23_600);
    let a = rig.open(Law::A);
    let b = rig.open(Law::A);
    rig.sent.clear();
    let sounds = vec![vec![9; 160 * 25].into()];
    let list = |id| Playlist { sounds: sounds.clone(), repeat: false, id: PlayId(id) };
    let arrivals: Vec<(u64, u64)> = (0..200).map(|n| (n * 20_000 + 3000, n)).collect();
    run_link(&mut rig, &b, &arrivals, 200, |rig, tick| match tick {
        0 => rig.control.play(a.channel, list(1)),
        30 => rig.control.bridge(a.channel, b.channel),
        100 => rig.control.play(a.channel, list(2)),
        _ => {}
    });
    let done = |id| MediaEvent::PlayDone { channel: a.channel, id: PlayId(id) };
    assert!(rig.events.contains(&done(1)) && rig.events.contains(&done(2)));
    let heard = rig.heard_at(&a);
    assert!((198..=202).contains(&heard.len()), "{}", heard.len());
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp, pair[0].timestamp.wrapping_add(160));
    }
    assert_eq!(heard.iter().filter(|h| h.payload == [9; 160]).count(), 50, "both prompts whole");
}

#[test]
fn a_prompt_begins_at_once_and_not_twice_in_a_frame() {
    let mut rig = Rig::new(23_700);
    let a = rig.open(Law::A);
    for _ in 0..5 {
        rig.tick();
        rig.advance(20 * MS);
    }
    rig.sent.clear();
    rig.advance(5 * MS);
    let list = Playlist { sounds: vec![vec![9; 1600].into()], ..Playlist::default() };
    rig.control.play(a.channel, list);
    rig.commands();
    assert_eq!(rig.heard_at(&a).len(), 1, "not kept for the tick");
    rig.advance(15 * MS);
    rig.tick();
    assert_eq!(rig.heard_at(&a).len(), 0, "the tick's frame has gone already");
    rig.advance(20 * MS);
    rig.tick();
    assert_eq!(rig.heard_at(&a)[0].payload, [9; 160]);
}

#[test]
fn keys_are_sent_as_events_or_as_tones() {
    let mut rig = Rig::new(23_800);
    let a = rig.open(Law::A);
    let mut session = a.session;
    session.local_port = rig.control.allocate_port().unwrap();
    session.event_payload_type = None;
    let b = rig.open_session(session);
    let keys: Digits = "1#".chars().filter_map(Digit::from_char).collect();
    rig.control.send_digits(a.channel, keys.clone());
    rig.control.send_digits(b.channel, keys);
    rig.sent.clear();
    for _ in 0..30 {
        rig.tick();
        rig.advance(20 * MS);
    }
    let heard = rig.heard_at(&a);
    let events: Vec<_> = heard.iter().filter(|h| h.payload_type == 101).collect();
    assert_eq!(events.len(), 2 * 8, "five packets and three ends a key");
    let ends: Vec<u8> =
        events.iter().filter(|e| e.payload[1] & 0x80 != 0).map(|e| e.payload[0]).collect();
    assert_eq!(ends, [1, 1, 1, 11, 11, 11]);
    assert_eq!(events.iter().filter(|e| e.marker).count(), 2);
    assert!(events[..8].iter().all(|e| e.timestamp == events[0].timestamp));
    assert!(heard.windows(2).all(|p| p[1].sequence == p[0].sequence.wrapping_add(1)));
    let mut detector = tipring_dsp::DtmfDetector::new();
    let mut tones = String::new();
    for packet in rig.heard_at(&b) {
        let mut samples = [0; 160];
        g711::decode(Law::A, &packet.payload, &mut samples);
        detector.rx(&samples);
        while let Some(event) = detector.poll() {
            if let tipring_dsp::DtmfEvent::Start(digit) = event {
                tones.push(digit.as_char());
            }
        }
    }
    assert_eq!(tones, "1#");
    let sent = rig.events.iter().filter(|e| matches!(e, MediaEvent::DigitsSent(_))).count();
    assert_eq!(sent, 2);
}

#[test]
fn silence_of_a_peer_is_told_once_and_reports_are_sent() {
    let mut rig = Rig::new(23_900);
    let a = rig.open(Law::A);
    rig.packet(&a, &rtp(8, 1, 1, 1, &[7; 160]));
    for _ in 0..50 * 25 {
        rig.advance(20 * MS);
        rig.tick();
    }
    let count = |rig: &Rig, event: &MediaEvent| rig.events.iter().filter(|e| *e == event).count();
    assert_eq!(count(&rig, &MediaEvent::RtpStarted(a.channel)), 1);
    assert_eq!(count(&rig, &MediaEvent::RtpStopped(a.channel)), 1);
    assert!((4..=6).contains(&rig.reports), "every five seconds: {}", rig.reports);
    rig.packet(&a, &rtp(8, 2, 161, 1, &[7; 160]));
    rig.commands();
    assert_eq!(count(&rig, &MediaEvent::RtpStarted(a.channel)), 2, "and back again");
}

#[test]
fn longer_packets_are_made_of_whole_frames() {
    let mut rig = Rig::new(24_000);
    let mut session = rig.open(Law::A).session;
    for (ptime_ms, size) in [(10, 80), (30, 240), (40, 320), (60, 480)] {
        session.local_port = rig.control.allocate_port().unwrap();
        session.ptime_ms = ptime_ms;
        let leg = rig.open_session(session);
        let list = Playlist { sounds: vec![vec![9; 160 * 60].into()], ..Playlist::default() };
        rig.control.play(leg.channel, list);
        for _ in 0..60 {
            rig.tick();
            rig.advance(20 * MS);
        }
        let heard = rig.heard_at(&leg);
        assert!(heard.iter().all(|h| h.payload.len() == size), "{ptime_ms} ms");
        let sound = heard.iter().flat_map(|h| &h.payload).filter(|c| **c == 9).count();
        assert!(sound >= 160 * 60 - size, "{ptime_ms} ms: {sound}");
        rig.control.close(leg.channel);
    }
}
