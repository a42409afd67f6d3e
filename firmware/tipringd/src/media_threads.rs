//! The media side's threads, and what an administrator should know about them.

use std::path::Path;
use std::sync::Arc;

use tipring_api::HealthNote;
use tipring_clock::RealClock;
use tipring_media::recorder::thread::{RecorderThread, spawn as spawn_recorder};
use tipring_media::thread::{self, MediaThread, ThreadConfig};
use tipring_media::{Engine, Metrics, Recorder};

use crate::journal::{Level, note};

/// The running threads.
pub(crate) struct MediaThreads {
    media: MediaThread,
    recorder: RecorderThread,
    metrics: Arc<Metrics>,
}

impl MediaThreads {
    /// Starts them; says once what the system did not permit.
    ///
    /// # Errors
    /// They cannot run at all.
    pub(crate) fn start(
        engine: Engine,
        recorder: Recorder,
        metrics: Arc<Metrics>,
        recordings: &Path,
        clock: &RealClock,
        cpu: Option<usize>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<RealClock> = Arc::new(clock.clone());
        let config = ThreadConfig { cpu, ..ThreadConfig::default() };
        let media = thread::spawn(engine, config, clock.clone())?;
        let recorder = spawn_recorder(recorder, recordings, clock)?;
        let threads = MediaThreads { media, recorder, metrics };
        for health in threads.notes() {
            note(Level::Notice, &format!("{}: {}", health.what, health.advice));
        }
        Ok(threads)
    }

    /// The media side's figures.
    pub(crate) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// What the system did not permit, and what to do.
    pub(crate) fn notes(&self) -> Vec<HealthNote> {
        let status = self.media.status();
        let mut notes = Vec::new();
        if let Some(why) = &status.no_priority {
            notes.push(HealthNote::new(
                [
                    format!("the media thread has no real-time priority ({why})"),
                    format!("媒体线程没有实时优先级（{why}）"),
                ],
                [
                    "run the box as a service, or as root, or grant it CAP_SYS_NICE",
                    "请以系统服务或 root 身份运行，或授予 CAP_SYS_NICE 权限",
                ],
            ));
        }
        if let Some(why) = &status.no_lock {
            notes.push(HealthNote::new(
                [
                    format!("the box's memory can be swapped out ({why})"),
                    format!("设备程序的内存可能被换出到磁盘（{why}）"),
                ],
                [
                    "run the box as a service, or as root, or grant it CAP_IPC_LOCK",
                    "请以系统服务或 root 身份运行，或授予 CAP_IPC_LOCK 权限",
                ],
            ));
        }
        notes
    }

    /// Ends them after everything recorded is written.
    pub(crate) fn end(self) {
        drop(self.media);
        drop(self.recorder);
    }
}
