//! What the addresses of received frames tell about how the other end is set.

/// Frames in a row that must look wrong before we say so.
const SUSPECT_AFTER: u8 = 3;

/// Watches for a peer that believes to be the same side as we are.
///
/// Such a peer's SABME has the C/R bit of a response, so the link never comes up and nothing else
/// says why. It is the commonest mistake at the first connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PeerView {
    wrong_in_a_row: u8,
}

impl PeerView {
    /// An unnumbered frame that only exists as command came as response, or the other way round.
    pub(super) fn saw_wrong_direction(&mut self) {
        self.wrong_in_a_row = self.wrong_in_a_row.saturating_add(1);
    }

    pub(super) fn saw_right_direction(&mut self) {
        self.wrong_in_a_row = 0;
    }

    pub(super) const fn same_side_suspected(&self) -> bool {
        self.wrong_in_a_row >= SUSPECT_AFTER
    }
}
