//! A scripted channel: it answers as the kernel does, from a script, and notes what it was told.
//! It is what voltages, polarity, lamps and caller id on-hook are tested against, which need
//! hardware that is not there; it shows that the driver asks for the right thing, no more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tipring_dahdi::{
    DahdiKeeper, DahdiPort, Device, Hook, LineStats, OpenError, Opened, Params, open_with,
};
use tipring_line::{AnalogPort, Frame, Law, PortEvent, PortKind, SILENCE};

pub(crate) const EIO: i32 = 5;
pub(crate) const EAGAIN: i32 = 11;
pub(crate) const EBUSY: i32 = 16;
pub(crate) const ENODEV: i32 = 19;
pub(crate) const ENOTTY: i32 = 25;
pub(crate) const ELAST: i32 = 500;

/// What the channel was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    Hook(Hook),
    Flash(i32),
    Polarity(bool),
    Messages(bool),
    OnHookTransfer(i32),
    Bits(u8),
}

pub(crate) struct Script {
    pub(crate) events: VecDeque<i32>,
    /// Events never end.
    pub(crate) babbles: bool,
    /// Blocks that wait to be read, each full of one code.
    pub(crate) received: VecDeque<u8>,
    /// First codes of the blocks written.
    pub(crate) sent: VecDeque<u8>,
    pub(crate) params: Params,
    pub(crate) stats: Result<LineStats, i32>,
    pub(crate) told: VecDeque<Told>,
    /// What it answers to everything it is told.
    pub(crate) refusal: Option<i32>,
    pub(crate) gone: bool,
    /// Reads and writes.
    pub(crate) touched: u32,
}

impl Script {
    fn answer(&mut self, told: Told) -> Result<(), i32> {
        if self.gone {
            return Err(ENODEV);
        }
        self.told.push_back(told);
        self.refusal.map_or(Ok(()), Err)
    }

    fn transfer<T>(&mut self, block: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, i32> {
        self.touched += 1;
        if self.gone {
            return Err(ENODEV);
        }
        if self.babbles || !self.events.is_empty() {
            return Err(ELAST);
        }
        block(self).ok_or(EAGAIN)
    }
}

#[derive(Clone)]
pub(crate) struct Scripted(pub(crate) Arc<Mutex<Script>>);

impl Scripted {
    pub(crate) fn new() -> Self {
        let script = Script {
            events: VecDeque::with_capacity(256),
            babbles: false,
            received: VecDeque::with_capacity(64),
            sent: VecDeque::with_capacity(4096),
            params: Params { rxhooksig: 1, flashtime: 750, ..Params::default() },
            stats: Err(ENOTTY),
            told: VecDeque::with_capacity(256),
            refusal: None,
            gone: false,
            touched: 0,
        };
        Scripted(Arc::new(Mutex::new(script)))
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    /// What it was told since the last time.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.script().told.drain(..).collect()
    }
}

impl Device for Scripted {
    fn read(&self, codes: &mut [u8]) -> Result<usize, i32> {
        let code = self.script().transfer(|s| s.received.pop_front())?;
        codes.fill(code);
        Ok(codes.len())
    }

    fn write(&self, codes: &[u8]) -> Result<usize, i32> {
        self.script().transfer(|s| {
            s.sent.push_back(codes[0]);
            Some(codes.len())
        })
    }

    fn next_event(&self) -> Result<i32, i32> {
        let mut script = self.script();
        if script.gone {
            return Err(ENODEV);
        }
        let other = if script.babbles { 12 } else { 0 };
        Ok(script.events.pop_front().unwrap_or(other))
    }

    fn params(&self) -> Result<Params, i32> {
        let script = self.script();
        if script.gone { Err(ENODEV) } else { Ok(script.params) }
    }

    fn set_params(&self, params: &Params) -> Result<(), i32> {
        self.script().answer(Told::Flash(params.flashtime))
    }

    fn hook(&self, hook: Hook) -> Result<(), i32> {
        self.script().answer(Told::Hook(hook))
    }

    fn set_polarity(&self, reversed: bool) -> Result<(), i32> {
        self.script().answer(Told::Polarity(reversed))
    }

    fn set_messages(&self, waiting: bool) -> Result<(), i32> {
        self.script().answer(Told::Messages(waiting))
    }

    fn on_hook_transfer(&self, ms: i32) -> Result<(), i32> {
        self.script().answer(Told::OnHookTransfer(ms))
    }

    fn rx_bits(&self) -> Result<u8, i32> {
        let script = self.script();
        if script.gone { Err(ENODEV) } else { Ok(script.params.rxbits as u8 & 0xF) }
    }

    fn set_tx_bits(&self, abcd: u8) -> Result<(), i32> {
        self.script().answer(Told::Bits(abcd))
    }

    fn stats(&self) -> Result<LineStats, i32> {
        self.script().stats
    }
}

/// A port over the channel, and its keeper. An FXO port's line has battery, an FXS port's handset
/// is down.
pub(crate) fn port(
    channel: &Scripted,
    kind: PortKind,
) -> (DahdiPort<Scripted>, DahdiKeeper<Scripted>) {
    if kind == PortKind::Fxs {
        channel.script().params.rxhooksig = 0;
    }
    let channel = channel.clone();
    let opener = move || {
        let script = channel.script();
        if script.gone {
            return Err(OpenError::NoChannel(1));
        }
        let params = script.params;
        drop(script);
        Ok(Opened { device: Arc::new(channel.clone()), params, law: Law::A })
    };
    open_with(kind, Box::new(opener)).unwrap()
}

/// Lets so many frames pass, each with a block to read.
pub(crate) fn frames(port: &mut DahdiPort<Scripted>, channel: &Scripted, frames: u32) -> Frame {
    let mut rx = SILENCE;
    for _ in 0..frames {
        channel.script().received.push_back(Law::A.silence());
        port.exchange(&SILENCE, &mut rx).unwrap();
    }
    rx
}

/// Lets a frame pass with these events, and gives what the port tells.
pub(crate) fn with_events(
    port: &mut DahdiPort<Scripted>,
    channel: &Scripted,
    events: &[i32],
) -> Vec<PortEvent> {
    channel.script().events.extend(events);
    frames(port, channel, 1);
    told_by(port)
}

pub(crate) fn told_by(port: &mut DahdiPort<Scripted>) -> Vec<PortEvent> {
    core::iter::from_fn(|| port.poll_event()).collect()
}
