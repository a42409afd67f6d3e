#![no_main]

#[path = "../src/r2.rs"]
mod r2;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| r2::variant(bytes));
