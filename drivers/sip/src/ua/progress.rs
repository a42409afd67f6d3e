//! What comes back to our INVITEs (RFC 3261, sections 13.2.2 and 12.1.2).

use std::mem;

use tipring_line::{AnswerCertainty, Cause, ChannelEvent};

use super::call::{Call, CallState, Calling, Established};
use super::guard::session_description;
use super::receive::parse_tag;
use super::transactions::ClientUser;
use super::within::reason_cause;
use super::{Context, UserAgent};
use crate::DtmfMode;
use crate::dialog::Dialog;
use crate::message::{Essentials, HeaderName, Message};
use crate::sdp::{Agreement, Sdp};
use crate::slab::SlotId;
use crate::transaction::Peer;

impl UserAgent {
    /// A response to an INVITE of ours.
    pub(super) fn progress(
        &mut self,
        cx: &mut Context<'_>,
        (id, branch): (SlotId, usize),
        source: Peer,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
        status: u16,
    ) {
        let cancelling = match self.calls.get(id).map(|call| &call.state) {
            Some(CallState::Calling(_)) => None,
            Some(CallState::Cancelling(calling)) => calling.cancel_cause,
            // The call was answered at another branch, or is over.
            _ => return self.progress_late(cx, id, source, message, essentials, status),
        };
        match (cancelling, status) {
            (None, 100) => {}
            (None, 101..=199) => self.early(id, message, essentials, status),
            (None, 200..=299) => self.answered(cx, id, branch, message, essentials),
            (Some(cause), 100..=199) => self.cancel_late(cx, essentials, cause),
            (Some(_), 200..=299) => {
                self.end_fork(cx, source, message, essentials);
                self.branch_failed(cx, id, branch, 487, Cause::NormalUnspecified);
            }
            _ => {
                let asked = cancelling.is_none() && matches!(status, 401 | 407);
                if !asked || !self.authenticate_branch(cx, id, branch, message) {
                    let cause = failure_cause(message, status);
                    self.branch_failed(cx, id, branch, status, cause);
                }
            }
        }
    }

    fn progress_late(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        source: Peer,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
        status: u16,
    ) {
        match status {
            100..=199 => self.cancel_late(cx, essentials, Cause::AnsweredElsewhere),
            200..=299 => self.answered_again(cx, id, source, message, essentials),
            _ => {}
        }
    }

    /// The INVITE this is a response to should have been cancelled, but had heard nothing yet.
    fn cancel_late(&mut self, cx: &mut Context<'_>, essentials: &Essentials<'_>, cause: Cause) {
        let branch = essentials.via.branch.strip_prefix(crate::message::MAGIC_COOKIE);
        let Some(branch) = branch.and_then(parse_tag) else { return };
        if let Some((transaction, _)) = self.transactions.client(branch, false) {
            self.cancel_transaction(cx, transaction, cause);
        }
    }

    /// A provisional response: it rings, or is heard already.
    fn early(
        &mut self,
        id: SlotId,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
        status: u16,
    ) {
        let agreed = self.agreement_in(id, message, essentials);
        let Some(call) = self.calls.get_mut(id) else { return };
        let CallState::Calling(calling) = &mut call.state else { return };
        let tag = essentials.to.tag().unwrap_or(b"");
        let rings = status == 180 && !mem::replace(&mut calling.ringing, true);
        let first = calling.early_tag.is_none();
        // Of several early dialogs the first that has audio is heard.
        let heard = agreed.is_some() && (first || calling.early_tag.as_deref() == Some(tag));
        if heard {
            calling.early_tag = Some(tag.into());
            call.audio.agreed = agreed;
        }
        if rings {
            self.tell_event(id, ChannelEvent::Ringing);
        }
        if heard {
            self.tell_media(id);
            if first {
                self.tell_event(id, ChannelEvent::EarlyAudio);
            }
        }
    }

    /// What the description in a response comes to; `None` if there is none, or it is no use.
    fn agreement_in(
        &self,
        id: SlotId,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
    ) -> Option<Agreement> {
        let call = self.calls.get(id)?;
        let events = call.keys.mode != DtmfMode::InBand;
        let sdp = Sdp::parse(session_description(message)?).ok()?;
        let source = essentials.via.params.value(b"received").and_then(crate::message::host_ip);
        let source = source.unwrap_or(call.dialog.peer.address.ip());
        Agreement::with(&sdp, &self.config.codecs, events, source).ok()
    }

    /// The first 2xx: the call is answered.
    fn answered(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        branch: usize,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
    ) {
        let agreed = self.agreement_in(id, message, essentials);
        let Some(call) = self.calls.get_mut(id) else { return };
        let CallState::Calling(calling) = &mut call.state else { return };
        let calling = mem::take(calling);
        let Some(winner) = calling.branches.get(branch) else { return };
        let early = calling.early_tag.as_deref() == Some(essentials.to.tag().unwrap_or(b""));
        call.dialog.target = winner.target.clone();
        call.dialog.answered_by(message, &essentials.to, winner.peer);
        call.dialog.local_cseq = winner.cseq;
        call.keys.allows_info = message.lists(HeaderName::Allow, "INFO");
        call.allows_update = message.lists(HeaderName::Allow, "UPDATE");
        match agreed {
            Some(agreed) => call.audio.agreed = Some(agreed),
            // The answer came with the early dialog's description (section 13.2.1).
            None if early => {}
            None => call.audio.agreed = None,
        }
        let usable = call.audio.agreed.is_some();
        call.state = CallState::Established(Established::default());
        self.send_ack(id, winner.cseq);
        self.cancel_others(cx, &calling, branch);
        if !usable {
            return self.hang_up(cx, id, Cause::BearerUnavailable);
        }
        self.tell_media(id);
        self.tell_connected(id, message);
        self.tell_event(id, ChannelEvent::Answered(AnswerCertainty::Signalled));
    }

    fn cancel_others(&mut self, cx: &mut Context<'_>, calling: &Calling, winner: usize) {
        for (index, branch) in calling.branches.iter().enumerate() {
            if let Some(transaction) = branch.transaction.filter(|_| index != winner) {
                self.cancel_transaction(cx, transaction, Cause::AnsweredElsewhere);
            }
        }
    }

    /// The ACK of a 2xx, a request of its own (section 13.2.2.4).
    fn send_ack(&mut self, id: SlotId, cseq: u32) {
        let branch = self.random();
        let Some(call) = self.calls.get_mut(id) else { return };
        let mut bytes = Vec::with_capacity(512);
        call.dialog.begin_request(&mut bytes, "ACK", cseq, branch).finish("", b"");
        let peer = call.dialog.peer;
        if let CallState::Established(established) = &mut call.state {
            established.ack = Some((bytes.clone(), peer));
        }
        self.transmit(peer, bytes);
    }

    /// A 2xx after the first: the same one again, or another fork's.
    fn answered_again(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        source: Peer,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
    ) {
        if let Some(Call { state: CallState::Established(established), dialog, .. }) =
            self.calls.get(id)
            && *dialog.remote_tag == *essentials.to.tag().unwrap_or(b"")
        {
            let Some((bytes, peer)) = established.ack.clone() else { return };
            self.counters.retransmissions += 1;
            return self.transmit_copy(peer, &bytes);
        }
        self.end_fork(cx, source, message, essentials);
    }

    /// Acknowledges and ends a call that somebody answered in vain.
    fn end_fork(
        &mut self,
        cx: &mut Context<'_>,
        source: Peer,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
    ) {
        let from = essentials.from.raw;
        let Some(local_tag) = essentials.from.tag().and_then(parse_tag) else { return };
        let Some(end) = from.windows(5).rposition(|w| w == b";tag=") else { return };
        let mut dialog = Dialog {
            call_id: essentials.call_id.into(),
            local_tag,
            local: from[..end].into(),
            remote: Box::default(),
            remote_tag: Box::default(),
            target: essentials.to.uri.raw.into(),
            routes: Box::default(),
            local_cseq: essentials.cseq.number,
            remote_cseq: None,
            peer: source,
            contact: self.local_for(source.transport, source.address.ip()),
        };
        dialog.answered_by(message, &essentials.to, source);
        let mut ack = self.take_buffer();
        let cseq = dialog.local_cseq;
        let branch = self.random();
        dialog.begin_request(&mut ack, "ACK", cseq, branch).finish("", b"");
        self.transmit(dialog.peer, ack);
        let branch = self.random();
        let mut bye = self.take_buffer();
        dialog.begin_request(&mut bye, "BYE", cseq.saturating_add(1), branch).finish("", b"");
        self.begin_client(cx.now, branch, ClientUser::Nobody, dialog.peer, bye);
    }

    /// A trunk wants credentials for this INVITE; says whether they were sent.
    fn authenticate_branch(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        index: usize,
        message: &Message<'_>,
    ) -> bool {
        let Some(call) = self.calls.get(id) else { return false };
        let party = call.party;
        let CallState::Calling(calling) = &call.state else { return false };
        let Some(branch) = calling.branches.get(index).filter(|b| !b.authenticated) else {
            return false;
        };
        let uri = branch.target.clone();
        let Some(credentials) = self.credentials_for(party, message, "INVITE", &uri) else {
            return false;
        };
        if let Some(branch) = self.branch_mut(id, index) {
            branch.authenticated = true;
            branch.cseq += 1;
        }
        self.send_invite(cx, id, index, &credentials)
    }

    /// A branch is over without an answer.
    pub(super) fn branch_failed(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        index: usize,
        status: u16,
        cause: Cause,
    ) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let cancelling = matches!(call.state, CallState::Cancelling(_));
        let (CallState::Calling(calling) | CallState::Cancelling(calling)) = &mut call.state else {
            return;
        };
        if let Some(branch) = calling.branches.get_mut(index) {
            branch.transaction = None;
        }
        if calling.failure.is_none_or(|(known, _)| rank(status) > rank(known)) {
            calling.failure = Some((status, cause));
        }
        let open: Vec<SlotId> = calling.branches.iter().filter_map(|b| b.transaction).collect();
        let (_, cause) = calling.failure.unwrap_or((status, cause));
        if open.is_empty() {
            self.free_channel(cx, id, cause);
            return self.drop_call(id);
        }
        // 6xx speaks for all contacts of the phone (section 16.7, step 5).
        if status >= 600 && !cancelling {
            for transaction in open {
                self.cancel_transaction(cx, transaction, Cause::UserBusy);
            }
        }
    }
}

/// Which of several failures is told: a final word first, then busy, then what says more than
/// that nobody answered (section 16.7, step 6).
const fn rank(status: u16) -> u8 {
    match status {
        600.. => 5,
        486 => 4,
        408 | 503 => 1,
        487 => 0,
        480 => 2,
        _ => 3,
    }
}

/// Why a call failed: what the peer says in Q.850's words, else what its status means. A
/// redirection (3xx) is not followed: the phone does not take the call here.
fn failure_cause(message: &Message<'_>, status: u16) -> Cause {
    match status {
        300..=399 => Cause::Rejected,
        _ => reason_cause(message).unwrap_or_else(|| Cause::from_sip_status(status)),
    }
}
