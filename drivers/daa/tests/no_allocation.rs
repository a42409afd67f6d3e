//! A port's calls do not allocate, whatever happens behind it; nor does the highway's exchange.

mod common;

use common::Rig;
use tipring_clock::Instant;
use tipring_daa::pcm::{AlsaPcm, Pace, PcmHighway};
use tipring_line::{AnalogPort, PortCommand, SILENCE};
use tipring_sim::daa::Si3050Model;
use tipring_test_allocations::{Counting, count};

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_ports_calls_do_not_allocate() {
    let (mut rig, mut ports) = Rig::fxo(vec![Si3050Model::new()], |_| {});
    let port = &mut ports[0];
    let mut total = 0;
    let mut events = 0;
    for frame in 0..600_u32 {
        rig.chips.daa(0, |chip| chip.ring(frame.is_multiple_of(3)));
        if frame == 300 {
            rig.pcm.with(|pcm| pcm.is_away = true);
        }
        if frame == 400 {
            rig.pcm.with(|pcm| pcm.is_away = false);
        }
        rig.pass_frame();
        total += count(|| {
            let mut rx = SILENCE;
            let _ = port.exchange(&SILENCE, &mut rx);
            let _ = port.command(PortCommand::OffHook(frame % 100 > 50));
            let _ = port.command(PortCommand::Ring(true));
            while port.poll_event().is_some() {
                events += 1;
            }
            let _ = port.reading();
        });
    }
    assert!(events >= 1, "something happened");
    assert_eq!(total, 0);
}

#[test]
fn the_highways_exchange_does_not_allocate_over_alsa() {
    let mut highway = PcmHighway::new(AlsaPcm::new("null", 4), 4, Pace::Caller);
    let mut link = highway.connect(2).unwrap();
    highway.exchange(Instant::ZERO);
    let total = count(|| {
        for _ in 0..100 {
            highway.exchange(Instant::ZERO);
            let mut rx = SILENCE;
            link.exchange(&SILENCE, &mut rx);
        }
    });
    assert_eq!((total, highway.counters().frames), (0, 101));
}
