//! What must not happen in the real-time thread: opening and closing a channel, and asking its
//! card for voltages.
//!
//! A port that loses its channel (card removed, driver unloaded, span taken away) lets go of it and
//! says so by a flag; its keeper, in a thread that may wait, closes it, opens it again when it is
//! back, and hands it over through a ring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};
use tipring_line::{Law, LineReading, PortKind};

use crate::device::{Channel, Device};
use crate::layout::{LineStats, Params};
use crate::open::OpenError;
use crate::port::DahdiPort;
use crate::timeslot::DahdiTimeslot;

/// No voltage is known.
const NO_VOLTAGE: i32 = i32::MIN;

/// What a port and its keeper share.
#[derive(Debug)]
pub(crate) struct Link {
    lost: AtomicBool,
    voltage_v: AtomicI32,
}

impl Link {
    fn new() -> Self {
        Link { lost: AtomicBool::new(false), voltage_v: AtomicI32::new(NO_VOLTAGE) }
    }

    pub(crate) fn set_lost(&self) {
        self.voltage_v.store(NO_VOLTAGE, Ordering::Relaxed);
        self.lost.store(true, Ordering::Release);
    }

    pub(crate) fn reading(&self) -> LineReading {
        let voltage_v = i16::try_from(self.voltage_v.load(Ordering::Relaxed)).ok();
        LineReading { voltage_v, ..LineReading::default() }
    }
}

/// A channel just opened and prepared.
#[derive(Debug)]
pub struct Opened<D> {
    /// The channel.
    pub device: Arc<D>,
    /// Its state when it was opened.
    pub params: Params,
    /// The law of its audio.
    pub law: Law,
}

impl<D> Clone for Opened<D> {
    fn clone(&self) -> Self {
        Opened { device: self.device.clone(), params: self.params, law: self.law }
    }
}

/// What a look after a channel came to.
#[derive(Debug)]
pub enum Tended {
    /// It works.
    Working,
    /// It is gone; this is why it could not be opened again.
    Gone(OpenError),
    /// It was gone and is back.
    Returned,
}

/// Opens and prepares a channel.
pub type Opener<D> = Box<dyn FnMut() -> Result<Opened<D>, OpenError> + Send>;

/// Looks after a port's channel. To be called about once a second, from a thread that may wait.
pub struct DahdiKeeper<D: Device = Channel> {
    /// `None` while the channel is gone.
    device: Option<Arc<D>>,
    /// What voltages would mean; `None` for a timeslot, which has none.
    kind: Option<PortKind>,
    link: Arc<Link>,
    handed_over: Producer<Opened<D>>,
    open: Opener<D>,
}

/// A port of this kind over a channel that `open` opens, now and whenever it has gone. For devices
/// other than the kernel's; those are opened by [`open`](crate::open).
///
/// # Errors
/// What `open` gives.
pub fn open_with<D: Device>(
    kind: PortKind,
    open: Opener<D>,
) -> Result<(DahdiPort<D>, DahdiKeeper<D>), OpenError> {
    let (keeper, opened, returned) = keep(Some(kind), open)?;
    Ok((DahdiPort::new(kind, opened, keeper.link.clone(), returned), keeper))
}

/// A timeslot over a channel that `open` opens, now and whenever it has gone.
///
/// # Errors
/// What `open` gives.
pub fn timeslot_with<D: Device>(
    open: Opener<D>,
) -> Result<(DahdiTimeslot<D>, DahdiKeeper<D>), OpenError> {
    let (keeper, opened, returned) = keep(None, open)?;
    Ok((DahdiTimeslot::new(opened, keeper.link.clone(), returned), keeper))
}

type Kept<D> = (DahdiKeeper<D>, Opened<D>, Consumer<Opened<D>>);

fn keep<D: Device>(kind: Option<PortKind>, mut open: Opener<D>) -> Result<Kept<D>, OpenError> {
    let opened = open()?;
    let link = Arc::new(Link::new());
    // One channel may wait: whoever lost one takes it before it can lose the next.
    let (handed_over, returned) = RingBuffer::new(1);
    let device = Some(opened.device.clone());
    Ok((DahdiKeeper { device, kind, link, handed_over, open }, opened, returned))
}

impl<D: Device> DahdiKeeper<D> {
    /// Closes and opens again a channel that has gone; otherwise measures the line, where the card
    /// can. May wait for the kernel.
    pub fn tend(&mut self) -> Tended {
        if self.link.lost.load(Ordering::Acquire) {
            return self.bring_back();
        }
        let Some(kind) = self.kind else { return Tended::Working };
        let stats = self.device.as_ref().and_then(|device| device.stats().ok());
        let voltage_v = stats.map_or(NO_VOLTAGE, |stats| voltage_v(kind, stats));
        self.link.voltage_v.store(voltage_v, Ordering::Relaxed);
        Tended::Working
    }

    fn bring_back(&mut self) -> Tended {
        // The port has let go of it, so this closes it.
        self.device = None;
        let opened = match (self.open)() {
            Ok(opened) => opened,
            Err(error) => return Tended::Gone(error),
        };
        self.device = Some(opened.device.clone());
        // First the flag: the port may lose the channel again as soon as it has it.
        self.link.lost.store(false, Ordering::Release);
        let full = self.handed_over.push(opened).is_err();
        debug_assert!(!full, "a port that has lost its channel has taken the one before");
        Tended::Returned
    }
}

/// The line's voltage, tip to ring. An FXO card gives it three times, an FXS card by wire.
fn voltage_v(kind: PortKind, stats: LineStats) -> i32 {
    let millivolts = match kind {
        PortKind::Fxo => stats.tipvolt,
        PortKind::Fxs => stats.tipvolt.saturating_sub(stats.ringvolt),
    };
    millivolts / 1000
}
