//! The flows that run, one interpreter for each call, and the way between a flow and a queue.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_acd::{Entered, Join, Left};
use tipring_clock::Instant;
use tipring_events::{EventKind, QueueCause};
use tipring_ivr::{Flow, Hours, Interpreter, IvrInput, IvrOutput, Program, QueueEdge, QueueWait};
use tipring_line::{CallId, Cause};
use tipring_switch::Moment;

use super::Core;

/// A call's flow.
#[derive(Debug)]
pub(super) struct Session {
    interpreter: Interpreter,
    /// When the call first joined a queue: its place in any later one.
    joined: Option<Instant>,
    /// When the flow's timer is due.
    due: Option<Instant>,
}

/// The flows made ready. One whose edges lead nowhere is left out: its calls are refused.
pub(super) fn programs(flows: &[Flow]) -> FxHashMap<Arc<str>, Arc<Program>> {
    let programs = flows.iter().filter_map(|flow| Program::new(flow).ok());
    programs.map(|program| (program.name().clone(), Arc::new(program))).collect()
}

impl Core {
    pub(super) fn start_flow(&mut self, m: Moment, call: CallId, flow: &Arc<str>) {
        let Some(program) = self.flows.get(flow) else {
            self.switch.hang_up(m, call, Cause::NoRoute);
            return;
        };
        let interpreter = Interpreter::new(program.clone());
        // A call that was transferred keeps its place in the service.
        let joined = self.sessions.get(&call).and_then(|session| session.joined);
        self.end_session(call);
        self.sessions.insert(call, Session { interpreter, joined, due: None });
        self.flow_input(m, call, IvrInput::Start);
    }

    pub(super) fn flow_input(&mut self, m: Moment, call: CallId, input: IvrInput) {
        let Some(session) = self.sessions.get_mut(&call) else { return };
        session.interpreter.handle_input(m.now, input);
        self.run_flow(m, call);
    }

    pub(super) fn flow_timeout(&mut self, m: Moment, call: CallId) {
        let Some(session) = self.sessions.get_mut(&call) else { return };
        session.due = None;
        session.interpreter.handle_timeout(m.now);
        self.run_flow(m, call);
    }

    pub(super) fn end_session(&mut self, call: CallId) {
        if let Some(session) = self.sessions.remove(&call)
            && session.due.is_some()
        {
            self.flow_timers.stop(&call);
        }
    }

    fn run_flow(&mut self, m: Moment, call: CallId) {
        while let Some(session) = self.sessions.get_mut(&call) {
            let Some(output) = session.interpreter.poll_output() else {
                let due = session.interpreter.poll_timeout();
                let before = core::mem::replace(&mut session.due, due);
                match due {
                    Some(at) if before != due => self.flow_timers.set(call, at),
                    None if before.is_some() => {
                        self.flow_timers.stop(&call);
                    }
                    _ => {}
                }
                return;
            };
            self.flow_output(m, call, output);
        }
    }

    fn flow_output(&mut self, m: Moment, call: CallId, output: IvrOutput) {
        match output {
            IvrOutput::Answer { record } => {
                self.switch.answer(call);
                if record {
                    self.switch.record(m, call);
                }
            }
            IvrOutput::Node(node) => {
                let Some(session) = self.sessions.get(&call) else { return };
                let flow = session.interpreter.name().as_ref().to_owned();
                let node = node.as_ref().to_owned();
                self.switch.log(EventKind::FlowNode { call, flow, node });
            }
            IvrOutput::Play(say) => self.switch.play(call, say, false),
            IvrOutput::Stop => self.switch.stop(call),
            IvrOutput::Language(lang) => self.switch.set_language(call, lang),
            IvrOutput::Queue(wait) => self.flow_queue(m, call, &wait),
            IvrOutput::Hours(calendar) => {
                let hours = self.hours(m, &calendar);
                self.flow_input(m, call, IvrInput::Hours(hours));
            }
            IvrOutput::HangUp => {
                self.switch.hang_up(m, call, Cause::NormalClearing);
            }
        }
    }

    /// What a calendar says now. Without one it is always open.
    fn hours(&self, m: Moment, calendar: &str) -> Hours {
        match self.acd.calendar(calendar) {
            Some(calendar) if calendar.is_open(m.wall) => Hours::Open,
            Some(calendar) if calendar.holiday(m.wall).is_some() => Hours::Holiday,
            Some(_) => Hours::Closed,
            None => Hours::Open,
        }
    }

    /// A flow lets its caller wait. A refusal goes back to the flow at once.
    fn flow_queue(&mut self, m: Moment, call: CallId, wait: &QueueWait) {
        let Some(session) = self.sessions.get_mut(&call) else { return };
        let joined = *session.joined.get_or_insert(m.now);
        let join = Join {
            joined: Some(joined),
            priority: wait.priority,
            caller: self.switch.caller_number(call),
            called: self.switch.called_number(call),
            agent: wait.agent,
            skills: wait.skills.clone(),
        };
        match self.acd.enter(m, call, &wait.queue, join) {
            Entered::Waiting => self.begins_to_wait(m, call),
            Entered::Left(why) => self.goes_on(m, call, why),
            Entered::NoSuchQueue => {
                self.flow_input(m, call, IvrInput::QueueLeft(QueueEdge::NoAgents));
            }
        }
    }

    /// The caller's leg is the queue's: the one asked for, or the one it overflows to.
    pub(super) fn begins_to_wait(&mut self, m: Moment, call: CallId) {
        let queue = self.acd.queue_of(call).and_then(|queue| self.acd.queue_name(queue));
        if let Some(queue) = queue {
            self.switch.enter_queue(m, call, queue);
        }
    }

    /// A dial rule has sent a call into a queue without a flow.
    pub(super) fn start_queue(&mut self, m: Moment, call: CallId, queue: &Arc<str>) {
        let join = Join {
            caller: self.switch.caller_number(call),
            called: self.switch.called_number(call),
            ..Join::default()
        };
        match self.acd.enter(m, call, queue, join) {
            Entered::Waiting => {
                self.begins_to_wait(m, call);
                self.switch.answer(call);
            }
            Entered::Left(why) => self.goes_on(m, call, why),
            Entered::NoSuchQueue => {
                self.switch.hang_up(m, call, Cause::NoRoute);
            }
        }
    }

    /// A caller's wait is over without an agent: on in the flow, or, without one, to the end.
    pub(super) fn queue_left(&mut self, m: Moment, call: CallId, why: Left) {
        if let Some(session) = self.sessions.get(&call) {
            let flow = session.interpreter.name().clone();
            self.switch.stop(call);
            self.switch.enter_flow(m, call, flow);
        }
        self.goes_on(m, call, why);
    }

    fn goes_on(&mut self, m: Moment, call: CallId, why: Left) {
        if let Left::Number(number) = why {
            self.end_session(call);
            self.switch.lead_to(m, call, number);
        } else if self.sessions.contains_key(&call) {
            self.flow_input(m, call, IvrInput::QueueLeft(edge(&why)));
        } else {
            let cause = match why {
                Left::TimedOut | Left::Number(_) => Cause::NoAnswer,
                Left::CallbackTaken => Cause::NormalClearing,
                Left::Cause(QueueCause::Full | QueueCause::Ratio | QueueCause::ExpectedWait) => {
                    Cause::UserBusy
                }
                Left::Cause(_) => Cause::NoAnswer,
            };
            self.switch.hang_up(m, call, cause);
        }
    }
}

/// By which edge a caller leaves a queue node.
fn edge(why: &Left) -> QueueEdge {
    match why {
        Left::TimedOut | Left::Number(_) => QueueEdge::Timeout,
        Left::CallbackTaken => QueueEdge::Callback,
        Left::Cause(cause) => match cause {
            QueueCause::NoAgents => QueueEdge::NoAgents,
            QueueCause::NoneReady => QueueEdge::NoneReady,
            QueueCause::Full => QueueEdge::Full,
            QueueCause::Ratio => QueueEdge::Ratio,
            QueueCause::ExpectedWait => QueueEdge::ExpectedWait,
            QueueCause::Closed => QueueEdge::Closed,
            QueueCause::Message => QueueEdge::Message,
            QueueCause::Key | QueueCause::Escalated => QueueEdge::Key,
            QueueCause::AgentAway => QueueEdge::AgentAway,
            QueueCause::OverflowWait | QueueCause::OverflowLength => QueueEdge::Overflow,
        },
    }
}
