//! The engine's sockets, behind one small trait with two implementations: [`uring`] and [`epoll`].
//!
//! `./box bench calls` measures both. Io_uring is the better one wherever the kernel permits it;
//! epoll is for the others.

mod address;
pub(crate) mod epoll;
pub(crate) mod uring;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, RawFd};

use tipring_clock::Duration;

use crate::engine::{LegSlot, Outgoing, Stream};

/// The longest packet received; what is longer is cut and then refused by the parser's bounds.
pub(crate) const RECEIVE_BYTES: usize = 1200;

/// Which implementation serves the sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backend {
    /// Io_uring if the kernel permits it, else epoll.
    #[default]
    Auto,
    /// Io_uring: multishot receives into a ring of buffers, many sends in one system call.
    IoUring,
    /// Epoll with recvmmsg and sendmmsg.
    Epoll,
}

/// What the sockets give.
pub(crate) enum Input<'a> {
    Packet {
        slot: LegSlot,
        stream: Stream,
        source: SocketAddr,
        bytes: &'a [u8],
    },
    /// The core has commands.
    Wake,
    /// The leg's sockets are no longer used.
    Closed(LegSlot),
}

/// The sockets of all legs.
pub(crate) trait Network {
    /// Which implementation this is.
    fn backend(&self) -> Backend;

    /// Begins to receive from a leg's sockets.
    fn open(&mut self, slot: LegSlot, rtp: RawFd, rtcp: RawFd) -> io::Result<()>;

    /// Stops it; `Input::Closed` follows.
    fn close(&mut self, slot: LegSlot);

    /// Sends packets, at the latest during the next [`Network::wait`] or [`Network::flush`]: they
    /// must stay where they are until then. Says how many the system has refused so far.
    fn send(&mut self, packets: &[Outgoing]) -> usize;

    /// Sends what waits to be sent.
    fn flush(&mut self);

    /// Sends what waits to be sent, then waits until something has come, or for `timeout`. With
    /// little to do it gathers packets for up to `gather` before it returns.
    fn wait(&mut self, timeout: Duration, gather: Duration);

    /// The next of what has come.
    fn next(&mut self) -> Option<Input<'_>>;
}

/// The implementation asked for; with `Auto`, the best that the kernel permits.
pub(crate) fn network(
    backend: Backend,
    legs_max: u16,
    wake: BorrowedFd<'_>,
) -> io::Result<Box<dyn Network>> {
    let epoll = || -> io::Result<Box<dyn Network>> {
        Ok(Box::new(epoll::EpollNetwork::new(legs_max, wake)?))
    };
    match backend {
        Backend::Epoll => epoll(),
        Backend::IoUring => Ok(Box::new(uring::UringNetwork::new(legs_max, wake)?)),
        Backend::Auto => match uring::UringNetwork::new(legs_max, wake) {
            Ok(uring) => Ok(Box::new(uring)),
            Err(_) => epoll(),
        },
    }
}

/// A leg's socket as a number below 2^17.
fn socket_index(slot: LegSlot, stream: Stream) -> u32 {
    u32::from(slot.0) << 1 | u32::from(stream == Stream::Rtcp)
}

fn socket_of(index: u32) -> (LegSlot, Stream) {
    let stream = if index & 1 == 0 { Stream::Rtp } else { Stream::Rtcp };
    (LegSlot((index >> 1) as u16), stream)
}
