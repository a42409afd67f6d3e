//! What other threads tell the core: a bounded queue, and a file descriptor that wakes it.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use nix::sys::eventfd::{EfdFlags, EventFd};
use tipring_config::Resolved;
use tipring_events::{Command, Reply};
use tipring_sip::ConnectionId;
use tokio::sync::oneshot;

/// Messages that may wait; the core empties the queue many times a second.
const WAITING_MAX: usize = 4096;

/// One message to the core.
pub(crate) enum Mail {
    /// Bytes came on a SIP stream.
    StreamBytes {
        /// The stream.
        connection: ConnectionId,
        /// Its peer.
        peer: SocketAddr,
        /// What came.
        bytes: Vec<u8>,
    },
    /// A SIP stream has ended.
    StreamClosed(ConnectionId),
    /// No SIP stream could be opened to this peer.
    StreamRefused(SocketAddr),
    /// A person asks for something.
    Command {
        /// What.
        command: Command,
        /// Where the answer goes.
        reply: oneshot::Sender<Reply>,
    },
    /// A new configuration, already checked.
    Configure(Box<Resolved>),
    /// End.
    Stop,
}

/// The sending end; clones share the queue.
#[derive(Clone)]
pub(crate) struct Mailbox {
    queue: SyncSender<Mail>,
    wake: Arc<EventFd>,
}

/// The core's end.
pub(crate) struct Inbox {
    queue: Receiver<Mail>,
    wake: Arc<EventFd>,
}

/// The queue is full: the core has too much to do. Nothing was changed.
#[derive(Debug)]
pub(crate) struct Full;

/// A queue to the core.
///
/// # Errors
/// The system has no file descriptor left.
pub(crate) fn inbox() -> std::io::Result<(Mailbox, Inbox)> {
    let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
    let wake = Arc::new(EventFd::from_flags(flags)?);
    let (queue, received) = sync_channel(WAITING_MAX);
    Ok((Mailbox { queue, wake: wake.clone() }, Inbox { queue: received, wake }))
}

impl Mailbox {
    /// Tells the core.
    ///
    /// # Errors
    /// [`Full`]; the message is lost, and the sender has to say so to whoever sent it.
    pub(crate) fn send(&self, mail: Mail) -> Result<(), Full> {
        self.queue.try_send(mail).map_err(|_| Full)?;
        // The counter cannot overflow: the core resets it, and the queue is bounded.
        let _ = self.wake.write(1);
        Ok(())
    }
}

impl Inbox {
    /// The next message, if one waits.
    pub(crate) fn receive(&self) -> Option<Mail> {
        self.queue.try_recv().ok()
    }

    /// Takes back the wake-up; call before emptying the queue.
    pub(crate) fn clear_wake(&self) {
        let _ = self.wake.read();
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
