//! The box's media side as it is in the box: control, engine, its thread and the recorder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use tipring_clock::RealClock;
use tipring_line::{ChannelEvent, ChannelId, Law, RtpSession};
use tipring_media::recorder::thread::RecorderThread;
use tipring_media::thread::{Backend, MediaThread, ThreadConfig};
use tipring_media::{Control, MediaConfig, MediaEvent, Metrics, RecordingId};

use super::child::{LOCAL, Subject};
use super::{CALLS_MAX, Figures, MEASURED_CPU};

/// A tick later than this (1 ms) counts as late.
const LATE_CLASS: usize = 4;

pub(super) struct Media {
    control: Control,
    metrics: Arc<Metrics>,
    dir: PathBuf,
    calls: u32,
    digits: u64,
    _thread: MediaThread,
    _recorder: RecorderThread,
}

impl Media {
    pub(super) fn start(backend: &str, dir: &Path) -> Result<(Self, String)> {
        let config = MediaConfig {
            legs_max: 2 * CALLS_MAX as u16,
            recordings_max: CALLS_MAX as u16,
            // As long a stall of the disk for 2,000 calls as the default holds for 400.
            recorder_chunks: 131_072,
            ring_slots: 16_384,
            bind: LOCAL,
            rtp_ports: 16_384..=16_384 + 4 * CALLS_MAX as u16 - 1,
            ..MediaConfig::default()
        };
        let clock = Arc::new(RealClock::start());
        let (control, engine, recorder) = tipring_media::open(&config)?;
        let recorder = tipring_media::recorder::thread::spawn(recorder, dir, clock.clone())?;
        let backend = match backend {
            "epoll" => Backend::Epoll,
            "io-uring" => Backend::IoUring,
            other => bail!("no back end is called {other}"),
        };
        let thread_config =
            ThreadConfig { backend, cpu: Some(MEASURED_CPU), ..ThreadConfig::default() };
        let thread = tipring_media::thread::spawn(engine, thread_config, clock)?;
        let status = thread.status();
        let what = format!(
            "Box: {:?}; priority {}; memory {}; recordings in {}",
            status.backend,
            status.no_priority.as_deref().unwrap_or("real-time"),
            status.no_lock.as_deref().unwrap_or("locked"),
            dir.display(),
        );
        let metrics = control.metrics();
        let media = Media {
            control,
            metrics,
            dir: dir.to_owned(),
            calls: 0,
            digits: 0,
            _thread: thread,
            _recorder: recorder,
        };
        Ok((media, what))
    }

    fn open_leg(&mut self, channel: ChannelId, peer: u16) -> Result<u16> {
        let local_port = self.control.allocate_port()?;
        self.control.open_rtp(
            channel,
            RtpSession {
                local_port,
                remote: SocketAddr::new(LOCAL, peer),
                law: Law::A,
                event_payload_type: Some(101),
                ptime_ms: 20,
                send: true,
                receive: true,
                rtcp_mux: false,
            },
        )?;
        self.control.detect(channel, true);
        Ok(local_port)
    }
}

impl Subject for Media {
    fn open(&mut self, peers: &[u16]) -> Result<Vec<u16>> {
        let mut ports = Vec::with_capacity(peers.len());
        for pair in peers.as_chunks::<2>().0 {
            let call = self.calls;
            self.calls += 1;
            let (a, b) = (ChannelId::sip_in(call), ChannelId::sip_out(call));
            ports.push(self.open_leg(a, pair[0])?);
            ports.push(self.open_leg(b, pair[1])?);
            self.control.bridge(a, b);
            let id = RecordingId(u64::from(call));
            self.control.record(id, self.dir.join(format!("call-{call}.wav")))?;
            self.control.record_sides(id, Some(a), &[b]);
            while self.control.poll_event().is_some() {}
        }
        Ok(ports)
    }

    fn figures(&mut self) -> Figures {
        while let Some(event) = self.control.poll_event() {
            if let MediaEvent::Channel(_, ChannelEvent::Digit { .. }) = event {
                self.digits += 1;
            }
        }
        let m = self.metrics.snapshot();
        Figures {
            packets_in: m.packets_in,
            tick_late_us_max: m.tick_lateness_us_max,
            ticks: m.ticks,
            ticks_late: m.tick_lateness[LATE_CLASS..].iter().sum(),
            ticks_missed: m.ticks_missed,
            digits: self.digits,
            chunks_lost: m.recorder_chunks_lost,
            chunks_late: m.recorder_chunks_late,
            recorded_bytes: m.recorder_bytes,
            flush_us_max: m.recorder_flush_us_max,
            packets_unsent: m.packets_unsent,
            ..Figures::default()
        }
    }
}
