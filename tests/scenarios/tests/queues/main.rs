//! The rules of queues and agents under virtual time, one file a rule, named after it.

mod abandoned_list;
mod announcement_never_delays_the_head;
mod announcements;
mod breaks_and_leave;
mod callback;
mod callback_calls;
mod closed_hours;
mod desktop_lost;
mod escalation_to_the_second_level;
mod estimate;
mod fewest_calls;
mod forced_states;
mod join_refused;
mod keys_while_waiting;
mod least_talk_time;
mod leave_rules;
mod linear;
mod longest_idle;
mod moved_callers_keep_the_place;
mod named_agent;
mod overflow;
mod priority;
mod progressive;
mod random;
mod reentry;
mod restart;
mod ring_all;
mod round_robin;
mod several_at_once;
mod skill_match;
mod sticky;
mod tiers;
mod timeout_asks;
mod unreachable_extension;
mod waiting_beep;
mod weights;
mod wrap_up;

use tipring_acd::{AcdConfig, AgentConfig, QueueConfig, Secret, Strategy};
use tipring_clock::Duration;
use tipring_events::{
    AgentId, AgentState, Command, EventKind, LiveAgent, QueueCause, QueueId, QueueOutcome,
};
use tipring_line::{CallId, ChannelId};
use tipring_switch::{From, Target};
use tipring_test_scenarios::{Phone, Scripted, World, number, site};
use tipring_tipringd::core::CoreConfig;

type Box = World<Scripted>;

/// Seconds.
const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Eight phones 8001–8008, agents 1001–1008 in the queue `service`, which 600 leads to; 601 leads
/// to the queue `second`, in which nobody is unless the scenario says so.
fn config(change: impl FnOnce(&mut AcdConfig)) -> CoreConfig {
    let mut config = site();
    let phone = config.switch.extensions[0].clone();
    config.switch.extensions = (1..=8)
        .map(|n| {
            let mut phone = phone.clone();
            phone.number = number(&format!("800{n}"));
            phone
        })
        .collect();
    let mut rule = config.switch.dial[0].clone();
    rule.number = "601".parse().expect("a pattern");
    rule.from = From::Any;
    rule.to = Target::Queue("second".into());
    config.switch.dial.push(rule);
    let queue = |id, name: &str| QueueConfig {
        id: QueueId(id),
        name: name.into(),
        announce_s: 0,
        ..QueueConfig::default()
    };
    let agent = |n: u32| AgentConfig {
        id: AgentId(n),
        work_number: number(&format!("100{n}")),
        name: format!("Agent {n}"),
        password: Secret(format!("432{n}")),
        queues: vec!["service".into()],
        skills: Default::default(),
    };
    config.acd = AcdConfig {
        queues: vec![queue(1, "service"), queue(2, "second")],
        agents: (1..=8).map(agent).collect(),
        ..AcdConfig::default()
    };
    change(&mut config.acd);
    config
}

/// A box with that configuration and its phones registered, in which agents 1 to `agents` are
/// logged in at 8001 and up, one second apart.
fn desk(agents: u32, change: impl FnOnce(&mut AcdConfig)) -> Box {
    opened(agents, config(change))
}

fn opened(agents: u32, config: CoreConfig) -> Box {
    let mut w = World::with(config, Scripted::default());
    for n in 1..=8 {
        w.set_registered(&format!("800{n}"), true);
    }
    for n in 1..=agents {
        w.agent(n);
        w.run(s(1));
    }
    w
}

/// As [`desk`], with this strategy.
fn by(strategy: Strategy, agents: u32) -> Box {
    desk(agents, |acd| acd.queues[0].strategy = strategy)
}

/// Somebody calls the queue `service`.
fn call(w: &mut Box, from: &str) -> ChannelId {
    w.trunk_call(from, "600")
}

/// A phone that never answers.
fn silent() -> Phone {
    Phone { answers_after: None, ..Phone::default() }
}

/// Lets a caller talk for some seconds, answered at once by whoever is rung, and says who that was.
fn talk(w: &mut Box, seconds: u64) -> u32 {
    let before = offers(w).len();
    let caller = call(w, "13800138000");
    w.run(s(3) + s(seconds));
    let (_, agent) = offers(w)[before];
    w.hang_up(caller);
    w.run(s(1));
    agent
}

/// Offers in their order: call and agent.
fn offers(w: &Box) -> Vec<(u64, u32)> {
    w.all(|e| match e {
        EventKind::OfferBegan { call, agent, .. } => Some((call.0, agent.0)),
        _ => None,
    })
}

/// Waits that ended, in their order: call, outcome, agent.
fn waits(w: &Box) -> Vec<(u64, QueueOutcome, Option<u32>)> {
    w.all(|e| match e {
        EventKind::QueueLeft { call, outcome, agent, .. } => {
            Some((call.0, *outcome, agent.map(|agent| agent.0)))
        }
        _ => None,
    })
}

/// Why callers were refused or left, in their order.
fn causes(w: &Box) -> Vec<Option<QueueCause>> {
    w.all(|e| match e {
        EventKind::QueueLeft { because, .. } => Some(*because),
        _ => None,
    })
}

fn agent(w: &Box, n: u32) -> LiveAgent {
    let agents = w.live().agents;
    agents.into_iter().find(|agent| agent.agent == AgentId(n)).expect("an agent of the site")
}

fn state(w: &Box, n: u32) -> AgentState {
    agent(w, n).state
}

/// Makes an agent not ready.
fn rest(w: &mut Box, n: u32) {
    let (agent, reason) = (AgentId(n), "lunch".to_owned());
    assert_eq!(w.command(Command::AgentNotReady { agent, reason }), Ok(()));
}

fn ready(w: &mut Box, n: u32) {
    assert_eq!(w.command(Command::AgentReady { agent: AgentId(n) }), Ok(()));
}

/// The calls that wait in `service`, in order.
fn places(w: &Box) -> Vec<u64> {
    let live = w.live();
    live.queues[0].waiting.iter().map(|waiting| waiting.call.0).collect()
}

fn all_hang_up(w: &mut Box) {
    for channel in w.around.live_channels() {
        w.hang_up(channel);
    }
    w.run(s(1));
    w.close();
}

/// The newest call.
fn newest(w: &Box) -> CallId {
    let began = w.all(|e| match e {
        EventKind::CallBegan { call, .. } => Some(*call),
        _ => None,
    });
    *began.last().expect("a call began")
}
