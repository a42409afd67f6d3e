//! The timers of an FXS channel.

use tipring_clock::TimerName;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// When to take an opening of the loop as the handset put back.
    Hook,
    /// When to switch ringing current on or off.
    Cadence,
    /// When to send caller id.
    CallerId,
    /// When to close the audio path that caller id took.
    CallerIdEnd,
    /// When to stop waiting for the next key.
    Key,
    /// When to go on from busy tone to howler, and from howler to silence.
    Tone,
}

impl Timer {
    pub(super) const COUNT: usize = 6;
}

impl TimerName for Timer {
    const ALL: &'static [Timer] = &[
        Timer::Hook,
        Timer::Cadence,
        Timer::CallerId,
        Timer::CallerIdEnd,
        Timer::Key,
        Timer::Tone,
    ];
}
