//! How a handset dials: by tones and by pulses, before dial tone, into a hot line; which dial tone
//! it hears.

use std::collections::VecDeque;

use crate::common::{FxsRig, digits, fxs, fxs_with, level};
use tipring_analog::plans::CountryPlan;
use tipring_analog::{Completion, DialPlan, Fxs, FxsSettings, HotLine};
use tipring_clock::{Duration, Instant};
use tipring_dsp::{DtmfLevels, DtmfTiming};
use tipring_line::{
    AnalogPort, ChannelCommand, ChannelEvent, Digit, DigitSource, Frame, FrameChannel, PortCommand,
    PortError, PortEvent, PortKind, SILENCE,
};
use tipring_sim::{Dialling, HandsetEvent, LineModel, Telephone};

fn settings() -> FxsSettings {
    let mut dial_plan = DialPlan::default();
    dial_plan.add("8", Completion::Length(4));
    FxsSettings { dial_plan, ..FxsSettings::default() }
}

fn pulses(rate: f32, ratio: f32) -> Telephone {
    let dialling = Dialling::Pulses { rate, ratio, pause_ms: 500 };
    Telephone { dialling, ..Telephone::default() }
}

fn called(rig: &FxsRig) -> Option<String> {
    rig.events.iter().find_map(|(_, e)| match e {
        ChannelEvent::Offered { called, .. } => called.map(|n| n.to_string()),
        _ => None,
    })
}

fn dial_with(seed: u64, set: Telephone, number: &str, ms: u64) -> FxsRig {
    let mut rig = fxs_with(seed, LineModel::default(), settings(), set);
    rig.control.dial(digits(number)).unwrap();
    rig.run(ms);
    rig
}

#[test]
fn pulses_of_every_set_in_the_standard_are_read() {
    let mut seed = 0;
    for rate in [8.0, 9.0, 10.0, 11.0, 12.0] {
        for ratio in [1.3, 1.6, 2.0, 2.5] {
            for bounce_ms in [0, 3] {
                seed += 1;
                let set = Telephone { bounce_ms, ..pulses(rate, ratio) };
                let rig = dial_with(seed, set, "8190", 9_000);
                assert_eq!(called(&rig).as_deref(), Some("8190"), "{rate}/s, {ratio}, {bounce_ms}");
                assert_eq!(rig.channel.faults().pulses_unread, 0);
            }
        }
    }
}

#[test]
fn pulses_mean_what_they_mean_in_the_country() {
    // Sets dial as in China; in Sweden and New Zealand their pulses are other digits.
    for (country, heard) in [("cn", "8190"), ("se", "7089"), ("nz", "2910")] {
        let settings = FxsSettings::from_plan(&CountryPlan::named(country).unwrap());
        // The set listens for China's dial tone, so it does not wait for one here.
        let set = Telephone { blind_ms: Some(400), ..pulses(10.0, 1.6) };
        let mut rig = fxs_with(1, LineModel::default(), settings, set);
        rig.control.dial(digits("8190")).unwrap();
        rig.until(16_000, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
        assert_eq!(called(&rig).as_deref(), Some(heard), "{country}");
    }
}

#[test]
fn a_number_by_pulses_ends_with_a_pause_and_not_within_a_digit() {
    // Ten slow pulses and the pause before them take longer than the plan's own pause.
    let mut plan = DialPlan { inter_digit: Duration::from_millis(1_200), ..DialPlan::default() };
    plan.add("9", Completion::Length(3));
    let settings = FxsSettings { dial_plan: plan, ..FxsSettings::default() };
    let mut rig = fxs_with(3, LineModel::default(), settings, pulses(8.0, 1.6));
    rig.control.dial(digits("1000")).unwrap();
    rig.until(12_000, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
    assert_eq!(called(&rig).as_deref(), Some("1000"));
}

#[test]
fn tones_of_every_level_and_length_in_the_standard_are_read() {
    for (low, high, on, off) in [
        (-10.0, -8.0, 100, 100),
        (-9.0, -7.0, 65, 65),
        (-12.0, -9.0, 50, 50),
        (-14.0, -14.0, 70, 70),
        (-6.0, -4.0, 70, 70),
        (-8.0, -14.0, 70, 60),
    ] {
        let levels = DtmfLevels { low_dbm0: low, high_dbm0: high };
        let timing = DtmfTiming { on_ms: on, off_ms: off };
        let dialling = Dialling::Tones { levels, timing };
        let set = Telephone { dialling, ..Telephone::default() };
        let rig = dial_with(1, set, "1234567890*#", 12_000);
        assert_eq!(called(&rig).as_deref(), Some("1234567890*"), "{low}/{high} {on}/{off}");
    }
}

#[test]
fn keys_pressed_before_dial_tone_are_not_lost() {
    for blind_ms in [0, 20, 60, 100] {
        let set = Telephone { blind_ms: Some(blind_ms), ..Telephone::default() };
        let rig = dial_with(1, set, "8765", 3_000);
        assert_eq!(called(&rig).as_deref(), Some("8765"), "{blind_ms} ms after lifting");
    }
}

#[test]
fn dial_tone_stops_with_the_first_pulse_and_returns_after_a_flash() {
    let mut rig = fxs_with(1, LineModel::default(), settings(), pulses(10.0, 1.6));
    rig.control.lift().unwrap();
    rig.run(1_000);
    assert_eq!(rig.handset(), [HandsetEvent::DialTone]);
    rig.control.press(digits("1")).unwrap();
    rig.run(200);
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    heard.clear();
    rig.run(400);
    rig.control.take_heard(&mut heard);
    assert!(level(&heard) < -50.0, "dial tone goes on: {}", level(&heard));
    rig.control.flash(300).unwrap();
    rig.run(700);
    heard.clear();
    rig.run(400);
    rig.control.take_heard(&mut heard);
    assert!(level(&heard[800..]) > -20.0, "no dial tone after the flash");
    // What was dialled before the flash is forgotten.
    rig.control.press(digits("8222")).unwrap();
    rig.run(6_000);
    assert_eq!(called(&rig).as_deref(), Some("8222"));
}

#[test]
fn a_hot_line_calls_at_once_and_a_warm_line_after_a_pause() {
    let hot = |ms| {
        let number = "8000".parse().unwrap();
        let hot_line = Some(HotLine { number, after: Duration::from_millis(ms) });
        FxsSettings { hot_line, ..settings() }
    };
    let mut rig = fxs(LineModel::default(), hot(0));
    rig.control.lift().unwrap();
    let at = rig.until(200, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
    assert!(at <= 100, "{at}");
    assert_eq!(called(&rig).as_deref(), Some("8000"));

    let mut rig = fxs(LineModel::default(), hot(5_000));
    rig.control.lift().unwrap();
    let at = rig.until(6_000, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
    assert!((5_000..5_200).contains(&at), "{at}");
    assert_eq!(called(&rig).as_deref(), Some("8000"));
    assert_eq!(rig.handset(), [HandsetEvent::DialTone]);

    // A key in time makes it an ordinary call, also where a pause follows.
    let mut rig = fxs(LineModel::default(), hot(2_000));
    rig.control.dial(digits("12")).unwrap();
    rig.run(9_000);
    assert_eq!(called(&rig).as_deref(), Some("12"));
}

/// The share of frames of what the handset heard in which a tone sounds.
fn sounding(rig: &mut FxsRig) -> f32 {
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    heard.clear();
    rig.run(4_400);
    rig.control.take_heard(&mut heard);
    let frames = heard.chunks(40);
    let all = frames.len() as f32;
    frames.filter(|f| level(f) > -30.0).count() as f32 / all
}

#[test]
fn special_dial_tone_where_messages_wait_or_calls_are_forwarded() {
    for (command, special) in [
        (ChannelCommand::MessageWaiting(true), true),
        (ChannelCommand::Forwarded(true), true),
        (ChannelCommand::MessageWaiting(false), false),
        (ChannelCommand::Forwarded(false), false),
    ] {
        let mut rig = fxs(LineModel::default(), settings());
        rig.command(command.clone());
        rig.control.lift().unwrap();
        rig.run(200);
        let share = sounding(&mut rig);
        // China's special dial tone is 400 ms on, 40 ms off.
        let expected = if special { 0.88..0.94 } else { 0.99..1.01 };
        assert!(expected.contains(&share), "{command:?}: {share}");
    }
    let special = FxsSettings { special_dial_tone: true, ..settings() };
    let mut rig = fxs(LineModel::default(), special);
    rig.control.lift().unwrap();
    rig.run(200);
    assert!(sounding(&mut rig) < 0.95);
}

/// A port whose hardware counts dial pulses itself.
#[derive(Debug)]
struct Counting {
    script: VecDeque<(u64, PortEvent)>,
    frames: u64,
}

impl AnalogPort for Counting {
    fn kind(&self) -> PortKind {
        PortKind::Fxs
    }

    fn exchange(&mut self, _tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        rx.fill(0);
        self.frames += 1;
        Ok(())
    }

    fn command(&mut self, _command: PortCommand) -> Result<(), PortError> {
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        let due = self.script.front().is_some_and(|(at, _)| *at <= self.frames * 20);
        if due { self.script.pop_front().map(|(_, e)| e) } else { None }
    }
}

#[test]
fn digits_the_hardware_counts_are_taken_once() {
    let pulse = |c| PortEvent::PulseDigit(Digit::from_char(c).unwrap());
    let mut script = VecDeque::from([(100, PortEvent::OffHook(true))]);
    for (n, c) in "8123".chars().enumerate() {
        let at = 1_000 + 800 * n as u64;
        // The hardware tells the digit, and its breaks too.
        script.extend([(at, PortEvent::OffHook(false)), (at + 60, PortEvent::OffHook(true))]);
        script.push_back((at + 200, pulse(c)));
    }
    // In a call one pulse is no digit, as where the pulses are counted here.
    script.extend([(6_000, pulse('1')), (6_500, pulse('5'))]);
    let mut channel = Fxs::new(Counting { script, frames: 0 }, settings());
    let mut told = vec![];
    for frame in 0..400 {
        let now = Instant::from_millis(frame * 20);
        channel.tick(now, &SILENCE, &mut SILENCE.clone());
        while let Some(event) = channel.poll_event() {
            if matches!(event, ChannelEvent::Offered { .. }) {
                channel.command(now, &ChannelCommand::Answer);
            }
            told.push(event);
        }
    }
    let ChannelEvent::Offered { called, .. } = told[0] else { panic!("{told:?}") };
    assert_eq!(called, "8123".parse().ok());
    let digit = Digit::from_char('5').unwrap();
    assert_eq!(told[1..], [ChannelEvent::Digit { digit, source: DigitSource::Pulse }]);
}
