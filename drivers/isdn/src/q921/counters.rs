//! What went wrong on a link, counted: the error reports to management of Q.921, table II.1.

/// Counts since the link was made. Letters are those of Q.921, table II.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Frames that were no LAPD frame, or had a field of a wrong length (L, M, N, O).
    pub malformed: u64,
    /// Frames to another SAPI or TEI, or from the same side as we are.
    pub not_for_us: u64,
    /// Unsolicited responses: supervisory, UA and DM (A–E).
    pub unsolicited: u64,
    /// Establishments given up after N200 repetitions (G).
    pub establishments_failed: u64,
    /// Links lost because nobody answered an enquiry (I).
    pub enquiries_failed: u64,
    /// The peer began the link anew (F).
    pub peer_resets: u64,
    /// Impossible N(R) (J).
    pub sequence_errors: u64,
    /// FRMR received (K).
    pub frame_rejects: u64,
    /// I frames sent again.
    pub retransmissions: u64,
    /// REJ sent: an I frame was missing.
    pub rejects_sent: u64,
    /// Frames or messages dropped because a queue was full.
    pub overflows: u64,
    /// Frames of C/R equal to ours: both ends believe to be the same side.
    pub same_side: u64,
}
