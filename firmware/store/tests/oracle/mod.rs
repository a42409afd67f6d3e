//! Figures reckoned the slow way: every event is looked at again for every question, with nothing
//! but the calendar.

use std::collections::{BTreeMap, BTreeSet};

use tipring_clock::WallTime;
use tipring_events::*;
use tipring_line::{CallId, Cause, Disposition};
use tipring_store::{
    By, CallFigures, FigureQuery, FigureRow, FigureSubject, HandlingFigures, OfferFigures, Step,
    StepStart, TimeFigures, VisitFigures,
};

const QUARTER_US: i64 = 15 * 60 * 1_000_000;
const DAY_US: i64 = 96 * QUARTER_US;

struct Talk {
    kind: SegmentKind,
    handler: String,
    agent: Option<AgentId>,
    from: i64,
    to: Option<i64>,
}

struct Visit {
    queue: QueueId,
    entered: i64,
    end: Option<(QueueOutcome, u64, Option<AgentId>)>,
}

/// Queue, agent, when it began, how it ended.
type Offer = (QueueId, AgentId, i64, Option<(OfferOutcome, u64)>);

struct Call {
    id: CallId,
    began: i64,
    inbound: bool,
    source: String,
    caller: Option<String>,
    placed_by: Option<AgentId>,
    /// From this segment on, counted from 0, it is no longer the placing agent's.
    moved_on: Option<usize>,
    segments: Vec<Talk>,
    visits: Vec<Visit>,
    offers: Vec<Offer>,
    end: Option<(Cause, Disposition)>,
}

struct State {
    agent: AgentId,
    state: AgentState,
    reason: String,
    extension: Option<String>,
    call: Option<CallId>,
    from: i64,
    to: Option<i64>,
}

/// Everything that happened, sorted by what it was.
#[derive(Default)]
pub(crate) struct Oracle {
    calls: BTreeMap<CallId, Call>,
    states: Vec<State>,
    /// The first visits of calls to queues, in the order they ended.
    contacts: Vec<(CallId, QueueId)>,
}

impl Oracle {
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut oracle = Oracle::default();
        events.iter().for_each(|event| oracle.take(event.at.unix_micros(), &event.kind));
        oracle
    }

    fn take(&mut self, at: i64, kind: &EventKind) {
        match kind {
            EventKind::CallBegan { call, source, caller, inbound, .. } => {
                let caller = caller.map(|c| c.to_string());
                let sits = |s: &&State| s.to.is_none() && s.extension == caller;
                let placed_by = self.states.iter().find(sits).map(|s| s.agent);
                let new = Call {
                    id: *call,
                    began: at,
                    inbound: *inbound,
                    source: source.clone(),
                    placed_by: placed_by.filter(|_| !inbound && caller.is_some()),
                    caller,
                    moved_on: None,
                    segments: Vec::new(),
                    visits: Vec::new(),
                    offers: Vec::new(),
                    end: None,
                };
                self.calls.insert(*call, new);
            }
            EventKind::AgentChanged { agent, state, extension, reason, call, .. } => {
                for open in self.states.iter_mut().filter(|s| s.agent == *agent && s.to.is_none()) {
                    open.to = Some(at);
                }
                self.states.push(State {
                    agent: *agent,
                    state: *state,
                    reason: reason.clone(),
                    extension: extension.map(|e| e.to_string()),
                    call: *call,
                    from: at,
                    to: None,
                });
            }
            other => self.of_call(at, other),
        }
    }

    fn of_call(&mut self, at: i64, kind: &EventKind) {
        let Some(call) = kind.call().and_then(|id| self.calls.get_mut(&id)) else { return };
        match kind {
            EventKind::CallerKnown { caller, .. } => call.caller = caller.map(|c| c.to_string()),
            EventKind::SegmentBegan { kind, handler, agent, .. } => {
                end_segments(call, at);
                let (handler, agent) = (handler.clone(), *agent);
                call.segments.push(Talk { kind: *kind, handler, agent, from: at, to: None });
            }
            EventKind::SegmentEnded { .. } => end_segments(call, at),
            EventKind::QueueEntered { queue, .. } => {
                call.visits.push(Visit { queue: *queue, entered: at, end: None });
            }
            EventKind::QueueLeft { queue, outcome, wait_ms, agent, .. } => {
                let first = !call.visits.iter().any(|v| v.queue == *queue && v.end.is_some());
                let visit = call.visits.iter_mut().find(|v| v.end.is_none()).unwrap();
                visit.end = Some((*outcome, *wait_ms, *agent));
                if first {
                    self.contacts.push((call.id, *queue));
                }
            }
            EventKind::OfferBegan { queue, agent, .. } => {
                call.offers.push((*queue, *agent, at, None));
            }
            EventKind::OfferEnded { agent, outcome, rang_ms, .. } => {
                let open = |o: &&mut (_, AgentId, _, Option<_>)| o.1 == *agent && o.3.is_none();
                call.offers.iter_mut().find(open).unwrap().3 = Some((*outcome, *rang_ms));
            }
            EventKind::CallTransferred { .. } => {
                call.moved_on = call.moved_on.or(Some(call.segments.len()));
            }
            EventKind::CallEnded { cause, disposition, .. } => {
                end_segments(call, at);
                call.end = Some((*cause, *disposition));
            }
            _ => {}
        }
    }

    /// The rows a question is to be answered with.
    pub(crate) fn figures(&self, query: &FigureQuery, offset_minutes: i32) -> Vec<FigureRow> {
        let mut sums = Sums { query, offset_minutes, rows: BTreeMap::new() };
        for call in self.calls.values() {
            sums.of_call(call);
            self.talks(call, &mut sums);
        }
        self.times(&mut sums);
        self.came_again(&mut sums);
        sums.finish()
    }

    fn talks(&self, call: &Call, sums: &mut Sums<'_>) {
        let mut talked = BTreeSet::new();
        for (n, segment) in call.segments.iter().enumerate() {
            let placed_by = call.placed_by.filter(|_| call.moved_on.is_none_or(|moved| n < moved));
            let Some(agent) = segment.agent.or(placed_by) else { continue };
            let queue = queue_of(call, agent);
            let add: fn(&mut Sum, u64) = match segment.kind {
                SegmentKind::Talk | SegmentKind::Conference => |sum, us| sum.talk_us += us,
                SegmentKind::Hold | SegmentKind::Consult => |sum, us| sum.hold_us += us,
                _ => continue,
            };
            sums.work_lasting(segment.from, segment.to, queue, agent, add);
            let counts = matches!(segment.kind, SegmentKind::Talk | SegmentKind::Conference);
            if counts && talked.insert(segment.agent) {
                let out = segment.agent.is_none() && line_out(call).is_some();
                sums.work(segment.from, queue, agent, |sum| match (call.inbound, out) {
                    (true, _) => sum.handling.inbound += 1,
                    (false, true) => sum.handling.outbound += 1,
                    (false, false) => sum.handling.internal += 1,
                });
            }
        }
    }

    fn times(&self, sums: &mut Sums<'_>) {
        for state in &self.states {
            if state.state == AgentState::LoggedOut {
                continue;
            }
            sums.time_lasting(state);
            if state.state == AgentState::WrapUp {
                let call = state.call.and_then(|id| self.calls.get(&id));
                let queue = call.map_or(QueueId(0), |call| queue_of(call, state.agent));
                let wrap_up: fn(&mut Sum, u64) = |sum, us| sum.wrap_up_us += us;
                sums.work_lasting(state.from, state.to, queue, state.agent, wrap_up);
            }
        }
    }

    /// Contacts, and those whose customer came to the same queue again.
    fn came_again(&self, sums: &mut Sums<'_>) {
        let answered = |id, queue: QueueId| {
            let mut visits = self.calls[&id].visits.iter();
            visits.find_map(|v| match v.end {
                Some((QueueOutcome::Answered, _, agent)) if v.queue == queue => {
                    Some((v.entered, agent.unwrap()))
                }
                _ => None,
            })
        };
        let customer = |id| self.calls.get(&id).filter(|c| c.inbound)?.caller.clone();
        for (index, (id, queue)) in self.contacts.iter().enumerate() {
            let Some(caller) = customer(*id) else { continue };
            if let Some((entered, agent)) = answered(*id, *queue) {
                sums.work(entered, *queue, agent, |sum| sum.visits.contacts += 1);
            }
            let here = self.calls[id].visits.iter().find(|v| v.queue == *queue).unwrap().entered;
            let same = |(other, q): &&(CallId, QueueId)| {
                q == queue && *other < *id && customer(*other).as_ref() == Some(&caller)
            };
            let last = self.contacts[..index].iter().filter(same).max_by_key(|(other, _)| *other);
            let Some((entered, agent)) = last.and_then(|(other, _)| answered(*other, *queue))
            else {
                continue;
            };
            if here - entered <= i64::from(sums.query.limits.repeat_days()) * DAY_US {
                sums.work(entered, *queue, agent, |sum| sum.visits.repeated += 1);
            }
        }
    }
}

fn end_segments(call: &mut Call, at: i64) {
    for open in call.segments.iter_mut().filter(|s| s.to.is_none()) {
        open.to = Some(at);
    }
}

fn queue_of(call: &Call, agent: AgentId) -> QueueId {
    let served = |v: &&Visit| v.end.is_some_and(|(_, _, by)| by == Some(agent));
    call.visits.iter().rev().find(served).map_or(QueueId(0), |v| v.queue)
}

/// The line of a call that goes out.
fn line_out(call: &Call) -> Option<&str> {
    let of = |kind| call.segments.iter().find(|s| s.kind == kind && s.agent.is_none());
    let handler = &of(SegmentKind::Talk).or_else(|| of(SegmentKind::Ring))?.handler;
    handler.contains(|c: char| !c.is_ascii_digit()).then_some(handler)
}

/// What is summed up for one row.
#[derive(Default)]
struct Sum {
    visits: VisitFigures,
    offers: OfferFigures,
    handling: HandlingFigures,
    calls: CallFigures,
    talk_us: u64,
    hold_us: u64,
    wrap_up_us: u64,
    states_us: BTreeMap<(StateWord, String), u64>,
}

/// An agent state, as a number to sort by.
type StateWord = u8;

struct Sums<'a> {
    query: &'a FigureQuery,
    offset_minutes: i32,
    rows: BTreeMap<(i64, FigureSubject), Sum>,
}

impl Sums<'_> {
    /// Where the step begins that a time lies in: by the calendar; for hours of the day the hour.
    fn step(&self, at: i64) -> i64 {
        let offset_us = i64::from(self.offset_minutes) * 60_000_000;
        let local = at + offset_us;
        let civil = WallTime::from_unix_micros(local).civil(0);
        let day = local - local.rem_euclid(DAY_US) - offset_us;
        match self.query.step {
            Step::Whole => 0,
            Step::Quarter => at - at.rem_euclid(QUARTER_US),
            Step::Hour => at - local.rem_euclid(4 * QUARTER_US),
            Step::HourOfDay => civil.hour.into(),
            Step::Day => day,
            Step::Week => day - i64::from((civil.weekday + 6) % 7) * DAY_US,
            Step::Month => day - i64::from(civil.day - 1) * DAY_US,
        }
    }

    fn within(&self, at: i64) -> bool {
        self.query.from.unix_micros() <= at && at < self.query.to.unix_micros()
    }

    fn row(&mut self, at: i64, subject: FigureSubject) -> &mut Sum {
        self.rows.entry((self.step(at), subject)).or_default()
    }

    fn work(&mut self, at: i64, queue: QueueId, agent: AgentId, add: impl FnOnce(&mut Sum)) {
        let query = self.query;
        let left_out = query.line.is_some()
            || query.queue.is_some_and(|q| q != queue)
            || query.agent.is_some_and(|a| a != agent)
            || !self.within(at);
        let subject = match query.by {
            By::All => FigureSubject::All,
            By::Queue if queue.0 > 0 => FigureSubject::Queue(queue, String::new()),
            By::Agent if agent.0 > 0 => FigureSubject::Agent(agent, String::new()),
            _ => return,
        };
        if !left_out {
            add(self.row(at, subject));
        }
    }

    /// Cuts a stretch at every border there is.
    fn pieces(&self, from: i64, to: Option<i64>) -> Vec<(i64, u64)> {
        let to = to.unwrap_or(self.query.now.unix_micros()).max(from);
        let (mut at, mut pieces) = (from, Vec::new());
        while at < to {
            let next = (at - at.rem_euclid(QUARTER_US) + QUARTER_US).min(to);
            pieces.push((at, (next - at) as u64));
            at = next;
        }
        pieces
    }

    fn work_lasting(
        &mut self,
        from: i64,
        to: Option<i64>,
        queue: QueueId,
        agent: AgentId,
        add: fn(&mut Sum, u64),
    ) {
        for (at, us) in self.pieces(from, to) {
            self.work(at, queue, agent, |sum| add(sum, us));
        }
    }

    fn time_lasting(&mut self, state: &State) {
        let query = self.query;
        let subject = match query.by {
            By::All => FigureSubject::All,
            By::Agent => FigureSubject::Agent(state.agent, String::new()),
            By::Queue | By::Line => return,
        };
        let other = query.queue.is_some() || query.line.is_some();
        if other || query.agent.is_some_and(|a| a != state.agent) {
            return;
        }
        let away = state.state == AgentState::NotReady;
        let reason = if away { state.reason.clone() } else { String::new() };
        for (at, us) in self.pieces(state.from, state.to) {
            if self.within(at) {
                let sum = self.row(at, subject.clone());
                *sum.states_us.entry((state.state as u8, reason.clone())).or_default() += us;
            }
        }
    }

    fn of_call(&mut self, call: &Call) {
        for visit in &call.visits {
            let agent = visit.end.and_then(|(_, _, agent)| agent).unwrap_or(AgentId(0));
            let limits = self.query.limits;
            self.work(visit.entered, visit.queue, agent, |sum| {
                count_visit(&mut sum.visits, visit, limits.target_s(), limits.short_s());
            });
        }
        for (queue, agent, began, end) in &call.offers {
            let Some((outcome, rang_ms)) = end else { continue };
            self.work(*began, *queue, *agent, |sum| {
                let offers = &mut sum.offers;
                offers.ring_ms += rang_ms;
                *match outcome {
                    OfferOutcome::Answered => &mut offers.answered,
                    OfferOutcome::NoAnswer => &mut offers.no_answer,
                    OfferOutcome::Rejected => &mut offers.rejected,
                    OfferOutcome::Busy => &mut offers.busy,
                    OfferOutcome::Unreachable => &mut offers.unreachable,
                    OfferOutcome::Cancelled => &mut offers.cancelled,
                } += 1;
            });
        }
        self.of_line(call);
    }

    fn of_line(&mut self, call: &Call) {
        let out = line_out(call);
        let line = if call.inbound { &call.source } else { out.unwrap_or("") };
        let query = self.query;
        let subject = match query.by {
            By::All => FigureSubject::All,
            By::Line => FigureSubject::Line(line.to_owned()),
            By::Queue | By::Agent => return,
        };
        let other = query.queue.is_some() || query.agent.is_some();
        let Some((cause, disposition)) = call.end else { return };
        if other || query.line.as_ref().is_some_and(|l| l != line) || !self.within(call.began) {
            return;
        }
        let talked = call.segments.iter().any(|s| s.kind == SegmentKind::Talk);
        let turned_away = |v: &Visit| {
            matches!(v.end, Some((QueueOutcome::Refused | QueueOutcome::LeftEmpty, ..)))
        };
        let no_channel = matches!(cause, Cause::NoChannel | Cause::Congestion) && !talked;
        let no_agent = call.visits.iter().any(turned_away) && !talked && !no_channel;
        let calls = &mut self.row(call.began, subject).calls;
        *match (call.inbound, out) {
            (true, _) => &mut calls.inbound,
            (false, Some(_)) => &mut calls.outbound,
            (false, None) => &mut calls.internal,
        } += 1;
        *match disposition {
            Disposition::Answered => &mut calls.answered,
            Disposition::NoAnswer => &mut calls.no_answer,
            Disposition::Busy => &mut calls.busy,
            Disposition::Rejected => &mut calls.rejected,
            Disposition::Vacant => &mut calls.vacant,
            Disposition::Abandoned => &mut calls.abandoned,
            Disposition::Failed => &mut calls.failed,
            Disposition::Interrupted => &mut calls.interrupted,
        } += 1;
        calls.talked += u64::from(talked);
        calls.no_channel += u64::from(no_channel);
        calls.no_agent += u64::from(no_agent);
    }

    fn finish(self) -> Vec<FigureRow> {
        let query = self.query;
        let (queue, agent, line) =
            (query.queue.is_some(), query.agent.is_some(), query.line.is_some());
        let works = query.by != By::Line && !line;
        let times = matches!(query.by, By::All | By::Agent) && !queue && !line;
        let lines = matches!(query.by, By::All | By::Line) && !queue && !agent;
        let row = |((step, subject), sum): ((i64, FigureSubject), Sum)| FigureRow {
            start: match query.step {
                Step::Whole => StepStart::Whole,
                Step::HourOfDay => StepStart::HourOfDay(step as u8),
                _ => StepStart::At(WallTime::from_unix_micros(step)),
            },
            subject,
            visits: works.then_some(sum.visits),
            offers: works.then_some(sum.offers),
            handling: works.then_some(HandlingFigures {
                talk_ms: sum.talk_us / 1000,
                hold_ms: sum.hold_us / 1000,
                wrap_up_ms: sum.wrap_up_us / 1000,
                ..sum.handling
            }),
            time: times.then(|| time(&sum.states_us)),
            calls: lines.then_some(sum.calls),
            waits: Vec::new(),
        };
        self.rows.into_iter().map(row).collect()
    }
}

fn count_visit(sums: &mut VisitFigures, visit: &Visit, target_s: u32, short_s: Option<u32>) {
    let Some((outcome, wait_ms, _)) = visit.end else {
        sums.waiting += 1;
        return;
    };
    let within = |s: u32| u64::from(wait_ms <= u64::from(s) * 1000);
    sums.visits += 1;
    sums.offered += u64::from(outcome != QueueOutcome::Refused);
    sums.wait_max_ms = sums.wait_max_ms.max(wait_ms);
    *match outcome {
        QueueOutcome::Answered => &mut sums.answered,
        QueueOutcome::Abandoned | QueueOutcome::ShortAbandoned => &mut sums.abandoned,
        QueueOutcome::TimedOut => &mut sums.timed_out,
        QueueOutcome::LeftByKey => &mut sums.left_by_key,
        QueueOutcome::CallbackRequested => &mut sums.callback_requested,
        QueueOutcome::Overflowed => &mut sums.overflowed,
        QueueOutcome::LeftEmpty => &mut sums.left_empty,
        QueueOutcome::Refused => &mut sums.refused,
        QueueOutcome::TransferredAway => &mut sums.transferred_away,
        QueueOutcome::Interrupted => &mut sums.interrupted,
    } += 1;
    match outcome {
        QueueOutcome::Answered => {
            sums.wait_answered_ms += wait_ms;
            sums.answered_in_time += within(target_s);
        }
        QueueOutcome::Abandoned | QueueOutcome::ShortAbandoned => {
            sums.wait_abandoned_ms += wait_ms;
            sums.abandoned_in_time += within(target_s);
            let marked = u64::from(outcome == QueueOutcome::ShortAbandoned);
            sums.short_abandoned += short_s.map_or(marked, within);
        }
        _ => {}
    }
}

fn time(states_us: &BTreeMap<(StateWord, String), u64>) -> TimeFigures {
    let ms = |state: AgentState| {
        let of = states_us.iter().filter(|((s, _), _)| *s == state as u8);
        of.map(|(_, us)| us).sum::<u64>() / 1000
    };
    let away = states_us.iter().filter(|((s, _), _)| *s == AgentState::NotReady as u8);
    TimeFigures {
        ready_ms: ms(AgentState::Ready),
        offered_ms: ms(AgentState::Offered),
        talking_ms: ms(AgentState::Talking),
        wrap_up_ms: ms(AgentState::WrapUp),
        not_ready_ms: ms(AgentState::NotReady),
        not_ready: away.map(|((_, reason), us)| (reason.clone(), us / 1000)).collect(),
    }
}
