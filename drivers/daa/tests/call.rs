//! A whole call: the real FXO signalling over the real driver over the simulated chip, caller id
//! through the PCM.

mod common;

use common::Rig;
use tipring_analog::{Fxo, FxoSettings};
use tipring_daa::DaaPort;
use tipring_dsp::caller_id::{CallTime, FskTransmitter, Message, MessageForm, Modem, NameEncoding};
use tipring_dsp::{ToneGenerator, tones};
use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, FRAME_SAMPLES, Frame, FrameChannel,
    SILENCE,
};
use tipring_sim::daa::Si3050Model;

struct Line {
    rig: Rig,
    channel: Fxo<DaaPort>,
    events: Vec<(u64, ChannelEvent)>,
    heard: Vec<i16>,
}

impl Line {
    /// A line in service, its idle polarity learnt.
    fn new() -> Line {
        let (rig, mut ports) = Rig::fxo(vec![Si3050Model::new()], |_| {});
        let channel = Fxo::new(ports.remove(0), FxoSettings::default());
        let mut line = Line { rig, channel, events: vec![], heard: vec![] };
        line.run(2_500);
        assert_eq!(line.events, []);
        line
    }

    /// One frame: what comes from the exchange, and what the switch sends.
    fn frame(&mut self, from_exchange: &Frame, tx: &Frame) {
        self.rig.pcm.with(|pcm| pcm.to_capture.extend(from_exchange));
        self.rig.pass_frame();
        let mut rx = SILENCE;
        self.channel.tick(self.rig.now, tx, &mut rx);
        self.heard.extend(rx);
        while let Some(event) = self.channel.poll_event() {
            self.events.push((self.rig.ms(), event));
        }
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            self.frame(&SILENCE, &SILENCE);
        }
    }

    fn command(&mut self, command: ChannelCommand) {
        self.channel.command(self.rig.now, &command);
    }

    fn ring(&mut self, on: bool) {
        self.rig.chips.daa(0, |chip| chip.ring(on));
    }

    fn is_off_hook(&self) -> bool {
        self.rig.chips.daa(0, |chip| chip.is_off_hook()).unwrap()
    }

    /// Rings once, with caller id after the burst.
    fn first_burst(&mut self, caller: &CallerId) {
        self.ring(true);
        self.run(1_000);
        self.ring(false);
        self.run(600);
        let time = CallTime { month: 3, day: 4, hour: 5, minute: 6 };
        let message = Message::call(MessageForm::Mdmf, NameEncoding::Gbk, time, caller);
        let mut fsk = FskTransmitter::new(Modem::Bell202, message).at_level(-13.5);
        while !fsk.is_finished() {
            let mut frame = SILENCE;
            fsk.tx(&mut frame);
            self.frame(&frame, &SILENCE);
        }
        self.run(200);
    }
}

#[test]
fn ring_caller_id_answer_talk_and_the_exchanges_release() {
    let mut line = Line::new();
    let caller = CallerId::from_number("13800138000".parse().unwrap());
    line.first_burst(&caller);
    let offered = line.events.iter().find_map(|(_, event)| match event {
        ChannelEvent::Offered { caller, .. } => Some(*caller),
        _ => None,
    });
    assert_eq!(offered, Some(caller), "{:?}", line.events);
    assert!(!line.is_off_hook());

    line.command(ChannelCommand::Answer);
    line.run(500);
    assert!(line.is_off_hook());

    // Each direction of audio, a tone in turn. Between them the line needs a while to believe that
    // the exchange's tone is over: until then it keeps what is sent low.
    line.heard.clear();
    line.rig.pcm.with(|pcm| pcm.played.clear());
    let mut tone = ToneGenerator::new(tones::china::DIAL);
    for _ in 0..40 {
        let mut frame = SILENCE;
        tone.tx(&mut frame);
        line.frame(&frame, &SILENCE);
    }
    line.run(1_500);
    for _ in 0..40 {
        let mut frame = SILENCE;
        tone.tx(&mut frame);
        line.frame(&SILENCE, &frame);
    }
    let rms = |samples: &[i16]| {
        let sum: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
        (sum / samples.len() as f64).sqrt()
    };
    let first = 20 * FRAME_SAMPLES..40 * FRAME_SAMPLES;
    let second = (60 + 75) * FRAME_SAMPLES..(80 + 75) * FRAME_SAMPLES;
    let heard = [rms(&line.heard[first.clone()]), rms(&line.heard[second.clone()])];
    let played = line.rig.pcm.with(|pcm| [rms(&pcm.played[first]), rms(&pcm.played[second])]);
    assert!(heard[0] > 1_000.0 && heard[1] < heard[0] / 4.0, "the exchange is heard: {heard:?}");
    assert!(played[0] < 100.0 && played[1] > 1_000.0, "the exchange hears: {played:?}");

    // The exchange takes the battery away.
    line.events.clear();
    line.rig.chips.daa(0, |chip| chip.set_battery(0));
    let dropped = line.rig.ms();
    line.run(600);
    let Some((at, ChannelEvent::Released(cause))) = line.events.first() else {
        panic!("{:?}", line.events)
    };
    assert_eq!(*cause, Cause::NormalClearing);
    // 64 ms of debounce and the signalling's 250 ms.
    assert!((300..=420).contains(&(at - dropped)), "{} ms", at - dropped);
    assert!(!line.is_off_hook());

    // The line rests and comes back, and takes the next call.
    line.rig.chips.daa(0, |chip| chip.set_battery(48));
    line.run(3_000);
    line.events.clear();
    line.first_burst(&caller);
    assert!(
        line.events.iter().any(|(_, e)| matches!(e, ChannelEvent::Offered { .. })),
        "{:?}",
        line.events
    );
}

#[test]
fn a_first_burst_of_200_ms_still_rings() {
    let mut line = Line::new();
    line.ring(true);
    line.run(200);
    line.ring(false);
    line.run(3_800);
    line.ring(true);
    line.run(300);
    line.ring(false);
    line.run(100);
    // The second burst brings the offer, at once: the first one counted.
    let offered = line.events.iter().find(|(_, e)| matches!(e, ChannelEvent::Offered { .. }));
    assert!(offered.is_some(), "{:?}", line.events);
}

#[test]
fn a_cut_line_and_a_lost_chip_are_alarms_of_the_channel() {
    let mut line = Line::new();
    line.rig.chips.daa(0, |chip| chip.set_battery(0));
    line.run(3_000);
    line.rig.chips.daa(0, |chip| chip.set_battery(48));
    line.run(500);
    line.rig.chips.daa(0, |chip| chip.lose_link());
    line.run(1_500);
    line.rig.pcm.with(|pcm| pcm.is_away = true);
    line.run(500);
    line.rig.pcm.with(|pcm| pcm.is_away = false);
    line.run(2_000);
    let alarms: Vec<_> = line
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            ChannelEvent::Alarm(alarm) => Some(*alarm),
            _ => None,
        })
        .collect();
    let lost = Some(Alarm::DeviceLost);
    assert_eq!(alarms, [Some(Alarm::NoBattery), None, lost, None, lost, None]);
}
