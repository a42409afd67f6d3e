//! What a handset does with its hook: flash to consult, to swap and to confer.
//!
//! | while | flash | then |
//! | --- | --- | --- |
//! | talking | the other is held, dial tone | a number consults; a second flash goes back |
//! | a call waits | takes it, holds the first | flash swaps |
//! | consulting, not answered | ends the consultation, back to the first | |
//! | consulting | swaps the two | `3` within 3 s: all three; `1`: ends the one just left |
//! | in a conference | nothing | |
//! | hearing the dial tone | goes back | a code about the call put aside goes back and does it |
//!
//! Hanging up while consulting joins the two others, whether the second has answered or rings.

use tipring_clock::Duration;
use tipring_events::Party;
use tipring_line::{CallId, Cause, ChannelId, Digit, Number};

use crate::call::{Owner, Place, Role};
use crate::dial::{Feature, Route};
use crate::media::{MediaRequest, Tone};
use crate::moment::Moment;
use crate::switch::{Switch, Timer};

/// How long after a flash a key is a command.
const COMMAND_TIME: Duration = Duration::from_secs(3);
/// How long after the last key a number is taken for complete.
const LAST_KEY: Duration = Duration::from_secs(4);
/// How long a handset hears the dial tone.
const FIRST_KEY: Duration = Duration::from_secs(15);
/// Keys of one number at most.
const KEYS_MAX: usize = 32;

impl Switch {
    /// A handset flashed its hook.
    pub(crate) fn hook_flash(&mut self, m: Moment, channel: ChannelId) {
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        // A supervisor has no call of its own to put aside.
        let Some(id) = leg.call.filter(|_| leg.role != Role::Supervisor) else { return };
        let (has_kept, waits, place) = (leg.kept.is_some(), leg.waiting.is_some(), leg.place);
        let Place::Extension(_) = place else { return };
        let talks = self.calls.get(&id).is_some_and(|call| matches!(call.owner, Owner::Talk));
        match (has_kept, talks) {
            (true, true) => {
                if self.swap(m, channel).is_ok()
                    && let Some(leg) = self.legs.get_mut(&channel)
                {
                    leg.flashed = Some(m.now + COMMAND_TIME);
                }
            }
            (true, false) => self.end_call(m, id, Cause::NormalClearing, Party::Caller),
            (false, true) if waits => self.flash_to_waiting(m, channel),
            (false, true) if self.parties(id).len() == 2 => self.flash_to_dial(m, channel, id),
            _ => {}
        }
    }

    fn flash_to_dial(&mut self, m: Moment, channel: ChannelId, first: CallId) {
        let second = self.put_aside(m, channel, first, None);
        if let Some(call) = self.calls.get_mut(&second) {
            call.owner = Owner::Collecting(String::new());
        }
        let handler = self.handler_of(channel);
        self.segment(m, second, tipring_events::SegmentKind::Ivr, handler, None);
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.sounding = true;
            self.media(MediaRequest::Tone { ch: channel, tone: Tone::Dial });
        }
        self.timers.set(Timer::Key(second), m.now + FIRST_KEY);
    }

    /// A key of a number that is being dialled after a flash.
    pub(crate) fn collect(&mut self, m: Moment, id: CallId, digit: Digit) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let channel = call.caller_leg;
        let Owner::Collecting(keys) = &mut call.owner else { return };
        let ends = digit.as_char() == '#' && !keys.is_empty();
        if !ends && keys.len() < KEYS_MAX {
            keys.push(digit.as_char());
        }
        let is_extension = keys.parse().is_ok_and(|n| self.extensions.contains_key(&n));
        self.quiet(channel);
        if ends || is_extension {
            self.collected(m, id);
        } else {
            self.timers.set(Timer::Key(id), m.now + LAST_KEY);
        }
    }

    /// The number dialled after a flash is complete.
    pub(crate) fn collected(&mut self, m: Moment, id: CallId) {
        self.timers.stop(&Timer::Key(id));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Owner::Collecting(keys) = &call.owner else { return };
        let (number, channel) = (keys.parse().ok(), call.caller_leg);
        call.called = number;
        call.owner = Owner::Dialling;
        self.quiet(channel);
        let extension = self.extension_of(id);
        let route = number.zip(extension).and_then(|(n, e)| self.route_for(e, n).ok());
        match (route, extension) {
            (Some(Route::Feature { feature, rest, .. }), Some(by)) if feature.takes_transfers() => {
                self.park_by_flash(m, id, rest.parse().ok(), by);
            }
            (Some(Route::Feature { feature, .. }), Some(by)) if feature.is_of_call() => {
                self.change_by_flash(m, id, feature, by);
            }
            (None | Some(Route::Feature { .. }), _) | (_, None) => {
                self.end_call(m, id, Cause::InvalidNumberFormat, Party::Caller);
            }
            (Some(route), Some(by)) => self.take_for(m, id, route, by),
        }
    }

    /// Flash and the parking code: the party put aside is parked.
    fn park_by_flash(&mut self, m: Moment, id: CallId, place: Option<Number>, by: Number) {
        self.end_call(m, id, Cause::NormalClearing, Party::Caller);
        // A place that is taken leaves the two talking, as a wrong number does.
        let _ = self.park_other(m, by, place);
    }

    /// Flash and a code about the call put aside, which is back at once; two short beeps say that
    /// it was done.
    fn change_by_flash(&mut self, m: Moment, id: CallId, feature: Feature, by: Number) {
        let channel = self.calls.get(&id).map(|call| call.caller_leg);
        self.end_call(m, id, Cause::NormalClearing, Party::Caller);
        if let (Ok(_), Some(ch)) = (self.change_own_call(m, by, feature), channel) {
            self.media(MediaRequest::Beep { ch, tone: Tone::Confirmation });
        }
    }

    /// A key soon after a flash: `3` joins all, `1` ends the call just left. `false` if it is an
    /// ordinary key.
    pub(crate) fn key_after_flash(&mut self, m: Moment, channel: ChannelId, digit: Digit) -> bool {
        let Some(leg) = self.legs.get_mut(&channel) else { return false };
        if leg.flashed.take().is_none_or(|until| m.now >= until) {
            return false;
        }
        match (digit.as_char(), leg.kept) {
            ('3', Some(_)) => self.conference(m, channel).is_ok(),
            ('1', Some(kept)) => {
                self.end_call(m, kept.call, Cause::NormalClearing, Party::Caller);
                true
            }
            _ => false,
        }
    }
}
