//! Socket addresses as the kernel takes them.

use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Octets of the longest address.
pub(super) const ADDRESS_BYTES: usize = size_of::<libc::sockaddr_in6>();

const FAMILY_INET: [u8; 2] = (libc::AF_INET as u16).to_ne_bytes();
const FAMILY_INET6: [u8; 2] = (libc::AF_INET6 as u16).to_ne_bytes();

/// A `sockaddr_in` or `sockaddr_in6`, as its octets.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
pub(super) struct RawAddress {
    bytes: [u8; ADDRESS_BYTES],
    length: libc::socklen_t,
}

impl RawAddress {
    pub(super) fn new(address: SocketAddr) -> Self {
        let mut raw = RawAddress::default();
        raw.bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
        match address {
            SocketAddr::V4(v4) => {
                raw.bytes[..2].copy_from_slice(&FAMILY_INET);
                raw.bytes[4..8].copy_from_slice(&v4.ip().octets());
                raw.length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
            }
            SocketAddr::V6(v6) => {
                raw.bytes[..2].copy_from_slice(&FAMILY_INET6);
                raw.bytes[4..8].copy_from_slice(&v6.flowinfo().to_be_bytes());
                raw.bytes[8..24].copy_from_slice(&v6.ip().octets());
                raw.bytes[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
                raw.length = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
            }
        }
        raw
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        self.bytes.as_ptr().cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        self.bytes.as_mut_ptr().cast()
    }

    pub(super) fn length(&self) -> libc::socklen_t {
        self.length
    }

    /// The address the kernel has written.
    pub(super) fn get(&self) -> Option<SocketAddr> {
        parse(&self.bytes)
    }
}

/// Reads a `sockaddr_in` or `sockaddr_in6`.
pub(super) fn parse(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]);
    if bytes[..2] == FAMILY_INET {
        let ip: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
        return Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port));
    }
    if bytes[..2] == FAMILY_INET6 {
        let ip: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
        let scope: [u8; 4] = bytes.get(24..28)?.try_into().ok()?;
        let ip = Ipv6Addr::from(ip);
        return Some(SocketAddr::V6(std::net::SocketAddrV6::new(
            ip,
            port,
            0,
            u32::from_ne_bytes(scope),
        )));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        for text in ["192.0.2.7:16384", "[2001:db8::5]:5004", "[fe80::1%3]:9"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(RawAddress::new(address).get(), Some(address));
        }
        assert_eq!(parse(&[0; 28]), None);
        assert_eq!(parse(&[2, 0]), None);
    }
}
