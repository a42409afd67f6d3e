//! Opening a timeslot.

use core::ffi::c_int;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use tipring_line::Law;

use super::DahdiTimeslot;
use crate::abi;
use crate::device::{Channel, Device};
use crate::keeper::{DahdiKeeper, Opened, timeslot_with};
use crate::layout::{alarms, signalling};
use crate::open::{DEVICES, OpenError, not_specified, open_device, prepare_audio};
use crate::spans::ChannelUse;

/// How a timeslot is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeslotSettings {
    /// The channel's number, 1–1,023.
    pub channel: u16,
    /// It has signalling bits (R2) or has not (a B-channel of ISDN).
    pub cas: bool,
    /// Its law; of E1 nearly always A.
    pub law: Law,
}

/// Opens a timeslot: what the real-time thread drives, and its keeper for another thread.
///
/// # Errors
/// One line that says what to do.
pub fn open_timeslot(
    settings: TimeslotSettings,
) -> Result<(DahdiTimeslot, DahdiKeeper), OpenError> {
    timeslot_with(Box::new(move || open_in(Path::new(DEVICES), settings)))
}

/// Opens and prepares a channel. A clear channel opens for data, so that it must be told each
/// time that it carries audio.
pub(super) fn open_in(
    folder: &Path,
    settings: TimeslotSettings,
) -> Result<Opened<Channel>, OpenError> {
    let TimeslotSettings { channel: number, cas, law } = settings;
    let file = open_device(folder, "channel")?;
    let path = folder.join("channel");
    let failed = |what, code| OpenError::Failed { what, path: path.clone(), code };
    let keyword = if cas { "cas" } else { "bchan" };
    abi::specify(file.as_fd(), &c_int::from(number))
        .map_err(|code| not_specified(&path, number, keyword, code))?;
    let channel = Channel::new(file);
    let params = channel.params().map_err(|code| failed("DAHDI_GET_PARAMS", code))?;
    check_use(settings, params.sigtype)?;
    if params.chan_alarms & alarms::NOT_OPEN != 0 {
        return Err(OpenError::OutOfService(number));
    }
    if !cas {
        abi::set_audio_mode(channel.as_fd(), &1).map_err(|code| failed("DAHDI_AUDIOMODE", code))?;
    }
    prepare_audio(&channel, Some(law)).map_err(|(what, code)| failed(what, code))?;
    let params = channel.params().map_err(|code| failed("DAHDI_GET_PARAMS", code))?;
    Ok(Opened { device: Arc::new(channel), params, law })
}

fn check_use(settings: TimeslotSettings, sigtype: c_int) -> Result<(), OpenError> {
    let TimeslotSettings { channel, cas, .. } = settings;
    let (wanted, keyword, right) = if cas {
        ("a channel with signalling bits", format!("cas={channel}:1101"), signalling::CAS)
    } else {
        ("a clear channel", format!("bchan={channel}"), signalling::CLEAR)
    };
    if sigtype == right {
        return Ok(());
    }
    let found = ChannelUse::of(sigtype).words();
    Err(OpenError::OtherUse { channel, wanted, found, keyword })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_described_otherwise_says_what_to_change() {
        let settings = TimeslotSettings { channel: 5, cas: true, law: Law::A };
        let line = check_use(settings, signalling::CLEAR).unwrap_err().to_string();
        assert!(line.contains("channel 5 is not a channel with signalling bits"), "{line}");
        assert!(line.contains("but a clear channel") && line.contains("`cas=5:1101`"), "{line}");
        assert!(!line.contains('\n') && !line.contains("  "), "{line}");
        let settings = TimeslotSettings { cas: false, ..settings };
        let line = check_use(settings, signalling::CAS).unwrap_err().to_string();
        assert!(line.contains("`bchan=5`"), "{line}");
        assert!(check_use(settings, signalling::CLEAR).is_ok());
    }
}
