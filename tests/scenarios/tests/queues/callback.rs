//! Callback: at the caller's turn the agent is rung first, tried up to n times at intervals; it
//! ends as reached, not reached, or cancelled by a new call from the same number.

use tipring_acd::{Acd, AcdOutput, Entered, Join, WaitKeys};
use tipring_clock::{Instant, WallTime};
use tipring_events::{
    AgentId, AgentState, CallbackOutcome, Command, EventKind, Party, QueueId, Refusal,
};
use tipring_line::{CallId, Digit, Number};
use tipring_switch::Moment;
use tipring_test_scenarios::number;

use crate::{Box, all_hang_up, call, config, desk, newest, places, rest, s};

fn asked() -> Box {
    let mut w = desk(1, |acd| {
        acd.queues[0].timeout_s = 600;
    });
    rest(&mut w, 1);
    let caller = call(&mut w, "13800138000");
    w.run(s(10));
    w.press(caller, "3");
    w.run(s(1));
    assert!(!w.around.is_there(caller));
    w
}

fn ended(w: &Box) -> Vec<(CallbackOutcome, u32)> {
    w.all(|e| match e {
        EventKind::CallbackEnded { outcome, attempts, .. } => Some((*outcome, *attempts)),
        _ => None,
    })
}

/// The queues alone, with one agent, and a callback for 13800138000 asked for at ten seconds by a
/// caller who had joined at zero. The calls made for it are played by hand.
struct Played {
    acd: Acd,
    s: u64,
    ended: Vec<(CallbackOutcome, u32)>,
    tried: Vec<(u64, u32)>,
    offered: Vec<u64>,
    /// Calls to be made: the agent's extension and the number.
    made: Vec<(Option<Number>, Number)>,
}

impl Played {
    fn new() -> Self {
        let acd = config(|acd| {
            acd.queues[0].callback.prefix = "9".into();
            acd.queues[0].callback.tries = 2;
            acd.queues[0].callback.interval_s = 60;
            acd.queues[0].keys = WaitKeys::shipped();
        });
        let mut played = Played {
            acd: Acd::new(Moment::default(), acd.acd, 1),
            s: 0,
            ended: vec![],
            tried: vec![],
            offered: vec![],
            made: vec![],
        };
        played.acd.extension_reachable(played.m(), number("8001"), true);
        played.acd.log_in(played.m(), "1001", "4321", number("8001")).unwrap();
        played.acd.not_ready(played.m(), AgentId(1), "lunch").unwrap();
        played.enter(1, "13800138000");
        played.run(10);
        played.acd.digit(played.m(), CallId(1), Digit::from_char('3').unwrap());
        played.acd.call_over(played.m(), CallId(1), Party::Box);
        played
    }

    fn m(&self) -> Moment {
        let now = Instant::from_millis(self.s * 1000);
        Moment { now, wall: WallTime::from_unix_micros(self.s as i64 * 1_000_000) }
    }

    fn enter(&mut self, call: u64, from: &str) {
        let join = Join { caller: Some(number(from)), ..Join::default() };
        assert_eq!(self.acd.enter(self.m(), CallId(call), "service", join), Entered::Waiting);
    }

    fn ready(&mut self) {
        self.acd.ready(self.m(), AgentId(1)).unwrap();
        self.drain();
    }

    /// Every call that is to be made becomes call 100, 101 and so on.
    fn drain(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            match output {
                AcdOutput::CallBack { callback, extension, number, .. } => {
                    let call = CallId(100 + self.made.len() as u64);
                    self.made.push((extension, number));
                    self.acd.callback_began(self.m(), callback, Some(call));
                }
                AcdOutput::Offer { call, .. } => self.offered.push(call.0),
                AcdOutput::Event(EventKind::CallbackTried { call, attempt, .. }) => {
                    self.tried.push((call.0, attempt));
                }
                AcdOutput::Event(EventKind::CallbackEnded { outcome, attempts, .. }) => {
                    self.ended.push((outcome, attempts));
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.s += 1;
            while self.acd.poll_timeout().is_some_and(|at| at <= self.m().now) {
                self.acd.handle_timeout(self.m());
            }
            self.drain();
        }
    }

    fn state(&self) -> AgentState {
        self.acd.live_agents(self.m())[0].state
    }
}

#[test]
fn the_agent_first_and_then_the_customer() {
    let mut p = Played::new();
    p.ready();
    assert_eq!(p.made, [(Some(number("8001")), number("913800138000"))]);
    assert_eq!((p.state(), p.tried.len()), (AgentState::Offered, 0));
    p.acd.callback_agent_answered(p.m(), CallId(100));
    p.drain();
    assert_eq!((p.state(), &p.tried[..]), (AgentState::Talking, &[(100, 1)][..]));
    p.acd.callback_reached(p.m(), CallId(100));
    p.drain();
    assert_eq!(p.ended, [(CallbackOutcome::Reached, 1)]);
    p.acd.call_over(p.m(), CallId(100), Party::Callee);
    assert_eq!(p.state(), AgentState::Ready);
}

#[test]
fn its_turn_comes_at_the_kept_place() {
    let mut p = Played::new();
    p.enter(2, "13900139000");
    let live = p.acd.live_queues(p.m(), |_| (None, String::new()));
    assert_eq!(live[0].waiting[0].position, 2, "the callback is ahead");
    p.ready();
    assert_eq!((p.made.len(), p.offered.len()), (1, 0));
    p.acd.callback_agent_answered(p.m(), CallId(100));
    p.acd.callback_reached(p.m(), CallId(100));
    p.acd.call_over(p.m(), CallId(100), Party::Callee);
    p.drain();
    assert_eq!(p.offered, [2]);
}

#[test]
fn tried_again_at_intervals_and_then_given_up() {
    let mut p = Played::new();
    p.ready();
    p.acd.callback_agent_answered(p.m(), CallId(100));
    p.acd.call_over(p.m(), CallId(100), Party::Callee);
    p.drain();
    assert_eq!(p.state(), AgentState::Ready, "free for others meanwhile");
    p.run(59);
    assert_eq!(p.made.len(), 1);
    p.run(1);
    assert_eq!((p.made.len(), p.ended.len()), (2, 0));
    p.acd.callback_agent_answered(p.m(), CallId(101));
    p.acd.call_over(p.m(), CallId(101), Party::Callee);
    p.drain();
    assert_eq!(p.tried, [(100, 1), (101, 2)]);
    assert_eq!(p.ended, [(CallbackOutcome::NotReached, 2)]);
}

#[test]
fn an_agent_who_does_not_answer_costs_no_attempt() {
    let mut p = Played::new();
    p.ready();
    p.run(70);
    assert_eq!((p.state(), p.made.len()), (AgentState::NotReady, 3), "three times unanswered");
    assert_eq!((p.tried.len(), p.ended.len()), (0, 0));
    let live = p.acd.live_queues(p.m(), |_| (None, String::new()));
    assert_eq!(live[0].callbacks[0].attempts, 0);
}

#[test]
fn a_new_call_of_the_number_takes_the_place() {
    let mut w = asked();
    call(&mut w, "13900139000");
    w.run(s(20));
    call(&mut w, "+8613800138000");
    assert_eq!(ended(&w), [(CallbackOutcome::CalledAgain, 0)]);
    assert_eq!(places(&w), [3, 2], "ahead of who came later than the first call");
    assert_eq!(newest(&w).0, 3);
    all_hang_up(&mut w);
}

#[test]
fn a_person_adds_and_cancels() {
    let mut w = asked();
    let (queue, by) = (QueueId(1), "boss".to_owned());
    let add = |n: &str| Command::CallbackAdd { queue, number: number(n), by: by.clone() };
    let cancel = |n: &str| Command::CallbackCancel { queue, number: number(n), by: by.clone() };
    assert_eq!(w.command(add("13900139000")), Ok(()));
    assert_eq!(w.command(add("013900139000")), Err(Refusal::NotPossible), "it is there already");
    assert_eq!(w.command(cancel("13800138000")), Ok(()));
    assert_eq!(w.command(cancel("13800138000")), Err(Refusal::NotPossible));
    assert_eq!(ended(&w), [(CallbackOutcome::Cancelled, 0)]);
    let left: Vec<_> = w.live().queues[0].callbacks.iter().map(|c| c.number).collect();
    assert_eq!(left, [number("13900139000")]);
    all_hang_up(&mut w);
}
