//! A whole call to a handset: the real FXS signalling over the real driver over the simulated chip.

mod common;

use common::{Rig, slic_settings};
use tipring_analog::{Fxs, FxsSettings};
use tipring_daa::DaaPort;
use tipring_dsp::caller_id::{FskReceiver, MessageContent};
use tipring_dsp::{DtmfGenerator, ProgressDetector, ProgressPlan, ProgressTone, Sound};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Endpoint, Frame, FrameChannel, PortId,
    SILENCE,
};
use tipring_sim::daa::Si3210Model;

const ON_HOOK_TRANSMISSION: u8 = 2;
const RINGING: u8 = 4;

struct Line {
    rig: Rig,
    channel: Fxs<DaaPort>,
    events: Vec<ChannelEvent>,
    /// What the handset hears, with the line feed of the moment.
    heard: Vec<(u8, Frame)>,
}

impl Line {
    fn new() -> Line {
        let (rig, port) = Rig::fxs(Si3210Model::new(), slic_settings());
        let channel = Fxs::new(port, FxsSettings::default());
        let mut line = Line { rig, channel, events: vec![], heard: vec![] };
        line.run(1_500);
        assert_eq!(line.events, []);
        line
    }

    fn frame(&mut self, said: &Frame) {
        self.rig.pcm.with(|pcm| {
            pcm.to_capture.extend(said);
            pcm.played.clear();
        });
        self.rig.pass_frame();
        let mut heard = SILENCE;
        self.rig.pcm.with(|pcm| heard.copy_from_slice(&pcm.played));
        self.heard.push((self.feed(), heard));
        self.channel.tick(self.rig.now, &SILENCE, &mut SILENCE.clone());
        while let Some(event) = self.channel.poll_event() {
            self.events.push(event);
        }
    }

    fn run(&mut self, ms: u64) {
        (0..ms / 20).for_each(|_| self.frame(&SILENCE));
    }

    fn command(&mut self, command: ChannelCommand) {
        self.channel.command(self.rig.now, &command);
    }

    fn feed(&self) -> u8 {
        self.rig.chips.slic(|chip| chip.linefeed()).unwrap()
    }

    fn lift(&self, off_hook: bool) {
        self.rig.chips.slic(|chip| chip.set_off_hook(off_hook));
    }
}

#[test]
fn a_handset_is_rung_shown_the_caller_answers_and_hangs_up() {
    let mut line = Line::new();
    let caller = CallerId::from_number("02164301440".parse().unwrap());
    line.command(ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    line.command(ChannelCommand::Ring { caller, pattern: 0 });
    line.run(4_000);
    let rung = line.heard.iter().filter(|(feed, _)| *feed == RINGING).count();
    assert!((45..=52).contains(&rung), "a second of ringing: {rung} frames");

    // Caller id is on the wire while the feed lets audio through to a handset that lies.
    let mut display = FskReceiver::new();
    line.heard
        .iter()
        .filter(|(feed, _)| *feed == ON_HOOK_TRANSMISSION)
        .for_each(|(_, frame)| display.rx(frame));
    let message = display.poll().expect("caller id passes on-hook");
    let MessageContent::Call { caller: shown, .. } = message.content() else { panic!() };
    assert_eq!(shown, caller);

    line.lift(true);
    line.run(300);
    assert!(
        line.events.iter().any(|e| matches!(e, ChannelEvent::Answered(_))),
        "{:?}",
        line.events
    );
    line.events.clear();
    line.lift(false);
    line.run(1_500);
    assert_eq!(line.events, [ChannelEvent::Released(Cause::NormalClearing)]);
}

#[test]
fn a_lifted_handset_gets_dial_tone_and_dials() {
    let mut line = Line::new();
    line.lift(true);
    line.run(1_500);
    let mut ear = ProgressDetector::new(&ProgressPlan::china());
    line.heard.iter().skip(100).for_each(|(_, frame)| ear.rx(frame));
    assert!(matches!(ear.current().0, Sound::Tone(_)), "{:?}", ear.current());
    let mut tones = std::iter::from_fn(|| ear.poll());
    assert!(tones.all(|t| t == ProgressTone::Dial));

    let mut keys = DtmfGenerator::new();
    for key in "8002#".chars() {
        keys.push(Digit::from_char(key).unwrap());
    }
    while !keys.is_idle() {
        let mut said = SILENCE;
        keys.tx(&mut said);
        line.frame(&said);
    }
    line.run(300);
    let called = line.events.iter().find_map(|e| match e {
        ChannelEvent::Offered { called, .. } => *called,
        _ => None,
    });
    assert_eq!(called.map(|n| n.to_string()).as_deref(), Some("8002"), "{:?}", line.events);
}
