//! What people ask of the switch: by the web, or by a feature code of an extension.

use tipring_events::{Command, EventKind, ForwardWhen, MonitorMode, Refusal, Reply, SegmentKind};
use tipring_line::{AnswerCertainty, CallId, Cause, ChannelCommand, ChannelId, Number};

use crate::call::{LegPhase, Owner, Place, Role};
use crate::dial::{Feature, Route};
use crate::feature::FeatureResult;
use crate::media::MediaRequest;
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};
use crate::transfer::Connection;

impl Switch {
    /// Does what a person asks, if it is the switch's to do; says nothing if not.
    pub fn command(&mut self, m: Moment, command: Command) -> Option<Reply> {
        Some(match command {
            Command::HangUp { call, by } => self.force_release(m, call, by),
            Command::HangUpPhone { extension } => self.hang_up_phone(m, extension),
            Command::Dial { extension, to, account } => {
                self.originate(m, extension, to, account).map(|_| ())
            }
            Command::Hold { extension, held } => self.hold(m, extension, held),
            Command::Mute { extension, muted } => self.mute(extension, muted),
            Command::SendDigits { extension, digits } => self.send_digits(extension, digits),
            Command::Transfer { extension, to } => self
                .talking_leg(extension)
                .and_then(|(channel, _)| self.transfer(m, channel, to, false)),
            Command::Consult { extension, to } => self.consult(m, extension, to, false),
            Command::ConsultSwap { extension } => {
                self.consulting_leg(extension).and_then(|channel| self.swap(m, channel))
            }
            Command::ConsultTransfer { extension } => self.transfer_consulted(m, extension),
            Command::ConsultCancel { extension } => self
                .consulting_leg(extension)
                .and_then(|channel| self.cancel_consultation(m, channel)),
            Command::Conference { extension } => {
                self.consulting_leg(extension).and_then(|channel| self.conference(m, channel))
            }
            Command::ConferenceAdd { extension, to } => self.consult(m, extension, to, true),
            Command::Park { extension, place } => self.park_other(m, extension, place),
            Command::Unpark { extension, place } => {
                let route = Route::Parking(place);
                let made = self.is_parked(place);
                made.and_then(|()| self.make_call(m, extension, place, route)).map(|_| ())
            }
            Command::PickUp { extension, from } => self.pick_up_by_web(m, extension, from),
            Command::Forward { extension, when, to } => self.set_forward(extension, when, to),
            Command::DoNotDisturb { extension, on } => self.set_do_not_disturb(extension, on),
            Command::MessageWaiting { extension, waiting } => {
                self.message_waiting(extension, waiting, "")
            }
            Command::Recording { call, order, by } => self.order_recording(m, call, order, by),
            Command::Monitor { call, extension, mode, by } => {
                self.monitor(m, call, extension, mode, by)
            }
            Command::MonitorStop { extension } => self.stop_monitoring(m, extension),
            Command::SpanService { span, timeslots, in_service } => {
                self.span_service(&span, &timeslots, in_service)
            }
            Command::TakeOver { call, extension, by } => self.take_over(m, call, extension, by),
            _ => return None,
        })
    }

    fn force_release(&mut self, m: Moment, id: CallId, by: String) -> Reply {
        let call = self.calls.get(&id).ok_or(Refusal::NoSuchCall)?;
        if call.emergency {
            return Err(Refusal::NotPossible);
        }
        if !by.is_empty() {
            self.event(EventKind::ForceReleased { call: id, by });
        }
        self.end_call(m, id, Cause::NormalClearing, BY_BOX);
        Ok(())
    }

    /// As hanging up at that phone: what it talks in, or rings for, ends for it.
    fn hang_up_phone(&mut self, m: Moment, extension: Number) -> Reply {
        if !self.extensions.contains_key(&extension) {
            return Err(Refusal::NoSuchExtension);
        }
        let legs = self
            .legs
            .iter()
            .filter(|(_, leg)| leg.place == Place::Extension(extension) && leg.call.is_some());
        let leg = legs.min_by_key(|(ch, leg)| (leg.phase != LegPhase::Up, leg.holds, **ch));
        let (channel, was) =
            leg.map(|(ch, leg)| (*ch, leg.as_it_was())).ok_or(Refusal::NoSuchLeg)?;
        if let Some(id) = was.call {
            self.set_mix(id, crate::call::Mix::Apart);
        }
        let cause = if was.phase == LegPhase::Up { Cause::NormalClearing } else { Cause::Rejected };
        self.release_leg(m, channel, cause);
        self.leg_gone(m, channel, &was, cause);
        Ok(())
    }

    fn hold(&mut self, m: Moment, extension: Number, held: bool) -> Reply {
        let (channel, id) = self.talking_leg(extension)?;
        self.held(m, channel, id, held);
        Ok(())
    }

    pub(crate) fn mute(&mut self, extension: Number, muted: bool) -> Reply {
        let (channel, id) = self.talking_leg(extension)?;
        let Some(leg) = self.legs.get_mut(&channel) else { return Err(Refusal::NoSuchLeg) };
        if core::mem::replace(&mut leg.muted, muted) != muted {
            self.media(MediaRequest::Mute { ch: channel, muted });
            self.event(EventKind::PartyMuted { call: id, extension, muted });
        }
        Ok(())
    }

    fn send_digits(&mut self, extension: Number, digits: Number) -> Reply {
        let (channel, id) = self.talking_leg(extension)?;
        let members = self.calls.get(&id).map(|call| call.mix.members()).unwrap_or_default();
        if members.len() < 2 {
            return Err(Refusal::NotPossible);
        }
        for to in members.into_iter().filter(|to| *to != channel) {
            self.channel(to, ChannelCommand::SendDigits(digits.digits()));
        }
        Ok(())
    }

    fn transfer_consulted(&mut self, m: Moment, extension: Number) -> Reply {
        let channel = self.consulting_leg(extension)?;
        let (first, second) = self.both_calls(channel).ok_or(Refusal::NotPossible)?;
        if self.join_others(m, first, second) { Ok(()) } else { Err(Refusal::NotPossible) }
    }

    fn pick_up_by_web(&mut self, m: Moment, extension: Number, from: Option<Number>) -> Reply {
        let (_, from) = self.to_pick_up(extension, from)?;
        let feature = Feature::PickUp;
        let code = self.plan.codes.iter().find(|(_, f)| *f == feature).map(|(code, _)| *code);
        let rest = from.as_str().to_owned();
        let route = Route::Feature { feature, code: code.unwrap_or(from), rest };
        self.make_call(m, extension, from, route).map(|_| ())
    }

    /// A phone asks for the other party's transfer by REFER: to a number, or to the party of its
    /// other call.
    pub(crate) fn phone_transfers(
        &mut self,
        m: Moment,
        channel: ChannelId,
        to: Number,
        consulted: Option<ChannelId>,
    ) {
        let done = match consulted {
            Some(other) => self.transfer_between(m, channel, other),
            None => self.transfer(m, channel, to, true).map_err(|refusal| match refusal {
                Refusal::NotAllowed | Refusal::DoNotCall => Cause::NotAuthorised,
                _ => Cause::NoRoute,
            }),
        };
        if let Err(cause) = done {
            self.channel(channel, ChannelCommand::Transferred(Err(cause)));
        }
    }

    fn transfer_between(
        &mut self,
        m: Moment,
        channel: ChannelId,
        other: ChannelId,
    ) -> Result<(), Cause> {
        let connection = |channel| {
            let leg = self.legs.get(&channel)?;
            if leg.kept.is_some() || leg.role == Role::Supervisor {
                return None;
            }
            let (call, role, place) = (leg.call?, leg.role, leg.place);
            Some(Connection { call, channel, role, place })
        };
        let (Some(a), Some(b)) = (connection(channel), connection(other)) else {
            return Err(Cause::NoRoute);
        };
        if a.place != b.place || a.call == b.call {
            return Err(Cause::NotAuthorised);
        }
        let (first, second) = if a.call < b.call { (a, b) } else { (b, a) };
        // The phone is told before its legs end.
        let fits = |id| {
            self.calls.get(&id).is_some_and(|c| {
                matches!(c.owner, Owner::Talk)
                    || matches!(c.owner, Owner::Dialling) && id == second.call
            })
        };
        if !fits(first.call) || !fits(second.call) {
            return Err(Cause::NoRoute);
        }
        self.channel(channel, ChannelCommand::Transferred(Ok(())));
        self.join_others(m, first, second);
        Ok(())
    }

    /// Rings a phone and, once it is answered, dials for it.
    pub(crate) fn originate(
        &mut self,
        m: Moment,
        extension: Number,
        to: Number,
        account: Option<Number>,
    ) -> Result<CallId, Refusal> {
        if !self.extensions.contains_key(&extension) {
            return Err(Refusal::NoSuchExtension);
        }
        let (to, by_code) = self.number_meant(extension, to).unwrap_or((to, None));
        let route = self.route_for(extension, to)?;
        let id = self.make_call(m, extension, to, route)?;
        if let Some(account) = account.or(by_code) {
            self.book(id, account);
        }
        Ok(id)
    }

    fn make_call(
        &mut self,
        m: Moment,
        extension: Number,
        to: Number,
        route: Route,
    ) -> Result<CallId, Refusal> {
        if !self.is_reachable(extension) {
            return Err(Refusal::NoSuchExtension);
        }
        if self.extensions.get(&extension).is_some_and(|e| e.legs > 0)
            || self.calls.len() >= self.config.max_calls as usize
        {
            return Err(Refusal::NotPossible);
        }
        let place = Place::Extension(extension);
        let channel = self.next_channel_of(extension).ok_or(Refusal::NoSuchExtension)?;
        let id = self.new_call_of(m, channel, place, Some(to));
        self.segment(m, id, SegmentKind::Ring, extension.as_str().into(), None);
        if self.ring_on_channel(id, extension, channel).is_err() {
            self.end_call(m, id, Cause::UserBusy, BY_BOX);
            return Err(Refusal::NotPossible);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.owner = Owner::Originating(Some(route));
        }
        let ring = tipring_clock::Duration::from_secs(self.config.ring_s.into());
        self.timers.set(Timer::NoAnswer(id), m.now + ring);
        Ok(id)
    }

    /// The phone that a call is made for was answered.
    pub(crate) fn originated(&mut self, m: Moment, id: CallId, certainty: AnswerCertainty) {
        self.timers.stop(&Timer::NoAnswer(id));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_callback = call.is_callback;
        match core::mem::replace(&mut call.owner, Owner::Dialling) {
            Owner::Originating(Some(route)) => {
                if is_callback {
                    self.app(AppInput::Originated { call: id });
                }
                self.take(m, id, route);
            }
            Owner::Originating(None) => {
                self.answer_with(id, certainty);
                self.tell_reached(id);
            }
            owner => call.owner = owner,
        }
    }

    /// The number that a callback dials has answered.
    pub(crate) fn tell_reached(&mut self, id: CallId) {
        if self.calls.get_mut(&id).is_some_and(|call| core::mem::take(&mut call.is_callback)) {
            self.app(AppInput::Reached { call: id });
        }
    }

    /// What an extension asked for by a feature code, once the box has answered its call.
    pub(crate) fn run_feature(
        &mut self,
        m: Moment,
        id: CallId,
        by: Number,
        feature: Feature,
        rest: &str,
    ) {
        let number: Option<Number> = rest.parse().ok();
        let supervisor = self.extensions.get(&by).is_some_and(|e| e.supervisor);
        let mut said = FeatureResult::On;
        let done = match feature {
            Feature::PickUpGroup => self.pick_up(m, id, by, None),
            Feature::PickUp => number
                .ok_or(Refusal::NoSuchExtension)
                .and_then(|from| self.pick_up(m, id, by, Some(from))),
            Feature::Unpark => number
                .ok_or(Refusal::NoSuchPlace)
                .and_then(|place| self.unpark_at(m, id, place, by)),
            Feature::ForwardAlways | Feature::ForwardBusy | Feature::ForwardNoAnswer => {
                let when = match feature {
                    Feature::ForwardAlways => ForwardWhen::Always,
                    Feature::ForwardBusy => ForwardWhen::Busy,
                    _ => ForwardWhen::NoAnswer,
                };
                said = if number.is_some() { FeatureResult::On } else { FeatureResult::Off };
                self.set_forward(by, when, number)
            }
            Feature::DoNotDisturbOn => self.set_do_not_disturb(by, true),
            Feature::DoNotDisturbOff => {
                said = FeatureResult::Off;
                self.set_do_not_disturb(by, false)
            }
            _ if feature.is_of_call() => self.change_own_call(m, by, feature).map(|on| {
                said = if on { FeatureResult::On } else { FeatureResult::Off };
            }),
            _ if feature.supervises() && !supervisor => Err(Refusal::NotAllowed),
            _ => self.supervise_by_code(m, id, by, feature, number),
        };
        match done {
            Err(_) => self.feature_done(m, id, FeatureResult::Failed),
            // Whoever got a call by it is in that call now.
            Ok(()) => self.feature_done(m, id, said),
        }
    }

    fn supervise_by_code(
        &mut self,
        m: Moment,
        id: CallId,
        by: Number,
        feature: Feature,
        target: Option<Number>,
    ) -> Reply {
        let target = target.ok_or(Refusal::NoSuchExtension)?;
        let mode = match feature {
            Feature::Listen => Some(MonitorMode::Listen),
            Feature::Whisper => Some(MonitorMode::Whisper),
            Feature::Barge => Some(MonitorMode::Barge),
            Feature::TakeOver => None,
            Feature::ForceRelease => {
                let (_, call) = self.talking_leg(target)?;
                return self.force_release(m, call, by.as_str().to_owned());
            }
            _ => return Err(Refusal::NotPossible),
        };
        self.monitor_by_code(m, id, by, target, mode)
    }
}
