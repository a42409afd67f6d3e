//! Two agents on one link under virtual time. One is the box, with extension 8001; the other
//! registers with it as that extension, and has the box for its trunk 0. So each side is phone,
//! trunk, registrar and registering client in turn, and every call from the second is challenged.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tipring_clock::{Duration, Instant};
use tipring_line::{Cause, ChannelCommand, ChannelEvent, ChannelId};
use tipring_sip::{
    Config, DtmfMode, ExtensionConfig, LocalAddress, MediaChange, MediaPorts, Output, Transport,
    TrunkAccess, TrunkConfig, UserAgent,
};

pub const BOX: &str = "192.0.2.1:5060";
pub const PHONE: &str = "192.0.2.2:5060";

/// Ports that are counted: none may be given back twice or kept.
#[derive(Default)]
pub struct Ports {
    next: u16,
    pub out: HashSet<u16>,
}

impl MediaPorts for Ports {
    fn allocate(&mut self) -> Option<u16> {
        self.next = if self.next == 0 { 16_384 } else { self.next + 2 };
        self.out.insert(self.next);
        Some(self.next)
    }
    fn release(&mut self, port: u16) {
        assert!(self.out.remove(&port), "port {port} was given back twice");
    }
}

pub fn config(address: &str) -> Config {
    let address = address.parse().unwrap();
    let local = LocalAddress { transport: Transport::Udp, address, prefix: 24 };
    let mut config = Config { local: vec![local], ..Config::default() };
    // What is not asked for by a test must not stand about at its end.
    config.registrar.keep_alive = None;
    config
}

pub fn box_config() -> Config {
    let number = "8001".parse().unwrap();
    let extensions = vec![ExtensionConfig { number, secret: "s".into() }];
    Config { extensions, ..config(BOX) }
}

pub fn phone_config() -> Config {
    let trunk = TrunkConfig {
        index: 0,
        name: "box".into(),
        access: TrunkAccess::Registration {
            user: "8001".into(),
            auth_user: None,
            secret: "s".into(),
            expires: Duration::from_secs(600),
        },
        proxy: BOX.parse().unwrap(),
        transport: Transport::Udp,
        domain: String::new(),
        default_caller: None,
        trust_identity: false,
        dtmf: DtmfMode::Auto,
        qualify: None,
    };
    Config { trunks: vec![trunk], ..config(PHONE) }
}

/// What one channel has told.
#[derive(Default, Debug)]
pub struct Told {
    pub events: Vec<ChannelEvent>,
    pub media: Vec<MediaChange>,
}

/// One agent and what it told.
pub struct Side {
    pub agent: UserAgent,
    pub ports: Ports,
    pub address: SocketAddr,
    pub channels: HashMap<ChannelId, Told>,
    pub others: Vec<Output>,
}

impl Side {
    pub fn new(config: Config, seed: u8) -> Self {
        let address = config.local[0].address;
        Side {
            agent: UserAgent::new(config, [seed; 32]),
            ports: Ports::default(),
            address,
            channels: HashMap::new(),
            others: Vec::new(),
        }
    }

    /// Checks one more event against those before it.
    fn note(&mut self, channel: ChannelId, event: &ChannelEvent) {
        let told = self.channels.entry(channel).or_default();
        let over = told.events.iter().any(|e| matches!(e, ChannelEvent::Released(_)));
        assert!(!over, "{channel}: {event:?} after Released: {told:?}");
        told.events.push(event.clone());
    }

    fn note_media(&mut self, channel: ChannelId, change: MediaChange) {
        let told = self.channels.entry(channel).or_default();
        let open = matches!(told.media.last(), Some(MediaChange::Open(_) | MediaChange::Update(_)));
        assert_eq!(open, !matches!(change, MediaChange::Open(_)), "{channel}: {told:?} {change:?}");
        told.media.push(change);
    }

    pub fn released(&self, channel: ChannelId) -> Option<Cause> {
        self.channels.get(&channel)?.events.iter().find_map(|event| match event {
            ChannelEvent::Released(cause) => Some(*cause),
            _ => None,
        })
    }
}

/// What the link does to datagrams.
#[derive(Clone, Copy)]
pub struct Weather {
    pub lost_percent: u32,
    pub doubled_percent: u32,
    pub delay_ms_max: u64,
}

pub const FAIR: Weather = Weather { lost_percent: 0, doubled_percent: 0, delay_ms_max: 1 };

pub struct Link {
    pub now: Instant,
    pub sides: [Side; 2],
    pub weather: Weather,
    pub rng: ChaCha8Rng,
    flying: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    sent: u64,
}

impl Link {
    pub fn new(seed: u64) -> Self {
        Link::between(box_config(), phone_config(), seed)
    }

    pub fn between(first: Config, second: Config, seed: u64) -> Self {
        Link {
            now: Instant::ZERO,
            sides: [Side::new(first, seed as u8), Side::new(second, !seed as u8)],
            weather: FAIR,
            rng: ChaCha8Rng::seed_from_u64(seed),
            flying: BTreeMap::new(),
            sent: 0,
        }
    }

    pub fn command(&mut self, side: usize, channel: ChannelId, command: &ChannelCommand) {
        let Side { agent, ports, .. } = &mut self.sides[side];
        agent.command(self.now, channel, command, ports);
    }

    /// Hands a side bytes from an address of the test's own choice.
    pub fn inject(&mut self, side: usize, source: &str, bytes: &[u8]) -> Vec<String> {
        let Side { agent, ports, .. } = &mut self.sides[side];
        agent.handle_datagram(self.now, source.parse().unwrap(), bytes, ports);
        let mut sent = Vec::new();
        let mut kept = Vec::new();
        while let Some(output) = agent.poll_output() {
            match output {
                Output::Transmit { bytes, .. } => {
                    sent.push(String::from_utf8_lossy(&bytes).into_owned());
                }
                other => kept.push(other),
            }
        }
        for output in kept {
            self.note(side, output);
        }
        sent
    }

    fn note(&mut self, side: usize, output: Output) -> Option<(ChannelId, ChannelEvent)> {
        let side = &mut self.sides[side];
        match output {
            Output::Channel(channel, event) => {
                side.note(channel, &event);
                return Some((channel, event));
            }
            Output::Media(channel, change) => side.note_media(channel, change),
            other => side.others.push(other),
        }
        None
    }

    /// Takes every output; the events of channels are returned.
    fn collect(&mut self) -> Vec<(usize, ChannelId, ChannelEvent)> {
        let mut events = Vec::new();
        for side in 0..2 {
            while let Some(output) = self.sides[side].agent.poll_output() {
                match output {
                    Output::Transmit { to, bytes, .. } => self.fly(to, bytes),
                    other => {
                        events.extend(self.note(side, other).map(|(c, e)| (side, c, e)));
                    }
                }
            }
        }
        events
    }

    fn fly(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        let Some(side) = self.sides.iter().position(|side| side.address == to) else {
            panic!("sent to {to}: {}", String::from_utf8_lossy(&bytes));
        };
        let Weather { lost_percent, doubled_percent, delay_ms_max } = self.weather;
        let copies = 1 + u32::from(self.rng.random_range(0..100) < doubled_percent);
        for _ in 0..copies {
            if self.rng.random_range(0..100) < lost_percent {
                continue;
            }
            let delay = Duration::from_millis(self.rng.random_range(0..=delay_ms_max));
            self.sent += 1;
            self.flying.insert((self.now + delay, self.sent), (side, bytes.clone()));
        }
    }

    /// Goes on to the next thing that happens, if that is before `until`; the events it led to.
    pub fn step(&mut self, until: Instant) -> Option<Vec<(usize, ChannelId, ChannelEvent)>> {
        let events = self.collect();
        if !events.is_empty() {
            return Some(events);
        }
        let timers = self.sides.iter().filter_map(|side| side.agent.poll_timeout()).min();
        let arrival = self.flying.first_key_value().map(|((at, _), _)| *at);
        let next = [timers, arrival].into_iter().flatten().min().filter(|at| *at <= until);
        let Some(next) = next else {
            self.now = until;
            return None;
        };
        self.now = self.now.max(next);
        while let Some(entry) = self.flying.first_entry().filter(|e| e.key().0 <= self.now) {
            let (side, bytes) = entry.remove();
            let source = self.sides[1 - side].address;
            let Side { agent, ports, .. } = &mut self.sides[side];
            agent.handle_datagram(self.now, source, &bytes, ports);
        }
        for Side { agent, ports, .. } in &mut self.sides {
            agent.handle_timeout(self.now, ports);
        }
        Some(self.collect())
    }

    /// Runs for so long; every event that came.
    pub fn run(&mut self, d: Duration) -> Vec<(usize, ChannelId, ChannelEvent)> {
        let until = self.now + d;
        let mut all = Vec::new();
        while let Some(events) = self.step(until) {
            all.extend(events);
        }
        all
    }

    /// That nothing is left of any call.
    pub fn assert_nothing_left(&self) {
        for (n, side) in self.sides.iter().enumerate() {
            for (channel, told) in &side.channels {
                assert!(side.released(*channel).is_some(), "side {n} {channel}: {told:?}");
                let closed = matches!(told.media.last(), None | Some(MediaChange::Close));
                assert!(closed, "side {n} {channel}: {told:?}");
            }
            assert_eq!(side.agent.calls(), 0, "side {n}");
            assert_eq!(side.agent.transactions(), (0, 0), "side {n}");
            assert!(side.ports.out.is_empty(), "side {n}: {:?}", side.ports.out);
        }
    }
}
