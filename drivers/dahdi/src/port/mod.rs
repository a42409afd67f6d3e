//! One analog channel as a port of the box.
//!
//! The kernel refuses reading and writing (errno 500) as long as an event waits, so each exchange
//! finds events without a poll of its own and takes them before the audio.
//!
//! **Ringing.** The kernel rings by a cadence of its own; here the cadence is the signalling's.
//! So the cadence set is one burst longer than any ([`open`](crate::open)), each burst begins with
//! `HOOK` ring and ends with `HOOK` ring-off, after which the channel is on-hook and takes the
//! next. A burst that nobody ends, because its program has stopped, the kernel ends by itself.

mod commands;
mod events;

use core::ffi::c_int;
use std::sync::Arc;

use arrayvec::ArrayVec;
use rtrb::Consumer;
use tipring_dsp::g711;
use tipring_line::{
    Alarm, AnalogPort, FRAME_SAMPLES, Frame, Law, LinePolarity, LineReading, PortCommand,
    PortError, PortEvent, PortKind, SILENCE,
};

use crate::blocks::{Blocks, EVENTS_MAX};
use crate::device::{Channel, Device};
use crate::fxs_loop::FxsLoop;
use crate::keeper::{Link, Opened};
use crate::layout::{Params, alarms, has_gone, rx_hook};
use crate::pace::{Pace, Slips};

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

/// An analog channel of DAHDI; [`open`](crate::open) makes one.
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
}

impl<D: Device> Blocks for DahdiPort<D> {
    type Device = D;

    fn device(&self) -> Option<&D> {
        self.device.as_deref()
    }

    fn on_event(&mut self, event: c_int) {
        self.take_event(event);
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

impl<D: Device> AnalogPort for DahdiPort<D> {
    fn kind(&self) -> PortKind {
        self.kind
    }

    fn echo_delay_samples(&self) -> usize {
        // A frame waits behind the block on the wire and is heard back a block later; up to one
        // more, as the clocks' phases lie, is left to the canceller's tail.
        FRAME_SAMPLES
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
        self.receive()?;
        if let Some(block) = self.pace.take() {
            g711::decode(self.law, &block, rx);
        }
        self.send(tx)
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
            PortCommand::Balance(_) => Err(PortError::Unsupported("choose a hybrid balance")),
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
