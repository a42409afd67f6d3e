//! What an extension's telephone may be set to: forwarding, do not disturb; and what it may dial
//! instead of a number: redial, speed dial, an account with the number.

use tipring_events::{EventKind, ForwardWhen, Refusal, Reply};
use tipring_line::{CallId, Cause, Number};

use crate::call::Place;
use crate::dial::{Feature, From, Outgoing, Route};
use crate::incoming::Origin;
use crate::moment::Moment;
use crate::switch::{BY_BOX, Switch};

/// How many forwardings may lead one call on.
const FORWARDS_MAX: usize = 8;

fn at(when: ForwardWhen) -> usize {
    match when {
        ForwardWhen::Always => 0,
        ForwardWhen::Busy => 1,
        ForwardWhen::NoAnswer => 2,
    }
}

/// Every reason to forward.
pub(crate) const FORWARDS: [ForwardWhen; 3] =
    [ForwardWhen::Always, ForwardWhen::Busy, ForwardWhen::NoAnswer];

impl Switch {
    /// Where an extension's calls go then.
    pub(crate) fn forward_of(&self, extension: Number, when: ForwardWhen) -> Option<Number> {
        let extension = self.extensions.get(&extension)?;
        extension.forwards[at(when)].or(extension.configured[at(when)])
    }

    /// Leads a call on to where an extension's calls are forwarded. An extension's forwarding
    /// leads a call on once, so that no ring of forwardings holds it for ever.
    pub(crate) fn forward(
        &mut self,
        m: Moment,
        id: CallId,
        from: Number,
        to: Number,
        when: ForwardWhen,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.forwarded.contains(&from) || call.forwarded.len() >= FORWARDS_MAX {
            return self.dial_failed(m, id, Cause::UserBusy, BY_BOX);
        }
        call.forwarded.push(from);
        call.forwarded_when = Some(when);
        self.event(EventKind::CallForwarded { call: id, from, to, when });
        match self.route_for(from, to) {
            Ok(Route::Feature { .. } | Route::Parking(_)) | Err(_) => {
                self.dial_failed(m, id, Cause::NoRoute, BY_BOX);
            }
            Ok(route) => self.take_for(m, id, route, from),
        }
    }

    /// Sets where an extension's calls go then; `None` as in the configuration.
    ///
    /// # Errors
    /// [`Refusal::NoSuchExtension`]; [`Refusal::NotAllowed`] for a number it may not call.
    pub fn set_forward(&mut self, number: Number, when: ForwardWhen, to: Option<Number>) -> Reply {
        if let Some(to) = to {
            let route = self.route_for(number, to)?;
            if to == number || matches!(route, Route::Feature { .. } | Route::Parking(_)) {
                return Err(Refusal::NotAllowed);
            }
        }
        let extension = self.extensions.get_mut(&number).ok_or(Refusal::NoSuchExtension)?;
        if core::mem::replace(&mut extension.forwards[at(when)], to) != to {
            self.event(EventKind::ForwardChanged { extension: number, when, to });
            self.show_forwarding(number);
        }
        Ok(())
    }

    /// Sets whether an extension is left alone.
    ///
    /// # Errors
    /// [`Refusal::NoSuchExtension`].
    pub fn set_do_not_disturb(&mut self, number: Number, on: bool) -> Reply {
        let extension = self.extensions.get_mut(&number).ok_or(Refusal::NoSuchExtension)?;
        if core::mem::replace(&mut extension.do_not_disturb, on) != on {
            self.event(EventKind::DoNotDisturbChanged { extension: number, on });
            self.show_forwarding(number);
        }
        Ok(())
    }

    /// Puts an extension's setting, or a span's service, back as the log has it. Nothing is logged.
    pub fn restore(&mut self, event: &EventKind) {
        match event {
            EventKind::ForwardChanged { extension, when, to } => {
                if let Some(extension) = self.extensions.get_mut(extension) {
                    extension.forwards[at(*when)] = *to;
                }
            }
            EventKind::DoNotDisturbChanged { extension, on } => {
                if let Some(extension) = self.extensions.get_mut(extension) {
                    extension.do_not_disturb = *on;
                }
            }
            EventKind::MessageWaitingChanged { extension, waiting, .. } => {
                if let Some(known) = self.extensions.get_mut(extension) {
                    known.messages = *waiting;
                }
                return self.show_messages(*extension);
            }
            EventKind::SpanServiceChanged { span, out_of_service, configured } => {
                self.restore_service(span, out_of_service, configured);
            }
            _ => return,
        }
        if let EventKind::ForwardChanged { extension, .. }
        | EventKind::DoNotDisturbChanged { extension, .. } = event
        {
            self.show_forwarding(*extension);
        }
    }

    /// A handset's dial tone reminds of what keeps its calls away.
    fn show_forwarding(&mut self, number: Number) {
        let Some(extension) = self.extensions.get(&number) else { return };
        let away =
            extension.do_not_disturb || self.forward_of(number, ForwardWhen::Always).is_some();
        if let Some(port) = extension.port {
            let channel = tipring_line::ChannelId::port(port);
            self.channel(channel, tipring_line::ChannelCommand::Forwarded(away));
        }
    }

    /// Puts the number meant in the place of a redial, speed-dial or account code; gives the
    /// account.
    pub(crate) fn translate(&self, origin: &mut Origin) -> Option<Number> {
        let (Place::Extension(extension), Some(dialled)) = (origin.place, origin.called) else {
            return None;
        };
        let (number, account) = self.number_meant(extension, dialled)?;
        origin.called = Some(number);
        account
    }

    /// The number that was meant, if what was dialled stands for one; and the account.
    pub(crate) fn number_meant(
        &self,
        extension: Number,
        dialled: Number,
    ) -> Option<(Number, Option<Number>)> {
        let codes = self.plan.codes.iter();
        let (code, feature) = codes
            .filter(|(_, f)| matches!(f, Feature::Redial | Feature::SpeedDial | Feature::Account))
            .find(|(code, _)| dialled.as_str().starts_with(code.as_str()))?;
        let rest = &dialled.as_str()[code.as_str().len()..];
        match feature {
            Feature::Redial => Some((self.extensions.get(&extension)?.dialled?, None)),
            Feature::SpeedDial => {
                let entry = self.config.speed_dial.iter().find(|e| e.code.as_str() == rest)?;
                Some((entry.number, None))
            }
            _ => {
                let (account, number) = rest.split_once('*')?;
                Some((number.parse().ok()?, Some(account.parse().ok()?)))
            }
        }
    }

    /// Remembers what was dialled, if it was a number.
    pub(crate) fn remember_dialled(&mut self, origin: &Origin, route: &Route) {
        let by_number = !matches!(route, Route::Feature { .. } | Route::Parking(_));
        if let (From::Extension, Place::Extension(number), Some(called), true) =
            (origin.dialler.from, origin.place, origin.called, by_number)
            && let Some(extension) = self.extensions.get_mut(&number)
        {
            extension.dialled = Some(called);
        }
    }

    /// Books a call to an account.
    pub(crate) fn book(&mut self, id: CallId, account: Number) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.account = Some(account);
            self.event(EventKind::AccountGiven { call: id, account });
        }
    }

    /// Whether a number is on the list of those that are not called. Emergency calls always go.
    pub(crate) fn is_not_to_be_called(&self, outgoing: &Outgoing) -> bool {
        let number = outgoing.number.as_str();
        !outgoing.emergency && self.config.do_not_call.iter().any(|p| p.matches(number))
    }
}
