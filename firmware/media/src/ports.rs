//! UDP ports for RTP, bound when first needed and kept for reuse.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

use socket2::{Domain, Protocol, Socket, Type};

use crate::MediaError;

/// Expedited forwarding (RFC 3246), as the type-of-service octet.
const TOS_EXPEDITED: u32 = 0xB8;
/// What one leg's sockets may queue: over a second of G.711, with the kernel's overhead.
const RECEIVE_BUFFER_BYTES: usize = 128 * 1024;

/// The two sockets of a packet leg: RTP on an even port, RTCP on the next (RFC 3550, section 11).
#[derive(Debug)]
pub(crate) struct SocketPair {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
}

/// The pairs of ports of the configured range.
///
/// A released pair is reused after all others, so that a late packet of an old call hardly ever
/// meets a new one. A port that another process has taken is skipped and tried again later.
#[derive(Debug)]
pub struct PortPool {
    bind: IpAddr,
    range: RangeInclusive<u16>,
    /// Even ports not bound yet.
    fresh: VecDeque<u16>,
    released: VecDeque<SocketPair>,
    /// Handed out by number, not yet taken by a leg.
    allocated: HashMap<u16, SocketPair>,
}

impl PortPool {
    /// A pool over the pairs of `range`; nothing is bound yet.
    pub fn new(bind: IpAddr, range: RangeInclusive<u16>) -> Self {
        let fresh = range
            .clone()
            .filter(|port| port % 2 == 0 && port.checked_add(1).is_some_and(|p| range.contains(&p)))
            .collect();
        PortPool { bind, range, fresh, released: VecDeque::new(), allocated: HashMap::new() }
    }

    /// Hands out a port for RTP; RTCP comes on the next.
    ///
    /// # Errors
    /// [`MediaError::NoPort`] when every pair is in use, here or by other processes.
    pub fn allocate(&mut self) -> Result<u16, MediaError> {
        let mut cause = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..self.fresh.len() {
            let Some(port) = self.fresh.pop_front() else { break };
            match bind_pair(self.bind, port) {
                Ok(pair) => {
                    self.allocated.insert(port, pair);
                    return Ok(port);
                }
                Err(e) => {
                    self.fresh.push_back(port);
                    cause = e;
                }
            }
        }
        let Some(pair) = self.released.pop_front() else {
            return Err(MediaError::NoPort {
                first: *self.range.start(),
                last: *self.range.end(),
                cause,
            });
        };
        drain(&pair.rtp);
        drain(&pair.rtcp);
        let port = pair
            .rtp
            .local_addr()
            .map(|a| a.port())
            .map_err(|cause| MediaError::System { what: "getsockname of an RTP socket", cause })?;
        self.allocated.insert(port, pair);
        Ok(port)
    }

    /// Takes back a port that was allocated but not opened.
    pub fn release(&mut self, port: u16) {
        if let Some(pair) = self.allocated.remove(&port) {
            self.give_back(pair);
        }
    }

    pub(crate) fn take(&mut self, port: u16) -> Result<SocketPair, MediaError> {
        self.allocated.remove(&port).ok_or(MediaError::PortNotAllocated(port))
    }

    pub(crate) fn give_back(&mut self, pair: SocketPair) {
        self.released.push_back(pair);
    }
}

fn bind_pair(ip: IpAddr, port: u16) -> io::Result<SocketPair> {
    Ok(SocketPair { rtp: bind(ip, port)?, rtcp: bind(ip, port + 1)? })
}

fn bind(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(ip, port);
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    if ip.is_ipv4() {
        // A network that ignores the marking is no reason to refuse a call.
        let _ = socket.set_tos_v4(TOS_EXPEDITED);
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Throws away what came for the socket's last leg, at most a queue's worth.
fn drain(socket: &UdpSocket) {
    let mut byte = [0; 1];
    for _ in 0..4096 {
        match socket.recv_from(&mut byte) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_taken_port_is_skipped_and_released_ones_come_oldest_first() {
        let taken = UdpSocket::bind((LOCAL, 21_002)).unwrap();
        let mut pool = PortPool::new(LOCAL, 21_000..=21_006);
        assert_eq!(pool.allocate().unwrap(), 21_000);
        assert_eq!(pool.allocate().unwrap(), 21_004);
        assert!(matches!(pool.allocate(), Err(MediaError::NoPort { .. })));
        pool.release(21_004);
        pool.release(21_000);
        assert_eq!(pool.allocate().unwrap(), 21_004);
        drop(taken);
        assert_eq!(pool.allocate().unwrap(), 21_002, "free again since the other process went");
        assert_eq!(pool.allocate().unwrap(), 21_000);
    }

    #[test]
    fn nothing_of_the_last_leg_is_left_in_a_reused_socket() {
        let mut pool = PortPool::new(LOCAL, 21_010..=21_011);
        let port = pool.allocate().unwrap();
        let late = UdpSocket::bind((LOCAL, 0)).unwrap();
        late.send_to(b"late", (LOCAL, port)).unwrap();
        pool.release(port);
        let port = pool.allocate().unwrap();
        let pair = pool.take(port).unwrap();
        let error = pair.rtp.recv_from(&mut [0; 16]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn only_allocated_ports_can_be_taken() {
        let mut pool = PortPool::new(LOCAL, 21_020..=21_021);
        assert!(matches!(pool.take(21_020), Err(MediaError::PortNotAllocated(21_020))));
        pool.release(21_020);
        assert!(matches!(pool.take(21_020), Err(MediaError::PortNotAllocated(21_020))));
    }
}
