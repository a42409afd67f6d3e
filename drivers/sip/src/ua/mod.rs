//! The agent: one machine for every phone, trunk and call.
//!
//! A message runs through `receive` (which transaction, which dialog), `guard` (may it be taken at
//! all) and `trust` (who is it) to whoever does it: `incoming` (a call comes in), `outgoing` and
//! `progress` (a call goes out), `within` (requests in a dialog), `register`, `trunk`. Refusals are
//! sent statelessly (RFC 3261, section 8.2.7), so a stranger cannot make the agent keep anything.

mod call;
mod digits;
mod guard;
mod identity;
mod incoming;
mod keep_alive;
mod outgoing;
mod progress;
mod receive;
mod refer;
mod register;
mod replaces;
mod reply;
mod subscribe;
mod timeout;
mod transactions;
mod trunk;
mod trust;
mod wire;
mod within;

use std::collections::VecDeque;
use std::net::SocketAddr;

use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use rustc_hash::FxHashMap;
use tipring_clock::Instant;
use tipring_line::{Cause, ChannelCommand, ChannelEvent, ChannelId};

use crate::auth::Nonces;
use crate::fingerprint::FingerprintKey;
use crate::message::MESSAGE_BYTES_MAX;
use crate::slab::{Slab, SlotId};
use crate::stream::{Frame, StreamFramer};
use crate::timetable::Timetable;
use crate::transaction::Peer;
use crate::{Config, ConnectionId, Counters, MediaPorts, Output, Registration, Transport};

use call::{Call, CallState};
use register::Directory;
use transactions::Transactions;
use trunk::Trunk;

/// The most outputs kept; more than any input leads to. When it is hit, retransmissions and
/// reports are dropped as the network would drop them.
const OUTPUTS_MAX: usize = 65_536;
/// The most buffers kept for reuse.
const SPARE_MAX: usize = 256;

/// What comes up in the timetable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum TimerKey {
    Server(SlotId),
    Client(SlotId),
    Call(SlotId),
    Trunk(u16),
    Registrations,
    Subscription(SlotId),
    KeepAlive,
}

/// The time, and where ports come from, while an input is being done.
struct Context<'p> {
    now: Instant,
    ports: &'p mut dyn MediaPorts,
}

/// The whole SIP side of the box: every phone, trunk and call.
#[derive(Debug)]
pub struct UserAgent {
    config: Config,
    rng: ChaCha12Rng,
    key: FingerprintKey,
    nonces: Nonces,
    directory: Directory,
    trunks: Vec<Trunk>,
    transactions: Transactions,
    calls: Slab<Call>,
    by_channel: FxHashMap<ChannelId, SlotId>,
    /// Calls by the tag we gave them.
    by_tag: FxHashMap<u64, SlotId>,
    /// Calls that came in, by their Call-ID and the caller's tag (RFC 3261, section 8.2.2.2).
    by_caller: FxHashMap<u128, SlotId>,
    streams: FxHashMap<ConnectionId, StreamFramer>,
    timers: Timetable<TimerKey>,
    outputs: VecDeque<Output>,
    spare: Vec<Vec<u8>>,
    counters: Counters,
    calls_in: u32,
    /// When contacts are next looked through for those whose time is over.
    sweep: Option<Instant>,
    keep_alive: keep_alive::Round,
    subscriptions: subscribe::Subscriptions,
}

impl UserAgent {
    /// An agent without calls. `seed` feeds tags, branches and nonces: it must not be guessable.
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut rng = ChaCha12Rng::from_seed(seed);
        let mut nonce_key = [0; 32];
        rng.fill_bytes(&mut nonce_key);
        let mut agent = UserAgent {
            key: FingerprintKey(rng.random(), rng.random()),
            nonces: Nonces::new(nonce_key, config.limits.nonces),
            directory: Directory::default(),
            trunks: Vec::new(),
            transactions: Transactions::default(),
            calls: Slab::new(),
            by_channel: FxHashMap::default(),
            by_tag: FxHashMap::default(),
            by_caller: FxHashMap::default(),
            streams: FxHashMap::default(),
            timers: Timetable::new(),
            outputs: VecDeque::new(),
            spare: Vec::new(),
            counters: Counters::default(),
            calls_in: 0,
            sweep: None,
            keep_alive: keep_alive::Round::default(),
            subscriptions: subscribe::Subscriptions::default(),
            rng,
            config,
        };
        agent.apply_config(Instant::ZERO);
        agent
    }

    /// Replaces the configuration. Calls go on; contacts of extensions that went away end.
    pub fn reconfigure(&mut self, now: Instant, config: Config) {
        self.config = config;
        self.apply_config(now);
    }

    fn apply_config(&mut self, now: Instant) {
        self.config.limits.message_bytes = self.config.limits.message_bytes.min(MESSAGE_BYTES_MAX);
        for change in self.directory.configure(&self.config) {
            self.output(change);
        }
        self.configure_trunks(now);
    }

    /// Takes one datagram.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        source: SocketAddr,
        bytes: &[u8],
        ports: &mut dyn MediaPorts,
    ) {
        // Keep-alives of phones behind NAT: line breaks (RFC 5626, 3.5.1), or zeros as seen.
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0 | b' ')) {
            return;
        }
        let peer = Peer { transport: Transport::Udp, address: source, connection: None };
        self.receive(&mut Context { now, ports }, peer, bytes);
    }

    /// Takes the next bytes of a stream.
    pub fn handle_stream(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        transport: Transport,
        source: SocketAddr,
        bytes: &[u8],
        ports: &mut dyn MediaPorts,
    ) {
        let peer = Peer { transport, address: source, connection: Some(connection) };
        // The framer leaves its place while its messages are done, which may use the agent.
        let mut framer = match self.streams.remove(&connection) {
            Some(framer) => framer,
            None if self.streams.len() < self.config.limits.connections => StreamFramer::default(),
            None => {
                self.counters.overload += 1;
                self.output(Output::CloseStream(connection));
                return;
            }
        };
        framer.push(bytes);
        loop {
            match framer.next_frame(self.config.limits.message_bytes) {
                Ok(Frame::Partial) => break,
                Ok(Frame::Ping) => self.transmit_copy(peer, b"\r\n"),
                Ok(Frame::Message(length)) => {
                    let message = framer.take(length);
                    self.receive(&mut Context { now, ports }, peer, message);
                }
                Err(why) => {
                    self.malformed(source, why);
                    self.output(Output::CloseStream(connection));
                    return;
                }
            }
        }
        self.streams.insert(connection, framer);
    }

    /// A stream has ended: what waits for an answer on it fails.
    pub fn handle_stream_closed(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        ports: &mut dyn MediaPorts,
    ) {
        self.streams.remove(&connection);
        let gone = |peer: &Peer| peer.connection == Some(connection);
        self.fail_clients(&mut Context { now, ports }, gone);
    }

    /// No stream to this peer could be opened: what was to be sent on one fails.
    pub fn handle_unreachable(
        &mut self,
        now: Instant,
        transport: Transport,
        to: SocketAddr,
        ports: &mut dyn MediaPorts,
    ) {
        let gone = |peer: &Peer| peer.transport == transport && peer.address == to;
        self.fail_clients(&mut Context { now, ports }, gone);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, ports: &mut dyn MediaPorts) {
        let mut cx = Context { now, ports };
        while let Some(key) = self.timers.expire(now) {
            self.expire(&mut cx, key);
        }
    }

    /// Does what the switch tells the channel. A command that does not fit the call's state is
    /// dropped.
    pub fn command(
        &mut self,
        now: Instant,
        channel: ChannelId,
        command: &ChannelCommand,
        ports: &mut dyn MediaPorts,
    ) {
        let mut cx = Context { now, ports };
        if let ChannelCommand::Seize(endpoint) = command {
            self.seize(&mut cx, channel, *endpoint);
            return;
        }
        let Some(id) = self.by_channel.get(&channel).copied() else { return };
        match command {
            // SIP phones are called a second time by a request of its own, and told of messages
            // outside of calls: see `message_waiting`.
            ChannelCommand::Seize(_)
            | ChannelCommand::Flash
            | ChannelCommand::CallWaiting { .. }
            | ChannelCommand::CallWaitingEnd
            | ChannelCommand::MessageWaiting(_)
            | ChannelCommand::Block(_)
            | ChannelCommand::Facility(_)
            | ChannelCommand::Notify(_)
            | ChannelCommand::Forwarded(_) => {}
            ChannelCommand::Redirected(by) => {
                if let Some(call) = self.calls.get_mut(id)
                    && let CallState::Seized { redirection, .. } = &mut call.state
                {
                    *redirection = Some(*by);
                }
            }
            ChannelCommand::Connected(party) => self.connected(&mut cx, id, party),
            ChannelCommand::Dial { number, caller } => {
                self.invite(&mut cx, id, Some(*number), *caller, 0);
            }
            ChannelCommand::Ring { caller, pattern } => {
                self.invite(&mut cx, id, None, *caller, *pattern);
            }
            ChannelCommand::Transferred(result) => self.transferred(&mut cx, id, *result),
            ChannelCommand::Alert => self.alert(&mut cx, id),
            ChannelCommand::OpenEarlyAudio => self.open_early_audio(&mut cx, id),
            ChannelCommand::Answer => self.answer(&mut cx, id),
            ChannelCommand::SendDigits(digits) => self.send_digits(&mut cx, id, digits),
            ChannelCommand::Release(cause) => self.release(&mut cx, id, *cause),
        }
    }

    fn release(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        let Some(call) = self.calls.get(id) else { return };
        match call.state {
            CallState::Seized { .. } => {
                self.free_channel(cx, id, cause);
                self.drop_call(id);
            }
            CallState::Calling(_) => self.cancel(cx, id, cause),
            CallState::Offered(_) => self.refuse(cx, id, cause),
            CallState::Established(_) => self.hang_up(cx, id, cause),
            CallState::Cancelling(_) | CallState::Ending => {}
        }
    }

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When `handle_timeout` next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.poll_timeout()
    }

    /// Takes back a buffer that came with [`Output::Transmit`].
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        if self.spare.len() < SPARE_MAX {
            self.spare.push(buffer);
        }
    }

    /// What has been counted since the start.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Every registered contact, by extension.
    pub fn registrations(&self, now: Instant) -> impl Iterator<Item = Registration> + '_ {
        self.directory.registrations(now)
    }

    /// Calls that stand now, those that are being torn down included.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Transactions that stand now, lingering ones included: of servers, of clients.
    pub fn transactions(&self) -> (usize, usize) {
        self.transactions.len()
    }

    fn output(&mut self, output: Output) {
        if self.outputs.len() >= OUTPUTS_MAX
            && matches!(output, Output::Transmit { .. } | Output::Refused { .. })
        {
            self.counters.overload += 1;
            return;
        }
        self.outputs.push_back(output);
    }

    fn tell(&mut self, channel: ChannelId, event: ChannelEvent) {
        self.output(Output::Channel(channel, event));
    }
}
