//! Processor time, that of this thread alone.

use nix::time::{ClockId, clock_gettime};
use tipring_dsp::{EchoCanceller, EchoTail};

use super::echo_line::{HYBRIDS, Line, speech};

/// Microseconds a frame of 20 ms.
pub(super) struct Cost {
    /// 512 taps, over a whole talk.
    pub(super) long: f64,
    /// 512 taps, over the first two seconds.
    pub(super) long_first: f64,
    pub(super) long_portable: f64,
    pub(super) short: f64,
    pub(super) short_portable: f64,
}

pub(super) fn measure(quick: bool) -> Cost {
    let (long_first, long) = frame_us(EchoCanceller::new(EchoTail::Ms64), quick);
    let (_, long_portable) = frame_us(EchoCanceller::portable(EchoTail::Ms64), quick);
    let (_, short) = frame_us(EchoCanceller::new(EchoTail::Ms32), quick);
    let (_, short_portable) = frame_us(EchoCanceller::portable(EchoTail::Ms32), quick);
    Cost { long, long_first, long_portable, short, short_portable }
}

/// Over the first hundred frames, and over all of a minute's talk; the quickest of some runs,
/// since everything else on the machine only adds.
fn frame_us(mut canceller: EchoCanceller, quick: bool) -> (f64, f64) {
    const FIRST: usize = 100;
    let sent = speech(3, -16.0, if quick { 20_000 } else { 60_000 });
    let received = Line::new(&HYBRIDS[4], -60.0).receive(&sent, &[]);
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..if quick { 5 } else { 9 } {
        canceller.reset();
        let mut left = received.clone();
        let mut frames = sent.chunks(160).zip(left.chunks_mut(160));
        let begin = cpu_us();
        frames.by_ref().take(FIRST).for_each(|(sent, left)| canceller.process(sent, left));
        let middle = cpu_us();
        frames.for_each(|(sent, left)| canceller.process(sent, left));
        let whole = (cpu_us() - begin) / (sent.len() / 160) as f64;
        best = (best.0.min((middle - begin) / FIRST as f64), best.1.min(whole));
    }
    best
}

fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("every Linux has this clock");
    time.tv_sec() as f64 * 1e6 + time.tv_nsec() as f64 / 1e3
}
