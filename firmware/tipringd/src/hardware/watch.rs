//! The thread that looks after the hardware: channels and spans that went are opened again, and what
//! the drivers report is written to the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tipring_clock::Duration;
use tipring_dahdi::{DahdiKeeper, OpenError, Tended};

use crate::journal::{Level, note};
use crate::spans::KeptSpan;

/// How often a channel is looked after.
const ROUND: std::time::Duration = std::time::Duration::from_secs(1);

/// What is looked after.
#[derive(Default)]
struct Watched {
    ports: Vec<Kept<DahdiKeeper>>,
    spans: Vec<Kept<KeptSpan>>,
    cards: Vec<tipring_daa::Driver>,
}

/// Something with its name, and what was said last of what is wrong with it.
struct Kept<T> {
    name: String,
    keeper: T,
    said: Option<String>,
}

impl<T> Kept<T> {
    fn new(name: &str, keeper: T) -> Self {
        Kept { name: name.to_owned(), keeper, said: None }
    }

    /// Tells the journal what is new; `whole` if all of it works, though only since now.
    fn tell(&mut self, wrong: Option<String>, whole: bool) {
        match wrong {
            Some(why) if self.said.as_ref() != Some(&why) => {
                note(Level::Error, &format!("{}: {why}", self.name));
                self.said = Some(why);
            }
            Some(_) => {}
            None if whole => {
                self.said = None;
                note(Level::Notice, &format!("{}: in service again", self.name));
            }
            None => self.said = None,
        }
    }
}

#[derive(Default)]
pub(super) struct Watch {
    watched: Watched,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn keep(&mut self, label: &str, keeper: DahdiKeeper) {
        self.watched.ports.push(Kept::new(label, keeper));
    }

    pub(super) fn keep_spans(&mut self, spans: Vec<KeptSpan>) {
        let kept = spans.into_iter().map(|span| Kept::new(&span.name.clone(), span));
        self.watched.spans.extend(kept);
    }

    pub(super) fn report(&mut self, card: tipring_daa::Driver) {
        self.watched.cards.push(card);
    }

    /// Begins to watch, if there is anything to be watched.
    pub(super) fn start(&mut self) -> std::io::Result<()> {
        let watched = std::mem::take(&mut self.watched);
        if watched.ports.is_empty() && watched.spans.is_empty() && watched.cards.is_empty() {
            return Ok(());
        }
        let stop = self.stop.clone();
        let thread = std::thread::Builder::new().name("hardware".to_owned());
        self.thread = Some(thread.spawn(move || watch(watched, &stop))?);
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

fn watch(mut watched: Watched, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for port in &mut watched.ports {
            match port.keeper.tend() {
                Tended::Working => port.tell(None, false),
                Tended::Returned => port.tell(None, true),
                Tended::Gone(why) => port.tell(Some(why.to_string()), false),
            }
        }
        for span in &mut watched.spans {
            tend_span(span);
        }
        for card in &watched.cards {
            while let Some(line) = card.next_report(Duration::ZERO) {
                note(Level::Notice, &line);
            }
        }
        std::thread::park_timeout(ROUND);
    }
}

/// A span is one thing: all its channels go and come together, and are told of once.
fn tend_span(kept: &mut Kept<KeptSpan>) {
    let mut came = false;
    let mut wrong = None;
    let span = &mut kept.keeper;
    let tended = span.span.tend();
    if let Some(done) = span.span.take_set_up().filter(|done| !done.is_nothing()) {
        note(Level::Notice, &format!("{}: is set up again: {done}", kept.name));
    }
    // While the span itself is away, its channels cannot be there.
    let timeslots: &mut [DahdiKeeper] = match &tended {
        Tended::Gone(_) => &mut [],
        _ => &mut span.timeslots,
    };
    for tended in timeslots.iter_mut().map(DahdiKeeper::tend).chain([tended]) {
        match tended {
            Tended::Working => {}
            Tended::Returned => came = true,
            // That is told as the span's alarm.
            Tended::Gone(OpenError::NoSpan(_)) => {}
            Tended::Gone(why) => wrong = wrong.or(Some(why.to_string())),
        }
    }
    kept.tell(wrong, came);
}
