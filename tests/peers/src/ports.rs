//! Ports that nobody else uses.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that the system gives out by itself.
const FIRST: u32 = 12_000;
const LAST: u32 = 32_000;
/// Every block starts at a multiple of this, so that blocks never overlap.
const BLOCK: u32 = 40;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Forty ports of 127.0.0.1 in a row, free for UDP and TCP when looked at, and given to nobody
/// else in this process. Processes begin at different places.
///
/// # Panics
/// There are none.
pub fn block() -> RangeInclusive<u16> {
    let blocks = (LAST - FIRST) / BLOCK;
    let begin = std::process::id().wrapping_mul(37);
    for _ in 0..blocks {
        let n = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % blocks;
        let first = u16::try_from(FIRST + n * BLOCK).expect("below 65536");
        let range = first..=first + (BLOCK as u16 - 1);
        if range.clone().all(is_free) {
            return range;
        }
    }
    panic!("no {BLOCK} free ports in a row between {FIRST} and {LAST}");
}

/// One such port.
pub fn one() -> u16 {
    *block().start()
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
