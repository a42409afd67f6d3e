//! SIP's datagrams, in batches: one system call for up to 64 of them each way.

use std::io::{IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use anyhow::Context;
use nix::sys::socket::{
    MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage, recvmmsg,
    sendmmsg,
};

/// Datagrams in one system call.
const BATCH: usize = 64;
/// The longest datagram there can be.
const DATAGRAM_MAX: usize = 65_536;
/// How much the kernel may keep while the core is busy: a burst of registrations after a power
/// cut brings some thousand requests at once.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;
/// Datagrams that wait for the socket to take them; past that the oldest are lost, as on a wire.
const WAITING_MAX: usize = 4096;

/// A SIP socket with its batches.
pub(crate) struct SipSocket {
    socket: UdpSocket,
    buffers: Vec<Box<[u8]>>,
    received: Vec<(SocketAddr, usize)>,
    waiting: Vec<(SocketAddr, Vec<u8>)>,
    sent: Vec<Vec<u8>>,
    /// Datagrams lost because the kernel would not take them.
    pub lost: u64,
}

impl SipSocket {
    /// Binds the socket.
    ///
    /// # Errors
    /// The address is taken or not ours; the message says what to do.
    pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let domain = socket2::Domain::for_address(address);
        let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, None)?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.bind(&address.into()).with_context(|| {
            format!("SIP address {address}/udp cannot be used; choose another with --sip")
        })?;
        socket.set_nonblocking(true)?;
        // The kernel gives less where it allows less; that is all right.
        socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES)?;
        socket.set_send_buffer_size(KERNEL_BUFFER_BYTES)?;
        Ok(SipSocket {
            socket: socket.into(),
            buffers: (0..BATCH).map(|_| vec![0; DATAGRAM_MAX].into_boxed_slice()).collect(),
            received: Vec::with_capacity(BATCH),
            waiting: Vec::new(),
            sent: Vec::new(),
            lost: 0,
        })
    }

    /// The address the socket got.
    ///
    /// # Errors
    /// The socket has gone.
    pub(crate) fn local_address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Receives what is there, at most one batch, and hands each datagram to `each`. Returns
    /// whether the batch was full, so that more may wait.
    pub(crate) fn receive(&mut self, mut each: impl FnMut(SocketAddr, &[u8])) -> bool {
        self.receive_batch();
        for ((source, length), buffer) in self.received.iter().zip(&self.buffers) {
            if source.port() != 0 {
                each(*source, &buffer[..*length]);
            }
        }
        self.received.len() == BATCH
    }

    fn receive_batch(&mut self) {
        self.received.clear();
        let mut slices: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.iter_mut().map(|b| [IoSliceMut::new(b)]).collect();
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
        let fd = self.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT;
        let Ok(messages) = recvmmsg(fd, &mut headers, slices.iter_mut(), flags, None) else {
            return;
        };
        for message in messages {
            let source = message.address.as_ref().and_then(to_std);
            // A datagram without a source cannot be answered; it keeps its place, and is skipped.
            let source = source.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
            self.received.push((source, message.bytes));
        }
    }

    /// Puts a datagram into the batch to send.
    pub(crate) fn queue(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        if self.waiting.len() >= WAITING_MAX {
            self.lost += 1;
            self.sent.push(bytes);
            return;
        }
        self.waiting.push((to, bytes));
    }

    /// Sends what is queued. What the kernel refuses to take now is lost, as on a wire: SIP
    /// repeats what matters.
    pub(crate) fn send(&mut self) {
        while !self.waiting.is_empty() {
            let n = self.waiting.len().min(BATCH);
            let taken = self.send_batch(n);
            // A datagram to an unreachable address must not hold up the others.
            let done = taken.unwrap_or(0).max(1);
            if taken.is_none() {
                self.lost += 1;
            }
            self.sent.extend(self.waiting.drain(..done).map(|(_, bytes)| bytes));
        }
    }

    fn send_batch(&self, n: usize) -> Option<usize> {
        let slices: Vec<[IoSlice<'_>; 1]> =
            self.waiting[..n].iter().map(|(_, b)| [IoSlice::new(b)]).collect();
        let addresses: Vec<Option<SockaddrStorage>> =
            self.waiting[..n].iter().map(|(to, _)| Some(SockaddrStorage::from(*to))).collect();
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(n, None);
        let fd = self.socket.as_raw_fd();
        let sent = sendmmsg(fd, &mut headers, &slices, &addresses, [], MsgFlags::MSG_DONTWAIT);
        match sent {
            Ok(results) => Some(results.count()),
            Err(_) => None,
        }
    }

    /// Takes back the buffers of what was sent, for reuse.
    pub(crate) fn take_sent(&mut self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.sent.drain(..)
    }
}

impl AsFd for SipSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    match address.family()? {
        nix::sys::socket::AddressFamily::Inet => {
            address.as_sockaddr_in().map(|a: &SockaddrIn| SocketAddr::from((a.ip(), a.port())))
        }
        nix::sys::socket::AddressFamily::Inet6 => address
            .as_sockaddr_in6()
            .map(|a: &SockaddrIn6| {
                // An IPv4 peer of a dual-stack socket is that peer, not an IPv6 one.
                SocketAddr::from((a.ip(), a.port()))
            })
            .map(|a| SocketAddr::new(a.ip().to_canonical(), a.port())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_through_both_ways_in_order() {
        let mut a = SipSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut b = SipSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let to = b.local_address().unwrap();
        for i in 0..100u8 {
            a.queue(to, vec![i; 10]);
        }
        a.send();
        assert_eq!(a.take_sent().count(), 100);
        let mut got = Vec::new();
        while b.receive(|source, bytes| {
            assert_eq!(source, a.local_address().unwrap());
            got.push(bytes[0]);
        }) {}
        assert_eq!(got, (0..100).collect::<Vec<u8>>());
    }

    #[test]
    fn a_taken_address_is_one_clear_line() {
        let first = SipSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_address().unwrap();
        let e = SipSocket::bind(address).err().unwrap();
        assert_eq!(
            e.to_string(),
            format!("SIP address {address}/udp cannot be used; choose another with --sip")
        );
    }

    #[test]
    fn an_unreachable_peer_does_not_hold_up_the_others() {
        let mut a = SipSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut b = SipSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        a.queue("[2001:db8::1]:5060".parse().unwrap(), vec![1]);
        a.queue(b.local_address().unwrap(), vec![2]);
        a.send();
        let mut got = Vec::new();
        b.receive(|_, bytes| got.push(bytes.to_vec()));
        assert_eq!(got, [[2]]);
        assert_eq!(a.lost, 1);
    }
}
