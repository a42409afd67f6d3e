//! A box with three queues, twelve agents in one or several of them, and twenty phones.

use tipring_acd::{AcdConfig, AgentConfig, QueueConfig, Secret};
use tipring_events::{AgentId, QueueId};
use tipring_switch::{
    Class, DialRule, ExtensionConfig, ExtensionFeatures, From, RecordingRule, Target, TellAgent,
};
use tipring_test_scenarios::{number, site};
use tipring_tipringd::core::CoreConfig;

/// How many phones there are: 8001 and up.
pub(crate) const PHONES: u32 = 20;
/// How many agents: work numbers 101 and up, each with the password 1 and the work number.
pub(crate) const AGENTS: u32 = 12;

pub(crate) fn big_site() -> CoreConfig {
    let mut config = site();
    config.switch.extensions = (1..=PHONES)
        .map(|n| ExtensionConfig {
            number: number(&format!("{}", 8000 + n)),
            name: String::new(),
            class: Class::National,
            port: None,
            features: ExtensionFeatures {
                pick_up_group: format!("row {}", n % 3),
                call_waiting: n % 4 == 0,
                supervisor: n % 5 == 0,
                ..ExtensionFeatures::default()
            },
        })
        .collect();
    config.switch.max_calls = 60;
    config.switch.tell_agent = TellAgent::Tone;
    config.switch.recording.announce = vec![RecordingRule::Queue, RecordingRule::Outgoing];
    let queues = ["service", "repair", "desk"];
    config.switch.dial.extend(queues.iter().zip(601..).map(|(name, n)| DialRule {
        number: format!("{n}").parse().expect("a pattern"),
        from: From::Any,
        to: Target::Queue((*name).to_owned()),
        ringing: None,
    }));
    config.acd = AcdConfig {
        queues: queues.iter().zip(1u32..).map(|(name, n)| queue(name, n)).collect(),
        agents: (1..=AGENTS).map(|n| agent(n, &queues)).collect(),
        ..AcdConfig::default()
    };
    config
}

fn queue(name: &str, n: u32) -> QueueConfig {
    QueueConfig {
        id: QueueId(n),
        name: name.to_owned(),
        weight: n / 2,
        wrap_up_s: 5 * (n - 1),
        max_wait_s: 60 * n,
        max_waiting: 8,
        wait_without_agents: n == 2,
        announce_s: 15,
        ring_s: 12,
        beep_s: 10,
        ..QueueConfig::default()
    }
}

fn agent(n: u32, queues: &[&str]) -> AgentConfig {
    let serves = |at: usize| n as usize % 7 == at || n as usize % 3 == at;
    let mine = queues.iter().enumerate().filter(|(at, _)| serves(*at));
    AgentConfig {
        id: AgentId(n),
        work_number: number(&format!("{}", 100 + n)),
        name: String::new(),
        password: Secret(format!("1{}", 100 + n)),
        queues: mine.map(|(_, name)| (*name).into()).collect(),
        skills: Default::default(),
    }
}
