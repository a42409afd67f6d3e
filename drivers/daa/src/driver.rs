//! The threads: one polls the chips, one moves the samples.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use tipring_clock::{Clock, Duration};
use tipring_line::FRAME_MS;

use crate::Card;
use crate::pcm::{PcmDevice, PcmHighway};

/// Lines that may wait to be read; more are dropped, the state they tell is polled anyway.
const REPORTS_MAX: usize = 64;
/// A stop is noticed within this time.
const PAUSE_MAX: Duration = Duration::from_millis(100);
/// How long the PCM's clock runs before the chips are touched.
const CLOCK_LEAD: Duration = Duration::from_millis(20);

/// A running card. Dropping it stops the threads; the ports then say that the device has gone.
#[derive(Debug)]
pub struct Driver {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    reports: Receiver<String>,
}

impl Driver {
    /// Runs a card and its highway. `prepare` is called first in each of their threads: to ask for
    /// real-time priority, which is not this crate's to give.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start<S, R, D, C>(
        card: Card<S, R>,
        highway: PcmHighway<D>,
        clock: C,
        prepare: fn(),
    ) -> io::Result<Driver>
    where
        S: SpiDevice + Send + 'static,
        R: OutputPin + Send + 'static,
        D: PcmDevice + Send + 'static,
        C: Clock + Clone + Send + 'static,
    {
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, reports) = sync_channel(REPORTS_MAX);
        let mut driver = Driver { stop: stop.clone(), threads: Vec::new(), reports };
        let (pcm_stop, pcm_tell, pcm_clock) = (stop.clone(), tell.clone(), clock.clone());
        driver.threads.push(thread::Builder::new().name("analog-pcm".into()).spawn(move || {
            prepare();
            run_highway(highway, &pcm_clock, &pcm_stop, &pcm_tell);
        })?);
        driver.threads.push(thread::Builder::new().name("analog-spi".into()).spawn(move || {
            prepare();
            run_card(card, &clock, &stop, &tell);
        })?);
        Ok(driver)
    }

    /// The next line an operator should read; waits for it so long at most.
    pub fn next_report(&self, at_most: Duration) -> Option<String> {
        self.reports.recv_timeout(at_most).ok()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn run_card<S: SpiDevice, R: OutputPin>(
    mut card: Card<S, R>,
    clock: &impl Clock,
    stop: &AtomicBool,
    tell: &SyncSender<String>,
) {
    card.wake(thread::current());
    let begin = clock.now() + CLOCK_LEAD;
    while !stop.load(Ordering::Relaxed) {
        let now = clock.now();
        let due = if now < begin {
            begin
        } else {
            card.poll(now);
            while let Some(report) = card.poll_report() {
                let _ = tell.try_send(report.to_string());
            }
            card.poll_timeout()
        };
        let pause = due.saturating_since(clock.now()).min(PAUSE_MAX);
        if !pause.is_zero() {
            thread::park_timeout(pause);
        }
    }
}

fn run_highway<D: PcmDevice>(
    mut highway: PcmHighway<D>,
    clock: &impl Clock,
    stop: &AtomicBool,
    tell: &SyncSender<String>,
) {
    let frame = Duration::from_millis(u64::from(FRAME_MS));
    let mut told = None;
    let mut due = clock.now();
    while !stop.load(Ordering::Relaxed) {
        highway.exchange(clock.now());
        if highway.error() != told.as_ref() {
            told = highway.error().cloned();
            let line =
                told.as_ref().map_or("analog PCM: in service".to_owned(), ToString::to_string);
            let _ = tell.try_send(line);
        }
        if highway.is_paced_by_device() {
            highway.wait(PAUSE_MAX);
        } else {
            due += frame;
            let now = clock.now();
            if due < now {
                due = now;
            }
            thread::park_timeout(due - now);
        }
    }
}
