//! The bit error test of a timeslot: a pattern is sent and looked for in what comes back, by a loop
//! at the far end or at a plug.

use nix::errno::Errno;
use thiserror::Error;
use tipring_dsp::{BitErrors, PatternTest};
use tipring_line::{Law, PortError, SILENCE, Timeslot};

use crate::open::OpenError;
use crate::timer::FrameClock;
use crate::timeslot::{TimeslotSettings, open_timeslot};

/// Frames a second.
const FRAMES: u32 = 50;
/// How long a tick of the clock may take to come, in milliseconds.
const TICK_MS_MAX: u16 = 1_000;

/// Why a test could not be made, or broke off.
#[derive(Debug, Error)]
pub enum PatternError {
    /// The timeslot or the timer does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The timeslot failed.
    #[error("channel {channel}: {error}")]
    Port {
        /// The channel.
        channel: u16,
        /// What happened.
        error: PortError,
    },
    /// The clock stands still.
    #[error("DAHDI's timer gives no ticks ({0}): see `dmesg` for the card's driver")]
    Clock(Errno),
}

/// Tests a timeslot for so many seconds, telling each second what was found up to then; and says
/// what was found. Nobody else may have the timeslot open.
///
/// # Errors
/// [`PatternError`], one line that says what to do.
pub fn test_timeslot(
    settings: TimeslotSettings,
    seconds: u32,
    mut tell: impl FnMut(u32, BitErrors),
) -> Result<BitErrors, PatternError> {
    let clock = FrameClock::open()?;
    let (mut timeslot, _keeper) = open_timeslot(TimeslotSettings { law: Law::A, ..settings })?;
    let mut test = PatternTest::new();
    for second in 1..=seconds {
        for _ in 0..FRAMES {
            match clock.wait(TICK_MS_MAX) {
                Ok(true) => {}
                Ok(false) => return Err(PatternError::Clock(Errno::ETIME)),
                Err(code) => return Err(PatternError::Clock(Errno::from_raw(code))),
            }
            let (mut tx, mut rx) = (SILENCE, SILENCE);
            test.tx(&mut tx);
            let channel = settings.channel;
            timeslot
                .exchange(&tx, &mut rx)
                .map_err(|error| PatternError::Port { channel, error })?;
            test.rx(&rx);
        }
        tell(second, test.found());
    }
    Ok(test.found())
}
