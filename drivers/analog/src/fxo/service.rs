//! A technician's work on an exchange line while the box runs: the line test, and learning the
//! tone by which the line's exchange says that the far side has gone.
//!
//! What is made for the work is made by [`LineService`], outside the real-time thread, passes
//! through a bounded ring, and comes back to be freed where it was made.

use arrayvec::ArrayVec;
use rtrb::{Consumer, Producer, RingBuffer};
use tipring_clock::Instant;
use tipring_dsp::{LearntTone, ProgressDetector, ProgressPlan, ToneLearner};
use tipring_line::{AnalogPort, Cause, Frame, PortCommand, PortEvent};

use super::timer::Timer;
use super::{Fxo, State};
use crate::line_test::{LineReport, LineTest, LineTestSettings};

/// Orders and results that may wait.
const WAITING_MAX: usize = 4;

/// What the line is asked to do.
#[derive(Debug)]
enum Order {
    Work(Box<Work>),
    /// Listen for other tones from now on.
    Listen(Box<ProgressDetector>),
    Cancel,
}

/// A technician's work.
#[expect(clippy::large_enum_variant, reason = "it is boxed as a whole")]
#[derive(Debug)]
enum Work {
    Test(LineTest),
    Learn { learner: ToneLearner, learnt: Option<LearntTone>, in_call: bool },
}

/// What comes back.
#[expect(dead_code, reason = "a detector comes back only to be freed outside")]
#[derive(Debug)]
enum Returned {
    Ended(Box<Work>),
    InUse(Box<Work>),
    Old(Box<ProgressDetector>),
}

/// What became of a technician's work.
#[derive(Clone, PartialEq, Debug)]
pub enum ServiceReport {
    /// The line test has ended.
    Tested(LineReport),
    /// The line carries a call, or is out of order: nothing was tested.
    InUse,
    /// The tone was learnt, and the call released.
    Learnt(LearntTone),
    /// The call ended, or the work was cancelled, before a tone was learnt.
    NotLearnt,
}

/// Why an order cannot be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ServiceError {
    /// Something is being done already.
    #[error("the line is being tested, or learns, already; wait for its end or cancel it")]
    Busy,
    /// The line has gone.
    #[error("the line's channel has gone; restart the box")]
    Gone,
}

/// The technician's end of an exchange line; usable from any thread.
#[derive(Debug)]
pub struct LineService {
    orders: Producer<Order>,
    results: Consumer<Returned>,
    at_work: bool,
    balances: u8,
}

impl LineService {
    /// How many hybrid balances the line's port offers.
    pub fn balances(&self) -> u8 {
        self.balances
    }

    /// Tests the line. It must be idle, and rings or an emergency call end the test.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn test(&mut self, settings: LineTestSettings) -> Result<(), ServiceError> {
        self.begin(Work::Test(LineTest::new(settings, true)))
    }

    /// Learns the release tone in the next call on the line, or in the one that stands. While it
    /// learns, no tone releases the line.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn learn(&mut self) -> Result<(), ServiceError> {
        self.begin(Work::Learn { learner: ToneLearner::new(), learnt: None, in_call: false })
    }

    /// Ends what is being done.
    pub fn cancel(&mut self) {
        // A ring full of orders holds one that ends it already.
        let _ = self.orders.push(Order::Cancel);
    }

    /// Has the line listen for these tones from now on.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn listen_for(&mut self, plan: &ProgressPlan) -> Result<(), ServiceError> {
        self.give(Order::Listen(Box::new(ProgressDetector::new(plan))))
    }

    /// What became of the work, once.
    pub fn poll(&mut self) -> Option<ServiceReport> {
        loop {
            let (work, in_use) = match self.results.pop().ok()? {
                Returned::Ended(work) => (work, false),
                Returned::InUse(work) => (work, true),
                Returned::Old(_) => continue,
            };
            self.at_work = false;
            return Some(match *work {
                _ if in_use => ServiceReport::InUse,
                Work::Test(test) => match test.report() {
                    Some(report) => ServiceReport::Tested(report.clone()),
                    None => ServiceReport::InUse,
                },
                Work::Learn { learnt: Some(tone), .. } => ServiceReport::Learnt(tone),
                Work::Learn { learnt: None, .. } => ServiceReport::NotLearnt,
            });
        }
    }

    fn begin(&mut self, work: Work) -> Result<(), ServiceError> {
        if self.at_work {
            return Err(ServiceError::Busy);
        }
        self.give(Order::Work(Box::new(work)))?;
        self.at_work = true;
        Ok(())
    }

    fn give(&mut self, order: Order) -> Result<(), ServiceError> {
        if self.orders.is_abandoned() {
            return Err(ServiceError::Gone);
        }
        self.orders.push(order).map_err(|_| ServiceError::Busy)
    }
}

/// The line's end.
#[derive(Debug)]
pub(super) struct ServiceEnd {
    orders: Consumer<Order>,
    results: Producer<Returned>,
    work: Option<Box<Work>>,
}

/// Both ends.
pub(super) fn service(balances: u8) -> (ServiceEnd, LineService) {
    let (order, orders) = RingBuffer::new(WAITING_MAX);
    // Each order gives back one thing at most, and a work's end another.
    let (result, results) = RingBuffer::new(2 * WAITING_MAX + 2);
    let end = ServiceEnd { orders, results: result, work: None };
    (end, LineService { orders: order, results, at_work: false, balances })
}

impl ServiceEnd {
    fn give_back(&mut self, result: Returned) {
        // There is room for all; if the technician has gone it is freed here, once.
        let _ = self.results.push(result);
    }

    fn end(&mut self) {
        if let Some(work) = self.work.take() {
            self.give_back(Returned::Ended(work));
        }
    }
}

impl<P: AnalogPort> Fxo<P> {
    /// Takes the technician's orders.
    pub(super) fn serve(&mut self, now: Instant) {
        while let Ok(order) = self.service.orders.pop() {
            match order {
                Order::Listen(mut detector) => {
                    core::mem::swap(&mut self.progress, &mut detector);
                    self.service.give_back(Returned::Old(detector));
                }
                Order::Cancel => self.cancel_work(now),
                Order::Work(work) => self.take_work(work),
            }
        }
        self.end_learning_with_call();
    }

    fn take_work(&mut self, mut work: Box<Work>) {
        let idle = self.state == State::Idle && self.alarm.is_none() && !self.call_is_coming();
        let idle = idle && self.timers.due(Timer::Guard).is_none();
        match work.as_mut() {
            _ if self.service.work.is_some() => self.service.give_back(Returned::InUse(work)),
            Work::Test(_) if !idle => self.service.give_back(Returned::InUse(work)),
            Work::Test(test) => {
                test.set_battery(self.battery);
                if let Some(kind) = self.caller_id_heard {
                    test.set_caller_id(kind);
                }
                self.state = State::Testing;
                self.service.work = Some(work);
            }
            Work::Learn { in_call, .. } => {
                *in_call = matches!(self.state, State::Connected { .. });
                self.service.work = Some(work);
            }
        }
    }

    /// Ends a test for a call that must go out, or because the technician says so.
    pub(super) fn cancel_work(&mut self, now: Instant) {
        if let Some(Work::Test(test)) = self.service.work.as_deref_mut() {
            test.cancel(&mut self.port);
            self.after_test(now);
        } else {
            self.service.end();
        }
    }

    fn after_test(&mut self, now: Instant) {
        if let Some(Work::Test(test)) = self.service.work.as_deref() {
            // A test that was cut short leaves the line as it was.
            let chosen = test.report().and_then(|report| report.balance);
            self.settings.balance = chosen.unwrap_or(self.settings.balance);
            self.set_balance();
        }
        self.state = State::Idle;
        self.timers.set(Timer::Guard, now + self.settings.guard);
        self.service.end();
    }

    /// One frame of the line test, which exchanges it itself.
    pub(super) fn tick_test(&mut self, now: Instant) {
        let mut seen: ArrayVec<PortEvent, 16> = ArrayVec::new();
        let done = match self.service.work.as_deref_mut() {
            Some(Work::Test(test)) => {
                // A port tells no more than its own queue holds between two frames.
                test.tick(&mut self.port, &mut |event| {
                    let _ = seen.try_push(event);
                });
                if let Some(balance) = test.poll_balance() {
                    // A port that refuses it is measured with the balance it has.
                    let _ = self.port.command(PortCommand::Balance(balance));
                }
                test.report().is_some()
            }
            _ => true,
        };
        if done {
            self.after_test(now);
        }
        for event in seen {
            self.on_port_event(now, event);
        }
    }

    /// Whether the technician's learner listens, and so no tone releases the line; the tone, once
    /// it is learnt, does.
    pub(super) fn learns(&mut self, now: Instant, rx: &Frame) -> bool {
        let Some(Work::Learn { learner, learnt, in_call }) = self.service.work.as_deref_mut()
        else {
            return false;
        };
        *in_call = true;
        learner.rx(rx);
        *learnt = learner.poll();
        if learnt.is_some() {
            self.service.end();
            self.release(now, Cause::NormalClearing);
        }
        true
    }

    fn end_learning_with_call(&mut self) {
        let Some(Work::Learn { in_call: true, .. }) = self.service.work.as_deref() else { return };
        if !matches!(self.state, State::Connected { .. }) {
            self.service.end();
        }
    }
}
