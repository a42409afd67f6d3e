//! What crosses the rings between the core and the engine. Boxes are made and dropped on the
//! core's side alone: those the engine is done with come back as [`Garbage`].

use arrayvec::ArrayVec;
use tipring_line::{ChannelCommand, Digits, RtpSession};

use crate::engine::{Leg, LegSlot};
use crate::play::Player;
use crate::tap::dtmf::DtmfTap;
use crate::tap::record::RecordingSlot;

/// Members of one conference at most.
pub(crate) const CONFERENCE_MAX: usize = 32;

pub(crate) type Members = ArrayVec<LegSlot, CONFERENCE_MAX>;

/// Core to engine.
pub(crate) enum Command {
    Open(LegSlot, Box<Leg>),
    Update(LegSlot, RtpSession),
    Close(LegSlot),
    Line(LegSlot, Box<ChannelCommand>),
    Bridge(LegSlot, LegSlot),
    Unbridge(LegSlot, LegSlot),
    Conference(Members),
    Leave(LegSlot),
    /// Listener, target, and whether the target hears the listener.
    Monitor(LegSlot, LegSlot, bool),
    Mute(LegSlot, bool),
    Play(LegSlot, Box<Player>),
    Beep(LegSlot, Box<Player>),
    Stop(LegSlot),
    Detect(LegSlot, Option<Box<DtmfTap>>),
    SendDigits(LegSlot, Box<Digits>),
    Record(RecordingSlot),
    /// Who is on its left and on its right.
    RecordSides(RecordingSlot, Option<LegSlot>, Members),
    RecordStop(RecordingSlot),
}

/// Engine to core: to be dropped, or put to use again.
pub(crate) enum Garbage {
    /// The slot is free again.
    Leg(LegSlot, Box<Leg>),
    Player(#[expect(dead_code, reason = "only dropped")] Box<Player>),
    Tap(#[expect(dead_code, reason = "only dropped")] Box<DtmfTap>),
    Line(#[expect(dead_code, reason = "only dropped")] Box<ChannelCommand>),
    Digits(#[expect(dead_code, reason = "only dropped")] Box<Digits>),
}
