//! What the kernel tells of the line.

use core::ffi::c_int;

use tipring_line::{Alarm, Digit, LinePolarity, PortEvent, PortKind};

use super::DahdiPort;
use crate::blocks::Blocks;
use crate::device::{Device, Hook};
use crate::layout::{Params, alarms, events, rx_hook};

/// Exchanges between two looks for a battery that has gone: 100 ms.
const BATTERY_LOOK: u32 = 5;
/// Exchanges for which a handset must be down before the kernel is told: a second. Told sooner,
/// the kernel would take a handset lifted again, as in a flash, for one to be rid of.
const DOWN_SETTLE: u32 = 50;
/// A burst of ringing of which only the end was told is shown for this many exchanges: 300 ms.
const LATE_BURST: u32 = 15;

impl<D: Device> DahdiPort<D> {
    pub(super) fn on_alarms(&mut self, bits: u32) {
        // A gone span raises "not open" just before its channels go, which is told otherwise.
        let alarm = if bits & alarms::RED != 0 {
            // On an exchange line this is the battery, which is told by itself.
            (self.kind == PortKind::Fxs).then_some(Alarm::Red)
        } else if bits & alarms::BLUE != 0 {
            Some(Alarm::Blue)
        } else if bits & alarms::YELLOW != 0 {
            Some(Alarm::Yellow)
        } else {
            None
        };
        self.set_alarm(alarm);
    }

    pub(super) fn set_alarm(&mut self, alarm: Option<Alarm>) {
        if core::mem::replace(&mut self.alarm, alarm) != alarm {
            self.tell(PortEvent::Alarm(alarm));
        }
    }

    pub(super) fn set_battery(&mut self, there: bool) {
        self.battery_look = 0;
        if core::mem::replace(&mut self.battery, there) != there {
            self.tell(PortEvent::Battery(there));
        }
    }

    /// Reads the channel's state after an event that only says that it has changed.
    pub(super) fn look(&mut self) -> Option<Params> {
        let device = self.device.as_ref()?;
        match device.params() {
            Ok(params) => Some(params),
            Err(code) => {
                self.failed("DAHDI_GET_PARAMS", code);
                None
            }
        }
    }

    pub(super) fn on_alarm_event(&mut self) {
        let Some(params) = self.look() else { return };
        if params.chan_alarms & alarms::NOT_OPEN != 0 {
            return;
        }
        self.on_alarms(params.chan_alarms);
        if self.kind == PortKind::Fxo {
            self.set_battery(params.chan_alarms & alarms::RED == 0);
        }
    }

    /// The kernel tells a battery that drops in a call, but not its return.
    pub(super) fn look_for_battery(&mut self) {
        if self.battery || self.kind != PortKind::Fxo {
            return;
        }
        self.battery_look += 1;
        if self.battery_look < BATTERY_LOOK {
            return;
        }
        self.battery_look = 0;
        let Some(params) = self.look() else { return };
        let alarmed = params.chan_alarms & alarms::RED != 0;
        if params.rxhooksig != rx_hook::ON_HOOK && !alarmed {
            self.set_battery(true);
        }
    }

    pub(super) fn take_event(&mut self, event: c_int) {
        self.stats.events += 1;
        match (self.kind, event) {
            (_, events::REMOVED) => self.lose(),
            (_, events::ALARM | events::NO_ALARM) => self.on_alarm_event(),
            (PortKind::Fxo, _) => self.on_exchange_event(event),
            (PortKind::Fxs, _) => self.on_handset_event(event),
        }
    }

    pub(super) fn on_exchange_event(&mut self, event: c_int) {
        match event {
            events::RING_BEGIN => {
                self.late_burst = 0;
                if !core::mem::replace(&mut self.ringing, true) {
                    self.tell(PortEvent::Ringing(true));
                }
            }
            events::RING_OR_OFF_HOOK if self.late_burst > 0 => {}
            events::RING_OR_OFF_HOOK if self.ringing => {
                self.ringing = false;
                self.tell(PortEvent::Ringing(false));
            }
            // Within two seconds of hanging up the kernel tells no beginning, only an end.
            events::RING_OR_OFF_HOOK => {
                self.ringing = true;
                self.late_burst = LATE_BURST;
                self.tell(PortEvent::Ringing(true));
            }
            events::ON_HOOK => self.set_battery(false),
            events::POLARITY => {
                self.polarity = match self.polarity {
                    LinePolarity::Forward => LinePolarity::Reverse,
                    LinePolarity::Reverse => LinePolarity::Forward,
                };
                self.tell(PortEvent::Polarity(self.polarity));
            }
            events::MESSAGE_WAITING => self.tell(PortEvent::MessageWaiting(true)),
            events::NO_MESSAGE_WAITING => self.tell(PortEvent::MessageWaiting(false)),
            _ => {}
        }
    }

    pub(super) fn on_handset_event(&mut self, event: c_int) {
        match event {
            events::RING_OR_OFF_HOOK => self.on_loop_closed(),
            events::ON_HOOK => {
                let opened = self.handset.on_opened();
                self.tell_some(opened);
            }
            events::WINK_OR_FLASH => {
                let opened = self.handset.on_flash();
                self.tell_some(opened);
            }
            // The kernel has ended a burst that nobody ended.
            events::RINGER_OFF if self.ringing => {
                self.ringing = false;
                let _ = self.hook(Hook::RingOff);
            }
            digit if digit & events::PULSE_DIGIT != 0 => {
                let digit = u8::try_from(digit & 0xFF).ok().map(char::from);
                let pulses = digit.and_then(Digit::from_char).map(PortEvent::PulseDigit);
                self.tell_some(pulses);
            }
            _ => {}
        }
    }

    pub(super) fn on_loop_closed(&mut self) {
        self.ringing = false;
        self.bring_line_up();
        let closed = self.handset.on_closed();
        self.tell_some(closed);
    }

    /// Tells the kernel that the handset is up. While it drops the battery it refuses; then this
    /// is tried again with the next exchange.
    pub(super) fn bring_line_up(&mut self) {
        if !self.line_up {
            self.line_up = self.hook(Hook::OffHook).is_ok();
        }
    }

    /// What an exchange does besides audio.
    pub(super) fn keep_time(&mut self) {
        match self.kind {
            PortKind::Fxo => {
                if self.late_burst > 0 {
                    self.late_burst -= 1;
                    if self.late_burst == 0 && core::mem::take(&mut self.ringing) {
                        self.tell(PortEvent::Ringing(false));
                    }
                }
                self.look_for_battery();
            }
            PortKind::Fxs => {
                let closed = self.handset.tick();
                self.tell_some(closed);
                if self.handset.is_off_hook() {
                    self.bring_line_up();
                } else if self.handset.down_frames() >= DOWN_SETTLE {
                    self.bring_line_down();
                }
            }
        }
    }

    pub(super) fn bring_line_down(&mut self) {
        if self.line_up {
            self.line_up = self.hook(Hook::OnHook).is_err();
        }
    }
}
