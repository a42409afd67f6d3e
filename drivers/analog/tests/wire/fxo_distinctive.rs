//! A line with several numbers, which its exchange tells apart by how it rings.

use crate::common::{caller, fxo};
use tipring_analog::{FxoSettings, LineRing, RingCadence};
use tipring_line::{ChannelEvent, Number};
use tipring_sim::{CallPlan, CallerIdDelivery, DtmfDelivery, LineModel, Ringing};

const OWN: &str = "5551000";
const DOUBLE: (&[u16], &str) = (&[400, 200, 400, 3000], "5552000");
const TRIPLE: (&[u16], &str) = (&[300, 200, 300, 200, 300, 2700], "5553000");

fn settings() -> FxoSettings {
    let ring = |(times, number): (&[u16], &str)| LineRing {
        cadence: RingCadence::from_times(times).unwrap(),
        number: number.parse().unwrap(),
    };
    FxoSettings {
        number: Some(OWN.parse().unwrap()),
        rings: [ring(DOUBLE), ring(TRIPLE)].into_iter().collect(),
        ..FxoSettings::default()
    }
}

/// Rings once so; gives the number called, when it was offered, and whether the caller was known.
fn called(ringing: Ringing, caller_id: CallerIdDelivery) -> (String, u64, bool) {
    let mut rig = fxo(LineModel { ringing, caller_id, ..LineModel::default() }, settings());
    rig.run(500);
    let plan = CallPlan { caller: caller("13800138000"), ..CallPlan::default() };
    rig.control.place_call(plan).unwrap();
    let (at, who) = rig.until_offered(20_000);
    let number = rig.events.iter().find_map(|(_, e)| match e {
        ChannelEvent::Offered { called, .. } => called.as_ref().map(Number::to_string),
        _ => None,
    });
    (number.expect("a number"), at - 500, who == caller("13800138000"))
}

fn plain() -> Ringing {
    Ringing::cadence(&[1000, 4000])
}

#[test]
fn each_cadence_is_a_number_of_its_own() {
    let fsk = LineModel::default().caller_id;
    for (ringing, number) in [
        (plain(), OWN),
        (Ringing::cadence(DOUBLE.0), DOUBLE.1),
        (Ringing::cadence(TRIPLE.0), TRIPLE.1),
    ] {
        let (told, at, known) = called(ringing, fsk);
        assert_eq!((told.as_str(), known), (number, true));
        assert!(at < 4_500, "with caller id, in the first pause: {at}");
    }
}

#[test]
fn an_exchange_20_percent_off_is_understood() {
    for times in [0.8f32, 1.2] {
        for (cadence, number) in [DOUBLE, TRIPLE] {
            let off: Vec<u16> = cadence.iter().map(|ms| (f32::from(*ms) * times) as u16).collect();
            let told = called(Ringing::cadence(&off), CallerIdDelivery::None);
            assert_eq!(told.0, number, "{off:?}");
        }
    }
}

#[test]
fn the_number_is_settled_before_the_offer_when_the_caller_was_told_before_ringing() {
    let dtmf = CallerIdDelivery::Dtmf(DtmfDelivery::default());
    let (told, _, known) = called(Ringing::cadence(DOUBLE.0), dtmf);
    assert_eq!((told.as_str(), known), (DOUBLE.1, true));
}

#[test]
fn a_first_burst_cut_short_is_judged_by_the_second_round() {
    let cut = Ringing { first_burst_ms: Some(180), ..Ringing::cadence(TRIPLE.0) };
    let whole = called(cut, CallerIdDelivery::None);
    assert_eq!(whole.0, TRIPLE.1);
    // So short that it is no burst at all: the round is the end of a longer one.
    for (cadence, number) in [DOUBLE, TRIPLE] {
        let cut = Ringing { first_burst_ms: Some(60), ..Ringing::cadence(cadence) };
        let (told, at, _) = called(cut, CallerIdDelivery::None);
        assert_eq!(told, number);
        assert!((4_000..8_000).contains(&at), "{at}");
    }
}

#[test]
fn ringing_of_no_known_cadence_is_for_the_lines_own_number() {
    let odd = Ringing::cadence(&[2500, 2500]);
    let (told, at, _) = called(odd, CallerIdDelivery::None);
    assert_eq!(told, OWN);
    assert!(at < 10_000, "{at}");
    // Ringing without any pause is offered all the same.
    let (told, at, _) = called(Ringing::cadence(&[30_000, 100]), CallerIdDelivery::None);
    assert_eq!(told, OWN);
    assert!(at < 8_000, "{at}");
}
