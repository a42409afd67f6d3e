//! Random telephones on random lines, random behaviour at random moments: every call has exactly
//! one release, no line is stuck, and what telephones within the standards dial and show is right
//! every time.

use crate::common::{FxsRig, caller, fxs_with};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::plans::CallerIdStart;
use tipring_analog::{CallerIdSending, FskSending, FxsSettings, MessageLamp, RingCadence};
use tipring_clock::Duration;
use tipring_dsp::caller_id::{DtmfCallerIdStyle, MessageForm, Modem};
use tipring_dsp::{DtmfLevels, DtmfTiming};
use tipring_line::{Cause, ChannelCommand, ChannelEvent, Digit, Digits, Endpoint, PortId};
use tipring_sim::{
    Dialling, Display, Disturbances, EchoPath, EndsOn, HandsetEvent, HandsetPlan, LineModel,
    Telephone,
};

fn model(rng: &mut SmallRng) -> LineModel {
    LineModel {
        loss_db: rng.random_range(0.0..7.0),
        box_echo: EchoPath::hybrid(rng.random_range(12.0..25.0)),
        far_echo: EchoPath::hybrid(rng.random_range(12.0..25.0)),
        noise_dbm0: rng.random_range(-75.0..-52.0),
        ..LineModel::default()
    }
}

/// A telephone within GB/T 15279: push-button or dial.
fn set(rng: &mut SmallRng) -> Telephone {
    let dialling = if rng.random() {
        let low_dbm0 = rng.random_range(-12.0..-6.0);
        let high_dbm0 = low_dbm0 + rng.random_range(1.0..3.0);
        let levels = DtmfLevels { low_dbm0, high_dbm0 };
        let timing =
            DtmfTiming { on_ms: rng.random_range(50..130), off_ms: rng.random_range(50..130) };
        Dialling::Tones { levels, timing }
    } else {
        Dialling::Pulses {
            rate: rng.random_range(8.0..12.0),
            ratio: rng.random_range(1.3..2.5),
            pause_ms: rng.random_range(400..900),
        }
    };
    Telephone {
        dialling,
        blind_ms: rng.random_bool(0.2).then(|| rng.random_range(300..900)),
        display: if rng.random() { Display::InCalls } else { Display::OnHook },
        bounce_ms: rng.random_range(0..4),
        disturbances: rng
            .random_bool(0.3)
            .then(|| Disturbances { a_minute: rng.random_range(1.0..20.0), ms_max: 20 }),
        ends_on: EndsOn::Nothing,
    }
}

fn settings(rng: &mut SmallRng) -> FxsSettings {
    let style = DtmfCallerIdStyle::DNumberC;
    let start = match rng.random_range(0..5) {
        0 => CallerIdStart::FirstRing,
        1 => CallerIdStart::Reversal,
        2 => CallerIdStart::ReversalAlertTone,
        3 => CallerIdStart::RingPulse,
        _ => CallerIdStart::Idle,
    };
    let times: &[u16] = if rng.random() { &[1000, 4000] } else { &[400, 200, 400, 2000] };
    FxsSettings {
        caller_id: if rng.random() {
            CallerIdSending::Fsk(start)
        } else {
            CallerIdSending::Dtmf { style, start }
        },
        fsk: FskSending {
            modem: if rng.random() { Modem::Bell202 } else { Modem::V23 },
            form: if rng.random() { MessageForm::Mdmf } else { MessageForm::Sdmf },
            ..FskSending::default()
        },
        ringing: RingCadence::from_times(times).unwrap(),
        message_lamp: if rng.random() { MessageLamp::Both } else { MessageLamp::Voltage },
        reversal_on_answer: rng.random(),
        battery_drop: rng.random_bool(0.5).then(|| Duration::from_millis(500)),
        busy_max: Duration::from_secs(3),
        gain_to_handset_db: rng.random_range(-7.0..0.0),
        ..FxsSettings::default()
    }
}

fn number(rng: &mut SmallRng, digits: core::ops::Range<usize>) -> String {
    let len = rng.random_range(digits);
    (0..len).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect()
}

fn keys(text: &str) -> Digits {
    text.chars().filter_map(Digit::from_char).collect()
}

#[derive(Default)]
struct Tally {
    calls: u32,
    numbers_by_tone: u32,
    numbers_by_pulse: u32,
    callers_shown: u32,
    waiting_shown: u32,
    digits_in_calls: u32,
}

/// One line and who plays at both its ends.
struct Line {
    rig: FxsRig,
    rng: SmallRng,
    set: Telephone,
    seed: u64,
    in_call: bool,
    begun: u32,
    released: u32,
}

impl Line {
    fn new(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let set = set(&mut rng);
        let rig = fxs_with(seed, model(&mut rng), settings(&mut rng), set);
        Line { rig, rng, set, seed, in_call: false, begun: 0, released: 0 }
    }

    /// Runs on; a call's beginning and end are told by its events alone.
    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            let new = self.rig.step();
            let from = self.rig.events.len() - new;
            for (at, event) in &self.rig.events[from..] {
                let at = (self.seed, at);
                match event {
                    ChannelEvent::Offered { .. } => {
                        assert!(!self.in_call, "offered within a call at {at:?}");
                        self.in_call = true;
                        self.begun += 1;
                    }
                    ChannelEvent::Released(_) => {
                        assert!(self.in_call, "released without a call at {at:?}");
                        self.in_call = false;
                        self.released += 1;
                    }
                    ChannelEvent::Alarm(_) => {}
                    other => assert!(self.in_call, "{other:?} without a call at {at:?}"),
                }
            }
        }
    }

    fn any(&mut self, ms: core::ops::Range<u64>) -> u64 {
        self.rng.random_range(ms)
    }

    fn seize_and_ring(&mut self, number: &str) {
        self.in_call = true;
        self.begun += 1;
        self.rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
        let pattern = self.rng.random_range(0..3);
        self.rig.command(ChannelCommand::Ring { caller: caller(number), pattern });
    }

    fn by_pulse(&self) -> bool {
        matches!(self.set.dialling, Dialling::Pulses { .. })
    }

    /// The handset dials a whole number; the call is answered or refused.
    fn dials(&mut self, tally: &mut Tally) {
        let number = number(&mut self.rng, 3..13);
        self.rig.control.dial(keys(&number)).unwrap();
        let before = self.rig.events.len();
        for _ in 0..40 {
            self.run(1_000);
            if self.in_call {
                break;
            }
        }
        let called = self.rig.events[before..].iter().find_map(|(_, e)| match e {
            ChannelEvent::Offered { called, .. } => called.map(|n| n.to_string()),
            _ => None,
        });
        assert_eq!(called.as_deref(), Some(number.as_str()), "seed {}: {:?}", self.seed, self.set);
        if self.by_pulse() {
            tally.numbers_by_pulse += 1;
        } else {
            tally.numbers_by_tone += 1;
        }
        if self.rng.random_bool(0.2) {
            return self.far_side_ends(Cause::UserBusy);
        }
        self.rig.command(ChannelCommand::Alert);
        let ms = self.any(0..4_000);
        self.run(ms);
        self.rig.command(ChannelCommand::Answer);
        self.talks(tally);
    }

    /// The handset is called, shows who calls, and answers or not.
    fn is_called(&mut self, tally: &mut Tally) {
        let number = number(&mut self.rng, 3..15);
        let answers = self.rng.random_bool(0.8);
        let answer_after_ms = answers.then(|| self.rng.random_range(5_200..9_000));
        let plan = HandsetPlan { answer_after_ms, ..HandsetPlan::default() };
        self.rig.control.set_plan(plan).unwrap();
        self.rig.handset();
        self.seize_and_ring(&number);
        self.run(14_000);
        let shown: Vec<_> = self
            .rig
            .handset()
            .into_iter()
            .filter_map(|e| if let HandsetEvent::Caller(who) = e { Some(who) } else { None })
            .collect();
        assert_eq!(shown, [caller(&number)], "seed {}", self.seed);
        tally.callers_shown += 1;
        if answers { self.talks(tally) } else { self.far_side_ends(Cause::NormalClearing) }
    }

    fn talks(&mut self, tally: &mut Tally) {
        let ms = self.any(300..3_000);
        self.run(ms);
        if self.set.disturbances.is_none() && self.rng.random() {
            self.presses_keys(tally);
        }
        if self.rng.random_bool(0.4) {
            self.second_call(tally);
        }
        if self.rng.random_bool(0.3) {
            let before = self.rig.count(|e| *e == ChannelEvent::HookFlash);
            // Not what bounces make of the shortest and the longest flash.
            let ms = self.rng.random_range(120..740);
            self.rig.control.flash(ms).unwrap();
            self.run(1_500);
            if self.set.disturbances.is_none() {
                let flashes = self.rig.count(|e| *e == ChannelEvent::HookFlash) - before;
                assert_eq!(flashes, 1, "seed {}: {ms} ms", self.seed);
            }
        }
        let cause = Cause::NormalClearing;
        if self.rng.random() { self.far_side_ends(cause) } else { self.puts_back() }
    }

    fn presses_keys(&mut self, tally: &mut Tally) {
        let mut pressed = number(&mut self.rng, 1..6);
        if self.by_pulse() {
            // A single pulse is no digit in a call.
            pressed = pressed.replace('1', "2");
        }
        let before = self.rig.digits().len();
        self.rig.control.press(keys(&pressed)).unwrap();
        self.run(12_000);
        assert_eq!(&self.rig.digits()[before..], pressed, "seed {}: {:?}", self.seed, self.set);
        tally.digits_in_calls += pressed.len() as u32;
    }

    fn second_call(&mut self, tally: &mut Tally) {
        let number = number(&mut self.rng, 3..15);
        self.rig.handset();
        self.rig.command(ChannelCommand::CallWaiting { caller: caller(&number) });
        self.run(3_500);
        let shown = HandsetEvent::SecondCaller(caller(&number));
        let events = self.rig.handset();
        if self.set.disturbances.is_none() && self.set.display == Display::InCalls {
            assert!(events.contains(&shown), "seed {}: {events:?}", self.seed);
            tally.waiting_shown += 1;
        }
        self.rig.command(ChannelCommand::CallWaitingEnd);
    }

    fn far_side_ends(&mut self, cause: Cause) {
        self.rig.command(ChannelCommand::Release(cause));
        let ms = self.any(20..8_000);
        self.run(ms);
        self.puts_back();
    }

    fn puts_back(&mut self) {
        self.rig.control.hang_up().unwrap();
        self.run(1_200);
    }

    /// Anything at any moment; only order is asked for.
    fn mischief(&mut self) {
        for _ in 0..self.rng.random_range(3..15) {
            match self.rng.random_range(0..12) {
                0 | 1 => self.rig.control.lift().unwrap(),
                2 | 3 => self.rig.control.hang_up().unwrap(),
                4 => {
                    let ms = self.rng.random_range(1..1_500);
                    self.rig.control.flash(ms).unwrap();
                }
                5 => self.rig.control.press(keys(&number(&mut self.rng, 1..5))).unwrap(),
                6 => self.rig.command(ChannelCommand::MessageWaiting(self.rng.random())),
                7 if !self.in_call => {
                    let number = number(&mut self.rng, 3..12);
                    self.seize_and_ring(&number);
                }
                7 | 8 => self.rig.command(ChannelCommand::CallWaiting { caller: caller("110") }),
                9 if self.in_call => {
                    self.rig.command(ChannelCommand::Release(Cause::NormalClearing));
                }
                9 => self.rig.command(ChannelCommand::Forwarded(self.rng.random())),
                10 => self.rig.command(ChannelCommand::Answer),
                _ => {
                    let ms = self.rng.random_range(20..3_000);
                    self.rig.control.fail_port(ms).unwrap();
                }
            }
            let ms = self.any(20..2_500);
            self.run(ms);
        }
        self.run(3_000);
    }

    /// Everybody goes home; the line must come to rest and take the next call.
    fn comes_to_rest(&mut self) {
        self.rig.control.set_plan(HandsetPlan::default()).unwrap();
        self.rig.control.hang_up().unwrap();
        self.run(1_200);
        if self.in_call {
            self.rig.command(ChannelCommand::Release(Cause::NormalClearing));
            self.run(1_200);
        }
        assert!(!self.in_call, "seed {}: stuck", self.seed);
        let before = self.rig.count(|e| *e == ChannelEvent::Ringing);
        self.seize_and_ring("110");
        self.run(100);
        let rings = self.rig.count(|e| *e == ChannelEvent::Ringing) - before;
        assert_eq!(rings, 1, "seed {}: does not ring", self.seed);
        self.rig.command(ChannelCommand::Release(Cause::NormalClearing));
        // What rang stops, and the handset takes that for the end.
        self.run(8_000);
        assert_eq!(self.begun, self.released, "seed {}", self.seed);
        self.rig.rx.clear();
        self.rig.events.clear();
        self.rig.handset();
    }
}

fn storm(seeds: core::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let mut line = Line::new(seed);
        for _ in 0..12 {
            match line.rng.random_range(0..5) {
                0 | 1 => line.dials(&mut tally),
                2 | 3 => line.is_called(&mut tally),
                _ => line.mischief(),
            }
            line.comes_to_rest();
        }
        tally.calls += line.begun;
    }
    tally
}

#[test]
fn every_call_is_released_once_and_what_is_dialled_and_shown_is_right() {
    let halves = std::thread::scope(|scope| {
        let halves = [0..14, 14..28].map(|seeds| scope.spawn(move || storm(seeds)));
        halves.map(|h| h.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
    });
    let sum = |f: fn(&Tally) -> u32| halves.iter().map(f).sum::<u32>();
    let calls = sum(|t| t.calls);
    println!(
        "{calls} calls; numbers: {} by tone, {} by pulse; callers shown: {}, waiting: {}; \
         digits in calls: {}",
        sum(|t| t.numbers_by_tone),
        sum(|t| t.numbers_by_pulse),
        sum(|t| t.callers_shown),
        sum(|t| t.waiting_shown),
        sum(|t| t.digits_in_calls),
    );
    assert!(calls >= 500, "only {calls} calls");
    assert!(sum(|t| t.numbers_by_tone) >= 40 && sum(|t| t.numbers_by_pulse) >= 40);
    assert!(sum(|t| t.callers_shown) >= 80 && sum(|t| t.waiting_shown) >= 15);
}
