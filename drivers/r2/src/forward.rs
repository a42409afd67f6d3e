//! The outgoing register (Q.440, clause 4.1.1; Q.442): it sends forward signals and does what the
//! backward signals say. One compelled cycle: our signal begins; the far side's begins, so ours
//! ends; the far side's ends, and what it meant is done. A backward signal that comes while
//! nothing is sent is a pulse, and means the same.

use arrayvec::ArrayVec;
use tipring_dsp::{MfEvent, MfSignal};
use tipring_line::Cause;

use crate::variant::Register;

/// Numbers as signals; those of the seam have at most 40 characters.
pub(crate) type Signals = ArrayVec<MfSignal, 40>;

/// The signal for a digit; `None` for what is none.
pub(crate) fn of_digit(digit: char) -> Option<MfSignal> {
    match digit {
        '0' => MfSignal::new(10),
        '1'..='9' => MfSignal::new(digit as u8 - b'0'),
        _ => None,
    }
}

/// Who calls, as the register tells it.
#[derive(Clone, Debug)]
pub(crate) struct Calling {
    pub(crate) number: Signals,
    pub(crate) restricted: bool,
    /// Answered to the request for the category.
    pub(crate) category: MfSignal,
    /// Answered to the change to group B.
    pub(crate) class: MfSignal,
}

/// In which group the far side speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Group {
    A,
    B,
    C,
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ForwardStep {
    /// The exchange of signals goes on.
    Goes,
    /// The call is accepted; nothing more is signalled between registers.
    Accepted {
        /// It is not charged.
        free_of_charge: bool,
    },
    /// The call is refused.
    Refused(Cause),
    /// The far side's signal means nothing here.
    Senseless,
}

/// The outgoing register of one call.
#[derive(Clone, Debug)]
pub(crate) struct ForwardRegister {
    plan: Register,
    called: Signals,
    calling: Calling,
    /// Place of the next digit to send.
    next: usize,
    group: Group,
    /// Place of the caller's next digit, from when the category was asked for.
    caller_next: Option<usize>,
    caller_ended: bool,
    sending: Option<MfSignal>,
    heard: Option<MfSignal>,
}

impl ForwardRegister {
    /// Begins with the first digit.
    pub(crate) fn new(plan: Register, called: Signals, calling: Calling) -> Self {
        let sending = called.first().copied();
        ForwardRegister {
            plan,
            called,
            calling,
            next: 1,
            group: Group::A,
            caller_next: None,
            caller_ended: false,
            sending,
            heard: None,
        }
    }

    /// The signal to send now.
    pub(crate) fn sending(&self) -> Option<MfSignal> {
        self.sending
    }

    /// Whether the far side is past asking for numbers.
    pub(crate) fn in_group_b(&self) -> bool {
        self.group == Group::B
    }

    /// Takes what was heard of the far side.
    pub(crate) fn on_event(&mut self, event: MfEvent) -> ForwardStep {
        match event {
            MfEvent::On(signal) => {
                self.heard = Some(signal);
                self.sending = None;
                ForwardStep::Goes
            }
            MfEvent::Off => match (self.heard.take(), self.group) {
                (None, _) => ForwardStep::Goes,
                (Some(signal), Group::A) => self.in_a(signal),
                (Some(signal), Group::B) => self.in_b(signal),
                (Some(signal), Group::C) => self.in_c(signal),
            },
        }
    }

    fn send(&mut self, signal: Option<MfSignal>) -> ForwardStep {
        self.sending = signal;
        ForwardStep::Goes
    }

    fn in_a(&mut self, signal: MfSignal) -> ForwardStep {
        let a = self.plan.a;
        let is = |meaning: Option<_>| crate::variant::is(meaning, signal);
        // Where one signal asks both for the caller's digits and for the called number's, it is
        // the caller's until they have ended.
        let caller_first = self.caller_next.is_some()
            && is(a.next_caller_digit)
            && !(self.caller_ended && a.next_digit == signal);
        if caller_first {
            self.send_caller_digit()
        } else if a.next_digit == signal {
            self.send_digit()
        } else if is(a.category) {
            self.caller_next = Some(0);
            self.caller_ended = false;
            if self.plan.c.is_some() {
                self.group = Group::C;
            }
            self.send(Some(self.calling.category))
        } else if a.to_group_b == signal {
            self.change_to_group_b()
        } else if let Some(steps) = a.steps_back(signal) {
            self.next = self.next.saturating_sub(steps);
            self.send_digit()
        } else if is(a.restart) {
            self.next = 0;
            self.send_digit()
        } else if is(a.accept) {
            ForwardStep::Accepted { free_of_charge: false }
        } else if is(a.congestion) {
            ForwardStep::Refused(Cause::Congestion)
        } else if is(a.unallocated) {
            ForwardStep::Refused(Cause::UnallocatedNumber)
        } else {
            ForwardStep::Senseless
        }
    }

    fn in_b(&mut self, signal: MfSignal) -> ForwardStep {
        let b = self.plan.b;
        match b.refusal(signal) {
            Some(cause) => ForwardStep::Refused(cause),
            None if b.accepts(signal) => {
                let free_of_charge = crate::variant::is(b.free_no_charge, signal);
                ForwardStep::Accepted { free_of_charge }
            }
            None => ForwardStep::Senseless,
        }
    }

    fn in_c(&mut self, signal: MfSignal) -> ForwardStep {
        let Some(c) = self.plan.c else { return ForwardStep::Senseless };
        if c.next_caller_digit == signal {
            self.send_caller_digit()
        } else if c.next_digit == signal {
            self.group = Group::A;
            self.send_digit()
        } else if c.to_group_b == signal {
            self.change_to_group_b()
        } else if crate::variant::is(c.congestion, signal) {
            ForwardStep::Refused(Cause::Congestion)
        } else {
            ForwardStep::Senseless
        }
    }

    fn change_to_group_b(&mut self) -> ForwardStep {
        self.group = Group::B;
        self.send(Some(self.calling.class))
    }

    /// The next digit; behind the last one the end, or silence where nothing says it.
    fn send_digit(&mut self) -> ForwardStep {
        let digit = self.called.get(self.next).copied();
        if digit.is_some() {
            self.next += 1;
        }
        self.send(digit.or(self.plan.one.end_of_digits.map(Into::into)))
    }

    fn send_caller_digit(&mut self) -> ForwardStep {
        let place = self.caller_next.unwrap_or(0);
        let restricted = self.plan.one.restricted.filter(|_| self.calling.restricted);
        let end = restricted.or(self.plan.one.end_of_caller).map(Into::into);
        match self.calling.number.get(place).copied() {
            Some(digit) if !self.calling.restricted => {
                self.caller_next = Some(place + 1);
                self.send(Some(digit))
            }
            _ => {
                self.caller_ended = true;
                self.send(end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variant::{Category, Variant};

    fn register(code: &str, called: &str, caller: Option<&str>) -> ForwardRegister {
        let plan = Variant::named(code).unwrap().register();
        let signals = |text: &str| text.chars().filter_map(of_digit).collect::<Signals>();
        let calling = Calling {
            number: caller.map(signals).unwrap_or_default(),
            restricted: caller.is_none(),
            category: plan.calling.signal(Category::Subscriber),
            class: plan.two.signal(Category::Subscriber),
        };
        ForwardRegister::new(plan, signals(called), calling)
    }

    /// One compelled cycle: what is sent after this backward signal.
    fn cycle(register: &mut ForwardRegister, signal: u8) -> (ForwardStep, u8) {
        let signal = MfSignal::new(signal).unwrap();
        assert_eq!(register.on_event(MfEvent::On(signal)), ForwardStep::Goes);
        assert_eq!(register.sending(), None);
        let step = register.on_event(MfEvent::Off);
        (step, register.sending().map_or(0, MfSignal::number))
    }

    /// What is sent after each of these.
    fn sent(register: &mut ForwardRegister, asked: &[u8]) -> Vec<u8> {
        asked
            .iter()
            .map(|signal| {
                let (step, sent) = cycle(register, *signal);
                assert_eq!(step, ForwardStep::Goes, "on {signal}");
                sent
            })
            .collect()
    }

    #[test]
    fn itu_tells_digits_caller_and_ends() {
        let mut r = register("itu", "1230", Some("55"));
        assert_eq!(r.sending(), MfSignal::new(1));
        assert_eq!(sent(&mut r, &[5, 5, 5, 5, 1, 1, 1, 1, 3]), [1, 5, 5, 15, 2, 3, 10, 15, 1]);
        assert!(r.in_group_b());
        assert_eq!(cycle(&mut r, 6).0, ForwardStep::Accepted { free_of_charge: false });
    }

    #[test]
    fn china_tells_the_caller_by_the_signal_for_digits() {
        let mut r = register("cn", "8002", Some("139"));
        assert_eq!(sent(&mut r, &[6, 1, 1, 1, 1, 1, 1, 1]), [1, 1, 3, 9, 15, 10, 10, 2]);
        // Nothing says that this was all: silence, until a pulse asks on.
        assert_eq!(sent(&mut r, &[1, 3]), [0, 3]);
        assert_eq!(cycle(&mut r, 2).0, ForwardStep::Refused(Cause::UserBusy));
    }

    #[test]
    fn digits_are_sent_again_when_asked_for() {
        let mut r = register("itu", "123456", Some("1"));
        assert_eq!(sent(&mut r, &[1, 1, 1]), [2, 3, 4]);
        assert_eq!(sent(&mut r, &[2, 1, 1]), [3, 4, 5]);
        assert_eq!(sent(&mut r, &[7, 8, 8]), [3, 1, 1]);
        let mut r = register("cn", "456", None);
        assert_eq!(sent(&mut r, &[1, 1, 2, 1]), [5, 6, 4, 5]);
    }

    #[test]
    fn mexico_has_a_group_for_the_caller() {
        let mut r = register("mx", "12", Some("7"));
        assert_eq!(sent(&mut r, &[1, 6, 1, 1, 3]), [2, 1, 7, 15, 1]);
        assert_eq!(cycle(&mut r, 1).0, ForwardStep::Accepted { free_of_charge: false });
        let mut r = register("mx", "12", Some("7"));
        assert_eq!(sent(&mut r, &[6, 1, 1, 5, 3]), [1, 7, 15, 2, 1]);
    }

    #[test]
    fn a_restricted_caller_is_told_so_or_not_at_all() {
        let mut r = register("br", "12", None);
        assert_eq!(sent(&mut r, &[5, 5]), [1, 12]);
        let mut r = register("itu", "12", None);
        assert_eq!(sent(&mut r, &[5, 5, 1]), [1, 15, 2]);
    }

    #[test]
    fn senseless_signals_are_told() {
        let mut r = register("itu", "12", None);
        assert_eq!(cycle(&mut r, 13).0, ForwardStep::Senseless);
        let mut r = register("itu", "12", None);
        sent(&mut r, &[3]);
        assert_eq!(cycle(&mut r, 15).0, ForwardStep::Senseless);
        // An end without a beginning.
        assert_eq!(r.on_event(MfEvent::Off), ForwardStep::Goes);
    }
}
