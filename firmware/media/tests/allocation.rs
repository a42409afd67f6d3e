//! The real-time end never allocates: not while it relays, mixes, plays and records, and not while
//! legs come and go.

mod common;

use std::cell::Cell;

use common::rig::{Rig, RigLeg, rtp};
use tipring_clock::Duration;
use tipring_line::{Digit, Law};
use tipring_media::{IoChange, PlayId, Playlist, RecordingId};
use tipring_test_allocations::{Counting, counted};

thread_local! {
    /// What this thread has allocated or freed while it acted as the real-time thread.
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn in_real_time<T>(work: impl FnOnce() -> T) -> T {
    let (result, allocations) = counted(work);
    COUNT.set(COUNT.get() + allocations);
    result
}

/// One turn of the real-time thread; what it sends is thrown away.
fn turn(rig: &mut Rig, legs: &[RigLeg], n: u16) {
    let packets: Vec<Vec<u8>> = legs
        .iter()
        .map(|leg| {
            let payload: Vec<u8> = (0..160).map(|i| (i as u8).wrapping_mul(n as u8) | 1).collect();
            rtp(8, n, u32::from(n) * 160, u32::from(leg.slot.0), &payload)
        })
        .collect();
    let event = rtp(101, n, u32::from(n) * 160, 0, &[(n % 10) as u8, 0x80, 0, 160]);
    let (engine, now) = (&mut rig.engine, rig.now);
    in_real_time(|| {
        engine.handle_commands(now);
        while let Some(change) = engine.poll_io() {
            if let IoChange::Close(slot) = change {
                engine.io_closed(slot);
            }
        }
        for (leg, packet) in legs.iter().zip(&packets) {
            engine.handle_rtp(leg.slot, now, leg.session.remote, packet);
        }
        if let Some(leg) = legs.first() {
            engine.handle_rtp(leg.slot, now, leg.session.remote, &event);
            engine.handle_rtp(leg.slot, now, leg.session.remote, &[0x80; 5]);
        }
        engine.clear_outgoing();
        engine.tick(now);
        while engine.continue_tick(now) {
            engine.clear_outgoing();
        }
        engine.clear_outgoing();
        engine.wake_core();
    });
    while let Some(event) = rig.control.poll_event() {
        rig.events.push(event);
    }
    rig.recorder.poll(rig.now);
    rig.advance(Duration::from_millis(20));
}

#[test]
fn nothing_is_allocated_or_freed() {
    let mut rig = Rig::new(24_600);
    let dir = std::env::temp_dir().join(format!("tipring-allocation-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    in_real_time(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(COUNT.replace(0), 2, "the counter counts");
    let tone = tipring_dsp::tones::china::BUSY;
    for round in 0..4u64 {
        let legs: Vec<RigLeg> = (0..8)
            .map(|i| {
                let law = if i == 5 { Law::Mu } else { Law::A };
                rig.open(law)
            })
            .collect();
        let channel = |i: usize| legs[i].channel;
        for leg in &legs {
            rig.control.detect(leg.channel, true);
        }
        for pair in [(0, 1), (2, 3), (4, 5), (6, 7)] {
            rig.control.bridge(channel(pair.0), channel(pair.1));
        }
        rig.control.record(RecordingId(round), dir.join(format!("{round}.wav"))).unwrap();
        rig.control.record_sides(RecordingId(round), Some(channel(0)), &[channel(1)]);
        for n in 0..200u16 {
            match n {
                20 => {
                    rig.control.conference(&[channel(0), channel(1), channel(2)]).unwrap();
                    let (id, others) = (RecordingId(round), [channel(1), channel(2)]);
                    rig.control.record_sides(id, Some(channel(0)), &others);
                }
                30 => rig.control.mute(channel(1), true),
                35 => rig.control.mute(channel(1), false),
                40 => rig.control.monitor(channel(7), channel(0), false),
                45 => rig.control.monitor(channel(7), channel(0), true),
                47 => rig.control.beep(channel(1), tone.once()),
                48 => rig.control.beep(channel(1), tone.once()),
                50 => rig.control.leave(channel(7)),
                60 => {
                    let sounds = vec![vec![1; 1000].into(), vec![2; 700].into()];
                    rig.control.play(channel(0), Playlist { sounds, repeat: false, id: PlayId(1) });
                    rig.control.tone(channel(3), tone);
                }
                80 => rig.control.send_digits(
                    channel(1),
                    [Digit::from_char('5').unwrap()].into_iter().collect(),
                ),
                100 => rig.control.stop(channel(3)),
                120 => rig.control.bridge(channel(0), channel(1)),
                140 => rig.control.update_rtp(channel(4), legs[4].session),
                150 => rig.control.detect(channel(4), false),
                160 => rig.control.record_stop(RecordingId(round)),
                _ => {}
            }
            turn(&mut rig, &legs, n);
        }
        for leg in &legs {
            rig.control.close(leg.channel);
        }
        turn(&mut rig, &[], 0);
        rig = rig.with_legs_from_start();
    }
    let figures = rig.control.metrics().snapshot();
    assert!(figures.packets_relayed > 1000 && figures.packets_in > 5000);
    assert_eq!(figures.recorder_chunks_lost, 0);
    assert_eq!(COUNT.get(), 0, "allocations and frees in the real-time thread");
    std::fs::remove_dir_all(dir).unwrap();
}
