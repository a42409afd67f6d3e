//! A D-channel to look at: captures that Wireshark reads, and messages in words. Sans-IO: octets
//! and texts are made here, files and pages elsewhere.

mod pcap;
mod words;

pub use pcap::{RECORD_MAX, capture_header, capture_record};
pub use words::{Language, describe};
