//! The real-time thread: the engine with its sockets and its frame clock.
//!
//! It waits for the next of three things alone: packets, the frame clock, and the core's wake.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::unistd::Pid;
use tipring_clock::{Clock, Duration, Instant};
use tipring_line::FRAME_MS;

use crate::engine::IoChange;
use crate::metrics::Metrics;
pub use crate::net::Backend;
use crate::net::{Input, Network, network};
use crate::wake::Wake;
use crate::{Engine, MediaError, Stream};

const FRAME: Duration = Duration::from_millis(FRAME_MS as u64);
/// Inputs handled before the clock is looked at again.
const ROUND: usize = 256;
/// Inputs that share one look at the clock.
const SAME_TIME: usize = 32;

/// How the thread runs.
#[derive(Clone, Debug)]
pub struct ThreadConfig {
    /// How the sockets are served.
    pub backend: Backend,
    /// The processor to stay on, if any.
    pub cpu: Option<usize>,
    /// The `SCHED_FIFO` priority, 1–99; ordinary scheduling if none.
    pub priority: Option<u8>,
    /// Whether to keep the process's memory from being swapped out.
    pub lock_memory: bool,
    /// How long packets may be gathered before they are handled: fewer wakes for more delay.
    pub gather: Duration,
}

impl Default for ThreadConfig {
    fn default() -> Self {
        ThreadConfig {
            backend: Backend::Auto,
            cpu: None,
            priority: Some(50),
            lock_memory: true,
            gather: Duration::from_micros(500),
        }
    }
}

/// What the thread got of what it asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadStatus {
    /// How the sockets are served.
    pub backend: Backend,
    /// Why the thread has no real-time priority although it should; `None` if it has.
    pub no_priority: Option<String>,
    /// Why memory is not locked although it should be; `None` if it is.
    pub no_lock: Option<String>,
}

/// The running thread. Dropping it ends it.
#[derive(Debug)]
pub struct MediaThread {
    status: ThreadStatus,
    stop: Arc<AtomicBool>,
    wake: Arc<Wake>,
    thread: Option<JoinHandle<()>>,
}

impl MediaThread {
    /// What it got of what it asked for; tell the administrator once what is missing.
    pub fn status(&self) -> &ThreadStatus {
        &self.status
    }
}

impl Drop for MediaThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.wake.wake();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the runtime already.
            let _ = thread.join();
        }
    }
}

/// Starts the thread. `clock` is the one whose time the rest of the box uses.
///
/// # Errors
/// [`MediaError::System`] if the thread cannot be started or its sockets cannot be served at all.
pub fn spawn(
    engine: Engine,
    config: ThreadConfig,
    clock: Arc<dyn Clock>,
) -> Result<MediaThread, MediaError> {
    let stop = Arc::new(AtomicBool::new(false));
    let wake = engine.wake();
    let (report, reported) = sync_channel(1);
    let stopped = Arc::clone(&stop);
    let failed = |what, cause| MediaError::System { what, cause };
    let thread = std::thread::Builder::new()
        .name("media".into())
        .spawn(move || {
            // Io_uring wants to be set up by the thread that uses it.
            match prepare(&engine, &config) {
                Ok((network, status)) => {
                    let _ = report.send(Ok(status));
                    Loop { engine, network, clock, gather: config.gather }.run(&stopped);
                }
                Err(e) => {
                    let _ = report.send(Err(e));
                }
            }
        })
        .map_err(|cause| failed("starting the media thread", cause))?;
    let status = reported
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread ended")))
        .map_err(|cause| failed("serving the media sockets", cause))?;
    Ok(MediaThread { status, stop, wake, thread: Some(thread) })
}

fn prepare(engine: &Engine, config: &ThreadConfig) -> io::Result<(Box<dyn Network>, ThreadStatus)> {
    if let Some(cpu) = config.cpu {
        let mut set = CpuSet::new();
        set.set(cpu)?;
        sched_setaffinity(Pid::from_raw(0), &set)?;
    }
    // Io_uring's table of sockets is bounded by the number of files a process may open.
    raise_file_limit();
    let network = network(config.backend, engine.legs_max(), engine.wake_fd())?;
    let no_lock = if config.lock_memory {
        // Pages are locked once touched, so that unused parts of stacks and pools cost nothing.
        let on_fault = MlockAllFlags::from_bits_retain(libc::MCL_ONFAULT);
        mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | on_fault)
            .err()
            .map(|errno| errno.to_string())
    } else {
        None
    };
    let no_priority = config.priority.and_then(set_priority);
    let status = ThreadStatus { backend: network.backend(), no_priority, no_lock };
    Ok((network, status))
}

/// Lets the process open as many files as it may: each packet leg takes two. Gives the limit.
pub fn raise_file_limit() -> u64 {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

/// Makes the calling thread a real-time one (`SCHED_FIFO`); says why not if that is not permitted.
pub fn set_priority(priority: u8) -> Option<String> {
    let param = libc::sched_param { sched_priority: libc::c_int::from(priority) };
    // SAFETY: the parameter is valid; 0 is the calling thread.
    let result = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &param) };
    (result != 0).then(|| io::Error::last_os_error().to_string())
}

struct Loop {
    engine: Engine,
    network: Box<dyn Network>,
    clock: Arc<dyn Clock>,
    gather: Duration,
}

impl Loop {
    fn run(mut self, stopped: &AtomicBool) {
        let metrics = Arc::clone(self.engine.metrics());
        let mut due = self.clock.now() + FRAME;
        while !stopped.load(Ordering::Acquire) {
            let now = self.clock.now();
            if now >= due {
                due = self.tick(now, due, &metrics);
                continue;
            }
            // What is to be sent goes out with the wait's system call.
            self.send();
            self.network.wait(due - now, self.gather);
            self.engine.clear_outgoing();
            self.take_inputs();
            self.follow_io();
            self.engine.wake_core();
        }
    }

    /// Runs a tick and gives the time of the next.
    fn tick(&mut self, now: Instant, due: Instant, metrics: &Metrics) -> Instant {
        metrics.tick_ran(now - due);
        self.engine.handle_commands(now);
        self.follow_io();
        self.engine.tick(now);
        while self.engine.continue_tick(now) {
            self.send_now();
        }
        self.engine.wake_core();
        let mut next = due + FRAME;
        let missed = (now - next).as_micros() / FRAME.as_micros();
        if missed > 0 {
            // After a long stop there is no point in catching up frame by frame.
            Metrics::add(&metrics.ticks_missed, missed as u64);
            next += FRAME * missed as u32;
        }
        next
    }

    fn send(&mut self) {
        let refused = self.network.send(self.engine.outgoing());
        if refused > 0 {
            Metrics::add(&self.engine.metrics().packets_unsent, refused as u64);
        }
    }

    fn send_now(&mut self) {
        self.send();
        self.network.flush();
        self.engine.clear_outgoing();
    }

    fn take_inputs(&mut self) {
        let mut now = self.clock.now();
        for i in 1..=ROUND {
            if self.engine.is_outgoing_full() {
                self.send_now();
            }
            if i % SAME_TIME == 0 {
                now = self.clock.now();
            }
            let Some(input) = self.network.next() else { return };
            match input {
                Input::Packet { slot, stream: Stream::Rtp, source, bytes } => {
                    self.engine.handle_rtp(slot, now, source, bytes);
                }
                Input::Packet { slot, stream: Stream::Rtcp, source, bytes } => {
                    self.engine.handle_rtcp(slot, now, source, bytes);
                }
                Input::Closed(slot) => self.engine.io_closed(slot),
                Input::Wake => {
                    self.engine.clear_wake();
                    while self.engine.has_commands() {
                        self.engine.handle_commands(now);
                        self.follow_io();
                        self.send_now();
                    }
                }
            }
        }
    }

    /// Opens and closes sockets. What waits to be sent may need a socket that is about to be
    /// opened, and goes out before one is closed.
    fn follow_io(&mut self) {
        while let Some(change) = self.engine.poll_io() {
            match change {
                IoChange::Open { slot, rtp, rtcp } => {
                    if self.network.open(slot, rtp, rtcp).is_err() {
                        // The leg stays without packets, and the core hears that RTP has stopped.
                        Metrics::bump(&self.engine.metrics().sockets_refused);
                    }
                }
                IoChange::Close(slot) => {
                    self.send_now();
                    self.network.close(slot);
                }
            }
        }
    }
}
