//! A simulated E1 span with its two ends: what one end sends the other receives, a frame later.
//!
//! An end comes apart into its thirty-one timeslots, each behind [`Timeslot`], and what concerns
//! the whole, behind [`Span`]; the parts may live in different threads. Neither end is the
//! network's by itself: it is what is put on it. Wire faults are data of the [`SpanFaults`] and
//! orders of the [`SpanControl`]: bit errors, slips, damaged signalling bits, lost D-channel
//! frames by seed; loss of signal, of frame, AIS and a dead D-channel by command. The ends may be
//! set up differently ([`EndSettings`]), and then see of each other what real ones would.
//!
//! Left out on purpose: the bits of timeslot 0. A span out of frame is told so; that the far side
//! is told by RAI is done here as the hardware does it.

mod control;
mod end;
mod hdlc;
mod timeslot;
mod whole;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32};

use rtrb::{Consumer, Producer, RingBuffer};

pub use control::{SpanControl, SpanFault};
pub use end::EndSettings;
pub use hdlc::HDLC_BYTES_MAX;
pub use timeslot::SimTimeslot;
pub use whole::SimSpan;

use hdlc::HdlcFrame;
use timeslot::Codes;

/// Timeslots of a span that carry something: 1–31.
pub const TIMESLOTS: u8 = 31;
/// Frames that may be on the way in one timeslot: as much as one end may be ahead of the other.
const FRAMES_MAX: usize = 4;
/// D-channel frames that may be on the way.
const HDLC_FRAMES_MAX: usize = 64;

/// How often the wire does wrong, by itself. All zero: never.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct SpanFaults {
    /// Part of all bits that come out wrong; damages audio and D-channel frames.
    pub bit_error_rate: f64,
    /// Part of all frames, per timeslot, whose signalling bits come out wrong, for that frame.
    pub signalling_error_rate: f64,
    /// Part of all frames in which an octet is lost or repeated, in all timeslots.
    pub slip_rate: f64,
    /// Part of all D-channel frames that are lost.
    pub hdlc_loss_rate: f64,
    /// Part of all frames, per timeslot, whose audio is silence.
    pub dropout_rate: f64,
}

/// What both ends share, one for each direction.
#[derive(Debug)]
struct Way {
    /// How the end that sends this way is set up.
    sender: EndSettings,
    /// The loop at the end that sends this way; an [`end::Loop`] by its number.
    looped: AtomicU8,
    /// Signalling bits sent, by timeslot; place 0 is unused.
    bits: [AtomicU8; TIMESLOTS as usize + 1],
    /// The fault ordered for what this way's receiver gets; a [`SpanFault`] by its number.
    fault: AtomicU8,
    /// Slips, bit errors in audio, damaged D-channel frames.
    slips: AtomicU32,
    bit_errors: AtomicU32,
    hdlc_errors: AtomicU32,
}

impl Way {
    fn new(sender: EndSettings) -> Arc<Self> {
        Arc::new(Way {
            sender,
            looped: AtomicU8::new(0),
            // What a timeslot without signalling sends (G.704, clause 5.1.3.2.2).
            bits: [const { AtomicU8::new(0b1101) }; TIMESLOTS as usize + 1],
            fault: AtomicU8::new(0),
            slips: AtomicU32::new(0),
            bit_errors: AtomicU32::new(0),
            hdlc_errors: AtomicU32::new(0),
        })
    }
}

/// One end of a span, to be taken apart.
#[derive(Debug)]
pub struct SpanEnd {
    /// What concerns the whole.
    pub span: SimSpan,
    /// The timeslots, 1 first.
    pub timeslots: Vec<SimTimeslot>,
}

/// A span with these faults, in a course that the seed gives: both ends, and the control. Its ends
/// go with whatever is put on them.
pub fn span(faults: SpanFaults, seed: u64) -> (SpanEnd, SpanEnd, SpanControl) {
    span_between([EndSettings::default(); 2], faults, seed)
}

/// A span whose ends are set up so.
pub fn span_between(
    ends: [EndSettings; 2],
    faults: SpanFaults,
    seed: u64,
) -> (SpanEnd, SpanEnd, SpanControl) {
    let faults = end::drifting(faults, ends);
    let ways = ends.map(Way::new);
    let control = SpanControl::new(ways.clone());
    let mut timeslots = [Vec::new(), Vec::new()];
    for number in 1..=TIMESLOTS {
        let (a_to_b, from_a) = wire();
        let (b_to_a, from_b) = wire();
        let seed = seed.wrapping_mul(64).wrapping_add(u64::from(number));
        timeslots[0].push(SimTimeslot::new(number, &ways, (a_to_b, from_b), faults, seed));
        let ways = [ways[1].clone(), ways[0].clone()];
        timeslots[1].push(SimTimeslot::new(number, &ways, (b_to_a, from_a), faults, !seed));
    }
    let (a_to_b, from_a): (Producer<HdlcFrame>, Consumer<HdlcFrame>) =
        RingBuffer::new(HDLC_FRAMES_MAX);
    let (b_to_a, from_b) = RingBuffer::new(HDLC_FRAMES_MAX);
    let [a, b] = timeslots;
    let whole_a = SimSpan::new(&ways, (a_to_b, from_b), faults, seed);
    let ways = [ways[1].clone(), ways[0].clone()];
    let whole_b = SimSpan::new(&ways, (b_to_a, from_a), faults, !seed);
    let end = |span, timeslots| SpanEnd { span, timeslots };
    (end(whole_a, a), end(whole_b, b), control)
}

/// A wire with a frame on the way, so that it does not matter which end exchanges first.
fn wire() -> (Producer<Codes>, Consumer<Codes>) {
    let (mut sender, receiver) = RingBuffer::new(FRAMES_MAX);
    sender.push(timeslot::SILENT).expect("a new ring has room");
    (sender, receiver)
}
