//! The simulated exchange beside the box: a thread that ticks the far ends of the simulated spans,
//! and calls made there by command.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context;
use tipring_clock::{Clock, Duration, RealClock};
use tipring_line::Number;
use tipring_sim::{CallPlan, CalledPlan, SpanControl, SpanFault};
use tokio::sync::mpsc;

use super::{FarEnd, FarEvent};

const TICK: Duration = Duration::from_millis(20);
/// How often a call is looked at.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// One simulated span.
struct Exchange {
    far: Mutex<FarEnd>,
    control: SpanControl,
    /// Held while somebody makes calls there.
    caller: tokio::sync::Mutex<()>,
}

impl Exchange {
    /// The far end; a thread that panicked with it left it whole.
    fn far(&self) -> MutexGuard<'_, FarEnd> {
        self.far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The far ends of the simulated spans, by the spans' names.
#[derive(Clone, Default)]
pub(crate) struct SimSpans {
    spans: Arc<BTreeMap<String, Exchange>>,
    clock: Option<RealClock>,
}

/// The running thread; dropping it ends it.
#[derive(Default)]
pub(crate) struct Street {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Street {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

impl SimSpans {
    /// These far ends.
    pub(super) fn new(far: Vec<(String, FarEnd, SpanControl)>, clock: &RealClock) -> Self {
        let exchange = |(name, far, control)| {
            let far = Mutex::new(far);
            (name, Exchange { far, control, caller: tokio::sync::Mutex::default() })
        };
        let spans = Arc::new(far.into_iter().map(exchange).collect());
        SimSpans { spans, clock: Some(clock.clone()) }
    }

    /// Begins to tick them, if there are any.
    ///
    /// # Errors
    /// The system has no threads left.
    pub(crate) fn start(&self) -> std::io::Result<Street> {
        let Some(clock) = self.clock.clone().filter(|_| !self.spans.is_empty()) else {
            return Ok(Street::default());
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (spans, stopped) = (Arc::clone(&self.spans), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("street".to_owned()).spawn(move || {
            let mut due = clock.now() + TICK;
            while !stopped.load(Ordering::Relaxed) {
                let now = clock.now();
                if now < due {
                    std::thread::park_timeout(due - now);
                    continue;
                }
                for exchange in spans.values() {
                    exchange.far().tick(now);
                }
                due = (due + TICK).max(now);
            }
        })?;
        Ok(Street { stop, thread: Some(thread) })
    }

    fn exchange(&self, name: &str) -> anyhow::Result<&Exchange> {
        self.spans.get(name).with_context(|| {
            let known: Vec<&str> = self.spans.keys().map(String::as_str).collect();
            match known[..] {
                [] => "there is no simulated span: give the configuration a [[span]] with \
                       `simulated = true` and start the box again"
                    .to_owned(),
                _ => format!("there is no simulated span `{name}`; there is {}", known.join(", ")),
            }
        })
    }

    /// What is wrong with the wire of a span as the box receives it, and what becomes of the box's
    /// calls there.
    ///
    /// # Errors
    /// There is no such span.
    pub(crate) fn set(
        &self,
        name: &str,
        fault: Option<SpanFault>,
        called: Option<CalledPlan>,
    ) -> anyhow::Result<()> {
        let exchange = self.exchange(name)?;
        if let Some(fault) = fault {
            exchange.control.fault_at_first(fault);
        }
        if let Some(called) = called {
            exchange.far().set_called_party(called);
        }
        Ok(())
    }

    /// Makes calls over a span, as many as its channels allow of `count` at once; waits until all
    /// are over, tells `progress` what happens and gives what the first caller heard.
    ///
    /// # Errors
    /// There is no such span, somebody makes calls there, or it has no free channel.
    pub(crate) async fn call(
        &self,
        name: &str,
        called: Number,
        plan: CallPlan,
        count: u8,
        progress: mpsc::Sender<String>,
    ) -> anyhow::Result<Vec<i16>> {
        let exchange = self.exchange(name)?;
        let in_use = || format!("calls are made over span {name}; wait for their end");
        let _caller = exchange.caller.try_lock().ok().with_context(in_use)?;
        let clock = self.clock.as_ref().context("there is no simulated span")?;
        let mut calls = Vec::new();
        {
            let mut far = exchange.far();
            while far.poll_event().is_some() {}
            for _ in 0..count.max(1) {
                calls.extend(far.call(clock.now(), called, plan.clone()));
            }
        }
        let first = *calls.first().with_context(|| {
            format!("span {name} has no free channel; look at `tipring status`")
        })?;
        let mut look = tokio::time::interval(LOOK);
        let mut heard = Vec::new();
        while !calls.is_empty() {
            look.tick().await;
            let mut events = Vec::new();
            {
                let mut far = exchange.far();
                events.extend(std::iter::from_fn(|| far.poll_event()));
                let over = |(slot, event): &(u8, FarEvent)| {
                    *slot == first && matches!(event, FarEvent::Ended(_))
                };
                if calls.contains(&first) && events.iter().any(over) {
                    heard = far.take_heard(first);
                }
            }
            for (timeslot, event) in events {
                if matches!(event, FarEvent::Ended(_)) {
                    calls.retain(|call| *call != timeslot);
                }
                // The calls go on even when nobody watches any more.
                let _ = progress.send(in_words(name, timeslot, &event)).await;
            }
        }
        Ok(heard)
    }
}

fn in_words(span: &str, timeslot: u8, event: &FarEvent) -> String {
    match event {
        FarEvent::Ringing => format!("{span}:{timeslot} rings"),
        FarEvent::Answered => format!("{span}:{timeslot} answered"),
        FarEvent::Called(Some(number)) => {
            format!("{span}:{timeslot} is called by the box: {number}")
        }
        FarEvent::Called(None) => format!("{span}:{timeslot} is called by the box"),
        FarEvent::Redirected(by) => match by.number {
            Some(number) => format!("{span}:{timeslot} was led on from {number}: {:?}", by.reason),
            None => format!("{span}:{timeslot} was led on from elsewhere: {:?}", by.reason),
        },
        FarEvent::Connected(party) => match party.number {
            Some(number) => format!("{span}:{timeslot} is connected with {number}"),
            None => format!("{span}:{timeslot} is connected with somebody who hides"),
        },
        FarEvent::Facility(components) => {
            format!("{span}:{timeslot} has {} octets of components", components.len())
        }
        FarEvent::Notified(notice) => format!("{span}:{timeslot} is notified: {notice:?}"),
        FarEvent::Ended(cause) => {
            format!("{span}:{timeslot} is free again: cause {} ({cause:?})", cause.q850())
        }
    }
}
