//! Supervision and conferences, sample by sample through the engine: what changes for whom, and
//! what is recorded.

mod common;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use common::Heard;
use common::rig::{Rig, RigLeg, rtp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Duration, Instant};
use tipring_dsp::g711;
use tipring_line::{ChannelCommand, ChannelEvent, ChannelId, Frame, FrameChannel, Law, PortId};
use tipring_media::{RecordingId, wav};

const FRAME: Duration = Duration::from_millis(20);
/// The frames of a run; supervision begins and ends within.
const FRAMES: u16 = 200;

/// What happens in the middle of a call: nothing, or a supervisor's part.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Part {
    None,
    Listen,
    Whisper,
    /// No supervisor: a beep for the agent alone.
    Beep,
}

/// A line that says what a seed makes and keeps what it hears.
struct Line {
    said: SmallRng,
    loud: i16,
    heard: Sender<Frame>,
}

impl Line {
    fn new(seed: u64, loud: i16) -> (Self, Receiver<Frame>) {
        let (heard, hears) = channel();
        (Line { said: SmallRng::seed_from_u64(seed), loud, heard }, hears)
    }
}

impl FrameChannel for Line {
    fn tick(&mut self, _: Instant, tx: &Frame, rx: &mut Frame) {
        self.heard.send(*tx).unwrap();
        rx.fill_with(|| self.said.random_range(-self.loud..=self.loud));
    }

    fn command(&mut self, _: Instant, _: &ChannelCommand) {}

    fn poll_event(&mut self) -> Option<ChannelEvent> {
        None
    }
}

/// What everybody heard in one call, and the recording of it.
#[derive(PartialEq, Debug)]
struct Run {
    customer: Vec<Heard>,
    customer_line: Vec<Frame>,
    agent: Vec<Heard>,
    recording: Vec<u8>,
    relayed: u64,
}

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("tipring-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// A recorded call of a customer (a packet leg of this law, or an exchange line) with an agent, in
/// the middle of which a supervisor takes this part.
fn run(ports: u16, law: Option<Law>, part: Part, supervisor: &mut Vec<Heard>) -> Run {
    let dir = folder(&format!("supervision-{ports}"));
    let path = dir.join("call.wav");
    let mut rig = Rig::new(ports);
    let agent = rig.open(Law::A);
    let listener = rig.open(Law::A);
    let (line, hears) = Line::new(7, 6000);
    let line_channel = ChannelId::port(PortId(1));
    rig.control.attach(line_channel, Box::new(line)).unwrap();
    let packets = law.map(|law| rig.open(law));
    let customer = packets.map_or(line_channel, |leg| leg.channel);
    rig.control.bridge(customer, agent.channel);
    rig.control.record(RecordingId(1), &path).unwrap();
    rig.control.record_sides(RecordingId(1), Some(customer), &[agent.channel]);
    rig.commands();
    let mut voices: [SmallRng; 3] = std::array::from_fn(|i| SmallRng::seed_from_u64(i as u64));
    let before = rig.control.metrics().snapshot().packets_relayed;
    for n in 0..FRAMES {
        match (n, part) {
            (50, Part::Listen) => rig.control.monitor(listener.channel, agent.channel, false),
            (50, Part::Whisper) => rig.control.monitor(listener.channel, agent.channel, true),
            (50, Part::Beep) => {
                let beep = tipring_dsp::tones::china::CALLERS_WAIT.at_level(-3.0).times(5);
                rig.control.beep(agent.channel, beep);
            }
            (150, Part::Listen | Part::Whisper) => rig.control.leave(listener.channel),
            _ => {}
        }
        rig.commands();
        let legs = [Some(agent), Some(listener), packets];
        for (leg, voice) in legs.into_iter().zip(&mut voices) {
            if let Some(leg) = leg {
                say(&mut rig, &leg, voice, n);
            }
        }
        rig.advance(FRAME);
        rig.tick();
        while rig.recorder.poll(rig.now) {}
    }
    let relayed = rig.control.metrics().snapshot().packets_relayed - before;
    rig.control.record_stop(RecordingId(1));
    rig.commands();
    while rig.recorder.poll(rig.now) {}
    let info = wav::read_info(&path).unwrap();
    let recording = std::fs::read(&path).unwrap()[info.data_at as usize..].to_vec();
    std::fs::remove_dir_all(dir).unwrap();
    *supervisor = rig.heard_at(&listener);
    Run {
        customer: packets.map(|leg| rig.heard_at(&leg)).unwrap_or_default(),
        customer_line: hears.try_iter().collect(),
        agent: rig.heard_at(&agent),
        recording,
        relayed,
    }
}

/// One packet of loud noise, another in every frame.
fn say(rig: &mut Rig, leg: &RigLeg, voice: &mut SmallRng, n: u16) {
    let law = leg.session.law;
    let samples: [i16; 160] = std::array::from_fn(|_| voice.random_range(-12_000..=12_000));
    let mut codes = [0; 160];
    g711::encode(law, &samples, &mut codes);
    let ssrc = u32::from(leg.slot.0) + 1;
    let packet = rtp(law.payload_type(), n, u32::from(n) * 160, ssrc, &codes);
    rig.packet(leg, &packet);
}

/// The customers' kinds: relayed, transcoded, over an exchange line.
const CUSTOMERS: [Option<Law>; 3] = [Some(Law::A), Some(Law::Mu), None];

#[test]
fn listening_changes_no_sample_of_either_side_nor_of_the_recording() {
    for (at, law) in CUSTOMERS.into_iter().enumerate() {
        let ports = 25_000 + 200 * at as u16;
        let mut heard = Vec::new();
        let alone = run(ports, law, Part::None, &mut heard);
        let listened = run(ports + 100, law, Part::Listen, &mut heard);
        assert!(alone.agent.len() > 150 && alone.recording.len() > 50_000);
        assert!(alone == listened, "{law:?}: something has changed");
        let sound = heard.iter().filter(|h| level_dbm0(&decode(Law::A, h)) > -20.0).count();
        assert!((90..=110).contains(&sound), "the supervisor heard {sound} frames of the call");
    }
}

#[test]
fn whispering_is_absent_from_the_customers_side_and_the_recording() {
    for (at, law) in CUSTOMERS.into_iter().enumerate() {
        let ports = 25_600 + 200 * at as u16;
        let mut heard = Vec::new();
        let alone = run(ports, law, Part::None, &mut heard);
        let whispered = run(ports + 100, law, Part::Whisper, &mut heard);
        // Not below some level: there is not one bit of it.
        assert!(alone.customer == whispered.customer, "{law:?}: the customer heard something");
        assert!(alone.customer_line == whispered.customer_line, "{law:?}: on the line");
        let residue: Vec<i16> = alone
            .customer_line
            .iter()
            .flatten()
            .zip(whispered.customer_line.iter().flatten())
            .map(|(a, b)| a - b)
            .collect();
        assert!(level_dbm0(&residue) < -60.0);
        assert!(alone.recording == whispered.recording, "{law:?}: recorded");
        // The agent hears customer and supervisor: more than the customer alone.
        let loudness = |run: &Run| {
            let middle = &run.agent[80..120];
            let samples: Vec<i16> = middle.iter().flat_map(|h| decode(Law::A, h)).collect();
            level_dbm0(&samples)
        };
        let louder = loudness(&whispered) - loudness(&alone);
        assert!(louder > 2.0, "{law:?}: the agent hears the supervisor by {louder:.1} dB");
        if law == Some(Law::A) {
            assert!(whispered.relayed >= 290, "the customer's direction stays relayed");
            assert_eq!(alone.relayed, 400, "both are without it");
        }
    }
}

#[test]
fn a_beep_is_heard_by_the_agent_alone_and_relay_comes_back() {
    for (at, law) in CUSTOMERS.into_iter().enumerate() {
        let ports = 27_000 + 200 * at as u16;
        let mut heard = Vec::new();
        let alone = run(ports, law, Part::None, &mut heard);
        let beeped = run(ports + 100, law, Part::Beep, &mut heard);
        assert!(alone.customer == beeped.customer, "{law:?}: the customer heard something");
        assert!(alone.customer_line == beeped.customer_line, "{law:?}: on the line");
        assert!(alone.recording == beeped.recording, "{law:?}: recorded");
        let changed: Vec<usize> =
            (0..200).filter(|n| alone.agent.get(*n) != beeped.agent.get(*n)).collect();
        // Five beeps of 220 ms are 55 frames.
        let (first, count) = (changed.first().copied().unwrap_or(0), changed.len());
        assert!((48..=56).contains(&first), "{law:?}: it began in frame {first}");
        assert!(count >= 50, "{law:?}: the agent heard {count} frames of it");
        if law == Some(Law::A) {
            assert!(beeped.relayed >= 340, "relayed before and after: {}", beeped.relayed);
        }
    }
}

fn decode(law: Law, heard: &Heard) -> Vec<i16> {
    heard.payload.iter().map(|code| g711::decode_sample(law, *code)).collect()
}

fn level_dbm0(samples: &[i16]) -> f32 {
    let power = samples.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>();
    tipring_dsp::rms_to_dbm0((power / samples.len().max(1) as f32).sqrt())
}

#[test]
fn everybody_of_thirty_hears_the_sum_of_all_others_exactly() {
    let mut rig = Rig::new(26_400);
    let lines: Vec<_> = (0..30)
        .map(|n| {
            let (line, hears) = Line::new(n, 9000);
            let channel = ChannelId::port(PortId(n as u16));
            rig.control.attach(channel, Box::new(line)).unwrap();
            (channel, hears)
        })
        .collect();
    let channels: Vec<_> = lines.iter().map(|(channel, _)| *channel).collect();
    rig.control.conference(&channels).unwrap();
    for _ in 0..20 {
        rig.advance(FRAME);
        rig.tick();
    }
    let heard: Vec<Vec<Frame>> =
        lines.iter().map(|(_, hears)| hears.try_iter().collect()).collect();
    let mut voices: Vec<_> = (0..30).map(SmallRng::seed_from_u64).collect();
    let mut clipped = 0;
    for tick in 1..20 {
        let said: Vec<Frame> = voices
            .iter_mut()
            .map(|voice| std::array::from_fn(|_| voice.random_range(-9000..=9000)))
            .collect();
        for (n, heard) in heard.iter().enumerate() {
            for at in 0..160 {
                let others = said.iter().enumerate().filter(|(other, _)| *other != n);
                let sum: i32 = others.map(|(_, frame)| i32::from(frame[at])).sum();
                clipped += usize::from(!(-32_768..=32_767).contains(&sum));
                let expected = sum.clamp(-32_768, 32_767);
                assert_eq!(i32::from(heard[tick][at]), expected, "member {n}, tick {tick}");
            }
        }
    }
    assert!(clipped > 100, "saturation was tried");
}

#[test]
fn a_conference_is_recorded_as_the_sum_of_the_others_and_relay_comes_back() {
    let dir = folder("conference");
    let path = dir.join("call.wav");
    let mut rig = Rig::new(26_500);
    let [customer, agent, third] = std::array::from_fn(|_| rig.open(Law::A));
    let all = [customer.channel, agent.channel, third.channel];
    rig.control.conference(&all).unwrap();
    rig.control.record(RecordingId(1), &path).unwrap();
    rig.control.record_sides(RecordingId(1), Some(all[0]), &all[1..]);
    let constant = |rig: &mut Rig, n: u16| {
        for (leg, code) in [(customer, 0xB5), (agent, 0x85), (third, 0x95)] {
            let ssrc = u32::from(leg.slot.0) + 1;
            rig.packet(&leg, &rtp(8, n, u32::from(n) * 160, ssrc, &[code; 160]));
        }
        rig.advance(FRAME);
        rig.tick();
        while rig.recorder.poll(rig.now) {}
    };
    for n in 0..100 {
        constant(&mut rig, n);
    }
    assert_eq!(rig.control.metrics().snapshot().packets_relayed, 0);
    rig.control.record_sides(RecordingId(1), Some(all[0]), &all[1..2]);
    rig.control.bridge(all[0], all[1]);
    for n in 100..200 {
        constant(&mut rig, n);
    }
    let relayed = rig.control.metrics().snapshot().packets_relayed;
    assert!(relayed >= 198, "{relayed} packets relayed once two are left");
    rig.control.record_stop(RecordingId(1));
    rig.commands();
    while rig.recorder.poll(rig.now) {}
    let info = wav::read_info(&path).unwrap();
    let data = std::fs::read(&path).unwrap()[info.data_at as usize..].to_vec();
    let level = |code| i32::from(g711::decode_sample(Law::A, code));
    let at = |second: usize, side: usize| level(data[second * 16_000 + 8000 + side]);
    assert_eq!((at(0, 0), at(2, 0)), (level(0xB5), level(0xB5)));
    let sum = level(0x85) + level(0x95);
    assert!((at(0, 1) - sum).abs() <= sum.abs() / 30, "{} is not {sum}", at(0, 1));
    assert_eq!(at(2, 1), level(0x85), "the third is no more on it");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn who_is_muted_is_heard_nowhere_and_comes_back() {
    let mut rig = Rig::new(26_600);
    let [a, b] = std::array::from_fn(|_| rig.open(Law::A));
    rig.control.bridge(a.channel, b.channel);
    let mut voice = SmallRng::seed_from_u64(1);
    for n in 0..150 {
        match n {
            50 => rig.control.mute(a.channel, true),
            100 => rig.control.mute(a.channel, false),
            _ => {}
        }
        rig.commands();
        say(&mut rig, &a, &mut voice, n);
        rig.advance(FRAME);
        rig.tick();
    }
    let heard = rig.heard_at(&b);
    let loud: Vec<bool> = heard.iter().map(|h| level_dbm0(&decode(Law::A, h)) > -30.0).collect();
    assert!(loud[..50].iter().all(|l| *l));
    assert!(!loud[52..98].iter().any(|l| *l), "nothing while muted");
    assert!(loud[104..].iter().all(|l| *l));
    assert!(heard.len() >= 145, "silence is sent meanwhile: {} packets", heard.len());
}
