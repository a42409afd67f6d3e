//! Telephone features and supervision at random moments, by whoever is there.

use rand::Rng;
use tipring_clock::Duration;
use tipring_events::{Command, ForwardWhen, MonitorMode, RecordingOrder};
use tipring_line::{CallId, ChannelEvent, ChannelId, Number};
use tipring_test_scenarios::number;

use crate::actions::Storm;
use crate::big_site::PHONES;

impl Storm {
    fn some_extension(&mut self) -> Number {
        number(&self.rng.random_range(8001..8001 + PHONES).to_string())
    }

    /// Where somebody may want to send a call: a phone, a queue, outside, a parking place, nowhere.
    fn some_target(&mut self) -> Number {
        match self.rng.random_range(0..12) {
            0 => number("602"),
            1 => number("913600136000"),
            2 => number("*68"),
            3 => number("*702"),
            4 => number("12345"),
            _ => self.some_extension(),
        }
    }

    fn some_call(&mut self) -> Option<CallId> {
        let calls = self.world.live().calls;
        let at = self.rng.random_range(0..calls.len().max(1));
        calls.get(at).map(|call| call.call)
    }

    /// Somebody uses a feature. Most are refused, because the phone is not in a call of the kind;
    /// a refusal must change nothing, which the ledger sees.
    pub(crate) fn feature_somewhere(&mut self) {
        // Where somebody talks there is more to be done than at a phone chosen blindly.
        let extension = self.talking_extension().unwrap_or_else(|| self.some_extension());
        let to = self.some_target();
        let held = self.rng.random_bool(0.5);
        let command = match self.rng.random_range(0..20) {
            0 => Command::Transfer { extension, to },
            1 | 2 => Command::Consult { extension, to },
            3 => Command::ConsultSwap { extension },
            4 => Command::ConsultTransfer { extension },
            5 => Command::ConsultCancel { extension },
            6 => Command::Conference { extension },
            7 => Command::ConferenceAdd { extension, to },
            8 => Command::Park { extension, place: None },
            9 => Command::Unpark { extension: self.some_extension(), place: number("*701") },
            10 => Command::PickUp { extension, from: Some(self.some_extension()) },
            11 => Command::HangUpPhone { extension },
            12 => Command::Dial { extension: self.some_extension(), to, account: None },
            13 => Command::Hold { extension, held },
            14 => Command::Mute { extension, muted: held },
            _ => return self.feature_event(),
        };
        let _ = self.world.command(command);
    }

    fn talking_extension(&mut self) -> Option<Number> {
        let calls = self.world.live().calls;
        let parties = calls.iter().flat_map(|call| &call.parties);
        let talking: Vec<Number> = parties.filter_map(|party| party.extension).collect();
        let at = self.rng.random_range(0..talking.len().max(1));
        talking.get(at).copied()
    }

    /// What phones do by themselves: REFER, hook flash.
    fn feature_event(&mut self) {
        let Some(channel) = self.some_channel() else { return };
        let event = match self.rng.random_range(0..5) {
            4 => return self.replace(channel),
            0 => ChannelEvent::Transfer { to: self.some_target(), consulted: None },
            1 => ChannelEvent::Transfer { to: self.some_target(), consulted: self.some_channel() },
            _ => ChannelEvent::HookFlash,
        };
        if self.world.around.is_up(channel) {
            let now = self.world.now();
            self.world.around.soon(now, channel, Duration::ZERO, event);
            self.world.settle();
        }
    }

    /// A phone wants the place of a leg, which may be anybody's.
    fn replace(&mut self, leg: ChannelId) {
        let (channel, extension) = (self.world.around.new_sip_channel(), self.some_extension());
        let now = self.world.now();
        self.world.around.replace(now, channel, leg, extension);
        self.world.settle();
    }

    /// A supervisor steps in somewhere.
    pub(crate) fn supervise_somewhere(&mut self) {
        let Some(call) = self.some_call() else { return };
        let extension = self.some_extension();
        let by = "storm".to_owned();
        let modes = [MonitorMode::Listen, MonitorMode::Whisper, MonitorMode::Barge];
        let orders = [
            RecordingOrder::Start,
            RecordingOrder::Pause,
            RecordingOrder::Resume,
            RecordingOrder::Stop,
        ];
        let command = match self.rng.random_range(0..8) {
            0..3 => {
                let mode = modes[self.rng.random_range(0..3)];
                Command::Monitor { call, extension, mode, by }
            }
            3 => Command::MonitorStop { extension },
            4 => Command::TakeOver { call, extension, by },
            _ => {
                let order = orders[self.rng.random_range(0..4)];
                Command::Recording { call, order, by }
            }
        };
        let _ = self.world.command(command);
    }

    /// Somebody sets a phone to send its calls elsewhere, or to be left alone.
    pub(crate) fn set_a_phone(&mut self) {
        let extension = self.some_extension();
        let whens = [ForwardWhen::Always, ForwardWhen::Busy, ForwardWhen::NoAnswer];
        let command = if self.rng.random_bool(0.8) {
            let to = self.rng.random_bool(0.4).then(|| self.some_target());
            Command::Forward { extension, when: whens[self.rng.random_range(0..3)], to }
        } else {
            // Whoever is left alone is soon left alone no more: agents' phones must ring.
            Command::DoNotDisturb { extension, on: false }
        };
        let _ = self.world.command(command);
    }
}
