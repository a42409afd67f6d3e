//! The network layer: call control (ITU-T Q.931, 05/98), user and network side.

mod call;
mod cause_value;
mod clearing;
mod command;
mod control;
pub mod element;
mod expiry;
mod incoming;
mod message;
mod raw;
mod receive;
mod restart;
mod settings;

pub use call::{CallState, NULL_STATE};
pub use control::{CallControl, Counters, Output};
pub use element::{Element, ElementError};
pub use message::{
    Builder, CallReference, Message, MessageError, MessageOctets, MessageType,
    PROTOCOL_DISCRIMINATOR,
};
pub use raw::{CutOff, RawElement, RawElements};
pub use settings::{
    ALL_CHANNELS, ChannelRequest, DisplayCoding, Hunt, NumberForm, OverlapReceiving, Profile,
    Settings, TimerSettings,
};
