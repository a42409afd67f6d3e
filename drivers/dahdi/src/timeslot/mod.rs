//! One timeslot of a span, with its audio and, under channel-associated signalling, its bits.

mod looped;
mod open;

use core::ffi::c_int;
use std::sync::Arc;

use arrayvec::ArrayVec;
use rtrb::Consumer;
use tipring_dsp::g711;
use tipring_line::{Alarm, Frame, Law, PortError, SILENCE, Timeslot, TimeslotEvent};

use crate::blocks::{Blocks, EVENTS_MAX};
use crate::device::{Channel, Device};
use crate::keeper::{Link, Opened};
use crate::layout::{events, has_gone};
use crate::pace::Pace;
use crate::port::PortStats;
use crate::spans::alarms_of;
pub use looped::{DahdiLoop, open_loop};
pub use open::{TimeslotSettings, open_timeslot};

/// Exchanges between two looks at the bits that no event asked for: a second. An event may be
/// lost when 64 wait.
const BITS_LOOK: u32 = 50;

/// A timeslot of DAHDI; [`open_timeslot`] makes one.
#[derive(Debug)]
pub struct DahdiTimeslot<D: Device = Channel> {
    /// `None` while the channel is gone.
    device: Option<Arc<D>>,
    link: Arc<Link>,
    returned: Consumer<Opened<D>>,
    law: Law,
    pace: Pace,
    waiting: ArrayVec<TimeslotEvent, EVENTS_MAX>,
    alarm: Option<Alarm>,
    /// The bits told last; `None` where the channel has none.
    bits_rx: Option<u8>,
    /// The bits to be sent, for when the channel comes back.
    bits_tx: Option<u8>,
    bits_look: u32,
    stats: PortStats,
}

impl<D: Device> DahdiTimeslot<D> {
    pub(crate) fn new(opened: Opened<D>, link: Arc<Link>, returned: Consumer<Opened<D>>) -> Self {
        let mut timeslot = DahdiTimeslot {
            device: None,
            link,
            returned,
            law: opened.law,
            pace: Pace::new(),
            waiting: ArrayVec::new(),
            alarm: None,
            bits_rx: None,
            bits_tx: None,
            bits_look: 0,
            stats: PortStats::default(),
        };
        timeslot.begin(opened);
        timeslot
    }

    /// What has happened so far.
    pub fn stats(&self) -> PortStats {
        PortStats { slips: self.pace.slips(), ..self.stats }
    }

    /// Takes a channel just opened, and tells what is not as it was told last.
    fn begin(&mut self, opened: Opened<D>) {
        self.device = Some(opened.device);
        self.law = opened.law;
        self.pace.restart();
        self.set_alarm(alarms_of(opened.params.chan_alarms).gravest());
        if let (Some(abcd), Some(device)) = (self.bits_tx, &self.device) {
            // What cannot be sent now could not before either, and was said then.
            let _ = device.set_tx_bits(abcd);
        }
        self.look_at_bits();
    }

    fn tell(&mut self, event: TimeslotEvent) {
        if self.waiting.try_push(event).is_err() {
            self.stats.events_dropped = self.stats.events_dropped.saturating_add(1);
        }
    }

    fn set_alarm(&mut self, alarm: Option<Alarm>) {
        if core::mem::replace(&mut self.alarm, alarm) != alarm {
            self.tell(TimeslotEvent::Alarm(alarm));
        }
    }

    /// The kernel tells changes of a neighbour's bits as well: only the own ones count.
    fn look_at_bits(&mut self) {
        self.bits_look = 0;
        let Some(bits) = self.device.as_ref().and_then(|device| device.rx_bits().ok()) else {
            return;
        };
        if self.bits_rx.replace(bits) != Some(bits) {
            self.tell(TimeslotEvent::SignallingBits(bits));
        }
    }

    fn lose(&mut self) {
        if self.device.take().is_none() {
            return;
        }
        self.stats.losses = self.stats.losses.saturating_add(1);
        self.set_alarm(Some(Alarm::DeviceLost));
        self.link.set_lost();
    }
}

impl<D: Device> Blocks for DahdiTimeslot<D> {
    type Device = D;

    fn device(&self) -> Option<&D> {
        self.device.as_deref()
    }

    fn on_event(&mut self, event: c_int) {
        self.stats.events += 1;
        match event {
            events::REMOVED => self.lose(),
            events::BITS_CHANGED => self.look_at_bits(),
            events::ALARM | events::NO_ALARM => {
                let Some(device) = &self.device else { return };
                match device.params() {
                    Ok(params) => self.set_alarm(alarms_of(params.chan_alarms).gravest()),
                    Err(code) => drop(self.failed("DAHDI_GET_PARAMS", code)),
                }
            }
            _ => {}
        }
    }

    fn failed(&mut self, what: &'static str, code: c_int) -> PortError {
        if has_gone(code) {
            self.lose();
            return PortError::Gone;
        }
        PortError::Failed { what, code }
    }

    fn pace(&mut self) -> &mut Pace {
        &mut self.pace
    }

    fn law(&self) -> Law {
        self.law
    }

    fn on_held_up(&mut self) {
        self.stats.held_up += 1;
    }
}

impl<D: Device> Timeslot for DahdiTimeslot<D> {
    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        *rx = SILENCE;
        if self.device.is_none() {
            let opened = self.returned.pop().map_err(|_| PortError::Gone)?;
            self.stats.returns = self.stats.returns.saturating_add(1);
            self.begin(opened);
        }
        self.stats.frames += 1;
        self.receive()?;
        self.bits_look += 1;
        if self.bits_rx.is_some() && self.bits_look >= BITS_LOOK {
            self.look_at_bits();
        }
        if let Some(block) = self.pace.take() {
            g711::decode(self.law, &block, rx);
        }
        self.send(tx)
    }

    fn set_signalling_bits(&mut self, abcd: u8) -> Result<(), PortError> {
        if self.bits_rx.is_none() {
            return Err(PortError::Unsupported("send signalling bits: it is a clear channel"));
        }
        self.bits_tx = Some(abcd & 0xF);
        let Some(device) = &self.device else { return Err(PortError::Gone) };
        device.set_tx_bits(abcd & 0xF).map_err(|code| self.failed("DAHDI_SETTXBITS", code))
    }

    fn poll_event(&mut self) -> Option<TimeslotEvent> {
        self.waiting.pop_at(0)
    }
}
