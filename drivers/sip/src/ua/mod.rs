//! The agent.

use std::net::SocketAddr;

use tipring_clock::Instant;
use tipring_line::{ChannelCommand, ChannelId};

use crate::{Config, ConnectionId, Counters, MediaPorts, Output, Registration, Transport};

/// The whole SIP side of the box: every phone, trunk and call.
#[derive(Debug)]
pub struct UserAgent {
    config: Config,
    counters: Counters,
}

impl UserAgent {
    /// An agent without calls. `seed` feeds tags, branches and nonces: it must not be guessable.
    pub fn new(config: Config, _seed: [u8; 32]) -> Self {
        UserAgent { config, counters: Counters::default() }
    }

    /// Replaces the configuration. Calls go on; contacts of extensions that went away end.
    pub fn reconfigure(&mut self, _now: Instant, config: Config) {
        self.config = config;
    }

    /// Takes one datagram.
    pub fn handle_datagram(
        &mut self,
        _now: Instant,
        _source: SocketAddr,
        _bytes: &[u8],
        _ports: &mut dyn MediaPorts,
    ) {
    }

    /// Takes the next bytes of a stream.
    pub fn handle_stream(
        &mut self,
        _now: Instant,
        _connection: ConnectionId,
        _transport: Transport,
        _source: SocketAddr,
        _bytes: &[u8],
        _ports: &mut dyn MediaPorts,
    ) {
    }

    /// A stream has ended, or could not be opened.
    pub fn handle_stream_closed(&mut self, _now: Instant, _connection: ConnectionId) {}

    /// Does what is due.
    pub fn handle_timeout(&mut self, _now: Instant, _ports: &mut dyn MediaPorts) {}

    /// Does what the switch tells the channel.
    pub fn command(
        &mut self,
        _now: Instant,
        _channel: ChannelId,
        _command: &ChannelCommand,
        _ports: &mut dyn MediaPorts,
    ) {
    }

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        None
    }

    /// When `handle_timeout` next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Takes back a buffer that came with [`Output::Transmit`].
    pub fn recycle(&mut self, _buffer: Vec<u8>) {}

    /// What has been counted since the start.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Every registered contact, by extension.
    pub fn registrations(&self) -> impl Iterator<Item = Registration> + '_ {
        core::iter::empty()
    }

    /// Calls that stand now.
    pub fn calls(&self) -> usize {
        0
    }
}
