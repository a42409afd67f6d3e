//! New settings for a line and a handset of a running box: taken when nothing goes on.

use crate::common::{Rig, caller, fxo, level};
use tipring_analog::{Fxo, FxoSettings, Fxs, FxsSettings, HotLine};
use tipring_clock::Duration;
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Number};
use tipring_sim::{CallPlan, HandsetPlan, LineModel, Speech, Telephone, exchange_line, telephone};

#[test]
fn a_line_takes_new_settings_between_two_calls() {
    let (port, control) = exchange_line(1, LineModel::default());
    let (line, _service, mut link) = Fxo::with_links(port, FxoSettings::default());
    let mut rig = Rig::new(line, control);
    let tone: Vec<i16> = (0..160_000).map(|n| if n % 16 < 8 { 4000 } else { -4000 }).collect();
    let say = Some(Speech::from_samples(&tone));
    let plan = CallPlan { caller: caller("110"), say, talk_ms: Some(5_000), ..CallPlan::default() };
    let mut heard = vec![];
    for _ in 0..2 {
        rig.control.place_call(plan.clone()).unwrap();
        rig.until_offered(10_000);
        rig.command(ChannelCommand::Answer);
        rig.run(2_000);
        // Given in mid-call, it waits for the end of it.
        let settings = FxoSettings { rx_gain_db: -10.0, ..FxoSettings::default() };
        link.renew(settings);
        rig.run(1_000);
        assert!(!link.is_taken(), "a call goes on");
        heard.push(level(&rig.rx[rig.rx.len() - 4000..]));
        rig.until_released(20_000);
        rig.run(5_000);
        assert!(link.is_taken());
        rig.events.clear();
    }
    let quieter = heard[0] - heard[1];
    assert!((quieter - 10.0).abs() < 1.0, "{quieter} dB quieter: {heard:?}");
}

#[test]
fn a_test_and_the_rest_after_it_do_not_keep_settings_waiting_for_ever() {
    let (port, control) = exchange_line(1, LineModel::default());
    let (line, _service, mut link) = Fxo::with_links(port, FxoSettings::default());
    let mut rig = Rig::new(line, control);
    link.renew(FxoSettings::default());
    rig.run(100);
    assert!(link.is_taken());
    // Settings given twice are both freed, and the last is in force.
    let number: Number = "5551000".parse().unwrap();
    link.renew(FxoSettings::default());
    link.renew(FxoSettings { number: Some(number), ..FxoSettings::default() });
    rig.run(100);
    assert!(link.is_taken());
    rig.control.place_call(CallPlan::default()).unwrap();
    let fits = |e: &ChannelEvent| matches!(e, ChannelEvent::Offered { called, .. } if *called == Some(number));
    rig.until(10_000, "offer for the number", fits);
}

#[test]
fn a_handset_takes_new_settings_when_it_is_put_back() {
    let (port, control) = telephone(1, LineModel::default(), Telephone::default());
    let (handset, mut link) = Fxs::with_renewal(port, FxsSettings::default());
    let mut rig = Rig::new(handset, control);
    rig.control.set_plan(HandsetPlan { talk_ms: Some(2_000), ..HandsetPlan::default() }).unwrap();
    rig.control.dial("8#".chars().filter_map(tipring_line::Digit::from_char).collect()).unwrap();
    rig.until(10_000, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
    let number: Number = "8102".parse().unwrap();
    let hot_line = Some(HotLine { number, after: Duration::ZERO });
    link.renew(FxsSettings { hot_line, ..FxsSettings::default() });
    rig.run(1_000);
    assert!(!link.is_taken(), "a call goes on");
    rig.control.hang_up().unwrap();
    rig.until_released(10_000);
    rig.run(1_000);
    assert!(link.is_taken());
    rig.control.dial("1".chars().filter_map(tipring_line::Digit::from_char).collect()).unwrap();
    let fits = |e: &ChannelEvent| matches!(e, ChannelEvent::Offered { called, .. } if *called == Some(number));
    rig.until(5_000, "a call to the hot line's number", fits);
}

#[test]
fn a_line_without_its_outer_ends_works_on() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control
        .place_call(CallPlan { caller: CallerId::default(), ..CallPlan::default() })
        .unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Release(Cause::UserBusy));
    assert_eq!(rig.until_released(1_000).1, Cause::UserBusy);
}
