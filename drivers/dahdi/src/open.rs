//! Opening a channel, and what to do when it does not open.

use core::ffi::c_int;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use nix::libc::O_NONBLOCK;
use nix::unistd::{Gid, Group};
use thiserror::Error;
use tipring_line::{FRAME_SAMPLES, Law, PortKind};

use crate::abi;
use crate::device::{Channel, Device};
use crate::fxs_loop::{COUNTING_MS, PLAIN_MS};
use crate::keeper::{DahdiKeeper, Opened, open_with};
use crate::layout::{BufInfo, Params, RingCadence, ToneDefHeader, alarms, signalling};
use crate::pace::BUFFERS;
use crate::port::DahdiPort;

/// Where the kernel's modules show their devices.
pub(crate) const DEVICES: &str = "/dev/dahdi";
/// Where it shows that they are loaded.
const MODULE: &str = "/sys/module/dahdi";

/// A burst of ringing that nobody ends, and the pause after it, in milliseconds: longer than any
/// country's burst, and mostly pause.
const RINGING_MS: [c_int; 2] = [5_000, 60_000];
/// The tone zone that is loaded where there is none. Those of the tools are numbered from 0 on.
const ZONE: c_int = 250;

/// How a channel is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelSettings {
    /// The channel's number, 1–1,023.
    pub channel: u16,
    /// Which end of a line it must be.
    pub kind: PortKind,
    /// Its law; `None` takes the law it is configured for. A card's chips have a law of their own,
    /// and this must be it.
    pub law: Option<Law>,
    /// FXS: the kernel counts dial pulses. Right for handsets with a dial; for those with keys
    /// alone it would take a short flash for the digit 1.
    pub pulses: bool,
}

/// Why a channel does not open, and what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The kernel knows nothing of DAHDI.
    #[error(
        "DAHDI's kernel module is not loaded: run `modprobe dahdi` and load the card's driver \
         (on Debian, build them from dahdi-source), then `dahdi_cfg`"
    )]
    NoModule,
    /// The module is loaded, but its devices are not there.
    #[error(
        "{} is missing although DAHDI's kernel module is loaded: install the udev rules of the \
         dahdi package and run `udevadm trigger`", .0.display()
    )]
    NoDevice(PathBuf),
    /// Not allowed.
    #[error("no permission to open {}: {remedy}", .path.display())]
    Permission {
        /// The device.
        path: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// A 32-bit program under a 64-bit kernel.
    #[error(
        "the kernel does not understand this program's DAHDI requests: a 32-bit program cannot use \
         DAHDI under a 64-bit kernel; install the build for the kernel's word size"
    )]
    WordSize,
    /// No such channel.
    #[error("DAHDI has no channel {0}: `tipring board check` or `lsdahdi` lists those there are")]
    NoChannel(u16),
    /// The channel has no signalling yet.
    #[error(
        "DAHDI channel {channel} is not configured: add `{keyword}={channel}` to \
         /etc/dahdi/system.conf and run `dahdi_cfg`"
    )]
    NotConfigured {
        /// The channel.
        channel: u16,
        /// The keyword of its signalling.
        keyword: &'static str,
    },
    /// The channel's span does not work, or is just being taken away.
    #[error(
        "DAHDI channel {0} is out of service: its span is being removed or was never started; run \
         `dahdi_cfg`, and see `dmesg` for the card's driver"
    )]
    OutOfService(u16),
    /// The channel's signalling is another port's.
    #[error(
        "DAHDI channel {channel} is not an {kind} port but {found}: in /etc/dahdi/system.conf an \
         {kind} port is written `{keyword}={channel}`, by the far device's name; change it there \
         and run `dahdi_cfg`, or change the board"
    )]
    OtherSignalling {
        /// The channel.
        channel: u16,
        /// The port that was wanted.
        kind: &'static str,
        /// What it is.
        found: String,
        /// The keyword of the signalling wanted.
        keyword: &'static str,
    },
    /// The channel is another kind of timeslot.
    #[error(
        "DAHDI channel {channel} is not {wanted} but {found}: write `{keyword}` in \
         /etc/dahdi/system.conf and run `dahdi_cfg`, or change the span's signalling in the \
         configuration to what the exchange provides"
    )]
    OtherUse {
        /// The channel.
        channel: u16,
        /// What was wanted.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
        /// What to write to make it so.
        keyword: String,
    },
    /// No such span.
    #[error("DAHDI has no span {0}: `tipring board check` or `lsdahdi` lists those there are")]
    NoSpan(u16),
    /// A span has not the channel that it should have.
    #[error(
        "DAHDI span {span} has no channel {channel}, so it is no E1 of 31 timeslots: `lsdahdi` \
         shows which span is one; correct the span's `dahdi` in the configuration, or the board"
    )]
    NotInSpan {
        /// The span.
        span: u16,
        /// The channel.
        channel: u16,
    },
    /// A span is to be set up otherwise, but somebody uses it.
    #[error(
        "DAHDI span {span} cannot be set up as it is configured, as another program has its channel \
         {channel} open: end that program (`fuser -v /dev/dahdi/*`) and restart the box"
    )]
    SpanInUse {
        /// The span.
        span: u16,
        /// The channel that is open.
        channel: u16,
    },
    /// The kernel, or the card's driver, does not let something be set.
    #[error(
        "DAHDI does not set {what} ({request}: error {code}, {}): see `dmesg` for what the card \
         cannot; where this program has not the right, write it in /etc/dahdi/system.conf and run \
         `dahdi_cfg` as root", Errno::from_raw(*.code)
    )]
    NotSet {
        /// What was to be set.
        what: String,
        /// The request.
        request: &'static str,
        /// The errno.
        code: c_int,
    },
    /// Another program has it.
    #[error(
        "DAHDI channel {0} is in use: stop the other program that has it open (`fuser -v /dev/dahdi/*`)"
    )]
    InUse(u16),
    /// No tone zone, and none could be loaded.
    #[error(
        "DAHDI channel {channel} cannot ring, as no tone zone is loaded and loading one failed \
         (error {code}): add `loadzone=cn` and `defaultzone=cn` to /etc/dahdi/system.conf and run \
         `dahdi_cfg`"
    )]
    NoZone {
        /// The channel.
        channel: u16,
        /// The errno.
        code: c_int,
    },
    /// Anything else.
    #[error("{what} failed on {}: error {code} ({})", .path.display(), Errno::from_raw(*.code))]
    Failed {
        /// The request.
        what: &'static str,
        /// The device.
        path: PathBuf,
        /// The errno.
        code: c_int,
    },
}

/// Opens an analog channel: its port for the real-time thread, and its keeper for another.
///
/// # Errors
/// One line that says what to do.
pub fn open(settings: ChannelSettings) -> Result<(DahdiPort, DahdiKeeper), OpenError> {
    let opener = move || open_channel(Path::new(DEVICES), settings);
    open_with(settings.kind, Box::new(opener))
}

/// Which end of a line a signalling type makes a channel.
pub(crate) fn kind_of(sigtype: c_int) -> Option<PortKind> {
    use signalling::*;
    match sigtype {
        FXS_LOOP_START | FXS_GROUND_START | FXS_KEWL_START => Some(PortKind::Fxo),
        FXO_LOOP_START | FXO_GROUND_START | FXO_KEWL_START => Some(PortKind::Fxs),
        _ => None,
    }
}

const fn keyword(kind: PortKind) -> &'static str {
    match kind {
        PortKind::Fxo => "fxsks",
        PortKind::Fxs => "fxoks",
    }
}

const fn kind_name(kind: PortKind) -> &'static str {
    match kind {
        PortKind::Fxo => "FXO",
        PortKind::Fxs => "FXS",
    }
}

/// Opens one of the devices, without blocking.
pub(crate) fn open_device(folder: &Path, name: &str) -> Result<File, OpenError> {
    let path = folder.join(name);
    let opened = OpenOptions::new().read(true).write(true).custom_flags(O_NONBLOCK).open(&path);
    opened.map_err(|error| not_opened(&path, &error, Path::new(MODULE).exists()))
}

/// Why a device did not open.
fn not_opened(path: &Path, error: &io::Error, loaded: bool) -> OpenError {
    let code = error.raw_os_error().unwrap_or(Errno::EIO as c_int);
    match Errno::from_raw(code) {
        Errno::ENOENT if loaded => OpenError::NoDevice(path.to_owned()),
        Errno::ENOENT | Errno::ENXIO | Errno::ENODEV => OpenError::NoModule,
        Errno::EACCES | Errno::EPERM => {
            OpenError::Permission { path: path.to_owned(), remedy: remedy(path) }
        }
        _ => OpenError::Failed { what: "open", path: path.to_owned(), code },
    }
}

/// What to do about a device that may not be opened.
fn remedy(path: &Path) -> String {
    let group = path.metadata().ok().map(|m| Gid::from_raw(m.gid()));
    match group.filter(|g| g.as_raw() != 0) {
        Some(gid) => {
            let name =
                Group::from_gid(gid).ok().flatten().map_or_else(|| gid.to_string(), |g| g.name);
            format!("add this program's user to the group {name} and start it anew")
        }
        None => "it belongs to root's group; install the udev rules of the dahdi package, or run \
                 `chgrp dialout` on it and add this program's user to that group"
            .to_owned(),
    }
}

/// Opens and prepares a channel.
pub(crate) fn open_channel(
    folder: &Path,
    settings: ChannelSettings,
) -> Result<Opened<Channel>, OpenError> {
    let file = open_device(folder, "channel")?;
    let path = folder.join("channel");
    let failed = |what, code| OpenError::Failed { what, path: path.clone(), code };
    let number = settings.channel;
    abi::specify(file.as_fd(), &c_int::from(number))
        .map_err(|code| not_specified(&path, number, keyword(settings.kind), code))?;
    let channel = Channel::new(file);
    let mut params = channel.params().map_err(|code| failed("DAHDI_GET_PARAMS", code))?;
    check_signalling(settings, params.sigtype)?;
    if params.chan_alarms & alarms::NOT_OPEN != 0 {
        return Err(OpenError::OutOfService(settings.channel));
    }
    prepare_audio(&channel, settings.law).map_err(|(what, code)| failed(what, code))?;
    if settings.kind == PortKind::Fxs {
        prepare_ringing(folder, &channel, settings.channel)?;
        params.rxflashtime = if settings.pulses { COUNTING_MS } else { PLAIN_MS };
        channel.set_params(&params).map_err(|code| failed("DAHDI_SET_PARAMS", code))?;
    }
    let params = channel.params().map_err(|code| failed("DAHDI_GET_PARAMS", code))?;
    let law = if params.curlaw == 1 { Law::Mu } else { Law::A };
    Ok(Opened { device: Arc::new(channel), params, law })
}

/// Sets buffers of frames, and the law. An error names the request.
pub(crate) fn prepare_audio(
    channel: &Channel,
    law: Option<Law>,
) -> Result<(), (&'static str, c_int)> {
    let buffers = BufInfo {
        txbufpolicy: 0,
        rxbufpolicy: 0,
        numbufs: BUFFERS as c_int,
        bufsize: FRAME_SAMPLES as c_int,
        readbufs: 0,
        writebufs: 0,
    };
    abi::set_buffers(channel.as_fd(), &buffers).map_err(|code| ("DAHDI_SET_BUFINFO", code))?;
    let Some(law) = law else { return Ok(()) };
    let law = match law {
        Law::Mu => 1,
        Law::A => 2,
    };
    abi::set_law(channel.as_fd(), &law).map_err(|code| ("DAHDI_SETLAW", code))
}

/// Why the kernel refused a channel's number.
pub(crate) fn not_specified(
    path: &Path,
    channel: u16,
    keyword: &'static str,
    code: c_int,
) -> OpenError {
    match Errno::from_raw(code) {
        Errno::EINVAL => OpenError::NoChannel(channel),
        Errno::ENXIO => OpenError::NotConfigured { channel, keyword },
        Errno::EBUSY => OpenError::InUse(channel),
        Errno::ENOTTY => OpenError::WordSize,
        Errno::ENODEV => OpenError::NoModule,
        _ => OpenError::Failed { what: "DAHDI_SPECIFY", path: path.to_owned(), code },
    }
}

fn check_signalling(settings: ChannelSettings, sigtype: c_int) -> Result<(), OpenError> {
    let found = kind_of(sigtype);
    if found == Some(settings.kind) {
        return Ok(());
    }
    Err(OpenError::OtherSignalling {
        channel: settings.channel,
        kind: kind_name(settings.kind),
        found: found.map_or_else(
            || format!("no analog port (signalling {sigtype:#x})"),
            |kind| format!("an {} port", kind_name(kind)),
        ),
        keyword: keyword(settings.kind),
    })
}

/// Sets one long burst as the cadence; loads a tone zone where there is none, without which the
/// kernel refuses to ring.
fn prepare_ringing(folder: &Path, channel: &Channel, number: u16) -> Result<(), OpenError> {
    let no_zone = |code| OpenError::NoZone { channel: number, code };
    let mut cadence = RingCadence { ms: [0; 16] };
    cadence.ms[..2].copy_from_slice(&RINGING_MS);
    if let Err(code) = abi::set_tone_zone(channel.as_fd(), &-1) {
        if code != Errno::ENODATA as c_int {
            return Err(no_zone(code));
        }
        let control = open_device(folder, "ctl")?;
        let mut name = [0; 40];
        name[..7].copy_from_slice(b"tipring");
        let zone = ToneDefHeader { count: 0, zone: ZONE, ringcadence: cadence.ms, name };
        // Another channel may have loaded it in the meantime, which is as good.
        let loaded = abi::load_toneless_zone(control.as_fd(), &zone);
        abi::set_tone_zone(channel.as_fd(), &-1)
            .map_err(|code| no_zone(loaded.err().unwrap_or(code)))?;
    }
    abi::set_cadence(channel.as_fd(), &cadence).map_err(|code| OpenError::Failed {
        what: "DAHDI_SETCADENCE",
        path: folder.join("channel"),
        code,
    })
}

/// The state of a channel by its number, without opening it.
pub(crate) fn params_of(control: &File, channel: u16) -> Option<Params> {
    let mut params = Params { channo: c_int::from(channel), ..Params::default() };
    abi::get_params(control.as_fd(), &mut params).ok().map(|()| params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(errno: Errno, loaded: bool) -> String {
        let error = io::Error::from_raw_os_error(errno as c_int);
        not_opened(Path::new("/dev/dahdi/channel"), &error, loaded).to_string()
    }

    #[test]
    fn a_device_that_does_not_open_says_what_to_do() {
        assert!(said(Errno::ENOENT, false).contains("modprobe dahdi"));
        assert!(said(Errno::ENXIO, false).contains("modprobe dahdi"));
        assert!(said(Errno::ENOENT, true).contains("udevadm trigger"));
        assert!(
            said(Errno::EACCES, true).starts_with("no permission to open /dev/dahdi/channel: ")
        );
        let other = said(Errno::EMFILE, true);
        assert!(
            other.starts_with("open failed on /dev/dahdi/channel: error 24 (EMFILE"),
            "{other}"
        );
    }

    #[test]
    fn without_a_group_of_its_own_a_device_needs_one() {
        assert!(remedy(Path::new("/nowhere")).contains("chgrp dialout"));
    }

    #[test]
    fn a_refused_channel_says_what_to_do() {
        let said = |errno| {
            not_specified(Path::new("/dev/dahdi/channel"), 7, "fxoks", errno as c_int).to_string()
        };
        assert!(said(Errno::ENOTTY).contains("32-bit program"));
        assert!(said(Errno::ENXIO).contains("add `fxoks=7`"));
        assert!(said(Errno::EINVAL).contains("no channel 7"));
        assert!(said(Errno::EBUSY).contains("channel 7 is in use"));
        assert!(
            said(Errno::EIO).starts_with("DAHDI_SPECIFY failed on /dev/dahdi/channel: error 5")
        );
    }

    #[test]
    fn every_line_is_one_line() {
        let errors = [
            OpenError::NoModule,
            OpenError::WordSize,
            OpenError::OutOfService(3),
            OpenError::NoZone { channel: 3, code: 61 },
            OpenError::NotInSpan { span: 1, channel: 5 },
            OpenError::SpanInUse { span: 3, channel: 9 },
            OpenError::NotSet { what: "span 3 going".into(), request: "DAHDI_STARTUP", code: 1 },
        ];
        for error in errors {
            let line = error.to_string();
            assert!(!line.contains('\n') && !line.contains("  "), "{line}");
        }
    }

    #[test]
    fn signalling_is_the_far_devices() {
        assert_eq!(kind_of(0x2004), Some(PortKind::Fxo));
        assert_eq!(kind_of(0x1020), Some(PortKind::Fxs));
        assert_eq!(kind_of(0x0080), None);
        let settings =
            ChannelSettings { channel: 1, kind: PortKind::Fxo, law: None, pulses: false };
        let line = check_signalling(settings, 0x0080).unwrap_err().to_string();
        assert!(line.contains("not an FXO port but no analog port (signalling 0x80)"), "{line}");
    }
}
