//! An allocator that counts, for tests of what the real-time thread runs: none of that may
//! allocate or free.
//!
//! A test names it as its global allocator:
//!
//! ```
//! #[global_allocator]
//! static COUNTING: tipring_test_allocations::Counting = tipring_test_allocations::Counting;
//!
//! let mut list = Vec::new();
//! assert_eq!(tipring_test_allocations::count(|| list.push(1)), 1);
//! ```
//! Threads are counted each for itself.

#![deny(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
    static ALLOCATIONS: Cell<u32> = const { Cell::new(0) };
}

/// The system's allocator, with a count.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

fn note() {
    if COUNTED.get() {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    }
}

// SAFETY: every call is passed on to the system's allocator unchanged; the count is thread-local,
// needs no destructor and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note();
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) };
    }
}

/// How often this thread allocates or frees within `work`. Growing counts as both.
pub fn count(work: impl FnOnce()) -> u32 {
    counted(work).1
}

/// The same, and what `work` gives.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, u32) {
    let before = ALLOCATIONS.get();
    let outside = COUNTED.replace(true);
    let result = work();
    COUNTED.set(outside);
    (result, ALLOCATIONS.get() - before)
}

/// Work within [`count`] that is not counted: a simulated device that the real one replaces.
pub fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let outside = COUNTED.replace(false);
    let result = work();
    COUNTED.set(outside);
    result
}
