//! The timers of an FXO channel.

use tipring_clock::TimerName;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// When to take the digits heard on-hook as complete.
    DigitsEnd,
    /// When to offer a call although its caller is not known.
    CallerIdWait,
    /// When to give up a call whose ringing has stopped.
    RingTimeout,
    /// When missing battery is the exchange's release.
    BatteryRelease,
    /// When missing battery is a cut line.
    BatteryAlarm,
    /// When the line may be seized again.
    Guard,
    /// When to stop waiting for dial tone.
    DialTone,
    /// When to take an outgoing call as answered although nothing says so.
    Answer,
}

impl Timer {
    pub(super) const COUNT: usize = 8;
}

impl TimerName for Timer {
    const ALL: &'static [Timer] = &[
        Timer::DigitsEnd,
        Timer::CallerIdWait,
        Timer::RingTimeout,
        Timer::BatteryRelease,
        Timer::BatteryAlarm,
        Timer::Guard,
        Timer::DialTone,
        Timer::Answer,
    ];
}
