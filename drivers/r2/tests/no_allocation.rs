//! What the real-time thread calls allocates nothing: idle, in both registers, in a call.
#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tipring_clock::{Duration, Instant};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Endpoint, FrameChannel, PortId, SILENCE,
};
use tipring_r2::{R2, R2Settings, Variant};
use tipring_sim::{SpanFaults, span};

thread_local! {
    static ALLOCATIONS: Cell<u32> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged; the count is thread-local
// and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn nothing_allocates_after_the_making() {
    let (a, b, _control) = span(SpanFaults::default(), 1);
    let settings = R2Settings::new(Variant::named("cn").unwrap());
    let mut channels = [a, b].map(|mut end| R2::new(end.timeslots.remove(0), settings.clone()));
    let seize = ChannelCommand::Seize(Endpoint::Port(PortId(0)));
    let caller = CallerId::from_number("13912345678".parse().unwrap());
    let dial = ChannelCommand::Dial { number: "13800138000".parse().unwrap(), caller };
    let keys = [Digit::from_char('5').unwrap()].into_iter().collect();
    let keys = ChannelCommand::SendDigits(keys);
    let (mut now, mut answered) = (Instant::ZERO, 0);

    let before = ALLOCATIONS.with(Cell::get);
    for frame in 0..5 * 400 {
        now += Duration::from_millis(20);
        match frame % 400 {
            20 => {
                channels[0].command(now, &seize);
                channels[0].command(now, &dial);
            }
            300 => channels[0].command(now, &keys),
            350 => channels[1].command(now, &ChannelCommand::Release(Cause::NormalClearing)),
            _ => {}
        }
        for channel in &mut channels {
            channel.tick(now, &SILENCE, &mut SILENCE.clone());
            while let Some(event) = channel.poll_event() {
                match event {
                    ChannelEvent::Offered { .. } => {
                        channel.command(now, &ChannelCommand::Alert);
                        channel.command(now, &ChannelCommand::Answer);
                    }
                    ChannelEvent::Answered(_) => answered += 1,
                    _ => {}
                }
            }
        }
    }
    assert_eq!(ALLOCATIONS.with(Cell::get) - before, 0);
    assert_eq!(answered, 5);
}
