//! The dialogue behind a feature code: asks for what was not dialled along, says how it went.
//!
//! Agent log-in takes `work number # password #`, dialled along with the code or keyed after it.

use std::sync::{Arc, LazyLock};

use tipring_clock::{Duration, Instant};
use tipring_line::Digit;
use tipring_tts::Utterance;

use crate::dial::Feature;
use crate::output::FeatureRequest;

/// How long to wait for the next key.
const KEY_TIMEOUT: Duration = Duration::from_secs(10);
/// How many keys a work number or a password has at most.
const FIELD_MAX: usize = 20;

/// How a feature's request went, as the person hears it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FeatureResult {
    /// The agent is logged in.
    LoggedIn,
    /// The agent is logged out.
    LoggedOut,
    /// The agent is ready.
    Ready,
    /// The agent is not ready.
    NotReady,
    /// Wrong work number or password.
    WrongPassword,
    /// Too many wrong passwords.
    Locked,
    /// It is on from now on.
    On,
    /// It is off from now on.
    Off,
    /// It could not be done.
    Failed,
}

impl FeatureResult {
    /// The prompt that says so.
    pub fn prompt(self) -> &'static str {
        match self {
            FeatureResult::LoggedIn => "agent-logged-in",
            FeatureResult::LoggedOut => "agent-logged-out",
            FeatureResult::Ready => "agent-ready",
            FeatureResult::NotReady => "agent-not-ready",
            FeatureResult::WrongPassword => "agent-wrong-password",
            FeatureResult::Locked => "agent-locked",
            FeatureResult::On => "feature-on",
            FeatureResult::Off => "feature-off",
            FeatureResult::Failed => "feature-failed",
        }
    }
}

/// Whom a dialogue asks.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Request {
    /// The queues.
    App(FeatureRequest),
    /// The switch itself; with what was dialled after the code.
    Switch(Feature, String),
}

/// What the dialogue wants next.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Step {
    /// Play this.
    Play(Arc<[Utterance]>),
    /// Stop what is being played.
    Quiet,
    /// Nothing: wait for the next key.
    Wait,
    /// Ask for this.
    Ask(Request),
    /// Hang up.
    Over,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    WorkNumber,
    Password,
    Asked,
    Result,
}

/// One dialogue.
#[derive(Debug)]
pub(crate) struct FeatureMachine {
    feature: Feature,
    state: State,
    /// The work number; of features that are no agent's, what was dialled after the code.
    work_number: String,
    password: String,
    /// When the caller has waited too long with the next key.
    pub(crate) key_due: Option<Instant>,
}

static PROMPTS: LazyLock<[Arc<[Utterance]>; 2]> =
    LazyLock::new(|| [one_prompt("agent-enter-number"), one_prompt("agent-enter-password")]);

fn one_prompt(key: &str) -> Arc<[Utterance]> {
    Arc::from([Utterance::Prompt(key.to_owned())])
}

impl FeatureMachine {
    /// A dialogue for `feature`; `rest` is what was dialled after its code.
    pub(crate) fn new(feature: Feature, rest: &str) -> Self {
        if !feature.is_of_agent() {
            let (rest, none) = (rest.to_owned(), String::new());
            let state = State::Asked;
            return FeatureMachine {
                feature,
                state,
                work_number: rest,
                password: none,
                key_due: None,
            };
        }
        let mut fields = rest.split('#');
        let mut field = || fields.next().unwrap_or("").chars().take(FIELD_MAX).collect();
        let (work_number, password) = (field(), field());
        FeatureMachine { feature, state: State::Asked, work_number, password, key_due: None }
    }

    /// The first step, once the call is answered.
    pub(crate) fn start(&mut self, now: Instant) -> Step {
        match self.feature {
            Feature::AgentLogOut => Step::Ask(Request::App(FeatureRequest::LogOut)),
            Feature::AgentReady => Step::Ask(Request::App(FeatureRequest::Ready)),
            Feature::AgentNotReady => Step::Ask(Request::App(FeatureRequest::NotReady)),
            Feature::AgentLogIn => self.next_field(now),
            feature => Step::Ask(Request::Switch(feature, core::mem::take(&mut self.work_number))),
        }
    }

    fn next_field(&mut self, now: Instant) -> Step {
        if !self.work_number.is_empty() && !self.password.is_empty() {
            self.state = State::Asked;
            self.key_due = None;
            return Step::Ask(Request::App(FeatureRequest::LogIn {
                work_number: core::mem::take(&mut self.work_number),
                password: core::mem::take(&mut self.password),
            }));
        }
        let missing_number = self.work_number.is_empty();
        self.state = if missing_number { State::WorkNumber } else { State::Password };
        // The prompts are a few seconds long; the time runs anew with each key and at their end.
        self.key_due = Some(now + 2 * KEY_TIMEOUT);
        Step::Play(PROMPTS[usize::from(!missing_number)].clone())
    }

    /// A key was pressed.
    pub(crate) fn key(&mut self, now: Instant, digit: Digit) -> Step {
        let field = match self.state {
            State::WorkNumber => &mut self.work_number,
            State::Password => &mut self.password,
            State::Asked | State::Result => return Step::Wait,
        };
        self.key_due = Some(now + KEY_TIMEOUT);
        let ends = digit.as_char() == '#';
        if !ends && field.len() < FIELD_MAX {
            field.push(digit.as_char());
        }
        if ends && !field.is_empty() { self.next_field(now) } else { Step::Quiet }
    }

    /// The request was answered.
    pub(crate) fn result(&mut self, result: FeatureResult) -> Step {
        self.state = State::Result;
        self.key_due = None;
        Step::Play(one_prompt(result.prompt()))
    }

    /// What was being played has ended.
    pub(crate) fn play_done(&mut self, now: Instant) -> Step {
        match self.state {
            State::Result => Step::Over,
            State::Asked => Step::Wait,
            State::WorkNumber | State::Password => {
                self.key_due = Some(now + KEY_TIMEOUT);
                Step::Wait
            }
        }
    }

    /// No key came in time.
    pub(crate) fn key_timeout(&mut self) -> Step {
        self.key_due = None;
        Step::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(machine: &mut FeatureMachine, keys: &str) -> Step {
        let mut last = Step::Wait;
        for c in keys.chars() {
            last = machine.key(Instant::ZERO, Digit::from_char(c).unwrap());
        }
        last
    }

    fn log_in(work_number: &str, password: &str) -> Step {
        Step::Ask(Request::App(FeatureRequest::LogIn {
            work_number: work_number.into(),
            password: password.into(),
        }))
    }

    #[test]
    fn log_in_dialled_as_one_string_asks_nothing() {
        for rest in ["1001#1234#", "1001#1234"] {
            let mut machine = FeatureMachine::new(Feature::AgentLogIn, rest);
            assert_eq!(machine.start(Instant::ZERO), log_in("1001", "1234"));
        }
    }

    #[test]
    fn log_in_asks_for_what_is_missing() {
        let mut machine = FeatureMachine::new(Feature::AgentLogIn, "");
        assert_eq!(machine.start(Instant::ZERO), Step::Play(one_prompt("agent-enter-number")));
        assert_eq!(keys(&mut machine, "1001"), Step::Quiet);
        assert_eq!(keys(&mut machine, "#"), Step::Play(one_prompt("agent-enter-password")));
        assert_eq!(keys(&mut machine, "#"), Step::Quiet, "an empty password is no password");
        assert_eq!(keys(&mut machine, "1234#"), log_in("1001", "1234"));
        assert_eq!(
            machine.result(FeatureResult::LoggedIn),
            Step::Play(one_prompt("agent-logged-in"))
        );
        assert_eq!(machine.play_done(Instant::ZERO), Step::Over);
    }

    #[test]
    fn fields_are_bounded() {
        let mut machine = FeatureMachine::new(Feature::AgentLogIn, "");
        machine.start(Instant::ZERO);
        keys(&mut machine, &"1".repeat(1000));
        keys(&mut machine, "#");
        assert_eq!(keys(&mut machine, "2#"), log_in(&"1".repeat(FIELD_MAX), "2"));
    }
}
