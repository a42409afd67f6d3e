//! How calls end for the handset: tones, the howler, polarity, battery drop; and a port that
//! fails in a call.

use crate::common::{FxsRig, caller, digits, fxs, fxs_with, level};
use tipring_analog::{Completion, DialPlan, FxsSettings, Howler};
use tipring_clock::Duration;
use tipring_line::{Alarm, Cause, ChannelCommand, ChannelEvent, Endpoint, LinePolarity, PortId};
use tipring_sim::{EndsOn, HandsetEvent, HandsetPlan, LineModel, Telephone};

fn settings() -> FxsSettings {
    let mut dial_plan = DialPlan::default();
    dial_plan.add("8", Completion::Length(4));
    FxsSettings { dial_plan, ..FxsSettings::default() }
}

fn offer(rig: &mut FxsRig) {
    rig.control.dial(digits("8002")).unwrap();
    rig.until(3_000, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
}

fn answered(rig: &mut FxsRig) {
    let plan = HandsetPlan { answer_after_ms: Some(200), ..HandsetPlan::default() };
    rig.control.set_plan(plan).unwrap();
    ring(rig);
    rig.until(1_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
}

fn ring(rig: &mut FxsRig) {
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: caller("110"), pattern: 0 });
}

fn heard(rig: &mut FxsRig) -> Vec<i16> {
    let mut all = vec![];
    rig.control.take_heard(&mut all);
    all
}

#[test]
fn the_tone_says_why() {
    let stays = Telephone { ends_on: EndsOn::Nothing, ..Telephone::default() };
    for (cause, on_ms) in [
        (Cause::UserBusy, 350),
        (Cause::NormalClearing, 350),
        (Cause::Congestion, 700),
        (Cause::UnallocatedNumber, 100),
    ] {
        let mut rig = fxs_with(1, LineModel::default(), settings(), stays);
        offer(&mut rig);
        rig.command(ChannelCommand::Release(cause));
        heard(&mut rig);
        rig.run(4_000);
        let all = heard(&mut rig);
        let sounds: Vec<bool> = all.chunks(80).map(|c| level(c) > -30.0).collect();
        let first = sounds.iter().skip_while(|s| !**s).take_while(|s| **s).count() * 10;
        assert!(first.abs_diff(on_ms) <= 20, "{cause:?}: {first} ms");
    }
}

#[test]
fn the_howler_rises_to_nought_and_ends_in_silence() {
    let howler = Howler {
        step: Duration::from_secs(1),
        in_all: Duration::from_secs(6),
        ..Howler::default()
    };
    let settings = FxsSettings { busy_max: Duration::from_secs(2), howler, ..settings() };
    let stays = Telephone { ends_on: EndsOn::Nothing, ..Telephone::default() };
    let mut rig = fxs_with(1, LineModel::default(), settings, stays);
    answered(&mut rig);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.run(2_040);
    heard(&mut rig);
    for (second, expected) in [-20.0, -15.0, -10.0, -5.0, 0.0, 0.0, -96.0].into_iter().enumerate() {
        rig.run(1_000);
        let samples = heard(&mut rig);
        let got = level(&samples[800..7_200]);
        let expected: f32 = expected - 3.0;
        let right = if expected < -50.0 { got < -50.0 } else { (got - expected).abs() < 0.5 };
        assert!(right, "second {second}: {got} dBm0, not {expected}");
        let peak = samples.iter().map(|s| s.unsigned_abs()).max();
        assert!(peak < Some(23_000), "the howler overloads: {peak:?}");
    }
    // Left alone it is busy; put back it rings again.
    ring(&mut rig);
    assert_eq!(rig.until_released(100).1, Cause::UserBusy);
    rig.control.hang_up().unwrap();
    rig.run(400);
    ring(&mut rig);
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
}

#[test]
fn the_howler_is_known_as_such() {
    let settings = FxsSettings { busy_max: Duration::from_secs(1), ..settings() };
    let stays = Telephone { ends_on: EndsOn::Nothing, ..Telephone::default() };
    let mut rig = fxs_with(1, LineModel::default(), settings, stays);
    rig.control.lift().unwrap();
    rig.run(22_000);
    assert!(rig.handset().contains(&HandsetEvent::Howler));
}

#[test]
fn polarity_is_reversed_while_a_call_is_answered() {
    let reversing = FxsSettings { reversal_on_answer: true, ..settings() };
    let polarities = |rig: &mut FxsRig| {
        let polarity = |e| if let HandsetEvent::Polarity(p) = e { Some(p) } else { None };
        rig.handset().into_iter().filter_map(polarity).collect::<Vec<_>>()
    };
    let mut rig = fxs(LineModel::default(), reversing.clone());
    offer(&mut rig);
    rig.command(ChannelCommand::Alert);
    rig.run(1_000);
    assert_eq!(polarities(&mut rig), []);
    rig.command(ChannelCommand::Answer);
    rig.run(1_000);
    assert_eq!(polarities(&mut rig), [LinePolarity::Reverse]);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.run(100);
    assert_eq!(polarities(&mut rig), [LinePolarity::Forward]);
    // The handset's own hanging up brings it back too; a call to it does not reverse.
    rig.run(5_000);
    offer(&mut rig);
    rig.command(ChannelCommand::Answer);
    rig.control.hang_up().unwrap();
    rig.run(1_000);
    assert_eq!(polarities(&mut rig), [LinePolarity::Reverse, LinePolarity::Forward]);
    answered(&mut rig);
    rig.run(500);
    assert_eq!(polarities(&mut rig), []);
}

#[test]
fn equipment_learns_of_the_end_by_a_battery_drop() {
    let dropping = FxsSettings { battery_drop: Some(Duration::from_millis(600)), ..settings() };
    let equipment = Telephone { ends_on: EndsOn::LoopDrop, ..Telephone::default() };
    let mut rig = fxs_with(1, LineModel::default(), dropping.clone(), equipment);
    answered(&mut rig);
    rig.handset();
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.run(1_000);
    let events = rig.handset();
    assert!(matches!(events[0], HandsetEvent::HungUp { .. }), "{events:?}");
    let HandsetEvent::LoopDropped { ms } = events[1] else { panic!("{events:?}") };
    assert!((580..=640).contains(&ms), "{ms}");
    // It is free at once, and was told once.
    ring(&mut rig);
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 1);

    // A person hears busy tone after it, is not taken for having hung up, and hangs up.
    let mut rig = fxs_with(1, LineModel::default(), dropping, Telephone::default());
    answered(&mut rig);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.run(1_500);
    ring(&mut rig);
    assert_eq!(rig.until_released(100).1, Cause::UserBusy);
    rig.run(5_000);
    assert!(rig.handset().contains(&HandsetEvent::Busy));
    ring(&mut rig);
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
}

#[test]
fn a_port_that_fails_in_a_call_ends_it_and_comes_back() {
    let mut rig = fxs(LineModel::default(), settings());
    answered(&mut rig);
    rig.control.fail_port(5_000).unwrap();
    assert_eq!(rig.until_released(100).1, Cause::NetworkOutOfOrder);
    rig.run(1_000);
    assert_eq!(rig.count(|e| *e == ChannelEvent::Alarm(Some(Alarm::DeviceLost))), 1);
    ring(&mut rig);
    assert_eq!(rig.until_released(100).1, Cause::DestinationOutOfOrder);
    rig.until(6_000, "all well", |e| *e == ChannelEvent::Alarm(None));
    // The handset still is off-hook: it hears dial tone, and is busy until it is put back.
    rig.run(200);
    ring(&mut rig);
    assert_eq!(rig.until_released(100).1, Cause::UserBusy);
    heard(&mut rig);
    rig.run(1_000);
    assert!(level(&heard(&mut rig)) > -20.0, "no dial tone");
    rig.control.hang_up().unwrap();
    rig.run(1_000);
    ring(&mut rig);
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
    // An outage while ringing ends that too.
    rig.control.fail_port(500).unwrap();
    assert_eq!(rig.until_released(200).1, Cause::NetworkOutOfOrder);
}

#[test]
fn gains_apply_to_the_call_and_not_to_tones() {
    for (to, from) in [(0.0, 0.0), (-7.0, 0.0), (-3.5, 2.0), (6.0, -6.0)] {
        let settings =
            FxsSettings { gain_to_handset_db: to, gain_from_handset_db: from, ..settings() };
        let model = LineModel { box_echo: tipring_sim::EchoPath::none(), ..LineModel::default() };
        let mut rig = fxs(model, settings);
        rig.control.lift().unwrap();
        rig.run(1_000);
        let tone = heard(&mut rig);
        assert!((level(&tone[4_000..]) + 13.0).abs() < 0.2, "dial tone");
        rig.control.hang_up().unwrap();
        rig.run(1_000);
        let say: Vec<i16> = (0..8_000).map(|n| (n % 40 * 100 - 2_000) as i16).collect();
        let plan = HandsetPlan {
            answer_after_ms: Some(200),
            say: Some(tipring_sim::Speech::from_samples(&say)),
            repeat: true,
            ..HandsetPlan::default()
        };
        rig.control.set_plan(plan).unwrap();
        ring(&mut rig);
        rig.until(1_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
        rig.tx = std::array::from_fn(|n| (n as i16 % 16) * 300 - 2_400);
        let sent = rig.tx;
        rig.run(200);
        heard(&mut rig);
        let before = rig.rx.len();
        rig.run(1_000);
        let got = level(&heard(&mut rig));
        assert!((got - (level(&sent) - 3.0 + to)).abs() < 0.7, "{got} to the handset, {to} dB");
        let got = level(&rig.rx[before..]);
        assert!((got - (level(&say) - 3.0 + from)).abs() < 0.7, "{got} from it, {from} dB");
    }
}
