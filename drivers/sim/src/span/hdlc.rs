//! D-channel frames on the wire.

use arrayvec::ArrayVec;

/// The longest D-channel frame, without flags and FCS: 260 octets of information (Q.921, clause
/// 5.9.3) with address and control.
pub const HDLC_BYTES_MAX: usize = 264;

/// A frame without flags and FCS.
pub(super) type HdlcFrame = ArrayVec<u8, HDLC_BYTES_MAX>;
