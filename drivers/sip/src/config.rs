//! What the agent is told about the box, its phones and its trunks.

use std::net::{IpAddr, SocketAddr};

use tipring_clock::Duration;
use tipring_line::{Law, Number};

use crate::{DigestAlgorithm, Transport};

/// Everything the agent is told. It can be replaced while calls go on.
#[derive(Clone, Debug)]
pub struct Config {
    /// The addresses the sockets are bound to, one line for each interface and transport. They
    /// are written into Via, Contact and SDP, so they must be reachable ones, not `0.0.0.0`.
    pub local: Vec<LocalAddress>,
    /// The realm of our digest challenges, and the host of our own From address.
    pub realm: String,
    /// The digest algorithms offered and taken, in this order. RFC 8760 has the best stand first
    /// and peers take the first they know; but many phones look at the first alone, and some
    /// (baresip 1.0 among them) fail on any challenge they do not know, wherever it stands. So
    /// only MD5 is offered unless every phone is known to do better.
    pub digest: Vec<DigestAlgorithm>,
    /// The phones that may register and call.
    pub extensions: Vec<ExtensionConfig>,
    /// The SIP trunks.
    pub trunks: Vec<TrunkConfig>,
    /// The codecs offered and answered, the best first.
    pub codecs: Vec<Law>,
    /// How keys are sent to phones.
    pub dtmf: DtmfMode,
    /// Packet time offered, in milliseconds: a multiple of 10, 10–60.
    pub ptime_ms: u8,
    /// The text of `User-Agent` and `Server`.
    pub product: String,
    /// The base values of the transaction timers.
    pub timers: TimerConfig,
    /// How long phones stay registered.
    pub registrar: RegistrarConfig,
    /// The bounds of every table.
    pub limits: Limits,
}

impl Default for Config {
    /// No addresses, no phones, no trunks; MD5 digests; A-law before µ-law, 20 ms packets.
    fn default() -> Self {
        Config {
            local: Vec::new(),
            realm: "tipring".to_owned(),
            digest: vec![DigestAlgorithm::Md5],
            extensions: Vec::new(),
            trunks: Vec::new(),
            codecs: vec![Law::A, Law::Mu],
            dtmf: DtmfMode::Auto,
            ptime_ms: 20,
            product: "Tipring".to_owned(),
            timers: TimerConfig::default(),
            registrar: RegistrarConfig::default(),
            limits: Limits::default(),
        }
    }
}

/// One address of the box, with the network that is reached from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalAddress {
    /// The transport of the socket.
    pub transport: Transport,
    /// The address peers send to.
    pub address: SocketAddr,
    /// Length of the network prefix, in bits: peers within it are told this address. The first
    /// line of a transport serves every other peer of its family.
    pub prefix: u8,
}

/// A phone that may register and call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtensionConfig {
    /// Its number, which is its SIP user and its digest user name.
    pub number: Number,
    /// Its digest password.
    pub secret: String,
}

/// A SIP trunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkConfig {
    /// The index by which the switch knows it ([`tipring_line::Endpoint::SipTrunk`]).
    pub index: u16,
    /// Its name, shown to people.
    pub name: String,
    /// How the two sides know each other.
    pub access: TrunkAccess,
    /// Where requests go.
    pub proxy: SocketAddr,
    /// The transport of those requests.
    pub transport: Transport,
    /// The host in the addresses we call and register at; the proxy's address where empty.
    pub domain: String,
    /// The number shown to the trunk when the caller's may not be; the trunk's user where empty.
    pub default_caller: Option<Number>,
    /// Whether the caller's number is taken from P-Asserted-Identity, and sent in it.
    pub trust_identity: bool,
    /// How keys are sent on this trunk.
    pub dtmf: DtmfMode,
    /// How often the trunk is asked whether it lives (OPTIONS); `None` leaves it unasked.
    pub qualify: Option<Duration>,
}

/// How a trunk and the box know each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TrunkAccess {
    /// By address: requests from these networks are the trunk's.
    Address(Vec<NetworkAddress>),
    /// The box registers with the trunk, which then sends calls from its proxy's address.
    Registration {
        /// The user of the account.
        user: String,
        /// The digest user name, where it differs from `user`.
        auth_user: Option<String>,
        /// The digest password.
        secret: String,
        /// For how long to register; renewed at half of what the trunk grants.
        expires: Duration,
    },
}

/// A network, or one host of it, from which a trunk sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NetworkAddress {
    /// The network's address.
    pub address: IpAddr,
    /// Length of the network prefix, in bits; 32 or 128 for one host.
    pub prefix: u8,
    /// The source port, where only one is the trunk's.
    pub port: Option<u16>,
}

impl NetworkAddress {
    /// One host, whatever its port.
    pub const fn host(address: IpAddr) -> Self {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        NetworkAddress { address, prefix, port: None }
    }

    /// Whether `source` belongs to it. IPv4 addresses mapped into IPv6 are taken as IPv4.
    pub fn contains(&self, source: SocketAddr) -> bool {
        self.port.is_none_or(|port| port == source.port())
            && same_network(self.address, source.ip(), self.prefix)
    }
}

impl LocalAddress {
    /// Whether `peer` is within this address's network.
    pub(crate) fn reaches(&self, peer: IpAddr) -> bool {
        same_network(self.address.ip(), peer, self.prefix)
    }
}

fn same_network(network: IpAddr, host: IpAddr, prefix: u8) -> bool {
    match (network.to_canonical(), host.to_canonical()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let shift = 32 - u32::from(prefix.min(32));
            (a.to_bits() ^ b.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let shift = 128 - u32::from(prefix.min(128));
            (a.to_bits() ^ b.to_bits()).checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// How keys are sent to a peer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DtmfMode {
    /// Telephone-events if agreed, else INFO if the peer allows it, else tones.
    #[default]
    Auto,
    /// Telephone-events (RFC 4733) if agreed, else tones.
    Rfc4733,
    /// INFO requests with `application/dtmf-relay`.
    Info,
    /// Tones in the audio; telephone-events are not offered.
    InBand,
}

/// The base values from which RFC 3261, table 4, derives its timers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerConfig {
    /// Round-trip time estimate: the first retransmission interval.
    pub t1: Duration,
    /// The largest retransmission interval.
    pub t2: Duration,
    /// How long a message may stay in the network.
    pub t4: Duration,
    /// How long an outgoing INVITE waits for a final response after a provisional one (the TU's
    /// limit on what timer C limits for proxies, 16.6).
    pub ring_max: Duration,
}

impl Default for TimerConfig {
    fn default() -> Self {
        TimerConfig {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            ring_max: Duration::from_secs(300),
        }
    }
}

/// How long phones stay registered (RFC 3261, section 10.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegistrarConfig {
    /// Shorter requests are refused with 423.
    pub expires_min: Duration,
    /// Granted where the phone asks for nothing.
    pub expires_default: Duration,
    /// Longer requests are shortened to this.
    pub expires_max: Duration,
    /// Contacts of one extension; one more is refused with 403.
    pub contacts_max: usize,
    /// How often a phone is sent an OPTIONS to keep its NAT binding open; `None` for never.
    pub keep_alive: Option<Duration>,
}

impl Default for RegistrarConfig {
    fn default() -> Self {
        RegistrarConfig {
            expires_min: Duration::from_secs(30),
            expires_default: Duration::from_secs(600),
            expires_max: Duration::from_secs(3600),
            contacts_max: 4,
            keep_alive: Some(Duration::from_secs(30)),
        }
    }
}

/// The bounds of the agent's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Calls at once; one more is refused with 503 and Retry-After.
    pub calls: usize,
    /// Server transactions, lingering ones included. When full, finished non-INVITE ones go
    /// first, the oldest first; when there are none, requests are refused with 503.
    pub server_transactions: usize,
    /// Client transactions. When full, no request is begun.
    pub client_transactions: usize,
    /// Digest nonces in use whose counts are remembered; the oldest are forgotten (stale) first.
    pub nonces: usize,
    /// Stream connections; bytes of one more are refused.
    pub connections: usize,
    /// Bytes of one message; longer ones are refused with 513 or dropped.
    pub message_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            calls: 2000,
            server_transactions: 131_072,
            client_transactions: 32_768,
            nonces: 16_384,
            connections: 1024,
            message_bytes: 16_384,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_hosts() {
        let net =
            NetworkAddress { address: "10.1.0.0".parse().unwrap(), prefix: 16, port: Some(5060) };
        assert!(net.contains("10.1.255.7:5060".parse().unwrap()));
        assert!(!net.contains("10.1.255.7:5061".parse().unwrap()));
        assert!(!net.contains("10.2.0.1:5060".parse().unwrap()));
        assert!(net.contains("[::ffff:10.1.2.3]:5060".parse().unwrap()));
        let all = NetworkAddress { address: "0.0.0.0".parse().unwrap(), prefix: 0, port: None };
        assert!(all.contains("203.0.113.9:1".parse().unwrap()));
        assert!(!all.contains("[2001:db8::1]:1".parse().unwrap()));
        let v6 = NetworkAddress::host("2001:db8::1".parse().unwrap());
        assert!(v6.contains("[2001:db8::1]:9".parse().unwrap()));
        assert!(!v6.contains("[2001:db8::2]:9".parse().unwrap()));
    }
}
