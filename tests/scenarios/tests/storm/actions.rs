//! What can happen, and how likely it is.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_clock::{Duration, WallTime};
use tipring_events::{AgentId, AgentState, Command};
use tipring_line::{CallId, Cause, ChannelEvent, ChannelId, Digit};
use tipring_switch::MediaEvent;
use tipring_test_scenarios::{Phone, Scripted, World, number};

use crate::big_site::{AGENTS, PHONES, big_site};

/// A world and the hand of chance.
pub(crate) struct Storm {
    pub(crate) world: World,
    pub(crate) rng: ChaCha8Rng,
}

impl Storm {
    pub(crate) fn new(seed: u64) -> Self {
        let mut storm = Storm::remembering(seed);
        storm.world = storm.world.forgetful();
        storm
    }

    pub(crate) fn remembering(seed: u64) -> Self {
        let mut world = World::with(big_site(), Scripted::default());
        for n in 1..=PHONES {
            world.set_registered(&format!("{}", 8000 + n), true);
        }
        let mut storm = Storm { world, rng: ChaCha8Rng::seed_from_u64(seed) };
        for n in 1..=AGENTS {
            storm.log_in(n, 8000 + n);
        }
        storm
    }

    /// One thing happens, and some time passes.
    pub(crate) fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..28 => self.new_call(),
            28..46 => self.press_a_key(),
            46..57 => self.hang_up_somewhere(),
            57..64 => self.change_a_phone(),
            64..80 => self.feature_somewhere(),
            80..85 => self.supervise_somewhere(),
            85..87 => self.set_a_phone(),
            87..93 => self.agent_does_something(),
            93..95 => self.registration_flips(),
            95..97 => self.hold_somewhere(),
            97 => self.peer_falls_silent(),
            98 => self.command_hang_up(),
            _ => self.reconfigure(),
        }
        self.nobody_waits_in_vain();
        // Mostly little time passes, so that things cross each other on their way.
        let ms = match self.rng.random_range(0..10) {
            0..4 => 0,
            4..8 => self.rng.random_range(1..400),
            _ => self.rng.random_range(400..8000),
        };
        self.world.run(Duration::from_millis(ms));
        self.nobody_waits_in_vain();
    }

    fn new_call(&mut self) {
        let w = &mut self.world;
        match self.rng.random_range(0..10) {
            0..4 => {
                w.trunk_call("13800138000", "95588");
            }
            4..7 => {
                let queue = self.rng.random_range(601..604);
                w.trunk_call("13900139000", &queue.to_string());
            }
            7 if !w.around.is_there(ChannelId::port(tipring_line::PortId(0))) => {
                w.line_call("13700137000");
            }
            _ => {
                let from = self.rng.random_range(8001..8001 + PHONES);
                let to = match self.rng.random_range(0..11) {
                    10 => ["*71", "*72", "*73", "*77"][self.rng.random_range(0..4)].to_owned(),
                    0 => "*61101#1101#".to_owned(),
                    1 => "*63".to_owned(),
                    2 => "*61".to_owned(),
                    3 => "913600136000".to_owned(),
                    4 => "602".to_owned(),
                    _ => self.rng.random_range(8001..8001 + PHONES).to_string(),
                };
                w.dial(&from.to_string(), &to);
            }
        }
    }

    pub(crate) fn some_channel(&mut self) -> Option<ChannelId> {
        let channels = self.world.around.live_channels();
        if channels.is_empty() {
            return None;
        }
        Some(channels[self.rng.random_range(0..channels.len())])
    }

    fn press_a_key(&mut self) {
        let Some(channel) = self.some_channel() else { return };
        let key = ['1', '1', '1', '*', '7', '#'][self.rng.random_range(0..6)];
        let now = self.world.now();
        self.world.around.press(now, channel, Digit::from_char(key).expect("a key"));
        self.world.settle();
    }

    fn hang_up_somewhere(&mut self) {
        if let Some(channel) = self.some_channel() {
            self.world.hang_up(channel);
        }
    }

    fn change_a_phone(&mut self) {
        let mut phone = Phone::default();
        let ms = self.rng.random_range(0..15_000);
        match self.rng.random_range(0..8) {
            0 => phone.answers_after = None,
            1 => phone.refuses = Some(Cause::UserBusy),
            2 => phone.refuses = Some(Cause::Rejected),
            3 => phone.answers_after = Some(Duration::ZERO),
            _ => phone.answers_after = Some(Duration::from_millis(ms)),
        }
        if self.rng.random_bool(0.7) {
            let talk = self.rng.random_range(0..40_000);
            phone.hangs_up_after = Some(Duration::from_millis(talk));
        }
        let extension = self.rng.random_range(8001..8001 + PHONES).to_string();
        self.world.phone(&extension, phone);
    }

    fn log_in(&mut self, agent: u32, extension: u32) {
        // Chance picks desks that are taken or out of reach too; the refusal is the answer.
        let _ = self.world.command(Command::AgentLogIn {
            work_number: number(&format!("{}", 100 + agent)),
            password: format!("1{}", 100 + agent),
            extension: number(&format!("{extension}")),
        });
    }

    fn agent_does_something(&mut self) {
        let n = self.rng.random_range(1..=AGENTS);
        let agent = AgentId(n);
        let command = match self.rng.random_range(0..6) {
            0 => Command::AgentLogOut { agent },
            1 => Command::AgentNotReady { agent, reason: "lunch".to_owned() },
            2 | 3 => Command::AgentReady { agent },
            _ => {
                let extension = 8000 + self.rng.random_range(1..=PHONES);
                return self.log_in(n, extension);
            }
        };
        // Who is logged out cannot become ready: refused, and that is right.
        let _ = self.world.command(command);
    }

    fn registration_flips(&mut self) {
        let extension = self.rng.random_range(8001..8001 + PHONES).to_string();
        let registered = self.rng.random_bool(0.6);
        self.world.set_registered(&extension, registered);
    }

    fn hold_somewhere(&mut self) {
        let Some(channel) = self.some_channel() else { return };
        let held = self.rng.random_bool(0.5);
        let now = self.world.now();
        self.world.around.soon(now, channel, Duration::ZERO, ChannelEvent::Held(held));
        self.world.settle();
    }

    fn peer_falls_silent(&mut self) {
        let Some(ch) = self.some_channel() else { return };
        let now = self.world.now();
        self.world.core.media_event(now, WallTime::default(), MediaEvent::RtpStopped { ch });
        self.world.settle();
    }

    fn command_hang_up(&mut self) {
        let calls = self.world.live().calls;
        if !calls.is_empty() {
            let call: CallId = calls[self.rng.random_range(0..calls.len())].call;
            assert_eq!(self.world.command(Command::HangUp { call, by: String::new() }), Ok(()));
        }
    }

    fn reconfigure(&mut self) {
        let mut config = big_site();
        if self.rng.random_bool(0.3) {
            config.acd.queues.remove(2);
        }
        if self.rng.random_bool(0.3) {
            config.acd.agents.remove(self.rng.random_range(0..AGENTS as usize));
        }
        for queue in &mut config.acd.queues {
            queue.weight = self.rng.random_range(0..3);
        }
        let now = self.world.now();
        self.world.core.reconfigure(now, WallTime::default(), config);
        self.world.settle();
    }

    /// Nobody may wait unoffered while an agent of the queue is ready, at a free phone within
    /// reach, and has not just missed an offer.
    fn nobody_waits_in_vain(&self) {
        let config = big_site();
        let live = self.world.live();
        for queue in live.queues {
            let Some(waiting) = queue.waiting.iter().find(|w| w.offered_to.is_none()) else {
                continue;
            };
            for agent in &live.agents {
                let serves = &config.acd.agents[agent.agent.0 as usize - 1].queues;
                let Some(extension) = agent.extension else { continue };
                let rests = self.world.ledger.rests(self.world.now(), agent.agent);
                let could = serves.iter().any(|m| m.queue == queue.name)
                    && agent.state == AgentState::Ready
                    && !self.world.around.is_occupied(extension)
                    && !rests;
                assert!(!could, "call {} waits, agent {:?} idles", waiting.call, agent.agent);
            }
        }
    }

    pub(crate) fn close(&mut self) {
        // Those who would talk for ever hang up now; so do the phones that will yet answer.
        for _ in 0..200 {
            let channels = self.world.around.live_channels();
            if channels.is_empty() {
                break;
            }
            for channel in channels {
                self.world.hang_up(channel);
            }
            self.world.run(Duration::from_secs(1));
        }
        self.world.close();
    }
}
