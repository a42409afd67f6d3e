//! Sockets by io_uring: one multishot receive a socket, into a ring of buffers; all sends of a
//! round, and the wait for the next, in one system call.
//!
//! The kernel does its part of the work only when asked to (`DEFER_TASKRUN`), on this thread.
//! Sends never wait (`MSG_DONTWAIT`), so they are over, one way or the other, when the call that
//! submits them returns, and their buffers can be used again.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::{BufRingEntry, CancelBuilder, Fixed, RecvMsgOut, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use tipring_clock::Duration;

use super::address::{ADDRESS_BYTES, RawAddress, parse};
use super::{Backend, Input, Network, RECEIVE_BYTES, socket_index, socket_of};
use crate::engine::{LegSlot, Outgoing, Stream};

/// Submissions at a time: a batch of packets and some receives.
const SUBMISSIONS: u32 = 512;
const COMPLETIONS: u32 = 8192;
/// Buffers that wait for packets: 12 ms of 800 calls.
const BUFFERS: u16 = 1024;
/// What the kernel writes before a packet, and the address.
const BUFFER_HEAD: usize = 16 + ADDRESS_BYTES;
/// A whole number of cache lines.
const BUFFER_BYTES: usize = (RECEIVE_BYTES + BUFFER_HEAD).next_multiple_of(64);
const GROUP: u16 = 0;
/// Completions that end a gathering wait.
const GATHER: usize = 64;

/// What a completion is about, above the socket's index in its user data.
const KIND_SHIFT: u32 = 32;
const RECEIVE: u64 = 0;
const SEND: u64 = 1;
const WAKE: u64 = 2;
const CANCEL: u64 = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SocketState {
    Closed,
    Receiving,
    /// A receive that ended must be started again.
    Stopped,
    Closing,
}

/// Sockets by io_uring.
pub(crate) struct UringNetwork {
    ring: IoUring,
    buffers: BufferRing,
    /// By socket index.
    sockets: Vec<SocketState>,
    /// Receives to be started again: sockets, and the wake at the end.
    restart: Vec<u32>,
    restart_wake: bool,
    closed: Vec<LegSlot>,
    /// What receives take from it: the length of an address.
    header: Box<libc::msghdr>,
    /// Addresses of the packets being sent.
    addresses: Vec<RawAddress>,
    completions: Vec<MaybeUninit<cqueue::Entry>>,
    taken: Vec<cqueue::Entry>,
    next: usize,
    /// The buffer of the packet handed out last.
    lent: Option<u16>,
    refused: usize,
    wake: RawFd,
}

/// Buffers shared with the kernel (`IORING_REGISTER_PBUF_RING`).
struct BufferRing {
    /// The ring's entries, at the beginning of a page; the first one's last field is the tail.
    entries: *mut BufRingEntry,
    layout: std::alloc::Layout,
    memory: Vec<u8>,
    tail: u16,
}

// SAFETY: the pointer is to memory this value owns and is used by its owner's thread alone.
unsafe impl Send for BufferRing {}

impl BufferRing {
    fn new() -> io::Result<Self> {
        let bytes = usize::from(BUFFERS) * size_of::<BufRingEntry>();
        let layout = std::alloc::Layout::from_size_align(bytes, 4096)
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        // SAFETY: the layout has a size above zero.
        let entries = unsafe { std::alloc::alloc_zeroed(layout) }.cast::<BufRingEntry>();
        if entries.is_null() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let memory = vec![0; usize::from(BUFFERS) * BUFFER_BYTES];
        let mut ring = BufferRing { entries, layout, memory, tail: 0 };
        for id in 0..BUFFERS {
            ring.give(id);
        }
        ring.publish();
        Ok(ring)
    }

    fn buffer(&self, id: u16) -> &[u8] {
        &self.memory[usize::from(id) * BUFFER_BYTES..][..BUFFER_BYTES]
    }

    /// Gives a buffer to the kernel, once published.
    fn give(&mut self, id: u16) {
        let address = self.memory[usize::from(id) * BUFFER_BYTES..].as_mut_ptr();
        // SAFETY: the index is below the number of entries, and the kernel does not read an entry
        // before the tail has passed it.
        let entry = unsafe { &mut *self.entries.add(usize::from(self.tail % BUFFERS)) };
        entry.set_addr(address as u64);
        entry.set_len(BUFFER_BYTES as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
    }

    fn publish(&self) {
        // SAFETY: the tail lies in the first entry, as the kernel has it, and is aligned.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(self.entries).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }
}

impl Drop for BufferRing {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and the ring that used it has been dropped before.
        unsafe { std::alloc::dealloc(self.entries.cast(), self.layout) };
    }
}

impl UringNetwork {
    /// Must be made on the thread that uses it.
    pub(crate) fn new(legs_max: u16, wake: BorrowedFd<'_>) -> io::Result<Self> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_cqsize(COMPLETIONS)
            .build(SUBMISSIONS)?;
        let sockets = 2 * usize::from(legs_max);
        ring.submitter().register_files_sparse(sockets as u32)?;
        let buffers = BufferRing::new()?;
        // SAFETY: the ring of buffers lives as long as the io_uring: it is dropped after it.
        unsafe {
            ring.submitter().register_buf_ring_with_flags(
                buffers.entries as u64,
                BUFFERS,
                GROUP,
                0,
            )?;
        }
        // SAFETY: an all-zero msghdr is a valid one: null pointers and zero lengths.
        let mut header: Box<libc::msghdr> = Box::new(unsafe { std::mem::zeroed() });
        header.msg_namelen = ADDRESS_BYTES as libc::socklen_t;
        let mut network = UringNetwork {
            ring,
            buffers,
            sockets: vec![SocketState::Closed; sockets],
            restart: Vec::with_capacity(sockets),
            restart_wake: true,
            closed: Vec::with_capacity(usize::from(legs_max)),
            header,
            addresses: vec![RawAddress::default(); crate::Engine::OUTGOING_MAX],
            completions: std::iter::repeat_with(MaybeUninit::uninit).take(512).collect(),
            taken: Vec::with_capacity(512),
            next: 0,
            lent: None,
            refused: 0,
            wake: wake.as_raw_fd(),
        };
        network.restart_receives();
        network.flush();
        Ok(network)
    }

    fn push(&mut self, entry: &squeue::Entry) {
        for _ in 0..2 {
            // SAFETY: what the entry points to lives until it is over: the shared header and the
            // ring of buffers as long as the io_uring, packets and addresses until the next
            // submission returns, when their sends are over.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return;
            }
            self.flush();
        }
    }

    fn restart_receives(&mut self) {
        if std::mem::take(&mut self.restart_wake) {
            let fd = io_uring::types::Fd(self.wake);
            let entry = opcode::PollAdd::new(fd, libc::POLLIN as u32).multi(true).build();
            self.push(&entry.user_data(WAKE << KIND_SHIFT));
        }
        while let Some(index) = self.restart.pop() {
            if self.sockets[index as usize] != SocketState::Stopped {
                continue;
            }
            self.sockets[index as usize] = SocketState::Receiving;
            let header: *const libc::msghdr = &*self.header;
            let entry = opcode::RecvMsgMulti::new(Fixed(index), header, GROUP).build();
            self.push(&entry.user_data(RECEIVE << KIND_SHIFT | u64::from(index)));
        }
    }

    /// A receive has ended: for good if the socket is being closed, else it starts again.
    fn receive_ended(&mut self, index: u32) {
        if self.sockets[index as usize] == SocketState::Closing {
            self.socket_closed(index);
        } else {
            self.sockets[index as usize] = SocketState::Stopped;
            self.restart.push(index);
        }
    }

    fn socket_closed(&mut self, index: u32) {
        self.sockets[index as usize] = SocketState::Closed;
        // It fails only for an index outside the table.
        let _ = self.ring.submitter().register_files_update(index, &[-1]);
        let (slot, _) = socket_of(index);
        let both = [Stream::Rtp, Stream::Rtcp]
            .iter()
            .all(|s| self.sockets[socket_index(slot, *s) as usize] == SocketState::Closed);
        if both {
            self.closed.push(slot);
        }
    }

    /// Takes completions out of the shared ring; says whether there were any.
    fn take_completions(&mut self) -> bool {
        self.next = 0;
        self.taken.clear();
        let taken = self.ring.completion().fill(&mut self.completions);
        self.taken.extend_from_slice(taken);
        !self.taken.is_empty()
    }

    fn give_back(&mut self) {
        if let Some(id) = self.lent.take() {
            self.buffers.give(id);
            self.buffers.publish();
        }
    }

    /// What one completion brings, if it is for the engine; a packet is in the buffer named.
    fn look_at(&mut self, entry: &cqueue::Entry) -> Option<Completed> {
        let data = entry.user_data();
        let index = data as u32;
        match data >> KIND_SHIFT {
            WAKE => {
                self.restart_wake |= !cqueue::more(entry.flags());
                Some(Completed::Wake)
            }
            SEND => {
                self.refused += usize::from(entry.result() < 0);
                None
            }
            CANCEL => None,
            _ => {
                if !cqueue::more(entry.flags()) {
                    self.receive_ended(index);
                }
                let id = cqueue::buffer_select(entry.flags())?;
                let length = usize::try_from(entry.result()).unwrap_or(0);
                self.lent = Some(id);
                Some(Completed::Packet { index, id, length })
            }
        }
    }
}

enum Completed {
    Wake,
    Packet { index: u32, id: u16, length: usize },
}

impl Network for UringNetwork {
    fn backend(&self) -> Backend {
        Backend::IoUring
    }

    fn open(&mut self, slot: LegSlot, rtp: RawFd, rtcp: RawFd) -> io::Result<()> {
        let first = socket_index(slot, Stream::Rtp);
        self.ring.submitter().register_files_update(first, &[rtp, rtcp])?;
        for index in [first, first + 1] {
            self.sockets[index as usize] = SocketState::Stopped;
            self.restart.push(index);
        }
        self.restart_receives();
        Ok(())
    }

    fn close(&mut self, slot: LegSlot) {
        for stream in [Stream::Rtp, Stream::Rtcp] {
            let index = socket_index(slot, stream);
            match self.sockets[index as usize] {
                SocketState::Receiving => {
                    self.sockets[index as usize] = SocketState::Closing;
                    let cancel = CancelBuilder::user_data(RECEIVE << KIND_SHIFT | u64::from(index));
                    let entry = opcode::AsyncCancel2::new(cancel).build();
                    self.push(&entry.user_data(CANCEL << KIND_SHIFT));
                }
                SocketState::Stopped => self.socket_closed(index),
                SocketState::Closed | SocketState::Closing => {}
            }
        }
    }

    fn send(&mut self, packets: &[Outgoing]) -> usize {
        for (i, packet) in packets.iter().enumerate() {
            self.addresses[i] = RawAddress::new(packet.to);
            let index = socket_index(packet.slot, packet.stream);
            let bytes = packet.bytes();
            let (address, length) = (self.addresses[i].as_ptr(), self.addresses[i].length());
            let entry = opcode::Send::new(Fixed(index), bytes.as_ptr(), bytes.len() as u32)
                .flags(libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
                .dest_addr(address)
                .dest_addr_len(length)
                .build()
                .flags(squeue::Flags::SKIP_SUCCESS)
                .user_data(SEND << KIND_SHIFT | u64::from(index));
            self.push(&entry);
        }
        std::mem::take(&mut self.refused)
    }

    fn flush(&mut self) {
        // What cannot be submitted now stays queued; EBUSY clears once completions are taken.
        let _ = self.ring.submit();
    }

    fn wait(&mut self, timeout: Duration, gather: Duration) {
        self.give_back();
        self.restart_receives();
        let timeout = if self.closed.is_empty() { timeout } else { Duration::ZERO };
        let timespec = Timespec::from(timeout);
        let gather = gather.min(timeout).as_micros() as u32;
        let args = SubmitArgs::new().timespec(&timespec).min_wait_usec(gather);
        let want = if gather > 0 { GATHER } else { 1 };
        // ETIME is the timeout; any other error shows itself as missing completions.
        let _ = self.ring.submitter().submit_with_args(want, &args);
        self.take_completions();
    }

    fn next(&mut self) -> Option<Input<'_>> {
        self.give_back();
        if let Some(slot) = self.closed.pop() {
            return Some(Input::Closed(slot));
        }
        loop {
            if self.next == self.taken.len() && !self.take_completions() {
                return None;
            }
            let entry = self.taken[self.next].clone();
            self.next += 1;
            match self.look_at(&entry) {
                None => {}
                Some(Completed::Wake) => return Some(Input::Wake),
                Some(Completed::Packet { index, id, length }) => {
                    let (slot, stream) = socket_of(index);
                    // The buffer is ours until it is given back, at the next call.
                    let whole = &self.buffers.buffer(id)[..length.min(BUFFER_BYTES)];
                    let Ok(message) = RecvMsgOut::parse(whole, &self.header) else { continue };
                    let Some(source) = parse(message.name_data()) else { continue };
                    let at = BUFFER_HEAD;
                    let bytes = self.buffers.buffer(id).get(at..length.min(BUFFER_BYTES));
                    let bytes = bytes.unwrap_or(&[]);
                    return Some(Input::Packet { slot, stream, source, bytes });
                }
            }
        }
    }
}
