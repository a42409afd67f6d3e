//! OPTIONS to phones, so that the NAT before them does not forget the way to them (RFC 5626,
//! section 3.5, has the phone do this; most do not, or not often enough).

use tipring_clock::Instant;

use super::transactions::ClientUser;
use super::{Context, TimerKey, UserAgent};
use crate::dialog::write_via;
use crate::message::{HeaderName, Writer};
use crate::transaction::Peer;

/// A round through all phones goes in so many steps, so that they are not all asked at once.
const PARTS: u64 = 16;

/// How far the round is.
#[derive(Debug, Default)]
pub(super) struct Round {
    part: u64,
    armed: bool,
}

impl UserAgent {
    /// A phone is there: the round goes on, if phones are to be kept alive.
    pub(super) fn arm_keep_alive(&mut self, now: Instant) {
        let Some(interval) = self.config.registrar.keep_alive else { return };
        if !std::mem::replace(&mut self.keep_alive.armed, true) {
            self.timers.push(now + interval / PARTS as u32, TimerKey::KeepAlive);
        }
    }

    /// Asks the next part of the phones; the round ends with the last phone.
    pub(super) fn keep_phones_alive(&mut self, cx: &mut Context<'_>) {
        self.keep_alive.armed = false;
        self.keep_alive.part = (self.keep_alive.part + 1) % PARTS;
        let part = self.keep_alive.part;
        let phones: Vec<(Box<[u8]>, Peer)> = self
            .directory
            .datagram_peers(cx.now, part, PARTS)
            .map(|binding| (binding.uri.clone(), binding.peer))
            .collect();
        for (uri, peer) in phones {
            self.ask_phone(cx, &uri, peer);
        }
        if self.directory.registrations(cx.now).next().is_some() {
            self.arm_keep_alive(cx.now);
        }
    }

    /// Whatever the phone answers is well: it was the packet that mattered.
    fn ask_phone(&mut self, cx: &mut Context<'_>, uri: &[u8], peer: Peer) {
        let (branch, tag, call_id) = (self.random(), self.random(), self.random());
        let local = self.local_for(peer.transport, peer.address.ip());
        let mut bytes = self.take_buffer();
        let mut writer = Writer::request(&mut bytes, b"OPTIONS", uri);
        write_via(&mut writer, peer.transport, local, branch);
        writer.line_number(HeaderName::MaxForwards, 70);
        writer.name(HeaderName::From).put(b"<sip:").socket(local).put(b">;tag=").hex(tag).end();
        writer.name(HeaderName::To).put(b"<").put(uri).put(b">").end();
        writer.name(HeaderName::CallId).hex(call_id).end();
        writer.line(HeaderName::CSeq, b"1 OPTIONS");
        writer.finish("", b"");
        self.begin_client(cx.now, branch, ClientUser::Nobody, peer, bytes);
    }
}
