//! What crosses to the kernel: request numbers, structures and constants, as DAHDI 2.11 to 3.4
//! have them. They are the same on x86-64, aarch64 and 32-bit ARM; only two requests that are not
//! used here change size with the word.
//!
//! This file uses nothing but `core` and no `unsafe`, so that it can be compiled by itself for any
//! target: the assertions at its end then hold there.

use core::ffi::c_int;

/// Type code of all requests.
const TYPE: u32 = 0xDA;
const WRITE: u32 = 1;
const READ: u32 = 2;

/// The number of a request by the rule of asm-generic, which x86, ARM and RISC-V follow.
const fn request<T>(direction: u32, number: u32) -> u32 {
    direction << 30 | (size_of::<T>() as u32) << 16 | TYPE << 8 | number
}

/// Requests with their argument's structure, by the driver's names.
pub(crate) mod requests {
    use super::*;

    pub(crate) const GET_PARAMS: u32 = request::<Params>(READ | WRITE, 5);
    pub(crate) const SET_PARAMS: u32 = request::<Params>(WRITE, 5);
    pub(crate) const HOOK: u32 = request::<c_int>(WRITE, 7);
    pub(crate) const GETEVENT: u32 = request::<c_int>(READ, 8);
    pub(crate) const SPANSTAT: u32 = request::<SpanInfo>(READ | WRITE, 10);
    pub(crate) const MAINT: u32 = request::<MaintInfo>(WRITE, 11);
    pub(crate) const SPANCONFIG: u32 = request::<LineConfig>(WRITE, 18);
    pub(crate) const CHANCONFIG: u32 = request::<ChanConfig>(WRITE, 19);
    pub(crate) const SETTONEZONE: u32 = request::<c_int>(WRITE, 22);
    pub(crate) const LOADZONE: u32 = request::<ToneDefHeader>(WRITE, 25);
    pub(crate) const SET_BUFINFO: u32 = request::<BufInfo>(WRITE, 27);
    pub(crate) const AUDIOMODE: u32 = request::<c_int>(WRITE, 32);
    pub(crate) const SPECIFY: u32 = request::<c_int>(WRITE, 38);
    pub(crate) const SETLAW: u32 = request::<c_int>(WRITE, 39);
    pub(crate) const SETCADENCE: u32 = request::<RingCadence>(WRITE, 42);
    pub(crate) const GETRXBITS: u32 = request::<c_int>(READ, 43);
    pub(crate) const SETTXBITS: u32 = request::<c_int>(WRITE, 43);
    pub(crate) const TIMERCONFIG: u32 = request::<c_int>(WRITE, 47);
    pub(crate) const TIMERACK: u32 = request::<c_int>(WRITE, 48);
    pub(crate) const ONHOOKTRANSFER: u32 = request::<c_int>(WRITE, 51);
    pub(crate) const GETVERSION: u32 = request::<VersionInfo>(READ, 57);
    pub(crate) const LOOPBACK: u32 = request::<c_int>(WRITE, 58);
    pub(crate) const GET_STATS: u32 = request::<LineStats>(READ, 60);
    pub(crate) const SETPOLARITY: u32 = request::<c_int>(WRITE, 92);
    pub(crate) const VMWI: u32 = request::<c_int>(READ | WRITE, 94);
    pub(crate) const STARTUP: u32 = request::<c_int>(WRITE, 99);
}

/// A channel's state and its times in milliseconds.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Params {
    /// The channel's number.
    pub channo: c_int,
    /// Its span's number.
    pub spanno: c_int,
    /// Its place in the span, from 1.
    pub chanpos: c_int,
    /// Signalling it is configured for; see [`signalling`].
    pub sigtype: c_int,
    /// Signalling it could do.
    pub sigcap: c_int,
    /// Whether what is received is not the idle state.
    pub rxisoffhook: c_int,
    /// Received signalling bits.
    pub rxbits: c_int,
    /// Sent signalling bits.
    pub txbits: c_int,
    /// Sent hook signal.
    pub txhooksig: c_int,
    /// Received hook signal; see [`rx_hook`].
    pub rxhooksig: c_int,
    /// Law: 1 µ, 2 A.
    pub curlaw: c_int,
    /// Bits of an idle channel.
    pub idlebits: c_int,
    /// Its name, ended by a zero.
    pub name: [u8; 40],
    /// Before a wink.
    pub prewinktime: c_int,
    /// Before a flash.
    pub preflashtime: c_int,
    /// Length of a wink.
    pub winktime: c_int,
    /// Length of a flash.
    pub flashtime: c_int,
    /// Length of the start signal.
    pub starttime: c_int,
    /// Longest wink received.
    pub rxwinktime: c_int,
    /// Longest flash received: an open loop is told as on-hook after this.
    pub rxflashtime: c_int,
    /// What is received right after going off-hook is not believed for this long.
    pub debouncetime: c_int,
    /// Pulse dialling: open.
    pub pulsebreaktime: c_int,
    /// Pulse dialling: closed.
    pub pulsemaketime: c_int,
    /// Pulse dialling: between digits.
    pub pulseaftertime: c_int,
    /// Alarms; see [`alarms`].
    pub chan_alarms: u32,
}

impl Default for Params {
    fn default() -> Self {
        Params {
            channo: 0,
            spanno: 0,
            chanpos: 0,
            sigtype: 0,
            sigcap: 0,
            rxisoffhook: 0,
            rxbits: 0,
            txbits: 0,
            txhooksig: 0,
            rxhooksig: 0,
            curlaw: 0,
            idlebits: 0,
            name: [0; 40],
            prewinktime: 0,
            preflashtime: 0,
            winktime: 0,
            flashtime: 0,
            starttime: 0,
            rxwinktime: 0,
            rxflashtime: 0,
            debouncetime: 0,
            pulsebreaktime: 0,
            pulsemaketime: 0,
            pulseaftertime: 0,
            chan_alarms: 0,
        }
    }
}

/// A span's state.
#[repr(C, packed)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanInfo {
    pub(crate) spanno: c_int,
    pub(crate) name: [u8; 20],
    pub(crate) desc: [u8; 40],
    pub(crate) alarms: c_int,
    pub(crate) txlevel: c_int,
    pub(crate) rxlevel: c_int,
    pub(crate) bpvcount: c_int,
    pub(crate) crc4count: c_int,
    pub(crate) ebitcount: c_int,
    pub(crate) fascount: c_int,
    pub(crate) fecount: u32,
    pub(crate) cvcount: u32,
    pub(crate) becount: u32,
    pub(crate) prbs: u32,
    pub(crate) errsec: u32,
    pub(crate) irqmisses: c_int,
    pub(crate) syncsrc: c_int,
    pub(crate) numchans: c_int,
    pub(crate) totalchans: c_int,
    pub(crate) totalspans: c_int,
    pub(crate) lbo: c_int,
    pub(crate) lineconfig: c_int,
    pub(crate) lboname: [u8; 40],
    pub(crate) location: [u8; 40],
    pub(crate) manufacturer: [u8; 40],
    pub(crate) devicetype: [u8; 40],
    pub(crate) irq: c_int,
    pub(crate) linecompat: c_int,
    pub(crate) spantype: [u8; 6],
}

impl SpanInfo {
    /// To ask for the span of this number.
    pub(crate) const fn numbered(spanno: c_int) -> Self {
        SpanInfo {
            spanno,
            name: [0; 20],
            desc: [0; 40],
            alarms: 0,
            txlevel: 0,
            rxlevel: 0,
            bpvcount: 0,
            crc4count: 0,
            ebitcount: 0,
            fascount: 0,
            fecount: 0,
            cvcount: 0,
            becount: 0,
            prbs: 0,
            errsec: 0,
            irqmisses: 0,
            syncsrc: 0,
            numchans: 0,
            totalchans: 0,
            totalspans: 0,
            lbo: 0,
            lineconfig: 0,
            lboname: [0; 40],
            location: [0; 40],
            manufacturer: [0; 40],
            devicetype: [0; 40],
            irq: 0,
            linecompat: 0,
            spantype: [0; 6],
        }
    }
}

/// Buffers between the channel and this process.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufInfo {
    pub(crate) txbufpolicy: c_int,
    pub(crate) rxbufpolicy: c_int,
    pub(crate) numbufs: c_int,
    pub(crate) bufsize: c_int,
    pub(crate) readbufs: c_int,
    pub(crate) writebufs: c_int,
}

/// Ringing on and off in turns, in milliseconds.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingCadence {
    pub(crate) ms: [c_int; 16],
}

/// What a tone zone begins with.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToneDefHeader {
    pub(crate) count: c_int,
    pub(crate) zone: c_int,
    pub(crate) ringcadence: [c_int; 16],
    pub(crate) name: [u8; 40],
}

/// Versions of the driver and its echo cancellers, ended by a zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionInfo {
    pub(crate) version: [u8; 80],
    pub(crate) echo_canceller: [u8; 80],
}

/// Voltages in millivolts, from drivers that measure them (the request is the analog cards').
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineStats {
    /// Tip against ground; on an FXO port the line's voltage.
    pub tipvolt: c_int,
    /// Ring against ground; on an FXO port the line's voltage.
    pub ringvolt: c_int,
    /// The battery's voltage; on an FXO port the line's voltage.
    pub batvolt: c_int,
}

/// A span's line: framing, coding, timing.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineConfig {
    pub(crate) span: c_int,
    pub(crate) name: [u8; 20],
    pub(crate) lbo: c_int,
    pub(crate) lineconfig: c_int,
    pub(crate) sync: c_int,
}

/// A channel's signalling.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChanConfig {
    pub(crate) chan: c_int,
    pub(crate) name: [u8; 40],
    pub(crate) sigtype: c_int,
    pub(crate) deflaw: c_int,
    pub(crate) master: c_int,
    pub(crate) idlebits: c_int,
    pub(crate) netdev_name: [u8; 16],
}

/// A test of a span.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaintInfo {
    pub(crate) spanno: c_int,
    pub(crate) command: c_int,
}

/// Values of [`MaintInfo::command`].
pub(crate) mod maintenance {
    use core::ffi::c_int;

    pub(crate) const NONE: c_int = 0;
    pub(crate) const LOCAL_LOOP: c_int = 1;
    pub(crate) const REMOTE_LOOP: c_int = 2;
    pub(crate) const PRBS: c_int = 12;
    pub(crate) const PAYLOAD_LOOP: c_int = 13;
}

/// Bits of [`LineConfig::lineconfig`] and [`SpanInfo::lineconfig`].
pub(crate) mod line_config {
    use core::ffi::c_int;

    pub(crate) const AMI: c_int = 1 << 6;
    pub(crate) const CCS: c_int = 1 << 8;
    pub(crate) const HDB3: c_int = 1 << 9;
    pub(crate) const CRC4: c_int = 1 << 10;
}

/// Signalling types. They are named after the far device: an FXO port speaks FXS signalling.
pub(crate) mod signalling {
    use core::ffi::c_int;

    pub(crate) const FXS_LOOP_START: c_int = 0x2001;
    pub(crate) const FXS_GROUND_START: c_int = 0x2002;
    pub(crate) const FXS_KEWL_START: c_int = 0x2004;
    pub(crate) const FXO_LOOP_START: c_int = 0x1008;
    pub(crate) const FXO_GROUND_START: c_int = 0x1010;
    pub(crate) const FXO_KEWL_START: c_int = 0x1020;
    pub(crate) const CLEAR: c_int = 0x80;
    pub(crate) const HDLC_FCS: c_int = 0x380;
    pub(crate) const HARD_HDLC: c_int = 0x8_0080;
    pub(crate) const CAS: c_int = 0x8000;
}

/// Values of [`Params::rxhooksig`].
pub(crate) mod rx_hook {
    use core::ffi::c_int;

    /// FXO port: no battery. FXS port: the handset is down.
    pub(crate) const ON_HOOK: c_int = 0;
    /// FXS port: the handset is up.
    pub(crate) const OFF_HOOK: c_int = 1;
}

/// Bits of alarms.
pub(crate) mod alarms {
    pub(crate) const RECOVER: u32 = 0x01;
    pub(crate) const LOOPBACK: u32 = 0x02;
    pub(crate) const YELLOW: u32 = 0x04;
    pub(crate) const RED: u32 = 0x08;
    pub(crate) const BLUE: u32 = 0x10;
    pub(crate) const NOT_OPEN: u32 = 0x20;
    pub(crate) const LOS: u32 = 0x100;
    pub(crate) const LFA: u32 = 0x200;
    pub(crate) const LMFA: u32 = 0x400;
}

/// What `GETEVENT` gives.
pub(crate) mod events {
    use core::ffi::c_int;

    pub(crate) const NONE: c_int = 0;
    pub(crate) const ON_HOOK: c_int = 1;
    pub(crate) const RING_OR_OFF_HOOK: c_int = 2;
    pub(crate) const WINK_OR_FLASH: c_int = 3;
    pub(crate) const ALARM: c_int = 4;
    pub(crate) const NO_ALARM: c_int = 5;
    pub(crate) const HDLC_ABORT: c_int = 6;
    pub(crate) const HDLC_OVERRUN: c_int = 7;
    pub(crate) const HDLC_BAD_FCS: c_int = 8;
    pub(crate) const RINGER_OFF: c_int = 11;
    pub(crate) const BITS_CHANGED: c_int = 13;
    pub(crate) const POLARITY: c_int = 17;
    pub(crate) const RING_BEGIN: c_int = 18;
    pub(crate) const REMOVED: c_int = 20;
    pub(crate) const MESSAGE_WAITING: c_int = 21;
    pub(crate) const NO_MESSAGE_WAITING: c_int = 22;
    /// With the digit's character in the low byte.
    pub(crate) const PULSE_DIGIT: c_int = 0x1_0000;
}

/// The errno of a read or write while an event waits; `errno.h` knows no name for it.
pub(crate) const ELAST: c_int = 500;

/// Whether this errno says that the channel or its span is not there any more: `ENODEV`, `ENXIO`.
pub(crate) const fn has_gone(code: c_int) -> bool {
    code == 19 || code == 6
}

macro_rules! offsets {
    ($of:ty, $size:literal: $($field:ident $offset:literal),+ $(,)?) => {
        const _: () = {
            assert!(size_of::<$of>() == $size);
            $(assert!(core::mem::offset_of!($of, $field) == $offset);)+
        };
    };
}

offsets!(Params, 136: channo 0, spanno 4, chanpos 8, sigtype 12, sigcap 16, rxisoffhook 20,
    rxbits 24, txbits 28, txhooksig 32, rxhooksig 36, curlaw 40, idlebits 44, name 48,
    prewinktime 88, preflashtime 92, winktime 96, flashtime 100, starttime 104, rxwinktime 108,
    rxflashtime 112, debouncetime 116, pulsebreaktime 120, pulsemaketime 124,
    pulseaftertime 128, chan_alarms 132);
offsets!(SpanInfo, 314: spanno 0, name 4, desc 24, alarms 64, txlevel 68, rxlevel 72, bpvcount 76,
    crc4count 80, ebitcount 84, fascount 88, fecount 92, cvcount 96, becount 100, prbs 104,
    errsec 108, irqmisses 112, syncsrc 116, numchans 120, totalchans 124, totalspans 128, lbo 132,
    lineconfig 136, lboname 140, location 180, manufacturer 220, devicetype 260, irq 300,
    linecompat 304, spantype 308);
offsets!(BufInfo, 24: txbufpolicy 0, rxbufpolicy 4, numbufs 8, bufsize 12, readbufs 16,
    writebufs 20);
offsets!(RingCadence, 64: ms 0);
offsets!(ToneDefHeader, 112: count 0, zone 4, ringcadence 8, name 72);
offsets!(VersionInfo, 160: version 0, echo_canceller 80);
offsets!(LineConfig, 36: span 0, name 4, lbo 24, lineconfig 28, sync 32);
offsets!(ChanConfig, 76: chan 0, name 4, sigtype 44, deflaw 48, master 52, idlebits 56,
    netdev_name 60);
offsets!(MaintInfo, 8: spanno 0, command 4);
offsets!(LineStats, 12: tipvolt 0, ringvolt 4, batvolt 8);

const _: () = {
    use requests::*;
    assert!(GET_PARAMS == 0xC088_DA05);
    assert!(SET_PARAMS == 0x4088_DA05);
    assert!(HOOK == 0x4004_DA07);
    assert!(GETEVENT == 0x8004_DA08);
    assert!(SPANSTAT == 0xC13A_DA0A);
    assert!(MAINT == 0x4008_DA0B);
    assert!(SPANCONFIG == 0x4024_DA12);
    assert!(CHANCONFIG == 0x404C_DA13);
    assert!(AUDIOMODE == 0x4004_DA20);
    assert!(GETRXBITS == 0x8004_DA2B);
    assert!(SETTXBITS == 0x4004_DA2B);
    assert!(STARTUP == 0x4004_DA63);
    assert!(SETTONEZONE == 0x4004_DA16);
    assert!(LOADZONE == 0x4070_DA19);
    assert!(SET_BUFINFO == 0x4018_DA1B);
    assert!(SPECIFY == 0x4004_DA26);
    assert!(SETLAW == 0x4004_DA27);
    assert!(SETCADENCE == 0x4040_DA2A);
    assert!(TIMERCONFIG == 0x4004_DA2F);
    assert!(TIMERACK == 0x4004_DA30);
    assert!(ONHOOKTRANSFER == 0x4004_DA33);
    assert!(GETVERSION == 0x80A0_DA39);
    assert!(GET_STATS == 0x800C_DA3C);
    assert!(SETPOLARITY == 0x4004_DA5C);
    assert!(VMWI == 0xC004_DA5E);
};
