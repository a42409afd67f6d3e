//! What an application that owns a caller's leg can have done, and the feature codes' dialogue.

use std::sync::Arc;

use tipring_events::{EventKind, SegmentKind};
use tipring_line::{AnswerCertainty, CallId, Cause, ChannelCommand, Number};
use tipring_tts::{Lang, Utterance};

use crate::call::{LegPhase, Owner, Place};
use crate::feature::{FeatureResult, Request, Step};
use crate::incoming::{shown_name, shown_number};
use crate::media::{MediaRequest, PlayId};
use crate::moment::Moment;
use crate::output::AppInput;
use crate::record::NOTICE;
use crate::switch::{BY_BOX, Switch, Timer};

impl Switch {
    /// Answers the caller, if that has not happened yet, and listens for keys.
    pub fn answer(&mut self, id: CallId) {
        self.answer_with(id, AnswerCertainty::Signalled);
    }

    /// Answers the caller, because the called party has answered, as surely as this. A caller
    /// whose leg is up already, because the call was made for it, is told nothing.
    pub(crate) fn answer_with(&mut self, id: CallId, certainty: AnswerCertainty) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.answered) else { return };
        call.answered = true;
        let ch = call.caller_leg;
        let comes_in = self.legs.get(&ch).is_some_and(|leg| leg.phase == LegPhase::Incoming);
        if let Some(leg) = self.legs.get_mut(&ch).filter(|_| comes_in) {
            leg.phase = LegPhase::Up;
            self.tell_connected(id, ch);
            self.channel(ch, ChannelCommand::Answer);
        }
        self.event(EventKind::CallAnswered { call: id, certainty });
        if comes_in {
            self.media(MediaRequest::Detect { ch, dtmf: true });
        }
    }

    /// Plays to the caller; [`AppInput::PlayDone`] says when it has ended, unless it repeats or is
    /// cut short. Nothing is played to a caller who talks.
    pub fn play(&mut self, id: CallId, say: Arc<[Utterance]>, repeat: bool) {
        let play = self.new_play();
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.owner, Owner::Talk) {
            return;
        }
        call.play = if repeat { None } else { Some(play) };
        let is_notice =
            |piece: &Utterance| matches!(piece, Utterance::Prompt(key) if key == NOTICE);
        call.told_recorded |= say.iter().any(is_notice);
        let (ch, lang) = (call.caller_leg, call.lang);
        if let Some(leg) = self.legs.get_mut(&ch) {
            leg.sounding = true;
        }
        self.media(MediaRequest::Play { ch, say, lang, repeat, id: play });
    }

    pub(crate) fn new_play(&mut self) -> PlayId {
        let play = PlayId(self.next_play);
        self.next_play += 1;
        play
    }

    /// Plays music to a caller who does not talk.
    pub fn music(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.owner, Owner::Talk) {
            return;
        }
        call.play = None;
        let channel = call.caller_leg;
        self.music_to(channel);
    }

    /// Stops what the caller hears, if the caller does not talk.
    pub fn stop(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.owner, Owner::Talk) {
            return;
        }
        call.play = None;
        let channel = call.caller_leg;
        self.quiet(channel);
    }

    /// Sets the language of what is played to the caller from now on.
    pub fn set_language(&mut self, id: CallId, lang: Lang) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.lang = lang;
        }
    }

    /// The number that calls, as it may be shown.
    pub fn caller_number(&self, id: CallId) -> Option<Number> {
        self.calls.get(&id).and_then(|call| shown_number(&call.caller))
    }

    /// The number called.
    pub fn called_number(&self, id: CallId) -> Option<Number> {
        self.calls.get(&id).and_then(|call| call.called)
    }

    /// The name that calls, as it may be shown; empty if unknown.
    pub fn caller_name(&self, id: CallId) -> String {
        self.calls.get(&id).map_or_else(String::new, |call| shown_name(&call.caller))
    }

    /// The caller's leg is the flow's of this name.
    pub fn enter_flow(&mut self, m: Moment, id: CallId, flow: Arc<str>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.owner = Owner::Flow;
        self.handled_by(m, id, SegmentKind::Ivr, flow);
    }

    /// The caller's leg is the queue's of this name.
    pub fn enter_queue(&mut self, m: Moment, id: CallId, queue: Arc<str>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.owner = Owner::Queue(queue.clone());
        self.handled_by(m, id, SegmentKind::Queue, queue);
    }

    /// Begins a segment unless the current one is of the same kind and handler.
    fn handled_by(&mut self, m: Moment, id: CallId, kind: SegmentKind, handler: Arc<str>) {
        let Some(call) = self.calls.get(&id) else { return };
        let same = call
            .segments
            .last()
            .is_some_and(|s| s.ended.is_none() && s.kind == kind && s.handler == handler);
        if !same {
            self.segment(m, id, kind, handler, None);
        }
    }

    /// Tells how a feature's request went: the person hears it, and the call ends.
    pub fn feature_done(&mut self, m: Moment, id: CallId, result: FeatureResult) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Owner::Feature(machine) = &mut call.owner {
            let step = machine.result(result);
            self.feature_step(m, id, step);
        }
    }

    pub(crate) fn feature_step(&mut self, m: Moment, id: CallId, step: Step) {
        match step {
            Step::Play(say) => self.play(id, say, false),
            Step::Quiet => self.stop(id),
            Step::Wait => {}
            Step::Ask(request) => {
                self.stop(id);
                match (request, self.extension_of(id)) {
                    (Request::Switch(feature, rest), Some(extension)) => {
                        self.run_feature(m, id, extension, feature, &rest);
                    }
                    (Request::App(request), Some(extension)) => {
                        self.app(AppInput::Feature { call: id, extension, request });
                    }
                    (_, None) => self.feature_done(m, id, FeatureResult::Failed),
                }
            }
            Step::Over => self.end_call(m, id, Cause::NormalClearing, BY_BOX),
        }
        let Some(call) = self.calls.get(&id) else { return };
        let Owner::Feature(machine) = &call.owner else { return };
        match machine.key_due {
            Some(due) => self.timers.set(Timer::Key(id), due),
            None => {
                self.timers.stop(&Timer::Key(id));
            }
        }
    }

    pub(crate) fn feature_key_timeout(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Owner::Feature(machine) = &mut call.owner {
            let step = machine.key_timeout();
            self.feature_step(m, id, step);
        }
    }

    pub(crate) fn extension_of(&self, id: CallId) -> Option<Number> {
        let caller_leg = self.calls.get(&id)?.caller_leg;
        match self.legs.get(&caller_leg)?.place {
            Place::Extension(number) => Some(number),
            _ => None,
        }
    }
}
