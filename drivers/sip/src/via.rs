//! Where responses go, and how their Via says so (RFC 3261, section 18.2; RFC 3581).

use std::net::{IpAddr, SocketAddr};

use crate::message::scan::trim;
use crate::message::{Via, Writer, host_ip};
use crate::transaction::Peer;

/// Where the response to a request from `source` with this topmost Via goes.
///
/// Streams are answered on themselves. Datagrams go back to the source's address; to its port if
/// it asked for that by `rport`, else to the port Via names. `maddr` is not followed: it would
/// let a stranger aim our answers at others.
pub(crate) fn reply_peer(via: &Via<'_>, source: Peer) -> Peer {
    if source.is_reliable() || via.params.get(b"rport").is_some() {
        return source;
    }
    let port = via.port.unwrap_or(5060);
    Peer { address: SocketAddr::new(source.address.ip(), port), ..source }
}

/// Puts the topmost Via's value as a response carries it: `received` added where the sender is
/// elsewhere than it says, `rport` filled in where asked.
pub(crate) fn write_reply_via(writer: &mut Writer<'_>, via: &Via<'_>, source: SocketAddr) {
    let asked = via.params.get(b"rport").is_some();
    let elsewhere =
        host_ip(via.host).map(|ip| ip.to_canonical()) != Some(source.ip().to_canonical());
    if !asked && !elsewhere {
        writer.clean(via.raw);
        return;
    }
    let head = &via.raw[..via.raw.len() - via.params.raw().len()];
    writer.clean(trim(head));
    for (name, value) in via.params.iter() {
        if name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport") {
            continue;
        }
        writer.put(b";").clean(name);
        if let Some(value) = value {
            writer.put(b"=").clean(value);
        }
    }
    writer.put(b";received=").put(ip_text(source.ip()).as_bytes());
    if asked {
        writer.put(b";rport=").number(u64::from(source.port()));
    }
}

/// An address as text; `received` carries IPv6 without brackets (RFC 3261, section 25.1).
pub(crate) fn ip_text(ip: IpAddr) -> arrayvec::ArrayString<48> {
    let mut text = arrayvec::ArrayString::new();
    use core::fmt::Write as _;
    // No address is longer than 45 characters.
    let _ = write!(text, "{}", ip.to_canonical());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transport;

    fn reply(via: &str, source: &str) -> (String, SocketAddr) {
        let via = Via::parse(via.as_bytes()).unwrap();
        let address = source.parse().unwrap();
        let peer = Peer { transport: Transport::Udp, address, connection: None };
        let mut out = Vec::new();
        let mut writer = Writer::response(&mut out, 200, "");
        write_reply_via(&mut writer, &via, address);
        let text = String::from_utf8(out).unwrap();
        (text.replace("SIP/2.0 200 \r\n", ""), reply_peer(&via, peer).address)
    }

    #[test]
    fn rport_received_and_neither() {
        let same = "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1";
        assert_eq!(reply(same, "192.0.2.1:9"), (same.into(), "192.0.2.1:5070".parse().unwrap()));
        let (via, to) = reply("SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bK1", "192.0.2.1:1024");
        assert_eq!(via, "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1;received=192.0.2.1;rport=1024");
        assert_eq!(to, "192.0.2.1:1024".parse().unwrap());
        let (via, to) =
            reply("SIP/2.0/UDP pc.example;received=1.2.3.4;branch=z9hG4bK1", "192.0.2.1:9");
        assert_eq!(via, "SIP/2.0/UDP pc.example;branch=z9hG4bK1;received=192.0.2.1");
        assert_eq!(to, "192.0.2.1:5060".parse().unwrap());
        let (via, _) = reply("SIP/2.0/UDP [2001:db8::9];rport", "[2001:db8::8]:77");
        assert_eq!(via, "SIP/2.0/UDP [2001:db8::9];received=2001:db8::8;rport=77");
    }
}
