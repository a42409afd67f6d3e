//! An ALSA PCM, non-blocking, interleaved 16-bit samples at 8 kHz.

use core::time::Duration;

use alsa::pcm::{Access, Format, HwParams, PCM};
use alsa::{Direction, Output, ValueOr};
use tipring_line::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

use super::device::{PcmDevice, PcmError, PcmFault};

/// Frames of 20 ms in the device's buffer.
const BUFFER_FRAMES: usize = 4;
/// Frames of silence written before playback starts, so that it never runs dry.
const PREFILL_FRAMES: usize = 2;

/// Broken pipe: an xrun.
const EPIPE: i32 = 32;
/// The stream was suspended.
const ESTRPIPE: i32 = 86;
/// The stream is not in the state for this: it was stopped behind our back.
const EBADFD: i32 = 77;
/// No room, or nothing there.
const EAGAIN: i32 = 11;

/// The two directions of an ALSA PCM.
#[derive(Debug)]
pub struct AlsaPcm {
    name: String,
    channels: u8,
    open: Option<Streams>,
    /// Samples as bytes, for the call that needs no look at the stream's format.
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Streams {
    capture: PCM,
    playback: PCM,
}

impl AlsaPcm {
    /// The PCM of this name with so many channels, not opened yet.
    pub fn new(name: &str, channels: u8) -> Self {
        let bytes = usize::from(channels) * FRAME_SAMPLES * 2;
        AlsaPcm { name: name.to_owned(), channels, open: None, bytes: vec![0; bytes] }
    }

    fn error(&self, error: alsa::Error) -> PcmError {
        let reason = std::io::Error::from_raw_os_error(error.errno());
        // The system's text ends with the number in brackets, which helps nobody.
        let reason = reason.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default().to_owned();
        PcmError { pcm: self.name.clone(), call: error.func(), reason }
    }

    fn fault(&self, error: alsa::Error) -> PcmFault {
        match error.errno() {
            EPIPE | ESTRPIPE | EBADFD => PcmFault::Xrun,
            _ => PcmFault::Gone(self.error(error)),
        }
    }

    fn stream(&self, direction: Direction) -> alsa::Result<PCM> {
        let pcm = PCM::new(&self.name, direction, true)?;
        {
            let hardware = HwParams::any(&pcm)?;
            hardware.set_access(Access::RWInterleaved)?;
            hardware.set_format(Format::S16LE)?;
            hardware.set_channels(u32::from(self.channels))?;
            hardware.set_rate(SAMPLE_RATE_HZ, ValueOr::Nearest)?;
            hardware.set_period_size(FRAME_SAMPLES as i64, ValueOr::Nearest)?;
            hardware.set_buffer_size_near((BUFFER_FRAMES * FRAME_SAMPLES) as i64)?;
            pcm.hw_params(&hardware)?;
            let software = pcm.sw_params_current()?;
            software.set_avail_min(FRAME_SAMPLES as i64)?;
            software.set_start_threshold((PREFILL_FRAMES * FRAME_SAMPLES) as i64)?;
            pcm.sw_params(&software)?;
        }
        Ok(pcm)
    }

    fn open_streams(&self) -> alsa::Result<Streams> {
        let capture = self.stream(Direction::Capture)?;
        let playback = self.stream(Direction::Playback)?;
        Ok(Streams { capture, playback })
    }

    fn start(&mut self) -> alsa::Result<()> {
        let Some(streams) = &self.open else { return Ok(()) };
        self.bytes.fill(0);
        for _ in 0..PREFILL_FRAMES {
            streams.playback.io_bytes().writei(&self.bytes)?;
        }
        streams.capture.start()
    }
}

impl PcmDevice for AlsaPcm {
    fn open(&mut self) -> Result<(), PcmError> {
        self.open = None;
        if self.name.contains('\0') {
            return Err(PcmError {
                pcm: self.name.replace('\0', "␀"),
                call: "snd_pcm_open",
                reason: "the name has a zero byte".to_owned(),
            });
        }
        // The library would print its own lines beside the one error told here.
        let _quiet = Output::local_error_handler();
        let streams = self.open_streams().map_err(|e| self.error(e))?;
        self.open = Some(streams);
        self.start().map_err(|e| self.error(e))
    }

    fn restart(&mut self) -> Result<(), PcmFault> {
        let Some(streams) = &self.open else { return Ok(()) };
        let again = streams
            .capture
            .drop()
            .and_then(|()| streams.playback.drop())
            .and_then(|()| streams.capture.prepare())
            .and_then(|()| streams.playback.prepare());
        again.and_then(|()| self.start()).map_err(|e| PcmFault::Gone(self.error(e)))
    }

    fn waiting(&mut self) -> Result<usize, PcmFault> {
        let Some(streams) = &self.open else { return Ok(0) };
        let waiting = streams.capture.avail_update().map_err(|e| self.fault(e))?;
        Ok(usize::try_from(waiting).unwrap_or(0))
    }

    fn read(&mut self, samples: &mut [i16]) -> Result<(), PcmFault> {
        let Some(streams) = &self.open else { return Ok(()) };
        // The `null` plug-in leaves the buffer as it is.
        self.bytes.fill(0);
        let read = streams.capture.io_bytes().readi(&mut self.bytes);
        match read {
            // A device that gave less than it announced has lost the rest: it stays silence.
            Ok(_) => {}
            Err(e) if e.errno() == EAGAIN => {}
            Err(e) => return Err(self.fault(e)),
        }
        for (sample, bytes) in samples.iter_mut().zip(self.bytes.chunks_exact(2)) {
            *sample = i16::from_le_bytes([bytes[0], bytes[1]]);
        }
        Ok(())
    }

    fn write(&mut self, samples: &[i16]) -> Result<bool, PcmFault> {
        let Some(streams) = &self.open else { return Ok(false) };
        for (bytes, sample) in self.bytes.chunks_exact_mut(2).zip(samples) {
            bytes.copy_from_slice(&sample.to_le_bytes());
        }
        match streams.playback.io_bytes().writei(&self.bytes) {
            Ok(frames) => Ok(frames == FRAME_SAMPLES),
            Err(e) if e.errno() == EAGAIN => Ok(false),
            Err(e) => Err(self.fault(e)),
        }
    }

    fn wait(&mut self, at_most: Duration) {
        if let Some(streams) = &self.open {
            let ms = u32::try_from(at_most.as_millis()).unwrap_or(u32::MAX);
            // Whatever is wrong shows in the next exchange.
            let _ = streams.capture.wait(Some(ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let pcm = AlsaPcm::new("hw:none", 2);
        for xrun in [EPIPE, ESTRPIPE, EBADFD] {
            assert_eq!(pcm.fault(alsa::Error::new("snd_pcm_readi", xrun)), PcmFault::Xrun);
        }
        let gone = pcm.fault(alsa::Error::new("snd_pcm_readi", 19));
        let PcmFault::Gone(error) = gone else { panic!("{gone:?}") };
        let line = error.to_string();
        assert!(line.starts_with("ALSA PCM `hw:none`: snd_pcm_readi: No such device; "), "{line}");
    }

    #[test]
    fn a_stream_stopped_behind_our_back_is_an_xrun_and_restarts() {
        let mut pcm = AlsaPcm::new("null", 2);
        pcm.open().unwrap();
        let mut samples = vec![0; 2 * FRAME_SAMPLES];
        pcm.read(&mut samples).unwrap();
        pcm.open.as_ref().unwrap().playback.drop().unwrap();
        let written = pcm.write(&samples);
        assert_eq!(written, Err(PcmFault::Xrun));
        pcm.restart().unwrap();
        assert_eq!(pcm.write(&samples), Ok(true));
    }
}
