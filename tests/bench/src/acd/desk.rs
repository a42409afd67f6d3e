//! A box full of callers and agents, as its channels see it.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use tipring_acd::{AcdConfig, AgentConfig, QueueConfig, Secret};
use tipring_clock::{Instant, WallTime};
use tipring_events::{AgentId, Command, QueueId};
use tipring_line::{
    AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Endpoint, Number,
};
use tipring_switch::Target;
use tipring_test_scenarios::{number, site};
use tipring_tipringd::core::{Core, CoreConfig, CoreOutput};

/// Queues among which callers and agents are spread; each agent serves two.
const QUEUES: usize = 10;
const FIRST_EXTENSION: usize = 20_000;

pub(super) struct Desk {
    core: Core,
    agents: usize,
    /// The channel at each agent's phone.
    at: Vec<Option<ChannelId>>,
    phones: HashMap<ChannelId, usize>,
    /// Phones that ring, not yet answered.
    ringing: Vec<ChannelId>,
    /// Channels that were told to end, and have not yet said that they have.
    ending: Vec<(ChannelId, Cause)>,
    callers: u32,
    queue: usize,
    waiting: usize,
    ms: u64,
}

fn extension(agent: usize) -> Number {
    number(&format!("{}", FIRST_EXTENSION + agent))
}

fn config(waiting: usize, agents: usize) -> CoreConfig {
    let mut config = site();
    let phone = config.switch.extensions[0].clone();
    config.switch.max_calls = u32::try_from(waiting + agents + 100).unwrap_or(u32::MAX);
    config.switch.extensions = (0..agents)
        .map(|n| {
            let mut phone = phone.clone();
            phone.number = extension(n);
            phone
        })
        .collect();
    let rule = config.switch.dial[0].clone();
    config.switch.dial = (0..QUEUES)
        .map(|n| {
            let mut rule = rule.clone();
            rule.number = format!("61{n}").parse().expect("a pattern");
            rule.to = Target::Queue(format!("q{n}"));
            rule
        })
        .collect();
    let queue = |n: usize| QueueConfig {
        id: QueueId(n as u32 + 1),
        name: format!("q{n}"),
        max_waiting: u32::MAX,
        announce_s: 0,
        record: false,
        ..QueueConfig::default()
    };
    let agent = |n: usize| AgentConfig {
        id: AgentId(n as u32 + 1),
        work_number: number(&format!("{}", 1000 + n)),
        name: String::new(),
        password: Secret("1".into()),
        queues: [n % QUEUES, (n + 3) % QUEUES].map(|q| format!("q{q}").into()).into(),
        skills: Default::default(),
    };
    config.acd = AcdConfig {
        queues: (0..QUEUES).map(queue).collect(),
        agents: (0..agents).map(agent).collect(),
        ..AcdConfig::default()
    };
    config
}

impl Desk {
    /// Every agent talks, and so many callers wait.
    pub(super) fn new(waiting: usize, agents: usize) -> Result<Self> {
        let core = Core::new(Instant::ZERO, WallTime::default(), config(waiting, agents), 1);
        let mut desk = Desk {
            core,
            agents,
            at: vec![None; agents],
            phones: HashMap::new(),
            ringing: Vec::new(),
            ending: Vec::new(),
            callers: 0,
            queue: 0,
            waiting: 0,
            ms: 0,
        };
        for n in 0..agents {
            desk.core.set_registered(desk.now(), WallTime::default(), extension(n), true);
            let command = Command::AgentLogIn {
                work_number: number(&format!("{}", 1000 + n)),
                password: "1".into(),
                extension: extension(n),
            };
            desk.core.command(desk.now(), WallTime::default(), n as u64, command);
        }
        desk.outputs();
        while desk.talking() < agents {
            desk.call();
            desk.outputs();
            desk.answer_all();
        }
        while desk.waiting() < waiting {
            desk.call();
            desk.outputs();
        }
        desk.waiting = waiting;
        Ok(desk)
    }

    fn now(&self) -> Instant {
        Instant::from_millis(self.ms)
    }

    fn talking(&self) -> usize {
        self.at.iter().flatten().count()
    }

    fn waiting(&self) -> usize {
        usize::try_from(self.core.counters().waiting).unwrap_or(usize::MAX)
    }

    /// Somebody calls one of the queues, each in turn.
    fn call(&mut self) {
        self.ms += 1;
        let channel = ChannelId::sip_in(self.callers);
        self.callers += 1;
        self.queue = (self.queue + 1) % QUEUES;
        let caller = CallerId::from_number(number(&format!("13{:09}", self.callers)));
        let event = ChannelEvent::Offered {
            called: Some(number(&format!("61{}", self.queue))),
            caller,
            trunk: Some(0),
            extension: None,
            redirection: None,
        };
        self.tell(channel, event);
    }

    fn tell(&mut self, channel: ChannelId, event: ChannelEvent) {
        self.core.channel_event(self.now(), WallTime::default(), channel, event);
    }

    /// Follows what the core tells its channels. Says which agent's phone was told to ring last.
    fn outputs(&mut self) -> Option<usize> {
        let mut rings = None;
        while let Some(output) = self.core.poll_output() {
            let CoreOutput::Channel(channel, command) = output else { continue };
            match command {
                ChannelCommand::Seize(Endpoint::SipPhone(phone)) => {
                    let agent = phone.as_str().parse::<usize>().unwrap_or(0) - FIRST_EXTENSION;
                    self.phones.insert(channel, agent);
                }
                ChannelCommand::Ring { .. } => {
                    self.ringing.push(channel);
                    rings = self.phones.get(&channel).copied();
                }
                ChannelCommand::Release(cause) => self.ending.push((channel, cause)),
                _ => {}
            }
        }
        rings
    }

    fn answer_all(&mut self) {
        for channel in core::mem::take(&mut self.ringing) {
            self.tell(channel, ChannelEvent::Answered(AnswerCertainty::Signalled));
            if let Some(agent) = self.phones.get(&channel) {
                self.at[*agent] = Some(channel);
            }
            self.outputs();
        }
    }

    /// An agent hangs up, and its phone is told to ring for the next caller.
    pub(super) fn free(&mut self, agent: usize) -> Result<()> {
        self.ms += 1;
        let channel = self.at[agent].take().context("every agent talks")?;
        self.phones.remove(&channel);
        self.tell(channel, ChannelEvent::Released(Cause::NormalClearing));
        if self.outputs() != Some(agent) {
            bail!("agent {agent} of {} was not offered the next caller", self.agents);
        }
        Ok(())
    }

    /// The agent answers, the ended calls' channels become free, and another caller joins.
    pub(super) fn answer_and_refill(&mut self) -> Result<()> {
        self.answer_all();
        for (channel, cause) in core::mem::take(&mut self.ending) {
            self.tell(channel, ChannelEvent::Released(cause));
        }
        self.call();
        self.outputs();
        if self.waiting() != self.waiting || self.talking() != self.agents {
            bail!("{} wait and {} talk", self.waiting(), self.talking());
        }
        Ok(())
    }
}
