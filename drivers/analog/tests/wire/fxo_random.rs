//! Random calls both ways on one line, random commands at random moments: every call has exactly
//! one release, and the line is never stuck.

use crate::common::{FxoRig, caller, fxo};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::{FxoSettings, PolarityUse};
use tipring_dsp::caller_id::{MessageForm, Modem};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId};
use tipring_sim::{
    CallPlan, CalledOutcome, CalledPlan, CallerIdDelivery, DtmfDelivery, EchoPath, FskDelivery,
    LineModel, ReleaseSign,
};

fn model(rng: &mut SmallRng) -> LineModel {
    let fsk =
        |modem, form| CallerIdDelivery::Fsk(FskDelivery { modem, form, ..FskDelivery::default() });
    LineModel {
        loss_db: rng.random_range(0.0..9.0),
        box_echo: EchoPath::hybrid(rng.random_range(8.0..25.0)),
        noise_dbm0: rng.random_range(-70.0..-50.0),
        caller_id: match rng.random_range(0..4) {
            0 => fsk(Modem::Bell202, MessageForm::Mdmf),
            1 => fsk(Modem::V23, MessageForm::Sdmf),
            2 => CallerIdDelivery::Dtmf(DtmfDelivery { reversal: true, ..DtmfDelivery::default() }),
            _ => CallerIdDelivery::None,
        },
        release: match rng.random_range(0..4) {
            0 => ReleaseSign::BusyTone,
            1 => ReleaseSign::CongestionTone,
            2 => ReleaseSign::BatteryDrop { ms: 600 },
            _ => ReleaseSign::Polarity,
        },
        reversal_on_answer: rng.random(),
        dial_tone_delay_ms: rng.random_range(0..3_000),
        ..LineModel::default()
    }
}

fn called(rng: &mut SmallRng) -> CalledPlan {
    CalledPlan {
        outcome: match rng.random_range(0..5) {
            0 => CalledOutcome::Busy,
            1 => CalledOutcome::Congestion,
            2 => CalledOutcome::Vacant,
            3 => CalledOutcome::NoAnswer,
            _ => CalledOutcome::Answers { after_ms: rng.random_range(0..10_000) },
        },
        talk_ms: Some(rng.random_range(1_000..10_000)),
        ..CalledPlan::default()
    }
}

fn random_command(rng: &mut SmallRng) -> ChannelCommand {
    match rng.random_range(0..5) {
        0 => ChannelCommand::Answer,
        1 => ChannelCommand::Flash,
        2 => ChannelCommand::SendDigits(
            "12#".chars().filter_map(tipring_line::Digit::from_char).collect(),
        ),
        3 => ChannelCommand::Alert,
        _ => ChannelCommand::OpenEarlyAudio,
    }
}

/// Goes on for a while; whether a call is on the channel is told by its events alone.
struct Switch {
    in_call: bool,
    calls: u32,
    releases: u32,
}

impl Switch {
    fn step(&mut self, rig: &mut FxoRig) {
        let new = rig.step();
        let from = rig.events.len() - new;
        for (at, event) in &rig.events[from..] {
            match event {
                ChannelEvent::Offered { .. } => {
                    assert!(!self.in_call, "offered within a call at {at}");
                    self.in_call = true;
                    self.calls += 1;
                }
                ChannelEvent::Released(_) => {
                    assert!(self.in_call, "released without a call at {at}");
                    self.in_call = false;
                    self.releases += 1;
                }
                ChannelEvent::Alarm(_) => {}
                other => assert!(self.in_call, "{other:?} without a call at {at}"),
            }
        }
    }

    fn act(&mut self, rig: &mut FxoRig, rng: &mut SmallRng) {
        match rng.random_range(0..2_000) {
            0..4 if !self.in_call => {
                rig.control.set_called_party(called(rng)).unwrap();
                self.in_call = true;
                self.calls += 1;
                rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(0))));
                let number = "13800138000".parse().unwrap();
                rig.command(ChannelCommand::Dial { number, caller: CallerId::default() });
            }
            4..8 => {
                let plan = CallPlan {
                    caller: caller("02164301440"),
                    talk_ms: Some(rng.random_range(500..8_000)),
                    patience_ms: Some(rng.random_range(100..20_000)),
                    ..CallPlan::default()
                };
                rig.control.place_call(plan).unwrap();
            }
            8..16 => rig.command(random_command(rng)),
            16..18 if self.in_call => {
                rig.command(ChannelCommand::Release(Cause::NormalClearing));
            }
            18 => rig.control.hang_up().unwrap(),
            _ => {}
        }
    }
}

#[test]
fn every_call_has_one_release_and_no_line_is_stuck() {
    let (mut calls, mut releases) = (0, 0);
    for seed in 0..6 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let polarity =
            if rng.random() { PolarityUse::AnswerAndRelease } else { PolarityUse::Ignore };
        let settings =
            FxoSettings { polarity, wait_for_caller_id: rng.random(), ..FxoSettings::default() };
        let mut rig = fxo(model(&mut rng), settings);
        let mut switch = Switch { in_call: false, calls: 0, releases: 0 };
        for _ in 0..12 * 60 * 50 {
            switch.act(&mut rig, &mut rng);
            switch.step(&mut rig);
            while rig.control.poll_event().is_some() {}
        }
        // Everybody goes home; the line must come to rest and take the next call.
        rig.control.hang_up().unwrap();
        for _ in 0..90 * 50 {
            switch.step(&mut rig);
        }
        if switch.in_call {
            rig.command(ChannelCommand::Release(Cause::NormalClearing));
            for _ in 0..20 * 50 {
                switch.step(&mut rig);
            }
        }
        assert!(!switch.in_call, "seed {seed}: stuck");
        assert_eq!(switch.calls, switch.releases, "seed {seed}");
        rig.control.place_call(CallPlan { caller: caller("120"), ..CallPlan::default() }).unwrap();
        rig.until_offered(10_000);
        calls += switch.calls;
        releases += switch.releases;
    }
    println!("{calls} calls, {releases} releases");
    assert!(calls > 250, "only {calls} calls");
}
