//! The thread that switches the lights and the relay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use tipring_api::Live;
use tipring_clock::{Clock, Duration, Instant, RealClock};
use tipring_events::LineState;

use super::lights::Panel;
use crate::journal::{Level, note};
use crate::socket_names::SocketNames;

/// The box is taken for well so long after it was last found so.
const WELL_FOR: Duration = Duration::from_secs(4);

/// When the box was last found to be well.
#[derive(Clone, Default)]
pub(crate) struct Wellness(Arc<AtomicU64>);

impl Wellness {
    /// It is well now.
    pub(crate) fn beat(&self, now: Instant) {
        self.0.store(now.as_millis().max(1), Ordering::Relaxed);
    }

    fn is_well(&self, now: Instant) -> bool {
        let beat = self.0.load(Ordering::Relaxed);
        beat > 0 && now - Instant::from_millis(beat) < WELL_FOR
    }
}

/// The running thread; dropping it makes all dark and lets the relay fall back.
pub(crate) struct LightThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LightThread {
    /// Begins to switch, if the board has anything to be switched.
    ///
    /// # Errors
    /// The system has no threads left.
    pub(super) fn start(
        panel: Panel,
        clock: RealClock,
        live: Live,
        names: SocketNames,
        well: Wellness,
    ) -> std::io::Result<Option<Self>> {
        if panel.is_empty() {
            return Ok(None);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("lights".to_owned());
        let thread = thread.spawn(move || run(panel, &clock, &live, &names, &well, &stopped))?;
        Ok(Some(LightThread { stop, thread: Some(thread) }))
    }
}

impl Drop for LightThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn run(
    mut panel: Panel,
    clock: &RealClock,
    live: &Live,
    names: &SocketNames,
    well: &Wellness,
    stop: &AtomicBool,
) {
    while !stop.load(Ordering::Relaxed) {
        let now = clock.now();
        let snapshot = live.snapshot();
        let state = |label: &str| {
            let name = names.of(label);
            let line = snapshot.state.lines.iter().find(|line| line.name == name);
            line.map_or(LineState::Idle, |line| line.state)
        };
        let (next, troubles) = panel.poll(now, well.is_well(now), state);
        for trouble in troubles {
            note(Level::Error, &trouble);
        }
        std::thread::park_timeout(next - clock.now());
    }
    panel.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_nobody_hears_of_is_not_well() {
        let well = Wellness::default();
        let at = Instant::from_millis;
        assert!(!well.is_well(at(0)));
        well.beat(at(1000));
        assert!(well.is_well(at(4900)));
        assert!(!well.is_well(at(5000)));
    }
}
