#![no_main]

#[path = "../src/sip.rs"]
mod sip;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sip::message(bytes));
