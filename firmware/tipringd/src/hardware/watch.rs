//! The thread that looks after the hardware: channels that went are opened again, and what the
//! drivers report is written to the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tipring_clock::Duration;
use tipring_dahdi::{DahdiKeeper, Tended};

use crate::journal::{Level, note};

/// How often a channel is looked after.
const ROUND: std::time::Duration = std::time::Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Watch {
    keepers: Vec<(String, DahdiKeeper)>,
    cards: Vec<tipring_daa::Driver>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn keep(&mut self, label: &str, keeper: DahdiKeeper) {
        self.keepers.push((label.to_owned(), keeper));
    }

    pub(super) fn report(&mut self, card: tipring_daa::Driver) {
        self.cards.push(card);
    }

    /// Begins to watch, if there is anything to be watched.
    pub(super) fn start(&mut self) -> std::io::Result<()> {
        let (keepers, cards) = (std::mem::take(&mut self.keepers), std::mem::take(&mut self.cards));
        if keepers.is_empty() && cards.is_empty() {
            return Ok(());
        }
        let stop = self.stop.clone();
        let thread = std::thread::Builder::new().name("hardware".to_owned());
        self.thread = Some(thread.spawn(move || watch(keepers, &cards, &stop))?);
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn watch(
    mut keepers: Vec<(String, DahdiKeeper)>,
    cards: &[tipring_daa::Driver],
    stop: &AtomicBool,
) {
    let mut gone: Vec<bool> = vec![false; keepers.len()];
    while !stop.load(Ordering::Relaxed) {
        for (i, (label, keeper)) in keepers.iter_mut().enumerate() {
            match keeper.tend() {
                Tended::Working => gone[i] = false,
                Tended::Returned => {
                    gone[i] = false;
                    note(Level::Notice, &format!("{label}: in service again"));
                }
                Tended::Gone(why) => {
                    if !std::mem::replace(&mut gone[i], true) {
                        note(Level::Error, &format!("{label}: {why}"));
                    }
                }
            }
        }
        for card in cards {
            while let Some(line) = card.next_report(Duration::ZERO) {
                note(Level::Notice, &line);
            }
        }
        std::thread::park_timeout(ROUND);
    }
}
