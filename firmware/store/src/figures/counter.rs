//! What is counted, and how a tally of it is kept in a few bytes.
//!
//! A tally is sparse: most quarter hours of most agents hold a handful of numbers. It is kept as
//! pairs of LEB128 numbers, the step from the counter before and the value, in the order of the
//! counters, so that equal tallies are equal bytes. Two tallies are added counter by counter;
//! counters from [`Counter::MAXIMA`] on keep the larger value instead.

use tipring_events::{AgentState, OfferOutcome, QueueOutcome};
use tipring_line::Disposition;

/// Something that is counted. The numbers stand in databases: never change one, only add.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Counter(pub(crate) u16);

/// The longest wait that has a bucket of its own, in buckets; longer ones share the last.
pub(crate) const WAIT_BUCKETS: u16 = 135;

/// How many days after a contact the next one is told by the day.
pub(crate) const REPEAT_DAYS_MAX: u32 = 30;

impl Counter {
    // 0–15: queue visits by outcome.
    pub(crate) const WAIT_ANSWERED_MS: Counter = Counter(16);
    pub(crate) const WAIT_ABANDONED_MS: Counter = Counter(17);
    pub(crate) const WAIT_OTHER_MS: Counter = Counter(18);
    // 20–27: offers by outcome.
    pub(crate) const RING_MS: Counter = Counter(28);
    pub(crate) const TALK_US: Counter = Counter(32);
    pub(crate) const HOLD_US: Counter = Counter(33);
    pub(crate) const CONSULT_US: Counter = Counter(34);
    pub(crate) const CONFERENCE_US: Counter = Counter(35);
    pub(crate) const WRAP_UP_US: Counter = Counter(36);
    // 40–42: calls an agent talked in, by direction.
    // 48–55: an agent's time by state, microseconds.
    // 64–66: calls by direction.
    pub(crate) const TALKED: Counter = Counter(67);
    // 72–79: calls by disposition.
    pub(crate) const NO_CHANNEL: Counter = Counter(84);
    pub(crate) const NO_AGENT: Counter = Counter(85);
    /// Calls in which a known customer was served by a queue.
    pub(crate) const CONTACTS: Counter = Counter(96);
    // 97–126: contacts whose customer came again within 1–30 days.
    // 128–262: answered visits by wait. 512–646: abandoned ones.
    /// From here on the larger value is kept.
    pub(crate) const MAXIMA: u16 = 4096;
    pub(crate) const WAIT_MAX_MS: Counter = Counter(4096);

    pub(crate) fn visit(outcome: QueueOutcome) -> Self {
        Counter(match outcome {
            QueueOutcome::Answered => 0,
            QueueOutcome::Abandoned => 1,
            QueueOutcome::ShortAbandoned => 2,
            QueueOutcome::TimedOut => 3,
            QueueOutcome::LeftByKey => 4,
            QueueOutcome::CallbackRequested => 5,
            QueueOutcome::Overflowed => 6,
            QueueOutcome::LeftEmpty => 7,
            QueueOutcome::Refused => 8,
            QueueOutcome::TransferredAway => 9,
            QueueOutcome::Interrupted => 10,
        })
    }

    pub(crate) fn offer(outcome: OfferOutcome) -> Self {
        Counter(match outcome {
            OfferOutcome::Answered => 20,
            OfferOutcome::NoAnswer => 21,
            OfferOutcome::Rejected => 22,
            OfferOutcome::Busy => 23,
            OfferOutcome::Unreachable => 24,
            OfferOutcome::Cancelled => 25,
        })
    }

    /// `None` for the time an agent is not at work.
    pub(crate) fn state_us(state: AgentState) -> Option<Self> {
        Some(Counter(match state {
            AgentState::LoggedOut => return None,
            AgentState::Ready => 48,
            AgentState::Offered => 49,
            AgentState::Talking => 50,
            AgentState::WrapUp => 51,
            AgentState::NotReady => 52,
        }))
    }

    pub(crate) fn disposition(disposition: Disposition) -> Self {
        Counter(match disposition {
            Disposition::Answered => 72,
            Disposition::NoAnswer => 73,
            Disposition::Busy => 74,
            Disposition::Rejected => 75,
            Disposition::Vacant => 76,
            Disposition::Abandoned => 77,
            Disposition::Failed => 78,
            Disposition::Interrupted => 79,
        })
    }

    pub(crate) fn handled(direction: Direction) -> Self {
        Counter(40 + direction as u16)
    }

    pub(crate) fn calls(direction: Direction) -> Self {
        Counter(64 + direction as u16)
    }

    /// Contacts whose customer came again on day `days` after, from 1 to [`REPEAT_DAYS_MAX`].
    pub(crate) fn repeated(days: u32) -> Self {
        Counter(96 + days.clamp(1, REPEAT_DAYS_MAX) as u16)
    }

    pub(crate) fn answered_within(bucket: u16) -> Self {
        Counter(128 + bucket)
    }

    pub(crate) fn abandoned_within(bucket: u16) -> Self {
        Counter(512 + bucket)
    }
}

/// Which way a call goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Inbound = 0,
    Outbound = 1,
    Internal = 2,
}

/// The bucket of a wait: the first whose end is not before it. Whole seconds up to a minute, then
/// steps of 5 s up to five minutes, then of a minute up to half an hour.
pub(crate) fn wait_bucket(wait_ms: u64) -> u16 {
    let bucket = match wait_ms {
        0..=60_000 => wait_ms.div_ceil(1_000),
        60_001..=300_000 => 60 + (wait_ms - 60_000).div_ceil(5_000),
        300_001..=1_800_000 => 108 + (wait_ms - 300_000).div_ceil(60_000),
        _ => u64::from(WAIT_BUCKETS) - 1,
    };
    bucket as u16
}

/// When a bucket ends, seconds; `None` for the last, which does not.
pub(crate) fn bucket_end_s(bucket: u16) -> Option<u32> {
    let bucket = u32::from(bucket);
    match bucket {
        0..=60 => Some(bucket),
        61..=108 => Some(60 + (bucket - 60) * 5),
        109..=133 => Some(300 + (bucket - 108) * 60),
        _ => None,
    }
}

/// Numbers by counter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    /// In the order of the counters; no value is 0.
    entries: Vec<(Counter, u64)>,
}

impl Tally {
    pub(crate) fn add(&mut self, counter: Counter, value: u64) {
        if value == 0 {
            return;
        }
        match self.entries.binary_search_by_key(&counter, |entry| entry.0) {
            Ok(index) => combine(&mut self.entries[index], value),
            Err(index) => self.entries.insert(index, (counter, value)),
        }
    }

    pub(crate) fn get(&self, counter: Counter) -> u64 {
        let found = self.entries.binary_search_by_key(&counter, |entry| entry.0);
        found.map_or(0, |index| self.entries[index].1)
    }

    /// The counters from `from` up to but not `to`, added up.
    pub(crate) fn sum(&self, from: Counter, to: Counter) -> u64 {
        let first = self.entries.partition_point(|entry| entry.0 < from);
        let counted = self.entries[first..].iter().take_while(|entry| entry.0 < to);
        counted.map(|entry| entry.1).sum()
    }

    pub(crate) fn merge(&mut self, other: &Tally) {
        for &(counter, value) in &other.entries {
            self.add(counter, value);
        }
    }

    /// Adds what is kept in `bytes`. What is damaged is left out, as if it ended there.
    pub(crate) fn merge_bytes(&mut self, bytes: &[u8]) {
        let (mut rest, mut counter) = (bytes, 0u64);
        while let (Some(step), Some(value)) = (number(&mut rest), number(&mut rest)) {
            counter = counter.saturating_add(step);
            let Ok(counter) = u16::try_from(counter) else { return };
            self.add(Counter(counter), value);
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut before = 0;
        for &(Counter(counter), value) in &self.entries {
            put(out, u64::from(counter - before));
            put(out, value);
            before = counter;
        }
    }
}

fn combine((counter, kept): &mut (Counter, u64), value: u64) {
    *kept =
        if counter.0 >= Counter::MAXIMA { value.max(*kept) } else { kept.saturating_add(value) };
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_wait_falls_into_the_first_bucket_that_holds_it() {
        for wait_ms in (0..2_000_000).step_by(250) {
            let bucket = wait_bucket(wait_ms);
            assert!(bucket < WAIT_BUCKETS);
            let within = |s: Option<u32>| s.is_none_or(|s| wait_ms <= u64::from(s) * 1000);
            assert!(within(bucket_end_s(bucket)), "{wait_ms}");
            assert!(bucket == 0 || !within(bucket_end_s(bucket - 1)), "{wait_ms}");
        }
    }

    proptest! {
        #[test]
        fn a_tally_reads_back_and_adds_up(
            a in prop::collection::vec((0u16..5000, any::<u32>()), 0..40),
            b in prop::collection::vec((0u16..5000, any::<u32>()), 0..40),
        ) {
            let mut both = Tally::default();
            let (mut first, mut bytes) = (Tally::default(), Vec::new());
            for (counter, value) in &a {
                first.add(Counter(*counter), u64::from(*value));
            }
            for (counter, value) in a.iter().chain(&b) {
                both.add(Counter(*counter), u64::from(*value));
            }
            first.write(&mut bytes);
            let mut read = Tally::default();
            read.merge_bytes(&bytes);
            prop_assert_eq!(&read, &first);
            for (counter, value) in &b {
                read.add(Counter(*counter), u64::from(*value));
            }
            prop_assert_eq!(read, both);
        }

        #[test]
        fn damaged_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            Tally::default().merge_bytes(&bytes);
        }
    }
}
