//! One run of a flow: what goes in, what comes out.

use std::sync::Arc;

use tipring_clock::{Duration, Instant};
use tipring_ivr::{Flow, Interpreter, IvrInput, IvrOutput, Program, QueueEdge};
use tipring_line::Digit;

const FLOW: &str = r#"
name = "main"
start = "menu"

[node.menu.menu]
say = ["menu-main"]
keys = { 1 = "wait", 2 = "second" }
wait = { timeout_s = 5, tries = 2 }
next = "bye"

[node.second.menu]
say = ["menu-back"]
keys = { 3 = "circle", "*" = "menu" }
next = "bye"

[node.circle.language]
language = "en"
next = "circle"

[node.wait.queue]
queue = "service"
full = "bye"
no_agents = "second"
timeout = "menu"

[node.bye.hangup]
"#;

struct Run {
    interpreter: Interpreter,
    now: Instant,
}

impl Run {
    fn new() -> Self {
        let flow: Flow = toml::from_str(FLOW).unwrap();
        let program = Arc::new(Program::new(&flow).unwrap());
        let mut run = Run { interpreter: Interpreter::new(program), now: Instant::ZERO };
        assert_eq!(run.give(IvrInput::Start)[..2], ["answer", "at menu"]);
        run
    }

    fn give(&mut self, input: IvrInput) -> Vec<String> {
        self.interpreter.handle_input(self.now, input);
        self.take()
    }

    fn keys(&mut self, keys: &str) -> Vec<String> {
        let digits = keys.chars().map(|c| Digit::from_char(c).unwrap());
        digits.flat_map(|digit| self.give(IvrInput::Digit(digit))).collect()
    }

    fn wait(&mut self) -> Vec<String> {
        self.now = self.interpreter.poll_timeout().expect("the flow waits");
        self.interpreter.handle_timeout(self.now);
        self.take()
    }

    fn take(&mut self) -> Vec<String> {
        let outputs = core::iter::from_fn(|| self.interpreter.poll_output());
        outputs
            .map(|output| match output {
                IvrOutput::Answer { .. } => "answer".to_owned(),
                IvrOutput::Node(node) => format!("at {node}"),
                IvrOutput::Play(say) => format!("play {}", say.len()),
                IvrOutput::Queue(wait) => format!("queue {}", wait.queue),
                IvrOutput::Hours(calendar) => format!("hours {calendar}"),
                other => format!("{other:?}").to_lowercase(),
            })
            .collect()
    }
}

#[test]
fn keys_cut_the_prompt_short_and_lead_on() {
    let mut run = Run::new();
    assert_eq!(run.keys("1"), ["stop", "at wait", "queue service"]);
    assert_eq!(run.give(IvrInput::QueueLeft(QueueEdge::NoAgents)), ["at second", "play 1"]);
}

#[test]
fn no_key_is_timed_from_the_end_of_the_prompt() {
    let mut run = Run::new();
    assert_eq!(run.interpreter.poll_timeout(), None);
    run.now += Duration::from_secs(3);
    run.give(IvrInput::PlayDone);
    assert_eq!(run.interpreter.poll_timeout(), Some(Instant::from_millis(8000)));
    assert_eq!(run.wait(), ["play 2"], "no-key and the menu's own");
    run.give(IvrInput::PlayDone);
    assert_eq!(run.wait(), ["at bye", "hangup"]);
    assert_eq!(run.interpreter.poll_timeout(), None);
}

#[test]
fn a_queue_that_is_left_leads_on_by_its_edge() {
    for (edge, node) in [
        (QueueEdge::Full, "at bye"),
        (QueueEdge::NoAgents, "at second"),
        (QueueEdge::Timeout, "at menu"),
    ] {
        let mut run = Run::new();
        run.keys("1");
        assert_eq!(run.give(IvrInput::QueueLeft(edge))[0], node);
    }
}

#[test]
fn a_circle_that_nobody_checked_ends_the_call() {
    let mut run = Run::new();
    let out = run.keys("23");
    assert_eq!(out.last().map(String::as_str), Some("hangup"));
    assert!(out.len() < 1000);
}

#[test]
fn inputs_that_do_not_fit_change_nothing() {
    let mut run = Run::new();
    assert_eq!(run.give(IvrInput::QueueLeft(QueueEdge::Full)), Vec::<String>::new());
    run.keys("1");
    assert_eq!(run.keys("12"), Vec::<String>::new());
    assert_eq!(run.give(IvrInput::PlayDone), Vec::<String>::new());
    run.interpreter.handle_timeout(Instant::from_millis(999_999));
    assert_eq!(run.take(), Vec::<String>::new());
}
