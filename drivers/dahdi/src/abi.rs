//! Every request to the kernel, each as a safe function. All `unsafe` of this crate is here.
//!
//! An error is the kernel's errno, as a number: the driver uses one that has no name (`ELAST`).
#![allow(unsafe_code)]

use core::ffi::c_int;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

use crate::layout::{
    BufInfo, ChanConfig, LineConfig, LineStats, MaintInfo, Params, RingCadence, SpanInfo,
    ToneDefHeader, VersionInfo, requests,
};

mod raw {
    use super::*;

    nix::ioctl_readwrite_bad!(get_params, requests::GET_PARAMS, Params);
    nix::ioctl_write_ptr_bad!(set_params, requests::SET_PARAMS, Params);
    nix::ioctl_write_ptr_bad!(hook, requests::HOOK, c_int);
    nix::ioctl_read_bad!(get_event, requests::GETEVENT, c_int);
    nix::ioctl_readwrite_bad!(span_stat, requests::SPANSTAT, SpanInfo);
    nix::ioctl_write_ptr_bad!(maint, requests::MAINT, MaintInfo);
    nix::ioctl_write_ptr_bad!(span_config, requests::SPANCONFIG, LineConfig);
    nix::ioctl_write_ptr_bad!(chan_config, requests::CHANCONFIG, ChanConfig);
    nix::ioctl_write_ptr_bad!(startup, requests::STARTUP, c_int);
    nix::ioctl_write_ptr_bad!(audio_mode, requests::AUDIOMODE, c_int);
    nix::ioctl_write_ptr_bad!(loopback, requests::LOOPBACK, c_int);
    nix::ioctl_read_bad!(get_rx_bits, requests::GETRXBITS, c_int);
    nix::ioctl_write_ptr_bad!(set_tx_bits, requests::SETTXBITS, c_int);
    nix::ioctl_write_ptr_bad!(set_tone_zone, requests::SETTONEZONE, c_int);
    nix::ioctl_write_ptr_bad!(load_zone, requests::LOADZONE, ToneDefHeader);
    nix::ioctl_write_ptr_bad!(set_buf_info, requests::SET_BUFINFO, BufInfo);
    nix::ioctl_write_ptr_bad!(specify, requests::SPECIFY, c_int);
    nix::ioctl_write_ptr_bad!(set_law, requests::SETLAW, c_int);
    nix::ioctl_write_ptr_bad!(set_cadence, requests::SETCADENCE, RingCadence);
    nix::ioctl_write_ptr_bad!(timer_config, requests::TIMERCONFIG, c_int);
    nix::ioctl_write_ptr_bad!(timer_ack, requests::TIMERACK, c_int);
    nix::ioctl_write_ptr_bad!(on_hook_transfer, requests::ONHOOKTRANSFER, c_int);
    nix::ioctl_read_bad!(get_version, requests::GETVERSION, VersionInfo);
    nix::ioctl_read_bad!(get_stats, requests::GET_STATS, LineStats);
    nix::ioctl_write_ptr_bad!(set_polarity, requests::SETPOLARITY, c_int);
    nix::ioctl_readwrite_bad!(vmwi, requests::VMWI, c_int);
}

fn done(result: nix::Result<c_int>) -> Result<(), c_int> {
    result.map(drop).map_err(|e| e as c_int)
}

/// Functions whose argument the kernel only reads.
macro_rules! tell {
    ($($(#[$doc:meta])* $name:ident($argument:ty) = $raw:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) fn $name(fd: BorrowedFd<'_>, argument: &$argument) -> Result<(), c_int> {
            // SAFETY: the descriptor is open as long as it is borrowed, and the kernel reads one
            // `$argument`, whose layout `layout` asserts, from behind a valid reference.
            done(unsafe { raw::$raw(fd.as_raw_fd(), argument) })
        }
    )+};
}

/// Functions whose argument the kernel writes, or reads and writes.
macro_rules! ask {
    ($($(#[$doc:meta])* $name:ident($argument:ty) = $raw:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) fn $name(fd: BorrowedFd<'_>, argument: &mut $argument) -> Result<(), c_int> {
            // SAFETY: the descriptor is open as long as it is borrowed, and the kernel reads or
            // writes one `$argument`, whose layout `layout` asserts and for which every pattern
            // of bits is valid, behind a valid and unshared reference.
            done(unsafe { raw::$raw(fd.as_raw_fd(), argument) })
        }
    )+};
}

tell! {
    /// Makes an opened `/dev/dahdi/channel` the channel of this number.
    specify(c_int) = specify;
    /// Sets number, size and policy of the buffers; empties them.
    set_buffers(BufInfo) = set_buf_info;
    /// Law: 1 µ, 2 A.
    set_law(c_int) = set_law;
    /// Takes the tone zone of this number; −1 is the default one.
    set_tone_zone(c_int) = set_tone_zone;
    /// Ringing of an FXS port.
    set_cadence(RingCadence) = set_cadence;
    /// Sets a channel's times; its other parameters are left alone.
    set_params(Params) = set_params;
    /// Hook and ringing; the numbers are `device::Hook`'s.
    hook(c_int) = hook;
    /// Lets audio pass on-hook for so many milliseconds.
    on_hook_transfer(c_int) = on_hook_transfer;
    /// Battery reversed: 1; forward: 0.
    set_polarity(c_int) = set_polarity;
    /// Begins or ends a span's test.
    maintain(MaintInfo) = maint;
    /// Sets a span's framing, coding and timing.
    configure_span(LineConfig) = span_config;
    /// Sets a channel's signalling.
    configure_channel(ChanConfig) = chan_config;
    /// Starts the span of this number.
    start_span(c_int) = startup;
    /// A clear channel carries audio (1), or data.
    set_audio_mode(c_int) = audio_mode;
    /// What a channel receives goes back (1), or not.
    set_loop(c_int) = loopback;
    /// The signalling bits to send.
    set_tx_bits(c_int) = set_tx_bits;
    /// The timer's period in samples.
    set_timer(c_int) = timer_config;
    /// Takes so many of the timer's ticks.
    acknowledge_ticks(c_int) = timer_ack;
}

ask! {
    /// A channel's state; on the control device, of the channel in `channo`.
    get_params(Params) = get_params;
    /// The next event, or 0.
    get_event(c_int) = get_event;
    /// The signalling bits received; a neighbour's may stand above the low four.
    get_rx_bits(c_int) = get_rx_bits;
    /// The state of the span in `spanno`.
    span_stat(SpanInfo) = span_stat;
    /// The driver's versions.
    get_version(VersionInfo) = get_version;
    /// Voltages.
    get_stats(LineStats) = get_stats;
    /// The number of messages that wait.
    set_messages(c_int) = vmwi;
}

/// Loads a tone zone that has ringing but no tones.
///
/// # Errors
/// `EINVAL` for a zone that names tones, as they would have to follow it; otherwise the kernel's.
pub(crate) fn load_toneless_zone(fd: BorrowedFd<'_>, zone: &ToneDefHeader) -> Result<(), c_int> {
    if zone.count != 0 {
        return Err(Errno::EINVAL as c_int);
    }
    // SAFETY: the descriptor is open as long as it is borrowed, and the kernel reads one header
    // and then as many tones as it counts, which are none.
    done(unsafe { raw::load_zone(fd.as_raw_fd(), zone) })
}
