#![no_main]

#[path = "../src/isdn.rs"]
mod isdn;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| isdn::link(bytes));
