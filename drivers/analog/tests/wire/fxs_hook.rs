//! The hook in calls: flashes, pulses, disturbances, and handsets put back.

use crate::common::{FxsRig, caller, digits, fxs, fxs_with};
use tipring_analog::{Completion, DialPlan, FxsSettings, HookTiming};
use tipring_clock::Duration;
use tipring_line::{Cause, ChannelCommand, ChannelEvent, DigitSource, Endpoint, PortId};
use tipring_sim::{Dialling, Disturbances, EndsOn, HandsetPlan, LineModel, Telephone};

fn settings() -> FxsSettings {
    let mut dial_plan = DialPlan::default();
    dial_plan.add("8", Completion::Length(4));
    FxsSettings { dial_plan, ..FxsSettings::default() }
}

fn flashes(rig: &FxsRig) -> usize {
    rig.count(|e| *e == ChannelEvent::HookFlash)
}

fn releases(rig: &FxsRig) -> usize {
    rig.count(|e| matches!(e, ChannelEvent::Released(_)))
}

/// In a call that the handset answered.
fn in_call(seed: u64, settings: FxsSettings, set: Telephone) -> FxsRig {
    let mut rig = fxs_with(seed, LineModel::default(), settings, set);
    rig.control
        .set_plan(HandsetPlan { answer_after_ms: Some(500), ..HandsetPlan::default() })
        .unwrap();
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: caller("110"), pattern: 0 });
    rig.until(2_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
    rig.run(300);
    rig
}

#[test]
fn openings_are_told_apart_by_their_length() {
    for bounce_ms in [0, 4] {
        let set = Telephone { bounce_ms, ends_on: EndsOn::Nothing, ..Telephone::default() };
        for (ms, flash, released) in [
            (10, 0, 0),
            (40, 0, 0),
            (58, 0, 0),
            (100, 1, 0),
            (200, 1, 0),
            (600, 1, 0),
            (760, 1, 0),
            (900, 0, 1),
            (1_200, 0, 1),
        ] {
            let mut rig = in_call(7, settings(), set);
            rig.control.flash(ms).unwrap();
            rig.run(1_800);
            assert_eq!(flashes(&rig), flash, "{ms} ms, bounce {bounce_ms}");
            assert_eq!(releases(&rig), released, "{ms} ms, bounce {bounce_ms}");
        }
    }
}

#[test]
fn a_flash_is_told_soon_after_it() {
    let mut rig = in_call(1, settings(), Telephone::default());
    let began = rig.ms();
    rig.control.flash(300).unwrap();
    let at = rig.until(1_000, "flash", |e| *e == ChannelEvent::HookFlash);
    assert!((400..=460).contains(&(at - began)), "{}", at - began);
}

#[test]
fn a_call_being_offered_can_be_flashed_too() {
    let mut rig = fxs(LineModel::default(), settings());
    rig.control.dial(digits("8002")).unwrap();
    rig.until(3_000, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
    rig.run(300);
    rig.control.flash(200).unwrap();
    rig.until(1_000, "flash", |e| *e == ChannelEvent::HookFlash);
}

#[test]
fn disturbances_do_nothing_to_a_call() {
    let disturbances = Some(Disturbances { a_minute: 10.0, ms_max: 55 });
    let mut counted = 0;
    for seed in 0..10 {
        let set = Telephone { disturbances, ..Telephone::default() };
        let mut rig = in_call(seed, settings(), set);
        rig.run(60_000);
        assert_eq!((flashes(&rig), releases(&rig)), (0, 0), "seed {seed}");
        assert_eq!(rig.digits(), "", "seed {seed}");
        counted += rig.channel.faults().loop_disturbances;
    }
    assert!(counted > 50, "only {counted} disturbances");
}

#[test]
fn digits_by_pulses_in_a_call_are_told_as_such() {
    let dialling = Dialling::Pulses { rate: 10.0, ratio: 2.0, pause_ms: 600 };
    let set = Telephone { dialling, bounce_ms: 3, ..Telephone::default() };
    let mut rig = in_call(1, FxsSettings { detect_digits: false, ..settings() }, set);
    rig.control.press(digits("2590")).unwrap();
    rig.run(7_000);
    assert_eq!(rig.digits(), "2590");
    let by_pulse =
        |e: &ChannelEvent| matches!(e, ChannelEvent::Digit { source: DigitSource::Pulse, .. });
    assert_eq!(rig.count(by_pulse), 4);
    assert_eq!((flashes(&rig), releases(&rig)), (0, 0));
    // One pulse alone could be a disturbance; a setting believes it.
    rig.control.press(digits("1")).unwrap();
    rig.run(2_000);
    assert_eq!(rig.digits(), "2590");
    let hook = HookTiming { pulses_in_call_min: 1, ..HookTiming::default() };
    let mut rig = in_call(1, FxsSettings { hook, ..settings() }, set);
    rig.control.press(digits("12")).unwrap();
    rig.run(3_000);
    assert_eq!(rig.digits(), "12");
}

#[test]
fn a_handset_put_back_with_clatter_has_hung_up_once() {
    for seed in 0..30 {
        let set = Telephone { bounce_ms: 30, ..Telephone::default() };
        let mut rig = in_call(seed, settings(), set);
        rig.control.hang_up().unwrap();
        let (_, cause) = rig.until_released(1_100);
        assert_eq!(cause, Cause::NormalClearing);
        rig.run(1_000);
        assert_eq!((flashes(&rig), releases(&rig)), (0, 1), "seed {seed}");
    }
}

#[test]
fn the_window_of_flashes_is_a_setting() {
    // North America: 300–1,000 ms.
    let hook = HookTiming {
        flash_min: Duration::from_millis(300),
        flash_max: Duration::from_millis(1_000),
        ..HookTiming::default()
    };
    for (ms, flash, released) in [(100, 0, 0), (200, 0, 0), (400, 1, 0), (960, 1, 0), (1_100, 0, 1)]
    {
        let mut rig = in_call(1, FxsSettings { hook, ..settings() }, Telephone::default());
        rig.control.flash(ms).unwrap();
        rig.run(1_800);
        assert_eq!((flashes(&rig), releases(&rig)), (flash, released), "{ms} ms");
    }
}

#[test]
fn a_short_closing_neither_answers_nor_seizes() {
    let glitch = |rig: &mut FxsRig| {
        rig.control.lift().unwrap();
        rig.run(40);
        rig.control.hang_up().unwrap();
        rig.run(400);
    };
    let mut rig = fxs(LineModel::default(), settings());
    glitch(&mut rig);
    assert_eq!(rig.events, []);
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: caller("110"), pattern: 0 });
    rig.run(300);
    glitch(&mut rig);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Answered(_))), 0);
    // It goes on ringing, and can be answered.
    rig.run(6_000);
    rig.control.lift().unwrap();
    rig.until(200, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
}
