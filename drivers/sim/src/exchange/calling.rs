//! Calls from the street to the box: caller id, ringing, answer.

use tipring_line::PortEvent;

use super::control::{CallPlan, EndReason, ExchangeEvent};
use super::port::{SimFxoPort, State, ms};
use super::signals::Signal;
use crate::model::FskAlert;
use crate::talker::Script;

/// From the burst's end to caller id (GR-30: 500–1,500 ms).
const FSK_DELAY: u64 = ms(600);
/// From reversal to DTMF caller id, and from the end of any early caller id to the first burst
/// (YD/T 1277.1; EN 300 659-1, 6.1: 200–500 ms).
const ID_GAP: u64 = ms(300);
/// From reversal to the dual tone alert (EN 300 659-1, 6.1.1: at least 100 ms).
const REVERSAL_TO_ALERT: u64 = ms(140);
/// The dual tone alert, 88–110 ms.
const ALERT: u64 = ms(100);
/// From the alert to the message (45–500 ms).
const ALERT_TO_FSK: u64 = ms(200);
/// The ring pulse alert (200–300 ms).
const RING_PULSE: u64 = ms(240);

/// What goes on before the first burst.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// The ring pulse alert.
    Pulse,
    /// Polarity has been reversed, where it is.
    Reversed,
    /// The dual tone alert.
    Alert,
    /// Between alert and message.
    Waiting,
    /// The message.
    Sending,
    /// Between message and first burst.
    Sent,
}

impl SimFxoPort {
    pub(super) fn place(&mut self, plan: CallPlan) {
        if self.state != State::Idle || self.off_hook || self.other_set || !self.battery {
            self.link.spend(plan.say);
            return self.link.tell(ExchangeEvent::LineBusy);
        }
        self.take_plan(plan);
        let alert = self.model.caller_id.fsk().map(|fsk| fsk.alert);
        match (self.model.caller_id.dtmf(), alert) {
            (Some(dtmf), _) => {
                self.set_reversed(dtmf.reversal);
                self.enter(State::Prelude(Step::Reversed), Some(ID_GAP));
            }
            (None, Some(FskAlert::AlertTone | FskAlert::Reversal)) => {
                self.set_reversed(true);
                self.enter(State::Prelude(Step::Reversed), Some(REVERSAL_TO_ALERT));
            }
            (None, Some(FskAlert::RingPulse)) => {
                self.ringing_current(true);
                self.enter(State::Prelude(Step::Pulse), Some(RING_PULSE));
            }
            (None, Some(FskAlert::FirstBurst) | None) => self.first_burst(),
        }
    }

    fn take_plan(&mut self, plan: CallPlan) {
        let last = core::mem::replace(&mut self.call, plan);
        self.link.spend(last.say);
        self.call_began = self.at;
        self.caller_id_sent = 0;
    }

    pub(super) fn on_prelude(&mut self, step: Step) {
        let next = |lasts| (Step::Waiting, Some(lasts));
        let (step, lasts) = match step {
            Step::Pulse => {
                self.ringing_current(false);
                next(FSK_DELAY)
            }
            Step::Reversed if self.model.caller_id.dtmf().is_some() => {
                self.send_dtmf();
                (Step::Sending, None)
            }
            Step::Reversed if self.alert() == Some(FskAlert::AlertTone) => {
                self.signal = Signal::alert();
                (Step::Alert, Some(ALERT))
            }
            Step::Reversed | Step::Alert => {
                self.signal = Signal::None;
                next(ALERT_TO_FSK)
            }
            Step::Waiting => {
                self.send_fsk();
                (Step::Sending, None)
            }
            Step::Sending => (Step::Sent, Some(ID_GAP)),
            Step::Sent => return self.first_burst(),
        };
        self.enter(State::Prelude(step), lasts);
    }

    fn alert(&self) -> Option<FskAlert> {
        self.model.caller_id.fsk().map(|fsk| fsk.alert)
    }

    fn send_dtmf(&mut self) {
        if let Some(delivery) = self.model.caller_id.dtmf() {
            self.signal = Signal::dtmf(delivery, &self.call.caller);
        }
    }

    pub(super) fn send_fsk(&mut self) {
        if let Some(delivery) = self.model.caller_id.fsk() {
            self.signal = Signal::fsk(delivery, &self.model, &self.call.caller);
        }
    }

    fn ringing_current(&mut self, on: bool) {
        self.signal = if on { Signal::ringing(self.model.ringing.hz) } else { Signal::None };
        self.report(PortEvent::Ringing(on));
    }

    fn first_burst(&mut self) {
        self.set_reversed(false);
        self.link.tell(ExchangeEvent::Ringing);
        self.ring(0);
    }

    /// Begins this burst or pause; bursts have the even numbers.
    pub(super) fn ring(&mut self, step: usize) {
        let whole = self.model.ringing.step_ms(step);
        let first = self.model.ringing.first_burst_ms.filter(|_| step == 0);
        let lasts = Some(ms(first.map_or(whole, u32::from)));
        self.ring_step = step;
        let burst = step.is_multiple_of(2);
        self.ringing_current(burst);
        self.enter(if burst { State::Burst } else { State::Pause }, lasts);
        // Caller id comes in the long pause of the first round.
        let count = self.model.ringing.cadence_ms.len();
        let first_pause = !burst && step < count && self.model.ringing.ends_round(step);
        if first_pause && self.alert() == Some(FskAlert::FirstBurst) {
            self.caller_id_at = Some(self.at + FSK_DELAY);
        }
    }

    pub(super) fn stop_ringing(&mut self) {
        if matches!(self.state, State::Burst | State::Prelude(Step::Pulse)) {
            self.report(PortEvent::Ringing(false));
        }
        self.signal = Signal::None;
        self.caller_id_at = None;
    }

    /// A call comes in at the very moment of seizure.
    pub(super) fn trip(&mut self, plan: CallPlan) {
        self.take_plan(plan);
        self.signal = Signal::ringing(self.model.ringing.hz);
        self.enter(State::Tripping, Some(ms(100)));
    }

    pub(super) fn talk_with_caller(&mut self) {
        self.set_reversed(false);
        let (script, talk_ms) = (self.call.script(), self.call.talk_ms);
        self.talk(script, talk_ms);
    }

    pub(super) fn talk(&mut self, script: Script, talk_ms: Option<u32>) {
        self.signal = Signal::None;
        let last = self.talker.start(script);
        self.link.spend(last);
        self.talk_ms = talk_ms;
        self.metering_at = None;
        self.enter(State::Talking, None);
        self.link.tell(ExchangeEvent::Answered { at_ms: self.at_ms() });
    }

    pub(super) fn check_patience(&mut self) {
        if self.state == State::Prelude(Step::Sending) && self.signal.is_finished() {
            self.on_prelude(Step::Sending);
        }
        let waiting = matches!(self.state, State::Prelude(_) | State::Burst | State::Pause);
        let patience = self.call.patience_ms.map(|p| self.call_began + ms(p));
        if waiting && patience.is_some_and(|end| self.at >= end) {
            self.stop_ringing();
            self.finish(EndReason::GaveUp);
        }
    }
}
