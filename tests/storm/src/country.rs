//! What a country's plan makes of the line and of the box.

use std::sync::LazyLock;

use tipring_analog::plans::{CallerIdKind, CallerIdStart, CountryPlan, FskStyle, Tone};
use tipring_dsp::ToneCadence;
use tipring_sim::{
    CallerIdDelivery, DtmfDelivery, ExchangeTones, FskAlert, FskDelivery, LineModel, Ringing,
};

/// China and five others, unlike in everything: pairs and modulated tones, double ringing, FSK of
/// both modems before and after ringing, DTMF.
pub(crate) const COUNTRIES: [&str; 6] = ["cn", "us", "uk", "de", "nl", "in"];

static PLANS: LazyLock<Vec<CountryPlan>> = LazyLock::new(|| {
    COUNTRIES.iter().map(|code| CountryPlan::named(code).expect("a plan that is shipped")).collect()
});

/// The plan of one of the [`COUNTRIES`].
pub(crate) fn plan(code: &str) -> &'static CountryPlan {
    PLANS.iter().find(|plan| plan.code == code).expect("one of the six countries")
}

/// A line without a fault in this country.
pub(crate) fn line(plan: &CountryPlan) -> LineModel {
    let mut ringing = Ringing::cadence(plan.ringing.ms.on_off_ms());
    ringing.hz = plan.ringing.hz;
    LineModel {
        ringing,
        caller_id: usual_caller_id(plan),
        tones: tones(plan),
        ..LineModel::default()
    }
}

fn tones(plan: &CountryPlan) -> ExchangeTones {
    let busy = plan.tones.busy.cadence();
    let congestion = plan.tones.congestion.as_ref().map_or(busy, Tone::cadence);
    ExchangeTones {
        dial: plan.tones.dial.cadence(),
        ringback: plan.tones.ringback.cadence(),
        busy,
        congestion,
        vacant: plan.tones.vacant.as_ref().map_or(congestion, Tone::cadence),
        special: None,
    }
}

/// The tone for a line left off-hook, where the plan has one; an exchange gives it at its full
/// level, of which the line takes its part.
pub(crate) fn howler(plan: &CountryPlan) -> Option<ToneCadence> {
    plan.tones.howler.as_ref().map(|tone| tone.cadence().at_level(3.0))
}

/// The special information tone, where the plan has one.
pub(crate) fn special(plan: &CountryPlan) -> Option<ToneCadence> {
    plan.tones.special_information.as_ref().map(Tone::cadence)
}

fn usual_caller_id(plan: &CountryPlan) -> CallerIdDelivery {
    match (plan.caller_id.usual, plan.caller_id.fsk, plan.caller_id.dtmf) {
        (CallerIdKind::Fsk, Some(fsk), _) => CallerIdDelivery::Fsk(fsk_delivery(fsk)),
        (CallerIdKind::Dtmf, _, Some(dtmf)) => CallerIdDelivery::Dtmf(DtmfDelivery {
            style: dtmf.frame,
            reversal: dtmf.start == CallerIdStart::Reversal,
            levels: plan.dtmf.levels(),
            ..DtmfDelivery::default()
        }),
        _ => CallerIdDelivery::None,
    }
}

fn fsk_delivery(style: FskStyle) -> FskDelivery {
    FskDelivery {
        modem: style.modem,
        form: style.form,
        encoding: style.names,
        alert: match style.start {
            CallerIdStart::ReversalAlertTone => FskAlert::AlertTone,
            CallerIdStart::Reversal => FskAlert::Reversal,
            CallerIdStart::RingPulse => FskAlert::RingPulse,
            CallerIdStart::FirstRing | CallerIdStart::Idle => FskAlert::FirstBurst,
        },
        ..FskDelivery::default()
    }
}
