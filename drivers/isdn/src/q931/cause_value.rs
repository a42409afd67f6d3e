//! The Q.850 values that only the protocol itself uses. Those that concern the switch are
//! [`tipring_line::Cause`]'s.

/// The channel named cannot be used by the receiver.
pub(super) const CHANNEL_UNACCEPTABLE: u8 = 6;
/// STATUS that answers STATUS ENQUIRY.
pub(super) const RESPONSE_TO_STATUS_ENQUIRY: u8 = 30;
/// No better reason is known.
pub(super) const NORMAL_UNSPECIFIED: u8 = 31;
/// The channel asked for is in use.
pub(super) const REQUESTED_CHANNEL_UNAVAILABLE: u8 = 44;
/// The bearer capability asked for is not ours.
pub(super) const BEARER_NOT_IMPLEMENTED: u8 = 65;
/// There is no such call.
pub(super) const INVALID_CALL_REFERENCE: u8 = 81;
/// There is no such channel.
pub(super) const CHANNEL_DOES_NOT_EXIST: u8 = 82;
/// A mandatory element is missing.
pub(super) const MANDATORY_MISSING: u8 = 96;
/// The message type is not known.
pub(super) const MESSAGE_TYPE_NON_EXISTENT: u8 = 97;
/// An element that has to be understood is not known.
pub(super) const ELEMENT_NON_EXISTENT: u8 = 99;
/// A mandatory element has contents that mean nothing.
pub(super) const INVALID_CONTENTS: u8 = 100;
/// The message does not fit the state of the call.
pub(super) const MESSAGE_NOT_COMPATIBLE: u8 = 101;
