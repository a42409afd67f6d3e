//! The incoming register (Q.440, clause 4.1.1; Q.442): it asks for digits, for who calls, and
//! tells in the end whether the called line is free. One compelled cycle: the far side's signal
//! begins, ours answers it; the far side's ends, so ours ends. Where no signal ends a number, a
//! pause does, and our next signal is a pulse.

use arrayvec::ArrayString;
use tipring_dsp::{MfEvent, MfSignal};
use tipring_line::{CallerId, Cause, Number, Presentation};

use crate::variant::{CallerOrder, Register};

/// Digits of a number as received.
type Text = ArrayString<32>;

/// What the next forward signal answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expect {
    Digit,
    Category,
    CallerDigit,
    /// The category again, or the kind of call, with which the far side waits for group B.
    Class,
    /// Nothing: the call is offered, and the far side's signal sounds until it is decided.
    Decision,
    /// Nothing: the last signal is on its way.
    End(BackwardEnd),
}

/// How the exchange of signals ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BackwardEnd {
    /// The call is accepted.
    Accepted,
    /// It is refused; the calling side will clear.
    Refused(Cause),
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BackwardStep {
    /// The exchange of signals goes on.
    Goes,
    /// All is known: to be accepted or refused.
    Complete,
    /// The last signal has been taken.
    Ended(BackwardEnd),
    /// The far side's signal means nothing here.
    Senseless,
}

/// The incoming register of one call.
#[derive(Clone, Debug)]
pub(crate) struct BackwardRegister {
    plan: Register,
    called_max: usize,
    called: Text,
    called_complete: bool,
    caller: Text,
    caller_restricted: bool,
    caller_asked: bool,
    in_group_c: bool,
    category: Option<MfSignal>,
    expect: Expect,
    sending: Option<MfSignal>,
}

fn digit_of(signal: MfSignal) -> Option<char> {
    match signal.number() {
        10 => Some('0'),
        number @ 1..=9 => Some(char::from(b'0' + number)),
        _ => None,
    }
}

impl BackwardRegister {
    /// Waits for the first digit of a number that is complete with `called_max` digits, 1–32.
    pub(crate) fn new(plan: Register, called_max: u8) -> Self {
        BackwardRegister {
            plan,
            called_max: usize::from(called_max.clamp(1, 32)),
            called: Text::new(),
            called_complete: false,
            caller: Text::new(),
            caller_restricted: false,
            caller_asked: plan.caller.order == CallerOrder::Never,
            in_group_c: false,
            category: None,
            expect: Expect::Digit,
            sending: None,
        }
    }

    /// The signal to send now.
    pub(crate) fn sending(&self) -> Option<MfSignal> {
        self.sending
    }

    /// The called number; `None` if no digit came.
    pub(crate) fn called(&self) -> Option<Number> {
        self.called.parse().ok()
    }

    /// Who calls.
    pub(crate) fn caller(&self) -> CallerId {
        let number = self.caller.parse().ok();
        let presentation = match number {
            _ if self.caller_restricted => Presentation::Restricted,
            Some(_) => Presentation::Allowed,
            None => Presentation::Unavailable,
        };
        CallerId { number, presentation, ..CallerId::default() }
    }

    /// The signal that told the caller's category.
    pub(crate) fn category(&self) -> Option<MfSignal> {
        self.category
    }

    /// Whether a pause would end the called number now.
    pub(crate) fn may_end_by_pause(&self) -> bool {
        self.expect == Expect::Digit && !self.called.is_empty()
    }

    /// Takes what was heard of the far side.
    pub(crate) fn on_event(&mut self, event: MfEvent) -> BackwardStep {
        match event {
            MfEvent::On(signal) => self.on_signal(signal),
            MfEvent::Off => {
                self.sending = None;
                match self.expect {
                    Expect::End(end) => BackwardStep::Ended(end),
                    _ => BackwardStep::Goes,
                }
            }
        }
    }

    /// The far side was silent for long: the number is complete. What is to be sent is a pulse,
    /// to be ended by [`pulse_over`](Self::pulse_over).
    pub(crate) fn on_pause(&mut self) {
        self.called_complete = true;
        self.ask();
    }

    /// A pulse has lasted long enough.
    pub(crate) fn pulse_over(&mut self) {
        self.sending = None;
    }

    /// Tells the calling side how the call goes on; only when [`BackwardStep::Complete`] was told.
    pub(crate) fn decide(&mut self, end: BackwardEnd) {
        let signal = match end {
            BackwardEnd::Accepted => self.plan.b.free.into(),
            BackwardEnd::Refused(cause) => self.plan.b.refusing(cause),
        };
        self.sending = Some(signal);
        self.expect = Expect::End(end);
    }

    /// Tells the calling side that the call cannot be had, if there is a signal for it: to be
    /// ended by the far side's silence or, if it is silent already, by
    /// [`pulse_over`](Self::pulse_over).
    pub(crate) fn give_up(&mut self) -> bool {
        let in_c = self.plan.c.filter(|_| self.in_group_c);
        let signal = match self.expect {
            Expect::Class | Expect::Decision => self.plan.b.congestion,
            _ => in_c.map_or(self.plan.a.congestion, |c| c.congestion),
        };
        self.sending = signal.map(Into::into);
        self.expect = Expect::End(BackwardEnd::Refused(Cause::Congestion));
        signal.is_some()
    }

    fn on_signal(&mut self, signal: MfSignal) -> BackwardStep {
        let one = self.plan.one;
        match self.expect {
            Expect::Digit => match digit_of(signal) {
                Some(digit) => {
                    let _ = self.called.try_push(digit);
                    self.called_complete |= self.called.len() >= self.called_max;
                }
                None if crate::variant::is(one.end_of_digits, signal) => {
                    self.called_complete = true;
                }
                None => return BackwardStep::Senseless,
            },
            Expect::Category => {
                self.category = Some(signal);
                if self.plan.caller.digits_max > 0 {
                    return self.ask_for_caller_digit();
                }
            }
            Expect::CallerDigit => match digit_of(signal) {
                Some(digit) => {
                    let full = self.caller.try_push(digit).is_err();
                    // Where the end of these digits changes what a signal asks for, it must be
                    // waited for.
                    let must_end = self.plan.a.next_caller_digit == Some(self.plan.a.next_digit);
                    let enough = self.caller.len() >= usize::from(self.plan.caller.digits_max);
                    if full && must_end {
                        return BackwardStep::Senseless;
                    }
                    if must_end || !enough {
                        return self.ask_for_caller_digit();
                    }
                }
                None if crate::variant::is(one.restricted, signal) => self.caller_restricted = true,
                None if crate::variant::is(one.end_of_caller, signal) => {}
                None => return BackwardStep::Senseless,
            },
            Expect::Class => {
                self.category = self.category.or(Some(signal));
                self.expect = Expect::Decision;
                return BackwardStep::Complete;
            }
            Expect::Decision | Expect::End(_) => return BackwardStep::Senseless,
        }
        self.ask();
        BackwardStep::Goes
    }

    fn ask_for_caller_digit(&mut self) -> BackwardStep {
        let c = self.plan.c.filter(|_| self.in_group_c).map(|c| c.next_caller_digit);
        match c.or(self.plan.a.next_caller_digit) {
            Some(signal) => {
                self.expect = Expect::CallerDigit;
                self.sending = Some(signal.into());
            }
            None => self.ask(),
        }
        BackwardStep::Goes
    }

    /// Asks for what is still missing.
    fn ask(&mut self) {
        let first = self.plan.caller.order == CallerOrder::AfterFirstDigit;
        let ask_caller = !self.caller_asked && (self.called_complete || first);
        let c = self.plan.c.filter(|_| self.in_group_c);
        let (expect, signal) = match self.plan.a.category.filter(|_| ask_caller) {
            Some(category) => {
                self.caller_asked = true;
                self.in_group_c = self.plan.c.is_some();
                (Expect::Category, category)
            }
            None if self.called_complete => {
                (Expect::Class, c.map_or(self.plan.a.to_group_b, |c| c.to_group_b))
            }
            None => {
                self.in_group_c = false;
                (Expect::Digit, c.map_or(self.plan.a.next_digit, |c| c.next_digit))
            }
        };
        self.expect = expect;
        self.sending = Some(signal.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variant::Variant;

    /// A register that asks for the caller after the first digit, but in Mexico.
    fn register(code: &str, called_max: u8) -> BackwardRegister {
        let mut plan = Variant::named(code).unwrap().register();
        if code != "mx" {
            plan.caller.order = CallerOrder::AfterFirstDigit;
        }
        BackwardRegister::new(plan, called_max)
    }

    #[test]
    fn china_asks_for_the_caller_after_the_digits() {
        let plan = Variant::named("cn").unwrap().register();
        let mut r = BackwardRegister::new(plan, 3);
        let signals = [8, 10, 2, 1, 1, 3, 15, 3];
        assert_eq!(answered(&mut r, &signals), [1, 1, 6, 1, 1, 1, 3, 0]);
        assert_eq!(r.caller().number, "13".parse().ok());
    }

    /// What is answered to each of these forward signals.
    fn answered(register: &mut BackwardRegister, signals: &[u8]) -> Vec<u8> {
        signals
            .iter()
            .map(|signal| {
                let step = register.on_event(MfEvent::On(MfSignal::new(*signal).unwrap()));
                assert!(matches!(step, BackwardStep::Goes | BackwardStep::Complete), "{signal}");
                let sent = register.sending().map_or(0, MfSignal::number);
                if step == BackwardStep::Goes {
                    assert_eq!(register.on_event(MfEvent::Off), BackwardStep::Goes);
                    assert_eq!(register.sending(), None);
                }
                sent
            })
            .collect()
    }

    #[test]
    fn itu_asks_for_the_caller_after_the_first_digit() {
        let mut r = register("itu", 32);
        assert_eq!(answered(&mut r, &[1, 1, 5, 15, 2, 10, 15, 1]), [5, 5, 5, 1, 1, 1, 3, 0]);
        assert_eq!(r.expect, Expect::Decision);
        assert_eq!(r.called(), "120".parse().ok());
        assert_eq!(r.caller(), CallerId::from_number("5".parse().unwrap()));
        r.decide(BackwardEnd::Refused(Cause::UserBusy));
        assert_eq!(r.sending(), MfSignal::new(3));
        let ended = BackwardStep::Ended(BackwardEnd::Refused(Cause::UserBusy));
        assert_eq!(r.on_event(MfEvent::Off), ended);
    }

    #[test]
    fn china_takes_the_callers_digits_until_their_end() {
        let mut r = register("cn", 3);
        let signals = [8, 1, 1, 3, 9, 15, 10, 2, 3];
        assert_eq!(answered(&mut r, &signals), [6, 1, 1, 1, 1, 1, 1, 3, 0]);
        assert_eq!(r.called(), "802".parse().ok());
        assert_eq!(r.caller().number, "139".parse().ok());
        assert_eq!(r.category(), MfSignal::new(1));
        r.decide(BackwardEnd::Accepted);
        assert_eq!(r.sending(), MfSignal::new(1));
        assert_eq!(r.on_event(MfEvent::Off), BackwardStep::Ended(BackwardEnd::Accepted));
    }

    #[test]
    fn a_pause_ends_a_number_and_the_next_signal_is_a_pulse() {
        let mut r = register("cn", 11);
        assert!(!r.may_end_by_pause());
        assert_eq!(answered(&mut r, &[8, 1, 15, 2]), [6, 1, 1, 1]);
        assert!(r.may_end_by_pause());
        r.on_pause();
        assert_eq!(r.sending(), MfSignal::new(3));
        r.pulse_over();
        assert_eq!(r.sending(), None);
        assert_eq!(answered(&mut r, &[3]), [0]);
        assert_eq!(r.called(), "82".parse().ok());
        assert_eq!(r.caller().presentation, Presentation::Unavailable);
    }

    #[test]
    fn mexico_asks_in_group_c() {
        let mut r = register("mx", 2);
        assert_eq!(answered(&mut r, &[1, 2, 1, 7, 15, 1]), [1, 6, 1, 1, 3, 0]);
        assert_eq!(r.caller().number, "7".parse().ok());
    }

    #[test]
    fn senseless_signals_are_told() {
        let on = |n| MfEvent::On(MfSignal::new(n).unwrap());
        assert_eq!(register("cn", 3).on_event(on(15)), BackwardStep::Senseless);
        let mut endless = register("cn", 3);
        answered(&mut endless, &[8, 1]);
        answered(&mut endless, &[1; 32]);
        assert_eq!(endless.on_event(on(1)), BackwardStep::Senseless);
    }
}
