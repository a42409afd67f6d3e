//! A second call waits for a handset in a call: the tone, and who it is.

use crate::common::{FxsRig, caller, fxs_with, level};
use tipring_analog::{FskSending, FxsSettings};
use tipring_dsp::ToneCadence;
use tipring_dsp::caller_id::{MessageForm, Modem};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId};
use tipring_sim::{Display, EndsOn, HandsetEvent, HandsetPlan, LineModel, Speech, Telephone};

fn tone(amplitude: f32, hz: f32, samples: usize) -> Vec<i16> {
    let turn = core::f32::consts::TAU * hz / 8000.0;
    (0..samples).map(|n| ((n as f32 * turn).sin() * amplitude) as i16).collect()
}

/// A handset with this display in a call, speaking all the time.
fn talking(settings: FxsSettings, display: Display, says: &[i16]) -> FxsRig {
    let set = Telephone { display, ends_on: EndsOn::Nothing, ..Telephone::default() };
    let mut rig = fxs_with(1, LineModel::default(), settings, set);
    let plan = HandsetPlan {
        answer_after_ms: Some(200),
        say: Some(Speech::from_samples(says)),
        repeat: true,
        ..HandsetPlan::default()
    };
    rig.control.set_plan(plan).unwrap();
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: caller("110"), pattern: 0 });
    rig.until(1_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
    rig.run(500);
    rig.handset();
    rig
}

fn wait(rig: &mut FxsRig, who: CallerId) {
    rig.command(ChannelCommand::CallWaiting { caller: who });
}

fn heard(rig: &mut FxsRig) -> Vec<i16> {
    let mut all = vec![];
    rig.control.take_heard(&mut all);
    all
}

#[test]
fn the_tone_is_mixed_with_the_call_and_comes_again() {
    let settings = FxsSettings { call_waiting_caller_id: false, ..FxsSettings::default() };
    let mut rig = talking(settings, Display::OnHook, &[0; 8]);
    heard(&mut rig);
    wait(&mut rig, caller("13800138000"));
    rig.run(9_600);
    let all = heard(&mut rig);
    // China: 450 Hz for 400 ms every 4.4 s at −20 dBm0, less 3 dB of line.
    for burst in 0..3 {
        let from = burst * 8 * 4_400;
        assert!((level(&all[from + 320..from + 2_880]) + 23.0).abs() < 1.0, "burst {burst}");
    }
    assert!(level(&all[8 * 600..8 * 4_300]) < -55.0);
    // The call's audio goes on beneath.
    let speech = tone(2000.0, 1000.0, 160);
    rig.tx.copy_from_slice(&speech);
    rig.run(200);
    heard(&mut rig);
    let from = rig.rx.len();
    rig.run(4_400);
    let all = heard(&mut rig);
    let quietest = all.chunks(800).map(level).fold(f32::MAX, f32::min);
    assert!(quietest > level(&speech) - 4.0, "{quietest}");
    assert!(rig.rx[from..].iter().any(|s| *s != 0));
    assert!(!rig.handset().contains(&HandsetEvent::Acknowledged));
}

#[test]
fn a_tone_that_a_country_sends_a_few_times_is_sent_as_often() {
    let mut settings = FxsSettings { call_waiting_caller_id: false, ..FxsSettings::default() };
    settings.tones.call_waiting = ToneCadence::single(425, -15.0, &[200, 800]).times(3);
    let mut rig = talking(settings, Display::OnHook, &[0; 8]);
    heard(&mut rig);
    wait(&mut rig, caller("110"));
    rig.run(8_000);
    let sounds: Vec<bool> = heard(&mut rig).chunks(800).map(|c| level(c) > -30.0).collect();
    let bursts = sounds.windows(2).filter(|w| !w[0] && w[1]).count() + usize::from(sounds[0]);
    assert_eq!(bursts, 3, "{sounds:?}");
}

#[test]
fn a_display_for_calls_is_asked_acknowledges_and_shows_who_waits() {
    for (modem, form) in [
        (Modem::Bell202, MessageForm::Mdmf),
        (Modem::Bell202, MessageForm::Sdmf),
        (Modem::V23, MessageForm::Mdmf),
    ] {
        let fsk = FskSending { modem, form, ..FskSending::default() };
        // The handset says a faint tone, so that what the switch hears can be told apart.
        let says = tone(1000.0, 600.0, 8_000);
        let settings = FxsSettings { fsk, detect_digits: false, ..FxsSettings::default() };
        let mut rig = talking(settings, Display::InCalls, &says);
        let mut who = caller("13800138000");
        who.name.push_str("李雷");
        rig.tx.copy_from_slice(&tone(3000.0, 1000.0, 160));
        wait(&mut rig, who);
        let from = rig.rx.len();
        rig.run(3_000);
        let expected = match form {
            MessageForm::Mdmf => who,
            MessageForm::Sdmf => caller("13800138000"),
        };
        let events = rig.handset();
        let wanted = [HandsetEvent::Acknowledged, HandsetEvent::SecondCaller(expected)];
        assert_eq!(events, wanted, "{modem:?} {form:?}");
        // The far side hears neither the acknowledgement nor the message: silence meanwhile.
        let rx = &rig.rx[from..];
        let muted = rx.chunks(160).filter(|f| f.iter().all(|s| *s == 0)).count() * 20;
        assert!((500..1_600).contains(&muted), "muted for {muted} ms");
        let loudest = rx.chunks(160).map(level).fold(f32::MIN, f32::max);
        assert!(loudest < level(&says) + 3.0, "an acknowledgement passed: {loudest} dBm0");
        assert_eq!(rig.digits(), "", "the acknowledgement is no key");
        // Then both hear each other again.
        let from = rig.rx.len();
        heard(&mut rig);
        rig.run(400);
        assert!(level(&rig.rx[from..]) > -35.0 && level(&heard(&mut rig)) > -25.0);
    }
}

#[test]
fn a_handset_that_knows_nothing_of_it_costs_a_moment() {
    let mut rig = talking(FxsSettings::default(), Display::OnHook, &tone(1000.0, 600.0, 8_000));
    wait(&mut rig, caller("13800138000"));
    let from = rig.rx.len();
    rig.run(2_000);
    let muted = rig.rx[from..].chunks(160).filter(|f| f.iter().all(|s| *s == 0)).count() * 20;
    // The alerting signal, 165 ms, and what the port's buffers and the detector take.
    assert!((300..=460).contains(&muted), "muted for {muted} ms");
    assert_eq!(rig.handset(), []);
}

#[test]
fn the_call_that_waited_goes_away_at_any_moment() {
    for ms in (0..2_500).step_by(60) {
        let mut rig = talking(FxsSettings::default(), Display::InCalls, &tone(500.0, 600.0, 800));
        wait(&mut rig, caller("13800138000"));
        rig.run(ms);
        rig.command(ChannelCommand::CallWaitingEnd);
        rig.run(400);
        heard(&mut rig);
        let from = rig.rx.len();
        rig.run(5_000);
        // It is over: no tone any more, audio passes, the call still is.
        assert!(level(&heard(&mut rig)) < -40.0, "{ms} ms");
        assert!(level(&rig.rx[from..]) > -45.0, "{ms} ms");
        rig.command(ChannelCommand::Release(Cause::NormalClearing));
        assert_eq!(rig.until_released(100).1, Cause::NormalClearing);
    }
}

#[test]
fn a_flash_takes_it_a_second_one_replaces_it() {
    let mut rig = talking(FxsSettings::default(), Display::InCalls, &[0; 8]);
    wait(&mut rig, caller("13800138000"));
    rig.run(2_500);
    wait(&mut rig, caller("13912345678"));
    rig.run(2_500);
    let shown: Vec<_> =
        rig.handset().into_iter().filter(|e| matches!(e, HandsetEvent::SecondCaller(_))).collect();
    let expected = ["13800138000", "13912345678"].map(|n| HandsetEvent::SecondCaller(caller(n)));
    assert_eq!(shown, expected);
    rig.control.flash(200).unwrap();
    rig.until(600, "flash", |e| *e == ChannelEvent::HookFlash);
    rig.command(ChannelCommand::CallWaitingEnd);
    rig.run(100);
    assert_eq!(rig.channel.faults().commands_refused, 0);
}

#[test]
fn nobody_waits_for_a_handset_that_is_in_no_call() {
    let mut rig = talking(FxsSettings::default(), Display::InCalls, &[0; 8]);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    wait(&mut rig, caller("110"));
    assert_eq!(rig.channel.faults().commands_refused, 1);
}
