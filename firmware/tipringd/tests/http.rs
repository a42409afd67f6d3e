//! Who holds a connection without using it is let go of, and others are served.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tipring_tipringd::http::{Limits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const WITHIN: Duration = Duration::from_secs(30);

async fn start(limits: Limits) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(|| async { "here" }));
    tokio::spawn(serve(listener, router, limits));
    address
}

/// Sends this and gives all that comes back until the box closes the connection.
async fn talk(mut stream: TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection may be closed with a reset where bytes were left unread.
    let _ = tokio::time::timeout(WITHIN, stream.read_to_end(&mut answer))
        .await
        .expect("the box lets go of it");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn an_unfinished_request_and_an_idle_connection_are_let_go_of() {
    let limits =
        Limits { connections: 2, head_within: Duration::from_millis(200), ..Limits::default() };
    let address = start(limits).await;
    // Two take every place: one says nothing, one begins and does not go on.
    let silent = TcpStream::connect(address).await.unwrap();
    let halting = TcpStream::connect(address).await.unwrap();
    let held = tokio::spawn(talk(silent, ""));
    let begun = tokio::spawn(talk(halting, "GET / HTTP/1.1\r\nhost: x\r\n"));
    let third = TcpStream::connect(address).await.unwrap();
    let answer = talk(third, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("here"), "{answer}");
    assert!(!held.await.unwrap().contains("200"));
    assert!(!begun.await.unwrap().contains("200"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let address = start(Limits::default()).await;
    let many: String = (0..70).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(64_000));
    for headers in [many, long] {
        let stream = TcpStream::connect(address).await.unwrap();
        let answer = talk(stream, &format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}
