//! SIP over TCP: accepts and opens streams on the asynchronous side, and passes bytes to and from
//! the core.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tipring_sip::ConnectionId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::inbox::{Mail, Mailbox};

/// Streams at once; one more is closed at once.
const STREAMS_MAX: usize = 1024;
/// Messages that wait for one slow stream; past that the stream is closed.
const WAITING_MAX: usize = 256;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

struct Stream {
    peer: SocketAddr,
    queue: mpsc::Sender<Vec<u8>>,
}

/// The open streams; clones share them.
#[derive(Clone)]
pub(crate) struct Streams {
    open: Arc<Mutex<HashMap<ConnectionId, Stream>>>,
    count: Arc<AtomicU64>,
    mailbox: Mailbox,
    runtime: tokio::runtime::Handle,
}

impl Streams {
    /// No streams yet.
    pub(crate) fn new(mailbox: Mailbox, runtime: tokio::runtime::Handle) -> Self {
        Streams { open: Arc::default(), count: Arc::default(), mailbox, runtime }
    }

    /// Accepts streams from now on.
    pub(crate) fn listen(&self, listener: TcpListener) {
        let streams = self.clone();
        self.runtime.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => streams.adopt(stream, peer, None),
                    // Out of file descriptors: others will close soon.
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        });
    }

    /// Sends on the stream, or on one to the same peer, or opens one.
    pub(crate) fn send(&self, connection: Option<ConnectionId>, to: SocketAddr, bytes: Vec<u8>) {
        let bytes = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let known = connection
                .filter(|c| open.contains_key(c))
                .or_else(|| open.iter().find(|(_, s)| s.peer == to).map(|(c, _)| *c));
            match known {
                Some(connection) => match open[&connection].queue.try_send(bytes) {
                    Ok(()) => return,
                    Err(mpsc::error::TrySendError::Full(_)) => {
                        // A peer that does not read is as good as gone.
                        open.remove(&connection);
                        return;
                    }
                    Err(mpsc::error::TrySendError::Closed(bytes)) => {
                        open.remove(&connection);
                        bytes
                    }
                },
                None => bytes,
            }
        };
        let streams = self.clone();
        self.runtime.spawn(async move {
            let connect = TcpStream::connect(to);
            match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
                Ok(Ok(stream)) => streams.adopt(stream, to, Some(bytes)),
                // The transaction's own timer ends it should the core not take this either.
                _ => drop(streams.mailbox.send(Mail::StreamRefused(to))),
            }
        });
    }

    /// Closes a stream.
    pub(crate) fn close(&self, connection: ConnectionId) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection);
    }

    fn adopt(&self, stream: TcpStream, peer: SocketAddr, first: Option<Vec<u8>>) {
        let connection = ConnectionId(self.count.fetch_add(1, Ordering::Relaxed));
        let (queue, queued) = mpsc::channel(WAITING_MAX);
        if let Some(bytes) = first {
            // The queue is empty, so there is room.
            let _ = queue.try_send(bytes);
        }
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            if open.len() >= STREAMS_MAX {
                return;
            }
            open.insert(connection, Stream { peer, queue });
        }
        let (reader, writer) = stream.into_split();
        self.runtime.spawn(write(writer, queued));
        self.runtime.spawn(read(self.clone(), reader, connection, peer));
    }
}

async fn write(mut writer: OwnedWriteHalf, mut queued: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = queued.recv().await {
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = writer.shutdown().await;
}

async fn read(
    streams: Streams,
    mut reader: OwnedReadHalf,
    connection: ConnectionId,
    peer: SocketAddr,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = reader.read(&mut buffer).await {
        let bytes = buffer[..length].to_vec();
        if streams.mailbox.send(Mail::StreamBytes { connection, peer, bytes }).is_err() {
            // A stream with a hole in it is of no use to anybody.
            break;
        }
    }
    streams.close(connection);
    let _ = streams.mailbox.send(Mail::StreamClosed(connection));
}
