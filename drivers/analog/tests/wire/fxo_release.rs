//! The far side has gone: learnt tones, silence, a prompt over it; and what is no release.

use crate::common::{FxoRig, caller, fxo, level};
use tipring_analog::FxoSettings;
use tipring_clock::Duration;
use tipring_dsp::{FaxTone, ToneCadence, ToneGenerator, tones};
use tipring_line::{Cause, ChannelCommand, ChannelEvent};
use tipring_sim::{CallPlan, EchoPath, ExchangeEvent, LineModel, ReleaseSign, Speech};

fn connected(model: LineModel, settings: FxoSettings, plan: CallPlan) -> FxoRig {
    let mut rig = fxo(model, settings);
    rig.control.place_call(CallPlan { caller: caller("110"), ..plan }).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    rig
}

fn tone_at(rig: &mut FxoRig) -> u64 {
    let found = rig.street().into_iter().find_map(|e| match e {
        ExchangeEvent::ReleaseTone { at_ms } => Some(at_ms),
        _ => None,
    });
    found.expect("the exchange gave its tone")
}

#[test]
fn a_tone_learnt_on_this_line_releases_and_an_unknown_one_does_not() {
    let own = ToneCadence::single(600, -12.0, &[280, 280]);
    for learnt in [true, false] {
        let mut settings = FxoSettings::default();
        if learnt {
            settings.learnt.push(own);
        }
        let model = LineModel { release: ReleaseSign::OwnTone(own), ..LineModel::default() };
        let plan = CallPlan { talk_ms: Some(3_000), ..CallPlan::default() };
        let mut rig = connected(model, settings, plan);
        if learnt {
            let (at, cause) = rig.until_released(8_000);
            assert_eq!(cause, Cause::NormalClearing);
            assert!(at - tone_at(&mut rig) <= 4 * 560);
        } else {
            rig.run(12_000);
            assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 0);
        }
    }
}

#[test]
fn silence_on_both_sides_ends_the_call_and_on_one_side_does_not() {
    let settings =
        FxoSettings { silence_release: Some(Duration::from_secs(30)), ..FxoSettings::default() };
    let model = LineModel { release: ReleaseSign::Silence, ..LineModel::default() };
    let plan = CallPlan { talk_ms: Some(2_000), ..CallPlan::default() };
    let mut rig = connected(model.clone(), settings.clone(), plan.clone());
    let began = rig.ms();
    let (at, _) = rig.until_released(40_000);
    assert!((30_000..30_200).contains(&(at - began)), "{}", at - began);
    let mut rig = connected(model, settings, plan);
    rig.tx = std::array::from_fn(|n| (n as i16 % 20) * 100 - 1000);
    rig.run(60_000);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 0, "music on hold");
}

#[test]
fn busy_tone_under_our_own_prompt_is_found_within_four_cycles() {
    for kind in 0..EchoPath::KINDS {
        let model = LineModel { box_echo: EchoPath::nth(kind, 9.0), ..LineModel::default() };
        let plan = CallPlan { talk_ms: Some(6_000), ..CallPlan::default() };
        let mut rig = connected(model, FxoSettings::default(), plan);
        let mut noise = 1u32;
        while rig.count(|e| matches!(e, ChannelEvent::Released(_))) == 0 {
            // Noise in syllables, at the level of a prompt.
            let loud = (rig.ms() / 60) % 4;
            rig.tx = std::array::from_fn(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((noise >> 16) as i16 / 32) * loud as i16
            });
            rig.step();
            assert!(rig.ms() < 30_000, "path {kind}");
        }
        let at = rig.events.last().expect("the release").0;
        let took = at - tone_at(&mut rig);
        assert!(took <= 4 * 700, "path {kind}: {took} ms");
    }
}

#[test]
fn our_own_busy_tone_as_echo_releases_nothing() {
    // The switch plays a caller the very tone that would end the call.
    let model = LineModel { box_echo: EchoPath::nth(0, 8.0), ..LineModel::default() };
    let mut rig = connected(model, FxoSettings::default(), CallPlan::default());
    let mut busy = ToneGenerator::new(tones::china::BUSY);
    for _ in 0..50 * 30 {
        let mut frame = [0; 160];
        busy.tx(&mut frame);
        rig.tx = frame;
        rig.step();
    }
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 0);
}

#[test]
fn a_fax_turns_the_canceller_off_until_the_call_ends() {
    let mut samples = vec![0i16; 8_000 * 6];
    ToneGenerator::new(ToneCadence::single(2100, -12.0, &[])).tx(&mut samples[8_000..32_000]);
    let say = Some(Speech::from_samples(&samples));
    let plan = CallPlan { say, ..CallPlan::default() };
    let mut rig = connected(LineModel::default(), FxoSettings::default(), plan.clone());
    rig.run(4_000);
    assert_eq!(rig.channel.diagnostics().fax, Some(FaxTone::Ced));
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.run(3_000);
    rig.control.place_call(CallPlan { say: None, caller: caller("110"), ..plan }).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    assert_eq!(rig.channel.diagnostics().fax, None);
}

#[test]
fn gains_are_per_line_and_a_howler_is_brought_down() {
    let mut samples = vec![0i16; 8_000 * 8];
    // 1300 Hz is in no plan.
    ToneGenerator::new(ToneCadence::single(1300, 1.0, &[])).tx(&mut samples);
    let plan = CallPlan { say: Some(Speech::from_samples(&samples)), ..CallPlan::default() };
    let model = LineModel { loss_db: 0.0, far_echo: EchoPath::none(), ..LineModel::default() };
    let mut rig = connected(model.clone(), FxoSettings::default(), plan.clone());
    rig.run(2_000);
    let from = rig.rx.len() - 8_000;
    assert!((level(&rig.rx[from..]) + 6.0).abs() < 0.5, "{}", level(&rig.rx[from..]));
    let settings = FxoSettings { rx_gain_db: -12.0, tx_gain_db: -6.0, ..FxoSettings::default() };
    let mut rig = connected(model, settings, plan);
    rig.tx = std::array::from_fn(|n| (n as i16 % 20) * 200 - 2000);
    rig.run(2_000);
    let from = rig.rx.len() - 8_000;
    assert!((level(&rig.rx[from..]) + 11.0).abs() < 0.7, "{}", level(&rig.rx[from..]));
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    let sent = rig.tx;
    assert!((level(&heard[4_000..]) - (level(&sent) - 6.0)).abs() < 0.5);
}
