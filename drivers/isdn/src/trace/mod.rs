//! A D-channel to look at: captures that Wireshark reads, and messages in words. Sans-IO: octets
//! and texts are made here, files and pages elsewhere.

mod details;
mod pcap;
mod ring;
mod words;

pub use details::{Detail, details};
pub use pcap::{RECORD_MAX, capture_header, capture_record};
pub use ring::{RING_FRAMES, TraceRing, TracedFrame, TracedSpan, capture};
pub use words::{carries_message, describe};
