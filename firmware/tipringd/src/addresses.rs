//! The box's own addresses, as peers are told them.

use std::net::{IpAddr, SocketAddr};

use nix::ifaddrs::getifaddrs;
use tipring_sip::{LocalAddress, Transport};

/// One address of an interface and the length of its network prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InterfaceAddress {
    /// The address.
    pub ip: IpAddr,
    /// Bits of the network prefix.
    pub prefix: u8,
}

/// The addresses of every interface that is up, loopback last. Link-local IPv6 addresses are left
/// out: a peer cannot use them without knowing its own interface.
pub(crate) fn interface_addresses() -> Vec<InterfaceAddress> {
    let Ok(interfaces) = getifaddrs() else { return Vec::new() };
    let mut found: Vec<InterfaceAddress> = interfaces
        .filter_map(|i| {
            let (address, mask) = (i.address?, i.netmask?);
            let v4 = || {
                let ip = IpAddr::V4(address.as_sockaddr_in()?.ip());
                let mask = mask.as_sockaddr_in()?.ip().to_bits();
                Some(InterfaceAddress { ip, prefix: mask.count_ones() as u8 })
            };
            let v6 = || {
                let ip = address.as_sockaddr_in6()?.ip();
                let mask = mask.as_sockaddr_in6()?.ip().to_bits();
                let usable = !ip.is_unicast_link_local();
                let prefix = mask.count_ones() as u8;
                usable.then_some(InterfaceAddress { ip: IpAddr::V6(ip), prefix })
            };
            v4().or_else(v6)
        })
        .collect();
    found.sort_by_key(|a| (a.ip.is_loopback(), a.ip.is_ipv6()));
    found
}

/// What SIP tells peers when it is bound to `bound`, for both transports.
pub(crate) fn sip_addresses(
    bound: SocketAddr,
    interfaces: &[InterfaceAddress],
) -> Vec<LocalAddress> {
    let serves = |ip: IpAddr| match bound.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => ip.is_ipv4(),
        // A socket on the IPv6 wildcard takes IPv4 too.
        IpAddr::V6(v6) if v6.is_unspecified() => true,
        one => ip == one,
    };
    let mut chosen: Vec<InterfaceAddress> =
        interfaces.iter().copied().filter(|a| serves(a.ip)).collect();
    if chosen.is_empty() {
        chosen.push(InterfaceAddress { ip: bound.ip(), prefix: 0 });
    }
    let transports = [Transport::Udp, Transport::Tcp];
    transports
        .into_iter()
        .flat_map(|transport| {
            chosen.iter().map(move |a| LocalAddress {
                transport,
                address: SocketAddr::new(a.ip, bound.port()),
                prefix: a.prefix,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there_and_comes_last() {
        let found = interface_addresses();
        assert!(found.iter().any(|a| a.ip == IpAddr::from([127, 0, 0, 1]) && a.prefix == 8));
        let first_loopback = found.iter().position(|a| a.ip.is_loopback()).unwrap();
        assert!(found[first_loopback..].iter().all(|a| a.ip.is_loopback()));
    }

    #[test]
    fn a_wildcard_is_told_as_each_interface_and_one_address_as_itself() {
        let interfaces = [
            InterfaceAddress { ip: "192.0.2.7".parse().unwrap(), prefix: 24 },
            InterfaceAddress { ip: "127.0.0.1".parse().unwrap(), prefix: 8 },
        ];
        let all = sip_addresses("0.0.0.0:5060".parse().unwrap(), &interfaces);
        assert_eq!(all.len(), 4);
        assert_eq!(all[0].address, "192.0.2.7:5060".parse().unwrap());
        let one = sip_addresses("127.0.0.1:5070".parse().unwrap(), &interfaces);
        assert_eq!(one.len(), 2);
        assert_eq!((one[1].transport, one[1].prefix), (Transport::Tcp, 8));
    }
}
