//! Eight lines under faults drawn from a seed: whatever happens, the ports keep their word and
//! come back into service.

mod common;

use std::collections::BTreeMap;

use common::Rig;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_daa::DaaPort;
use tipring_line::{AnalogPort, PortCommand, PortEvent, SILENCE};
use tipring_sim::daa::Si3050Model;

const LINES: usize = 8;
/// Simulated time, in frames of 20 ms: five minutes.
const FRAMES: usize = 15_000;

/// What a port has told, to hold it to its word.
#[derive(Default)]
struct Told {
    states: BTreeMap<&'static str, bool>,
    events: u32,
    commands: u32,
}

impl Told {
    /// Every event must change what it is about.
    fn take(&mut self, event: PortEvent) {
        let (what, value, before) = match event {
            PortEvent::Ringing(on) => ("ringing", on, false),
            PortEvent::Battery(there) => ("battery", there, true),
            PortEvent::Polarity(p) => ("reversed", p == tipring_line::LinePolarity::Reverse, false),
            PortEvent::Alarm(alarm) => ("alarm", alarm.is_some(), false),
            other => panic!("no event of an FXO port: {other:?}"),
        };
        let last = self.states.insert(what, value).unwrap_or(before);
        assert_ne!(last, value, "{what} was told twice");
        self.events += 1;
    }
}

fn disturb(rng: &mut SmallRng, rig: &Rig, place: usize) {
    rig.chips.daa(place, |chip| match rng.random_range(0..12) {
        0 => chip.lose_link(),
        1 => chip.brown_out(),
        2 => chip.set_absent(Some(if rng.random() { 0xFF } else { 0x00 })),
        3 => chip.set_absent(None),
        4 => chip.set_battery(0),
        5 => chip.set_battery(-48),
        6 | 7 => chip.set_battery(48),
        8 | 9 => chip.ring(true),
        10 => chip.ring(false),
        _ => chip.set_ringing(rng.random_range(10.0..80.0), rng.random_range(10.0..140.0)),
    });
    rig.chips.set_broken(rng.random_range(0..40) == 0);
}

fn command(rng: &mut SmallRng, port: &mut DaaPort) -> bool {
    let command = match rng.random_range(0..3) {
        0 => PortCommand::Flash { ms: rng.random_range(0..2_000) },
        n => PortCommand::OffHook(n == 1),
    };
    port.command(command).is_ok()
}

fn storm(seed: u64) -> u32 {
    let mut rng = SmallRng::seed_from_u64(seed);
    let (mut rig, mut ports) = Rig::fxo(vec![Si3050Model::new(); LINES], |_| {});
    let mut told: Vec<Told> = (0..LINES).map(|_| Told::default()).collect();
    for frame in 0..FRAMES + 600 {
        if frame < FRAMES && rng.random_range(0..25) == 0 {
            let place = rng.random_range(0..LINES);
            disturb(&mut rng, &rig, place);
            let commanded = command(&mut rng, &mut ports[place]);
            told[place].commands += u32::from(commanded);
        } else if frame == FRAMES {
            // The weather clears.
            rig.chips.set_broken(false);
            for (place, port) in ports.iter_mut().enumerate() {
                rig.chips.daa(place, |chip| {
                    chip.set_absent(None);
                    chip.set_battery(48);
                    chip.ring(false);
                });
                port.command(PortCommand::OffHook(false)).unwrap();
            }
        }
        rig.pass_frame();
        for (port, told) in ports.iter_mut().zip(&mut told) {
            port.exchange(&SILENCE, &mut SILENCE.clone()).unwrap();
            while let Some(event) = port.poll_event() {
                told.take(event);
            }
        }
    }
    for (place, told) in told.iter().enumerate() {
        let is = |what, otherwise| told.states.get(what).copied().unwrap_or(otherwise);
        assert!(!is("alarm", false), "seed {seed}: line {place} did not come back");
        assert!(is("battery", true) && !is("ringing", false), "seed {seed}: line {place}");
        let (lost, off_hook) =
            rig.chips.daa(place, |chip| (chip.lost_accesses(), chip.is_off_hook())).unwrap();
        assert_eq!((lost, off_hook), (0, false), "seed {seed}: line {place}");
        let counters = rig.card.counters(&format!("fxo-{}", place + 1)).unwrap();
        assert_eq!(counters.events_lost, 0);
        assert!(counters.commands_refused <= told.commands + 1);
    }
    told.iter().map(|t| t.events).sum()
}

#[test]
fn eight_lines_keep_their_word_through_eight_storms() {
    let events: Vec<_> = (0..8).map(storm).collect();
    assert!(events.iter().all(|n| *n > 200), "it did storm: {events:?}");
    assert_eq!(storm(3), events[3], "a seed gives one course of events");
}
