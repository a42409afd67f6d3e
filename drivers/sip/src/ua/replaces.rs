//! INVITE with Replaces (RFC 3891): a phone takes the place of another leg, for a call that is to
//! move to another desk, or that rings there and is picked up.
//!
//! Which dialog is meant is settled here; whether the phone may have it is the switch's to decide.

use tipring_line::ChannelEvent;

use super::UserAgent;
use super::call::CallState;
use super::receive::parse_tag;
use super::reply::Request;
use super::trust::Identity;
use crate::message::{HeaderName, Params};
use crate::slab::SlotId;

/// What a Replaces value names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Named {
    /// The call.
    pub(super) call: SlotId,
    /// Only a call that still rings is meant (`early-only`).
    early_only: bool,
}

impl UserAgent {
    /// The call whose dialog a Replaces value names: the `to-tag` is ours, the `from-tag` the
    /// peer's (section 3).
    pub(super) fn dialog_named(&self, value: &[u8]) -> Option<Named> {
        let end = value.iter().position(|b| *b == b';')?;
        let (call_id, params) = (&value[..end], Params::new(&value[end..]));
        let ours = parse_tag(params.value(b"to-tag")?)?;
        let theirs = params.value(b"from-tag")?;
        let call = *self.by_tag.get(&ours)?;
        let dialog = &self.calls.get(call)?.dialog;
        // While it rings the peer's tag may not be known, or be one of several.
        let early = matches!(self.calls.get(call)?.state, CallState::Calling(_));
        let is_it = *dialog.call_id == *call_id && (early || *dialog.remote_tag == *theirs);
        is_it.then_some(Named { call, early_only: params.get(b"early-only").is_some() })
    }

    /// What the switch is told of an INVITE with Replaces; nothing of one without.
    ///
    /// # Errors
    /// The status by which it is refused (section 3).
    pub(super) fn replaces_of(
        &self,
        request: &Request<'_, '_>,
        identity: Identity,
    ) -> Result<Option<ChannelEvent>, u16> {
        let mut values = request.message.lines(HeaderName::Replaces);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(400);
        }
        let Identity::Extension(extension) = identity else { return Err(403) };
        let named = self.dialog_named(value).ok_or(481u16)?;
        let call = self.calls.get(named.call).ok_or(481u16)?;
        match call.state {
            CallState::Established(_) if named.early_only => Err(486),
            CallState::Established(_) | CallState::Calling(_) => {
                Ok(Some(ChannelEvent::Replaces { leg: call.channel, extension }))
            }
            CallState::Ending | CallState::Cancelling(_) => Err(603),
            // An early dialog that we did not begin is nobody's to take.
            CallState::Offered(_) | CallState::Seized { .. } => Err(481),
        }
    }
}
