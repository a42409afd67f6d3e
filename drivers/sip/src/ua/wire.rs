//! Buffers, addresses and random numbers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rand::Rng as _;

use super::UserAgent;
use crate::message::InvalidMessage;
use crate::transaction::Peer;
use crate::{Output, Refusal, Transport};

impl UserAgent {
    pub(super) fn take_buffer(&mut self) -> Vec<u8> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    pub(super) fn transmit(&mut self, peer: Peer, bytes: Vec<u8>) {
        self.counters.messages_out += 1;
        self.output(Output::Transmit {
            transport: peer.transport,
            to: peer.address,
            connection: peer.connection,
            bytes,
        });
    }

    pub(super) fn transmit_copy(&mut self, peer: Peer, bytes: &[u8]) {
        let mut buffer = self.take_buffer();
        buffer.extend_from_slice(bytes);
        self.transmit(peer, buffer);
    }

    /// The address of ours that a peer at `ip` is to be told.
    pub(super) fn local_for(&self, transport: Transport, ip: IpAddr) -> SocketAddr {
        let ip = ip.to_canonical();
        let mut of_transport =
            self.config.local.iter().filter(|local| local.transport == transport);
        let fitting = of_transport.clone().find(|local| local.reaches(ip));
        fitting
            .or_else(|| of_transport.clone().find(|local| local.address.is_ipv4() == ip.is_ipv4()))
            .or_else(|| of_transport.next())
            .map_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 5060), |l| l.address)
    }

    pub(super) fn random(&mut self) -> u64 {
        self.rng.random()
    }

    pub(super) fn malformed(&mut self, source: SocketAddr, why: InvalidMessage) {
        self.counters.malformed += 1;
        self.output(Output::Refused { source, why: Refusal::Malformed(why.0) });
    }

    /// A request is refused for a reason of trust.
    pub(super) fn distrust(&mut self, source: SocketAddr, why: Refusal) {
        match why {
            Refusal::WrongCredentials => self.counters.wrong_credentials += 1,
            Refusal::Overload => self.counters.overload += 1,
            _ => self.counters.refused += 1,
        }
        self.output(Output::Refused { source, why });
    }
}
