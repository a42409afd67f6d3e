//! The formulas of the call centre's figures.

use super::counter::{Counter, Direction, Tally, WAIT_BUCKETS, bucket_end_s, wait_bucket};
use tipring_events::{AgentState, OfferOutcome, QueueOutcome};
use tipring_line::Disposition;

/// How a service level is reckoned. O offered, A answered, B abandoned, Bθ abandoned within the
/// short-abandon limit, A_T and B_T answered and abandoned within the target.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ServiceLevel {
    /// A_T / (O − Bθ).
    #[default]
    OfOffered,
    /// A_T / A; Asterisk's SL.
    OfAnswered,
    /// (A_T + B_T) / (A + B); Asterisk's SL2.
    AbandonedInTimeCount,
    /// A_T / (A + B).
    OfAnsweredAndAbandoned,
    /// A_T / (A + B − B_T).
    AbandonedInTimeLeftOut,
    /// (A_T + Bθ) / (A + B).
    ShortAbandonedCount,
}

impl ServiceLevel {
    /// Every variant.
    pub const ALL: [ServiceLevel; 6] = [
        ServiceLevel::OfOffered,
        ServiceLevel::OfAnswered,
        ServiceLevel::AbandonedInTimeCount,
        ServiceLevel::OfAnsweredAndAbandoned,
        ServiceLevel::AbandonedInTimeLeftOut,
        ServiceLevel::ShortAbandonedCount,
    ];

    /// The formula, as it is shown.
    pub fn formula(self) -> &'static str {
        match self {
            ServiceLevel::OfOffered => "A_T / (O − Bθ)",
            ServiceLevel::OfAnswered => "A_T / A",
            ServiceLevel::AbandonedInTimeCount => "(A_T + B_T) / (A + B)",
            ServiceLevel::OfAnsweredAndAbandoned => "A_T / (A + B)",
            ServiceLevel::AbandonedInTimeLeftOut => "A_T / (A + B − B_T)",
            ServiceLevel::ShortAbandonedCount => "(A_T + Bθ) / (A + B)",
        }
    }

    /// The service level, 0 to 1; `None` where nothing counts.
    pub fn of(self, v: &VisitFigures) -> Option<f64> {
        let both = v.answered + v.abandoned;
        match self {
            ServiceLevel::OfOffered => {
                ratio(v.answered_in_time, v.offered.saturating_sub(v.short_abandoned))
            }
            ServiceLevel::OfAnswered => ratio(v.answered_in_time, v.answered),
            ServiceLevel::AbandonedInTimeCount => {
                ratio(v.answered_in_time + v.abandoned_in_time, both)
            }
            ServiceLevel::OfAnsweredAndAbandoned => ratio(v.answered_in_time, both),
            ServiceLevel::AbandonedInTimeLeftOut => {
                ratio(v.answered_in_time, both.saturating_sub(v.abandoned_in_time))
            }
            ServiceLevel::ShortAbandonedCount => {
                ratio(v.answered_in_time + v.short_abandoned, both)
            }
        }
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The limits that figures are reckoned with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    target_s: u32,
    short_s: Option<u32>,
    repeat_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { target_s: 20, short_s: None, repeat_days: 7 }
    }
}

impl Limits {
    /// The target T, the short-abandon limit θ (`None`: the one each queue had at the time), and
    /// the days N within which a contact must have no other to count as resolved. `None` where
    /// waits are not counted by that limit: they are by whole seconds up to 60, by 5 s up to 300,
    /// by 60 s up to 1,800; days are from 1 to 30.
    pub fn new(target_s: u32, short_s: Option<u32>, repeat_days: u32) -> Option<Self> {
        let counted = |s: u32| bucket_end_s(wait_bucket(u64::from(s) * 1000)) == Some(s);
        let fits = counted(target_s)
            && short_s.is_none_or(counted)
            && (1..=super::counter::REPEAT_DAYS_MAX).contains(&repeat_days);
        fits.then_some(Limits { target_s, short_s, repeat_days })
    }

    /// The target T, seconds.
    pub fn target_s(&self) -> u32 {
        self.target_s
    }

    /// The short-abandon limit θ, seconds; `None` for each queue's own.
    pub fn short_s(&self) -> Option<u32> {
        self.short_s
    }

    /// The days of first-call resolution.
    pub fn repeat_days(&self) -> u32 {
        self.repeat_days
    }
}

/// Queue visits that began in a period, by how they ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VisitFigures {
    /// Every visit that has ended: the outcomes added up.
    pub visits: u64,
    /// Visits that have ended and were let in: all but the refused.
    pub offered: u64,
    /// Answered.
    pub answered: u64,
    /// Given up by the caller, early or late.
    pub abandoned: u64,
    /// Given up within the short-abandon limit.
    pub short_abandoned: u64,
    /// The longest wait was over.
    pub timed_out: u64,
    /// Left by a key.
    pub left_by_key: u64,
    /// A callback was asked for.
    pub callback_requested: u64,
    /// Moved on because of length or wait.
    pub overflowed: u64,
    /// Nobody was logged in any more.
    pub left_empty: u64,
    /// Not let in.
    pub refused: u64,
    /// Moved on by a person.
    pub transferred_away: u64,
    /// Cut off as the box stopped.
    pub interrupted: u64,
    /// Answered within the target.
    pub answered_in_time: u64,
    /// Given up within the target.
    pub abandoned_in_time: u64,
    /// The waits of the answered, milliseconds.
    pub wait_answered_ms: u64,
    /// The waits of those who gave up, milliseconds.
    pub wait_abandoned_ms: u64,
    /// The longest wait, milliseconds.
    pub wait_max_ms: u64,
    /// Still waiting, as of the time asked for; in none of the others.
    pub waiting: u64,
    /// Calls of known customers that were answered.
    pub contacts: u64,
    /// Those whose customer came to the same queue again within the days asked for.
    pub repeated: u64,
}

impl VisitFigures {
    pub(crate) fn of(tally: &Tally, limits: &Limits) -> Self {
        let visit = |outcome| tally.get(Counter::visit(outcome));
        let abandoned = visit(QueueOutcome::Abandoned) + visit(QueueOutcome::ShortAbandoned);
        let within = |of: fn(u16) -> Counter, s: u32| {
            tally.sum(of(0), of(wait_bucket(u64::from(s) * 1000) + 1))
        };
        let visits = tally.sum(Counter(0), Counter(16));
        let short = limits.short_s.map(|s| within(Counter::abandoned_within, s));
        VisitFigures {
            visits,
            offered: visits - visit(QueueOutcome::Refused),
            answered: visit(QueueOutcome::Answered),
            abandoned,
            short_abandoned: short.unwrap_or_else(|| visit(QueueOutcome::ShortAbandoned)),
            timed_out: visit(QueueOutcome::TimedOut),
            left_by_key: visit(QueueOutcome::LeftByKey),
            callback_requested: visit(QueueOutcome::CallbackRequested),
            overflowed: visit(QueueOutcome::Overflowed),
            left_empty: visit(QueueOutcome::LeftEmpty),
            refused: visit(QueueOutcome::Refused),
            transferred_away: visit(QueueOutcome::TransferredAway),
            interrupted: visit(QueueOutcome::Interrupted),
            answered_in_time: within(Counter::answered_within, limits.target_s),
            abandoned_in_time: within(Counter::abandoned_within, limits.target_s),
            wait_answered_ms: tally.get(Counter::WAIT_ANSWERED_MS),
            wait_abandoned_ms: tally.get(Counter::WAIT_ABANDONED_MS),
            wait_max_ms: tally.get(Counter::WAIT_MAX_MS),
            waiting: 0,
            contacts: tally.get(Counter::CONTACTS),
            repeated: tally.sum(Counter::repeated(1), Counter(97 + limits.repeat_days as u16)),
        }
    }

    /// (B − Bθ) / (O − Bθ).
    pub fn abandon_rate(&self) -> Option<f64> {
        let short = self.short_abandoned;
        ratio(self.abandoned.saturating_sub(short), self.offered.saturating_sub(short))
    }

    /// The mean wait of the answered, milliseconds.
    pub fn average_speed_of_answer_ms(&self) -> Option<f64> {
        ratio(self.wait_answered_ms, self.answered)
    }

    /// Contacts with no other by the same customer in the same queue within the days asked for.
    pub fn first_call_resolution(&self) -> Option<f64> {
        ratio(self.contacts.saturating_sub(self.repeated), self.contacts)
    }
}

/// How many waited how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitBucket {
    /// The longest wait in it, seconds; `None` for the last one.
    pub to_s: Option<u32>,
    /// Answered visits.
    pub answered: u64,
    /// Abandoned ones.
    pub abandoned: u64,
}

/// The buckets in which anybody waited, the shortest first.
pub(crate) fn wait_histogram(tally: &Tally) -> Vec<WaitBucket> {
    (0..WAIT_BUCKETS)
        .map(|bucket| WaitBucket {
            to_s: bucket_end_s(bucket),
            answered: tally.get(Counter::answered_within(bucket)),
            abandoned: tally.get(Counter::abandoned_within(bucket)),
        })
        .filter(|bucket| bucket.answered + bucket.abandoned > 0)
        .collect()
}

/// Offers to agents that began in a period, by how they ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OfferFigures {
    /// Answered.
    pub answered: u64,
    /// It rang and nobody answered.
    pub no_answer: u64,
    /// Refused.
    pub rejected: u64,
    /// The phone was busy.
    pub busy: u64,
    /// The phone could not be reached.
    pub unreachable: u64,
    /// The caller left, or another agent answered.
    pub cancelled: u64,
    /// How long phones rang, milliseconds.
    pub ring_ms: u64,
}

impl OfferFigures {
    pub(crate) fn of(tally: &Tally) -> Self {
        let offer = |outcome| tally.get(Counter::offer(outcome));
        OfferFigures {
            answered: offer(OfferOutcome::Answered),
            no_answer: offer(OfferOutcome::NoAnswer),
            rejected: offer(OfferOutcome::Rejected),
            busy: offer(OfferOutcome::Busy),
            unreachable: offer(OfferOutcome::Unreachable),
            cancelled: offer(OfferOutcome::Cancelled),
            ring_ms: tally.get(Counter::RING_MS),
        }
    }

    /// Every offer.
    pub fn offers(&self) -> u64 {
        self.answered
            + self.no_answer
            + self.rejected
            + self.busy
            + self.unreachable
            + self.cancelled
    }

    /// The mean ring, milliseconds.
    pub fn average_ring_ms(&self) -> Option<f64> {
        ratio(self.ring_ms, self.offers())
    }
}

/// What agents did with callers in a period.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandlingFigures {
    /// Calls from outside an agent began to talk in.
    pub inbound: u64,
    /// Calls an agent placed to the outside.
    pub outbound: u64,
    /// Calls within the house.
    pub internal: u64,
    /// Talking, conferences included, milliseconds.
    pub talk_ms: u64,
    /// Holding, consulting a third included, milliseconds.
    pub hold_ms: u64,
    /// Wrapping up, milliseconds.
    pub wrap_up_ms: u64,
}

impl HandlingFigures {
    pub(crate) fn of(tally: &Tally) -> Self {
        let ms =
            |counters: [Counter; 2]| counters.iter().map(|c| tally.get(*c)).sum::<u64>() / 1000;
        HandlingFigures {
            inbound: tally.get(Counter::handled(Direction::Inbound)),
            outbound: tally.get(Counter::handled(Direction::Outbound)),
            internal: tally.get(Counter::handled(Direction::Internal)),
            talk_ms: ms([Counter::TALK_US, Counter::CONFERENCE_US]),
            hold_ms: ms([Counter::HOLD_US, Counter::CONSULT_US]),
            wrap_up_ms: tally.get(Counter::WRAP_UP_US) / 1000,
        }
    }

    /// Every call an agent talked in.
    pub fn handled(&self) -> u64 {
        self.inbound + self.outbound + self.internal
    }

    /// Σ (talk + hold + wrap-up) / handled, milliseconds.
    pub fn average_handling_ms(&self) -> Option<f64> {
        ratio(self.talk_ms + self.hold_ms + self.wrap_up_ms, self.handled())
    }

    /// The mean plain talk, milliseconds.
    pub fn average_talk_ms(&self) -> Option<f64> {
        ratio(self.talk_ms, self.handled())
    }
}

/// How agents spent their time in a period, milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TimeFigures {
    /// Waiting for a call.
    pub ready_ms: u64,
    /// While a call rang.
    pub offered_ms: u64,
    /// In a call, on hold or not.
    pub talking_ms: u64,
    /// Wrapping up.
    pub wrap_up_ms: u64,
    /// Away.
    pub not_ready_ms: u64,
    /// Away, by reason, in the order of the reasons.
    pub not_ready: Vec<(String, u64)>,
}

impl TimeFigures {
    /// From the tallies by reason.
    pub(crate) fn of<'a>(tallies: impl Iterator<Item = (&'a String, &'a Tally)>) -> Self {
        let (mut all, mut not_ready) = (Tally::default(), Vec::new());
        for (reason, tally) in tallies {
            let us = Counter::state_us(AgentState::NotReady).map_or(0, |c| tally.get(c));
            if us > 0 {
                not_ready.push((reason.clone(), us / 1000));
            }
            all.merge(tally);
        }
        let ms = |state| Counter::state_us(state).map_or(0, |c| all.get(c)) / 1000;
        TimeFigures {
            ready_ms: ms(AgentState::Ready),
            offered_ms: ms(AgentState::Offered),
            talking_ms: ms(AgentState::Talking),
            wrap_up_ms: ms(AgentState::WrapUp),
            not_ready_ms: ms(AgentState::NotReady),
            not_ready,
        }
    }

    /// (talk + hold + wrap-up) / (that + ready).
    pub fn occupancy(&self) -> Option<f64> {
        let busy = self.talking_ms + self.wrap_up_ms;
        ratio(busy, busy + self.ready_ms)
    }

    /// The time at work.
    pub fn logged_in_ms(&self) -> u64 {
        self.ready_ms + self.offered_ms + self.talking_ms + self.wrap_up_ms + self.not_ready_ms
    }
}

/// Calls that began in a period and have ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallFigures {
    /// From outside.
    pub inbound: u64,
    /// To the outside.
    pub outbound: u64,
    /// Within the house.
    pub internal: u64,
    /// Those in which two parties talked.
    pub talked: u64,
    /// Answered and ended in the ordinary way.
    pub answered: u64,
    /// Nobody answered.
    pub no_answer: u64,
    /// The called party was busy.
    pub busy: u64,
    /// The called party refused.
    pub rejected: u64,
    /// There was no such number.
    pub vacant: u64,
    /// The caller gave up.
    pub abandoned: u64,
    /// The network or the box could not carry it.
    pub failed: u64,
    /// Cut off as the box stopped.
    pub interrupted: u64,
    /// Lost for want of a channel.
    pub no_channel: u64,
    /// Lost because the queue let nobody in, or nobody was logged in.
    pub no_agent: u64,
}

impl CallFigures {
    pub(crate) fn of(tally: &Tally) -> Self {
        let ended = |disposition| tally.get(Counter::disposition(disposition));
        CallFigures {
            inbound: tally.get(Counter::calls(Direction::Inbound)),
            outbound: tally.get(Counter::calls(Direction::Outbound)),
            internal: tally.get(Counter::calls(Direction::Internal)),
            talked: tally.get(Counter::TALKED),
            answered: ended(Disposition::Answered),
            no_answer: ended(Disposition::NoAnswer),
            busy: ended(Disposition::Busy),
            rejected: ended(Disposition::Rejected),
            vacant: ended(Disposition::Vacant),
            abandoned: ended(Disposition::Abandoned),
            failed: ended(Disposition::Failed),
            interrupted: ended(Disposition::Interrupted),
            no_channel: tally.get(Counter::NO_CHANNEL),
            no_agent: tally.get(Counter::NO_AGENT),
        }
    }

    /// Every call.
    pub fn calls(&self) -> u64 {
        self.inbound + self.outbound + self.internal
    }

    /// Refused for want of a channel or an agent, of all.
    pub fn blocked_rate(&self) -> Option<f64> {
        ratio(self.no_channel + self.no_agent, self.calls())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the rules: A=1000, B=60, A_T=860, B_T=20, Bθ=10.
    #[test]
    fn every_service_level_has_its_check_value() {
        let mut tally = Tally::default();
        tally.add(Counter::visit(QueueOutcome::Answered), 1000);
        tally.add(Counter::visit(QueueOutcome::Abandoned), 50);
        tally.add(Counter::visit(QueueOutcome::ShortAbandoned), 10);
        tally.add(Counter::answered_within(wait_bucket(20_000)), 860);
        tally.add(Counter::answered_within(wait_bucket(20_001)), 140);
        tally.add(Counter::abandoned_within(wait_bucket(5_000)), 10);
        tally.add(Counter::abandoned_within(wait_bucket(19_000)), 10);
        tally.add(Counter::abandoned_within(wait_bucket(90_000)), 40);
        for short_s in [None, Some(5)] {
            let figures = VisitFigures::of(&tally, &Limits::new(20, short_s, 7).unwrap());
            assert_eq!((figures.offered, figures.short_abandoned), (1060, 10));
            let percent =
                |level: ServiceLevel| format!("{:.2}", level.of(&figures).unwrap() * 100.0);
            let found = ServiceLevel::ALL.map(percent);
            assert_eq!(found, ["81.90", "86.00", "83.02", "81.13", "82.69", "82.08"]);
            assert_eq!(figures.abandon_rate(), Some(50.0 / 1050.0));
        }
    }

    #[test]
    fn nothing_has_no_rate() {
        let nothing = VisitFigures::default();
        assert!(ServiceLevel::ALL.iter().all(|level| level.of(&nothing).is_none()));
        assert_eq!(nothing.abandon_rate(), None);
        assert_eq!(TimeFigures::default().occupancy(), None);
        assert_eq!(CallFigures::default().blocked_rate(), None);
    }

    #[test]
    fn limits_are_those_that_waits_are_counted_by() {
        for (target, fits) in [(0, true), (20, true), (61, false), (65, true), (301, false)] {
            assert_eq!(Limits::new(target, None, 7).is_some(), fits, "{target}");
            assert_eq!(Limits::new(20, Some(target), 7).is_some(), fits, "{target}");
        }
        assert!(Limits::new(1800, None, 30).is_some() && Limits::new(1801, None, 7).is_none());
        assert!(Limits::new(20, None, 0).is_none() && Limits::new(20, None, 31).is_none());
    }
}
