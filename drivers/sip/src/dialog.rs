//! Dialogs (RFC 3261, section 12): who talks to whom, and how requests within find their way.

use std::net::{IpAddr, SocketAddr};

use crate::Transport;
use crate::message::{HeaderName, Message, NameAddr, Uri, Writer};
use crate::transaction::Peer;

/// The most bytes a route set may have; a longer one is refused with its message.
const ROUTES_MAX: usize = 4096;

/// One dialog, or what of it is known before the peer has answered.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) call_id: Box<[u8]>,
    pub(crate) local_tag: u64,
    /// Our From or To without its tag.
    pub(crate) local: Box<[u8]>,
    /// The peer's From or To, with its tag if it is known.
    pub(crate) remote: Box<[u8]>,
    /// The peer's tag; empty while unknown, and for a peer of RFC 2543.
    pub(crate) remote_tag: Box<[u8]>,
    /// The URI that requests within carry (the peer's Contact).
    pub(crate) target: Box<[u8]>,
    /// The route set, as the value of one Route line.
    pub(crate) routes: Box<[u8]>,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    /// Where requests within are sent.
    pub(crate) peer: Peer,
    /// Our address as that peer knows it.
    pub(crate) contact: SocketAddr,
}

impl Dialog {
    /// Writes the first lines of a request within the dialog: all but what the request is about.
    pub(crate) fn begin_request<'b>(
        &self,
        out: &'b mut Vec<u8>,
        method: &str,
        cseq: u32,
        branch: u64,
    ) -> Writer<'b> {
        let (uri, routes) = self.routing();
        let mut writer = Writer::request(out, method.as_bytes(), &uri);
        write_via(&mut writer, self.peer.transport, self.contact, branch);
        writer.line_number(HeaderName::MaxForwards, 70);
        if !routes.is_empty() {
            writer.line(HeaderName::Route, &routes);
        }
        writer.name(HeaderName::From).clean(&self.local).put(b";tag=").hex(self.local_tag).end();
        writer.line(HeaderName::To, &self.remote);
        writer.line(HeaderName::CallId, &self.call_id);
        writer.name(HeaderName::CSeq).number(u64::from(cseq)).put(b" ");
        writer.put(method.as_bytes()).end();
        writer
    }

    /// Request-URI and Route of a request within (section 12.2.1.1): a first route without `lr`
    /// is a strict router, which wants to be the Request-URI itself.
    fn routing(&self) -> (Box<[u8]>, Box<[u8]>) {
        let mut values = crate::message::scan::Values::new(&self.routes);
        let first = values.next().and_then(|value| NameAddr::parse(value).ok());
        match first {
            Some(first) if first.uri.params.get(b"lr").is_none() => {
                let mut rest: Vec<u8> = values.flat_map(|value| [value, b", "].concat()).collect();
                rest.extend([b"<", &self.target[..], b">"].concat());
                (first.uri.raw.into(), rest.into())
            }
            _ => (self.target.clone(), self.routes.clone()),
        }
    }

    /// The peer has told a new target (section 12.2.1.2 and 12.2.2).
    pub(crate) fn refresh_target(&mut self, message: &Message<'_>) {
        if let Some(contact) = contact_of(message) {
            self.target = contact.raw.into();
        }
    }

    /// The peer that answered our INVITE with this message, which came over `peer`.
    pub(crate) fn answered_by(&mut self, message: &Message<'_>, to: &NameAddr<'_>, peer: Peer) {
        self.remote = to.raw.into();
        self.remote_tag = to.tag().unwrap_or(b"").into();
        self.routes = route_set(message, true).unwrap_or_default();
        self.refresh_target(message);
        self.peer = next_hop(peer, &self.routes, &self.target, None);
    }
}

/// Our Via line.
pub(crate) fn write_via(
    writer: &mut Writer<'_>,
    transport: Transport,
    local: SocketAddr,
    branch: u64,
) {
    writer.name(HeaderName::Via).put(b"SIP/2.0/").put(transport.via_name().as_bytes()).put(b" ");
    writer.socket(local).put(b";branch=z9hG4bK").hex(branch).put(b";rport").end();
}

/// The URI of the first Contact.
pub(crate) fn contact_of<'a>(message: &Message<'a>) -> Option<Uri<'a>> {
    let value = message.values(HeaderName::Contact).next()?;
    NameAddr::parse(value).ok().map(|contact| contact.uri)
}

/// The route set of a dialog from Record-Route: as it stands for the called side, `reversed` for
/// the calling one (section 12.1). `None` if it is beyond all measure.
pub(crate) fn route_set(message: &Message<'_>, reversed: bool) -> Option<Box<[u8]>> {
    let mut routes: Vec<&[u8]> = message.values(HeaderName::RecordRoute).collect();
    if reversed {
        routes.reverse();
    }
    let joined = routes.join(&b", "[..]);
    (joined.len() <= ROUTES_MAX).then(|| joined.into())
}

/// Where requests within a dialog go whose peer talked to us from `peer`.
///
/// By the standard that is the first route, or the target. But names are not resolved here, and
/// what stands behind a NAT names an address that leads nowhere. So: a stream is used while it
/// lasts; the first route or the target is followed if it is an address; a target is not followed
/// if it is just what the peer believes its address to be (`claimed`, its Via's host or its
/// registered contact's) while its packets come from another, nor a private address given by a
/// public peer.
pub(crate) fn next_hop(peer: Peer, routes: &[u8], target: &[u8], claimed: Option<IpAddr>) -> Peer {
    if peer.is_reliable() {
        return peer;
    }
    let first = crate::message::scan::Values::new(routes).next();
    let route = first.and_then(|value| NameAddr::parse(value).ok()).map(|route| route.uri);
    let Some(uri) = route.or_else(|| Uri::parse(target).ok()) else { return peer };
    let Some(address) = uri.socket_addr() else { return peer };
    let (ip, source) = (address.ip().to_canonical(), peer.address.ip().to_canonical());
    let hidden = claimed.is_some_and(|claimed| claimed.to_canonical() == ip) && ip != source;
    let nowhere = is_private(ip) && !is_private(source) || ip.is_unspecified();
    let wants_stream =
        uri.params.value(b"transport").is_some_and(|t| t.eq_ignore_ascii_case(b"tcp"));
    if hidden || nowhere || wants_stream { peer } else { Peer { address, ..peer } }
}

/// Whether an address is of a private network (RFC 1918, RFC 4193), link-local or this machine.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || matches!(v6.segments()[0] & 0xfe00, 0xfc00 | 0xfe00),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer { transport: Transport::Udp, address: address.parse().unwrap(), connection: None }
    }

    fn hop(source: &str, routes: &str, target: &str, claimed: Option<&str>) -> String {
        let claimed = claimed.map(|ip| ip.parse().unwrap());
        next_hop(peer(source), routes.as_bytes(), target.as_bytes(), claimed).address.to_string()
    }

    #[test]
    fn the_way_back() {
        let s = "203.0.113.5:1024";
        assert_eq!(hop(s, "", "sip:a@198.51.100.7:5070", None), "198.51.100.7:5070");
        assert_eq!(hop(s, "", "sip:a@10.0.0.9:5070", None), s, "a private target");
        assert_eq!(hop(s, "", "sip:a@198.51.100.7", Some("198.51.100.7")), s, "a NAT's inside");
        assert_eq!(hop(s, "", "sip:a@sbc.example", None), s, "a name");
        assert_eq!(hop(s, "<sip:198.51.100.1;lr>", "sip:a@10.0.0.9", None), "198.51.100.1:5060");
        assert_eq!(hop("10.0.0.5:5060", "", "sip:a@10.0.0.9:5062", None), "10.0.0.9:5062");
        assert_eq!(
            hop("10.0.0.5:5060", "", "sip:a@10.0.0.5:5062", Some("10.0.0.5")),
            "10.0.0.5:5062"
        );
    }

    fn dialog(routes: &str) -> Dialog {
        Dialog {
            call_id: (*b"c").into(),
            local_tag: 1,
            local: (*b"<sip:us@h>").into(),
            remote: (*b"<sip:them@h>;tag=t").into(),
            remote_tag: (*b"t").into(),
            target: (*b"sip:them@10.0.0.9").into(),
            routes: routes.as_bytes().into(),
            local_cseq: 1,
            remote_cseq: None,
            peer: peer("10.0.0.9:5060"),
            contact: "10.0.0.1:5060".parse().unwrap(),
        }
    }

    #[test]
    fn loose_and_strict_routes() {
        let text = |routes: &str| {
            let mut out = Vec::new();
            dialog(routes).begin_request(&mut out, "BYE", 2, 3).finish("", b"");
            String::from_utf8(out).unwrap()
        };
        let loose = text("<sip:p1;lr>, <sip:p2;lr>");
        assert!(loose.starts_with("BYE sip:them@10.0.0.9 SIP/2.0\r\n"), "{loose}");
        assert!(loose.contains("\r\nRoute: <sip:p1;lr>, <sip:p2;lr>\r\n"), "{loose}");
        let strict = text("<sip:p1>, <sip:p2;lr>");
        assert!(strict.starts_with("BYE sip:p1 SIP/2.0\r\n"), "{strict}");
        assert!(strict.contains("\r\nRoute: <sip:p2;lr>, <sip:them@10.0.0.9>\r\n"), "{strict}");
        assert!(!text("").contains("Route"));
        assert!(text("").contains("From: <sip:us@h>;tag=0000000000000001\r\n"));
    }
}
