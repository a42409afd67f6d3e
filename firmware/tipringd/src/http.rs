//! The HTTP server: who sends too slowly, reads too slowly or says too much is let go of, so that
//! nobody holds the box's connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Layer;

/// What one client may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; one more waits until another has gone.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may lie idle.
    pub head_within: Duration,
    /// How long what was sent may stay unread.
    pub unread: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 512,
            head_within: Duration::from_secs(20),
            unread: Duration::from_secs(30),
            head_bytes: 32 * 1024,
            headers: 64,
        }
    }
}

/// Serves the routes until the runtime ends.
///
/// # Errors
/// The listener has gone.
pub async fn serve(
    listener: std::net::TcpListener,
    router: Router,
    limits: Limits,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
        // A connection that has gone before it was accepted is nobody's fault; a process out of
        // descriptors gets one back when another connection ends.
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            let _place = place;
            one(stream, peer, router, limits).await;
        });
    }
}

async fn one(stream: TcpStream, peer: SocketAddr, router: Router, limits: Limits) {
    let socket = socket2::SockRef::from(&stream);
    // An old kernel that knows no such timeout keeps the connection until the peer goes.
    let _ = socket.set_tcp_user_timeout(Some(limits.unread));
    let _ = stream.set_nodelay(true);
    let service = axum::Extension(ConnectInfo(peer)).layer(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    // A peer that breaks off or speaks no HTTP ends its own connection and nothing else.
    let _ = connection.await;
}
