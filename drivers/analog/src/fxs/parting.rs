//! After a call: battery drop, busy tone, the howler, silence.

use tipring_clock::{Duration, Instant};
use tipring_line::{AnalogPort, Cause, ChannelEvent, PortCommand};

use super::audio::Sound;
use super::timer::Timer;
use super::{Fxs, State};

/// The loop tells the truth again so long after the battery is back.
const BATTERY_SETTLE: Duration = Duration::from_millis(200);

impl<P: AnalogPort> Fxs<P> {
    /// Ends the call; the handset, if off-hook, hears why. `false` if there is none.
    pub(super) fn release(&mut self, now: Instant, cause: Cause) -> bool {
        match self.state {
            State::Seized | State::Announcing { .. } | State::Ringing { .. } => {
                self.stop_ringing();
                self.rest();
                self.light_lamp_soon(now);
            }
            State::Offered(_) | State::Talking => self.part(now, cause),
            _ => return false,
        }
        self.events.push(ChannelEvent::Released(cause));
        true
    }

    /// The call is over, or none came about, and the handset is still off-hook.
    pub(super) fn part(&mut self, now: Instant, cause: Cause) {
        let talked = self.state == State::Talking;
        self.rest();
        self.state = State::Parting;
        let tones = self.settings.tones;
        self.parting_tone = match cause {
            Cause::UnallocatedNumber | Cause::InvalidNumberFormat | Cause::NoRoute => tones.vacant,
            Cause::Congestion | Cause::NoChannel | Cause::NetworkOutOfOrder => tones.congestion,
            _ => tones.busy,
        };
        match self.settings.battery_drop {
            Some(length) if talked => {
                self.hook.battery_gone();
                self.order(PortCommand::Battery(false));
                self.timers.set(Timer::Battery, now + length);
            }
            _ => self.say_that_it_is_over(now),
        }
    }

    pub(super) fn restore_battery(&mut self, now: Instant) {
        self.order(PortCommand::Battery(true));
        self.timers.set(Timer::BatterySettled, now + BATTERY_SETTLE);
        self.say_that_it_is_over(now);
    }

    fn say_that_it_is_over(&mut self, now: Instant) {
        self.play(self.parting_tone);
        self.timers.set(Timer::Tone, now + self.settings.busy_max);
    }

    pub(super) fn on_tone_timer(&mut self, now: Instant) {
        match self.state {
            State::Parting => self.howl(now, 0, now + self.settings.howler.in_all),
            State::Howling { until, .. } if now >= until => {
                self.state = State::Abandoned;
                self.sound = Sound::None;
            }
            State::Howling { step, until } => self.howl(now, step.saturating_add(1), until),
            _ => {}
        }
    }

    fn howl(&mut self, now: Instant, step: u8, until: Instant) {
        let howler = self.settings.howler;
        self.state = State::Howling { step, until };
        self.play(self.settings.tones.howler.at_level(howler.level_dbm0(step)));
        let last = step.saturating_add(1) >= howler.steps;
        let next = if last { until } else { until.min(now + howler.step) };
        self.timers.set(Timer::Tone, next);
    }
}
