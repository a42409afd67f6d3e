//! A call from the street, and what is held against it.

use rand::Rng;
use tipring_dsp::caller_id::DtmfCallerIdStyle;
use tipring_dsp::caller_id::{Message, MessageForm};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Presentation};
use tipring_sim::{CallPlan, CallerIdDelivery, Gap, ReleaseSign};

use crate::mix::{Hazard, Mix, rng_of};
use crate::rig::{
    Happening, Rig, cycle_ms, is_answered, is_far_end, is_offered, is_released, is_tone, say,
};
use crate::sounds::Sounds;
use crate::verdict::{IdResult, IdVerdict, Verdict};

const KEYS: &str = "1@1500ms,59#@2500ms";

/// Runs the call.
pub(crate) fn run(mix: &Mix, sounds: &Sounds) -> Verdict {
    let mut verdict = Verdict::new(mix);
    let mut rig = Rig::new(mix, sounds);
    rig.run(600);
    let placed = rig.control.place_call(plan(mix, sounds)).is_ok();
    if !placed || rig.until(16_000, is_offered).is_none() {
        verdict.outcome = "not offered";
        verdict.fail(format!("a call that rang was not offered: {:?}", rig.tail()));
        return verdict;
    }
    rig.run(rng_of(mix.seed, 3).random_range(200..1_200));
    judge_caller(mix, &rig, &mut verdict);
    judge_cadence(mix, &rig, &mut verdict);
    rig.command(&ChannelCommand::Answer);
    talk(mix, &mut rig, &mut verdict);
    if mix.keys && mix.hazard == Hazard::None && !mix.box_hangs_up && rig.digits() != "159#" {
        verdict.fail(format!("keys 159# were read as {:?}", rig.digits()));
    }
    rig.must_take_another_call(&mut verdict);
    verdict
}

/// What the caller of this mix does.
pub(crate) fn plan(mix: &Mix, sounds: &Sounds) -> CallPlan {
    CallPlan {
        caller: mix.caller,
        say: say(mix.far, sounds, &mut rng_of(mix.seed, 4)),
        repeat: true,
        keys: if mix.keys { KEYS.parse().expect("a plan of keys") } else { Default::default() },
        talk_ms: (!mix.box_hangs_up).then_some(mix.talk_ms),
        ..CallPlan::default()
    }
}

/// A call that stands, to its end; both directions alike.
pub(crate) fn talk(mix: &Mix, rig: &mut Rig, verdict: &mut Verdict) {
    let began = rig.ms();
    if mix.hazard == Hazard::Cut {
        return cut(mix, rig, verdict);
    }
    if mix.box_hangs_up {
        verdict.outcome = "box hung up";
        if let Some(at) = rig.until(u64::from(mix.talk_ms), is_released) {
            verdict.fail(format!("released {} ms into a talk", at - began));
        }
        rig.command(&ChannelCommand::Release(Cause::NormalClearing));
        if rig.until(100, is_released).is_none() {
            verdict.fail("the box's own release was not told");
        }
        return;
    }
    verdict.outcome = "talked";
    let Some(at) = rig.until(u64::from(mix.talk_ms) + 60_000, is_released) else {
        verdict.fail(format!("the hang-up was never found: {:?}", rig.tail()));
        rig.command(&ChannelCommand::Release(Cause::NormalClearing));
        return;
    };
    if rig.cause() != Some(Cause::NormalClearing) {
        verdict.fail(format!("released by {:?}", rig.cause()));
    }
    match rig.first(is_far_end) {
        None => verdict.fail(format!("false release after {} ms of talk", at - began)),
        Some(ended) => measure(mix, rig, at, ended, verdict),
    }
    if !mix.keys {
        verdict.false_digits = rig.digits().len() as u32;
    }
}

fn cut(mix: &Mix, rig: &mut Rig, verdict: &mut Verdict) {
    verdict.outcome = "line cut";
    if let Some(at) = rig.until(u64::from(mix.talk_ms / 2), is_released) {
        // A party that hung up while the timer still waited is no false release.
        if rig.first(is_far_end).is_none() {
            verdict.fail(format!("released at {at} in a talk"));
        }
        return;
    }
    let told = rig.control.set_battery(false).is_ok();
    match rig.until(1_000, is_released) {
        Some(_) if told => {}
        _ => verdict.fail("a cut line was not released"),
    }
    let alarm = |h: &Happening| matches!(h, Happening::Box(ChannelEvent::Alarm(Some(_))));
    if rig.until(4_000, alarm).is_none() {
        verdict.fail("a cut line is no alarm");
    }
    let _ = rig.control.set_battery(true);
}

/// How long the release took, by the sign that told it.
pub(crate) fn measure(mix: &Mix, rig: &Rig, at: u64, ended: u64, verdict: &mut Verdict) {
    let tones = &mix.model.tones;
    // Exchanges reverse towards who calls, not towards who is called, as the box is after glare.
    let is_ours =
        mix.outgoing.is_some() && !matches!(mix.hazard, Hazard::Glare(_) | Hazard::GlareAtSeizure);
    let by_polarity = mix.settings.polarity == tipring_analog::PolarityUse::AnswerAndRelease
        && is_ours
        && mix.model.reversal_on_answer;
    let (name, tone) = match mix.model.release {
        // Whatever else such an exchange does, it turns polarity back first.
        ReleaseSign::Polarity if by_polarity => {
            return direct(verdict, "polarity", at - ended, 100);
        }
        ReleaseSign::BatteryDrop { ms } if ms >= 270 => {
            return direct(verdict, "battery", at - ended, 400);
        }
        // Silence is counted from when the call stands.
        ReleaseSign::Silence => {
            let from = rig.first(is_answered).map_or(ended, |answered| answered.max(ended));
            return direct(verdict, "silence", at - from, 31_000);
        }
        ReleaseSign::DialTone => ("dial", tones.dial),
        ReleaseSign::CongestionTone => ("congestion", tones.congestion),
        ReleaseSign::OwnTone(tone) if tone.is_continuous() => ("howler", tone),
        ReleaseSign::OwnTone(tone) => ("learnt", tone),
        _ => ("busy", tones.busy),
    };
    let Some(tone_at) = rig.first(is_tone) else {
        return verdict.fail("released before any tone");
    };
    let took = at.saturating_sub(tone_at);
    if at < tone_at {
        return verdict.fail(format!("released {} ms before the tone", tone_at - at));
    }
    match cycle_ms(&tone) {
        Some(cycle) => {
            let cycles = took as f32 / cycle as f32;
            verdict.cycles = Some((name, cycles));
            if cycles > 4.0 {
                verdict.fail(format!("released after {cycles:.2} cycles of {name} tone"));
            }
        }
        // Continuous tones are believed after 2.5 s, and listened to once more when disturbed.
        None => direct(verdict, name, took, 5_400),
    }
}

fn direct(verdict: &mut Verdict, name: &'static str, took: u64, max: u64) {
    verdict.ms = Some((name, took));
    if took > max {
        verdict.fail(format!("released {took} ms after {name}"));
    }
}

fn judge_cadence(mix: &Mix, rig: &Rig, verdict: &mut Verdict) {
    let ringing = &mix.model.ringing;
    let pulse = matches!(mix.model.caller_id, CallerIdDelivery::Fsk(fsk)
        if fsk.alert == tipring_sim::FskAlert::RingPulse);
    if ringing.first_burst_ms.is_some() || pulse {
        return;
    }
    let seen = rig.fxo.diagnostics().ringing.cadence_ms;
    let differs = seen.iter().zip(&ringing.cadence_ms).any(|(a, b)| a.abs_diff(*b) > 40);
    if differs {
        verdict.fail(format!("ringing {:?} seen as {seen:?}", ringing.cadence_ms));
    }
}

/// Who was told to the switch before it answered.
fn caller_told(rig: &Rig) -> CallerId {
    let mut told = rig.log.iter().rev().filter_map(|(_, h)| match h {
        Happening::Box(
            ChannelEvent::Offered { caller, .. } | ChannelEvent::CallerKnown(caller),
        ) => Some(*caller),
        _ => None,
    });
    told.next().unwrap_or_default()
}

fn judge_caller(mix: &Mix, rig: &Rig, verdict: &mut Verdict) {
    let told = caller_told(rig);
    let Some((style, expected)) = expected(mix) else {
        if told != CallerId::default() {
            verdict.fail(format!("a caller nobody sent: {told:?}"));
        }
        return;
    };
    let damaged = mix.model.caller_id_gap.is_some() || !mix.model.caller_id_errors.is_empty();
    let known = |c: &CallerId| c.number.is_some() || c.presentation != Presentation::Allowed;
    let result = if expected.contains(&told) {
        IdResult::Right
    } else if !known(&told) {
        IdResult::Missing
    } else if swallowed_head(mix) || sum_is_kept(mix) {
        IdResult::WrongUnknowably
    } else {
        IdResult::Wrong
    };
    verdict.id = Some(IdVerdict { style, damaged, result });
    if result == IdResult::Wrong {
        verdict.fail(format!("wrong caller {told:?} for {expected:?}"));
    }
    if result == IdResult::Missing && !damaged {
        verdict.fail(format!("caller id was readable and not told ({style})"));
    }
}

/// What may be told of the caller: all that was sent, or as much as its DTMF half holds.
fn expected(mix: &Mix) -> Option<(&'static str, Vec<CallerId>)> {
    let number_alone = CallerId { name: Default::default(), ..mix.caller };
    let by_fsk = |form| match form {
        MessageForm::Mdmf => mix.caller,
        MessageForm::Sdmf => number_alone,
    };
    match mix.model.caller_id {
        CallerIdDelivery::None => None,
        CallerIdDelivery::Fsk(fsk) => Some(("fsk", vec![by_fsk(fsk.form)])),
        // This style has no words for a caller who hides.
        CallerIdDelivery::Dtmf(dtmf)
            if dtmf.style == DtmfCallerIdStyle::DNumberC && mix.caller.number.is_none() =>
        {
            None
        }
        CallerIdDelivery::Dtmf(_) => Some(("dtmf", vec![number_alone])),
        CallerIdDelivery::Both(fsk, _) => Some(("both", vec![number_alone, by_fsk(fsk.form)])),
    }
}

/// Whether bits are turned over so that the checksum does not show it.
fn sum_is_kept(mix: &Mix) -> bool {
    let (CallerIdDelivery::Fsk(fsk) | CallerIdDelivery::Both(fsk, _)) = mix.model.caller_id else {
        return false;
    };
    let errors = &mix.model.caller_id_errors;
    let message =
        Message::call(fsk.form, fsk.encoding, mix.model.time, &mix.caller).with_bit_errors(errors);
    !errors.is_empty() && Message::new_checked(message.octets()).is_ok()
}

/// Whether the first digits may be missing from a style that nothing begins.
fn swallowed_head(mix: &Mix) -> bool {
    let (CallerIdDelivery::Dtmf(dtmf) | CallerIdDelivery::Both(_, dtmf)) = mix.model.caller_id
    else {
        return false;
    };
    let hash = matches!(dtmf.style, DtmfCallerIdStyle::NumberHash | DtmfCallerIdStyle::ANumberHash);
    let early = |gap: Gap| gap.at_ms < 2 * (dtmf.on_ms + dtmf.off_ms);
    hash && mix.model.caller_id_gap.is_some_and(early)
}
