//! What the highway needs of a PCM.

use core::time::Duration;

use thiserror::Error;

/// Why a PCM cannot be used, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "ALSA PCM `{pcm}`: {call}: {reason}; is the card's driver loaded? `aplay -l` lists the cards"
)]
pub struct PcmError {
    /// Its name.
    pub pcm: String,
    /// The call that failed.
    pub call: &'static str,
    /// What the system says.
    pub reason: String,
}

/// What went wrong in the middle of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PcmFault {
    /// Samples were lost because nobody read or wrote in time: to be restarted.
    Xrun,
    /// The device has gone: to be opened again when it is back.
    Gone(PcmError),
}

/// A PCM that captures and plays frames of several channels by one clock. No call but
/// [`wait`](Self::wait) blocks.
pub trait PcmDevice {
    /// Opens the device, or opens it anew, and starts it.
    ///
    /// # Errors
    /// Why it cannot be opened or set.
    fn open(&mut self) -> Result<(), PcmError>;

    /// Starts it again after an xrun, the playback filled with silence for two frames.
    ///
    /// # Errors
    /// A device that cannot be restarted has gone.
    fn restart(&mut self) -> Result<(), PcmFault>;

    /// Samples for each channel that wait to be read.
    ///
    /// # Errors
    /// An xrun, or that the device has gone.
    fn waiting(&mut self) -> Result<usize, PcmFault>;

    /// Reads interleaved samples; there are so many, [`waiting`](Self::waiting) said.
    ///
    /// # Errors
    /// As for [`waiting`](Self::waiting).
    fn read(&mut self, samples: &mut [i16]) -> Result<(), PcmFault>;

    /// Writes interleaved samples; gives whether there was room.
    ///
    /// # Errors
    /// As for [`waiting`](Self::waiting).
    fn write(&mut self, samples: &[i16]) -> Result<bool, PcmFault>;

    /// Waits until samples can be read, for so long at most.
    fn wait(&mut self, at_most: Duration);
}
