//! That messages wait: the lamp by the line's voltage, or a message by FSK to a handset at rest.

use tipring_clock::{Duration, Instant};
use tipring_dsp::caller_id::{FskTransmitter, Message};
use tipring_line::{AnalogPort, PortCommand};

use super::audio::Sound;
use super::timer::Timer;
use super::{Fxs, State};
use crate::plans::CallerIdStart;

/// How long a handset has been put back before it gets a message.
const REST: Duration = Duration::from_millis(1_000);

impl<P: AnalogPort> Fxs<P> {
    /// Shows whether messages wait, now or as soon as the handset rests.
    pub(super) fn light_lamp(&mut self, now: Instant) {
        if self.settings.message_lamp.is_by_voltage() {
            self.order(PortCommand::MessageLamp(self.messages_wait));
        }
        self.lamp_due = self.settings.message_lamp.is_by_fsk();
        self.light_lamp_soon(now);
    }

    /// The handset rests: what it has not been told yet comes soon.
    pub(super) fn light_lamp_soon(&mut self, now: Instant) {
        if self.lamp_due && self.state == State::OnHook {
            self.timers.set(Timer::Lamp, now + REST);
        }
    }

    pub(super) fn send_lamp_message(&mut self) {
        if !self.lamp_due || self.state != State::OnHook || self.hook.is_closed() {
            return;
        }
        self.lamp_due = false;
        self.open_on_hook_audio();
        if self.settings.caller_id.start() == Some(CallerIdStart::ReversalAlertTone) {
            // Sets that expect the alert signal before caller id expect it here too.
            self.play_alert();
        } else {
            self.send_lamp_fsk();
        }
    }

    pub(super) fn send_lamp_fsk(&mut self) {
        let sending = self.settings.fsk;
        let message = Message::message_waiting(sending.form, self.messages_wait);
        let fsk = FskTransmitter::new(sending.modem, message).at_level(sending.level_dbm0);
        self.sound = Sound::Message(fsk);
    }
}
