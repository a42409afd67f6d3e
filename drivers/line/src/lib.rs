//! What a line looks like: the words and the two lower seams of the box.
//!
//! Seam 1, hardware → signalling, is [`AnalogPort`], [`Timeslot`] and [`Span`]: a frame of audio in
//! and one out, and what the wire itself does (hook, ring, battery, polarity; signalling bits;
//! HDLC frames, alarms). DAHDI, an SPI codec with ALSA, and the simulator each implement them;
//! nothing above knows which.
//!
//! Seam 2, signalling → switch, is [`ChannelCommand`] and [`ChannelEvent`]: whatever its wire, a
//! channel speaks the same few commands and events. A channel whose audio comes in frames (an
//! analog port, a timeslot) is a [`FrameChannel`], driven by the media thread; one whose audio
//! comes in packets describes them by an [`RtpSession`].
//!
//! [`SpanWatch`] says of an E1 span what is wrong with it.
//!
//! Everything that crosses a seam has a fixed size, so that the real-time thread can pass it on
//! without allocating; but for what supplementary services tell, which only signalling outside that
//! thread has words for, and which is too rare and large to have room in every event.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod caller;
mod cause;
mod channel;
mod frame;
mod hardware;
mod ids;
mod number;
mod rtp;
mod supplementary;
mod trouble;

pub use caller::{CallerId, Presentation};
pub use cause::{Cause, Disposition};
pub use channel::{
    AnswerCertainty, ChannelCommand, ChannelEvent, DigitSource, Endpoint, FrameChannel,
};
pub use frame::{FRAME_MS, FRAME_SAMPLES, Frame, Law, SAMPLE_RATE_HZ, SILENCE};
pub use hardware::{
    Alarm, AnalogPort, LinePolarity, LineReading, PortCommand, PortError, PortEvent, PortKind,
    Span, SpanAlarms, SpanErrors, SpanEvent, SpanTest, Timeslot, TimeslotEvent,
};
pub use ids::{CallId, ChannelId, PortId};
pub use number::{Digit, Digits, Name, Number, NumberError};
pub use rtp::RtpSession;
pub use supplementary::{Components, Notice, RedirectReason, Redirection};
pub use trouble::{Language, LinkSight, SpanFraming, SpanTrouble, SpanWatch};
