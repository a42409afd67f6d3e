//! One run of a flow, for one call.

use std::collections::VecDeque;
use std::sync::Arc;

use tipring_clock::Instant;
use tipring_line::{Digit, Number};
use tipring_tts::{Lang, Utterance};

use crate::program::{Menu, Place, Program, Step};

/// How many keys can be typed ahead; more are dropped.
const TYPED_AHEAD_MAX: usize = 32;
/// How many nodes a flow may pass without waiting for the caller. [`crate::check`] finds circles
/// beforehand; this stops those it was not asked about.
const NODES_WITHOUT_WAITING_MAX: u32 = 100;

/// What happens to a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IvrInput {
    /// The call is there.
    Start,
    /// The caller pressed a key.
    Digit(Digit),
    /// What was played last has ended.
    PlayDone,
    /// The caller's wait in a queue has ended without an agent.
    QueueLeft(QueueEdge),
    /// What the calendar says.
    Hours(Hours),
}

/// What a calendar says of a moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hours {
    /// It is open.
    Open,
    /// It is closed.
    Closed,
    /// It is closed, for it is a holiday.
    Holiday,
}

/// Where a caller waits, and for whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QueueWait {
    /// The queue's name.
    pub queue: Arc<str>,
    /// What is added to the caller's priority.
    pub priority: u32,
    /// The agent asked for, by work number.
    pub agent: Option<Number>,
    /// The skills asked for, with the lowest levels that will do.
    pub skills: Vec<(Arc<str>, u8)>,
}

/// Which edge a caller leaves a queue node by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueEdge {
    /// Too many wait already.
    Full,
    /// No agent is logged in, or there is no such queue.
    NoAgents,
    /// The longest wait is over.
    Timeout,
    /// Every agent is not ready.
    NoneReady,
    /// Too many wait for each agent.
    Ratio,
    /// The expected wait is too long.
    ExpectedWait,
    /// Outside the opening hours.
    Closed,
    /// The caller wants to leave a message.
    Message,
    /// The caller leaves by key.
    Key,
    /// The caller will be called back.
    Callback,
    /// The agent asked for does not come.
    AgentAway,
    /// The queue's overflow leads back to the flow.
    Overflow,
}

/// What a flow wants.
#[derive(Clone, PartialEq, Debug)]
pub enum IvrOutput {
    /// Answer the call; record it from now on, or not.
    Answer {
        /// Whether to record.
        record: bool,
    },
    /// The flow came to this node.
    Node(Arc<str>),
    /// Play this. [`IvrInput::PlayDone`] is expected at its end.
    Play(Arc<[Utterance]>),
    /// Stop what is being played.
    Stop,
    /// Speak this language from now on.
    Language(Lang),
    /// Let the caller wait in this queue. [`IvrInput::QueueLeft`] is expected if that ends here.
    Queue(Arc<QueueWait>),
    /// Ask the calendar of this name. [`IvrInput::Hours`] is expected.
    Hours(Arc<str>),
    /// End the call.
    HangUp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Not started, or ended.
    Still,
    /// Plays a node's prompts, to go on afterwards.
    Playing { next: Place },
    /// Plays a menu's prompts.
    Prompting { node: Place, tries: u32 },
    /// Waits for a menu's key until `due`.
    Waiting { node: Place, tries: u32, due: Instant },
    /// The caller is in a queue.
    Queued { node: Place },
    /// A calendar is being asked.
    Asking { node: Place },
    /// Plays the last prompts.
    Ending,
}

/// One run of a flow.
#[derive(Debug)]
pub struct Interpreter {
    program: Arc<Program>,
    state: State,
    typed_ahead: VecDeque<Digit>,
    out: VecDeque<IvrOutput>,
}

impl Interpreter {
    /// A run of `program` that has not begun.
    pub fn new(program: Arc<Program>) -> Self {
        let (typed_ahead, out) = (VecDeque::new(), VecDeque::new());
        Interpreter { program, state: State::Still, typed_ahead, out }
    }

    /// The flow's name.
    pub fn name(&self) -> &Arc<str> {
        &self.program.name
    }

    /// Something happened.
    pub fn handle_input(&mut self, now: Instant, input: IvrInput) {
        match input {
            IvrInput::Start => {
                self.out.push_back(IvrOutput::Answer { record: self.program.record });
                let start = self.program.start;
                self.go(now, start);
            }
            IvrInput::Digit(digit) => self.digit(now, digit),
            IvrInput::PlayDone => self.play_done(now),
            IvrInput::QueueLeft(edge) => self.queue_left(now, edge),
            IvrInput::Hours(hours) => self.hours(now, hours),
        }
    }

    /// The time of [`poll_timeout`](Interpreter::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let State::Waiting { node, tries, due } = self.state else { return };
        if now < due {
            return;
        }
        let program = self.program.clone();
        if let Step::Menu(menu) = &program.steps[node] {
            self.try_failed(now, node, menu, tries, &menu.no_key);
        }
    }

    /// When the flow next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if let State::Waiting { due, .. } = self.state { Some(due) } else { None }
    }

    /// The next output, oldest first.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        self.out.pop_front()
    }

    fn digit(&mut self, now: Instant, digit: Digit) {
        match self.state {
            State::Playing { next } => {
                // A key cuts the prompt short and is kept for the menu to come.
                self.type_ahead(digit);
                self.out.push_back(IvrOutput::Stop);
                self.go(now, next);
            }
            State::Prompting { node, tries } => {
                self.out.push_back(IvrOutput::Stop);
                self.menu_key(now, node, tries, digit);
            }
            State::Waiting { node, tries, .. } => self.menu_key(now, node, tries, digit),
            State::Asking { .. } => self.type_ahead(digit),
            State::Still | State::Queued { .. } | State::Ending => {}
        }
    }

    fn type_ahead(&mut self, digit: Digit) {
        if self.typed_ahead.len() < TYPED_AHEAD_MAX {
            self.typed_ahead.push_back(digit);
        }
    }

    fn menu_key(&mut self, now: Instant, node: Place, tries: u32, digit: Digit) {
        let program = self.program.clone();
        let Step::Menu(menu) = &program.steps[node] else { return };
        match menu.key(digit) {
            Some(next) => self.go(now, next),
            None => {
                // Who erred is asked again before more keys count.
                self.typed_ahead.clear();
                self.try_failed(now, node, menu, tries, &menu.wrong_key);
            }
        }
    }

    fn try_failed(
        &mut self,
        now: Instant,
        node: Place,
        menu: &Menu,
        tries: u32,
        say: &Arc<[Utterance]>,
    ) {
        if tries >= menu.tries {
            self.go(now, menu.next);
        } else {
            self.prompt(now, node, menu, tries + 1, say);
        }
    }

    fn prompt(
        &mut self,
        now: Instant,
        node: Place,
        menu: &Menu,
        tries: u32,
        say: &Arc<[Utterance]>,
    ) {
        if say.is_empty() {
            self.state = State::Waiting { node, tries, due: now + menu.timeout };
        } else {
            self.state = State::Prompting { node, tries };
            self.out.push_back(IvrOutput::Play(say.clone()));
        }
    }

    fn play_done(&mut self, now: Instant) {
        match self.state {
            State::Playing { next } => self.go(now, next),
            State::Prompting { node, tries } => {
                if let Step::Menu(menu) = &self.program.steps[node] {
                    self.state = State::Waiting { node, tries, due: now + menu.timeout };
                }
            }
            State::Ending => self.hang_up(),
            State::Still | State::Waiting { .. } | State::Queued { .. } | State::Asking { .. } => {}
        }
    }

    fn queue_left(&mut self, now: Instant, edge: QueueEdge) {
        let State::Queued { node } = self.state else { return };
        let program = self.program.clone();
        let Step::Queue(step) = &program.steps[node] else { return };
        match step.edge(edge) {
            Some(next) => self.go(now, next),
            None => {
                let say = Arc::from([Utterance::Prompt("callback-confirmed".to_owned())]);
                self.state = State::Ending;
                self.out.push_back(IvrOutput::Play(say));
            }
        }
    }

    fn hours(&mut self, now: Instant, hours: Hours) {
        let State::Asking { node } = self.state else { return };
        let program = self.program.clone();
        let Step::Hours { open, closed, holiday, .. } = &program.steps[node] else { return };
        let next = match hours {
            Hours::Open => *open,
            Hours::Closed => *closed,
            Hours::Holiday => *holiday,
        };
        self.go(now, next);
    }

    /// Comes to a node, and passes on from those that wait for nothing.
    fn go(&mut self, now: Instant, mut node: Place) {
        let program = self.program.clone();
        for _ in 0..NODES_WITHOUT_WAITING_MAX {
            self.out.push_back(IvrOutput::Node(program.names[node].clone()));
            match &program.steps[node] {
                Step::Play { say, next } if say.is_empty() || !self.typed_ahead.is_empty() => {
                    node = *next;
                }
                Step::Play { say, next } => {
                    self.state = State::Playing { next: *next };
                    self.out.push_back(IvrOutput::Play(say.clone()));
                    return;
                }
                Step::Menu(menu) => match self.typed_ahead.pop_front() {
                    Some(digit) => match menu.key(digit) {
                        Some(next) => node = next,
                        None => return self.menu_key(now, node, 1, digit),
                    },
                    None => return self.prompt(now, node, menu, 1, &menu.say),
                },
                Step::Queue(step) => {
                    self.typed_ahead.clear();
                    self.state = State::Queued { node };
                    self.out.push_back(IvrOutput::Queue(step.wait.clone()));
                    return;
                }
                Step::Hours { calendar, .. } => {
                    self.state = State::Asking { node };
                    self.out.push_back(IvrOutput::Hours(calendar.clone()));
                    return;
                }
                Step::Language { language, next } => {
                    self.out.push_back(IvrOutput::Language(*language));
                    node = *next;
                }
                Step::Hangup { say } => {
                    self.typed_ahead.clear();
                    if say.is_empty() {
                        return self.hang_up();
                    }
                    self.state = State::Ending;
                    self.out.push_back(IvrOutput::Play(say.clone()));
                    return;
                }
            }
        }
        self.hang_up();
    }

    fn hang_up(&mut self) {
        self.state = State::Still;
        self.out.push_back(IvrOutput::HangUp);
    }
}
