//! Ringing: cadences of countries, distinctive ringing, and who calls in every way of telling it.

use crate::common::{FxsRig, caller, fxs, fxs_with};
use tipring_analog::plans::CallerIdStart;
use tipring_analog::{CallerIdSending, FskSending, FxsSettings, RingCadence};
use tipring_clock::{Duration, Instant};
use tipring_dsp::caller_id::{DtmfCallerIdStyle, MessageForm, Modem};
use tipring_line::{
    CallerId, ChannelCommand, ChannelEvent, Endpoint, LinePolarity, PortId, Presentation,
};
use tipring_sim::{Display, HandsetEvent, HandsetPlan, LineModel, Telephone};

fn ring(rig: &mut FxsRig, who: CallerId, pattern: u8) {
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: who, pattern });
}

/// When ringing current went on and off, in milliseconds since the call began.
fn bursts(rig: &mut FxsRig, ms: u64) -> Vec<u64> {
    let mut changes = vec![];
    let began = rig.ms();
    let mut on = false;
    for _ in 0..ms / 20 {
        rig.step();
        let now = rig.channel.port().is_ringing();
        if now != on {
            changes.push(rig.ms() - 20 - began);
            on = now;
        }
    }
    changes
}

fn lengths(changes: &[u64]) -> Vec<u64> {
    changes.windows(2).map(|w| w[1] - w[0]).collect()
}

fn cadence(times: &[u16]) -> RingCadence {
    RingCadence::from_times(times).unwrap()
}

#[test]
fn cadences_of_countries_are_kept() {
    for times in [
        vec![1000, 4000],
        vec![400, 200, 400, 2000],
        vec![2000, 4000],
        vec![1500, 3500],
        vec![400, 200, 400, 200, 400, 2000],
    ] {
        let settings = FxsSettings {
            ringing: cadence(&times),
            caller_id: CallerIdSending::None,
            ..FxsSettings::default()
        };
        let mut rig = fxs(LineModel::default(), settings);
        ring(&mut rig, caller("110"), 0);
        let seen = lengths(&bursts(&mut rig, 14_000));
        assert!(seen.len() >= 3, "{times:?}: {seen:?}");
        for (i, length) in seen.iter().enumerate() {
            let wanted = u64::from(times[i % times.len()]);
            assert!(length.abs_diff(wanted) <= 20, "{times:?}: {seen:?}");
        }
    }
}

#[test]
fn a_call_chooses_its_ringing() {
    let mut settings = FxsSettings { caller_id: CallerIdSending::None, ..FxsSettings::default() };
    settings.distinctive.clear();
    settings.distinctive.push(cadence(&[300, 200, 300, 3000]));
    settings.distinctive.push(cadence(&[800, 400, 800, 4000]));
    for (pattern, first) in [(0, 1000), (1, 300), (2, 800), (3, 1000), (255, 1000)] {
        let mut rig = fxs(LineModel::default(), settings.clone());
        ring(&mut rig, caller("110"), pattern);
        assert_eq!(lengths(&bursts(&mut rig, 3_000))[0], first, "pattern {pattern}");
    }
}

fn named(number: &str) -> CallerId {
    let mut who = caller(number);
    who.name.push_str("王小明");
    who
}

fn shown(rig: &mut FxsRig) -> Vec<CallerId> {
    rig.handset()
        .into_iter()
        .filter_map(|e| if let HandsetEvent::Caller(who) = e { Some(who) } else { None })
        .collect()
}

#[test]
fn fsk_in_both_modems_and_forms_after_the_first_ring() {
    for modem in [Modem::Bell202, Modem::V23] {
        for form in [MessageForm::Mdmf, MessageForm::Sdmf] {
            for times in [vec![1000, 4000], vec![400, 200, 400, 2000]] {
                let fsk = FskSending { modem, form, ..FskSending::default() };
                let settings =
                    FxsSettings { fsk, ringing: cadence(&times), ..FxsSettings::default() };
                let mut rig = fxs(LineModel::default(), settings);
                ring(&mut rig, named("13800138000"), 0);
                let changes = bursts(&mut rig, 12_000);
                let expected = match form {
                    MessageForm::Mdmf => named("13800138000"),
                    MessageForm::Sdmf => caller("13800138000"),
                };
                assert_eq!(shown(&mut rig), [expected], "{modem:?} {form:?} {times:?}");
                assert!(changes.len() >= 4, "it rings on: {changes:?}");
            }
        }
    }
}

#[test]
fn a_pause_too_short_for_the_message_is_made_longer_once() {
    let ringing = cadence(&[400, 200, 400, 1200]);
    let mut rig = fxs(LineModel::default(), FxsSettings { ringing, ..FxsSettings::default() });
    ring(&mut rig, named("13800138000"), 0);
    let seen = lengths(&bursts(&mut rig, 9_000));
    assert_eq!(shown(&mut rig), [named("13800138000")]);
    assert!((1_560..1_700).contains(&seen[3]), "{seen:?}");
    assert_eq!(seen[7], 1_200, "{seen:?}");
}

#[test]
fn dtmf_before_the_first_ring_in_every_style() {
    for style in [
        DtmfCallerIdStyle::DNumberC,
        DtmfCallerIdStyle::ANumberC,
        DtmfCallerIdStyle::ANumberHash,
        DtmfCallerIdStyle::NumberHash,
    ] {
        for start in [CallerIdStart::Idle, CallerIdStart::Reversal] {
            let settings = FxsSettings {
                caller_id: CallerIdSending::Dtmf { style, start },
                caller_id_delay: Duration::from_millis(300),
                ..FxsSettings::default()
            };
            let mut rig = fxs(LineModel::default(), settings);
            ring(&mut rig, caller("02164301440"), 0);
            let changes = bursts(&mut rig, 8_000);
            let mut expected =
                vec![HandsetEvent::Caller(caller("02164301440")), HandsetEvent::Ringing];
            if start == CallerIdStart::Reversal {
                expected.insert(0, HandsetEvent::Polarity(LinePolarity::Reverse));
                expected.insert(2, HandsetEvent::Polarity(LinePolarity::Forward));
            }
            assert_eq!(rig.handset(), expected, "{style:?}");
            // 300 ms, twelve or thirteen digits of 140 ms, 300 ms.
            assert!((2_200..2_600).contains(&changes[0]), "{changes:?}");
        }
    }
}

#[test]
fn both_ways_of_telling_after_every_beginning() {
    let style = DtmfCallerIdStyle::DNumberC;
    for start in [
        CallerIdStart::FirstRing,
        CallerIdStart::Reversal,
        CallerIdStart::ReversalAlertTone,
        CallerIdStart::RingPulse,
        CallerIdStart::Idle,
    ] {
        for caller_id in [CallerIdSending::Fsk(start), CallerIdSending::Dtmf { style, start }] {
            let settings = FxsSettings { caller_id, ..FxsSettings::default() };
            let mut rig = fxs(LineModel::default(), settings);
            ring(&mut rig, caller("13800138000"), 0);
            let changes = bursts(&mut rig, 12_000);
            let events = rig.handset();
            let shown =
                events.iter().position(|e| *e == HandsetEvent::Caller(caller("13800138000")));
            let rang = events.iter().position(|e| *e == HandsetEvent::Ringing);
            let rings_first = matches!(start, CallerIdStart::FirstRing | CallerIdStart::RingPulse);
            assert!(shown.is_some() && (rang < shown) == rings_first, "{caller_id:?} {events:?}");
            let first = lengths(&changes)[0];
            let pulse = start == CallerIdStart::RingPulse;
            assert_eq!(first, if pulse { 240 } else { 1_000 }, "{caller_id:?}");
            assert!(lengths(&changes).contains(&1_000), "it rings: {changes:?}");
        }
    }
}

#[test]
fn a_number_that_may_not_be_shown_is_not() {
    let hidden = CallerId { presentation: Presentation::Restricted, ..caller("13800138000") };
    let mut rig = fxs(LineModel::default(), FxsSettings::default());
    ring(&mut rig, hidden, 0);
    rig.run(6_000);
    let expected = CallerId { presentation: Presentation::Restricted, ..CallerId::default() };
    assert_eq!(shown(&mut rig), [expected]);
}

#[test]
fn lifting_in_the_middle_of_caller_id_answers() {
    let style = DtmfCallerIdStyle::DNumberC;
    let dtmf = CallerIdSending::Dtmf { style, start: CallerIdStart::Reversal };
    let fsk = CallerIdSending::Fsk;
    for (caller_id, ms) in [
        (dtmf, 300),
        (dtmf, 900),
        (fsk(CallerIdStart::FirstRing), 1_900),
        (fsk(CallerIdStart::RingPulse), 100),
        (fsk(CallerIdStart::ReversalAlertTone), 240),
    ] {
        let mut rig =
            fxs(LineModel::default(), FxsSettings { caller_id, ..FxsSettings::default() });
        ring(&mut rig, caller("13800138000"), 0);
        rig.run(ms);
        rig.control.lift().unwrap();
        rig.until(200, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
        rig.run(2_000);
        assert!(!rig.channel.port().is_ringing());
        let polarity = rig.handset().into_iter().rfind(|e| matches!(e, HandsetEvent::Polarity(_)));
        assert!(
            polarity.is_none_or(|p| p == HandsetEvent::Polarity(LinePolarity::Forward)),
            "{polarity:?}"
        );
        // The call's audio passes, and nothing of the message.
        let from = rig.rx.len();
        rig.tx = [900; 160];
        rig.run(400);
        assert!(rig.rx[from..].iter().any(|s| *s != 0));
    }
}

#[test]
fn caller_id_is_right_on_poor_lines() {
    for seed in 0..20 {
        let model = LineModel { loss_db: 9.0, noise_dbm0: -50.0, ..LineModel::default() };
        let settings = if seed % 2 == 0 {
            FxsSettings::default()
        } else {
            let style = DtmfCallerIdStyle::DNumberC;
            let caller_id = CallerIdSending::Dtmf { style, start: CallerIdStart::Reversal };
            FxsSettings { caller_id, ..FxsSettings::default() }
        };
        let mut rig = fxs_with(seed, model, settings, Telephone::default());
        ring(&mut rig, caller("13912345678"), 0);
        rig.run(6_000);
        assert_eq!(shown(&mut rig), [caller("13912345678")], "seed {seed}");
    }
}

#[test]
fn a_set_without_display_rings_all_the_same() {
    let set = Telephone { display: Display::None, ..Telephone::default() };
    let mut rig = fxs_with(1, LineModel::default(), FxsSettings::default(), set);
    let plan = HandsetPlan { answer_after_ms: Some(5_500), ..HandsetPlan::default() };
    rig.control.set_plan(plan).unwrap();
    ring(&mut rig, caller("110"), 0);
    rig.until(6_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
    assert_eq!(rig.handset().len(), 2, "ringing and answered");
    assert!(rig.now > Instant::from_millis(5_400));
}
