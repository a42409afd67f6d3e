//! Keys by INFO: `application/dtmf-relay` and `application/dtmf`, as gateways and phones send
//! them (RFC 6086, section 1, "legacy usage"), and the ways in which we send keys.

use tipring_line::{ChannelEvent, Digit, DigitSource, Digits};

use super::call::CallState;
use super::incoming::write_contact;
use super::reply::Request;
use super::transactions::ClientUser;
use super::{Context, UserAgent};
use crate::message::HeaderName;
use crate::message::scan::trim;
use crate::slab::SlotId;
use crate::{DtmfMode, Output};

/// A key in an INFO's body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Digit(Digit),
    /// `Signal=!` or 16.
    Flash,
}

impl UserAgent {
    /// An INFO within a dialog: a key, or nothing (sent to see whether the call lives).
    pub(super) fn receive_info(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        request: &Request<'_, '_>,
    ) {
        let body = request.message.body();
        if body.is_empty() {
            return self.reply_bare(cx.now, request, 200);
        }
        let kind = request.message.header(HeaderName::ContentType).unwrap_or(b"");
        let end = kind.iter().position(|b| *b == b';').unwrap_or(kind.len());
        let key = match trim(&kind[..end]).to_ascii_lowercase().as_slice() {
            b"application/dtmf-relay" => relay_key(body),
            b"application/dtmf" => key_named(trim(body)),
            _ => {
                return self.reply_stateless(request, 415, |writer| {
                    writer.line(HeaderName::Accept, b"application/dtmf-relay, application/dtmf");
                });
            }
        };
        let Some(key) = key else {
            return self.reply_stateless(request, 400, |_| {});
        };
        self.reply_bare(cx.now, request, 200);
        let event = match key {
            Key::Digit(digit) => ChannelEvent::Digit { digit, source: DigitSource::SipInfo },
            Key::Flash => ChannelEvent::HookFlash,
        };
        self.tell_event(id, event);
    }

    /// Sends keys to the peer in the way agreed with it.
    pub(super) fn send_digits(&mut self, cx: &mut Context<'_>, id: SlotId, digits: &Digits) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let answered = matches!(call.state, CallState::Established(_));
        let events = call.audio.agreed.is_some_and(|agreed| agreed.events.is_some());
        let info = answered
            && match call.keys.mode {
                DtmfMode::Info => true,
                DtmfMode::Auto => !events && call.keys.allows_info,
                DtmfMode::Rfc4733 | DtmfMode::InBand => false,
            };
        if info {
            for digit in digits {
                // A full queue drops the last keys: nobody waits for so many.
                if call.keys.waiting.try_push(*digit).is_err() {
                    self.counters.overload += 1;
                    break;
                }
            }
            return self.send_next_key(cx, id);
        }
        let channel = call.channel;
        self.output(if events {
            Output::SendEvents(channel, digits.clone())
        } else {
            Output::SendTones(channel, digits.clone())
        });
    }

    /// Sends the next key, if none is under way: their order must be kept.
    fn send_next_key(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let branch = self.random();
        let mut bytes = self.take_buffer();
        let Some(call) = self.calls.get_mut(id) else { return };
        if call.keys.sending || !matches!(call.state, CallState::Established(_)) {
            return;
        }
        let Some(digit) = call.keys.waiting.pop_at(0) else { return };
        call.keys.sending = true;
        call.dialog.local_cseq += 1;
        let (peer, cseq) = (call.dialog.peer, call.dialog.local_cseq);
        let mut writer = call.dialog.begin_request(&mut bytes, "INFO", cseq, branch);
        write_contact(&mut writer, call);
        let body = format!("Signal={digit}\r\nDuration=160\r\n");
        writer.finish("application/dtmf-relay", body.as_bytes());
        if self.begin_client(cx.now, branch, ClientUser::Info(id), peer, bytes).is_none()
            && let Some(call) = self.calls.get_mut(id)
        {
            call.keys.sending = false;
        }
    }

    /// An INFO of ours has its final response, or none came.
    pub(super) fn keys_sent(&mut self, cx: &mut Context<'_>, id: SlotId, status: Option<u16>) {
        let Some(call) = self.calls.get_mut(id) else { return };
        call.keys.sending = false;
        match status {
            Some(200..=299) => self.send_next_key(cx, id),
            // The peer has lost the call (section 12.2.1.2).
            None | Some(408 | 481) => self.hang_up(cx, id, tipring_line::Cause::TimerExpired),
            // The peer does not take keys so: the rest go as tones.
            Some(_) => {
                call.keys.allows_info = false;
                let waiting = std::mem::take(&mut call.keys.waiting);
                let channel = call.channel;
                if !waiting.is_empty() {
                    self.output(Output::SendTones(channel, waiting));
                }
            }
        }
    }
}

/// The key of `Signal=5` among the lines of a body.
fn relay_key(body: &[u8]) -> Option<Key> {
    body.split(|b| matches!(b, b'\r' | b'\n')).find_map(|line| {
        let equals = line.iter().position(|b| *b == b'=')?;
        let is_signal = trim(&line[..equals]).eq_ignore_ascii_case(b"Signal");
        is_signal.then(|| key_named(trim(&line[equals + 1..]))).flatten()
    })
}

/// A key by its character, or by its event number where that has two digits.
fn key_named(name: &[u8]) -> Option<Key> {
    match name {
        [b'!'] | b"16" => Some(Key::Flash),
        [c] => Digit::from_char(char::from(*c)).map(Key::Digit),
        [b'1', units @ b'0'..=b'5'] => Digit::from_event(units - b'0' + 10).map(Key::Digit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_the_forms_that_are_seen() {
        let digit = |c: char| Digit::from_char(c).map(Key::Digit);
        for (body, key) in [
            (&b"Signal=5\r\nDuration=160\r\n"[..], digit('5')),
            (b"Signal= *\nDuration= 250", digit('*')),
            (b"Duration=100\r\nsignal=11\r\n", digit('#')),
            (b"Signal=10", digit('*')),
            (b"Signal=!", Some(Key::Flash)),
            (b"Signal=16", Some(Key::Flash)),
            (b"Signal=d", digit('D')),
            (b"Signal=", None),
            (b"Signal=55", None),
            (b"5", None),
            (b"", None),
        ] {
            assert_eq!(relay_key(body), key, "{}", body.escape_ascii());
        }
        assert_eq!(key_named(b"#"), digit('#'));
    }
}
