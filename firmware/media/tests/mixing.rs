//! Frames: conferences, frame channels, monitoring.

mod common;

use common::rig::{Rig, RigLeg, rtp};
use tipring_clock::{Duration, Instant};
use tipring_dsp::g711;
use tipring_line::{ChannelCommand, ChannelEvent, ChannelId, Frame, FrameChannel, Law, PortId};
use tipring_media::MediaEvent;

const FRAME: Duration = Duration::from_millis(20);

/// Feeds each leg its own constant level for a while; gives what each was sent last.
fn talk(rig: &mut Rig, legs: &[(RigLeg, u8)], frames: u16) -> Vec<Option<i16>> {
    for n in 0..frames {
        for (leg, code) in legs {
            let payload = [*code; 160];
            rig.packet(leg, &rtp(8, n, u32::from(n) * 160, u32::from(leg.slot.0) + 1, &payload));
        }
        rig.advance(FRAME);
        rig.tick();
    }
    legs.iter()
        .map(|(leg, _)| {
            let last = rig.heard_at(leg).pop()?;
            Some(g711::decode_sample(Law::A, last.payload[80]))
        })
        .collect()
}

fn near(heard: Option<i16>, expected: i32) {
    let heard = i32::from(heard.expect("a packet"));
    assert!((heard - expected).abs() <= expected.abs() / 20 + 8, "{heard}, not {expected}");
}

#[test]
fn everybody_in_a_conference_hears_all_others_and_sums_saturate() {
    let mut rig = Rig::new(24_100);
    let legs: Vec<(RigLeg, u8)> =
        [0xA5, 0xA9, 0x2A, 0xAA, 0xA5].into_iter().map(|code| (rig.open(Law::A), code)).collect();
    let channels: Vec<ChannelId> = legs.iter().map(|(leg, _)| leg.channel).collect();
    rig.control.conference(&channels).unwrap();
    let heard = talk(&mut rig, &legs, 30);
    let level: Vec<i32> =
        legs.iter().map(|(_, code)| i32::from(g711::decode_sample(Law::A, *code))).collect();
    assert!(level.iter().sum::<i32>() > 32_767 || level.iter().any(|l| *l < 0));
    for (i, heard) in heard.into_iter().enumerate() {
        let others: i32 = level.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, l)| l).sum();
        near(heard, others.clamp(-32_768, 32_767));
    }
}

#[test]
fn too_many_members_are_refused() {
    let mut rig = Rig::new(24_200);
    let channels: Vec<ChannelId> = (0..32).map(|_| rig.open(Law::A).channel).collect();
    let channels = [channels.as_slice(), &channels[..1]].concat();
    let error = rig.control.conference(&channels).unwrap_err().to_string();
    assert!(error.contains("at most 32"), "{error}");
}

#[test]
fn a_monitor_hears_both_sides_and_the_call_is_still_relayed() {
    let mut rig = Rig::new(24_300);
    let [a, b, listener] = std::array::from_fn(|_| rig.open(Law::A));
    rig.control.bridge(a.channel, b.channel);
    rig.control.monitor(listener.channel, a.channel, false);
    rig.commands();
    let before = rig.control.metrics().snapshot().packets_relayed;
    let heard = talk(&mut rig, &[(a, 0xB5), (b, 0xB9), (listener, 0x11)], 30);
    let level = |code| i32::from(g711::decode_sample(Law::A, code));
    near(heard[0], level(0xB9));
    near(heard[1], level(0xB5));
    near(heard[2], level(0xB5) + level(0xB9));
    let relayed = rig.control.metrics().snapshot().packets_relayed - before;
    assert_eq!(relayed, 60, "the monitored call never became frames");
}

/// A line that says its level and keeps what it hears.
struct Line {
    level: i16,
    heard: std::sync::mpsc::Sender<i16>,
    told: Option<ChannelEvent>,
}

impl FrameChannel for Line {
    fn tick(&mut self, _: Instant, tx: &Frame, rx: &mut Frame) {
        self.heard.send(tx[80]).unwrap();
        rx.fill(self.level);
    }

    fn command(&mut self, _: Instant, command: &ChannelCommand) {
        if *command == ChannelCommand::Answer {
            self.told = Some(ChannelEvent::HookFlash);
        }
    }

    fn poll_event(&mut self) -> Option<ChannelEvent> {
        self.told.take()
    }
}

#[test]
fn a_line_and_a_phone_hear_each_other() {
    let mut rig = Rig::new(24_400);
    let phone = rig.open(Law::A);
    let line = ChannelId::port(PortId(3));
    let (heard, hears) = std::sync::mpsc::channel();
    rig.control.attach(line, Box::new(Line { level: 4000, heard, told: None })).unwrap();
    rig.control.line_command(line, ChannelCommand::Answer);
    rig.control.bridge(line, phone.channel);
    let at_phone = talk(&mut rig, &[(phone, 0xA5)], 30);
    near(at_phone[0], 4000);
    near(hears.try_iter().last(), i32::from(g711::decode_sample(Law::A, 0xA5)));
    assert!(rig.events.contains(&MediaEvent::Channel(line, ChannelEvent::HookFlash)));
    // A closed frame channel stays, and hears silence.
    rig.control.close(line);
    talk(&mut rig, &[(phone, 0xA5)], 2);
    assert_eq!(hears.try_iter().last(), Some(0));
}

#[test]
fn lines_hear_each_other_one_frame_later() {
    let mut rig = Rig::new(24_500);
    let [(a, heard_a), (b, heard_b)] = [(1, 1000), (2, 2000)].map(|(port, level)| {
        let (heard, hears) = std::sync::mpsc::channel();
        let channel = ChannelId::port(PortId(port));
        rig.control.attach(channel, Box::new(Line { level, heard, told: None })).unwrap();
        (channel, hears)
    });
    rig.control.bridge(a, b);
    for _ in 0..5 {
        rig.advance(FRAME);
        rig.tick();
    }
    assert_eq!(heard_a.try_iter().last(), Some(2000));
    assert_eq!(heard_b.try_iter().last(), Some(1000));
}
