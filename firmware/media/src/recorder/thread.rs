//! The recorder's two threads: one that writes, one that flushes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tipring_clock::{Clock, Duration};

use crate::MediaError;
use crate::metrics::Metrics;
use crate::recorder::Recorder;

/// How often the writer looks at what has come. The ring holds much more than that.
const LOOK: Duration = Duration::from_millis(50);
/// How often the file system is flushed.
const FLUSH: Duration = Duration::from_secs(1);

/// The running threads. Dropping it ends them after all is written.
#[derive(Debug)]
pub struct RecorderThread {
    stop: Option<SyncSender<()>>,
    writer: Option<JoinHandle<()>>,
}

/// Starts the recorder's threads. `dir` lies on the file system that is flushed: the recordings'
/// folder.
///
/// # Errors
/// [`MediaError::File`] if the folder cannot be opened, [`MediaError::System`] if a thread cannot
/// be started.
pub fn spawn(
    recorder: Recorder,
    dir: &Path,
    clock: Arc<dyn Clock>,
) -> Result<RecorderThread, MediaError> {
    let folder =
        File::open(dir).map_err(|cause| MediaError::File { path: dir.to_owned(), cause })?;
    let (stop, stopped) = sync_channel(1);
    let (flush, flushes) = sync_channel(1);
    let metrics = Arc::clone(&recorder.metrics);
    let flush_clock = Arc::clone(&clock);
    let flusher = std::thread::Builder::new()
        .name("media-flush".into())
        .spawn(move || run_flusher(&folder, &flushes, &metrics, &*flush_clock))
        .map_err(thread_error)?;
    let writer = std::thread::Builder::new()
        .name("media-record".into())
        .spawn(move || {
            run_writer(recorder, &stopped, &flush, &*clock);
            drop(flush);
            // It ends with its channel; what it was doing it may finish.
            let _ = flusher.join();
        })
        .map_err(thread_error)?;
    Ok(RecorderThread { stop: Some(stop), writer: Some(writer) })
}

fn thread_error(cause: io::Error) -> MediaError {
    MediaError::System { what: "starting a recorder thread", cause }
}

fn run_writer(
    mut recorder: Recorder,
    stopped: &Receiver<()>,
    flush: &SyncSender<()>,
    clock: &dyn Clock,
) {
    let mut flush_due = clock.now() + FLUSH;
    let mut written = false;
    loop {
        let stop = !matches!(stopped.recv_timeout(LOOK), Err(RecvTimeoutError::Timeout));
        let now = clock.now();
        if stop {
            recorder.finish(now);
            // The last of all: its flush may wait for the one under way.
            let _ = flush.send(());
            return;
        }
        while recorder.poll(now) {}
        written |= recorder.take_written();
        if written && now >= flush_due {
            flush_due = now + FLUSH;
            // While a flush takes longer than a second, the next one is due at its end.
            written = matches!(flush.try_send(()), Err(TrySendError::Full(())));
        }
    }
}

fn run_flusher(folder: &File, flushes: &Receiver<()>, metrics: &Metrics, clock: &dyn Clock) {
    use std::sync::atomic::Ordering::Relaxed;
    while flushes.recv().is_ok() {
        let before = clock.now();
        match nix::unistd::syncfs(folder) {
            Ok(()) => Metrics::bump(&metrics.recorder_flushes),
            Err(_) => {
                metrics.recorder_errors.fetch_add(1, Relaxed);
            }
        }
        let us = u64::try_from((clock.now() - before).as_micros()).unwrap_or(u64::MAX);
        metrics.recorder_flush_us_max.fetch_max(us, Relaxed);
    }
}

impl Drop for RecorderThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(writer) = self.writer.take() {
            // A panic there has been reported by the runtime already.
            let _ = writer.join();
        }
    }
}
