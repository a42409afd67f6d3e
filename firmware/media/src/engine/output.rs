//! What the engine asks of its driver: packets to send, sockets to open and close.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::RawFd;

use crate::engine::LegSlot;

/// Packets in a batch. A batch is sent when it is nearly full.
pub(crate) const BATCH: usize = 256;
/// What one handled packet or one served leg may add at most.
const ROOM: usize = 16;
/// The longest packet: a header and 100 ms of G.711, which some peers send.
pub(crate) const PACKET_BYTES: usize = 1024;

/// Which of a leg's two streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// The audio.
    Rtp,
    /// Its reports.
    Rtcp,
}

/// A packet to be sent from one of a leg's sockets.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Whose socket.
    pub slot: LegSlot,
    /// Which socket.
    pub stream: Stream,
    /// Where to.
    pub to: SocketAddr,
    pub(crate) length: usize,
    pub(crate) bytes: [u8; PACKET_BYTES],
}

impl Outgoing {
    /// The packet.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Packets to be sent, in buffers made once.
pub(crate) struct OutgoingBatch {
    packets: Vec<Outgoing>,
    used: usize,
}

impl OutgoingBatch {
    pub(crate) fn new() -> Self {
        let nothing = Outgoing {
            slot: LegSlot(0),
            stream: Stream::Rtp,
            to: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            length: 0,
            bytes: [0; PACKET_BYTES],
        };
        OutgoingBatch { packets: vec![nothing; BATCH], used: 0 }
    }

    pub(crate) fn packets(&self) -> &[Outgoing] {
        &self.packets[..self.used]
    }

    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    pub(crate) fn is_nearly_full(&self) -> bool {
        self.used + ROOM > BATCH
    }

    /// Adds the packet that `emit` writes; says whether there was room and a packet.
    pub(crate) fn push(
        &mut self,
        slot: LegSlot,
        stream: Stream,
        to: SocketAddr,
        emit: impl FnOnce(&mut [u8; PACKET_BYTES]) -> Option<usize>,
    ) -> bool {
        let Some(packet) = self.packets.get_mut(self.used) else { return false };
        let Some(length) = emit(&mut packet.bytes) else { return false };
        (packet.slot, packet.stream, packet.to, packet.length) = (slot, stream, to, length);
        self.used += 1;
        true
    }
}

/// A change of the sockets to be served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IoChange {
    /// Receive from these and hand in what comes; they stay open until the answer to `Close`.
    Open {
        /// Whose.
        slot: LegSlot,
        /// The RTP socket.
        rtp: RawFd,
        /// The RTCP socket.
        rtcp: RawFd,
    },
    /// Stop using the leg's sockets, then call [`super::Engine::io_closed`].
    Close(LegSlot),
}

/// The changes that wait for the driver. A leg has at most one opening and one closing under way.
pub(crate) struct IoChanges {
    waiting: VecDeque<IoChange>,
}

impl IoChanges {
    pub(crate) fn new(legs: usize) -> Self {
        IoChanges { waiting: VecDeque::with_capacity(2 * legs + 2) }
    }

    pub(crate) fn push(&mut self, change: IoChange) {
        debug_assert!(self.waiting.len() < self.waiting.capacity());
        self.waiting.push_back(change);
    }

    pub(crate) fn pop(&mut self) -> Option<IoChange> {
        self.waiting.pop_front()
    }
}
