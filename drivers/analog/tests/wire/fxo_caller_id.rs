//! Who calls, by every prelude an exchange knows, whole and damaged.

use crate::common::{caller, fxo};
use tipring_analog::{CallerSource, FxoSettings};
use tipring_dsp::caller_id::{DtmfCallerIdStyle, Modem};
use tipring_line::{CallerId, ChannelEvent};
use tipring_sim::{
    CallPlan, CallerIdDelivery, DtmfDelivery, FskAlert, FskDelivery, Gap, LineModel, Ringing,
};

fn plan(number: &str) -> CallPlan {
    CallPlan { caller: caller(number), ..CallPlan::default() }
}

fn fsk(alert: FskAlert) -> CallerIdDelivery {
    CallerIdDelivery::Fsk(FskDelivery { alert, modem: Modem::V23, ..FskDelivery::default() })
}

#[test]
fn fsk_is_read_after_every_alert() {
    for alert in
        [FskAlert::FirstBurst, FskAlert::RingPulse, FskAlert::AlertTone, FskAlert::Reversal]
    {
        let model = LineModel { caller_id: fsk(alert), ..LineModel::default() };
        let mut rig = fxo(model, FxoSettings::default());
        rig.run(500);
        rig.control.place_call(plan("02164301440")).unwrap();
        let (_, who) = rig.until_offered(12_000);
        assert_eq!(who, caller("02164301440"), "{alert:?}");
        assert_eq!(rig.channel.diagnostics().caller_source, Some(CallerSource::Fsk));
    }
}

#[test]
fn a_first_burst_too_short_to_count_still_brings_the_caller() {
    let mut ringing = Ringing::cadence(&[1000, 4000]);
    ringing.first_burst_ms = Some(100);
    let model = LineModel { ringing, ..LineModel::default() };
    let mut rig = fxo(model, FxoSettings::default());
    rig.control.place_call(plan("110")).unwrap();
    let (at, who) = rig.until_offered(12_000);
    assert_eq!(who, caller("110"));
    assert!((4_200..4_400).contains(&at), "with the burst that counts: {at}");
}

#[test]
fn double_ringing_is_no_second_round() {
    let model =
        LineModel { ringing: Ringing::cadence(&[400, 200, 400, 2000]), ..LineModel::default() };
    let mut rig = fxo(model, FxoSettings::default());
    rig.control.place_call(plan("110")).unwrap();
    assert_eq!(rig.until_offered(12_000).1, caller("110"));
    assert_eq!(rig.channel.diagnostics().ringing.cadence_ms[..3], [400, 200, 400]);
    assert_eq!(rig.channel.diagnostics().ringing.hz, Some(25));
}

#[test]
fn where_both_come_the_one_with_a_checksum_has_the_last_word() {
    let both = CallerIdDelivery::Both(FskDelivery::default(), DtmfDelivery::default());
    let model = LineModel { caller_id: both, ..LineModel::default() };
    let mut rig = fxo(model, FxoSettings::default());
    let mut call = plan("02164301440");
    call.caller.name.push_str("王小明");
    rig.control.place_call(call.clone()).unwrap();
    assert_eq!(rig.until_offered(12_000).1, caller("02164301440"));
    rig.until(5_000, "the name", |e| *e == ChannelEvent::CallerKnown(call.caller));
}

#[test]
fn a_damaged_caller_id_is_nobody_and_the_call_comes_all_the_same() {
    let slow = DtmfDelivery {
        style: DtmfCallerIdStyle::NumberHash,
        on_ms: 90,
        off_ms: 90,
        ..DtmfDelivery::default()
    };
    let dtmf = |style| CallerIdDelivery::Dtmf(DtmfDelivery { style, ..DtmfDelivery::default() });
    for (caller_id, at_ms) in [
        (fsk(FskAlert::FirstBurst), 500),
        (fsk(FskAlert::AlertTone), 450),
        // The fourth digit, the last one, and the start letter.
        (dtmf(DtmfCallerIdStyle::DNumberC), 130 * 4 - 10),
        (dtmf(DtmfCallerIdStyle::DNumberC), 130 * 11 - 10),
        (dtmf(DtmfCallerIdStyle::ANumberC), 0),
        (dtmf(DtmfCallerIdStyle::NumberHash), 130 * 5 - 10),
        // Digits so slow that the gap looks like their end: what follows is no number either.
        (CallerIdDelivery::Dtmf(slow), 180 * 5 - 10),
    ] {
        let gap = Some(Gap { at_ms, ms: 100 });
        let model = LineModel { caller_id, caller_id_gap: gap, ..LineModel::default() };
        let mut rig = fxo(model, FxoSettings::default());
        rig.control.place_call(plan("02164301440")).unwrap();
        let (_, who) = rig.until_offered(16_000);
        assert_eq!(who, CallerId::default(), "{caller_id:?}, {at_ms}");
        assert_eq!(rig.channel.faults().caller_id_damaged, 1, "{caller_id:?}, {at_ms}");
    }
}
