//! A call from the box, and what is held against it.

use tipring_analog::PolarityUse;
use tipring_dsp::ToneCadence;
use tipring_line::{
    AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId,
};
use tipring_sim::{CalledOutcome, CalledPlan, ExchangeEvent};

use crate::incoming::{plan, talk};
use crate::mix::{Hazard, Mix, Outgoing, rng_of};
use crate::rig::{
    Happening, Rig, cycle_ms, is_answered, is_offered, is_released, is_street_answered, is_tone,
    say,
};
use crate::sounds::Sounds;
use crate::verdict::Verdict;

/// Runs the call.
pub(crate) fn run(mix: &Mix, sounds: &Sounds) -> Verdict {
    let mut verdict = Verdict::new(mix);
    let mut rig = Rig::new(mix, sounds);
    rig.run(600);
    match (mix.hazard, mix.outgoing) {
        (Hazard::CutBefore | Hazard::OtherSet, _) => unusable(mix, &mut rig, &mut verdict),
        (Hazard::Glare(_) | Hazard::GlareAtSeizure, _) => {
            glare(mix, sounds, &mut rig, &mut verdict);
        }
        (_, Some(out)) => call(mix, out, sounds, &mut rig, &mut verdict),
        (_, None) => verdict.fail("no call from the box was drawn"),
    }
    rig.must_take_another_call(&mut verdict);
    verdict
}

fn seize_and_dial(rig: &mut Rig, mix: &Mix) {
    rig.command(&ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    if let Some(out) = mix.outgoing {
        rig.command(&ChannelCommand::Dial { number: out.number, caller: CallerId::default() });
    }
}

/// A line that is cut, or that another set uses, is left alone at once.
fn unusable(mix: &Mix, rig: &mut Rig, verdict: &mut Verdict) {
    let cut = mix.hazard == Hazard::CutBefore;
    verdict.outcome = if cut { "dead line left" } else { "line in use left" };
    let lifted = if cut { rig.control.set_battery(false) } else { rig.control.set_other_set(true) };
    rig.run(1_000);
    seize_and_dial(rig, mix);
    if lifted.is_err() || rig.until(40, is_released).is_none() {
        verdict.fail("a line that cannot be used was seized");
    }
    if rig.cause() != Some(Cause::NoChannel) {
        verdict.fail(format!("left by {:?}", rig.cause()));
    }
    let _ = if cut { rig.control.set_battery(true) } else { rig.control.set_other_set(false) };
}

/// The call that comes in has the line, and the box's own goes elsewhere.
fn glare(mix: &Mix, sounds: &Sounds, rig: &mut Rig, verdict: &mut Verdict) {
    let in_time = if let Hazard::Glare(ms) = mix.hazard {
        let placed = rig.control.place_call(plan(mix, sounds)).is_ok();
        rig.run(u64::from(ms));
        seize_and_dial(rig, mix);
        placed && (rig.first(is_released).is_some() || rig.until(9_000, is_released).is_some())
    } else {
        let placed = rig.control.call_at_seizure(plan(mix, sounds)).is_ok();
        rig.run(20);
        seize_and_dial(rig, mix);
        placed && rig.until(9_000, is_released).is_some()
    };
    verdict.outcome = "glare";
    // A caller who says nothing for as long as dial tone is waited for cannot be known from a
    // dead line, and is released like one.
    if in_time && rig.cause() == Some(Cause::NetworkOutOfOrder) {
        verdict.outcome = "glare, nobody spoke";
        return;
    }
    if !in_time || rig.cause() != Some(Cause::NoChannel) {
        verdict.fail(format!("glare went unseen: {:?}", rig.tail()));
        return rig.command(&ChannelCommand::Release(Cause::NormalClearing));
    }
    if rig.first(is_offered).is_none() && rig.until(14_000, is_offered).is_none() {
        return verdict.fail("the call that won the line was not offered");
    }
    rig.command(&ChannelCommand::Answer);
    talk(mix, rig, verdict);
    verdict.outcome = "glare";
}

fn call(mix: &Mix, out: Outgoing, sounds: &Sounds, rig: &mut Rig, verdict: &mut Verdict) {
    let mut rng = rng_of(mix.seed, 5);
    let party = CalledPlan {
        outcome: out.outcome,
        say: say(mix.far, sounds, &mut rng),
        repeat: true,
        talk_ms: (!mix.box_hangs_up).then_some(mix.talk_ms),
        music: out.music.then(|| sounds.music(&mut rng, 15)),
    };
    let told = rig.control.set_called_party(party).is_ok();
    seize_and_dial(rig, mix);
    if mix.hazard == Hazard::NoDialTone {
        return no_dial_tone(rig, verdict);
    }
    let dialled = |h: &Happening| matches!(h, Happening::Street(ExchangeEvent::Dialled(_)));
    let right = Happening::Street(ExchangeEvent::Dialled(out.number));
    if !told || rig.until(60_000, dialled).is_none() || rig.first(|h| *h == right).is_none() {
        verdict.outcome = "not dialled";
        verdict.fail(format!("{} did not arrive: {:?}", out.number, rig.tail()));
        rig.command(&ChannelCommand::Release(Cause::NormalClearing));
        return;
    }
    match out.outcome {
        CalledOutcome::Answers { .. } => answered(mix, out, rig, verdict),
        CalledOutcome::Silence => never_told(mix, rig, verdict),
        _ => refused(mix, out, rig, verdict),
    }
}

fn no_dial_tone(rig: &mut Rig, verdict: &mut Verdict) {
    verdict.outcome = "no dial tone";
    if rig.until(6_000, is_released).is_none() || rig.cause() != Some(Cause::NetworkOutOfOrder) {
        verdict.fail(format!("no dial tone went unseen: {:?}", rig.tail()));
    }
}

fn certainty(rig: &Rig) -> Option<AnswerCertainty> {
    rig.log.iter().find_map(|(_, h)| match h {
        Happening::Box(ChannelEvent::Answered(certainty)) => Some(*certainty),
        _ => None,
    })
}

fn answered(mix: &Mix, out: Outgoing, rig: &mut Rig, verdict: &mut Verdict) {
    let by_polarity =
        mix.model.reversal_on_answer && mix.settings.polarity == PolarityUse::AnswerAndRelease;
    let either = |h: &Happening| is_answered(h) || is_released(h);
    // The called party hangs up at its own time, whether the box has noticed the answer or not.
    let waited = if rig.first(either).is_some() { Some(0) } else { rig.until(45_000, either) };
    verdict.outcome = "answered";
    if waited.is_none() {
        return verdict.fail(format!("an answer was never told: {:?}", rig.tail()));
    }
    match (rig.first(is_answered), certainty(rig)) {
        (Some(at), Some(how)) => {
            let early = rig.first(is_street_answered).is_none_or(|answered| answered > at);
            if early && how != AnswerCertainty::Timer {
                verdict.fail(format!("answer told by {how:?} before it was given"));
            }
            if by_polarity && !early && how == AnswerCertainty::Timer && !out.music {
                verdict.fail("polarity was reversed and the timer told the answer");
            }
            verdict.outcome = match how {
                AnswerCertainty::Polarity => "answered: polarity",
                AnswerCertainty::Voice => "answered: voice",
                _ => "answered: timer",
            };
            let outcome = verdict.outcome;
            talk(mix, rig, verdict);
            if verdict.outcome == "talked" {
                verdict.outcome = outcome;
            }
        }
        _ => gone_before_answer(mix, rig, verdict),
    }
}

/// The called party answered, said nothing that tells it, and hung up: the box heard the tone and
/// takes the call as refused.
fn gone_before_answer(mix: &Mix, rig: &mut Rig, verdict: &mut Verdict) {
    verdict.outcome = "gone before answer was known";
    if rig.first(crate::rig::is_far_end).is_none() {
        verdict.fail(format!("false release before answer: {:?}", rig.tail()));
    }
    let by_polarity =
        mix.model.reversal_on_answer && mix.settings.polarity == PolarityUse::AnswerAndRelease;
    if by_polarity {
        verdict.fail("polarity was reversed and no answer told");
    }
}

/// Nothing is heard after dialling: the timer answers, and silence ends it.
fn never_told(mix: &Mix, rig: &mut Rig, verdict: &mut Verdict) {
    verdict.outcome = "silence after dialling";
    if mix.hazard == Hazard::Cut {
        let _ = rig.control.set_battery(false);
        if rig.until(1_000, is_released).is_none() {
            verdict.fail("a cut line was not released");
        }
        let _ = rig.control.set_battery(true);
        return;
    }
    if rig.until(60_000, is_released).is_none() {
        verdict.fail(format!("a dead call was never released: {:?}", rig.tail()));
    }
}

fn refused(mix: &Mix, out: Outgoing, rig: &mut Rig, verdict: &mut Verdict) {
    verdict.outcome = "refused";
    let (tone, cause) = expected_refusal(mix, out);
    let special = mix.model.tones.special.is_some();
    if rig.first(is_tone).is_none() && rig.until(80_000, |h| is_tone(h) || is_released(h)).is_none()
    {
        return verdict.fail("the exchange never refused");
    }
    let released = match rig.first(is_released) {
        Some(at) => Some(at),
        None => rig.until(12_000, is_released),
    };
    let Some(at) = released else {
        verdict.fail(format!("the refusal was never found: {:?}", rig.tail()));
        rig.command(&ChannelCommand::Release(Cause::NormalClearing));
        return;
    };
    let Some(tone_at) = rig.first(is_tone).filter(|tone| *tone <= at) else {
        return verdict.fail(format!("released before the refusal's tone: {:?}", rig.tail()));
    };
    // After an answer that only the timer told, a refusal is a hang-up. The special information
    // tone before it is told as a number out of reach, where the box's own prompt left it audible.
    if rig.count(is_answered) > 0 {
        verdict.outcome = "refused after the timer's answer";
        if certainty(rig) == Some(AnswerCertainty::Voice) && !mix.announcement {
            verdict.fail("answer told by voice in a call that was refused");
        }
    } else if !(rig.cause() == Some(cause)
        || special && rig.cause() == Some(Cause::UnallocatedNumber))
    {
        verdict.fail(format!("refused by {:?}, not {cause:?}", rig.cause()));
    }
    let took = at - tone_at;
    match cycle_ms(&tone) {
        Some(cycle) => {
            let cycles = took as f32 / cycle as f32;
            verdict.cycles = Some(("refusal", cycles));
            if cycles > 4.0 {
                verdict.fail(format!("refusal found after {cycles:.2} cycles"));
            }
        }
        // A continuous tone is listened to anew where an announcement ran into it.
        None if took > 6_000 => verdict.fail(format!("refusal found after {took} ms")),
        None => verdict.ms = Some(("refusal", took)),
    }
}

/// The tone that ends a refused call, and the cause that it means.
fn expected_refusal(mix: &Mix, out: Outgoing) -> (ToneCadence, Cause) {
    let tones = &mix.model.tones;
    let tone = match out.outcome {
        CalledOutcome::Congestion => tones.congestion,
        CalledOutcome::Vacant => tones.vacant,
        _ => tones.busy,
    };
    // Where a country has one tone for two meanings, the first of them is told.
    let cause = if tone == tones.busy {
        Cause::UserBusy
    } else if tone == tones.congestion {
        Cause::Congestion
    } else {
        Cause::UnallocatedNumber
    };
    (tone, cause)
}
