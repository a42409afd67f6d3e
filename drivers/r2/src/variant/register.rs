//! The register signals of a variant: what each of the fifteen signals of a group means
//! (Q.441, tables 6–9).

use serde::{Deserialize, Serialize};
use tipring_dsp::MfSignal;
use tipring_line::Cause;

/// The number of a register signal, 1–15.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "u8", into = "u8")]
pub(crate) struct Signal(u8);

impl TryFrom<u8> for Signal {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match MfSignal::new(number) {
            Some(_) => Ok(Signal(number)),
            None => Err(format!("{number} is no register signal: they are 1–15")),
        }
    }
}

impl From<Signal> for u8 {
    fn from(signal: Signal) -> u8 {
        signal.0
    }
}

impl From<Signal> for MfSignal {
    fn from(signal: Signal) -> MfSignal {
        MfSignal::new(signal.0).expect("a signal's number was checked when it was read")
    }
}

impl PartialEq<MfSignal> for Signal {
    fn eq(&self, other: &MfSignal) -> bool {
        self.0 == other.number()
    }
}

/// Whether this meaning has this signal.
pub(crate) fn is(meaning: Option<Signal>, signal: MfSignal) -> bool {
    meaning.is_some_and(|s| s == signal)
}

/// The first key whose signal an earlier key has too, with that key.
fn shared(
    signals: &[(&'static str, Option<Signal>)],
    may_share: &[(&str, &str)],
) -> Option<(&'static str, String)> {
    for (place, (key, signal)) in signals.iter().enumerate() {
        let Some(signal) = signal else { continue };
        for (earlier, other) in &signals[..place] {
            if *other == Some(*signal) && !may_share.contains(&(*earlier, *key)) {
                return Some((key, format!("not be {}, which `{earlier}` is", signal.0)));
            }
        }
    }
    None
}

/// Backward signals that ask for what the calling side has to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupA {
    pub(crate) next_digit: Signal,
    /// Again the last but one, two or three digits.
    pub(crate) back_1: Option<Signal>,
    pub(crate) back_2: Option<Signal>,
    pub(crate) back_3: Option<Signal>,
    /// Again from the first digit on.
    pub(crate) restart: Option<Signal>,
    /// The calling party's category; where there is a group C, that follows.
    pub(crate) category: Option<Signal>,
    /// After the category: the next digit of the caller's number. May be the same signal as
    /// `category` or as `next_digit`.
    pub(crate) next_caller_digit: Option<Signal>,
    pub(crate) to_group_b: Signal,
    pub(crate) congestion: Option<Signal>,
    pub(crate) unallocated: Option<Signal>,
    /// Address complete, charge, set up speech conditions, without group B.
    pub(crate) accept: Option<Signal>,
}

impl GroupA {
    pub(super) fn impossible(&self, has_group_c: bool) -> Option<(&'static str, String)> {
        if has_group_c && self.next_caller_digit.is_some() {
            return Some(("next_caller_digit", "not be here where [group_c] has it".into()));
        }
        if self.category.is_none() && self.next_caller_digit.is_some() {
            return Some((
                "next_caller_digit",
                "not be without `category`, which it follows".into(),
            ));
        }
        shared(
            &[
                ("next_digit", Some(self.next_digit)),
                ("back_1", self.back_1),
                ("back_2", self.back_2),
                ("back_3", self.back_3),
                ("restart", self.restart),
                ("category", self.category),
                ("next_caller_digit", self.next_caller_digit),
                ("to_group_b", Some(self.to_group_b)),
                ("congestion", self.congestion),
                ("unallocated", self.unallocated),
                ("accept", self.accept),
            ],
            &[("next_digit", "next_caller_digit"), ("category", "next_caller_digit")],
        )
    }

    /// How many digits before the next one this signal asks for; `None` if it does not.
    pub(crate) fn steps_back(&self, signal: MfSignal) -> Option<usize> {
        [self.back_1, self.back_2, self.back_3]
            .into_iter()
            .position(|back| is(back, signal))
            .map(|place| place + 2)
    }
}

/// Backward signals about the called line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupB {
    pub(crate) free: Signal,
    pub(crate) free_no_charge: Option<Signal>,
    /// The line cannot be reached, as a tone in the audio will say.
    pub(crate) special_tone: Option<Signal>,
    pub(crate) busy: Signal,
    pub(crate) toll_busy: Option<Signal>,
    pub(crate) congestion: Option<Signal>,
    pub(crate) unallocated: Option<Signal>,
    pub(crate) out_of_order: Option<Signal>,
}

impl GroupB {
    pub(super) fn impossible(&self) -> Option<(&'static str, String)> {
        shared(
            &[
                ("free", Some(self.free)),
                ("free_no_charge", self.free_no_charge),
                ("special_tone", self.special_tone),
                ("busy", Some(self.busy)),
                ("toll_busy", self.toll_busy),
                ("congestion", self.congestion),
                ("unallocated", self.unallocated),
                ("out_of_order", self.out_of_order),
            ],
            &[],
        )
    }

    /// Why a call is refused by this signal; `None` if it is not, or by no signal of the group.
    pub(crate) fn refusal(&self, signal: MfSignal) -> Option<Cause> {
        if signal == self.busy.into() || is(self.toll_busy, signal) {
            Some(Cause::UserBusy)
        } else if is(self.congestion, signal) {
            Some(Cause::Congestion)
        } else if is(self.unallocated, signal) {
            Some(Cause::UnallocatedNumber)
        } else if is(self.out_of_order, signal) {
            Some(Cause::DestinationOutOfOrder)
        } else {
            None
        }
    }

    /// Whether this signal accepts the call.
    pub(crate) fn accepts(&self, signal: MfSignal) -> bool {
        self.free == signal || is(self.free_no_charge, signal) || is(self.special_tone, signal)
    }

    /// The signal that says best why a call is refused.
    pub(crate) fn refusing(&self, cause: Cause) -> MfSignal {
        let wanted = match cause {
            Cause::UnallocatedNumber | Cause::NoRoute | Cause::InvalidNumberFormat => {
                self.unallocated
            }
            Cause::DestinationOutOfOrder | Cause::NumberChanged => self.out_of_order,
            Cause::NoChannel
            | Cause::NetworkOutOfOrder
            | Cause::TemporaryFailure
            | Cause::Congestion
            | Cause::Preemption => self.congestion,
            _ => None,
        };
        wanted.unwrap_or(self.busy).into()
    }
}

/// Backward signals after the category, where the caller is asked for in a group of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupC {
    pub(crate) next_caller_digit: Signal,
    pub(crate) to_group_b: Signal,
    pub(crate) congestion: Option<Signal>,
    /// The next digit of the called number, and back to group A.
    pub(crate) next_digit: Signal,
}

impl GroupC {
    pub(super) fn impossible(&self) -> Option<(&'static str, String)> {
        shared(
            &[
                ("next_caller_digit", Some(self.next_caller_digit)),
                ("to_group_b", Some(self.to_group_b)),
                ("congestion", self.congestion),
                ("next_digit", Some(self.next_digit)),
            ],
            &[],
        )
    }
}

/// Forward signals beside the digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group1 {
    /// The called number is complete.
    pub(crate) end_of_digits: Option<Signal>,
    /// The caller's number is complete, or there is none.
    pub(crate) end_of_caller: Option<Signal>,
    /// The caller's number may not be shown.
    pub(crate) restricted: Option<Signal>,
}

impl Group1 {
    pub(super) fn impossible(&self, order: CallerOrder) -> Option<(&'static str, String)> {
        let digit = |signal: Option<Signal>| signal.is_some_and(|s| s.0 <= 10);
        let must = || "be 11–15: 1–10 are digits".to_owned();
        if digit(self.end_of_digits) {
            Some(("end_of_digits", must()))
        } else if digit(self.end_of_caller) {
            Some(("end_of_caller", must()))
        } else if digit(self.restricted) {
            Some(("restricted", must()))
        } else if self.end_of_caller.is_none() && order != CallerOrder::Never {
            Some(("end_of_caller", "be there where the caller is asked for".into()))
        } else {
            shared(&[("end_of_caller", self.end_of_caller), ("restricted", self.restricted)], &[])
        }
    }
}

/// What kind of calling party.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// An ordinary subscriber.
    #[default]
    Subscriber,
    /// A subscriber with priority.
    Priority,
    /// Maintenance equipment.
    Maintenance,
    /// An operator.
    Operator,
    /// Data transmission.
    Data,
    /// An ordinary subscriber, on an international call.
    InternationalSubscriber,
    /// A subscriber with priority, on an international call.
    InternationalPriority,
    /// The called party is to pay.
    Collect,
}

/// The forward signals for categories.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Categories {
    subscriber: Signal,
    priority: Option<Signal>,
    maintenance: Option<Signal>,
    operator: Option<Signal>,
    data: Option<Signal>,
    international_subscriber: Option<Signal>,
    international_priority: Option<Signal>,
    collect: Option<Signal>,
}

impl Categories {
    fn all(&self) -> [(&'static str, Category, Option<Signal>); 8] {
        [
            ("subscriber", Category::Subscriber, Some(self.subscriber)),
            ("priority", Category::Priority, self.priority),
            ("maintenance", Category::Maintenance, self.maintenance),
            ("operator", Category::Operator, self.operator),
            ("data", Category::Data, self.data),
            (
                "international_subscriber",
                Category::InternationalSubscriber,
                self.international_subscriber,
            ),
            (
                "international_priority",
                Category::InternationalPriority,
                self.international_priority,
            ),
            ("collect", Category::Collect, self.collect),
        ]
    }

    pub(super) fn impossible(&self) -> Option<(&'static str, String)> {
        shared(&self.all().map(|(key, _, signal)| (key, signal)), &[])
    }

    /// The signal of a category; a subscriber's where the variant has none for it.
    pub(crate) fn signal(&self, category: Category) -> MfSignal {
        let found = self.all().into_iter().find(|(_, c, _)| *c == category);
        found.and_then(|(_, _, signal)| signal).unwrap_or(self.subscriber).into()
    }

    /// What a signal stands for, if the variant knows it.
    pub(crate) fn category(&self, signal: MfSignal) -> Option<Category> {
        self.all().into_iter().find(|(_, _, s)| is(*s, signal)).map(|(_, category, _)| category)
    }
}

/// When the called side asks who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerOrder {
    /// After the first digit of the called number.
    AfterFirstDigit,
    /// After the last digit of the called number.
    AfterDigits,
    /// Not at all.
    Never,
}

/// What the called side asks about the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caller {
    pub(crate) order: CallerOrder,
    /// More digits are not asked for; 0–32. 0: the category alone is.
    pub(crate) digits_max: u8,
}

impl Caller {
    pub(super) fn impossible(&self) -> Option<(&'static str, String)> {
        (self.digits_max > 32).then(|| ("digits_max", "be 0–32".into()))
    }
}

/// All register signals of a variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Register {
    pub(crate) a: GroupA,
    pub(crate) b: GroupB,
    pub(crate) c: Option<GroupC>,
    pub(crate) one: Group1,
    /// Categories as answered to the request for the category.
    pub(crate) calling: Categories,
    /// Categories as answered to the change to group B.
    pub(crate) two: Categories,
    pub(crate) caller: Caller,
}
