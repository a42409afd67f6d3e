//! The handset of every country: it is rung, told who calls, and hears tones as its plan says.

use crate::common::{FxsRig, caller, fxs, level};
use tipring_analog::plans::{CallerIdKind, CountryPlan};
use tipring_analog::{CallerIdSending, FxsSettings};
use tipring_line::{Cause, ChannelCommand, ChannelEvent, Endpoint, PortId};
use tipring_sim::{HandsetEvent, HandsetPlan, LineModel};

fn heard(rig: &mut FxsRig) -> Vec<i16> {
    let mut all = vec![];
    rig.control.take_heard(&mut all);
    all
}

fn ring(rig: &mut FxsRig) {
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: caller("02164301440"), pattern: 0 });
}

#[test]
fn the_handsets_of_every_country_are_rung_and_shown_who_calls() {
    let mut shown = 0;
    for code in CountryPlan::codes() {
        let plan = CountryPlan::named(code).unwrap();
        let settings = FxsSettings::from_plan(&plan);
        assert_eq!(settings.ringing.times_ms(), plan.ringing.ms.on_off_ms(), "{code}");
        assert_eq!(
            settings.caller_id == CallerIdSending::None,
            plan.caller_id.usual == CallerIdKind::None,
            "{code}"
        );
        let mut rig = fxs(LineModel::default(), settings);
        ring(&mut rig);
        rig.run(9_000);
        let events = rig.handset();
        assert!(events.contains(&HandsetEvent::Ringing), "{code}: {events:?}");
        let who = HandsetEvent::Caller(caller("02164301440"));
        let expected = plan.caller_id.usual != CallerIdKind::None;
        assert_eq!(events.contains(&who), expected, "{code}: {events:?}");
        shown += u32::from(expected);
    }
    assert!(shown >= 40, "only {shown} countries tell who calls");
}

#[test]
fn the_tones_of_every_country_are_heard_as_planned() {
    for code in CountryPlan::codes() {
        let plan = CountryPlan::named(code).unwrap();
        let mut settings = FxsSettings::from_plan(&plan);
        settings.call_waiting_caller_id = false;
        let tones = settings.tones;
        let mut rig = fxs(LineModel::default(), settings);
        rig.control.lift().unwrap();
        rig.run(1_000);
        let dial = heard(&mut rig);
        let loudest = |samples: &[i16]| samples.chunks(160).map(level).fold(f32::MIN, f32::max);
        // Two frequencies add 3 dB, beats and modulation up to 3 more; the line takes 3.
        let planned = tones.dial.level_dbm0() - 3.0;
        let got = loudest(&dial);
        assert!((planned - 1.0..planned + 6.5).contains(&got), "{code}: dial tone {got} dBm0");
        rig.control.hang_up().unwrap();
        rig.run(1_500);
        let answer = HandsetPlan { answer_after_ms: Some(200), ..HandsetPlan::default() };
        rig.control.set_plan(answer).unwrap();
        ring(&mut rig);
        rig.until(8_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
        rig.run(200);
        heard(&mut rig);
        rig.command(ChannelCommand::CallWaiting { caller: caller("110") });
        rig.run(1_000);
        let waiting = loudest(&heard(&mut rig));
        let planned = tones.call_waiting.level_dbm0() - 3.0;
        assert!(
            (planned - 1.5..planned + 6.5).contains(&waiting),
            "{code}: waiting {waiting} dBm0"
        );
        rig.command(ChannelCommand::Release(Cause::UserBusy));
        rig.run(1_000);
        assert!(loudest(&heard(&mut rig)) > tones.busy.level_dbm0() - 4.5, "{code}: busy tone");
    }
}
