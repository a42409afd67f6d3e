//! The last frames of a D-channel, kept for whoever wants to look.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tipring_clock::WallTime;
use tipring_line::{PortError, Span, SpanEvent, SpanTest};

use super::{capture_header, capture_record};
use crate::q921::{FRAME_MAX, Octets, Side};

/// Frames that a ring keeps: some forty calls' worth, 300 kB.
pub const RING_FRAMES: usize = 1_024;

/// A frame that went over a D-channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracedFrame {
    /// Its number on this D-channel since the box started, from 1.
    pub number: u64,
    /// When.
    pub at: WallTime,
    /// Who sent it.
    pub sender: Side,
    /// Its octets, without FCS. What was longer than any frame is cut.
    pub octets: Octets,
}

struct Frames {
    last: u64,
    kept: VecDeque<TracedFrame>,
}

/// Told whenever there is a new frame.
type Notice = Box<dyn Fn() + Send + Sync>;

/// The last frames of one D-channel. Clones are the same ring. It takes a lock for as long as it
/// takes to copy a frame, so the real-time thread must not feed it.
#[derive(Clone)]
pub struct TraceRing {
    our: Side,
    frames: Arc<Mutex<Frames>>,
    notice: Arc<Notice>,
}

impl fmt::Debug for TraceRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceRing").field("our", &self.our).finish_non_exhaustive()
    }
}

impl TraceRing {
    /// An empty ring of a D-channel at whose end we are `our` side; `notice` is called after every
    /// frame and must return at once.
    pub fn new(our: Side, notice: impl Fn() + Send + Sync + 'static) -> Self {
        let kept = VecDeque::with_capacity(RING_FRAMES);
        TraceRing {
            our,
            frames: Arc::new(Mutex::new(Frames { last: 0, kept })),
            notice: Arc::new(Box::new(notice)),
        }
    }

    /// Which side we are.
    pub fn side(&self) -> Side {
        self.our
    }

    /// The frames are sound at every moment, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a frame, without FCS.
    pub fn push(&self, at: WallTime, sender: Side, frame: &[u8]) {
        let octets = frame.iter().copied().take(FRAME_MAX).collect();
        let mut frames = self.lock();
        frames.last += 1;
        let number = frames.last;
        if frames.kept.len() == RING_FRAMES {
            frames.kept.pop_front();
        }
        frames.kept.push_back(TracedFrame { number, at, sender, octets });
        drop(frames);
        (self.notice)();
    }

    /// The span, with its D-channel's frames kept here as they pass; `wall` tells the calendar time.
    pub fn tap(
        &self,
        span: Box<dyn Span>,
        wall: impl Fn() -> WallTime + Send + 'static,
    ) -> TracedSpan {
        TracedSpan { ring: self.clone(), wall: Box::new(wall), span }
    }

    /// The number of the last frame; 0 before there was any.
    pub fn last(&self) -> u64 {
        self.lock().last
    }

    /// The frames after this number that are still kept, at most `limit`, oldest first.
    pub fn after(&self, number: u64, limit: usize) -> Vec<TracedFrame> {
        let frames = self.lock();
        let oldest = frames.last + 1 - frames.kept.len() as u64;
        let skip = usize::try_from((number + 1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        frames.kept.iter().skip(skip).take(limit).cloned().collect()
    }

    /// All frames that are kept, as a capture file.
    pub fn capture(&self) -> Vec<u8> {
        capture(self.our, &self.after(0, RING_FRAMES))
    }
}

/// Frames as a capture file, taken at `our` end.
pub fn capture<'a>(our: Side, frames: impl IntoIterator<Item = &'a TracedFrame>) -> Vec<u8> {
    let mut file = capture_header().to_vec();
    for frame in frames {
        file.extend(capture_record(frame.at, our, frame.sender, &frame.octets));
    }
    file
}

/// A span whose D-channel frames are kept as they pass; see [`TraceRing::tap`].
pub struct TracedSpan {
    ring: TraceRing,
    wall: Box<dyn Fn() -> WallTime + Send>,
    span: Box<dyn Span>,
}

impl Span for TracedSpan {
    fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize> {
        let length = self.span.receive_hdlc(frame)?;
        let received = frame.get(..length).unwrap_or(frame);
        self.ring.push((self.wall)(), self.ring.our.other(), received);
        Some(length)
    }

    /// A frame that the driver does not take was not sent, and is not kept.
    fn send_hdlc(&mut self, frame: &[u8]) -> Result<(), PortError> {
        self.span.send_hdlc(frame)?;
        self.ring.push((self.wall)(), self.ring.our, frame);
        Ok(())
    }

    fn test(&mut self, test: SpanTest) -> Result<(), PortError> {
        self.span.test(test)
    }

    fn poll_event(&mut self) -> Option<SpanEvent> {
        self.span.poll_event()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn at(second: i64) -> WallTime {
        WallTime::from_unix_micros(second * 1_000_000)
    }

    #[test]
    fn the_last_frames_are_kept_and_numbered() {
        let notices = Arc::new(AtomicU32::new(0));
        let counter = notices.clone();
        let ring = TraceRing::new(Side::User, move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!((ring.last(), ring.after(0, 9)), (0, vec![]));
        for number in 1..=RING_FRAMES as i64 + 10 {
            ring.push(at(number), Side::User, &[number as u8; 3]);
        }
        let total = RING_FRAMES as u64 + 10;
        assert_eq!((ring.last(), u64::from(notices.load(Ordering::Relaxed))), (total, total));
        let numbers = |after, limit| -> Vec<u64> {
            ring.after(after, limit).iter().map(|frame| frame.number).collect()
        };
        assert_eq!(numbers(0, 2), [11, 12], "the first ones have gone");
        assert_eq!(numbers(total - 1, 9), [total]);
        assert!(numbers(total, 9).is_empty());
        assert!(numbers(u64::MAX - 1, 9).is_empty());
        assert_eq!(ring.capture().len(), 24 + RING_FRAMES * (16 + 16 + 3));
    }

    /// A span on which the frames given wait, and which takes `room` frames.
    struct Wire {
        received: Vec<Vec<u8>>,
        room: usize,
    }

    impl Span for Wire {
        fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize> {
            let received = self.received.pop()?;
            frame[..received.len()].copy_from_slice(&received);
            Some(received.len())
        }

        fn send_hdlc(&mut self, _: &[u8]) -> Result<(), PortError> {
            self.room = self.room.checked_sub(1).ok_or(PortError::Gone)?;
            Ok(())
        }

        fn test(&mut self, _: SpanTest) -> Result<(), PortError> {
            Ok(())
        }

        fn poll_event(&mut self) -> Option<SpanEvent> {
            None
        }
    }

    #[test]
    fn a_tapped_span_passes_frames_on_and_keeps_them() {
        let ring = TraceRing::new(Side::User, || {});
        let wire = Wire { received: vec![vec![2, 1, 0x7F]], room: 1 };
        let mut tapped = ring.tap(Box::new(wire), || at(7));
        assert_eq!(tapped.send_hdlc(&[0, 1, 0x7F]), Ok(()));
        assert_eq!(tapped.send_hdlc(&[0, 1, 0x53]), Err(PortError::Gone));
        let mut frame = [0; 9];
        assert_eq!(tapped.receive_hdlc(&mut frame), Some(3));
        assert_eq!(tapped.receive_hdlc(&mut frame), None);
        let kept = ring.after(0, 9);
        let seen: Vec<_> = kept.iter().map(|frame| (frame.sender, &frame.octets[..])).collect();
        assert_eq!(seen, [(Side::User, &[0, 1, 0x7F][..]), (Side::Network, &[2, 1, 0x7F])]);
        assert!(kept.iter().all(|frame| frame.at == at(7)));
    }
}
