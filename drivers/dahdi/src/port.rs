//! One analog channel as a port of the box.
//!
//! The kernel refuses reading and writing (errno 500) as long as an event waits, so each exchange
//! finds events without a poll of its own and takes them before the audio.
//!
//! **Ringing.** The kernel rings by a cadence of its own; here the cadence is the signalling's.
//! So the cadence set is one burst longer than any ([`open`](crate::open)), each burst begins with
//! `HOOK` ring and ends with `HOOK` ring-off, after which the channel is on-hook and takes the
//! next. A burst that nobody ends, because its program has stopped, the kernel ends by itself.

use std::sync::Arc;

use arrayvec::ArrayVec;
use core::ffi::c_int;
use nix::errno::Errno;
use rtrb::Consumer;
use tipring_dsp::g711;
use tipring_line::{
    Alarm, AnalogPort, Digit, Frame, Law, LinePolarity, LineReading, PortCommand, PortError,
    PortEvent, PortKind, SILENCE,
};

use crate::device::{Channel, Device, Hook};
use crate::fxs_loop::FxsLoop;
use crate::keeper::{Link, Opened};
use crate::layout::{ELAST, Params, alarms, events, rx_hook};
use crate::pace::{BUFFERS, Codes, Pace, Slips};

/// Events that may wait: as many as the kernel keeps for a channel.
const EVENTS_MAX: usize = 64;
/// Times a read or write is tried again because events waited or a signal came.
const RETRIES: u32 = 4;
/// Exchanges between two looks for a battery that has gone: 100 ms.
const BATTERY_LOOK: u32 = 5;
/// Exchanges for which a handset must be down before the kernel is told: a second. Told sooner,
/// the kernel would take a handset lifted again, as in a flash, for one to be rid of.
const DOWN_SETTLE: u32 = 50;
/// A burst of ringing of which only the end was told is shown for this many exchanges: 300 ms.
const LATE_BURST: u32 = 15;
/// On-hook audio stays open for this many milliseconds: more than any caller id.
const ON_HOOK_AUDIO_MS: c_int = 6_000;

/// What has happened on a port since it was opened first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PortStats {
    /// Frames exchanged.
    pub frames: u64,
    /// Slips between the channel's clock and the exchanging one.
    pub slips: Slips,
    /// Events of the kernel.
    pub events: u64,
    /// Times an event held up audio (errno 500); handled, no audio is lost by it.
    pub held_up: u64,
    /// Events lost because nobody polled.
    pub events_dropped: u32,
    /// Times the channel has gone.
    pub losses: u32,
    /// Times it has come back.
    pub returns: u32,
}

/// An analog channel of DAHDI. [`DahdiPort::open`](crate::open) makes one.
#[derive(Debug)]
pub struct DahdiPort<D: Device = Channel> {
    /// `None` while the channel is gone.
    device: Option<Arc<D>>,
    link: Arc<Link>,
    returned: Consumer<Opened<D>>,
    kind: PortKind,
    law: Law,
    params: Params,
    waiting: ArrayVec<PortEvent, EVENTS_MAX>,
    pace: Pace,
    /// FXO: the loop is closed by us.
    off_hook: bool,
    /// FXO: ringing current was told. FXS: it was ordered.
    ringing: bool,
    /// FXO: exchanges until the end of a burst is told that was told late.
    late_burst: u32,
    battery: bool,
    battery_look: u32,
    polarity: LinePolarity,
    alarm: Option<Alarm>,
    handset: FxsLoop,
    /// FXS: the kernel has been told that the handset is up.
    line_up: bool,
    stats: PortStats,
}

impl<D: Device> DahdiPort<D> {
    pub(crate) fn new(
        kind: PortKind,
        opened: Opened<D>,
        link: Arc<Link>,
        returned: Consumer<Opened<D>>,
    ) -> Self {
        let mut port = DahdiPort {
            device: None,
            link,
            returned,
            kind,
            law: opened.law,
            params: opened.params,
            waiting: ArrayVec::new(),
            pace: Pace::new(),
            off_hook: false,
            ringing: false,
            late_burst: 0,
            battery: true,
            battery_look: 0,
            polarity: LinePolarity::Forward,
            alarm: None,
            handset: FxsLoop::new(),
            line_up: false,
            stats: PortStats::default(),
        };
        port.begin(opened);
        port
    }

    /// What has happened so far.
    pub fn stats(&self) -> PortStats {
        PortStats { slips: self.pace.slips(), ..self.stats }
    }

    /// The channel's law.
    pub fn law(&self) -> Law {
        self.law
    }

    /// Takes a channel just opened, and tells what is not as it was told last.
    fn begin(&mut self, opened: Opened<D>) {
        let Opened { device, params, law } = opened;
        self.device = Some(device);
        self.params = params;
        self.handset.set_flash_time(params.rxflashtime);
        self.law = law;
        self.pace.restart();
        self.off_hook = false;
        self.line_up = false;
        self.on_alarms(params.chan_alarms);
        match self.kind {
            PortKind::Fxo => self.set_battery(
                params.rxhooksig != rx_hook::ON_HOOK && params.chan_alarms & alarms::RED == 0,
            ),
            PortKind::Fxs if params.rxhooksig == rx_hook::OFF_HOOK => self.on_loop_closed(),
            PortKind::Fxs => {
                let opened = self.handset.on_opened();
                self.tell_some(opened);
            }
        }
    }

    fn tell(&mut self, event: PortEvent) {
        if self.waiting.try_push(event).is_err() {
            self.stats.events_dropped = self.stats.events_dropped.saturating_add(1);
        }
    }

    fn tell_some(&mut self, event: Option<PortEvent>) {
        if let Some(event) = event {
            self.tell(event);
        }
    }

    /// The channel has gone. It is not touched any more (each touch would wait 5 ms in the
    /// kernel), and its keeper closes it.
    fn lose(&mut self) {
        if self.device.take().is_none() {
            return;
        }
        self.stats.losses = self.stats.losses.saturating_add(1);
        if core::mem::take(&mut self.ringing) && self.kind == PortKind::Fxo {
            self.tell(PortEvent::Ringing(false));
        }
        self.off_hook = false;
        self.set_alarm(Some(Alarm::DeviceLost));
        self.link.set_lost();
    }

    /// Turns an errno into the seam's error; a channel that has gone is let go.
    fn failed(&mut self, what: &'static str, code: c_int) -> PortError {
        if code == Errno::ENODEV as c_int || code == Errno::ENXIO as c_int {
            self.lose();
            return PortError::Gone;
        }
        PortError::Failed { what, code }
    }

    fn hook(&mut self, hook: Hook) -> Result<(), PortError> {
        let Some(device) = &self.device else { return Err(PortError::Gone) };
        device.hook(hook).map_err(|code| self.failed(hook.name(), code))?;
        if hook == Hook::OnHook {
            // The kernel empties the buffers of a channel that hangs up.
            self.pace.restart();
        }
        Ok(())
    }

    /// Orders what not every card can do.
    fn ask(
        &mut self,
        request: &'static str,
        able: &'static str,
        order: impl FnOnce(&D) -> Result<(), c_int>,
    ) -> Result<(), PortError> {
        let Some(device) = &self.device else { return Err(PortError::Gone) };
        let unable = [Errno::ENOTTY as c_int, Errno::ENOSYS as c_int, Errno::EINVAL as c_int];
        match order(device) {
            Ok(()) => Ok(()),
            Err(code) if unable.contains(&code) => Err(PortError::Unsupported(able)),
            Err(code) => Err(self.failed(request, code)),
        }
    }

    fn on_alarms(&mut self, bits: u32) {
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

    fn set_alarm(&mut self, alarm: Option<Alarm>) {
        if core::mem::replace(&mut self.alarm, alarm) != alarm {
            self.tell(PortEvent::Alarm(alarm));
        }
    }

    fn set_battery(&mut self, there: bool) {
        self.battery_look = 0;
        if core::mem::replace(&mut self.battery, there) != there {
            self.tell(PortEvent::Battery(there));
        }
    }

    /// Reads the channel's state after an event that only says that it has changed.
    fn look(&mut self) -> Option<Params> {
        let device = self.device.as_ref()?;
        match device.params() {
            Ok(params) => Some(params),
            Err(code) => {
                self.failed("DAHDI_GET_PARAMS", code);
                None
            }
        }
    }

    fn on_alarm_event(&mut self) {
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
    fn look_for_battery(&mut self) {
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

    fn on_event(&mut self, event: c_int) {
        self.stats.events += 1;
        match (self.kind, event) {
            (_, events::REMOVED) => self.lose(),
            (_, events::ALARM | events::NO_ALARM) => self.on_alarm_event(),
            (PortKind::Fxo, _) => self.on_exchange_event(event),
            (PortKind::Fxs, _) => self.on_handset_event(event),
        }
    }

    fn on_exchange_event(&mut self, event: c_int) {
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

    fn on_handset_event(&mut self, event: c_int) {
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

    fn on_loop_closed(&mut self) {
        self.ringing = false;
        self.bring_line_up();
        let closed = self.handset.on_closed();
        self.tell_some(closed);
    }

    /// Tells the kernel that the handset is up. While it drops the battery it refuses; then this
    /// is tried again with the next exchange.
    fn bring_line_up(&mut self) {
        if !self.line_up {
            self.line_up = self.hook(Hook::OffHook).is_ok();
        }
    }

    /// What an exchange does besides audio.
    fn keep_time(&mut self) {
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

    fn bring_line_down(&mut self) {
        if self.line_up {
            self.line_up = self.hook(Hook::OnHook).is_err();
        }
    }

    /// Takes all events; the kernel keeps at most [`EVENTS_MAX`].
    fn take_events(&mut self) {
        self.stats.held_up += 1;
        for _ in 0..EVENTS_MAX {
            let Some(device) = &self.device else { return };
            match device.next_event() {
                Ok(events::NONE) => return,
                Ok(event) => self.on_event(event),
                Err(code) => {
                    self.failed("DAHDI_GETEVENT", code);
                    return;
                }
            }
        }
    }

    /// Reads or writes one block; events in its way are taken first. `None`: there is no block, or
    /// no room.
    fn transfer(
        &mut self,
        what: &'static str,
        mut transfer: impl FnMut(&D) -> Result<usize, c_int>,
    ) -> Result<Option<usize>, PortError> {
        for _ in 0..RETRIES {
            let Some(device) = &self.device else { return Err(PortError::Gone) };
            match transfer(device) {
                Ok(length) => return Ok(Some(length)),
                Err(ELAST) => self.take_events(),
                Err(code) if code == Errno::EAGAIN as c_int => return Ok(None),
                Err(code) if code == Errno::EINTR as c_int => {}
                Err(code) => return Err(self.failed(what, code)),
            }
        }
        Ok(None)
    }

    fn receive(&mut self) -> Result<(), PortError> {
        let mut block: Codes = [self.law.silence(); _];
        for blocks in 1..=BUFFERS {
            let Some(_) = self.transfer("read", |device| device.read(&mut block))? else {
                return Ok(());
            };
            self.pace.on_received(&block);
            if blocks == BUFFERS {
                self.pace.on_full();
            }
        }
        Ok(())
    }

    fn send(&mut self, tx: &Frame) -> Result<(), PortError> {
        let (silence, frame) = self.pace.plan_write();
        let mut block: Codes = [self.law.silence(); _];
        for _ in 0..silence {
            self.send_block(&block)?;
        }
        if frame {
            g711::encode(self.law, tx, &mut block);
            self.send_block(&block)?;
        }
        Ok(())
    }

    fn send_block(&mut self, block: &Codes) -> Result<(), PortError> {
        match self.transfer("write", |device| device.write(block))? {
            Some(_) => self.pace.on_written(),
            None => self.pace.on_no_room(),
        }
        Ok(())
    }

    fn seize(&mut self, off_hook: bool) -> Result<(), PortError> {
        if self.kind != PortKind::Fxo {
            return Err(PortError::Unsupported("go off-hook: it is a handset's"));
        }
        if self.off_hook != off_hook {
            self.hook(if off_hook { Hook::OffHook } else { Hook::OnHook })?;
            self.off_hook = off_hook;
        }
        Ok(())
    }

    fn flash(&mut self, ms: u16) -> Result<(), PortError> {
        if self.kind != PortKind::Fxo {
            return Err(PortError::Unsupported("flash: it is a handset's"));
        }
        self.params.flashtime = c_int::from(ms);
        let params = self.params;
        self.ask("DAHDI_SET_PARAMS", "flash for a set time", |d| d.set_params(&params))?;
        self.hook(Hook::Flash)
    }

    fn ring(&mut self, on: bool) -> Result<(), PortError> {
        if self.kind != PortKind::Fxs {
            return Err(PortError::Unsupported("ring: it is the exchange's"));
        }
        if on == self.ringing {
            return Ok(());
        }
        if on {
            // The kernel rings only a channel that it holds to be down.
            self.bring_line_down();
            self.hook(Hook::Ring)?;
        } else {
            self.hook(Hook::RingOff)?;
        }
        self.ringing = on;
        Ok(())
    }

    /// The kernel drops the battery of a handset that is up when it is told that it is down; half
    /// a second later it gives it back by itself.
    fn drop_battery(&mut self) -> Result<(), PortError> {
        if self.kind != PortKind::Fxs {
            return Err(PortError::Unsupported("drop its battery: it is the exchange's"));
        }
        self.hook(Hook::OnHook)?;
        self.line_up = false;
        Ok(())
    }
}

impl<D: Device> AnalogPort for DahdiPort<D> {
    fn kind(&self) -> PortKind {
        self.kind
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        *rx = SILENCE;
        if self.device.is_none() {
            let opened = self.returned.pop().map_err(|_| PortError::Gone)?;
            self.stats.returns = self.stats.returns.saturating_add(1);
            self.begin(opened);
        }
        self.stats.frames += 1;
        self.keep_time();
        let received = self.receive();
        if let Some(block) = self.pace.take() {
            g711::decode(self.law, &block, rx);
        }
        received.and_then(|()| self.send(tx))
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        match command {
            PortCommand::OffHook(off_hook) => self.seize(off_hook),
            PortCommand::Flash { ms } => self.flash(ms),
            PortCommand::Ring(on) => self.ring(on),
            PortCommand::Polarity(polarity) => {
                let reversed = polarity == LinePolarity::Reverse;
                self.ask("DAHDI_SETPOLARITY", "reverse its polarity", |d| d.set_polarity(reversed))
            }
            PortCommand::Battery(false) => self.drop_battery(),
            PortCommand::Battery(true) => Ok(()),
            // It closes by itself, and at the latest with the next burst.
            PortCommand::OnHookAudio(false) => Ok(()),
            PortCommand::OnHookAudio(true) => {
                self.ask("DAHDI_ONHOOKTRANSFER", "open its audio on-hook", |d| {
                    d.on_hook_transfer(ON_HOOK_AUDIO_MS)
                })
            }
            PortCommand::MessageLamp(lit) => {
                self.ask("DAHDI_VMWI", "light a message lamp", |d| d.set_messages(lit))
            }
        }
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.waiting.pop_at(0)
    }

    /// As the keeper measured it last; asking the card would wait for its bus.
    fn reading(&mut self) -> LineReading {
        self.link.reading()
    }
}
