//! A port's calls do not allocate, whatever happens behind it; nor does the highway's exchange.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::Rig;
use tipring_clock::Instant;
use tipring_daa::pcm::{AlsaPcm, Pace, PcmHighway};
use tipring_line::{AnalogPort, PortCommand, SILENCE};
use tipring_sim::daa::Si3050Model;

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
    static ALLOCATIONS: Cell<u32> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    if COUNTED.get() {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    }
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations and frees within `work`.
fn allocations(work: impl FnOnce()) -> u32 {
    ALLOCATIONS.set(0);
    COUNTED.set(true);
    work();
    COUNTED.set(false);
    ALLOCATIONS.get()
}

#[test]
fn a_ports_calls_do_not_allocate() {
    let (mut rig, mut ports) = Rig::fxo(vec![Si3050Model::new()], |_| {});
    let port = &mut ports[0];
    let mut total = 0;
    let mut events = 0;
    for frame in 0..600_u32 {
        rig.chips.daa(0, |chip| chip.ring(frame.is_multiple_of(3)));
        if frame == 300 {
            rig.pcm.with(|pcm| pcm.is_away = true);
        }
        if frame == 400 {
            rig.pcm.with(|pcm| pcm.is_away = false);
        }
        rig.pass_frame();
        total += allocations(|| {
            let mut rx = SILENCE;
            let _ = port.exchange(&SILENCE, &mut rx);
            let _ = port.command(PortCommand::OffHook(frame % 100 > 50));
            let _ = port.command(PortCommand::Ring(true));
            while port.poll_event().is_some() {
                events += 1;
            }
            let _ = port.reading();
        });
    }
    assert!(events >= 1, "something happened");
    assert_eq!(total, 0);
}

#[test]
fn the_highways_exchange_does_not_allocate_over_alsa() {
    let mut highway = PcmHighway::new(AlsaPcm::new("null", 4), 4, Pace::Caller);
    let mut link = highway.connect(2).unwrap();
    highway.exchange(Instant::ZERO);
    let total = allocations(|| {
        for _ in 0..100 {
            highway.exchange(Instant::ZERO);
            let mut rx = SILENCE;
            link.exchange(&SILENCE, &mut rx);
        }
    });
    assert_eq!((total, highway.counters().frames), (0, 101));
}
