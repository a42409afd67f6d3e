//! What concerns a span as a whole: its alarms and counters, its tests, its D-channel.

use core::ffi::c_int;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;
use tipring_line::{PortError, Span, SpanAlarms, SpanErrors, SpanEvent, SpanFraming, SpanTest};

use crate::abi;
use crate::layout::{
    BufInfo, ELAST, MaintInfo, Params, SpanInfo, events, has_gone, maintenance, signalling,
};
use crate::open::{DEVICES, OpenError, not_specified, open_device};
use crate::span_keeper::SpanLink;
use crate::spans::{ChannelUse, alarms_of, coding_of, errors_of, line_of};

/// Buffers of the D-channel each way: as many as the kernel has room for, of this size.
const BUFFERS: c_int = 32;
const BUFFER_BYTES: usize = 1024;
/// Octets of the frame check sequence. The kernel leaves them behind a frame received, and writes
/// them over the last two of one sent.
const FCS_BYTES: usize = 2;
/// Events taken for one frame at most; the kernel keeps 64.
const EVENTS_MAX: usize = 64;

/// Which span, and where its D-channel is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanSettings {
    /// The span's number, 1–128.
    pub span: u16,
    /// The number of the channel that is its D-channel, if it has one.
    pub d_channel: Option<u16>,
}

/// A span of DAHDI; [`open_span`](crate::open_span) makes one.
#[derive(Debug)]
pub struct DahdiSpan {
    settings: SpanSettings,
    control: File,
    /// `None` where there is none, and while it is gone.
    d_channel: Option<File>,
    link: SpanLink,
    framing_told: Option<SpanFraming>,
    alarms_told: SpanAlarms,
    errors_told: SpanErrors,
    /// D-channel frames the kernel found damaged, and those too long for the reader.
    hdlc_errors: u32,
}

/// How a span is now.
struct Sight {
    /// `None` where it has no line.
    framing: Option<SpanFraming>,
    alarms: SpanAlarms,
    errors: SpanErrors,
}

/// Opens a D-channel and gives it its buffers.
pub(crate) fn open_d_channel(folder: &Path, number: u16) -> Result<File, OpenError> {
    let file = open_device(folder, "channel")?;
    let path = folder.join("channel");
    let failed = |what, code| OpenError::Failed { what, path: path.clone(), code };
    abi::specify(file.as_fd(), &c_int::from(number))
        .map_err(|code| not_specified(&path, number, "dchan", code))?;
    let mut params = Params::default();
    abi::get_params(file.as_fd(), &mut params).map_err(|code| failed("DAHDI_GET_PARAMS", code))?;
    if ![signalling::HDLC_FCS, signalling::HARD_HDLC].contains(&params.sigtype) {
        return Err(OpenError::OtherUse {
            channel: number,
            wanted: "a D-channel",
            found: ChannelUse::of(params.sigtype).words(),
            keyword: format!("dchan={number}"),
        });
    }
    let buffers = BufInfo {
        txbufpolicy: 0,
        rxbufpolicy: 0,
        numbufs: BUFFERS,
        bufsize: BUFFER_BYTES as c_int,
        readbufs: 0,
        writebufs: 0,
    };
    abi::set_buffers(file.as_fd(), &buffers).map_err(|code| failed("DAHDI_SET_BUFINFO", code))?;
    Ok(file)
}

fn code(error: &std::io::Error) -> c_int {
    error.raw_os_error().unwrap_or(Errno::EIO as c_int)
}

impl DahdiSpan {
    pub(crate) fn open(settings: SpanSettings, link: SpanLink) -> Result<Self, OpenError> {
        let folder = Path::new(DEVICES);
        let control = open_device(folder, "ctl")?;
        let open = |number| open_d_channel(folder, number);
        let span = DahdiSpan {
            settings,
            control,
            d_channel: settings.d_channel.map(open).transpose()?,
            link,
            framing_told: None,
            alarms_told: SpanAlarms::default(),
            errors_told: SpanErrors::default(),
            hdlc_errors: 0,
        };
        match span.look() {
            Ok(_) => Ok(span),
            Err(_) => Err(OpenError::NoSpan(settings.span)),
        }
    }

    /// The span's number.
    pub fn number(&self) -> u16 {
        self.settings.span
    }

    /// The state of the span now.
    fn look(&self) -> Result<Sight, c_int> {
        let mut info = SpanInfo::numbered(c_int::from(self.settings.span));
        abi::span_stat(self.control.as_fd(), &mut info)?;
        Ok(Sight {
            framing: coding_of(&info).map(|_| line_of(&info).framing()),
            alarms: alarms_of(info.alarms as u32),
            errors: SpanErrors { hdlc: self.hdlc_errors, ..errors_of(&info) },
        })
    }

    /// Lets go of the D-channel, which its keeper opens again.
    fn lose(&mut self) {
        if self.d_channel.take().is_some() {
            self.link.set_lost();
        }
    }

    /// Takes the D-channel's events, which are in the way of its frames.
    fn take_events(&mut self) {
        for _ in 0..EVENTS_MAX {
            let Some(file) = &self.d_channel else { return };
            let mut event = 0;
            match abi::get_event(file.as_fd(), &mut event) {
                Ok(()) if event == events::NONE => return,
                Ok(()) if event == events::REMOVED => self.lose(),
                Ok(()) => {
                    let damaged = [events::HDLC_ABORT, events::HDLC_OVERRUN, events::HDLC_BAD_FCS];
                    self.hdlc_errors =
                        self.hdlc_errors.saturating_add(u32::from(damaged.contains(&event)));
                }
                Err(_) => return self.lose(),
            }
        }
    }

    /// Reads or writes once; events in its way are taken first.
    fn transfer(
        &mut self,
        what: &'static str,
        mut transfer: impl FnMut(&File) -> std::io::Result<usize>,
    ) -> Result<usize, PortError> {
        if self.d_channel.is_none() {
            self.d_channel = self.link.returned();
        }
        for _ in 0..4 {
            let Some(file) = &self.d_channel else { return Err(PortError::Gone) };
            match transfer(file).map_err(|error| code(&error)) {
                Ok(length) => return Ok(length),
                Err(ELAST) => self.take_events(),
                Err(code) if code == Errno::EINTR as c_int => {}
                Err(code) if has_gone(code) => self.lose(),
                Err(code) => return Err(PortError::Failed { what, code }),
            }
        }
        Err(PortError::Failed { what, code: ELAST })
    }
}

impl Span for DahdiSpan {
    fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize> {
        let mut received = [0; BUFFER_BYTES];
        loop {
            let length = self.transfer("read", |mut file| file.read(&mut received)).ok()?;
            let length = length.checked_sub(FCS_BYTES)?;
            if let Some(room) = frame.get_mut(..length) {
                room.copy_from_slice(&received[..length]);
                return Some(length);
            }
            self.hdlc_errors = self.hdlc_errors.saturating_add(1);
        }
    }

    fn send_hdlc(&mut self, frame: &[u8]) -> Result<(), PortError> {
        if self.settings.d_channel.is_none() {
            return Err(PortError::Unsupported("send frames: it has no D-channel"));
        }
        let mut with_fcs = [0; BUFFER_BYTES];
        let length = frame.len() + FCS_BYTES;
        let Some(room) = with_fcs.get_mut(..frame.len()).filter(|_| length <= BUFFER_BYTES) else {
            return Err(PortError::Failed { what: "write", code: Errno::EMSGSIZE as c_int });
        };
        room.copy_from_slice(frame);
        self.transfer("write", |mut file| file.write(&with_fcs[..length])).map(drop)
    }

    fn test(&mut self, test: SpanTest) -> Result<(), PortError> {
        let command = match test {
            SpanTest::Off => maintenance::NONE,
            SpanTest::RemoteLoop => maintenance::REMOTE_LOOP,
            SpanTest::PayloadLoop => maintenance::PAYLOAD_LOOP,
            SpanTest::LocalLoop => maintenance::LOCAL_LOOP,
            SpanTest::Prbs => maintenance::PRBS,
        };
        let info = MaintInfo { spanno: c_int::from(self.settings.span), command };
        abi::maintain(self.control.as_fd(), &info).map_err(|code| match Errno::from_raw(code) {
            Errno::ENOSYS | Errno::ENOTTY | Errno::EINVAL => {
                PortError::Unsupported("be tested so: its driver cannot")
            }
            _ => PortError::Failed { what: "DAHDI_MAINT", code },
        })
    }

    /// Looks at the span at each call that has nothing else to tell.
    fn poll_event(&mut self) -> Option<SpanEvent> {
        let Ok(Sight { framing, alarms, errors }) = self.look() else {
            self.lose();
            let gone = SpanAlarms { gone: true, ..SpanAlarms::default() };
            let told = core::mem::replace(&mut self.alarms_told, gone);
            return (told != gone).then_some(SpanEvent::Alarms(gone));
        };
        if alarms.gone {
            self.lose();
        }
        if core::mem::replace(&mut self.alarms_told, alarms) != alarms {
            return Some(SpanEvent::Alarms(alarms));
        }
        if let Some(framing) = framing
            && self.framing_told.replace(framing) != Some(framing)
        {
            return Some(SpanEvent::Framing(framing));
        }
        let changed = core::mem::replace(&mut self.errors_told, errors) != errors;
        changed.then_some(SpanEvent::Errors(errors))
    }
}
