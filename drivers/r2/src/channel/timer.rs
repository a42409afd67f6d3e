//! The timers of a channel. How long each runs is the variant's to say.

use tipring_clock::TimerName;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// When to give up a seizure that is not acknowledged (Q.424, clause 2.2.2.1).
    SeizeAck,
    /// When to clear a channel that both sides have seized (Q.424, clause 2.2.5).
    GlareHold,
    /// When to give up a register that hears nothing new (Q.476, Q.477).
    Register,
    /// When silence has ended the called number (Q.477).
    Pause,
    /// When to end a pulsed backward signal (Q.442).
    Pulse,
    /// When to accept a call about which nobody has decided.
    Accept,
    /// When the answer may follow the last register signal (Q.442).
    AnswerDelay,
    /// When to give up a call that is not answered (Q.118).
    Answer,
    /// When a clear-back is none but a metering pulse no more.
    Metering,
    /// When to stop waiting for the far side's release (Q.422, clause 3.4).
    ReleaseGuard,
    /// When to stop waiting for the calling side to clear (Q.118).
    ClearForward,
    /// When bits that mean nothing have stayed for too long.
    LineFault,
}

impl Timer {
    pub(super) const COUNT: usize = 12;
}

impl TimerName for Timer {
    const ALL: &'static [Timer] = &[
        Timer::SeizeAck,
        Timer::GlareHold,
        Timer::Register,
        Timer::Pause,
        Timer::Pulse,
        Timer::Accept,
        Timer::AnswerDelay,
        Timer::Answer,
        Timer::Metering,
        Timer::ReleaseGuard,
        Timer::ClearForward,
        Timer::LineFault,
    ];
}
