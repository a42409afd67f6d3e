//! The disk's end of the media side: recordings as stereo A-law WAV, and what a crash left.
//!
//! [`Recorder::poll`] takes the engine's chunks into one buffer a recording, and appends to each
//! file about once a second; a thread of its own calls it ([`thread`]). A second thread flushes
//! the file system once a second for all files together, so that a power cut costs the last second
//! or two however many calls are recorded. The file's header says "until the end" while the
//! recording is under way; [`mend`] puts right what never came to its end.

mod file;
mod mend;
pub mod thread;

use std::path::PathBuf;
use std::sync::Arc;

use rtrb::{Consumer, Producer};
use tipring_clock::Instant;

use self::file::{Put, RecordingFile};
pub use self::mend::{Mended, mend};
use crate::event::{MediaEvent, RecordingId};
use crate::metrics::Metrics;
use crate::tap::record::{Chunk, ChunkKind, RecordingSlot};
use crate::wake::Wake;

/// The core's order to begin a recording.
pub(crate) struct RecordingOrder {
    pub(crate) slot: RecordingSlot,
    pub(crate) id: RecordingId,
    pub(crate) path: PathBuf,
}

/// The recorder's ends of the rings.
pub(crate) struct RecorderEnds {
    pub(crate) chunks: Consumer<Chunk>,
    pub(crate) orders: Consumer<RecordingOrder>,
    pub(crate) events: Producer<MediaEvent>,
    pub(crate) core_wake: Arc<Wake>,
}

/// Chunks taken between two looks at the orders.
const AT_A_TIME: usize = 4096;

/// Writes recordings.
pub struct Recorder {
    ends: RecorderEnds,
    files: Vec<Option<Box<RecordingFile>>>,
    metrics: Arc<Metrics>,
    /// Bytes have been written since the last look.
    written: bool,
    told: bool,
}

impl Recorder {
    pub(crate) fn new(ends: RecorderEnds, metrics: Arc<Metrics>, recordings: u16) -> Self {
        let files = std::iter::repeat_with(|| None).take(usize::from(recordings)).collect();
        Recorder { ends, files, metrics, written: false, told: false }
    }

    /// Takes what has come and writes what is due. Says whether there may be more.
    pub fn poll(&mut self, now: Instant) -> bool {
        self.take_orders(now);
        let mut taken = 0;
        while taken < AT_A_TIME {
            let Ok(chunk) = self.ends.chunks.pop() else { break };
            self.take(now, &chunk);
            taken += 1;
        }
        if self.told {
            self.told = false;
            self.ends.core_wake.wake();
        }
        taken == AT_A_TIME
    }

    /// Writes what is buffered, whatever its age. For an orderly stop.
    pub fn finish(&mut self, now: Instant) {
        while self.poll(now) {}
        for place in 0..self.files.len() {
            self.close(place, None);
        }
        self.ends.core_wake.wake();
    }

    /// Whether anything has been written since this was last asked.
    pub fn take_written(&mut self) -> bool {
        std::mem::take(&mut self.written)
    }

    fn take_orders(&mut self, _now: Instant) {
        while let Ok(order) = self.ends.orders.pop() {
            let id = order.id;
            let place = usize::from(order.slot.0);
            match RecordingFile::create(id, order.path) {
                Ok(file) => {
                    self.files[place] = Some(Box::new(file));
                    self.tell(MediaEvent::RecordingStarted(id));
                }
                Err(reason) => {
                    Metrics::bump(&self.metrics.recorder_errors);
                    self.tell(MediaEvent::RecordingFailed { id, reason });
                }
            }
        }
    }

    fn take(&mut self, now: Instant, chunk: &Chunk) {
        let place = usize::from(chunk.recording.0);
        if self.files[place].is_none() {
            // The order was given before the engine was told, so it is there by now.
            self.take_orders(now);
        }
        match chunk.kind {
            ChunkKind::End => self.close(place, Some(chunk.position)),
            ChunkKind::Audio(side, mixed) => {
                let Some(file) = &mut self.files[place] else { return };
                let codes = &chunk.codes[..usize::from(chunk.length)];
                if file.put(side as usize, chunk.position, codes, mixed) == Put::Amended {
                    Metrics::bump(&self.metrics.recorder_chunks_late);
                }
                let written = file.write_due();
                self.note(place, written);
            }
        }
    }

    /// Counts what was written; a file that cannot be written is given up.
    fn note(&mut self, place: usize, written: Result<usize, String>) {
        match written {
            Ok(0) => {}
            Ok(bytes) => {
                self.written = true;
                Metrics::add(&self.metrics.recorder_bytes, bytes as u64);
            }
            Err(reason) => {
                Metrics::bump(&self.metrics.recorder_errors);
                if let Some(file) = self.files[place].take() {
                    self.tell(MediaEvent::RecordingFailed { id: file.id(), reason });
                }
            }
        }
    }

    fn close(&mut self, place: usize, end: Option<u32>) {
        let Some(mut file) = self.files[place].take() else { return };
        let id = file.id();
        match file.finish(end) {
            Ok(closed) => {
                self.written = true;
                self.tell(MediaEvent::RecordingClosed {
                    id,
                    path: closed.path,
                    duration_ms: closed.duration_ms,
                    bytes: closed.bytes,
                    lost: closed.lost,
                });
            }
            Err(reason) => {
                Metrics::bump(&self.metrics.recorder_errors);
                self.tell(MediaEvent::RecordingFailed { id, reason });
            }
        }
    }

    fn tell(&mut self, event: MediaEvent) {
        self.told = true;
        if self.ends.events.push(event).is_err() {
            Metrics::bump(&self.metrics.events_dropped);
        }
    }
}
