//! One queue's tables: who waits, in order, and which agents are free.
//!
//! Those for whom nobody is being rung stand in pools, one for each kind of agent they may be
//! offered to, so that an agent who becomes free looks at the first of a few pools and never at
//! everyone who waits.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_clock::Instant;
use tipring_events::{AgentId, QueueId};
use tipring_line::CallId;

use crate::agent::Member;
use crate::config::{QueueConfig, Strategy};
use crate::pace::Pace;
use crate::stage::{Pool, Stage};

/// One who waits: on the line, or to be called back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Waiter {
    Call(CallId),
    Callback(u64),
}

/// Microseconds on the monotonic time line; negative before the box's start, for places kept
/// over a restart.
pub(crate) type Micros = i64;

pub(crate) fn micros(at: Instant) -> Micros {
    Micros::try_from(at.as_micros()).unwrap_or(Micros::MAX)
}

const MINUTE_US: i64 = 60_000_000;
/// Priorities and gains beyond these are taken for these, so that ranks cannot overflow.
pub(crate) const PRIORITY_MAX: u32 = 1_000_000;
const GAIN_MAX: u32 = 1000;

/// A caller's place in the order: by priority, then by time of joining the box's queues.
///
/// What waiting adds to the priority is the same for everyone in a queue, so the order of two
/// callers never changes while they wait: `priority × 1 min − gain × joined` decides for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct WaitKey {
    pub(crate) rank: Reverse<i64>,
    pub(crate) joined: Micros,
    pub(crate) waiter: Waiter,
}

impl WaitKey {
    pub(crate) fn new(config: &QueueConfig, priority: u32, joined: Micros, waiter: Waiter) -> Self {
        let gain = i64::from(config.priority_gain_per_minute.min(GAIN_MAX));
        let rank = i64::from(priority.min(PRIORITY_MAX)) * MINUTE_US;
        WaitKey { rank: Reverse(rank.saturating_sub(gain.saturating_mul(joined))), joined, waiter }
    }

    /// The priority at this time, in 60 millionths, to be compared between queues.
    pub(crate) fn priority_at(&self, config: &QueueConfig, now: Instant) -> i64 {
        let gain = i64::from(config.priority_gain_per_minute.min(GAIN_MAX));
        self.rank.0.saturating_add(gain.saturating_mul(micros(now)))
    }
}

/// A free agent's place in the order of the queue's strategy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct IdleKey {
    pub(crate) tier: u8,
    pub(crate) rank: (i64, i64),
    pub(crate) agent: AgentId,
}

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: QueueId,
    pub(crate) name: Arc<str>,
    pub(crate) config: QueueConfig,
    /// Everyone who waits, the next to be served first. Nearly all join at the back and leave at
    /// the front, which costs a constant; a place is found in logarithmic time.
    waiting: VecDeque<WaitKey>,
    /// How many of them are callbacks.
    callbacks: usize,
    /// Those who may only be offered to this agent.
    only: FxHashMap<AgentId, BTreeSet<WaitKey>>,
    /// Those who may be offered to whoever serves their stage.
    open: BTreeMap<Stage, BTreeSet<WaitKey>>,
    /// Those for whom agents are being rung, where several are rung at once.
    pub(crate) ringing: BTreeSet<WaitKey>,
    /// The queue's agents who can be offered a caller now.
    pub(crate) idle: BTreeSet<IdleKey>,
    /// Its agents, in the order of the configuration.
    pub(crate) order: Vec<AgentId>,
    /// How many of its agents are logged in, by tier.
    pub(crate) tiers: BTreeMap<u8, u32>,
    /// How many of its agents are logged in and not absent for a reason.
    pub(crate) at_work: u32,
    /// The agent last offered a caller.
    pub(crate) last_offered: Option<AgentId>,
    pub(crate) pace: Pace,
    pub(crate) closed: bool,
}

impl Queue {
    pub(crate) fn new(config: QueueConfig) -> Self {
        Queue {
            id: config.id,
            name: config.name.as_str().into(),
            config,
            waiting: VecDeque::new(),
            callbacks: 0,
            only: FxHashMap::default(),
            open: BTreeMap::new(),
            ringing: BTreeSet::new(),
            idle: BTreeSet::new(),
            order: Vec::new(),
            tiers: BTreeMap::new(),
            at_work: 0,
            last_offered: None,
            pace: Pace::default(),
            closed: false,
        }
    }

    /// Takes somebody in and gives the place, from 1.
    pub(crate) fn join(&mut self, now: Instant, key: WaitKey) -> u32 {
        if self.waiting.is_empty() {
            self.pace.begins_to_wait(now);
        }
        self.callbacks += usize::from(matches!(key.waiter, Waiter::Callback(_)));
        let at = self.waiting.partition_point(|other| *other < key);
        self.waiting.insert(at, key);
        place(at)
    }

    /// Takes somebody out and gives the place left.
    pub(crate) fn leave(&mut self, key: &WaitKey, pool: &Pool) -> u32 {
        self.unpool(key, pool);
        self.ringing.remove(key);
        let at = self.waiting.partition_point(|other| other < key);
        if self.waiting.get(at) == Some(key) {
            self.waiting.remove(at);
            self.callbacks -= usize::from(matches!(key.waiter, Waiter::Callback(_)));
        }
        place(at)
    }

    /// A caller's place, from 1.
    pub(crate) fn position(&self, key: &WaitKey) -> u32 {
        place(self.waiting.partition_point(|other| other < key))
    }

    /// Nobody is being rung for this one: whoever serves the pool may be.
    pub(crate) fn pool(&mut self, key: WaitKey, pool: &Pool) {
        match pool {
            Pool::Only(agent) => self.only.entry(*agent).or_default().insert(key),
            Pool::Open(stage) => match self.open.get_mut(stage) {
                Some(keys) => keys.insert(key),
                None => self.open.entry(stage.clone()).or_default().insert(key),
            },
        };
    }

    /// Somebody is being rung for this one, or the pool is not the right one any more.
    pub(crate) fn unpool(&mut self, key: &WaitKey, pool: &Pool) {
        match pool {
            Pool::Only(agent) => {
                if let Some(keys) = self.only.get_mut(agent) {
                    keys.remove(key);
                    if keys.is_empty() {
                        self.only.remove(agent);
                    }
                }
            }
            Pool::Open(stage) => {
                if let Some(keys) = self.open.get_mut(stage) {
                    keys.remove(key);
                    if keys.is_empty() {
                        self.open.remove(stage);
                    }
                }
            }
        }
    }

    /// The first for whom nobody is being rung and who may be offered to this agent.
    pub(crate) fn next_for(
        &self,
        agent: AgentId,
        member: &Member,
        has: impl Fn(&Stage) -> bool,
    ) -> Option<WaitKey> {
        let only = self.only.get(&agent).and_then(|keys| keys.first());
        let open = self
            .open
            .iter()
            .filter(|(stage, _)| self.tier_is_open(member.tier, stage) && has(stage))
            .filter_map(|(_, keys)| keys.first());
        open.chain(only).min().copied()
    }

    /// Whether a tier serves callers of this stage: the lowest tier in which somebody is logged
    /// in does, and one more for each step. The second level serves those who were escalated,
    /// and everybody while nobody else is there.
    pub(crate) fn tier_is_open(&self, tier: u8, stage: &Stage) -> bool {
        let below = self.tiers.range(..tier).filter(|(_, logged_in)| **logged_in > 0).count();
        if tier == ESCALATION_TIER {
            return stage.escalated || below == 0;
        }
        below <= stage.steps as usize
    }

    /// Everyone who may only be offered to this agent.
    pub(crate) fn only_for(&self, agent: AgentId) -> Vec<Waiter> {
        let keys = self.only.get(&agent);
        keys.map(|keys| keys.iter().map(|key| key.waiter).collect()).unwrap_or_default()
    }

    /// Everyone for whom nobody is being rung, in order: for rare events only.
    pub(crate) fn pooled(&self) -> Vec<Waiter> {
        let mut keys: Vec<_> = self.open.values().chain(self.only.values()).flatten().collect();
        keys.sort_unstable();
        keys.into_iter().map(|key| key.waiter).collect()
    }

    /// Whether anybody waits for whom nobody is being rung.
    pub(crate) fn has_unoffered(&self) -> bool {
        !self.open.is_empty() || !self.only.is_empty()
    }

    /// Everyone who waits, in order, callbacks among them.
    pub(crate) fn waiting(&self) -> impl DoubleEndedIterator<Item = &WaitKey> {
        self.waiting.iter()
    }

    /// How many callers wait on the line.
    pub(crate) fn callers(&self) -> usize {
        self.waiting.len() - self.callbacks
    }

    /// How many are to be called back now.
    pub(crate) fn callbacks(&self) -> usize {
        self.callbacks
    }

    /// How many of its agents are logged in, of any tier but the second level.
    pub(crate) fn logged_in(&self) -> u32 {
        self.tiers.values().sum()
    }

    /// How long somebody at this place has still to wait, in milliseconds.
    pub(crate) fn estimate_ms(&self, now: Instant, position: u32) -> Option<u64> {
        Some(u64::from(position).saturating_mul(self.pace.interval_ms(now)?))
    }

    /// Whether several agents are rung for one caller.
    pub(crate) fn rings_several(&self) -> bool {
        matches!(self.config.strategy, Strategy::RingAll | Strategy::Progressive)
    }
}

/// The tier of the second level.
pub(crate) const ESCALATION_TIER: u8 = u8::MAX;

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(priority: u32, joined_ms: u64, call: u64) -> WaitKey {
        let joined = micros(Instant::from_millis(joined_ms));
        WaitKey::new(&QueueConfig::default(), priority, joined, Waiter::Call(CallId(call)))
    }

    #[test]
    fn callers_stand_by_priority_then_by_time() {
        let mut queue = Queue::new(QueueConfig::default());
        let pool = Pool::default();
        let mut join = |key: WaitKey| {
            queue.pool(key, &pool);
            queue.join(Instant::ZERO, key)
        };
        assert_eq!(join(key(0, 10, 1)), 1);
        assert_eq!(join(key(0, 20, 2)), 2);
        assert_eq!(join(key(1, 30, 3)), 1);
        assert_eq!(join(key(0, 15, 4)), 3);
        assert_eq!(queue.position(&key(0, 20, 2)), 4);
        let member = Member { queue: QueueId(0), tier: 1, level: 100, order: 0 };
        let next = |queue: &Queue| queue.next_for(AgentId(1), &member, |_| true);
        queue.unpool(&key(1, 30, 3), &pool);
        assert_eq!(next(&queue), Some(key(0, 10, 1)));
        queue.pool(key(1, 30, 3), &pool);
        assert_eq!(next(&queue), Some(key(1, 30, 3)));
        assert_eq!(queue.leave(&key(1, 30, 3), &pool), 1);
        assert_eq!(queue.position(&key(0, 20, 2)), 3);
        assert_eq!(queue.callers(), 3);
    }

    #[test]
    fn waiting_overtakes_priority_when_the_queue_says_so() {
        let config = QueueConfig { priority_gain_per_minute: 2, ..QueueConfig::default() };
        let key = |priority, joined_s: i64, call| {
            WaitKey::new(&config, priority, joined_s * 1_000_000, Waiter::Call(CallId(call)))
        };
        // Two minutes add four.
        assert!(key(0, 0, 1) < key(3, 120, 2));
        assert!(key(5, 120, 3) < key(0, 0, 1));
        let now = Instant::from_millis(60_000);
        assert_eq!(key(0, 0, 1).priority_at(&config, now), 2 * MINUTE_US);
    }
}
