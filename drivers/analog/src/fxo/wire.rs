//! What the hardware reports: battery, polarity, metering, alarms.

use tipring_clock::Instant;
use tipring_line::{
    Alarm, AnalogPort, AnswerCertainty, Cause, ChannelEvent, LinePolarity, PortEvent,
};

use super::settings::PolarityUse;
use super::timer::Timer;
use super::{Fxo, State};

impl<P: AnalogPort> Fxo<P> {
    pub(super) fn on_port_event(&mut self, now: Instant, event: PortEvent) {
        match event {
            PortEvent::Ringing(flows) => self.on_ringing(now, flows),
            PortEvent::Battery(there) => self.on_battery(now, there),
            PortEvent::Polarity(polarity) => self.on_polarity(now, polarity),
            PortEvent::Alarm(alarm) => self.on_alarm(now, alarm),
            // Pulses outside a call belong to none.
            PortEvent::MeteringPulse if self.is_off_hook() => {
                self.events.push(ChannelEvent::Metering);
            }
            PortEvent::MessageWaiting(waiting) => {
                self.events.push(ChannelEvent::MessageWaiting(waiting));
            }
            // A handset's hook and keys are no business of an FXO port.
            PortEvent::MeteringPulse | PortEvent::OffHook(_) | PortEvent::PulseDigit(_) => {}
        }
    }

    /// Ringing current after the loop was closed was on its way before: the exchange's call has
    /// been answered by the seizure.
    fn on_ringing(&mut self, now: Instant, flows: bool) {
        if flows && matches!(self.state, State::AwaitingDialTone { heard: false, .. }) {
            return self.take_call();
        }
        if !self.is_off_hook() || !flows {
            self.ring.current(now, flows);
        }
    }

    fn on_battery(&mut self, now: Instant, there: bool) {
        self.battery = there;
        if there {
            self.timers.stop(Timer::BatteryRelease);
            self.timers.stop(Timer::BatteryAlarm);
            self.set_alarm(None);
        } else {
            if self.is_off_hook() {
                self.timers.set(Timer::BatteryRelease, now + self.settings.battery_release);
            }
            self.timers.set(Timer::BatteryAlarm, now + self.settings.battery_alarm);
        }
    }

    pub(super) fn on_alarm(&mut self, now: Instant, alarm: Option<Alarm>) {
        if alarm.is_some() && self.state != State::Idle {
            self.release(now, Cause::NetworkOutOfOrder);
        }
        self.set_alarm(alarm);
    }

    pub(super) fn set_alarm(&mut self, alarm: Option<Alarm>) {
        if self.alarm != alarm {
            self.alarm = alarm;
            self.events.push(ChannelEvent::Alarm(alarm));
        }
    }

    fn on_polarity(&mut self, now: Instant, polarity: LinePolarity) {
        let before = core::mem::replace(&mut self.polarity, polarity);
        if self.settings.polarity == PolarityUse::Ignore || before == polarity {
            return;
        }
        match self.state {
            State::Proceeding { .. } if polarity == LinePolarity::Reverse => {
                self.answered(now, AnswerCertainty::Polarity);
            }
            State::Connected { since }
                if polarity == LinePolarity::Forward
                    && now - since >= self.settings.polarity_settle =>
            {
                self.release(now, Cause::NormalClearing);
            }
            _ => {}
        }
    }
}
