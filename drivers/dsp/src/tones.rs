//! The call-progress tones of China, and the special information tone.
//!
//! Tones of other countries, caller-id styles and all else that differs from country to country
//! are data of the signalling, which makes a [`crate::ProgressPlan`] of them.

/// China: GB/T 3380-1982. 450 ± 25 Hz, −10 ± 3 dBm0 at the exchange.
pub mod china {
    use crate::tone::ToneCadence;

    /// Dial tone, 拨号音: continuous.
    pub const DIAL: ToneCadence = ToneCadence::single(450, -10.0, &[]);
    /// Special dial tone, 特种拨号音: a service is active, or messages wait.
    pub const SPECIAL_DIAL: ToneCadence = ToneCadence::single(450, -10.0, &[400, 40]);
    /// Ringback, 回铃音.
    pub const RINGBACK: ToneCadence = ToneCadence::single(450, -10.0, &[1000, 4000]);
    /// Busy, 忙音: the called party is busy, or the far side has hung up.
    pub const BUSY: ToneCadence = ToneCadence::single(450, -10.0, &[350, 350]);
    /// Congestion, 拥塞音.
    pub const CONGESTION: ToneCadence = ToneCadence::single(450, -10.0, &[700, 700]);
    /// Vacant number, 空号音.
    pub const VACANT: ToneCadence =
        ToneCadence::single(450, -10.0, &[100, 100, 100, 100, 100, 100, 400, 400]);
    /// Trunk notice, 长途通知音: a trunk call waits; lower level.
    pub const TRUNK_NOTICE: ToneCadence = ToneCadence::single(450, -20.0, &[200, 200, 200, 600]);
    /// Call waiting, 呼叫等待音; lower level.
    pub const CALL_WAITING: ToneCadence = ToneCadence::single(450, -20.0, &[400, 4000]);
    /// Reminder that a third party listens, 提醒音.
    pub const REMINDER: ToneCadence = ToneCadence::single(950, -22.0, &[400, 10_000]);
    /// One soft beep beside the talk: callers wait in an agent's queue.
    pub const CALLERS_WAIT: ToneCadence = ToneCadence::single(450, -24.0, &[200, 20]).once();
    /// Two short beeps: what was asked for was done.
    pub const CONFIRMATION: ToneCadence = ToneCadence::single(450, -16.0, &[100, 100]).times(2);
    /// Howler, 催挂音: the handset was left off-hook. Exchanges step it up to +25 dBm; here it
    /// stays at a level a receiver bears.
    pub const HOWLER: ToneCadence = ToneCadence::single(950, -3.0, &[]);
    /// Ringing current, 振铃, as on and off milliseconds: 25 ± 3 Hz, 90 ± 15 V.
    pub const RINGING_MS: [u16; 2] = [1000, 4000];
}

use crate::tone::{ToneCadence, ToneStep};

/// Special information tone before an announcement (ITU-T E.180, clause 6.4): three tones of
/// 330 ms, then a second of silence; once.
pub fn special_information() -> ToneCadence {
    let step = |hz, ms| ToneStep { hz: [hz, 0], am_hz: 0, level_dbm0: -24.0, ms };
    ToneCadence::from_steps(
        &[step(950, 330), step(1400, 330), step(1800, 330), ToneStep::silence(1000)],
        false,
    )
    .expect("four steps fit")
}
