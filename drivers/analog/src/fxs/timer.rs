//! The timers of an FXS channel.

use tipring_clock::TimerName;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// When to switch ringing current on or off.
    Cadence,
    /// When to begin with caller id.
    CallerId,
    /// When to close the audio path that a message to the handset on-hook took.
    OnHookAudioEnd,
    /// When to stop waiting for the next key.
    Key,
    /// When to call the hot line's number.
    HotLine,
    /// When to go on from busy tone to the howler, in the howler, and to silence.
    Tone,
    /// When to put the battery back on the line.
    Battery,
    /// When to believe the loop again after that.
    BatterySettled,
    /// When call waiting goes on: the next tone, no acknowledgement, the message.
    Waiting,
    /// When to light the lamp of a handset that has come to rest.
    Lamp,
}

impl Timer {
    pub(super) const COUNT: usize = 10;
}

impl TimerName for Timer {
    const ALL: &'static [Timer] = &[
        Timer::Cadence,
        Timer::CallerId,
        Timer::OnHookAudioEnd,
        Timer::Key,
        Timer::HotLine,
        Timer::Tone,
        Timer::Battery,
        Timer::BatterySettled,
        Timer::Waiting,
        Timer::Lamp,
    ];
}
