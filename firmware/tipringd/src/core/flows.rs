//! The flows that run, one interpreter for each call, and the way between a flow and a queue.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_acd::{Entered, Left};
use tipring_clock::Instant;
use tipring_events::EventKind;
use tipring_ivr::{Flow, Interpreter, IvrInput, IvrOutput, Program, QueueEdge};
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
            IvrOutput::Queue(queue) => self.flow_queue(m, call, &queue),
            IvrOutput::HangUp => {
                self.switch.hang_up(m, call, Cause::NormalClearing);
            }
        }
    }

    /// A flow lets its caller wait. A refusal goes back to the flow at once.
    fn flow_queue(&mut self, m: Moment, call: CallId, queue: &Arc<str>) {
        let Some(session) = self.sessions.get_mut(&call) else { return };
        let joined = *session.joined.get_or_insert(m.now);
        let edge = match self.acd.enter(m, call, queue, 0, joined) {
            Entered::Waiting => {
                self.switch.enter_queue(m, call, queue.clone());
                return;
            }
            Entered::Full => QueueEdge::Full,
            Entered::NoAgents | Entered::NoSuchQueue => QueueEdge::NoAgents,
        };
        session.interpreter.handle_input(m.now, IvrInput::QueueLeft(edge));
    }

    /// A dial rule has sent a call into a queue without a flow.
    pub(super) fn start_queue(&mut self, m: Moment, call: CallId, queue: &Arc<str>) {
        let cause = match self.acd.enter(m, call, queue, 0, m.now) {
            Entered::Waiting => {
                self.switch.answer(call);
                return;
            }
            Entered::Full => Cause::UserBusy,
            Entered::NoAgents => Cause::NoAnswer,
            Entered::NoSuchQueue => Cause::NoRoute,
        };
        self.switch.hang_up(m, call, cause);
    }

    /// A caller's wait is over without an agent: on in the flow, or, without one, to the end.
    pub(super) fn queue_left(&mut self, m: Moment, call: CallId, why: Left) {
        let Some(session) = self.sessions.get(&call) else {
            self.switch.hang_up(m, call, Cause::NoAnswer);
            return;
        };
        let edge = match why {
            Left::TimedOut => QueueEdge::Timeout,
            Left::Empty => QueueEdge::NoAgents,
        };
        let flow = session.interpreter.name().clone();
        self.switch.stop(call);
        self.switch.enter_flow(m, call, flow);
        self.flow_input(m, call, IvrInput::QueueLeft(edge));
    }
}
