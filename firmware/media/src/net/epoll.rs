//! Sockets by epoll, recvmmsg and sendmmsg.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tipring_clock::Duration;

use super::address::{ADDRESS_BYTES, RawAddress};
use super::{Backend, Input, Network, RECEIVE_BYTES, socket_index, socket_of};
use crate::engine::{LegSlot, Outgoing};

/// Ready sockets taken at a time.
const EVENTS: usize = 256;
/// Packets taken from one socket at a time.
const MESSAGES: usize = 8;
/// Stands for the core's wake among the sockets.
const WAKE: u64 = u64::MAX;

/// Sockets by epoll.
pub(crate) struct EpollNetwork {
    epoll: Epoll,
    /// By socket index.
    sockets: Vec<RawFd>,
    ready: Vec<EpollEvent>,
    ready_count: usize,
    ready_next: usize,
    closed: Vec<LegSlot>,
    inbox: Inbox,
    refused: usize,
}

/// What one recvmmsg has given. Headers point into the vectors beside them, which never move.
struct Inbox {
    socket: u32,
    headers: Vec<libc::mmsghdr>,
    /// Pointed to by the headers.
    _vectors: Vec<libc::iovec>,
    buffers: Vec<[u8; RECEIVE_BYTES]>,
    addresses: Vec<RawAddress>,
    count: usize,
    next: usize,
}

impl Inbox {
    fn new() -> Self {
        let mut buffers = vec![[0; RECEIVE_BYTES]; MESSAGES];
        let mut addresses = vec![RawAddress::default(); MESSAGES];
        let mut vectors: Vec<libc::iovec> = buffers
            .iter_mut()
            .map(|b| libc::iovec { iov_base: b.as_mut_ptr().cast(), iov_len: b.len() })
            .collect();
        let headers = vectors
            .iter_mut()
            .zip(&mut addresses)
            .map(|(vector, address)| {
                // SAFETY: an all-zero mmsghdr is a valid one: null pointers and zero lengths.
                let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
                header.msg_hdr.msg_iov = vector;
                header.msg_hdr.msg_iovlen = 1;
                header.msg_hdr.msg_name = address.as_mut_ptr().cast();
                header
            })
            .collect();
        Inbox { socket: 0, headers, _vectors: vectors, buffers, addresses, count: 0, next: 0 }
    }

    fn receive(&mut self, socket: u32, fd: RawFd) {
        for header in &mut self.headers {
            header.msg_hdr.msg_namelen = ADDRESS_BYTES as libc::socklen_t;
        }
        // SAFETY: the headers point to buffers and addresses that live as long as they do, with
        // their true lengths.
        let count = unsafe {
            libc::recvmmsg(
                fd,
                self.headers.as_mut_ptr(),
                MESSAGES as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        // An error (an ICMP message, nothing there after all) leaves nothing to take.
        (self.socket, self.count, self.next) = (socket, usize::try_from(count).unwrap_or(0), 0);
    }
}

impl EpollNetwork {
    pub(crate) fn new(legs_max: u16, wake: BorrowedFd<'_>) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(wake, EpollEvent::new(EpollFlags::EPOLLIN, WAKE))?;
        Ok(EpollNetwork {
            epoll,
            sockets: vec![-1; 2 * usize::from(legs_max)],
            ready: vec![EpollEvent::empty(); EVENTS],
            ready_count: 0,
            ready_next: 0,
            closed: Vec::with_capacity(usize::from(legs_max)),
            inbox: Inbox::new(),
            refused: 0,
        })
    }
}

/// Borrows a leg's descriptor, which stays open until its `Closed` has been answered.
fn borrow(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: the engine keeps the leg's sockets until `io_closed`, after which the descriptor is
    // no longer used here.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

impl Network for EpollNetwork {
    fn backend(&self) -> Backend {
        Backend::Epoll
    }

    fn open(&mut self, slot: LegSlot, rtp: RawFd, rtcp: RawFd) -> io::Result<()> {
        for (fd, stream) in [(rtp, crate::Stream::Rtp), (rtcp, crate::Stream::Rtcp)] {
            let index = socket_index(slot, stream);
            self.sockets[index as usize] = fd;
            self.epoll.add(borrow(fd), EpollEvent::new(EpollFlags::EPOLLIN, u64::from(index)))?;
        }
        Ok(())
    }

    fn close(&mut self, slot: LegSlot) {
        for stream in [crate::Stream::Rtp, crate::Stream::Rtcp] {
            let place = socket_index(slot, stream) as usize;
            let fd = std::mem::replace(&mut self.sockets[place], -1);
            if fd >= 0 {
                // It fails only for a descriptor that was never added.
                let _ = self.epoll.delete(borrow(fd));
            }
        }
        self.closed.push(slot);
    }

    fn send(&mut self, packets: &[Outgoing]) -> usize {
        for packet in packets {
            let fd = self.sockets[socket_index(packet.slot, packet.stream) as usize];
            let address = RawAddress::new(packet.to);
            let bytes = packet.bytes();
            // SAFETY: buffer and address are valid for their lengths. Consecutive packets hardly
            // ever share a socket, so sendmmsg would take as many calls and more memory.
            let sent = unsafe {
                libc::sendto(
                    fd,
                    bytes.as_ptr().cast(),
                    bytes.len(),
                    libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
                    address.as_ptr(),
                    address.length(),
                )
            };
            self.refused += usize::from(sent < 0);
        }
        std::mem::take(&mut self.refused)
    }

    fn flush(&mut self) {}

    fn wait(&mut self, timeout: Duration, _gather: Duration) {
        // Whole milliseconds, rounded down: the tick is never late for it.
        let ms = u16::try_from(timeout.as_millis()).unwrap_or(u16::MAX);
        let timeout =
            if self.closed.is_empty() { EpollTimeout::from(ms) } else { EpollTimeout::ZERO };
        // Interrupted, or another error: the loop comes back here.
        self.ready_count = self.epoll.wait(&mut self.ready, timeout).unwrap_or(0);
        self.ready_next = 0;
    }

    fn next(&mut self) -> Option<Input<'_>> {
        if let Some(slot) = self.closed.pop() {
            return Some(Input::Closed(slot));
        }
        loop {
            while self.inbox.next < self.inbox.count {
                let i = self.inbox.next;
                self.inbox.next += 1;
                let (slot, stream) = socket_of(self.inbox.socket);
                let length = (self.inbox.headers[i].msg_len as usize).min(RECEIVE_BYTES);
                if let Some(source) = self.inbox.addresses[i].get() {
                    let bytes = &self.inbox.buffers[i][..length];
                    return Some(Input::Packet { slot, stream, source, bytes });
                }
            }
            if self.ready_next == self.ready_count {
                return None;
            }
            let data = self.ready[self.ready_next].data();
            self.ready_next += 1;
            if data == WAKE {
                return Some(Input::Wake);
            }
            // A socket closed since it became ready has no descriptor.
            let fd = self.sockets[data as usize];
            if fd >= 0 {
                self.inbox.receive(data as u32, fd.as_raw_fd());
            }
        }
    }
}
