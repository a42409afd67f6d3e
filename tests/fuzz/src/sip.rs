//! What the SIP targets do with arbitrary bytes. Each panics when something is wrong.
#![allow(dead_code, reason = "each target uses one of the functions")]

use std::net::SocketAddr;

use tipring_clock::Instant;
use tipring_line::{ChannelCommand, ChannelEvent};
use tipring_sip::message::{Essentials, Framing, HeaderName, Message, NameAddr, Uri, Via};
use tipring_sip::message::{StartLine, decode_display_name};
use tipring_sip::sdp::{Agreement, Sdp};
use tipring_sip::stream::{Frame, StreamFramer};
use tipring_sip::{
    Config, ConnectionId, ExtensionConfig, LocalAddress, MediaPorts, NetworkAddress, Output,
    Transport, TrunkAccess, TrunkConfig, UserAgent,
};

/// Parses, reads every value there is, and writes: what was written parses to the same.
pub(crate) fn message(bytes: &[u8]) {
    for framing in [Framing::Datagram, Framing::Stream] {
        let Ok(message) = Message::parse(bytes, framing) else { continue };
        let mut out = Vec::new();
        message.emit(&mut out);
        let again = Message::parse(&out, Framing::Datagram).expect("what was written parses");
        assert_eq!(message.start_line(), again.start_line());
        assert!(message.headers().eq(again.headers()));
        assert_eq!(message.body(), again.body());
        let mut twice = Vec::new();
        again.emit(&mut twice);
        assert_eq!(out, twice);
        read_values(&message);
    }
}

fn read_values(message: &Message<'_>) {
    let _ = Essentials::of(message);
    if let StartLine::Request { uri, .. } = message.start_line() {
        let _ = Uri::parse(uri).map(|uri| uri.user_text());
    }
    for value in message.values(HeaderName::Via) {
        let _ = Via::parse(value).map(|via| via.params.iter().count());
    }
    for name in [HeaderName::From, HeaderName::Contact, HeaderName::RecordRoute] {
        for value in message.values(name) {
            if let Ok(address) = NameAddr::parse(value) {
                let _ = decode_display_name(address.display);
                assert!(address.uri.is_equivalent(&address.uri), "a URI equals itself");
                let _ = (address.uri.socket_addr(), address.params.iter().count());
            }
        }
    }
    if let Ok(sdp) = Sdp::parse(message.body()) {
        let codecs = Config::default().codecs;
        let _ = Agreement::with(&sdp, &codecs, true, [192, 0, 2, 1].into());
    }
}

struct Ports(u16, usize);

impl MediaPorts for Ports {
    fn allocate(&mut self) -> Option<u16> {
        self.0 = self.0.wrapping_add(2);
        self.1 += 1;
        Some(self.0)
    }
    fn release(&mut self, _port: u16) {
        self.1 -= 1;
    }
}

const TRUNK: &str = "192.0.2.77:5060";

fn new_agent() -> UserAgent {
    let address = "192.0.2.1:5060".parse().expect("an address");
    let trunk: SocketAddr = TRUNK.parse().expect("an address");
    UserAgent::new(
        Config {
            local: vec![LocalAddress { transport: Transport::Udp, address, prefix: 0 }],
            extensions: vec![ExtensionConfig {
                number: "8001".parse().expect("a number"),
                secret: "s".to_owned(),
            }],
            trunks: vec![TrunkConfig {
                index: 0,
                name: String::new(),
                access: TrunkAccess::Address(vec![NetworkAddress::host(trunk.ip())]),
                proxy: trunk,
                transport: Transport::Udp,
                domain: String::new(),
                default_caller: None,
                trust_identity: true,
                dtmf: Default::default(),
                qualify: None,
            }],
            ..Config::default()
        },
        [7; 32],
    )
}

/// An agent hears the bytes from its trunk, as datagram and as stream, answers every call they
/// make, and time passes: in the end nothing is left but what may be.
pub(crate) fn agent(bytes: &[u8]) {
    let mut agent = new_agent();
    let mut ports = Ports(16_384, 0);
    let mut now = Instant::from_millis(1);
    let source = TRUNK.parse().expect("an address");
    let connection = ConnectionId(1);
    for part in bytes.split(|b| *b == 0) {
        agent.handle_datagram(now, source, part, &mut ports);
        agent.handle_stream(now, connection, Transport::Tcp, source, part, &mut ports);
        pump(&mut agent, now, &mut ports);
    }
    agent.handle_stream_closed(now, connection, &mut ports);
    for _ in 0..10_000 {
        let Some(at) = agent.poll_timeout() else { break };
        now = now.max(at);
        agent.handle_timeout(now, &mut ports);
        pump(&mut agent, now, &mut ports);
    }
    assert_eq!(agent.transactions(), (0, 0), "every transaction ends");
    assert_eq!(agent.calls(), 0, "nobody acknowledges, so every call ends");
    assert_eq!(ports.1, 0, "every port comes back");
}

fn pump(agent: &mut UserAgent, now: Instant, ports: &mut Ports) {
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Transmit { bytes, .. } => {
                assert!(bytes == b"\r\n" || is_message(&bytes), "{}", bytes.escape_ascii());
                agent.recycle(bytes);
            }
            Output::Channel(channel, ChannelEvent::Offered { .. }) => {
                for command in [ChannelCommand::Alert, ChannelCommand::Answer] {
                    agent.command(now, channel, &command, ports);
                }
            }
            _ => {}
        }
    }
}

/// What we send must itself be a message that can be answered.
fn is_message(bytes: &[u8]) -> bool {
    Message::parse(bytes, Framing::Stream).is_ok()
}

/// A stream gives the same messages however it is cut.
pub(crate) fn stream(bytes: &[u8]) {
    let whole = frames(bytes, bytes.len().max(1));
    for size in [1, 7] {
        assert_eq!(frames(bytes, size), whole, "cut into {size}");
    }
}

fn frames(bytes: &[u8], size: usize) -> (Vec<Vec<u8>>, bool) {
    let mut framer = StreamFramer::default();
    let mut messages = Vec::new();
    for chunk in bytes.chunks(size) {
        framer.push(chunk);
        loop {
            match framer.next_frame(1 << 16) {
                Ok(Frame::Partial) => break,
                Ok(Frame::Ping) => {}
                Ok(Frame::Message(n)) => messages.push(framer.take(n).to_vec()),
                Err(_) => return (messages, true),
            }
        }
    }
    (messages, false)
}
