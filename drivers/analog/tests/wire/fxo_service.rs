//! What a technician does on a line of a running box.

use crate::common::{FxoRig, Rig};
use tipring_analog::line_test::{LineTestSettings, Verdict};
use tipring_analog::plans::{CallerIdKind, CountryPlan};
use tipring_analog::{Fxo, FxoSettings, LineService, ServiceError, ServiceReport};
use tipring_dsp::{ProgressPlan, ToneCadence};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId};
use tipring_sim::{
    CallPlan, CallerIdDelivery, DtmfDelivery, ExchangeTones, LineModel, exchange_line,
};

fn rig(model: LineModel) -> (FxoRig, LineService) {
    let (port, control) = exchange_line(1, model);
    let (channel, service) = Fxo::with_service(port, FxoSettings::default());
    (Rig::new(channel, control), service)
}

fn test_settings() -> LineTestSettings {
    LineTestSettings::new(&CountryPlan::china(), 0)
}

/// Exchanges wait longer for the second digit than the simulated one does by default.
fn patient() -> LineModel {
    LineModel { digit_pause_ms: 15_000, ..LineModel::default() }
}

fn seize(rig: &mut FxoRig) {
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    let number = "110".parse().unwrap();
    rig.command(ChannelCommand::Dial { number, caller: CallerId::default() });
}

fn report_within(rig: &mut FxoRig, service: &mut LineService, ms: u64) -> ServiceReport {
    for _ in 0..ms / 20 {
        rig.step();
        if let Some(report) = service.poll() {
            return report;
        }
    }
    panic!("no report within {ms} ms; events: {:?}", rig.events);
}

#[test]
fn a_good_line_is_tested_between_two_calls() {
    let (mut rig, mut service) = rig(patient());
    service.test(test_settings()).unwrap();
    assert_eq!(service.test(test_settings()), Err(ServiceError::Busy));
    let ServiceReport::Tested(report) = report_within(&mut rig, &mut service, 30_000) else {
        panic!("not tested");
    };
    assert_eq!(report.verdict, Verdict::Good);
    assert!(rig.events.is_empty(), "the switch hears nothing of it: {:?}", rig.events);
    rig.run(3_000);
    rig.control.place_call(CallPlan::default()).unwrap();
    rig.until_offered(10_000);
}

#[test]
fn the_balance_that_fits_is_found_and_kept() {
    let model = LineModel { fitting_balance: 2, ..patient() };
    let (mut rig, mut service) = rig(model);
    assert_eq!(service.balances(), 3);
    service.test(LineTestSettings::new(&CountryPlan::china(), service.balances())).unwrap();
    let report = report_within(&mut rig, &mut service, 40_000);
    let ServiceReport::Tested(report) = report else { panic!("{report:?}") };
    let losses: Vec<f32> = report.echoes.iter().map(|echo| echo.loss_db.round()).collect();
    assert_eq!((report.balance, report.verdict), (Some(2), Verdict::Good), "{losses:?}");
    assert!(losses[2] >= losses[0] + 5.0 && losses[2] >= losses[1] + 5.0, "{losses:?}");
}

#[test]
fn how_the_last_call_told_its_caller_is_part_of_the_report() {
    let dtmf = CallerIdDelivery::Dtmf(DtmfDelivery::default());
    let fsk = patient().caller_id;
    for (caller_id, kind) in [
        (fsk, CallerIdKind::Fsk),
        (dtmf, CallerIdKind::Dtmf),
        (CallerIdDelivery::None, CallerIdKind::None),
    ] {
        let (mut rig, mut service) = rig(LineModel { caller_id, ..patient() });
        let caller = CallerId::from_number("13800138000".parse().unwrap());
        let patience_ms = Some(8_000);
        rig.control.place_call(CallPlan { caller, patience_ms, ..CallPlan::default() }).unwrap();
        rig.until_offered(10_000);
        rig.until_released(20_000);
        rig.run(3_000);
        service.test(test_settings()).unwrap();
        let report = report_within(&mut rig, &mut service, 30_000);
        let ServiceReport::Tested(report) = report else { panic!("{report:?}") };
        assert_eq!(report.caller_id, Some(kind));
    }
}

#[test]
fn a_call_goes_before_a_test() {
    let (mut rig, mut service) = rig(patient());
    service.test(test_settings()).unwrap();
    rig.run(4_000);
    seize(&mut rig);
    let report = report_within(&mut rig, &mut service, 40);
    let ServiceReport::Tested(report) = report else { panic!("{report:?}") };
    assert_eq!(report.verdict, Verdict::Cancelled);
    rig.until(20_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
}

#[test]
fn a_line_that_carries_a_call_is_not_tested() {
    let (mut rig, mut service) = rig(LineModel::default());
    rig.control.place_call(CallPlan::default()).unwrap();
    rig.until_offered(10_000);
    service.test(test_settings()).unwrap();
    assert_eq!(report_within(&mut rig, &mut service, 40), ServiceReport::InUse);
    rig.command(ChannelCommand::Answer);
    rig.run(2_000);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 0);
}

/// An exchange whose release tone no plan knows.
fn foreign() -> LineModel {
    let mut model = LineModel::default();
    let busy = ToneCadence::single(620, -14.0, &[180, 260]);
    model.tones = ExchangeTones { busy, ..model.tones };
    model
}

/// Answers a call whose caller hangs up after three seconds.
fn call(rig: &mut FxoRig) {
    rig.control.place_call(CallPlan { talk_ms: Some(3_000), ..CallPlan::default() }).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
}

#[test]
fn the_release_tone_is_learnt_and_used() {
    let (mut rig, mut service) = rig(foreign());
    service.learn().unwrap();
    call(&mut rig);
    let ServiceReport::Learnt(tone) = report_within(&mut rig, &mut service, 12_000) else {
        panic!("not learnt: {:?}", rig.events);
    };
    assert!((tone.hz[0] - 620.0).abs() < 3.0, "{tone:?}");
    let times = tone.on_off_ms();
    assert!(times[0].abs_diff(180) <= 10 && times[1].abs_diff(260) <= 10, "{times:?}");
    assert_eq!(rig.count(|e| *e == ChannelEvent::Released(Cause::NormalClearing)), 1);

    let mut plan = ProgressPlan::china();
    assert!(plan.add_disconnect(tone.cadence()));
    service.listen_for(&plan).unwrap();
    rig.run(4_000);
    call(&mut rig);
    let hung_up = rig.ms() + 3_000;
    let (released, _) = rig.until_released(10_000);
    assert!(released < hung_up + 4 * 440, "{released} for {hung_up}");
}

#[test]
fn a_call_that_ends_unlearnt_is_told() {
    let (mut rig, mut service) = rig(LineModel::default());
    service.learn().unwrap();
    rig.control.place_call(CallPlan::default()).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    rig.run(2_000);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    assert_eq!(report_within(&mut rig, &mut service, 40), ServiceReport::NotLearnt);
    service.learn().unwrap();
    service.cancel();
    assert_eq!(report_within(&mut rig, &mut service, 40), ServiceReport::NotLearnt);
}
