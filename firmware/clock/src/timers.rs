//! The timers of one machine: a few, known by name.

use crate::Instant;

/// An enum that names a machine's timers, one variant a timer.
pub trait TimerName: Copy + Eq + 'static {
    /// Every timer, in the order in which those that fall due together are reported.
    const ALL: &'static [Self];
}

/// When each of a machine's named timers falls due. `N` is the number of names.
///
/// ```
/// use tipring_clock::{Instant, TimerName, Timers};
/// #[derive(Clone, Copy, PartialEq, Eq, Debug)]
/// enum Name { RingTimeout, Guard }
/// impl TimerName for Name { const ALL: &'static [Name] = &[Name::RingTimeout, Name::Guard]; }
///
/// let mut timers: Timers<Name, 2> = Timers::new();
/// timers.set(Name::Guard, Instant::from_millis(800));
/// assert_eq!(timers.poll_timeout(), Some(Instant::from_millis(800)));
/// assert_eq!(timers.expire(Instant::from_millis(799)), None);
/// assert_eq!(timers.expire(Instant::from_millis(800)), Some(Name::Guard));
/// assert_eq!(timers.poll_timeout(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Timers<T: TimerName, const N: usize> {
    due: [Option<Instant>; N],
    names: core::marker::PhantomData<T>,
}

impl<T: TimerName, const N: usize> Timers<T, N> {
    /// All timers stopped.
    pub fn new() -> Self {
        assert!(T::ALL.len() == N, "a timer table needs one place for each timer's name");
        Timers { due: [None; N], names: core::marker::PhantomData }
    }

    fn place(timer: T) -> usize {
        T::ALL.iter().position(|t| *t == timer).expect("TimerName::ALL lists every timer")
    }

    /// Starts or restarts `timer` to fall due at `at`.
    pub fn set(&mut self, timer: T, at: Instant) {
        self.due[Self::place(timer)] = Some(at);
    }

    /// Stops `timer`; one that does not run is left alone.
    pub fn stop(&mut self, timer: T) {
        self.due[Self::place(timer)] = None;
    }

    /// Stops every timer.
    pub fn stop_all(&mut self) {
        self.due = [None; N];
    }

    /// When `timer` falls due, if it runs.
    pub fn due(&self, timer: T) -> Option<Instant> {
        self.due[Self::place(timer)]
    }

    /// The earliest time at which a timer falls due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.iter().flatten().min().copied()
    }

    /// Takes out the earliest timer that is due at `now`; call until it returns `None`.
    pub fn expire(&mut self, now: Instant) -> Option<T> {
        let (place, _) = self
            .due
            .iter()
            .enumerate()
            .filter_map(|(place, due)| due.map(|at| (place, at)))
            .filter(|(_, at)| *at <= now)
            .min_by_key(|(_, at)| *at)?;
        self.due[place] = None;
        Some(T::ALL[place])
    }
}

impl<T: TimerName, const N: usize> Default for Timers<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Name {
        First,
        Second,
    }
    impl TimerName for Name {
        const ALL: &'static [Name] = &[Name::First, Name::Second];
    }

    #[test]
    fn expires_in_order_of_time_then_of_name() {
        let mut t: Timers<Name, 2> = Timers::new();
        t.set(Name::First, Instant::from_millis(2));
        t.set(Name::Second, Instant::from_millis(1));
        assert_eq!(t.expire(Instant::from_millis(5)), Some(Name::Second));
        assert_eq!(t.expire(Instant::from_millis(5)), Some(Name::First));
        assert_eq!(t.expire(Instant::from_millis(5)), None);
        t.set(Name::Second, Instant::from_millis(7));
        t.set(Name::First, Instant::from_millis(7));
        assert_eq!(t.expire(Instant::from_millis(7)), Some(Name::First));
        t.stop(Name::Second);
        assert_eq!(t.poll_timeout(), None);
    }
}
