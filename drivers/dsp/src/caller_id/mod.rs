//! Caller id: who calls, told on the line before the call is answered.
//!
//! FSK (Telcordia GR-30, ETSI EN 300 659; China YDN 069): [`FskTransmitter`] and [`FskReceiver`]
//! carry a [`Message`] as SDMF or MDMF: who calls, between the first two ringing bursts or before
//! them; who waits, to a handset off-hook (type II); whether messages wait. DTMF (China
//! YD/T 1277.1 and others): [`DtmfCallerId`] reads digits sent before the first burst.
//!
//! Left out: Japan's (7 bits and CRC).

mod dtmf;
mod fsk_rx;
mod fsk_tx;
mod message;

pub use dtmf::{DtmfCallerId, DtmfCallerIdStyle, dtmf_digits};
pub use fsk_rx::FskReceiver;
pub use fsk_tx::{FskTransmitter, Modem};
pub use message::{CallTime, Message, MessageContent, MessageError, MessageForm, NameEncoding};
